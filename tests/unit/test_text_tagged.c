/*
 * tagged: what is free text, what is a group, and where values end.
 * At stake: a value that ends early gives the client groups of its own making; one that ends late
 * takes in the address or the path behind it.
 */
#include "tests/support/parts.h"

#include <check.h>
#include <stdlib.h>

/* How a group is shown. */
#define QUOTED(key, value)  "[" key " \"[" key "*:<" value ">]\"]"
#define ESCAPED(key, value) "[" key " \"[" key "*\\:<" value ">]\"]"
#define BARE(key, value)    "[" key " [" key "*:<" value ">]]"
#define TEXT(text)          "[text:<" text ">]"

static const struct {
    const char *text;
    const char *parts;
} messages[] = {
    {"", ""},
    {" \r\n", " \r\n"},
    {"Warning.", TEXT("Warning.")},
    {" a b \n", " " TEXT("a b") " \n"},
    {"Warning. 's&1' [file \"/etc/crs/942.conf\"] [line \"65\"] [msg \"SQL Injection\"] "
     "[data \"s&1 found within ARGS:q: ' or 1=1\"] [unique_id \"Yospoq1AV2oonr8Z9ZoDTgAAAEU\"]",
     TEXT("Warning. 's&1'") " " QUOTED("file", "/etc/crs/942.conf") " " QUOTED(
         "line", "65") " " QUOTED("msg",
                                  "SQL Injection") " " QUOTED("data",
                                                              "s&1 found within ARGS:q: ' or "
                                                              "1=1") " " QUOTED("unique_id",
                                                                                "Yospoq1AV2oonr8"
                                                                                "Z9ZoDTgAAAEU")},
    {"[file \"apache2_util.c\"] [line 273] [level 3] [client 198.51.100.90] ModSecurity: "
     "Warning.",
     QUOTED("file", "apache2_util.c") " " BARE("line", "273") " " BARE("level", "3") " " BARE(
         "client", "198.51.100.90") " " TEXT("ModSecurity: Warning.")},
    {"[client \"192.0.2.1\"] Coraza: Warning. [rev \"\"] [data_match_1 \"x\"][data_match_12 "
     "\"y\"]",
     QUOTED("client", "192.0.2.1") " " TEXT("Coraza: Warning.") " " QUOTED("rev", "") " " QUOTED(
         "data_match_1", "x") QUOTED("data_match_12", "y")},
    {"[client 2001:db8::1:4711]\n[tag a-b]x",
     BARE("client", "2001:db8::1:4711") "\n[" TEXT("tag a-b]x")},
    /* Users whom Apache names. */
    {"AH01618: user ann lee not found: /a, referer: x",
     TEXT("AH01618: user") " [user*:<ann lee>] " TEXT("not found: /a") ", referer: [referer*:<x>]"},
    {"AH01617: user ann: authentication failure for \"/a\": Password Mismatch",
     TEXT("AH01617: user") " [user*:<ann>]" TEXT(
         ": authentication failure for \"/a\": Password Mismatch")},
    {"AH01695: auth_ldap authenticate: user ann authentication failed",
     TEXT("AH01695: auth_ldap authenticate: user") " [user*:<ann>] " TEXT("authentication failed")},
    {"AH01618: user ann", TEXT("AH01618: user") " [user*:<ann>]"},
    {"user ann not found: /a", TEXT("user") " [user*:<ann>] " TEXT("not found: /a")},
    {"user error: x", TEXT("user error: x")},
    {"AH00558: user", TEXT("AH00558: user")},
    /* Free text with what looks like groups, but is none. */
    {"`Rx' with `[a-z]' against [] [ ] [x] [x ] [ x y] [1 2] [X y] [x y z] [x \ty] [x  \"y\"]",
     TEXT("`Rx' with `[a-z]' against [] [ ] [x] [x ] [ x y] [1 2] [X y] [x y z] [x \ty] [x  "
          "\"y\"]")},
    {"[security2:error] [pid 1:tid 2] [Sun Nov 22 2026] [level judy@example.com]",
     "[" TEXT("security2:error] [pid 1:tid 2] [Sun Nov 22 2026] [level judy@example.com]")},
    {"[tel2025550143 x] [abcdefghijklmnopqrstuvwxyzabcdefg x]",
     "[" TEXT("tel2025550143 x] [abcdefghijklmnopqrstuvwxyzabcdefg x]")},
    {"[abcdefghijklmnopqrstuvwxyzabcdef x]", BARE("abcdefghijklmnopqrstuvwxyzabcdef", "x")},
    {"[client 192.0.2.1]: x", "[" TEXT("client 192.0.2.1]: x")},
    /* What the client can put into free text takes in at most what is behind it. */
    {"(Value: `[client \"192.0.2.1\"]' ) [file \"a\"] [line \"1\"]",
     TEXT("(Value: `") "[client \"[client*:<192.0.2.1\"]' ) [file \"a>]\"] " QUOTED("line", "1")},
    {"(Value: `[client \"192.0.2.1\"] ' ) [file \"a\"]",
     TEXT("(Value: `") QUOTED("client", "192.0.2.1") " " TEXT("' )") " " QUOTED("file", "a")},
    {"(Value: `[ver \"' ) [file \"a\"]", TEXT("(Value: `") "[ver \"[ver*:<' ) [file \"a>]\"]"},
    /* What may stand behind a group does not go with the text. */
    {"[a \"b\"][[, x", QUOTED("a", "b") "[[, " TEXT("x")},
    {"[a \"b\"],x", QUOTED("a", "b") "," TEXT("x")},
    {"[a \"b\"], , [c d]", QUOTED("a", "b") ", , " BARE("c", "d")},
};

