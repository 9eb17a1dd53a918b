/*
 * token: known answers of the whole way from secret to text. If one of them changes, tokens of
 * before and after do not join, and nobody would be told.
 */
#include "keys/token.h"

#include "keys/derive.h"
#include "keys/epoch.h"
#include "keys/hmac_batch.h"
#include "support/hex.h"

#include <arpa/inet.h>
#include <check.h>

static struct wv_keyring *keyring_of(const struct wv_key_entry *entries, size_t count)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_from(entries, count, report);
    ck_assert_uint_eq(wv_report_count(report), 0);
    ck_assert_ptr_nonnull(keyring);
    wv_report_free(report);
    return keyring;
}

static struct wv_slice canonical_of(enum wv_kind kind, struct wv_slice value, uint8_t out[128])
{
    if (kind != WV_KIND_IP) {
        return wv_canonical_text(kind, value, out);
    }
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN] = {0};
    wv_ensure(value.len < sizeof text);
    memcpy(text, value.ptr, value.len);
    out[0] = 0x04;
    if (inet_pton(AF_INET, text, out + 1) == 1) {
        return (struct wv_slice){out, 5};
    }
    wv_ensure(inet_pton(AF_INET6, text, out + 1) == 1);
    if (memcmp(out + 1, mapped, sizeof mapped) == 0) {
        memmove(out + 1, out + 13, 4);
        return (struct wv_slice){out, 5};
    }
    out[0] = 0x06;
    return (struct wv_slice){out, 17};
}

/* _i: slots of the cache. Each token is made twice: anew, and from the cache where there is one. */
START_TEST(known_answers)
{
    struct vectors table = vectors_load(WV_TEST_VECTORS, "token");
    const size_t secret_at = vectors_column(&table, "secret_hex");
    const size_t domain_at = vectors_column(&table, "domain");
    const size_t epoch_at = vectors_column(&table, "epoch");
    const size_t kind_at = vectors_column(&table, "kind");
    const size_t value_at = vectors_column(&table, "value");
    const size_t token_at = vectors_column(&table, "token");
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        uint8_t secret[WV_SECRET_BYTES];
        hex_read(fields[secret_at], secret, sizeof secret);
        const struct wv_key_entry entry = {fields[domain_at], fields[epoch_at], secret};
        struct wv_keyring *keyring = keyring_of(&entry, 1);
        struct wv_tokens *tokens = wv_tokens_new(keyring, (size_t)_i);
        struct wv_epoch_span span;
        ck_assert(wv_epoch_parse(fields[epoch_at], &span));
        const struct wv_token_key key = {.domain = fields[domain_at],
                                         .time_s = span.first * WV_DAY_S + 3600,
                                         .kind = wv_kind_find(fields[kind_at])};
        uint8_t mem[128];
        const struct wv_slice canonical = canonical_of(key.kind, fields[value_at], mem);
        for (int round = 0; round < 2; round++) {
            struct wv_token token;
            ck_assert(wv_tokens_make(tokens, &key, canonical, &token));
            ck_assert(wv_slice_eq(wv_token_slice(&token), fields[token_at]));
            ck_assert_uint_eq(token.code_at, fields[epoch_at].len + 1);
            ck_assert_uint_eq(token.len - token.code_at, WV_TOKEN_CODE);
        }
        ck_assert_uint_eq(wv_tokens_stats(tokens).hits, _i == 0 ? 0 : 1);
        wv_tokens_free(tokens);
        wv_keyring_free(keyring);
    }
    vectors_free(&table);
}
END_TEST

/* As put_base32() in token.c does it, bit by bit. */
static void spell(const uint8_t *bytes, char out[WV_TOKEN_CODE + 1])
{
    for (size_t i = 0; i < WV_TOKEN_CODE; i++) {
        unsigned letter = 0;
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            const unsigned byte = bit < 128 ? bytes[bit / 8] : 0;
            letter = letter << 1 | (byte >> (7 - bit % 8) & 1);
        }
        out[i] = "abcdefghijklmnopqrstuvwxyz234567"[letter];
    }
    out[WV_TOKEN_CODE] = '\0';
}

