/*
 * rejects.h — what is said about a record that could not be published.
 *
 * Coordinates and words of ours, never a value of the record: where it stands in the input, why it
 * was refused, and the place inside it as the format (not the record) spells it.
 */
#ifndef WV_RUNTIME_REJECTS_H
#define WV_RUNTIME_REJECTS_H

#include "engine/transform.h"

enum { WV_REJECT_MAX = 4096 };

struct wv_reject {
    const struct wv_plan *plan;
    enum wv_reason reason;
    size_t at;
    const char *place; /* NULL: unknown */
    const char *topic;
    int32_t partition;
    int64_t offset;
    uint32_t record; /* within the message */
    size_t records;  /* that the message held, which reject_box.h knows; 0: not known any more */
    uint32_t input;
    uint32_t output; /* UINT32_MAX: all */
    struct wv_slice tenant;
};

/* One JSON object. */
void wv_reject_write(struct wv_buf *buf, const struct wv_reject *reject);

/* What stands in an output for a record that the brokers found too long: it says that the record
 * existed, and when. The tenant is left to the reject topic, since the output's pack may not allow
 * to name it. */
void wv_reject_stub(struct wv_buf *buf, enum wv_reason reason, int64_t time_ms);

#endif
