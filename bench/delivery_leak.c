/*
 * delivery_leak.c — loaded before librdkafka (LD_PRELOAD), it loses some memory with each record
 * that is sent: what `bench/run endurance` must find.
 *
 *     WAFVEIL_LEAK=BYTES
 */
#include <librdkafka/rdkafka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static size_t lost_bytes;

/* The last one that was lost; volatile, or the compiler would see that nobody uses it. */
static void *volatile lost;

static rd_kafka_error_t *(*send_record)(rd_kafka_t *, const rd_kafka_vu_t *, size_t);

__attribute__((constructor)) static void choose(void)
{
    const char *word = getenv("WAFVEIL_LEAK");
    lost_bytes = word == NULL ? 0 : strtoul(word, NULL, 10);
    void *found = dlsym(RTLD_NEXT, "rd_kafka_produceva");
    memcpy(&send_record, &found, sizeof send_record); /* C has no cast from data to code */
}

rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *producer, const rd_kafka_vu_t *parts, size_t count)
{
    void *more = lost_bytes == 0 ? NULL : malloc(lost_bytes);
    if (more != NULL) {
        memset(more, 1, lost_bytes); /* memory that nobody writes to is not resident */
        lost = more;
    }
    return send_record(producer, parts, count);
}
