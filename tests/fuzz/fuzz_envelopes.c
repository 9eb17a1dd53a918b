/*
 * fuzz_envelopes — whatever is inside of whatever, only what may be published comes out.
 *
 * A message with format auto: a record of the fuzzer's with up to two envelopes around it, or the
 * fuzzer's own bytes. Every record of it has one verdict for each output, in order; what is
 * rejected holds nothing; every published value that is JSON can be read by Jansson; the same
 * message gives the same results again, whatever the worker saw last and on either version of the
 * index; and where the record says that the planted address is the client's, it comes out nowhere,
 * in no layer and in no spelling that the engine promises to see.
 *
 * Input: a byte that chooses region and envelopes, then a record or message. Before it is used,
 * every "\x01" in it becomes a spelling of the planted address.
 */
#include "base/base64.h"
#include "engine/transform.h"
#include "json/index.h"
#include "json/text.h"
#include "json/utf8.h"
#include "tests/support/json_oracle.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_MAX = 16384,
    TEXT_MAX = 4 * 1024 * 1024,
    AROUND_MAX = 2,
    CODED_MIN = 24, /* shorter runs of letters are no base64 of a record */
    PEEL_MAX = 8,   /* how often escapes are taken away */
};

static const char *const regions[] = {"eu", "us", "jp", "unknown", "refused"};

/* All of one address, as any string may hold them. */
static const char *const spellings[] = {
    "203.0.113.217",     "::ffff:203.0.113.217",      "203%2E0%2e113.217",
    "203%252E0.113.217", "203\\u002e0.113\\u002E217", "[::FFFF:CB00:71D9]:80",
    "&#50;03.0.113.217",
};

static const char record_start[] =
    "{\"webaclId\":\"w\",\"httpRequest\":{\"clientIp\":\"203.0.113.217\"},";

enum how { AS_NOTHING = 0, AS_STRING, AS_OBJECT, AS_BASE64 };

static const struct envelope {
    const char *before;
    const char *after;
    enum how how;
} envelopes[] = {
    {"", "", AS_NOTHING},
    {"{\"log\":\"", "\",\"stream\":\"stdout\"}", AS_STRING},
    {"{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":", "}", AS_OBJECT},
    {"{\"message\":{\"data\":\"", "\"},\"subscription\":\"s\"}", AS_BASE64},
    {"{\"next\":{\"uri\":\"\"},\"data\":[\"", "\"]}", AS_STRING},
    {"{\"deliveryStreamArn\":\"a\",\"records\":[{\"data\":\"", "\"}]}", AS_BASE64},
    {"<134>1 - host app 1 - - ", "", AS_OBJECT},
};

static struct wv_plan *plans[WV_COUNT(regions)];
static struct wv_worker *workers[WV_COUNT(regions)];
static uint8_t *memory[AROUND_MAX + 1]; /* the record, and what is around it */
static uint8_t *kept;
static uint8_t *again;

static void tear_down(void)
{
    for (size_t i = 0; i < WV_COUNT(regions); i++) {
        wv_worker_free(workers[i]);
        wv_plan_free(plans[i]);
    }
    for (size_t i = 0; i < WV_COUNT(memory); i++) {
        free(memory[i]);
    }
    free(kept);
    free(again);
}

/* Two outputs, of which one annotates. */
static struct wv_config *config_of(const char *region, struct wv_report *report)
{
    char path[] = "/tmp/fuzz-envelopes-XXXXXX";
    const int file = mkstemp(path);
    wv_ensure(file >= 0);
    wv_ensure(dprintf(file,
                      "{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"name\":\"acme\",\"region\":"
                      "\"%s\"}}],\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"a\","
                      "\"purpose\":\"security\"},{\"name\":\"b\",\"purpose\":\"analytics\","
                      "\"annotate\":\"none\"}]}",
                      region) > 0);
    wv_ensure(close(file) == 0);
    struct wv_config *config = wv_config_load(path, report);
    wv_ensure(unlink(path) == 0);
    return config;
}

