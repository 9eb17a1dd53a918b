/*
 * derive: known answers of HKDF, and that no two uses share a key. If ("ab", "c") and ("a", "bc")
 * gave one key, two tenants could join what they must not.
 */
#include "keys/derive.h"

#include "support/hex.h"

#include <check.h>

START_TEST(known_answers)
{
    struct vectors table = vectors_load(WV_TEST_VECTORS, "hkdf");
    const size_t secret_at = vectors_column(&table, "secret_hex");
    const size_t salt_at = vectors_column(&table, "salt_hex");
    const size_t info_at = vectors_column(&table, "info_hex");
    const size_t expected_at = vectors_column(&table, "expected_hex");
    for (size_t i = 0; i < table.count; i++) {
        const struct vector *row = &table.rows[i];
        uint8_t mem[4][128];
        const struct wv_slice secret = hex_read(row->fields[secret_at], mem[0], sizeof mem[0]);
        const struct wv_slice salt = hex_read(row->fields[salt_at], mem[1], sizeof mem[1]);
        const struct wv_slice info = hex_read(row->fields[info_at], mem[2], sizeof mem[2]);
        const struct wv_slice wanted = hex_read(row->fields[expected_at], mem[3], sizeof mem[3]);
        uint8_t out[128];
        ck_assert(wv_hkdf(secret, salt, info, out, wanted.len));
        ck_assert_mem_eq(out, wanted.ptr, wanted.len);
    }
    vectors_free(&table);
}
END_TEST

START_TEST(info_has_the_layout_of_the_contract)
{
    uint8_t secret[WV_SECRET_BYTES];
    memset(secret, 7, sizeof secret);
    const struct wv_use use = {WV_LIT("acme/eu/soc"), WV_LIT("20261116-7d"), WV_LIT("ip")};
    uint8_t key[32];
    uint8_t wanted[32];
    ck_assert(wv_derive(secret, &use, key, sizeof key));
    ck_assert(wv_hkdf((struct wv_slice){secret, sizeof secret}, WV_LIT("wafveil-v1"),
                      WV_LIT("\0\x09wafveil/1\0\x0b"
                             "acme/eu/soc\0\x0b"
                             "20261116-7d\0\x02ip"),
                      wanted, sizeof wanted));
    ck_assert_mem_eq(key, wanted, sizeof key);
}
END_TEST

START_TEST(no_two_uses_share_a_key)
{
    const uint8_t secret[WV_SECRET_BYTES] = {1, 2, 3};
    const struct wv_use uses[] = {
        {WV_LIT("ab"), WV_LIT("c"), WV_LIT("d")}, {WV_LIT("a"), WV_LIT("bc"), WV_LIT("d")},
        {WV_LIT("a"), WV_LIT("b"), WV_LIT("cd")}, {WV_LIT("abc"), WV_LIT(""), WV_LIT("d")},
        {WV_LIT(""), WV_LIT("abc"), WV_LIT("d")}, {WV_LIT("a"), WV_LIT("c"), WV_LIT("d")},
        {WV_LIT("a"), WV_LIT("c"), WV_LIT("e")},  {WV_LIT("a"), WV_LIT("b"), WV_LIT("d")},
    };
    uint8_t keys[WV_COUNT(uses)][32];
    for (size_t i = 0; i < WV_COUNT(uses); i++) {
        ck_assert(wv_derive(secret, &uses[i], keys[i], sizeof keys[i]));
        for (size_t j = 0; j < i; j++) {
            ck_assert_mem_ne(keys[i], keys[j], sizeof keys[i]);
        }
    }
}
END_TEST

START_TEST(the_longest_parts_fit)
{
    uint8_t name[WV_DOMAIN_MAX];
    memset(name, 'd', sizeof name);
    const uint8_t secret[WV_SECRET_BYTES] = {0};
    const struct wv_use use = {
        {name, sizeof name}, WV_LIT("20261116-366d"), WV_LIT("sixteen-letters!")};
    uint8_t key[32] = {0};
    const uint8_t zeros[32] = {0};
    ck_assert(wv_derive(secret, &use, key, sizeof key));
    ck_assert_mem_ne(key, zeros, sizeof key);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hkdf");
    tcase_add_test(tests, known_answers);
    tcase_add_test(tests, info_has_the_layout_of_the_contract);
    tcase_add_test(tests, no_two_uses_share_a_key);
    tcase_add_test(tests, the_longest_parts_fit);
    Suite *suite = suite_create("hkdf");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
