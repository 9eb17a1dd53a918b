/*
 * detect: where hits begin and end, and that nobody can make the detector slow.
 * At stake: attackers write these texts; a rescan in them would be a way to stop the service.
 */
#include "base/base64.h"
#include "filters/detect.h"
#include "filters/placeholder.h"
#include "support/filter_fixture.h"

#include <check.h>

enum { LONG = 1 << 20, STEPS_EACH = 32 };

static struct fixture fixture;

static void set_up(void)
{
    fixture_init(&fixture);
    struct wv_needle *needle = &fixture.needles.items[fixture.needles.count++];
    ck_assert_int_eq(wv_address_parse(WV_LIT("192.0.2.7"), &needle->address), WV_ADDRESS_VALID);
}

static void tear_down(void)
{
    fixture_fini(&fixture);
}

static struct wv_detection detection_of(unsigned what, bool loose)
{
    return (struct wv_detection){.what = what,
                                 .needles = fixture.context.needles,
                                 .parameters = fixture.context.parameters,
                                 .detectors = &wv_detectors_all,
                                 .loose = loose};
}

static struct wv_hits *detect(unsigned what, bool loose, struct wv_slice text)
{
    static struct wv_hits hits;
    hits.count = 0;
    hits.overflowed = false;
    hits.steps = 0;
    const struct wv_detection detection = detection_of(what, loose);
    wv_detect(&detection, text, &hits);
    return &hits;
}

