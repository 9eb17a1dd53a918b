/*
 * agree.c — compares two results value by value.
 *
 * Both are read by Jansson; a value that only one of them has counts as different. Elements of
 * arrays are compared by their place, so that one missing element counts all that follow.
 */
#include "bench/agree.h"

#include "bench/naive.h"
#include "engine/transform.h"

#include <stdlib.h>

enum { PATHS_MAX = 256, PATH_MAX_BYTES = 160, EXAMPLE_MAX = 160, SHOWN = 12 };

struct difference {
    char path[PATH_MAX_BYTES];
    size_t count;
    char ours[EXAMPLE_MAX];
    char naive[EXAMPLE_MAX];
};

struct comparison {
    struct agreement sum;
    struct difference differences[PATHS_MAX];
    size_t count;
};

static void describe(const json_t *value, char out[EXAMPLE_MAX])
{
    char text[EXAMPLE_MAX];
    const size_t len = json_dumpb(value, text, sizeof text, JSON_ENCODE_ANY | JSON_COMPACT);
    if (value == NULL) {
        snprintf(out, EXAMPLE_MAX, "(none)");
    } else if (len > sizeof text) {
        snprintf(out, EXAMPLE_MAX, "(%zu bytes)", len);
    } else {
        snprintf(out, EXAMPLE_MAX, "%.*s", (int)len, text);
    }
}

static void note(struct comparison *comparison, const char *path, const json_t *ours,
                 const json_t *naive)
{
    size_t i = 0;
    while (i < comparison->count && strcmp(comparison->differences[i].path, path) != 0) {
        i++;
    }
    if (i == PATHS_MAX) {
        return;
    }
    struct difference *difference = &comparison->differences[i];
    if (i == comparison->count) {
        comparison->count++;
        snprintf(difference->path, sizeof difference->path, "%s", path);
        describe(ours, difference->ours);
        describe(naive, difference->naive);
    }
    difference->count++;
}

static void compare(struct comparison *comparison, const char *path, const json_t *ours,
                    const json_t *naive);

static void compare_objects(struct comparison *comparison, const char *path, const json_t *ours,
                            const json_t *naive)
{
    char inner[PATH_MAX_BYTES];
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)ours, key, value)
    {
        snprintf(inner, sizeof inner, "%s%s%s", path, *path == '\0' ? "" : ".", key);
        compare(comparison, inner, value, json_object_get(naive, key));
    }
    json_object_foreach((json_t *)(uintptr_t)naive, key, value)
    {
        if (json_object_get(ours, key) == NULL) {
            snprintf(inner, sizeof inner, "%s%s%s", path, *path == '\0' ? "" : ".", key);
            compare(comparison, inner, NULL, value);
        }
    }
}

/* One of the two may be missing. Results are as deep as the format. */
static void compare(struct comparison *comparison, const char *path, const json_t *ours,
                    const json_t *naive)
{
    const json_t *some = ours != NULL ? ours : naive;
    if (json_is_object(some)) {
        compare_objects(comparison, path, ours, json_is_object(naive) ? naive : NULL);
        return;
    }
    if (json_is_array(some)) {
        char inner[PATH_MAX_BYTES];
        snprintf(inner, sizeof inner, "%s[]", path);
        for (size_t i = 0; i < json_array_size(ours) || i < json_array_size(naive); i++) {
            compare(comparison, inner, json_array_get(ours, i), json_array_get(naive, i));
        }
        return;
    }
    comparison->sum.leaves++;
    if (ours != NULL && naive != NULL && json_equal(ours, naive)) {
        comparison->sum.same_leaves++;
    } else {
        note(comparison, path, ours, naive);
    }
}

