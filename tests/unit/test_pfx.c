/*
 * pfx: known answers, and the property that analysts rely on: two addresses share exactly as many
 * first bits after encryption as before. Sharing more would merge networks, sharing fewer would
 * tear one apart.
 */
#include "keys/pfx.h"

#include "support/hex.h"
#include "support/random.h"

#include <arpa/inet.h>
#include <check.h>

static int read_address(struct wv_slice text, uint8_t out[16])
{
    char name[INET6_ADDRSTRLEN] = {0};
    wv_ensure(text.len < sizeof name);
    memcpy(name, text.ptr, text.len);
    if (inet_pton(AF_INET, name, out) == 1) {
        return 4;
    }
    wv_ensure(inet_pton(AF_INET6, name, out) == 1);
    return 6;
}

START_TEST(known_answers)
{
    struct vectors table = vectors_load(WV_TEST_VECTORS, "ipcrypt_pfx");
    const size_t key_at = vectors_column(&table, "key_hex");
    const size_t input_at = vectors_column(&table, "input");
    const size_t expected_at = vectors_column(&table, "expected");
    for (size_t i = 0; i < table.count; i++) {
        const struct vector *row = &table.rows[i];
        uint8_t key[WV_PFX_KEY_BYTES];
        uint8_t address[16];
        uint8_t wanted[16];
        hex_read(row->fields[key_at], key, sizeof key);
        const int family = read_address(row->fields[input_at], address);
        ck_assert_int_eq(read_address(row->fields[expected_at], wanted), family);
        struct wv_pfx *pfx = wv_pfx_new(key);
        ck_assert_ptr_nonnull(pfx);
        ck_assert(wv_pfx_encrypt(pfx, family, address));
        ck_assert_mem_eq(address, wanted, family == 4 ? 4 : 16);
        wv_pfx_free(pfx);
    }
    vectors_free(&table);
}
END_TEST

static unsigned common_bits(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (unsigned i = 0; i < len * 8; i++) {
        if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0) {
            return i;
        }
    }
    return (unsigned)len * 8;
}

/* _i: 4 or 6 */
START_TEST(common_prefixes_stay_as_long_as_they_were)
{
    const size_t len = _i == 4 ? 4 : 16;
    uint64_t seed = (uint64_t)_i;
    uint8_t key[WV_PFX_KEY_BYTES];
    random_fill(&seed, key, sizeof key);
    struct wv_pfx *pfx = wv_pfx_new(key);
    ck_assert_ptr_nonnull(pfx);
    size_t changed = 0;
    for (int i = 0; i < 10000; i++) {
        uint8_t a[16];
        uint8_t b[16];
        random_fill(&seed, a, len);
        memcpy(b, a, len);
        const unsigned shared = (unsigned)(random_next(&seed) % (len * 8));
        for (unsigned bit = shared; bit < len * 8; bit++) {
            const unsigned flip = bit == shared ? 1 : random_next(&seed) & 1;
            b[bit / 8] ^= (uint8_t)(flip << (7 - bit % 8));
        }
        ck_assert_uint_eq(common_bits(a, b, len), shared);
        uint8_t plain[16];
        memcpy(plain, a, len);
        ck_assert(wv_pfx_encrypt(pfx, _i, a));
        ck_assert(wv_pfx_encrypt(pfx, _i, b));
        ck_assert_uint_eq(common_bits(a, b, len), shared);
        changed += memcmp(plain, a, len) != 0;
    }
    ck_assert_uint_gt(changed, 9990);
    wv_pfx_free(pfx);
}
END_TEST

START_TEST(ipv4_inside_ipv6_is_the_same_address)
{
    const uint8_t key[WV_PFX_KEY_BYTES] = {1};
    struct wv_pfx *pfx = wv_pfx_new(key);
    ck_assert_ptr_nonnull(pfx);
    uint8_t short_form[4] = {192, 0, 2, 1};
    uint8_t long_form[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    ck_assert(wv_pfx_encrypt(pfx, 4, short_form));
    ck_assert(wv_pfx_encrypt(pfx, 6, long_form));
    const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};
    ck_assert_mem_eq(long_form, head, sizeof head);
    ck_assert_mem_eq(long_form + 12, short_form, 4);
    wv_pfx_free(pfx);
}
END_TEST

START_TEST(a_key_that_would_change_nothing_is_refused)
{
    uint8_t key[WV_PFX_KEY_BYTES];
    memset(key, 9, sizeof key);
    ck_assert_ptr_null(wv_pfx_new(key));
    key[31] = 8;
    struct wv_pfx *pfx = wv_pfx_new(key);
    ck_assert_ptr_nonnull(pfx);
    wv_pfx_free(pfx);
    wv_pfx_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pfx");
    tcase_add_test(tests, known_answers);
    tcase_add_loop_test(tests, common_prefixes_stay_as_long_as_they_were, 4, 5);
    tcase_add_loop_test(tests, common_prefixes_stay_as_long_as_they_were, 6, 7);
    tcase_add_test(tests, ipv4_inside_ipv6_is_the_same_address);
    tcase_add_test(tests, a_key_that_would_change_nothing_is_refused);
    tcase_set_timeout(tests, 30);
    Suite *suite = suite_create("pfx");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
