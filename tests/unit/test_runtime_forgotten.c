/*
 * At stake: an erasure that erases nothing. When the secret of an epoch is taken out of the key
 * file, the running service must not keep it, nor anything from which its tokens could be made
 * again, in any corner of its memory; it must say when it is so; and no way back may bring the
 * secret back.
 *
 * The process that looks never knows what it looks for: another one makes the secrets, writes them
 * to the key file, and tells what would betray them, masked.
 */
#include "app/changes.h"
#include "base/file.h"
#include "base/log.h"
#include "keys/keyfile.h"
#include "keys/token.h"
#include "support/hidden_keys.h"
#include "support/running_service.h"

#include <fcntl.h>
#include <signal.h>

enum { PARTITIONS = 4, LANES = 2, RECORDS = 400 };

/* ---- A service on brokers in this process -----------------------------------------------------
 */

static struct fixture {
    char keys[96];
    char log[96];
    struct wv_changes *changes;
    int with_token[EPOCHS];
    int without_token[EPOCHS];
} f;

static void write_pack(const char *why)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"pack\":\"r\",\"extends\":\"eu\",\"rules\":{\"client_ip\":{\"value\":"
                   "[\"ip_encrypt\"],\"token\":\"ip\",\"why\":\"%s\"}}}",
                   why);
    running_write("r.json", text);
}

static void write_config(void)
{
    char text[2048];
    (void)snprintf(
        text, sizeof text,
        "{\"kafka\":{\"bootstrap.servers\":\"%s\",\"group.id\":\"g\",\"fetch.wait.max.ms\":\"10\","
        "\"auto.offset.reset\":\"earliest\"},"
        "\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
        "\"name\":\"acme\",\"region\":\"r\"}}],\"regions\":[{\"from\":\"tenant\"}],"
        "\"keys\":{\"file\":\"keys\"},"
        "\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":\"security\"},"
        "{\"name\":\"part\",\"topic\":\"part\",\"purpose\":\"security\",\"sample\":{\"rate\":0.5}}]"
        ","
        "\"http\":{\"listen\":\"\"},\"log\":{\"level\":\"debug\"},\"delivery\":{\"lanes\":%d},"
        "\"audit\":{\"topic\":\"audit\",\"window_seconds\":1},\"packs\":{\"files\":[\"r.json\"]}}",
        rd_kafka_mock_cluster_bootstraps(run.cluster), LANES);
    running_write("wafveil.json", text);
}

static void watch(void *changes)
{
    wv_changes_watch(changes);
}

static void hang_up(void *changes)
{
    wv_changes_ask_reload(changes);
}

