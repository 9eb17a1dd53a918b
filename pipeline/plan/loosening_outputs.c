/*
 * loosening_outputs.c — what an output says beside its rules, and where the law lets records go.
 */
#include "plan/loosening_work.h"

#include "plan/recipients.h"
#include "plan/sealing.h"

/* Days on which something can change are few; this is more than any real table holds. */
enum { CHANGES_MAX = 4096 };

static void looser_output(struct wv_loosening *work, const struct wv_output *output,
                          const char *text)
{
    wv_looser(work, "output \"%.*s\" %s", WV_SHOW(output->name), text);
}

/* ---- What stands in the output --------------------------------------------------------------- */

/* What shows more than an output that says nothing. */
static void compare_shown(struct wv_loosening *work, const struct wv_output *was,
                          const struct wv_output *is)
{
    if (is->source_position && !was->source_position) {
        looser_output(work, is, "would say where the raw record stands (source_position)");
    }
    if (is->networks && !was->networks) {
        looser_output(work, is, "would write addresses as networks (networks)");
    }
    if (is->placeholders != was->placeholders && is->placeholders == WV_PLACEHOLDERS_WORDS) {
        looser_output(work, is,
                      "would show the networks of addresses inside texts (placeholders words)");
    }
    if (is->key != was->key && is->key != WV_KEY_DROP) {
        looser_output(work, is,
                      is->key == WV_KEY_SCRUB ? "would show the text of the Kafka key (key scrub)"
                                              : "would have a token of the Kafka key (key token)");
    }
    for (size_t i = 0; i < is->headers.count; i++) {
        if (!wv_names_hold(&was->headers, is->headers.items[i])) {
            wv_looser(work, "output \"%.*s\" would pass on the Kafka header %.*s",
                      WV_SHOW(is->name), WV_SHOW(is->headers.items[i]));
        }
    }
}

static bool annotates_less(uint32_t was, uint32_t is)
{
    return is == was || is == WV_ANNOTATE_NONE || was == WV_ANNOTATE_BOTH;
}

/* What changes who reads the output, and what for. */
static void compare_use(struct wv_loosening *work, const struct wv_output *was,
                        const struct wv_output *is)
{
    if (!wv_slice_eq(was->topic, is->topic)) {
        looser_output(work, is, "would write another topic, which others may read");
    }
    if (!wv_slice_eq(was->recipient, is->recipient)) {
        looser_output(work, is, "would have another recipient");
    }
    if (!wv_slice_eq(was->country, is->country)) {
        looser_output(work, is, "would be kept in another country");
    }
    if (was->purpose != is->purpose) {
        wv_looser(work, "output \"%.*s\" would be for another purpose: %s instead of %s",
                  WV_SHOW(is->name), wv_purpose_words[is->purpose], wv_purpose_words[was->purpose]);
    }
    if (was->basis != is->basis && is->basis != WV_BASIS_CONSENT) {
        wv_looser(work, "output \"%.*s\" would rest on another legal basis: %s instead of %s",
                  WV_SHOW(is->name), wv_basis_words[is->basis], wv_basis_words[was->basis]);
    }
    if (!wv_slice_eq(was->domain, is->domain) && is->domain.len > 0) {
        looser_output(work, is,
                      "would have another token domain: values may be joined that "
                      "could not");
    }
    if (was->retention_days > 0 &&
        (is->retention_days == 0 || is->retention_days > was->retention_days)) {
        looser_output(work, is, "might be kept for longer (retention_days)");
    }
    if (!annotates_less(was->annotate, is->annotate)) {
        looser_output(work, is, "would show tokens where they did not stand (annotate)");
    }
}

/* ---- Which records it gets ------------------------------------------------------------------- */

/* Whether some of the conditions (bits) of one configuration holds only where `wanted` does. */
static bool some_implies(const struct wv_conditions *all, uint64_t bits,
                         const struct wv_condition *wanted)
{
    for (size_t i = 0; i < all->count; i++) {
        if ((bits >> i & 1) != 0 && wv_looser_implies(&all->items[i], wanted)) {
            return true;
        }
    }
    return false;
}

/* Whether all conditions of `strict` together hold only where all of `wide` do. */
static bool implies_all(const struct wv_conditions *strict, uint64_t strict_bits,
                        const struct wv_conditions *wide, uint64_t wide_bits)
{
    for (size_t i = 0; i < wide->count; i++) {
        if ((wide_bits >> i & 1) != 0 && !some_implies(strict, strict_bits, &wide->items[i])) {
            return false;
        }
    }
    return true;
}

