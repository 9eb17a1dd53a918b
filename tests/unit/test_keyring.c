/*
 * keyring: which secret a record gets. One second too early or too late at a border, and an event
 * is tokenised under a secret that may already be destroyed, or is never to be.
 */
#include "keys/keyring_sum.h"

#include "support/findings.h"

enum { DAY = 86400 };

/* 2026-11-16 00:00 UTC, a Monday */
static const int64_t monday = INT64_C(1794787200);

static const uint8_t secret_a[WV_SECRET_BYTES] = {0xa1};
static const uint8_t secret_b[WV_SECRET_BYTES] = {0xb2};
static const uint8_t secret_c[WV_SECRET_BYTES] = {0xc3};

struct line {
    const char *domain;
    const char *epoch;
    const uint8_t *secret;
};

/* Out of order; soc has a gap from 2026-11-30 to 2026-12-07. */
static const struct line lines[] = {
    {"acme/eu/soc", "20261207-7d", secret_c}, {"zeta/jp/soc", "20261101-30d", secret_b},
    {"acme/eu/soc", "20261116-7d", secret_a}, {"acme/eu/soc", "20261123-7d", secret_b},
    {"acme/eu", "20261118-1d", secret_a},
};

static struct wv_keyring *keyring_try(const struct line *items, size_t count,
                                      struct wv_report *report)
{
    struct wv_key_entry entries[8];
    ck_assert_uint_le(count, WV_COUNT(entries));
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct wv_key_entry){wv_slice_of(items[i].domain),
                                           wv_slice_of(items[i].epoch), items[i].secret};
    }
    return wv_keyring_from(entries, count, report);
}

static struct wv_keyring *keyring_of(const struct line *items, size_t count)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = keyring_try(items, count, report);
    findings_are(report, "");
    ck_assert_ptr_nonnull(keyring);
    return keyring;
}

static const struct {
    const char *domain;
    int64_t time_s;
    const char *id; /* NULL: none */
    uint8_t secret; /* its first byte */
} borders[] = {
    {"acme/eu/soc", INT64_C(1794787200) - 1, NULL, 0},
    {"acme/eu/soc", INT64_C(1794787200), "20261116-7d", 0xa1},
    {"acme/eu/soc", INT64_C(1794787200) + 7 * DAY - 1, "20261116-7d", 0xa1},
    {"acme/eu/soc", INT64_C(1794787200) + 7 * DAY, "20261123-7d", 0xb2},
    {"acme/eu/soc", INT64_C(1794787200) + 14 * DAY - 1, "20261123-7d", 0xb2},
    {"acme/eu/soc", INT64_C(1794787200) + 14 * DAY, NULL, 0},
    {"acme/eu/soc", INT64_C(1794787200) + 21 * DAY - 1, NULL, 0},
    {"acme/eu/soc", INT64_C(1794787200) + 21 * DAY, "20261207-7d", 0xc3},
    {"acme/eu/soc", INT64_C(1794787200) + 28 * DAY - 1, "20261207-7d", 0xc3},
    {"acme/eu/soc", INT64_C(1794787200) + 28 * DAY, NULL, 0},
    {"acme/eu/soc", INT64_MIN, NULL, 0},
    {"acme/eu/soc", INT64_MAX, NULL, 0},
    {"acme/eu", INT64_C(1794787200) + 2 * DAY, "20261118-1d", 0xa1},
    {"acme/eu", INT64_C(1794787200) + 3 * DAY, NULL, 0},
    {"zeta/jp/soc", INT64_C(1794787200), "20261101-30d", 0xb2},
    {"acme/eu/so", INT64_C(1794787200), NULL, 0},
    {"acme/eu/soc2", INT64_C(1794787200), NULL, 0},
    {"", INT64_C(1794787200), NULL, 0},
};

