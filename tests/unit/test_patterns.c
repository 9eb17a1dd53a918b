/*
 * At stake: an operator writes a pattern once and trusts that no identifier of that form leaves,
 * wherever it stands; and an attacker writes texts that should make the pattern slow, or bring it
 * to look away. A pattern that could be made slow, or match where its literal is not, must not
 * start.
 */
#include "support/filter_fixture.h"
#include "support/findings.h"
#include "support/pattern_fixture.h"
#include "support/random.h"

#include "filters/placeholder.h"
#include "filters/search.h"

#include <check.h>

static struct fixture fixture;
static struct wv_patterns *patterns;
static uint64_t limits[WV_PATTERNS_MAX];
static struct wv_hits hits;

static const struct own usual[] = {
    {.name = "customer_no", .pattern = "\\bKD-[0-9]{5,8}\\b", .literal = "KD-"},
    {.name = "member", .pattern = "\\bM[0-9 ]{7,20}\\b", .literal = "M", .validator = "luhn"},
    {.name = "case_no",
     .pattern = "(?i:case)#[0-9]+",
     .literal = "case#",
     .nocase = true,
     .action = WV_PATTERN_REMOVE},
    {.name = "device", .pattern = "dev:(?:[0-9a-f]{2}:){3}[0-9a-f]{2}", .literal = "dev:"},
};

static void use(const struct own *list, size_t count)
{
    wv_matcher_free(fixture.context.matcher);
    wv_patterns_free(patterns);
    patterns = wv_patterns_new();
    ck_assert_ptr_nonnull(patterns);
    for (size_t i = 0; i < count; i++) {
        const bool good = own_add(patterns, &list[i], fixture.report);
        char *text = findings_text(fixture.report);
        ck_assert_msg(good, "%s", text);
        free(text);
    }
    memset(limits, 0, sizeof limits);
    fixture.context.patterns = patterns;
    fixture.context.matcher = wv_matcher_new(patterns, limits);
    ck_assert_ptr_nonnull(fixture.context.matcher);
}

static void set_up(void)
{
    fixture_init(&fixture);
    use(usual, WV_COUNT(usual));
}

static void tear_down(void)
{
    wv_matcher_free(fixture.context.matcher);
    wv_patterns_free(patterns);
    patterns = NULL;
    fixture_fini(&fixture);
}

/* ---- What is refused
 * -----------------------------------------------------------------------------
 */

