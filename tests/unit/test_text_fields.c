/*
 * At stake: lines of text are where a client's words stand right beside the firewall's, often with
 * nothing but a blank between them. A value must not be taken for another one because of what
 * stands in it, a label must not be forged, and a column must keep its place when its value goes.
 */
#include "support/engine.h"

#include <check.h>

#define CONFIG(format)                                                                             \
    "{\"inputs\":[{\"format\":\"" format "\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"  \
    "\"regions\":[{\"from\":\"tenant\"}],\"formats\":{\"files\":[\"f.json\"]},\"outputs\":[{"      \
    "\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}]}"

#define MARK "~IP.hxqll6q6~" /* of 192.0.2.77 in the throwaway keyring */
#define BOB  "bob@example.org"

/* A line and what comes out; NULL: it is not published. */
struct known {
    const char *line;
    const char *output;
};

static void check_known(const char *config, const char *format, const struct known *known)
{
    const struct engine_file file = {"f.json", format};
    struct engine engine = engine_config(config, &file, 1);
    const struct wv_results results = engine_text(&engine, known->line);
    ck_assert_msg(results.count == 1, "%zu results of %s", results.count, known->line);
    const struct wv_result *result = &results.items[0];
    ck_assert_msg((result->outcome == WV_PUBLISH) == (known->output != NULL), "%s: %s", known->line,
                  wv_reason_word(result->reason));
    ck_assert_msg(known->output == NULL || value_is(result, known->output), "%s", known->line);
    engine_fini(&engine);
}

/* ---- CEF --------------------------------------------------------------------------------------
 */

static const char cef[] =
    "{\"format\":\"f\",\"syntax\":\"cef\",\"invalid_utf8\":\"reject\",\"detect\":{\"deviceVendor\":"
    "["
    "\"Acme\"]},\"literals\":["
    "\"N/A\"],"
    "\"fields\":{\"prefix\":\"free_text\",\"version\":\"none\",\"deviceVendor\":\"none\","
    "\"deviceProduct\":\"none\",\"name\":\"free_text\",\"severity\":\"none\",\"src\":\"client_ip\","
    "\"act\":\"none\",\"msg\":\"free_text\",\"raw\":{\"class\":\"free_text\",\"rest\":true},"
    "\"suser\":\"username\",\"request\":{\"syntax\":\"url\"}"
    ","
    "\"cs1\":{\"class\":\"uri_path\",\"label\":\"path\"},\"cs2\":{\"class\":\"none\",\"label\":"
    "\"policy\"},\"cs3\":{\"syntax\":\"url\",\"label\":\"url\"},\"cs4\":{\"class\":\"none\"},"
    "\"cs1Label\":\"none\",\"cs2Label\":\"none\",\"cs3Label\":\"none\",\"cs4Label\":\"none\"}}";

#define HEAD     "CEF:0|Acme|P|1|id|name|5|"
#define HEAD_OUT "CEF:0|Acme|P|||name|5|" /* what is not listed goes, its place stays */

