/*
 * restart.c — what a running service cannot take over from a new configuration.
 */
#include "runtime/restart.h"

#include "json/document.h"

/* Members of the file; in "inputs" and "outputs" of each element. */
static const char *const of_file[] = {"kafka", "rejects", "delivery", "limits",
                                      "http",  "admin",   "audit"};
static const char *const of_input[] = {"topic", "kafka"};
static const char *const of_output[] = {"name", "topic", "kafka"};

static bool same(const struct wv_node *running, const struct wv_node *next,
                 const char *const *members, size_t count, struct wv_report *report)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const json_t *before = json_object_get(running->value, members[i]);
        const json_t *after = json_object_get(next->value, members[i]);
        if (before == after || (before != NULL && json_equal(before, after) == 1)) {
            continue;
        }
        const struct wv_node member = wv_node_member(next, members[i]);
        good = after != NULL
                   ? wv_node_fail(&member, report,
                                  "is not what the service runs with: it needs a restart")
                   : wv_node_fail(next, report,
                                  "has no \"%s\", with which the service runs: that needs a "
                                  "restart",
                                  members[i]);
    }
    return good;
}

/* What stands for the routes: the elements in their order. */
static bool same_elements(const struct wv_node *running, const struct wv_node *next,
                          const char *const *members, size_t count, struct wv_report *report)
{
    const size_t elements = json_array_size(next->value);
    if (elements != json_array_size(running->value)) {
        return wv_node_fail(next, report,
                            "has %zu elements and the service runs with %zu: it needs a restart",
                            elements, json_array_size(running->value));
    }
    bool good = true;
    for (size_t i = 0; i < elements; i++) {
        const struct wv_node before = wv_node_element(running, i);
        const struct wv_node after = wv_node_element(next, i);
        good = same(&before, &after, members, count, report) && good;
    }
    return good;
}

bool wv_restart_check(const struct wv_config *running, const struct wv_config *next,
                      struct wv_report *report)
{
    const struct wv_node before = wv_document_root(running->document);
    const struct wv_node after = wv_document_root(next->document);
    const struct wv_node inputs_before = wv_node_member(&before, "inputs");
    const struct wv_node inputs = wv_node_member(&after, "inputs");
    const struct wv_node outputs_before = wv_node_member(&before, "outputs");
    const struct wv_node outputs = wv_node_member(&after, "outputs");
    bool good = same(&before, &after, of_file, WV_COUNT(of_file), report);
    good = same_elements(&inputs_before, &inputs, of_input, WV_COUNT(of_input), report) && good;
    good = same_elements(&outputs_before, &outputs, of_output, WV_COUNT(of_output), report) && good;
    if (!wv_slice_eq(running->instance, next->instance)) {
        good = wv_config_fail_at(next, "/instance", report,
                                 "names the service otherwise than it runs: it needs a restart");
    }
    return good;
}
