/*
 * audit_text.c — the words of audit records.
 */
#include "runtime/audit_text.h"

#include "json/text.h"
#include "keys/ledger_bytes.h"
#include "plan/recipients.h"
#include "plan/sealing.h"
#include "plan/tables.h"

#include <stdio.h>

static void put_name(struct wv_buf *out, const char *name)
{
    const bool first = out->len == 0 || out->mem[out->len - 1] == '{';
    wv_buf_put(out, first ? WV_LIT("\"") : WV_LIT(",\""));
    wv_buf_put(out, wv_slice_of(name));
    wv_buf_put(out, WV_LIT("\":"));
}

static void put_text(struct wv_buf *out, struct wv_slice text)
{
    wv_buf_byte(out, '"');
    wv_text_escape(out, text);
    wv_buf_byte(out, '"');
}

static void put_word(struct wv_buf *out, const char *name, struct wv_slice word)
{
    put_name(out, name);
    put_text(out, word);
}

static void put_number(struct wv_buf *out, const char *name, uint64_t number)
{
    put_name(out, name);
    wv_buf_uint(out, number);
}

static void put_time(struct wv_buf *out, const char *name, int64_t time_ms)
{
    char text[WV_CLOCK_TEXT];
    wv_clock_text(time_ms, text);
    put_word(out, name, wv_slice_of(text));
}

void wv_audit_put_head(struct wv_buf *out, const struct wv_config *config,
                       const struct wv_ledger *ledger, int64_t time_ms, const char *event)
{
    wv_buf_byte(out, '{');
    put_number(out, "v", 1);
    put_word(out, "instance", config->instance);
    put_word(out, "chain", wv_slice_of(ledger->id));
    put_number(out, "seq", ledger->seq);
    put_time(out, "time", time_ms);
    put_word(out, "event", wv_slice_of(event));
}

void wv_audit_put_fields(struct wv_buf *out, const struct wv_log_field *fields)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (fields->is_number) {
            char text[24];
            (void)snprintf(text, sizeof text, "%lld", (long long)fields->number);
            put_name(out, fields->name);
            wv_buf_put(out, wv_slice_of(text));
        } else {
            put_word(out, fields->name, fields->word);
        }
    }
}

static void put_day(struct wv_buf *out, const char *name, int64_t day)
{
    char text[WV_DAY_TEXT];
    wv_law_day_format((int32_t)day, text);
    put_word(out, name, wv_slice_of(text));
}

static void put_document(struct wv_buf *out, const struct wv_document *document)
{
    char hash[WV_LEDGER_HASH + 1];
    wv_ledger_hash(wv_document_text(document), hash);
    wv_buf_put(out, out->mem[out->len - 1] == '[' ? WV_LIT("{") : WV_LIT(",{"));
    put_word(out, "document", wv_slice_of(wv_document_name(document)));
    put_word(out, "sha256", wv_slice_of(hash));
    wv_buf_byte(out, '}');
}

/* The configuration, and what it names; what is built in goes with the version of the program. */
static void put_documents(struct wv_buf *out, const struct wv_plan *plan)
{
    const struct wv_config *config = wv_plan_config(plan);
    put_name(out, "documents");
    wv_buf_byte(out, '[');
    put_document(out, config->document);
    for (size_t i = 0; i < plan->document_count; i++) {
        const char *name = wv_document_name(plan->documents[i]);
        if (strchr(name, '/') != NULL || strchr(name, '.') != NULL) {
            put_document(out, plan->documents[i]);
        }
    }
    wv_buf_byte(out, ']');
}

static void put_certificate(struct wv_buf *out, const struct wv_seal_certificate *certificate)
{
    const struct wv_seal_facts *facts = wv_seal_certificate_facts(certificate);
    wv_buf_byte(out, '{');
    put_word(out, "subject", wv_slice_of(facts->subject));
    put_word(out, "certificate", wv_slice_of(facts->sha256));
    put_word(out, "key", wv_slice_of(facts->key));
    put_day(out, "until", wv_epoch_day(facts->until_s));
}

/* For whom an output seals originals; with the digest of the key, which `wafveil reveal` records,
 * too. */
static void put_seal(struct wv_buf *out, const struct wv_plan *plan, size_t index)
{
    const struct wv_seal_config *seal = &wv_plan_config(plan)->outputs[index].seal;
    if (wv_plan_seal(plan, index) == NULL) {
        return;
    }
    put_name(out, "seal");
    put_certificate(out, wv_plan_seal(plan, index));
    put_number(out, "days", seal->days);
    put_name(out, "classes");
    wv_buf_byte(out, '[');
    for (uint64_t left = seal->classes; left != 0; left &= left - 1) {
        wv_buf_put(out, left == seal->classes ? WV_LIT("") : WV_LIT(","));
        put_text(out, wv_slice_of(wv_class_word((enum wv_class)__builtin_ctzll(left))));
    }
    wv_buf_put(out, WV_LIT("]}"));
}

static void put_outputs(struct wv_buf *out, const struct wv_plan *plan)
{
    const struct wv_config *config = wv_plan_config(plan);
    put_name(out, "outputs");
    wv_buf_byte(out, '[');
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        wv_buf_put(out, i > 0 ? WV_LIT(",{") : WV_LIT("{"));
        put_word(out, "output", output->name);
        put_word(out, "topic", output->topic);
        put_word(out, "purpose", wv_slice_of(wv_purpose_words[output->purpose]));
        put_word(out, "basis", wv_slice_of(wv_basis_words[output->basis]));
        put_word(out, "recipient", output->recipient);
        if (output->reason.len > 0) {
            put_word(out, "reason", output->reason);
        }
        put_seal(out, plan, i);
        wv_buf_byte(out, '}');
    }
    wv_buf_byte(out, ']');
}

