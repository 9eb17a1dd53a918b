/*
 * envelope.c — what goes beside the value: Kafka key, headers, time.
 *
 * They are personal data until a rule says otherwise. Everything made here lives in the worker's
 * block of output memory, as long as the results do.
 */
#include "engine/work.h"

#include "filters/search.h"
#include "filters/timestamp.h"
#include "json/utf8.h"

/* Lists with names of at most 32 bytes, and less than 100 beside them. */
enum { CLIENT_MAX = 2048 };

int64_t wv_coarse_time(const struct wv_writer *writer, int64_t time_ms)
{
    const struct wv_rule *rule = wv_pick(writer, WV_CLASS_TIMESTAMP);
    if (time_ms < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct wv_filter *filter = rule->steps[i].filter;
        if (wv_timestamp_is(filter)) {
            const uint32_t seconds = wv_timestamp_seconds(rule->steps[i].settings);
            time_ms = wv_timestamp_floor(time_ms, seconds);
        } else if (filter->rank != 0) {
            return -1;
        }
    }
    return time_ms;
}

/* count bytes that live as long as the results; NULL when the block is full. */
static uint8_t *keep_bytes(struct wv_worker *worker, size_t count)
{
    struct wv_block *block = worker->block;
    if (count > block->cap - block->used) {
        return NULL;
    }
    uint8_t *bytes = block->bytes + block->used;
    block->used += count;
    return bytes;
}

static struct wv_slice keep_copy(struct wv_worker *worker, struct wv_slice text)
{
    uint8_t *bytes = keep_bytes(worker, text.len);
    if (bytes == NULL || text.len == 0) {
        return (struct wv_slice){0};
    }
    memcpy(bytes, text.ptr, text.len);
    return (struct wv_slice){bytes, text.len};
}

/* Searches text for personal data. False: it may not be passed on. */
static bool scrub(struct wv_writer *writer, struct wv_slice text, struct wv_slice *out)
{
    struct wv_scratch *scratch = &writer->worker->scratch;
    const size_t mark = scratch->used;
    const size_t cap = 4 * text.len + 256;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    bool good =
        memory != NULL && text.len <= writer->worker->limits->value_bytes && wv_utf8_valid(text);
    if (good) {
        struct wv_buf buf = wv_buf_of(memory, cap);
        struct wv_out plain = wv_out_plain(&buf, text);
        wv_writer_mark(writer);
        const uint32_t sensitive = writer->context.sensitive;
        const enum wv_verdict verdict = wv_search(WV_SEARCH_ALL, text, &writer->context, &plain);
        const struct wv_tenant *tenant = writer->worker->settled.tenant;
        const bool unwanted =
            sensitive != writer->context.sensitive && tenant != NULL && tenant->never_sensitive;
        writer->worker->tally.sensitive[writer->output] += unwanted;
        good = !unwanted &&
               (verdict == WV_HARMLESS || (verdict == WV_REPLACED && wv_buf_take(&buf, &text)));
        *out = good ? keep_copy(writer->worker, text) : (struct wv_slice){0};
    }
    wv_scratch_return(scratch, mark);
    return good;
}

/* The key as a token, so that one client's records stay in one partition, in order. A pack that
 * makes no token of the client's address makes none of the key. */
static struct wv_slice key_token(struct wv_writer *writer, struct wv_slice key)
{
    struct wv_worker *worker = writer->worker;
    const struct wv_rule *client = wv_pick(writer, WV_CLASS_CLIENT_IP);
    if (client->token == WV_KIND_NONE || writer->context.key.domain.len == 0) {
        return (struct wv_slice){0};
    }
    const size_t mark = worker->scratch.used;
    uint8_t *canonical = wv_scratch_take(&worker->scratch, key.len + WV_ADDRESS_CANONICAL_MAX);
    struct wv_token_key under = writer->context.key;
    struct wv_address address;
    struct wv_token token;
    struct wv_slice out = {0};
    under.days = client->token_days;
    if (canonical != NULL && key.len <= worker->limits->value_bytes) {
        const bool is_address = wv_address_parse(key, &address) == WV_ADDRESS_VALID;
        under.kind = is_address ? WV_KIND_IP : WV_KIND_TEXT;
        const struct wv_slice value = is_address ? wv_address_canonical(&address, canonical)
                                                 : wv_canonical_text(WV_KIND_TEXT, key, canonical);
        if (wv_tokens_make(worker->tokens, &under, value, &token)) {
            out = keep_copy(worker, wv_token_slice(&token));
        }
    }
    wv_scratch_return(&worker->scratch, mark);
    return out;
}

/* Whether the output and its purpose let anything of the class be there at all. */
static bool may_have(const struct wv_writer *writer, enum wv_class class)
{
    const struct wv_legal *legal = writer->worker->plan->legal;
    return (legal->outputs[writer->output].classes >> class & 1) != 0 &&
           legal->law->purposes[writer->config->purpose].no_classes[class] == NULL;
}

static struct wv_slice make_key(struct wv_writer *writer)
{
    const struct wv_slice key = writer->worker->record->key;
    struct wv_slice out = {0};
    if (key.ptr == NULL || key.len == 0 || writer->set->refused) {
        return out;
    }
    switch ((enum wv_key_mode)writer->config->key) {
    case WV_KEY_TOKEN:
        return key_token(writer, key);
    case WV_KEY_SCRUB:
        if (may_have(writer, WV_CLASS_FREE_TEXT)) {
            (void)scrub(writer, key, &out);
        }
        return out;
    case WV_KEY_DROP:
        break;
    }
    return out;
}

struct header_list {
    struct wv_header *items;
    size_t count;
};

