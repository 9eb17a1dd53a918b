/*
 * detect_private_key.c — private keys in PEM and in the armour of OpenPGP.
 *
 * A key has a first line, headers, lines of base64, and a last line, which may be missing where it
 * was cut off. What stands between the lines depends on who wrote them down: a line end, its
 * escape, a blank, a quote and a comma, <br>. So the lines are told by their length, and of what is
 * short only a little belongs to a key that has no last line.
 */
#include "filters/detect.h"

enum {
    LINE_MIN = 24,     /* letters of base64 that are no word of prose */
    REST_MAX = 2,      /* shorter ones behind the last of them: the end of the key, a checksum */
    HEADERS_MAX = 512, /* bytes of headers, which may say anything */
    NAME_MAX = 32,     /* and of the name of the first */
    BETWEEN_MAX = 8,   /* of anything between two lines */
    ESCAPE_MAX = 2,    /* letters that are no line: of \\r, of <br> */
    LABEL_MAX = 48,    /* "PGP PRIVATE KEY BLOCK" */
};

#define BEGIN WV_LIT("-----BEGIN")
#define END   WV_LIT("-----END")

static bool is_gap(uint8_t byte)
{
    return byte == ' ' || byte == '+'; /* in forms a blank is a plus */
}

/* A letter of base64. */
static bool is_base64(uint8_t byte)
{
    return wv_is_digit(byte) || wv_is_letter(byte) || byte == '+' || byte == '/' || byte == '=';
}

/* What stands between the lines and in the headers of PEM. */
static bool is_between(uint8_t byte)
{
    return byte <= ' ' || byte == '-' || byte == '_' || byte == ':' || byte == ',' || byte == '\\';
}

/* Whether the line ends with the words, with whatever stands for their blanks. */
static bool ends_with(struct wv_slice line, struct wv_slice words)
{
    if (line.len < words.len) {
        return false;
    }
    const uint8_t *at = line.ptr + (line.len - words.len);
    for (size_t i = 0; i < words.len; i++) {
        if (words.ptr[i] == ' ' ? !is_gap(at[i]) : at[i] != words.ptr[i]) {
            return false;
        }
    }
    return true;
}

static bool stands_at(struct wv_slice text, size_t at, struct wv_slice words)
{
    return wv_byte_at(text, at) == '-' && wv_slice_starts(wv_slice_sub(text, at, text.len), words);
}

static bool is_label(struct wv_slice text, size_t at)
{
    return stands_at(text, at, BEGIN) || stands_at(text, at, END);
}

/* The end of the last line, of which "-----END" stands at `at`. */
static size_t label_end(struct wv_slice text, size_t at)
{
    const size_t from = at + END.len;
    size_t to = from;
    while (to < text.len && to - from < LABEL_MAX &&
           ((text.ptr[to] >= 'A' && text.ptr[to] <= 'Z') || wv_is_digit(text.ptr[to]) ||
            is_gap(text.ptr[to]))) {
        to++;
    }
    while (to > from && wv_byte_at(text, to) != '-' && is_gap(text.ptr[to - 1])) {
        to--;
    }
    while (wv_byte_at(text, to) == '-') {
        to++;
    }
    return to;
}

/* What is known of the lines before a place. */
struct lines {
    size_t from;  /* behind the first line of all */
    size_t end;   /* of what belongs to the key */
    size_t rest;  /* short ones since the last that is long */
    bool begun;   /* there was a long one … */
    bool headed;  /* … or headers may still come … */
    bool foreign; /* … and what else stands in no key */
};

/* Whether the name of a header stands behind the first line: "Proc-Type:", "Version:". */
static bool has_header(struct wv_slice text, size_t from)
{
    size_t at = from;
    while (at - from < NAME_MAX && at < text.len &&
           (wv_is_letter(text.ptr[at]) || is_between(text.ptr[at])) && text.ptr[at] != ':') {
        at++;
    }
    return wv_byte_at(text, at) == ':';
}

/* Whether there may be more of the key at `at`, `between` bytes behind the latest line. */
static bool goes_on(const struct lines *lines, size_t at, size_t between, bool foreign)
{
    return lines->headed ? !(lines->foreign || foreign) || at - lines->from <= HEADERS_MAX
                         : !foreign || between <= BETWEEN_MAX;
}

/* Takes one more line; false: it belongs to something else. */
static bool take(struct lines *lines, size_t from, size_t to, bool foreign)
{
    if (to - from >= LINE_MIN && (lines->headed || lines->rest <= REST_MAX)) {
        *lines = (struct lines){.from = lines->from, .end = to, .begun = true};
        return true;
    }
    if (foreign && !lines->headed) {
        return false;
    }
    lines->foreign = lines->foreign || foreign;
    lines->rest++;
    if (lines->rest <= REST_MAX && !lines->foreign) {
        lines->end = to;
    }
    return true;
}

static size_t line_end(struct wv_slice text, size_t at)
{
    while (at < text.len && is_base64(text.ptr[at])) {
        at++;
    }
    return at;
}

/* Where the next line begins behind `from`, or a label, or where the key cannot go on. */
static size_t next_line(struct wv_slice text, size_t from, const struct lines *lines, bool *foreign)
{
    size_t at = from;
    *foreign = false;
    while (at < text.len && line_end(text, at) - at <= ESCAPE_MAX && !is_label(text, at) &&
           goes_on(lines, at, at - from, *foreign)) {
        *foreign = *foreign || !(is_between(text.ptr[at]) || is_base64(text.ptr[at]));
        at++;
    }
    return at;
}

/* The end of the key whose first line ends before `from`. */
static size_t key_end(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    struct lines lines = {.from = from, .end = from, .headed = has_header(text, from)};
    size_t at = from;
    bool more = true;
    while (more) {
        bool foreign;
        const size_t line = next_line(text, at, &lines, &foreign);
        const bool known = lines.begun || !(lines.foreign || foreign);
        more = goes_on(&lines, line, line - at, foreign) && line < text.len;
        at = line;
        if (more && is_label(text, line)) {
            lines.end = known && stands_at(text, line, END) ? label_end(text, line) : lines.end;
            more = false;
        } else if (more) {
            at = line_end(text, line);
            more = take(&lines, line, at, foreign);
        }
    }
    scan->hits->steps += at - from;
    return lines.end;
}

/* RFC 7468, RFC 9580: all lines of the key; of one that was cut off, as far as it goes. */
void wv_scan_private_key(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    size_t to = at + BEGIN.len;
    if (at < scan->key_to || !stands_at(text, at, BEGIN)) {
        return;
    }
    while (to < text.len && (wv_is_word(text.ptr[to]) || is_gap(text.ptr[to]))) {
        to++;
    }
    scan->hits->steps += to - at;
    scan->key_to = to;
    const struct wv_slice line = wv_slice_sub(text, at, to);
    if (!ends_with(line, WV_LIT("PRIVATE KEY")) && !ends_with(line, WV_LIT("PRIVATE KEY BLOCK"))) {
        return;
    }
    while (wv_byte_at(text, to) == '-' && !is_label(text, to)) {
        to++;
    }
    scan->key_to = key_end(scan, to);
    wv_scan_identifier(scan, WV_HIT_PRIVATE_KEY, WV_EVIDENCE_SHAPE, at, at, scan->key_to);
}
