/*
 * demo_broker.h — Kafka inside this process: brokers, a producer that feeds them, and a consumer
 * that counts what came out.
 *
 * The consumer belongs to no group and shares nothing with the service: what it counts is what any
 * reader of the topics would find.
 *
 * Limits.  librdkafka's embedded broker silently forgets what exceeds 5 MiB in a partition, so at
 *          most WV_DEMO_WINDOW records of a partition may be on their way; see wv_demo_has_room().
 * Threads. All functions are for one thread.
 */
#ifndef WV_APP_DEMO_BROKER_H
#define WV_APP_DEMO_BROKER_H

#include "base/slice.h"

#define WV_DEMO_RAW       "waf.raw"
#define WV_DEMO_PROTECTED "waf.protected"
#define WV_DEMO_REJECTS   "waf.rejects"
#define WV_DEMO_GROUP     "wafveil-demo"

enum {
    WV_DEMO_PARTITIONS = 16,
    WV_DEMO_WINDOW = 1400, /* records of 2 KiB: half of what a partition keeps */
    WV_DEMO_WORDS = 48,
    WV_DEMO_WORD_MAX = 120,
};

/* How often a word was seen. */
struct wv_demo_word {
    char text[WV_DEMO_WORD_MAX];
    uint64_t count;
};

struct wv_demo_partition {
    uint64_t fed;
    uint64_t published;
    uint64_t stubs;
    uint64_t rejected; /* on the reject topic: stubs are told there, too */
};

struct wv_demo_counts {
    struct wv_demo_partition partitions[WV_DEMO_PARTITIONS]; /* of the input */
    uint64_t unfed;                                          /* the brokers did not take them */
    uint64_t strange;  /* messages that say neither that they are protected nor stub nor reject,
                        * or whose key is no token */
    uint64_t bytes_in; /* of the records that were fed */
    uint64_t bytes_out;
    uint64_t keys;                              /* messages with a key */
    struct wv_demo_word packs[WV_DEMO_WORDS];   /* of published records: "eu@3f9a2c11" */
    struct wv_demo_word reasons[WV_DEMO_WORDS]; /* of rejects */
};

struct wv_demo_broker;

/* Starts brokers and clients and makes the topics. NULL when librdkafka refuses. */
WV_MUST_USE struct wv_demo_broker *wv_demo_broker_start(void);
void wv_demo_broker_stop(struct wv_demo_broker *broker); /* NULL is allowed */

/* For bootstrap.servers. */
const char *wv_demo_broker_servers(const struct wv_demo_broker *broker);

const struct wv_demo_counts *wv_demo_broker_counts(const struct wv_demo_broker *broker);
bool wv_demo_has_room(const struct wv_demo_counts *counts, size_t partition);

/* Copies key and value. False: the producer is full, try again. */
WV_MUST_USE bool wv_demo_broker_feed(struct wv_demo_broker *broker, size_t partition,
                                     struct wv_slice key, struct wv_slice value);

/* Counts what has come out, waiting at most wait_ms for it; how many messages that were. */
size_t wv_demo_broker_count(struct wv_demo_broker *broker, int wait_ms);

/* How many records the group has committed; -1: the brokers do not say. */
int64_t wv_demo_broker_committed(struct wv_demo_broker *broker);

#endif
