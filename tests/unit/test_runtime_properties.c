/*
 * properties: a property that is misspelled or belongs to the runtime must be found before the
 * service starts, and no text may quote a value, because it may be a password.
 */
#include "runtime/properties.h"
#include "runtime/routes.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static const char head[] =
    "{\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
    "\"name\":\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}],"
    "\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":\"security\",\"kafka\":{%s}},"
    "{\"name\":\"two\",\"topic\":\"two\",\"purpose\":\"security\"}],"
    "\"rejects\":{\"topic\":\"bad\"},\"kafka\":{%s}}";

static struct wv_report *report;

static void set_up(void)
{
    report = wv_report_new();
    ck_assert_ptr_nonnull(report);
}

static void tear_down(void)
{
    wv_report_free(report);
}

static struct wv_config *load(const char *own, const char *base)
{
    char path[] = "/tmp/wafveil-test-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_gt(dprintf(file, head, own, base), 0);
    ck_assert_int_eq(close(file), 0);
    struct wv_config *config = wv_config_load(path, report);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_nonnull(config);
    return config;
}

/* The first error; warnings of other parts of the configuration do not count. */
static const char *first_error(void)
{
    for (size_t i = 0; i < wv_report_count(report); i++) {
        if (wv_report_at(report, i)->severity == WV_ERROR) {
            return wv_report_at(report, i)->text;
        }
    }
    return NULL;
}

static const struct vector {
    const char *own;
    const char *base;
    const char *text; /* what the finding holds; NULL: there must be none */
} vectors[] = {
    {"", "\"linger.ms\":\"5\",\"sasl.password\":\"s3cret\",\"group.id\":\"g\"", NULL},
    {"\"acks\":\"1\"", "", "\"acks\" belongs to wafveil"},
    {"\"enable.auto.commit\":\"true\"", "", "\"enable.auto.commit\" belongs to wafveil"},
    {"", "\"linger.mss\":\"s3cret\"", "did you mean \"linger.ms\"?"},
    {"", "\"sasl.pasword\":\"s3cret\"", "did you mean \"sasl.password\"?"},
    {"", "\"no.such.thing.at.all\":\"s3cret\"", "has no property \"no.such.thing.at.all\""},
    {"\"linger.ms\":\"s3cret\"", "", "this value of \"linger.ms\"; accepted: 0 .. 900000"},
    {"", "\"security.protocol\":\"s3cret\"", "accepted: plaintext, ssl, sasl_plaintext, sasl_ssl"},
    {"", "\"auto.offset.reset\":\"error\"", "must be \"earliest\" or \"latest\""},
    {"", "\"auto.offset.reset\":\"latest\"", NULL},
    {"", "\"partition.assignment.strategy\":\"cooperative-sticky,range\"", "and \"roundrobin\""},
    {"", "\"partition.assignment.strategy\":\"roundrobin\"", NULL},
};

START_TEST(says_what_is_wrong_and_no_value)
{
    const struct vector *vector = &vectors[_i];
    struct wv_config *config = load(vector->own, vector->base);
    ck_assert_int_eq(wv_properties_check(config, report), vector->text == NULL);
    const char *text = first_error();
    if (vector->text == NULL) {
        ck_assert_ptr_null(text);
    } else {
        ck_assert_ptr_nonnull(text);
        ck_assert_msg(strstr(text, vector->text) != NULL, "%s", text);
        ck_assert_ptr_null(strstr(text, "s3cret"));
    }
    wv_config_free(config);
}
END_TEST

/* With a librdkafka that loses assignments, partitions are never moved one by one. */
START_TEST(strategies_depend_on_the_library)
{
    ck_assert_ptr_null(wv_properties_strategy("range,roundrobin", 0x020002ff));
    ck_assert_ptr_nonnull(wv_properties_strategy("cooperative-sticky", 0x020002ff));
    ck_assert_ptr_nonnull(wv_properties_strategy("cooperative-sticky", 0x020900ff));
    ck_assert_ptr_null(wv_properties_strategy("cooperative-sticky", 0x020a00ff));
    ck_assert_ptr_null(wv_properties_strategy("cooperative-sticky", 0x03000000));
    ck_assert_ptr_nonnull(wv_properties_strategy("cooperative-sticky,range", 0x020a00ff));
    ck_assert_ptr_nonnull(wv_properties_strategy("range,cooperative-sticky", 0x020a00ff));
}
END_TEST

START_TEST(the_next_generation_depends_on_library_and_delivery)
{
    ck_assert_ptr_nonnull(wv_properties_next_generation(false, 0x020002ff));
    ck_assert_ptr_nonnull(wv_properties_next_generation(false, 0x020e02ff));
    ck_assert_ptr_null(wv_properties_next_generation(false, 0x020f00ff));
    ck_assert_ptr_nonnull(wv_properties_next_generation(true, 0x020f00ff));
}
END_TEST

