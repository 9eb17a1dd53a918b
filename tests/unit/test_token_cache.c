/*
 * token cache: it may only ever save time. A token from the cache that belongs to another value,
 * domain, epoch or kind would name the wrong person, or join what must not be joined.
 */
#include "keys/token.h"

#include "support/random.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400, VALUE_MAX = 130 };

static const int64_t monday = INT64_C(1794787200);

static struct wv_keyring *keyring_with(const struct wv_key_entry *entries, size_t count)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_from(entries, count, report);
    ck_assert_ptr_nonnull(keyring);
    wv_report_free(report);
    return keyring;
}

static struct wv_keyring *two_domains(void)
{
    static const uint8_t secrets[4][WV_SECRET_BYTES] = {{1}, {2}, {3}, {4}};
    const struct wv_key_entry entries[] = {
        {WV_LIT("acme/eu/soc"), WV_LIT("20261116-7d"), secrets[0]},
        {WV_LIT("acme/eu/soc"), WV_LIT("20261123-7d"), secrets[1]},
        {WV_LIT("acme/jp/soc"), WV_LIT("20261116-7d"), secrets[2]},
        {WV_LIT("acme/jp/soc"), WV_LIT("20261123-7d"), secrets[3]},
    };
    return keyring_with(entries, WV_COUNT(entries));
}

/* A few values come again and again, some differ in one byte, the longest are too long to keep. */
static struct wv_slice random_value(uint64_t *seed, uint8_t mem[VALUE_MAX])
{
    uint64_t inner = random_next(seed) % 300;
    const size_t len = 2 + random_next(&inner) % (VALUE_MAX - 2);
    random_fill(&inner, mem, len);
    mem[0] = 0x53;
    if (random_next(seed) % 4 == 0) {
        mem[len - 1] ^= (uint8_t)(random_next(seed) % 3);
    }
    return (struct wv_slice){mem, len};
}

static struct wv_token_key random_key(uint64_t *seed)
{
    const uint64_t choice = random_next(seed);
    return (struct wv_token_key){
        .domain = (choice & 1) != 0 ? WV_LIT("acme/eu/soc") : WV_LIT("acme/jp/soc"),
        .time_s = monday + (int64_t)(choice >> 8 & 0xfff) * (14 * DAY) / 4096,
        .days = (uint32_t)(choice >> 20) % 3,
        .kind = (enum wv_kind)(WV_KIND_IP + (choice >> 24) % 8),
    };
}

