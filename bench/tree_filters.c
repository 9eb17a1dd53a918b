/*
 * tree_filters.c — the tree with the filters and tokens of wafveil: what they cost without our
 * reader and writer.
 */
#include "bench/cases.h"
#include "bench/tree.h"

#include "filters/search.h"

#include <stdlib.h>

/* Filters of a chain hand their text to and fro between two buffers. */
enum wv_verdict tree_filter(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out)
{
    const struct wv_rule *rule = tree_rule(tree, class);
    struct wv_value at_hand = *value;
    uint8_t *other = tree->memory + TREE_TEXT_MAX;
    bool changed = false;
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const bool last = i + 1 == rule->step_count;
        struct wv_buf buf = last ? *out : wv_buf_of(other, TREE_TEXT_MAX);
        struct wv_out text = wv_out_plain(&buf, at_hand.text);
        const enum wv_verdict verdict =
            rule->steps[i].filter->apply(rule->steps[i].settings, &at_hand, &tree->context, &text);
        wv_scratch_return(&tree->scratch, 0);
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
    struct wv_token_key key = tree->context.key;
    struct wv_token token;
    uint8_t memory[WV_ADDRESS_CANONICAL_MAX + 4096];
    struct wv_slice canonical;
    struct wv_address address;
    key.kind = rule->token;
    key.days = rule->token_days;
    if (text.len == 0 || text.len > 4096) {
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
    if (wv_tokens_make(tree->tokens, &key, canonical, &token)) {
        json_object_set_new(tree->made, wv_class_word(class),
                            json_stringn((const char *)token.text, token.len));
    }
}

static bool crosses(struct tree *tree, const json_t *pieces)
{
    uint32_t borders[256];
    size_t count = 0;
    size_t len = 0;
    size_t i;
    json_t *piece;
    uint8_t *text = tree->memory;
    json_array_foreach(pieces, i, piece)
    {
        const size_t size = json_string_length(piece);
        if (count == WV_COUNT(borders) || size > TREE_TEXT_MAX - len) {
            return true;
        }
        borders[count++] = (uint32_t)len;
        memcpy(text + len, json_string_value(piece), size);
        len += size;
    }
    const bool found = count > 1 && wv_search_crosses(WV_SEARCH_ALL, (struct wv_slice){text, len},
                                                      borders, count, &tree->context);
    wv_scratch_return(&tree->scratch, 0);
    return found;
}

struct filters_case {
    struct tree tree;
    char out[TREE_TEXT_MAX];
};

static void close_tree(void *state)
{
    struct filters_case *work = state;
    tree_fini(&work->tree);
    free(work);
}

static void *open_tree(void)
{
    struct filters_case *work = calloc(1, sizeof *work);
    if (work == NULL) {
        return NULL;
    }
    if (!tree_init(&work->tree)) {
        close_tree(work);
        return NULL;
    }
    work->tree.edit = tree_filter;
    work->tree.token = add_token;
    work->tree.crosses = crosses;
    return work;
}

static uint64_t transform_all(void *state, const struct bench_input *input)
{
    struct filters_case *work = state;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const size_t len =
            tree_transform(&work->tree, input->records[i], work->out, sizeof work->out);
        wv_ensure(len > 0);
        digest = bench_digest(digest, (const uint8_t *)work->out, len);
    }
    return digest;
}

const struct bench_case bench_case_tree_filters = {
    .open = open_tree, .run = transform_all, .close = close_tree};
