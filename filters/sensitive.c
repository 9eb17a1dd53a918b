/* sensitive.c — which hits are. */
#include "filters/sensitive.h"

#include "filters/parameters.h"

static bool is_sensitive(const struct wv_hit *hit)
{
    if (hit->kind < WV_DETECTOR_COUNT) {
        return wv_detector_is_sensitive(hit->kind);
    }
    return hit->kind == WV_HIT_PARAMETER &&
           (hit->detail == WV_PARAMETER_NATIONAL_ID || hit->detail == WV_PARAMETER_PAYMENT ||
            hit->detail == WV_PARAMETER_LOCATION);
}

void wv_sensitive_note(struct wv_context *context, const struct wv_hit *hit)
{
    context->sensitive += is_sensitive(hit);
}
