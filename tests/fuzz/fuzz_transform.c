/*
 * fuzz_transform — whatever a message holds, what comes out is a record that may be published.
 *
 * Every value that is published is valid UTF-8 and valid JSON, is the same when the message comes
 * again and with either version of the index, and names the address that this fuzzer plants as the
 * client's nowhere, in no spelling that the engine promises to see.
 *
 * Input: a byte that chooses the region, then a message. Before it is used, every "\x01" in it
 * becomes a spelling of the planted address.
 */
#include "engine/watch.h"
#include "json/index.h"
#include "json/utf8.h"
#include "tests/support/json_oracle.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 32768, SPELLED_MAX = 4 * 1024 * 1024 };

static const char *const regions[] = {"eu", "us", "jp", "unknown", "refused", NULL};

/* All of one address. JSON-escaped, so that they may stand in any string. */
static const char *const spellings[] = {
    "203.0.113.217",     "::ffff:203.0.113.217",      "203%2E0%2e113.217",
    "203%252E0.113.217", "203\\u002e0.113\\u002E217", "[::FFFF:CB00:71D9]:80",
    "&#50;03.0.113.217",
};

static struct wv_plan *plans[WV_COUNT(regions)];
static struct wv_worker *workers[WV_COUNT(regions)];
static uint8_t *memory;
static uint8_t *kept;

static void tear_down(void)
{
    for (size_t i = 0; i < WV_COUNT(regions); i++) {
        wv_worker_free(workers[i]);
        wv_plan_free(plans[i]);
    }
    free(memory);
    free(kept);
}

/* What is told of a record can be read to its ends. */
static void look(void *user, const struct wv_sight *sight)
{
    uint64_t *sum = user;
    wv_ensure(sight->format != NULL && sight->path != NULL && sight->rule != NULL);
    wv_ensure(sight->listed == (sight->name_count == 0) || sight->misfit);
    for (size_t i = 0; i <= sight->name_count; i++) {
        const struct wv_slice text = i < sight->name_count ? sight->names[i] : sight->text;
        for (size_t k = 0; k < text.len; k++) {
            *sum += text.ptr[k];
        }
    }
}

static void set_up(void)
{
    static uint64_t sum;
    static const uint8_t seed[WV_SECRET_BYTES] = {1};
    for (size_t i = 0; i < WV_COUNT(regions); i++) {
        struct wv_report *report = wv_report_new();
        plans[i] = wv_plan_build(wv_config_builtin("aws-waf", regions[i], report),
                                 wv_keyring_throwaway(seed, report), report);
        wv_report_free(report);
        wv_ensure(plans[i] != NULL);
        workers[i] = wv_worker_new(plans[i]);
        wv_ensure(workers[i] != NULL);
    }
    wv_ensure(wv_worker_watch(workers[1], 0, look, &sum)); /* one, so that others are not */
    memory = malloc(SPELLED_MAX);
    kept = malloc(SPELLED_MAX);
    wv_ensure(memory != NULL && kept != NULL && atexit(tear_down) == 0);
}

/* The message with spellings in place of marks. */
static struct wv_slice spell(struct wv_slice input)
{
    struct wv_buf buf = wv_buf_of(memory, SPELLED_MAX);
    size_t next = 0;
    for (size_t i = 0; i < input.len; i++) {
        if (input.ptr[i] == 1) {
            /* Between blanks: inside a longer number it would be another one. */
            wv_buf_byte(&buf, ' ');
            wv_buf_put(&buf, wv_slice_of(spellings[next++ % WV_COUNT(spellings)]));
            wv_buf_byte(&buf, ' ');
        } else {
            wv_buf_byte(&buf, input.ptr[i]);
        }
    }
    struct wv_slice out;
    wv_ensure(wv_buf_take(&buf, &out));
    return out;
}

static bool is_published(const struct wv_result *result)
{
    return result->outcome == WV_PUBLISH || result->outcome == WV_STUB;
}

/* The client is known only where the record says who it was: a field of the format's own, in a
 * record of one line that can be read and is not cut short by a limit. */
static bool knows_client(struct wv_slice message, const struct wv_results *results)
{
    static const char start[] = "{\"httpRequest\":{\"clientIp\":\"203.0.113.217\"},";
    return results->count == 1 && results->items[0].outcome == WV_PUBLISH &&
           wv_slice_starts(message, wv_slice_of(start));
}

static void check_client(struct wv_slice value)
{
    for (size_t i = 0; i < WV_COUNT(spellings); i++) {
        char between[64];
        const int len = snprintf(between, sizeof between, " %s ", spellings[i]);
        wv_ensure(memmem(value.ptr, value.len, between, (size_t)len) == NULL);
    }
}

/* Runs the message and copies all that is published to `out`; false when it does not fit. */
static bool run(struct wv_worker *worker, struct wv_slice message, uint8_t *out, size_t *len)
{
    const struct wv_record record = {.value = message, .time_ms = 1763805611333};
    const struct wv_results results = wv_transform(worker, &record);
    struct wv_buf buf = wv_buf_of(out, SPELLED_MAX);
    const bool known = knows_client(message, &results);
    for (size_t i = 0; i < results.count; i++) {
        const struct wv_result *result = &results.items[i];
        wv_ensure(is_published(result) || result->value.len == 0);
        wv_ensure(result->at <= 3 * message.len);
        wv_buf_byte(&buf, (uint8_t)result->outcome);
        wv_buf_byte(&buf, (uint8_t)result->reason);
        wv_buf_put(&buf, result->value);
        if (is_published(result)) {
            wv_ensure(wv_utf8_valid(result->value));
            ensure_json(result->value);
        }
        if (known) {
            check_client(result->value);
        }
    }
    *len = buf.len;
    return !buf.overflowed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memory == NULL) {
        set_up();
    }
    if (size < 1 || size > INPUT_MAX) {
        return 0;
    }
    struct wv_worker *worker = workers[data[0] % WV_COUNT(regions)];
    const struct wv_slice message = spell((struct wv_slice){data + 1, size - 1});
    static uint8_t again[SPELLED_MAX];
    size_t len = 0;
    size_t len_again = 0;
    wv_ensure(wv_simd_force(WV_SIMD_AUTO));
    if (!run(worker, message, kept, &len)) {
        return 0;
    }
    wv_ensure(wv_simd_force(WV_SIMD_SCALAR));
    wv_ensure(run(worker, message, again, &len_again));
    wv_ensure(wv_slice_eq((struct wv_slice){kept, len}, (struct wv_slice){again, len_again}));
    return 0;
}
