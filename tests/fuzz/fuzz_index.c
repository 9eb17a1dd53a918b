/*
 * fuzz_index — the two versions of the index against each other, and the walker against Jansson.
 *
 * The walker must accept what Jansson accepts. It may accept more only where that is said: raw
 * control bytes in strings and invalid UTF-8 (repaired first), lone surrogates and NUL (copied as
 * escapes), numbers beyond a double or an int64 (copied as text).
 *
 * Input: one record.
 */
#include "engine/transform.h"
#include "json/index.h"
#include "json/utf8.h"

#include <jansson.h>
#include <stdlib.h>

/* Whether it might be read as an envelope, whose record may be good where it is not, or bad. */
static bool holds_envelope(struct wv_slice text)
{
    static const char *const words[] = {"log", "message", "record", "data", "payload"};
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        if (memmem(text.ptr, text.len, words[i], strlen(words[i])) != NULL) {
            return true;
        }
    }
    return text.len > 0 && memchr(" \t\r[", text.ptr[0], 4) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536, DEPTH = 32 };

static struct wv_plan *plan;
static struct wv_worker *worker;
static struct wv_index indexes[2];

static void tear_down(void)
{
    wv_worker_free(worker);
    wv_plan_free(plan);
    for (size_t i = 0; i < 2; i++) {
        free(indexes[i].quotes);
        free(indexes[i].escapes);
    }
}

static void set_up(void)
{
    struct wv_report *report = wv_report_new();
    plan = wv_plan_build(wv_config_builtin("aws-waf", "eu", report),
                         wv_keyring_throwaway(NULL, report), report);
    wv_report_free(report);
    wv_ensure(plan != NULL);
    worker = wv_worker_new(plan);
    wv_ensure(worker != NULL);
    for (size_t i = 0; i < 2; i++) {
        indexes[i].quote_max = INPUT_MAX;
        indexes[i].quotes = malloc((INPUT_MAX + 64) * sizeof(uint32_t));
        indexes[i].escapes = malloc((INPUT_MAX / 64 + 3) * sizeof(uint64_t));
        wv_ensure(indexes[i].quotes != NULL && indexes[i].escapes != NULL);
    }
    wv_ensure(atexit(tear_down) == 0);
}

static void check_versions(struct wv_slice text)
{
    struct wv_index *const a = &indexes[0];
    struct wv_index *const b = &indexes[1];
    if (!wv_index_has_avx2()) {
        return;
    }
    wv_ensure(wv_index_build_scalar(a, text) && wv_index_build_avx2(b, text));
    wv_ensure(a->quote_count == b->quote_count);
    wv_ensure(memcmp(a->quotes, b->quotes, a->quote_count * sizeof *a->quotes) == 0);
    wv_ensure(a->non_ascii == b->non_ascii && a->control == b->control);
    wv_ensure(a->len == b->len);
    for (size_t i = 0; i < a->quote_count; i++) {
        wv_ensure(wv_index_escaped(a, i) == wv_index_escaped(b, i));
    }
}

/* A copy of the record in which everything that only the walker accepts has become something that
 * both do: "\ud800" and "\u0000" a letter, every digit of an exponent or long number gone. */
static char *plain_copy(struct wv_slice text, size_t *len)
{
    char *copy = malloc(text.len + 1);
    wv_ensure(copy != NULL);
    bool in_string = false;
    size_t digits = 0;
    size_t count = 0;
    for (size_t at = 0; at < text.len; at++) {
        const char byte = (char)text.ptr[at];
        if (in_string && byte == '\\' && at + 5 < text.len && text.ptr[at + 1] == 'u') {
            const bool hex =
                strspn((const char[]){(char)text.ptr[at + 2], (char)text.ptr[at + 3],
                                      (char)text.ptr[at + 4], (char)text.ptr[at + 5], 0},
                       "0123456789abcdefABCDEF") == 4;
            count += (size_t)snprintf(copy + count, 3, "%s", hex ? "u" : "\\u");
            at += hex ? 5 : 1;
            continue;
        }
        if (in_string && byte == '\\' && at + 1 < text.len) {
            copy[count++] = byte;
            copy[count++] = (char)text.ptr[++at];
            continue;
        }
        in_string = in_string != (byte == '"');
        /* One digit of each run says as much about the grammar as all; of two, so that "01" stays.
         */
        digits = !in_string && byte >= '0' && byte <= '9' ? digits + 1 : 0;
        if (digits <= 2) {
            copy[count++] = byte;
        }
    }
    *len = count;
    return copy;
}

/* A NUL outside of strings is no JSON, though Jansson reads over one that ends a number. */
static bool jansson_accepts(struct wv_slice text)
{
    if (text.len > 0 && memchr(text.ptr, 0, text.len) != NULL) {
        return false;
    }
    size_t len;
    char *copy = plain_copy(text, &len);
    json_t *value = json_loadb(copy, len, JSON_ALLOW_NUL, NULL);
    const bool accepts = json_is_object(value);
    json_decref(value);
    free(copy);
    return accepts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (plan == NULL) {
        set_up();
    }
    struct wv_slice text = {data, size};
    if (size > INPUT_MAX) {
        return 0;
    }
    check_versions(text);
    if (memchr(data, '\n', size) != NULL) {
        return 0; /* more than one record */
    }
    uint8_t *memory = malloc(3 * size + 1);
    wv_ensure(memory != NULL);
    struct wv_buf buf = wv_buf_of(memory, 3 * size + 1);
    struct wv_slice repaired;
    wv_utf8_repair(text, true, &buf);
    wv_ensure(wv_buf_take(&buf, &repaired) && wv_utf8_valid(repaired));
    const struct wv_record record = {.value = text, .time_ms = -1};
    const struct wv_results results = wv_transform(worker, &record);
    /* Several records, or an envelope of them, are no document of JSON. */
    const enum wv_reason reason = results.count == 1 ? results.items[0].reason : WV_REASON_NONE;
    if (results.count == 1 && (reason == WV_REASON_NONE || reason == WV_REASON_SYNTAX) &&
        !holds_envelope(text)) {
        const bool accepted = results.items[0].outcome != WV_REJECT;
        wv_ensure(accepted == jansson_accepts(repaired));
    }
    free(memory);
    return 0;
}
