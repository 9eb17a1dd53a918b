/*
 * At stake: what the answer to a request of erasure leaves out stays behind for ever. Kafka keys
 * are tokens of their own kind, which no record shows beside its own; and whoever asks for too much
 * must be told so, instead of getting a part of it.
 */
#include "app/subject.h"

#include "support/engine.h"

static const struct wv_subject_value *address_of(struct wv_subject_value *value)
{
    value->is_address = wv_address_parse(value->text, &value->address) == WV_ADDRESS_VALID;
    return value;
}

static struct wv_subject_found find(const struct wv_plan *plan, enum wv_subject_by by,
                                    const char *text, int64_t days)
{
    struct wv_report *report = wv_report_new();
    struct wv_subject_found found;
    struct wv_subject_request request = {.value = {.by = by, .text = wv_slice_of(text)},
                                         .from_day = 20500,
                                         .to_day = 20500 + days - 1,
                                         .output = WV_SUBJECT_ALL};
    (void)address_of(&request.value);
    ck_assert(wv_subject_find(plan, &request, &found, report));
    findings_are(report, "");
    return found;
}

/* The row with the token, of any domain of the output; NULL: none. */
static const struct wv_subject_row *row_of(const struct wv_subject_found *found, size_t output,
                                           struct wv_slice token)
{
    for (size_t d = 0; d < found->domain_count; d++) {
        const struct wv_subject_domain *domain = &found->domains[d];
        for (size_t i = 0; i < domain->row_count; i++) {
            const struct wv_subject_row *row = &found->rows[domain->first_row + i];
            if ((domain->outputs >> output & 1) != 0 &&
                wv_slice_eq(wv_token_slice(&row->token), token)) {
                return row;
            }
        }
    }
    return NULL;
}

START_TEST(kafka_keys_are_found)
{
    static const struct {
        enum wv_subject_by by;
        const char *asked;
        const char *key;
        bool of_key; /* no record has the same token */
    } rows[] = {{WV_SUBJECT_IP, "192.0.2.77", "::ffff:192.0.2.77", false},
                {WV_SUBJECT_IP, "[2001:db8::7]:443", "2001:DB8:0::7", false},
                {WV_SUBJECT_EMAIL, "Bob@Example.org", "Bob@Example.org", true},
                {WV_SUBJECT_USER, "bob-77", "bob-77", true},
                {WV_SUBJECT_USER, "192.0.2.78", "192.0.2.78", true},
                {WV_SUBJECT_SESSION, "c2Vzc2lvbg", "c2Vzc2lvbg", true},
                {WV_SUBJECT_DEVICE, "7b1d02f0", "7b1d02f0", true},
                {WV_SUBJECT_PHONE, "+1 202 555 0143", "+1 202 555 0143", true}};
    struct engine engine = engine_config(
        INPUT("{\"name\":\"acme\"}")
            UNDER("{\"from\":\"country\"}", SOC("") ",{\"name\":\"two\",\"purpose\":\"security\"}"
                                                    ",{\"name\":\"none\",\"purpose\":\"security\","
                                                    "\"key\":\"drop\"}") "}",
        NULL, 0);
    static const char *const countries[] = {"DE", "US", "JP"};
    for (size_t i = 0; i < WV_COUNT(rows) * WV_COUNT(countries); i++) {
        const size_t at = i % WV_COUNT(rows);
        struct wv_subject_found found = find(engine.plan, rows[at].by, rows[at].asked, 7);
        char text[256];
        snprintf(text, sizeof text,
                 "{\"httpRequest\":{\"clientIp\":\"198.51.100.1\",\"country\":\"%s\"}}",
                 countries[i / WV_COUNT(rows)]);
        const struct wv_record record = {
            .value = wv_slice_of(text), .key = wv_slice_of(rows[at].key), .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &record);
        ck_assert_uint_eq(results.count, 3);
        for (size_t output = 0; output < 2; output++) {
            const struct wv_subject_row *row = row_of(&found, output, results.items[output].key);
            ck_assert_ptr_nonnull(row);
            ck_assert_int_eq(row->of_key, rows[at].of_key);
        }
        ck_assert_ptr_null(results.items[2].key.ptr);
        wv_subject_free(&found);
    }
    engine_fini(&engine);
}
END_TEST

