/*
 * test_filter_contract — every filter keeps the promises of filter.h, whatever the value is.
 *
 * At stake: a filter that answers hostile text with half a value, or passes on text that it could
 * not read, publishes what it must not. Settings and seeds are those of its known answers.
 */
#include "support/filter_fixture.h"
#include "support/vectors.h"

#include <check.h>
#include <stdio.h>

enum { OUTPUT_MAX = 1024 * 1024, SETTINGS_MAX = 32, ROUNDS = 300, MARKER_LEN = 12 };

static uint64_t state = 0x9e3779b97f4a7c15;

static size_t random_below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % limit);
}

struct bench {
    struct fixture fixture;
    const struct wv_filter *filter;
    struct vectors vectors;
    size_t settings_column;
    size_t input_column;
    const void *settings[SETTINGS_MAX];
    size_t settings_count;
    uint8_t *first;
    uint8_t *second;
};

/* Whether an earlier row has the same settings. */
static bool seen_before(const struct bench *bench, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (wv_slice_eq(bench->vectors.rows[i].fields[bench->settings_column],
                        bench->vectors.rows[row].fields[bench->settings_column])) {
            return true;
        }
    }
    return false;
}

static void bench_init(struct bench *bench, const struct wv_filter *filter)
{
    *bench = (struct bench){.filter = filter};
    fixture_init(&bench->fixture);
    fixture_keys(&bench->fixture);
    bench->fixture.needles.count = 1;
    ck_assert(wv_address_parse(WV_LIT("192.0.2.7"), &bench->fixture.needles.items[0].address) ==
              WV_ADDRESS_VALID);
    bench->vectors = vectors_load(WV_TEST_VECTORS, filter->name);
    bench->settings_column = vectors_column(&bench->vectors, "settings");
    bench->input_column = vectors_column(&bench->vectors, "input");
    for (size_t i = 0; i < bench->vectors.count && bench->settings_count < SETTINGS_MAX; i++) {
        const struct wv_slice json = bench->vectors.rows[i].fields[bench->settings_column];
        const void *settings =
            seen_before(bench, i) ? NULL : fixture_settings(&bench->fixture, filter, json);
        if (settings != NULL) {
            bench->settings[bench->settings_count++] = settings;
        }
    }
    ck_assert_msg(bench->settings_count > 0, "%s has no settings that bind", filter->name);
    bench->first = malloc(OUTPUT_MAX);
    bench->second = malloc(OUTPUT_MAX);
    ck_assert(bench->first != NULL && bench->second != NULL);
}

static void bench_fini(struct bench *bench)
{
    free(bench->first);
    free(bench->second);
    vectors_free(&bench->vectors);
    fixture_fini(&bench->fixture);
}

static struct fixture_run run(struct bench *bench, const void *settings, struct wv_slice text,
                              uint8_t *mem, size_t cap)
{
    return fixture_apply(&bench->fixture, bench->filter, settings, text, mem, cap);
}

static bool is_verdict(enum wv_verdict verdict)
{
    return verdict == WV_FAILED || verdict == WV_REPLACED || verdict == WV_REMOVED ||
           verdict == WV_HARMLESS;
}

static bool same(const struct fixture_run *a, const struct fixture_run *b)
{
    return a->verdict == b->verdict && a->whole == b->whole &&
           (a->verdict != WV_REPLACED || !a->whole || wv_slice_eq(a->bytes, b->bytes));
}

/* Without scratch a filter says the same or fails; it never guesses. */
static bool survives_without_scratch(struct bench *bench, const void *settings,
                                     struct wv_slice text, const struct fixture_run *normal)
{
    const size_t cap = bench->fixture.scratch.cap;
    bench->fixture.scratch.cap = 0;
    const struct fixture_run poor = run(bench, settings, text, bench->second, OUTPUT_MAX);
    bench->fixture.scratch.cap = cap;
    return poor.verdict == WV_FAILED || same(&poor, normal);
}

static void hold_to_contract(struct bench *bench, const void *settings, struct wv_slice text)
{
    const char *name = bench->filter->name;
    const struct fixture_run a = run(bench, settings, text, bench->first, OUTPUT_MAX);
    const struct fixture_run b = run(bench, settings, text, bench->second, OUTPUT_MAX);
    ck_assert_msg(is_verdict(a.verdict), "%s: no verdict of the enum", name);
    ck_assert_msg(same(&a, &b), "%s: two runs differ", name);
    ck_assert_msg(text.len > 0 || !bench->filter->leaves_empty || a.verdict == WV_HARMLESS,
                  "%s: does not leave an empty text", name);
    if (a.verdict == WV_REPLACED && a.whole && a.bytes.len > 0) {
        uint8_t *small = malloc(a.bytes.len);
        ck_assert_ptr_nonnull(small);
        const struct fixture_run cut = run(bench, settings, text, small, a.bytes.len - 1);
        ck_assert_msg(!cut.whole || cut.verdict == WV_FAILED, "%s: a shorter value left", name);
        free(small);
    }
    ck_assert_msg(survives_without_scratch(bench, settings, text, &a), "%s: guesses", name);
}

/* A copy of exactly that size, so that a read behind it is seen. */
static struct wv_slice copy_of(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    ck_assert_ptr_nonnull(copy);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return (struct wv_slice){copy, len};
}

