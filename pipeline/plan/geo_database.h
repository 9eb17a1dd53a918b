/*
 * geo_database.h — what a MaxMind DB says of an address: its country, or its network operator.
 *
 * The file is copied when it is opened, so that nobody who exchanges or shortens it can touch a
 * running service. All of its search tree and every value that a lookup can lead to are read then;
 * what is not as it should be is an error there, and a lookup only walks the tree. A database is
 * not changed after that: any thread may look into it.
 */
#ifndef WV_PLAN_GEO_DATABASE_H
#define WV_PLAN_GEO_DATABASE_H

#include "base/report.h"
#include "filters/address.h"

enum wv_geo_wanted { WV_GEO_COUNTRY = 0, WV_GEO_ASN };

enum {
    WV_GEO_FILE_MAX = 256 << 20, /* bytes */
    WV_GEO_VALUES_MAX = 4 << 20, /* different ones in a file */
};

struct wv_geo_database;

/* NULL with a finding about the path. */
WV_MUST_USE struct wv_geo_database *wv_geo_open(const char *path, enum wv_geo_wanted wanted,
                                                struct wv_report *report);

/* The same of bytes that are in memory, which are copied; name stands in findings. */
WV_MUST_USE struct wv_geo_database *wv_geo_open_bytes(const char *name, struct wv_slice bytes,
                                                      enum wv_geo_wanted wanted,
                                                      struct wv_report *report);
void wv_geo_close(struct wv_geo_database *database); /* NULL is allowed */

/* Seconds since 1970; as the file says. */
uint64_t wv_geo_built(const struct wv_geo_database *database);
/* Changes with any byte of the file; no secret in it. */
uint64_t wv_geo_digest(const struct wv_geo_database *database);

/* COUNTRY: both capital letters, the first in the upper byte; ASN: the number. 0: the database does
 * not know. Allocates nothing. */
uint32_t wv_geo_find(const struct wv_geo_database *database, const struct wv_address *address);

#endif
