/*
 * A year of rotation: a key file that grows week by week, two instances that read it at different
 * moments, and events that come on time, late and early. At stake: the instances must give one
 * value one token whenever they read the file, no event in time may lose its token at a border, no
 * token may join two epochs or domains, and a secret that is gone must make no token any more.
 *
 * Nothing here looks at a clock: times are numbers.
 */
#include "keys/derive.h"
#include "keys/epoch.h"
#include "keys/hmac.h"
#include "keys/keyfile.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>
#include <inttypes.h>
#include <sys/stat.h>

enum { WEEKS = 52, DAY = 86400, WEEK = 7 * DAY, LATE = 30 * DAY, EARLY = DAY, AHEAD = 3 };

/* 2026-11-16 00:00 UTC, a Monday: the first epoch begins. */
static const int64_t start = INT64_C(1794787200);

static const char *const tenants[] = {"acme", "zen"};
static const char *const outputs[] = {"soc", "lab"};
enum { TENANTS = WV_COUNT(tenants), OUTPUTS = WV_COUNT(outputs), CLIENTS = 3 };

static const char config_text[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"from\":\"webacl\",\"table\":"
    "\"tenants.json\"}}],\"regions\":[{\"from\":\"tenant\"}],"
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"},"
    "{\"name\":\"lab\",\"purpose\":\"analytics\"}],"
    "\"events\":{\"late_days\":30,\"future_seconds\":86400},\"keys\":{\"file\":\"keys\"}}";
static const char tenants_text[] = "{\"a\":{\"tenant\":\"acme\",\"region\":\"eu\"},"
                                   "\"z\":{\"tenant\":\"zen\",\"region\":\"eu\"}}";

static char folder[64];
static char config_path[96];
static char keys_path[96];

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/wafveil-year-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    engine_write(folder, "wafveil.json", config_text);
    engine_write(folder, "tenants.json", tenants_text);
    snprintf(config_path, sizeof config_path, "%s/wafveil.json", folder);
    snprintf(keys_path, sizeof keys_path, "%s/keys", folder);
}

