/*
 * chain.c — one value through the filters of its rule.
 *
 * All steps but the last write plain text into scratch; the last writes straight into the output
 * record, between the quotes, escaped. Where no step changed the value before it, the last one
 * keeps stretches in their raw spelling, so that what nobody replaced stays byte-identical.
 *
 * Where a chain can let text of the record through, one more step follows that no pack can leave
 * out: the search for the record's needles (filters/search.h).
 */
#include "engine/work.h"

#include "filters/needle.h"
#include "filters/search.h"
#include "json/text.h"

struct run {
    struct wv_writer *writer;
    wv_spelling_writer *escape; /* NULL: nothing is escaped */
    bool quoted;                /* the value is written with quotes around it */
    struct wv_value value;
    struct wv_slice raw;
    const uint32_t *map;
    uint8_t ran;    /* how many steps of it have run */
    uint16_t steps; /* what each of them did, two bits a step */
    bool changed;   /* value.text is not the record's any more */
    bool texts;     /* the record's texts are searched for in it, too */
};

_Static_assert(WV_ACTION_COUNT <= 4 && WV_STEPS_MAX <= 8, "two bits a step in 16");

static enum wv_action action_of(enum wv_verdict verdict)
{
    switch (verdict) {
    case WV_REPLACED:
        return WV_ACTION_REPLACED;
    case WV_REMOVED:
        return WV_ACTION_REMOVED;
    case WV_HARMLESS:
        return WV_ACTION_KEPT;
    case WV_FAILED:
        break;
    }
    return WV_ACTION_FAILED;
}

static unsigned needle_search(const struct wv_worker *worker, bool texts)
{
    return WV_SEARCH_NEEDLES | (worker->settled.search_all ? WV_SEARCH_ADDRESSES : 0U) |
           (texts ? WV_SEARCH_TEXTS : 0U);
}

/* One step; step NULL is the search for needles. */
static enum wv_verdict apply(struct run *run, const struct wv_step *step, struct wv_out *out)
{
    struct wv_worker *worker = run->writer->worker;
    struct wv_context *context = &run->writer->context;
    if (step == NULL || step->filter->residue != WV_RESIDUE_CLOSED) {
        wv_writer_mark(run->writer);
    }
    if (step == NULL) {
        const enum wv_verdict verdict =
            wv_search(needle_search(worker, run->texts), run->value.text, context, out);
        worker->tally.needles_found += verdict == WV_REPLACED;
        return verdict;
    }
    const enum wv_verdict verdict = step->filter->apply(step->settings, &run->value, context, out);
    const enum wv_action action = action_of(verdict);
    worker->tally.filters[step->index][action]++;
    run->steps |= (uint16_t)(action << 2 * run->ran++);
    return verdict;
}

/* A step that hands plain text on. */
static enum wv_verdict apply_middle(struct run *run, const struct wv_step *step)
{
    struct wv_scratch *scratch = &run->writer->worker->scratch;
    const size_t cap = 4 * run->value.text.len + 1024;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    if (memory == NULL) {
        return WV_FAILED;
    }
    struct wv_buf buf = wv_buf_of(memory, cap);
    struct wv_out out = wv_out_plain(&buf, run->value.text);
    const enum wv_verdict verdict = apply(run, step, &out);
    if (verdict == WV_REPLACED) {
        if (!wv_buf_take(&buf, &run->value.text)) {
            return WV_FAILED;
        }
        run->raw = (struct wv_slice){0};
        run->map = NULL;
        run->value.address = NULL;
        run->changed = true;
    }
    return verdict;
}

static void put_quote(const struct run *run)
{
    if (run->quoted) {
        wv_buf_byte(run->writer->buf, '"');
    }
}

/* The step that writes into the record. */
static enum wv_verdict apply_last(struct run *run, const struct wv_step *step)
{
    struct wv_buf *buf = run->writer->buf;
    const size_t mark = buf->len;
    put_quote(run);
    struct wv_out out = {
        .buf = buf,
        .text = run->value.text,
        .raw = run->raw,
        .map = run->map,
        .escape = run->escape,
    };
    const enum wv_verdict verdict = apply(run, step, &out);
    if (verdict == WV_REPLACED) {
        put_quote(run);
        return verdict;
    }
    wv_buf_rewind(buf, mark);
    if (verdict == WV_HARMLESS && run->changed) {
        put_quote(run);
        if (run->escape == NULL) {
            wv_buf_put(buf, run->value.text);
        } else {
            run->escape(buf, run->value.text);
        }
        put_quote(run);
        return WV_REPLACED;
    }
    return verdict;
}

