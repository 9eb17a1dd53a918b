/* fingerprint.c — a chain of digests over the documents, in the order in which they were read. */
#include "plan/fingerprint.h"

#include "plan/tables.h"

#include <stdlib.h>

bool wv_canonical_digest(const json_t *value, uint8_t out[WV_SHA256_BYTES])
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text == NULL) {
        return false;
    }
    wv_sha256(wv_slice_of(text), out);
    free(text);
    return true;
}

/* state = SHA-256 of what it was and of the next link, which is a digest itself. */
static void chain(uint8_t state[WV_SHA256_BYTES], const uint8_t link[WV_SHA256_BYTES])
{
    uint8_t both[2 * WV_SHA256_BYTES];
    memcpy(both, state, WV_SHA256_BYTES);
    memcpy(both + WV_SHA256_BYTES, link, WV_SHA256_BYTES);
    wv_sha256((struct wv_slice){both, sizeof both}, state);
}

static void without_kafka_each(json_t *list)
{
    size_t index;
    json_t *element;
    json_array_foreach(list, index, element)
    {
        json_object_del(element, "kafka");
    }
}

void wv_without_kafka(json_t *config)
{
    json_object_del(config, "kafka");
    without_kafka_each(json_object_get(config, "inputs"));
    without_kafka_each(json_object_get(config, "outputs"));
    json_object_del(json_object_get(config, "rejects"), "kafka");
    json_object_del(json_object_get(config, "audit"), "kafka");
}

/* The kafka blocks say nothing of what is hidden, and the approval cannot name itself. */
static bool digest_config(const json_t *root, uint8_t out[WV_SHA256_BYTES])
{
    json_t *copy = json_deep_copy(root);
    if (copy == NULL) {
        return false;
    }
    wv_without_kafka(copy);
    json_object_del(json_object_get(copy, "changes"), "approval");
    const bool done = wv_canonical_digest(copy, out);
    json_decref(copy);
    return done;
}

bool wv_fingerprint(const struct wv_plan *plan, char out[WV_SHA256_HEX])
{
    const struct wv_config *config = plan->config;
    uint8_t state[WV_SHA256_BYTES];
    uint8_t link[WV_SHA256_BYTES];
    wv_sha256(WV_LIT("wafveil plan 1"), state);
    for (size_t i = 0; i < plan->document_count; i++) {
        if (!wv_canonical_digest(wv_document_root(plan->documents[i]).value, link)) {
            return false;
        }
        chain(state, link);
    }
    if (config->document != NULL) {
        if (!digest_config(wv_document_root(config->document).value, link)) {
            return false;
        }
        chain(state, link);
    }
    for (size_t i = 0; i < config->input_count; i++) {
        chain(state, config->inputs[i].tenant.table_digest);
    }
    chain(state, plan->approvers_digest);
    for (size_t i = 0; i < config->output_count; i++) {
        if (plan->seals[i] != NULL) { /* which outputs have one, the configuration says */
            wv_sha256(wv_slice_of(wv_seal_certificate_facts(plan->seals[i])->sha256), link);
            chain(state, link);
        }
    }
    if (plan->reject_seal != NULL) {
        wv_sha256(wv_slice_of(wv_seal_certificate_facts(plan->reject_seal)->sha256), link);
        chain(state, link);
    }
    wv_sha256_hex(state, out);
    return true;
}