static void compare_routing(struct wv_loosening *work, const struct wv_output *was,
                            const struct wv_output *is)
{
    const struct wv_conditions *before = work->before->config->conditions;
    const struct wv_conditions *after = work->after->config->conditions;
    if (!implies_all(after, is->routing.when, before, was->routing.when)) {
        looser_output(work, is, "would get records that it did not get (when)");
    }
    if (was->routing.discard != 0 &&
        (is->routing.discard == 0 ||
         !implies_all(before, was->routing.discard, after, is->routing.discard))) {
        looser_output(work, is, "would get records that were left out (discard)");
    }
    if (is->routing.below > was->routing.below) {
        looser_output(work, is, "would get the records of more clients (sample)");
    }
}

/* ---- What is sealed -------------------------------------------------------------------------- */

static const char *recipient_key(const struct wv_plan *plan, size_t output)
{
    return wv_seal_certificate_facts(wv_plan_seal(plan, output))->key;
}

/* The number of the output in the plan before; there is one. */
static void compare_seal(struct wv_loosening *work, size_t before, size_t after)
{
    const struct wv_output *was = &work->before->config->outputs[before];
    const struct wv_output *is = &work->after->config->outputs[after];
    uint8_t memory[1024];
    struct wv_buf text = wv_buf_of(memory, sizeof memory);
    if (is->seal.certificate.len == 0) {
        return;
    }
    if (was->seal.certificate.len == 0) {
        wv_seal_describe(work->after, after, &text);
        wv_looser(work, "output \"%.*s\" would seal originals: %.*s", WV_SHOW(is->name),
                  (int)text.len, (const char *)text.mem);
        return;
    }
    for (uint64_t more = is->seal.classes & ~was->seal.classes; more != 0; more &= more - 1) {
        wv_looser(work, "output \"%.*s\" would seal originals of %s, too", WV_SHOW(is->name),
                  wv_class_word((enum wv_class)__builtin_ctzll(more)));
    }
    if (!implies_all(work->after->config->conditions, is->seal.when,
                     work->before->config->conditions, was->seal.when)) {
        looser_output(work, is, "would seal originals of more records (seal.when)");
    }
    if (is->seal.days > was->seal.days) {
        looser_output(work, is, "would seal originals for longer (seal.days)");
    }
    if (strcmp(recipient_key(work->before, before), recipient_key(work->after, after)) != 0) {
        looser_output(work, is, "would seal originals for another key (seal.certificate)");
    }
}

/* ---- Who else gets it ------------------------------------------------------------------------ */

/* Whole records, for whoever has the key: those who read the reject topic had none of their bytes.
 */
static void compare_reject_seal(struct wv_loosening *work)
{
    const struct wv_seal_certificate *was = wv_plan_reject_seal(work->before);
    const struct wv_seal_certificate *is = wv_plan_reject_seal(work->after);
    if (is == NULL) {
        return;
    }
    if (was == NULL) {
        wv_looser(work, "rejected records would be sealed as a whole, for %s",
                  wv_seal_certificate_facts(is)->subject);
    } else if (strcmp(wv_seal_certificate_facts(was)->key, wv_seal_certificate_facts(is)->key) !=
               0) {
        wv_looser(work, "rejected records would be sealed for another key "
                        "(rejects.seal.certificate)");
    }
}