/* _i: the way. All rows in one batch, each under the key of its own. */
START_TEST(known_answers_at_once)
{
    enum { ROWS_MAX = 32 };
    struct vectors table = vectors_load(WV_TEST_VECTORS, "token");
    struct wv_hmac hmacs[ROWS_MAX];
    struct wv_hmac_job jobs[ROWS_MAX];
    uint8_t values[ROWS_MAX][128];
    ck_assert(table.count >= 8 && table.count <= ROWS_MAX);
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        const struct wv_use use = {fields[vectors_column(&table, "domain")],
                                   fields[vectors_column(&table, "epoch")],
                                   fields[vectors_column(&table, "kind")]};
        uint8_t secret[WV_SECRET_BYTES];
        uint8_t key[WV_SECRET_BYTES];
        hex_read(fields[vectors_column(&table, "secret_hex")], secret, sizeof secret);
        ck_assert(wv_derive(secret, &use, key, sizeof key));
        wv_hmac_init(&hmacs[i], (struct wv_slice){key, sizeof key});
        jobs[i].hmac = &hmacs[i];
        jobs[i].message = canonical_of(wv_kind_find(use.name),
                                       fields[vectors_column(&table, "value")], values[i]);
    }
    if (wv_hmac_has((enum wv_hmac_way)_i)) {
        wv_hmac_make_batch_by((enum wv_hmac_way)_i, jobs, table.count);
        for (size_t i = 0; i < table.count; i++) {
            const struct wv_slice token = table.rows[i].fields[vectors_column(&table, "token")];
            char code[WV_TOKEN_CODE + 1];
            spell(jobs[i].out, code);
            ck_assert(wv_slice_eq(wv_slice_sub(token, token.len - WV_TOKEN_CODE, token.len),
                                  wv_slice_of(code)));
        }
    }
    vectors_free(&table);
}
END_TEST

