/*
 * routes.c — which clients the configuration needs, and what goes through which of them.
 */
#include "runtime/routes.h"

#include <stdio.h>
#include <stdlib.h>

static bool add_input(struct wv_routes *routes, size_t input)
{
    struct wv_source *source = &routes->sources[routes->source_count];
    if (!wv_settings_join(&source->settings, routes->config->kafka,
                          routes->config->inputs[input].kafka)) {
        return false;
    }
    for (size_t i = 0; i < routes->source_count; i++) {
        if (wv_settings_equal(&routes->sources[i].settings, &source->settings)) {
            wv_settings_free(&source->settings);
            routes->source_of[input] = i;
            return true;
        }
    }
    routes->source_of[input] = routes->source_count++;
    return true;
}

static bool add_destination(struct wv_routes *routes, struct wv_destination destination,
                            struct wv_properties own)
{
    struct wv_channel *channel = &routes->channels[routes->channel_count];
    if (!wv_settings_join(&channel->settings, routes->config->kafka, own)) {
        return false;
    }
    destination.channel = routes->channel_count;
    for (size_t i = 0; i < routes->channel_count; i++) {
        if (wv_settings_equal(&routes->channels[i].settings, &channel->settings)) {
            destination.channel = i;
        }
    }
    if (destination.channel == routes->channel_count) {
        routes->channel_count++;
    } else {
        wv_settings_free(&channel->settings);
    }
    routes->destinations[routes->destination_count++] = destination;
    return true;
}

static bool add_output(struct wv_routes *routes, size_t index)
{
    const struct wv_output *output = &routes->config->outputs[index];
    char *pointer = routes->pointers[index];
    (void)snprintf(pointer, sizeof routes->pointers[index], "/outputs/%zu/topic", index);
    const struct wv_destination destination = {.name = (const char *)output->name.ptr,
                                               .pointer = pointer,
                                               .topic = (const char *)output->topic.ptr};
    return add_destination(routes, destination, output->kafka);
}

static bool add_all(struct wv_routes *routes)
{
    bool good = true;
    for (size_t i = 0; good && i < routes->config->input_count; i++) {
        good = add_input(routes, i);
    }
    for (size_t i = 0; good && i < routes->config->output_count; i++) {
        good = add_output(routes, i);
    }
    routes->has_rejects = routes->config->rejects_topic.len > 0;
    routes->has_audit =
        routes->config->delivery.mode == WV_EXACTLY_ONCE && routes->config->audit_topic.len > 0;
    const struct wv_destination rejects = {.name = "rejects",
                                           .pointer = "/rejects/topic",
                                           .topic =
                                               (const char *)routes->config->rejects_topic.ptr};
    const struct wv_destination audit = {.name = "audit",
                                         .pointer = "/audit/topic",
                                         .topic = (const char *)routes->config->audit_topic.ptr};
    good = good && (!routes->has_rejects ||
                    add_destination(routes, rejects, routes->config->rejects_kafka));
    return good &&
           (!routes->has_audit || add_destination(routes, audit, routes->config->audit_kafka));
}

bool wv_routes_init(struct wv_routes *routes, const struct wv_config *config)
{
    *routes = (struct wv_routes){.config = config};
    const size_t most = config->output_count + 3; /* rejects, audit, and a spare to compare with */
    routes->sources = calloc(config->input_count + 1, sizeof *routes->sources);
    routes->source_of = calloc(config->input_count + 1, sizeof *routes->source_of);
    routes->channels = calloc(most, sizeof *routes->channels);
    routes->destinations = calloc(most, sizeof *routes->destinations);
    routes->pointers = calloc(most, sizeof *routes->pointers);
    if (routes->sources == NULL || routes->source_of == NULL || routes->channels == NULL ||
        routes->destinations == NULL || routes->pointers == NULL || !add_all(routes)) {
        wv_routes_fini(routes);
        return false;
    }
    return true;
}

void wv_routes_fini(struct wv_routes *routes)
{
    for (size_t i = 0; i < routes->source_count; i++) {
        wv_settings_free(&routes->sources[i].settings);
    }
    for (size_t i = 0; i < routes->channel_count; i++) {
        wv_settings_free(&routes->channels[i].settings);
    }
    free(routes->sources);
    free(routes->source_of);
    free(routes->channels);
    free(routes->destinations);
    free(routes->pointers);
    *routes = (struct wv_routes){0};
}

bool wv_routes_transactional_id(const struct wv_routes *routes, uint32_t lane,
                                char id[WV_TRANSACTIONAL_ID_ROOM])
{
    const char *group = wv_settings_find(&routes->sources[0].settings, "group.id");
    const struct wv_slice instance = routes->config->instance;
    const int len =
        snprintf(id, WV_TRANSACTIONAL_ID_ROOM, "wafveil-%s-%.*s-%u", group == NULL ? "" : group,
                 (int)instance.len, (const char *)instance.ptr, lane);
    return len > 0 && len < WV_TRANSACTIONAL_ID_ROOM;
}

bool wv_routes_input(const struct wv_routes *routes, size_t source, const char *topic,
                     uint32_t *input)
{
    for (size_t i = 0; i < routes->config->input_count; i++) {
        if (routes->source_of[i] == source &&
            wv_slice_eq(routes->config->inputs[i].topic, wv_slice_of(topic))) {
            *input = (uint32_t)i;
            return true;
        }
    }
    return false;
}
