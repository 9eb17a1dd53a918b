/*
 * parameters: which names give their values away, and what is refused in the table.
 * At stake: a name that is not recognised publishes a password.
 */
#include "filters/parameters.h"
#include "support/filter_fixture.h"

#include <check.h>

static const struct row {
    const char *name;
    enum wv_parameter want;
} rows[] = {
    {"password", WV_PARAMETER_CREDENTIAL},
    {"PassWord", WV_PARAMETER_CREDENTIAL},
    {"user_password", WV_PARAMETER_CREDENTIAL},
    {"\u30ed\u30b0\u30a4\u30f3password", WV_PARAMETER_CREDENTIAL},
    {"\u3000user_password", WV_PARAMETER_CREDENTIAL},
    {"\u2014page", WV_PARAMETER_UNLISTED},
    {"password\u2014", WV_PARAMETER_UNLISTED},
    {"user[password]", WV_PARAMETER_CREDENTIAL},
    {"password[]", WV_PARAMETER_CREDENTIAL},
    {"password[0]", WV_PARAMETER_CREDENTIAL},
    {"user[0][password][12]", WV_PARAMETER_CREDENTIAL},
    {"json.password.0", WV_PARAMETER_CREDENTIAL},
    {"json.password.array_10", WV_PARAMETER_CREDENTIAL},
    {"json.array_1.password.array_0", WV_PARAMETER_CREDENTIAL},
    {"password.0.0[1]", WV_PARAMETER_CREDENTIAL},
    {"--password", WV_PARAMETER_CREDENTIAL},
    {"amp;password", WV_PARAMETER_CREDENTIAL},
    {"/login?password", WV_PARAMETER_CREDENTIAL},
    {"$password", WV_PARAMETER_CREDENTIAL},
    {"'password'", WV_PARAMETER_CREDENTIAL},
    {"password\r\n", WV_PARAMETER_CREDENTIAL},
    {"accessToken", WV_PARAMETER_CREDENTIAL},
    {"access-token", WV_PARAMETER_CREDENTIAL},
    {"X-API-KEY", WV_PARAMETER_CREDENTIAL},
    {"my_api_key", WV_PARAMETER_CREDENTIAL},
    {"AWSAccessKeyId", WV_PARAMETER_CREDENTIAL},
    {"パスワード", WV_PARAMETER_CREDENTIAL},
    {"ASP.NET_SessionId", WV_PARAMETER_SESSION},
    {"connect.sid", WV_PARAMETER_SESSION},
    {"billing.iban", WV_PARAMETER_PAYMENT},
    {"userEmail", WV_PARAMETER_DIRECT_ID},
    {"first name", WV_PARAMETER_DIRECT_ID},
    {"tel", WV_PARAMETER_CONTACT},
    {"my_number", WV_PARAMETER_NATIONAL_ID},
    {"date_of_birth", WV_PARAMETER_BIRTH},
    {"device_id", WV_PARAMETER_DEVICE},
    {"lat", WV_PARAMETER_LOCATION},
    {"client_ip", WV_PARAMETER_NETWORK},
    {"gclid", WV_PARAMETER_TRACKING},
    {"q", WV_PARAMETER_FREE_TEXT},
    {"", WV_PARAMETER_UNLISTED},
    {"]", WV_PARAMETER_UNLISTED},
    {"[]", WV_PARAMETER_UNLISTED},
    {".0", WV_PARAMETER_UNLISTED},
    {".array_0", WV_PARAMETER_UNLISTED},
    {"0", WV_PARAMETER_UNLISTED},
    {"___", WV_PARAMETER_UNLISTED},
    {"page", WV_PARAMETER_UNLISTED},
    {"passwordx", WV_PARAMETER_UNLISTED},
    {"mypassword", WV_PARAMETER_UNLISTED},
    {"max-age", WV_PARAMETER_UNLISTED},
    {"http_status_code", WV_PARAMETER_UNLISTED},
    {"code", WV_PARAMETER_CREDENTIAL},
    {"zip_code", WV_PARAMETER_CONTACT}, /* the longest match wins */
};