/* The key of one output's records is no token of another's, which drops keys. */
START_TEST(no_token_is_named_that_nobody_makes)
{
    struct engine engine = engine_config(
        ACME UNDER(TENANT,
                   SOC(",\"key\":\"drop\"") ",{\"name\":\"two\",\"purpose\":\"security\"}") "}",
        NULL, 0);
    struct wv_subject_found found = find(engine.plan, WV_SUBJECT_EMAIL, "bob@example.org", 1);
    /* eu makes no token of an e-mail or phone; some of a login, device or session, which it may be,
     * and one of Kafka keys. */
    ck_assert_uint_eq(found.domain_count, 2);
    ck_assert_uint_eq(found.domains[0].row_count, 3);
    ck_assert_uint_eq(found.domains[1].row_count, 4);
    ck_assert_uint_eq(found.counts[WV_SUBJECT_TOKEN], 7);
    for (size_t i = 0; i < found.row_count; i++) {
        ck_assert_int_ne(found.rows[i].kind, WV_KIND_EMAIL);
        ck_assert_int_ne(found.rows[i].kind, WV_KIND_PHONE);
        ck_assert_int_ne(found.rows[i].kind, WV_KIND_IP);
    }
    wv_subject_free(&found);
    found = find(engine.plan, WV_SUBJECT_PHONE, "+1 202 555 0143", 1);
    ck_assert_uint_eq(found.counts[WV_SUBJECT_TOKEN], 7);
    wv_subject_free(&found);
    found = find(engine.plan, WV_SUBJECT_EMAIL, "bob@Example.org", 1); /* in two spellings */
    ck_assert_uint_eq(found.counts[WV_SUBJECT_TOKEN], 14);
    wv_subject_free(&found);
    engine_fini(&engine);
}
END_TEST

/* An unknown tenant's records also fall under "unknown", which makes no tokens. */
START_TEST(what_the_strictest_pack_takes_away_is_not_named)
{
    static const struct engine_file table = {"t.json",
                                             "{\"arn:a\":{\"tenant\":\"a\",\"region\":\"us\"}}"};
    struct engine engine = engine_config(
        INPUT("{\"from\":\"webacl\",\"table\":\"t.json\"}") UNDER(TENANT, SOC("")) "}", &table, 1);
    struct wv_subject_found found = find(engine.plan, WV_SUBJECT_IP, "192.0.2.7", 1);
    ck_assert_uint_eq(found.domain_count, 1);
    ck_assert(wv_slice_eq(found.domains[0].name, WV_LIT("a/us/soc")));
    ck_assert_uint_ge(found.bare, 1);
    wv_subject_free(&found);
    engine_fini(&engine);
}
END_TEST

START_TEST(too_much_is_refused_whole)
{
    char outputs[2048] = SOC("");
    for (int i = 0; i < 12; i++) {
        const size_t len = strlen(outputs);
        snprintf(outputs + len, sizeof outputs - len,
                 ",{\"name\":\"o%d\",\"purpose\":\"security\"}", i);
    }
    char config[4096];
    snprintf(config, sizeof config, INPUT("{\"name\":\"acme\"}") UNDER("%s", "%s") "}",
             "{\"from\":\"country\"}", outputs);
    struct engine engine = engine_config(config, NULL, 0);
    struct wv_report *report = wv_report_new();
    struct wv_subject_found found;
    struct wv_subject_request request = {
        .value = {.by = WV_SUBJECT_SESSION, .text = WV_LIT("c2Vzc2lvbg")},
        .from_day = 20000,
        .to_day = 20000 + WV_SUBJECT_DAYS_MAX - 1,
        .output = WV_SUBJECT_ALL};
    ck_assert(!wv_subject_find(engine.plan, &request, &found, report));
    findings_are(report,
                 "error: there would be more than 100000 tokens: ask for fewer days, or for "
                 "one --tenant or --output at a time\n");
    wv_subject_free(&found);
    report = wv_report_new();
    request.output = 3;
    ck_assert(wv_subject_find(engine.plan, &request, &found, report));
    findings_are(report, "");
    ck_assert_uint_ge(found.row_count, WV_SUBJECT_DAYS_MAX); /* one each day */
    wv_subject_free(&found);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("subject");
    TCase *tcase = tcase_create("subject");
    tcase_add_test(tcase, kafka_keys_are_found);
    tcase_add_test(tcase, no_token_is_named_that_nobody_makes);
    tcase_add_test(tcase, what_the_strictest_pack_takes_away_is_not_named);
    tcase_add_test(tcase, too_much_is_refused_whole);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
