/*
 * recognise.c — with which format a layer is read: the one that the input names, or the one that it
 * turns out to have.
 *
 * Where nothing is named, the format that the record before had is tried first: it costs nothing
 * but the walk that is needed anyway, and holds only if the record meets the format's own tests,
 * says no other word at their places, and has no key by which another format is known. Otherwise a
 * walk for the tests of all formats (plan/formats.c) says which to try. So the answer does not
 * depend on the records before.
 */
#include "engine/recognise.h"

struct wv_before wv_before(const struct wv_worker *worker)
{
    struct wv_before before = {
        .fields = worker->field_count,
        .layers = worker->layer_count,
        .labels = worker->label_count,
        .kept = worker->kept.used,
        .gathered = worker->gathered_count,
        .more_labels = worker->more_labels,
    };
    memcpy(before.roles, worker->roles, sizeof before.roles);
    memcpy(before.ambiguous, worker->ambiguous, sizeof before.ambiguous);
    return before;
}

void wv_back_to(struct wv_worker *worker, const struct wv_before *before)
{
    worker->field_count = before->fields;
    worker->layer_count = before->layers;
    worker->label_count = before->labels;
    worker->gathered_count = before->gathered;
    wv_scratch_return(&worker->kept, before->kept);
    worker->more_labels = before->more_labels;
    memcpy(worker->roles, before->roles, sizeof worker->roles);
    memcpy(worker->ambiguous, before->ambiguous, sizeof worker->ambiguous);
    memset(&worker->marks, 0, sizeof worker->marks);
}

/* A record in text is one line; only what runs to the end of one in CEF has line breaks. Lines of a
 * message were parted before. */
static bool has_lines_behind(const struct wv_layer *layer, const struct wv_format *format)
{
    if (layer->field == WV_NOWHERE || !layer->record || format->syntax == NULL ||
        format->envelope || format->syntax == &wv_syntax_cef) {
        return false;
    }
    size_t len = layer->text.len;
    while (len > 0 && (layer->text.ptr[len - 1] == '\n' || layer->text.ptr[len - 1] == '\r')) {
        len--;
    }
    return len > 0 && (memchr(layer->text.ptr, '\n', len) != NULL ||
                       memchr(layer->text.ptr, '\r', len) != NULL);
}

enum wv_reason wv_read_as(struct wv_worker *worker, uint32_t number, const struct wv_format *format,
                          bool fleeting)
{
    struct wv_layer *layer = &worker->layers[number];
    layer->format = format;
    layer->first = worker->field_count;
    worker->layer = (uint8_t)number;
    worker->text = layer->text;
    worker->format = format;
    worker->foreign = false;
    worker->misfit = false;
    worker->fleeting = fleeting || format->batch;
    memset(&worker->marks, 0, sizeof worker->marks);
    if (has_lines_behind(layer, format)) {
        layer->end = worker->field_count;
        worker->fleeting = false;
        return WV_REASON_UNDETECTED;
    }
    const enum wv_reason reason =
        format->syntax == NULL ? wv_find(worker, layer) : wv_find_text(worker, layer);
    layer->end = worker->field_count;
    worker->fleeting = false;
    return reason;
}

bool wv_is_alone(const struct wv_worker *worker, const struct wv_layer *layer)
{
    bool alone = true;
    while (alone && layer->field != WV_NOWHERE) {
        layer = &worker->layers[worker->fields[layer->field].layer];
        alone = layer->format->envelope;
    }
    return alone;
}

/* Whether text that stood around the layer, or in it, was no UTF-8. */
static bool is_repaired(const struct wv_worker *worker, const struct wv_layer *layer)
{
    while (!layer->repaired && layer->field != WV_NOWHERE) {
        layer = &worker->layers[worker->fields[layer->field].layer];
    }
    return layer->repaired;
}