START_TEST(finds)
{
    struct fixture fixture;
    fixture_init(&fixture);
    ck_assert_int_eq(wv_parameters_find(fixture.context.parameters, wv_slice_of(rows[_i].name)),
                     rows[_i].want);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(long_names_are_unlisted)
{
    struct fixture fixture;
    fixture_init(&fixture);
    uint8_t name[129];
    memset(name, '.', sizeof name);
    memcpy(name + sizeof name - 3, "pin", 3);
    const struct wv_parameters *parameters = fixture.context.parameters;
    ck_assert_int_eq(wv_parameters_find(parameters, (struct wv_slice){name, 129}),
                     WV_PARAMETER_UNLISTED);
    ck_assert_int_eq(wv_parameters_find(parameters, (struct wv_slice){name + 1, 128}),
                     WV_PARAMETER_CREDENTIAL);
    fixture_fini(&fixture);
}
END_TEST

static const struct refused {
    const char *json;
    const char *text;
} refused[] = {
    {"[]", "expected an object of arrays of names"},
    {"{\"credential\": \"x\"}", "expected an array of names"},
    {"{\"credentials\": []}", "is no class of parameters; did you mean \"credential\"?"},
    {"{\"credential\": [\"__\"]}", "a name needs more than separators"},
    {"{\"credential\": [\"a_b\"], \"session\": [\"AB\"]}",
     "is already listed as \"credential\"; keep one of the two"},
};

START_TEST(mistakes_are_told)
{
    struct fixture fixture;
    fixture_init(&fixture);
    const struct wv_node node = fixture_document(&fixture, wv_slice_of(refused[_i].json));
    ck_assert_ptr_null(wv_parameters_load(&node, fixture.arena, fixture.report));
    ck_assert_uint_eq(wv_report_errors(fixture.report), 1);
    ck_assert_str_eq(wv_report_at(fixture.report, 0)->text, refused[_i].text);
    fixture_fini(&fixture);
}
END_TEST

/* No placeholder can be taken for another one, and each is made of letters only. */
START_TEST(words_are_distinct)
{
    for (int i = 0; i < WV_PARAMETER_COUNT; i++) {
        const char *word = wv_parameter_word((enum wv_parameter)i);
        ck_assert_uint_eq(strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), strlen(word));
        for (int k = 0; k < i; k++) {
            ck_assert_str_ne(word, wv_parameter_word((enum wv_parameter)k));
        }
    }
    ck_assert(!wv_parameter_is_replaced(WV_PARAMETER_UNLISTED));
    ck_assert(!wv_parameter_is_replaced(WV_PARAMETER_NETWORK));
    ck_assert(!wv_parameter_is_replaced(WV_PARAMETER_FREE_TEXT));
    ck_assert(wv_parameter_is_replaced(WV_PARAMETER_CREDENTIAL));
}
END_TEST

/* What the operator lists counts, also against the built-in table; the rest stays. */
START_TEST(own_names_count)
{
    static const struct row own[] = {
        {"mySid", WV_PARAMETER_SESSION},        {"user[my-sid]", WV_PARAMETER_SESSION},
        {"code", WV_PARAMETER_UNLISTED},        {"promo_code", WV_PARAMETER_UNLISTED},
        {"auth_code", WV_PARAMETER_CREDENTIAL}, {"max-age", WV_PARAMETER_BIRTH},
        {"password", WV_PARAMETER_CREDENTIAL},  {"other", WV_PARAMETER_UNLISTED},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    struct wv_parameters *parameters = fixture_parameters(&fixture);
    const struct wv_node node = fixture_document(
        &fixture, WV_LIT("{\"$comment\": 1, \"session\": [\"mysid\"], \"harmless\": [\"code\"],"
                         " \"birth\": [\"max_age\", \"maxage\"]}"));
    ck_assert(wv_parameters_add(parameters, &node, fixture.report));
    for (size_t i = 0; i < WV_COUNT(own); i++) {
        ck_assert_int_eq(wv_parameters_find(parameters, wv_slice_of(own[i].name)), own[i].want);
        ck_assert_int_eq(wv_parameters_know(parameters, wv_slice_of(own[i].name)),
                         strcmp(own[i].name, "other") != 0);
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(own_names_twice_are_told)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct wv_parameters *parameters = fixture_parameters(&fixture);
    const struct wv_node node = fixture_document(
        &fixture, WV_LIT("{\"session\": [\"pass\", \"my_x\"], \"birth\": [\"PASS\", \"MyX\"]}"));
    ck_assert(!wv_parameters_add(parameters, &node, fixture.report));
    ck_assert_uint_eq(wv_report_errors(fixture.report), 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(wv_report_at(fixture.report, i)->text,
                         "is already listed as \"session\"; keep one of the two");
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(stems)
{
    static const char *const pairs[][2] = {
        {"email", "email"},
        {"email[]", "email"},
        {"email[12]", "email"},
        {"a.b.0", "a.b"},
        {"a[0][b]", "a[0][b]"},
        {"x.array_3", "x"},
        {"password2", "password2"},
        {"", ""},
        {"[]", ""},
    };
    for (size_t i = 0; i < WV_COUNT(pairs); i++) {
        ck_assert(
            wv_slice_eq(wv_parameter_stem(wv_slice_of(pairs[i][0])), wv_slice_of(pairs[i][1])));
    }
    ck_assert_str_eq(wv_parameter_member(WV_PARAMETER_UNLISTED), "harmless");
    ck_assert_str_eq(wv_parameter_member(WV_PARAMETER_DIRECT_ID), "direct_id");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parameters");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, finds, 0, (int)WV_COUNT(rows));
    tcase_add_test(tests, long_names_are_unlisted);
    tcase_add_loop_test(tests, mistakes_are_told, 0, (int)WV_COUNT(refused));
    tcase_add_test(tests, words_are_distinct);
    tcase_add_test(tests, own_names_count);
    tcase_add_test(tests, own_names_twice_are_told);
    tcase_add_test(tests, stems);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
