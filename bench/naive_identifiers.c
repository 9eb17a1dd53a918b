/*
 * naive_identifiers.c — cards, accounts, numbers of persons, telephones, devices and keys: one
 * pattern after another, with a validator behind it, and a look at the words before a number that
 * could be anything.
 */
#include "bench/naive.h"

#include "filters/validate.h"

/* What the patterns are made of. */
#define APART   "(?<![A-Za-z0-9])"
#define ENDS    "(?![A-Za-z0-9])"
#define HEX     "[0-9A-Fa-f]"
#define OMOCODE "[0-9L-NP-V]"
#define DEGREES "(?:1(?:[0-7][0-9]|80)|0?[0-9]{1,2})\\.[0-9]{4,20}(?![0-9])"
#define PAST_90 "(?:9[1-9]|1[0-9]{2})"
#define SEPARATOR                                                                                  \
    "(?:[-. +\\t\\xff]|\\xc2\\xa0|\\xe2\\x80[\\x87\\x89\\xaf\\x90-\\x95]|\\xe2\\x88\\x92|"         \
    "\\xe3\\x80\\x80|\\xe3\\x83\\xbc|\\xef\\xbd\\xb0)"
#define JOIN  "(?:" SEPARATOR "|/| [-/] |[-. /\\t]{0,2}[()][-. /\\t()]{0,2})"
#define UUID  HEX "{8}-(?:" HEX "{4}-){3}" HEX "{12}"
#define DAY   "(?:0[1-9]|[12][0-9]|3[01])"
#define MONTH "(?:0[1-9]|1[0-2])"
#define YEAR  "(?:19|20)[0-9]{2}"
#define DAY_AND_TIME                                                                               \
    "(?:" DAY MONTH YEAR "|" YEAR MONTH DAY ")(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
/* A number: not of a hash or a decimal, and not of a longer one with the same separators. */
#define FROM "(?<![0-9A-Fa-f])(?<![0-9][.-])"
#define TO   "(?![0-9A-Fa-f]|[.-][0-9])"

enum { CONTEXT_MAX = 64, WORDS_MAX = 8192, COMPACT_MAX = 64 };

static const struct {
    enum wv_hit_kind kind;
    enum wv_evidence evidence;
    const char *validator;
    size_t digits;
    const char *pattern;
} rows[] = {
#define NAIVE_IDENTIFIER(kind, evidence, validator, digits, pattern)                               \
    {WV_HIT_##kind, WV_EVIDENCE_##evidence, validator, digits, pattern},
#include "bench/naive_identifiers.def"
#undef NAIVE_IDENTIFIER
};

_Static_assert(WV_COUNT(rows) <= NAIVE_IDENTIFIERS_MAX, "a pattern for each");

/* One of the words, as words: with anything between those of a phrase. Scripts of other letters do
 * without blanks. */
static naive_pattern *compile_words(const char *words)
{
    uint8_t memory[WORDS_MAX];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    wv_buf_put(&buf, WV_LIT("(?i:"));
    for (const char *at = words; *at != '\0';) {
        const size_t len = strcspn(at, "|");
        const bool ours = (*at >= 'a' && *at <= 'z');
        wv_buf_put(&buf, ours ? WV_LIT("(?<![A-Za-z0-9]|[\\xc3-\\xcd][\\x80-\\xbf]|[\\xc0-\\xfe])")
                              : WV_LIT(""));
        for (size_t i = 0; i < len; i++) {
            wv_buf_put(&buf, at[i] == ' ' ? WV_LIT("[^A-Za-z0-9\\x80-\\xff]+")
                                          : (struct wv_slice){(const uint8_t *)at + i, 1});
        }
        wv_buf_put(&buf,
                   ours ? WV_LIT("(?![A-Za-z0-9]|[\\xc3-\\xcd]|[\\xc0-\\xfe](?![\\x80-\\xbf]))")
                        : WV_LIT(""));
        wv_buf_put(&buf, at[len] == '|' ? WV_LIT("|") : WV_LIT(""));
        at += len + (at[len] == '|');
    }
    wv_buf_put(&buf, (struct wv_slice){(const uint8_t *)")", 2});
    wv_ensure(!buf.overflowed);
    return naive_compile((const char *)memory);
}

void naive_identifiers_open(struct naive *naive)
{
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        const struct wv_detector *detector = wv_detector_at(rows[i].kind);
        enum wv_class class;
        const bool marked = wv_class_find(wv_slice_of(detector->class), &class);
        naive->identifiers[i] = naive_compile(rows[i].pattern);
        naive->identifier_sorts[i] = (struct naive_sort){.word = detector->word,
                                                         .class = marked ? class : WV_CLASS_NONE,
                                                         .rank = (unsigned)rows[i].kind};
        if (naive->contexts[rows[i].kind] == NULL && *detector->words != '\0') {
            naive->contexts[rows[i].kind] = compile_words(detector->words);
        }
    }
}

