/*
 * tree.h — the same policy over a Jansson tree: parse, walk, edit values, print.
 *
 * This is how a transformer is written when nobody has measured yet, and what our numbers are
 * compared with. An editor says what becomes of a value; there are two (tree_filters.c,
 * tree_naive.c). Both do what the pack eu says for the fields of an AWS WAF record, and add the
 * annotation with its tokens.
 */
#ifndef WV_BENCH_TREE_H
#define WV_BENCH_TREE_H

#include "filters/filter.h"
#include "plan/tables.h"

#include <jansson.h>

enum { TREE_TOKENS_MAX = 32, TREE_TEXT_MAX = 64 * 1024 };

/* A plan with the built-in pack eu and a throwaway key of a fixed seed; NULL with a message. */
struct wv_plan *bench_plan_new(void);

extern const uint8_t bench_seed[WV_SECRET_BYTES];

struct tree {
    struct wv_plan *plan;
    const struct wv_pack *pack;
    const struct wv_name_table *headers;
    struct wv_tokens *tokens;
    struct wv_needles needles;
    struct wv_context context;
    struct wv_scratch scratch;
    json_t *made;    /* tokens of the record at hand, by class */
    char host[256];  /* of the record at hand */
    uint8_t *memory; /* for two texts of TREE_TEXT_MAX, and scratch behind them */

    /* What becomes of one value. REPLACED: out holds the new text. */
    enum wv_verdict (*edit)(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out);
    /* Adds the token of a value to tree->made. */
    void (*token)(struct tree *tree, enum wv_class class, const struct wv_rule *rule,
                  struct wv_slice text);
    /* Whether the joined pieces of a text hold something that no piece does. */
    bool (*crosses)(struct tree *tree, const json_t *pieces);
    void *own; /* the editor's */
};

/* False when memory is short. */
WV_MUST_USE bool tree_init(struct tree *tree);
void tree_fini(struct tree *tree);

/* The rule of the pack for a class. */
const struct wv_rule *tree_rule(const struct tree *tree, enum wv_class class);

/* Parses, edits and prints a record into out; its length, or 0 when it is none. */
size_t tree_transform(struct tree *tree, struct wv_slice record, char *out, size_t cap);

/* Runs the chain of filters of the pack. */
enum wv_verdict tree_filter(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out);

#endif
