/*
 * tagged.c — messages of ModSecurity and Coraza: free text, [key "value"] or [key value], and what
 * nginx and Apache write behind them: , client: 192.0.2.1, request: "GET / HTTP/1.1"
 *
 * Where a value ends is not always certain. ModSecurity v2 escapes quotes as \", and then, in one
 * of its lists, doubles the backslashes alone, so that \\" there is what \" is elsewhere. Other
 * producers escape nothing in some values. So a quote ends its value only where "] follows and then
 * the text goes on as between groups, and where it is no escape however one reads it: with no
 * backslash before it, or with four, eight … of them. Everything else belongs to the value.
 *
 * That may take in too much: a value that ends in one backslash takes in the group behind it. Then
 * a quote that is not escaped stands in the value, and it is spelled WV_SPELLING_QUOTED instead of
 * WV_SPELLING_LOG_QUOTED: the engine sees there that more than the value may be in it. Nothing that
 * is quoted ever becomes free text or a group, unless its producer did not escape it.
 *
 * Free text holds whatever the client sent, and so may groups in it be the client's.
 */
#include "text/reader.h"

#include "base/lanes.h"

enum {
    KEY_MAX = 32,
    KEY_DIGITS = 3, /* data_match_12; a key stays where it is, and must be no number of anybody */
};

/* Names for wv_reader.state. The text ends before the white space behind it; a tail that began and
 * did not go on as one makes every other doubtful. */
enum { STATE_END, STATE_TAIL, STATE_DOUBT, STATE_ORDER, STATE_USER };

/* What the log of a server has behind the message, in this order. */
static const struct tail_key {
    const char *sign;
    size_t len; /* of the key, which stands behind ", " */
    bool quoted;
} tail_keys[] = {
    {", client: ", 6, false},       {", server: ", 6, false},    {", request: \"", 7, true},
    {", subrequest: \"", 10, true}, {", upstream: \"", 8, true}, {", host: \"", 4, true},
    {", referrer: \"", 8, true},    {", referer: ", 7, false},
};