static bool goes_on(const char *at)
{
    return (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f') || *at == ':' || *at == '.';
}

/* Whether the text holds the address as the record spells it, and not inside of a longer one. */
static bool holds(const char *text, size_t len, const char *address)
{
    const size_t size = strlen(address);
    const char *at = text;
    while ((at = memmem(at, len - (size_t)(at - text), address, size)) != NULL) {
        const char *end = at + size;
        if ((at == text || !goes_on(at - 1)) &&
            (end == text + len || !goes_on(end) || (*end == '.' && !goes_on(end + 1)))) {
            return true;
        }
        at++;
    }
    return false;
}

static const char *client_of(const json_t *root)
{
    return json_string_value(json_object_get(json_object_get(root, "httpRequest"), "clientIp"));
}

/* Whether the client's address stands anywhere in what the naive job wrote, plain or
 * percent-encoded. An address that the engine leaves as it is ends in a zero: it is its own
 * network. */
static bool leaks(const struct naive *naive, size_t len, struct wv_slice record, const json_t *ours)
{
    static char text[sizeof naive->out];
    json_t *root = json_loadb((const char *)record.ptr, record.len, 0, NULL);
    const char *client = client_of(root);
    const char *network = client_of(ours);
    bool found = false;
    if (client != NULL && (network == NULL || strcmp(client, network) != 0)) {
        size_t count = 0;
        unsigned byte;
        for (size_t i = 0; i < len; i++) {
            const bool coded = naive->out[i] == '%' && len - i > 2 &&
                               sscanf(naive->out + i + 1, "%2x", &byte) == 1;
            text[count++] = coded ? (char)byte : naive->out[i];
            i += coded ? 2 : 0;
        }
        found = holds(naive->out, len, client) || holds(text, count, client);
    }
    json_decref(root);
    return found;
}

static void compare_record(struct comparison *comparison, struct wv_worker *worker,
                           struct naive *naive, struct wv_slice text)
{
    const struct wv_record record = {.value = text, .time_ms = -1};
    const struct wv_results results = wv_transform(worker, &record);
    const struct wv_slice value = results.items[0].value;
    const size_t len = naive_transform(naive, text);
    json_t *ours = json_loadb((const char *)value.ptr, value.len, 0, NULL);
    json_t *theirs = json_loadb(naive->out, len, 0, NULL);
    const size_t before = comparison->sum.leaves - comparison->sum.same_leaves;
    wv_ensure(ours != NULL && theirs != NULL);
    compare(comparison, "", ours, theirs);
    comparison->sum.records++;
    comparison->sum.same_records += comparison->sum.leaves - comparison->sum.same_leaves == before;
    comparison->sum.leaks += leaks(naive, len, text, ours);
    json_decref(ours);
    json_decref(theirs);
}

static int compare_counts(const void *a, const void *b)
{
    const size_t first = ((const struct difference *)a)->count;
    const size_t second = ((const struct difference *)b)->count;
    return (first < second) - (first > second);
}

/* The records are made up: their values may be shown. */
static void say_differences(struct comparison *comparison)
{
    qsort(comparison->differences, comparison->count, sizeof comparison->differences[0],
          compare_counts);
    for (size_t i = 0; i < comparison->count && i < SHOWN; i++) {
        const struct difference *one = &comparison->differences[i];
        printf("%6zu  %s\n        ours   %s\n        naive  %s\n", one->count, one->path, one->ours,
               one->naive);
    }
}

bool agree_run(const struct bench_input *input, bool say, struct agreement *out)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    struct naive *naive = naive_new();
    struct wv_plan *plan = bench_plan_new();
    struct wv_worker *worker = plan == NULL ? NULL : wv_worker_new(plan);
    const bool good = comparison != NULL && naive != NULL && worker != NULL;
    for (size_t i = 0; good && i < input->count && i < AGREE_RECORDS; i++) {
        compare_record(comparison, worker, naive, input->records[i]);
    }
    if (good && say) {
        say_differences(comparison);
    }
    *out = good ? comparison->sum : (struct agreement){0};
    wv_worker_free(worker);
    wv_plan_free(plan);
    naive_free(naive);
    free(comparison);
    return good;
}
