/*
 * replay.h — single messages once more through the engine and to the outputs, as the service would
 * have sent them: the same dispatch, producers, keys, headers, times and partitions.
 *
 * A message is replayed for what was reported of it: a record that was rejected for one output goes
 * to that output alone, since the others have it. A stub that stands there already is not sent a
 * second time, and what is still rejected is not reported a second time.
 *
 * For one thread.
 */
#ifndef WV_RUNTIME_REPLAY_H
#define WV_RUNTIME_REPLAY_H

#include "engine/transform.h"

/* One report. */
struct wv_replay_want {
    uint32_t record;
    uint32_t output; /* UINT32_MAX: all */
    int64_t records; /* that the message held then; -1: the report does not say */
};

/* What came of it. */
struct wv_replayed {
    uint32_t sent; /* results */
    uint32_t told; /* stubs and reports that are sent anew: the record can be read now, but not
                      be published, or is one of several that were not seen then */
    uint32_t suppressed;   /* the policy says that it must not go there */
    uint32_t rejected;     /* again */
    enum wv_reason reason; /* of the last one of these */
    bool unsure;           /* the message is split into other records now: nothing was sent */
};

struct wv_replay;

/* With dry, nothing is sent and no output is asked. NULL has been logged. */
WV_MUST_USE struct wv_replay *wv_replay_new(struct wv_plan *plan, bool dry);

/* Throws away what has not been acknowledged. NULL is allowed. */
void wv_replay_free(struct wv_replay *replay);

/* Fills in what becomes of each want. False when sending has ended for good; logged. */
WV_MUST_USE bool wv_replay_message(struct wv_replay *replay, int32_t partition, int64_t offset,
                                   const struct wv_record *record,
                                   const struct wv_replay_want *wants, size_t count,
                                   struct wv_replayed *done);

/* Waits until everything is acknowledged. False: something is not, and will not be. */
WV_MUST_USE bool wv_replay_drain(struct wv_replay *replay);

/* How many results a topic found too large, so that a stub and a new report took their place. */
uint64_t wv_replay_too_large(struct wv_replay *replay);

/* Why it ended. */
int wv_replay_code(const struct wv_replay *replay);

#endif
