/*
 * At stake: the language of formats says what each byte of a record is. What an author wrote must
 * be what happens, and what cannot mean anything must be said with its place: a word that is passed
 * over in silence leaves a field without its rule.
 */
#include "support/engine.h"

#include <check.h>

#define CONFIG(format, more)                                                                       \
    "{\"inputs\":[{\"format\":\"" format                                                           \
    "\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}" more                                     \
    "}],\"regions\":[{\"from\":\"tenant\"}],\"formats\":{\"files\":[\"f.json\"]},\"outputs\":[{"   \
    "\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}]}"

#define FIELDS(fields, more) "{\"format\":\"f\",\n\"fields\":{" fields "}" more "}"

/* ---- Mistakes ---------------------------------------------------------------------------------
 */

/* Documents, and what is said about each, with its place. */
static const struct mistake {
    const char *text;
    const char *said;
} mistakes[] = {
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{}"),
     "f.json:3:10: error: must be an object: path to test (at /detect)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":5"),
     "f.json:3:10: error: must be an object: path to test (at /detect)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":[{\"a\":true},5]"),
     "f.json:3:22: error: must be an object: path to test (at /detect/1)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":[{}]"),
     "f.json:3:11: error: must be an object: path to test (at /detect/0)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"b\":true}"),
     "f.json:3:15: error: a test stands on a field that \"fields\" lists (at /detect/b)"},
    {FIELDS("\"a.b\":\"none\"", ",\n\"detect\":{\"a\":true}"),
     "f.json:3:15: error: a test stands on a field that \"fields\" lists (at /detect/a)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a..b\":true}"),
     "f.json:3:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /detect/a..b)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":false}"),
     "f.json:3:15: error: must be true, or a list of words (at /detect/a)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":null}"),
     "f.json:3:15: error: must be true, or a list of words (at /detect/a)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":\"x\"}"),
     "f.json:3:15: error: must be true, or a list of words (at /detect/a)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":[]}"),
     "f.json:3:15: error: must be true, or a list of words (at /detect/a)"},
    {FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":[\"x\",5]}"),
     "f.json:3:20: error: must be a string (at /detect/a/1)"},
    {FIELDS("\"a\":\"none\"", ",\n\"skip\":{\"b\":true}"),
     "f.json:3:13: error: a test stands on a field that \"fields\" lists (at /skip/b)"},
    {FIELDS("\"a\":\"none\"", ",\n\"skip\":true"),
     "f.json:3:8: error: must be an object: path to test (at /skip)"},
    {FIELDS("\"a\":\"none\"", ",\n\"keys\":\"any\""),
     "f.json:3:8: error: must be one of: exact, any_case (at /keys)"},
    {FIELDS("\"a\":\"none\"", ",\n\"keys\":true"),
     "f.json:3:8: error: must be one of: exact, any_case (at /keys)"},
    {FIELDS("\"a\":\"none\"", ",\n\"dotted\":1"),
     "f.json:3:10: error: must be true or false (at /dotted)"},
    {FIELDS("\"a\":\"none\"", ",\n\"envelope\":\"yes\""),
     "f.json:3:12: error: must be true or false (at /envelope)"},
    {FIELDS("\"a\":\"none\"", ",\n\"docs\":5"), "f.json:3:8: error: must be a string (at /docs)"},
    {FIELDS("\"a\":\"none\"", ",\n\"envelop\":true"),
     "f.json:3:1: error: unknown member \"envelop\"; did you mean \"envelope\"? (at /envelop)"},
    {FIELDS("\"a\":\"none\"", ",\n\"literals\":\"x\""),
     "f.json:3:12: error: must be an array of strings (at /literals)"},
    {FIELDS("\"a{\":\"none\"", ""),
     "f.json:2:16: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a{)"},
    {FIELDS("\"a{x}\":\"none\"", ""),
     "f.json:2:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a{x})"},
    {FIELDS("\"a.{}\":\"none\"", ""),
     "f.json:2:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a.{})"},
    {FIELDS("\"a.[]\":\"none\"", ""),
     "f.json:2:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a.[])"},
    {FIELDS("\"a{}.\":\"none\"", ""),
     "f.json:2:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a{}.)"},
    {FIELDS("\"a{}{\":\"none\"", ""),
     "f.json:2:18: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a{}{)"},
    {FIELDS("\"{\":\"none\"", ""),
     "f.json:2:15: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/{)"},
    {FIELDS("\"a[\":\"none\"", ""),
     "f.json:2:16: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a[)"},
    {FIELDS("\"[0]\":\"none\"", ""),
     "f.json:2:17: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/[0])"},
    {FIELDS("\"a\":{\"classes\":\"http-headers\"}", ""),
     "f.json:2:26: error: a table needs a name: \"pairs\", or a path with \"{}\" (at "
     "/fields/a/classes)"},
    {FIELDS("\"a[]\":{\"classes\":\"http-headers\"}", ""),
     "f.json:2:28: error: a table needs a name: \"pairs\", or a path with \"{}\" (at "
     "/fields/a[]/classes)"},
    {FIELDS("\"a{}.b\":{\"classes\":\"http-headers\"}", ""),
     "f.json:2:30: error: a table needs a name: \"pairs\", or a path with \"{}\" (at "
     "/fields/a{}.b/classes)"},
    {FIELDS("\"a{}\":{\"classes\":\"nowhere\"}", ""),
     "f.json:2:28: error: no such table of names: \"nowhere\" (at /fields/a{}/classes)"},
    {FIELDS("\"a{}\":{\"classes\":{\"a\":\"none\"}}", ""),
     "f.json:2:28: error: must be a string (at /fields/a{}/classes)"},
    {FIELDS("\"a\":{\"syntax\":\"urls\"}", ""),
     "f.json:2:25: error: must be one of: none, url, request-line, tagged; did you mean \"url\"? "
     "(at /fields/a/syntax)"},
    {FIELDS("\"a\":{\"syntax\":\"url\",\"inside\":\"g\"}",
            ",\n\"define\":{\"g\":{\"x\":\"none\"}}"),
     "f.json:2:15: error: is one of \"syntax\", \"inside\", \"record\" and \"coding\": "
     "\"percent\", not more (at /fields/a)"},
    {FIELDS("\"a\":{\"record\":true,\"syntax\":\"url\"}", ""),
     "f.json:2:15: error: is one of \"syntax\", \"inside\", \"record\" and \"coding\": "
     "\"percent\", not more (at /fields/a)"},
    {FIELDS("\"a\":{\"record\":true,\"inside\":\"g\"}", ",\n\"define\":{\"g\":{\"x\":\"none\"}}"),
     "f.json:2:15: error: is one of \"syntax\", \"inside\", \"record\" and \"coding\": "
     "\"percent\", not more (at /fields/a)"},
    {FIELDS("\"a\":{\"record\":\"yes\"}", ""),
     "f.json:2:25: error: must be true or false (at /fields/a/record)"},
    {FIELDS("\"a\":{\"record\":false}", ""),
     "f.json:2:15: error: what is the value? say \"class\", \"use\", \"pairs\", \"syntax\", "
     "\"inside\" or \"record\" (at /fields/a)"},
    {FIELDS("\"a\":{\"inside\":\"\"}", ""),
     "f.json:2:15: error: what is the value? say \"class\", \"use\", \"pairs\", \"syntax\", "
     "\"inside\" or \"record\" (at /fields/a)"},
    {FIELDS("\"a\":{\"inside\":\"g\"}", ""),
     "f.json:2:25: error: \"define\" has no group of that name (at /fields/a/inside)"},
    {FIELDS("\"a\":{\"inside\":\"h\"}", ",\n\"define\":{\"g\":{\"x\":\"none\"}}"),
     "f.json:2:25: error: \"define\" has no group of that name (at /fields/a/inside)"},
    {FIELDS("\"a\":{\"inside\":\"g\"}", ",\n\"define\":{\"g\":5}"),
     "f.json:3:15: error: must be an object: path to class (at /define/g)"},
    {FIELDS("\"a\":{\"inside\":\"g\"}", ",\n\"define\":{\"g\":{\"x\":\"nope\"}}"),
     "f.json:3:20: error: no such class: \"nope\"; did you mean \"none\"? (at /define/g/x)"},
    {FIELDS("\"a\":{\"inside\":\"g\"}", ",\n\"define\":{\"g\":{\"x\":{\"inside\":\"g\"}}}"),
     "f.json:3:20: error: too much for one format: 1024 members an object, 256 bytes a path (at "
     "/define/g/x)"},
    {FIELDS("\"a\":{\"coding\":\"hex\",\"record\":true}", ""),
     "f.json:2:25: error: must be one of: none, base64, percent (at /fields/a/coding)"},
    {FIELDS("\"a\":{\"coding\":\"base64\"}", ""),
     "f.json:2:15: error: what is the value? say \"class\", \"use\", \"pairs\", \"syntax\", "
     "\"inside\" or \"record\" (at /fields/a)"},
    {FIELDS("\"a\":{\"coding\":\"percent\"}", ""),
     "f.json:2:15: error: \"coding\": \"percent\" needs a \"class\" (at /fields/a)"},
    {FIELDS("\"a\":{\"class\":\"none\",\"coding\":\"percent\",\"syntax\":\"url\"}", ""),
     "f.json:2:15: error: is one of \"syntax\", \"inside\", \"record\" and \"coding\": "
     "\"percent\", not more (at /fields/a)"},
    {FIELDS(
         "\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"separator\":\"::\"},\"classes\":{}}",
         ""),
     "f.json:2:62: error: must not be longer than 1 bytes (at /fields/a[]/pairs/separator)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"value\":\"v\",\"separator\":\":\"},\"classes\":{}}", ""),
     "f.json:2:26: error: \"separator\" cuts the \"name\", and leaves nothing to \"select\" (at "
     "/fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"select\":\"s\",\"separator\":\":"
            "\"},\"classes\":{}}",
            ""),
     "f.json:2:26: error: \"separator\" cuts the \"name\", and leaves nothing to \"select\" (at "
     "/fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"separator\":\":\"},\"classes\":"
            "\"http-headers\"}",
            ""),
     "f.json:2:77: error: must be an object: what the selector says, to class or \"@table\" (at "
     "/fields/a[]/classes)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"[0]\",\"value\":\"v\"},\"classes\":\"http-headers\"}",
            ""),
     "f.json:2:26: error: in an array of two, the name is \"[0]\" and the value \"[1]\" (at "
     "/fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"[1]\"},\"classes\":\"http-headers\"}",
            ""),
     "f.json:2:26: error: in an array of two, the name is \"[0]\" and the value \"[1]\" (at "
     "/fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"[1]\",\"value\":\"[0]\"},\"classes\":\"http-headers\"}",
            ""),
     "f.json:2:26: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"value\":\"v\"},\"classes\":\"http-headers\"}", ""),
     "f.json:2:26: error: a pair needs a \"name\" or a \"select\" (at /fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":5,\"classes\":\"http-headers\"}", ""),
     "f.json:2:26: error: must be an object (at /fields/a[]/pairs)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"value\":\"v\",\"select\":\"s\"},\"classes\":{\"x\":\"@\"}}", ""),
     "f.json:2:68: error: no such table of names: \"\" (at /fields/a[]/classes/x)"},
    {FIELDS(
         "\"a[]\":{\"pairs\":{\"value\":\"v\",\"select\":\"s\"},\"classes\":{\"x\":\"@nowhere\"}}",
         ""),
     "f.json:2:68: error: no such table of names: \"nowhere\" (at /fields/a[]/classes/x)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"value\":\"v\",\"select\":\"s\"},\"classes\":{\"x\":\"nope\"}}",
            ""),
     "f.json:2:68: error: no such class: \"nope\"; did you mean \"none\"? (at "
     "/fields/a[]/classes/x)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"value\":\"v\",\"select\":\"s\"},\"classes\":{\"x\":5}}", ""),
     "f.json:2:68: error: must be a string (at /fields/a[]/classes/x)"},
    {FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"slect\":\"s\"},\"classes\":{}}",
            ""),
     "f.json:2:50: error: unknown member \"slect\"; did you mean \"select\"? (at "
     "/fields/a[]/pairs/slect)"},
    {FIELDS("\"a\":\"none\"", ",\n\"roles\":{\"time\":[\"a\",\"b\"]}"),
     "f.json:3:22: error: a role stands on a field that \"fields\" lists (at /roles/time/1)"},
    {FIELDS("\"a\":\"none\"", ",\n\"roles\":{\"time\":[\"a\",5]}"),
     "f.json:3:22: error: must be a string (at /roles/time/1)"},
    {FIELDS("\"a\":\"none\"", ",\n\"roles\":{\"time\":[\"a\",\"a..b\"]}"),
     "f.json:3:22: error: a path is members joined by \".\", with \"[]\" for every element and "
     "\"{}\" for every member (at /roles/time/1)"},
    {FIELDS("\"a\":\"none\"", ",\n\"roles\":{\"tmie\":[\"a\"]}"),
     "f.json:3:17: error: no such role; known: time, action, rule, webacl, resource, host, "
     "country, label (at /roles/tmie)"},
};