void wv_audit_put_plan(struct wv_buf *out, const struct wv_plan *plan)
{
    put_word(out, "plan", wv_slice_of(wv_plan_version(plan)));
    put_word(out, "fingerprint", wv_slice_of(wv_plan_fingerprint(plan)));
    put_documents(out, plan);
    put_outputs(out, plan);
    if (wv_plan_reject_seal(plan) != NULL) {
        put_name(out, "rejects_seal");
        put_certificate(out, wv_plan_reject_seal(plan));
        wv_buf_byte(out, '}');
    }
    put_name(out, "packs");
    wv_buf_byte(out, '[');
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        wv_buf_put(out, i > 0 ? WV_LIT(",{") : WV_LIT("{"));
        put_word(out, "pack", wv_slice_of(pack.version));
        put_word(out, "edition", wv_slice_of(pack.edition));
        if (pack.effective > WV_EFFECTIVE_ALWAYS) {
            put_day(out, "effective", pack.effective);
        }
        if (pack.unreviewed) {
            put_name(out, "unreviewed");
            wv_buf_put(out, wv_plan_pack_used(plan, i) ? WV_LIT("\"used\"") : WV_LIT("\"unused\""));
        }
        wv_buf_byte(out, '}');
    }
    wv_buf_byte(out, ']');
}

void wv_audit_put_window(struct wv_buf *out, const struct wv_plan *plan, const int64_t times[2],
                         uint64_t unread)
{
    put_word(out, "plan", wv_slice_of(wv_plan_version(plan)));
    put_time(out, "from", times[0]);
    put_time(out, "until", times[1]);
    put_number(out, "unread", unread);
}

static void put_classes(struct wv_buf *out, const char *name, const uint64_t counts[WV_CLASS_COUNT])
{
    put_name(out, name);
    wv_buf_byte(out, '{');
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        if (counts[i] > 0) {
            put_number(out, wv_class_word((enum wv_class)i), counts[i]);
        }
    }
    wv_buf_byte(out, '}');
}

/* Who reads the output, under which kind of agreement. */
static void put_recipient(struct wv_buf *out, const struct wv_plan *plan, size_t index)
{
    const struct wv_output *output = &wv_plan_config(plan)->outputs[index];
    const struct wv_recipient *recipient = wv_plan_legal(plan)->outputs[index].recipient;
    put_word(out, "output", output->name);
    put_word(out, "purpose", wv_slice_of(wv_purpose_words[output->purpose]));
    put_word(out, "basis", wv_slice_of(wv_basis_words[output->basis]));
    put_word(out, "recipient", output->recipient.len > 0 ? output->recipient : WV_LIT("own"));
    put_word(out, "kind",
             wv_slice_of(recipient == NULL ? "own" : wv_recipient_kind_word(recipient->kind)));
    put_word(out, "country", recipient == NULL ? output->country : recipient->country);
}

static void put_regions(struct wv_buf *out, const struct wv_plan *plan,
                        const struct wv_counted *group)
{
    put_name(out, "regions");
    wv_buf_byte(out, '[');
    if (group->other) {
        wv_buf_put(out, WV_LIT("\"*\""));
    }
    for (uint64_t packs = group->packs; packs != 0; packs &= packs - 1) {
        const struct wv_pack_info pack = wv_plan_pack(plan, (size_t)__builtin_ctzll(packs));
        wv_buf_put(out, packs == group->packs ? WV_LIT("") : WV_LIT(","));
        put_text(out, wv_slice_of(pack.version));
    }
    wv_buf_byte(out, ']');
}

static bool was_given(const struct wv_counted_output *output)
{
    return output->published > 0 || output->stubs > 0;
}

void wv_audit_put_group(struct wv_buf *out, const struct wv_plan *plan,
                        const struct wv_counted *group)
{
    const struct wv_config *config = wv_plan_config(plan);
    const struct wv_slice unknown = group->other ? WV_LIT("*") : WV_LIT("unknown");
    wv_buf_byte(out, '{');
    put_word(out, "tenant", group->tenant == NULL ? unknown : group->tenant->name);
    put_regions(out, plan, group);
    put_word(out, "input", group->other ? WV_LIT("*") : config->inputs[group->input].topic);
    put_word(out, "format", wv_slice_of(wv_counted_format(group)));
    put_number(out, "records", group->records);
    put_classes(out, "collected", group->collected);
    put_name(out, "outputs");
    wv_buf_byte(out, '[');
    bool first = true;
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_counted_output *output = &group->outputs[i];
        if (was_given(output)) {
            wv_buf_put(out, first ? WV_LIT("{") : WV_LIT(",{"));
            put_recipient(out, plan, i);
            put_number(out, "published", output->published);
            put_number(out, "stubs", output->stubs);
            put_number(out, "withheld", output->withheld);
            put_classes(out, "disclosed", output->disclosed);
            wv_buf_byte(out, '}');
            first = false;
        }
    }
    wv_buf_put(out, WV_LIT("]}"));
}
