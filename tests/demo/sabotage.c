/*
 * sabotage.c — changes one message of waf.protected on its way to a reader (LD_PRELOAD).
 *
 * SABOTAGE=move: it seems to come from another partition, so that the sum stays right and two
 * partitions do not. SABOTAGE=unmark: what says that it is protected is gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

static void unmark(rd_kafka_message_t *message)
{
    char *found = memmem(message->payload, message->len, "\"_wafveil\"", 10);
    if (found != NULL) {
        found[1] = 'x';
    }
}

ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t *queue, int wait_ms,
                                     rd_kafka_message_t **messages, size_t room)
{
    static int done;
    ssize_t (*real)(rd_kafka_queue_t *, int, rd_kafka_message_t **, size_t) =
        dlsym(RTLD_NEXT, "rd_kafka_consume_batch_queue");
    const char *way = getenv("SABOTAGE");
    const ssize_t count = real(queue, wait_ms, messages, room);
    for (ssize_t i = 0; i < count && way != NULL && !done; i++) {
        if (messages[i]->err == 0 &&
            strcmp(rd_kafka_topic_name(messages[i]->rkt), "waf.protected") == 0) {
            done = 1;
            if (strcmp(way, "move") == 0) {
                messages[i]->partition = messages[i]->partition == 0 ? 1 : 0;
            } else {
                unmark(messages[i]);
            }
        }
    }
    return count;
}