/* Whether the search for needles must follow the chain. */
static bool needs_search(const struct wv_writer *writer, const struct wv_field *field,
                         const struct wv_rule *rule)
{
    const struct wv_worker *worker = writer->worker;
    const bool may_hold_texts = worker->needles.text_count > 0 && !writer->context.no_texts;
    const bool texts = may_hold_texts && wv_class_is_searched(field->class);
    if (field->class == WV_CLASS_CLIENT_IP || field->class == WV_CLASS_FORWARDED_IP ||
        (worker->needles.count == 0 && !worker->settled.search_all && !texts)) {
        return false;
    }
    return rule->steps[rule->step_count - 1].filter->residue == WV_RESIDUE_TEXT;
}

static enum wv_verdict run_string(struct run *run, const struct wv_field *field,
                                  const struct wv_rule *rule)
{
    const bool search = needs_search(run->writer, field, rule);
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const bool last = i + 1 == rule->step_count && !search;
        const enum wv_verdict verdict =
            last ? apply_last(run, &rule->steps[i]) : apply_middle(run, &rule->steps[i]);
        if (last || verdict == WV_FAILED || verdict == WV_REMOVED) {
            return verdict;
        }
    }
    return apply_last(run, NULL);
}

/* RFC 8259, section 6. */
static bool is_number(struct wv_slice text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-';
    size_t digits = 0;
    const bool zero = at + 1 < text.len && text.ptr[at] == '0' && text.ptr[at + 1] != '.';
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        digits++;
    }
    if (digits == 0 || zero) {
        return false;
    }
    if (at < text.len && text.ptr[at] == '.') {
        const size_t from = ++at;
        while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
            at++;
        }
        return at > from && at == text.len;
    }
    return at == text.len;
}

/* A number stays a number, becomes a string where its class allows it, or goes. */
static enum wv_verdict run_number(struct run *run, const struct wv_field *field,
                                  const struct wv_rule *rule)
{
    struct wv_buf *buf = run->writer->buf;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const enum wv_verdict verdict = apply_middle(run, &rule->steps[i]);
        if (verdict == WV_FAILED || verdict == WV_REMOVED) {
            return verdict;
        }
    }
    if (!run->changed) {
        return WV_HARMLESS;
    }
    if (is_number(run->value.text)) {
        wv_buf_put(buf, run->value.text);
        return WV_REPLACED;
    }
    if (!wv_class_number_to_text((enum wv_class)field->class)) {
        return WV_FAILED;
    }
    wv_buf_byte(buf, '"');
    wv_text_escape(buf, run->value.text);
    wv_buf_byte(buf, '"');
    return WV_REPLACED;
}

/* null says nothing, unless the header does that has it; true and false pass only where everything
 * does. */
static enum wv_verdict run_literal(struct wv_slice text, const struct wv_field *field,
                                   const struct wv_rule *rule)
{
    if (text.ptr[0] == 'n' && field->class != WV_CLASS_UNLISTED &&
        field->class != WV_CLASS_HEADER) {
        return WV_HARMLESS;
    }
    uint32_t rank = 0;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const uint32_t one = rule->steps[i].filter->rank;
        rank = one > rank ? one : rank;
    }
    if (rank == 0) {
        return WV_HARMLESS;
    }
    return rank == 100 ? WV_REMOVED : WV_FAILED;
}

/* Not for a header that no table names: its name is the client's text and would stay with it. */
static bool is_literal_of(const struct wv_format *format, const struct wv_field *field,
                          struct wv_slice text)
{
    const bool listed =
        field->class != WV_CLASS_UNLISTED || (field->place != NULL && field->place->inner != NULL);
    if (!listed || field->class == WV_CLASS_HEADER || field->keyed) {
        return false;
    }
    for (size_t i = 0; i < format->literal_count; i++) {
        if (wv_slice_eq(format->literals[i], text)) {
            return true;
        }
    }
    return false;
}

