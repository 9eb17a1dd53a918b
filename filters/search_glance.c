/* search_glance.c — cheap looks that spare most texts a search. "No" is certain, "yes" is not. */
#include "filters/search.h"

#include "base/lanes.h"
#include "filters/anchors.h"
#include "filters/detect.h"

/* More than three points, or two colons, and what stands between them. */
enum { POINTS_REACH = 16 };

bool wv_search_may_find_address(struct wv_slice text)
{
    for (size_t at = 0;;) {
        const size_t left = text.len - at;
        const size_t len = left < WV_ANCHOR_BLOCK ? left : WV_ANCHOR_BLOCK;
        const struct wv_slice block = {text.ptr + at, len};
        const struct wv_block_marks marks = wv_marks_of(block);
        if (marks.leads != 0 || wv_quad_points(&marks, true, true) != 0) {
            return true;
        }
        /* Two colons at least. */
        if ((marks.colons & (marks.colons - 1)) != 0) {
            const struct wv_groups groups = wv_groups_of(block);
            if (wv_has_group(&groups)) {
                return true;
            }
        }
        if (left <= WV_ANCHOR_BLOCK) {
            return false;
        }
        at += WV_ANCHOR_BLOCK - POINTS_REACH; /* so that no three points are torn apart */
    }
}

bool wv_search_is_quiet(struct wv_slice text)
{
    for (size_t at = 0; at < text.len; at += WV_ANCHOR_BLOCK) {
        const size_t left = text.len - at;
        const bool last = left <= WV_ANCHOR_BLOCK;
        const struct wv_slice block = {text.ptr + at, last ? left : WV_ANCHOR_BLOCK};
        const struct wv_block_marks marks = wv_marks_of(block);
        const uint64_t blanks = marks.blanks & (marks.ends << 1 | (uint64_t)(at > 0));
        const uint64_t others = marks.others & ~marks.equals;
        const uint64_t leads = marks.leads & ~marks.ampersands;
        const struct wv_places places = wv_places_of(&marks, at > 0 ? text.ptr[at - 1] : 0, last);
        if ((wv_quad_points(&marks, at == 0, last) | marks.colons | others | blanks | leads) != 0 ||
            !wv_places_none(&places)) {
            return false;
        }
    }
    return true;
}

/* Whether the text has one of the bytes without which no address can be spelled. Most have none. */
static bool has_address_byte(struct wv_slice text)
{
#if defined(__SSE2__)
    unsigned found = 0;
    for (size_t at = 0; at < text.len; at += WV_LANES) {
        const struct wv_slice rest = {text.ptr + at, text.len - at};
        const __m128i bytes = rest.len < WV_LANES ? wv_lanes_short(rest) : wv_lanes_load(rest.ptr);
        found |=
            wv_anchor_leads_in(bytes, false) |
            wv_lanes_bits(_mm_or_si128(wv_lanes_equal(bytes, '.'), wv_lanes_equal(bytes, ':')));
    }
    return found != 0;
#else
    bool found = false;
    for (size_t at = 0; at < text.len; at++) {
        const uint8_t byte = text.ptr[at];
        found = found || byte == '.' || byte == ':' || wv_anchor_is_lead(byte, false);
    }
    return found;
#endif
}

bool wv_search_may_hold_address(struct wv_slice text)
{
    if (wv_likely(!has_address_byte(text))) {
        return false;
    }
    size_t points = 0; /* with a digit on both sides */
    size_t colons = 0;
    uint64_t digit_before = 0;
    for (size_t at = 0; at < text.len; at += WV_ANCHOR_BLOCK) {
        const size_t left = text.len - at;
        const size_t len = left < WV_ANCHOR_BLOCK ? left : WV_ANCHOR_BLOCK;
        const struct wv_block_marks marks = wv_marks_of((struct wv_slice){text.ptr + at, len});
        const uint64_t digit_behind = wv_is_digit(wv_byte_at(text, at + WV_ANCHOR_BLOCK));
        uint64_t found = marks.points & (marks.digits << 1 | digit_before) &
                         (marks.digits >> 1 | digit_behind << (WV_ANCHOR_BLOCK - 1));
        for (; found != 0; found &= found - 1) { /* nearly always none */
            points++;
        }
        for (found = marks.colons; found != 0; found &= found - 1) {
            colons++;
        }
        if (marks.leads != 0 || points >= 3 || colons >= 2) {
            return true;
        }
        digit_before = marks.digits >> (WV_ANCHOR_BLOCK - 1);
    }
    return false;
}
