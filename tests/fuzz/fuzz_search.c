/*
 * fuzz_search — what is replaced is gone, and nothing else is touched, whatever the text.
 *
 * Oracles: two runs agree; the output is the input with some stretches replaced by placeholders; no
 * escape and no character was cut; what a second look at any view of the output finds stands beside
 * a placeholder, which makes a new word boundary; a buffer that is one byte too small is refused;
 * and where the quick look says "no address", the detector finds none.
 *
 * Input: one byte that chooses what is searched for, then the text.
 */
#include "filters/detect.h"
#include "filters/placeholder.h"
#include "filters/view.h"
#include "json/utf8.h"
#include "tests/support/filter_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_MAX = 16 * 1024,
    GROWTH = WV_SEARCH_HITS_MAX * WV_PLACEHOLDER_MAX,
    BESIDE = 64, /* a placeholder ends a run of hexadecimal digits and colons that was no address */
};

static struct fixture *ready(void)
{
    static struct fixture fixture;
    if (fixture.arena == NULL) {
        fixture_init(&fixture);
        struct wv_needle *needle = &fixture.needles.items[fixture.needles.count++];
        wv_ensure(wv_address_parse(WV_LIT("192.0.2.7"), &needle->address) == WV_ADDRESS_VALID);
        needle->mark = WV_LIT("ak2vq7zt");
    }
    return &fixture;
}

static enum wv_verdict run(struct fixture *fixture, unsigned what, struct wv_slice text,
                           struct wv_buf *buf)
{
    struct wv_out out = wv_out_plain(buf, text);
    return wv_search(what, text, &fixture->context, &out);
}

/* The length of the placeholder at `at`, or 0. */
static size_t placeholder_at(struct wv_slice text, size_t at)
{
    for (size_t len = 4; len <= WV_PLACEHOLDER_MAX && at + len <= text.len; len++) {
        if (text.ptr[at + len - 1] == '~' &&
            wv_placeholder_is(wv_slice_sub(text, at, at + len), NULL)) {
            return len;
        }
    }
    return 0;
}

/* Whether the output can be made from the input by replacing stretches. */
static bool is_thinned(struct wv_slice input, struct wv_slice output)
{
    size_t at = 0;
    for (size_t i = 0; i < output.len;) {
        const size_t placeholder = placeholder_at(output, i);
        if (placeholder > 0) {
            i += placeholder;
            continue;
        }
        while (at < input.len && input.ptr[at] != output.ptr[i]) {
            at++;
        }
        if (at == input.len) {
            return false;
        }
        at++;
        i++;
    }
    return true;
}

static size_t broken_escapes(struct wv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '%' &&
                 (!wv_is_hex(wv_byte_at(text, i + 1)) || !wv_is_hex(wv_byte_at(text, i + 2)));
    }
    return count;
}

/* Opens the deepest view of the text; bytes NULL: nothing is coded. */
static void open_deepest(struct fixture *fixture, struct wv_slice text, struct wv_view *view)
{
    *view = (struct wv_view){0};
    if (wv_view_open(text, WV_CODING_TEXT, &fixture->scratch, view) == WV_VIEW_DECODED) {
        while (wv_view_deepen(view, WV_CODING_TEXT)) {
        }
    }
}

/* Whether it is valid UTF-8, and what it spells is. */
static bool is_valid_inside(struct fixture *fixture, struct wv_slice text)
{
    const size_t mark = fixture->scratch.used;
    struct wv_view view;
    open_deepest(fixture, text, &view);
    const bool valid = view.bytes == NULL || wv_utf8_valid(wv_view_slice(&view));
    wv_scratch_return(&fixture->scratch, mark);
    return valid && wv_utf8_valid(text);
}

/* Every hit begins and ends where an escape does. */
static void check_borders(struct fixture *fixture, unsigned what, struct wv_slice text)
{
    static struct wv_hits hits;
    const size_t mark = fixture->scratch.used;
    struct wv_view view;
    open_deepest(fixture, text, &view);
    wv_ensure(wv_search_hits(what, text, &fixture->context, &hits));
    for (size_t i = 0; view.bytes != NULL && i < hits.count; i++) {
        const struct wv_hit *hit = &hits.items[i];
        wv_ensure(wv_view_start(&view, wv_view_index(&view, hit->from)) == hit->from);
        wv_ensure(wv_view_start(&view, wv_view_index(&view, hit->to)) == hit->to);
    }
    wv_scratch_return(&fixture->scratch, mark);
}

