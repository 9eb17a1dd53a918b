/*
 * request_line.c — the first line of a request, as access logs write it: method, URL, protocol.
 *
 * Clients write here what they like. What is no method or no protocol for certain is read as part
 * of the URL, where everything is looked at.
 */
#include "text/url.h"

enum {
    METHOD_MAX = 32,
    VERSION_MAX = 4, /* "1.1"; more could hold something */
};

enum stage { STAGE_METHOD = 0, STAGE_URL, STAGE_PROTOCOL, STAGE_END };

/* The rest of wv_reader.state, and wv_reader.at, are those of the URL's reader. */
enum { STATE_STAGE = 3 };

/* Where the pieces stand. No method: method_end is 0; no protocol: it begins at the end. */
struct line {
    uint32_t method_end;
    uint32_t url;
    uint32_t url_end;
    uint32_t protocol;
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_method_byte(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (lower >= 'a' && lower <= 'z') || is_digit(byte) || byte == '-' || byte == '_';
}

static uint32_t find_method_end(struct wv_slice text)
{
    uint32_t at = 0;
    while (at < text.len && at <= METHOD_MAX && is_method_byte(text.ptr[at])) {
        at++;
    }
    return at < text.len && at <= METHOD_MAX && text.ptr[at] == ' ' ? at : 0;
}

/* Where "HTTP/1.1" begins that ends the text, or the end. */
static uint32_t find_protocol(struct wv_slice text)
{
    const struct wv_slice word = WV_LIT("HTTP/");
    const uint32_t end = (uint32_t)text.len;
    uint32_t at = end;
    while (at > 0 && end - at < VERSION_MAX &&
           (is_digit(text.ptr[at - 1]) || text.ptr[at - 1] == '.')) {
        at--;
    }
    if (at == end || at <= word.len || text.ptr[at - word.len - 1] != ' ' ||
        !wv_slice_eq_nocase(wv_slice_sub(text, at - word.len, at), word)) {
        return end;
    }
    return at - (uint32_t)word.len;
}

static struct line line_of(struct wv_slice text)
{
    const uint32_t end = (uint32_t)text.len;
    struct line line = {.method_end = find_method_end(text), .url_end = end, .protocol = end};
    if (line.method_end == 0) {
        return line;
    }
    line.url = line.method_end + 1;
    while (line.url < end && text.ptr[line.url] == ' ') {
        line.url++;
    }
    line.protocol = find_protocol(text);
    line.url_end = line.protocol;
    if (line.protocol < end && line.protocol > line.url) {
        line.url_end--; /* one blank is the line's, more are the URL's */
    }
    while (line.protocol == end && line.url_end > line.url && text.ptr[line.url_end - 1] == ' ') {
        line.url_end--; /* Coraza writes one also where no protocol follows */
    }
    return line;
}

/* The target of CONNECT is no path but "host:port", and some clients write a user in front. */
static const struct wv_syntax *syntax_of_url(struct wv_slice text, const struct line *line)
{
    const bool connect =
        wv_slice_eq_nocase(wv_slice_sub(text, 0, line->method_end), WV_LIT("CONNECT"));
    return connect ? &wv_syntax_authority : &wv_syntax_url;
}

static void begin(struct wv_reader *reader)
{
    const struct line line = line_of(reader->text);
    const struct wv_reader url =
        wv_reader_of(syntax_of_url(reader->text, &line),
                     wv_slice_sub(reader->text, line.url, line.url_end), reader->layout);
    reader->at = url.at;
    memcpy(reader->state, url.state, sizeof reader->state);
    reader->state[STATE_STAGE] = line.method_end == 0 ? STAGE_URL : STAGE_METHOD;
}

static enum wv_part_next take_word(struct wv_reader *reader, struct wv_slice key, uint32_t from,
                                   uint32_t to, struct wv_part *part)
{
    *part = (struct wv_part){.key = key,
                             .column = reader->column++,
                             .start = from,
                             .end = to,
                             .from = from,
                             .to = to,
                             .spelling = WV_SPELLING_PLAIN};
    return WV_PART_FOUND;
}

static enum wv_part_next take_of_url(struct wv_reader *reader, const struct line *line,
                                     struct wv_part *part)
{
    struct wv_reader url = *reader;
    url.syntax = syntax_of_url(reader->text, line);
    url.text = wv_slice_sub(reader->text, line->url, line->url_end);
    const enum wv_part_next next = wv_reader_next(&url, part);
    reader->at = url.at;
    reader->column = url.column;
    memcpy(reader->state, url.state, sizeof reader->state);
    if (next == WV_PART_FOUND) {
        part->start += line->url;
        part->end += line->url;
        part->from += line->url;
        part->to += line->url;
    }
    return next;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    const struct line line = line_of(reader->text);
    if (reader->state[STATE_STAGE] == STAGE_METHOD) {
        reader->state[STATE_STAGE] = STAGE_URL;
        return take_word(reader, WV_LIT("method"), 0, line.method_end, part);
    }
    if (reader->state[STATE_STAGE] == STAGE_URL) {
        if (take_of_url(reader, &line, part) == WV_PART_FOUND) {
            return WV_PART_FOUND;
        }
        reader->state[STATE_STAGE] = STAGE_PROTOCOL;
    }
    const uint32_t end = (uint32_t)reader->text.len;
    if (reader->state[STATE_STAGE] == STAGE_PROTOCOL && line.protocol < end) {
        reader->state[STATE_STAGE] = STAGE_END;
        return take_word(reader, WV_LIT("protocol"), line.protocol, end, part);
    }
    return WV_PART_END;
}

const struct wv_syntax wv_syntax_request_line = {"request-line", begin, next};
