/* detect_context.c — what the words before a number say about it. */
#include "filters/anchors.h"
#include "filters/detect_number.h"
#include "filters/view.h"

#include <pthread.h>

_Static_assert((int)WV_CONTEXT_MAX <= (int)WV_ANCHOR_BLOCK, "a context is looked at as one block");

/* Of a word, or of a script in which words have no letters of ours. */
static bool is_word_byte(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte) || byte >= 0x80;
}

/* The second or a later byte of a character. */
static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Of a word of our letters: U+00C0 … U+037F are Latin ones with their accents, and so is a byte
 * that is no UTF-8, but may be Latin-1. Words of other scripts have no border that could be seen.
 */
static bool is_ours(struct wv_slice text, size_t at)
{
    const uint8_t byte = text.ptr[at];
    const bool alone = byte >= 0xc0 && byte != WV_VIEW_OTHER && !is_tail(wv_byte_at(text, at + 1));
    const uint8_t lead = is_tail(byte) && at > 0 ? text.ptr[at - 1] : byte;
    return byte < 0x80 ? is_word_byte(byte) : alone || (lead >= 0xc3 && lead <= 0xcd);
}

/* Where the words begin that tell of what stands at `at`: not in the middle of one. */
static size_t context_start(struct wv_slice text, size_t at)
{
    size_t from = at > WV_CONTEXT_MAX ? at - WV_CONTEXT_MAX : 0;
    while (from > 0 && from < at && is_ours(text, from - 1) && is_ours(text, from)) {
        from++;
    }
    return from;
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

/* A bit for the first two bytes of a word; a blank stands behind a word of one. */
static uint64_t pair_bit(uint8_t first, uint8_t second)
{
    return UINT64_C(1) << ((first + 9U * second) & 63);
}

/* Looks only with which bytes the words before `at` begin, of those that begin with a letter: most
 * say nothing by that, and are never read. */
static void begin_words(struct wv_slice text, size_t at, struct wv_words *words)
{
    const struct wv_slice context = wv_slice_sub(text, context_start(text, at), at);
    const struct wv_block_marks marks = wv_marks_of(context);
    const uint64_t inside = marks.letters | marks.digits;
    words->at = at;
    words->len = 0;
    words->asked = 0;
    words->told = 0;
    words->names = WV_NAMES_UNREAD;
    words->wide = marks.wide != 0;
    words->pairs = 0;
    for (uint64_t starts = marks.letters & ~(inside << 1); starts != 0; starts &= starts - 1) {
        const unsigned from = (unsigned)__builtin_ctzll(starts);
        const bool more = from < 63 && (inside >> (from + 1) & 1) != 0;
        const uint8_t second = more ? context.ptr[from + 1] | 0x20 : ' ';
        words->pairs |= pair_bit(context.ptr[from] | 0x20, second);
    }
}

/* The words of the text before words->at, with a blank before each and behind the last. */
static void read_words(struct wv_slice text, struct wv_words *words)
{
    const size_t at = words->at;
    words->count = 0;
    words->begins = 0;
    words->bytes[words->len++] = ' ';
    size_t next;
    const size_t start = context_start(text, at);
    for (size_t from = start; from < at; from = next) {
        const uint8_t byte = text.ptr[from];
        const bool begins = is_ours(text, from) && (from == start || !is_ours(text, from - 1));
        next = from + 1;
        if (byte < 0x80 ? is_word_byte(byte) : !is_wide_blank(text, from, &next)) {
            words->bytes[words->len++] = lower_of(byte, from > 0 ? text.ptr[from - 1] : 0);
            if (begins) {
                words->starts[words->count++] = (uint8_t)(words->len - 1);
            }
            words->begins |= begins || byte >= 0x80 ? UINT64_C(1) << wv_lower(byte) % 64 : 0;
        } else if (words->bytes[words->len - 1] != ' ') {
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
    const size_t from = context_start(text, at);
    uint32_t names = 0;
    for (size_t to = from + 1; to <= at; to++) {
        if (is_word_byte(text.ptr[to - 1]) && (to == at || !is_word_byte(text.ptr[to]))) {
            const struct wv_slice name = wv_slice_sub(text, from, to);
            names |= UINT32_C(1) << wv_parameters_find(scan->detection->parameters, name);
        }
    }
    return names;
}

/* The phrases of all detectors, taken apart once. */

enum { PHRASES_MAX = 256 };

static struct wv_slice phrases[PHRASES_MAX];

static struct {
    size_t first;
    size_t count;
    uint64_t pairs; /* with which they begin, as in struct wv_words */
} lists[WV_DETECTOR_COUNT];

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_phrases(void)
{
    size_t count = 0;
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        lists[kind].first = count;
        for (const char *at = wv_detector_at(kind)->words; *at != '\0';) {
            const size_t len = strcspn(at, "|");
            wv_ensure(count < PHRASES_MAX);
            wv_ensure(len >= 2 && (wv_is_letter((uint8_t)at[0]) || (uint8_t)at[0] >= 0x80));
            phrases[count++] = (struct wv_slice){(const uint8_t *)at, len};
            lists[kind].pairs |= pair_bit((uint8_t)at[0], (uint8_t)at[1]);
            at += len + (at[len] == '|');
        }
        lists[kind].count = count - lists[kind].first;
    }
}

/* A phrase of our letters stands between others; one of another script anywhere. */
static bool holds(const struct wv_words *words, struct wv_slice phrase)
{
    if ((words->begins >> phrase.ptr[0] % 64 & 1) == 0) {
        return false;
    }
    if (!wv_is_letter(phrase.ptr[0])) {
        return words->wide && memmem(words->bytes, words->len, phrase.ptr, phrase.len) != NULL;
    }
    for (size_t i = 0; i < words->count; i++) {
        const size_t at = words->starts[i];
        if (words->bytes[at] == phrase.ptr[0] && at + phrase.len < words->len &&
            wv_bytes_eq(words->bytes + at, phrase.ptr, phrase.len) &&
            !is_ours((struct wv_slice){words->bytes, words->len}, at + phrase.len)) {
            return true;
        }
    }
    return false;
}

static bool holds_any(struct wv_slice text, struct wv_words *words, size_t kind)
{
    wv_ensure(pthread_once(&once, make_phrases) == 0);
    if (!words->wide && (words->pairs & lists[kind].pairs) == 0) {
        return false;
    }
    if (words->len == 0) {
        read_words(text, words);
    }
    for (size_t i = 0; i < lists[kind].count; i++) {
        if (holds(words, phrases[lists[kind].first + i])) {
            return true;
        }
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
        begin_words(scan->text, context, words);
        scan->hits->steps += WV_CONTEXT_MAX;
    }
    if ((words->asked & bit) == 0) {
        words->asked |= bit;
        words->told |= holds_any(scan->text, words, kind) ? bit : 0;
    }
    *seen = context > WV_CONTEXT_MAX ? context - WV_CONTEXT_MAX : 0;
    return (words->told & bit) != 0 || (!scan->own_words && is_listed(scan, kind));
}
