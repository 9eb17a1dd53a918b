/*
 * changes_keys.c — other keys for a running service, and the end of those it had.
 */
#include "app/changes_parts.h"

#include "app/domains.h"

#include "base/log.h"
#include "keys/keyring_sum.h"

#include <stdlib.h>

/* ---- What becomes of the keys before ----------------------------------------------------------
 */

struct wv_farewell *wv_farewell_new(struct wv_changes *changes, const struct wv_keyring *next,
                                    const struct wv_clock *clock)
{
    struct wv_farewell *farewell = calloc(1, sizeof *farewell);
    if (farewell == NULL) {
        return NULL;
    }
    struct wv_keyring *running = wv_service_keyring(changes->service);
    if (running != next) {
        *farewell = (struct wv_farewell){.witness = wv_keyring_witness(running),
                                         .epochs = (int64_t)wv_keyring_missing(running, next),
                                         .since_ms = wv_clock_wall_ms(clock)};
    }
    wv_keyring_free(running);
    return farewell;
}

void wv_farewell_add(struct wv_changes *changes, struct wv_farewell *farewell)
{
    if (farewell->witness == NULL) { /* the same keyring goes on */
        free(farewell);
        return;
    }
    struct wv_farewell **last = &changes->farewells;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = farewell;
    changes->numbers.keys.held++;
}

void wv_farewells_free(struct wv_farewell *farewells)
{
    while (farewells != NULL) {
        struct wv_farewell *next = farewells->next;
        wv_key_witness_free(farewells->witness);
        free(farewells);
        farewells = next;
    }
}

/* The keyring is wiped, and so are the stacks of all lanes: they have turned to their ends. */
static bool is_forgotten(struct wv_changes *changes, const struct wv_farewell *farewell)
{
    if (farewell == NULL || !wv_key_witness_is_wiped(farewell->witness)) {
        return false;
    }
    size_t done;
    size_t lanes;
    wv_service_turns(changes->service, &done, &lanes);
    return done == lanes;
}

/* The oldest one, if it is forgotten and the audit can be told; NULL: there is none. An epoch may
 * be in several keyrings: the last of them to go is not before the first. */
static struct wv_farewell *take_forgotten(struct wv_changes *changes)
{
    pthread_mutex_lock(&changes->state);
    struct wv_farewell *first = changes->farewells;
    bool forgotten = is_forgotten(changes, first);
    if (forgotten && first->epochs > 0) {
        forgotten = wv_service_note(changes->service, (struct wv_notice){.event = "keys_forgotten",
                                                                         .by = "service",
                                                                         .count = first->epochs,
                                                                         .counted = "epochs"});
    }
    if (forgotten) {
        changes->farewells = first->next;
        first->next = NULL;
        changes->numbers.keys.held--;
        changes->numbers.keys.forgotten += (uint64_t)first->epochs;
    }
    pthread_mutex_unlock(&changes->state);
    return forgotten ? first : NULL;
}

void wv_farewells_watch(struct wv_changes *changes)
{
    struct wv_farewell *gone;
    while ((gone = take_forgotten(changes)) != NULL) {
        if (gone->epochs > 0) {
            wv_log(WV_LOG_INFO, "keys_forgotten",
                   WV_FIELDS(
                       wv_log_number("epochs", gone->epochs),
                       wv_log_number("after_ms", wv_clock_wall_ms(changes->clock) - gone->since_ms),
                       wv_log_word("effect", "no lane has them any more, and their memory is "
                                             "wiped")));
        }
        wv_farewells_free(gone);
    }
}

/* ---- Other keys -------------------------------------------------------------------------------
 */

static void count_taken(struct wv_changes *changes, struct wv_farewell *farewell)
{
    pthread_mutex_lock(&changes->state);
    wv_farewell_add(changes, farewell);
    changes->numbers.keys.loaded++;
    pthread_mutex_unlock(&changes->state);
}

static void set_refused(struct wv_changes *changes, bool refused)
{
    pthread_mutex_lock(&changes->state);
    changes->numbers.keys.refused += refused;
    changes->numbers.keys.last_refused = refused;
    pthread_mutex_unlock(&changes->state);
}

/* Tried again at the next look: what fetches the keys may have failed, and the file be good. The
 * audit needs to know only once. */
static enum wv_keys_taken refuse(struct wv_changes *changes, const struct wv_report *report,
                                 const char *by)
{
    const int64_t errors = (int64_t)wv_report_errors(report);
    if (!changes->numbers.keys.last_refused) {
        (void)wv_service_note(
            changes->service,
            (struct wv_notice){.event = "keys_refused", .by = by, .count = errors});
    }
    set_refused(changes, true);
    wv_log(WV_LOG_ERROR, "keys_refused",
           WV_FIELDS(wv_log_word("by", by), wv_log_number("errors", errors),
                     wv_log_word("effect", "the service goes on with the keys it has"),
                     wv_log_word("advice", "mend the key file, or put the one of before there")));
    wv_changes_log_findings(report);
    return WV_KEYS_REFUSED;
}