/* _i: which size of cache; the small ones make nearly every value meet another in its slot. */
START_TEST(tokens_are_those_without_a_cache)
{
    static const size_t sizes[] = {1, 16, 1024, 65536};
    struct wv_keyring *keyring = two_domains();
    struct wv_tokens *plain = wv_tokens_new(keyring, 0);
    struct wv_tokens *cached = wv_tokens_new(keyring, sizes[_i]);
    ck_assert(plain != NULL && cached != NULL);
    uint64_t seed = 77;
    for (int i = 0; i < 100000; i++) {
        uint8_t mem[VALUE_MAX];
        const struct wv_token_key key = random_key(&seed);
        const struct wv_slice value = random_value(&seed, mem);
        struct wv_token a;
        struct wv_token b;
        wv_tokens_expect(plain, key.kind, value);
        wv_tokens_expect(cached, key.kind, value);
        ck_assert(wv_tokens_make(plain, &key, value, &a));
        ck_assert(wv_tokens_make(cached, &key, value, &b));
        if (!wv_slice_eq(wv_token_slice(&a), wv_token_slice(&b)) || a.code_at != b.code_at) {
            ck_abort_msg("round %d differs", i);
        }
    }
    ck_assert_uint_eq(wv_tokens_stats(plain).hits, 0);
    ck_assert_uint_eq(wv_tokens_stats(plain).misses, 100000);
    const struct wv_token_stats stats = wv_tokens_stats(cached);
    ck_assert_uint_eq(stats.hits + stats.misses, 100000);
    if (sizes[_i] >= 1024) {
        ck_assert_uint_gt(stats.hits, 100);
    }
    wv_tokens_free(plain);
    wv_tokens_free(cached);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(addresses_are_those_without_a_cache)
{
    struct wv_keyring *keyring = two_domains();
    struct wv_tokens *plain = wv_tokens_new(keyring, 0);
    struct wv_tokens *cached = wv_tokens_new(keyring, 64);
    uint64_t seed = 78;
    for (int i = 0; i < 20000; i++) {
        const struct wv_token_key key = random_key(&seed);
        const int family = random_next(&seed) % 2 == 0 ? 4 : 6;
        uint64_t inner = random_next(&seed) % 50;
        uint8_t a[16];
        uint8_t b[16];
        random_fill(&inner, a, sizeof a);
        memcpy(b, a, sizeof b);
        ck_assert(wv_tokens_pfx(plain, &key, family, a));
        ck_assert(wv_tokens_pfx(cached, &key, family, b));
        ck_assert_mem_eq(a, b, sizeof a);
    }
    ck_assert_uint_gt(wv_tokens_stats(cached).hits, 100);
    wv_tokens_free(plain);
    wv_tokens_free(cached);
    wv_keyring_free(keyring);
}
END_TEST

static int compare_tokens(const void *a, const void *b)
{
    return memcmp(a, b, WV_TOKEN_CODE);
}

/* One value in one slot, under all domains, epochs and kinds: no two codes may be the same. */
START_TEST(no_two_keys_share_a_token)
{
    struct wv_keyring *keyring = two_domains();
    struct wv_tokens *tokens = wv_tokens_new(keyring, 1);
    uint8_t codes[1024][WV_TOKEN_CODE];
    size_t count = 0;
    for (unsigned kind = WV_KIND_NONE + 1; kind < WV_KIND_COUNT; kind++) {
        for (int domain = 0; domain < 2; domain++) {
            for (int day = 0; day < 14; day++) {
                for (uint32_t days = 0; days < 2; days++) {
                    if (days == 0 && day % 7 != 0) {
                        continue; /* the domain's own epoch: the same key as the day before */
                    }
                    const struct wv_token_key key = {
                        .domain = domain == 0 ? WV_LIT("acme/eu/soc") : WV_LIT("acme/jp/soc"),
                        .time_s = monday + day * DAY,
                        .days = days,
                        .kind = (enum wv_kind)kind,
                    };
                    struct wv_token token;
                    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53same"), &token));
                    memcpy(codes[count++], token.text + token.code_at, WV_TOKEN_CODE);
                }
            }
        }
    }
    ck_assert_uint_eq(count, 8 * 2 * 16);
    ck_assert_uint_eq(wv_tokens_stats(tokens).hits, 0);
    qsort(codes, count, sizeof codes[0], compare_tokens);
    for (size_t i = 1; i < count; i++) {
        ck_assert_mem_ne(codes[i - 1], codes[i], WV_TOKEN_CODE);
    }
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
}
END_TEST

/* A short epoch that lies across the border of two secrets has one id and two keys. */
START_TEST(a_short_epoch_over_a_border_changes_its_key)
{
    struct wv_keyring *keyring = two_domains();
    struct wv_tokens *tokens = wv_tokens_new(keyring, 16);
    struct wv_token_key key = {
        .domain = WV_LIT("acme/eu/soc"), .time_s = monday + 7 * DAY - 1, .kind = WV_KIND_IP};
    char before[WV_EPOCH_ID_MAX + 1] = "";
    char after[WV_EPOCH_ID_MAX + 1] = "x";
    for (key.days = 2; key.days < 7 && strcmp(before, after) != 0; key.days++) {
        wv_epoch_id(key.time_s, key.days, before);
        wv_epoch_id(key.time_s + 1, key.days, after);
    }
    key.days--;
    ck_assert_str_eq(before, after);
    struct wv_token a;
    struct wv_token b;
    struct wv_token again;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53v"), &a));
    key.time_s++;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53v"), &b));
    key.time_s--;
    ck_assert(wv_tokens_make(tokens, &key, WV_LIT("\x53v"), &again));
    ck_assert_mem_eq(a.text, b.text, a.code_at);
    ck_assert_mem_ne(a.text + a.code_at, b.text + b.code_at, WV_TOKEN_CODE);
    ck_assert(wv_slice_eq(wv_token_slice(&a), wv_token_slice(&again)));
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
}
END_TEST

/* Makes the same tokens three times over; more keys are needed than the table of keys holds, so
 * that they replace each other and are derived again. */
static void make_thrice(struct wv_tokens *tokens, const struct wv_token_key *keys, size_t count)
{
    struct wv_token *first = calloc(count, sizeof *first);
    ck_assert_ptr_nonnull(first);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < count; i++) {
            struct wv_token token;
            ck_assert(wv_tokens_make(tokens, &keys[i], WV_LIT("\x53same"), &token));
            if (round == 0) {
                memcpy(&first[i], &token, sizeof token);
            }
            ck_assert_mem_eq(token.text, first[i].text, token.len);
        }
    }
    uint8_t(*codes)[WV_TOKEN_CODE] = calloc(count, sizeof *codes);
    ck_assert_ptr_nonnull(codes);
    for (size_t i = 0; i < count; i++) {
        memcpy(codes[i], first[i].text + first[i].code_at, WV_TOKEN_CODE);
    }
    qsort(codes, count, sizeof *codes, compare_tokens);
    for (size_t i = 1; i < count; i++) {
        ck_assert_mem_ne(codes[i - 1], codes[i], WV_TOKEN_CODE);
    }
    free(codes);
    free(first);
}

