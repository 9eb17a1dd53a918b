/*
 * topics.h — asks the brokers how the topics of a configuration are kept, and who may read them.
 *
 * Part of `wafveil check --brokers`, and of the service, which asks now and then. Nothing is
 * changed, no record is read, no group joined. Each set of connection properties is one client,
 * which asks for at most wait_ms.
 */
#ifndef WV_RUNTIME_TOPICS_H
#define WV_RUNTIME_TOPICS_H

#include "plan/topics.h"

/* Lists of the brokers are cut here, and say so. */
enum { WV_TOPIC_READERS_MAX = 256, WV_TOPIC_GROUPS_MAX = 256, WV_GROUPS_ASKED_MAX = 1000 };

struct wv_topics_asked {
    struct wv_arena *arena;
    struct wv_topic *topics;
    size_t count;
};

/* False: memory is short. What brokers do not say is not known in the answer, with the reason. */
WV_MUST_USE bool wv_topics_ask(const struct wv_config *config, int wait_ms,
                               struct wv_topics_asked *asked);
/* The same for how topics are kept alone: of who reads them nothing is known then, nor why. */
WV_MUST_USE bool wv_topics_ask_keeping(const struct wv_config *config, int wait_ms,
                                       struct wv_topics_asked *asked);
void wv_topics_forget(struct wv_topics_asked *asked);

/* How many questions have no answer. */
size_t wv_topics_unknown(const struct wv_topics_asked *asked);

#endif