/* Words that would mean nothing, or the opposite of one another. */
static const char *const senseless[] = {
    FIELDS("\"a\":\"none\"", ",\n\"detect\":[]"),
    FIELDS("\"a\":\"none\"", ",\n\"detect\":{\"a\":[\"x*y\"]}"),
    FIELDS("\"a\":\"none\"", ",\n\"skip\":[]"),
    FIELDS("\"a\":\"none\"", ",\n\"envelope\":true"),
    FIELDS("\"a\":\"none\"", ",\n\"roles\":5"),
    FIELDS("\"a\":\"none\"", ",\n\"define\":5"),
    FIELDS("\"a{}b\":\"none\"", ""),
    FIELDS("\"a[]b\":\"none\"", ""),
    FIELDS("\"a}\":\"none\"", ""),
    FIELDS("\"a]\":\"none\"", ""),
    FIELDS("\"a\":{\"use\":\"g\"},\"a.b\":\"geo\"", ",\n\"define\":{\"g\":{\"b\":\"none\"}}"),
    FIELDS("\"a{}\":{\"classes\":\"http-headers\",\"class\":\"none\"}", ""),
    FIELDS("\"a\":{\"class\":\"none\",\"coding\":\"base64\"}", ""),
    FIELDS("\"a\":{\"use\":\"g\",\"class\":\"none\"}", ",\n\"define\":{\"g\":{\"b\":\"none\"}}"),
    FIELDS("\"a\":{\"use\":\"g\",\"syntax\":\"url\"}", ",\n\"define\":{\"g\":{\"b\":\"none\"}}"),
    FIELDS("\"a[]\":{\"record\":true},\"b\":\"none\"", ""),
    FIELDS("\"a[].b\":{\"inside\":\"g\"}",
           ",\n\"envelope\":true,\"define\":{\"g\":{\"c\":{\"record\":true}}}"),
    FIELDS(
        "\"a[]\":{\"pairs\":{\"name\":\"[0]\",\"value\":\"[1]\",\"select\":\"s\"},\"classes\":{}}",
        ""),
    FIELDS("\"a[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\"},\"classes\":\"http-headers\","
           "\"class\":\"none\"}",
           ""),
    FIELDS("\"a\":\"none\"", ",\n\"roles\":{\"time\":[]}"),
};

