/*
 * tree_filters.c — the tree with the filters and tokens of wafveil: what they cost without our
 * reader and writer.
 */
#include "bench/cases.h"
#include "bench/tree.h"

#include "filters/mark.h"
#include "filters/needle.h"
#include "filters/uri.h"
#include "filters/view.h"

#include <stdlib.h>

enum { CACHE_SLOTS = 64 * 1024, SCRATCH_BYTES = 4 * 1024 * 1024, KEPT_BYTES = 64 * 1024 };

struct filters_case {
    struct tree tree;
    struct wv_tokens *tokens;
    struct wv_needles needles;
    struct wv_context context;
    struct wv_marking marking;
    struct wv_scratch scratch;
    struct wv_scratch kept; /* needles of the record at hand */
    uint8_t other[TREE_TEXT_MAX];
    char out[TREE_TEXT_MAX];
};

static void add_needle(struct wv_needles *needles, const struct wv_address *address)
{
    for (size_t i = 0; i < needles->count; i++) {
        if (wv_address_eq(&needles->items[i].address, address)) {
            return;
        }
    }
    if (needles->count < WV_NEEDLES_MAX) {
        needles->items[needles->count++] = (struct wv_needle){.address = *address};
    }
}

/* One address, or a list of them. */
static void add_addresses(struct filters_case *work, struct wv_slice text)
{
    struct wv_address address;
    for (size_t from = 0; from < text.len;) {
        const uint8_t *comma = memchr(text.ptr + from, ',', text.len - from);
        const size_t to = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        if (wv_address_parse(wv_slice_sub(text, from, to), &address) == WV_ADDRESS_VALID) {
            add_needle(&work->needles, &address);
        }
        from = to + 1;
    }
}

static void add_named(struct filters_case *work, struct wv_slice name, struct wv_slice value)
{
    const enum wv_parameter parameter = wv_parameters_find(work->context.parameters, name);
    const enum wv_needle_form form = wv_needle_form_of(parameter);
    struct wv_view view;
    if (form == WV_NEEDLE_NONE || value.len == 0) {
        return;
    }
    if (wv_view_open(value, WV_CODING_PERCENT | WV_CODING_PLUS, &work->scratch, &view) ==
        WV_VIEW_DECODED) {
        wv_view_deepen(&view, WV_CODING_PERCENT);
        value = wv_view_slice(&view);
    }
    (void)wv_needles_add(&work->needles, form, WV_HIT_PARAMETER, (uint8_t)parameter, value,
                         &work->kept);
    wv_scratch_return(&work->scratch, 0);
}

static void add_pairs(struct filters_case *work, struct wv_slice text, bool cookies)
{
    struct wv_uri_query query = wv_uri_query_of(text);
    struct wv_uri_parameter parameter;
    query.semicolons = query.semicolons || cookies;
    while (wv_uri_query_next(&query, &parameter)) {
        struct wv_slice name = parameter.name;
        while (name.len > 0 && name.ptr[0] == ' ') {
            name = wv_slice_sub(name, 1, name.len);
        }
        add_named(work, name, parameter.value);
    }
}

/* What the engine searches for in all texts (engine/needles.c), as far as these records have it. */
static void learn(struct tree *tree, enum wv_class class, struct wv_slice name,
                  struct wv_slice text)
{
    struct filters_case *work = tree->own;
    (void)name;
    switch ((unsigned)class) {
    case WV_CLASS_CLIENT_IP:
    case WV_CLASS_FORWARDED_IP:
        add_addresses(work, text);
        break;
    case WV_CLASS_QUERY:
    case WV_CLASS_COOKIE:
        add_pairs(work, text, class == WV_CLASS_COOKIE);
        break;
    case WV_CLASS_EMAIL:
        (void)wv_needles_add(&work->needles, WV_NEEDLE_EMAIL, WV_HIT_EMAIL, 0, text, &work->kept);
        break;
    case WV_CLASS_DEVICE_ID:
        (void)wv_needles_add(&work->needles, WV_NEEDLE_ID, WV_HIT_PARAMETER, WV_PARAMETER_DEVICE,
                             text, &work->kept);
        break;
    default:
        break;
    }
}

static struct wv_mark_kind mark_kind(const struct tree *tree, enum wv_class class)
{
    const struct wv_rule *rule = tree_rule(tree, class);
    return (struct wv_mark_kind){rule->token, rule->token_days};
}

static void choose_marking(struct filters_case *work)
{
    struct wv_marking *marking = &work->marking;
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        enum wv_class class;
        if (wv_class_find(wv_slice_of(wv_detector_at(kind)->class), &class)) {
            marking->detectors[kind] = mark_kind(&work->tree, class);
        }
    }
    marking->parameters[WV_PARAMETER_DIRECT_ID] = mark_kind(&work->tree, WV_CLASS_USERNAME);
    marking->parameters[WV_PARAMETER_SESSION] = mark_kind(&work->tree, WV_CLASS_SESSION_ID);
    marking->parameters[WV_PARAMETER_DEVICE] = mark_kind(&work->tree, WV_CLASS_DEVICE_ID);
    marking->parameters[WV_PARAMETER_CONTACT] = mark_kind(&work->tree, WV_CLASS_PHONE);
}

