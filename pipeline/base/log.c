/* log.c — a line is put together on the stack and written at once. */
#include "base/log.h"

#include "base/buf.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* Room that fields may not use, for the end of the line. */
enum { TAIL_BYTES = 16, PIECE_BYTES = 6 * WV_LOG_WORD + 128 };

const char *const wv_log_levels[] = {"error", "warn", "info", "debug", NULL};

static struct {
    atomic_int level;
    enum wv_log_style style;
    int file;
    const struct wv_clock *clock;
} logger = {WV_LOG_INFO, WV_LOG_AUTO, STDERR_FILENO, NULL};

void wv_log_init(struct wv_log_config config)
{
    atomic_store(&logger.level, (int)config.level);
    logger.style = config.style;
    logger.file = config.file;
    logger.clock = config.clock;
}

void wv_log_set_level(enum wv_log_level level)
{
    atomic_store(&logger.level, (int)level);
}

bool wv_log_enabled(enum wv_log_level level)
{
    return (int)level <= atomic_load_explicit(&logger.level, memory_order_relaxed);
}

static void put_text(struct wv_buf *line, const char *text)
{
    wv_buf_put(line, wv_slice_of(text));
}

static void put_number(struct wv_buf *line, int64_t number)
{
    if (number < 0) {
        wv_buf_byte(line, '-');
    }
    wv_buf_uint(line, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

static void put_padded(struct wv_buf *line, int number, int digits)
{
    int unit = 1;
    for (int i = 1; i < digits; i++) {
        unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
        wv_buf_byte(line, (uint8_t)('0' + number / unit % 10));
    }
}

/* RFC 3339 in UTC, or the time of day alone. */
static void put_time(struct wv_buf *line, int64_t wall_ms, bool with_date)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    if (wall_ms < 0 || gmtime_r(&seconds, &utc) == NULL) {
        seconds = 0;
        (void)gmtime_r(&seconds, &utc);
    }
    if (with_date) {
        put_padded(line, utc.tm_year + 1900, 4);
        wv_buf_byte(line, '-');
        put_padded(line, utc.tm_mon + 1, 2);
        wv_buf_byte(line, '-');
        put_padded(line, utc.tm_mday, 2);
        wv_buf_byte(line, 'T');
    }
    put_padded(line, utc.tm_hour, 2);
    wv_buf_byte(line, ':');
    put_padded(line, utc.tm_min, 2);
    wv_buf_byte(line, ':');
    put_padded(line, utc.tm_sec, 2);
    wv_buf_byte(line, '.');
    put_padded(line, wall_ms < 0 ? 0 : (int)(wall_ms % 1000), 3);
    if (with_date) {
        wv_buf_byte(line, 'Z');
    }
}

/* Length of the UTF-8 character that begins the text; 0 when none does. */
static size_t character(struct wv_slice text)
{
    const uint8_t head = text.ptr[0];
    const size_t len = head < 0x80                   ? 1
                       : head >= 0xc2 && head < 0xe0 ? 2
                       : head >= 0xe0 && head < 0xf0 ? 3
                       : head >= 0xf0 && head < 0xf5 ? 4
                                                     : 0;
    if (len == 0 || len > text.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const uint8_t second = len > 1 ? text.ptr[1] : 0;
    const bool overlong = (head == 0xe0 && second < 0xa0) || (head == 0xf0 && second < 0x90);
    const bool no_character = (head == 0xed && second >= 0xa0) || (head == 0xf4 && second >= 0x90);
    return overlong || no_character ? 0 : len;
}

/* The inside of a JSON string; also what keeps a plain line one line. */
static void put_escaped(struct wv_buf *line, struct wv_slice word)
{
    static const char hex[] = "0123456789abcdef";
    const bool cut = word.len > WV_LOG_WORD;
    if (cut) {
        word.len = WV_LOG_WORD;
    }
    for (size_t at = 0; at < word.len;) {
        const struct wv_slice rest = wv_slice_sub(word, at, word.len);
        const size_t len = character(rest);
        const uint8_t byte = rest.ptr[0];
        if (len == 0) {
            wv_buf_byte(line, '?');
        } else if (byte == '"' || byte == '\\') {
            wv_buf_byte(line, '\\');
            wv_buf_byte(line, byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            put_text(line, "\\u00");
            wv_buf_byte(line, (uint8_t)hex[byte >> 4]);
            wv_buf_byte(line, (uint8_t)hex[byte & 15]);
        } else {
            wv_buf_put(line, wv_slice_sub(rest, 0, len));
        }
        at += len == 0 ? 1 : len;
    }
    if (cut) {
        put_text(line, "...");
    }
}

static void put_field(struct wv_buf *piece, const struct wv_log_field *field, bool as_json)
{
    put_text(piece, as_json ? ",\"" : " ");
    put_text(piece, field->name);
    put_text(piece, as_json ? "\":" : "=");
    if (field->is_number) {
        put_number(piece, field->number);
        return;
    }
    bool quoted = as_json || field->word.len == 0;
    for (size_t i = 0; i < field->word.len && !quoted; i++) {
        quoted = field->word.ptr[i] <= ' ' || field->word.ptr[i] == '"';
    }
    if (quoted) {
        wv_buf_byte(piece, '"');
    }
    put_escaped(piece, field->word);
    if (quoted) {
        wv_buf_byte(piece, '"');
    }
}

static void put_fields(struct wv_buf *line, const struct wv_log_field *fields, bool as_json)
{
    bool cut = false;
    for (; fields != NULL && fields->name != NULL; fields++) {
        uint8_t mem[PIECE_BYTES];
        struct wv_buf piece = wv_buf_of(mem, sizeof mem);
        put_field(&piece, fields, as_json);
        struct wv_slice text;
        if (wv_buf_take(&piece, &text) && text.len <= line->cap - line->len - TAIL_BYTES) {
            wv_buf_put(line, text);
        } else {
            cut = true;
        }
    }
    if (cut) {
        put_text(line, as_json ? ",\"cut\":true" : " cut=true");
    }
}

/* The fixed columns of a terminal line: "10:00:00.123 warn  event". */
static void put_plain_head(struct wv_buf *line, int64_t now_ms, enum wv_log_level level,
                           const char *event)
{
    put_time(line, now_ms, false);
    wv_buf_byte(line, ' ');
    put_text(line, wv_log_levels[level]);
    put_text(line, strlen(wv_log_levels[level]) == 4 ? "  " : " ");
    put_text(line, event);
}

static void put_json_head(struct wv_buf *line, int64_t now_ms, enum wv_log_level level,
                          const char *event)
{
    put_text(line, "{\"ts\":\"");
    put_time(line, now_ms, true);
    put_text(line, "\",\"level\":\"");
    put_text(line, wv_log_levels[level]);
    put_text(line, "\",\"event\":\"");
    put_text(line, event);
    wv_buf_byte(line, '"');
}

void wv_log(enum wv_log_level level, const char *event, const struct wv_log_field *fields)
{
    if (!wv_log_enabled(level)) {
        return;
    }
    const int saved_errno = errno; /* a caller may log between a failure and its handling */
    const bool as_json =
        logger.style == WV_LOG_AUTO ? isatty(logger.file) == 0 : logger.style == WV_LOG_JSON;
    const struct wv_clock *clock = logger.clock == NULL ? wv_clock_system() : logger.clock;
    uint8_t mem[WV_LOG_LINE];
    struct wv_buf line = wv_buf_of(mem, sizeof mem);
    if (as_json) {
        put_json_head(&line, wv_clock_wall_ms(clock), level, event);
    } else {
        put_plain_head(&line, wv_clock_wall_ms(clock), level, event);
    }
    put_fields(&line, fields, as_json);
    put_text(&line, as_json ? "}\n" : "\n");

    struct wv_slice text;
    if (wv_buf_take(&line, &text)) {
        while (write(logger.file, text.ptr, text.len) < 0 && errno == EINTR) {
        }
    }
    errno = saved_errno;
}

bool wv_log_is_due(struct wv_log_pause *pause, const struct wv_clock *clock)
{
    const uint64_t now = wv_clock_now_ns(clock);
    const uint64_t next = now + (uint64_t)WV_LOG_PAUSE_MS * 1000000;
    uint64_t over = atomic_load(&pause->over_ns);
    return now >= over && atomic_compare_exchange_strong(&pause->over_ns, &over, next);
}
