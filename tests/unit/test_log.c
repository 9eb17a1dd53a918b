/*
 * log: every line must be one line and valid JSON, whatever the words in it are, or whoever
 * collects the lines loses the alarm among them.
 */
#include "base/log.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_MAX = 1 << 20 };

static int ends[2];
static struct wv_clock_fake fake;
static char text[READ_MAX];

static void set_up(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    wv_clock_fake_init(&fake, 1795341600123); /* 2026-11-22T10:00:00.123Z */
    wv_log_init((struct wv_log_config){WV_LOG_INFO, WV_LOG_AUTO, ends[1], &fake.clock});
}

static const char *written(void)
{
    close(ends[1]);
    size_t len = 0;
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        got = read(ends[0], text + len, sizeof text - 1 - len);
        ck_assert_int_ge(got, 0);
    }
    text[len] = '\0';
    close(ends[0]);
    return text;
}

static void style(enum wv_log_style style)
{
    wv_log_init((struct wv_log_config){WV_LOG_INFO, style, ends[1], &fake.clock});
}

START_TEST(json_lines)
{
    wv_log(WV_LOG_INFO, "started",
           WV_FIELDS(wv_log_word("key", "value"), wv_log_number("lanes", 4)));
    wv_log(WV_LOG_WARN, "stopped", NULL);
    wv_log(WV_LOG_ERROR, "numbers",
           WV_FIELDS(wv_log_number("low", INT64_MIN), wv_log_number("high", INT64_MAX),
                     wv_log_slice("part", (struct wv_slice){(const uint8_t *)"abc", 2}),
                     wv_log_slice("empty", (struct wv_slice){0}), wv_log_word("none", NULL)));
    ck_assert_str_eq(
        written(),
        "{\"ts\":\"2026-11-22T10:00:00.123Z\",\"level\":\"info\",\"event\":\"started\","
        "\"key\":\"value\",\"lanes\":4}\n"
        "{\"ts\":\"2026-11-22T10:00:00.123Z\",\"level\":\"warn\",\"event\":\"stopped\"}\n"
        "{\"ts\":\"2026-11-22T10:00:00.123Z\",\"level\":\"error\",\"event\":\"numbers\","
        "\"low\":-9223372036854775808,\"high\":9223372036854775807,\"part\":\"ab\",\"empty\":\"\","
        "\"none\":\"\"}\n");
}
END_TEST

START_TEST(plain_lines)
{
    style(WV_LOG_PLAIN);
    wv_log(WV_LOG_INFO, "started",
           WV_FIELDS(wv_log_word("topic", "waf.raw"), wv_log_word("why", "a \"b\"\nc"),
                     wv_log_word("none", ""), wv_log_number("lanes", -4)));
    wv_log(WV_LOG_ERROR, "stopped", NULL);
    ck_assert_str_eq(written(),
                     "10:00:00.123 info  started topic=waf.raw why=\"a \\\"b\\\"\\u000ac\" "
                     "none=\"\" lanes=-4\n"
                     "10:00:00.123 error stopped\n");
}
END_TEST

START_TEST(levels)
{
    wv_log(WV_LOG_DEBUG, "unseen", NULL);
    ck_assert(!wv_log_enabled(WV_LOG_DEBUG));
    wv_log_set_level(WV_LOG_DEBUG);
    ck_assert(wv_log_enabled(WV_LOG_DEBUG));
    wv_log(WV_LOG_DEBUG, "seen", NULL);
    wv_log_set_level(WV_LOG_ERROR);
    wv_log(WV_LOG_WARN, "unseen", NULL);
    ck_assert_str_eq(written(), "{\"ts\":\"2026-11-22T10:00:00.123Z\",\"level\":\"debug\","
                                "\"event\":\"seen\"}\n");
    ck_assert_str_eq(wv_log_levels[WV_LOG_WARN], "warn");
    ck_assert_ptr_null(wv_log_levels[WV_LOG_DEBUG + 1]);
}
END_TEST

static const struct escape {
    const char *word;
    const char *json;
} escapes[] = {
    {"plain", "plain"},
    {"\"\\/", "\\\"\\\\/"},
    {"a\n\r\t\x01\x7f", "a\\u000a\\u000d\\u0009\\u0001\\u007f"},
    {"\xe3\x81\x82\xc3\xa9\xf0\x9f\x98\x80", "\xe3\x81\x82\xc3\xa9\xf0\x9f\x98\x80"},
    {"\xff", "?"},
    {"\xe3\x81", "??"}, /* cut short */
    {"\xc0\xaf", "??"}, /* overlong */
    {"\xe0\x80\xaf", "???"},
    {"\xf0\x80\x80\xaf", "????"},
    {"\xed\xa0\x80", "???"},      /* surrogate */
    {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", "????"},
    {"\x80"
     "a",
     "?a"},
};

START_TEST(words_are_escaped)
{
    char wanted[256];
    (void)snprintf(wanted, sizeof wanted,
                   "{\"ts\":\"2026-11-22T10:00:00.123Z\",\"level\":\"info\",\"event\":\"e\","
                   "\"w\":\"%s\"}\n",
                   escapes[_i].json);
    wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("w", escapes[_i].word)));
    ck_assert_str_eq(written(), wanted);
    json_t *line = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(line);
    json_decref(line);
}
END_TEST

