/*
 * changes_look.c — what runs, and since when, for people and programs that ask.
 */
#include "app/changes_parts.h"

#include "plan/explain.h"

#include <time.h>

static json_t *time_json(int64_t time_ms)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    char text[sizeof "2026-11-22T10:00:00Z"];
    const bool good = gmtime_r(&seconds, &utc) != NULL &&
                      strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0;
    return json_string(good ? text : "");
}

json_t *wv_changes_status(struct wv_changes *changes)
{
    uint8_t words[256];
    struct wv_buf buf = wv_buf_of(words, sizeof words);
    struct wv_slice reason;
    size_t done;
    size_t lanes;
    const bool ready = wv_service_is_ready(changes->service, &buf);
    const bool known = wv_buf_take(&buf, &reason);
    wv_service_turns(changes->service, &done, &lanes);
    pthread_mutex_lock(&changes->state);
    const struct wv_changes_numbers *numbers = &changes->numbers;
    const int64_t until_ms = numbers->approved_until_ms;
    json_t *status = json_pack(
        "{s:s, s:b, s:s%, s:s, s:s, s:o, s:o, s:s?, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:b}}",
        "version", WV_VERSION, "ready", ready, "reason", known ? (const char *)reason.ptr : "",
        known ? reason.len : (size_t)0, "config", changes->path, "plan",
        wv_plan_version(changes->running), "since", time_json(numbers->since_ms), "approved_until",
        until_ms == INT64_MAX ? json_null() : time_json(until_ms), "before",
        changes->before == NULL ? NULL : wv_plan_version(changes->before), "lanes", "on_plan",
        (json_int_t)done, "all", (json_int_t)lanes, "changes", "loaded",
        (json_int_t)numbers->loaded, "refused", (json_int_t)numbers->refused, "rolled_back",
        (json_int_t)numbers->rolled_back, "last_refused", numbers->last_refused);
    pthread_mutex_unlock(&changes->state);
    (void)json_object_set_new(status, "keys", wv_changes_keys_json(changes));
    return status;
}

static json_t *packs_json(const struct wv_plan *plan)
{
    json_t *packs = json_array();
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        (void)json_array_append_new(packs, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", pack.name,
                                                     "version", pack.version, "edition",
                                                     pack.edition, "title", pack.title, "used",
                                                     wv_plan_pack_used(plan, i)));
    }
    return packs;
}

static json_t *outputs_json(const struct wv_config *config)
{
    json_t *outputs = json_array();
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        (void)json_array_append_new(
            outputs,
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", (const char *)output->name.ptr, "topic",
                      (const char *)output->topic.ptr, "purpose", wv_purpose_words[output->purpose],
                      "basis", wv_basis_words[output->basis], "recipient",
                      output->recipient.len == 0 ? "" : (const char *)output->recipient.ptr));
    }
    return outputs;
}

json_t *wv_changes_plan(struct wv_changes *changes)
{
    struct wv_plan *plan = wv_changes_running(changes);
    json_t *answer = json_pack("{s:s, s:o, s:o}", "version", wv_plan_version(plan), "packs",
                               packs_json(plan), "outputs", outputs_json(wv_plan_config(plan)));
    wv_plan_free(plan);
    return answer;
}