/* Whether quotes inside of values end them. */
static const struct {
    const char *text;
    const char *parts;
} values[] = {
    {"[msg \"a \"b\" c\"] [id \"1\"]", "[msg \"[msg*:<a \"b\" c>]\"] " QUOTED("id", "1")},
    {"[msg \"a\"]b\"] [id \"1\"]", "[msg \"[msg*:<a\"]b>]\"] " QUOTED("id", "1")},
    {"[data \"[\\\"a\\\"] [id \\\"2\\\"] x\"] [id \"1\"]",
     ESCAPED("data", "[\\\"a\\\"] [id \\\"2\\\"] x") " " QUOTED("id", "1")},
    {"[data \"\\x22] [id \\x222\\x22]\"] [id \"1\"]",
     ESCAPED("data", "\\x22] [id \\x222\\x22]") " " QUOTED("id", "1")},
    {"[data \"a\\\"]", "[data [data*\\:<\"a\\\"]>]"},
    /* The backslashes are doubled, and the quotes are not. */
    {"[data \"a\\\\\"] [id \\\\\"2\\\\\"] x\"] [id \"1\"]",
     "[data \"[data*\\:<a\\\\\"] [id \\\\\"2\\\\\"] x>]\"] " QUOTED("id", "1")},
    {"[data \"a\\\\\\\\\"] [id \"1\"]", ESCAPED("data", "a\\\\\\\\") " " QUOTED("id", "1")},
    {"[data \"a\\\\\\\\\\\"] [id \"1\"] x",
     "[data \"[data*\\:<a\\\\\\\\\\\"] [id \"1>]\"] " TEXT("x")},
    {"[data \"a\\\\\\\\\\\\\"] [id \"1\"] x",
     "[data \"[data*\\:<a\\\\\\\\\\\\\"] [id \"1>]\"] " TEXT("x")},
    /* Not doubled, and one backslash at the end: doubtful, and so what is behind it goes, too. */
    {"[uri \"/a\\\\\"] [unique_id \"b\"] [ref \"c\"]",
     "[uri \"[uri*\\:</a\\\\\"] [unique_id \"b>]\"] " QUOTED("ref", "c")},
    /* Cut. */
    {"x [data \"a...\"] [uri \"/judy",
     TEXT("x") " " QUOTED("data", "a...") " [uri [uri*:<\"/judy>]"},
    {"x [uri \"/judy\" \n", TEXT("x") " [uri [uri*:<\"/judy\">] \n"},
    {"x [uri \"/judy\"", TEXT("x") " [uri [uri*:<\"/judy\">]"},
    {"x [uri \"", TEXT("x") " [uri [uri*:<\">]"},
    {"x [uri ", TEXT("x [uri") " "},
    {"x [client 192.0.2", TEXT("x [client 192.0.2")},
    {"[data \"\\", "[data [data*\\:<\"\\>]"},
};

