/*
 * At stake: policies change while records stream. No record may be lost, doubled or protected half
 * by the old policy and half by the new one; a bad configuration must change nothing and say why;
 * and the way back must be there.
 */
#include "app/changes.h"
#include "base/log.h"
#include "plan/approval.h"
#include "support/running_service.h"
#include "support/signing.h"

#include <fcntl.h>

#ifdef __SANITIZE_ADDRESS__
enum { SWITCHES = 300, RELOADS = 15 };
#else
enum { SWITCHES = 2000, RELOADS = 80 };
#endif

enum {
    PARTITIONS = 8,
    RECORDS = 40000,
    AHEAD = 2000, /* records on their way: a mock partition forgets what exceeds 5 MiB */
    WAIT_MS = 60000,
};

/* ---- A service on brokers in this process -----------------------------------------------------
 */

static struct fixture {
    struct wv_changes *changes;
    bool audited;
    bool four_eyes;
    struct person approver;
    struct wv_clock_fake clock; /* of changes: approvals begin and end by it */
} f;

static void write_bytes(const char *name, struct wv_bytes bytes)
{
    char *text = (char *)bytes.ptr; /* ends with a NUL */
    running_write(name, text);
    wv_bytes_free(&bytes);
}

/* Addresses of clients and of proxies are cut to so many bits. */
static void write_pack(int bits)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"pack\":\"r\",\"extends\":\"eu\",\"rules\":{"
                   "\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":%d,"
                   "\"v6_keep\":32}],\"why\":\"test\"},"
                   "\"forwarded_ip\":{\"value\":[{\"filter\":\"forwarded_for\",\"v4_keep\":%d,"
                   "\"v6_keep\":32}],\"why\":\"test\"}}}",
                   bits, bits);
    running_write("r.json", text);
}

static void write_config(const char *topic, const char *more)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\",\"fetch.wait.max.ms\":\"10\","
        "\"auto.offset.reset\":\"earliest\"},"
        "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
        "\"name\":\"acme\",\"region\":\"r\"}}],\"regions\":[{\"from\":\"tenant\"}],"
        "\"outputs\":[{\"name\":\"soc\",\"topic\":\"%s\",\"purpose\":\"security\"}],"
        "\"http\":{\"listen\":\"\"},\"log\":{\"level\":\"error\"},\"delivery\":{\"lanes\":2},"
        "\"packs\":{\"files\":[\"r.json\"]}%s%s%s}",
        rd_kafka_mock_cluster_bootstraps(run.cluster), topic,
        f.audited ? ",\"audit\":{\"topic\":\"audit\",\"window_seconds\":1}" : "",
        f.four_eyes ? ",\"changes\":{\"four_eyes\":true,\"approval\":\"approval.p7m\","
                      "\"approvers\":\"a.pem\"}"
                    : "",
        more);
    running_write("wafveil.json", text);
}

static void set_up(void)
{
    static const struct running_topic topics[] = {
        {"in", PARTITIONS}, {"out", PARTITIONS}, {"audit", 1}};
    wv_log_init((struct wv_log_config){.file = open("/dev/null", O_WRONLY | O_CLOEXEC)});
    running_make_folder("changes");
    running_start_brokers(1, topics, WV_COUNT(topics));
    running_read("out", PARTITIONS);
    write_pack(24);
    write_config("out", "");
    if (f.four_eyes) {
        write_bytes("a.pem", signing_certificates(&f.approver, 1));
    }
    running_load();
    wv_clock_fake_init(&f.clock, SIGNING_NOW_MS);
    struct wv_report *report = wv_report_new();
    f.changes = wv_changes_new(run.config, run.plan, run.service, &f.clock.clock, report);
    if (f.changes == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(f.changes);
    wv_report_free(report);
}

static void set_up_four_eyes(void)
{
    f.four_eyes = true;
    f.approver = person_new((struct person_wish){.name = "Ada"});
    set_up();
}

static void set_up_audited(void)
{
    f.audited = true;
    set_up();
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json", "r.json", "a.pem", "approval.p7m"};
    if (run.is_on) {
        running_stop();
    }
    wv_changes_free(f.changes);
    running_end(files, WV_COUNT(files));
    if (f.four_eyes) {
        person_free(&f.approver);
    }
    f = (struct fixture){0};
}

/* ---- Changes ----------------------------------------------------------------------------------
 */

/* Reloads; the first finding's text, or "" where it was loaded. */
static const char *reload(void)
{
    static char text[512];
    bool done;
    json_t *answer = wv_changes_reload(f.changes, "test", &done);
    ck_assert_ptr_nonnull(answer);
    const json_t *findings = json_object_get(answer, "findings");
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(findings) && text[0] == '\0'; i++) {
        const json_t *finding = json_array_get(findings, i);
        if (strcmp(json_string_value(json_object_get(finding, "severity")), "error") == 0) {
            (void)snprintf(text, sizeof text, "%s %s",
                           json_string_value(json_object_get(finding, "pointer")),
                           json_string_value(json_object_get(finding, "text")));
        }
    }
    ck_assert_str_eq(json_string_value(json_object_get(answer, "result")),
                     done ? "loaded" : "refused");
    ck_assert_int_eq(done, text[0] == '\0');
    json_decref(answer);
    return text;
}

