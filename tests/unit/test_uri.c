/*
 * uri: where URLs, authorities and queries are cut.
 * At stake: a value that is taken for a name is published.
 */
#include "filters/uri.h"

#include <check.h>
#include <stdio.h>

static const struct url {
    const char *text;
    const char *scheme; /* NULL: no URL */
    const char *host;
    const char *rest;
} urls[] = {
    {"https://example.com", "https", "example.com", ""},
    {"https://u:p@example.com:8443/a?b#c", "https", "example.com", "/a?b#c"},
    {"https://u@v@example.com?x@y", "https", "example.com", "?x@y"},
    {"http://[2001:db8::1]:80/", "http", "2001:db8::1", "/"},
    {"http://2001:db8::1/", "http", "2001:db8::1", "/"},
    {"android-app://a.b/", "android-app", "a.b", "/"},
    {"http://good.example\\@evil.example/", "http", "good.example", "\\@evil.example/"},
    {"", NULL, NULL, NULL},
    {"http:/x", NULL, NULL, NULL},
    {"http://", NULL, NULL, NULL},
    {"http:///x", NULL, NULL, NULL},
    {"://x", NULL, NULL, NULL},
    {"1 2://x", NULL, NULL, NULL},
    {"http://x:port/", NULL, NULL, NULL},
    {"http://x:65536/", NULL, NULL, NULL},
    {"http://[::1/", NULL, NULL, NULL},
    {"http://[::1]x/", NULL, NULL, NULL},
    {"x:", NULL, NULL, NULL},
};

START_TEST(urls_are_split)
{
    const struct url *row = &urls[_i];
    struct wv_uri uri = {0};
    ck_assert_int_eq(wv_uri_split(wv_slice_of(row->text), &uri), row->scheme != NULL);
    if (row->scheme != NULL) {
        ck_assert(wv_slice_eq(uri.scheme, wv_slice_of(row->scheme)));
        ck_assert(wv_slice_eq(uri.host, wv_slice_of(row->host)));
        ck_assert(wv_slice_eq(uri.rest, wv_slice_of(row->rest)));
    }
}
END_TEST

static const struct query {
    const char *text;
    const char *want; /* name>value or name, each in brackets */
} queries[] = {
    {"", "[]"},
    {"a", "[a]"},
    {"a=", "[a>]"},
    {"=b", "[>b]"},
    {"a=1&b=2", "[a>1][b>2]"},
    {"&a&", "[][a][]"},
    {"a=b=c", "[a>b=c]"},
    {"a=1;b=2", "[a>1][b>2]"},
    {"a=1;b", "[a>1;b]"},
    {"a=1;b;c=3", "[a>1;b][c>3]"},
    {"a=1;b=2&c=3", "[a>1;b=2][c>3]"},
    {"p=x;;q=1", "[p>x;][q>1]"},
    {";", "[;]"},
};

START_TEST(queries_are_split)
{
    char got[128] = "";
    size_t len = 0;
    struct wv_uri_query query = wv_uri_query_of(wv_slice_of(queries[_i].text));
    struct wv_uri_parameter parameter;
    while (wv_uri_query_next(&query, &parameter)) {
        len +=
            (size_t)snprintf(got + len, sizeof got - len, "[%.*s%s%.*s]", WV_SHOW(parameter.name),
                             parameter.value.ptr == NULL ? "" : ">", WV_SHOW(parameter.value));
    }
    ck_assert_str_eq(got, queries[_i].want);
    ck_assert(!wv_uri_query_next(&query, &parameter));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uri");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, urls_are_split, 0, (int)WV_COUNT(urls));
    tcase_add_loop_test(tests, queries_are_split, 0, (int)WV_COUNT(queries));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