static struct wv_plan *plan_of(const char *text, struct wv_report *report)
{
    const struct engine_file file = {"f.json", text};
    return engine_plan(CONFIG("f", ""), &file, 1, report);
}

START_TEST(mistakes_are_said)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_of(mistakes[_i].text, report);
    char *text = findings_text(report);
    ck_assert_msg(plan == NULL, "accepted: %s", mistakes[_i].text);
    ck_assert_uint_gt(wv_report_errors(report), 0);
    ck_assert_msg(strstr(text, mistakes[_i].said) != NULL, "%s\nsays\n%s", mistakes[_i].text, text);
    free(text);
    wv_report_free(report);
}
END_TEST

START_TEST(senseless_words_are_refused)
{
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_of(senseless[_i], report);
    ck_assert_msg(plan == NULL, "accepted: %s", senseless[_i]);
    ck_assert_uint_gt(wv_report_errors(report), 0);
    wv_report_free(report);
}
END_TEST

/* ---- What the words mean ----------------------------------------------------------------------
 */

struct meaning {
    const char *record;
    const char *output; /* NULL: not published */
};

static void check_meaning(const char *config, const char *text, const struct meaning *meaning)
{
    const struct engine_file file = {"f.json", text};
    struct engine engine = engine_config(config, &file, 1);
    const struct wv_results results = engine_text(&engine, meaning->record);
    ck_assert_uint_eq(results.count, 1);
    const struct wv_result *result = &results.items[0];
    ck_assert_msg((result->outcome == WV_PUBLISH) == (meaning->output != NULL), "%s: %s",
                  meaning->record, wv_reason_word(result->reason));
    ck_assert_msg(meaning->output == NULL || value_is(result, meaning->output), "%s",
                  meaning->record);
    engine_fini(&engine);
}

#define MARK "~IP.hxqll6q6~" /* of 192.0.2.77 in the throwaway keyring */
#define BOB  "bob@example.org"

/* Members of any name: a known one has its class, a strange one goes with its name when that tells
 * something, whatever its value is. */
static const char maps[] =
    FIELDS("\"h{}\":{\"classes\":\"http-headers\"},\"l{}[]\":{\"classes\":\"http-headers\"},\"m{}"
           "\":\"none\","
           "\"ip\":\"client_ip\",\"o{}.x\":\"none\",\"g{}{}\":\"none\",\"t{}\":\"free_text\","
           "\"k{}\":\"none\",\"k.known\":\"client_ip\"",
           "");