/* The layer has been read with its format. */
static enum wv_reason accept(struct wv_worker *worker, uint32_t number)
{
    struct wv_layer *layer = &worker->layers[number];
    const struct wv_format *format = layer->format;
    const bool skips = wv_alternatives_hold(&format->skip, &worker->marks);
    if ((skips || format->batch) && !wv_is_alone(worker, layer)) {
        return WV_REASON_UNDETECTED;
    }
    if (format->reject_invalid_utf8 && is_repaired(worker, layer)) {
        worker->walk.at = 0;
        return WV_REASON_UTF8;
    }
    layer->open = true;
    worker->last_formats[layer->nesting] = format;
    if (skips) {
        worker->found = WV_FOUND_NOTHING;
    } else if (format->batch && number == 0) {
        worker->found = WV_FOUND_BATCH;
    } else if (format->batch) {
        worker->found = WV_FOUND_PACKED;
        worker->packed = layer->text;
    }
    return WV_REASON_NONE;
}

bool wv_is_json(struct wv_slice text)
{
    size_t at = 0;
    while (at < text.len && memchr(" \t\r\n", text.ptr[at], 4) != NULL) {
        at++;
    }
    return at < text.len && text.ptr[at] == '{';
}

/* Tries formats of JSON whose tests the record meets. */
static enum wv_reason detect_json(struct wv_worker *worker, uint32_t number, bool envelopes)
{
    const struct wv_format_detector *detector = &worker->plan->detector;
    const struct wv_before before = wv_before(worker);
    const enum wv_reason reason = wv_read_as(worker, number, detector->format, true);
    const struct wv_marks met = worker->marks;
    wv_back_to(worker, &before);
    if (reason != WV_REASON_NONE && reason != WV_REASON_TOO_DEEP &&
        reason != WV_REASON_TOO_MANY_FIELDS) {
        return reason;
    }
    for (size_t i = 0; i < detector->candidate_count; i++) {
        const struct wv_candidate *candidate = &detector->candidates[i];
        if ((envelopes && !candidate->format->envelope) ||
            !wv_alternatives_hold(&candidate->detect, &met)) {
            continue;
        }
        const enum wv_reason tried = wv_read_as(worker, number, candidate->format, false);
        if (tried != WV_REASON_NONE) {
            return tried;
        }
        if (candidate->format->envelope ||
            wv_alternatives_hold(&candidate->format->detect, &worker->marks)) {
            return accept(worker, number);
        }
        wv_back_to(worker, &before);
    }
    return reason == WV_REASON_NONE ? WV_REASON_UNDETECTED : reason;
}

static enum wv_reason detect_text(struct wv_worker *worker, uint32_t number, bool envelopes)
{
    const struct wv_format_detector *detector = &worker->plan->detector;
    const struct wv_before before = wv_before(worker);
    const bool cef = wv_slice_starts(worker->layers[number].text, WV_LIT("CEF:"));
    for (size_t i = 0; i < detector->text_count; i++) {
        const struct wv_format *format = detector->texts[i];
        if ((envelopes && !format->envelope) || (cef && format->syntax != &wv_syntax_cef)) {
            continue;
        }
        if (wv_read_as(worker, number, format, false) == WV_REASON_NONE &&
            wv_alternatives_hold(&format->detect, &worker->marks)) {
            return accept(worker, number);
        }
        wv_back_to(worker, &before);
    }
    return WV_REASON_UNDETECTED;
}

static enum wv_reason detect(struct wv_worker *worker, uint32_t number, bool envelopes)
{
    return wv_is_json(worker->layers[number].text) ? detect_json(worker, number, envelopes)
                                                   : detect_text(worker, number, envelopes);
}

/* The format that the last record of this nesting had. */
static bool read_as_before(struct wv_worker *worker, uint32_t number)
{
    const struct wv_layer *layer = &worker->layers[number];
    const struct wv_format *last = worker->last_formats[layer->nesting];
    const struct wv_before before = wv_before(worker);
    if (last == NULL || last->envelope || last->syntax != NULL || !wv_is_json(layer->text)) {
        return false; /* of a line only the order in which formats are tried tells which it is */
    }
    worker->detecting = true;
    const enum wv_reason reason = wv_read_as(worker, number, last, false);
    worker->detecting = false;
    if (reason == WV_REASON_NONE && !worker->foreign &&
        wv_alternatives_hold(&last->detect, &worker->marks)) {
        return true;
    }
    wv_back_to(worker, &before);
    return false;
}

