/*
 * pattern: columns of access logs, as the log format of the web server says.
 * At stake: a client chooses half of what stands in such a line. A value that ends too early or too
 * late puts something personal into a column that is published, and a line that is refused is one
 * attack that nobody sees.
 */
#include "text/pattern.h"

#include "tests/support/parts.h"

#include <check.h>
#include <stdlib.h>

#define COMBINED                                                                                   \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\""

static struct wv_arena *arena;

static void set_up(void)
{
    arena = wv_arena_new(1 << 20);
    ck_assert_ptr_nonnull(arena);
}

static void tear_down(void)
{
    wv_arena_free(arena);
}

static const struct wv_pattern *compile(const char *text)
{
    size_t error_at;
    const struct wv_pattern *pattern = wv_pattern_compile(wv_slice_of(text), arena, &error_at);
    ck_assert_msg(pattern != NULL, "%s: wrong at %zu", text, error_at);
    return pattern;
}

static const struct {
    const char *pattern;
    const char *text;
    const char *parts;
} rows[] = {
    {COMBINED,
     "198.51.100.23 - olga [22/Nov/2026:10:15:02 +0000] \"GET /p?email=olga%40example.com&t=\\x22x "
     "HTTP/1.1\" 200 612 \"https://www.example.com/s?q=olga\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
     "[0*:<198.51.100.23>] - [1*:<olga>] [[2*:<22/Nov/2026:10:15:02 +0000>]] "
     "\"[3*\\:<GET /p?email=olga%40example.com&t=\\x22x HTTP/1.1>]\" [4*:<200>] [5*:<612>] "
     "\"[6*:<https://www.example.com/s?q=olga>]\" \"[7*:<Mozilla/5.0 (X11; Linux x86_64)>]\""},
    {COMBINED, "2001:db8::1 - - [t] \"-\" 408 - \"-\" \"-\"\r\n",
     "[0*:<2001:db8::1>] - [1*:<->] [[2*:<t>]] \"[3*:<->]\" [4*:<408>] [5*:<->] "
     "\"[6*:<->]\" \"[7*:<->]\"\r\n"},
    {COMBINED, "a - - [t] \"\\x16\\x03\\x01\" 400 0 \"\" \"\"\n",
     "[0*:<a>] - [1*:<->] [[2*:<t>]] \"[3*\\:<\\x16\\x03\\x01>]\" [4*:<400>] [5*:<0>] "
     "\"[6*:<>]\" \"[7*:<>]\"\n"},
    /* Names with blanks, and some that were made to look like the rest of the line. */
    {COMBINED, "192.0.2.1 - john doe [t] \"r\" 1 2 \"a\" \"b\"",
     "[0*:<192.0.2.1>] - [1*:<john doe>] [[2*:<t>]] \"[3*:<r>]\" [4*:<1>] [5*:<2>] "
     "\"[6*:<a>]\" \"[7*:<b>]\""},
    {COMBINED, "192.0.2.1 - x - y [t] \"r\" 1 2 \"a\" \"b\"",
     "[0*:<192.0.2.1>] - [1*:<x - y>] [[2*:<t>]] \"[3*:<r>]\" [4*:<1>] [5*:<2>] "
     "\"[6*:<a>]\" \"[7*:<b>]\""},
    {COMBINED, "192.0.2.1 - x [z] y [ [t] \"r\" 1 2 \"a\" \"b\"",
     "[0*:<192.0.2.1>] - [1*:<x [z] y [>] [[2*:<t>]] \"[3*:<r>]\" [4*:<1>] [5*:<2>] "
     "\"[6*:<a>]\" \"[7*:<b>]\""},
    {COMBINED, "192.0.2.1 - x [22/Nov/2026:10:15:02 +0000] \\x22GET [t] \"r\" 1 2 \"a\" \"b\"",
     "[0*:<192.0.2.1>] - [1*\\:<x [22/Nov/2026:10:15:02 +0000] \\x22GET>] [[2*:<t>]] \"[3*:<r>]\" "
     "[4*:<1>] [5*:<2>] \"[6*:<a>]\" \"[7*:<b>]\""},
    {COMBINED, "192.0.2.1 - x\\\"] \\\"y [t] \"r\" 1 2 \"a\" \"b\"",
     "[0*:<192.0.2.1>] - [1*\\:<x\\\"] \\\"y>] [[2*:<t>]] \"[3*:<r>]\" [4*:<1>] [5*:<2>] "
     "\"[6*:<a>]\" \"[7*:<b>]\""},
    {"$a $ident $user [$time]", "192.0.2.1 - john doe [t]",
     "[0*:<192.0.2.1>] [1*:<->] [2*:<john doe>] [[3*:<t>]]"},
    {"$a $ident $user [$time]", "192.0.2.1 jo john doe [t]", "[0*:<192.0.2.1>] [1*:<jo>]!"},
    /* The address is a name, so that nobody knows where it ends. */
    {"$a - $user [$time]", "host - x - y [t]", "[0*:<host>]!"},
    {"$a - $user [$time]", "host - x y [t]", "[0*:<host>] - [1*:<x y>] [[2*:<t>]]"},
    {"$a - $user [$time]", "www 192.0.2.1 - x [t]", "!"},
    /* Escapes. */
    {"\"$a\"", "\"x\\\\\"", "\"[0*\\:<x\\\\>]\""},
    {"\"$a\"", "\"x\\\"", "!"},
    {"\"$a\"", "\"\\\\\\\"\"", "\"[0*\\:<\\\\\\\">]\""},
    {"\"$a\" \"$b\"", "\"x\\\" \\\"y\" \"z\"", "\"[0*\\:<x\\\" \\\"y>]\" \"[1*:<z>]\""},
    {"\"$a\"", "\"\\", "!"},
    {"$a $b", "x\\ y z", "[0*\\:<x\\ y>] [1*:<z>]"},
    {"$a", "\\", "[0*\\:<\\>]"},
    {"$a $b", "x\\x20y z\\", "[0*\\:<x\\x20y>] [1*\\:<z\\>]"},
    /* Quotes that are missing, or that nobody escaped. */
    {"\"$a\" $b", "- 1", "!"},
    {"\"$a\" $b", "\"x\" y\" 1", "\"[0*:<x>]!"},
    {"\"$a\" \"$b\"", "\"x\"y\" \"z\"", "!"},
    {"$a \"$b\"", "x \"y\" z\"", "[0*:<x>] \"[1*:<y>]!"},
    {"$a $b", "x\" y", "!"},
    {"$a $b", "x y\"", "[0*:<x>]!"},
    /* Columns that the pattern does not know. */
    {"\"$a\" $status $size \"$b\"", "\"r\" 200 192.0.2.1 5 \"u\"", "\"[0*:<r>]\" [1*:<200>]!"},
    {"\"$a\" $status \"$b\"", "\"r\" 200 192.0.2.1 \"u\"", "\"[0*:<r>]!"},
    {"\"$a\" $status", "\"r\" 200 192.0.2.1", "\"[0*:<r>]!"},
    {"\"$a\" $status [$t]", "\"r\" 200 192.0.2.1 [t]", "\"[0*:<r>]!"},
    {"$status [$t]", "192.0.2.1 200 [t]", "!"},
    {"$a [$b] \"$c\"", "x [y] z] \"r\"", "[0*:<x>]!"},
    {"$a [$b]", "x [y] z", "[0*:<x>] [[1*:<y>]!"},
    {"$a [$t] $status \"$b\"", "x [y] z [t] 200 \"r\"", "[0*:<x>] [[1*:<y>]!"},
    {"\"$a\"", "\"x\" \"y\"", "\"[0*:<x>]!"},
    {"$a $b", "x", "!"},
    {"$a $b", "x y z", "[0*:<x>]!"},
    {"$user $status $size \"$r\"", "john doe 200 5 \"r\"", "[0*:<john>] [1*:<doe>]!"},
    {"$a", "x y", "[0*:<x y>]"}, /* no pattern of columns */
    {"\"$method $uri $protocol\"", "\"GET /a HTTP/1.1\"",
     "\"[0*:<GET>] [1*:</a>] [2*:<HTTP/1.1>]\""},
    {"\"$method $uri $protocol\"", "\"GET /a b HTTP/1.1\"", "\"[0*:<GET>] [1*:</a>]!"},
    {"\"$method $uri $protocol\"", "\"GET /a\"", "\"[0*:<GET>]!"},
    {"\"$method $uri\" $b", "\"GET /\\\"a b\" c", "\"[0*:<GET>]!"},
    {"\"$a\" \"agent=$b\"", "\"x\" \"agent=y z\"", "\"[0*:<x>]\" \"agent=[1*:<y z>]\""},
    {"\"$a\" \"agent=$b\"", "\"x\" \"agnt=y z\"", "!"},
    {"$a|$b|$c", "x y|z \\|\\|u|v", "[0*:<x y>]|[1*\\:<z \\|\\|u>]|[2*:<v>]"},
    {"$a|$b|$c", "x|y|z|u", "[0*:<x>]|[1*:<y>]!"},
    {"$a;$b,$c", "x;y,z;u,v", "[0*:<x>];[1*:<y>]!"},
    {"$a;$b,$c", "x;y;z,v", "[0*:<x>]!"},
    /* Lists, and blanks that belong to their value. */
    {"$addr $status $time", "192.0.2.1:80, 192.0.2.2:80 : 192.0.2.3:80 502, 200 : 200 0.1, 0.2 : 3",
     "[0*:<192.0.2.1:80, 192.0.2.2:80 : 192.0.2.3:80>] [1*:<502, 200 : 200>] [2*:<0.1, 0.2 : 3>]"},
    {"$addr $status $time", "192.0.2.1 192.0.2.2 200 1", "[0*:<192.0.2.1>] [1*:<192.0.2.2>]!"},
    {"$time \"$b\"", "22/Nov/2026:10:15:02 +0000 \"x\"",
     "[0*:<22/Nov/2026:10:15:02 +0000>] \"[1*:<x>]\""},
    {"$time \"$b\"", "22/Nov/2026:10:15:02 0000 \"x\"", "!"},
    {"$a $b", "x12 +0130", "[0*:<x12>] [1*:<+0130>]"},
    {"$a $b", "x:12 +013", "[0*:<x:12>] [1*:<+013>]"},
    {"$b $time", "x 22/Nov/2026:10:15:02 -0130", "[0*:<x>] [1*:<22/Nov/2026:10:15:02 -0130>]"},
    {"$xff $status \"$b\"", "192.0.2.1 192.0.2.2 200 \"x\"", "[0*:<192.0.2.1>]!"},
    {"\"$xff, $addr\"", "\"192.0.2.1, 192.0.2.2, 192.0.2.3\"",
     "\"[0*:<192.0.2.1>], [1*:<192.0.2.2, 192.0.2.3>]\""},
    {"\"$xff, $addr\"", "\"unknown, 192.0.2.2, 192.0.2.3\"", "\"[0*:<unknown>]!"},
    /* Addresses and ports. */
    {"$addr:$port [$t]", "2001:db8::1:443 [t]", "[0*:<2001:db8::1>]:[1*:<443>] [[2*:<t>]]"},
    {"$host:$port $addr - $u [$t]", "www.example.com:443 2001:db8::1 - - [t]",
     "[0*:<www.example.com>]:[1*:<443>] [2*:<2001:db8::1>] - [3*:<->] [[4*:<t>]]"},
    {"[$addr:$port]", "[2001:db8::1:443]", "[[0*:<2001:db8::1>]:[1*:<443>]]"},
    {"$a:$b $c", "192.0.2.1 x:1 2", "!"},
    {"$a:$b $c", "x:1 : 2 3", "!"},
    {"$a $b", " : x", "[0*:<>]!"},
    {"$a $b", "x :  y", "[0*:<x : >] [1*:<y>]"},
    {"$a:$b", "x", "!"},
    {"$a:$b:$c", "1:2:3:4", "[0*:<1>]!"},
    {"$a:$b [$c]", "1:2 3:4", "!"},
    /* What stands behind the pattern. */
    {"$a \"$b\" $*", "x \"y\" \"192.0.2.9, 198.51.100.23\" 5",
     "[0*:<x>] \"[1*:<y>]\"[*: <\"192.0.2.9, 198.51.100.23\" 5>]"},
    {"$a \"$b\" $*", "x \"y\"", "[0*:<x>] \"[1*:<y>]\""},
    {"$a \"$b\" $*", "x \"y\" ", "[0*:<x>] \"[1*:<y>]\"[*: <>]"},
    {"$a \"$b\" $*", "x \"y\"z", "[0*:<x>] \"[1*:<y>]!"},
    {"$a \"$b\"$*", "x \"y\"z", "[0*:<x>] \"[1*:<y>]\"[*:<z>]"},
    {"$a $b $*", "x y z u\n", "[0*:<x>] [1*:<y>][*: <z u>]\n"},
    {"$a $b $*", "x y\r\n", "[0*:<x>] [1*:<y>]\r\n"},
    {"$a $b  $*", "x y  z", "[0*:<x>] [1*:<y>][*: < z>]"},
    {"$a $b $*", "x 0.1, 0.2 z", "[0*:<x>] [1*:<0.1, 0.2>][*: <z>]"},
    {"$a; $*", "x y; z", "[0*:<x y>];[*: <z>]"},
    {"$a [$b] $*", "x y [t] z", "!"},
    {"$a [$b] $*", "x [t] z", "[0*:<x>] [[1*:<t>]][*: <z>]"},
    {"$a $b $*", "x \"y\" z", "[0*:<x>]!"},
    /* Text in front, behind, and nothing else. */
    {"nginx: $a ${b}c.", "nginx: x yc.", "nginx: [0*:<x>] [1*:<y>]c."},
    {"nginx: $a", "apache: x", "!"},
    {"nginx: $a", "nginx:", "!"},
    {"nginx: $a", "nginx: x y", "!"},
    {"$a.", "x", "!"},
    {"$a.", "x.y.", "[0*:<x>]!"},
    {"$a", "", "[0*:<>]"},
    {"$a $b", " ", "[0*:<>] [1*:<>]"},
    {"$a $b", "\n", "!"},
    {"[$a]", "[]", "[[0*:<>]]"},
};

