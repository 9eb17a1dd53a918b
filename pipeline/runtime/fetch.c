/* fetch.c — exactly these messages of an input's topic. */
#include "runtime/fetch.h"

#include "runtime/quiet.h"
#include "runtime/watermarks.h"

#include <stdlib.h>

enum {
    JUMP = 2000,   /* messages that are rather read over than jumped over */
    BEGIN_MAX = 5, /* looks at a partition whose beginning is being deleted */
};

struct wv_fetch {
    const struct wv_config *config;
    uint32_t input;
    struct wv_quiet quiet;
    const struct wv_position *wanted;
    wv_fetch_fn *fn;
    void *user;
    struct wv_header headers[WV_QUIET_HEADERS];
};

/* The wanted messages of one partition: [next, end) are still to be told. */
struct run {
    size_t next;
    size_t end;
    int32_t partition;
    bool ended; /* by the function */
};

struct wv_fetch *wv_fetch_open(const struct wv_config *config, uint32_t input,
                               struct wv_sample_trouble *trouble)
{
    struct wv_fetch *fetch = calloc(1, sizeof *fetch);
    wv_ensure(fetch != NULL);
    fetch->config = config;
    fetch->input = input;
    if (!wv_quiet_open(&fetch->quiet, config, config->inputs[input].topic,
                       config->inputs[input].kafka, trouble)) {
        wv_fetch_close(fetch);
        return NULL;
    }
    return fetch;
}

void wv_fetch_close(struct wv_fetch *fetch)
{
    if (fetch != NULL) {
        wv_quiet_close(&fetch->quiet);
        free(fetch);
    }
}

static void tell(struct wv_fetch *fetch, struct run *run, const struct wv_record *record)
{
    run->ended = !fetch->fn(fetch->user, run->next, record);
    run->next++;
}

/* What stands before this offset and has not come does not come. */
static void tell_gone(struct wv_fetch *fetch, struct run *run, int64_t before)
{
    while (!run->ended && run->next < run->end && fetch->wanted[run->next].offset < before) {
        tell(fetch, run, NULL);
    }
}

static bool is_open(const struct run *run)
{
    return !run->ended && run->next < run->end;
}

static bool start(struct wv_fetch *fetch, const struct run *run, struct wv_sample_trouble *trouble)
{
    return rd_kafka_consume_start_queue(fetch->quiet.topic, run->partition,
                                        fetch->wanted[run->next].offset, fetch->quiet.queue) == 0 ||
           wv_quiet_fail(rd_kafka_last_error(), trouble);
}

static void take(struct wv_fetch *fetch, struct run *run, const rd_kafka_message_t *message)
{
    tell_gone(fetch, run, message->offset);
    if (is_open(run) && fetch->wanted[run->next].offset == message->offset) {
        const struct wv_record record =
            wv_quiet_record(fetch->config, fetch->input, message, fetch->headers);
        tell(fetch, run, &record);
    }
}

/* Reads on from where it was started. *again: the partition has to be looked at anew. */
static bool follow(struct wv_fetch *fetch, struct run *run, bool *again,
                   struct wv_sample_trouble *trouble)
{
    int waited_ms = 0;
    while (is_open(run) && !*again) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(fetch->quiet.queue, WV_QUIET_POLL_MS);
        if (message == NULL) {
            waited_ms += WV_QUIET_POLL_MS;
            if (waited_ms >= WV_QUIET_WAIT_MS) {
                return wv_quiet_fail(RD_KAFKA_RESP_ERR__TIMED_OUT, trouble);
            }
            continue;
        }
        const rd_kafka_resp_err_t code = message->err;
        bool good = true;
        if (message->partition == run->partition && code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            waited_ms = 0;
            take(fetch, run, message);
            *again = is_open(run) && fetch->wanted[run->next].offset - message->offset > JUMP;
        } else if (message->partition == run->partition &&
                   code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            tell_gone(fetch, run, INT64_MAX);
        } else if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                   code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
            *again = true;
        } else if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTITION_EOF &&
                   code != RD_KAFKA_RESP_ERR__TRANSPORT) {
            good = wv_quiet_fail(code, trouble);
        }
        rd_kafka_message_destroy(message);
        if (!good) {
            return false;
        }
    }
    return true;
}

/* One look at where the partition begins and ends, and what can be read from there on. */
static bool read_on(struct wv_fetch *fetch, struct run *run, struct wv_sample_trouble *trouble)
{
    int64_t low = 0;
    int64_t high = 0;
    const rd_kafka_resp_err_t code =
        wv_watermarks(fetch->quiet.client, rd_kafka_topic_name(fetch->quiet.topic), run->partition,
                      WV_QUIET_ASK_MS, &low, &high);
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) { /* the topic was made anew, smaller */
        tell_gone(fetch, run, INT64_MAX);
        return true;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return wv_quiet_fail(code, trouble);
    }
    tell_gone(fetch, run, low);
    if (is_open(run) && fetch->wanted[run->next].offset >= high) {
        tell_gone(fetch, run, INT64_MAX);
    }
    bool again = false;
    if (!is_open(run)) {
        return true;
    }
    if (!start(fetch, run, trouble)) {
        return false;
    }
    const bool good = follow(fetch, run, &again, trouble);
    (void)rd_kafka_consume_stop(fetch->quiet.topic, run->partition);
    return good;
}

static bool read_partition(struct wv_fetch *fetch, struct run *run,
                           struct wv_sample_trouble *trouble)
{
    size_t before = run->next;
    int looks = 0;
    while (is_open(run)) {
        if (!read_on(fetch, run, trouble)) {
            return false;
        }
        looks = run->next == before ? looks + 1 : 0;
        before = run->next;
        if (looks == BEGIN_MAX) {
            return wv_quiet_fail(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, trouble);
        }
    }
    return true;
}

bool wv_fetch_read(struct wv_fetch *fetch, const struct wv_position *wanted, size_t count,
                   wv_fetch_fn *fn, void *user, struct wv_sample_trouble *trouble)
{
    *trouble = (struct wv_sample_trouble){NULL, NULL};
    fetch->wanted = wanted;
    fetch->fn = fn;
    fetch->user = user;
    struct run run = {0};
    while (!run.ended && run.next < count) {
        run.partition = wanted[run.next].partition;
        run.end = run.next;
        while (run.end < count && wanted[run.end].partition == run.partition) {
            run.end++;
        }
        if (!read_partition(fetch, &run, trouble)) {
            return false;
        }
    }
    return !run.ended;
}
