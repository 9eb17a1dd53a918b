/*
 * permits.h — which regions' records an output may not have today.
 *
 * The plan says it for every day (plan/legal.h); here stands the answer for the present one. The
 * wall clock is looked at once a second of messages, and the tables are asked again only on a day
 * on which an answer can change: what expires takes effect at its day, without a restart.
 */
#ifndef WV_ENGINE_PERMITS_H
#define WV_ENGINE_PERMITS_H

#include "base/clock.h"
#include "plan/tables.h"

struct wv_permits {
    const struct wv_clock *clock;
    uint64_t pause_ns; /* between two looks at the wall clock */
    uint64_t look_ns;  /* when to look again, on the clock of durations */
    int32_t day;       /* for which the answers were made */
    int32_t next;      /* first later day on which one can be another */
    uint64_t *refused; /* by output: bits of packs */
    uint64_t *denied;  /* those of them that the law itself denies */
    uint16_t *numbers; /* [output * packs + pack]: of the refusal, by first version of a pack */
};

/* False when memory is short. Looks at the clock of the machine. */
WV_MUST_USE bool wv_permits_init(struct wv_permits *permits, const struct wv_plan *plan);
void wv_permits_fini(struct wv_permits *permits);

/* The packs that refuse the output a record of these origins (bits) and of these templates that are
 * not used. */
static inline uint64_t wv_permits_against(const struct wv_permits *permits, size_t output,
                                          uint64_t origins, uint64_t templates)
{
    return (origins & permits->refused[output]) | (templates & permits->denied[output]);
}

/* Takes another clock, and looks at it before every message. */
void wv_permits_clock(struct wv_permits *permits, const struct wv_plan *plan,
                      const struct wv_clock *clock);

/* To be called when now_ns has reached look_ns. */
void wv_permits_look(struct wv_permits *permits, const struct wv_plan *plan, uint64_t now_ns);

#endif