START_TEST(lines)
{
    char mem[1024];
    const struct wv_layout layout = {.pattern = compile(rows[_i].pattern)};
    const struct wv_slice text = wv_slice_of(rows[_i].text);
    const size_t len = strlen(rows[_i].text);
    ck_assert_str_eq(parts_show(&wv_syntax_pattern, text, &layout, mem, sizeof mem),
                     rows[_i].parts);

    /* On memory that ends with the line, and begins with it. */
    uint8_t *exact = malloc(len + 1);
    memcpy(exact + 1, rows[_i].text, len);
    parts_show(&wv_syntax_pattern, (struct wv_slice){exact + 1, len}, &layout, mem, sizeof mem);
    ck_assert_str_eq(mem, rows[_i].parts);
    free(exact);
}
END_TEST

START_TEST(the_end_stays_the_end)
{
    static const struct {
        const char *pattern;
        const char *text;
        enum wv_part_next last;
    } ends[] = {
        {"$a $*", "x y", WV_PART_END},     {"$a $*", "x", WV_PART_END}, {"$a", "x", WV_PART_END},
        {"\"$a\"", "\"x\"y", WV_PART_BAD}, {"$a $b", "x", WV_PART_BAD}, {"a$a", "x", WV_PART_BAD},
    };
    const struct wv_layout layout = {.pattern = compile(ends[_i].pattern)};
    struct wv_reader reader = wv_reader_of(&wv_syntax_pattern, wv_slice_of(ends[_i].text), &layout);
    struct wv_part part;
    enum wv_part_next last = WV_PART_FOUND;
    while (last == WV_PART_FOUND) {
        last = wv_reader_next(&reader, &part);
    }
    ck_assert_int_eq(last, ends[_i].last);
    ck_assert_int_eq(wv_reader_next(&reader, &part), last);
    ck_assert_int_eq(wv_reader_next(&reader, &part), last);
}
END_TEST