static bool roll_back(void)
{
    bool done;
    json_t *answer = wv_changes_rollback(f.changes, "test", &done);
    ck_assert_ptr_nonnull(answer);
    json_decref(answer);
    return done;
}

static const char *running(void)
{
    static char version[9];
    struct wv_plan *plan = wv_changes_running(f.changes);
    memcpy(version, wv_plan_version(plan), sizeof version);
    wv_plan_free(plan);
    return version;
}

START_TEST(a_good_one_is_taken_and_there_is_a_way_back)
{
    char first[9];
    memcpy(first, running(), sizeof first);
    ck_assert(!roll_back()); /* there was nothing before */
    write_pack(16);
    ck_assert_str_eq(reload(), "");
    ck_assert_str_ne(running(), first);
    ck_assert(roll_back());
    ck_assert_str_eq(running(), first);
    ck_assert(roll_back()); /* and forth again */
    ck_assert_str_ne(running(), first);
    const struct wv_changes_numbers numbers = wv_changes_numbers(f.changes);
    ck_assert_uint_eq(numbers.loaded, 1);
    ck_assert_uint_eq(numbers.rolled_back, 2);
    ck_assert_uint_eq(numbers.refused, 0);
}
END_TEST

static const struct refusal {
    const char *topic;
    const char *more;
    const char *text;
} refusals[] = {
    {"out", ",\"outptus\":[]", "/outptus unknown member \"outptus\"; did you mean \"outputs\"?"},
    {"out", ",\"packs\":{}", " is not valid JSON: the same member stands here twice"},
    {"other", "", "/outputs/0/topic is not what the service runs with: it needs a restart"},
    {"out", ",\"limits\":{\"fields\":100}",
     "/limits is not what the service runs with: it needs a restart"},
    {"out", ",\"instance\":\"other\"",
     "/instance names the service otherwise than it runs: it needs a restart"},
};

START_TEST(a_bad_one_changes_nothing_and_says_why)
{
    const struct refusal *r = &refusals[_i];
    char first[9];
    memcpy(first, running(), sizeof first);
    write_config(r->topic, r->more);
    ck_assert_str_eq(reload(), r->text);
    ck_assert_str_eq(running(), first);
    ck_assert(wv_changes_numbers(f.changes).last_refused);
    ck_assert(!roll_back());
    write_config("out", "");
    ck_assert_str_eq(reload(), "");
    ck_assert_str_eq(running(), first);
    ck_assert(!wv_changes_numbers(f.changes).last_refused);
}
END_TEST

/* Signs what the files say now, for ten days. */
static void approve(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = wv_plan_load(run.config, report);
    ck_assert_ptr_nonnull(plan);
    char *text = wv_approval_document(plan, "the analysts need it", "2026-12-02", NULL,
                                      SIGNING_NOW_MS, report);
    ck_assert_ptr_nonnull(text);
    write_bytes("approval.p7m", signing_sign(&f.approver, 1, text));
    free(text);
    wv_plan_free(plan);
    wv_report_free(report);
}