static bool knows_sub_processor(const struct wv_recipient *recipient, struct wv_slice name)
{
    for (size_t i = 0; recipient != NULL && i < recipient->sub_processor_count; i++) {
        if (wv_slice_eq(recipient->sub_processors[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void compare_recipients(struct wv_loosening *work)
{
    const struct wv_config *config = work->after->config;
    for (size_t i = 0; i < config->recipient_count; i++) {
        const struct wv_recipient *is = &config->recipients[i];
        const struct wv_recipient *was = wv_recipient_find(work->before->config, is->name);
        for (size_t k = 0; was != NULL && k < is->sub_processor_count; k++) {
            if (!knows_sub_processor(was, is->sub_processors[k].name)) {
                wv_looser(work, "recipient \"%.*s\" would pass records on to \"%.*s\"",
                          WV_SHOW(is->name), WV_SHOW(is->sub_processors[k].name));
            }
        }
    }
}

/* ---- Transfers ------------------------------------------------------------------------------- */

/* The same safeguards, as the built-in table numbers their mechanisms. */
static size_t renumber(const struct wv_loosening *work, const struct wv_hop *hop,
                       struct wv_safeguard *out)
{
    size_t count = 0;
    for (size_t i = 0; i < hop->safeguard_count; i++) {
        out[count] = hop->safeguards[i];
        count += wv_law_mechanism(work->before->legal->law, out[count].name, &out[count].mechanism);
    }
    return count;
}

static bool hop_was_allowed(struct wv_loosening *work, uint32_t origin, struct wv_hop hop,
                            int32_t day, int32_t *next)
{
    struct wv_safeguard *safeguards =
        WV_ARENA_ARRAY(work->arena, hop.safeguard_count + 1, struct wv_safeguard);
    if (safeguards == NULL) {
        return false;
    }
    hop.safeguard_count = renumber(work, &hop, safeguards);
    hop.safeguards = safeguards;
    return wv_law_decide(work->before->legal->law, origin, &hop, day, next).allowed;
}

/* What the built-in tables say of the same way: at a start there is no other plan to ask. */
static bool builtin_allows(struct wv_loosening *work, size_t output, uint32_t pack, int32_t day,
                           int32_t *next)
{
    const struct wv_legal *after = work->after->legal;
    const struct wv_legal_output *to = &after->outputs[output];
    const uint32_t origin = work->before->legal->origins[pack];
    bool allowed = true;
    if (to->hop_count == 0) {
        return true; /* nobody has said where */
    }
    if (origin == WV_NO_ORIGIN) {
        return false;
    }
    for (size_t i = 0; allowed && i < to->hop_count; i++) {
        allowed = hop_was_allowed(work, origin, to->hops[i], day, next);
    }
    if (allowed && after->instance.country.len > 0) {
        struct wv_hop instance = after->instance;
        instance.consent = work->after->config->outputs[output].basis == WV_BASIS_CONSENT;
        allowed = hop_was_allowed(work, origin, instance, day, next);
    }
    return allowed;
}

static bool was_allowed(struct wv_loosening *work, size_t output, const struct wv_looser_name *name,
                        int32_t day, int32_t *next)
{
    return work->start
               ? builtin_allows(work, output, name->before, day, next)
               : wv_legal_decide(work->before, work->outputs[output], name->before, day, next)
                     .allowed;
}

/* From today on: what is allowed only from tomorrow on is allowed without anybody being asked then.
 */
static void compare_transfer(struct wv_loosening *work, size_t output,
                             const struct wv_looser_name *name)
{
    const int32_t today = work->after->config->today;
    int32_t day = today;
    for (size_t i = 0; i < CHANGES_MAX && day != WV_DAY_NEVER; i++) {
        int32_t next = WV_DAY_NEVER;
        const struct wv_transfer is = wv_legal_decide(work->after, output, name->after, day, &next);
        const bool stays = work->before->legal->origins[name->before] == WV_NO_ORIGIN &&
                           work->after->legal->origins[name->after] == WV_NO_ORIGIN && work->start;
        if (is.allowed && !stays && !was_allowed(work, output, name, day, &next)) {
            char text[WV_DAY_TEXT];
            wv_law_day_format(day, text);
            wv_looser(work, "output \"%.*s\": records of \"%.100s\" might go there (%s)%s%s",
                      WV_SHOW(work->after->config->outputs[output].name), name->word, is.route,
                      day == today ? "" : " from ", day == today ? "" : text);
            return;
        }
        day = next;
    }
}

static void compare_transfers(struct wv_loosening *work, size_t output)
{
    for (size_t n = 0; n < work->name_count; n++) {
        const struct wv_looser_name *name = &work->names[n];
        const size_t region = wv_plan_pack_name(work->after, name->after);
        if (wv_legal_is_region(work->after, region)) {
            compare_transfer(work, output, name);
        }
    }
}

void wv_looser_outputs(struct wv_loosening *work)
{
    const struct wv_config *before = work->before->config;
    const struct wv_config *after = work->after->config;
    for (size_t i = 0; i < after->output_count; i++) {
        const struct wv_output *is = &after->outputs[i];
        if (work->outputs[i] == WV_LOOSER_NEW) {
            looser_output(work, is, "is new: whoever reads it did not get these records");
            continue;
        }
        const struct wv_output *was = &before->outputs[work->outputs[i]];
        compare_shown(work, was, is);
        compare_seal(work, work->outputs[i], i);
        if (!work->start) {
            compare_use(work, was, is);
            compare_routing(work, was, is);
            if (work->before->legal->outputs[work->outputs[i]].needs_third_party &&
                !work->after->legal->outputs[i].needs_third_party) {
                looser_output(work, is, "would not need consent to disclosure to third parties");
            }
        }
        compare_transfers(work, i);
    }
    compare_reject_seal(work);
    if (!work->start) {
        compare_recipients(work);
    }
}
