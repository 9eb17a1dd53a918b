/*
 * metrics: a page that Prometheus refuses, or a number under the wrong label, blinds the operator
 * just when records are lost.
 */
#include "ops/metrics.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct wv_labels none = {NULL, NULL};

static void page_is(struct wv_metrics_writer *writer, const char *wanted)
{
    struct wv_slice page;
    ck_assert(wv_metrics_page(writer, &page));
    char *text = malloc(page.len + 1);
    (void)snprintf(text, page.len + 1, "%.*s", (int)page.len, (const char *)page.ptr);
    ck_assert_str_eq(text, wanted);
    free(text);
    free((void *)(uintptr_t)page.ptr);
    wv_metrics_free(writer);
}

START_TEST(one_block_a_metric_in_table_order)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    wv_metrics_count(writer, WV_METRIC_REJECTED, (struct wv_labels){"depth", NULL}, 1);
    wv_metrics_count(writer, WV_METRIC_MESSAGES, none, UINT64_MAX);
    wv_metrics_count(writer, WV_METRIC_FIELDS, (struct wv_labels){"client_ip", "replaced"}, 2);
    wv_metrics_count(writer, WV_METRIC_REJECTED, (struct wv_labels){"not_json", NULL}, 3);
    wv_metrics_value(writer, WV_METRIC_READY, none, 1);
    page_is(writer,
            "# HELP wafveil_ready 1 while records are taken and published, otherwise 0\n"
            "# TYPE wafveil_ready gauge\n"
            "wafveil_ready 1\n"
            "# HELP wafveil_messages_total Messages that were read\n"
            "# TYPE wafveil_messages_total counter\n"
            "wafveil_messages_total 18446744073709551615\n"
            "# HELP wafveil_rejected_total Records that were not published because they could not "
            "be protected, by reason\n"
            "# TYPE wafveil_rejected_total counter\n"
            "wafveil_rejected_total{reason=\"depth\"} 1\n"
            "wafveil_rejected_total{reason=\"not_json\"} 3\n"
            "# HELP wafveil_fields_total Values by class and by what was done to them\n"
            "# TYPE wafveil_fields_total counter\n"
            "wafveil_fields_total{class=\"client_ip\",action=\"replaced\"} 2\n");
}
END_TEST

START_TEST(label_values_are_escaped)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    wv_metrics_count(writer, WV_METRIC_RECORDS_OUT, (struct wv_labels){"a\"b\\c\nd\xc3\xa9", NULL},
                     1);
    wv_metrics_count(writer, WV_METRIC_RECORDS_OUT, (struct wv_labels){"", NULL}, 2);
    page_is(writer, "# HELP wafveil_records_out_total Records that were published, by output\n"
                    "# TYPE wafveil_records_out_total counter\n"
                    "wafveil_records_out_total{output=\"a\\\"b\\\\c\\nd\xc3\xa9\"} 1\n"
                    "wafveil_records_out_total{output=\"\"} 2\n");
}
END_TEST

START_TEST(three_labels)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    wv_metrics_count_3(writer, WV_METRIC_TRANSFERS_REFUSED, (struct wv_labels){"soc", "eu"}, "a\"",
                       7);
    struct wv_slice page;
    ck_assert(wv_metrics_page(writer, &page));
    static const char line[] =
        "\nwafveil_transfers_refused_total{output=\"soc\",region=\"eu\",reason=\"a\\\"\"} 7\n";
    ck_assert_ptr_nonnull(memmem(page.ptr, page.len, line, strlen(line)));
    free((void *)(uintptr_t)page.ptr);
    wv_metrics_free(writer);
}
END_TEST

static const struct number {
    double value;
    const char *text;
} numbers[] = {
    {0, "0"},           {0.5, "0.5"},        {-1, "-1"},   {1795341600.123, "1795341600.123"},
    {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}, {NAN, "NaN"},
};