/* What hides less needs a second person, for a time; what hides more does not. */
START_TEST(what_is_loosened_is_approved_or_refused)
{
    write_pack(16);
    ck_assert_str_eq(reload(), "");
    write_pack(28); /* more than the pack that it extends shows */
    ck_assert_str_ne(reload(), "");
    ck_assert(wv_changes_numbers(f.changes).approved_until_ms == INT64_MAX);
    approve();
    ck_assert_str_eq(reload(), "");
    const int64_t until_ms = wv_changes_numbers(f.changes).approved_until_ms;
    ck_assert_int_gt(until_ms, SIGNING_NOW_MS);
    ck_assert_int_lt(until_ms, SIGNING_NOW_MS + INT64_C(11) * 86400000);

    /* Stricter, but still by what was approved; and back to what nobody had to approve. */
    write_pack(24);
    ck_assert_str_eq(reload(), "");
    ck_assert(wv_changes_numbers(f.changes).approved_until_ms == until_ms);
    write_pack(16);
    ck_assert_str_eq(reload(), "");
    ck_assert(wv_changes_numbers(f.changes).approved_until_ms == INT64_MAX);

    ck_assert(roll_back());
    ck_assert(wv_changes_numbers(f.changes).approved_until_ms == until_ms);
    wv_changes_watch(f.changes);
    ck_assert(roll_back());
    f.clock.ms = until_ms; /* the approval is over: no way back, */
    ck_assert(!roll_back());
    wv_changes_watch(f.changes); /* and nothing that needs it runs */
    running_start();
    running_stop();
}
END_TEST

/* From where two must agree there is no way back to where one is enough. */
START_TEST(no_roll_back_takes_the_second_person_away)
{
    f.four_eyes = true;
    f.approver = person_new((struct person_wish){.name = "Ada"});
    write_bytes("a.pem", signing_certificates(&f.approver, 1));
    write_config("out", "");
    ck_assert_str_eq(reload(), "");
    ck_assert(!roll_back());
}
END_TEST

START_TEST(what_was_approved_ends_with_its_approval)
{
    write_pack(28);
    approve();
    ck_assert_str_eq(reload(), "");
    f.clock.ms = wv_changes_numbers(f.changes).approved_until_ms;
    wv_changes_watch(f.changes);
    ck_assert_int_eq(wv_service_run(run.service), WV_EXIT_CONFIG);
}
END_TEST

/* Tokens of one subject stay equal over a change of policy. */
START_TEST(throwaway_keys_are_kept)
{
    const struct wv_keyring *first = wv_plan_keyring(run.plan);
    write_pack(16);
    ck_assert_str_eq(reload(), "");
    struct wv_plan *plan = wv_changes_running(f.changes);
    ck_assert_ptr_eq(wv_plan_keyring(plan), first);
    wv_plan_free(plan);
    ck_assert_ptr_null(wv_plan_keyring(run.plan)); /* a plan that runs no more keeps none, */
    ck_assert(roll_back());                        /* and gets them back to run again */
    ck_assert_ptr_eq(wv_plan_keyring(run.plan), first);
}
END_TEST

/* ---- Under load -------------------------------------------------------------------------------
 */

static struct load {
    int fed;
    int seen;
    uint8_t times[RECORDS];
    char packs[2][64]; /* as the annotation names them: of 24 bits, of 16 */
    int by[2];
} load;

static void feed(void)
{
    for (int i = 0; i < 200 && load.fed < RECORDS && load.fed - load.seen < AHEAD; i++) {
        char text[512];
        const int len = snprintf(text, sizeof text,
                                 "{\"timestamp\":1795000000000,\"responseCodeSent\":%d,"
                                 "\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":"
                                 "\"198.51.100.77\",\"headers\":[{\"name\":\"X-Forwarded-For\","
                                 "\"value\":\"203.0.113.99\"}]}}",
                                 load.fed);
        const rd_kafka_resp_err_t code = rd_kafka_producev(
            run.producer, RD_KAFKA_V_TOPIC("in"), RD_KAFKA_V_PARTITION(load.fed % PARTITIONS),
            RD_KAFKA_V_VALUE(text, (size_t)len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_END);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return;
        }
        load.fed++;
    }
    rd_kafka_poll(run.producer, 0);
}