static const struct known cefs[] = {
    {HEAD "src=192.0.2.77 act=deny", HEAD_OUT "src=192.0.2.0 act=deny"},
    {HEAD "act=192.0.2.77 src=192.0.2.77 msg=at 192.0.2.77, by " BOB,
     HEAD_OUT "act=" MARK " src=192.0.2.0 msg=at " MARK ", by ~EMAIL~"},
    {"CEF:0|Acme|192.0.2.77|1|id|at 192.0.2.77|5|src=192.0.2.77",
     "CEF:0|Acme|" MARK "|||at " MARK "|5|src=192.0.2.0"},
    {HEAD "src=192.0.2.77 suser=bob act=a", HEAD_OUT "src=192.0.2.0 act=a"},
    {HEAD "suser=bob act=a", HEAD_OUT "act=a"},
    {HEAD "act=a suser=bob", HEAD_OUT "act=a "},
    {HEAD "suser=bob", HEAD_OUT},
    {HEAD "unknown=bob _wafveil=1 act=a", HEAD_OUT "act=a"},
    {HEAD "act=N/A suser=N/A src=N/A", HEAD_OUT "act=N/A suser=N/A src=N/A"},
    {HEAD "act=a\\=b\\\\c\\nd msg=a\\=b " BOB, HEAD_OUT "act=a\\=b\\\\c\\nd msg=a\\=b ~EMAIL~"},
    {HEAD "request=https://bob@shop.example.com/a?x\\=192.0.2.77&y\\=1 src=192.0.2.77",
     HEAD_OUT "request=https://example.com/a?x\\=" MARK "&y\\=1 src=192.0.2.0"},
    {HEAD "act= src=", HEAD_OUT "act= src="},
    {"at:192.0.2.77:" HEAD "src=192.0.2.77", "at:" MARK ":" HEAD_OUT "src=192.0.2.0"},
    /* Labels. */
    {HEAD "cs1=/" BOB " cs1Label=path cs2=p cs2Label=policy cs3=/a?b\\=" BOB " cs3Label=url",
     HEAD_OUT "cs1=/{email} cs1Label=path cs2=p cs2Label=policy cs3=/a?b\\=~EMAIL~ cs3Label=url"},
    {HEAD "cs1Label=path cs1=/bob", HEAD_OUT "cs1Label=path cs1=/bob"},
    {HEAD "cs1=/bob cs1Label=user act=a", HEAD_OUT "cs1Label=user act=a"},
    {HEAD "cs1=/bob act=a", HEAD_OUT "act=a"},
    {HEAD "cs1=/bob cs1Label= act=a", HEAD_OUT "cs1Label= act=a"},
    {HEAD "cs1=/bob cs1Label=Path act=a", HEAD_OUT "cs1Label=Path act=a"},
    {HEAD "cs1=/bob cs2Label=path act=a", HEAD_OUT "cs2Label=path act=a"},
    {HEAD "cs3=/bob?a cs3Label=user act=a", HEAD_OUT "cs3Label=user act=a"},
    {HEAD "cs4=a cs4Label=anything", HEAD_OUT "cs4=a cs4Label=anything"},
    /* Keys that stand twice: one may be the client's. */
    {HEAD "act=deny act=bob msg=x", HEAD_OUT "msg=x"},
    {HEAD "src=192.0.2.77 src=198.51.100.7 msg=198.51.100.7 192.0.2.77",
     HEAD_OUT "src=192.0.2.0 src=198.51.100.0 msg=~IP.gt2ylx3v~ " MARK},
    {HEAD "request=/a?b\\=1 request=/" BOB " act=a",
     HEAD_OUT "request=/a?b\\=1 request=/{email} act=a"},
    {HEAD "cs1=/bob cs1=/alice cs1Label=user act=a", HEAD_OUT "cs1Label=user act=a"},
    {HEAD "cs3=/bob cs3=/alice cs3Label=user act=a", HEAD_OUT "cs3Label=user act=a"},
    {HEAD "cs2=bob cs2Label=user cs2Label=policy act=a", HEAD_OUT "act=a"},
    {HEAD "cs2=bob cs2Label=policy cs2Label=user act=a", HEAD_OUT "act=a"},
    {HEAD "cs3=/bob cs3Label=user cs3Label=url act=a", HEAD_OUT "act=a"},
    /* No record of CEF at all. */
    {"CEF:0|Acme|P|1|id|name", NULL},
    {"Acme|P|1|id|name|5|src=192.0.2.77", NULL},
    {"CEF:0|Other|P|1|id|name|5|src=192.0.2.77", NULL},
};

START_TEST(cef_is_read)
{
    check_known(CONFIG("f"), cef, &cefs[_i]);
}
END_TEST

/* More parts than are remembered: a label counts for all of them. */
START_TEST(labels_hold_behind_many_parts)
{
    enum { PARTS = 200 };
    char line[PARTS * 16] = HEAD;
    char fields[PARTS * 24] = "";
    for (int i = 0; i < PARTS; i++) {
        snprintf(line + strlen(line), sizeof line - strlen(line), "k%d=v ", i);
        snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "\"k%d\":\"none\",", i);
    }
    snprintf(line + strlen(line), sizeof line - strlen(line), "cs1=/bob cs1Label=user");
    char format[PARTS * 24 + 256];
    snprintf(format, sizeof format,
             "{\"format\":\"f\",\"syntax\":\"cef\",\"fields\":{%s\"cs1\":{\"class\":\"uri_path\","
             "\"label\":\"path\"},\"cs1Label\":\"none\"}}",
             fields);
    const struct engine_file file = {"f.json", format};
    struct engine engine = engine_config(CONFIG("f"), &file, 1);
    const struct wv_result *result = &engine_text(&engine, line).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert_msg(!holds(result->value, "bob"), "%.*s", (int)result->value.len,
                  (const char *)result->value.ptr);
    engine_fini(&engine);
}
END_TEST