static const struct meaning map_meanings[] = {
    {"{\"h\":{\"accept\":\"*/*\",\"Cookie\":\"a=1\",\"COOKIE\":\"b=2\",\"Authorization\":\"Basic "
     "YTpi\"}}",
     "{\"h\":{\"accept\":\"*/*\",\"Cookie\":\"a\",\"COOKIE\":\"b\",\"Authorization\":\"Basic\"}}"},
    {"{\"h\":{\"x-unknown\":\"1\",\"" BOB "\":\"1\",\"\":\"1\",\"x-a\":null,\"x-b\":true,\"x-c\":5,"
     "\"x-d\":[],\"x-e\":{},\"x-f\":[\"" BOB "\"],\"x-g\":{\"a\":\"" BOB "\"}}}",
     "{\"h\":{}}"},
    {"{\"h\":{\"acc\\u0065pt\":\"*/*\",\"x-\\u0065\":1},\"ip\":\"192.0.2.77\"}",
     "{\"h\":{\"acc\\u0065pt\":\"*/*\"},\"ip\":\"192.0.2.0\"}"},
    {"{\"l\":{\"accept\":[\"*/*\",\"text/"
     "html\"],\"cookie\":[\"a=1\",\"b=2\"],\"accept\":\"x\",\"accept\":[],"
     "\"accept\":[[\"x\"]],\"accept\":[\"a\",{\"b\":1}],\"accept\":{\"a\":1}}}",
     "{\"l\":{\"accept\":[\"*/*\",\"text/html\"],\"cookie\":[\"a\",\"b\"]}}"},
    {"{\"l\":{\"x-john\":[\"1\"],\"" BOB "\":[\"1\"],\"" BOB "\":[null],\"" BOB "\":[],\"" BOB
     "\":[[]],\"" BOB "\":[{}],\"" BOB "\":1}}",
     "{\"l\":{}}"},
    {"{\"ip\":\"192.0.2.77\",\"m\":{\"a\":\"192.0.2.77\",\"b\":1,\"c\":true,\"d\":null,\"192.0.2."
     "77\":\"x\"}}",
     "{\"ip\":\"192.0.2.0\",\"m\":{\"a\":\"" MARK "\",\"b\":1,\"c\":true,\"d\":null}}"},
    {"{\"m\":{\"" BOB "\":\"x\",\"" BOB "\":1,\"" BOB "\":null,\"" BOB "\":true,\"" BOB
     "\":[],\"" BOB "\":{},\"" BOB "\":[1],\"" BOB "\":{\"a\":1},\"bob\\u0040example.org\":1}}",
     "{\"m\":{}}"},
    {"{\"m\":{\"_wafveil\":1,\"a\":{\"b\":1},\"c\":[1],\"d\":[],\"e\":{}},\"m\":[1],\"m\":\"x\"}",
     "{\"m\":{}}"},
    {"{\"ip\":\"192.0.2.77\",\"o\":{\"a\":{\"x\":1,\"y\":2},\"192.0.2.77\":{\"x\":1},\"b\":{},"
     "\"c\":{\"y\":1},"
     "\"d\":5,\"" BOB "\":{\"x\":{}}}}",
     "{\"ip\":\"192.0.2.0\",\"o\":{\"a\":{\"x\":1},\"c\":{}}}"},
    {"{\"g\":{\"a\":{\"b\":\"c\",\"" BOB "\":1},\"" BOB "\":{\"b\":1},\"c\":{\"" BOB "\":1}}}",
     "{\"g\":{\"a\":{\"b\":\"c\"},\"c\":{}}}"},
    {"{\"t\":{\"a\":\"" BOB "\",\"b\":7,\"c\":null}}",
     "{\"t\":{\"a\":\"~EMAIL~\",\"b\":7,\"c\":null}}"},
    {"{\"k\":{\"known\":\"192.0.2.77\",\"other\":\"192.0.2.77\"}}",
     "{\"k\":{\"known\":\"192.0.2.0\",\"other\":\"" MARK "\"}}"},
};

START_TEST(maps_are_read_by_name)
{
    check_meaning(CONFIG("f", ""), maps, &map_meanings[_i]);
}
END_TEST

/* Keys in any case, and keys with points. */
static const char any_case[] = FIELDS(
    "\"clientIp\":\"client_ip\",\"req.Path\":\"uri_path\",\"n\":\"none\",\"map{}\":{\"classes\":"
    "\"http-headers\"},\"h[]\":{\"pairs\":{\"name\":\"Name\",\"value\":\"Value\"},\"classes\":"
    "\"http-headers\"}",
    ",\"keys\":\"any_case\"");
static const char dotted[] = FIELDS(
    "\"source.ip\":\"client_ip\",\"a.b.c\":\"none\",\"a.b.d[].e\":\"uri_path\",\"a.m{}\":\"none\","
    "\"x\":\"none\",\"x.y\":\"none\",\"h[]\":{\"pairs\":{\"name\":\"k.n\",\"value\":\"k.v\"},"
    "\"classes\":"
    "\"http-headers\"}",
    ",\"dotted\":true");
static const char exact[] = FIELDS("\"a.b\":\"none\",\"C\":\"none\"", "");