/* One policy made all of it, and says which. */
static void check_record(const char *text, size_t len)
{
    char copy[1024];
    ck_assert_uint_lt(len, sizeof copy);
    memcpy(copy, text, len);
    copy[len] = '\0';
    const char *number = strstr(copy, "\"responseCodeSent\":");
    const char *pack = strstr(copy, "\"pack\":\"");
    ck_assert_msg(number != NULL && pack != NULL, "%s", copy);
    const bool client = strstr(copy, "\"198.51.100.0\"") != NULL;
    const bool proxy = strstr(copy, "\"203.0.113.0\"") != NULL;
    ck_assert_msg(client || strstr(copy, "\"198.51.0.0\"") != NULL, "%s", copy);
    ck_assert_msg(proxy || strstr(copy, "\"203.0.0.0\"") != NULL, "%s", copy);
    ck_assert_msg(client == proxy, "half old: %s", copy);

    const int which = client ? 0 : 1;
    pack += strlen("\"pack\":\"");
    const size_t word = strcspn(pack, "\"");
    ck_assert_uint_lt(word, sizeof load.packs[0]);
    if (load.packs[which][0] == '\0') {
        memcpy(load.packs[which], pack, word);
    }
    ck_assert_msg(strncmp(load.packs[which], pack, word) == 0, "half old: %s", copy);
    load.by[which]++;

    const long id = strtol(number + strlen("\"responseCodeSent\":"), NULL, 10);
    ck_assert_int_ge(id, 0);
    ck_assert_int_lt(id, RECORDS);
    load.times[id]++;
    load.seen++;
}

static void look(int wait_ms)
{
    rd_kafka_message_t *message;
    while ((message = rd_kafka_consumer_poll(run.consumer, wait_ms)) != NULL) {
        wait_ms = 0;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            check_record(message->payload, message->len);
        }
        rd_kafka_message_destroy(message);
    }
}

/* Good files, a bad one, and the way back and forth, one after the other. */
static void change(int turn)
{
    if (turn % (SWITCHES / RELOADS) != 0) {
        ck_assert(roll_back());
        return;
    }
    switch (turn / (SWITCHES / RELOADS) % 3) {
    case 0:
        write_pack(16);
        ck_assert_str_eq(reload(), "");
        break;
    case 1:
        running_write("r.json", "{\"pack\":\"r\",\"extends\":\"eu\",\"rules\":{\"client_ip\":1}}");
        ck_assert_str_ne(reload(), "");
        break;
    default:
        write_pack(24);
        ck_assert_str_eq(reload(), "");
    }
}

/* Feeds, reads, and changes the policy as many times as is asked for, all to the end. */
static void run_load(int switches)
{
    const uint64_t began = wv_clock_now_ns(wv_clock_system());
    int turn = 0;
    while (load.seen < RECORDS || turn < switches) {
        feed();
        look(1);
        /* As many changes as records: both go on to the end. */
        while (turn < switches && (int64_t)turn * RECORDS <= (int64_t)load.seen * switches) {
            change(turn++);
        }
        const uint64_t now = wv_clock_now_ns(wv_clock_system());
        ck_assert_msg(now - began < (uint64_t)WAIT_MS * 5 * 1000000, "%d of %d records came",
                      load.seen, RECORDS);
    }
    look(300); /* what comes twice */
    for (int i = 0; i < RECORDS; i++) {
        ck_assert_msg(load.times[i] == 1, "record %d came %d times", i, load.times[i]);
    }
}

START_TEST(none_is_lost_and_none_is_half_old)
{
    load = (struct load){0};
    running_start();
    run_load(SWITCHES);
    ck_assert_int_gt(load.by[0], RECORDS / 20);
    ck_assert_int_gt(load.by[1], RECORDS / 20);
    size_t done = 0;
    size_t lanes = 1;
    for (int i = 0; i < 100 && done < lanes; i++) {
        wv_service_turns(run.service, &done, &lanes);
        usleep(done < lanes ? 20000 : 0);
    }
    ck_assert_uint_eq(done, lanes);
    running_stop();
}
END_TEST

/* ---- With an audit ----------------------------------------------------------------------------
 */

struct audited {
    int records;
    int loaded;
    int refused;
    int rolled_back;
    int stopped;
    json_int_t published;
};

