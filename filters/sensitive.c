/* sensitive.c — which hits are. */
#include "filters/sensitive.h"

#include "filters/parameters.h"

static bool is_sensitive(const struct wv_hit *hit)
{
    if (hit->kind < WV_DETECTOR_COUNT) {
        return (wv_detectors_sensitive() >> hit->kind & 1) != 0;
    }
    return hit->kind == WV_HIT_PARAMETER &&
           (hit->detail == WV_PARAMETER_NATIONAL_ID || hit->detail == WV_PARAMETER_PAYMENT ||
            hit->detail == WV_PARAMETER_LOCATION);
}

void wv_sensitive_note(struct wv_context *context, const struct wv_hit *hit)
{
    /* Most hits are addresses, and the set of detectors is put together from words. */
    if (!wv_hit_is_address(hit) && hit->kind != WV_HIT_EMAIL) {
        context->sensitive += is_sensitive(hit);
    }
}
