/*
 * categories.h — which classes of value records held, and which of them each output was given.
 *
 * For the audit (CCPA asks for categories collected and disclosed, with sources and recipients).
 * A record counts in one group: its tenant, packs, input and format. In it a class is
 *
 *   collected  once for each record that has a field of that class, whatever stands in it; and
 *   disclosed  once for each record and output in which a field of that class was written as
 *              anything else than nothing (kept, generalised, or with a placeholder), or for which
 *              a token was written.
 *
 * In doubt it is disclosed: a value that a filter emptied counts as well. What a detector finds in
 * a text belongs to the class of that text. Nothing here holds a byte of a record.
 *
 * Memory.  All of it is taken when the counts are made: at most WV_COUNT_GROUPS groups; records of
 *          further ones count in a group of their own, which says so.
 * Threads. Belongs to one thread at a time.
 */
#ifndef WV_ENGINE_CATEGORIES_H
#define WV_ENGINE_CATEGORIES_H

#include "plan/classes.h"
#include "plan/plan.h"

enum { WV_COUNT_GROUPS = 256 };

struct wv_format;

/* What one output was given of a group. */
struct wv_counted_output {
    uint64_t published;
    uint64_t stubs;
    uint64_t withheld; /* published without personal data, because a transfer was refused */
    uint64_t disclosed[WV_CLASS_COUNT];
};

struct wv_counted {
    const struct wv_tenant *tenant; /* NULL: unknown */
    const struct wv_format *format;
    uint64_t packs; /* bits, as in the plan */
    uint32_t input;
    bool other; /* of any tenant, packs, input and format: there were too many groups */
    uint64_t records;
    uint64_t collected[WV_CLASS_COUNT];
    struct wv_counted_output *outputs; /* as the configuration has them */
};

struct wv_categories {
    struct wv_categories *next; /* for whoever keeps several */
    struct wv_plan *plan;       /* held */
    uint64_t unread; /* records whose structure could not be read: nobody knows their classes */
    uint64_t *shown; /* by output, of the record that is written: bits of classes */
    struct wv_counted *groups;
    size_t count; /* groups in use, from the first one on */
    struct wv_counted *last;
    uint16_t slots[2 * WV_COUNT_GROUPS]; /* open-addressed: number of a group from 1; 0: free */
};

/* Holds the plan. NULL when memory is short. */
WV_MUST_USE struct wv_categories *wv_categories_new(struct wv_plan *plan);
void wv_categories_free(struct wv_categories *counts); /* NULL is allowed */

/* Begins anew. */
void wv_categories_clear(struct wv_categories *counts);

/* Whether nothing has been counted. */
bool wv_categories_empty(const struct wv_categories *counts);

/* The name of a group's format. */
const char *wv_counted_format(const struct wv_counted *group);

/* The group of a record, made where there is none; the one of all others when all are taken. */
struct wv_counted *wv_categories_group(struct wv_categories *counts, const struct wv_counted *key);

/* Adds what others of the same plan have counted. What finds no group counts in that of all others.
 */
void wv_categories_add(struct wv_categories *counts, const struct wv_categories *more);

static inline void wv_count_classes(uint64_t to[WV_CLASS_COUNT], uint64_t classes)
{
    for (; classes != 0; classes &= classes - 1) {
        to[__builtin_ctzll(classes)]++;
    }
}

#endif
