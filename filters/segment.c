/* segment.c — what a segment of a path is, by its shape. */
#include "filters/segment.h"

#include "filters/detect.h"

enum {
    HEX_MIN = 16, /* digits of an id */
    DATE_LEN = 10,
    DATE_SHORT = 7, /* a year and a month */
    UUID_LEN = 36,
    ULID_LEN = 26,
    TOKEN_MIN = WV_SEGMENT_TOKEN_MIN,
    DENSE_MIN = 10,      /* of anything that holds digits and is irregular */
    ENTROPY_WINDOW = 64, /* bytes of a segment that are counted */
    NUMBER_MIN = 7,      /* digits of a number with separators: a telephone, an order */
    LEADING_MIN = 4,     /* digits of a number with an attack behind it */
    EXTENSION_MAX = 5,   /* ".jspx" */
    WORD_DIGITS_MAX = 4, /* digits in a piece of an ordinary name: "top-10", "2026" */
};

enum {
    D = WV_BYTE_DIGIT,
    H = WV_BYTE_HEX,
    B = WV_BYTE_BASE32,
    L = WV_BYTE_LETTER,
    J = WV_BYTE_JOIN,
    S = WV_BYTE_SPAN,
    M = WV_BYTE_MARK,
    F = WV_BYTE_FOREIGN,
};

/* clang-format off */
const uint8_t wv_segment_kinds[256] = {
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    S, F, F, F, F, F, F, F, S, S, F, J, F, J, J, F,
    D, D, D, D, D, D, D, D, D, D, M, F, F, M, F, F,
    F, H, H, H, H, H, H, B, B, L, B, B, L, B, B, L,
    B, B, B, B, B, L, B, B, B, B, B, F, F, F, F, J,
    F, H, H, H, H, H, H, B, B, L, B, B, L, B, B, L,
    B, B, B, B, B, L, B, B, B, B, B, F, F, F, M, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
};
/* clang-format on */

static bool has(unsigned kinds, unsigned some)
{
    return (kinds & some) != 0;
}

static bool has_only(unsigned kinds, unsigned some)
{
    return (kinds & ~some) == 0;
}

/* Digits, with a sign before them or none. */
static bool is_integer(struct wv_slice text, unsigned kinds)
{
    bool digits = has(kinds, WV_BYTE_DIGIT) && has_only(kinds, WV_BYTE_DIGIT | WV_BYTE_JOIN);
    for (size_t i = text.ptr[0] == '-' || text.ptr[0] == '+'; digits && i < text.len; i++) {
        digits = wv_is_digit(text.ptr[i]);
    }
    return digits;
}

/* Digits with something between them: a telephone number, an order. */
static bool is_long_number(struct wv_slice text, unsigned kinds)
{
    if (!has_only(kinds, WV_BYTE_DIGIT | WV_BYTE_JOIN | WV_BYTE_SPAN)) {
        return false;
    }
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits += wv_is_digit(text.ptr[i]);
    }
    return digits >= NUMBER_MIN;
}

static bool is_date(struct wv_slice text, unsigned kinds)
{
    static const char shapes[][DATE_LEN + 1] = {"dddd-dd-dd", "dddd-dd",    "dddd.dd.dd",
                                                "dd-dd-dddd", "dd.dd.dddd", "dddd_dd_dd"};
    if (text.len < DATE_SHORT || !has(kinds, WV_BYTE_JOIN) || !wv_is_digit(text.ptr[0])) {
        return false;
    }
    for (size_t shape = 0; shape < WV_COUNT(shapes); shape++) {
        const char *want = shapes[shape];
        size_t i = 0;
        while (i < text.len && want[i] != '\0' &&
               (want[i] == 'd' ? wv_is_digit(text.ptr[i]) : (uint8_t)want[i] == text.ptr[i])) {
            i++;
        }
        /* A time of day may follow, as in ISO 8601. */
        if (want[i] == '\0' && (i == text.len || text.ptr[i] == 'T' || text.ptr[i] == ' ')) {
            return true;
        }
    }
    return false;
}

