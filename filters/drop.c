/*
 * drop — removes the field, whatever it holds.
 */
#include "filters/filter.h"

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)settings;
    (void)value;
    (void)context;
    (void)out;
    return WV_REMOVED;
}

const struct wv_filter wv_filter_drop = {
    .name = "drop",
    .summary = "Removes the field",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 100,
    .apply = apply,
};
