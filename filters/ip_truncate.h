/*
 * ip_truncate.h — what others must know of the filter ip_truncate.
 */
#ifndef WV_FILTERS_IP_TRUNCATE_H
#define WV_FILTERS_IP_TRUNCATE_H

#include "filters/filter.h"

/* Whether it is ip_truncate, and how many leading bits it keeps then. */
bool wv_ip_truncate_keeps(const struct wv_filter *filter, const void *settings, uint32_t *v4_keep,
                          uint32_t *v6_keep);

#endif
