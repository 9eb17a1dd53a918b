/*
 * admin.h — one question to the administration of some brokers, and its answer.
 *
 * A client that asks is silent from the first time on that nobody answers in time: what comes after
 * is not asked any more, so that brokers that are down cost one time limit and not one each.
 */
#ifndef WV_RUNTIME_ADMIN_H
#define WV_RUNTIME_ADMIN_H

#include "base/clock.h"
#include "runtime/client.h"

enum { WV_ADMIN_TROUBLE = 256 };

struct wv_admin {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    uint64_t until_ns; /* when all questions must be answered */
    int32_t broker;    /* id of one of them */
    bool silent;
    rd_kafka_resp_err_t code;       /* of the last question */
    char trouble[WV_ADMIN_TROUBLE]; /* why it has no answer, and what to do about it */
};

/* Connects; a silent one where that is not possible. wait_ms: for all questions together. */
void wv_admin_open(struct wv_admin *admin, const struct wv_config *config,
                   const struct wv_settings *settings, int wait_ms);
void wv_admin_close(struct wv_admin *admin);

/* Options for the next question; NULL, with trouble, when there is no time left. Freed by
 * wv_admin_await(). */
WV_MUST_USE rd_kafka_AdminOptions_t *wv_admin_options(struct wv_admin *admin,
                                                      rd_kafka_admin_op_t question);

/* Its answer, to be destroyed; NULL with trouble. */
WV_MUST_USE rd_kafka_event_t *wv_admin_await(struct wv_admin *admin,
                                             rd_kafka_AdminOptions_t *options);

/* Says an error of a part of an answer as trouble. */
void wv_admin_refused(struct wv_admin *admin, rd_kafka_resp_err_t code);

#endif
