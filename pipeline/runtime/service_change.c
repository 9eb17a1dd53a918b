/*
 * service_change.c — another plan or other keys for all lanes, and what the audit is told of it.
 */
#include "runtime/service_parts.h"

#include <stdlib.h>

static void free_turns(struct wv_lane_turn **turns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wv_lane_turn_free(turns[i]);
    }
}

/* One for each lane, or none at all; under the mutex. */
static bool prepare_turns(const struct wv_service *service, struct wv_plan *plan,
                          struct wv_lane_turn **turns)
{
    for (size_t i = 0; i < service->lane_count; i++) {
        turns[i] = wv_lane_turn_new(plan, service->turn + 1);
        if (turns[i] == NULL) {
            free_turns(turns, i);
            return false;
        }
    }
    return true;
}

/* Under the mutex. */
static bool add_notice(struct wv_service *service, struct wv_notice notice, struct wv_plan *plan)
{
    if (service->config->audit_topic.len == 0) {
        return true;
    }
    if (service->notice_count == WV_NOTICES_MAX) {
        return false;
    }
    service->notices[service->notice_count++] =
        (struct wv_waiting_notice){notice, plan == NULL ? NULL : wv_plan_hold(plan)};
    return true;
}

bool wv_service_note(struct wv_service *service, struct wv_notice notice)
{
    pthread_mutex_lock(&service->mutex);
    const bool added = add_notice(service, notice, NULL);
    pthread_mutex_unlock(&service->mutex);
    return added;
}

/* Under the mutex. told: the plan that the audit is told of; NULL: it knows it. */
static bool turn_lanes(struct wv_service *service, struct wv_plan *plan, struct wv_notice notice,
                       struct wv_plan *told)
{
    struct wv_lane_turn **turns = calloc(service->lane_count + 1, sizeof *turns);
    bool good = turns != NULL && prepare_turns(service, plan, turns);
    if (good && !add_notice(service, notice, told)) {
        free_turns(turns, service->lane_count);
        good = false;
    }
    for (size_t i = 0; good && i < service->lane_count; i++) {
        wv_lane_use(service->lanes[i], turns[i]);
    }
    service->turn += good;
    free(turns);
    return good;
}

bool wv_service_use(struct wv_service *service, struct wv_plan *plan, struct wv_notice notice)
{
    pthread_mutex_lock(&service->mutex);
    const bool good = turn_lanes(service, plan, notice, plan);
    struct wv_plan *before = good ? service->plan : NULL;
    if (good) {
        service->plan = wv_plan_hold(plan);
    }
    if (before != NULL && before != plan) {
        wv_plan_rekey(before, NULL);
    }
    pthread_mutex_unlock(&service->mutex);
    wv_plan_free(before);
    return good;
}

bool wv_service_rekey(struct wv_service *service, struct wv_keyring *keyring,
                      struct wv_notice notice)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_keyring *before = wv_keyring_hold(wv_plan_keyring(service->plan));
    wv_plan_rekey(service->plan, wv_keyring_hold(keyring));
    const bool good = turn_lanes(service, service->plan, notice, NULL);
    if (!good) {
        wv_plan_rekey(service->plan, wv_keyring_hold(before));
    }
    pthread_mutex_unlock(&service->mutex);
    wv_keyring_free(before);
    return good;
}

struct wv_keyring *wv_service_keyring(struct wv_service *service)
{
    pthread_mutex_lock(&service->mutex);
    struct wv_keyring *keyring = wv_keyring_hold(wv_plan_keyring(service->plan));
    pthread_mutex_unlock(&service->mutex);
    return keyring;
}

/* A change of plan ends the window, so that what lanes have
 * counted by earlier plans does not grow. */
void wv_service_write_notices(struct wv_service *service)
{
    struct wv_waiting_notice notices[WV_NOTICES_MAX];
    if (!wv_audit_has_begun(service->windows.audit)) {
        return;
    }
    pthread_mutex_lock(&service->mutex);
    const size_t count = service->notice_count;
    memcpy(notices, service->notices, count * sizeof *notices);
    service->notice_count = 0;
    pthread_mutex_unlock(&service->mutex);
    for (size_t i = 0; i < count; i++) {
        const struct wv_notice *notice = &notices[i].notice;
        wv_audit_event(service->windows.audit, notice->event,
                       WV_FIELDS(wv_log_word("by", notice->by),
                                 wv_log_number(notice->counted == NULL ? "errors" : notice->counted,
                                               notice->count)));
        if (notices[i].plan != NULL) {
            wv_audit_plan(service->windows.audit, notices[i].plan);
            service->windows.early = true;
        }
        wv_plan_free(notices[i].plan);
    }
}

void wv_service_turns(struct wv_service *service, size_t *done, size_t *lanes)
{
    *done = 0;
    pthread_mutex_lock(&service->mutex);
    *lanes = service->lane_count;
    for (size_t i = 0; i < service->lane_count; i++) {
        *done += wv_lane_has_turned(service->lanes[i], service->turn);
    }
    pthread_mutex_unlock(&service->mutex);
}
