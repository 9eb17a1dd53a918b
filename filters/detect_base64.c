/*
 * detect_base64.c — text in base64 inside of a text (RFC 4648, sections 4 and 5).
 *
 * A long word whose first bytes read like text is decoded, and what is found there is hidden by the
 * groups of four letters that spell it, so that what stands around it can still be decoded. Words
 * may be glued to it, so each of the four ways to cut it into groups is tried, and again behind
 * each
 * - _ + / where what was decoded stops to read like text. In what was decoded, base64 is decoded
 * once more (WV_BASE64_DEPTH_MAX), and no other escape.
 */
#include "filters/detect.h"

#include "base/base64.h"
#include "base/lanes.h"

enum {
    GROUP = 4,       /* letters … */
    GROUP_BYTES = 3, /* … and what they spell */
    LOOK = 16,       /* letters by which text is told from noise */
    WORD = 12,       /* letters behind a sign that are worth a look */
    WINDOW = 2048,   /* letters that are decoded at once */
    OVERLAP = 512,   /* of them, how many are decoded again: what is cut may not be found */
    NEAR = 8,        /* bytes between a hit and the window's end: what ends a line of a key */
};

static bool is_coded(uint8_t byte)
{
    return wv_is_word(byte) || byte == '-' || byte == '+' || byte == '/';
}

