/*
 * epoch.h — ids of epochs: "20261116-7d" is the seven days from 2026-11-16 00:00 UTC on.
 */
#ifndef WV_KEYS_EPOCH_H
#define WV_KEYS_EPOCH_H

#include "keys/keyring.h"

enum { WV_DAY_S = 86400 };

/* The first and last day that an id can name: 1000-01-01 and 9999-12-31, in days since 1970. */
enum { WV_EPOCH_DAY_MIN = -354285, WV_EPOCH_DAY_MAX = 2932896 };

/* Which day since 1970-01-01 (UTC) holds the time. */
static inline int64_t wv_epoch_day(int64_t time_s)
{
    return time_s / WV_DAY_S - (time_s % WV_DAY_S < 0 ? 1 : 0);
}

/* Days [first, first + days). */
struct wv_epoch_span {
    int64_t first;
    uint32_t days;
};

/* Reads an id of the only spelling it has. False: it is none. */
WV_MUST_USE bool wv_epoch_parse(struct wv_slice id, struct wv_epoch_span *out);

/* Writes the id, which must be in the range above. */
void wv_epoch_format(struct wv_epoch_span span, char id[WV_EPOCH_ID_MAX + 1]);

/* A day as people write it, "2026-11-16", in days since 1970. False: it is none. */
WV_MUST_USE bool wv_day_parse(struct wv_slice text, int64_t *day);

/* Writes the day, which must be in the range above. */
enum { WV_DAY_TEXT = 11 };
void wv_day_format(int64_t day, char out[WV_DAY_TEXT]);

/* The n-day epoch, counted from Monday 1970-01-05, that holds the day. */
struct wv_epoch_span wv_epoch_span_of(int64_t day, uint32_t days);

#endif