static bool is_uuid(struct wv_slice text)
{
    if (text.len == UUID_LEN + 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}') {
        text = wv_slice_sub(text, 1, text.len - 1);
    }
    bool good = text.len == UUID_LEN;
    for (size_t i = 0; good && i < UUID_LEN; i++) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        good = dash ? text.ptr[i] == '-' : wv_is_hex(text.ptr[i]);
    }
    return good;
}

/* Crockford's base32: no I, L, O, U; the first digit is at most 7. */
static bool is_ulid(struct wv_slice text, unsigned kinds)
{
    return text.len == ULID_LEN && has_only(kinds, WV_BYTE_DIGIT | WV_BYTE_HEX | WV_BYTE_BASE32) &&
           has(kinds, WV_BYTE_DIGIT) && text.ptr[0] <= '7';
}

/* 1024 n log2 n, so that entropy needs no floating point. */
static const uint32_t n_log_n[ENTROPY_WINDOW + 1] = {
    0,      0,      2048,   4869,   8192,   11888,  15882,  20123,  24576,  29214,  34017,
    38967,  44052,  49260,  54582,  60010,  65536,  71155,  76860,  82648,  88513,  94452,
    100462, 106539, 112680, 118883, 125145, 131463, 137836, 144263, 150740, 157266, 163840,
    170460, 177125, 183834, 190584, 197376, 204207, 211078, 217986, 224931, 231913, 238929,
    245980, 253065, 260182, 267331, 274512, 281724, 288965, 296237, 303537, 310866, 318222,
    325606, 333017, 340454, 347917, 355406, 362919, 370458, 378020, 385606, 393216,
};

/* Whether the bytes hold more than 3.5 bits each, by Shannon's measure. */
static bool is_irregular(struct wv_slice text)
{
    const size_t count = text.len < ENTROPY_WINDOW ? text.len : ENTROPY_WINDOW;
    uint8_t seen[256] = {0};
    for (size_t i = 0; i < count; i++) {
        seen[text.ptr[i]]++;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += n_log_n[seen[text.ptr[i]]];
        seen[text.ptr[i]] = 0;
    }
    return n_log_n[count] > sum + count * 7 * 512;
}

/* What a segment is made of, between separators. */
struct makeup {
    size_t digits;
    size_t upper;
    size_t lower;
    size_t separators;
    bool mixed; /* a piece that is no word: letters after digits, or many digits */
};

static struct makeup makeup_of(struct wv_slice text)
{
    struct makeup all = {0};
    size_t piece_digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (wv_is_digit(byte)) {
            all.digits++;
            piece_digits++;
            all.mixed = all.mixed || piece_digits > WORD_DIGITS_MAX;
        } else if (wv_is_letter(byte)) {
            all.upper += byte < 'a';
            all.lower += byte >= 'a';
            all.mixed = all.mixed || piece_digits > 0;
        } else {
            all.separators++;
            piece_digits = 0;
        }
    }
    return all;
}

/* Whether the segment looks like something that a machine drew at random. */
static bool is_token(struct wv_slice text, unsigned kinds)
{
    if (has(kinds, WV_BYTE_SPAN | WV_BYTE_FOREIGN) ||
        text.len < (has(kinds, WV_BYTE_DIGIT) ? DENSE_MIN : TOKEN_MIN)) {
        return false;
    }
    const struct makeup all = makeup_of(text);
    if (all.digits > 0 && all.mixed && is_irregular(text)) {
        return true;
    }
    if (text.len < TOKEN_MIN) {
        return false;
    }
    /* "getUserAccountInformation" is a word, "kJHgTrWqLmNbVcXzAsDf" is none. */
    const bool camel = all.lower > 0 && all.upper * 3 <= all.lower;
    const bool letters = all.separators == 0 && all.upper > 0 && !camel;
    return (all.digits > 0 && all.mixed) || letters;
}

static bool is_email(struct wv_slice text, unsigned kinds)
{
    if (!has(kinds, WV_BYTE_FOREIGN) || memchr(text.ptr, '@', text.len) == NULL) {
        return false;
    }
    static const struct wv_needles none;
    const struct wv_detection detection = {
        .what = WV_SEARCH_EMAILS, .needles = &none, .detectors = &wv_detectors_all};
    struct wv_hits hits;
    wv_hits_clear(&hits);
    wv_detect(&detection, text, &hits);
    return hits.count == 1 && hits.items[0].from == 0 && hits.items[0].to == text.len;
}

