/* legal_json.c — the matrix for programs. */
#include "app/legal.h"

#include "app/legal_topics.h"
#include "plan/recipients.h"
#include "plan/sealing.h"

#include <jansson.h>

static json_t *text_or_null(struct wv_slice text)
{
    return text.len == 0 ? json_null() : json_stringn((const char *)text.ptr, text.len);
}

static json_t *word_or_null(const char *word)
{
    return word == NULL || word[0] == '\0' ? json_null() : json_string(word);
}

static json_t *day_or_null(int32_t day)
{
    char text[WV_DAY_TEXT];
    wv_law_day_format(day, text);
    return word_or_null(text);
}

static json_t *cell_json(const struct wv_legal_page *page, size_t output, size_t pack)
{
    const struct wv_legal_cell cell = wv_legal_cell(page, output, pack);
    const struct wv_transfer *transfer = &cell.transfer;
    const struct wv_slice none = {0};
    return json_pack(
        "{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "region",
        wv_plan_pack(page->plan, pack).name, "allowed", transfer->allowed, "route",
        word_or_null(transfer->route), "until", word_or_null(cell.until), "allowed_from",
        word_or_null(cell.from), "country", text_or_null(transfer->country), "mechanism",
        text_or_null(transfer->by == NULL ? none : transfer->by->name), "document",
        text_or_null(transfer->by == NULL ? none : transfer->by->document), "source",
        text_or_null(transfer->row == NULL ? none : transfer->row->source), "note",
        text_or_null(transfer->row == NULL ? none : transfer->row->note), "reason",
        transfer->allowed ? json_null() : json_string(wv_transfer_word(transfer->reason)),
        "requirement",
        transfer->allowed ? json_null() : json_string(wv_transfer_requirement(transfer->reason)));
}

static json_t *recipient_json(const struct wv_recipient *recipient)
{
    if (recipient == NULL) {
        return json_null();
    }
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        (const char *)recipient->name.ptr, "kind", wv_recipient_kind_word(recipient->kind), "role",
        wv_recipient_role_word(recipient->role), "country", (const char *)recipient->country.ptr,
        "contract", text_or_null(recipient->contract), "memorandum",
        text_or_null(recipient->memorandum), "instruction", text_or_null(recipient->instruction),
        "eligible", day_or_null(recipient->eligible_day), "checklist",
        text_or_null(recipient->checklist), "approver", text_or_null(recipient->approver), "audit",
        day_or_null(recipient->audit_day), "audit_type",
        word_or_null(recipient->audit_day == WV_DAY_FIRST
                         ? NULL
                         : wv_recipient_audit_word(recipient->audit_type)),
        "training", day_or_null(recipient->training_day), "valid_from",
        day_or_null(recipient->days.from), "valid_until", day_or_null(recipient->days.until));
}

static json_t *output_json(const struct wv_legal_page *page, size_t index)
{
    const struct wv_output *output = &wv_plan_config(page->plan)->outputs[index];
    json_t *regions = json_array();
    for (size_t pack = 0; pack < wv_plan_packs(page->plan); pack++) {
        if (wv_legal_is_region(page->plan, pack)) {
            (void)json_array_append_new(regions, cell_json(page, index, pack));
        }
    }
    uint8_t memory[1024];
    struct wv_buf sealed = wv_buf_of(memory, sizeof memory);
    wv_seal_describe(page->plan, index, &sealed);
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "output", (const char *)output->name.ptr,
        "topic", text_or_null(output->topic), "purpose", wv_purpose_words[output->purpose], "basis",
        wv_basis_words[output->basis], "country", text_or_null(output->country), "recipient",
        recipient_json(wv_plan_legal(page->plan)->outputs[index].recipient), "sealed",
        text_or_null((struct wv_slice){memory, sealed.len}), "regions", regions);
}

static json_t *findings_json(const struct wv_legal_page *page)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < wv_report_count(page->report); i++) {
        const struct wv_finding *finding = wv_report_at(page->report, i);
        if (wv_legal_requirement(finding) != NULL) {
            (void)json_array_append_new(
                findings, json_pack("{s:s, s:s*, s:s}", "severity",
                                    finding->severity == WV_ERROR ? "error" : "warning", "at",
                                    finding->pointer, "text", finding->text));
        }
    }
    return findings;
}

bool wv_legal_json(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    json_t *outputs = json_array();
    for (size_t i = 0; i < config->output_count; i++) {
        (void)json_array_append_new(outputs, output_json(page, i));
    }
    json_t *topics = page->topics == NULL
                         ? NULL
                         : wv_legal_topics_json(page->plan, page->topics, page->topic_count);
    json_t *root =
        json_pack("{s:o, s:s, s:o, s:o, s:o*, s:o}", "day", day_or_null(page->day), "plan",
                  wv_plan_version(page->plan), "runs_in", text_or_null(config->instance_country),
                  "outputs", outputs, "topics", topics, "findings", findings_json(page));
    const bool good = root != NULL && json_dumpf(root, stream, JSON_INDENT(2)) == 0;
    json_decref(root);
    (void)fputc('\n', stream);
    return good;
}
