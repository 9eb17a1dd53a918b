/*
 * keep — passes the value on, because the policy says in so many words that it may be published.
 *
 * It is the weakest filter: whatever another law names for the same class wins over it.
 */
#include "filters/filter.h"

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)settings;
    (void)value;
    (void)context;
    (void)out;
    return WV_HARMLESS;
}

const struct wv_filter wv_filter_keep = {
    .name = "keep",
    .summary = "Passes the value on; known addresses of the record are still replaced in it",
    .residue = WV_RESIDUE_TEXT,
    .steady = true,
    .leaves_empty = true,
    .rank = 0,
    .apply = apply,
};
