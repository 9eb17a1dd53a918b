/*
 * stop.h — why the process ends, agreed on by all threads.
 *
 * Whoever finds something that cannot go on says so here; the main thread looks, drains and leaves,
 * or starts over. The first reason wins.
 */
#ifndef WV_RUNTIME_STOP_H
#define WV_RUNTIME_STOP_H

#include "base/ensure.h"

#include <stdatomic.h>

/* What the process tells its supervisor. A second SIGTERM or SIGINT ends it at once with 128 + the
 * signal's number, without draining; the next start repeats what had not been acknowledged. */
enum wv_exit {
    WV_EXIT_OK = 0,       /* asked to stop, drained, committed */
    WV_EXIT_CONFIG = 1,   /* a document is wrong: starting again does not help */
    WV_EXIT_USAGE = 2,    /* the command line is wrong */
    WV_EXIT_REJECTED = 3, /* `filter`: a record was rejected; `reveal`: not everything opened */
    WV_EXIT_KAFKA = 4,    /* Kafka ended it: fenced, a fatal error of a client, or one that a clock
                           * set back holds up (wall_watch.h); or a batch could not be read for
                           * too long (damage.h). Start again.
                           * `check --brokers`: a question had no answer */
    WV_EXIT_OUTPUT = 5,   /* an output or the reject topic could not be written for too long */
    WV_EXIT_LOST = 6,     /* the committed offset is gone from the input: a person must decide */
    WV_EXIT_INTERNAL = 70,
};

struct wv_stop {
    _Atomic int code;   /* WV_STOP_NO: go on */
    _Atomic bool again; /* all clients are to be made anew, after a while */
};

enum { WV_STOP_NO = -1 };

static inline void wv_stop_init(struct wv_stop *stop)
{
    atomic_init(&stop->code, WV_STOP_NO);
    atomic_init(&stop->again, false);
}

static inline void wv_stop_ask(struct wv_stop *stop, enum wv_exit code)
{
    int expected = WV_STOP_NO;
    (void)atomic_compare_exchange_strong(&stop->code, &expected, (int)code);
}

static inline bool wv_stop_asked(struct wv_stop *stop)
{
    return atomic_load_explicit(&stop->code, memory_order_relaxed) != WV_STOP_NO;
}

#endif