static const struct row {
    unsigned what;
    bool loose;
    const char *text;
    int kind; /* of the only hit; -1: there must be none */
    size_t seen_from, from, to;
} rows[] = {
    {WV_SEARCH_ALL, false, "x 192.0.2.1 y", WV_HIT_IPV4, 2, 2, 11},
    {WV_SEARCH_NEEDLES, false, "x 192.0.2.1 y", -1, 0, 0, 0},
    {WV_SEARCH_NEEDLES, false, "x 192.0.2.7:80", WV_HIT_IPV4, 2, 2, 11},
    {WV_SEARCH_NEEDLES, false, "::ffff:c000:207", WV_HIT_IPV4, 0, 0, 15},
    {WV_SEARCH_NEEDLES, false, "1192.0.2.7", -1, 0, 0, 0},
    {WV_SEARCH_NEEDLES, true, "x192.0.2.7x", WV_HIT_IPV4, 1, 1, 10},
    {WV_SEARCH_EMAILS, false, "<a.b@example.com>", WV_HIT_EMAIL, 1, 1, 16},
    {WV_SEARCH_EMAILS, false, "..a@example.com", WV_HIT_EMAIL, 2, 2, 15},
    {WV_SEARCH_EMAILS, false, "/a@example.org.pdf", WV_HIT_EMAIL, 1, 1, 14},
    {WV_SEARCH_EMAILS, false, "a@2x.min.js.org", WV_HIT_EMAIL, 0, 0, 15},
    {WV_SEARCH_EMAILS, false, "a@2x.min.js", -1, 0, 0, 0},
    {WV_SEARCH_EMAILS, false, "a@2x", -1, 0, 0, 0},
    {WV_SEARCH_EMAILS, false, "192.0.2.1 password=x", -1, 0, 0, 0},
    {WV_SEARCH_CREDENTIALS, false, "Bearer abc123", WV_HIT_AUTH_HEADER, 0, 7, 13},
    {WV_SEARCH_CREDENTIALS, false, "unBearer abc123", -1, 0, 0, 0},
    {WV_SEARCH_CREDENTIALS, true, "unBearer abc123", WV_HIT_AUTH_HEADER, 2, 9, 15},
    {WV_SEARCH_CREDENTIALS, false, "://u:p@h/@", WV_HIT_BASIC_AUTH_URL, 0, 3, 6},
    {WV_SEARCH_CREDENTIALS, false, "=eyJhbGciOiJIUzI1NiJ9.e30.abc.", WV_HIT_JWT, 1, 1, 29},
    {WV_SEARCH_CREDENTIALS, false, "KeyJhbGciOiJIUzI1NiJ9", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "\u30ed\u30b0\u30a4\u30f3user=tanaka.taro", WV_HIT_PARAMETER, 0,
     17, 28},
    {WV_SEARCH_PARAMETERS, false, "\u3001password=hunter22 x", WV_HIT_PARAMETER, 0, 12, 20},
    {WV_SEARCH_PARAMETERS, false, "a\u2014page=0", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "x&password=abc&y", WV_HIT_PARAMETER, 2, 11, 14},
    {WV_SEARCH_PARAMETERS, false, "\"password\" : \"a c\"", WV_HIT_PARAMETER, 1, 14, 17},
    {WV_SEARCH_PARAMETERS, false, "password == 'abc'", WV_HIT_PARAMETER, 0, 13, 16},
    {WV_SEARCH_PARAMETERS, false, "password: Basic abc", WV_HIT_PARAMETER, 0, 16, 19},
    {WV_SEARCH_PARAMETERS, false, "password=~CREDENTIAL~", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "/a;sid={token}<", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "sid={tokens}<", WV_HIT_PARAMETER, 0, 4, 11},
    {WV_SEARCH_PARAMETERS, false, "{\"password\":{\"value\":\"hunter22\"}}", WV_HIT_PARAMETER, 2,
     22, 30},
    {WV_SEARCH_PARAMETERS, false, "{\"password\": { \"a\" : [ 1234 ]}, \"b\":\"x\"}",
     WV_HIT_PARAMETER, 2, 23, 27},
    {WV_SEARCH_PARAMETERS, false, "{\"user\":{\"bio\":\"x\",\"a\":1}}", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false,
     "form-data; name=\"password\"\r\nContent-Type: text/plain\r\n\r\nhunter 22\r\n--b--",
     WV_HIT_PARAMETER, 11, 56, 65},
    {WV_SEARCH_PARAMETERS, false, "form-data; name=\"password\"\n\nhunter22", WV_HIT_PARAMETER, 11,
     28, 36},
    {WV_SEARCH_PARAMETERS, false, "form-data; name=\"page\"\n\nhunter22", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "a:1:{s:4:\"user\";s:11:\"hans.muller\";}", WV_HIT_PARAMETER, 10,
     22, 33},
    {WV_SEARCH_PARAMETERS, false, "a:1:{s:4:\"page\";s:11:\"hans.muller\";}", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "passwordConfirm=hunter22", WV_HIT_PARAMETER, 0, 16, 24},
    {WV_SEARCH_PARAMETERS, false, "password=~NOTHING~", WV_HIT_PARAMETER, 0, 9, 18},
    {WV_SEARCH_PARAMETERS, false, "password=\"never closed", WV_HIT_PARAMETER, 0, 10, 15},
    {WV_SEARCH_PARAMETERS, false, "max-age=0 status_code=404", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "\"phone\": [ \"+49 1\" ]", WV_HIT_PARAMETER, 1, 12, 17},
    {WV_SEARCH_PARAMETERS, false, "phone: [+491, {\"x\": 1}]", WV_HIT_PARAMETER, 0, 8, 12},
    {WV_SEARCH_PARAMETERS, false, "phone: [", -1, 0, 0, 0},
    /* What a firewall says of a match. */
    {WV_SEARCH_PARAMETERS, false, "variable `ARGS:tel' (Value: `+49 170 1' )", WV_HIT_PARAMETER, 10,
     29, 38},
    {WV_SEARCH_PARAMETERS, false, "variable `ARGS:tel' (Value: `+49 1' ) x' )", WV_HIT_PARAMETER,
     10, 29, 34},
    {WV_SEARCH_PARAMETERS, false, "variable `ARGS:page' (Value: `+49' )", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "(Value: `+49' )", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "variable `REQUEST_URI' (Value: `/a/4711'--?x=1' )",
     WV_HIT_SEGMENT, 35, 35, 39},
    {WV_SEARCH_PARAMETERS, false, "Matched Data: x found within TX:sid", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "Matched Data: x found within", -1, 0, 0, 0},
    {WV_SEARCH_PARAMETERS, false, "Matched Data:", -1, 0, 0, 0},
};

