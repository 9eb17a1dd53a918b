/*
 * topics_ask.c — how long the records of topics are kept, and which groups read them.
 *
 * Brokers' answers are text of somebody else: what is kept of them is valid UTF-8 without control
 * bytes, so that it can be shown on a terminal, and their number is limited.
 */
#include "runtime/topics_ask.h"

#include "json/utf8.h"
#include "runtime/topics.h"

#include <stdlib.h>

enum { TEXT_MAX = 512 };

const char *wv_ask_keep(struct wv_arena *arena, const char *text)
{
    uint8_t copy[TEXT_MAX];
    size_t length = 0;
    for (; text != NULL && text[length] != '\0' && length < TEXT_MAX; length++) {
        const uint8_t byte = (uint8_t)text[length];
        copy[length] = byte < ' ' || byte == 0x7f ? '?' : byte;
    }
    const bool valid = wv_utf8_valid((struct wv_slice){copy, length});
    for (size_t i = 0; i < length; i++) {
        /* U+0080 to U+009F are control bytes, too. */
        const bool control = copy[i] == 0xC2 && i + 1 < length && copy[i + 1] < 0xA0;
        if (valid && control) {
            copy[i] = copy[i + 1] = '?';
        } else if (!valid && copy[i] >= 0x80) {
            copy[i] = '?';
        }
    }
    const struct wv_slice kept = wv_arena_copy(arena, (struct wv_slice){copy, length});
    return kept.ptr == NULL ? "" : (const char *)kept.ptr;
}

struct wv_answer wv_ask_no_answer(const struct wv_asking *asking)
{
    return (struct wv_answer){.trouble = wv_ask_keep(asking->arena, asking->admin.trouble)};
}

static struct wv_topic *find(const struct wv_asking *asking, const char *name)
{
    for (size_t i = 0; name != NULL && i < asking->count; i++) {
        if (strcmp(asking->topics[i]->name, name) == 0) {
            return asking->topics[i];
        }
    }
    return NULL;
}

/* ---- How long -------------------------------------------------------------------------------- */

static const char *setting(const rd_kafka_ConfigEntry_t **entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0) {
            return rd_kafka_ConfigEntry_value(entries[i]);
        }
    }
    return NULL;
}

/* A number from -1 on; what is as good as none is -1. */
static bool read_number(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = text == NULL ? 0 : strtoll(text, &end, 10);
    if (end == NULL || end == text || *end != '\0' || *out < -1) {
        return false;
    }
    *out = *out >= INT64_MAX / 2 ? -1 : *out;
    return true;
}

static struct wv_keeping read_keeping(const struct wv_asking *asking,
                                      const rd_kafka_ConfigEntry_t **entries, size_t count)
{
    struct wv_keeping keeping = {.lag_ms = -1};
    const char *policy = setting(entries, count, "cleanup.policy");
    const char *lag = setting(entries, count, "max.compaction.lag.ms");
    const bool good = policy != NULL &&
                      read_number(setting(entries, count, "retention.ms"), &keeping.ms) &&
                      read_number(setting(entries, count, "retention.bytes"), &keeping.bytes) &&
                      (lag == NULL || read_number(lag, &keeping.lag_ms)); /* Kafka before 2.3 */
    if (!good) {
        return (struct wv_keeping){.answer.trouble =
                                       wv_ask_keep(asking->arena,
                                                   "the answer does not say how long records are "
                                                   "kept: see the brokers' log")};
    }
    if (!read_number(setting(entries, count, "segment.ms"), &keeping.segment_ms)) {
        keeping.segment_ms = 0;
    }
    keeping.deletes = strstr(policy, "delete") != NULL;
    keeping.compacts = strstr(policy, "compact") != NULL;
    keeping.answer.known = true;
    return keeping;
}

static void take_keeping(struct wv_asking *asking, const rd_kafka_ConfigResource_t *resource)
{
    struct wv_topic *topic = find(asking, rd_kafka_ConfigResource_name(resource));
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resource);
    if (topic == NULL) {
        return;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        wv_admin_refused(&asking->admin, code);
        topic->keeping.answer = wv_ask_no_answer(asking);
        return;
    }
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    topic->keeping = read_keeping(asking, entries, count);
}