START_TEST(the_service_needs_brokers_and_a_group)
{
    struct wv_config *config = load("", "");
    ck_assert(!wv_properties_require(config, report));
    ck_assert_ptr_nonnull(strstr(first_error(), "\"bootstrap.servers\" is missing"));
    wv_config_free(config);

    config = load("", "\"metadata.broker.list\":\"h:1\",\"group.id\":\"g\"");
    const size_t errors = wv_report_errors(report);
    ck_assert(wv_properties_require(config, report));
    ck_assert_uint_eq(wv_report_errors(report), errors);
    wv_config_free(config);
}
END_TEST

/* One producer serves all that have the same properties; an output's own win over the file's. */
START_TEST(equal_properties_share_a_client)
{
    struct wv_config *config = load("\"linger.ms\":\"7\"", "\"linger.ms\":\"5\"");
    struct wv_routes routes;
    ck_assert(wv_routes_init(&routes, config));
    ck_assert_uint_eq(routes.source_count, 1);
    ck_assert_uint_eq(routes.channel_count, 2);
    ck_assert_uint_eq(routes.destination_count, 3);
    ck_assert_uint_eq(routes.destinations[0].channel, 0);
    ck_assert_uint_eq(routes.destinations[1].channel, 1);
    ck_assert_uint_eq(routes.destinations[wv_routes_rejects(&routes)].channel, 1);
    ck_assert_str_eq(wv_settings_find(&routes.channels[0].settings, "linger.ms"), "7");
    ck_assert_str_eq(wv_settings_find(&routes.channels[1].settings, "linger.ms"), "5");
    uint32_t input = 9;
    ck_assert(wv_routes_input(&routes, 0, "in", &input));
    ck_assert_uint_eq(input, 0);
    ck_assert(!wv_routes_input(&routes, 0, "out", &input));
    wv_routes_fini(&routes);
    wv_config_free(config);
}
END_TEST

#define EXACT "\"},\"delivery\":{\"mode\":\"exactly_once\"},\"instance\":\"waf-1\""
#define BASE  "\"bootstrap.servers\":\"h:1\",\"group.id\":\"g"

/* `base` closes the kafka section, and goes on behind it; the text's own brace closes the last
 * section then. */
static const struct vector exact[] = {
    {"", BASE EXACT ",\"log\":{\"level\":\"warn\"", NULL},
    {"\"linger.ms\":\"5\"", BASE EXACT ",\"log\":{\"level\":\"warn\"", "the same properties"},
    {"\"bootstrap.servers\":\"h:2\"", BASE EXACT ",\"log\":{\"level\":\"warn\"",
     "the same properties"},
    {"", BASE "\",\"isolation.level\":\"read_uncommitted" EXACT ",\"log\":{\"level\":\"warn\"",
     "needs isolation.level"},
    {"", BASE "\",\"transactional.id\":\"x" EXACT ",\"log\":{\"level\":\"warn\"",
     "\"transactional.id\" belongs to wafveil"},
};

START_TEST(exactly_once_needs_one_cluster)
{
    const struct vector *vector = &exact[_i];
    struct wv_config *config = load(vector->own, vector->base);
    ck_assert_int_eq(wv_properties_check(config, report), vector->text == NULL);
    if (vector->text != NULL) {
        ck_assert_msg(strstr(first_error(), vector->text) != NULL, "%s", first_error());
    }
    wv_config_free(config);
}
END_TEST

/* Whoever comes back under his name must find what he left open. */
START_TEST(transactions_go_by_group_instance_and_lane)
{
    char id[WV_TRANSACTIONAL_ID_ROOM];
    struct wv_config *config = load(exact[0].own, exact[0].base);
    struct wv_routes routes;
    ck_assert(wv_routes_init(&routes, config));
    ck_assert(wv_routes_transactional_id(&routes, 3, id));
    ck_assert_str_eq(id, "wafveil-g-waf-1-3");
    wv_routes_fini(&routes);
    wv_config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("properties");
    TCase *tests = tcase_create("properties");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, says_what_is_wrong_and_no_value, 0, (int)WV_COUNT(vectors));
    tcase_add_test(tests, strategies_depend_on_the_library);
    tcase_add_test(tests, the_next_generation_depends_on_library_and_delivery);
    tcase_add_test(tests, the_service_needs_brokers_and_a_group);
    tcase_add_test(tests, equal_properties_share_a_client);
    tcase_add_loop_test(tests, exactly_once_needs_one_cluster, 0, (int)WV_COUNT(exact));
    tcase_add_test(tests, transactions_go_by_group_instance_and_lane);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
