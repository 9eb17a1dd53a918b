/*
 * kadmin.c — what the tests ask of a broker, quickly: topics, deletion of records, offsets, ACLs.
 *
 *     kadmin BROKERS create TOPIC PARTITIONS [NAME=VALUE…]
 *     kadmin BROKERS delete TOPIC
 *     kadmin BROKERS trim TOPIC PARTITION OFFSET      deletes the records before OFFSET
 *     kadmin BROKERS committed GROUP TOPIC            prints "PARTITION OFFSET" lines
 *     kadmin BROKERS reset GROUP TOPIC OFFSET         of all partitions; nobody is in the group
 *     kadmin BROKERS allow USER topic|group|cluster NAME OPERATION   (cluster: kafka-cluster)
 *     kadmin BROKERS forget USER topic|group|cluster NAME OPERATION  takes it back
 */
#include <librdkafka/rdkafka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[512];

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "kadmin: %s: %s\n", what, why);
    return 1;
}

static rd_kafka_event_t *await(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    if (event == NULL) {
        (void)fail("request", "no answer");
    } else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)fail("request", rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        event = NULL;
    }
    return event;
}

static int topic_result(rd_kafka_event_t *event, int created)
{
    size_t count = 0;
    const rd_kafka_topic_result_t **results = NULL;
    if (event == NULL) {
        return 1;
    }
    results =
        created
            ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            : rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event),
                                                  &count);
    int code = 0;
    for (size_t i = 0; i < count; i++) {
        if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = fail(rd_kafka_topic_result_name(results[i]),
                        rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
        }
    }
    rd_kafka_event_destroy(event);
    return code;
}

/* With as many copies as the brokers make of their own accord. */
static int create(rd_kafka_t *client, rd_kafka_queue_t *queue, int argc, char **argv)
{
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(argv[0], (int)strtol(argv[1], NULL, 10), -1, text, sizeof text);
    if (topic == NULL) {
        return fail("create", text);
    }
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value != NULL) {
            *value++ = '\0';
            (void)rd_kafka_NewTopic_set_config(topic, argv[i], value);
        }
    }
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(topic);
    return topic_result(await(queue), 1);
}

static int drop(rd_kafka_t *client, rd_kafka_queue_t *queue, char **argv)
{
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(argv[0]);
    rd_kafka_DeleteTopics(client, &topic, 1, NULL, queue);
    rd_kafka_DeleteTopic_destroy(topic);
    return topic_result(await(queue), 0);
}

static int trim(rd_kafka_t *client, rd_kafka_queue_t *queue, char **argv)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, argv[0], (int32_t)strtol(argv[1], NULL, 10))->offset =
        strtoll(argv[2], NULL, 10);
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(client, &request, 1, NULL, queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_event_t *event = await(queue);
    if (event == NULL) {
        return 1;
    }
    const rd_kafka_topic_partition_list_t *done =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    const rd_kafka_resp_err_t code = done->elems[0].err;
    rd_kafka_event_destroy(event);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : fail("trim", rd_kafka_err2str(code));
}

/* offset NULL: prints them. */
static int offsets(rd_kafka_t *client, char **argv, const char *offset)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[1], NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, 10000);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fail("metadata", rd_kafka_err2str(code));
    }
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(metadata->topics[0].partition_cnt);
    rd_kafka_topic_partition_list_add_range(list, argv[1], 0,
                                            metadata->topics[0].partition_cnt - 1);
    rd_kafka_metadata_destroy(metadata);
    for (int i = 0; i < list->cnt && offset != NULL; i++) {
        list->elems[i].offset = strtoll(offset, NULL, 10);
    }
    code =
        offset != NULL ? rd_kafka_commit(client, list, 0) : rd_kafka_committed(client, list, 10000);
    for (int i = 0; i < list->cnt && offset == NULL && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        (void)printf("%d %lld\n", (int)list->elems[i].partition, (long long)list->elems[i].offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_topic_destroy(topic);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : fail("offsets", rd_kafka_err2str(code));
}

static rd_kafka_AclOperation_t operation_of(const char *word)
{
    static const struct {
        const char *word;
        rd_kafka_AclOperation_t operation;
    } operations[] = {{"read", RD_KAFKA_ACL_OPERATION_READ},
                      {"write", RD_KAFKA_ACL_OPERATION_WRITE},
                      {"describe", RD_KAFKA_ACL_OPERATION_DESCRIBE},
                      {"describe_configs", RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS}};
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].word, word) == 0) {
            return operations[i].operation;
        }
    }
    return RD_KAFKA_ACL_OPERATION_UNKNOWN;
}