START_TEST(finds)
{
    const struct row *row = &rows[_i];
    const struct wv_hits *hits = detect(row->what, row->loose, wv_slice_of(row->text));
    ck_assert_uint_eq(hits->count, row->kind < 0 ? 0 : 1);
    if (row->kind >= 0) {
        ck_assert_uint_eq(hits->items[0].kind, (unsigned)row->kind);
        ck_assert_uint_eq(hits->items[0].seen_from, row->seen_from);
        ck_assert_uint_eq(hits->items[0].from, row->from);
        ck_assert_uint_eq(hits->items[0].to, row->to);
    }
}
END_TEST

/* What begins in one block of 64 bytes may end with the text in the next one. */
START_TEST(nothing_is_read_behind_the_end)
{
    static const char *const cut[] = {"12-ab",
                                      "12:ab",
                                      "1234.abcd",
                                      "AA-12-34-56-",
                                      "12345678-ab",
                                      "1.12345,1",
                                      "-----BEGIN PRIVATE",
                                      "A123456(",
                                      "4111_1111_1111_111",
                                      "SG.ngeVfQFYQlKU0ufo8x5d1A.",
                                      "xx-----END"};
    for (size_t len = strlen(cut[_i]); len < 140; len++) {
        uint8_t *mem = malloc(len);
        memset(mem, ' ', len);
        memcpy(mem + len - strlen(cut[_i]), cut[_i], strlen(cut[_i]));
        const struct wv_hits *hits =
            detect(WV_SEARCH_IDENTIFIERS, false, (struct wv_slice){mem, len});
        ck_assert_uint_eq(hits->count, 0);
        free(mem);
    }
}
END_TEST

/* Pieces of which hostile texts are made by repeating them. */
static const char *const pieces[] = {
    "@",
    "@@a",
    "a@",
    "1.",
    "1.1.1.1.",
    ":",
    "::",
    "1:",
    "a::b:",
    "=",
    "a=",
    "==",
    "=:",
    "password=",
    "password='",
    "password=\"",
    "password=\\\"",
    "password=\"<",
    "name=\"password\"",
    "name=\"password\"\n\n",
    "name=\"password\"\n\nx\n--",
    "s:4:\"user\";s:",
    "s:4:\"user\";s:1:\"",
    ":1:\"",
    "\"password\":{",
    "\"password\":{\"a\":",
    "\"password\":\"",
    "x:\"",
    "eHh4eHh4eHh4eHh4eHh4/",
    "Y29nbml0bz4-IHBhc3N3b3JkPWh1bnRlcjIy_+",
    "QUFBQUFBQUFBQUFBQUFBQUFBQUF-",
    "aaaaaaaaaaaaaaaaa/b-",
    "eyJ",
    "eyJ.",
    "eyJ+",
    "eyJ/",
    "Bearer ",
    "Bearer+",
    "r ",
    "c+",
    "://",
    "://a@",
    "://a:",
    "\\",
    "a.b@c.",
    "ffff:",
    "::1 ",
    "'",
    "a=' b=\" ",
    "~",
    "~IP~",
    "[",
    "a[",
    "user: ",
    "phone: [",
    "phone: ['a',",
    "Matched Data: ",
    "Matched Data: a found within ARGS:tel: a",
    "' (Value: `",
    "` ' (Value: `a' )",
    "-",
    "1-",
    "1 ",
    "+1 ",
    "12-34 ",
    "123456a",
    "a123456",
    "123456a123456g",
    "4111 ",
    "12345678-",
    "A123456(",
    "AA 12 34 56 ",
    "GB82 ",
    "AKIA-",
    "sk_",
    "1.12345,",
    "ff-",
    "ffff.",
    "-----B",
    "-----BEGIN PRIVATE KEY",
    "tel 123456 ",
    "ssn 123456789 ",
    "12345678\xe3\x80\x80",
    "1(",
    "(1)",
    "55555-55555 ",
    "555(5555)",
    "123456a7-",
    "+1(",
    "tel 1-2345(",
    "RCCMNL83S18D969H-",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY----- key.",
    "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1c7+9z5Pad7O \"",
    "SG.ngeVfQFYQlKU0ufo8x5d1A.",
    "xoxb-01234567890",
    "4111_1111 1111-",
    "4111  1111  ",
    "tel\xe3\x81\xaf 030 901820 ",
};

