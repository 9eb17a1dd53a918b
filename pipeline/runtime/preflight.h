/*
 * preflight.h — looks at the brokers and topics before the first record is read.
 *
 * Nothing that is wrong there ends the service at once: brokers that are down come back, and a
 * missing topic is created. Until then it is not ready, reads nothing, and says what is missing.
 */
#ifndef WV_RUNTIME_PREFLIGHT_H
#define WV_RUNTIME_PREFLIGHT_H

#include "base/clock.h"
#include "runtime/routes.h"

/* Everything about the kafka sections that can be said without a broker: part of `wafveil check`.
 * What only the service needs (brokers, a group) is asked for where there is any property. */
bool wv_preflight_properties(const struct wv_config *config, struct wv_report *report);

enum wv_preflight_state {
    WV_PREFLIGHT_READY = 0,
    WV_PREFLIGHT_WAIT,    /* brokers or inputs: as long as it takes */
    WV_PREFLIGHT_BLOCKED, /* an output or the reject topic cannot be written */
};

struct wv_preflight;

/* NULL, logged, when a client cannot be made. */
WV_MUST_USE struct wv_preflight *wv_preflight_new(struct wv_routes *routes,
                                                  const struct wv_clock *clock);
void wv_preflight_free(struct wv_preflight *preflight);

/* Asks once, a few seconds at most, and fills in how many partitions there are. */
enum wv_preflight_state wv_preflight_ask(struct wv_preflight *preflight);

#endif