START_TEST(spellings)
{
    static const struct {
        uint8_t spelling;
        bool held;
    } want[] = {
        {WV_SPELLING_BARE, true}, {WV_SPELLING_BRACKETED, true}, {WV_SPELLING_LOG_QUOTED, true},
        {WV_SPELLING_BARE, true}, /* a blank that was written would end it */
        {WV_SPELLING_BARE, true}, {WV_SPELLING_PLAIN, false}};
    const struct wv_layout layout = {.pattern = compile("$a [$b] \"$c\" \"$d $e\" $*")};
    struct wv_reader reader =
        wv_reader_of(&wv_syntax_pattern, WV_LIT("a [b] \"c\" \"d e\" f"), &layout);
    struct wv_part part;
    for (uint32_t i = 0; i < WV_COUNT(want); i++) {
        ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_FOUND);
        ck_assert_uint_eq(part.column, i);
        ck_assert_int_eq(part.spelling, want[i].spelling);
        ck_assert_int_eq(part.held, want[i].held);
    }
    ck_assert_int_eq(wv_reader_next(&reader, &part), WV_PART_END);
}
END_TEST

START_TEST(columns_have_names)
{
    const struct wv_pattern *pattern = compile("$remote_addr:${port_9} - \"$http_x\"  $*");
    static const char *const names[] = {"remote_addr", "port_9", "http_x", "*"};
    ck_assert_uint_eq(wv_pattern_count(pattern), WV_COUNT(names));
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        ck_assert(wv_slice_eq(wv_pattern_name(pattern, i), wv_slice_of(names[i])));
    }
}
END_TEST