/* A rule with a shorter epoch under a longer one gives the token of that shorter epoch. */
START_TEST(a_shorter_epoch_has_its_own_id_and_key)
{
    static const char wanted[] = "20261118-1d.tqj234ljpybe3ad46j7f55lbky";
    uint8_t secret[WV_SECRET_BYTES];
    hex_read(WV_LIT("f0e1d2c3b4a5968778695a4b3c2d1e0f00112233445566778899aabbccddeeff"), secret,
             sizeof secret);
    const struct wv_key_entry entry = {WV_LIT("acme/eu/soc"), WV_LIT("20261116-7d"), secret};
    struct wv_keyring *keyring = keyring_of(&entry, 1);
    struct wv_tokens *tokens = wv_tokens_new(keyring, 16);
    struct wv_token_key key = {.domain = WV_LIT("acme/eu/soc"),
                               .time_s = 1795003200, /* 2026-11-18 12:00 UTC */
                               .days = 1,
                               .kind = WV_KIND_SESSION};
    uint8_t mem[32];
    const struct wv_slice canonical = wv_canonical_text(key.kind, WV_LIT("9f3c0d2e7a"), mem);
    struct wv_token token;
    ck_assert(wv_tokens_make(tokens, &key, canonical, &token));
    ck_assert(wv_slice_eq(wv_token_slice(&token), wv_slice_of(wanted)));

    key.time_s += WV_DAY_S;
    ck_assert(wv_tokens_make(tokens, &key, canonical, &token));
    ck_assert(wv_slice_starts(wv_token_slice(&token), WV_LIT("20261119-1d.")));

    key.days = 30; /* longer than the domain's own: it has no secret of that length */
    ck_assert(wv_tokens_make(tokens, &key, canonical, &token));
    ck_assert(wv_slice_starts(wv_token_slice(&token), WV_LIT("20261116-7d.")));
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(without_an_epoch_there_is_no_token)
{
    const uint8_t secret[WV_SECRET_BYTES] = {1};
    const struct wv_key_entry entry = {WV_LIT("acme/eu/soc"), WV_LIT("20261116-7d"), secret};
    struct wv_keyring *keyring = keyring_of(&entry, 1);
    struct wv_tokens *tokens = wv_tokens_new(keyring, 16);
    uint8_t long_name[WV_DOMAIN_MAX + 1];
    memset(long_name, 'x', sizeof long_name);
    const struct wv_token_key keys[] = {
        {.domain = WV_LIT("acme/eu/other"), .time_s = 1795003200, .kind = WV_KIND_IP},
        {.domain = WV_LIT(""), .time_s = 1795003200, .kind = WV_KIND_IP},
        {.domain = {long_name, sizeof long_name}, .time_s = 1795003200, .kind = WV_KIND_IP},
        {.domain = WV_LIT("acme/eu/soc"), .time_s = 1794787199, .kind = WV_KIND_IP},
        {.domain = WV_LIT("acme/eu/soc"), .time_s = 1795392000, .kind = WV_KIND_IP},
        {.domain = WV_LIT("acme/eu/soc"), .time_s = INT64_MIN, .days = 1, .kind = WV_KIND_IP},
        {.domain = WV_LIT("acme/eu/soc"), .time_s = INT64_MAX, .days = 1, .kind = WV_KIND_IP},
    };
    for (size_t i = 0; i < WV_COUNT(keys); i++) {
        struct wv_token token;
        uint8_t address[4] = {192, 0, 2, 1};
        const uint8_t zeros[4] = {0};
        ck_assert(!wv_tokens_make(tokens, &keys[i], WV_LIT("\x04\xc0\0\2\1"), &token));
        ck_assert_uint_eq(token.len, 0);
        ck_assert(!wv_tokens_pfx(tokens, &keys[i], 4, address));
        ck_assert_mem_eq(address, zeros, 4);
    }
    ck_assert_uint_eq(wv_tokens_stats(tokens).without_key, 2 * WV_COUNT(keys));
    ck_assert_uint_eq(wv_tokens_stats(tokens).misses, 0);
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(a_throwaway_key_serves_every_domain_and_time)
{
    const uint8_t seed[WV_SECRET_BYTES] = {4};
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_throwaway(seed, report);
    ck_assert_ptr_nonnull(keyring);
    struct wv_tokens *tokens = wv_tokens_new(keyring, 16);
    struct wv_token_key key = {.domain = WV_LIT("a"), .time_s = INT64_MIN, .kind = WV_KIND_TEXT};
    struct wv_token first;
    struct wv_token second;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53x"), &first));
    ck_assert(wv_slice_starts(wv_token_slice(&first), WV_LIT("throwaway.")));
    key.time_s = INT64_MAX;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53x"), &second));
    ck_assert(wv_slice_eq(wv_token_slice(&first), wv_token_slice(&second)));
    key.domain = WV_LIT("b");
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53x"), &second));
    ck_assert(!wv_slice_eq(wv_token_slice(&first), wv_token_slice(&second)));
    key.days = 7;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53x"), &second));
    key.time_s = INT64_MIN;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53x"), &second));
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
    wv_report_free(report);
}
END_TEST

static const struct {
    enum wv_kind kind;
    const char *value;
    const char *canonical;
} canonical_forms[] = {
    {WV_KIND_EMAIL, "Alice@EXAMPLE.com", "SAlice@example.com"},
    {WV_KIND_EMAIL, "\"A@B\"@EXAMPLE.com", "S\"A@B\"@example.com"},
    {WV_KIND_EMAIL, "NOAT", "SNOAT"},
    {WV_KIND_EMAIL, "", "S"},
    {WV_KIND_USER, "Alice@EXAMPLE.com", "SAlice@EXAMPLE.com"},
    {WV_KIND_TEXT, "", "S"},
};

START_TEST(canonical_text)
{
    uint8_t mem[64];
    const struct wv_slice got =
        wv_canonical_text(canonical_forms[_i].kind, wv_slice_of(canonical_forms[_i].value), mem);
    ck_assert(wv_slice_eq(got, wv_slice_of(canonical_forms[_i].canonical)));
}
END_TEST

START_TEST(words_of_kinds)
{
    for (unsigned kind = WV_KIND_NONE + 1; kind < WV_KIND_COUNT; kind++) {
        const char *name = wv_kind_name((enum wv_kind)kind);
        ck_assert_ptr_nonnull(name);
        ck_assert_uint_eq(wv_kind_find(wv_slice_of(name)), kind);
    }
    ck_assert_ptr_null(wv_kind_name(WV_KIND_NONE));
    ck_assert_uint_eq(wv_kind_find(WV_LIT("IP")), WV_KIND_NONE);
    ck_assert_uint_eq(wv_kind_find(WV_LIT("")), WV_KIND_NONE);
    ck_assert_uint_eq(wv_kind_find(WV_LIT("ip-pfx")), WV_KIND_NONE);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("token");
    tcase_add_loop_test(tests, known_answers, 0, 2);
    tcase_add_loop_test(tests, known_answers_at_once, 0, WV_HMAC_WAYS);
    tcase_add_test(tests, a_shorter_epoch_has_its_own_id_and_key);
    tcase_add_test(tests, without_an_epoch_there_is_no_token);
    tcase_add_test(tests, a_throwaway_key_serves_every_domain_and_time);
    tcase_add_loop_test(tests, canonical_text, 0, (int)WV_COUNT(canonical_forms));
    tcase_add_test(tests, words_of_kinds);
    Suite *suite = suite_create("token");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