static void set_up(void)
{
    static const uint8_t seed[WV_SECRET_BYTES] = {1};
    for (size_t i = 0; i < WV_COUNT(regions); i++) {
        struct wv_report *report = wv_report_new();
        struct wv_config *config = config_of(regions[i], report);
        plans[i] = config == NULL
                       ? NULL
                       : wv_plan_build(config, wv_keyring_throwaway(seed, report), report);
        if (plans[i] == NULL) {
            wv_report_print(report, stderr);
        }
        wv_report_free(report);
        wv_ensure(plans[i] != NULL);
        workers[i] = wv_worker_new(plans[i]);
        wv_ensure(workers[i] != NULL);
    }
    for (size_t i = 0; i < WV_COUNT(memory); i++) {
        memory[i] = malloc(TEXT_MAX);
        wv_ensure(memory[i] != NULL);
    }
    kept = malloc(TEXT_MAX);
    again = malloc(TEXT_MAX);
    wv_ensure(kept != NULL && again != NULL && atexit(tear_down) == 0);
}

/* ---- The message ------------------------------------------------------------------------------
 */

/* The input with spellings in place of marks. */
static struct wv_slice spell(struct wv_slice input, uint8_t *out)
{
    struct wv_buf buf = wv_buf_of(out, TEXT_MAX);
    struct wv_slice text;
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
    wv_ensure(wv_buf_take(&buf, &text));
    return text;
}

static struct wv_slice wrap(struct wv_slice text, const struct envelope *envelope, uint8_t *out)
{
    struct wv_buf buf = wv_buf_of(out, TEXT_MAX);
    struct wv_slice wrapped;
    wv_buf_put(&buf, wv_slice_of(envelope->before));
    if (envelope->how == AS_STRING) {
        wv_text_escape(&buf, text);
    } else if (envelope->how == AS_BASE64) {
        wv_base64_encode(&buf, text);
    } else {
        wv_buf_put(&buf, text);
    }
    wv_buf_put(&buf, wv_slice_of(envelope->after));
    wv_ensure(wv_buf_take(&buf, &wrapped));
    return wrapped;
}

/* ---- What came out ----------------------------------------------------------------------------
 */

static void check_spelled(struct wv_slice text)
{
    for (size_t i = 0; i < WV_COUNT(spellings); i++) {
        char between[64];
        const int len = snprintf(between, sizeof between, " %s ", spellings[i]);
        const bool stands =
            text.len > 0 && memmem(text.ptr, text.len, between, (size_t)len) != NULL;
        if (stands) {
            fprintf(stderr, "%s stands in %.*s\n", spellings[i], (int)text.len,
                    (const char *)text.ptr);
        }
        wv_ensure(!stands);
    }
}

static bool is_base64(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '+' ||
           byte == '/' || byte == '=';
}

static void peel(struct wv_slice text, size_t left);

/* Everything that may be base64 is looked into. */
static void check_coded(struct wv_slice text, size_t left)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && is_base64(text.ptr[end])) {
            end++;
        }
        uint8_t *bytes = end - at < CODED_MIN ? NULL : malloc(end - at);
        size_t len;
        if (bytes != NULL && wv_base64_decode(wv_slice_sub(text, at, end), bytes, &len)) {
            peel((struct wv_slice){bytes, len}, left);
        }
        free(bytes);
        at = end + 1;
    }
}

/* Looks for the client's address, takes one layer of escapes away, and looks again. */
static void peel(struct wv_slice text, size_t left)
{
    check_spelled(text);
    if (left == 0) {
        return;
    }
    check_coded(text, left - 1);
    uint8_t *bytes = malloc(text.len + 1);
    wv_ensure(bytes != NULL);
    const size_t len = wv_text_unescape(text, bytes, NULL);
    if (len != SIZE_MAX && len < text.len) {
        peel((struct wv_slice){bytes, len}, left - 1);
    }
    free(bytes);
}

