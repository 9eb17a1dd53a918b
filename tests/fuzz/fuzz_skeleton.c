/*
 * fuzz_skeleton — the shape of a text holds none of its data, whatever the text is.
 *
 * Oracles: decoded as deep as it goes, the shape is marks, blanks, keywords and the letters S, N,
 * W; the shape of the shape is the same shape; a shorter one is its beginning; a piece of a text
 * gets the shape that it has alone; and the shape of what is no attack does not read like one.
 *
 * Input: one byte that chooses how long the short one may be, then the text.
 */
#include "filters/skeleton.h"
#include "tests/support/filter_fixture.h"
#include "tests/support/skeleton_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 8 * 1024, ROOM = 4 * TEXT_MAX, SHORT_MIN = 16 };

static struct fixture fixture;
static const struct wv_filter *filter;
static const void *whole_settings;
static uint8_t mem[4][ROOM];

static void set_up(void)
{
    fixture_init(&fixture);
    filter = wv_filter_find(WV_LIT("skeleton"));
    wv_ensure(filter != NULL);
    whole_settings = fixture_settings(&fixture, filter, WV_LIT("{\"max\": 65536}"));
    wv_ensure(whole_settings != NULL);
}

static struct wv_slice shape_of(struct wv_slice text, const void *settings, uint8_t *to)
{
    const struct fixture_run run = fixture_apply(&fixture, filter, settings, text, to, ROOM);
    wv_ensure(run.verdict == (text.len == 0 ? WV_HARMLESS : WV_REPLACED) && run.whole);
    return run.bytes;
}

/* The settings are one number. */
static void check_short(struct wv_slice text, struct wv_slice shape, uint32_t max)
{
    wv_ensure(filter->settings_size == sizeof max);
    const struct wv_slice cut = shape_of(text, &max, mem[1]);
    wv_ensure(cut.len <= max && wv_slice_starts(shape, cut));
    wv_ensure(shape_is_closed(cut, &fixture.scratch));
}

/* Between two letters that are not asked for. */
static void check_piece(struct wv_slice text)
{
    struct wv_buf source = wv_buf_of(mem[1], ROOM);
    wv_buf_byte(&source, 'x');
    wv_buf_put(&source, text);
    wv_buf_byte(&source, 'x');
    struct wv_slice around;
    wv_ensure(wv_buf_take(&source, &around));
    struct wv_slice shapes[2];
    for (size_t i = 0; i < 2; i++) {
        struct wv_buf buf = wv_buf_of(mem[2 + i], ROOM);
        struct wv_out out = wv_out_plain(&buf, i == 0 ? text : around);
        (void)wv_skeleton(i, i + text.len, &fixture.context, &out);
        wv_ensure(wv_buf_take(&buf, &shapes[i]) && shapes[i].len <= WV_SKELETON_MAX);
    }
    wv_ensure(wv_slice_eq(shapes[0], shapes[1]));
}

/* Whether there is something to decode below what the filter looks into. */
static bool is_deep(struct wv_slice text)
{
    const size_t mark = fixture.scratch.used;
    struct wv_view view;
    bool deep = wv_view_open(text, WV_CODING_SHAPES, &fixture.scratch, &view) == WV_VIEW_DECODED;
    for (size_t depth = 1; deep && depth <= 3; depth++) {
        deep = wv_view_deepen(&view, WV_CODING_SHAPES);
    }
    wv_scratch_return(&fixture.scratch, mark);
    return deep;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (filter == NULL) {
        set_up();
    }
    if (size < 1 || size > TEXT_MAX) {
        return 0;
    }
    uint8_t *exact = malloc(size); /* so that one byte too far is seen */
    wv_ensure(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    const struct wv_slice text = {exact, size - 1};
    const struct wv_slice shape = shape_of(text, whole_settings, mem[0]);
    wv_ensure(shape_is_closed(shape, &fixture.scratch));
    wv_ensure(shape_is_same(shape, shape_of(shape, whole_settings, mem[1])));
    check_short(text, shape, SHORT_MIN + data[0]);
    check_piece(text);
    wv_ensure(is_deep(text) || wv_skeleton_has_syntax(text, &fixture.scratch) ||
              !wv_skeleton_has_syntax(shape, &fixture.scratch));
    wv_ensure(fixture.scratch.used == 0);
    free(exact);
    return 0;
}