START_TEST(long_words_are_cut)
{
    char word[WV_LOG_WORD + 2];
    memset(word, 'a', sizeof word);
    word[WV_LOG_WORD] = '\0';
    wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("w", word)));
    word[WV_LOG_WORD] = 'b';
    word[WV_LOG_WORD + 1] = '\0';
    wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("w", word)));
    memset(word, 1, WV_LOG_WORD + 1); /* each needs six bytes */
    wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("w", word)));

    static const char cut[] = "aaa...\"}\n";
    const char *line = written();
    const char *second = strchr(line, '\n') + 1;
    const char *third = strchr(second, '\n') + 1;
    ck_assert_ptr_null(memmem(line, (size_t)(second - line), "...", 3));
    ck_assert_mem_eq(third - strlen(cut), cut, strlen(cut));
    ck_assert_str_eq(third + strlen(third) - 12, "\\u0001...\"}\n");
}
END_TEST

START_TEST(fields_without_room_are_left_out)
{
    char word[WV_LOG_WORD + 1];
    memset(word, 1, WV_LOG_WORD);
    word[WV_LOG_WORD] = '\0';
    wv_log(WV_LOG_INFO, "e",
           WV_FIELDS(wv_log_word("a", word), wv_log_word("b", word), wv_log_number("c", 1)));
    style(WV_LOG_PLAIN);
    wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("a", word), wv_log_word("b", word)));
    const char *line = written();
    const char *second = strchr(line, '\n') + 1;
    static const char json_end[] = "\\u0001\",\"c\":1,\"cut\":true}\n";
    ck_assert_mem_eq(second - strlen(json_end), json_end, strlen(json_end));
    static const char plain_end[] = "\\u0001\" cut=true\n";
    ck_assert_str_eq(second + strlen(second) - strlen(plain_end), plain_end);
    ck_assert_uint_le((size_t)(second - line), WV_LOG_LINE);
}
END_TEST

START_TEST(times)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782400007, "2000-02-29T00:00:00.007Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-1, "1970-01-01T00:00:00.000Z"},
    };
    char wanted[1024] = "";
    size_t len = 0;
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        fake.ms = rows[i].ms;
        wv_log(WV_LOG_INFO, "e", NULL);
        len +=
            (size_t)snprintf(wanted + len, sizeof wanted - len,
                             "{\"ts\":\"%s\",\"level\":\"info\",\"event\":\"e\"}\n", rows[i].text);
    }
    ck_assert_str_eq(written(), wanted);
}
END_TEST

START_TEST(a_log_that_cannot_be_written_changes_nothing)
{
    wv_log_init((struct wv_log_config){WV_LOG_INFO, WV_LOG_JSON, -1, &fake.clock});
    errno = EPROTO;
    wv_log(WV_LOG_ERROR, "lost", NULL);
    ck_assert_int_eq(errno, EPROTO);
    wv_log_init((struct wv_log_config){WV_LOG_ERROR, WV_LOG_JSON, ends[1], NULL});
    wv_log(WV_LOG_ERROR, "now", NULL); /* the machine's clock */
    ck_assert_ptr_nonnull(strstr(written(), "Z\",\"level\":\"error\",\"event\":\"now\"}\n"));
}
END_TEST

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *user)
{
    char word[200];
    memset(word, *(const char *)user, sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (int i = 0; i < LINES; i++) {
        wv_log(WV_LOG_INFO, "e", WV_FIELDS(wv_log_word("w", word)));
    }
    return NULL;
}

static void *read_lines(void *user)
{
    (void)user;
    size_t len = 0;
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        got = read(ends[0], text + len, sizeof text - 1 - len);
        ck_assert_int_ge(got, 0);
    }
    text[len] = '\0';
    return NULL;
}

START_TEST(lines_of_threads_do_not_mix)
{
    static char letters[THREADS] = {'a', 'b', 'c', 'd'};
    pthread_t reader;
    pthread_t writers[THREADS];
    ck_assert_int_eq(pthread_create(&reader, NULL, read_lines, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_lines, &letters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(writers[i], NULL), 0);
    }
    close(ends[1]);
    ck_assert_int_eq(pthread_join(reader, NULL), 0);
    close(ends[0]);

    size_t lines = 0;
    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
        const char *word = strstr(at, "\"w\":\"") + 5;
        ck_assert_uint_eq(strspn(word, (char[]){*word, '\0'}), 199);
        ck_assert_mem_eq(word + 199, "\"}\n", 3);
        lines++;
    }
    ck_assert_uint_eq(lines, THREADS * LINES);
}
END_TEST

/* An error that comes with every record must not fill the disk with lines. */
START_TEST(what_repeats_is_due_once_in_a_pause)
{
    struct wv_log_pause first = {0};
    struct wv_log_pause second = {0};
    ck_assert(wv_log_is_due(&first, &fake.clock));
    ck_assert(!wv_log_is_due(&first, &fake.clock));
    ck_assert(wv_log_is_due(&second, &fake.clock));
    wv_clock_fake_advance(&fake, WV_LOG_PAUSE_MS - 1);
    ck_assert(!wv_log_is_due(&first, &fake.clock));
    wv_clock_fake_advance(&fake, 1);
    ck_assert(wv_log_is_due(&first, &fake.clock));
    ck_assert(!wv_log_is_due(&first, &fake.clock));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, json_lines);
    tcase_add_test(tests, plain_lines);
    tcase_add_test(tests, levels);
    tcase_add_loop_test(tests, words_are_escaped, 0, (int)WV_COUNT(escapes));
    tcase_add_test(tests, long_words_are_cut);
    tcase_add_test(tests, fields_without_room_are_left_out);
    tcase_add_test(tests, times);
    tcase_add_test(tests, a_log_that_cannot_be_written_changes_nothing);
    tcase_add_test(tests, lines_of_threads_do_not_mix);
    tcase_add_test(tests, what_repeats_is_due_once_in_a_pause);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