static const size_t sizes_of_cache[] = {0, 1, 4096};

/* _i: which size of cache */
START_TEST(keys_of_many_domains_come_back_the_same)
{
    enum { DOMAINS = 2000, KINDS = 4 };
    static char names[DOMAINS][16];
    static const uint8_t secret[WV_SECRET_BYTES] = {7};
    static struct wv_key_entry entries[DOMAINS];
    static struct wv_token_key keys[DOMAINS * KINDS];
    for (size_t i = 0; i < DOMAINS; i++) {
        snprintf(names[i], sizeof names[i], "tenant%zu", i);
        entries[i] = (struct wv_key_entry){wv_slice_of(names[i]), WV_LIT("20261116-7d"), secret};
        for (size_t j = 0; j < KINDS; j++) {
            keys[i * KINDS + j] = (struct wv_token_key){.domain = entries[i].domain,
                                                        .time_s = monday,
                                                        .kind = (enum wv_kind)(WV_KIND_IP + j)};
        }
    }
    struct wv_keyring *keyring = keyring_with(entries, DOMAINS);
    struct wv_tokens *tokens = wv_tokens_new(keyring, sizes_of_cache[_i]);
    make_thrice(tokens, keys, WV_COUNT(keys));
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(keys_of_many_days_come_back_the_same)
{
    enum { DAYS = 800 };
    static struct wv_token_key keys[DAYS];
    for (size_t i = 0; i < DAYS; i++) {
        keys[i] = (struct wv_token_key){.domain = WV_LIT("a"),
                                        .time_s = monday + (int64_t)i * DAY,
                                        .days = 1,
                                        .kind = WV_KIND_IP};
    }
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    ck_assert_ptr_nonnull(keyring);
    struct wv_tokens *tokens = wv_tokens_new(keyring, sizes_of_cache[_i]);
    make_thrice(tokens, keys, DAYS);
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("token_cache");
    tcase_add_loop_test(tests, tokens_are_those_without_a_cache, 0, 4);
    tcase_add_test(tests, addresses_are_those_without_a_cache);
    tcase_add_test(tests, no_two_keys_share_a_token);
    tcase_add_test(tests, a_short_epoch_over_a_border_changes_its_key);
    tcase_add_loop_test(tests, keys_of_many_domains_come_back_the_same, 0, 3);
    tcase_add_loop_test(tests, keys_of_many_days_come_back_the_same, 0, 3);
    tcase_set_timeout(tests, 120);
    Suite *suite = suite_create("token_cache");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
