/*
 * bench_delivery.c — what bench/delivery needs beside the process that is measured.
 *
 *     bench_delivery fill CONFIG SIZE COUNT             made-up records into the input
 *     bench_delivery feed CONFIG SIZE AHEAD             the same without end, so far ahead of the
 * group bench_delivery engine CONFIG SIZE SECONDS         the engine's own time for the same
 * records bench_delivery watch CONFIG PID FROM TO           the process's time between two counts
 *     bench_delivery latency CONFIG SIZE RATE SECONDS   from writer to reader, at a steady rate
 */
#include "bench/delivery.h"
#include "bench/plain.h"

#include "base/log.h"

#include <stdio.h>

static int usage(void)
{
    (void)fputs(
        "usage: bench_delivery fill|feed|engine|watch|latency CONFIG NUMBER… (see its head)\n",
        stderr);
    return 2;
}

static int run(const char *verb, const char *config, const uint64_t numbers[3], size_t count)
{
    struct delivery delivery;
    if (strcmp(verb, "engine") == 0 && count == 2) {
        return delivery_engine(config, numbers[0], numbers[1]);
    }
    if (!delivery_open(&delivery, config)) {
        delivery_fail(config, "it needs an input, an output and delivery.lanes");
    }
    int code = 2;
    if (strcmp(verb, "fill") == 0 && count == 2) {
        code = delivery_fill(&delivery, numbers[0], numbers[1]);
    } else if (strcmp(verb, "feed") == 0 && count == 2) {
        code = delivery_feed(&delivery, numbers[0], numbers[1]);
    } else if (strcmp(verb, "watch") == 0 && count == 3) {
        code = delivery_watch(&delivery, numbers[0], numbers[1], numbers[2]);
    } else if (strcmp(verb, "latency") == 0 && count == 3) {
        code = delivery_latency(&delivery, numbers[0], numbers[1], numbers[2]);
    }
    delivery_close(&delivery);
    return code == 2 ? usage() : code;
}

int main(int argc, char **argv)
{
    uint64_t numbers[3] = {0};
    if (argc < 4 || argc > 6) {
        return usage();
    }
    for (int i = 3; i < argc; i++) {
        if (!plain_number(argv[i], INT64_MAX, &numbers[i - 3])) {
            return usage();
        }
    }
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    return run(argv[1], argv[2], numbers, (size_t)argc - 3);
}
