/*
 * delivery.h — what the programs of `bench/run delivery` and `bench/run memory` share.
 *
 * All of them read the configuration that the service reads, so that topics, properties and the
 * number of lanes are the same for everything that is compared.
 */
#ifndef WV_BENCH_DELIVERY_H
#define WV_BENCH_DELIVERY_H

#include "base/buf.h"
#include "runtime/client.h"
#include "runtime/routes.h"

enum { DELIVERY_PARTITIONS = 4 }; /* of every topic; run.py makes them */

struct delivery {
    struct wv_config *config;
    struct wv_routes routes;
    const char *input;  /* topic */
    const char *output; /* topic */
    size_t lanes;
};

/* False, explained on stderr. */
WV_MUST_USE bool delivery_open(struct delivery *delivery, const char *path);
void delivery_close(struct delivery *delivery);

/* What the service would give to its consumer, or to one of its producers; transactional_id: that
 * of a producer that works in transactions, else NULL. */
WV_MUST_USE rd_kafka_conf_t *delivery_conf(const struct delivery *delivery, enum wv_role role,
                                           const char *transactional_id);

/* Over what the service would set; ends the program where librdkafka refuses it. */
void delivery_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* Ends the program. */
void delivery_fail(const char *what, const char *why);

/* A clock that runs on, and the time of the day. */
uint64_t delivery_now_ns(void);

/* Made-up records of about that size, all different. */
struct delivery_records {
    struct wv_slice *items;
    size_t count;
    uint8_t *memory;
    size_t bytes;
};
WV_MUST_USE bool delivery_records_make(struct delivery_records *records, size_t size);

/* What the engine publishes for each of them, by the configuration. Ends the program where it does
 * not publish one: it would not be measured. */
WV_MUST_USE bool delivery_records_protect(struct delivery_records *results, const char *config,
                                          size_t size);
void delivery_records_free(struct delivery_records *records);

/* The verbs of bench_delivery; each returns the program's exit code. */
int delivery_fill(const struct delivery *delivery, size_t size, uint64_t count);
int delivery_feed(const struct delivery *delivery, size_t size, uint64_t ahead);
int delivery_engine(const char *config, size_t size, uint64_t seconds);
int delivery_watch(const struct delivery *delivery, uint64_t pid, uint64_t from, uint64_t to);
int delivery_latency(const struct delivery *delivery, size_t size, uint64_t rate, uint64_t seconds);

#endif