static void tear_down(void)
{
    static const char *const names[] = {"wafveil.json", "tenants.json", "keys", "keys.lock"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

/* What the rotation of a week does. */
static size_t rotate(int64_t now_s)
{
    static const struct wv_slice domains[] = {{(const uint8_t *)"acme/eu/soc", 11},
                                              {(const uint8_t *)"acme/eu/lab", 11},
                                              {(const uint8_t *)"zen/eu/soc", 10},
                                              {(const uint8_t *)"zen/eu/lab", 10}};
    const struct wv_keyfile_need need = {
        domains, WV_COUNT(domains), 7, now_s, now_s + (int64_t)AHEAD * WEEK, false};
    struct wv_report *report = wv_report_new();
    size_t created = 0;
    ck_assert(wv_keyfile_ensure(keys_path, NULL, &need, report, &created));
    wv_report_free(report);
    return created;
}

/* ---- An instance of the service -------------------------------------------------------------- */

static void reload(struct engine *engine)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = engine->plan == NULL
                               ? wv_plan_load(config_path, report)
                               : wv_plan_load_over(engine->plan, config_path, report);
    ck_assert_uint_eq(wv_report_errors(report), 0);
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    wv_worker_free(engine->worker);
    wv_plan_free(engine->plan);
    engine->plan = plan;
    engine->worker = wv_worker_new(plan);
    ck_assert_ptr_nonnull(engine->worker);
}

/* One that has read the file two weeks ago at most still has keys for everything until now. */
static void check_runway(const struct engine *engine, int64_t now_s)
{
    ck_assert_int_gt(wv_keyring_runway(wv_plan_keyring(engine->plan), now_s), WEEK + EARLY);
}

/* ---- Events ---------------------------------------------------------------------------------- */

struct event {
    int64_t time_s;
    int64_t arrival_s;
    size_t tenant;
    size_t client;
};

/* A token as it was published; len 0: the record had none. */
struct seen {
    struct event event;
    size_t output;
    char token[WV_TOKEN_MAX + 1];
};

static struct seen all[WEEKS * 256];
static size_t seen_count;

/* 192.0.2.1 and following. */
static uint8_t last_byte(size_t client)
{
    return (uint8_t)(client + 1);
}

static void take_token(struct wv_slice value, char out[WV_TOKEN_MAX + 1])
{
    static const char before[] = "\"tokens\":{\"client_ip\":\"";
    const char *found = memmem(value.ptr, value.len, before, sizeof before - 1);
    out[0] = '\0';
    if (found != NULL) {
        const char *text = found + sizeof before - 1;
        const size_t length = strcspn(text, "\"");
        ck_assert_uint_le(length, WV_TOKEN_MAX);
        memcpy(out, text, length);
        out[length] = '\0';
    }
}

/* Both instances are given the event, and must say the same. */
static void happen(struct engine instances[2], const struct event *event)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"timestamp\":%" PRId64 "000,\"webaclId\":\"%s\",\"httpRequest\":{\"clientIp\":"
             "\"192.0.2.%u\"}}",
             event->time_s, event->tenant == 0 ? "a" : "z", last_byte(event->client));
    const struct wv_record record = {.value = wv_slice_of(text),
                                     .time_ms = event->arrival_s * 1000};
    const struct wv_results one = wv_transform(instances[0].worker, &record);
    const struct wv_results two = wv_transform(instances[1].worker, &record);
    ck_assert_uint_eq(one.count, OUTPUTS);
    ck_assert_uint_eq(two.count, OUTPUTS);
    for (size_t i = 0; i < OUTPUTS; i++) {
        ck_assert_int_eq(one.items[i].outcome, WV_PUBLISH);
        ck_assert(wv_slice_eq(one.items[i].value, two.items[i].value));
        ck_assert_uint_lt(seen_count, WV_COUNT(all));
        struct seen *seen = &all[seen_count++];
        seen->event = *event;
        seen->output = i;
        take_token(one.items[i].value, seen->token);
    }
}

/* What comes in one week: around its own beginning and middle, and at every limit. */
static void live_a_week(struct engine instances[2], int64_t monday_s, uint64_t *random)
{
    static const int64_t ages[] = {0,        1,        -1,         5,          DAY,
                                   WEEK,     2 * WEEK, LATE - 1,   LATE,       LATE + 1,
                                   6 * WEEK, -EARLY,   -EARLY - 1, -EARLY + 1, -2 * WEEK};
    for (size_t i = 0; i < WV_COUNT(ages); i++) {
        const int64_t arrivals[] = {monday_s, monday_s + WEEK - 1,
                                    monday_s + (int64_t)(random_next(random) % WEEK)};
        for (size_t k = 0; k < WV_COUNT(arrivals); k++) {
            const struct event event = {.time_s = arrivals[k] - ages[i],
                                        .arrival_s = arrivals[k],
                                        .tenant = random_next(random) % TENANTS,
                                        .client = random_next(random) % CLIENTS};
            happen(instances, &event);
        }
    }
}

/* ---- What must have come of it --------------------------------------------------------------- */

static bool is_in_range(const struct event *event)
{
    return event->arrival_s - event->time_s <= LATE && event->time_s - event->arrival_s <= EARLY;
}

static void put_code(const uint8_t mac[16], char *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    for (size_t i = 0; i < WV_TOKEN_CODE; i++) {
        unsigned value = 0;
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            const unsigned byte = bit < 128 ? mac[bit / 8] : 0;
            value = value << 1 | (byte >> (7 - bit % 8) & 1);
        }
        out[i] = letters[value];
    }
    out[WV_TOKEN_CODE] = '\0';
}

