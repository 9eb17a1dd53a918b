/*
 * counted.c — what a record adds to the counts of classes that were collected and disclosed.
 */
#include "engine/work.h"

/* Classes of which the output got anything: in fields, tokens, key or headers. */
static uint64_t shown_classes(const struct wv_writer *writer, const struct wv_result *result)
{
    uint64_t shown = writer->shown;
    for (size_t i = 0; i < writer->made_count; i++) {
        shown |= UINT64_C(1) << writer->made[i].class;
    }
    if (result->key.len > 0) { /* of whose address it is, or a text that was searched */
        shown |= UINT64_C(1) << (writer->config->key == WV_KEY_TOKEN ? WV_CLASS_CLIENT_IP
                                                                     : WV_CLASS_FREE_TEXT);
    }
    if (writer->config->headers.count > 0 && writer->worker->record->header_count > 0) {
        shown |= UINT64_C(1) << WV_CLASS_HEADER;
    }
    shown |= (uint64_t)(writer->client.country != 0) << WV_CLASS_GEO;
    shown |= (uint64_t)(writer->client.asn != 0 || writer->client.lists != 0) << WV_CLASS_ASN;
    return shown;
}

void wv_count_shown(struct wv_writer *writer, const struct wv_result *result)
{
    writer->worker->counts->shown[writer->output] =
        result->outcome == WV_PUBLISH ? shown_classes(writer, result) : 0;
}

/* What the record is, inside of all envelopes. */
static const struct wv_format *format_of(const struct wv_worker *worker)
{
    const struct wv_format *format = worker->layers[0].format;
    for (uint32_t i = 1; format->envelope && i < worker->layer_count; i++) {
        if (worker->layers[i].open && worker->layers[i].record) {
            format = worker->layers[i].format;
        }
    }
    return format;
}

void wv_count_record(struct wv_worker *worker, size_t first)
{
    const uint64_t ignored = UINT64_C(1) << WV_CLASS_NONE;
    const struct wv_settled *settled = &worker->settled;
    const struct wv_counted key = {.tenant = settled->tenant,
                                   .format = format_of(worker),
                                   .packs = settled->packs,
                                   .input = worker->record->input};
    struct wv_counted *group = wv_categories_group(worker->counts, &key);
    uint64_t present = 0;
    for (uint32_t i = 0; i < worker->field_count; i++) {
        present |= UINT64_C(1) << worker->fields[i].class;
    }
    for (size_t i = first; i < worker->result_count; i++) {
        const struct wv_result *result = &worker->results[i];
        if (result->output == UINT32_MAX) {
            continue;
        }
        struct wv_counted_output *output = &group->outputs[result->output];
        const uint64_t shown = worker->counts->shown[result->output];
        output->published += result->outcome == WV_PUBLISH;
        output->stubs += result->outcome == WV_STUB;
        output->withheld += result->outcome == WV_PUBLISH && result->withheld;
        wv_count_classes(output->disclosed, shown & ~ignored);
        present |= shown;
    }
    group->records++;
    wv_count_classes(group->collected, present & ~ignored);
}
