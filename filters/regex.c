/*
 * regex.c — runs one pattern so that nobody can make it slow.
 *
 * PCRE2 counts steps anew for each byte that a match may begin at, and counts no byte that a simple
 * repeat runs over. So the steps that are allowed depend on the length of the text, and no call
 * sees more of it than WV_REGEX_STARTS bytes to begin at and WV_PATTERN_REACH behind them. A match
 * that comes to the end of what it may see is too long: a limit.
 */
#include "filters/regex.h"

#include "base/lanes.h"
#include "base/wipe.h"

#include <stdlib.h>

/* Before each block stands its size, so that it can be wiped. */
union block {
    size_t size;
    max_align_t align;
};

static void *allocate(size_t size, void *user)
{
    (void)user;
    union block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    return block + 1;
}

static void wipe_and_free(void *memory, void *user)
{
    (void)user;
    if (memory != NULL) {
        union block *block = (union block *)memory - 1;
        wv_wipe(memory, block->size);
        free(block);
    }
}

bool wv_regex_run_init(struct wv_regex_run *run)
{
    *run = (struct wv_regex_run){0};
    run->general = pcre2_general_context_create(allocate, wipe_and_free, NULL);
    if (run->general == NULL) {
        return false;
    }
    run->context = pcre2_match_context_create(run->general);
    run->data = pcre2_match_data_create(1, run->general);
    if (run->context == NULL || run->data == NULL) {
        return false;
    }
    (void)pcre2_set_depth_limit(run->context, WV_REGEX_DEPTH);
    (void)pcre2_set_heap_limit(run->context, WV_REGEX_HEAP_KIB);
    wv_regex_allow(run, WV_REGEX_STEPS_LEAST);
    run->stack = pcre2_jit_stack_create(WV_REGEX_STACK_LEAST, WV_REGEX_STACK_MOST, run->general);
    if (run->stack != NULL) {
        pcre2_jit_stack_assign(run->context, NULL, run->stack);
    }
    return true;
}

void wv_regex_run_fini(struct wv_regex_run *run)
{
    pcre2_jit_stack_free(run->stack);
    pcre2_match_data_free(run->data);
    pcre2_match_context_free(run->context);
    pcre2_general_context_free(run->general);
    *run = (struct wv_regex_run){0};
}

uint32_t wv_regex_steps(size_t len)
{
    const size_t steps = len == 0 ? WV_REGEX_STEPS_MOST : WV_REGEX_STEPS_TEXT / len;
    if (steps < WV_REGEX_STEPS_LEAST) {
        return WV_REGEX_STEPS_LEAST;
    }
    return steps < WV_REGEX_STEPS_MOST ? (uint32_t)steps : WV_REGEX_STEPS_MOST;
}

void wv_regex_allow(struct wv_regex_run *run, uint32_t steps)
{
    (void)pcre2_set_match_limit(run->context, steps);
}

static enum wv_regex_found run_once(struct wv_regex_run *run, const struct wv_regex *regex,
                                    struct wv_slice text, size_t at, uint32_t options,
                                    struct wv_regex_match *out)
{
    const int code = pcre2_match(regex->code, text.ptr, text.len, at,
                                 PCRE2_NOTEMPTY | run->options | options, run->data, run->context);
    if (code < 0) {
        out->from = code == PCRE2_ERROR_PARTIAL ? pcre2_get_ovector_pointer(run->data)[0] : at;
        return code == PCRE2_ERROR_NOMATCH   ? WV_REGEX_NONE
               : code == PCRE2_ERROR_PARTIAL ? WV_REGEX_PARTIAL
                                             : WV_REGEX_LIMIT;
    }
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(run->data);
    *out = (struct wv_regex_match){places[0], places[1]};
    /* Without \K a match ends behind its start; whatever else PCRE2 says is not to be relied on. */
    return out->from >= at && out->to > out->from && out->to <= text.len ? WV_REGEX_MATCH
                                                                         : WV_REGEX_LIMIT;
}

enum wv_regex_found wv_regex_next(struct wv_regex_run *run, const struct wv_regex *regex,
                                  struct wv_slice text, size_t at, struct wv_regex_match *out)
{
    while (at < text.len) {
        const bool cut = text.len - at > WV_REGEX_STARTS + WV_PATTERN_REACH;
        const size_t end = cut ? at + WV_REGEX_STARTS + WV_PATTERN_REACH : text.len;
        (void)pcre2_set_offset_limit(run->context, cut ? at + WV_REGEX_STARTS - 1 : PCRE2_UNSET);
        const enum wv_regex_found found = run_once(run, regex, (struct wv_slice){text.ptr, end}, at,
                                                   cut ? PCRE2_PARTIAL_HARD : 0U, out);
        if (found != WV_REGEX_NONE || !cut) {
            return found;
        }
        at += WV_REGEX_STARTS;
    }
    return WV_REGEX_NONE;
}

enum wv_regex_found wv_regex_try(struct wv_regex_run *run, const struct wv_regex *regex,
                                 struct wv_slice text, size_t at, uint32_t options,
                                 struct wv_regex_match *out)
{
    (void)pcre2_set_offset_limit(run->context, PCRE2_UNSET);
    return run_once(run, regex, text, at, options, out);
}

static bool stands_at(const struct wv_regex *regex, struct wv_slice text, size_t at)
{
    const struct wv_slice there = {text.ptr + at, regex->literal.len};
    return regex->nocase ? wv_slice_eq_nocase(there, regex->literal)
                         : wv_slice_eq(there, regex->literal);
}

#if defined(__SSE2__)

/* Where its first byte and its last one stand as far apart as in the literal. */
bool wv_regex_may_match(const struct wv_regex *regex, struct wv_slice text)
{
    const size_t reach = regex->literal.len - 1;
    const __m128i first_fold = _mm_set1_epi8((char)regex->first_fold);
    const __m128i last_fold = _mm_set1_epi8((char)regex->last_fold);
    for (size_t at = 0; at + reach < text.len; at += WV_LANES) {
        const size_t left = text.len - at - reach;
        const struct wv_slice begin = {text.ptr + at, left < WV_LANES ? left : WV_LANES};
        const struct wv_slice end = {begin.ptr + reach, begin.len};
        const bool whole = left >= WV_LANES;
        const __m128i firsts = whole ? wv_lanes_load(begin.ptr) : wv_lanes_short(begin);
        const __m128i lasts = whole ? wv_lanes_load(end.ptr) : wv_lanes_short(end);
        const __m128i found =
            _mm_and_si128(wv_lanes_equal(_mm_or_si128(firsts, first_fold), (char)regex->first),
                          wv_lanes_equal(_mm_or_si128(lasts, last_fold), (char)regex->last));
        unsigned bits = wv_lanes_bits(found) & (0xffffU >> (WV_LANES - begin.len));
        for (; bits != 0; bits &= bits - 1) {
            if (stands_at(regex, text, at + (size_t)__builtin_ctz(bits))) {
                return true;
            }
        }
    }
    return false;
}

#else

bool wv_regex_may_match(const struct wv_regex *regex, struct wv_slice text)
{
    for (size_t at = 0; at + regex->literal.len <= text.len; at++) {
        if ((text.ptr[at] | regex->first_fold) == regex->first && stands_at(regex, text, at)) {
            return true;
        }
    }
    return false;
}

#endif