/* The token by the definition, from the secret of the whole year's file; empty: there is no key. */
static void compute(const struct wv_keyring *keyring, const struct seen *seen,
                    char out[WV_TOKEN_MAX + 1])
{
    char domain[64];
    snprintf(domain, sizeof domain, "%s/eu/%s", tenants[seen->event.tenant], outputs[seen->output]);
    char id[WV_EPOCH_ID_MAX + 1];
    wv_epoch_id(seen->event.time_s, 7, id);
    size_t count;
    const struct wv_epoch *epochs = wv_keyring_epochs(keyring, wv_slice_of(domain), &count);
    const struct wv_epoch *epoch = NULL;
    for (size_t i = 0; i < count; i++) {
        epoch = strcmp(epochs[i].id, id) == 0 ? &epochs[i] : epoch;
    }
    out[0] = '\0';
    if (epoch == NULL) {
        return;
    }
    uint8_t key[32];
    uint8_t mac[WV_HMAC_BYTES];
    struct wv_hmac hmac;
    const struct wv_use use = {wv_slice_of(domain), wv_slice_of(id), WV_LIT("ip")};
    const uint8_t canonical[] = {0x04, 192, 0, 2, last_byte(seen->event.client)};
    ck_assert(wv_derive(epoch->secret, &use, key, sizeof key));
    wv_hmac_init(&hmac, (struct wv_slice){key, sizeof key});
    wv_hmac_make(&hmac, (struct wv_slice){canonical, sizeof canonical}, mac);
    const size_t at = (size_t)snprintf(out, WV_EPOCH_ID_MAX + 2, "%s.", id);
    put_code(mac, out + at);
}

static struct wv_keyring *whole_year(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyfile_load(keys_path, NULL, report);
    ck_assert_ptr_nonnull(keyring);
    wv_report_free(report);
    return keyring;
}

static void check_tokens(const struct wv_keyring *keyring, size_t *with_token)
{
    *with_token = 0;
    for (size_t i = 0; i < seen_count; i++) {
        const struct seen *seen = &all[i];
        char wanted[WV_TOKEN_MAX + 1] = "";
        if (is_in_range(&seen->event)) {
            compute(keyring, seen, wanted);
            ck_assert(wanted[0] != '\0' || seen->event.time_s < start);
        }
        ck_assert_str_eq(seen->token, wanted);
        *with_token += wanted[0] != '\0';
    }
}

static int by_code(const void *a, const void *b)
{
    const struct seen *one = a;
    const struct seen *two = b;
    const char *one_code = strchr(one->token, '.');
    const char *two_code = strchr(two->token, '.');
    return strcmp(one_code == NULL ? "" : one_code, two_code == NULL ? "" : two_code);
}

/* The 26 characters alone, so that not the written epoch makes the difference. */
static void check_unlinkable(size_t *different)
{
    qsort(all, seen_count, sizeof all[0], by_code);
    *different = 0;
    for (size_t i = 1; i < seen_count; i++) {
        const struct seen *was = &all[i - 1];
        const struct seen *is = &all[i];
        if (by_code(was, is) != 0 || is->token[0] == '\0') {
            *different += is->token[0] != '\0';
            continue;
        }
        ck_assert_str_eq(was->token, is->token); /* one epoch */
        ck_assert_uint_eq(was->event.client, is->event.client);
        ck_assert_uint_eq(was->event.tenant, is->event.tenant); /* one domain */
        ck_assert_uint_eq(was->output, is->output);
    }
}

/* Distinct pairs of domain, epoch and client among the events with a token. */
static size_t count_uses(void)
{
    enum { USES = (WEEKS + AHEAD + 1) * TENANTS * OUTPUTS * CLIENTS };
    static bool used[USES];
    size_t count = 0;
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < seen_count; i++) {
        const struct seen *seen = &all[i];
        if (seen->token[0] != '\0') {
            const size_t week = (size_t)((seen->event.time_s - start) / WEEK);
            const size_t at =
                ((week * TENANTS + seen->event.tenant) * OUTPUTS + seen->output) * CLIENTS +
                seen->event.client;
            ck_assert_uint_lt(at, USES);
            count += !used[at];
            used[at] = true;
        }
    }
    return count;
}