/* The client is known where the record says who it was, and it was read to its end. */
static bool knows_client(struct wv_slice record, const struct wv_results *results, size_t outputs)
{
    bool published = results->records == 1 && results->count == outputs;
    for (size_t i = 0; published && i < results->count; i++) {
        published = results->items[i].outcome == WV_PUBLISH;
    }
    return published && wv_slice_starts(record, wv_slice_of(record_start));
}

/* Every record has one result for each output, or one for all of them. */
static void check_verdicts(const struct wv_results *results, size_t outputs)
{
    uint32_t record = 0;
    size_t i = 0;
    for (; i < results->count; record++) {
        if (results->items[i].output == UINT32_MAX) {
            wv_ensure(results->items[i].outcome == WV_REJECT);
            wv_ensure(results->items[i++].record == record);
            continue;
        }
        for (size_t output = 0; output < outputs; output++, i++) {
            wv_ensure(i < results->count && results->items[i].output == output);
            wv_ensure(results->items[i].record == record);
        }
    }
    const bool empty =
        results->records == 0 && results->count == 1 && results->items[0].reason == WV_REASON_EMPTY;
    wv_ensure(record == results->records || empty);
}

static void check_value(const struct wv_result *result)
{
    const bool published = result->outcome == WV_PUBLISH || result->outcome == WV_STUB;
    wv_ensure(published || result->value.len == 0);
    if (published) {
        wv_ensure(wv_utf8_valid(result->value));
        if (result->outcome == WV_STUB || wv_slice_starts(result->value, WV_LIT("{"))) {
            ensure_json(result->value);
        }
    }
}

struct chosen {
    struct wv_worker *worker;
    struct wv_slice record;  /* as the innermost envelope holds it */
    struct wv_slice message; /* with all envelopes */
};

/* Runs the message and copies all results to `out`; false when they do not fit. */
static bool run(const struct chosen *chosen, uint8_t *out, size_t *len)
{
    enum { OUTPUTS = 2 };
    const struct wv_record record = {.value = chosen->message, .time_ms = 1763805611333};
    const struct wv_results results = wv_transform(chosen->worker, &record);
    struct wv_buf buf = wv_buf_of(out, TEXT_MAX);
    const bool known = knows_client(chosen->record, &results, OUTPUTS);
    check_verdicts(&results, OUTPUTS);
    for (size_t i = 0; i < results.count; i++) {
        const struct wv_result *result = &results.items[i];
        wv_ensure(result->at <= 3 * chosen->message.len);
        check_value(result);
        if (known) {
            peel(result->value, PEEL_MAX);
        }
        wv_buf_byte(&buf, (uint8_t)result->outcome);
        wv_buf_byte(&buf, (uint8_t)result->reason);
        wv_buf_put(&buf, result->value);
    }
    *len = buf.len;
    return !buf.overflowed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (kept == NULL) {
        set_up();
    }
    if (size < 1 || size > INPUT_MAX) {
        return 0;
    }
    size_t choice = data[0];
    struct chosen chosen = {.worker = workers[choice % WV_COUNT(regions)]};
    chosen.record = spell((struct wv_slice){data + 1, size - 1}, memory[0]);
    chosen.message = chosen.record;
    choice /= WV_COUNT(regions);
    for (size_t i = 0; i < AROUND_MAX; i++) {
        const struct envelope *envelope = &envelopes[choice % WV_COUNT(envelopes)];
        choice /= WV_COUNT(envelopes);
        if (envelope->how != AS_NOTHING) {
            chosen.message = wrap(chosen.message, envelope, memory[i + 1]);
        }
    }
    size_t len = 0;
    size_t len_again = 0;
    wv_ensure(wv_simd_force(WV_SIMD_AUTO));
    if (run(&chosen, kept, &len)) {
        wv_ensure(wv_simd_force(WV_SIMD_SCALAR));
        wv_ensure(run(&chosen, again, &len_again));
        wv_ensure(wv_slice_eq((struct wv_slice){kept, len}, (struct wv_slice){again, len_again}));
    }
    return 0;
}