/* A line in an envelope, or of the format. Its columns have nothing but their position, so a line
 * that does not meet the tests is not read as one. */
static enum wv_reason read_named_text(struct wv_worker *worker, uint32_t number,
                                      const struct wv_format *format)
{
    const struct wv_before before = wv_before(worker);
    if (!format->envelope && detect(worker, number, true) == WV_REASON_NONE) {
        return WV_REASON_NONE;
    }
    wv_back_to(worker, &before);
    const enum wv_reason reason = wv_read_as(worker, number, format, false);
    if (reason != WV_REASON_NONE) {
        return reason == WV_REASON_SYNTAX ? WV_REASON_UNDETECTED : reason;
    }
    const bool met =
        format->detect.count == 0 || wv_alternatives_hold(&format->detect, &worker->marks);
    return met ? accept(worker, number) : WV_REASON_UNDETECTED;
}

/* The input names the format: that, or an envelope around records of it. */
static enum wv_reason read_named(struct wv_worker *worker, uint32_t number,
                                 const struct wv_format *format)
{
    const struct wv_before before = wv_before(worker);
    enum wv_reason reason = WV_REASON_SYNTAX;
    bool met = false;
    if (format->syntax != NULL) {
        return read_named_text(worker, number, format);
    }
    if (format->detect.count > 0) {
        reason = wv_read_as(worker, number, format, false);
        met = wv_alternatives_hold(&format->detect, &worker->marks);
        if ((reason == WV_REASON_NONE && met) || reason == WV_REASON_TOO_DEEP ||
            reason == WV_REASON_TOO_MANY_FIELDS) {
            return reason == WV_REASON_NONE ? accept(worker, number) : reason;
        }
        wv_back_to(worker, &before);
    }
    if (detect(worker, number, true) == WV_REASON_NONE) {
        return WV_REASON_NONE;
    }
    wv_back_to(worker, &before);
    reason = wv_read_as(worker, number, format, false);
    return reason == WV_REASON_NONE ? accept(worker, number) : reason;
}

/* Whether a layer is what the input's format describes: not what stands inside of such a record. */
static bool is_named(const struct wv_worker *worker, uint32_t number, const struct wv_format *named)
{
    if (named == NULL || (named->envelope && worker->enveloped)) {
        return false; /* what an envelope is around is to be found out */
    }
    if (named->envelope && named->syntax == NULL && named->detect.count > 0) {
        return false; /* it is found out, too: its tests are about what is in it */
    }
    const struct wv_layer *layer = &worker->layers[number];
    return number == 0 || worker->layers[worker->fields[layer->field].layer].format != named;
}

enum wv_reason wv_read_record(struct wv_worker *worker, uint32_t number)
{
    const struct wv_format *named = worker->plan->inputs[worker->record->input].format;
    if (is_named(worker, number, named)) {
        return read_named(worker, number, named);
    }
    if (read_as_before(worker, number)) {
        return accept(worker, number);
    }
    return detect(worker, number, false);
}

enum wv_reason wv_read_unknown(struct wv_worker *worker, uint32_t number)
{
    static const struct wv_place root = {.path = ""};
    static const struct wv_format unknown = {.name = "unknown", .root = &root};
    worker->layers[number].open = true;
    return wv_read_as(worker, number, &unknown, false);
}

bool wv_is_known_line(struct wv_worker *worker, struct wv_slice line)
{
    wv_find_reset(worker);
    worker->layer_count = 1;
    worker->layers[0] = (struct wv_layer){.text = line, .origin = line, .field = WV_NOWHERE};
    return line.len > 0 && detect_text(worker, 0, false) == WV_REASON_NONE;
}