static bool is_white(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* What a value without quotes may hold: all that can be written in one, but no address of mail. */
static bool is_bare(uint8_t byte)
{
    return byte > ' ' && byte != 0x7f && strchr("\"'`,;=|^[]{}()<>@", byte) == NULL;
}

/* Whether the text at `at` goes on as it does behind a group. */
static bool is_behind(struct wv_slice text, uint32_t at)
{
    return at >= text.len || is_white(text.ptr[at]) || text.ptr[at] == '[' || text.ptr[at] == ',';
}

/* Whether the quote at `at` stands where one ends a group. */
static bool is_closing(struct wv_slice text, uint32_t at)
{
    return at + 1 < text.len && text.ptr[at + 1] == ']' && is_behind(text, at + 2);
}

/* Where the key behind the bracket at `at` ends; 0: there is none. */
static uint32_t find_key_end(struct wv_slice text, uint32_t at)
{
    const uint32_t start = at + 1;
    uint32_t end = start;
    uint32_t digits = 0;
    for (; end < text.len && end - start <= KEY_MAX; end++) {
        const uint8_t byte = text.ptr[end];
        const bool letter = byte >= 'a' && byte <= 'z';
        if (!letter && (end == start || (!is_digit(byte) && byte != '_' && byte != '-'))) {
            break;
        }
        digits += is_digit(byte);
    }
    const bool fits = end > start && end - start <= KEY_MAX && digits <= KEY_DIGITS;
    return fits && end < text.len && text.ptr[end] == ' ' ? end : 0;
}

static uint32_t find_bare_end(struct wv_slice text, uint32_t at)
{
    while (at < text.len && is_bare(text.ptr[at])) {
        at++;
    }
    return at;
}

/* Where the key of the group at `at` ends; 0: no group stands there. Half a group with a quote is
 * one, too, because messages are cut anywhere. */
static uint32_t find_group(struct wv_slice text, uint32_t at)
{
    const uint32_t key_end = text.ptr[at] == '[' ? find_key_end(text, at) : 0;
    if (key_end == 0 || key_end + 1 == text.len) {
        return 0;
    }
    if (text.ptr[key_end + 1] == '"') {
        return key_end;
    }
    const uint32_t end = find_bare_end(text, key_end + 1);
    const bool whole =
        end > key_end + 1 && end < text.len && text.ptr[end] == ']' && is_behind(text, end + 1);
    return whole ? key_end : 0;
}

/* A value that was cut begins with its quote: a quote that is never closed is none. */
static void spell(struct wv_slice text, uint32_t from, uint32_t to, enum wv_spelling spelling,
                  struct wv_part *part)
{
    part->start = from;
    part->end = to;
    part->from = from;
    part->to = to;
    part->spelling = (uint8_t)spelling;
    part->escaped =
        spelling != WV_SPELLING_PLAIN && wv_find_byte(wv_slice_sub(text, 0, to), from, '\\') < to;
    part->held = spelling != WV_SPELLING_PLAIN;
}

/* Returns where the text goes on behind the value whose quote stands at `quote`. */
static uint32_t read_quoted(struct wv_slice text, uint32_t quote, struct wv_part *part)
{
    uint32_t backslashes = 0;
    bool certain = true;
    for (uint32_t at = quote + 1; at < text.len; at++) {
        if (text.ptr[at] == '\\') {
            backslashes++;
            continue;
        }
        if (text.ptr[at] == '"') {
            if (backslashes % 4 == 0 && is_closing(text, at)) {
                spell(text, quote + 1, at, certain ? WV_SPELLING_LOG_QUOTED : WV_SPELLING_QUOTED,
                      part);
                return at + 2;
            }
            certain = certain && backslashes % 2 == 1;
        }
        backslashes = 0;
    }
    spell(text, quote, (uint32_t)text.len, WV_SPELLING_QUOTED, part);
    return (uint32_t)text.len;
}

static void read_group(struct wv_reader *reader, struct wv_slice text, uint32_t key_end,
                       struct wv_part *part)
{
    const uint32_t value = key_end + 1;
    part->key = wv_slice_sub(text, reader->at + 1, key_end);
    if (text.ptr[value] == '"') {
        reader->at = read_quoted(text, value, part);
        return;
    }
    const uint32_t end = find_bare_end(text, value);
    spell(text, value, end, WV_SPELLING_BARE, part);
    reader->at = end + 1;
}

/* Whether the rest of the text, from a quote that nothing closes, is of one value: no group and no
 * other tail begins in it. */
static bool is_single(struct wv_slice text, uint32_t at)
{
    for (; at < text.len; at++) {
        const struct wv_slice rest = wv_slice_sub(text, at, text.len);
        if (find_group(text, at) != 0 || wv_slice_starts(rest, WV_LIT(", client: "))) {
            return false;
        }
    }
    return true;
}

/* nginx escapes nothing, and Apache little: a value that holds a quote, or a backslash before the
 * quote that ends it, may be anything. Returns where the tail goes on, 0: nowhere. */
static uint32_t read_tail_quoted(struct wv_slice text, uint32_t quote, struct wv_part *part)
{
    const uint32_t end = (uint32_t)wv_find_byte(text, quote + 1, '"');
    if (end == text.len) {
        spell(text, quote, end, WV_SPELLING_QUOTED, part);
        return is_single(text, quote) ? end : 0;
    }
    uint32_t backslash = end;
    while (text.ptr[backslash - 1] == '\\') {
        backslash--;
    }
    spell(text, quote + 1, end, WV_SPELLING_LOG_QUOTED, part);
    return (end - backslash) % 2 == 0 ? end + 1 : 0;
}

static uint32_t read_tail_bare(struct wv_slice text, uint32_t at, struct wv_part *part)
{
    uint32_t end = at;
    while (end < text.len && !is_white(text.ptr[end]) && text.ptr[end] != ',' &&
           text.ptr[end] != '"') {
        end++;
    }
    spell(text, at, end, WV_SPELLING_BARE, part);
    return end;
}

/* Reads ", key: value" at `at`. Returns where the tail goes on; 0: none of it stands there. */
static uint32_t read_tail(struct wv_slice text, uint32_t at, uint32_t *order, struct wv_part *part)
{
    const struct wv_slice rest = wv_slice_sub(text, at, text.len);
    while (*order < WV_COUNT(tail_keys)) {
        const struct tail_key *key = &tail_keys[(*order)++];
        const struct wv_slice sign = wv_slice_of(key->sign);
        if (wv_slice_starts(rest, sign)) {
            const uint32_t value = at + (uint32_t)sign.len;
            part->key = wv_slice_sub(rest, 2, 2 + key->len);
            return key->quoted ? read_tail_quoted(text, value - 1, part)
                               : read_tail_bare(text, value, part);
        }
    }
    return 0;
}

/* Whether all that stands behind `at` is a tail. */
static bool is_tail(struct wv_slice text, uint32_t at)
{
    uint32_t order = 0;
    struct wv_part part;
    do {
        at = read_tail(text, at, &order, &part);
    } while (at != 0 && at < text.len);
    return at != 0;
}

static bool is_tail_sign(struct wv_slice text, uint32_t at)
{
    const struct wv_slice rest = wv_slice_sub(text, at, text.len);
    return wv_slice_starts(rest, WV_LIT(", client: ")) ||
           wv_slice_starts(rest, WV_LIT(", referer: "));
}

/* Where the free text at the reader's place ends. The first that looks like a tail must be one, or
 * there is none: who can write one can write two. */
static uint32_t find_text_end(struct wv_reader *reader, struct wv_slice text)
{
    uint32_t at = reader->at;
    for (; at < text.len; at++) {
        if (text.ptr[at] == '[' && find_group(text, at) != 0) {
            break;
        }
        if (text.ptr[at] == ',' && reader->state[STATE_DOUBT] == 0 && is_tail_sign(text, at)) {
            if (is_tail(text, at)) {
                reader->state[STATE_TAIL] = 1;
                break;
            }
            reader->state[STATE_DOUBT] = 1;
        }
    }
    return at;
}

/* Where the name of a user ends that stands at `at` in a message of Apache's; it may hold anything,
 * so that it ends where Apache goes on, or with the text. */
static uint32_t find_user_end(struct wv_slice text, uint32_t at, uint32_t end)
{
    static const char *const behind[] = {": authentication failure",
                                         ": authorization failure",
                                         ": password mismatch",
                                         " not found",
                                         " in realm",
                                         " authentication failed"};
    for (; at < end; at++) {
        const struct wv_slice rest = wv_slice_sub(text, at, end);
        for (size_t i = 0; (rest.ptr[0] == ':' || rest.ptr[0] == ' ') && i < WV_COUNT(behind);
             i++) {
            if (wv_slice_starts(rest, wv_slice_of(behind[i]))) {
                return at;
            }
        }
    }
    return end;
}

/* Where a user is named in a message of Apache's that begins at `at`: "AH01618: user ann not found:
 * /private"; the text's end: nowhere. */
static uint32_t find_user(struct wv_slice text, uint32_t at)
{
    static const char *const before[] = {"user ", "auth_ldap authenticate: user "};
    uint32_t from = at;
    const bool numbered = at + 2 < text.len && text.ptr[at] == 'A' && text.ptr[at + 1] == 'H';
    if (numbered) {
        for (from += 2; from < text.len && is_digit(text.ptr[from]); from++) {
        }
        if (!wv_slice_starts(wv_slice_sub(text, from, text.len), WV_LIT(": "))) {
            return (uint32_t)text.len;
        }
        from += 2;
    }
    const struct wv_slice rest = wv_slice_sub(text, from, text.len);
    for (size_t i = 0; i < WV_COUNT(before); i++) {
        if (wv_slice_starts(rest, wv_slice_of(before[i]))) {
            const uint32_t user = from + (uint32_t)strlen(before[i]);
            /* Apache 2.2 has no numbers: there only what follows tells that a user is named. */
            return numbered || find_user_end(text, user, (uint32_t)text.len) < text.len
                       ? user
                       : (uint32_t)text.len;
        }
    }
    return (uint32_t)text.len;
}

/* False: nothing but what may stand behind a group stands there. That stays where it is, because
 * what is put in the place of the text must not stand against the group. */
static bool read_text(struct wv_reader *reader, struct wv_slice text, struct wv_part *part)
{
    uint32_t start = reader->at;
    uint32_t end = find_text_end(reader, text);
    reader->at = end;
    while (start < end && is_behind(text, start)) {
        start++;
    }
    while (end > start && is_white(text.ptr[end - 1])) {
        end--;
    }
    part->key = WV_LIT("text");
    const uint32_t user = find_user(wv_slice_sub(text, 0, end), start);
    if (user < end) {
        reader->at = user;
        reader->state[STATE_USER] = find_user_end(text, user, end);
        reader->state[STATE_TAIL] = 0;
        end = user - 1; /* the blank between them is of neither */
    }
    spell(text, start, end, WV_SPELLING_PLAIN, part);
    return start < end;
}

static void begin(struct wv_reader *reader)
{
    size_t end = reader->text.len;
    while (end > 0 && is_white(reader->text.ptr[end - 1])) {
        end--;
    }
    reader->state[STATE_END] = (uint32_t)end;
    reader->state[STATE_TAIL] = 0;
    reader->state[STATE_DOUBT] = 0;
    reader->state[STATE_ORDER] = 0;
    reader->state[STATE_USER] = 0;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    const struct wv_slice text = wv_slice_sub(reader->text, 0, reader->state[STATE_END]);
    bool found = false;
    while (!found && reader->at < text.len) {
        *part = (struct wv_part){.column = reader->column};
        if (reader->state[STATE_TAIL] != 0) {
            reader->at = read_tail(text, reader->at, &reader->state[STATE_ORDER], part);
            wv_ensure(reader->at != 0);
            found = true;
            continue;
        }
        if (reader->state[STATE_USER] != 0) {
            part->key = WV_LIT("user");
            spell(text, reader->at, reader->state[STATE_USER], WV_SPELLING_BARE, part);
            reader->at = reader->state[STATE_USER];
            reader->state[STATE_USER] = 0;
            found = true;
            continue;
        }
        const uint32_t key_end = find_group(text, reader->at);
        if (key_end != 0) {
            read_group(reader, text, key_end, part);
        }
        found = key_end != 0 || read_text(reader, text, part);
    }
    reader->column += found;
    return found ? WV_PART_FOUND : WV_PART_END;
}

const struct wv_syntax wv_syntax_tagged = {"tagged", begin, next};
