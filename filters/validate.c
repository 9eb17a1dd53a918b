/*
 * validate.c — every validator of validators.def, by name and by number.
 */
#include "filters/validate.h"

static const struct wv_validator validators[] = {
#define WV_VALIDATOR(symbol, name, function, min, max, what) {name, function, min, max, what},
#include "filters/validators.def"
#undef WV_VALIDATOR
};

_Static_assert(WV_COUNT(validators) == WV_VALIDATOR_COUNT, "the index is made from the same list");

const struct wv_validator *wv_validator_find(struct wv_slice name)
{
    for (size_t i = 0; i < WV_COUNT(validators); i++) {
        if (wv_slice_eq(name, wv_slice_of(validators[i].name))) {
            return &validators[i];
        }
    }
    return NULL;
}

size_t wv_validator_count(void)
{
    return WV_COUNT(validators);
}

const struct wv_validator *wv_validator_at(size_t index)
{
    wv_ensure(index < WV_COUNT(validators));
    return &validators[index];
}