static const struct {
    const char *format;
    struct meaning meaning;
} key_meanings[] = {
    {any_case,
     {"{\"CLIENTIP\":\"192.0.2.77\",\"client\\u0049P\":\"192.0.2.77\",\"Req\":{\"pATH\":\"/a/" BOB
      "\"},\"N\":"
      "\"192.0.2.77\"}",
      "{\"CLIENTIP\":\"192.0.2.0\",\"client\\u0049P\":\"192.0.2.0\",\"Req\":{\"pATH\":\"/a/"
      "{email}\"},\"N\":"
      "\"" MARK "\"}"}},
    {any_case,
     {"{\"H\":[{\"name\":\"Accept\",\"VALUE\":\"*/"
      "*\"},{\"NAME\":\"Cookie\",\"value\":\"a=1\"},{\"Name\":"
      "\"Accept\",\"name\":\"Cookie\",\"Value\":\"1\"}],\"MAP\":{\"ACCEPT\":\"*/"
      "*\"},\"clientIq\":1}",
      "{\"H\":[{\"name\":\"Accept\",\"VALUE\":\"*/"
      "*\"},{\"NAME\":\"Cookie\",\"value\":\"a\"}],\"MAP\":{"
      "\"ACCEPT\":\"*/*\"}}"}},
    {dotted,
     {"{\"source.ip\":\"192.0.2.77\",\"source\":{\"ip\":\"192.0.2.77\"},\"a.b.c\":\"192.0.2.77\","
      "\"a\":{\"b.c\":1,"
      "\"b\":{\"c\":2}},\"a.b\":{\"c\":3,\"z\":1},\"a.b.d\":[{\"e\":\"/" BOB "\"}]}",
      "{\"source.ip\":\"192.0.2.0\",\"source\":{\"ip\":\"192.0.2.0\"},\"a.b.c\":\"" MARK
      "\",\"a\":{\"b.c\":1,\"b\":{\"c\":2}},\"a.b\":{\"c\":3},\"a.b.d\":[{\"e\":\"/{email}\"}]}"}},
    {dotted,
     {"{\"a.m\":{\"k.l\":1,\"" BOB "\":1},\"a.m.k.l\":2,\"a.m." BOB
      "\":3,\"a.m.\":4,\"x.y\":5,\"x\":6,\"x.z\":7,"
      "\".x\":8,\"x.\":9,\"a..b\":1,\"SOURCE.IP\":\"192.0.2.77\",\"source.ip.x\":1,\".\":1,\"\":1}",
      "{\"a.m\":{\"k.l\":1},\"a.m.k.l\":2,\"x.y\":5,\"x\":6}"}},
    {dotted,
     {"{\"h\":[{\"k.n\":\"Accept\",\"k.v\":\"*/"
      "*\"},{\"k\":{\"n\":\"Cookie\",\"v\":\"a=1\"}},{\"k.n\":\"Cookie\","
      "\"k\":{\"v\":\"a=1\"}}]}",
      "{\"h\":[{\"k.n\":\"Accept\",\"k.v\":\"*/"
      "*\"},{\"k\":{\"n\":\"Cookie\",\"v\":\"a\"}},{\"k.n\":\"Cookie\","
      "\"k\":{\"v\":\"a\"}}]}"}},
    {exact, {"{\"a.b\":1,\"a\":{\"b\":2,\"B\":3},\"c\":4,\"C\":5}", "{\"a\":{\"b\":2},\"C\":5}"}},
};

START_TEST(keys_are_compared_as_told)
{
    check_meaning(CONFIG("f", ""), key_meanings[_i].format, &key_meanings[_i].meaning);
}
END_TEST

/* Pairs: by position, by what stands before a separator, by a number. */
static const char positional[] = FIELDS("\"h[]\":{\"pairs\":{\"name\":\"[0]\",\"value\":\"[1]\"},"
                                        "\"classes\":\"http-headers\"},\"ip\":\"client_ip\"",
                                        "");
static const char separated[] = FIELDS(
    "\"d[]\":{\"pairs\":{\"name\":\"n\",\"value\":\"v\",\"separator\":\":\"},\"classes\":{"
    "\"HeaderValue\":\"@http-headers\",\"CookieValue\":\"session_id\",\"Uri\":\"uri_path\"}}",
    "");
static const char numbered[] = FIELDS(
    "\"o[]\":{\"pairs\":{\"select\":\"id\",\"name\":\"n\",\"value\":\"v\"},\"classes\":{\"2\":"
    "\"client_ip\",\"20\":\"uri_path\",\"1\":\"@http-headers\"}}",
    "");

