/*
 * listing.h — names in one line of a message: "eu, jp and 7 more".
 *
 * Takes no memory. However many names there are, the line stays one that people read, and says how
 * many it leaves out.
 */
#ifndef WV_PLAN_LISTING_H
#define WV_PLAN_LISTING_H

#include "base/ensure.h"

#include <stddef.h>

enum { WV_LISTING_NAMES = 12, WV_LISTING_BYTES = 512 };

/* All zero: empty. */
struct wv_listing {
    char text[WV_LISTING_BYTES]; /* what has been added so far, as it is shown */
    size_t used;                 /* bytes of the names in it */
    size_t names;                /* that stand in it */
    size_t more;                 /* that do not */
};

void wv_listing_add(struct wv_listing *listing, const char *name);

/* The same with words after the name: "eu (365 days)". */
void wv_listing_add_text(struct wv_listing *listing, const char *format, ...) WV_PRINTF(2, 3);

#endif
