/*
 * counting.c — what a lane counts for the audit, on its way to who writes it.
 */
#include "runtime/counting.h"

enum hand_over { COUNTS_KEPT = 0, COUNTS_WANTED, COUNTS_GIVEN };

bool wv_counting_prepare(struct wv_plan *plan, struct wv_categories *fresh[2])
{
    fresh[0] = wv_categories_new(plan);
    fresh[1] = wv_categories_new(plan);
    return fresh[0] != NULL && fresh[1] != NULL;
}

void wv_counting_init(struct wv_counting *counting)
{
    *counting = (struct wv_counting){0};
    pthread_mutex_init(&counting->mutex, NULL);
}

bool wv_counting_start(struct wv_counting *counting, struct wv_reader *reader, struct wv_plan *plan)
{
    struct wv_categories *fresh[2] = {NULL, NULL};
    counting->reader = reader;
    if (wv_plan_config(plan)->audit_topic.len == 0) {
        return true;
    }
    const bool good = wv_counting_prepare(plan, fresh);
    counting->filled = fresh[0];
    counting->given = fresh[1];
    if (good) {
        wv_reader_count(reader, counting->filled);
    }
    return good;
}

static void free_all(struct wv_categories *counts)
{
    while (counts != NULL) {
        struct wv_categories *next = counts->next;
        wv_categories_free(counts);
        counts = next;
    }
}

void wv_counting_fini(struct wv_counting *counting)
{
    wv_categories_free(counting->filled);
    wv_categories_free(counting->given);
    wv_categories_free(counting->spare);
    free_all(counting->full);
    pthread_mutex_destroy(&counting->mutex);
}

void wv_counting_change(struct wv_counting *counting, const struct wv_plan *plan,
                        struct wv_categories *fresh[2])
{
    if (counting->filled == NULL) {
        return;
    }
    if (counting->filled->plan != plan) { /* other keys alone change nothing in what is counted */
        pthread_mutex_lock(&counting->mutex);
        counting->filled->next = counting->full;
        counting->full = counting->filled;
        pthread_mutex_unlock(&counting->mutex);
        wv_categories_free(counting->spare);
        counting->filled = fresh[0];
        counting->spare = fresh[1];
        fresh[0] = NULL;
        fresh[1] = NULL;
    }
    wv_reader_count_on(counting->reader, counting->filled);
}

void wv_counting_hand_over(struct wv_counting *counting)
{
    if (atomic_load_explicit(&counting->hand_over, memory_order_acquire) != COUNTS_WANTED) {
        return;
    }
    struct wv_categories *counts = counting->filled;
    counting->filled = counting->given;
    if (counting->given->plan != counts->plan) { /* a change came between */
        wv_categories_free(counting->given);
        counting->filled = counting->spare;
        counting->spare = NULL;
    }
    counting->given = counts;
    wv_reader_count(counting->reader, counting->filled);
    atomic_store_explicit(&counting->hand_over, COUNTS_GIVEN, memory_order_release);
}

void wv_counting_forget(struct wv_counting *counting)
{
    free_all(wv_counting_take_full(counting));
    if (counting->filled != NULL) {
        wv_categories_clear(counting->filled);
    }
}

void wv_counting_write(struct wv_counting *counting, struct wv_lane_audit *audit)
{
    struct wv_categories *full = wv_counting_take_full(counting);
    for (struct wv_categories *one = full; one != NULL; one = one->next) {
        wv_lane_audit_write(audit, one);
    }
    free_all(full);
    wv_lane_audit_write(audit, counting->filled);
}

void wv_counting_ask(struct wv_counting *counting)
{
    int kept = COUNTS_KEPT;
    (void)atomic_compare_exchange_strong(&counting->hand_over, &kept, COUNTS_WANTED);
}

struct wv_categories *wv_counting_take(struct wv_counting *counting)
{
    if (atomic_load_explicit(&counting->hand_over, memory_order_acquire) != COUNTS_GIVEN) {
        return NULL;
    }
    wv_reader_counted(counting->reader);
    atomic_store(&counting->hand_over, COUNTS_KEPT);
    return counting->given;
}

struct wv_categories *wv_counting_take_full(struct wv_counting *counting)
{
    pthread_mutex_lock(&counting->mutex);
    struct wv_categories *full = counting->full;
    counting->full = NULL;
    pthread_mutex_unlock(&counting->mutex);
    return full;
}