static const struct {
    const char *format;
    struct meaning meaning;
} pair_meanings[] = {
    {positional,
     {"{\"h\":[[\"Accept\",\"*/*\"],[\"Cookie\",\"a=1\"],[\"X-Unknown\",\"1\"], [ \"Accept\" , "
      "\"a\" ]]}",
      "{\"h\":[[\"Accept\",\"*/*\"],[\"Cookie\",\"a\"], [ \"Accept\" , \"a\" ]]}"}},
    {positional,
     {"{\"h\":[[],[\"Accept\"],[\"Accept\",\"a\",\"b\"],[\"Accept\",\"a\",null],[null,\"a\"],["
      "\"Accept\",null],"
      "[\"Accept\",7],[7,\"a\"],[\"Accept\",[\"a\"]],[[\"Accept\"],\"a\"],[\"Accept\",{}],[\"\","
      "\"a\"],\"Accept\","
      "{\"Accept\":\"a\"},null,7]}",
      "{\"h\":[null]}"}},
    {positional,
     {"{\"ip\":\"192.0.2.77\",\"h\":[[\"Accept\",\"192.0.2.77\"],[\"192.0.2.77\",\"a\"],["
      "\"Acc\\u0065pt\",\"a\"]]}",
      "{\"ip\":\"192.0.2.0\",\"h\":[[\"Accept\",\"" MARK "\"],[\"Acc\\u0065pt\",\"a\"]]}"}},
    {positional, {"{\"h\":{\"Accept\":\"a\"},\"ip\":null}", "{\"ip\":null}"}},
    {separated,
     {"{\"d\":[{\"n\":\"HeaderValue:accept\",\"v\":\"*/"
      "*\"},{\"n\":\"HeaderValue:Cookie\",\"v\":\"a=1\"},{\"n\":"
      "\"Uri\",\"v\":\"/a\"},{\"v\":\"/" BOB "\",\"n\":\"Uri:x\"}]}",
      "{\"d\":[{\"n\":\"HeaderValue:accept\",\"v\":\"*/"
      "*\"},{\"n\":\"HeaderValue:Cookie\",\"v\":\"a\"},{\"n\":"
      "\"Uri\",\"v\":\"/a\"},{\"v\":\"/{email}\",\"n\":\"Uri:x\"}]}"}},
    {separated,
     {"{\"d\":[{\"n\":\"CookieValue:sid\",\"v\":\"s\"},{\"n\":\"HeaderValue:\",\"v\":\"a\"},{\"n\":"
      "\"HeaderValue\","
      "\"v\":\"a\"},{\"n\":\"headervalue:accept\",\"v\":\"a\"},{\"n\":\"Other:accept\",\"v\":\"a\"}"
      ",{\"n\":"
      "\":accept\",\"v\":\"a\"},{\"n\":\"\",\"v\":\"a\"},{\"v\":\"a\"},{\"n\":5,\"v\":\"a\"},{"
      "\"n\":\"Uri\","
      "\"v\":5},{\"n\":\"Uri\",\"v\":null},{\"n\":\"Uri\"},{\"n\":\"Uri\",\"n\":\"HeaderValue:"
      "accept\",\"v\":"
      "\"a\"},{\"n\":\"HeaderValue:x-unknown\",\"v\":\"a\"},{\"n\":\"HeaderValue:" BOB
      "\",\"v\":\"a\"}]}",
      "{\"d\":[]}"}},
    {numbered,
     {"{\"o\":[{\"id\":2,\"v\":\"192.0.2.77\"},{\"id\":\"2\",\"v\":\"192.0.2.77\"},{\"v\":\"/" BOB
      "\",\"id\":20},"
      "{\"id\":1,\"n\":\"accept\",\"v\":\"*/*\"}]}",
      "{\"o\":[{\"id\":2,\"v\":\"192.0.2.0\"},{\"id\":\"2\",\"v\":\"192.0.2.0\"},{\"v\":\"/"
      "{email}\",\"id\":20},"
      "{\"id\":1,\"n\":\"accept\",\"v\":\"*/*\"}]}"}},
    {numbered, {"{\"o\":[{\"id\":2.0,\"v\":\"a\"},{\"id\":02,\"v\":\"a\"}]}", NULL}},
    {numbered,
     {"{\"o\":[{\"id\":2.0,\"v\":\"a\"},{\"id\":2e0,\"v\":\"a\"},{\"id\":-2,\"v\":\"a\"},{\"id\":"
      "200,\"v\":\"a\"},"
      "{\"id\":null,\"v\":\"a\"},{\"id\":true,\"v\":\"a\"},{\"id\":[2],\"v\":\"a\"},{\"v\":\"a\"},{"
      "\"id\":2,\"id\":"
      "20,\"v\":\"a\"},{\"id\":1,\"v\":\"a\"},{\"id\":1,\"n\":\"\",\"v\":\"a\"}]}",
      "{\"o\":[]}"}},
    {numbered,
     {"{\"o\":[{\"id\":2,\"n\":\"" BOB "\",\"v\":\"192.0.2.77\"}]}",
      "{\"o\":[{\"id\":2,\"n\":\"~EMAIL~\",\"v\":\"192.0.2.0\"}]}"}},
};

START_TEST(pairs_are_read_as_told)
{
    check_meaning(CONFIG("f", ""), pair_meanings[_i].format, &pair_meanings[_i].meaning);
}
END_TEST

/* ---- detect, skip, roles ----------------------------------------------------------------------
 */

static const char detected[] =
    FIELDS("\"a\":\"none\",\"b.c[]\":\"none\",\"d{}\":\"none\",\"e\":\"none\",\"e.f\":\"none\"",
           ",\"detect\":[{\"a\":[\"Word\",\"begin*\",\"*end\",\"7\",\"true\"]},{\"b.c[]\":true,\"d{"
           "}\":true},"
           "{\"e\":true}],\"literals\":[\"-\"]");

static const struct {
    const char *record;
    bool known;
} detections[] = {
    {"{\"a\":\"Word\"}", true},
    {"{\"a\":\"wORD\"}", true},
    {"{\"a\":\"w\\u006frd\"}", true},
    {"{\"\\u0061\":\"word\"}", true},
    {"{\"a\":\"words\"}", false},
    {"{\"a\":\"beginning\"}", true},
    {"{\"a\":\"BEGIN\"}", true},
    {"{\"a\":\"begi\"}", false},
    {"{\"a\":\"xend\"}", true},
    {"{\"a\":\"end\"}", true},
    {"{\"a\":\"nd\"}", false},
    {"{\"a\":7}", true},
    {"{\"a\":77}", false},
    {"{\"a\":true}", true},
    {"{\"a\":null}", false},
    {"{\"a\":{\"a\":\"word\"}}", false},
    {"{\"a\":\"\"}", false},
    {"{\"a\":\"no\",\"a\":\"word\"}", true},
    {"{\"b\":{\"c\":[1]},\"d\":{\"x\":1}}", true},
    {"{\"b\":{\"c\":[null,\"\"]},\"d\":{\"x\":\"\"}}", true},
    {"{\"b\":{\"c\":[null]},\"d\":{\"x\":1}}", false},
    {"{\"b\":{\"c\":[]},\"d\":{\"x\":1}}", false},
    {"{\"b\":{\"c\":[1]},\"d\":{}}", false},
    {"{\"b\":{\"c\":[1]}}", false},
    {"{\"e\":{}}", true},
    {"{\"e\":{\"f\":1}}", true},
    {"{\"e\":[]}", true},
    {"{\"e\":\"-\"}", true},
    {"{\"e\":null}", false},
    {"{\"E\":1}", false},
};

START_TEST(records_are_detected)
{
    const struct engine_file file = {"f.json", detected};
    struct engine engine = engine_config(CONFIG("auto", ""), &file, 1);
    const struct wv_result *result = &engine_text(&engine, detections[_i].record).items[0];
    ck_assert_msg((result->outcome == WV_PUBLISH) == detections[_i].known, "%s: %s",
                  detections[_i].record, wv_reason_word(result->reason));
    ck_assert(result->outcome == WV_PUBLISH || result->reason == WV_REASON_UNDETECTED);
    engine_fini(&engine);
}
END_TEST