static void set_up(void)
{
    static const struct running_topic topics[] = {
        {"in", PARTITIONS}, {"out", PARTITIONS}, {"part", PARTITIONS}, {"audit", 1}};
    make_keys();
    running_make_folder("forgotten");
    (void)snprintf(f.keys, sizeof f.keys, "%s/keys", run.folder);
    (void)snprintf(f.log, sizeof f.log, "%s/log", run.folder);
    wv_log_init((struct wv_log_config){.level = WV_LOG_DEBUG,
                                       .file = open(f.log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)});
    in_child(write_keys, f.keys);
    in_child(tell_all, NULL);
    running_start_brokers(1, topics, WV_COUNT(topics));
    running_read("out", PARTITIONS);
    write_pack("test");
    write_config();
    running_load();
    struct wv_report *report = wv_report_new();
    f.changes = wv_changes_new(run.config, run.plan, run.service, wv_clock_system(), report);
    if (f.changes == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(f.changes);
    wv_report_free(report);
    wv_service_hook(run.service, (struct wv_service_hooks){hang_up, watch, f.changes});
    running_start();
}

static void tear_down(void)
{
    static const char *const files[] = {"wafveil.json", "r.json", "keys", "log"};
    if (run.is_on) {
        running_stop();
    }
    wv_changes_free(f.changes);
    running_end(files, WV_COUNT(files)); /* nothing else was written, and no core */
    f = (struct fixture){0};
}

/* ---- Records ----------------------------------------------------------------------------------
 */

static void feed(void)
{
    for (int i = 0; i < RECORDS; i++) {
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            char text[512];
            const int len =
                snprintf(text, sizeof text,
                         "{\"timestamp\":%lld,\"responseCodeSent\":%d,\"action\":\"ALLOW\","
                         "\"httpRequest\":{\"clientIp\":\"198.51.100.%d\"}}",
                         (long long)k.times_s[epoch] * 1000, epoch, i % 200);
            ck_assert_int_eq(rd_kafka_producev(run.producer, RD_KAFKA_V_TOPIC("in"),
                                               RD_KAFKA_V_PARTITION(i % PARTITIONS),
                                               RD_KAFKA_V_VALUE(text, (size_t)len),
                                               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                               RD_KAFKA_V_END),
                             RD_KAFKA_RESP_ERR_NO_ERROR);
        }
    }
    ck_assert_int_eq(rd_kafka_flush(run.producer, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* What leaves the process has no secret in it, and nothing that a secret was made into. */
static void check_bytes(const uint8_t *bytes, size_t len)
{
    scan_begin();
    scan_bytes(bytes, len, "what left the process\n");
    for (int i = 0; i < EPOCHS; i++) {
        ck_assert_int_eq(scan.found[i], 0);
    }
}

static void check_record(const rd_kafka_message_t *message)
{
    char copy[1024];
    ck_assert_uint_lt(message->len, sizeof copy);
    check_bytes(message->payload, message->len);
    memcpy(copy, message->payload, message->len);
    copy[message->len] = '\0';
    ck_assert_ptr_null(strstr(copy, "198.51.100."));
    const char *number = strstr(copy, "\"responseCodeSent\":");
    ck_assert_ptr_nonnull(number);
    const long epoch = strtol(number + strlen("\"responseCodeSent\":"), NULL, 10);
    ck_assert(epoch >= 0 && epoch < EPOCHS);
    const char *token = strstr(copy, "\"client_ip\":\"20");
    f.with_token[epoch] += token != NULL;
    f.without_token[epoch] += token == NULL;
    ck_assert(token == NULL || strstr(token, k.ids[epoch]) != NULL);
}

static int seen(void)
{
    int sum = 0;
    for (int i = 0; i < EPOCHS; i++) {
        sum += f.with_token[i] + f.without_token[i];
    }
    return sum;
}

/* All that was fed comes out. */
static void pass(void)
{
    memset(f.with_token, 0, sizeof f.with_token);
    memset(f.without_token, 0, sizeof f.without_token);
    feed();
    for (int idle = 0; idle < 600 && seen() < RECORDS * EPOCHS;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(run.consumer, 100);
        idle += message == NULL;
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            check_record(message);
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    ck_assert_int_eq(seen(), RECORDS * EPOCHS);
}

/* Until the service says that nothing of older keyrings is left. */
static void await_forgotten(uint64_t forgotten)
{
    struct wv_changes_numbers numbers = wv_changes_numbers(f.changes);
    for (int i = 0; i < 1000 && (numbers.keys.held > 0 || numbers.keys.forgotten < forgotten);
         i++) {
        usleep(20000);
        numbers = wv_changes_numbers(f.changes);
    }
    ck_assert_uint_eq(numbers.keys.held, 0);
    ck_assert_uint_eq(numbers.keys.forgotten, forgotten);
}

static void destroy(int epoch)
{
    k.listed[epoch] = false;
    in_child(write_keys, f.keys);
}

/* Of what the epochs have left in memory; the living ones show that the search finds. */
static void check_memory(const bool gone[EPOCHS])
{
    scan_memory();
    bool all_gone = true;
    for (int i = 0; i < EPOCHS; i++) {
        ck_assert_msg(gone[i] || scan.found[i] >= 4, "a living secret is not found");
        all_gone = all_gone && (!gone[i] || scan.found[i] == 0);
    }
    if (!all_gone) { /* once more, with words and places */
        scan.tells = true;
        scan_memory();
    }
    ck_assert_msg(all_gone, "a destroyed epoch is in memory");
}

/* Every message of the topic; how many epochs were forgotten as the audit says it. */
static json_int_t check_topic(const char *topic, int partitions)
{
    json_int_t forgotten = 0;
    int messages = 0;
    running_read(topic, partitions);
    for (int idle = 0; idle < 20;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(run.consumer, 100);
        idle += message == NULL;
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            messages++;
            check_bytes(message->payload, message->len);
            check_bytes(message->key, message->key_len);
            json_t *record = json_loadb(message->payload, message->len, 0, NULL);
            const char *event = json_string_value(json_object_get(record, "event"));
            if (event != NULL && strcmp(event, "keys_forgotten") == 0) {
                forgotten += json_integer_value(json_object_get(record, "epochs"));
            }
            json_decref(record);
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    ck_assert_int_gt(messages, 0);
    return forgotten;
}

static void check_log(void)
{
    struct wv_bytes text;
    struct wv_report *report = wv_report_new();
    ck_assert(wv_file_read(f.log, 1 << 24, &text, report));
    check_bytes(text.ptr, text.len);
    ck_assert_ptr_nonnull(strstr((const char *)text.ptr, "\"keys_forgotten\""));
    wv_bytes_free(&text);
    wv_report_free(report);
}

static bool reload(void)
{
    bool done;
    json_decref(wv_changes_reload(f.changes, "test", &done));
    return done;
}

static bool roll_back(void)
{
    bool done;
    json_decref(wv_changes_rollback(f.changes, "test", &done));
    return done;
}

/* ---- Tests ------------------------------------------------------------------------------------
 */

START_TEST(a_destroyed_epoch_leaves_nothing)
{
    static const bool none[EPOCHS] = {false};
    static const bool middle[EPOCHS] = {false, true, false};
    pass();
    for (int i = 0; i < EPOCHS; i++) {
        ck_assert_int_eq(f.with_token[i], RECORDS);
    }
    check_memory(none);
    destroy(1);
    ck_assert_int_eq(wv_changes_reload_keys(f.changes, "test"), WV_KEYS_TAKEN);
    await_forgotten(2); /* one in each domain */
    check_memory(middle);

    /* Its tokens cannot be made again; those of the others go on. */
    pass();
    ck_assert_int_eq(f.with_token[0], RECORDS);
    ck_assert_int_eq(f.without_token[1], RECORDS);
    ck_assert_int_eq(f.with_token[2], RECORDS);
    check_memory(middle);
    struct wv_snapshot snapshot = {0};
    for (int i = 0; i < 100 && snapshot.sum.tally.tokens_without_key < (uint64_t)RECORDS; i++) {
        wv_snapshot_free(&snapshot);
        usleep(50000);
        ck_assert(wv_service_snapshot(run.service, &snapshot));
    }
    ck_assert_uint_ge(snapshot.sum.tally.tokens_without_key, RECORDS);
    wv_snapshot_free(&snapshot);

    running_stop();
    ck_assert_int_eq(check_topic("audit", 1), 2);
    ck_assert_int_eq(check_topic("part", PARTITIONS), 0);
    check_log();
}
END_TEST

/* A plan that is kept for the way back keeps no keys: neither in memory, nor to be used again. */
START_TEST(no_way_leads_back_to_a_destroyed_epoch)
{
    static const bool first[EPOCHS] = {true, false, false};
    static const bool first_two[EPOCHS] = {true, true, false};
    pass();
    write_pack("other");
    ck_assert(reload());
    destroy(0);
    ck_assert_int_eq(wv_changes_reload_keys(f.changes, "test"), WV_KEYS_TAKEN);
    await_forgotten(2);
    ck_assert(roll_back());
    pass();
    ck_assert_int_eq(f.without_token[0], RECORDS);
    ck_assert_int_eq(f.with_token[1], RECORDS);
    check_memory(first);

    destroy(1); /* nobody has looked yet: the way back does */
    ck_assert(roll_back());
    await_forgotten(4);
    pass();
    ck_assert_int_eq(f.without_token[1], RECORDS);
    check_memory(first_two);
}
END_TEST

/* What cannot be read changes nothing; a policy with mistakes keeps no keys alive. */
START_TEST(a_damaged_file_changes_nothing)
{
    static const bool last[EPOCHS] = {false, false, true};
    uint8_t mem[256];
    running_write("keys", "{\"version\":1,\"domains\":{\"a\":");
    ck_assert_int_eq(wv_changes_reload_keys(f.changes, "test"), WV_KEYS_REFUSED);
    ck_assert_int_eq(wv_changes_reload_keys(f.changes, "test"), WV_KEYS_REFUSED);
    ck_assert_uint_eq(wv_changes_numbers(f.changes).keys.refused, 2);
    ck_assert(wv_changes_numbers(f.changes).keys.last_refused);
    pass();
    for (int i = 0; i < EPOCHS; i++) {
        ck_assert_int_eq(f.with_token[i], RECORDS);
    }
    struct wv_buf reason = wv_buf_of(mem, sizeof mem);
    ck_assert(wv_service_is_ready(run.service, &reason));

    in_child(write_keys, f.keys);
    ck_assert_int_eq(wv_changes_reload_keys(f.changes, "test"), WV_KEYS_SAME);
    ck_assert(!wv_changes_numbers(f.changes).keys.last_refused);
    ck_assert_uint_eq(wv_changes_numbers(f.changes).keys.loaded, 0);

    running_write("r.json", "{");
    destroy(2);
    ck_assert(!reload());
    await_forgotten(2);
    check_memory(last);
}
END_TEST

static json_int_t key_number(const char *name)
{
    json_t *status = wv_changes_status(f.changes);
    const json_t *keys = json_object_get(status, "keys");
    const json_int_t number = json_integer_value(json_object_get(keys, name));
    ck_assert(json_is_integer(json_object_get(keys, name)));
    json_decref(status);
    return number;
}

/* Nobody has to send a signal when `wafveil keys` has changed the file. */
START_TEST(a_changed_file_is_taken_by_itself)
{
    pass();
    ck_assert_int_eq(key_number("epochs"), 2 * EPOCHS);
    ck_assert_int_eq(key_number("domains"), 2);
    ck_assert_int_ge(key_number("age_seconds"), 2 * WEEK_S);
    ck_assert(wv_changes_start(f.changes, 30));
    destroy(0);
    await_forgotten(2);
    ck_assert_uint_eq(wv_changes_numbers(f.changes).keys.loaded, 1);
    ck_assert_int_eq(key_number("epochs"), 2 * EPOCHS - 2);
    ck_assert_int_lt(key_number("age_seconds"), 2 * WEEK_S);
    ck_assert_int_eq(key_number("older_held"), 0);
    ck_assert_int_eq(key_number("forgotten"), 2);
    ck_assert_int_gt(key_number("runway_seconds"), 0);
    ck_assert_int_eq(kill(getpid(), SIGHUP), 0); /* and whoever does send one is heard */
    for (int i = 0; i < 500 && wv_changes_numbers(f.changes).loaded == 0; i++) {
        usleep(20000);
    }
    ck_assert_uint_eq(wv_changes_numbers(f.changes).loaded, 1);
    await_forgotten(2);
    pass();
    ck_assert_int_eq(f.without_token[0], RECORDS);
    ck_assert_int_eq(f.with_token[1], RECORDS);
}
END_TEST

/* ---- All at once ------------------------------------------------------------------------------
 */

static _Atomic bool storm_is_over;

static void *reload_often(void *unused)
{
    while (!storm_is_over) {
        (void)reload();
        usleep(1000); /* others have a turn, too */
    }
    return unused;
}

static void *turn_often(void *unused)
{
    while (!storm_is_over) {
        (void)roll_back();
        (void)wv_changes_reload_keys(f.changes, "test");
        usleep(1000);
    }
    return unused;
}

static void *look_often(void *unused)
{
    while (!storm_is_over) {
        struct wv_snapshot snapshot;
        uint8_t mem[256];
        struct wv_buf reason = wv_buf_of(mem, sizeof mem);
        json_decref(wv_changes_status(f.changes));
        json_decref(wv_changes_plan(f.changes));
        (void)wv_service_is_ready(run.service, &reason);
        ck_assert(wv_service_snapshot(run.service, &snapshot));
        wv_snapshot_free(&snapshot);
        usleep(100);
    }
    return unused;
}

/* Reloads, roll-backs, looks at the file and questions at once, with records under way: none is
 * lost, none goes without a token that it should have, and what was destroyed is forgotten. */
START_TEST(a_storm_of_changes_keeps_nothing)
{
    static void *(*const parts[])(void *) = {reload_often, turn_often, look_often};
    static const bool first[EPOCHS] = {true, false, false};
    pthread_t threads[WV_COUNT(parts)];
    pass();
    storm_is_over = false;
    for (size_t i = 0; i < WV_COUNT(parts); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, parts[i], NULL), 0);
    }
    destroy(0);
    for (int i = 0; i < 200 && wv_changes_numbers(f.changes).rolled_back < 5; i++) {
        pass();
        ck_assert_int_eq(f.with_token[1], RECORDS);
        ck_assert_int_eq(f.with_token[2], RECORDS);
    }
    storm_is_over = true;
    for (size_t i = 0; i < WV_COUNT(parts); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    (void)wv_changes_reload_keys(f.changes, "test");
    await_forgotten(2);
    ck_assert_uint_gt(wv_changes_numbers(f.changes).loaded, 1);
    ck_assert_uint_ge(wv_changes_numbers(f.changes).rolled_back, 5);
    pass();
    ck_assert_int_eq(f.without_token[0], RECORDS);
    ck_assert_int_eq(f.with_token[1], RECORDS);
    check_memory(first);
}
END_TEST

/* Whatever reads the file, and derives, keeps nothing: only the keyring has secrets. */
START_TEST(reading_keys_leaves_them_in_the_keyring_only)
{
    make_keys();
    (void)snprintf(f.keys, sizeof f.keys, "/tmp/wafveil-forgotten-keys-%ld", (long)getpid());
    in_child(write_keys, f.keys);
    in_child(tell_all, NULL);
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_load(f.keys, NULL, report);
    ck_assert_ptr_nonnull(keyring);
    (void)unlink(f.keys);
    static const bool all[EPOCHS] = {true, true, true};
    scan_memory();
    bool exact = true;
    for (int i = 0; i < EPOCHS; i++) {
        exact = exact && scan.found[i] == 2 * WV_SECRET_BYTES / MARK_BYTES; /* in two domains */
    }
    if (!exact) {
        scan.tells = true;
        scan_memory();
    }
    ck_assert_msg(exact, "more than the keyring has secrets");
    struct wv_tokens *tokens = wv_tokens_new(keyring, 64);
    for (int i = 0; i < EPOCHS; i++) {
        const struct wv_token_key key = {
            .domain = wv_slice_of(domain), .time_s = k.times_s[i], .kind = WV_KIND_IP};
        struct wv_token token;
        uint8_t address[4] = {198, 51, 100, 1};
        ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\4\306\063\144\1"), &token));
        ck_assert(wv_tokens_pfx(tokens, &key, 4, address));
        struct wv_key_info info;
        ck_assert(wv_keyring_info(keyring, (size_t)i, 0, &info));
    }
    wv_keyring_free(keyring); /* the tokens hold it */
    wv_tokens_free(tokens);
    check_memory(all);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forgotten");
    TCase *tests = tcase_create("forgotten");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_destroyed_epoch_leaves_nothing);
    tcase_add_test(tests, no_way_leads_back_to_a_destroyed_epoch);
    tcase_add_test(tests, a_damaged_file_changes_nothing);
    tcase_add_test(tests, a_changed_file_is_taken_by_itself);
    tcase_add_test(tests, a_storm_of_changes_keeps_nothing);
    suite_add_tcase(suite, tests);
    TCase *alone = tcase_create("alone");
    tcase_add_test(alone, reading_keys_leaves_them_in_the_keyring_only);
    suite_add_tcase(suite, alone);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