static void check_glance(struct fixture *fixture, struct wv_slice text)
{
    if (wv_search_may_hold_address(text)) {
        return;
    }
    static struct wv_hits hits;
    hits.count = 0;
    hits.overflowed = false;
    hits.steps = 0;
    const struct wv_detection detection = {.what = WV_SEARCH_NEEDLES | WV_SEARCH_ADDRESSES,
                                           .needles = fixture->context.needles,
                                           .parameters = fixture->context.parameters,
                                           .detectors = &wv_detectors_all};
    wv_detect(&detection, text, &hits);
    wv_ensure(hits.count == 0);
}

/* Every hit must stand beside a placeholder, or hold one; in a firewall's sentence, the match may
 * be hidden for what stands beside one in the value. */
static void check_view(const struct wv_detection *detection, struct wv_slice text)
{
    const size_t beside =
        memmem(text.ptr, text.len, "Matched Data:", 13) == NULL ? BESIDE : TEXT_MAX;
    static struct wv_hits hits;
    hits.count = 0;
    hits.overflowed = false;
    hits.steps = 0;
    wv_detect(detection, text, &hits);
    for (size_t i = 0; i < hits.count; i++) {
        const struct wv_hit *hit = &hits.items[i];
        const size_t from = hit->seen_from > beside ? hit->seen_from - beside : 0;
        const size_t to = text.len - hit->to > beside ? hit->to + beside : text.len;
        wv_ensure(memchr(text.ptr + from, '~', to - from) != NULL);
    }
}

static void check_rest(struct fixture *fixture, unsigned what, struct wv_slice text)
{
    const struct wv_detection detection = {.what = what,
                                           .needles = fixture->context.needles,
                                           .parameters = fixture->context.parameters,
                                           .detectors = &wv_detectors_all};
    check_view(&detection, text);
    const size_t mark = fixture->scratch.used;
    struct wv_view view;
    enum wv_view_verdict verdict = wv_view_open(text, WV_CODING_TEXT, &fixture->scratch, &view);
    while (verdict == WV_VIEW_DECODED) {
        check_view(&detection, wv_view_slice(&view));
        verdict = wv_view_deepen(&view, WV_CODING_TEXT) ? WV_VIEW_DECODED : WV_VIEW_SAME;
    }
    wv_scratch_return(&fixture->scratch, mark);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX) {
        return 0;
    }
    static uint8_t mem[3][TEXT_MAX + GROWTH];
    struct fixture *fixture = ready();
    const unsigned what = data[0] & WV_SEARCH_ALL;
    uint8_t *exact = malloc(size); /* so that one byte too far is seen */
    wv_ensure(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    const struct wv_slice text = {exact, size - 1};
    check_glance(fixture, text);

    struct wv_buf first = wv_buf_of(mem[0], sizeof mem[0]);
    struct wv_buf second = wv_buf_of(mem[1], sizeof mem[1]);
    const enum wv_verdict verdict = run(fixture, what, text, &first);
    wv_ensure(run(fixture, what, text, &second) == verdict);
    wv_ensure(verdict == WV_REPLACED || first.len == 0);
    struct wv_slice got;
    struct wv_slice again;
    wv_ensure(wv_buf_take(&first, &got) && wv_buf_take(&second, &again));
    wv_ensure(wv_slice_eq(got, again));
    if (verdict == WV_REPLACED) {
        wv_ensure(is_thinned(text, got));
        wv_ensure(broken_escapes(got) <= broken_escapes(text));
        wv_ensure(!wv_utf8_valid(text) || wv_utf8_valid(got));
        wv_ensure(!is_valid_inside(fixture, text) || is_valid_inside(fixture, got));
        check_borders(fixture, what, text);
        check_rest(fixture, what, got);
        struct wv_buf small = wv_buf_of(mem[2], got.len - 1);
        run(fixture, what, text, &small);
        wv_ensure(!wv_buf_take(&small, &again));
    }
    free(exact);
    return 0;
}
