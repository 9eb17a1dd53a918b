/*
 * audit_window.c — what was counted in a window, as one audit record or more.
 */
#include "runtime/audit_window.h"

#include "runtime/audit_text.h"

static void put_groups(const struct wv_window_sink *sink, struct wv_buf *record,
                       const struct wv_categories *counts, const int64_t times[2])
{
    for (size_t i = 0; i < counts->count; i++) {
        if (record->len > WV_WINDOW_ROOM) {
            wv_buf_put(record, WV_LIT("],\"more\":true"));
            sink->end(sink->context, record);
            *record = sink->begin(sink->context);
            wv_audit_put_window(record, counts->plan, times, 0);
            wv_buf_put(record, WV_LIT(",\"groups\":["));
        }
        const bool first = record->mem[record->len - 1] == '[';
        wv_buf_put(record, first ? WV_LIT("") : WV_LIT(","));
        wv_audit_put_group(record, counts->plan, &counts->groups[i]);
    }
}

void wv_window_write(const struct wv_window_sink *sink, const struct wv_plan *plan,
                     const struct wv_categories *counts, const int64_t times[2])
{
    struct wv_buf record = sink->begin(sink->context);
    wv_audit_put_window(&record, plan, times, counts == NULL ? 0 : counts->unread);
    wv_buf_put(&record, WV_LIT(",\"groups\":["));
    if (counts != NULL) {
        put_groups(sink, &record, counts, times);
    }
    wv_buf_byte(&record, ']');
    sink->end(sink->context, &record);
}