START_TEST(records_without_events_are_left_out)
{
    static const struct engine_file file = {
        "f.json",
        FIELDS("\"kind\":\"none\",\"n\":\"none\"",
               ",\"skip\":[{\"kind\":[\"heart*\"]},{\"kind\":[\"test\"],\"n\":[\"0\"]}]")};
    static const struct {
        const char *message;
        size_t results;
        uint64_t left_out;
    } messages[] = {
        {"{\"kind\":\"HeartBeat\"}", 0, 1},
        {"{\"kind\":\"heartbeat\"}\n{\"kind\":\"event\"}\n{\"kind\":\"test\",\"n\":0}", 1, 2},
        {"{\"kind\":\"test\",\"n\":1}", 1, 0},
        {"[{\"kind\":\"heart\"},{\"n\":0}]", 1, 1},
        {"{\"log\":\"{\\\"kind\\\":\\\"heart\\\"}\",\"stream\":\"stdout\"}", 0, 1},
    };
    struct engine engine = engine_config(CONFIG("f", ""), &file, 1);
    for (size_t i = 0; i < WV_COUNT(messages); i++) {
        const uint64_t before = wv_worker_tally(engine.worker)->suppressed;
        const struct wv_results results = engine_text(&engine, messages[i].message);
        ck_assert_msg(results.count == messages[i].results, "%s", messages[i].message);
        ck_assert_uint_eq(results.records, messages[i].results);
        ck_assert_uint_eq(wv_worker_tally(engine.worker)->suppressed,
                          before + messages[i].left_out);
    }
    engine_fini(&engine);
}
END_TEST

/* Of several paths of a role the first that a record has counts; said twice, it is not said. What
 * a role says is seen in the stub of a record that is too deep. */
#define DEEP   ",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
#define TIME_0 "1763805600000" /* 2025-11-22T10:00:00Z, and the minutes after it */
#define TIME_1 "1763805660000"
#define TIME_2 "1763805720000"