static const struct {
    const char *pattern;
    size_t error_at;
} refused[] = {
    {"", 0},          {"no name", 7}, {"$a$b", 2},      {"$a x${b}$c", 8}, {"$", 0},
    {"$a $", 3},      {"$a ${b", 3},  {"$a ${} ", 3},   {"$a $B", 3},      {"$a ${b c}", 3},
    {"$a \"$b", 6},   {"$a\" $b", 6}, {"$*", 0},        {"x $*", 2},       {"$a $* ", 3},
    {"$a $* $b", 3},  {"$a$*", 2},    {"\"$a $*\"", 4}, {"\"$a $*", 4},    {"$a \\$b", 3},
    {"$a \\\"$b", 3}, {"$a \\", 3},   {"${*}", 0},      {"$a-$b$", 5},
};

START_TEST(what_is_no_pattern_is_refused)
{
    size_t error_at = 12345;
    const struct wv_slice text = wv_slice_of(refused[_i].pattern);
    ck_assert_ptr_null(wv_pattern_compile(text, arena, &error_at));
    ck_assert_uint_eq(error_at, refused[_i].error_at);
}
END_TEST

START_TEST(a_full_arena_is_no_mistake_of_the_pattern)
{
    struct wv_arena *full = wv_arena_new(100);
    size_t error_at = 0;
    ck_assert_ptr_null(wv_pattern_compile(WV_LIT(COMBINED), full, &error_at));
    ck_assert_uint_eq(error_at, SIZE_MAX);
    wv_arena_free(full);
}
END_TEST

