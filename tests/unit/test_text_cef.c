/*
 * cef: where values of a CEF record end, and what is a key.
 * At stake: a value that takes in the pair behind it publishes that under the wrong class; a key
 * inside a value is a hole that anybody can make with a request.
 */
#include "tests/support/parts.h"

#include <check.h>

/* A header that says nothing, and how it is shown. */
#define HEADER "CEF:0|v|p|1|c|n|5|"
#define HEADER_PARTS                                                                               \
    "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"            \
    "[deviceEventClassId*:<c>]|[name*:<n>]|[severity*:<5>]|"

static const struct {
    const char *text;
    const char *parts;
} headers[] = {
    {HEADER, HEADER_PARTS},
    {HEADER "  \r\n", HEADER_PARTS "  \r\n"},
    {"CEF:0|v|p|1|c|n|Very-High|",
     "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"
     "[deviceEventClassId*:<c>]|[name*:<n>]|[severity*:<Very-High>]|"},
    {"CEF:0||||N/A|URL Access|Substantial|a=b",
     "CEF:[version*:<0>]|[deviceVendor*:<>]|[deviceProduct*:<>]|[deviceVersion*:<>]|"
     "[deviceEventClassId*:<N/A>]|[name*:<URL Access>]|[severity*:<Substantial>]|[a:a=<b>]"},
    {"CEF:1.2|v\\|w|p\\\\|1|c=d|n\\|a=b|-1|a=b",
     "CEF:[version*:<1.2>]|[deviceVendor*\\:<v\\|w>]|[deviceProduct*\\:<p\\\\>]|"
     "[deviceVersion*:<1>]|[deviceEventClassId*:<c=d>]|[name*\\:<n\\|a=b>]|[severity*:<-1>]|"
     "[a:a=<b>]"},
    /* What stands before it. */
    {"ASM:" HEADER, "[prefix:<ASM:>]" HEADER_PARTS},
    {"CEF:" HEADER, "[prefix:<CEF:>]" HEADER_PARTS},
    {"CEF: 0|v|p|1|c|n|5|",
     "CEF: [version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|"
     "[deviceVersion*:<1>]|[deviceEventClassId*:<c>]|[name*:<n>]|[severity*:<5>]|"},
    {"  " HEADER, "  " HEADER_PARTS},
    /* Where a client may have written it. */
    {"<134>Nov 22 host " HEADER, "!"},
    {"CEF: x CEF:0 " HEADER, "!"},
    {"/?x=" HEADER, "!"},
    {"\"" HEADER, "!"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:" HEADER, "!"},
    /* None. */
    {"CEF:0|v|p|1|c|n|5",
     "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"
     "[deviceEventClassId*:<c>]|[name*:<n>]!"},
    {HEADER "judy\njudy",
     "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"
     "[deviceEventClassId*:<c>]|[name*:<n>]|[severity*:<5>]!"},
    /* A bar is missing: the severity would be the extension. */
    {"CEF:0|v|p|1|c|n|src=192.0.2.1 suser=judy request=/a|b",
     "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"
     "[deviceEventClassId*:<c>]|[name*:<n>]!"},
    {"CEF:0|v|p\n|1|c|n|5|", "CEF:[version*:<0>]|[deviceVendor*:<v>]!"},
    {"", "!"},
    {"CEF:", "!"},
    {"CEF:0", "!"},
    {"CEF:|v|p|1|c|n|5|", "!"},
    {"CEF:.1|v|p|1|c|n|5|", "!"},
    {"cef:0|v|p|1|c|n|5|", "!"},
    {"EF:0|v|p|1|c|n|5|", "!"},
    {"LEEF:0|v|p|1|c|", "!"},
    {"CEF:0|v|p|1|c|n",
     "CEF:[version*:<0>]|[deviceVendor*:<v>]|[deviceProduct*:<p>]|[deviceVersion*:<1>]|"
     "[deviceEventClassId*:<c>]!"},
    {"CEF:0|v\\", "CEF:[version*:<0>]!"},
};

START_TEST(headers_are_read)
{
    char mem[512];
    const struct wv_slice text = wv_slice_of(headers[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_cef, text, NULL, mem, sizeof mem), headers[_i].parts);
}
END_TEST

static const struct {
    const char *text;
    const char *parts;
} extensions[] = {
    {"a=b", "[a:a=<b>]"},
    {" fileid=1 src=192.0.2.1", " [fileid:fileid=<1> ][src:src=<192.0.2.1>]"},
    {"a= b=", "[a:a=<> ][b:b=<>]"},
    {"a=  b=  ", "[a:a=<>  ][b:b=<>]  "},
    {"rt=Nov 22 2026 11:47:51 cs6=FR", "[rt:rt=<Nov 22 2026 11:47:51> ][cs6:cs6=<FR>]"},
    {"a= b c  d=e \r\n", "[a:a=< b c>  ][d:d=<e>] \r\n"},
    {"ad.x_1-y[0]=b c.d=e", "[ad.x_1-y[0]:ad.x_1-y[0]=<b> ][c.d:c.d=<e>]"},
    {"a=1 a=2", "[a:a=<1> ][a:a=<2>]"},
    {"cs3=a|b\\|c d=e#015", "[cs3\\:cs3=<a|b\\|c> ][d:d=<e#015>]"},
    /* Escaped: no key, whatever it looks like. */
    {"cs3=GET /?id\\=1 src\\=192.0.2.1 act=deny",
     "[cs3\\:cs3=<GET /?id\\=1 src\\=192.0.2.1> ][act:act=<deny>]"},
    {"cs3=x\\nact\\=1\\r\\nact=1 b=2", "[cs3\\:cs3=<x\\nact\\=1\\r\\nact=1> ][b:b=<2>]"},
    {"a=C:\\ b\\\\=c d=\\", "[a\\:a=<C:\\ b\\\\=c> ][d\\:d=<\\>]"},
    /* Not escaped, as old versions write it. */
    {"request=GET /doc?id=1&mail=a HTTP/1.1 src=192.0.2.1",
     "[request:request=<GET /doc?id=1&mail=a HTTP/1.1> ][src:src=<192.0.2.1>]"},
    {"h=[{\"A\":\"*/*\"},{\"x=y\":\"a=b\"}] c=d",
     "[h:h=<[{\"A\":\"*/*\"},{\"x=y\":\"a=b\"}]> ][c:c=<d>]"},
    {"a=b=c==d e=f", "[a:a=<b=c==d> ][e:e=<f>]"},
    {"a== b", "[a:a=<= b>]"},
    {"a=b =c d=e", "[a:a=<b =c> ][d:d=<e>]"},
    {"cs5Label=clappsigdproc=Browser cs6=x",
     "[cs5Label:cs5Label=<clappsigdproc=Browser> ][cs6:cs6=<x>]"},
    /* Behind any white space: the pairs of "act" must not be a part of it. */
    {"act=deny\tsrc=192.0.2.1 msg=x", "[act:act=<deny>\t][src:src=<192.0.2.1> ][msg:msg=<x>]"},
    {"a=b\r\n\r\n", "[a:a=<b>]\r\n\r\n"},
    /* Lines behind it are none of it. */
    {"act=deny\tsrc=192.0.2.1\nmsg=x", "[act:act=<deny>\t]!"},
    {"a=b cs3=GET /\r\nHost: x\r\nCookie: a=b; user=judy\r\n\r\n", "[a:a=<b> ]!"},
    /* What has no key has no class. */
    {"judy a=b", "[7:<judy> ][a:a=<b>]"},
    {"judy@example.com|5|a=b c=d", "[7:<judy@example.com|5|a=b> ][c:c=<d>]"},
    {"=judy a=b", "[7:<=judy> ][a:a=<b>]"},
    {"judy \\=", "[7\\:<judy \\=>]"},
};

START_TEST(extensions_are_read)
{
    char text[256];
    char want[512];
    char mem[512];
    snprintf(text, sizeof text, "%s%s", HEADER, extensions[_i].text);
    snprintf(want, sizeof want, "%s%s", HEADER_PARTS, extensions[_i].parts);
    ck_assert_str_eq(parts_show(&wv_syntax_cef, wv_slice_of(text), NULL, mem, sizeof mem), want);
}
END_TEST

START_TEST(spellings)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_cef, WV_LIT("x" HEADER "y a=b"), NULL);
    struct wv_part part;
    for (uint32_t column = 0; column < 10; column++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, column);
        ck_assert_int_eq(part.spelling, column == 0  ? WV_SPELLING_PLAIN
                                        : column < 8 ? WV_SPELLING_CEF_HEADER
                                                     : WV_SPELLING_CEF_VALUE);
        ck_assert_int_eq(part.held, column > 0 && column < 8);
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

/* Who asks again gets the same answer. */
START_TEST(bad_stays_bad)
{
    struct wv_reader reader = wv_reader_of(&wv_syntax_cef, WV_LIT("CEF:0|a"), NULL);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_BAD);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_cef");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, headers_are_read, 0, (int)WV_COUNT(headers));
    tcase_add_loop_test(tests, extensions_are_read, 0, (int)WV_COUNT(extensions));
    tcase_add_test(tests, spellings);
    tcase_add_test(tests, bad_stays_bad);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
