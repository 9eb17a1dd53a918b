/*
 * routes.h — which clients the configuration needs, and what goes through which of them.
 *
 * Inputs with the same properties share one consumer. Outputs with the same properties share one
 * producer a lane.
 */
#ifndef WV_RUNTIME_ROUTES_H
#define WV_RUNTIME_ROUTES_H

#include "plan/config.h"
#include "runtime/properties.h"

enum { WV_TRANSACTIONAL_ID_ROOM = 1024 };

/* One consumer. */
struct wv_source {
    struct wv_settings settings;
    size_t partitions; /* of all its topics; known after the preflight */
};

/* One producer a lane. */
struct wv_channel {
    struct wv_settings settings;
};

/* One topic that is written. */
struct wv_destination {
    const char *name;    /* the output's; "rejects" */
    const char *pointer; /* where the configuration names the topic */
    const char *topic;
    size_t channel;
    int32_t partitions; /* known after the preflight */
};

struct wv_routes {
    const struct wv_config *config;
    struct wv_source *sources;
    size_t source_count;
    size_t *source_of; /* by input */
    struct wv_channel *channels;
    size_t channel_count;
    struct wv_destination *destinations; /* the outputs in their order, the rejects, the audit */
    size_t destination_count;
    bool has_rejects;
    bool has_audit; /* exactly once: lanes write audit records, too; it is the last destination */
    char (*pointers)[40];
};

/* False when memory is short. The configuration must outlive the routes. */
WV_MUST_USE bool wv_routes_init(struct wv_routes *routes, const struct wv_config *config);
void wv_routes_fini(struct wv_routes *routes);

static inline uint32_t wv_routes_rejects(const struct wv_routes *routes)
{
    wv_ensure(routes->has_rejects);
    return (uint32_t)(routes->destination_count - 1 - routes->has_audit);
}

static inline uint32_t wv_routes_audit(const struct wv_routes *routes)
{
    wv_ensure(routes->has_audit);
    return (uint32_t)(routes->destination_count - 1);
}

/* What a lane's transactions go by: always the same for the same group, instance and lane, so that
 * whoever comes back ends what he left open. False when it does not fit. */
WV_MUST_USE bool wv_routes_transactional_id(const struct wv_routes *routes, uint32_t lane,
                                            char id[WV_TRANSACTIONAL_ID_ROOM]);

/* The input that reads this topic through this source. */
WV_MUST_USE bool wv_routes_input(const struct wv_routes *routes, size_t source, const char *topic,
                                 uint32_t *input);

#endif
