/*
 * numbers.h — what the service has counted, for whoever shows it.
 */
#ifndef WV_RUNTIME_NUMBERS_H
#define WV_RUNTIME_NUMBERS_H

#include "engine/tally.h"
#include "runtime/slot.h"

enum { WV_ERROR_KINDS = 8 };

/* What became of the messages for one topic. */
struct wv_destination_numbers {
    uint64_t delivered; /* acknowledged by a broker */
    uint64_t stubs;     /* of those, the ones that stand for a rejected record */
    struct {
        const char *name; /* librdkafka's; NULL: not used yet. The last one also counts others */
        uint64_t count;
    } errors[WV_ERROR_KINDS];
};

/* Counts a delivery that failed; name is a constant of librdkafka. */
void wv_destination_error(struct wv_destination_numbers *numbers, const char *name);

/* sum += part. */
void wv_destination_add(struct wv_destination_numbers *sum,
                        const struct wv_destination_numbers *part);

/* What became of the sealed record of a report, with rejects.seal. */
enum wv_box {
    WV_BOX_SEALED = 0,
    WV_BOX_FIRST,       /* another report of the same message has it */
    WV_BOX_WITHHELD,    /* a transfer or a consent was refused */
    WV_BOX_TOO_LARGE,   /* for a message of the topic */
    WV_BOX_LATE,        /* a broker refused the output; the record was no longer there */
    WV_BOX_CERTIFICATE, /* is not valid now */
    WV_BOX_FAILED,
    WV_BOX_COUNT,
};

/* "sealed"; "too_large". */
const char *wv_box_word(enum wv_box result);

/* What one lane has sent. */
struct wv_delivery_numbers {
    uint64_t too_large;           /* outputs that a topic did not take and that became stubs */
    uint64_t rejects_unsent;      /* rejects without a topic to go to */
    uint64_t boxes[WV_BOX_COUNT]; /* reports by what became of the sealed record */
    uint64_t skipped;             /* outputs that had the record already; skip_published */
    uint64_t held;                /* now waiting to be sent again */
    uint64_t committed;           /* transactions; exactly once only */
    uint64_t aborted;             /* and repeated */
    uint64_t renewed;             /* producers that were made anew after a request was lost */
    uint64_t blocked_ns;          /* how long an output has not been writable; 0: all are */
};

struct wv_lane_numbers {
    struct wv_tally tally;
    struct wv_delivery_numbers delivery;
    uint64_t queued;      /* messages with the producers */
    uint64_t in_flight;   /* messages that were read and are not done */
    uint64_t damaged;     /* partitions that hold a batch that cannot be read */
    uint64_t beat_ns;     /* monotonic time of the lane's last turn */
    uint64_t progress_ns; /* of the last one in which an acknowledgement came or none was missing */
};

struct wv_partition_numbers {
    char topic[WV_TOPIC_MAX + 1];
    int32_t partition;
    uint32_t lane;
    int64_t position;  /* everything before it is acknowledged */
    int64_t committed; /* -1: nothing yet */
    int64_t end;       /* of the partition, as last heard; -1: unknown */
    int64_t lag;       /* end - position; -1: unknown */
    int64_t behind_ms; /* age of the last message that was read, while there are more; 0: none */
    uint64_t in_flight;
};

/* Everything at one moment. */
struct wv_snapshot {
    bool ready;
    uint64_t rebalances;
    uint64_t commits;
    uint64_t commit_errors;
    uint64_t lost;              /* messages that were gone from the input before they were read */
    struct wv_lane_numbers sum; /* of all lanes; the times are the oldest */
    struct wv_destination_numbers *destinations; /* as the routes have them */
    size_t destination_count;
    struct wv_partition_numbers *partitions;
    size_t partition_count;
};

#endif
