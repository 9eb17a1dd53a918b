/*
 * outputs_plan.c — one output for security under the pack eu; beside it others like it, whose
 * tokens cannot be joined with it, or others with purposes, overlays and domains of their own.
 */
#include "bench/outputs.h"

#include "bench/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SOC     "{\"name\":\"soc\",\"purpose\":\"security\"}"
#define LIKE(n) "{\"name\":\"soc" #n "\",\"purpose\":\"security\"}"
#define LAKE    "{\"name\":\"lake\",\"purpose\":\"analytics\",\"overlay\":\"coarse\"}"
#define STUDY   "{\"name\":\"study\",\"purpose\":\"research\",\"overlay\":\"shapes\"}"
#define DESK                                                                                       \
    "{\"name\":\"desk\",\"purpose\":\"operations\",\"domain\":\"{tenant}/"                         \
    "desk\",\"overlay\":\"us\"}"

const struct outputs_case outputs_cases[OUTPUTS_CASES] = {
    {"one", 1, SOC},
    {"two alike", 2, SOC "," LIKE(2)},
    {"four alike", 4, SOC "," LIKE(2) "," LIKE(3) "," LIKE(4)},
    {"two others", 2, SOC "," LAKE},
    {"four others", 4, SOC "," LAKE "," STUDY "," DESK},
};

static const struct {
    const char *name;
    const char *text;
} packs[] = {
    {"coarse.json",
     "{\"pack\":\"coarse\",\"extends\":\"eu\",\"rules\":{\"client_ip\":{\"value\":[{\"filter\":"
     "\"ip_truncate\",\"v4_keep\":16,\"v6_keep\":32}],\"why\":\"measured\"},\"user_agent\":{"
     "\"value\":[\"drop\"],\"why\":\"measured\"}}}"},
    {"shapes.json", "{\"pack\":\"shapes\",\"extends\":\"eu\",\"rules\":{\"matched_payload\":{"
                    "\"value\":[\"skeleton\"],\"why\":\"measured\"},\"query\":{\"value\":["
                    "{\"filter\":\"query\",\"values\":\"count\"}],\"why\":\"measured\"}}}"},
};

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    const bool written = file != NULL && fputs(text, file) >= 0;
    return file != NULL && fclose(file) == 0 && written;
}

static struct wv_plan *load(const char *config, struct wv_report *report)
{
    struct wv_config *loaded = wv_config_load(config, report);
    struct wv_keyring *keyring = wv_keyring_throwaway(bench_seed, report);
    if (loaded == NULL || keyring == NULL) {
        wv_config_free(loaded);
        wv_keyring_free(keyring);
        return NULL;
    }
    return wv_plan_build(loaded, keyring, report);
}

/* Its documents are read from files. */
static struct wv_plan *load_plan(const struct outputs_case *what, struct wv_report *report)
{
    char folder[] = "/tmp/bench-outputs-XXXXXX";
    char path[64];
    char text[2048];
    if (mkdtemp(folder) == NULL) {
        return NULL;
    }
    bool written = true;
    for (size_t i = 0; i < WV_COUNT(packs); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, packs[i].name);
        written = write_file(path, packs[i].text) && written;
    }
    (void)snprintf(text, sizeof text,
                   "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"default\","
                   "\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],\"packs\":{\"files\":["
                   "\"coarse.json\",\"shapes.json\"]},\"outputs\":[%s]}",
                   what->config);
    (void)snprintf(path, sizeof path, "%s/wafveil.json", folder);
    struct wv_plan *plan = write_file(path, text) && written ? load(path, report) : NULL;
    (void)unlink(path);
    for (size_t i = 0; i < WV_COUNT(packs); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, packs[i].name);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return plan;
}

struct wv_plan *outputs_plan(const struct outputs_case *what)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = report == NULL ? NULL : load_plan(what, report);
    if (plan == NULL && report != NULL) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return plan;
}
