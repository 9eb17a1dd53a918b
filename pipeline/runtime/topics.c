/*
 * topics.c — asks the brokers how the topics of a configuration are kept, and who may read them:
 * once for each set of connection properties.
 */
#include "runtime/topics.h"

#include "runtime/topics_ask.h"

#include <stdlib.h>

enum { ANSWERS_MEMORY = 64 << 20 };

static const struct wv_properties *own_properties(const struct wv_config *config,
                                                  const struct wv_topic *topic)
{
    if (topic->content == WV_CONTENT_REJECTS) {
        return &config->rejects_kafka;
    }
    return topic->content == WV_CONTENT_RAW ? &config->inputs[topic->index].kafka
                                            : &config->outputs[topic->index].kafka;
}

static bool make_room(struct wv_arena *arena, const struct wv_settings *settings,
                      struct wv_topic *topic)
{
    const char *brokers = wv_settings_brokers(settings);
    const struct wv_slice copy = wv_arena_copy(arena, wv_slice_of(brokers == NULL ? "" : brokers));
    topic->brokers = (const char *)copy.ptr;
    topic->groups.items = WV_ARENA_ARRAY(arena, WV_TOPIC_GROUPS_MAX, const char *);
    return copy.ptr != NULL && topic->groups.items != NULL;
}

/* What is asked, and for how long. */
struct questions {
    int wait_ms;
    bool only_keeping;
};

static void ask(struct wv_asking *asking, const struct wv_config *config,
                const struct wv_settings *settings, const struct questions *questions)
{
    wv_admin_open(&asking->admin, config, settings, questions->wait_ms);
    wv_ask_keeping(asking);
    if (!questions->only_keeping) {
        wv_ask_authority(asking);
        for (size_t i = 0; i < asking->count; i++) {
            wv_ask_readers(asking, asking->topics[i]);
        }
        wv_ask_groups(asking);
    }
    wv_admin_close(&asking->admin);
}

/* Asks for the topic and all after it that are reached by the same properties. */
static bool ask_from(const struct wv_config *config, const struct questions *questions,
                     struct wv_topics_asked *asked, size_t first, bool *done)
{
    struct wv_settings settings;
    struct wv_asking asking = {.arena = asked->arena};
    asking.topics = WV_ARENA_ARRAY(asked->arena, asked->count, struct wv_topic *);
    if (asking.topics == NULL ||
        !wv_settings_join(&settings, config->kafka,
                          *own_properties(config, &asked->topics[first]))) {
        return false;
    }
    bool good = true;
    for (size_t i = first; good && i < asked->count; i++) {
        struct wv_settings other;
        good = wv_settings_join(&other, config->kafka, *own_properties(config, &asked->topics[i]));
        if (good && !done[i] && wv_settings_equal(&settings, &other)) {
            done[i] = true;
            good = make_room(asked->arena, &settings, &asked->topics[i]);
            asking.topics[asking.count++] = &asked->topics[i];
        }
        if (good) {
            wv_settings_free(&other);
        }
    }
    if (good) {
        ask(&asking, config, &settings, questions);
    }
    wv_settings_free(&settings);
    return good;
}

static bool ask_all(const struct wv_config *config, const struct questions *questions,
                    struct wv_topics_asked *asked)
{
    *asked = (struct wv_topics_asked){.arena = wv_arena_new(ANSWERS_MEMORY)};
    if (asked->arena == NULL) {
        return false;
    }
    asked->topics = wv_topics_of(config, asked->arena, &asked->count);
    bool *done = WV_ARENA_ARRAY(asked->arena, asked->count + 1, bool);
    bool good = asked->topics != NULL && done != NULL;
    for (size_t i = 0; good && i < asked->count; i++) {
        good = done[i] || ask_from(config, questions, asked, i, done);
    }
    if (!good) {
        wv_topics_forget(asked);
    }
    return good;
}

bool wv_topics_ask(const struct wv_config *config, int wait_ms, struct wv_topics_asked *asked)
{
    const struct questions questions = {.wait_ms = wait_ms};
    return ask_all(config, &questions, asked);
}

bool wv_topics_ask_keeping(const struct wv_config *config, int wait_ms,
                           struct wv_topics_asked *asked)
{
    const struct questions questions = {.wait_ms = wait_ms, .only_keeping = true};
    return ask_all(config, &questions, asked);
}

void wv_topics_forget(struct wv_topics_asked *asked)
{
    wv_arena_free(asked->arena);
    *asked = (struct wv_topics_asked){0};
}

size_t wv_topics_unknown(const struct wv_topics_asked *asked)
{
    size_t unknown = 0;
    for (size_t i = 0; i < asked->count; i++) {
        const struct wv_topic *topic = &asked->topics[i];
        unknown += !topic->keeping.answer.known;
        unknown += !topic->readers.answer.known;
        unknown += !topic->groups.answer.known || topic->groups.unasked > 0;
    }
    return unknown;
}