void naive_identifiers_close(struct naive *naive)
{
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        pcre2_code_free(naive->identifiers[i]);
    }
    for (size_t i = 0; i < WV_COUNT(naive->contexts); i++) {
        pcre2_code_free(naive->contexts[i]);
    }
}

static bool is_letter(uint8_t byte)
{
    return wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(struct wv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += is_digit(text.ptr[i]);
    }
    return count;
}

/* Whether the letters and digits of the text are valid. */
static bool is_valid(const char *name, struct wv_slice text)
{
    uint8_t compact[COMPACT_MAX];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < sizeof compact; i++) {
        compact[len] = text.ptr[i];
        len += is_letter(text.ptr[i]) || is_digit(text.ptr[i]);
    }
    return *name == '\0' ||
           wv_validator_find(wv_slice_of(name))->is_valid((struct wv_slice){compact, len});
}

/* Cuts off groups at the end until what is left is valid: "GB82 … 32 is it". False: nothing is. */
static bool shorten(const char *validator, struct wv_slice *text)
{
    while (text->len > 0 && !is_valid(validator, *text)) {
        size_t to = text->len;
        while (to > 0 && (is_letter(text->ptr[to - 1]) || is_digit(text->ptr[to - 1]))) {
            to--;
        }
        while (to > 0 && !is_letter(text->ptr[to - 1]) && !is_digit(text->ptr[to - 1])) {
            to--;
        }
        text->len = to;
    }
    return text->len > 0;
}

/* A name of a parameter at the end of a word that says whose number comes. */
static bool is_listed(struct naive *naive, enum wv_hit_kind kind, struct wv_slice words)
{
    const naive_pattern *names =
        naive->names[kind == WV_HIT_IMEI ? NAIVE_DEVICES : NAIVE_NATIONAL_IDS];
    for (size_t to = words.len; kind != WV_HIT_PHONE && to > 0; to--) {
        const bool ends = to == words.len || !is_letter(words.ptr[to]);
        if (ends && is_letter(words.ptr[to - 1]) &&
            naive_matches(naive, names, wv_slice_sub(words, 0, to))) {
            return true;
        }
    }
    return false;
}

static bool ends_within(struct wv_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] <= ' ' || value.ptr[i] == ')') {
            return true;
        }
    }
    return false;
}

/* What the listed name of a parameter says of its whole value is decided by it (naive_names.c). */
static bool is_announced(struct naive *naive, struct wv_slice text, size_t from, size_t to)
{
    const size_t at = from - (from > 0 && strchr("\"'", text.ptr[from - 1]) != NULL);
    if (at == 0 || text.ptr[at - 1] != '=' || ends_within(wv_slice_sub(text, from, to))) {
        return false;
    }
    const size_t name = at > CONTEXT_MAX ? at - CONTEXT_MAX : 0;
    return naive_names_sort(naive, wv_slice_sub(text, name, at - 1)) != NULL;
}

/* *seen: where the words begin that tell it. */
static bool is_told(struct naive *naive, size_t row, struct wv_slice text, size_t from, size_t to,
                    size_t *seen)
{
    const enum wv_hit_kind kind = rows[row].kind;
    const bool at_home = wv_detectors_have(naive->tree.pack->detectors.at_home, kind);
    *seen = from;
    if (rows[row].evidence == WV_EVIDENCE_SHAPE ||
        (rows[row].evidence == WV_EVIDENCE_REGION && at_home)) {
        return true;
    }
    *seen = from > CONTEXT_MAX ? from - CONTEXT_MAX : 0;
    const struct wv_slice words = wv_slice_sub(text, *seen, from);
    return words.len > 0 && !is_announced(naive, text, from, to) && naive->contexts[kind] != NULL &&
           (naive_matches(naive, naive->contexts[kind], words) || is_listed(naive, kind, words));
}

void naive_find_identifiers(struct naive *naive, const struct naive_layer *layer)
{
    const struct wv_slice text = layer->text;
    const size_t digits = count_digits(text);
    const PCRE2_SIZE *at;
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        for (size_t from = 0;
             digits >= rows[i].digits &&
             (at = naive_find(naive, naive->identifiers[i], text, from)) != NULL;) {
            const size_t begin = at[0];
            struct wv_slice found = wv_slice_sub(text, begin, at[1]);
            size_t seen;
            from = begin + 1;
            if (shorten(rows[i].validator, &found) &&
                is_told(naive, i, text, begin, begin + found.len, &seen)) {
                from = begin + found.len;
                naive_add_hit(naive, layer, seen,
                              (struct naive_hit){begin, from, .sort = &naive->identifier_sorts[i]});
            }
        }
    }
}
