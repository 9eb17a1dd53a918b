/*
 * delivery_setup.c — clients as the service makes them, from the configuration that it reads.
 */
#include "bench/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void delivery_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

uint64_t delivery_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool delivery_open(struct delivery *delivery, const char *path)
{
    *delivery = (struct delivery){0};
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return false;
    }
    delivery->config = wv_config_load(path, report);
    const bool good =
        delivery->config != NULL && wv_routes_init(&delivery->routes, delivery->config);
    if (!good) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    if (!good || delivery->config->input_count == 0 || delivery->config->output_count == 0) {
        return false;
    }
    delivery->input = (const char *)delivery->config->inputs[0].topic.ptr;
    delivery->output = delivery->routes.destinations[0].topic;
    delivery->lanes = delivery->config->delivery.lanes;
    return delivery->lanes > 0;
}

void delivery_close(struct delivery *delivery)
{
    wv_routes_fini(&delivery->routes);
    wv_config_free(delivery->config);
}

rd_kafka_conf_t *delivery_conf(const struct delivery *delivery, enum wv_role role,
                               const char *transactional_id)
{
    const struct wv_routes *routes = &delivery->routes;
    const struct wv_client_plan plan = {
        .role = role,
        .settings = role == WV_ROLE_PRODUCER
                        ? &routes->channels[routes->destinations[0].channel].settings
                        : &routes->sources[routes->source_of[0]].settings,
        .config = delivery->config,
        .sharers = delivery->lanes,
        .transactional_id = transactional_id,
    };
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    if (conf == NULL) {
        delivery_fail("client", "librdkafka refuses a property");
    }
    return conf;
}

void delivery_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[512] = "";
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        delivery_fail(name, why);
    }
}
