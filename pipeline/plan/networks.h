/*
 * networks.h — lists of networks, and which of them an address stands in.
 *
 * A list is a text: one address or network (192.0.2.0/24, 2001:db8::/32) a line, "#" and what is
 * behind it for people. All lists together are sorted once into ranges that do not overlap, so that
 * one search tells every list at once. Nothing changes after that: any thread may look.
 */
#ifndef WV_PLAN_NETWORKS_H
#define WV_PLAN_NETWORKS_H

#include "base/report.h"
#include "filters/address.h"

enum {
    WV_NETWORK_LISTS_MAX = 32,      /* a bit for each */
    WV_NETWORKS_MAX = 2 << 20,      /* of all lists together */
    WV_NETWORK_FILE_MAX = 64 << 20, /* bytes of one list */
    WV_NETWORK_LINE_MAX = 1024,     /* bytes */
    WV_NETWORK_FINDINGS_MAX = 5,    /* wrong lines of one list that are told */
};

struct wv_networks;

/* NULL when memory is short. */
WV_MUST_USE struct wv_networks *wv_networks_new(void);
void wv_networks_free(struct wv_networks *networks); /* NULL is allowed */

/* Adds the lines of a list, whose number is below WV_NETWORK_LISTS_MAX. name stands in findings,
 * each with its line. A list without a network is an error. */
WV_MUST_USE bool wv_networks_add(struct wv_networks *networks, unsigned list, const char *name,
                                 struct wv_slice text, struct wv_report *report);

/* The same of a file. *digest is mixed with what it holds. */
WV_MUST_USE bool wv_networks_load(struct wv_networks *networks, unsigned list, const char *path,
                                  uint64_t *digest, struct wv_report *report);

/* Ends adding. False: memory is short. */
WV_MUST_USE bool wv_networks_sort(struct wv_networks *networks);

/* How many networks of a list there are, and whether it covers at least `least` IPv4 addresses or
 * networks of IPv6 of /64. */
size_t wv_networks_count(const struct wv_networks *networks, unsigned list);
bool wv_networks_covers(const struct wv_networks *networks, unsigned list, uint64_t least);

/* Bits of the lists that hold the address. Allocates nothing. */
uint32_t wv_networks_find(const struct wv_networks *networks, const struct wv_address *address);

#endif