static bool is_address(struct wv_slice text, unsigned kinds)
{
    const bool colon = has(kinds, WV_BYTE_MARK);
    const bool point = has(kinds, WV_BYTE_JOIN) && has(kinds, WV_BYTE_DIGIT);
    struct wv_address address;
    return (colon || point) && wv_search_may_hold_address(text) &&
           wv_address_parse(text, &address) == WV_ADDRESS_VALID;
}

/* A known file name extension, with its point; empty: none. */
static struct wv_slice extension_of(struct wv_slice text)
{
    static const char known[][EXTENSION_MAX + 1] = {
        ".php",  ".asp", ".aspx", ".jsp", ".jspx", ".do",   ".cgi", ".pl",   ".py",  ".rb",
        ".html", ".htm", ".js",   ".mjs", ".css",  ".json", ".xml", ".txt",  ".csv", ".pdf",
        ".png",  ".jpg", ".jpeg", ".gif", ".webp", ".svg",  ".ico", ".woff", ".ttf", ".map",
        ".zip",  ".gz",  ".sql",  ".bak", ".env",  ".ini",  ".log", ".yml",  ".exe", ".sh",
    };
    size_t at = text.len; /* of the last point, where it is near enough to the end */
    while (at > 0 && text.len - at < EXTENSION_MAX && text.ptr[at - 1] != '.') {
        at--;
    }
    if (at == 0 || text.ptr[at - 1] != '.' || text.len - at < 2) {
        return (struct wv_slice){0};
    }
    const struct wv_slice end = wv_slice_sub(text, at - 1, text.len);
    for (size_t i = 0; i < WV_COUNT(known); i++) {
        if ((uint8_t)known[i][1] == wv_lower(end.ptr[1]) &&
            wv_slice_eq_nocase(end, wv_slice_of(known[i]))) {
            return wv_slice_of(known[i]);
        }
    }
    return (struct wv_slice){0};
}

static enum wv_segment judge(struct wv_slice text, unsigned kinds)
{
    if (wv_segment_is_ordinary(text, kinds)) {
        return WV_SEGMENT_ORDINARY;
    }
    if (is_integer(text, kinds)) {
        return WV_SEGMENT_INT;
    }
    if (is_date(text, kinds)) {
        return WV_SEGMENT_DATE;
    }
    if (is_uuid(text) || is_ulid(text, kinds) ||
        (text.len >= HEX_MIN && has_only(kinds, WV_BYTE_DIGIT | WV_BYTE_HEX))) {
        return WV_SEGMENT_ID;
    }
    if (is_address(text, kinds)) {
        return WV_SEGMENT_IP;
    }
    if (is_email(text, kinds)) {
        return WV_SEGMENT_EMAIL;
    }
    if (is_long_number(text, kinds)) {
        return WV_SEGMENT_INT;
    }
    return is_token(text, kinds) ? WV_SEGMENT_TOKEN : WV_SEGMENT_ORDINARY;
}

enum wv_segment wv_segment_of(struct wv_slice text, unsigned kinds, struct wv_slice *extension)
{
    *extension = has(kinds, WV_BYTE_JOIN) ? extension_of(text) : (struct wv_slice){0};
    if (extension->len > 0 && extension->len < text.len) {
        const struct wv_slice name = wv_slice_sub(text, 0, text.len - extension->len);
        const enum wv_segment what = judge(name, wv_segment_kinds_in(name));
        if (what != WV_SEGMENT_ORDINARY) {
            return what;
        }
    }
    const enum wv_segment what = judge(text, kinds);
    if (what != WV_SEGMENT_ORDINARY) {
        *extension = (struct wv_slice){0}; /* "alice@example.pl" */
    }
    return what;
}

static bool is_span(uint8_t byte)
{
    return has(wv_segment_kinds[byte], WV_BYTE_SPAN);
}

/* Whether no id goes on at the byte. One with an @ is an e-mail, or the name of a file. */
static bool parts_pieces(uint8_t byte, unsigned kinds)
{
    return byte != '@' && has(wv_segment_kinds[byte], kinds);
}

