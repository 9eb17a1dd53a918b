/*
 * retention.h — asks the brokers now and then how long the topics of outputs are kept, while the
 * service runs.
 *
 * A thread of its own, because brokers may take seconds to answer; it touches no record, and
 * whatever they answer, or not, nothing stops for it. It asks as soon as an output declares how
 * long it is kept (plan/retention.h), and logs what is wrong once.
 *
 * Threads. Start and stop are the main thread's; wv_retention_watch_numbers() may be called from
 *          any thread between them.
 */
#ifndef WV_RUNTIME_RETENTION_H
#define WV_RUNTIME_RETENTION_H

#include "plan/plan.h"

/* Of outputs by their index; -1: without an end. */
struct wv_output_keeping {
    bool known;
    int64_t kept_ms;    /* what retention.ms and cleanup.policy say */
    int64_t longest_ms; /* with the segment that a record can stay in */
};

struct wv_retention_numbers {
    uint64_t answered; /* questions about a topic, since the start */
    uint64_t failed;
    struct wv_output_keeping outputs[WV_OUTPUTS_MAX];
};

/* How often, and how long an answer is waited for; all in milliseconds. */
struct wv_retention_times {
    uint32_t every_ms;
    uint32_t retry_ms; /* after a question without an answer */
    uint32_t look_ms;  /* how soon another plan is noticed */
    uint32_t wait_ms;  /* for each set of brokers; a stop can take as long */
};

struct wv_retention_setup {
    struct wv_plan *(*plan)(void *context); /* the running one, held for the caller */
    void *context;
    struct wv_retention_times times;
};

struct wv_retention_watch;

/* NULL when memory or threads are short. */
WV_MUST_USE struct wv_retention_watch *
wv_retention_watch_start(const struct wv_retention_setup *setup);
void wv_retention_watch_stop(struct wv_retention_watch *watch); /* NULL is allowed */

void wv_retention_watch_numbers(struct wv_retention_watch *watch,
                                struct wv_retention_numbers *numbers);

#endif
