/*
 * lane_audit.c — a lane's own audit records, where everything of a transaction is in it.
 */
#include "runtime/lane_audit.h"

#include "base/log.h"
#include "keys/ledger.h"
#include "runtime/audit_text.h"
#include "runtime/audit_window.h"

#include <stdlib.h>

enum { RECORD_ROOM = 512 * 1024 };

struct wv_lane_audit {
    const struct wv_config *config;
    const struct wv_clock *clock;
    struct wv_dispatch *dispatch;
    struct wv_stop *stop;
    struct wv_ledger ledger;
    struct wv_ledger settled; /* as it was when a transaction was committed last */
    int64_t opened_ms;
    uint8_t room[RECORD_ROOM];
};

struct wv_lane_audit *wv_lane_audit_new(const struct wv_config *config,
                                        const struct wv_clock *clock, struct wv_dispatch *dispatch,
                                        struct wv_stop *stop)
{
    struct wv_lane_audit *audit = malloc(sizeof *audit);
    if (audit == NULL) {
        return NULL;
    }
    audit->config = config;
    audit->clock = clock;
    audit->dispatch = dispatch;
    audit->stop = stop;
    audit->opened_ms = wv_clock_wall_ms(clock);
    if (!wv_ledger_start(&audit->ledger)) {
        free(audit);
        return NULL;
    }
    audit->settled = audit->ledger;
    return audit;
}

void wv_lane_audit_free(struct wv_lane_audit *audit)
{
    free(audit);
}

static struct wv_buf begin_record(struct wv_lane_audit *audit, const char *event)
{
    struct wv_buf record = wv_buf_of(audit->room, sizeof audit->room);
    wv_audit_put_head(&record, audit->config, &audit->ledger, wv_clock_wall_ms(audit->clock),
                      event);
    return record;
}

/* Without it the service cannot say what it does. */
static void end_record(struct wv_lane_audit *audit, struct wv_buf *record)
{
    struct wv_slice bytes;
    if (!wv_ledger_seal(&audit->ledger, record) || !wv_buf_take(record, &bytes)) {
        wv_log(WV_LOG_ERROR, "audit_given_up",
               WV_FIELDS(wv_log_word("what", "an audit record does not fit into memory")));
        wv_stop_ask(audit->stop, WV_EXIT_OUTPUT);
        return;
    }
    const struct wv_slice key = {(const uint8_t *)audit->ledger.id, WV_LEDGER_ID};
    wv_dispatch_audit(audit->dispatch, key, bytes);
}

static struct wv_buf begin_window(void *context)
{
    return begin_record(context, "window");
}

static void end_window(void *context, struct wv_buf *record)
{
    end_record(context, record);
}

void wv_lane_audit_write(struct wv_lane_audit *audit, struct wv_categories *counts)
{
    if (wv_categories_empty(counts)) {
        return;
    }
    const int64_t times[] = {audit->opened_ms, wv_clock_wall_ms(audit->clock)};
    const struct wv_window_sink sink = {begin_window, end_window, audit};
    wv_window_write(&sink, counts->plan, counts, times);
    wv_categories_clear(counts);
    audit->opened_ms = times[1];
}

void wv_lane_audit_end(struct wv_lane_audit *audit, uint32_t lane)
{
    if (audit->ledger.seq == 0) {
        return;
    }
    struct wv_buf record = begin_record(audit, "stopped");
    wv_audit_put_fields(&record, WV_FIELDS(wv_log_number("lane", lane)));
    end_record(audit, &record);
}

bool wv_lane_audit_is_settled(const struct wv_lane_audit *audit)
{
    return audit->ledger.seq == audit->settled.seq;
}

void wv_lane_audit_settled(struct wv_lane_audit *audit, enum wv_exact_outcome outcome)
{
    if (outcome == WV_EXACT_COMMITTED) {
        audit->settled = audit->ledger;
    } else if (outcome == WV_EXACT_FORGOTTEN) {
        audit->ledger = audit->settled;
    }
}