static void put_header(struct header_list *list, struct wv_slice name, struct wv_slice value)
{
    if (list->count < WV_RESULT_HEADERS_MAX) {
        list->items[list->count++] = (struct wv_header){name, value};
    }
}

static void pass_headers(struct wv_writer *writer, struct header_list *list)
{
    const struct wv_record *record = writer->worker->record;
    const struct wv_name_list *allowed = &writer->config->headers;
    if (writer->set->refused || !may_have(writer, WV_CLASS_HEADER)) {
        return; /* searching finds much, and promises nothing: here nothing personal may go */
    }
    for (size_t i = 0; i < record->header_count; i++) {
        for (size_t a = 0; a < allowed->count; a++) {
            struct wv_slice value;
            if (wv_slice_eq(allowed->items[a], record->headers[i].name) &&
                !wv_slice_starts(allowed->items[a], WV_LIT("wafveil-")) && /* nobody's but ours */
                scrub(writer, record->headers[i].value, &value)) {
                put_header(list, allowed->items[a], value);
            }
        }
    }
}

/* The packs by name, with commas: the regions whose law covers the record, here and before. Too
 * many to name are nobody's. */
static struct wv_slice origin(struct wv_writer *writer)
{
    const struct wv_plan *plan = writer->worker->plan;
    uint8_t text[WV_ORIGINS_BYTES_MAX];
    struct wv_buf buf = wv_buf_of(text, sizeof text);
    for (size_t i = 0; i < plan->pack_count; i++) {
        const struct wv_pack *pack = &plan->packs[i];
        const uint64_t same = writer->worker->settled.origins & pack->versions;
        if ((same >> i & 1) != 0 && (same & ((UINT64_C(1) << i) - 1)) == 0) {
            wv_buf_put(&buf, buf.len > 0 ? WV_LIT(",") : (struct wv_slice){0});
            wv_buf_put(&buf, wv_slice_of(pack->name));
        }
    }
    struct wv_slice spelled = {0};
    if (wv_buf_take(&buf, &spelled)) {
        spelled = keep_copy(writer->worker, spelled);
    }
    return spelled.len > 0 ? spelled : wv_slice_of(plan->packs[plan->pack_unknown].name);
}

static struct wv_slice tokens_text(struct wv_writer *writer)
{
    const size_t cap = WV_TOKENS_MAX * (WV_TOKEN_MAX + 24);
    struct wv_scratch *scratch = &writer->worker->scratch;
    const size_t mark = scratch->used;
    uint8_t *memory = wv_scratch_take(scratch, cap);
    struct wv_slice text = {0};
    if (memory != NULL) {
        struct wv_buf buf = wv_buf_of(memory, cap);
        wv_annotate_tokens(writer, &buf);
        if (wv_buf_take(&buf, &text)) {
            text = keep_copy(writer->worker, text);
        }
    }
    wv_scratch_return(scratch, mark);
    return text;
}

static struct wv_slice client_text(struct wv_writer *writer)
{
    uint8_t memory[CLIENT_MAX];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    wv_annotate_client(writer, &buf);
    struct wv_slice text;
    return wv_buf_take(&buf, &text) ? keep_copy(writer->worker, text) : (struct wv_slice){0};
}

static void annotate_headers(struct wv_writer *writer, bool stub, struct header_list *list)
{
    const char *kind = stub ? "stub" : wv_annotate_kind(writer);
    put_header(list, WV_LIT("wafveil-pack"), wv_slice_of(writer->set->name));
    put_header(list, WV_LIT("wafveil-kind"), wv_slice_of(kind));
    put_header(list, WV_LIT("wafveil-origin"), origin(writer));
    if (writer->weight.len > 0) {
        put_header(list, WV_LIT("wafveil-weight"), writer->weight);
    }
    if (writer->expires.len > 0) {
        /* A message can hold records of several days. */
        put_header(list, WV_LIT("wafveil-expires"), keep_copy(writer->worker, writer->expires));
    }
    if (!stub && writer->made_count > 0) {
        put_header(list, WV_LIT("wafveil-tokens"), tokens_text(writer));
    }
    if (!stub && wv_client_any(writer)) {
        put_header(list, WV_LIT("wafveil-client"), client_text(writer));
    }
}

void wv_envelope(struct wv_writer *writer, struct wv_result *result)
{
    struct wv_worker *worker = writer->worker;
    const uint32_t annotate = writer->config->annotate;
    result->tenant = worker->settled.tenant_name;
    result->time_ms = wv_coarse_time(writer, worker->record->time_ms);
    result->key = make_key(writer);
    struct header_list list = {.items = (struct wv_header *)(void *)keep_bytes(worker, 0)};
    const size_t pad = (16 - ((uintptr_t)list.items & 15)) & 15;
    (void)keep_bytes(worker, pad);
    list.items =
        (struct wv_header *)(void *)keep_bytes(worker, WV_RESULT_HEADERS_MAX * sizeof *list.items);
    if (list.items == NULL) {
        return;
    }
    /* Ours come first: there is room for so many, and the input's can be any number. */
    const bool member = annotate == WV_ANNOTATE_MEMBER && writer->annotated != NULL;
    if (annotate != WV_ANNOTATE_NONE && !member) {
        annotate_headers(writer, result->outcome == WV_STUB, &list);
    }
    if (writer->sealed.len > 0 && !wv_sealed_in_member(writer) && result->outcome == WV_PUBLISH) {
        put_header(&list, WV_LIT("wafveil-sealed"), keep_copy(worker, writer->sealed));
    }
    pass_headers(writer, &list);
    result->headers = list.items;
    result->header_count = list.count;
}