START_TEST(gauges)
{
    char wanted[256];
    (void)snprintf(wanted, sizeof wanted,
                   "# HELP wafveil_key_runway_seconds For how long tokens can still be made with "
                   "the keys that are there\n"
                   "# TYPE wafveil_key_runway_seconds gauge\n"
                   "wafveil_key_runway_seconds %s\n",
                   numbers[_i].text);
    struct wv_metrics_writer *writer = wv_metrics_new();
    wv_metrics_value(writer, WV_METRIC_KEY_RUNWAY, none, numbers[_i].value);
    page_is(writer, wanted);
}
END_TEST

START_TEST(histograms_are_cumulative)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    const uint64_t buckets[] = {1, 0, 5, 2};
    wv_metrics_histogram(writer, WV_METRIC_TRANSFORM_SECONDS, buckets, 3, 12000000345);
    page_is(writer, "# HELP wafveil_transform_seconds Time from a message's bytes to its protected "
                    "records\n"
                    "# TYPE wafveil_transform_seconds histogram\n"
                    "wafveil_transform_seconds_bucket{le=\"0.000001\"} 1\n"
                    "wafveil_transform_seconds_bucket{le=\"0.000002\"} 1\n"
                    "wafveil_transform_seconds_bucket{le=\"0.000004\"} 6\n"
                    "wafveil_transform_seconds_bucket{le=\"+Inf\"} 8\n"
                    "wafveil_transform_seconds_sum 12.000000345\n"
                    "wafveil_transform_seconds_count 8\n");
}
END_TEST

START_TEST(histogram_bounds)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    const uint64_t buckets[25] = {0};
    wv_metrics_histogram(writer, WV_METRIC_TRANSFORM_SECONDS, buckets, 24, 0);
    struct wv_slice page;
    ck_assert(wv_metrics_page(writer, &page));
    static const char last[] = "_bucket{le=\"8.388608\"} 0\n";
    ck_assert_ptr_nonnull(memmem(page.ptr, page.len, last, strlen(last)));
    free((void *)(uintptr_t)page.ptr);
    wv_metrics_free(writer);
}
END_TEST

START_TEST(an_empty_page)
{
    page_is(wv_metrics_new(), "");
    wv_metrics_free(NULL);
}
END_TEST

/* What the names promise, for every line of the table. */
START_TEST(the_table_keeps_the_rules)
{
    const enum wv_metric metric = (enum wv_metric)_i;
    const char *name = wv_metric_name(metric);
    const bool is_total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
    ck_assert_int_eq(strncmp(name, "wafveil_", 8), 0);
    ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(name));
    ck_assert_int_eq(is_total, strcmp(wv_metric_type(metric), "counter") == 0);
    ck_assert_uint_gt(strlen(wv_metric_help(metric)), 10);
    ck_assert_uint_eq(strcspn(wv_metric_help(metric), "\\\n"), strlen(wv_metric_help(metric)));
    ck_assert(wv_metric_label(metric, 0) != NULL || wv_metric_label(metric, 1) == NULL);
    for (int i = 0; i < _i; i++) {
        ck_assert_str_ne(name, wv_metric_name((enum wv_metric)i));
    }
}
END_TEST

static const struct wv_labels wrong_labels[] = {{NULL, NULL}, {"a", "b"}, {NULL, "b"}};

START_TEST(labels_must_fit_the_table)
{
    struct wv_metrics_writer *writer = wv_metrics_new();
    wv_metrics_count(writer, WV_METRIC_REJECTED, wrong_labels[_i], 1);
    wv_metrics_free(writer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, one_block_a_metric_in_table_order);
    tcase_add_test(tests, label_values_are_escaped);
    tcase_add_loop_test(tests, gauges, 0, (int)WV_COUNT(numbers));
    tcase_add_test(tests, histograms_are_cumulative);
    tcase_add_test(tests, histogram_bounds);
    tcase_add_test(tests, an_empty_page);
    tcase_add_test(tests, three_labels);
    tcase_add_loop_test(tests, the_table_keeps_the_rules, 0, WV_METRIC_COUNT);
    tcase_add_loop_test_raise_signal(tests, labels_must_fit_the_table, 6, 0,
                                     (int)WV_COUNT(wrong_labels));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
