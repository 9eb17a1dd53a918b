/*
 * hmac: the padding is our own code, so every length around the borders of a block is compared with
 * OpenSSL's. A wrong length would still give tokens that look right and join with nobody else's.
 */
#include "keys/hmac.h"

#include "support/hex.h"
#include "support/random.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

START_TEST(known_answers)
{
    struct vectors table = vectors_load(WV_TEST_VECTORS, "hmac_sha256");
    const size_t key_at = vectors_column(&table, "key_hex");
    const size_t input_at = vectors_column(&table, "input_hex");
    const size_t expected_at = vectors_column(&table, "expected_hex");
    for (size_t i = 0; i < table.count; i++) {
        const struct vector *row = &table.rows[i];
        uint8_t mem[3][512];
        struct wv_hmac hmac;
        uint8_t mac[WV_HMAC_BYTES];
        wv_hmac_init(&hmac, hex_read(row->fields[key_at], mem[0], sizeof mem[0]));
        wv_hmac_make(&hmac, hex_read(row->fields[input_at], mem[1], sizeof mem[1]), mac);
        const struct wv_slice wanted = hex_read(row->fields[expected_at], mem[2], sizeof mem[2]);
        ck_assert_uint_ge(wanted.len, 16);
        ck_assert_mem_eq(mac, wanted.ptr, wanted.len);
    }
    vectors_free(&table);
}
END_TEST

START_TEST(every_length_as_openssl)
{
    uint64_t seed = 1;
    uint8_t key[200];
    uint8_t message[300];
    random_fill(&seed, key, sizeof key);
    random_fill(&seed, message, sizeof message);
    for (size_t len = 0; len <= sizeof message; len++) {
        const size_t key_len = len % (sizeof key + 1);
        struct wv_hmac hmac;
        uint8_t mac[WV_HMAC_BYTES];
        wv_hmac_init(&hmac, (struct wv_slice){key, key_len});
        wv_hmac_make(&hmac, (struct wv_slice){message, len}, mac);
        uint8_t wanted[WV_HMAC_BYTES];
        unsigned wanted_len = 0;
        ck_assert_ptr_nonnull(
            HMAC(EVP_sha256(), key, (int)key_len, message, len, wanted, &wanted_len));
        ck_assert_mem_eq(mac, wanted, sizeof wanted);
    }
}
END_TEST

START_TEST(is_not_changed_by_use)
{
    struct wv_hmac hmac;
    wv_hmac_init(&hmac, WV_LIT("key"));
    const struct wv_hmac before = hmac;
    uint8_t mac[2][WV_HMAC_BYTES];
    wv_hmac_make(&hmac, WV_LIT("first"), mac[0]);
    wv_hmac_make(&hmac, WV_LIT("second"), mac[1]);
    ck_assert_mem_ne(mac[0], mac[1], WV_HMAC_BYTES);
    wv_hmac_make(&hmac, WV_LIT("first"), mac[1]);
    ck_assert_mem_eq(mac[0], mac[1], WV_HMAC_BYTES);
    ck_assert_mem_eq(&hmac, &before, sizeof hmac);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hmac");
    tcase_add_test(tests, known_answers);
    tcase_add_test(tests, every_length_as_openssl);
    tcase_add_test(tests, is_not_changed_by_use);
    Suite *suite = suite_create("hmac");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
