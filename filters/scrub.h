/*
 * scrub.h — what others must know of the filter scrub.
 */
#ifndef WV_FILTERS_SCRUB_H
#define WV_FILTERS_SCRUB_H

#include "filters/search.h"

/* Whether it is scrub, told to keep addresses of attackers' machines: a policy needs a reason for
 * that. */
bool wv_scrub_keeps_iocs(const struct wv_filter *filter, const void *settings);

#endif
