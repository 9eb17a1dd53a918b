/*
 * engine.h — a plan and a worker for tests, from a configuration that the test writes.
 *
 * The keyring is a throwaway one with the secret 00 01 02 … 1f, so that tokens are the same in
 * every run. Packs, formats and tenant tables are written into a folder of their own, and the
 * configuration is read from there, as the program does it.
 */
#ifndef WV_TESTS_ENGINE_H
#define WV_TESTS_ENGINE_H

#include "engine/transform.h"
#include "support/findings.h"

#include <unistd.h>

struct engine {
    struct wv_plan *plan;
    struct wv_worker *worker;
};

/* A document beside the configuration. */
struct engine_file {
    const char *name;
    const char *text;
};

static inline struct wv_keyring *engine_keyring(struct wv_report *report)
{
    uint8_t seed[WV_SECRET_BYTES];
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)i;
    }
    return wv_keyring_throwaway(seed, report);
}

/* With these keys; all three are taken. */
static inline struct engine engine_keyed(struct wv_config *config, struct wv_keyring *keyring,
                                         struct wv_report *report)
{
    struct engine engine = {0};
    if (config != NULL) {
        engine.plan = wv_plan_build(config, keyring, report);
    }
    if (engine.plan == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(engine.plan);
    wv_report_free(report);
    engine.worker = wv_worker_new(engine.plan);
    ck_assert_ptr_nonnull(engine.worker);
    return engine;
}

static inline struct engine engine_of(struct wv_config *config, struct wv_report *report)
{
    return engine_keyed(config, engine_keyring(report), report);
}

/* As `wafveil filter` without --config. region NULL: the record says it. */
static inline struct engine engine_builtin(const char *region)
{
    struct wv_report *report = wv_report_new();
    return engine_of(wv_config_builtin("aws-waf", region, report), report);
}

static inline void engine_write(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* The plan of a configuration with `count` documents beside it; NULL with findings in *report. */
static inline struct wv_plan *engine_plan(const char *config, const struct engine_file *files,
                                          size_t count, struct wv_report *report)
{
    char folder[] = "/tmp/wafveil-engine-XXXXXX";
    char path[128];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    engine_write(folder, "wafveil.json", config);
    for (size_t i = 0; i < count; i++) {
        engine_write(folder, files[i].name, files[i].text);
    }
    snprintf(path, sizeof path, "%s/wafveil.json", folder);
    struct wv_config *loaded = wv_config_load(path, report);
    struct wv_plan *plan =
        loaded == NULL ? NULL : wv_plan_build(loaded, engine_keyring(report), report);
    ck_assert_int_eq(unlink(path), 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    return plan;
}

static inline struct engine engine_config(const char *config, const struct engine_file *files,
                                          size_t count)
{
    struct wv_report *report = wv_report_new();
    struct engine engine = {.plan = engine_plan(config, files, count, report)};
    if (engine.plan == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(engine.plan);
    wv_report_free(report);
    engine.worker = wv_worker_new(engine.plan);
    ck_assert_ptr_nonnull(engine.worker);
    return engine;
}

static inline void engine_fini(struct engine *engine)
{
    wv_worker_free(engine->worker);
    wv_plan_free(engine->plan);
}

static inline struct wv_results engine_run(struct engine *engine, struct wv_slice value)
{
    const struct wv_record record = {.value = value, .time_ms = -1};
    return wv_transform(engine->worker, &record);
}

static inline struct wv_results engine_text(struct engine *engine, const char *value)
{
    return engine_run(engine, wv_slice_of(value));
}

/* Parts of configurations. */
#define INPUT(tenant)           "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":" tenant "}],"
#define ACME                    INPUT("{\"name\":\"acme\",\"region\":\"eu\"}")
#define UNDER(regions, outputs) "\"regions\":[" regions "],\"outputs\":[" outputs "]"
#define TENANT                  "{\"from\":\"tenant\"}"
#define SOC(members)            "{\"name\":\"soc\",\"purpose\":\"security\"" members "}"
#define BARE                    ",\"annotate\":\"none\""

static inline bool value_is(const struct wv_result *result, const char *wanted)
{
    const bool same = wv_slice_eq(result->value, wv_slice_of(wanted));
    if (!same) {
        fprintf(stderr, "got    %.*s\nwanted %s\n", (int)result->value.len,
                (const char *)result->value.ptr, wanted);
    }
    return same;
}

static inline const struct wv_header *header(const struct wv_result *result, const char *name)
{
    for (size_t i = 0; i < result->header_count; i++) {
        if (wv_slice_eq(result->headers[i].name, wv_slice_of(name))) {
            return &result->headers[i];
        }
    }
    return NULL;
}

static inline bool header_is(const struct wv_result *result, const char *name, const char *value)
{
    const struct wv_header *found = header(result, name);
    return found != NULL && wv_slice_eq(found->value, wv_slice_of(value));
}

static inline bool holds(struct wv_slice text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

#endif
