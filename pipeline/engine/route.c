/*
 * route.c — which outputs get a record: purposes, conditions, samples.
 *
 * Purposes protect people, so what is not clear keeps a record back. A sample only saves work, so
 * what is not clear keeps the record: nobody must be able to make himself disappear from it.
 */
#include "engine/work.h"

#include "text/reader.h"

enum wv_suppression wv_route(const struct wv_worker *worker, size_t output)
{
    const struct wv_settled *settled = &worker->settled;
    const struct wv_output *config = &worker->plan->config->outputs[output];
    const struct wv_routing *routing = &config->routing;
    if ((settled->purposes >> config->purpose & 1) == 0) {
        return WV_SUPPRESSION_PURPOSE;
    }
    if ((routing->when & ~settled->routing) != 0) {
        return WV_SUPPRESSION_WHEN;
    }
    if (routing->discard != 0 && (routing->discard & ~settled->routing) == 0) {
        return WV_SUPPRESSION_DISCARD;
    }
    return WV_SUPPRESSION_NONE;
}

/* What firewalls call a request that they let through, in lower case. All other words are taken for
 * something that an analyst must see: refused, challenged, limited, or only noticed. */
static const char *const let_through[] = {
    "",      "-",         "allow",  "allowed",    "accept",     "accepted", "pass",        "passed",
    "count", "permit",    "bypass", "skip",       "forward",    "false",    "waf,forward", "200",
    "hit",   "permitted", "miss",   "refreshhit", "req_passed",
};

/* Whether a record that names no action holds what a rule has found: a rule's id, what it matched,
 * or a message of a firewall. Error logs and alerts are such records, access logs are not. */
static bool tells_of_a_rule(const struct wv_worker *worker)
{
    bool tells = worker->misfit || worker->roles[WV_ROLE_RULE] != WV_NOWHERE;
    for (uint32_t i = 0; !tells && i < worker->layer_count; i++) {
        tells = worker->layers[i].format->syntax == &wv_syntax_tagged;
    }
    for (uint32_t i = 0; !tells && i < worker->field_count; i++) {
        tells = worker->fields[i].class == WV_CLASS_MATCHED_PAYLOAD;
    }
    return tells;
}

/* The action as the record spells it; false: it says several, or none that can be read. */
static bool read_action(struct wv_worker *worker, struct wv_slice *action)
{
    const uint32_t index = worker->roles[WV_ROLE_ACTION];
    *action = (struct wv_slice){0};
    if (index == WV_NOWHERE) {
        return !tells_of_a_rule(worker);
    }
    const struct wv_field *field = &worker->fields[index];
    if (worker->ambiguous[WV_ROLE_ACTION] || field->kind == WV_OBJECT || field->kind == WV_ARRAY) {
        return false;
    }
    *action = wv_field_is_text(field) ? wv_field_text(worker, field) : wv_field_raw(worker, field);
    return action->len > 0 || wv_field_raw(worker, field).len == 0;
}

static bool was_let_through(struct wv_worker *worker)
{
    struct wv_slice action;
    if (!read_action(worker, &action)) {
        return false;
    }
    for (size_t i = 0; i < WV_COUNT(let_through); i++) {
        if (wv_slice_eq_nocase(action, wv_slice_of(let_through[i]))) {
            return true;
        }
    }
    return false;
}

bool wv_route_sample(struct wv_writer *writer)
{
    struct wv_worker *worker = writer->worker;
    const struct wv_routing *routing = &writer->config->routing;
    const uint8_t client = worker->settled.first_client;
    uint8_t canonical[WV_ADDRESS_CANONICAL_MAX];
    uint64_t number;
    if (wv_likely(routing->weight.len == 0) || client == WV_NO_NEEDLE || !was_let_through(worker) ||
        writer->context.key.domain.len == 0) {
        return true;
    }
    const struct wv_slice value =
        wv_address_canonical(&worker->needles.items[client].address, canonical);
    if (!wv_tokens_number(worker->tokens, &writer->context.key, value, &number)) {
        return true;
    }
    if (number >= routing->below && routing->below != UINT64_MAX) {
        return false;
    }
    writer->weight = routing->weight;
    return true;
}
