/*
 * topics_readers.c — who may read topics: the brokers' access lists.
 *
 * librdkafka 2.0.2 drops the error of an answer to DescribeAcls: "there is no authorizer" and "you
 * may not ask" both look like a list without an entry. An empty list is therefore believed only of
 * a user who is shown some entry somewhere, and that there is no authorizer is asked of a broker's
 * own settings.
 */
#include "runtime/topics.h"
#include "runtime/topics_ask.h"

#include <stdio.h>

/* Entries about topics of that name; NULL: about everything. NULL with trouble. */
static rd_kafka_event_t *describe_acls(struct wv_asking *asking, const char *topic)
{
    char ignored[128];
    const rd_kafka_ResourceType_t type =
        topic == NULL ? RD_KAFKA_RESOURCE_ANY : RD_KAFKA_RESOURCE_TOPIC;
    const rd_kafka_ResourcePatternType_t pattern =
        topic == NULL ? RD_KAFKA_RESOURCE_PATTERN_ANY : RD_KAFKA_RESOURCE_PATTERN_MATCH;
    rd_kafka_AdminOptions_t *options =
        wv_admin_options(&asking->admin, RD_KAFKA_ADMIN_OP_DESCRIBEACLS);
    if (options == NULL) {
        return NULL;
    }
    rd_kafka_AclBindingFilter_t *filter =
        rd_kafka_AclBindingFilter_new(type, topic, pattern, NULL, NULL, RD_KAFKA_ACL_OPERATION_ANY,
                                      RD_KAFKA_ACL_PERMISSION_TYPE_ANY, ignored, sizeof ignored);
    wv_ensure(filter != NULL);
    rd_kafka_DescribeAcls(asking->admin.client, filter, options, asking->admin.queue);
    rd_kafka_AclBinding_destroy(filter);
    return wv_admin_await(&asking->admin, options);
}

static size_t count_acls(rd_kafka_event_t *event)
{
    size_t count = 0;
    (void)rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &count);
    return count;
}

/* Whether a broker says that it has no authorizer. */
static bool has_none(const rd_kafka_ConfigResource_t *broker)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(broker, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "authorizer.class.name") == 0) {
            const char *class = rd_kafka_ConfigEntry_value(entries[i]);
            return class != NULL && class[0] == '\0';
        }
    }
    return false;
}

static bool ask_broker(struct wv_asking *asking)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%d", (int)asking->admin.broker);
    rd_kafka_AdminOptions_t *options =
        wv_admin_options(&asking->admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    if (options == NULL) {
        return false;
    }
    rd_kafka_ConfigResource_t *broker = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);
    rd_kafka_DescribeConfigs(asking->admin.client, &broker, 1, options, asking->admin.queue);
    rd_kafka_event_t *event = wv_admin_await(&asking->admin, options);
    rd_kafka_ConfigResource_destroy(broker);
    if (event == NULL) {
        return false;
    }
    size_t count = 0;
    const rd_kafka_ConfigResource_t **brokers = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    const bool none = count == 1 &&
                      rd_kafka_ConfigResource_error(brokers[0]) == RD_KAFKA_RESP_ERR_NO_ERROR &&
                      has_none(brokers[0]);
    rd_kafka_event_destroy(event);
    return none;
}

void wv_ask_authority(struct wv_asking *asking)
{
    rd_kafka_event_t *event = describe_acls(asking, NULL);
    if (event != NULL) {
        asking->shown = count_acls(event) > 0;
        rd_kafka_event_destroy(event);
    }
    asking->open = asking->admin.code == RD_KAFKA_RESP_ERR_SECURITY_DISABLED ||
                   (!asking->shown && ask_broker(asking));
}

static bool is_reading(const rd_kafka_AclBinding_t *acl)
{
    const rd_kafka_AclOperation_t operation = rd_kafka_AclBinding_operation(acl);
    return operation == RD_KAFKA_ACL_OPERATION_READ || operation == RD_KAFKA_ACL_OPERATION_ALL;
}

static struct wv_topic_reader reader_of(const struct wv_asking *asking,
                                        const rd_kafka_AclBinding_t *acl)
{
    return (struct wv_topic_reader){
        .principal = wv_ask_keep(asking->arena, rd_kafka_AclBinding_principal(acl)),
        .host = wv_ask_keep(asking->arena, rd_kafka_AclBinding_host(acl)),
        .topics = wv_ask_keep(asking->arena, rd_kafka_AclBinding_name(acl)),
        .prefixed =
            rd_kafka_AclBinding_resource_pattern_type(acl) == RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
        .denied = rd_kafka_AclBinding_permission_type(acl) == RD_KAFKA_ACL_PERMISSION_TYPE_DENY};
}

static void take_readers(const struct wv_asking *asking,
                         const rd_kafka_DescribeAcls_result_t *result, struct wv_topic_readers *out)
{
    size_t count = 0;
    const rd_kafka_AclBinding_t **acls = rd_kafka_DescribeAcls_result_acls(result, &count);
    const size_t room = count < WV_TOPIC_READERS_MAX ? count : WV_TOPIC_READERS_MAX;
    struct wv_topic_reader *items = WV_ARENA_ARRAY(asking->arena, room + 1, struct wv_topic_reader);
    *out = (struct wv_topic_readers){
        .answer.known = items != NULL, .unlisted = count == 0, .items = items};
    for (size_t i = 0; items != NULL && i < count; i++) {
        if (is_reading(acls[i]) && out->count < room) {
            items[out->count++] = reader_of(asking, acls[i]);
        } else if (is_reading(acls[i])) {
            out->more++;
        }
    }
}

void wv_ask_readers(struct wv_asking *asking, struct wv_topic *topic)
{
    if (asking->open) {
        topic->readers = (struct wv_topic_readers){.answer.known = true, .anyone = true};
        return;
    }
    rd_kafka_event_t *event = describe_acls(asking, topic->name);
    if (event == NULL) {
        topic->readers.answer = wv_ask_no_answer(asking);
        return;
    }
    if (asking->shown) {
        take_readers(asking, rd_kafka_event_DescribeAcls_result(event), &topic->readers);
    } else {
        topic->readers.answer.trouble =
            "the brokers show this user no access list at all: grant it Describe on the cluster";
    }
    rd_kafka_event_destroy(event);
}