/* A bound on bytes looked at, not a timer: it holds on any machine. */
START_TEST(is_linear)
{
    static uint8_t text[LONG];
    const size_t len = strlen(pieces[_i]);
    for (size_t i = 0; i < LONG; i++) {
        text[i] = (uint8_t)pieces[_i][i % len];
    }
    /* Where there are too many hits the pass ends early; so each detector also runs alone. */
    static const unsigned whats[] = {
        WV_SEARCH_ALL,         WV_SEARCH_NEEDLES,    WV_SEARCH_ADDRESSES,  WV_SEARCH_EMAILS,
        WV_SEARCH_CREDENTIALS, WV_SEARCH_PARAMETERS, WV_SEARCH_IDENTIFIERS};
    for (size_t i = 0; i < WV_COUNT(whats); i++) {
        const struct wv_hits *hits = detect(whats[i], false, (struct wv_slice){text, LONG});
        ck_assert_uint_le(hits->steps, (uint64_t)LONG * STEPS_EACH);
    }
}
END_TEST

/* What stands in the match and, personal, in the value of a firewall's sentence. */
static const struct echo {
    const char *text;
    const char *hidden; /* as the text begins, with * for each byte that is hidden */
} echoes[] = {
    {"Matched Data: \"ann@ found within ARGS:q: \"ann@example.org\"",
     "Matched Data: \"**** found within ARGS:q: \"***************\""},
    {"Matched Data: pt>ann found within ARGS:q: <script>ann@example.org",
     "Matched Data: pt>*** found within ARGS:q: <script>***************"},
    /* In both places that it has in the value. */
    {"Matched Data: ann found within ARGS:q: anna ann@example.org",
     "Matched Data: *** found within ARGS:q: anna ***************"},
    /* Another spelling of the value, of which a piece is the same. */
    {"Matched Data: SCRIPT ANN@EXAMPLE found within ARGS:q: script>ann@example.org",
     "Matched Data: SCRIPT *********** found within ARGS:q: script>***************"},
    {"Matched Data:  49170123' or found within ARGS:tel: or",
     "Matched Data: *********' or found within ARGS:tel: **"},
    /* The name is about all of the value, up to an attack; but a password may hold anything. */
    {"Matched Data: x found within ARGS:first_name: Ann O'Neil",
     "Matched Data: * found within ARGS:first_name: **********"},
    {"Matched Data: ' or found within ARGS:sid: abc' or 1",
     "Matched Data: ' or found within ARGS:sid: ***' or 1"},
    {"Matched Data: ' or found within ARGS:password: abc' or 1",
     "Matched Data: **** found within ARGS:password: *********"},
    {"Matched Data: ' or found within REQUEST_HEADERS:Authorization: Basic abc' or 1",
     "Matched Data: ' or found within REQUEST_HEADERS:Authorization: *********' or 1"},
    {"Matched Data: sc found within REQUEST_BASENAME: 4711'--",
     "Matched Data: sc found within REQUEST_BASENAME: ****'--"},
    {"Matched Data: s&1c found within QueryParamValue:tel: 49170' or 1",
     "Matched Data: s&1c found within QueryParamValue:tel: *****' or 1"},
    /* The attack, where nothing personal is in it. */
    {"Matched Data: ' or 1 found within ARGS:q: ann@example.org' or 1",
     "Matched Data: ' or 1 found within ARGS:q: ***************' or 1"},
};

