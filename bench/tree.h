/*
 * tree.h — the same policy over a Jansson tree: parse, walk, edit values, print.
 *
 * This is how a transformer is written when nobody has measured yet, and what our numbers are
 * compared with. An editor says what becomes of a value; there are two (tree_filters.c,
 * tree_naive.c). The walk takes from the product what is data: which member of an AWS WAF record
 * holds what (the format), and which header does (the table of names). Members that the format does
 * not list go, as they do in the product.
 */
#ifndef WV_BENCH_TREE_H
#define WV_BENCH_TREE_H

#include "filters/filter.h"
#include "plan/tables.h"

#include <jansson.h>

enum { TREE_TEXT_MAX = 64 * 1024 };

/* A plan with the built-in pack eu and a throwaway key of a fixed seed; NULL with a message. */
struct wv_plan *bench_plan_new(void);

/* The same without searching texts (plan_blind.c). */
struct wv_plan *bench_plan_blind(void);

extern const uint8_t bench_seed[WV_SECRET_BYTES];

struct tree {
    struct wv_plan *plan;
    const struct wv_pack *pack;
    json_t *headers;        /* class by name, in lower case */
    json_t *made;           /* tokens of the record at hand, by class */
    int64_t time_s;         /* of the record at hand */
    struct wv_slice domain; /* of its tokens */
    struct wv_slice host;   /* lower case, without port */
    char host_text[256];

    /* Called for each text of the record, in its order, before anything is edited: some must be
     * found wherever else they stand. name: of a header, in lower case. */
    void (*learn)(struct tree *tree, enum wv_class class, struct wv_slice name,
                  struct wv_slice text);
    /* What becomes of one value. REPLACED: out, of TREE_TEXT_MAX bytes, holds the new text. */
    enum wv_verdict (*edit)(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out);
    /* Makes the token of a value and hands it to tree_add_token(). */
    void (*token)(struct tree *tree, enum wv_class class, const struct wv_rule *rule,
                  struct wv_slice text);
    /* Whether the joined pieces of a text hold something that no piece does. */
    bool (*crosses)(struct tree *tree, const json_t *pieces);
    void *own; /* the editor's */
    uint8_t out[TREE_TEXT_MAX];
};

/* False when memory is short. */
WV_MUST_USE bool tree_init(struct tree *tree);
void tree_fini(struct tree *tree);

/* The rule of the pack for a class. */
const struct wv_rule *tree_rule(const struct tree *tree, enum wv_class class);

/* Adds a token to the annotation, once for each class. */
void tree_add_token(struct tree *tree, enum wv_class class, struct wv_slice token);

/* Parses, edits and prints a record into out; its length, or 0 when it is none. */
size_t tree_transform(struct tree *tree, struct wv_slice record, char *out, size_t cap);

/* The text of a string; {0} of anything else. */
struct wv_slice tree_text(const json_t *value);

#endif
