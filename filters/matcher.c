/* matcher.c — what a worker does with the patterns of its plan. */
#include "filters/detect.h"
#include "filters/regex.h"
#include "filters/view.h"

#include <stdlib.h>

enum {
    TAILS_MAX = 64, /* places at which a match may begin and go on behind one border */
    COMPACT_MAX = 128,
};

struct wv_matcher {
    const struct wv_patterns *patterns;
    uint64_t *limits;
    struct wv_regex_run run;
};

struct wv_matcher *wv_matcher_new(const struct wv_patterns *patterns, uint64_t *limits)
{
    struct wv_matcher *matcher = calloc(1, sizeof *matcher);
    if (matcher == NULL) {
        return NULL;
    }
    *matcher = (struct wv_matcher){.patterns = patterns, .limits = limits};
    if (!wv_regex_run_init(&matcher->run)) {
        wv_matcher_free(matcher);
        return NULL;
    }
    return matcher;
}

void wv_matcher_free(struct wv_matcher *matcher)
{
    if (matcher != NULL) {
        wv_regex_run_fini(&matcher->run);
        free(matcher);
    }
}

/* Adds the letters and digits of the text, which are what a validator wants to see. */
static void compact(struct wv_buf *buf, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (wv_is_digit(text.ptr[i]) || wv_is_letter(text.ptr[i])) {
            wv_buf_byte(buf, text.ptr[i]);
        }
    }
}

static bool passes(const struct wv_validator *validator, struct wv_slice head, struct wv_slice tail)
{
    uint8_t mem[COMPACT_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_slice text;
    compact(&buf, head);
    compact(&buf, tail);
    /* What does not fit is longer than any identifier. */
    return wv_buf_take(&buf, &text) && validator->is_valid(text);
}

/* Whether the match passes as it is, or without the literal, which may be no part of the number. */
static bool is_valid(const struct wv_pattern_source *source, struct wv_slice match)
{
    const struct wv_slice literal = source->literal;
    if (source->validator == NULL || passes(source->validator, match, (struct wv_slice){0})) {
        return true;
    }
    for (size_t at = 0; at + literal.len <= match.len; at++) {
        const struct wv_slice there = wv_slice_sub(match, at, at + literal.len);
        if (source->literal_nocase ? wv_slice_eq_nocase(there, literal)
                                   : wv_slice_eq(there, literal)) {
            return passes(source->validator, wv_slice_sub(match, 0, at),
                          wv_slice_sub(match, at + literal.len, match.len));
        }
    }
    return false;
}

static void add_hit(struct wv_hits *hits, const struct wv_regex_match *match, size_t index)
{
    if (hits->count == WV_SEARCH_HITS_MAX) {
        hits->overflowed = true;
        return;
    }
    hits->items[hits->count++] = (struct wv_hit){
        .from = (uint32_t)match->from,
        .to = (uint32_t)match->to,
        .seen_from = (uint32_t)match->from,
        .kind = WV_HIT_PATTERN,
        .needle = WV_HIT_NO_NEEDLE,
        .detail = (uint8_t)index,
    };
}

/* All matches of one pattern. What its validator refuses may hold another match, which begins
 * later. */
static void look_for(struct wv_matcher *matcher, size_t index, struct wv_slice text,
                     struct wv_hits *hits)
{
    const struct wv_regex *regex = wv_patterns_regex(matcher->patterns, index);
    const struct wv_pattern_source *source = wv_patterns_at(matcher->patterns, index);
    struct wv_regex_match match = {0};
    enum wv_regex_found found = WV_REGEX_MATCH;
    for (size_t at = 0; found == WV_REGEX_MATCH && !hits->overflowed;) {
        found = wv_regex_next(&matcher->run, regex, text, at, &match);
        if (found != WV_REGEX_MATCH) {
            continue;
        }
        at = match.from + 1;
        if (is_valid(source, wv_slice_sub(text, match.from, match.to))) {
            at = match.to;
            hits->removal = hits->removal || source->action == WV_PATTERN_REMOVE;
            add_hit(hits, &match, index);
        }
    }
    if (found != WV_REGEX_NONE && found != WV_REGEX_MATCH) {
        hits->overflowed = true;
        if (matcher->limits != NULL) {
            matcher->limits[index]++;
        }
    }
}

void wv_matcher_look(struct wv_matcher *matcher, struct wv_slice text, struct wv_hits *hits)
{
    const size_t count = wv_patterns_count(matcher->patterns);
    bool ready = false;
    for (size_t i = 0; i < count && !hits->overflowed; i++) {
        if (!wv_regex_may_match(wv_patterns_regex(matcher->patterns, i), text)) {
            continue;
        }
        if (!ready) {
            wv_regex_allow(&matcher->run, wv_regex_steps(text.len));
            ready = true;
        }
        look_for(matcher, i, text, hits);
    }
}

/* The joined text around a border: the piece before it, and the one behind it. */
struct joint {
    struct wv_slice text; /* no more of the second piece than a match may reach … */
    bool cut;             /* … and something follows */
    size_t border;
};

/* Whether a match that begins at `at`, before the border, ends behind it or may do so. */
static bool goes_on(struct wv_matcher *matcher, const struct wv_regex *regex,
                    const struct joint *joint, size_t at)
{
    struct wv_regex_match match;
    switch (wv_regex_try(&matcher->run, regex, joint->text, at,
                         PCRE2_ANCHORED | (joint->cut ? PCRE2_PARTIAL_HARD : 0U), &match)) {
    case WV_REGEX_NONE:
        return false;
    case WV_REGEX_MATCH:
        return match.to > joint->border;
    case WV_REGEX_LIMIT:
    case WV_REGEX_PARTIAL:
        break;
    }
    return true;
}

static bool crosses_border(struct wv_matcher *matcher, const struct wv_regex *regex,
                           const struct joint *joint)
{
    const size_t border = joint->border;
    const struct wv_slice before = wv_slice_sub(joint->text, 0, border);
    size_t at = border > WV_PATTERN_REACH ? border - WV_PATTERN_REACH : 0;
    for (size_t tails = 0; at < border; tails++) {
        struct wv_regex_match match = {0};
        switch (wv_regex_try(&matcher->run, regex, before, at, PCRE2_PARTIAL_HARD, &match)) {
        case WV_REGEX_LIMIT:
            return true;
        case WV_REGEX_NONE:
            return false;
        case WV_REGEX_MATCH:
            at = match.to;
            break;
        case WV_REGEX_PARTIAL:
            if (tails == TAILS_MAX || goes_on(matcher, regex, joint, match.from)) {
                return true;
            }
            at = match.from + 1;
            break;
        }
    }
    return false;
}

static bool crosses_some(struct wv_matcher *matcher, const struct wv_regex *regex,
                         struct wv_slice text, const uint32_t *borders, size_t count)
{
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t border = borders[i];
        const size_t next = i + 1 < count ? borders[i + 1] : text.len;
        const size_t reach = border + WV_PATTERN_REACH;
        const size_t end = next < reach ? next : reach;
        if (border == begin || border >= end) {
            continue; /* a piece of no length: its border comes again */
        }
        const struct joint joint = {.text = wv_slice_sub(text, begin, end),
                                    .cut = end < text.len,
                                    .border = border - begin};
        if (crosses_border(matcher, regex, &joint)) {
            return true;
        }
        begin = border;
    }
    return false;
}