START_TEST(matches_are_hidden_with_their_values)
{
    const struct echo *echo = &echoes[_i];
    char hidden[128];
    const size_t len = strlen(echo->text);
    ck_assert_uint_lt(len, sizeof hidden);
    memcpy(hidden, echo->text, len + 1);
    const struct wv_hits *hits = detect(WV_SEARCH_ALL, false, wv_slice_of(echo->text));
    for (size_t i = 0; i < hits->count; i++) {
        memset(hidden + hits->items[i].from, '*', hits->items[i].to - hits->items[i].from);
    }
    ck_assert_str_eq(hidden, echo->hidden);
}
END_TEST

/* Matches and values that have as much in common as can be. */
START_TEST(echoes_are_linear)
{
    static const struct {
        const char *match, *value;
    } hostile[] = {{"a", "a"},
                   {"a@example.org ", "a@example.org "},
                   {"aB", "ab"},
                   {"abc", "abd@example.org "}};
    static uint8_t text[LONG];
    const struct wv_slice head = WV_LIT("Matched Data: ");
    const struct wv_slice within = WV_LIT(" found within ARGS:tel: ");
    memset(text, 'a', LONG);
    memcpy(text, head.ptr, head.len);
    const size_t middle = LONG / 3;
    for (size_t i = head.len; i < LONG; i++) {
        const char *piece = i < middle ? hostile[_i].match : hostile[_i].value;
        text[i] = (uint8_t)piece[i % strlen(piece)];
    }
    memcpy(text + middle, within.ptr, within.len);
    const struct wv_hits *hits = detect(WV_SEARCH_ALL, false, (struct wv_slice){text, LONG});
    ck_assert_uint_le(hits->steps, (uint64_t)LONG * STEPS_EACH);
}
END_TEST

/* With a name that is not listed there are no hits that could end the pass early. */
START_TEST(is_linear_without_hits)
{
    static uint8_t text[LONG];
    static const char *const harmless[] = {"1.1.1.1.1.", "a=\"b", "x: '", "a@b ", "1::", "://x "};
    for (size_t k = 0; k < WV_COUNT(harmless); k++) {
        const size_t len = strlen(harmless[k]);
        for (size_t i = 0; i < LONG; i++) {
            text[i] = (uint8_t)harmless[k][i % len];
        }
        const struct wv_hits *hits =
            detect(WV_SEARCH_ALL & ~WV_SEARCH_ADDRESSES, false, (struct wv_slice){text, LONG});
        ck_assert_uint_eq(hits->count, 0);
        ck_assert(!hits->overflowed);
        ck_assert_uint_le(hits->steps, (uint64_t)LONG * STEPS_EACH);
    }
}
END_TEST

/* The text is read in blocks: what is found must not depend on where their borders are. */
START_TEST(is_found_wherever_it_stands)
{
    static const char *const texts[] = {
        " tel.111.1.111 x", " tel.0000(0.000,, ", " tel 935-3593 x",        " tel 0351 - 41234 x",
        " +49 30 901820 x", " 202-555-0143 x",    " 4111 1111 1111 1111 x", " 192.0.2.1 x",
        " tel 1.2.3.4.5 x", " a1b2c3-44-5566 x",  " 12-34-56-78 tel 5 5 x", " (202) 555-0143 x"};
    enum { PLACES = 150 };
    char text[PLACES + 64];
    size_t first = 0;
    for (size_t at = 0; at < PLACES; at++) {
        memset(text, 'x', at);
        (void)snprintf(text + at, sizeof text - at, "%s", texts[_i]);
        const struct wv_hits *hits = detect(WV_SEARCH_ALL, false, wv_slice_of(text));
        first = at == 0 ? hits->count : first;
        ck_assert_msg(hits->count == first, "%zu bytes before \"%s\"", at, texts[_i]);
        for (size_t i = 0; i < hits->count; i++) {
            ck_assert_uint_ge(hits->items[i].from, at);
        }
    }
}
END_TEST