static const struct {
    const char *pattern;
    const char *literal;
    bool nocase;
    const char *finding;
} refused[] = {
    {"KD-(", "KD-", false, "does not compile: missing closing parenthesis (at byte 4"},
    {"KD-[9-0]", "KD-", false, "does not compile: range out of order in character class (at byte"},
    {"\bKD-", "KD-", false, "holds a control character at byte 0: in JSON a backslash"},
    {"", "KD-", false, "is empty"},
    {"KD-", "", false, "is empty"},
    /* Matches that are everywhere, nowhere, or without the literal. */
    {"(?=KD-)", "KD-", false, "a match need not hold it"},
    {"(?:KD-)?", "KD-", false, "a match need not hold it"},
    {"KD-[0-9]{300}", "KD-", false, "needs a text of 303 bytes; at most 255 are possible"},
    {"KD-[0-9]{8}", "KX-", false, "a match need not hold it"},
    {"KD-[0-9]{8}|[0-9]{10}", "KD-", false, "a match need not hold it"},
    {"(?:KD-|CU-)[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"K(?:D-)*[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"K(?:D-|DD)[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"KD{0,3}-[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"KDD+-[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"K[Dd]-[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"(?!KD-)[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"K(?=D-)D.[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"[KD-]{3}[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"[^K]D-[0-9]{8}", "KD-", false, "a match need not hold it"},
    {"(?i)KD-[0-9]{8}", "KD-", false, "the pattern ignores case and the literal does not"},
    {"K(?i:D)-[0-9]{8}", "KD-", false, "the pattern ignores case and the literal does not"},
    /* What nothing bounds, or nobody needs. */
    {"(?<a>KD-)\\1", "KD-", false, "back references are not possible"},
    {"(?<a>KD-)\\k<a>", "KD-", false, "back references are not possible"},
    {"(?<a>KD-)\\g{a}", "KD-", false, "back references are not possible"},
    {"KD-(?R)?", "KD-", false, "recursion and calls of groups are not possible"},
    {"KD-(?<a>[0-9](?&a)?)", "KD-", false, "recursion and calls of groups are not possible"},
    {"KD-(?<a>[0-9](?1)?)", "KD-", false, "recursion and calls of groups are not possible"},
    {"KD-(?C1)[0-9]", "KD-", false, "callouts are not possible"},
    {"KD-(*COMMIT)[0-9]", "KD-", false, "verbs, as (*…), are not possible (at byte 3"},
    {"(*LIMIT_MATCH=9999999)KD-", "KD-", false, "verbs, as (*…), are not possible (at byte 0"},
    {"(*NO_JIT)KD-[0-9]", "KD-", false, "verbs, as (*…), are not possible"},
    {"(*UTF)KD-[0-9]", "KD-", false, "does not compile: using UTF is disabled by the application"},
    {"KD-\\C", "KD-", false, "does not compile: using \\C is disabled by the application"},
    {"KD-\\K[0-9]", "KD-", false, "this escape is not possible; there are"},
    {"KD-\\p{L}", "KD-", false, "this escape is not possible"},
    {"KD-\\Q[0-9]\\E", "KD-", false, "this escape is not possible"},
    {"(?x)K D - [0-9]", "KD-", false, "this kind of group is not possible"},
    {"KD-(?#x)[0-9]", "KD-", false, "this kind of group is not possible"},
    {"KD-(?(?=a)b|c)", "KD-", false, "this kind of group is not possible"},
    {"KD-{x", "KD-", false, "a brace that repeats nothing: write \\{"},
    {"(?<=K+)D-", "D-", false, "does not compile: lookbehind assertion is not fixed length"},
    /* Effort that grows faster than the text. */
    {"(a+)+$", "a", false, "takes more than 128 steps for one byte of a hostile text"},
    {"(\\w+\\s?)*x", "x", false, "takes more than 128 steps"},
    {"(?:a|aa)+b", "b", false, "takes more than 128 steps"},
    {"(?:[0-9]+-?)+KD-", "KD-", false, "takes more than 128 steps"},
    {"KD-(?:.*,){5}x", "KD-", false, "takes more than 128 steps"},
    {"\\w+KD-", "KD-", false, "takes more than 128 steps"},
    {"KD-[0-9a-f]{1,200}[a-z]{1,200}[0-9]{1,200}!", "KD-", false, "takes more than 128 steps"},
    {"^(?:KD-(?:x|y|xy|yx)*)*z", "KD-", false, "a match need not hold it"},
    {"KD-(?:x|y|xy|yx)*z", "KD-", false, "takes more than 128 steps"},
};

START_TEST(what_cannot_be_bounded_is_refused)
{
    const struct own own = {.name = "x",
                            .pattern = refused[_i].pattern,
                            .literal = refused[_i].literal,
                            .nocase = refused[_i].nocase};
    struct wv_patterns *set = wv_patterns_new();
    struct wv_report *report = wv_report_new();
    ck_assert_msg(!own_add(set, &own, report), "%s", own.pattern);
    char *text = findings_text(report);
    ck_assert_msg(strstr(text, refused[_i].finding) != NULL, "%s: %s", own.pattern, text);
    ck_assert_msg(strstr(text, "own.json:") == text, "%s: no place: %s", own.pattern, text);
    ck_assert_uint_eq(wv_patterns_count(set), 0);
    free(text);
    wv_report_free(report);
    wv_patterns_free(set);
}
END_TEST

START_TEST(what_is_longer_than_possible_is_refused)
{
    char text[WV_PATTERN_BYTES_MAX + 2];
    for (size_t len = WV_PATTERN_BYTES_MAX - 250; len <= WV_PATTERN_BYTES_MAX + 1; len += 251) {
        memset(text, 'a', len);
        for (size_t i = 3; i + 1 < len; i += 2) {
            text[i] = '?';
        }
        text[len] = '\0';
        struct wv_patterns *set = wv_patterns_new();
        struct wv_report *report = wv_report_new();
        const struct own own = {.name = "x", .pattern = text, .literal = "aa"};
        ck_assert(!own_add(set, &own, report));
        char *told = findings_text(report);
        const bool long_one = len > WV_PATTERN_BYTES_MAX;
        ck_assert_int_eq(strstr(told, "has 501 bytes; at most 500 are possible") != NULL, long_one);
        free(told);
        wv_report_free(report);
        wv_patterns_free(set);
    }
}
END_TEST

/* ---- What is taken
 * --------------------------------------------------------------------------------
 */

static const struct {
    struct own own;
    const char *text; /* is a match */
} taken[] = {
    {{.pattern = "KD-[0-9]+", .literal = "KD-"}, "KD-1"},
    {{.pattern = "^KD-[0-9]{1,32}$", .literal = "KD-"}, "KD-1"},
    {{.pattern = "(?:KD-[0-9]{8}|OLD-KD-[a-z]{3})", .literal = "KD-"}, "OLD-KD-abc"},
    {{.pattern = "[A-Z]{2}-[0-9]{6}", .literal = "-"}, "AB-123456"},
    {{.pattern = "K(D)-(?:[0-9])", .literal = "KD-"}, "KD-1"},
    {{.pattern = "K(?:D-[0-9]{3}|D-[a-z]{3})", .literal = "D-"}, "KD-abc"},
    {{.pattern = "K(?:D-){2}", .literal = "D-"}, "KD-D-"},
    {{.pattern = "KD+-", .literal = "D-"}, "KDDD-"},
    {{.pattern = "[K]D[-][0-9]", .literal = "KD-"}, "KD-1"},
    {{.pattern = "\\x4bD\\-[0-9]", .literal = "KD-"}, "KD-1"},
    {{.pattern = "(?i)kD-[0-9]", .literal = "Kd-", .nocase = true}, "kD-1"},
    {{.pattern = "(?i)4711-[0-9]", .literal = "4711-"}, "4711-1"},
    {{.pattern = "(?<no>KD-)(?P<b>[0-9])", .literal = "KD-"}, "KD-1"},
    {{.pattern = "(?<=:)KD-(?=[0-9]{3}).{3}(?![0-9])", .literal = "KD-"}, "KD-123"},
    {{.pattern = "(?>KD-[0-9]++)(?-i:x)?", .literal = "KD-"}, "KD-12x"},
    {{.pattern = "[\\w.+-]{1,64}@kunde\\.example", .literal = "@kunde.example"},
     "a.b@kunde.example"},
    {{.pattern = "[[:upper:]]{2}#[]a]", .literal = "#"}, "AB#]"},
    {{.pattern = "\\{id\\}[0-9]{1,3}", .literal = "{id}"}, "{id}12"},
    {{.pattern = "\xc3\xa4-[0-9]", .literal = "\xc3\xa4-"}, "\xc3\xa4-1"},
};

static struct wv_hits *look(struct wv_slice text)
{
    wv_hits_clear(&hits);
    wv_matcher_look(fixture.context.matcher, text, &hits);
    return &hits;
}

START_TEST(what_can_be_bounded_is_taken)
{
    struct own own = taken[_i].own;
    own.name = "x";
    use(&own, 1);
    char text[128];
    const int len = snprintf(text, sizeof text, ":%s", taken[_i].text);
    const struct wv_slice all = {(const uint8_t *)text, (size_t)len};
    const struct wv_slice match = own.pattern[0] == '^' ? wv_slice_sub(all, 1, all.len) : all;
    look(match);
    ck_assert_msg(hits.count == 1 && !hits.overflowed, "%s", own.pattern);
    ck_assert_uint_eq(hits.items[0].to, match.len);
    ck_assert_int_eq(hits.items[0].kind, WV_HIT_PATTERN);
}
END_TEST

/* ---- Where it is found
 * ----------------------------------------------------------------------------
 */

static enum wv_verdict search(struct wv_slice text, char out[1024])
{
    static uint8_t mem[1 << 20];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out plain = wv_out_plain(&buf, text);
    const enum wv_verdict verdict = wv_search(WV_SEARCH_ALL, text, &fixture.context, &plain);
    struct wv_slice got;
    ck_assert(wv_buf_take(&buf, &got));
    out[0] = '\0';
    if (got.len < 1024 && got.len > 0) {
        memcpy(out, got.ptr, got.len);
        out[got.len] = '\0';
    }
    return verdict;
}

static const struct {
    const char *text;
    enum wv_verdict verdict;
    const char *result;
} found[] = {
    {"KD-12345", WV_REPLACED, "~CUSTOMER_NO~"}, /* a plain word, as most names and values are */
    {"a KD-12345678, KD-99999 b", WV_REPLACED, "a ~CUSTOMER_NO~, ~CUSTOMER_NO~ b"},
    {"x=KD%2d12345678&y", WV_REPLACED, "x=~CUSTOMER_NO~&y"},
    {"%4B%44-%31%32345", WV_REPLACED, "~CUSTOMER_NO~"},
    {"%254BD-12345", WV_REPLACED, "~CUSTOMER_NO~"},
    {"\\u004bD-12345", WV_REPLACED, "~CUSTOMER_NO~"},
    {"&#75;D-12345", WV_REPLACED, "~CUSTOMER_NO~"},
    {"\xef\xbc\xab\xef\xbc\xa4-12345", WV_REPLACED, "~CUSTOMER_NO~"}, /* full-width letters */
    {"mail KD-12345@shop.example", WV_REPLACED, "mail ~EMAIL~"},      /* the wider one names it */
    {"kd-12345", WV_HARMLESS, ""},
    {"XKD-12345", WV_HARMLESS, ""},
    {"KD-1234", WV_HARMLESS, ""},
    {"~CUSTOMER_NO~", WV_HARMLESS, ""},
    {"password=~CUSTOMER_NO~", WV_HARMLESS, ""}, /* our own, and no secret */
    {"Bearer ~DEVICE~", WV_HARMLESS, ""},
    {"M 1234 5674", WV_REPLACED, "~MEMBER~"}, /* its validator sees digits alone */
    {"M 1234 5675", WV_HARMLESS, ""},
    {"M 1111 M 1234 5674", WV_REPLACED, "M 1111 ~MEMBER~"},
    {"CASE#1", WV_REMOVED, ""},
    {"KD-12345 and Case%231", WV_REMOVED, ""},
    {"dev:00:1a:2b:3c", WV_REPLACED, "~DEVICE~"},
    /* What a firewall says of a match hides it there as well. */
    {"Matched Data: KD-12345 found within ARGS:q: a KD-12345 b", WV_REPLACED,
     "Matched Data: ~CUSTOMER_NO~ found within ARGS:q: a ~CUSTOMER_NO~ b"},
};

START_TEST(it_is_found_in_every_spelling)
{
    char got[1024];
    const enum wv_verdict verdict = search(wv_slice_of(found[_i].text), got);
    ck_assert_msg(verdict == found[_i].verdict, "%s: %d", found[_i].text, (int)verdict);
    ck_assert_str_eq(got, found[_i].result);
    ck_assert_uint_eq(fixture.scratch.used, 0);
}
END_TEST

/* The filters that take a value apart have short cuts of their own. */
START_TEST(no_short_cut_passes_it_by)
{
    static const struct {
        const char *filter;
        const char *settings;
        const char *name;
        const char *text;
        enum wv_verdict verdict;
        const char *result;
    } rows[] = {
        {"query", "{}", "", "a=KD-12345&b=1", WV_REPLACED, "a=~CUSTOMER_NO~&b=1"},
        {"query", "{}", "", "KD-12345=1&b=1", WV_REPLACED, "~CUSTOMER_NO~=1&b=1"},
        {"query", "{}", "", "KD-12345", WV_REPLACED, "~CUSTOMER_NO~"},
        {"query", "{}", "", "b&KD-12345", WV_REPLACED, "b&~CUSTOMER_NO~"},
        {"query", "{}", "", "a=1&b=KD%2D12345", WV_REPLACED, "a=1&b=~CUSTOMER_NO~"},
        {"query", "{}", "", "a.KD-12345.z=1", WV_REPLACED, "a.~CUSTOMER_NO~.z=1"},
        {"query", "{}", "", "a=1&b=case%2312", WV_REMOVED, ""},
        {"query", "{}", "", "a=1&case%2312=b&c=1", WV_REMOVED, ""},
        {"query", "{}", "q", "KD-12345", WV_REPLACED, "~CUSTOMER_NO~"},
        {"query", "{\"allow\": [\"a\"]}", "", "a=KD-12345", WV_HARMLESS, ""},
        {"cookie", "{}", "", "KD-12345=1; a=b", WV_REPLACED, "~CUSTOMER_NO~; a"},
        {"headers", "{}", "accept", "KD-12345", WV_REPLACED, "~CUSTOMER_NO~"},
        {"headers", "{}", "accept", "case#1", WV_REMOVED, ""},
        {"headers", "{}", "content-type", "KD-12345; charset=KD-12345", WV_REPLACED,
         "~CUSTOMER_NO~; charset=~CUSTOMER_NO~"},
        {"headers", "{}", "content-type", "text/x; charset=case#1", WV_REMOVED, ""},
        {"headers", "{}", "content-type", "case#1; charset=x", WV_REMOVED, ""},
        {"headers", "{}", "content-type", "case#1; charset=KD-12345", WV_REMOVED, ""},
        {"headers", "{}", "accept-language", "KD-12345", WV_REPLACED, "KD"},
        {"scrub", "{}", "", "/a/KD-12345/b", WV_REPLACED, "/a/~CUSTOMER_NO~/b"},
        {"scrub", "{\"identifiers\": false}", "", "/a/KD-12345/b", WV_HARMLESS, ""},
    };
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        const struct wv_filter *filter = wv_filter_find(wv_slice_of(rows[i].filter));
        const void *settings = fixture_settings(&fixture, filter, wv_slice_of(rows[i].settings));
        uint8_t mem[256];
        fixture.name = wv_slice_of(rows[i].name);
        const struct fixture_run run =
            fixture_apply(&fixture, filter, settings, wv_slice_of(rows[i].text), mem, sizeof mem);
        ck_assert_msg(run.verdict == rows[i].verdict, "%s %s: %d", rows[i].filter, rows[i].text,
                      (int)run.verdict);
        if (run.verdict == WV_REPLACED) {
            ck_assert_msg(wv_slice_eq(run.bytes, wv_slice_of(rows[i].result)), "%s: %.*s",
                          rows[i].text, WV_SHOW(run.bytes));
        }
    }
}
END_TEST

/* The match that begins first is none; one that begins in it is. */
START_TEST(what_a_validator_refuses_may_hold_another)
{
    static const struct own own = {
        .name = "no", .pattern = "[0-9]{8,9}#", .literal = "#", .validator = "luhn"};
    char got[1024];
    use(&own, 1);
    ck_assert_int_eq(search(WV_LIT("112345674#"), got), WV_REPLACED);
    ck_assert_str_eq(got, "1~NO~");
    ck_assert_int_eq(search(WV_LIT("112345675#"), got), WV_HARMLESS);
}
END_TEST

/* Long texts are looked at in parts: no match is lost between two of them. */
START_TEST(it_is_found_wherever_it_stands)
{
    enum { MOST = 4000 };
    static char text[MOST + 64];
    char got[1024];
    for (size_t before = 0; before < MOST; before += before < 600 || before > 3400 ? 1 : 7) {
        memset(text, '.', sizeof text);
        memcpy(text + before, "KD-12345678", 11);
        const struct wv_slice all = {(const uint8_t *)text,
                                     before % 2 == 0 ? before + 11 : sizeof text};
        look(all);
        ck_assert_uint_eq(hits.count, 1);
        ck_assert_uint_eq(hits.items[0].from, before);
        ck_assert_uint_eq(hits.items[0].to, before + 11);
        ck_assert_int_eq(search(all, got), WV_REPLACED);
    }
}
END_TEST

/* ---- Limits
 * -----------------------------------------------------------------------------------------
 */

START_TEST(a_limit_removes_the_value_and_is_counted)
{
    static const struct own list[] = {
        {.name = "a", .pattern = "KD-[0-9]+x", .literal = "KD-"},
        {.name = "b", .pattern = "CU-(?:x?y?){1,12}z", .literal = "CU-"},
    };
    static char text[8192];
    char got[1024];
    use(list, 1);
    memset(text, '7', sizeof text);
    memcpy(text, "KD-", 3);
    /* Longer than any match may be. */
    ck_assert_int_eq(search((struct wv_slice){(const uint8_t *)text, sizeof text}, got), WV_FAILED);
    ck_assert_uint_eq(limits[0], 1);
    ck_assert_uint_eq(limits[1], 0);
    /* The same, but nobody asks. */
    text[0] = 'X';
    ck_assert_int_eq(search((struct wv_slice){(const uint8_t *)text, sizeof text}, got),
                     WV_HARMLESS);
    ck_assert_uint_eq(limits[0], 1);
    /* More hits than are looked through: a limit, but none of the pattern. */
    for (size_t i = 0; i + 6 <= sizeof text; i += 6) {
        memcpy(text + i, "KD-1x ", 6);
    }
    ck_assert_int_eq(search((struct wv_slice){(const uint8_t *)text, sizeof text}, got), WV_FAILED);
    ck_assert_uint_eq(limits[0], 1);
}
END_TEST

/* A pattern that the trials let through is still bounded over texts that they did not think of. */
START_TEST(hostile_texts_cost_a_bounded_time)
{
    enum { LONG = 1 << 20 };
    static const struct own list[] = {
        {.name = "a", .pattern = "KD-[^\"]*\"", .literal = "KD-"},
        {.name = "b", .pattern = "KD-(?:[0-9]{1,9}-){1,4}x", .literal = "KD-"},
        {.name = "c", .pattern = "[A-Z]{1,40}-[0-9]{1,40}-[A-Z]{1,40}#", .literal = "#"},
    };
    static const char *const rows[] = {"KD-", "KD-1", "K", "KD-12-", "AB-", "A-1-#", "KD-\"#"};
    uint8_t *text = malloc(LONG);
    use(list, WV_COUNT(list));
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        for (size_t at = 0; at < LONG; at++) {
            text[at] = (uint8_t)rows[i][at % strlen(rows[i])];
        }
        text[LONG - 1] = '#';
        look((struct wv_slice){text, LONG}); /* the test's own time is the limit */
    }
    free(text);
}
END_TEST

/* ---- Joined pieces
 * ------------------------------------------------------------------------------------
 */

static const struct {
    const char *pieces; /* joined by | */
    bool crosses;
} joined[] = {
    {"KD-1|2345", true},
    {"xKD-1|2345x", false},  /* no border where the word begins */
    {"x|KD-1|2345|x", true}, /* borders of pieces are borders of words */
    {"x|KD-12345|x", false}, /* in one piece: found there */
    {"K|D|-|1|2|3|4|5", true},
    {"KD-1||2345", true},
    {"KD-|", false},
    {"KD-1|x", false},
    {"KD-1 |2345", false},
    {"KD-1|234", false},
    {"KD%2|D12345", true},
    {"KD%2D1|2345", true},
    {"%4|BD-12345", true},
    {"%25|4BD-12345", true},
    {"KD|union select|-12345", false},
    {"1' or|'1'='1", false},
    {"a|b|c", false},
    {"case|#12", true},
    {"M 79927|398713", true},
};

START_TEST(pieces_are_searched_together)
{
    static uint8_t text[256];
    uint32_t borders[16];
    size_t count = 0;
    size_t len = 0;
    borders[count++] = 0;
    for (const char *at = joined[_i].pieces; *at != '\0'; at++) {
        if (*at == '|') {
            borders[count++] = (uint32_t)len;
        } else {
            text[len++] = (uint8_t)*at;
        }
    }
    const bool crosses = wv_search_crosses(WV_SEARCH_IDENTIFIERS, (struct wv_slice){text, len},
                                           borders, count, &fixture.context);
    ck_assert_msg(crosses == joined[_i].crosses, "%s", joined[_i].pieces);
    ck_assert_uint_eq(fixture.scratch.used, 0);
}
END_TEST

/* Wherever one is cut, in however many pieces. */
START_TEST(no_cut_hides_it)
{
    static const char no[] = "KD-12345678";
    const size_t len = sizeof no - 1;
    for (unsigned cuts = 1; cuts < 1U << (len - 1); cuts++) {
        char text[64] = "before";
        uint32_t borders[16] = {0, 6};
        size_t count = 2;
        memcpy(text + 6, no, len);
        memcpy(text + 6 + len, "9behind", 7);
        for (size_t i = 0; i + 1 < len; i++) {
            if ((cuts >> i & 1) != 0) {
                borders[count++] = (uint32_t)(6 + i + 1);
            }
        }
        borders[count++] = (uint32_t)(6 + len);
        const struct wv_slice all = {(const uint8_t *)text, 6 + len + 7};
        ck_assert_msg(wv_search_crosses(WV_SEARCH_ALL, all, borders, count, &fixture.context),
                      "cuts %x", cuts);
    }
}
END_TEST

/* ---- Against the plainest way
 * ---------------------------------------------------------------------------
 */

static void compare(const struct own *list, size_t count, pcre2_code *const *codes,
                    struct wv_slice text)
{
    static struct wv_hits wanted;
    wv_hits_clear(&wanted);
    for (size_t i = 0; i < count; i++) {
        own_find(&list[i], codes[i], i, text, &wanted);
    }
    look(text);
    ck_assert(!hits.overflowed && !wanted.overflowed);
    ck_assert(own_same(&hits, &wanted));
}

START_TEST(the_same_is_found_without_short_cuts)
{
    static const char *const words[] = {"KD-", "12345", "7",    " ",   "M",  "79927398713", "case",
                                        "#",   "CASE",  "dev:", "0a:", "1a", "x",           "-"};
    pcre2_code *codes[WV_COUNT(usual)];
    for (size_t i = 0; i < WV_COUNT(usual); i++) {
        codes[i] = own_compile(&usual[i]);
    }
    uint64_t state = 1;
    size_t matches = 0;
    for (size_t run = 0; run < 20000; run++) {
        uint8_t text[160];
        size_t len = 0;
        while (len < 100 && random_next(&state) % 24 != 0) {
            const char *word = words[random_next(&state) % WV_COUNT(words)];
            memcpy(text + len, word, strlen(word));
            len += strlen(word);
        }
        compare(usual, WV_COUNT(usual), codes, (struct wv_slice){text, len});
        matches += hits.count;
    }
    ck_assert_uint_gt(matches, 1000);
    for (size_t i = 0; i < WV_COUNT(usual); i++) {
        pcre2_code_free(codes[i]);
    }
}
END_TEST

/* Patterns of all kinds of parts: where one is taken, no match is without its literal. */
START_TEST(what_is_taken_holds_its_literal)
{
    static const char *const parts[] = {
        "a",  "b",   "ab",  "(?:", "(",   ")",     "|",     "?",    "+",    "{2}", "{0,2}", "[a]",
        "[b", "]",   "[^a", ".",   "\\b", "(?=",   "(?!",   "(?i)", "(?i:", "*",   "(?>",   "^",
        "A",  "[]a", "[[:", ":]",  "-",   "{1,}?", "\\x61", "\\",   "[ab]", "??",  "(?<=",  "$"};
    uint64_t state = 7;
    size_t good = 0;
    for (size_t run = 0; run < 60000; run++) {
        char pattern[64] = "";
        size_t used = 0;
        const size_t count = 2 + random_next(&state) % 7;
        for (size_t i = 0; i < count; i++) {
            used += (size_t)snprintf(pattern + used, sizeof pattern - used, "%s",
                                     parts[random_next(&state) % WV_COUNT(parts)]);
        }
        const struct own own = {.name = "x",
                                .pattern = pattern,
                                .literal = "ab",
                                .nocase = random_next(&state) % 2 == 0};
        struct wv_patterns *set = wv_patterns_new();
        struct wv_report *report = wv_report_new();
        if (own_add(set, &own, report)) {
            good++;
            pcre2_code *code = own_compile(&own);
            for (size_t i = 0; i < 200; i++) {
                uint8_t text[12];
                const size_t len = random_next(&state) % sizeof text;
                for (size_t k = 0; k < len; k++) {
                    text[k] = (uint8_t) "aabbAB-]:"[random_next(&state) % 9];
                }
                wv_hits_clear(&hits);
                own_find(&own, code, 0, (struct wv_slice){text, len}, &hits);
                ck_assert_msg(hits.count == 0 ||
                                  wv_patterns_may_match(set, (struct wv_slice){text, len}),
                              "%s in %.*s", pattern, (int)len, (const char *)text);
            }
            pcre2_code_free(code);
        }
        wv_report_free(report);
        wv_patterns_free(set);
    }
    ck_assert_uint_gt(good, 300);
}
END_TEST

/* The literal is looked for sixteen bytes at a time. */
START_TEST(the_literal_is_found_wherever_it_stands)
{
    static const char *const literals[] = {"a", "ab", "Abc", "a-bcdefghijklmnopqrst"};
    for (size_t i = 0; i < 2 * WV_COUNT(literals); i++) {
        const char *literal = literals[i / 2];
        const size_t size = strlen(literal);
        const struct own own = {
            .name = "x", .pattern = literal, .literal = literal, .nocase = i % 2 == 1};
        use(&own, 1);
        for (size_t len = 0; len < 70; len++) {
            for (size_t at = 0; at + size <= len; at++) {
                uint8_t text[80];
                memset(text, 'a', sizeof text); /* looks like the beginning of all */
                memset(text, size == 1 ? 'x' : 'a', len);
                memcpy(text + at, literal, size);
                text[at] ^= i % 2 == 1 ? 0x20 : 0; /* in the other case */
                uint8_t *exact = malloc(len);
                memcpy(exact, text, len);
                ck_assert(wv_patterns_may_match(patterns, (struct wv_slice){exact, len}));
                exact[at] = '?';
                const bool again = size > 1 && memmem(exact, len, literal, size) != NULL;
                ck_assert(again || !wv_patterns_may_match(patterns, (struct wv_slice){exact, len}));
                free(exact);
            }
        }
    }
}
END_TEST

/* A detector may have any name that the configuration takes. */
START_TEST(placeholders_are_recognised)
{
    static const struct own list[] = {
        {.name = "x", .pattern = "KD-", .literal = "KD-"},
        {.name = "a_name_of_20_letters", .pattern = "CU-", .literal = "CU-"},
    };
    use(list, WV_COUNT(list));
    ck_assert(wv_placeholder_is(WV_LIT("~X~"), patterns));
    ck_assert(wv_placeholder_is(WV_LIT("~A_NAME_OF_20_LETTERS.ak2vq7zt~"), patterns));
    ck_assert(!wv_placeholder_is(WV_LIT("~X~"), NULL));
    ck_assert(!wv_placeholder_is(WV_LIT("~Y~"), patterns));
    ck_assert(!wv_placeholder_is(WV_LIT("~~"), patterns));
    char got[1024];
    ck_assert_int_eq(search(WV_LIT("a KD-1 CU-2"), got), WV_REPLACED);
    ck_assert_str_eq(got, "a ~X~1 ~A_NAME_OF_20_LETTERS~2");
}
END_TEST

int main(void)
{
    TCase *loading = tcase_create("loading");
    tcase_set_timeout(loading, 120);
    tcase_add_checked_fixture(loading, set_up, tear_down);
    tcase_add_loop_test(loading, what_cannot_be_bounded_is_refused, 0, WV_COUNT(refused));
    tcase_add_test(loading, what_is_longer_than_possible_is_refused);
    tcase_add_loop_test(loading, what_can_be_bounded_is_taken, 0, WV_COUNT(taken));
    tcase_add_test(loading, what_is_taken_holds_its_literal);
    TCase *finding = tcase_create("finding");
    tcase_add_checked_fixture(finding, set_up, tear_down);
    tcase_add_loop_test(finding, it_is_found_in_every_spelling, 0, WV_COUNT(found));
    tcase_add_test(finding, no_short_cut_passes_it_by);
    tcase_add_test(finding, what_a_validator_refuses_may_hold_another);
    tcase_add_test(finding, it_is_found_wherever_it_stands);
    tcase_add_test(finding, a_limit_removes_the_value_and_is_counted);
    tcase_add_test(finding, hostile_texts_cost_a_bounded_time);
    tcase_add_loop_test(finding, pieces_are_searched_together, 0, WV_COUNT(joined));
    tcase_add_test(finding, no_cut_hides_it);
    tcase_add_test(finding, the_same_is_found_without_short_cuts);
    tcase_add_test(finding, the_literal_is_found_wherever_it_stands);
    tcase_add_test(finding, placeholders_are_recognised);
    Suite *suite = suite_create("patterns");
    suite_add_tcase(suite, loading);
    suite_add_tcase(suite, finding);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