START_TEST(finds_by_domain_and_time)
{
    struct wv_keyring *keyring = keyring_of(lines, WV_COUNT(lines));
    const struct wv_epoch *epoch =
        wv_keyring_find(keyring, wv_slice_of(borders[_i].domain), borders[_i].time_s);
    if (borders[_i].id == NULL) {
        ck_assert_ptr_null(epoch);
    } else {
        ck_assert_ptr_nonnull(epoch);
        ck_assert_str_eq(epoch->id, borders[_i].id);
        ck_assert_uint_eq(epoch->secret[0], borders[_i].secret);
        ck_assert_int_eq(epoch->until_s - epoch->from_s, (int64_t)epoch->days * DAY);
    }
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(holds_many_domains)
{
    enum { COUNT = 3000 };
    static char names[COUNT][16];
    static struct wv_key_entry many[COUNT];
    static uint8_t secrets[COUNT][WV_SECRET_BYTES];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "t%zu", i);
        memcpy(secrets[i], &i, sizeof i);
        many[i] = (struct wv_key_entry){wv_slice_of(names[i]), WV_LIT("20261116-7d"), secrets[i]};
    }
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_from(many, COUNT, report);
    findings_are(report, "");
    ck_assert_ptr_nonnull(keyring);
    ck_assert_uint_eq(wv_keyring_count(keyring), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct wv_epoch *epoch = wv_keyring_find(keyring, many[i].domain, monday);
        ck_assert_ptr_nonnull(epoch);
        ck_assert_mem_eq(epoch->secret, secrets[i], WV_SECRET_BYTES);
    }
    ck_assert_ptr_null(wv_keyring_find(keyring, WV_LIT("t3000"), monday));
    wv_keyring_free(keyring);
}
END_TEST

static const struct {
    size_t first;
    size_t count; /* of entries */
    int64_t days; /* now, after monday */
    int64_t runway_days;
} runways[] = {
    {2, 1, 0, 7},  /* one epoch */
    {2, 2, 0, 14}, /* and its successor */
    {2, 2, 13, 1}, {2, 2, 14, 0}, {2, 2, -1, 0},
    {0, 4, 0, 14}, /* the gap ends it, although there is an epoch behind; zeta has 15 days left */
    {0, 4, 13, 1}, {0, 4, 16, 0}, {0, 4, 21, 0}, /* zeta has run out */
    {0, 5, 0, 0},                                /* acme/eu is not in use yet */
    {0, 0, 0, 0},
};

START_TEST(runway_is_that_of_the_domain_that_runs_out_first)
{
    struct wv_keyring *keyring = keyring_of(lines + runways[_i].first, runways[_i].count);
    ck_assert_int_eq(wv_keyring_runway(keyring, monday + runways[_i].days * DAY),
                     runways[_i].runway_days * DAY);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(runway_counts_seconds)
{
    struct wv_keyring *keyring = keyring_of(lines + 2, 1);
    ck_assert_int_eq(wv_keyring_runway(keyring, monday + 7 * DAY - 1), 1);
    ck_assert_int_eq(wv_keyring_runway(keyring, monday + 7 * DAY), 0);
    wv_keyring_free(keyring);
}
END_TEST

START_TEST(throwaway)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *one = wv_keyring_throwaway(NULL, report);
    struct wv_keyring *two = wv_keyring_throwaway(NULL, report);
    struct wv_keyring *fixed = wv_keyring_throwaway(secret_a, report);
    findings_are(report, "");
    ck_assert(wv_keyring_is_throwaway(one));
    const struct wv_epoch *epoch = wv_keyring_find(one, WV_LIT("any"), INT64_MIN);
    ck_assert_ptr_nonnull(epoch);
    ck_assert_str_eq(epoch->id, "throwaway");
    ck_assert_uint_eq(epoch->days, 0);
    ck_assert_ptr_eq(wv_keyring_find(one, WV_LIT(""), INT64_MAX), epoch);
    ck_assert_mem_ne(epoch->secret, wv_keyring_find(two, WV_LIT("any"), 0)->secret,
                     WV_SECRET_BYTES);
    ck_assert_mem_eq(wv_keyring_find(fixed, WV_LIT("any"), 0)->secret, secret_a, WV_SECRET_BYTES);
    ck_assert(wv_keyring_runway(one, 0) == INT64_MAX);
    wv_keyring_free(one);
    wv_keyring_free(two);
    wv_keyring_free(fixed);

    struct wv_keyring *real = keyring_of(lines, 1);
    ck_assert(!wv_keyring_is_throwaway(real));
    wv_keyring_free(real);
    wv_keyring_free(NULL);
}
END_TEST

