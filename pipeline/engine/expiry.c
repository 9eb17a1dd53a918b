/*
 * expiry.c — until when a record may be kept where it goes.
 *
 * A day and no more: the record's time may be coarser than a second, and the day must not tell more
 * of it than the record itself does.
 */
#include "engine/work.h"

#define DAY_MS (INT64_C(1000) * WV_DAY_S)

struct wv_slice wv_expiry_of(const struct wv_writer *writer)
{
    const struct wv_worker *worker = writer->worker;
    struct wv_expiry *expiry = &worker->expiries[writer->output];
    const uint32_t days = writer->config->retention_days;
    if (wv_likely(days == 0)) {
        return (struct wv_slice){0};
    }
    const int64_t time_ms = wv_coarse_time(writer, worker->settled.trusted_ms);
    const int64_t day = time_ms / DAY_MS;
    if (time_ms < 0 || day > WV_EPOCH_DAY_MAX - (int64_t)days) {
        return (struct wv_slice){0};
    }
    if (wv_unlikely(expiry->day != day || expiry->text[0] == '\0')) {
        expiry->day = day;
        wv_day_format(day + days, expiry->text);
    }
    return (struct wv_slice){(const uint8_t *)expiry->text, WV_DAY_TEXT - 1};
}
