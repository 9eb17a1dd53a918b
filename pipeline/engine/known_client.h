/*
 * known_client.h — what databases and lists said of the clients that came lately.
 *
 * A look goes down a tree of twenty levels and more, of which no branch can be foreseen; most
 * clients come again and again. Whoever comes with ever new addresses costs what a look costs.
 *
 * Memory: a fixed table, wiped when it is freed. Threads: one a table.
 */
#ifndef WV_ENGINE_KNOWN_CLIENT_H
#define WV_ENGINE_KNOWN_CLIENT_H

#include "plan/geo.h"

/* What is known of a client's network; 0: nothing. */
struct wv_client {
    uint32_t country; /* as wv_geo_find() tells it */
    uint32_t asn;
    uint32_t lists; /* bits */
};

struct wv_known_clients;

/* Of a plan that looks for addresses. NULL when memory is short. */
WV_MUST_USE struct wv_known_clients *wv_known_clients_new(const struct wv_geo *geo);
void wv_known_clients_free(struct wv_known_clients *known); /* NULL is allowed */

/* Country by geo->countries, operator and lists. Valid until the next call. */
const struct wv_client *wv_known_client(struct wv_known_clients *known,
                                        const struct wv_address *address);

#endif
