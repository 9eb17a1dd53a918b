/*
 * sensitive.h — what some tenants never want published, not even hidden behind a placeholder.
 *
 * Numbers of persons, payment cards, bank accounts and places: by their shape, or because they
 * stand under a name that is listed for them. Beliefs, health and the like have no shape; nothing
 * here finds them.
 */
#ifndef WV_FILTERS_SENSITIVE_H
#define WV_FILTERS_SENSITIVE_H

#include "filters/detect.h"

/* A placeholder was written for the hit: counts it in the context, if it is sensitive. */
void wv_sensitive_note(struct wv_context *context, const struct wv_hit *hit);

#endif
