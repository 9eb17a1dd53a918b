/*
 * fuzz_filters — holds every registered filter to the contract of filter.h.
 *
 * The verdict is a real one, two runs agree byte for byte, a buffer one byte too small is refused
 * instead of giving a shorter value, and a filter whose output is closed passes on no long piece of
 * the value that is no word of its own (the value is marked with letters that no table holds).
 *
 * Input: a byte that chooses the filter, a byte that chooses its settings, then the value.
 */
#include "tests/support/filter_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTINGS_MAX = 8, FILTERS_MAX = 64, OUTPUT_MAX = 1024 * 1024, VALUE_MAX = 16384 };

/* Whatever a filter refuses of these it has not. */
static const char *const candidates[] = {
    "{}",
    "{\"v4_keep\": 16, \"v6_keep\": 32}",
    "{\"networks\": true}",
    "{\"hops\": \"count\"}",
    "{\"first\": 3, \"last\": 2}",
    "{\"seconds\": 3600}",
    "{\"parts\": \"a\"}",
    "{\"version\": false}",
};

static struct fixture fixture;
static const void *settings[FILTERS_MAX][SETTINGS_MAX];
static size_t settings_count[FILTERS_MAX];
static uint8_t *first;
static uint8_t *second;

/* Keys lie in memory that the leak checker does not look through. */
static void tear_down(void)
{
    free(first);
    free(second);
    fixture_fini(&fixture);
}

static void set_up(void)
{
    fixture_init(&fixture);
    fixture_keys(&fixture);
    wv_ensure(wv_filter_count() <= FILTERS_MAX);
    for (size_t i = 0; i < wv_filter_count(); i++) {
        for (size_t k = 0; k < WV_COUNT(candidates); k++) {
            const void *bound =
                fixture_settings(&fixture, wv_filter_at(i), wv_slice_of(candidates[k]));
            if (bound != NULL) {
                settings[i][settings_count[i]++] = bound;
            }
        }
    }
    fixture.needles.count = 1;
    wv_ensure(wv_address_parse(WV_LIT("192.0.2.7"), &fixture.needles.items[0].address) ==
              WV_ADDRESS_VALID);
    first = malloc(OUTPUT_MAX);
    second = malloc(OUTPUT_MAX);
    wv_ensure(first != NULL && second != NULL);
    wv_ensure(atexit(tear_down) == 0);
}

static void check_small(const struct wv_filter *filter, const void *set, struct wv_slice text,
                        const struct fixture_run *whole)
{
    if (whole->verdict != WV_REPLACED || !whole->whole || whole->bytes.len == 0) {
        return;
    }
    /* Exact size, so that AddressSanitizer sees the first byte too many. */
    uint8_t *small = malloc(whole->bytes.len);
    wv_ensure(small != NULL);
    const struct fixture_run cut =
        fixture_apply(&fixture, filter, set, text, small, whole->bytes.len - 1);
    wv_ensure(!cut.whole || cut.verdict == WV_FAILED);
    free(small);
}

/* The value with letters in the middle that are in no table: they may not come out. */
static void check_closed(const struct wv_filter *filter, const void *set, struct wv_slice text)
{
    if (filter->residue != WV_RESIDUE_CLOSED) {
        return;
    }
    static const char marker[] = "qzxvkjwq";
    static uint8_t mem[VALUE_MAX + sizeof marker];
    const size_t half = text.len / 2;
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_put(&buf, wv_slice_sub(text, 0, half));
    wv_buf_put(&buf, wv_slice_of(marker));
    wv_buf_put(&buf, wv_slice_sub(text, half, text.len));
    struct wv_slice marked;
    wv_ensure(wv_buf_take(&buf, &marked));
    const struct fixture_run got = fixture_apply(&fixture, filter, set, marked, second, OUTPUT_MAX);
    wv_ensure(got.verdict != WV_HARMLESS);
    wv_ensure(got.verdict != WV_REPLACED || got.bytes.len == 0 ||
              memmem(got.bytes.ptr, got.bytes.len, marker, sizeof marker - 1) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (first == NULL) {
        set_up();
    }
    if (size < 2 || size - 2 > VALUE_MAX) {
        return 0;
    }
    const size_t index = data[0] % wv_filter_count();
    const struct wv_filter *filter = wv_filter_at(index);
    if (settings_count[index] == 0) {
        return 0;
    }
    const void *set = settings[index][data[1] % settings_count[index]];
    const struct wv_slice text = {data + 2, size - 2};
    const struct fixture_run a = fixture_apply(&fixture, filter, set, text, first, OUTPUT_MAX);
    const struct fixture_run b = fixture_apply(&fixture, filter, set, text, second, OUTPUT_MAX);
    wv_ensure(a.verdict == WV_FAILED || a.verdict == WV_REPLACED || a.verdict == WV_REMOVED ||
              a.verdict == WV_HARMLESS);
    wv_ensure(a.verdict == b.verdict && a.whole == b.whole);
    wv_ensure(a.verdict != WV_REPLACED || !a.whole || wv_slice_eq(a.bytes, b.bytes));
    check_small(filter, set, text, &a);
    check_closed(filter, set, text);
    return 0;
}
