/*
 * registry.c — every filter of filters.def, by name and by number.
 */
#include "filters/filter.h"

#define WV_FILTER(name) extern const struct wv_filter wv_filter_##name;
#include "filters/filters.def"
#undef WV_FILTER

static const struct wv_filter *const filters[] = {
#define WV_FILTER(name) &wv_filter_##name,
#include "filters/filters.def"
#undef WV_FILTER
};

const struct wv_filter *wv_filter_find(struct wv_slice name)
{
    for (size_t i = 0; i < WV_COUNT(filters); i++) {
        if (wv_slice_eq(name, wv_slice_of(filters[i]->name))) {
            return filters[i];
        }
    }
    return NULL;
}

size_t wv_filter_count(void)
{
    return WV_COUNT(filters);
}

const struct wv_filter *wv_filter_at(size_t index)
{
    wv_ensure(index < WV_COUNT(filters));
    return filters[index];
}