/* Decodes the value of a string field into scratch. False when it is too long. */
static bool decode(struct run *run, const struct wv_field *field)
{
    struct wv_worker *worker = run->writer->worker;
    const struct wv_slice raw = wv_field_raw(worker, field);
    run->raw = raw;
    run->value.text = raw;
    if (raw.len > worker->limits->value_bytes) {
        return false;
    }
    if (!field->escaped) {
        return true;
    }
    uint8_t *text = wv_scratch_take(&worker->scratch, raw.len);
    uint32_t *map = wv_scratch_take(&worker->scratch, (raw.len + 1) * sizeof *map);
    if (text == NULL || map == NULL) {
        return false;
    }
    const size_t len = field->kind == WV_STRING ? wv_text_unescape(raw, text, map)
                                                : wv_spelling_read(field->spelling, raw, text, map);
    run->value.text = (struct wv_slice){text, len};
    run->map = map;
    if (field->kind == WV_TEXT) {
        /* A backslash that ends a kept stretch would escape what is written behind it. */
        run->raw = (struct wv_slice){0};
        run->map = NULL;
    }
    return run->value.text.len != SIZE_MAX;
}

static enum wv_verdict run_rule(struct run *run, const struct wv_field *field,
                                const struct wv_rule *rule)
{
    if (field->kind == WV_LITERAL) {
        return run_literal(wv_slice_sub(run->writer->layer->text, field->start, field->end), field,
                           rule);
    }
    if (field->kind == WV_NUMBER) {
        run->value.text = wv_slice_sub(run->writer->layer->text, field->start, field->end);
        wv_writer_token(run->writer, field, rule, run->value.text);
        return run_number(run, field, rule);
    }
    if (!decode(run, field)) {
        return WV_FAILED;
    }
    if (is_literal_of(run->writer->layer->format, field, run->value.text)) {
        return WV_HARMLESS;
    }
    wv_writer_token(run->writer, field, rule, run->value.text);
    return run_string(run, field, rule);
}

static enum wv_action run_fresh(struct run *run, const struct wv_field *field,
                                const struct wv_rule *rule)
{
    struct wv_scratch *scratch = &run->writer->worker->scratch;
    const size_t mark = scratch->used;
    const enum wv_action action = action_of(run_rule(run, field, rule));
    wv_scratch_return(scratch, mark);
    if (action == WV_ACTION_FAILED && rule->reject_on_failure && run->writer->failed == NULL) {
        run->writer->failed = field;
    }
    return action;
}

/* Whether only words of our own can be in the answer, whatever the needles are. */
static bool is_closed(const struct wv_rule *rule)
{
    return rule->step_count == 1 && rule->steps[0].filter->residue == WV_RESIDUE_CLOSED;
}

/* Whether no needle could ever be found in the value. */
static bool is_free_of_addresses(struct run *run, const struct wv_field *field)
{
    struct wv_scratch *scratch = &run->writer->worker->scratch;
    const size_t mark = scratch->used;
    bool free = false;
    if (decode(run, field)) {
        const size_t cap = 4 * run->value.text.len + 256;
        uint8_t *memory = wv_scratch_take(scratch, cap);
        if (memory != NULL) {
            struct wv_buf buf = wv_buf_of(memory, cap);
            struct wv_out out = wv_out_plain(&buf, run->value.text);
            free = wv_search(WV_SEARCH_ADDRESSES | WV_SEARCH_ANY_ADDRESS, run->value.text,
                             &run->writer->context, &out) == WV_HARMLESS;
        }
    }
    wv_scratch_return(scratch, mark);
    return free;
}

static struct run run_of(struct wv_writer *writer, const struct wv_field *field)
{
    struct run run = {
        .writer = writer,
        .escape = field->kind == WV_TEXT ? wv_spelling_write(field->spelling) : wv_text_escape,
        .quoted = field->kind == WV_STRING,
        .value = {.name = field->name},
        .texts = wv_class_is_searched(field->class),
    };
    if (field->needle != WV_NO_NEEDLE) {
        run.value.address = &writer->worker->needles.items[field->needle].address;
    }
    return run;
}