#define NGINX ", client: 192.0.2.1, server: localhost, request: \"GET / HTTP/1.1\""
#define NGINX_PARTS                                                                                \
    ", client: [client*:<192.0.2.1>], server: [server*:<localhost>], request: \"[request*:<GET / " \
    "HTTP/1.1>]\""

/* What a server writes behind the message. */
static const struct {
    const char *text;
    const char *parts;
} tails[] = {
    {"x [a \"b\"]" NGINX, TEXT("x") " " QUOTED("a", "b") NGINX_PARTS},
    {"x" NGINX ", subrequest: \"/s\", upstream: \"http://192.0.2.7/\", host: \"h\", "
     "referrer: \"http://x/\"\n",
     TEXT("x") NGINX_PARTS
     ", subrequest: \"[subrequest*:</s>]\", upstream: \"[upstream*:<http://192.0.2.7/>]\", host: "
     "\"[host*:<h>]\", referrer: \"[referrer*:<http://x/>]\"\n"},
    {NGINX, NGINX_PARTS},
    {"x, client: 192.0.2.1, server: , request: \"\"",
     TEXT("x") ", client: [client*:<192.0.2.1>], server: [server*:<>], request: \"[request*:<>]\""},
    {"x, client: 192.0.2.1, server: ~^w\\.", TEXT("x") ", client: [client*:<192.0.2.1>], server: "
                                                       "[server*\\:<~^w\\.>]"},
    {"x, client: 192.0.2.1, server: s, request: \"GET /?a=[b c]&d=[e \\\\\", host: \"h\"",
     TEXT(
         "x") ", client: [client*:<192.0.2.1>], server: [server*:<s>], request: \"[request*\\:<GET "
              "/?a=[b c]&d=[e \\\\>]\", host: \"[host*:<h>]\""},
    {"x" NGINX ", host: \"www.exam", TEXT("x") NGINX_PARTS ", host: [host*:<\"www.exam>]"},
    {"[a \"b\"], referer: http://x/y", QUOTED("a", "b") ", referer: [referer*:<http://x/y>]"},
    /* In a value. */
    {"[a \"b" NGINX "\"]", "[a \"[a*:<b, client: 192.0.2.1, server: localhost, request: \"GET / "
                           "HTTP/1.1\">]\"]"},
    {"[a \"b, client: 192.0.2.1\"] c", QUOTED("a", "b, client: 192.0.2.1") " " TEXT("c")},
    /* In doubt. */
    {"x" NGINX ", host: \"h\" y", TEXT("x" NGINX ", host: \"h\" y")},
    {"x" NGINX ", hos", TEXT("x" NGINX ", hos")},
    {"x" NGINX NGINX, TEXT("x" NGINX NGINX)},
    {"x, client: y z" NGINX, TEXT("x, client: y z" NGINX)},
    {"x, client: y z [a \"b\"]" NGINX, TEXT("x, client: y z") " " QUOTED("a", "b") ", " TEXT(
                                           "client: 192.0.2.1, server: localhost, request: \"GET / "
                                           "HTTP/1.1\"")},
    {"x, client: 192.0.2.1, request: \"GET /\"a\" HTTP/1.1\", host: \"h\"",
     TEXT("x, client: 192.0.2.1, request: \"GET /\"a\" HTTP/1.1\", host: \"h\"")},
    {"x, client: 192.0.2.1, request: \"GET /\\\", host: \"h\"",
     TEXT("x, client: 192.0.2.1, request: \"GET /\\\", host: \"h\"")},
    {"x, client: 192.0.2.9, request: \"y, client: 192.0.2.1, server: s",
     TEXT("x, client: 192.0.2.9, request: \"y, client: 192.0.2.1, server: s")},
    {"x, client: 192.0.2.9, request: \"y [client 192.0.2.1] z",
     TEXT("x, client: 192.0.2.9, request: \"y") " " BARE("client", "192.0.2.1") " " TEXT("z")},
    {"x, server: s, client: 192.0.2.1, server: s",
     TEXT("x, server: s") ", client: "
                          "[client*:<192.0.2.1>], server: [server*:<s>]"},
    {"x, client: 192.0.2.1, server: s, server: s",
     TEXT("x, client: 192.0.2.1, server: s, server: s")},
    {"x, referer: a b", TEXT("x, referer: a b")},
};

