/*
 * changes_parts.h — the inside of changes, as its files share it: changes themselves (changes.c),
 * those of keys (changes_keys.c), the thread that waits for them (changes_thread.c), and what
 * others see of it (changes_look.c).
 */
#ifndef WV_APP_CHANGES_PARTS_H
#define WV_APP_CHANGES_PARTS_H

#include "app/changes.h"

#include <pthread.h>
#include <sys/stat.h>

/* A keyring that lanes were told to let go of. */
struct wv_farewell {
    struct wv_farewell *next; /* later */
    struct wv_key_witness *witness;
    int64_t epochs; /* whose secrets the next keyring has not */
    int64_t since_ms;
};

struct wv_changes {
    const char *path;
    struct wv_service *service;
    const struct wv_clock *clock;
    pthread_mutex_t one; /* change at a time */
    struct {             /* the key file as it was when it was read; under `one` */
        bool is_known;
        struct stat status;
    } key_file;
    pthread_mutex_t state; /* over what follows; never held for long */
    struct wv_plan *running;
    struct wv_plan *before;     /* without keys; NULL: there was none */
    struct wv_plan *unapproved; /* the last plan that ran without an approval; NULL: none has */
    int64_t before_until_ms;
    struct wv_changes_numbers numbers;
    struct wv_farewell *farewells; /* from the oldest on */

    pthread_t thread;
    bool has_thread;
    pthread_cond_t asked;
    bool reload_asked;
    bool stop_asked;
    uint32_t look_ms;
};

/* Before another keyring takes the place of the one that is at work. NULL when memory is short. */
struct wv_farewell *wv_farewell_new(struct wv_changes *changes, const struct wv_keyring *next,
                                    const struct wv_clock *clock);

/* After it has; under `state`. */
void wv_farewell_add(struct wv_changes *changes, struct wv_farewell *farewell);
void wv_farewells_watch(struct wv_changes *changes);
void wv_farewells_free(struct wv_farewell *farewells); /* NULL is allowed */

/* wv_changes_reload_keys() under `one`. */
enum wv_keys_taken wv_changes_take_keys(struct wv_changes *changes, const char *by);

void wv_changes_log_findings(const struct wv_report *report);
void wv_changes_stop(struct wv_changes *changes);

#endif
