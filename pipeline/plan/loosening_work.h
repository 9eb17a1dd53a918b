/*
 * loosening_work.h — what the parts of the comparison of two plans share. Private to loosening*.c.
 */
#ifndef WV_PLAN_LOOSENING_WORK_H
#define WV_PLAN_LOOSENING_WORK_H

#include "plan/loosening.h"
#include "plan/tables.h"

enum {
    WV_LOOSER_CONDITIONS = 2 * WV_CONDITIONS_MAX,
    WV_LOOSER_TIMES = 2 * WV_PACKS_MAX + 4,
    WV_LOOSER_NAMES = 2 * WV_PACKS_MAX,
    WV_LOOSER_MEMO = 1 << 14,
};

/* Conditions of both plans, each once. */
struct wv_looser_mask {
    uint64_t bits[2];
};

struct wv_looser_conditions {
    const struct wv_condition *items[WV_LOOSER_CONDITIONS];
    struct wv_looser_mask implied[WV_LOOSER_CONDITIONS]; /* itself, and what holds with it */
    size_t count;
    uint8_t before[WV_CONDITIONS_MAX]; /* number of a plan's condition among all */
    uint8_t after[WV_CONDITIONS_MAX];
};

/* A moment, for all in which no pack of either plan changes. */
struct wv_looser_time {
    int64_t ms; /* negative: records without a time */
    const struct wv_period *before;
    const struct wv_period *after;
};

/* A name of a pack, and what falls under it in each plan: where one has no such pack, the one that
 * it extends, or "unknown". */
struct wv_looser_name {
    const char *word;
    uint32_t before;
    uint32_t after;
};

/* Rules of the two plans that a record can meet together. */
struct wv_looser_pair {
    const struct wv_ruling *before;
    const struct wv_ruling *after;
};

struct wv_looser_known {
    const struct wv_ruling *before;
    const struct wv_ruling *after;
    bool dropped_only;
    bool looser;
    struct wv_looser_pair pair;
};

#define WV_LOOSER_NEW SIZE_MAX

/* What is known of a move from one pack to another; from WV_MOVED_CLASS on the class that loses. */
enum wv_looser_moved { WV_MOVED_UNASKED = 0, WV_MOVED_STRICT, WV_MOVED_DETECTORS, WV_MOVED_CLASS };

struct wv_loosening {
    const struct wv_plan *before;
    const struct wv_plan *after;
    bool start; /* before is the built-in plan */
    struct wv_report *report;
    struct wv_arena *arena;
    size_t found;
    struct wv_looser_conditions conditions;
    struct wv_looser_time times[WV_LOOSER_TIMES];
    size_t time_count;
    struct wv_looser_name names[WV_LOOSER_NAMES];
    size_t name_count;
    size_t *outputs; /* by output of after: that of before */
    uint8_t moved[WV_PACKS_MAX]
                 [WV_PACKS_MAX]; /* [before][after]: 0 not asked, 1 strict, 2 looser */
    bool dropped_only;           /* rules count only where nothing of the value was shown before */
    struct wv_looser_known *memo;
    size_t memo_count;
};

/* Something is looser. */
void wv_looser(struct wv_loosening *work, const char *format, ...) WV_PRINTF(2, 3);

/* loosening_rules.c */
/* Whether a record for which one condition holds is one for which the other one does, too. */
bool wv_looser_implies(const struct wv_condition *a, const struct wv_condition *b);
void wv_looser_conditions(struct wv_loosening *work);
/* Whether some record can meet a rule of `after` that is not as strict as what it met before; the
 * first two such rules in *pair. */
bool wv_looser_rules(struct wv_loosening *work, struct wv_rulings before, struct wv_rulings after,
                     struct wv_looser_pair *pair);
/* "drop + token ip, where action is BLOCK" */
void wv_looser_describe(const struct wv_plan *plan, const struct wv_ruling *ruling,
                        struct wv_buf *out);

/* loosening_packs.c: rules and detectors of packs, alone and together; what leads to them. */
void wv_looser_packs(struct wv_loosening *work);
/* In what records that fell under a pack of before are hidden less under a pack of after: a class,
 * "detectors"; NULL: in nothing. */
const char *wv_looser_move(struct wv_loosening *work, uint32_t before, uint32_t after);
/* Whether values of one class were hidden more than those of another are now, anywhere. */
bool wv_looser_class(struct wv_loosening *work, enum wv_class before, enum wv_class after);

/* loosening_outputs.c: what outputs say beside the rules, and where the law lets records go. */
void wv_looser_outputs(struct wv_loosening *work);

/* loosening_inputs.c: whose records they are, and how that is found out. */
void wv_looser_inputs(struct wv_loosening *work);

/* loosening_documents.c: formats, names of parameters, detectors of the configuration, approvers.
 */
void wv_looser_documents(struct wv_loosening *work);

static inline bool wv_names_hold(const struct wv_name_list *list, struct wv_slice name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (wv_slice_eq(list->items[i], name)) {
            return true;
        }
    }
    return false;
}

/* Whether every name of a list is in another one. */
static inline bool wv_names_within(const struct wv_name_list *part,
                                   const struct wv_name_list *whole)
{
    for (size_t i = 0; i < part->count; i++) {
        if (!wv_names_hold(whole, part->items[i])) {
            return false;
        }
    }
    return true;
}

static inline bool wv_same_names(const struct wv_name_list *a, const struct wv_name_list *b)
{
    return wv_names_within(a, b) && wv_names_within(b, a);
}

#endif