static size_t run_end(struct wv_slice text, size_t from, unsigned kinds)
{
    size_t to = from;
    while (to < text.len && !parts_pieces(text.ptr[to], kinds)) {
        to++;
    }
    return to;
}

/* Short numbers are what attacks count with: only one that the segment begins with is an id. */
static bool is_short_number(struct wv_slice piece, unsigned kinds, bool first)
{
    return piece.len < (first ? (size_t)LEADING_MIN : (size_t)NUMBER_MIN) &&
           is_integer(piece, kinds);
}

/* How long a name before its value is: "sid=9f86d081884c7d65". It is no part of what it names. */
static size_t name_length(struct wv_slice piece)
{
    const uint8_t *sign = memchr(piece.ptr, '=', piece.len);
    const size_t len = sign == NULL ? 0 : (size_t)(sign - piece.ptr);
    const struct wv_slice name = wv_slice_sub(piece, 0, len);
    const bool named = len > 0 && len + 1 < piece.len && piece.ptr[len + 1] != '=' &&
                       wv_segment_is_ordinary(name, wv_segment_kinds_in(name));
    return named ? len + 1 : 0;
}

/* Judges [from, to) of the text; a blank or bracket at its ends is none of it. */
static bool take_piece(struct wv_slice text, size_t from, size_t to, struct wv_piece *piece)
{
    while (to > from && is_span(text.ptr[to - 1])) {
        to--;
    }
    const struct wv_slice inner = wv_slice_sub(text, from, to);
    const unsigned kinds = wv_segment_kinds_in(inner);
    struct wv_slice extension;
    piece->what = wv_segment_of(inner, kinds, &extension);
    piece->from = from + (piece->what == WV_SEGMENT_TOKEN ? name_length(inner) : 0);
    piece->to = to - extension.len;
    return piece->what != WV_SEGMENT_ORDINARY && !is_short_number(inner, kinds, from == 0);
}

bool wv_piece_next(struct wv_slice text, struct wv_piece *piece)
{
    size_t from = piece->to;
    size_t wide = piece->tried;
    while (from < text.len) {
        if (parts_pieces(text.ptr[from], WV_BYTE_FOREIGN | WV_BYTE_SPAN)) {
            from++;
            continue;
        }
        /* First with the blanks and brackets in it, because a telephone number has some. */
        if (from >= wide) {
            wide = run_end(text, from, WV_BYTE_FOREIGN);
            piece->tried = wide;
            if (take_piece(text, from, wide, piece)) {
                return true;
            }
        }
        const size_t to = run_end(text, from, WV_BYTE_FOREIGN | WV_BYTE_SPAN);
        if (take_piece(text, from, to, piece)) {
            return true;
        }
        from = to;
    }
    return false;
}

static const struct {
    const char *word;     /* in a placeholder */
    const char *template; /* in a path */
} words[WV_SEGMENT_COUNT] = {
    [WV_SEGMENT_ORDINARY] = {"WORD", "{word}"}, [WV_SEGMENT_INT] = {"INT", "{int}"},
    [WV_SEGMENT_DATE] = {"DATE", "{date}"},     [WV_SEGMENT_ID] = {"ID", "{id}"},
    [WV_SEGMENT_IP] = {"IP", "{ip}"},           [WV_SEGMENT_EMAIL] = {"EMAIL", "{email}"},
    [WV_SEGMENT_TOKEN] = {"TOKEN", "{token}"},
};

const char *wv_segment_word(enum wv_segment segment)
{
    wv_ensure(segment < WV_SEGMENT_COUNT);
    return words[segment].word;
}

struct wv_slice wv_segment_template(enum wv_segment segment)
{
    wv_ensure(segment < WV_SEGMENT_COUNT);
    return wv_slice_of(words[segment].template);
}

bool wv_segment_is_template(struct wv_slice text)
{
    for (size_t i = 0; text.len > 0 && text.ptr[0] == '{' && i < WV_SEGMENT_COUNT; i++) {
        if (wv_slice_eq(text, wv_slice_of(words[i].template))) {
            return true;
        }
    }
    return false;
}
