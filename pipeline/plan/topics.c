/* topics.c — what the laws of a plan's regions think of how its topics are kept and read. */
#include "plan/topics.h"

#include "plan/explain.h"
#include "plan/legal.h"
#include "plan/listing.h"

#include <inttypes.h>
#include <stdio.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

enum { POINTER_MAX = 48 };

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
    char at[POINTER_MAX];
};

static void point(struct judging *judging)
{
    const struct wv_topic *topic = judging->topic;
    if (topic->content == WV_CONTENT_REJECTS) {
        (void)snprintf(judging->at, POINTER_MAX, "/rejects/topic");
    } else {
        (void)snprintf(judging->at, POINTER_MAX, "/%s/%zu/topic",
                       topic->content == WV_CONTENT_RAW ? "inputs" : "outputs", topic->index);
    }
}

static void warn(const struct judging *judging, const char *text)
{
    wv_config_warn_at(wv_plan_config(judging->plan), judging->at, judging->report, "%s", text);
}

/* The law of the pack that holds on the day of the configuration; NULL: another version does, or
 * no record of this configuration falls under it. */
static const struct wv_pack_law *law_of(const struct wv_plan *plan, size_t pack)
{
    const int32_t today = wv_plan_config(plan)->today;
    return wv_legal_is_region(plan, pack) && wv_plan_version_on(plan, pack, today) == pack
               ? wv_plan_pack(plan, pack).law
               : NULL;
}

/* The regions under which so long is longer than usual, or shorter than must be. */
static struct wv_listing broken(const struct wv_plan *plan, int64_t kept_ms, bool longer)
{
    struct wv_listing names = {0};
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_law *law = law_of(plan, i);
        const uint32_t days = law == NULL ? 0 : longer ? law->log_days[1] : law->log_minimum;
        const int64_t bound_ms = (int64_t)days * DAY_MS;
        const bool wrong =
            longer ? kept_ms < 0 || kept_ms > bound_ms : kept_ms >= 0 && kept_ms < bound_ms;
        if (days > 0 && wrong) {
            wv_listing_add_text(&names, "%s (%" PRIu32 ")", wv_plan_pack(plan, i).name, days);
        }
    }
    return names;
}

static bool any_minimum(const struct wv_plan *plan)
{
    bool any = false;
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_law *law = law_of(plan, i);
        any = any || (law != NULL && law->log_minimum > 0);
    }
    return any;
}

static void judge_raw(const struct judging *judging)
{
    const struct wv_keeping *keeping = &judging->topic->keeping;
    const struct wv_config *config = wv_plan_config(judging->plan);
    const int64_t kept_ms = wv_keeping_ms(keeping);
    const struct wv_listing longer = broken(judging->plan, kept_ms, true);
    const struct wv_listing shorter = broken(judging->plan, kept_ms, false);
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
    if (topic->content == WV_CONTENT_PROTECTED && topic->keeping.answer.known &&
        wv_keeping_ms(&topic->keeping) < 0) {
        warn(judging, "keeps its records without an end: one with a token is personal data while "
                      "its key lives; set retention.ms, and cleanup.policy to delete [RET-1]");
    }
}

void wv_topics_judge(const struct wv_plan *plan, const struct wv_topic *topics, size_t count,
                     struct wv_report *report)
{
    for (size_t i = 0; i < count; i++) {
        struct judging judging = {.plan = plan, .topic = &topics[i], .report = report};
        point(&judging);
        judge(&judging);
    }
}
