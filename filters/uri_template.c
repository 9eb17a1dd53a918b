/*
 * uri_template — turns a path into its route: /users/4711/orders becomes /users/{int}/orders.
 *
 * Each segment is judged as a server would read it, decoded twice, and a %2F parts segments like a
 * slash. What stays is byte-identical, so that an attack ("..%2f..%2fetc%2fpasswd") stays readable.
 * A scrub behind it in the chain takes what is personal inside of words.
 */
#include "filters/detect.h"
#include "filters/view.h"

struct settings {
    uint32_t words; /* enum words */
    uint32_t segments_max;
    uint8_t kinds[256]; /* enum kind of each byte */
};

/* What bytes there are, for one look at a segment that rules most of the questions below out. */
enum kind {
    KIND_DIGIT = 1,
    KIND_HEX = 2,      /* a … f */
    KIND_BASE32 = 4,   /* other letters of Crockford's base32 */
    KIND_LETTER = 8,   /* and those that it leaves out: i l o u */
    KIND_JOIN = 16,    /* - . + _ stand in numbers and in tokens */
    KIND_SPAN = 32,    /* blanks and ( ), only in numbers */
    KIND_MARK = 64,    /* ~ = : only in tokens */
    KIND_FOREIGN = 128 /* in neither of them */
};

enum words { WORDS_KEEP = 0, WORDS_HIDE };

static const char *const words_choices[] = {"keep", "hide", NULL};

enum {
    HEX_MIN = 16, /* digits of an id */
    DATE_LEN = 10,
    DATE_SHORT = 7, /* a year and a month */
    UUID_LEN = 36,
    ULID_LEN = 26,
    TOKEN_MIN = 20,      /* of base64url */
    DENSE_MIN = 10,      /* of anything that holds digits and is irregular */
    ENTROPY_WINDOW = 64, /* bytes of a segment that are counted */
    EXTENSION_MAX = 5,   /* ".jspx" */
    NUMBER_MIN = 7,      /* digits of a number with separators: a telephone, an order */
    WORD_DIGITS_MAX = 4, /* digits in a piece of an ordinary name: "top-10", "2026" */
};

static uint8_t kind_of(uint8_t byte)
{
    if (wv_is_digit(byte)) {
        return KIND_DIGIT;
    }
    if (wv_is_hex(byte)) {
        return KIND_HEX;
    }
    if (wv_is_letter(byte)) {
        return memchr("ilou", wv_lower(byte), 4) != NULL ? KIND_LETTER : KIND_BASE32;
    }
    if (memchr("-.+_", byte, 4) != NULL) {
        return KIND_JOIN;
    }
    if (memchr(" ()", byte, 3) != NULL) {
        return KIND_SPAN;
    }
    return memchr("~=:", byte, 3) != NULL ? KIND_MARK : KIND_FOREIGN;
}

static bool prepare(void *settings, const struct wv_loading *loading)
{
    struct settings *set = settings;
    (void)loading;
    for (unsigned byte = 0; byte < WV_COUNT(set->kinds); byte++) {
        set->kinds[byte] = kind_of((uint8_t)byte);
    }
    return true;
}

static unsigned kinds_in(const struct settings *set, struct wv_slice text)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < text.len; i++) {
        kinds |= set->kinds[text.ptr[i]];
    }
    return kinds;
}

static bool has(unsigned kinds, unsigned some)
{
    return (kinds & some) != 0;
}

static bool has_only(unsigned kinds, unsigned some)
{
    return (kinds & ~some) == 0;
}

/* A segment of the decoded path. */
struct segment {
    struct wv_slice text;
    unsigned kinds; /* of its bytes */
    size_t from;    /* where it stands in the value, as it is spelled there */
    size_t to;
};

/* Digits, with a sign before them or none. */
static bool is_integer(struct wv_slice text, unsigned kinds)
{
    bool digits = has(kinds, KIND_DIGIT) && has_only(kinds, KIND_DIGIT | KIND_JOIN);
    for (size_t i = text.ptr[0] == '-' || text.ptr[0] == '+'; digits && i < text.len; i++) {
        digits = wv_is_digit(text.ptr[i]);
    }
    return digits;
}