/* Makes the answer of a steady rule, and remembers it where it can be. */
static enum wv_action learn(struct wv_writer *writer, const struct wv_field *field,
                            const struct wv_rule *rule, const struct wv_memo_key *key,
                            uint64_t hash)
{
    struct run run = run_of(writer, field);
    struct wv_buf *buf = writer->buf;
    const size_t from = buf->len;
    const uint32_t told = writer->worker->learning.told;
    const uint32_t sensitive = writer->context.sensitive;
    struct wv_memo_answer answer = {.action = run_fresh(&run, field, rule)};
    if (answer.action != WV_ACTION_FAILED && !buf->overflowed &&
        told == writer->worker->learning.told &&  /* or nobody would learn from it again … */
        sensitive == writer->context.sensitive && /* … or see what was in it */
        (is_closed(rule) || is_free_of_addresses(&run, field))) {
        answer.ran = run.ran;
        answer.steps = run.steps;
        answer.spelled = (struct wv_slice){buf->mem + from, buf->len - from};
        wv_memo_put(writer->worker->memo, key, hash, &answer);
    }
    return answer.action;
}

/* The answer of a steady rule: mostly the remembered one. */
static enum wv_action run_steady(struct wv_writer *writer, const struct wv_field *field,
                                 const struct wv_rule *rule)
{
    struct wv_worker *worker = writer->worker;
    const struct wv_memo_key key = {
        .rule = rule,
        .tenant = worker->settled.tenant,
        .format = writer->layer->format,
        .detectors = writer->context.detectors,
        .spelling = field->spelling,
        .placeholders = (uint8_t)writer->config->placeholders,
        .name = field->name,
        .raw = wv_field_raw(worker, field),
    };
    uint64_t hash;
    struct wv_memo_answer answer;
    if (!wv_memo_find(worker->memo, &key, &hash, &answer)) {
        return learn(writer, field, rule, &key, hash);
    }
    for (uint32_t i = 0; i < answer.ran; i++) {
        worker->tally.filters[rule->steps[i].index][answer.steps >> 2 * i & 3]++;
    }
    wv_buf_put(writer->buf, answer.spelled);
    return answer.action;
}

/* Whether an answer may be remembered at all: not where it depends on the record. */
static bool is_memorable(const struct wv_writer *writer, const struct wv_field *field,
                         const struct wv_rule *rule)
{
    const struct wv_worker *worker = writer->worker;
    if (worker->needles.text_count > 0 && !writer->context.no_texts && !is_closed(rule) &&
        wv_class_is_searched(field->class)) {
        return false;
    }
    return rule->steady && wv_field_is_text(field) && !field->keyed &&
           field->end - field->start <= WV_MEMO_RAW_MAX + 2 && field->name.len <= WV_MEMO_NAME_MAX;
}

static bool never_sensitive(const struct wv_writer *writer)
{
    const struct wv_tenant *tenant = writer->worker->settled.tenant;
    return tenant != NULL && tenant->never_sensitive;
}

enum wv_action wv_chain(struct wv_writer *writer, const struct wv_field *field,
                        const struct wv_rule *rule)
{
    struct wv_context *context = &writer->context;
    context->no_texts = wv_field_is_text(field) && wv_class_is_searched(field->class) &&
                        !is_closed(rule) &&
                        !wv_texts_may_be_in(context, wv_field_raw(writer->worker, field));
    const size_t from = writer->buf->len;
    const uint32_t sensitive = context->sensitive;
    enum wv_action action;
    if (is_memorable(writer, field, rule)) {
        action = run_steady(writer, field, rule);
    } else {
        struct run run = run_of(writer, field);
        action = run_fresh(&run, field, rule);
    }
    context->no_texts = false;
    if (wv_unlikely(sensitive != context->sensitive) && never_sensitive(writer)) {
        wv_buf_rewind(writer->buf, from);
        writer->worker->tally.sensitive[writer->output]++;
        return WV_ACTION_REMOVED;
    }
    return action;
}
