/*
 * detect_base64.c — text in base64 inside of a text (RFC 4648, sections 4 and 5).
 *
 * A long word whose first bytes read like text is decoded, and what is found there is hidden by the
 * groups of four letters that spell it, so that what stands around it can still be decoded. Words
 * may be glued to it, so each of the four ways to cut it into groups is tried. In what was decoded,
 * base64 is decoded once more (WV_BASE64_DEPTH_MAX), and no other escape.
 */
#include "filters/detect.h"

#include "base/base64.h"

enum {
    GROUP = 4,       /* letters … */
    GROUP_BYTES = 3, /* … and what they spell */
    LOOK = 16,       /* letters by which text is told from noise */
    WINDOW = 2048,   /* letters that are decoded at once */
    OVERLAP = 512,   /* of them, how many are decoded again: no hit but a key is longer */
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

/* Whether letters spell what somebody could have written. Most words do not with their first four;
 * of random letters 1 in 50,000 do. */
static bool reads_like_text(struct wv_slice letters)
{
    unsigned left = 0;
    for (size_t at = 0; at < LOOK; at += GROUP) {
        uint8_t bytes[GROUP_BYTES + 1];
        size_t len;
        if (!wv_base64_decode(wv_slice_sub(letters, at, at + GROUP), bytes, &len)) {
            return false;
        }
        for (size_t i = 0; i < len; i++) {
            if (!goes_on(bytes[i], &left)) {
                return false;
            }
        }
    }
    return true;
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

/* Looks at the letters [from, to) of the text, to - from <= WINDOW. */
static void look(struct wv_scan *scan, size_t from, size_t to)
{
    uint8_t bytes[WINDOW];
    size_t len;
    struct wv_hits inner;
    struct wv_detection detection = *scan->detection;
    to -= (to - from) % GROUP == 1;
    if (!wv_base64_decode(wv_slice_sub(scan->text, from, to), bytes, &len)) {
        return;
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
        const size_t end = letters_end(scan->text, from, to, hit->to);
        wv_scan_hit(scan, (enum wv_hit_kind)hit->kind, begin, end, begin, hit->detail);
    }
}

void wv_scan_base64(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (scan->detection->depth == WV_BASE64_DEPTH_MAX || at < scan->base64_to ||
        at < scan->token_to) {
        return;
    }
    size_t from = at;
    while (from < at + GROUP && text.len - from >= LOOK &&
           !reads_like_text(wv_slice_sub(text, from, from + LOOK))) {
        from++;
    }
    scan->hits->steps += LOOK;
    if (from == at + GROUP || text.len - from < LOOK) {
        return;
    }
    size_t to = from + LOOK;
    while (to < text.len && is_coded(text.ptr[to])) {
        to++;
    }
    scan->base64_to = to;
    for (; to - from > WINDOW; from += WINDOW - OVERLAP) {
        look(scan, from, from + WINDOW);
    }
    look(scan, from, to);
}