static rd_kafka_event_t *describe_configs(struct wv_asking *asking)
{
    rd_kafka_AdminOptions_t *options =
        wv_admin_options(&asking->admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t **resources = calloc(asking->count, sizeof *resources);
    size_t count = 0;
    for (size_t i = 0; options != NULL && resources != NULL && i < asking->count; i++) {
        const char *name = asking->topics[i]->name;
        if (find(asking, name) == asking->topics[i]) {
            resources[count++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
        }
    }
    rd_kafka_event_t *event = NULL;
    if (count > 0) {
        rd_kafka_DescribeConfigs(asking->admin.client, resources, count, options,
                                 asking->admin.queue);
        event = wv_admin_await(&asking->admin, options);
        rd_kafka_ConfigResource_destroy_array(resources, count);
    } else if (options != NULL) {
        rd_kafka_AdminOptions_destroy(options);
    }
    free(resources);
    return event;
}

void wv_ask_keeping(struct wv_asking *asking)
{
    rd_kafka_event_t *event = describe_configs(asking);
    for (size_t i = 0; i < asking->count; i++) {
        asking->topics[i]->keeping.answer = wv_ask_no_answer(asking);
    }
    if (event == NULL) {
        return;
    }
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        take_keeping(asking, resources[i]);
    }
    rd_kafka_event_destroy(event);
}

/* ---- Who does -------------------------------------------------------------------------------- */

static bool holds(const struct wv_topic_groups *groups, const char *name)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (strcmp(groups->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void take_offsets(const struct wv_asking *asking, const char *group,
                         const rd_kafka_topic_partition_list_t *offsets)
{
    const char *name = wv_ask_keep(asking->arena, group);
    for (int i = 0; offsets != NULL && i < offsets->cnt; i++) {
        struct wv_topic *topic = find(asking, offsets->elems[i].topic);
        if (topic == NULL || offsets->elems[i].offset < 0 || holds(&topic->groups, name)) {
            continue;
        }
        if (topic->groups.count < WV_TOPIC_GROUPS_MAX) {
            topic->groups.items[topic->groups.count++] = name;
        } else {
            topic->groups.more++;
        }
    }
}

/* False: it is not known what the group reads. */
static bool ask_offsets(struct wv_asking *asking, const char *group)
{
    rd_kafka_AdminOptions_t *options =
        wv_admin_options(&asking->admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    if (options == NULL) {
        return false;
    }
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    rd_kafka_ListConsumerGroupOffsets(asking->admin.client, &question, 1, options,
                                      asking->admin.queue);
    rd_kafka_event_t *event = wv_admin_await(&asking->admin, options);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    if (event == NULL) {
        return false;
    }
    size_t count = 0;
    const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    const bool good = count == 1 && rd_kafka_group_result_error(groups[0]) == NULL;
    if (good) {
        take_offsets(asking, group, rd_kafka_group_result_partitions(groups[0]));
    }
    rd_kafka_event_destroy(event);
    return good;
}

/* False: no broker has said which groups there are. */
static bool ask_each_group(struct wv_asking *asking,
                           const rd_kafka_ListConsumerGroups_result_t *result)
{
    size_t failed = 0;
    size_t count = 0;
    const rd_kafka_error_t **errors = rd_kafka_ListConsumerGroups_result_errors(result, &failed);
    const rd_kafka_ConsumerGroupListing_t **groups =
        rd_kafka_ListConsumerGroups_result_valid(result, &count);
    if (count == 0 && failed > 0) {
        wv_admin_refused(&asking->admin, rd_kafka_error_code(errors[0]));
        return false;
    }
    size_t unasked = failed; /* a broker that does not say which groups it has */
    for (size_t i = 0; i < count; i++) {
        const char *group = rd_kafka_ConsumerGroupListing_group_id(groups[i]);
        unasked += i >= WV_GROUPS_ASKED_MAX || !ask_offsets(asking, group);
    }
    for (size_t i = 0; i < asking->count; i++) {
        asking->topics[i]->groups.answer.known = true;
        asking->topics[i]->groups.unasked = unasked;
    }
    return true;
}

void wv_ask_groups(struct wv_asking *asking)
{
    rd_kafka_AdminOptions_t *options =
        wv_admin_options(&asking->admin, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
    rd_kafka_event_t *event = NULL;
    if (options != NULL) {
        rd_kafka_ListConsumerGroups(asking->admin.client, options, asking->admin.queue);
        event = wv_admin_await(&asking->admin, options);
    }
    const bool known =
        event != NULL && ask_each_group(asking, rd_kafka_event_ListConsumerGroups_result(event));
    for (size_t i = 0; !known && i < asking->count; i++) {
        asking->topics[i]->groups.answer = wv_ask_no_answer(asking);
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
}