static void check(const char *text, const char *parts)
{
    char mem[1024];
    const struct wv_slice slice = wv_slice_of(text);
    ck_assert_str_eq(parts_show(&wv_syntax_tagged, slice, NULL, mem, sizeof mem), parts);
}

START_TEST(messages_are_read)
{
    check(messages[_i].text, messages[_i].parts);
}
END_TEST

START_TEST(values_are_read)
{
    check(values[_i].text, values[_i].parts);
}
END_TEST

START_TEST(tails_are_read)
{
    check(tails[_i].text, tails[_i].parts);
}
END_TEST

/* How values are spelled, and whether the engine sees that more than the value may be in one. */
static const struct {
    const char *text;
    enum wv_spelling spelling;
    bool clean;
} spellings[] = {
    {"x", WV_SPELLING_PLAIN, true},
    {"[a b]", WV_SPELLING_BARE, true},
    {"[a \"\"]", WV_SPELLING_LOG_QUOTED, true},
    {"[a \"b\\\"] [c \\\"d\"]", WV_SPELLING_LOG_QUOTED, true},
    {"[a \"b\\\\\"] [c \"d\"]", WV_SPELLING_QUOTED, false},
    {"[a \"b\\\"] [c \"d\"]", WV_SPELLING_QUOTED, false},
    {"[a \"b \"c\" d\"]", WV_SPELLING_QUOTED, false},
    {"[a \"b", WV_SPELLING_QUOTED, false},
    {", client: b", WV_SPELLING_BARE, true},
};

START_TEST(spellings_are_told)
{
    const struct wv_slice text = wv_slice_of(spellings[_i].text);
    struct wv_reader reader = wv_reader_of(&wv_syntax_tagged, text, NULL);
    struct wv_part part;
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
    ck_assert_int_eq(part.spelling, spellings[_i].spelling);
    ck_assert_uint_eq(part.column, 0);
    ck_assert_int_eq(part.held, part.spelling != WV_SPELLING_PLAIN);
    const struct wv_slice value = wv_slice_sub(text, part.start, part.end);
    ck_assert_int_eq(wv_spelling_is_clean(spellings[_i].spelling, value), spellings[_i].clean);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

/* Texts that make a careless reader look at every byte again and again: with one that does, this
 * takes minutes, and the test ends by its time limit. */
START_TEST(cost_is_linear)
{
    static const char *const units[] = {"[a \"",       "[a b",
                                        ", client: x", ", client: x, request: \"y",
                                        "\\\"]",       "[a \"b\"], client: y",
                                        "[",           " ,"};
    enum { SIZE = 4 * 1024 * 1024 };
    uint8_t *mem = malloc(SIZE);
    ck_assert_ptr_nonnull(mem);
    const struct wv_slice unit = wv_slice_of(units[_i]);
    for (size_t i = 0; i < SIZE; i++) {
        mem[i] = unit.ptr[i % unit.len];
    }
    struct wv_reader reader = wv_reader_of(&wv_syntax_tagged, (struct wv_slice){mem, SIZE}, NULL);
    struct wv_part part;
    uint32_t at = 0;
    while (wv_reader_next(&reader, &part) == WV_PART_FOUND) {
        ck_assert_uint_ge(part.from, at);
        at = part.to;
    }
    ck_assert_uint_le(at, SIZE);
    free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_tagged");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, messages_are_read, 0, (int)WV_COUNT(messages));
    tcase_add_loop_test(tests, values_are_read, 0, (int)WV_COUNT(values));
    tcase_add_loop_test(tests, tails_are_read, 0, (int)WV_COUNT(tails));
    tcase_add_loop_test(tests, spellings_are_told, 0, (int)WV_COUNT(spellings));
    tcase_add_loop_test(tests, cost_is_linear, 0, 8);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
