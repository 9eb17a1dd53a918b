/*
 * domain: registrable domains, host names and what "own" means.
 * At stake: a suffix taken for a domain publishes the label of a person, and a domain that only
 * ends like an own one must not count as own.
 */
#include "filters/domain.h"
#include "support/filter_fixture.h"

#include <check.h>

static void make_ready(void)
{
    struct wv_report *report = wv_report_new();
    const struct wv_loading loading = {.report = report};
    ck_assert(wv_domain_ready(&loading));
    ck_assert(wv_domain_ready(&loading));
    wv_report_free(report);
}

static const struct row {
    const char *host;
    const char *icann; /* NULL: none */
    const char *all;
} rows[] = {
    {"example.com", "example.com", "example.com"},
    {"a.b.example.com", "example.com", "example.com"},
    {"A.Example.COM.", "example.com", "example.com"},
    {"a.example.co.jp", "example.co.jp", "example.co.jp"},
    {"co.jp", "co.jp", "co.jp"},
    {"alice.blogspot.com", "blogspot.com", "alice.blogspot.com"},
    {"x.alice.github.io", "github.io", "alice.github.io"},
    {"bucket.s3.amazonaws.com", "amazonaws.com", "bucket.s3.amazonaws.com"},
    {"www.ck", "www.ck", "www.ck"},   /* an exception of the list */
    {"a.b.c.ck", "b.c.ck", "b.c.ck"}, /* a wildcard of the list */
    {"a.b.unlisted-tld", "b.unlisted-tld", "b.unlisted-tld"},
    {"a.b.xn--fiqs8s", "b.xn--fiqs8s", "b.xn--fiqs8s"},
    {"com", NULL, NULL},
    {"localhost", NULL, NULL},
};

static void check_domain(struct wv_slice got, const char *want)
{
    ck_assert(wv_slice_eq(got, wv_slice_of(want)));
}

START_TEST(registrable)
{
    make_ready();
    struct wv_host host;
    ck_assert(wv_host_read(wv_slice_of(rows[_i].host), &host));
    check_domain(wv_domain_registrable(&host, WV_SUFFIXES_ICANN, NULL), rows[_i].icann);
    check_domain(wv_domain_registrable(&host, WV_SUFFIXES_ALL, NULL), rows[_i].all);

    /* Remembered ones are the same, also when the two lists share a memory. */
    static struct wv_domains domains;
    for (int round = 0; round < 2; round++) {
        check_domain(wv_domain_registrable(&host, WV_SUFFIXES_ICANN, &domains), rows[_i].icann);
        check_domain(wv_domain_registrable(&host, WV_SUFFIXES_ALL, &domains), rows[_i].all);
    }
}
END_TEST

static const char *const bad_hosts[] = {
    "",     ".",   "..",        ".a",    "a..b", "a b",           "a/b",
    "a:80", "a@b", "192.0.2.1", "127.1", "a.1",  "*.example.com", "a%2eb"};

START_TEST(bad_hosts_are_refused)
{
    struct wv_host host;
    ck_assert(!wv_host_read(wv_slice_of(bad_hosts[_i]), &host));
}
END_TEST

START_TEST(long_hosts_are_refused)
{
    uint8_t text[WV_HOST_MAX + 2];
    memset(text, 'a', sizeof text);
    for (size_t i = 60; i < sizeof text; i += 60) {
        text[i] = '.';
    }
    struct wv_host host;
    ck_assert(wv_host_read((struct wv_slice){text, WV_HOST_MAX}, &host));
    ck_assert_int_eq(host.text[WV_HOST_MAX], '\0');
    ck_assert(!wv_host_read((struct wv_slice){text, WV_HOST_MAX + 1}, &host));
    memset(text, 'a', 64);
    ck_assert(!wv_host_read((struct wv_slice){text, 64}, &host));
    ck_assert(wv_host_read((struct wv_slice){text, 63}, &host));
}
END_TEST

START_TEST(own_hosts)
{
    const struct wv_slice items[] = {WV_LIT("Example.com"), {0}};
    const struct wv_name_list own = {.items = items, .count = WV_COUNT(items)};
    ck_assert(wv_host_is_own(&own, WV_LIT("example.com")));
    ck_assert(wv_host_is_own(&own, WV_LIT("a.example.com")));
    ck_assert(!wv_host_is_own(&own, WV_LIT("badexample.com")));
    ck_assert(!wv_host_is_own(&own, WV_LIT("example.com.evil.org")));
    ck_assert(!wv_host_is_own(&own, WV_LIT("com")));
    ck_assert(!wv_host_is_own(&own, (struct wv_slice){0}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domain");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, registrable, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(tests, bad_hosts_are_refused, 0, (int)WV_COUNT(bad_hosts));
    tcase_add_test(tests, long_hosts_are_refused);
    tcase_add_test(tests, own_hosts);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