START_TEST(roles_have_an_order)
{
    static const struct engine_file file = {
        "f.json", FIELDS("\"t\":\"timestamp\",\"u\":\"timestamp\",\"v.w\":\"timestamp\"",
                         ",\"roles\":{\"time\":[\"t\",\"u\",\"v.w\"]}")};
    static const struct {
        const char *record;
        const char *time;
    } records[] = {
        {"{\"t\":" TIME_0 ",\"u\":" TIME_1 ",\"v\":{\"w\":" TIME_2 "}" DEEP,
         "\"timestamp\":" TIME_0},
        {"{\"v\":{\"w\":" TIME_2 "},\"u\":" TIME_1 ",\"t\":" TIME_0 DEEP, "\"timestamp\":" TIME_0},
        {"{\"u\":\"2025-11-22T10:01:00Z\",\"v\":{\"w\":" TIME_2 "}" DEEP, "\"timestamp\":" TIME_1},
        {"{\"v\":{\"w\":" TIME_2 "}" DEEP, "\"timestamp\":" TIME_2},
        {"{\"t\":null,\"u\":" TIME_1 DEEP, "\"timestamp\":" TIME_1},
        {"{\"u\":" TIME_0 ",\"u\":" TIME_1 ",\"t\":" TIME_2 DEEP, "\"timestamp\":" TIME_2},
        {"{\"t\":" TIME_0 ",\"u\":" TIME_1 ",\"t\":" TIME_2 DEEP, NULL},
        {"{\"y\":1" DEEP, NULL},
    };
    struct engine engine = engine_config(CONFIG("f", ""), &file, 1);
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        const struct wv_result *result = &engine_text(&engine, records[i].record).items[0];
        ck_assert_int_eq(result->outcome, WV_STUB);
        const char *time = records[i].time == NULL ? "\"timestamp\"" : records[i].time;
        ck_assert_msg(holds(result->value, time) == (records[i].time != NULL), "%s: %.*s",
                      records[i].record, (int)result->value.len, (const char *)result->value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Envelopes --------------------------------------------------------------------------------
 */

#define ENVELOPE(fields, more)                                                                     \
    "{\"format\":\"f\",\"envelope\":true,\"fields\":{\"e\":\"none\"," fields                       \
    "},\"detect\":{\"e\":true}" more "}"
#define IN      "{\\\"webaclId\\\":\\\"w\\\",\\\"x\\\":1}"
#define OUT     "{\\\"webaclId\\\":\\\"w\\\"}"
#define IN64    "eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQ=="
#define OUT64   "eyJ3ZWJhY2xJZCI6IncifQ=="
#define OBJECT  "{\"webaclId\":\"w\",\"x\":1}"
#define OBJECT_ "{\"webaclId\":\"w\"}"

static const struct {
    const char *format;
    struct meaning meaning;
} envelopes[] = {
    {ENVELOPE("\"r\":{\"record\":true}", ""),
     {"{\"e\":1,\"r\":\"" IN "\"}", "{\"e\":1,\"r\":\"" OUT "\"}"}},
    {ENVELOPE("\"r\":{\"record\":true}", ""),
     {"{\"e\":1,\"r\":" OBJECT "}", "{\"e\":1,\"r\":" OBJECT_ "}"}},
    {ENVELOPE("\"r.s\":{\"record\":true}", ""),
     {"{\"e\":1,\"r\":{\"s\":\"" IN "\"}}", "{\"e\":1,\"r\":{\"s\":\"" OUT "\"}}"}},
    {ENVELOPE("\"r\":{\"record\":true}", ""), {"{\"e\":1,\"r\":\"a line\"}", NULL}},
    {ENVELOPE("\"r\":{\"record\":true}", ""), {"{\"e\":1}", NULL}},
    {ENVELOPE("\"r\":{\"record\":true,\"coding\":\"base64\"}", ""),
     {"{\"e\":1,\"r\":\"" IN64 "\"}", "{\"e\":1,\"r\":\"" OUT64 "\"}"}},
    {ENVELOPE("\"r\":{\"record\":true,\"coding\":\"base64\"}", ""),
     {"{\"e\":1,\"r\":\"" IN "\"}", NULL}},
    {ENVELOPE("\"r{}\":{\"record\":true}", ""),
     {"{\"e\":1,\"r\":{\"a\":\"" IN "\",\"" BOB "\":\"" IN "\"}}",
      "{\"e\":1,\"r\":{\"a\":\"" OUT "\"}}"}},
    {ENVELOPE("\"r\":{\"record\":true}", ",\"keys\":\"any_case\""),
     {"{\"E\":1,\"R\":\"" IN "\"}", "{\"E\":1,\"R\":\"" OUT "\"}"}},
    {ENVELOPE("\"r.s\":{\"record\":true}", ",\"dotted\":true"),
     {"{\"e\":1,\"r.s\":\"" IN "\"}", "{\"e\":1,\"r.s\":\"" OUT "\"}"}},
    /* Of a batch, nothing but the records is published. */
    {ENVELOPE("\"r[]\":{\"record\":true}", ""), {"{\"e\":1,\"r\":[\"" IN "\"]}", OBJECT_}},
    {ENVELOPE("\"r[].s\":{\"record\":true}", ""),
     {"{\"e\":1,\"r\":[{\"s\":" OBJECT "}]}", OBJECT_}},
    {ENVELOPE("\"r[]\":{\"record\":true,\"coding\":\"base64\"}", ""),
     {"{\"e\":1,\"r\":[\"" IN64 "\"]}", OBJECT_}},
};

START_TEST(envelopes_are_opened)
{
    check_meaning(CONFIG("auto", ""), envelopes[_i].format, &envelopes[_i].meaning);
    check_meaning(CONFIG("f", ""), envelopes[_i].format, &envelopes[_i].meaning);
    check_meaning(CONFIG("aws-waf", ""), envelopes[_i].format, &envelopes[_i].meaning);
}
END_TEST

/* A format that takes no bytes but text takes none however its record was found. */
START_TEST(invalid_text_is_rejected_wherever_it_stands)
{
    static const char json[] =
        FIELDS("\"k\":\"none\"", ",\"invalid_utf8\":\"reject\",\"detect\":{\"k\":true}");
    static const char line[] =
        FIELDS("\"k\":\"none\"",
               ",\"syntax\":\"pairs\",\"invalid_utf8\":\"reject\",\"detect\":{\"k\":true}");
    static const struct {
        const char *format;
        struct meaning meaning;
    } texts[] = {
        {json, {"{\"k\":\"\xc3\xa9\"}", "{\"k\":\"\xc3\xa9\"}"}},
        {json, {"{\"k\":\"\xff\"}", NULL}},
        {json, {"{\"log\":\"{\\\"k\\\":\\\"\xff\\\"}\",\"stream\":\"stdout\"}", NULL}},
        /* {"k":"\xff"} */
        {json, {"{\"message\":{\"data\":\"eyJrIjoi/yJ9\"},\"subscription\":\"s\"}", NULL}},
        {line, {"k=\xff", NULL}},
        {line, {"{\"log\":\"k=\xff\",\"stream\":\"stdout\"}", NULL}},
    };
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        check_meaning(CONFIG("f", ""), texts[i].format, &texts[i].meaning);
        check_meaning(CONFIG("auto", ""), texts[i].format, &texts[i].meaning);
    }
}
END_TEST

/* A format that says nothing of how it is known can be named. */
START_TEST(named_formats_need_no_tests)
{
    static const struct {
        const char *format;
        struct meaning meaning;
    } unknowable[] = {
        {FIELDS("\"a\":\"none\"", ""), {"{\"a\":1,\"b\":2}", "{\"a\":1}"}},
        {FIELDS("\"a\":\"none\"", ""),
         {"{\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\",\"stream\":\"stdout\"}",
          "{\"log\":\"{\\\"a\\\":1}\",\"stream\":\"stdout\"}"}},
        {FIELDS("\"r\":{\"record\":true}", ",\"envelope\":true"),
         {"{\"r\":" OBJECT ",\"b\":2}", "{\"r\":" OBJECT_ "}"}},
        {FIELDS("\"r\":{\"record\":true}", ",\"envelope\":true"), {"{\"r\":{\"x\":1}}", NULL}},
        {FIELDS("\"r[]\":{\"record\":true}", ",\"envelope\":true"),
         {"{\"r\":[" OBJECT "]}", OBJECT_}},
        {FIELDS("\"k\":\"none\"", ",\"syntax\":\"pairs\""), {"k=1 x=2", "k=1 "}},
    };
    for (size_t i = 0; i < WV_COUNT(unknowable); i++) {
        check_meaning(CONFIG("f", ""), unknowable[i].format, &unknowable[i].meaning);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format_language");
    TCase *said = tcase_create("mistakes");
    TCase *meant = tcase_create("meanings");
    tcase_add_loop_test(said, mistakes_are_said, 0, (int)WV_COUNT(mistakes));
    tcase_add_loop_test(said, senseless_words_are_refused, 0, (int)WV_COUNT(senseless));
    suite_add_tcase(suite, said);
    tcase_add_loop_test(meant, maps_are_read_by_name, 0, (int)WV_COUNT(map_meanings));
    tcase_add_loop_test(meant, keys_are_compared_as_told, 0, (int)WV_COUNT(key_meanings));
    tcase_add_loop_test(meant, pairs_are_read_as_told, 0, (int)WV_COUNT(pair_meanings));
    tcase_add_loop_test(meant, records_are_detected, 0, (int)WV_COUNT(detections));
    tcase_add_test(meant, records_without_events_are_left_out);
    tcase_add_test(meant, roles_have_an_order);
    tcase_add_loop_test(meant, envelopes_are_opened, 0, (int)WV_COUNT(envelopes));
    tcase_add_test(meant, invalid_text_is_rejected_wherever_it_stands);
    tcase_add_test(meant, named_formats_need_no_tests);
    suite_add_tcase(suite, meant);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