/* A field that goes because of its label takes no role from another one. */
START_TEST(a_wrong_label_takes_no_other_role)
{
    static const char format[] =
        "{\"format\":\"f\",\"syntax\":\"cef\",\"fields\":{\"suser\":\"username\",\"act\":\"none\","
        "\"cs1\":{\"class\":"
        "\"none\","
        "\"label\":\"action\"},\"cs1Label\":\"none\"},\"roles\":{\"action\":[\"act\",\"cs1\"]}}";
    static const char pack[] = "{\"pack\":\"eu2\",\"extends\":\"eu\",\"rules\":{\"username\":[{"
                               "\"value\":[\"drop\"],\"when\":{"
                               "\"action\":[\"deny\"]}},{\"value\":[\"keep\"]}]}}";
    static const char config[] =
        "{\"inputs\":[{\"format\":\"f\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu2\"}}],"
        "\"regions\":[{\"from\":\"tenant\"}],\"formats\":{\"files\":[\"f.json\"]},\"packs\":{"
        "\"files\":"
        "[\"p.json\"]},\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":"
        "\"none\"}]}";
    const struct engine_file files[] = {{"f.json", format}, {"p.json", pack}};
    struct engine engine = engine_config(config, files, WV_COUNT(files));
    static const struct {
        const char *line;
        bool denied;
    } lines[] = {
        {"CEF:0|A|P|1|id|n|5|suser=secret act=deny", true},
        {"CEF:0|A|P|1|id|n|5|suser=secret act=pass", false},
        {"CEF:0|A|P|1|id|n|5|suser=secret cs1=deny cs1Label=action", true},
        {"CEF:0|A|P|1|id|n|5|suser=secret cs1=deny cs1Label=other", false},
        {"CEF:0|A|P|1|id|n|5|suser=secret act=deny cs1=pass cs1Label=other", true},
    };
    for (size_t i = 0; i < WV_COUNT(lines); i++) {
        const struct wv_result *result = &engine_text(&engine, lines[i].line).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        ck_assert_msg(holds(result->value, "secret") == !lines[i].denied, "%s", lines[i].line);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Pairs ------------------------------------------------------------------------------------
 */

static const char pairs[] =
    "{\"format\":\"f\",\"syntax\":\"pairs\",\"delimiter\":\",\",\"keys\":\"any_case\",\"fields\":{"
    "\"kind\":\"none\",\"ip\":\"client_ip\",\"q\":\"query\",\"n\":\"none\",\"user\":\"username\","
    "\"u\":{\"syntax\":\"url\"},\"prefix\":\"free_text\",\"t\":\"free_text\"}}";

static const struct known pairings[] = {
    {"kind=\"w\",ip=\"192.0.2.77\",n=\"192.0.2.77\"", "kind=\"w\",ip=\"192.0.2.0\",n=\"" MARK "\""},
    {"kind=w,ip=192.0.2.77,n=192.0.2.77", "kind=w,ip=192.0.2.0,n=" MARK},
    {"at 192.0.2.77 kind=w,ip=192.0.2.77", "at " MARK " kind=w,ip=192.0.2.0"},
    {"kind=w,user=bob,n=1", "kind=w,n=1"},
    {"user=bob,kind=w", "kind=w"},
    {"kind=w,user=\"bob\"", "kind=w,"},
    {"kind=w,x=\"bob\",_wafveil=1,n=1", "kind=w,n=1"},
    {"kind=w,bob,n=1", "kind=w,n=1"},
    {"KIND=w,IP=192.0.2.77", "KIND=w,IP=192.0.2.0"},
    {"kind=w,u=\"https://bob@shop.example.com/a?b=" BOB "\"",
     "kind=w,u=\"https://example.com/a?b=~EMAIL~\""},
    {"kind=w,t=\"a \\\"" BOB "\\\" b\"", "kind=w,t=\"a \\\"~EMAIL~\\\" b\""},
    /* Keys that stand twice, in whatever case. */
    {"kind=w,n=1,n=2,t=a", "kind=w,t=a"},
    {"kind=w,n=1,N=2,t=a", "kind=w,t=a"},
    {"kind=w,ip=192.0.2.77,ip=198.51.100.7,t=198.51.100.7",
     "kind=w,ip=192.0.2.0,ip=198.51.100.0,t=~IP.gt2ylx3v~"},
    /* Values that their producer would have written otherwise. */
    {"kind=w,n=\"a\"b\",t=c", "kind=w,t=c"},
    {"kind=w,t=\"a\"" BOB "\",n=1", "kind=w,t=\"a\"~EMAIL~\",n=1"},
    /* Quotes that never close take in all that stands behind them. */
    {"kind=w,n=\"a", "kind=w,"},
    {"kind=w,n=\"a,ip=192.0.2.77", "kind=w,"},
    {"kind=w,n=\"a\\\",ip=\"192.0.2.77\",t=\"b\"", "kind=w,t=\"b\""},
    {"kind=w,ip=192.0.2.77,u=\"/a?b=1,n=192.0.2.77",
     "kind=w,ip=192.0.2.0,u=\"/a?b\\x3D1\\x2Cn\\x3D" MARK},
    {"no pairs at all", NULL},
};

START_TEST(pairs_are_read)
{
    check_known(CONFIG("f"), pairs, &pairings[_i]);
}
END_TEST

/* ---- Columns ----------------------------------------------------------------------------------
 */

static const char delimited[] = "{\"format\":\"f\",\"syntax\":\"delimited\",\"delimiter\":\" "
                                "\",\"columns\":[\"kind\",\"ip\",\"user\","
                                "\"req\",\"ua\",\"gone\",\"n\"],\"literals\":[\"-\"],\"detect\":{"
                                "\"kind\":[\"h*\"]},\"fields\":{\"kind\":"
                                "\"none\",\"ip\":\"client_ip\",\"user\":\"username\",\"req\":{"
                                "\"syntax\":\"request-line\"},\"ua\":"
                                "\"user_agent\",\"n\":\"none\"}}";

static const struct known columns[] = {
    {"h2 192.0.2.77 bob \"GET /a?x=192.0.2.77 HTTP/1.1\" \"curl/8.0\" secret 192.0.2.77 more",
     "h2 192.0.2.0 - \"GET /a?x=" MARK " HTTP/1.1\" \"curl/8 (tool)\" - " MARK " -"},
    {"h2 - - - \"-\" - -", "h2 - - - \"-\" - -"},
    {"h2", "h2"},
    {"h2 192.0.2.77", "h2 192.0.2.0"},
    {"h2 192.0.2.77 \"bob\" \"GET /\\\" x HTTP/1.1\" \"\" \"\" 1",
     "h2 192.0.2.0 \"-\" \"GET /\\\" x HTTP/1.1\" \"none\" \"-\" 1"},
    {"h2 192.0.2.77 bob \"GET / HTTP/1.1", NULL},
    {"h2 192.0.2.77 b\"ob", NULL},
    {"x 192.0.2.77", NULL},
};

START_TEST(columns_keep_their_places)
{
    check_known(CONFIG("f"), delimited, &columns[_i]);
}
END_TEST

/* ---- Patterns ---------------------------------------------------------------------------------
 */

static const char patterns[] =
    "{\"format\":\"f\",\"syntax\":\"pattern\",\"pattern\":[\"$ip - $user [$time] \\\"$req\\\" "
    "$status $*\","
    "\"$ip - $user [$time] $word\",\"$ip "
    "$word\"],\"literals\":[\"-\"],\"detect\":[{\"status\":[\"200\","
    "\"404\"]},{\"word\":[\"up\",\"down\"]}],\"fields\":{\"ip\":\"client_ip\",\"user\":"
    "\"username\",\"time\":"
    "\"timestamp\",\"req\":{\"syntax\":\"request-line\"},\"status\":\"none\",\"word\":\"none\"}}";

#define TIME "[22/Nov/2025:10:00:00 +0000]"

static const struct known patterned[] = {
    {"192.0.2.77 - bob " TIME " \"GET /192.0.2.77 HTTP/1.1\" 200",
     "192.0.2.0 - - " TIME " \"GET /{ip} HTTP/1.1\" 200"},
    {"192.0.2.77 - - " TIME " \"GET / HTTP/1.1\" 404 secret \"secret\"",
     "192.0.2.0 - - " TIME " \"GET / HTTP/1.1\" 404"},
    {"192.0.2.77 - bob " TIME " up", "192.0.2.0 - - " TIME " up"},
    {"192.0.2.77 down", "192.0.2.0 down"},
    {"192.0.2.77 - bob " TIME " \"GET / HTTP/1.1\" 500", NULL},
    {"192.0.2.77 sideways", NULL},
    {"nothing", NULL},
};

START_TEST(patterns_are_tried_in_order)
{
    check_known(CONFIG("f"), patterns, &patterned[_i]);
}
END_TEST

/* A pattern that begins well, and whose word is none of the format's, is left for the next one only
 * where the line does not fit it either. */
START_TEST(patterns_are_left_where_the_line_does_not_fit)
{
    static const char levels[] =
        "{\"format\":\"f\",\"syntax\":\"pattern\",\"pattern\":[\"$level $a=$b [$what] done\","
        "\"$what $a=$b "
        "[$level]\"],\"detect\":{\"level\":[\"info\"]},\"fields\":{\"level\":\"none\","
        "\"a\":\"none\",\"b\":\"none\",\"what\":\"free_text\"}}";
    static const struct known known[] = {
        {"info k=v [a] done", "info k=v [a] done"},
        {"bob@example.org k=v [info]", "~EMAIL~ k=v [info]"},
        {"start k=v [info] done", NULL},
        {"start k=v [a]", NULL},
    };
    for (size_t i = 0; i < WV_COUNT(known); i++) {
        check_known(CONFIG("f"), levels, &known[i]);
        check_known(CONFIG("auto"), levels, &known[i]);
    }
}
END_TEST

/* ---- Lines in JSON, JSON in lines -------------------------------------------------------------
 */

static const char holding[] = "{\"format\":\"f\",\"syntax\":\"pairs\",\"fields\":{\"ip\":\"client_"
                              "ip\",\"j\":{\"inside\":\"g\"},\"p\":{"
                              "\"class\":\"user_agent\",\"coding\":\"percent\"},\"n\":\"none\"},"
                              "\"define\":{\"g\":{\"ip\":\"client_ip\","
                              "\"k\":\"none\"}},\"detect\":{\"n\":true}}";

static const struct known held[] = {
    {"n=1 j=\"{\\\"ip\\\":\\\"192.0.2.77\\\",\\\"k\\\":\\\"192.0.2.77\\\",\\\"z\\\":1}\"",
     "n=1 j=\"{\\\"ip\\\":\\\"192.0.2.0\\\",\\\"k\\\":\\\"" MARK "\\\"}\""},
    {"n=192.0.2.77 j=\"{\\\"ip\\\":\\\"192.0.2.77\\\"}\"",
     "n=" MARK " j=\"{\\\"ip\\\":\\\"192.0.2.0\\\"}\""},
    {"n=1 j=\"{\\\"k\\\":\" ip=192.0.2.77", "n=1 ip=192.0.2.0"},
    {"n=1 j=bob ip=192.0.2.77", "n=1 ip=192.0.2.0"},
    {"n=1 p=curl%2F8.0", "n=1 p=curl/8%20\\x28tool\\x29"},
    {"{\"log\":\"n=1 j=\\\"{\\\\\\\"k\\\\\\\":1,\\\\\\\"z\\\\\\\":2}\\\"\",\"stream\":\"stdout\"}",
     "{\"log\":\"n=1 j=\\\"{\\\\\\\"k\\\\\\\":1}\\\"\",\"stream\":\"stdout\"}"},
    {"{\"log\":\"n=at\\u003d192.0.2.77 ip=192.0.2.77\\n\",\"stream\":\"stdout\"}",
     "{\"log\":\"n=at=" MARK " ip=192.0.2.0\\n\",\"stream\":\"stdout\"}"},
};

START_TEST(texts_stand_in_texts)
{
    check_known(CONFIG("auto"), holding, &held[_i]);
}
END_TEST

/* ---- Records over several lines ---------------------------------------------------------------
 */

/* What a record of CEF takes in of the lines behind it, where its format says that a request runs
 * to the end, it keeps; what begins another record is one, and what does not is none. */
START_TEST(lines_behind_cef_are_not_lost)
{
    static const struct {
        const char *message;
        size_t published;
        size_t rejected;
    } messages[] = {
        {HEAD "src=192.0.2.77 msg=a\n" HEAD "src=192.0.2.77", 2, 0},
        {HEAD "src=192.0.2.77 raw=a\nb\nc\n" HEAD "src=192.0.2.77", 2, 0},
        {HEAD "src=192.0.2.77 msg=a\nb\nc\n" HEAD "src=192.0.2.77", 2, 2},
        {HEAD "src=192.0.2.77 act=a\nact=192.0.2.77 from 192.0.2.78\n", 1, 1},
        {HEAD "src=192.0.2.77 raw=a\n\xff\n", 1, 1},
        {HEAD "src=192.0.2.77\r\n\r\n" HEAD "src=192.0.2.77\r\n", 2, 0},
        {HEAD "src=192.0.2.77 msg=a\n{\"log\":\"" HEAD "act=a\",\"stream\":\"stdout\"}", 2, 0},
        {HEAD "src=192.0.2.77 msg=a\n  {\"log\":\"" HEAD "act=a\",\"stream\":\"stdout\"}", 2, 0},
        {HEAD "src=192.0.2.77 msg=a\n[\"" HEAD "act=a\",\"" HEAD "act=b\"]", 3, 0},
    };
    const struct engine_file file = {"f.json", cef};
    struct engine engine = engine_config(CONFIG("auto"), &file, 1);
    for (size_t i = 0; i < WV_COUNT(messages); i++) {
        const struct wv_results results = engine_text(&engine, messages[i].message);
        size_t published = 0;
        for (size_t k = 0; k < results.count; k++) {
            published += results.items[k].outcome == WV_PUBLISH;
            ck_assert(!holds(results.items[k].value, "192.0.2.77"));
        }
        ck_assert_msg(
            published == messages[i].published && results.count == published + messages[i].rejected,
            "%zu of %zu are published of\n%s", published, results.count, messages[i].message);
    }
    engine_fini(&engine);
}
END_TEST

/* Only records of CEF go on behind their line, not what holds its mark. */
START_TEST(marks_of_cef_join_no_other_lines)
{
    static const char format[] =
        "{\"format\":\"f\",\"syntax\":\"pattern\",\"pattern\":\"$ip asked for $what\","
        "\"fields\":{\"ip\":\"client_ip\",\"what\":\"none\"}}";
    const struct engine_file file = {"f.json", format};
    struct engine engine = engine_config(CONFIG("f"), &file, 1);
    const struct wv_results results =
        engine_text(&engine, "192.0.2.77 asked for CEF:0|a\n192.0.2.78 asked for b\nbroken\n"
                             "192.0.2.79 asked for c\n");
    ck_assert_uint_eq(results.count, 4);
    ck_assert(value_is(&results.items[0], "192.0.2.0 asked for CEF:0|a"));
    ck_assert(value_is(&results.items[1], "192.0.2.0 asked for b"));
    ck_assert_int_eq(results.items[2].outcome, WV_REJECT);
    ck_assert(value_is(&results.items[3], "192.0.2.0 asked for c"));
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_fields");
    TCase *lines = tcase_create("lines");
    tcase_add_loop_test(lines, cef_is_read, 0, (int)WV_COUNT(cefs));
    tcase_add_test(lines, labels_hold_behind_many_parts);
    tcase_add_test(lines, a_wrong_label_takes_no_other_role);
    tcase_add_loop_test(lines, pairs_are_read, 0, (int)WV_COUNT(pairings));
    tcase_add_loop_test(lines, columns_keep_their_places, 0, (int)WV_COUNT(columns));
    tcase_add_test(lines, patterns_are_left_where_the_line_does_not_fit);
    tcase_add_loop_test(lines, patterns_are_tried_in_order, 0, (int)WV_COUNT(patterned));
    tcase_add_loop_test(lines, texts_stand_in_texts, 0, (int)WV_COUNT(held));
    tcase_add_test(lines, lines_behind_cef_are_not_lost);
    tcase_add_test(lines, marks_of_cef_join_no_other_lines);
    suite_add_tcase(suite, lines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
