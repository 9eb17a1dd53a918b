/* detect_context.c — what the words before a number say about it. */
#include "filters/detect_number.h"

/* Of a word, or of a script in which words have no letters of ours. */
static bool is_word_byte(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte) || byte >= 0x80;
}

/* Also of É and its like, the second byte of U+00C0 … U+00DE. */
static uint8_t lower_of(uint8_t byte, uint8_t before)
{
    return before == 0xc3 && byte >= 0x80 && byte <= 0x9e ? (uint8_t)(byte + 0x20) : wv_lower(byte);
}

/* A blank of another script, as between Japanese words; *next: where it ends. */
static bool is_wide_blank(struct wv_slice text, size_t at, size_t *next)
{
    uint8_t kind = 0;
    const size_t len = text.ptr[at] >= 0xc2 ? wv_join_length(text, at, &kind) : 0;
    *next += kind == ' ' ? len - 1 : 0;
    return kind == ' ';
}

/* The words of the text before `at`, with a blank before each and behind the last. */
static void read_words(struct wv_slice text, size_t at, struct wv_words *words)
{
    words->at = at;
    words->len = 0;
    words->asked = 0;
    words->told = 0;
    words->begins = 0;
    words->names = WV_NAMES_UNREAD;
    words->bytes[words->len++] = ' ';
    size_t next;
    for (size_t from = at > WV_CONTEXT_MAX ? at - WV_CONTEXT_MAX : 0; from < at; from = next) {
        const uint8_t byte = text.ptr[from];
        const bool begins = words->bytes[words->len - 1] == ' ';
        next = from + 1;
        if (byte < 0x80 ? is_word_byte(byte) : !is_wide_blank(text, from, &next)) {
            words->bytes[words->len++] = lower_of(byte, from > 0 ? text.ptr[from - 1] : 0);
            words->begins |= begins || byte >= 0x80 ? UINT64_C(1) << wv_lower(byte) % 64 : 0;
        } else if (!begins) {
            words->bytes[words->len++] = ' ';
        }
    }
    if (words->bytes[words->len - 1] != ' ') {
        words->bytes[words->len++] = ' ';
    }
}

/* What the listed names of parameters say that end with one of the words. */
static uint32_t read_names(const struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    const size_t from = at > WV_CONTEXT_MAX ? at - WV_CONTEXT_MAX : 0;
    uint32_t names = 0;
    for (size_t to = from + 1; to <= at; to++) {
        if (is_word_byte(text.ptr[to - 1]) && (to == at || !is_word_byte(text.ptr[to]))) {
            const struct wv_slice name = wv_slice_sub(text, from, to);
            names |= UINT32_C(1) << wv_parameters_find(scan->detection->parameters, name);
        }
    }
    return names;
}

/* Whether the phrase stands among the words: between two blanks, if it is of our letters. */
static bool holds(const struct wv_words *words, struct wv_slice phrase)
{
    const bool bounded = wv_is_letter(phrase.ptr[0]);
    if ((words->begins >> phrase.ptr[0] % 64 & 1) == 0) {
        return false;
    }
    for (size_t at = 1; at + phrase.len < words->len; at++) {
        if (words->bytes[at] == phrase.ptr[0] && (!bounded || words->bytes[at - 1] == ' ') &&
            wv_bytes_eq(words->bytes + at, phrase.ptr, phrase.len) &&
            (!bounded || words->bytes[at + phrase.len] == ' ')) {
            return true;
        }
    }
    return false;
}

static bool holds_any(const struct wv_words *words, const char *phrases)
{
    for (const char *at = phrases; *at != '\0';) {
        const size_t len = strcspn(at, "|");
        if (holds(words, (struct wv_slice){(const uint8_t *)at, len})) {
            return true;
        }
        at += len + (at[len] == '|');
    }
    return false;
}

/* The class of names that announce such an identifier; a telephone number is told by its own words
 * alone, because the class has streets and towns, too. */
static enum wv_parameter class_of(size_t kind)
{
    return kind == WV_HIT_IMEI    ? WV_PARAMETER_DEVICE
           : kind == WV_HIT_PHONE ? WV_PARAMETER_UNLISTED
                                  : WV_PARAMETER_NATIONAL_ID;
}

static bool is_listed(struct wv_scan *scan, size_t kind)
{
    struct wv_words *words = &scan->words;
    const enum wv_parameter class = class_of(kind);
    if (class == WV_PARAMETER_UNLISTED) {
        return false;
    }
    if (words->names == WV_NAMES_UNREAD) {
        words->names = read_names(scan, words->at);
        scan->hits->steps += WV_CONTEXT_MAX;
    }
    return (words->names >> class & 1) != 0;
}

bool wv_context_tells(struct wv_scan *scan, size_t kind, size_t context, size_t *seen)
{
    struct wv_words *words = &scan->words;
    const uint64_t bit = UINT64_C(1) << kind;
    if (words->at != context) {
        read_words(scan->text, context, words);
        scan->hits->steps += WV_CONTEXT_MAX;
    }
    if ((words->asked & bit) == 0) {
        words->asked |= bit;
        words->told |= holds_any(words, wv_detector_at(kind)->words) ? bit : 0;
    }
    *seen = context > WV_CONTEXT_MAX ? context - WV_CONTEXT_MAX : 0;
    return (words->told & bit) != 0 || (!scan->own_words && is_listed(scan, kind));
}