START_TEST(placeholders_are_known)
{
    static const char *const ours[] = {"~IP~", "~EMAIL~", "~CREDENTIAL~", "~USER~",
                                       "~IP.ak2vq7zt~"};
    static const char *const others[] = {"",        "~~",      "~IP",        "IP~",
                                         "~ALICE~", "~ip~",    "~IP.alice~", "~IP.ALICEBOB~",
                                         "~IP.~",   "~EMAIL~x"};
    for (size_t i = 0; i < WV_COUNT(ours); i++) {
        ck_assert_msg(wv_placeholder_is(wv_slice_of(ours[i]), NULL), "%s", ours[i]);
    }
    for (size_t i = 0; i < WV_COUNT(others); i++) {
        ck_assert_msg(!wv_placeholder_is(wv_slice_of(others[i]), NULL), "%s", others[i]);
    }
}
END_TEST

/* Text in base64 that is longer than what is decoded at once: the end of a value must not leave. */
static const struct coded {
    const char *before;
    const char *each;
    size_t times;
    const char *after;
    enum wv_hit_kind kind;
    size_t from, left; /* letters in front of the hit, and behind it */
} coded[] = {
    {"-----BEGIN RSA PRIVATE KEY-----\n",
     "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buzqCg/cLqGNmYHsNb9qJiTXh\n", 26, "", WV_HIT_PRIVATE_KEY,
     0, 0},
    {" password=", "hunter22", 200, "", WV_HIT_PARAMETER, 12, 0},
    {"0123456789 Bearer eyJ", "hbGciOiJIUzI1NiJ9", 300, "", WV_HIT_AUTH_HEADER, 24, 0},
    {"0123456789 password=", "hunter22", 100, " and more words", WV_HIT_PARAMETER, 24, 20},
    {"0123456789 password=", "hunter22", 130, "", WV_HIT_PARAMETER, 24, 0},
};

START_TEST(long_values_in_base64_have_their_ends)
{
    const struct coded *row = &coded[_i];
    for (size_t more = 0; more < 1600; more += 48) {
        char plain[8192];
        char letters[12288];
        size_t len = 0;
        memset(plain, 'x', more);
        len += more;
        len += (size_t)snprintf(plain + len, 64, "%s", row->before);
        for (size_t i = 0; i < row->times; i++) {
            len += (size_t)snprintf(plain + len, 80, "%s", row->each);
        }
        len += (size_t)snprintf(plain + len, 64, "%s", row->after);
        struct wv_buf buf = wv_buf_of((uint8_t *)letters, sizeof letters);
        wv_base64_encode(&buf, (struct wv_slice){(const uint8_t *)plain, len});
        const size_t count = buf.len;
        const struct wv_hits *hits =
            detect(WV_SEARCH_ALL, false, (struct wv_slice){(const uint8_t *)letters, count});
        const size_t first = more / 3 * 4 + row->from;
        for (size_t at = first; at < count - row->left; at++) {
            bool hidden = false;
            for (size_t i = 0; i < hits->count; i++) {
                hidden = hidden || (hits->items[i].from <= at && at < hits->items[i].to &&
                                    hits->items[i].kind == row->kind);
            }
            ck_assert_msg(hidden, "%zu of %zu, %zu more", at, count, more);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detect");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, matches_are_hidden_with_their_values, 0, (int)WV_COUNT(echoes));
    tcase_add_loop_test(tests, echoes_are_linear, 0, 4);
    tcase_add_loop_test(tests, nothing_is_read_behind_the_end, 0, 11);
    tcase_add_loop_test(tests, finds, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(tests, is_linear, 0, (int)WV_COUNT(pieces));
    tcase_add_test(tests, is_linear_without_hits);
    tcase_add_loop_test(tests, is_found_wherever_it_stands, 0, 12);
    tcase_add_test(tests, placeholders_are_known);
    tcase_add_loop_test(tests, long_values_in_base64_have_their_ends, 0, (int)WV_COUNT(coded));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
