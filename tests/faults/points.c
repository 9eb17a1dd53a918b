/*
 * points.c — loaded before librdkafka (LD_PRELOAD), it ends or stops the process in front of or
 * behind a chosen call: at the moments that a signal from outside would meet once in a million
 * times.
 *
 *     WAFVEIL_FAULT=CALL:before|after:N:SIGNAL     e.g. rd_kafka_commit_queue:after:3:9
 *
 * N: at which one of these calls, counted from 1. The calls are those below.
 */
#include <librdkafka/rdkafka.h>

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong calls;
static char chosen[64];
static unsigned long chosen_call;
static int chosen_signal;
static bool is_after;

__attribute__((constructor)) static void choose(void)
{
    const char *word = getenv("WAFVEIL_FAULT");
    char when[8];
    if (word != NULL &&
        sscanf(word, "%63[^:]:%7[^:]:%lu:%d", chosen, when, &chosen_call, &chosen_signal) == 4) {
        is_after = strcmp(when, "after") == 0;
    } else {
        chosen[0] = '\0';
    }
}

/* The number of the call, when it is one of the chosen ones; 0. */
static unsigned long enter(const char *name)
{
    if (strcmp(name, chosen) != 0) {
        return 0;
    }
    const unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (number == chosen_call && !is_after) {
        (void)raise(chosen_signal);
    }
    return number;
}

static void leave(unsigned long number)
{
    if (number == chosen_call && number != 0 && is_after) {
        (void)raise(chosen_signal);
    }
}

/* A function of the same name that calls the real one. */
#define POINT(type, name, parameters, arguments)                                                   \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*_Atomic real) parameters;                                                     \
        if (real == NULL) {                                                                        \
            void *found = dlsym(RTLD_NEXT, #name);                                                 \
            type(*function) parameters = NULL;                                                     \
            (void)memcpy(&function, &found, sizeof function);                                      \
            real = function;                                                                       \
        }                                                                                          \
        const unsigned long number = enter(#name);                                                 \
        type result = real arguments;                                                              \
        leave(number);                                                                             \
        return result;                                                                             \
    }

POINT(rd_kafka_error_t *, rd_kafka_produceva,
      (rd_kafka_t * client, const rd_kafka_vu_t *parts, size_t count), (client, parts, count))
POINT(rd_kafka_resp_err_t, rd_kafka_commit,
      (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *offsets, int async),
      (client, offsets, async))
POINT(rd_kafka_resp_err_t, rd_kafka_commit_queue,
      (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *offsets, rd_kafka_queue_t *queue,
       void (*done)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *, void *),
       void *opaque),
      (client, offsets, queue, done, opaque))
POINT(rd_kafka_resp_err_t, rd_kafka_assign,
      (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *partitions),
      (client, partitions))
POINT(rd_kafka_resp_err_t, rd_kafka_committed,
      (rd_kafka_t * client, rd_kafka_topic_partition_list_t *partitions, int wait_ms),
      (client, partitions, wait_ms))
POINT(rd_kafka_consumer_group_metadata_t *, rd_kafka_consumer_group_metadata, (rd_kafka_t * client),
      (client))
POINT(rd_kafka_resp_err_t, rd_kafka_flush, (rd_kafka_t * client, int wait_ms), (client, wait_ms))
POINT(rd_kafka_resp_err_t, rd_kafka_consumer_close, (rd_kafka_t * client), (client))
POINT(rd_kafka_error_t *, rd_kafka_init_transactions, (rd_kafka_t * client, int wait_ms),
      (client, wait_ms))
POINT(rd_kafka_error_t *, rd_kafka_begin_transaction, (rd_kafka_t * client), (client))
POINT(rd_kafka_error_t *, rd_kafka_send_offsets_to_transaction,
      (rd_kafka_t * client, const rd_kafka_topic_partition_list_t *offsets,
       const rd_kafka_consumer_group_metadata_t *group, int wait_ms),
      (client, offsets, group, wait_ms))
POINT(rd_kafka_error_t *, rd_kafka_commit_transaction, (rd_kafka_t * client, int wait_ms),
      (client, wait_ms))
POINT(rd_kafka_error_t *, rd_kafka_abort_transaction, (rd_kafka_t * client, int wait_ms),
      (client, wait_ms))
