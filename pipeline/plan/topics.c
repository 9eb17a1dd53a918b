/* topics.c — what the laws of a plan's regions think of how its topics are kept and read. */
#include "plan/topics.h"

#include "plan/retention.h"

#include <inttypes.h>
#include <stdio.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

const char *wv_content_word(enum wv_content content)
{
    static const char *const words[] = {"raw", "protected", "rejects"};
    return words[content];
}

static void add_topic(struct wv_topic *topics, size_t *count, enum wv_content content, size_t index,
                      struct wv_slice name)
{
    if (name.len > 0) {
        topics[(*count)++] = (struct wv_topic){
            .content = content, .index = index, .name = (const char *)name.ptr, .brokers = ""};
    }
}

struct wv_topic *wv_topics_of(const struct wv_config *config, struct wv_arena *arena, size_t *count)
{
    struct wv_topic *topics =
        WV_ARENA_ARRAY(arena, config->input_count + config->output_count + 1, struct wv_topic);
    *count = 0;
    for (size_t i = 0; topics != NULL && i < config->input_count; i++) {
        add_topic(topics, count, WV_CONTENT_RAW, i, config->inputs[i].topic);
    }
    for (size_t i = 0; topics != NULL && i < config->output_count; i++) {
        add_topic(topics, count, WV_CONTENT_PROTECTED, i, config->outputs[i].topic);
    }
    if (topics != NULL) {
        add_topic(topics, count, WV_CONTENT_REJECTS, 0, config->rejects_topic);
    }
    return topics;
}

int64_t wv_keeping_ms(const struct wv_keeping *keeping)
{
    return keeping->deletes && keeping->ms >= 0 ? keeping->ms : -1;
}

int64_t wv_keeping_longest_ms(const struct wv_keeping *keeping)
{
    const int64_t kept_ms = wv_keeping_ms(keeping);
    int64_t longest_ms;
    if (kept_ms < 0 || keeping->segment_ms == 0) {
        return kept_ms;
    }
    return keeping->segment_ms < 0 ||
                   __builtin_add_overflow(kept_ms, keeping->segment_ms, &longest_ms)
               ? -1
               : longest_ms;
}

void wv_span_format(int64_t ms, char text[WV_SPAN_TEXT])
{
    if (ms < 0) {
        (void)snprintf(text, WV_SPAN_TEXT, "without an end");
    } else if (ms >= DAY_MS && ms % DAY_MS == 0) {
        (void)snprintf(text, WV_SPAN_TEXT, "%" PRId64 " day%s", ms / DAY_MS,
                       ms == DAY_MS ? "" : "s");
    } else if (ms >= HOUR_MS && ms % HOUR_MS == 0) {
        (void)snprintf(text, WV_SPAN_TEXT, "%" PRId64 " hour%s", ms / HOUR_MS,
                       ms == HOUR_MS ? "" : "s");
    } else {
        (void)snprintf(text, WV_SPAN_TEXT, "%" PRId64 " ms", ms);
    }
}

struct judging {
    const struct wv_plan *plan;
    const struct wv_topic *topic;
    struct wv_report *report;
    char at[WV_TOPIC_POINTER];
};

void wv_topic_pointer(const struct wv_topic *topic, char pointer[WV_TOPIC_POINTER])
{
    if (topic->content == WV_CONTENT_REJECTS) {
        (void)snprintf(pointer, WV_TOPIC_POINTER, "/rejects/topic");
    } else {
        (void)snprintf(pointer, WV_TOPIC_POINTER, "/%s/%zu/topic",
                       topic->content == WV_CONTENT_RAW ? "inputs" : "outputs", topic->index);
    }
}

static void warn(const struct judging *judging, const char *text)
{
    wv_config_warn_at(wv_plan_config(judging->plan), judging->at, judging->report, "%s", text);
}

static bool any_minimum(const struct wv_plan *plan)
{
    const struct wv_listing names = wv_retention_raw(plan, 0, false);
    return names.names + names.more > 0;
}

