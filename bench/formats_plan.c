/*
 * formats_plan — one plan with an input for each format, so that one worker reads them in turn.
 */
#include "bench/formats.h"

#include "bench/bench.h"
#include "plan/builtin.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

static bool add_input(json_t *inputs, const char *format)
{
    return json_array_append_new(inputs, json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "topic", format,
                                                   "format", format, "tenant", "from", "fixed",
                                                   "name", "default", "region", "eu")) == 0;
}

static json_t *make_config(void)
{
    json_t *inputs = json_array();
    bool good = inputs != NULL && add_input(inputs, "auto");
    for (const struct wv_builtin *one = wv_builtin_documents; good && one->kind != NULL; one++) {
        good = strcmp(one->kind, "format") != 0 || add_input(inputs, one->name);
    }
    json_t *root = json_pack("{s:o, s:[{s:s}], s:[{s:s, s:s, s:s}]}", "inputs", inputs, "regions",
                             "from", "tenant", "outputs", "name", "default", "topic", "default",
                             "purpose", "security");
    if (good) {
        return root;
    }
    json_decref(root);
    return NULL;
}

/* A configuration is read from a file. */
static struct wv_config *load_config(struct wv_report *report)
{
    char path[] = "/tmp/bench-formats-XXXXXX";
    json_t *root = make_config();
    const int file = root == NULL ? -1 : mkstemp(path);
    struct wv_config *config = NULL;
    if (file >= 0) {
        if (json_dumpfd(root, file, 0) == 0) {
            config = wv_config_load(path, report);
        }
        (void)close(file);
        (void)unlink(path);
    }
    json_decref(root);
    return config;
}

struct wv_plan *format_plan_new(void)
{
    static const uint8_t seed[WV_SECRET_BYTES] = "the same tokens in every round";
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return NULL;
    }
    struct wv_plan *plan = NULL;
    struct wv_config *config = load_config(report);
    struct wv_keyring *keyring = wv_keyring_throwaway(seed, report);
    if (config != NULL && keyring != NULL) {
        plan = wv_plan_build(config, keyring, report);
    }
    if (plan == NULL) {
        fputs("bench: there is no plan\n", stderr);
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return plan;
}

bool format_input(const struct wv_plan *plan, const char *format, uint32_t *input)
{
    const struct wv_config *config = wv_plan_config(plan);
    for (size_t i = 0; i < config->input_count; i++) {
        if (wv_slice_eq(config->inputs[i].format, wv_slice_of(format))) {
            *input = (uint32_t)i;
            return true;
        }
    }
    return false;
}

size_t format_publish(struct wv_worker *worker, uint32_t input, struct wv_slice message,
                      uint64_t *digest)
{
    const struct wv_record record = {.input = input, .value = message, .time_ms = -1};
    const struct wv_results results = wv_transform(worker, &record);
    for (size_t i = 0; i < results.count; i++) {
        if (results.items[i].outcome != WV_PUBLISH) {
            return 0;
        }
        const struct wv_slice out = results.items[i].value;
        *digest = bench_digest(*digest, out.ptr, out.len);
    }
    return results.count;
}

bool format_messages_init(struct format_messages *messages, size_t count, size_t bytes)
{
    *messages = (struct format_messages){.max = count};
    uint8_t *mem = malloc(bytes);
    messages->buf = wv_buf_of(mem, mem == NULL ? 0 : bytes);
    messages->items = calloc(count, sizeof *messages->items);
    if (mem == NULL || messages->items == NULL) {
        fputs("bench: there is no memory for the records\n", stderr);
        format_messages_fini(messages);
        return false;
    }
    return true;
}

void format_messages_fini(struct format_messages *messages)
{
    free(messages->buf.mem);
    free(messages->items);
    *messages = (struct format_messages){0};
}

bool format_messages_end(struct format_messages *messages)
{
    const struct wv_slice *last =
        messages->count > 0 ? &messages->items[messages->count - 1] : NULL;
    const uint8_t *from = last == NULL ? messages->buf.mem : last->ptr + last->len;
    struct wv_slice all;
    if (messages->count == messages->max || !wv_buf_take(&messages->buf, &all)) {
        fputs("bench: the space for the records is too small\n", stderr);
        return false;
    }
    messages->items[messages->count++] =
        (struct wv_slice){from, (size_t)(all.ptr + all.len - from)};
    return true;
}
