/*
 * topics_ask.h — the questions of topics.c, for the topics of one client. Private to it.
 *
 * Each fills in its part of every topic: an answer, or why there is none.
 */
#ifndef WV_RUNTIME_TOPICS_ASK_H
#define WV_RUNTIME_TOPICS_ASK_H

#include "plan/topics.h"
#include "runtime/admin.h"

struct wv_asking {
    struct wv_admin admin;
    struct wv_arena *arena;
    struct wv_topic **topics; /* with names that differ */
    size_t count;
    bool open;  /* the brokers keep no access lists */
    bool shown; /* this user is shown entries of them */
};

/* What is kept of a broker's text; "" where memory is short. */
const char *wv_ask_keep(struct wv_arena *arena, const char *text);
/* Why the last question has no answer. */
struct wv_answer wv_ask_no_answer(const struct wv_asking *asking);

void wv_ask_keeping(struct wv_asking *asking);

/* Whether the brokers have access lists, and show them: before the readers of a topic. */
void wv_ask_authority(struct wv_asking *asking);
void wv_ask_readers(struct wv_asking *asking, struct wv_topic *topic);

/* Needs groups.items of every topic, with room for WV_TOPIC_GROUPS_MAX. */
void wv_ask_groups(struct wv_asking *asking);

#endif