START_TEST(a_pattern_needs_its_text_no_more)
{
    char text[] = "$one - $two";
    char mem[64];
    const struct wv_layout layout = {.pattern = compile(text)};
    memset(text, 'x', sizeof text);
    ck_assert(wv_slice_eq(wv_pattern_name(layout.pattern, 1), WV_LIT("two")));
    ck_assert_str_eq(parts_show(&wv_syntax_pattern, WV_LIT("1 - 2"), &layout, mem, sizeof mem),
                     "[0*:<1>] - [1*:<2>]");
}
END_TEST

/* Lines of a megabyte that are almost what the pattern looks for: each takes milliseconds, where a
 * reader that goes back would take hours. */
START_TEST(hostile_lines_take_no_longer)
{
    static const char *const fillers[] = {" [", " - ", "\\",    "\\\"",  "\"",     ":",
                                          " :", ", ",  "] ",    "]",     "] [",    ":02 +0000 ",
                                          " ",  "a",   "\\x22", "\" \"", " [a] \\"};
    enum { LONG = 1 << 20 };
    static uint8_t line[LONG + 256];
    static const char *const patterns[] = {COMBINED, "$a:$b:$c [$d] $*", "\"$a, $b\" $c [$d]",
                                           "$a $b $c $d $*"};
    for (size_t p = 0; p < WV_COUNT(patterns); p++) {
        const struct wv_layout layout = {.pattern = compile(patterns[p])};
        const struct wv_slice filler = wv_slice_of(fillers[_i]);
        size_t len = 0;
        const struct wv_slice head = WV_LIT("\"192.0.2.1 - ");
        memcpy(line, head.ptr, head.len);
        for (len = head.len; len < LONG; len += filler.len) {
            memcpy(line + len, filler.ptr, filler.len);
        }
        const struct wv_slice tail = WV_LIT(" [t] \"r\" 200 5 \"r\" \"u\"");
        memcpy(line + len, tail.ptr, tail.len);
        for (size_t from = 0; from < 2; from++) {
            const struct wv_slice text = {line + from, len + tail.len - from};
            struct wv_reader reader = wv_reader_of(&wv_syntax_pattern, text, &layout);
            struct wv_part part;
            size_t count = 0;
            while (wv_reader_next(&reader, &part) == WV_PART_FOUND) {
                count++;
            }
            ck_assert_uint_le(count, wv_pattern_count(layout.pattern));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_pattern");
    TCase *compiling = tcase_create("compile");
    tcase_add_checked_fixture(compiling, set_up, tear_down);
    tcase_add_test(compiling, columns_have_names);
    tcase_add_loop_test(compiling, what_is_no_pattern_is_refused, 0, (int)WV_COUNT(refused));
    tcase_add_test(compiling, a_full_arena_is_no_mistake_of_the_pattern);
    tcase_add_test(compiling, a_pattern_needs_its_text_no_more);
    suite_add_tcase(suite, compiling);
    TCase *reading = tcase_create("read");
    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_loop_test(reading, lines, 0, (int)WV_COUNT(rows));
    tcase_add_loop_test(reading, the_end_stays_the_end, 0, 6);
    tcase_add_test(reading, spellings);
    tcase_add_loop_test(reading, hostile_lines_take_no_longer, 0, 17);
    suite_add_tcase(suite, reading);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