START_TEST(lists_by_domain_and_time)
{
    static const struct {
        const char *domain;
        const char *id;
        enum wv_epoch_state state;
        int64_t age_days;
    } wanted[] = {
        {"acme/eu", "20261118-1d", WV_EPOCH_PAST, 6},
        {"acme/eu/soc", "20261116-7d", WV_EPOCH_PAST, 8},
        {"acme/eu/soc", "20261123-7d", WV_EPOCH_CURRENT, 1},
        {"acme/eu/soc", "20261207-7d", WV_EPOCH_FUTURE, -13},
        {"zeta/jp/soc", "20261101-30d", WV_EPOCH_CURRENT, 23},
    };
    struct wv_keyring *keyring = keyring_of(lines, WV_COUNT(lines));
    ck_assert_uint_eq(wv_keyring_count(keyring), WV_COUNT(wanted));
    char checks[WV_COUNT(wanted)][WV_CHECK_VALUE + 1];
    for (size_t i = 0; i < WV_COUNT(wanted); i++) {
        struct wv_key_info info;
        ck_assert(wv_keyring_info(keyring, i, monday + 8 * DAY, &info));
        ck_assert(wv_slice_eq(info.domain, wv_slice_of(wanted[i].domain)));
        ck_assert_str_eq(info.epoch->id, wanted[i].id);
        ck_assert_int_eq(info.state, wanted[i].state);
        ck_assert_int_eq(info.age_s, wanted[i].age_days * DAY);
        ck_assert_uint_eq(strspn(info.check, "0123456789abcdef"), WV_CHECK_VALUE);
        memcpy(checks[i], info.check, sizeof info.check);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(checks[i], checks[j]);
        }
    }
    wv_keyring_free(keyring);
}
END_TEST

/* Computed once with another implementation (Python's hmac). */
START_TEST(check_value_is_the_documented_one)
{
    uint8_t secret[WV_SECRET_BYTES];
    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)i;
    }
    const struct line entry = {"acme/eu/soc", "20261116-7d", secret};
    struct wv_keyring *keyring = keyring_of(&entry, 1);
    struct wv_key_info info;
    ck_assert(wv_keyring_info(keyring, 0, monday, &info));
    ck_assert_str_eq(info.check, "6c6b0a39");
    wv_keyring_free(keyring);
}
END_TEST

static const struct {
    struct line lines[2];
    size_t count;
    const char *findings;
} refusals[] = {
    {{{"", "20261116-7d", secret_a}},
     1,
     "error: a domain has 1 to 255 bytes and no control characters\n"},
    {{{"a\nb", "20261116-7d", secret_a}},
     1,
     "error: a domain has 1 to 255 bytes and no control characters\n"},
    {{{"a", "throwaway", secret_a}},
     1,
     "error: an epoch is written start and length, like 20261116-7d\n"},
    {{{"a", "20261116-7d", secret_a}, {"a", "20261122-1d", secret_b}},
     2,
     "error: two epochs of one domain overlap\n"},
    {{{"a", "20261116-7d", secret_a}, {"a", "20261116-7d", secret_a}},
     2,
     "error: two epochs of one domain overlap\n"},
};

START_TEST(refuses)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(keyring_try(refusals[_i].lines, refusals[_i].count, report));
    findings_are(report, refusals[_i].findings);
}
END_TEST

/* Two machines with the same keys show the same digest, and no others; the current epochs have one
 * of their own, so that a machine that has old ones in addition does not differ in that. */