static void release(struct wv_slice copy)
{
    free((void *)(uintptr_t)copy.ptr);
}

static void try_all_settings(struct bench *bench, const uint8_t *bytes, size_t len)
{
    const struct wv_slice text = copy_of(bytes, len);
    for (size_t i = 0; i < bench->settings_count; i++) {
        hold_to_contract(bench, bench->settings[i], text);
    }
    release(text);
}

START_TEST(hostile_values)
{
    struct bench bench;
    bench_init(&bench, wv_filter_at((size_t)_i));
    static const struct wv_slice values[] = {
        {(const uint8_t *)"", 0},
        {(const uint8_t *)"\0", 1},
        {(const uint8_t *)"\0\0\0\0", 4},
        {(const uint8_t *)"\xff", 1},
        {(const uint8_t *)"\xff\xfe\xfd%ff%", 7},
        {(const uint8_t *)"%", 1},
        {(const uint8_t *)"%2", 2},
        {(const uint8_t *)"\"", 1},
        {(const uint8_t *)"=;,&?#/:@[]{}", 13},
        {(const uint8_t *)"192.0.2.7\0.1", 12},
    };
    for (size_t i = 0; i < WV_COUNT(values); i++) {
        try_all_settings(&bench, values[i].ptr, values[i].len);
    }
    static const uint8_t fill[] = {'a', '1', ',', '%', '"', ':', 0, 0xff, '/', '&'};
    static uint8_t large[65536];
    for (size_t i = 0; i < WV_COUNT(fill); i++) {
        memset(large, fill[i], sizeof large);
        try_all_settings(&bench, large, sizeof large);
    }
    bench_fini(&bench);
}
END_TEST

/* A seed with some bytes changed, cut off or doubled. */
static size_t mutate(struct wv_slice seed, uint8_t *out, size_t cap)
{
    size_t len = seed.len < cap / 2 ? seed.len : cap / 2;
    if (len > 0) {
        memcpy(out, seed.ptr, len);
    }
    for (size_t changes = random_below(4); changes > 0 && len > 0; changes--) {
        out[random_below(len)] = (uint8_t)random_below(256);
    }
    if (len > 0 && random_below(4) == 0) {
        len = random_below(len);
    }
    if (random_below(4) == 0) {
        memmove(out + len, out, len);
        len *= 2;
    }
    return len;
}

START_TEST(mutated_values)
{
    struct bench bench;
    bench_init(&bench, wv_filter_at((size_t)_i));
    static uint8_t mem[8192];
    for (size_t i = 0; i < ROUNDS; i++) {
        const struct vector *row = &bench.vectors.rows[random_below(bench.vectors.count)];
        const struct wv_slice seed = row->fields[bench.input_column];
        const struct wv_slice text = copy_of(mem, mutate(seed, mem, sizeof mem));
        hold_to_contract(&bench, bench.settings[random_below(bench.settings_count)], text);
        release(text);
    }
    bench_fini(&bench);
}
END_TEST

/* Puts random letters somewhere into the seed; the length. */
static size_t plant(struct wv_slice seed, uint8_t marker[MARKER_LEN], uint8_t *out, size_t cap)
{
    for (size_t i = 0; i < MARKER_LEN; i++) {
        marker[i] = (uint8_t)('a' + random_below(26));
    }
    const size_t len = seed.len < cap - MARKER_LEN ? seed.len : cap - MARKER_LEN;
    const size_t at = random_below(len + 1);
    if (len > 0) {
        memcpy(out, seed.ptr, at);
        memcpy(out + at + MARKER_LEN, seed.ptr + at, len - at);
    }
    memcpy(out + at, marker, MARKER_LEN);
    return len + MARKER_LEN;
}

START_TEST(closed_filters_pass_on_no_text)
{
    const struct wv_filter *filter = wv_filter_at((size_t)_i);
    if (filter->residue != WV_RESIDUE_CLOSED) {
        return;
    }
    struct bench bench;
    bench_init(&bench, filter);
    static uint8_t mem[8192];
    uint8_t marker[MARKER_LEN];
    for (size_t i = 0; i < 4 * ROUNDS; i++) {
        const struct vector *row = &bench.vectors.rows[i % bench.vectors.count];
        const size_t len = plant(row->fields[bench.input_column], marker, mem, sizeof mem);
        const struct wv_slice text = {mem, len};
        const void *settings = bench.settings[random_below(bench.settings_count)];
        const struct fixture_run got = run(&bench, settings, text, bench.first, OUTPUT_MAX);
        ck_assert_msg(got.verdict != WV_HARMLESS, "%s passes on planted text", filter->name);
        ck_assert_msg(got.verdict != WV_REPLACED || got.bytes.len == 0 ||
                          memmem(got.bytes.ptr, got.bytes.len, marker, MARKER_LEN) == NULL,
                      "%s writes planted text", filter->name);
    }
    bench_fini(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter_contract");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    const int count = (int)wv_filter_count();
    tcase_add_loop_test(tests, hostile_values, 0, count);
    tcase_add_loop_test(tests, mutated_values, 0, count);
    tcase_add_loop_test(tests, closed_filters_pass_on_no_text, 0, count);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
