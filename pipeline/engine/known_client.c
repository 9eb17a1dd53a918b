/* known_client.c — a table with one place for each address. */
#include "engine/known_client.h"

#include "base/wipe.h"

#include <stdlib.h>

enum { PLACES_BITS = 13, PLACES = 1 << PLACES_BITS };

struct known {
    struct wv_address address; /* family 0: free */
    struct wv_client client;
};

struct wv_known_clients {
    const struct wv_geo *geo;
    struct known places[PLACES];
};

struct wv_known_clients *wv_known_clients_new(const struct wv_geo *geo)
{
    struct wv_known_clients *known = calloc(1, sizeof *known);
    if (known != NULL) {
        known->geo = geo;
    }
    return known;
}

void wv_known_clients_free(struct wv_known_clients *known)
{
    if (known != NULL) {
        wv_wipe(known, sizeof *known);
        free(known);
    }
}

static size_t place_of(const struct wv_address *address)
{
    uint64_t words[2] = {0};
    memcpy(words, address->bytes, address->family == 4 ? 4 : 16);
    const uint64_t mixed = words[0] * UINT64_C(0x9e3779b97f4a7c15) ^
                           (words[1] + address->family) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (size_t)((mixed ^ mixed >> 32) * UINT64_C(0xff51afd7ed558ccd) >> (64 - PLACES_BITS));
}

const struct wv_client *wv_known_client(struct wv_known_clients *known,
                                        const struct wv_address *address)
{
    struct known *place = &known->places[place_of(address)];
    if (wv_address_eq(&place->address, address)) {
        return &place->client;
    }
    const struct wv_geo *geo = known->geo;
    place->address = *address;
    place->client = (struct wv_client){
        .country = geo->countries == NULL ? 0 : wv_geo_find(geo->countries, address),
        .asn = geo->asn == NULL ? 0 : wv_geo_find(geo->asn, address),
        .lists = geo->networks == NULL ? 0 : wv_networks_find(geo->networks, address),
    };
    return &place->client;
}
