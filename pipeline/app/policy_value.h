/*
 * policy_value.h — differences between what is expected and what came out, one by one.
 */
#ifndef WV_APP_POLICY_VALUE_H
#define WV_APP_POLICY_VALUE_H

#include "app/policy_compare.h"

/* Bytes of a value and of a pointer that are shown. */
enum { WV_SHOWN_MAX = 1000, WV_POINTER_SHOWN = 512 };

struct wv_comparing {
    const struct wv_expectation *expect;
    const struct wv_obtained *obtained;
    FILE *out;
    size_t differences;
    char pointer[WV_POINTER_SHOWN]; /* of what is compared */
};

/* Begins a difference with the line that says what differs; false: there have been so many that no
 * more is written. */
bool wv_difference(struct wv_comparing *comparing, const char *what);

/* The value on one line; "nothing" for NULL. */
void wv_put_json(const struct wv_comparing *comparing, const json_t *value);

/* What stands at a JSON pointer; NULL: nothing. */
const json_t *wv_value_at(const json_t *root, const char *pointer);

/* Compares what stands there with a value in which matchers may be, and writes every difference. */
void wv_compare_at(struct wv_comparing *comparing, const char *pointer, const json_t *expected,
                   const json_t *got);

#endif
