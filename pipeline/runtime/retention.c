/* retention.c — asks now and then how long the topics of outputs are kept, in a thread of its own.
 */
#include "runtime/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "plan/retention.h"
#include "runtime/routine.h"
#include "runtime/topics.h"

#include <pthread.h>
#include <stdlib.h>

/* What has been said of an output in the log: about this many days, and this. */
struct told {
    uint32_t days;
    bool unknown;
    enum wv_retention retention;
};

struct wv_retention_watch {
    struct wv_retention_setup setup;
    struct wv_routine *routine;
    struct told told[WV_OUTPUTS_MAX];
    char version[16]; /* of the plan that was looked at last */
    uint64_t due_ns;

    pthread_mutex_t mutex; /* over what follows */
    struct wv_retention_numbers numbers;
};

/* ---- What came of it ------------------------------------------------------------------------- */

static void log_unknown(const struct wv_topic *topic, const char *at)
{
    wv_log(WV_LOG_WARN, "retention_unknown",
           WV_FIELDS(wv_log_word("topic", topic->name), wv_log_word("at", at),
                     wv_log_word("what", topic->keeping.answer.trouble),
                     wv_log_word("effect", "nobody compares the topic with what its output "
                                           "declares")));
}

/* Once for each change of it. */
static void tell(struct wv_retention_watch *watch, const struct wv_output *output,
                 const struct wv_topic *topic)
{
    struct told *told = &watch->told[topic->index];
    const struct told now = {.days = output->retention_days,
                             .unknown = !topic->keeping.answer.known,
                             .retention = wv_retention_of(output, &topic->keeping)};
    char at[WV_TOPIC_POINTER];
    char text[WV_RETENTION_TEXT];
    if (now.days == 0 || (told->days == now.days && told->unknown == now.unknown &&
                          told->retention == now.retention)) {
        return;
    }
    wv_topic_pointer(topic, at);
    if (now.unknown) {
        log_unknown(topic, at);
    } else if (wv_retention_advice(output, &topic->keeping, text)) {
        wv_log(WV_LOG_WARN, "retention",
               WV_FIELDS(wv_log_word("topic", topic->name), wv_log_word("at", at),
                         wv_log_word("what", text)));
    } else {
        wv_log(WV_LOG_INFO, "retention_within",
               WV_FIELDS(wv_log_word("topic", topic->name), wv_log_word("at", at),
                         wv_log_number("declared_days", now.days)));
    }
    *told = now;
}

static struct wv_output_keeping keeping_of(const struct wv_topic *topic)
{
    const struct wv_keeping *keeping = &topic->keeping;
    return keeping->answer.known ? (struct wv_output_keeping){true, wv_keeping_ms(keeping),
                                                              wv_keeping_longest_ms(keeping)}
                                 : (struct wv_output_keeping){0};
}

/* False: some question has no answer. */
static bool take(struct wv_retention_watch *watch, const struct wv_config *config,
                 const struct wv_topics_asked *asked)
{
    bool all = true;
    for (size_t i = 0; i < asked->count; i++) {
        const struct wv_topic *topic = &asked->topics[i];
        if (topic->content != WV_CONTENT_PROTECTED) {
            continue;
        }
        const bool known = topic->keeping.answer.known;
        pthread_mutex_lock(&watch->mutex);
        watch->numbers.answered += known;
        watch->numbers.failed += !known;
        watch->numbers.outputs[topic->index] = keeping_of(topic);
        pthread_mutex_unlock(&watch->mutex);
        tell(watch, &config->outputs[topic->index], topic);
        all = all && known;
    }
    return all;
}

/* ---- Now and then ---------------------------------------------------------------------------- */

static bool declares(const struct wv_config *config)
{
    bool any = false;
    for (size_t i = 0; i < config->output_count; i++) {
        any = any || config->outputs[i].retention_days > 0;
    }
    return any;
}

/* Nobody asks any more, so what was known grows old. */
static void forget(struct wv_retention_watch *watch)
{
    pthread_mutex_lock(&watch->mutex);
    memset(watch->numbers.outputs, 0, sizeof watch->numbers.outputs);
    pthread_mutex_unlock(&watch->mutex);
    memset(watch->told, 0, sizeof watch->told);
}

/* Asks, if it is time for it or another plan runs. */
static void look(void *context)
{
    struct wv_retention_watch *watch = context;
    const struct wv_retention_times *times = &watch->setup.times;
    struct wv_plan *plan = watch->setup.plan(watch->setup.context);
    const struct wv_config *config = wv_plan_config(plan);
    const bool same = strcmp(watch->version, wv_plan_version(plan)) == 0;
    if (!same || wv_clock_now_ns(wv_clock_system()) >= watch->due_ns) {
        struct wv_topics_asked asked = {0};
        bool good = true;
        if (declares(config)) {
            good = wv_topics_ask_keeping(config, (int)times->wait_ms, &asked) &&
                   take(watch, config, &asked);
            wv_topics_forget(&asked);
        } else {
            forget(watch);
        }
        (void)snprintf(watch->version, sizeof watch->version, "%s", wv_plan_version(plan));
        watch->due_ns = wv_clock_now_ns(wv_clock_system()) +
                        (uint64_t)(good ? times->every_ms : times->retry_ms) * 1000000;
    }
    wv_plan_free(plan);
}

struct wv_retention_watch *wv_retention_watch_start(const struct wv_retention_setup *setup)
{
    struct wv_retention_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    watch->setup = *setup;
    pthread_mutex_init(&watch->mutex, NULL);
    const struct wv_routine_setup routine = {look, watch, setup->times.look_ms};
    watch->routine = wv_routine_start(&routine);
    if (watch->routine == NULL) {
        pthread_mutex_destroy(&watch->mutex);
        free(watch);
        return NULL;
    }
    return watch;
}

void wv_retention_watch_stop(struct wv_retention_watch *watch)
{
    if (watch != NULL) {
        wv_routine_stop(watch->routine);
        pthread_mutex_destroy(&watch->mutex);
        free(watch);
    }
}

void wv_retention_watch_numbers(struct wv_retention_watch *watch,
                                struct wv_retention_numbers *numbers)
{
    pthread_mutex_lock(&watch->mutex);
    *numbers = watch->numbers;
    pthread_mutex_unlock(&watch->mutex);
}
