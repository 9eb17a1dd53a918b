/*
 * policy_plan.c — what tests of policies run on.
 */
#include "app/policy_plan.h"

#include "plan/builtin.h"

#include <jansson.h>
#include <stdlib.h>

/* Names of the built-in packs that nobody has reviewed: their own tests are no use of them. */
static json_t *templates(void)
{
    json_t *names = json_array();
    for (const struct wv_builtin *at = wv_builtin_documents; at->kind != NULL; at++) {
        if (strcmp(at->kind, "policy") != 0) {
            continue;
        }
        json_t *pack = json_loadb((const char *)at->bytes, at->len, 0, NULL);
        const char *review = json_string_value(json_object_get(pack, "review"));
        if (review != NULL && strcmp(review, "unreviewed") == 0) {
            (void)json_array_append_new(names, json_string(at->name));
        }
        json_decref(pack);
    }
    return names;
}

static json_t *input_of(const char *format)
{
    return json_pack("{s:s, s:{s:s, s:s, s:[s]}}", "format", format, "tenant", "from", "fixed",
                     "name", "default", "hosts", "example.com");
}

static json_t *all_inputs(void)
{
    json_t *inputs = json_array();
    (void)json_array_append_new(inputs, input_of("auto"));
    for (const struct wv_builtin *at = wv_builtin_documents; at->kind != NULL; at++) {
        if (strcmp(at->kind, "format") == 0) {
            (void)json_array_append_new(inputs, input_of(at->name));
        }
    }
    return inputs;
}

/* Every format, every pack, a tenant who owns example.com, and two outputs: "default" for security,
 * and "consent" for what people have agreed to, unless the header "consent" says refused. */
static struct wv_config *whole_config(struct wv_report *report)
{
    json_t *root = json_pack(
        "{s:o, s:[{s:s}, {s:s}], s:[{s:s, s:s}, {s:s, s:s, s:s}], s:{s:s}, s:{s:o}}", "inputs",
        all_inputs(), "regions", "from", "tenant", "from", "country", "outputs", "name", "default",
        "purpose", "security", "name", "consent", "purpose", "analytics", "basis", "consent",
        "consent", "header", "consent", "packs", "acknowledge_unreviewed", templates());
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        (void)wv_report_add(report, (struct wv_finding){0}, "there is no memory left");
        return NULL;
    }
    struct wv_config *config = wv_config_parse("built-in configuration", wv_slice_of(text), report);
    free(text);
    return config;
}

struct wv_plan *wv_policy_plan(const char *config_path, struct wv_report *report)
{
    struct wv_config *config =
        config_path == NULL ? whole_config(report) : wv_config_load(config_path, report);
    if (config == NULL) {
        return NULL;
    }
    wv_config_unpacked(config);
    wv_config_only_look(config);
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    if (keyring == NULL) {
        wv_config_free(config);
        return NULL;
    }
    return wv_plan_build(config, keyring, report);
}