/* Filters of a chain hand their text to and fro between two buffers. */
static enum wv_verdict filter(struct tree *tree, enum wv_class class, const struct wv_value *value,
                              struct wv_buf *out)
{
    struct filters_case *work = tree->own;
    const struct wv_rule *rule = tree_rule(tree, class);
    struct wv_value at_hand = *value;
    bool changed = false;
    work->context.host = tree->host;
    work->context.key = (struct wv_token_key){.domain = tree->domain, .time_s = tree->time_s};
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const bool last = i + 1 == rule->step_count;
        struct wv_buf buf = last ? *out : wv_buf_of(work->other, sizeof work->other);
        struct wv_out text = wv_out_plain(&buf, at_hand.text);
        const enum wv_verdict verdict =
            rule->steps[i].filter->apply(rule->steps[i].settings, &at_hand, &work->context, &text);
        wv_scratch_return(&work->scratch, 0);
        if (verdict == WV_FAILED || verdict == WV_REMOVED || buf.overflowed) {
            return verdict == WV_REMOVED ? WV_REMOVED : WV_FAILED;
        }
        if (verdict == WV_REPLACED) {
            at_hand.text = (struct wv_slice){buf.mem, buf.len};
            changed = true;
        }
    }
    if (changed && at_hand.text.ptr != out->mem) {
        memcpy(out->mem, at_hand.text.ptr, at_hand.text.len);
    }
    out->len = at_hand.text.len;
    return changed ? WV_REPLACED : WV_HARMLESS;
}

static void add_token(struct tree *tree, enum wv_class class, const struct wv_rule *rule,
                      struct wv_slice text)
{
    struct filters_case *work = tree->own;
    const struct wv_token_key key = {.domain = tree->domain,
                                     .time_s = tree->time_s,
                                     .kind = rule->token,
                                     .days = rule->token_days};
    struct wv_token token;
    uint8_t memory[WV_ADDRESS_CANONICAL_MAX + 4096];
    struct wv_slice canonical;
    struct wv_address address;
    if (text.len > 4096) {
        return;
    }
    if (rule->token == WV_KIND_IP) {
        if (wv_address_parse(text, &address) != WV_ADDRESS_VALID) {
            return;
        }
        canonical = wv_address_canonical(&address, memory);
    } else {
        canonical = wv_canonical_text(rule->token, text, memory);
    }
    if (wv_tokens_make(work->tokens, &key, canonical, &token)) {
        tree_add_token(tree, class, wv_token_slice(&token));
    }
}

static bool crosses(struct tree *tree, const json_t *pieces)
{
    struct filters_case *work = tree->own;
    uint32_t borders[256];
    size_t count = 0;
    size_t len = 0;
    size_t i;
    json_t *piece;
    json_array_foreach(pieces, i, piece)
    {
        const struct wv_slice text = tree_text(piece);
        if (count == WV_COUNT(borders) || text.len > sizeof work->other - len) {
            return true;
        }
        borders[count++] = (uint32_t)len;
        memcpy(work->other + len, text.ptr, text.len);
        len += text.len;
    }
    const struct wv_slice joined = {work->other, len};
    const bool found =
        count > 1 && wv_search_crosses(WV_SEARCH_ALL, joined, borders, count, &work->context);
    wv_scratch_return(&work->scratch, 0);
    return found;
}

static void close_tree(void *state)
{
    struct filters_case *work = state;
    wv_tokens_free(work->tokens);
    tree_fini(&work->tree);
    free(work->scratch.mem);
    free(work->kept.mem);
    free(work);
}

static void *open_tree(void)
{
    static const struct wv_name_list none = {0};
    struct filters_case *work = calloc(1, sizeof *work);
    if (work == NULL) {
        return NULL;
    }
    work->scratch = (struct wv_scratch){.mem = malloc(SCRATCH_BYTES), .cap = SCRATCH_BYTES};
    work->kept = (struct wv_scratch){.mem = malloc(KEPT_BYTES), .cap = KEPT_BYTES};
    if (!tree_init(&work->tree) || work->scratch.mem == NULL || work->kept.mem == NULL ||
        (work->tokens = wv_tokens_new(work->tree.plan->keyring, CACHE_SLOTS)) == NULL) {
        close_tree(work);
        return NULL;
    }
    work->context = (struct wv_context){
        .needles = &work->needles,
        .own_hosts = &none,
        .parameters = work->tree.plan->parameters,
        .detectors = &wv_detectors_all,
        .tokens = work->tokens,
        .marking = &work->marking,
        .scratch = &work->scratch,
    };
    choose_marking(work);
    work->tree.learn = learn;
    work->tree.edit = filter;
    work->tree.token = add_token;
    work->tree.crosses = crosses;
    work->tree.own = work;
    return work;
}

static uint64_t transform_all(void *state, const struct bench_input *input)
{
    struct filters_case *work = state;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        work->needles.count = 0;
        work->needles.text_count = 0;
        wv_scratch_return(&work->kept, 0);
        const size_t len =
            tree_transform(&work->tree, input->records[i], work->out, sizeof work->out);
        wv_ensure(len > 0);
        digest = bench_digest(digest, (const uint8_t *)work->out, len);
    }
    return digest;
}

const struct bench_case bench_case_tree_filters = {
    .open = open_tree, .run = transform_all, .close = close_tree};