/* Whether a byte goes on with UTF-8 without control characters; *left: of the character at hand. */
static bool goes_on(uint8_t byte, unsigned *left)
{
    if (*left > 0) {
        (*left)--;
        return (byte & 0xc0) == 0x80;
    }
    if (byte < 0x80) {
        return (byte >= ' ' && byte != 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
    }
    *left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    return byte >= 0xc2 && byte <= 0xf4;
}

/* What a letter of either alphabet stands for. */
static inline unsigned value_of(uint8_t letter)
{
    if (wv_is_letter(letter)) {
        return letter >= 'a' ? letter - 'a' + 26U : letter - 'A' + 0U;
    }
    if (wv_is_digit(letter)) {
        return letter - '0' + 52U;
    }
    return letter == '+' || letter == '-' ? 62 : 63;
}

/* Reads a group of four letters. Whether it goes on with text; *left as above. */
static inline bool group_goes_on(const uint8_t *letters, unsigned *left)
{
    const unsigned second = value_of(letters[1]);
    if (!goes_on((uint8_t)(value_of(letters[0]) << 2 | second >> 4), left)) {
        return false;
    }
    const unsigned third = value_of(letters[2]);
    return goes_on((uint8_t)(second << 4 | third >> 2), left) &&
           goes_on((uint8_t)(third << 6 | value_of(letters[3])), left);
}

/* Whether letters spell what somebody could have written. Most words do not with their first four;
 * of random letters 1 in 50,000 do. */
static bool reads_like_text(const uint8_t *letters)
{
    unsigned left = 0;
    for (size_t at = 0; at < LOOK; at += GROUP) {
        if (!group_goes_on(letters + at, &left)) {
            return false;
        }
    }
    return true;
}

/* Where letters of [from, to), which begin like text, do so no more: between two groups. */
static size_t text_end(struct wv_slice text, size_t from, size_t to)
{
    unsigned left = 0;
    while (to - from >= GROUP && group_goes_on(text.ptr + from, &left)) {
        from += GROUP;
    }
    return to - from >= GROUP ? from : to;
}

static bool is_sign(uint8_t byte)
{
    return byte == '-' || byte == '_' || byte == '+' || byte == '/';
}

/* Whether a word stands there that is long enough to be looked at. */
static bool is_word_at(struct wv_slice text, size_t at)
{
    size_t to = at;
    while (to < at + WORD && to < text.len && is_coded(text.ptr[to]) && !is_sign(text.ptr[to])) {
        to++;
    }
    return to == at + WORD;
}

/* Where in [at, to) letters begin that read like text: at `at` or behind a sign, which may be the
 * end of something else; and up to three letters behind. `to`: nowhere. */
static size_t text_start(struct wv_slice text, size_t at, size_t to, uint64_t *steps)
{
    for (size_t from = at; from < to && to - from >= LOOK; from++) {
        if (from > at && (!is_sign(text.ptr[from - 1]) || !is_word_at(text, from))) {
            continue;
        }
        *steps += LOOK;
        for (size_t i = from; i < from + GROUP && to - i >= LOOK; i++) {
            if (reads_like_text(text.ptr + i)) {
                return i;
            }
        }
    }
    return to;
}

/* The first letter of [at, to) that stands behind a sign, or to. */
static size_t behind_sign(struct wv_slice text, size_t at, size_t to)
{
    while (at < to && !is_sign(text.ptr[at - 1])) {
        at++;
    }
    return at;
}

/* Text that begins in [from, to) where that before it, which begins at `from`, has ended; in other
 * groups, or it would be the same. to: there is none. */
static size_t next_text(struct wv_slice text, size_t from, size_t to, uint64_t *steps)
{
    const size_t end = text_end(text, from, to);
    *steps += end - from;
    if (end == to) {
        return to;
    }
    size_t next = behind_sign(text, end - from < 2 * LOOK ? from + LOOK : end - LOOK, to);
    while (next < to) {
        next = text_start(text, next, to, steps);
        if (next < to && (next - from) % GROUP != 0) {
            return next;
        }
        next = next < to ? behind_sign(text, next + 1, to) : to;
    }
    return to;
}

/* Where the letters of [from, to) end that spell the first `count` bytes, with what pads them. */
static size_t letters_end(struct wv_slice text, size_t from, size_t to, size_t count)
{
    size_t end = from + (count + GROUP_BYTES - 1) / GROUP_BYTES * GROUP;
    if (end < to) {
        return end;
    }
    for (end = to; end - to < GROUP - 2 && wv_byte_at(text, end) == '='; end++) {
    }
    return end;
}

/* Notes what was found in decoded text, as what spells it. */
static void take_hit(struct wv_scan *scan, const struct wv_hit *hit, size_t begin, size_t end)
{
    const size_t count = scan->hits->count;
    wv_scan_hit(scan, (enum wv_hit_kind)hit->kind, begin, end, begin, hit->detail);
    if (scan->hits->count > count) {
        scan->hits->items[count].needle = hit->needle; /* what it is stays known */
    }
}

/* Where the letters begin that stand before and at `at`, from `floor` on. */
static size_t run_start(struct wv_slice text, size_t at, size_t floor)
{
    while (at > floor && is_coded(text.ptr[at - 1])) {
        at--;
    }
    return at;
}

/* Looks at the letters [from, to) of the text, to - from <= WINDOW, which belong to those up to
 * end. Where to go on: a hit near the window's end may be longer, and is looked at again
 * with what stands before it; one that is as long as half of the window takes all that follows. */
static size_t look(struct wv_scan *scan, size_t from, size_t to, size_t end)
{
    uint8_t bytes[WINDOW];
    size_t len;
    const bool whole = to == end;
    size_t next = whole ? end : to - OVERLAP;
    struct wv_hits inner;
    struct wv_detection detection = *scan->detection;
    to -= (to - from) % GROUP == 1;
    if (!wv_base64_decode(wv_slice_sub(scan->text, from, to), bytes, &len)) {
        return next;
    }
    detection.depth++;
    wv_hits_clear(&inner);
    wv_detect(&detection, (struct wv_slice){bytes, len}, &inner);
    scan->hits->steps += inner.steps + len;
    scan->hits->overflowed = scan->hits->overflowed || inner.overflowed;
    scan->hits->removal = scan->hits->removal || inner.removal;
    for (size_t i = 0; i < inner.count; i++) {
        const struct wv_hit *hit = &inner.items[i];
        const size_t begin = from + hit->from / GROUP_BYTES * GROUP;
        const size_t shown = from + hit->seen_from / GROUP_BYTES * GROUP;
        const bool open = !whole && len - hit->to <= NEAR;
        const bool endless = open && shown - from < WINDOW / 2;
        const size_t last = endless ? end : to;
        take_hit(scan, hit, begin,
                 letters_end(scan->text, from, last, endless ? end - from : hit->to));
        next = endless ? end : open && shown < next ? shown : next;
    }
    return next;
}

/* Looks at the letters [from, to), which are cut into groups from the first one on. */
static void look_at_all(struct wv_scan *scan, size_t from, size_t to)
{
    while (from < to) {
        from = look(scan, from, to - from > WINDOW ? from + WINDOW : to, to);
    }
}

void wv_scan_base64(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    const size_t known = scan->base64_to > scan->token_to ? scan->base64_to : scan->token_to;
    if (scan->detection->depth == WV_BASE64_DEPTH_MAX || at < known) {
        return;
    }
    size_t to = at;
    size_t from = run_start(text, at, known);
    while (to < text.len && is_coded(text.ptr[to])) {
        to++;
    }
    scan->hits->steps += to - from;
    scan->base64_to = to;
    from = text_start(text, from, to, &scan->hits->steps);
    while (from < to) {
        const size_t next = next_text(text, from, to, &scan->hits->steps);
        look_at_all(scan, from, next);
        from = next;
    }
}

#if defined(__SSE2__)

/* Which of 16 bytes belong to words. */
static unsigned words_in(struct wv_slice text)
{
    const __m128i bytes = text.len < WV_LANES ? wv_lanes_short(text) : wv_lanes_load(text.ptr);
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    return wv_lanes_bits(wv_lanes_either(wv_lanes_range(bytes, '0', 10),
                                         wv_lanes_range(lower, 'a', 26), wv_lanes_equal(bytes, '-'),
                                         wv_lanes_equal(bytes, '_')));
}

#else

static unsigned words_in(struct wv_slice text)
{
    unsigned bits = 0;
    for (size_t i = 0; i < WV_LANES && i < text.len; i++) {
        bits |= (unsigned)(wv_is_word(text.ptr[i]) || text.ptr[i] == '-') << i;
    }
    return bits;
}

#endif

/* Where the next word of LOOK bytes or more begins, in the text from `at` on; text.len: nowhere. */
static size_t next_word(struct wv_slice text, size_t at)
{
    size_t run = 0; /* bytes of a word that stand before `at` */
    for (; at < text.len; at += WV_LANES) {
        const unsigned others = ~words_in(wv_slice_sub(text, at, text.len)) & 0xffff;
        const size_t lead = others == 0 ? WV_LANES : (size_t)__builtin_ctz(others);
        if (run + lead >= LOOK) {
            return at - run;
        }
        run = (size_t)__builtin_clz(others << 16);
    }
    return text.len;
}

bool wv_base64_may_be_in(struct wv_slice text)
{
    uint64_t steps = 0;
    for (size_t at = text.len < LOOK ? text.len : next_word(text, 0); at < text.len;
         at = next_word(text, at)) {
        const size_t from = run_start(text, at, 0);
        while (at < text.len && is_coded(text.ptr[at])) {
            at++;
        }
        if (text_start(text, from, at, &steps) < at) {
            return true;
        }
    }
    return false;
}
