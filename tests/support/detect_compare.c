/* detect_compare.c — the detector beside the reference, and the smallest text about which they
 * differ. */
#include "support/detect_compare.h"

#include "filters/anchors.h"
#include "filters/detect.h"

#include <inttypes.h>
#include <stdlib.h>

struct wv_detectors compare_detectors(unsigned regions)
{
    static const char *const names[] = {"sg", "tw", "hk", "uk", "eu", "br"};
    struct wv_detectors detectors = {.on = UINT64_MAX};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        if ((regions >> i & 1) != 0) {
            detectors.at_home |= wv_detectors_of_region(wv_slice_of(names[i]));
        }
    }
    return detectors;
}

/* The text with "q q " before it and ";x;x" behind it, of which no identifier is made. To free. */
static struct wv_slice pad(const struct comparison *comparison, struct wv_slice text)
{
    const size_t len = comparison->before + text.len + comparison->after;
    uint8_t *mem = malloc(len + (len == 0));
    wv_ensure(mem != NULL);
    for (size_t i = 0; i < comparison->before; i++) {
        mem[i] = (comparison->before - i) % 2 == 0 ? 'q' : ' ';
    }
    for (size_t i = 0; i < text.len; i++) {
        mem[comparison->before + i] = text.ptr[i];
    }
    for (size_t i = 0; i < comparison->after; i++) {
        mem[comparison->before + text.len + i] = i % 2 == 0 ? ';' : 'x';
    }
    return (struct wv_slice){mem, len};
}

static const struct wv_hits *detect(const struct comparison *comparison, struct wv_slice text)
{
    static struct wv_hits hits;
    static const struct wv_needles needles;
    wv_hits_clear(&hits);
    const struct wv_detection detection = {.what = WV_SEARCH_IDENTIFIERS,
                                           .depth = WV_BASE64_DEPTH_MAX,
                                           .needles = &needles,
                                           .parameters = comparison->parameters,
                                           .detectors = &comparison->detectors};
    wv_detect(&detection, text, &hits);
    return &hits;
}

static bool is_expected(const struct comparison *comparison, const struct wv_hit *hit,
                        const struct reference_hits *expected)
{
    for (size_t i = 0; i < expected->count; i++) {
        const struct reference_hit *wanted = &expected->items[i];
        const size_t from = wanted->from + comparison->before;
        const size_t to = wanted->to + comparison->before;
        const bool same = from == hit->from && to == hit->to;
        const bool within = wanted->optional && from <= hit->from && hit->to <= to;
        if ((same || within) && (wanted->kinds >> hit->kind & 1) != 0) {
            return true;
        }
    }
    return false;
}

/* Alone, or within something longer. */
static bool is_found(const struct comparison *comparison, const struct reference_hit *wanted,
                     const struct wv_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (wanted->from + comparison->before >= hits->items[i].from &&
            wanted->to + comparison->before <= hits->items[i].to) {
            return true;
        }
    }
    return false;
}

static bool is_same(const struct comparison *comparison, const struct wv_hits *hits,
                    const struct reference_hits *expected)
{
    bool same = true;
    for (size_t i = 0; i < hits->count; i++) {
        same = same && is_expected(comparison, &hits->items[i], expected);
    }
    for (size_t i = 0; i < expected->count; i++) {
        same = same &&
               (expected->items[i].optional || is_found(comparison, &expected->items[i], hits));
    }
    return same || hits->overflowed;
}

/* What is found by sixteen bytes at once is found one by one; and where there is something, no
 * quick look says that there is nothing. */
static bool is_seen(struct wv_slice text, const struct reference_hits *expected)
{
    for (size_t at = 0; at < text.len; at += WV_ANCHOR_BLOCK - 3) {
        const size_t left = text.len - at;
        const struct wv_slice block = {text.ptr + at,
                                       left < WV_ANCHOR_BLOCK ? left : WV_ANCHOR_BLOCK};
        const struct wv_block_marks lanes = wv_marks_of(block);
        const struct wv_block_marks plain = wv_marks_plain(block);
        if (memcmp(&lanes, &plain, sizeof plain) != 0) {
            return false;
        }
    }
    bool some = false;
    for (size_t i = 0; i < expected->count; i++) {
        some = some || !expected->items[i].optional;
    }
    return !some || (!wv_search_is_quiet(text) && !wv_is_plain_word(text));
}

bool compare_agrees(const struct comparison *comparison, struct wv_slice text,
                    const struct reference_hits *expected)
{
    const struct wv_slice padded = pad(comparison, text);
    const bool agrees =
        is_same(comparison, detect(comparison, padded), expected) && is_seen(padded, expected);
    free((void *)(uintptr_t)padded.ptr);
    return agrees;
}

static bool differs(const struct comparison *comparison, struct wv_slice text)
{
    static struct reference_hits expected;
    reference_detect(&comparison->detectors, comparison->parameters, text, &expected);
    return !compare_agrees(comparison, text, &expected);
}

/* Takes stretches out, long ones first, as long as there is a difference without them. */
static void shrink(const struct comparison *comparison, uint8_t *text, size_t *len)
{
    uint8_t shorter[COMPARE_TEXT_MAX];
    for (size_t step = *len; step > 0;) {
        bool taken = false;
        for (size_t at = 0; at + step <= *len; at++) {
            memcpy(shorter, text, at);
            memcpy(shorter + at, text + at + step, *len - at - step);
            if (differs(comparison, (struct wv_slice){shorter, *len - step})) {
                *len -= step;
                memcpy(text, shorter, *len);
                taken = true;
            }
        }
        step = taken ? (step < *len ? step : *len) : step / 2;
    }
}

static void tell_kinds(uint64_t kinds)
{
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        if ((kinds >> kind & 1) != 0) {
            fprintf(stderr, " %s", wv_detector_at(kind)->label);
        }
    }
}

void compare_explain(const struct comparison *comparison, uint8_t *text, size_t *len)
{
    struct comparison bare = *comparison;
    bare.before = 0;
    bare.after = 0;
    const struct comparison *used =
        differs(&bare, (struct wv_slice){text, *len}) ? &bare : comparison;
    shrink(used, text, len);
    fprintf(stderr, "%zu bytes before, %zu behind, at home %016" PRIx64 ": \"", used->before,
            used->after, used->detectors.at_home);
    for (size_t i = 0; i < *len; i++) {
        const bool plain = text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\';
        fprintf(stderr, plain ? "%c" : "\\x%02x", text[i]);
    }
    fprintf(stderr, "\"\n");
    static struct reference_hits expected;
    const struct wv_slice rest = {text, *len};
    reference_detect(&used->detectors, used->parameters, rest, &expected);
    for (size_t i = 0; i < expected.count; i++) {
        fprintf(stderr, "  expected %zu-%zu", expected.items[i].from, expected.items[i].to);
        tell_kinds(expected.items[i].kinds);
        fprintf(stderr, "\n");
    }
    const struct wv_slice padded = pad(used, rest);
    const struct wv_hits *hits = detect(used, padded);
    for (size_t i = 0; i < hits->count; i++) {
        fprintf(stderr, "  got      %zu-%zu", hits->items[i].from - used->before,
                hits->items[i].to - used->before);
        tell_kinds(UINT64_C(1) << hits->items[i].kind);
        fprintf(stderr, "\n");
    }
    free((void *)(uintptr_t)padded.ptr);
}
