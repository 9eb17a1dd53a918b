/* listing.c — names in one line of a message. */
#include "plan/listing.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ENTRY_MAX = 128, MORE_ROOM = 32 }; /* " and 18446744073709551615 more" */

static void add(struct wv_listing *listing, const char *entry)
{
    const char *comma = listing->names == 0 ? "" : ", ";
    const size_t length = strlen(comma) + strlen(entry);
    if (listing->more > 0 || listing->names == WV_LISTING_NAMES ||
        listing->used + length + MORE_ROOM > sizeof listing->text) {
        listing->more++;
        (void)snprintf(listing->text + listing->used, sizeof listing->text - listing->used,
                       listing->names == 0 ? "%zu" : " and %zu more", listing->more);
        return;
    }
    (void)snprintf(listing->text + listing->used, sizeof listing->text - listing->used, "%s%s",
                   comma, entry);
    listing->used += length;
    listing->names++;
}

void wv_listing_add(struct wv_listing *listing, const char *name)
{
    add(listing, name);
}

void wv_listing_add_text(struct wv_listing *listing, const char *format, ...)
{
    char entry[ENTRY_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(entry, sizeof entry, format, args);
    va_end(args);
    add(listing, entry);
}