/* Lanes go on with the keyring, unless it holds what they have already. */
static enum wv_keys_taken use(struct wv_changes *changes, struct wv_keyring *keyring,
                              const char *by, struct wv_report *report)
{
    struct wv_keyring *running = wv_service_keyring(changes->service);
    const size_t fresh = wv_keyring_missing(keyring, running);
    const size_t gone = wv_keyring_missing(running, keyring);
    wv_keyring_free(running);
    if (fresh == 0 && gone == 0) {
        return WV_KEYS_SAME;
    }
    struct wv_farewell *farewell = wv_farewell_new(changes, keyring, changes->clock);
    if (farewell == NULL ||
        !wv_service_rekey(changes->service, keyring,
                          (struct wv_notice){.event = "keys_loaded",
                                             .by = by,
                                             .count = (int64_t)wv_keyring_count(keyring),
                                             .counted = "epochs"})) {
        wv_farewells_free(farewell);
        (void)wv_report_add(report, (struct wv_finding){0},
                            "memory is short, or the audit topic cannot be written");
        return WV_KEYS_REFUSED;
    }
    count_taken(changes, farewell);
    wv_log(WV_LOG_INFO, "keys_loaded",
           WV_FIELDS(wv_log_word("by", by),
                     wv_log_number("epochs", (int64_t)wv_keyring_count(keyring)),
                     wv_log_number("added", (int64_t)fresh), wv_log_number("gone", (int64_t)gone)));
    return WV_KEYS_TAKEN;
}

/* By name, what it is, and when it was written: a file that was put there in the place of another
 * differs in the number of its inode, at least. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

enum wv_keys_taken wv_changes_take_keys(struct wv_changes *changes, const char *by)
{
    struct stat status = {0};
    const struct wv_slice file = wv_plan_config(changes->running)->keys.file;
    if (file.len == 0) {
        return WV_KEYS_SAME;
    }
    const bool found = stat((const char *)file.ptr, &status) == 0;
    if (found && changes->key_file.is_known && !changes->numbers.keys.last_refused &&
        is_same_file(&status, &changes->key_file.status)) {
        return WV_KEYS_SAME;
    }
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        return WV_KEYS_REFUSED;
    }
    struct wv_keyring *keyring = wv_plan_read_keys(changes->running, report);
    enum wv_keys_taken taken =
        keyring == NULL ? WV_KEYS_REFUSED : use(changes, keyring, by, report);
    wv_keyring_free(keyring);
    if (taken == WV_KEYS_REFUSED) {
        taken = refuse(changes, report, by);
    } else {
        set_refused(changes, false);
        changes->key_file.status = status; /* if it has changed since, the next look sees that */
        changes->key_file.is_known = found;
    }
    wv_report_free(report);
    return taken;
}

enum wv_keys_taken wv_changes_reload_keys(struct wv_changes *changes, const char *by)
{
    pthread_mutex_lock(&changes->one);
    const enum wv_keys_taken taken = wv_changes_take_keys(changes, by);
    pthread_mutex_unlock(&changes->one);
    return taken;
}

/* ---- Looking ----------------------------------------------------------------------------------
 */

static json_t *digest_json(const struct wv_keyring *keyring)
{
    uint8_t digest[WV_SHA256_BYTES];
    char text[WV_SHA256_HEX];
    if (!wv_keyring_digest(keyring, WV_KEYRING_ALL, 0, digest)) {
        return json_null();
    }
    wv_sha256_hex(digest, text);
    return json_string(text);
}

json_t *wv_changes_keys_json(struct wv_changes *changes)
{
    struct wv_keyring *keyring = wv_service_keyring(changes->service);
    const struct wv_changes_numbers numbers = wv_changes_numbers(changes);
    const int64_t now_s = wv_clock_wall_ms(changes->clock) / 1000;
    struct wv_plan *plan = wv_changes_running(changes);
    const int64_t runway_s = wv_domains_runway(plan, keyring, now_s);
    wv_plan_free(plan);
    json_t *keys = json_pack(
        "{s:b, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:{s:I, s:I, s:b}}", "throwaway",
        wv_keyring_is_throwaway(keyring), "domains", (json_int_t)wv_keyring_domains(keyring),
        "epochs", (json_int_t)wv_keyring_count(keyring), "digest", digest_json(keyring),
        "runway_seconds", runway_s == INT64_MAX ? json_null() : json_integer(runway_s),
        "age_seconds", (json_int_t)wv_keyring_age(keyring, now_s), "older_held",
        (json_int_t)numbers.keys.held, "forgotten", (json_int_t)numbers.keys.forgotten, "changes",
        "loaded", (json_int_t)numbers.keys.loaded, "refused", (json_int_t)numbers.keys.refused,
        "last_refused", numbers.keys.last_refused);
    wv_keyring_free(keyring);
    return keys;
}