START_TEST(age_and_digest_tell_what_is_held)
{
    static const uint8_t one[WV_SECRET_BYTES] = {1};
    static const uint8_t two[WV_SECRET_BYTES] = {2};
    const struct wv_key_entry entries[] = {
        {WV_LIT("a"), WV_LIT("20261109-7d"), one},
        {WV_LIT("a"), WV_LIT("20261116-7d"), two},
        {WV_LIT("b"), WV_LIT("20261116-7d"), one},
        {WV_LIT("b"), WV_LIT("20261116-7d"), two}, /* another secret of the same epoch */
    };
    const int64_t now_s = INT64_C(1794787200) + 3600; /* an hour of 2026-11-16 */
    struct wv_report *report = wv_report_new();
    struct wv_keyring *whole = wv_keyring_from(entries, 3, report);
    struct wv_keyring *same = wv_keyring_from(entries, 3, report);
    struct wv_keyring *later = wv_keyring_from(entries + 1, 2, report);
    const struct wv_key_entry changed[] = {entries[0], entries[1], entries[3]};
    struct wv_keyring *other = wv_keyring_from(changed, 3, report);
    uint8_t digests[2][4][WV_SHA256_BYTES];
    struct wv_keyring *const all[] = {whole, same, later, other};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(all[i]);
        ck_assert(wv_keyring_digest(all[i], WV_KEYRING_ALL, now_s, digests[0][i]));
        ck_assert(wv_keyring_digest(all[i], WV_KEYRING_CURRENT, now_s, digests[1][i]));
    }
    ck_assert_mem_eq(digests[0][0], digests[0][1], WV_SHA256_BYTES);
    ck_assert_mem_ne(digests[0][0], digests[0][2], WV_SHA256_BYTES);
    ck_assert_mem_ne(digests[0][0], digests[0][3], WV_SHA256_BYTES);
    ck_assert_mem_eq(digests[1][0], digests[1][2], WV_SHA256_BYTES);
    ck_assert_mem_ne(digests[1][0], digests[1][3], WV_SHA256_BYTES);
    ck_assert_mem_ne(digests[0][0], digests[1][0], WV_SHA256_BYTES);

    ck_assert_int_eq(wv_keyring_age(whole, now_s), 7 * 86400 + 3600);
    ck_assert_int_eq(wv_keyring_age(later, now_s), 3600);
    ck_assert_int_eq(wv_keyring_age(later, now_s - 7200), 0);
    ck_assert_uint_eq(wv_keyring_missing(whole, same), 0);
    ck_assert_uint_eq(wv_keyring_missing(whole, later), 1);
    ck_assert_uint_eq(wv_keyring_missing(later, whole), 0);
    ck_assert_uint_eq(wv_keyring_missing(whole, other), 1);

    struct wv_key_witness *witness = wv_keyring_witness(whole);
    wv_keyring_free(wv_keyring_hold(whole));
    ck_assert(!wv_key_witness_is_wiped(witness));
    for (size_t i = 0; i < 4; i++) {
        wv_keyring_free(all[i]);
    }
    ck_assert(wv_key_witness_is_wiped(witness));
    wv_key_witness_free(witness);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keyring");
    tcase_add_loop_test(tests, finds_by_domain_and_time, 0, (int)WV_COUNT(borders));
    tcase_add_test(tests, holds_many_domains);
    tcase_add_loop_test(tests, runway_is_that_of_the_domain_that_runs_out_first, 0,
                        (int)WV_COUNT(runways));
    tcase_add_test(tests, runway_counts_seconds);
    tcase_add_test(tests, throwaway);
    tcase_add_test(tests, lists_by_domain_and_time);
    tcase_add_test(tests, check_value_is_the_documented_one);
    tcase_add_test(tests, age_and_digest_tell_what_is_held);
    tcase_add_loop_test(tests, refuses, 0, (int)WV_COUNT(refusals));
    Suite *suite = suite_create("keyring");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
