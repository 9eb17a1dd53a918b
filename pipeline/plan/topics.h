/*
 * topics.h — what brokers say of the topics of a configuration, and what the law thinks of it.
 *
 * Pure: whoever asks the brokers (runtime/topics.h) fills in the answers, and a judgement over them
 * becomes warnings. An answer that nobody has is "not known" and is judged as nothing. Names of
 * principals, hosts and groups are the operator's own and may be shown; no record is looked at.
 */
#ifndef WV_PLAN_TOPICS_H
#define WV_PLAN_TOPICS_H

#include "plan/plan.h"

/* What is in a topic. */
enum wv_content {
    WV_CONTENT_RAW = 0,
    WV_CONTENT_PROTECTED,
    WV_CONTENT_REJECTS, /* reasons and places of records, and no values */
};
const char *wv_content_word(enum wv_content content); /* "raw" */

/* How far a question was answered. */
struct wv_answer {
    bool known;
    const char *trouble; /* where it was not: why, and what to do about it */
};

struct wv_keeping {
    struct wv_answer answer;
    int64_t ms;    /* retention.ms; -1: without an end */
    int64_t bytes; /* retention.bytes, of one partition; -1: any number */
    bool deletes;  /* cleanup.policy */
    bool compacts;
    int64_t lag_ms; /* max.compaction.lag.ms; -1: no limit */
    int64_t
        segment_ms; /* segment.ms: how long a segment takes records; -1: any time; 0: not known */
};

/* An entry of the brokers' lists that allows, or forbids, somebody to read the topic. */
struct wv_topic_reader {
    const char *principal; /* "User:soc"; "User:*" is everybody */
    const char *host;      /* "*": any */
    const char *topics;    /* the name in the entry: of the topic, its beginning, or "*" */
    bool prefixed;
    bool denied;
};

struct wv_topic_readers {
    struct wv_answer answer;
    bool anyone;   /* the brokers keep no such lists */
    bool unlisted; /* no entry speaks of the topic: everybody may where the brokers are set so */
    const struct wv_topic_reader *items;
    size_t count;
    size_t more; /* that are left out */
};

/* Groups that have committed offsets of the topic. */
struct wv_topic_groups {
    struct wv_answer answer;
    const char **items;
    size_t count;
    size_t more;
    size_t unasked; /* groups of which nobody knows what they read */
};

struct wv_topic {
    enum wv_content content;
    size_t index; /* of the input or output */
    const char *name;
    const char *brokers; /* host:port, as the configuration has them */
    struct wv_keeping keeping;
    struct wv_topic_readers readers;
    struct wv_topic_groups groups;
};

/* Every topic of a configuration, inputs first, with nothing known yet. Lives in the arena; NULL
 * when that is full. */
WV_MUST_USE struct wv_topic *wv_topics_of(const struct wv_config *config, struct wv_arena *arena,
                                          size_t *count);

/* Where the configuration names it: "/outputs/0/topic". */
enum { WV_TOPIC_POINTER = 48 };
void wv_topic_pointer(const struct wv_topic *topic, char pointer[WV_TOPIC_POINTER]);

/* After how many ms a record is gone; -1: never. With a limit of bytes it can go earlier. */
int64_t wv_keeping_ms(const struct wv_keeping *keeping);

/* The same for a record that comes into a segment first: it stays until the last one there is old
 * enough. One that gets full (segment.bytes) is closed sooner. */
int64_t wv_keeping_longest_ms(const struct wv_keeping *keeping);

/* A time span as people write it: "7 days", "36 hours", "without an end". */
enum { WV_SPAN_TEXT = 40 };
void wv_span_format(int64_t ms, char text[WV_SPAN_TEXT]);

/* Adds a warning for each topic that the laws of the plan's regions would have otherwise, on the
 * day of its configuration: kept longer than is usual or declared, shorter than must be, compacted
 * without a limit, or open to everybody. */
void wv_topics_judge(const struct wv_plan *plan, const struct wv_topic *topics, size_t count,
                     struct wv_report *report);

#endif