static rd_kafka_ResourceType_t resource_of(const char *word)
{
    if (strcmp(word, "cluster") == 0) {
        return RD_KAFKA_RESOURCE_BROKER;
    }
    return strcmp(word, "group") == 0 ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC;
}

static int allow(rd_kafka_t *client, rd_kafka_queue_t *queue, char **argv)
{
    char user[128];
    (void)snprintf(user, sizeof user, "User:%s", argv[0]);
    rd_kafka_AclBinding_t *binding = rd_kafka_AclBinding_new(
        resource_of(argv[1]), argv[2], RD_KAFKA_RESOURCE_PATTERN_LITERAL, user, "*",
        operation_of(argv[3]), RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, text, sizeof text);
    if (binding == NULL) {
        return fail("allow", text);
    }
    rd_kafka_CreateAcls(client, &binding, 1, NULL, queue);
    rd_kafka_AclBinding_destroy(binding);
    rd_kafka_event_t *event = await(queue);
    if (event == NULL) {
        return 1;
    }
    size_t count = 0;
    const rd_kafka_acl_result_t **results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
    const rd_kafka_error_t *error = count == 1 ? rd_kafka_acl_result_error(results[0]) : NULL;
    const int code = error == NULL ? 0 : fail("allow", rd_kafka_error_string(error));
    rd_kafka_event_destroy(event);
    return code;
}

static int forget(rd_kafka_t *client, rd_kafka_queue_t *queue, char **argv)
{
    char user[128];
    (void)snprintf(user, sizeof user, "User:%s", argv[0]);
    rd_kafka_AclBindingFilter_t *filter = rd_kafka_AclBindingFilter_new(
        resource_of(argv[1]), argv[2], RD_KAFKA_RESOURCE_PATTERN_LITERAL, user, "*",
        operation_of(argv[3]), RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, text, sizeof text);
    if (filter == NULL) {
        return fail("forget", text);
    }
    rd_kafka_DeleteAcls(client, &filter, 1, NULL, queue);
    rd_kafka_AclBinding_destroy(filter);
    rd_kafka_event_t *event = await(queue);
    if (event == NULL) {
        return 1;
    }
    size_t count = 0;
    const rd_kafka_DeleteAcls_result_response_t **responses =
        rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(event), &count);
    const rd_kafka_error_t *error =
        count == 1 ? rd_kafka_DeleteAcls_result_response_error(responses[0]) : NULL;
    size_t matched = 0;
    if (count == 1 && error == NULL) {
        (void)rd_kafka_DeleteAcls_result_response_matching_acls(responses[0], &matched);
    }
    const int code = error != NULL  ? fail("forget", rd_kafka_error_string(error))
                     : matched == 1 ? 0
                                    : fail("forget", "there is no such permission");
    rd_kafka_event_destroy(event);
    return code;
}

static void quiet(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)line;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        return fail("usage", "see the head of kadmin.c");
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    const int is_reset = strcmp(argv[2], "reset") == 0;
    const int is_group = is_reset || strcmp(argv[2], "committed") == 0;
    if (rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], text, sizeof text) != 0 ||
        (is_group && rd_kafka_conf_set(conf, "group.id", argv[3], text, sizeof text) != 0)) {
        return fail("configuration", text);
    }
    rd_kafka_t *client =
        rd_kafka_new(is_group ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (client == NULL) {
        return fail("client", text);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    int code = 1;
    if (strcmp(argv[2], "create") == 0 && argc >= 5) {
        code = create(client, queue, argc - 3, argv + 3);
    } else if (strcmp(argv[2], "delete") == 0) {
        code = drop(client, queue, argv + 3);
    } else if (strcmp(argv[2], "trim") == 0 && argc == 6) {
        code = trim(client, queue, argv + 3);
    } else if (is_group && argc == 5 + is_reset) {
        code = offsets(client, argv + 3, is_reset ? argv[5] : NULL);
    } else if (strcmp(argv[2], "allow") == 0 && argc == 7) {
        code = allow(client, queue, argv + 3);
    } else if (strcmp(argv[2], "forget") == 0 && argc == 7) {
        code = forget(client, queue, argv + 3);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    return code;
}