static void judge_raw(const struct judging *judging)
{
    const struct wv_keeping *keeping = &judging->topic->keeping;
    const struct wv_config *config = wv_plan_config(judging->plan);
    const int64_t kept_ms = wv_keeping_ms(keeping);
    const struct wv_listing longer = wv_retention_raw(judging->plan, kept_ms, true);
    const struct wv_listing shorter = wv_retention_raw(judging->plan, kept_ms, false);
    char span[WV_SPAN_TEXT];
    wv_span_format(kept_ms, span);
    if (longer.names + longer.more > 0) {
        wv_config_warn_at(config, judging->at, judging->report,
                          "keeps raw records %s, longer than the days that are usual: %s; set "
                          "retention.ms, and cleanup.policy to delete [RET-4]",
                          span, longer.text);
    }
    if (shorter.names + shorter.more > 0) {
        wv_config_warn_at(config, judging->at, judging->report,
                          "keeps raw records %s, shorter than the days for which they must be "
                          "kept: %s; keep them here, or elsewhere [RET-3]",
                          span, shorter.text);
    } else if (keeping->bytes >= 0 && keeping->deletes && any_minimum(judging->plan)) {
        warn(judging, "retention.bytes can delete raw records before the days for which they must "
                      "be kept [RET-3]");
    }
    if (keeping->compacts && keeping->lag_ms < 0) {
        warn(judging, "is compacted, and nothing says by when: an older record of a key can stay "
                      "for any time; set max.compaction.lag.ms [RET-4]");
    }
}

static void judge_protected(const struct judging *judging)
{
    const struct wv_topic *topic = judging->topic;
    const struct wv_config *config = wv_plan_config(judging->plan);
    const struct wv_output *output = &config->outputs[topic->index];
    const int64_t kept_ms = wv_keeping_ms(&topic->keeping);
    char text[WV_RETENTION_TEXT];
    if (wv_retention_advice(output, &topic->keeping, text)) {
        wv_config_warn_at(config, judging->at, judging->report, "%s [RET-1]", text);
        return;
    }
    if (output->retention_days > 0) {
        return; /* `check` has said what the laws think of that */
    }
    if (kept_ms < 0) {
        warn(judging, "keeps its records without an end: one with a token is personal data while "
                      "its key lives; set retention.ms, and cleanup.policy to delete [RET-1]");
        return;
    }
    wv_span_format(kept_ms, text);
    const struct wv_listing longer = wv_retention_tokens(judging->plan, topic->index, kept_ms);
    wv_config_warn_at(config, judging->at, judging->report,
                      "keeps its records %s, and nobody has said how long they may be: set "
                      "retention_days [RET-1]",
                      text);
    if (longer.names + longer.more > 0) {
        wv_config_warn_at(config, judging->at, judging->report,
                          "keeps records with tokens %s, longer than the days for which logs are "
                          "usually kept: %s [RET-4]",
                          text, longer.text);
    }
}

static void judge_readers(const struct judging *judging)
{
    const struct wv_topic_readers *readers = &judging->topic->readers;
    if (readers->anyone) {
        warn(judging, "the brokers have no authorizer: anyone who reaches them can read raw "
                      "records [CTR-10]");
        return;
    }
    for (size_t i = 0; i < readers->count; i++) {
        const struct wv_topic_reader *reader = &readers->items[i];
        if (!reader->denied && strcmp(reader->principal, "User:*") == 0) {
            warn(judging,
                 "an ACL lets everybody (User:*) read raw records: name who must [CTR-10]");
            return;
        }
    }
}

static void judge(const struct judging *judging)
{
    const struct wv_topic *topic = judging->topic;
    if (topic->content == WV_CONTENT_RAW && topic->keeping.answer.known) {
        judge_raw(judging);
    }
    if (topic->content == WV_CONTENT_RAW && topic->readers.answer.known) {
        judge_readers(judging);
    }
    if (topic->content == WV_CONTENT_PROTECTED && topic->keeping.answer.known) {
        judge_protected(judging);
    }
}

void wv_topics_judge(const struct wv_plan *plan, const struct wv_topic *topics, size_t count,
                     struct wv_report *report)
{
    for (size_t i = 0; i < count; i++) {
        struct judging judging = {.plan = plan, .topic = &topics[i], .report = report};
        wv_topic_pointer(judging.topic, judging.at);
        judge(&judging);
    }
}
