/* admin.c — one question to the administration of some brokers, and its answer. */
#include "runtime/admin.h"

#include <stdio.h>

enum { REACH_MS = 5000, ASK_MS = 10000, LATER_MS = 500 };

static int left_ms(const struct wv_admin *admin)
{
    const uint64_t now = wv_clock_now_ns(wv_clock_system());
    const uint64_t left = now < admin->until_ns ? (admin->until_ns - now) / 1000000 : 0;
    return left < ASK_MS ? (int)left : ASK_MS;
}

static const char *advice(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return "grant this user DescribeConfigs on the topic";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return "grant this user Describe on the cluster";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return "grant this user Describe on the groups";
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
        return "these brokers do not answer such questions";
    default:
        return wv_client_advice(code);
    }
}

void wv_admin_refused(struct wv_admin *admin, rd_kafka_resp_err_t code)
{
    admin->code = code;
    (void)snprintf(admin->trouble, sizeof admin->trouble, "%s: %s", rd_kafka_err2str(code),
                   advice(code));
}

static void fall_silent(struct wv_admin *admin, rd_kafka_resp_err_t code)
{
    admin->silent = true;
    wv_admin_refused(admin, code);
}

static void run_out_of_time(struct wv_admin *admin)
{
    admin->silent = true;
    admin->code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    (void)snprintf(admin->trouble, sizeof admin->trouble,
                   "the brokers were reached and did not answer in time: look at their log, or try "
                   "again");
}

void wv_admin_open(struct wv_admin *admin, const struct wv_config *config,
                   const struct wv_settings *settings, int wait_ms)
{
    const struct wv_client_plan plan = {
        .role = WV_ROLE_PROBE, .settings = settings, .config = config};
    *admin = (struct wv_admin){.until_ns = wv_clock_now_ns(wv_clock_system()) +
                                           (uint64_t)wait_ms * 1000000};
    rd_kafka_conf_t *conf = wv_client_conf(&plan);
    admin->client = conf == NULL ? NULL : wv_client_new(WV_ROLE_PROBE, conf);
    admin->queue = admin->client == NULL ? NULL : rd_kafka_queue_new(admin->client);
    if (admin->queue == NULL) {
        admin->silent = true;
        (void)snprintf(admin->trouble, sizeof admin->trouble,
                       "no client can be made: check the kafka sections of the configuration");
        return;
    }
    const struct rd_kafka_metadata *metadata = NULL;
    const int wait = left_ms(admin) < REACH_MS ? left_ms(admin) : REACH_MS;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 0, NULL, &metadata, wait);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fall_silent(admin, code);
        return;
    }
    admin->broker = metadata->orig_broker_id;
    rd_kafka_metadata_destroy(metadata);
}

void wv_admin_close(struct wv_admin *admin)
{
    if (admin->queue != NULL) {
        rd_kafka_queue_destroy(admin->queue);
    }
    if (admin->client != NULL) {
        rd_kafka_destroy(admin->client);
    }
    *admin = (struct wv_admin){0};
}

rd_kafka_AdminOptions_t *wv_admin_options(struct wv_admin *admin, rd_kafka_admin_op_t question)
{
    char ignored[128];
    if (!admin->silent && left_ms(admin) == 0) {
        run_out_of_time(admin);
    }
    if (admin->silent) {
        return NULL;
    }
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, question);
    if (options != NULL) {
        (void)rd_kafka_AdminOptions_set_request_timeout(options, left_ms(admin) + 1, ignored,
                                                        sizeof ignored);
    }
    return options;
}

rd_kafka_event_t *wv_admin_await(struct wv_admin *admin, rd_kafka_AdminOptions_t *options)
{
    rd_kafka_AdminOptions_destroy(options);
    /* librdkafka itself says when the time is over, but looks for a controller longer than that.
     * After silence nothing more is asked, or a late answer would be taken for the next one's. */
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, left_ms(admin) + LATER_MS);
    if (event == NULL) {
        run_out_of_time(admin);
        return NULL;
    }
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        admin->code = code;
        return event;
    }
    rd_kafka_event_destroy(event);
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        run_out_of_time(admin);
    } else if (code == RD_KAFKA_RESP_ERR__TRANSPORT ||
               code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        fall_silent(admin, code);
    } else {
        wv_admin_refused(admin, code);
    }
    return NULL;
}
