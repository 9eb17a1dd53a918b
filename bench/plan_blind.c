/*
 * plan_blind.c — the pack eu without its detectors: what texts hold is published as it stands. To
 * be measured, and never to be used.
 */
#include "bench/tree.h"

#include <stdlib.h>
#include <unistd.h>

static const char pack_text[] = "{\"pack\":\"blind\",\"extends\":\"eu\",\"rules\":{"
                                "\"uri_path\":{\"value\":[\"uri_template\"],\"why\":\"measured\"},"
                                "\"query\":{\"value\":[\"keep\"],\"why\":\"measured\"},"
                                "\"header\":{\"value\":[\"keep\"],\"why\":\"measured\"},"
                                "\"matched_payload\":{\"value\":[\"keep\"],\"why\":\"measured\"},"
                                "\"free_text\":{\"value\":[\"keep\"],\"why\":\"measured\"}}}";

static const char config_text[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"default\",\"region\":\"blind\"}}],"
    "\"regions\":[{\"from\":\"tenant\"}],\"packs\":{\"files\":[\"blind.json\"]},"
    "\"outputs\":[{\"name\":\"default\",\"purpose\":\"security\"}]}";

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    const bool written = file != NULL && fputs(text, file) >= 0;
    return file != NULL && fclose(file) == 0 && written;
}

/* Its documents are read from files. */
static struct wv_plan *load_plan(struct wv_report *report)
{
    char folder[] = "/tmp/bench-blind-XXXXXX";
    char config[64];
    char pack[64];
    if (mkdtemp(folder) == NULL) {
        return NULL;
    }
    (void)snprintf(config, sizeof config, "%s/wafveil.json", folder);
    (void)snprintf(pack, sizeof pack, "%s/blind.json", folder);
    struct wv_plan *plan = NULL;
    if (write_file(config, config_text) && write_file(pack, pack_text)) {
        struct wv_config *loaded = wv_config_load(config, report);
        struct wv_keyring *keyring = wv_keyring_throwaway(bench_seed, report);
        plan = loaded == NULL || keyring == NULL ? NULL : wv_plan_build(loaded, keyring, report);
    }
    (void)unlink(config);
    (void)unlink(pack);
    (void)rmdir(folder);
    return plan;
}

struct wv_plan *bench_plan_blind(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = report == NULL ? NULL : load_plan(report);
    if (plan == NULL && report != NULL) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return plan;
}
