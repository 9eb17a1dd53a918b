/*
 * suggest_count.h — counts by place or name, of what a sample holds, in a fixed amount of memory.
 *
 * Names come from attackers, who can send as many as they like. When there is no room, every count
 * loses one of its weight, and those that have none left go: a name that stands in more than one of
 * `cap` records stays, whatever the others are. What went is counted as others.
 */
#ifndef WV_APP_SUGGEST_COUNT_H
#define WV_APP_SUGGEST_COUNT_H

#include "app/distinct.h"
#include "plan/classes.h"

enum { WV_COUNT_TEXT_MAX = 64, WV_COUNT_LABELS = 8 };

/* What is counted. Strings of formats are compared as pointers. */
struct wv_count_key {
    const char *format; /* NULL: the name of a parameter */
    const char *path;
    enum wv_class class;
    struct wv_slice text; /* of the record: at most WV_COUNT_TEXT_MAX bytes that may be shown */
};

struct wv_count {
    const char *format;
    const char *path;
    enum wv_class class;
    uint8_t text[WV_COUNT_TEXT_MAX];
    uint32_t text_len;
    uint32_t weight; /* 0: free */
    bool hidden;     /* it stands for names that are not shown */
    bool plain;      /* formats.fields can list it */
    bool misfit;
    uint32_t kinds;  /* bits: enum wv_sight_kind; of names: where they stand */
    uint64_t record; /* the last one */
    uint64_t records;
    uint64_t values;
    uint64_t found; /* values in which detectors hit */
    uint64_t whole; /* values of which a hit is all */
    uint64_t longs; /* values that look like an id: long, and of one piece */
    struct {
        const char *label; /* of a detector; NULL: free */
        uint64_t values;
    } labels[WV_COUNT_LABELS];
    struct wv_distinct distinct;
};

struct wv_counts {
    struct wv_count *items;
    uint32_t *slots; /* by hash: item + 1, 0: free */
    size_t cap;
    size_t used; /* items in use */
    size_t slot_mask;
    uint64_t seed;
    uint64_t others; /* values of names that had no room */
};

/* cap: how many names at once, a power of two. False when memory is short. */
WV_MUST_USE bool wv_counts_init(struct wv_counts *counts, size_t cap, uint64_t seed);
void wv_counts_fini(struct wv_counts *counts); /* wipes */

/* NULL: it is not counted yet. Both stay valid until the next wv_counts_add(). */
struct wv_count *wv_counts_find(const struct wv_counts *counts, const struct wv_count_key *key);

/* Finds or begins the count, and gives it weight. NULL: there was no room. */
struct wv_count *wv_counts_add(struct wv_counts *counts, const struct wv_count_key *key);

/* One value of a record. */
void wv_count_value(const struct wv_counts *counts, struct wv_count *count, uint64_t record,
                    struct wv_slice value);

/* In that value a detector hit: once a value and label. */
void wv_count_label(struct wv_count *count, const char *label);

/* How many different values; never more than there were. */
uint64_t wv_count_distinct(const struct wv_count *count);

/* The label that was met most; NULL: none. */
const char *wv_count_label_most(const struct wv_count *count);

#endif