/* The same for all patterns, in a text as it stands. */
static bool crosses_in(struct wv_matcher *matcher, struct wv_slice text, const uint32_t *borders,
                       size_t count)
{
    for (size_t i = 0; i < wv_patterns_count(matcher->patterns); i++) {
        const struct wv_regex *regex = wv_patterns_regex(matcher->patterns, i);
        if (wv_regex_may_match(regex, text) && crosses_some(matcher, regex, text, borders, count)) {
            return true;
        }
    }
    return false;
}

bool wv_matcher_crosses(struct wv_matcher *matcher, struct wv_slice text, const uint32_t *borders,
                        size_t count, struct wv_scratch *scratch)
{
    const size_t mark = scratch->used;
    uint32_t *mapped = wv_scratch_take(scratch, count * sizeof *mapped);
    struct wv_view view;
    wv_regex_allow(&matcher->run, WV_REGEX_STEPS_LEAST);
    bool found = mapped == NULL || crosses_in(matcher, text, borders, count);
    enum wv_view_verdict verdict =
        found ? WV_VIEW_SAME : wv_view_open(text, WV_CODING_TEXT, scratch, &view);
    while (verdict == WV_VIEW_DECODED && !found) {
        for (size_t i = 0; i < count; i++) {
            mapped[i] = (uint32_t)wv_view_index(&view, borders[i]);
        }
        found = crosses_in(matcher, wv_view_slice(&view), mapped, count);
        verdict = wv_view_deepen(&view, WV_CODING_TEXT) ? WV_VIEW_DECODED : WV_VIEW_SAME;
    }
    wv_scratch_return(scratch, mark);
    return found || verdict == WV_VIEW_NO_ROOM;
}