/* Digits with something between them: a telephone number, an order. */
static bool is_long_number(struct wv_slice text, unsigned kinds)
{
    if (!has_only(kinds, KIND_DIGIT | KIND_JOIN | KIND_SPAN)) {
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
    if (text.len < DATE_SHORT || !has(kinds, KIND_JOIN) || !wv_is_digit(text.ptr[0])) {
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
    return text.len == ULID_LEN && has_only(kinds, KIND_DIGIT | KIND_HEX | KIND_BASE32) &&
           has(kinds, KIND_DIGIT) && text.ptr[0] <= '7';
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
    if (has(kinds, KIND_SPAN | KIND_FOREIGN) ||
        text.len < (has(kinds, KIND_DIGIT) ? DENSE_MIN : TOKEN_MIN)) {
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
    if (!has(kinds, KIND_FOREIGN) || memchr(text.ptr, '@', text.len) == NULL) {
        return false;
    }
    static const struct wv_needles none;
    const struct wv_detection detection = {.what = WV_SEARCH_EMAILS, .needles = &none};
    struct wv_hits hits;
    wv_hits_clear(&hits);
    wv_detect(&detection, text, &hits);
    return hits.count == 1 && hits.items[0].from == 0 && hits.items[0].to == text.len;
}

static bool is_address(struct wv_slice text, unsigned kinds)
{
    const bool colon = has(kinds, KIND_MARK);
    const bool point = has(kinds, KIND_JOIN) && has(kinds, KIND_DIGIT);
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

/* Whether the segment, with or without an extension, is too plain for any of the kinds below. */
static bool is_ordinary(struct wv_slice text, unsigned kinds)
{
    return text.len < TOKEN_MIN && !has(kinds, KIND_DIGIT | KIND_MARK | KIND_FOREIGN);
}

/* The word that takes the place of the segment; empty: it is an ordinary one. */
static struct wv_slice placeholder_of(struct wv_slice text, unsigned kinds)
{
    if (is_ordinary(text, kinds)) {
        return (struct wv_slice){0};
    }
    if (is_integer(text, kinds)) {
        return WV_LIT("{int}");
    }
    if (is_date(text, kinds)) {
        return WV_LIT("{date}");
    }
    if (is_uuid(text) || is_ulid(text, kinds) ||
        (text.len >= HEX_MIN && has_only(kinds, KIND_DIGIT | KIND_HEX))) {
        return WV_LIT("{id}");
    }
    if (is_address(text, kinds)) {
        return WV_LIT("{ip}");
    }
    if (is_email(text, kinds)) {
        return WV_LIT("{email}");
    }
    if (is_long_number(text, kinds)) {
        return WV_LIT("{int}");
    }
    return is_token(text, kinds) ? WV_LIT("{token}") : (struct wv_slice){0};
}

/* Where matrix parameters (";jsessionid=…") begin; text.len: there are none. Anything else behind a
 * semicolon may be an attack and stays. */
static size_t matrix_start(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ';') {
            continue;
        }
        size_t end = i + 1;
        while (end < text.len &&
               (wv_is_word(text.ptr[end]) || text.ptr[end] == '-' || text.ptr[end] == '.')) {
            end++;
        }
        if (end > i + 1 && end < text.len && text.ptr[end] == '=') {
            return i;
        }
        i = end - 1;
    }
    return text.len;
}

/* The path as a server reads it. view->map NULL: as it is. */
struct path {
    struct wv_slice text;
    const uint32_t *map;
    size_t done; /* of the value; what follows stays until somebody decides otherwise */
    bool changed;
};

static size_t raw_at(const struct path *path, size_t at)
{
    return path->map == NULL ? at : path->map[at];
}

/* Puts a word in the place of [from, to) of the value. */
static void replace(struct path *path, size_t from, size_t to, struct wv_slice word,
                    struct wv_out *out)
{
    wv_out_keep(out, path->done, from);
    wv_out_put(out, word);
    path->done = to;
    path->changed = true;
}

/* Replaces what must not stay of one segment (without its matrix parameters). */
static void put_segment(const struct settings *set, const struct segment *segment,
                        struct path *path, struct wv_out *out)
{
    const struct wv_slice text = segment->text;
    const bool hide = set->words == WORDS_HIDE;
    if (text.len == 0 || wv_slice_eq(text, WV_LIT(".")) || wv_slice_eq(text, WV_LIT("..")) ||
        (!hide && is_ordinary(text, segment->kinds))) {
        return;
    }
    struct wv_slice extension =
        has(segment->kinds, KIND_JOIN) ? extension_of(text) : (struct wv_slice){0};
    struct wv_slice word = {0};
    if (extension.len > 0) {
        const struct wv_slice name = wv_slice_sub(text, 0, text.len - extension.len);
        word = placeholder_of(name, kinds_in(set, name));
    }
    if (word.len == 0) {
        word = placeholder_of(text, segment->kinds); /* "alice@example.pl" */
        extension = word.len > 0 ? (struct wv_slice){0} : extension;
    }
    if (word.len == 0 && hide) {
        word = WV_LIT("{word}");
    }
    if (word.len > 0) {
        replace(path, segment->from, segment->to, word, out);
        wv_out_put(out, extension);
    }
}

static void put_segments(const struct settings *set, struct path *path, struct wv_out *out)
{
    const struct wv_slice text = path->text;
    uint32_t count = 0;
    for (size_t from = 0;;) {
        size_t to = from;
        unsigned kinds = 0;
        while (to < text.len && text.ptr[to] != '/') {
            kinds |= set->kinds[text.ptr[to]];
            to++;
        }
        count += to > from;
        if (count > set->segments_max) {
            replace(path, raw_at(path, from), raw_at(path, text.len), WV_LIT("{more}"), out);
            return;
        }
        size_t end = to;
        if (has(kinds, KIND_FOREIGN)) {
            end = from + matrix_start(wv_slice_sub(text, from, to));
            kinds = end < to ? kinds_in(set, wv_slice_sub(text, from, end)) : kinds;
        }
        const struct segment segment = {.text = wv_slice_sub(text, from, end),
                                        .kinds = kinds,
                                        .from = raw_at(path, from),
                                        .to = raw_at(path, end)};
        put_segment(set, &segment, path, out);
        if (end < to) {
            replace(path, segment.to, raw_at(path, to), (struct wv_slice){0}, out);
        }
        if (to == text.len) {
            return;
        }
        from = to + 1;
    }
}

/* The length of the path before a query that should not be there. */
static size_t path_length(struct wv_slice text)
{
    const uint8_t *mark = text.len == 0 ? NULL : memchr(text.ptr, '?', text.len);
    return mark == NULL ? text.len : (size_t)(mark - text.ptr);
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    const size_t len = path_length(value->text);
    struct path path = {.text = wv_slice_sub(value->text, 0, len)};
    struct wv_view view;
    const enum wv_view_verdict verdict =
        wv_view_open(path.text, WV_CODING_PERCENT, context->scratch, &view);
    if (verdict == WV_VIEW_NO_ROOM) {
        return WV_FAILED;
    }
    if (verdict == WV_VIEW_DECODED) {
        wv_view_deepen(&view, WV_CODING_PERCENT);
        path = (struct path){.text = wv_view_slice(&view), .map = view.map};
    }
    put_segments(set, &path, out);
    if (len < value->text.len && set->words == WORDS_HIDE) {
        replace(&path, len, value->text.len, WV_LIT("?{query}"), out);
    }
    if (!path.changed) {
        return WV_HARMLESS;
    }
    wv_out_keep(out, path.done, value->text.len);
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "words",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, words),
     .choices = words_choices,
     .stricter = WV_STRICTER_HIGHER,
     .help = "keep segments that are ordinary words, or hide them but for a file extension"},
    {.name = "segments_max",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, segments_max),
     .min = 1,
     .max = 1024,
     .fallback = 32,
     .stricter = WV_STRICTER_LOWER,
     .help = "how many segments are written; what is behind them becomes {more}"},
};

const struct wv_filter wv_filter_uri_template = {
    .name = "uri_template",
    .summary = "Replaces numbers, ids, tokens, dates and e-mails in a path by what they are",
    .residue = WV_RESIDUE_TEXT,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