static void live_the_year(struct engine instances[2])
{
    uint64_t random = 2026;
    seen_count = 0;
    for (int week = 0; week < WEEKS; week++) {
        const int64_t now_s = start + (int64_t)week * WEEK;
        ck_assert_uint_eq(rotate(now_s), TENANTS * OUTPUTS * (week == 0 ? AHEAD : 1));
        ck_assert_uint_eq(rotate(now_s), 0); /* safe to run twice */
        reload(&instances[0]);
        if (week % 2 == 0) {
            reload(&instances[1]);
        }
        check_runway(&instances[0], now_s);
        check_runway(&instances[1], now_s);
        live_a_week(instances, now_s, &random);
    }
}

START_TEST(a_year_of_rotation)
{
    struct engine instances[2] = {{0}};
    live_the_year(instances);
    struct wv_keyring *keyring = whole_year();
    size_t with_token;
    size_t different;
    check_tokens(keyring, &with_token);
    check_unlinkable(&different);
    ck_assert_uint_eq(different, count_uses());
    ck_assert_uint_gt(with_token, seen_count / 2);
    ck_assert_uint_lt(with_token, seen_count); /* both limits were met */
    wv_keyring_free(keyring);
    engine_fini(&instances[0]);
    engine_fini(&instances[1]);
}
END_TEST

/* ---- A secret that is gone ------------------------------------------------------------------- */

/* As somebody would with an editor. */
static void remove_secret(const char *domain, const char *id)
{
    json_error_t error;
    json_t *root = json_load_file(keys_path, 0, &error);
    json_t *epochs =
        json_object_get(json_object_get(json_object_get(root, "domains"), domain), "epochs");
    size_t removed = 0;
    for (size_t i = json_array_size(epochs); i-- > 0;) {
        json_t *epoch = json_array_get(epochs, i);
        if (strcmp(json_string_value(json_object_get(epoch, "id")), id) == 0) {
            ck_assert_int_eq(json_array_remove(epochs, i), 0);
            removed++;
        }
    }
    ck_assert_uint_eq(removed, 1);
    ck_assert_int_eq(json_dump_file(root, keys_path, 0), 0);
    ck_assert_int_eq(chmod(keys_path, 0600), 0);
    json_decref(root);
}

START_TEST(a_secret_that_is_gone_makes_no_token)
{
    struct engine instances[2] = {{0}};
    const struct event event = {.time_s = start + WEEK + DAY, .arrival_s = start + 2 * WEEK};
    const struct event other = {.time_s = start + 2 * WEEK, .arrival_s = start + 2 * WEEK};
    seen_count = 0;
    rotate(start);
    reload(&instances[0]);
    reload(&instances[1]);
    happen(instances, &event);
    happen(instances, &other);
    remove_secret("acme/eu/soc", "20261123-7d");
    reload(&instances[0]);
    reload(&instances[1]);
    happen(instances, &event);
    happen(instances, &other);
    ck_assert_uint_eq(seen_count, 8);
    const struct seen *before = all;
    const struct seen *after = all + 4;
    ck_assert_str_ne(before[0].token, "");
    ck_assert_str_eq(after[0].token, "");
    for (size_t i = 1; i < 4; i++) { /* the other output, and the other epoch in both */
        ck_assert_str_ne(before[i].token, "");
        ck_assert_str_eq(before[i].token, after[i].token);
    }
    const struct wv_tally *tally = wv_worker_tally(instances[0].worker);
    ck_assert_uint_ge(tally->tokens_without_key, 1);
    ck_assert_uint_eq(tally->late, 0);
    engine_fini(&instances[0]);
    engine_fini(&instances[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("year");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_year_of_rotation);
    tcase_add_test(tests, a_secret_that_is_gone_makes_no_token);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