/* What an audit record holds that the test asks for. */
static void add_audit(const rd_kafka_message_t *message, struct audited *sum)
{
    json_t *record = json_loadb(message->payload, message->len, 0, NULL);
    ck_assert_ptr_nonnull(record);
    ck_assert_int_eq(json_integer_value(json_object_get(record, "seq")), sum->records++);
    const char *event = json_string_value(json_object_get(record, "event"));
    sum->loaded += strcmp(event, "plan_loaded") == 0;
    sum->refused += strcmp(event, "reload_refused") == 0;
    sum->rolled_back += strcmp(event, "rolled_back") == 0;
    sum->stopped += strcmp(event, "stopped") == 0;
    size_t i;
    size_t k;
    json_t *group;
    json_t *output;
    json_array_foreach(json_object_get(record, "groups"), i, group)
    {
        json_array_foreach(json_object_get(group, "outputs"), k, output)
        {
            sum->published += json_integer_value(json_object_get(output, "published"));
        }
    }
    json_decref(record);
}

static struct audited read_audit(void)
{
    struct audited sum = {0};
    running_read("audit", 1);
    for (int idle = 0; idle < 100 && sum.stopped == 0;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(run.consumer, 100);
        idle += message == NULL;
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            add_audit(message, &sum);
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    return sum;
}

/* Every record stands in the counts of exactly one policy, and every change in the audit. */
START_TEST(the_audit_counts_over_changes)
{
    enum { CHANGES = SWITCHES / RELOADS * 5 }; /* reloads: two good ones, one bad, and again */
    load = (struct load){0};
    running_start();
    run_load(CHANGES);
    running_stop();
    const struct audited sum = read_audit();
    ck_assert_int_eq(sum.stopped, 1);
    ck_assert_int_eq(sum.published, RECORDS);
    ck_assert_int_eq(sum.refused, 2);
    ck_assert_int_eq(sum.rolled_back, CHANGES - 5);
    ck_assert_int_eq(sum.loaded, 1 + 3 + CHANGES - 5);
}
END_TEST

/* What has been counted does not begin anew with a plan. */
START_TEST(counters_go_on)
{
    enum { EVERY = 500 };
    int reloads = 0;
    load = (struct load){0};
    running_start();
    while (load.seen < RECORDS / 10) {
        feed();
        look(1);
        if (load.seen > (reloads + 1) * EVERY) {
            write_pack(++reloads % 2 == 0 ? 24 : 16);
            ck_assert_str_eq(reload(), "");
        }
    }
    ck_assert_int_ge(reloads, 2); /* with counts before, between and behind them */
    while (load.seen < load.fed) {
        look(1);
    }
    uint64_t counted = 0;
    for (int i = 0; i < 100 && counted < (uint64_t)load.fed; i++) {
        struct wv_snapshot snapshot;
        ck_assert(wv_service_snapshot(run.service, &snapshot));
        counted = snapshot.sum.tally.records_in;
        wv_snapshot_free(&snapshot);
        usleep(20000);
    }
    ck_assert_uint_eq(counted, (uint64_t)load.fed);
    running_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tests = tcase_create("changes");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_good_one_is_taken_and_there_is_a_way_back);
    tcase_add_loop_test(tests, a_bad_one_changes_nothing_and_says_why, 0, (int)WV_COUNT(refusals));
    tcase_add_test(tests, throwaway_keys_are_kept);
    tcase_add_test(tests, no_roll_back_takes_the_second_person_away);
    tcase_add_test(tests, none_is_lost_and_none_is_half_old);
    tcase_add_test(tests, counters_go_on);
    TCase *approved = tcase_create("approved");
    tcase_add_checked_fixture(approved, set_up_four_eyes, tear_down);
    tcase_set_timeout(approved, 60);
    tcase_add_test(approved, what_is_loosened_is_approved_or_refused);
    tcase_add_test(approved, what_was_approved_ends_with_its_approval);
    suite_add_tcase(suite, approved);
    TCase *audited = tcase_create("audited");
    tcase_add_checked_fixture(audited, set_up_audited, tear_down);
    tcase_set_timeout(audited, 300);
    tcase_add_test(audited, the_audit_counts_over_changes);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, audited);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
