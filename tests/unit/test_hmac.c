/*
 * hmac: the padding is our own code, so every length around the borders of a block is compared with
 * OpenSSL's. A wrong length would still give tokens that look right and join with nobody else's.
 */
#include "keys/hmac_batch.h"

#include "json/index.h"
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

/* ---- Many at once -----------------------------------------------------------------------------
 *
 * A lane that takes another lane's block gives a token that looks right and names somebody else.
 */

enum { LENGTHS = 301, JOBS_MAX = 2 * LENGTHS };

/* _i: the way. What the machine has not cannot be tested on it. */
START_TEST(known_answers_at_once)
{
    const enum wv_hmac_way way = (enum wv_hmac_way)_i;
    struct vectors table = vectors_load(WV_TEST_VECTORS, "hmac_sha256");
    static uint8_t keys[32][512];
    static uint8_t messages[32][512];
    struct wv_hmac hmacs[32];
    struct wv_hmac_job jobs[32];
    ck_assert(table.count >= 10 && table.count <= WV_COUNT(jobs));
    if (!wv_hmac_has(way)) {
        return;
    }
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        const struct wv_slice key =
            hex_read(fields[vectors_column(&table, "key_hex")], keys[i], sizeof keys[i]);
        wv_hmac_init(&hmacs[i], key);
        jobs[i].hmac = &hmacs[i];
        jobs[i].message =
            hex_read(fields[vectors_column(&table, "input_hex")], messages[i], sizeof messages[i]);
    }
    wv_hmac_make_batch_by(way, jobs, table.count);
    for (size_t i = 0; i < table.count; i++) {
        uint8_t mem[512];
        const struct wv_slice wanted =
            hex_read(table.rows[i].fields[vectors_column(&table, "expected_hex")], mem, sizeof mem);
        ck_assert_mem_eq(jobs[i].out, wanted.ptr, wanted.len);
    }
    vectors_free(&table);
}
END_TEST

static uint8_t message_bytes[LENGTHS];

/* Every message under a key of its own; what OpenSSL makes of it. */
static void make_jobs(struct wv_hmac *hmacs, struct wv_hmac_job *jobs, const size_t *lengths,
                      size_t count, uint8_t (*wanted)[WV_HMAC_BYTES])
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t key[3] = {(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)lengths[i]};
        unsigned len = 0;
        wv_hmac_init(&hmacs[i], (struct wv_slice){key, sizeof key});
        jobs[i] = (struct wv_hmac_job){&hmacs[i], {message_bytes, lengths[i]}, {0}};
        ck_assert_ptr_nonnull(
            HMAC(EVP_sha256(), key, sizeof key, message_bytes, lengths[i], wanted[i], &len));
    }
}

static void hold_against_openssl(enum wv_hmac_way way, const size_t *lengths, size_t count)
{
    static struct wv_hmac hmacs[JOBS_MAX];
    static struct wv_hmac_job jobs[JOBS_MAX];
    static uint8_t wanted[JOBS_MAX][WV_HMAC_BYTES];
    make_jobs(hmacs, jobs, lengths, count, wanted);
    wv_hmac_make_batch_by(way, jobs, count);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(jobs[i].out, wanted[i], WV_HMAC_BYTES) != 0) {
            ck_abort_msg("way %d: message %zu of %zu, %zu bytes", (int)way, i, count, lengths[i]);
        }
    }
}

/* Each length in each lane, alone among messages of another length and among all others. */
START_TEST(every_length_in_every_lane)
{
    const enum wv_hmac_way way = (enum wv_hmac_way)_i;
    uint64_t seed = 2;
    size_t lengths[JOBS_MAX];
    random_fill(&seed, message_bytes, sizeof message_bytes);
    if (!wv_hmac_has(way)) {
        return;
    }
    for (size_t lane = 0; lane < WV_HMAC_LANES_MAX; lane++) {
        for (size_t len = 0; len < LENGTHS; len++) {
            for (size_t i = 0; i < WV_HMAC_LANES_MAX; i++) {
                lengths[i] = i == lane ? len : random_next(&seed) % LENGTHS;
            }
            hold_against_openssl(way, lengths, WV_HMAC_LANES_MAX);
        }
    }
    for (size_t from = 0; from < 9; from++) {
        for (size_t i = 0; i < LENGTHS; i++) {
            lengths[i] = (from * 37 + i) % LENGTHS;
            lengths[LENGTHS + i] = LENGTHS - 1 - i;
        }
        hold_against_openssl(way, lengths, JOBS_MAX - from);
    }
}
END_TEST

/* From none to more than there are lanes, long and short ones mixed by chance. */
START_TEST(every_number_of_messages)
{
    const enum wv_hmac_way way = (enum wv_hmac_way)_i;
    uint64_t seed = 3;
    size_t lengths[JOBS_MAX];
    random_fill(&seed, message_bytes, sizeof message_bytes);
    for (size_t round = 0; wv_hmac_has(way) && round < 2000; round++) {
        const size_t count = round % 41;
        for (size_t i = 0; i < count; i++) {
            const uint64_t choice = random_next(&seed);
            lengths[i] = (size_t)(choice >> 8) % (choice % 3 == 0 ? LENGTHS : 56);
        }
        hold_against_openssl(way, lengths, count);
    }
}
END_TEST

START_TEST(the_way_is_the_best_that_may_be_used)
{
    ck_assert(wv_hmac_has(WV_HMAC_SERIAL));
    ck_assert(wv_simd_force(WV_SIMD_SCALAR));
    ck_assert_int_eq(wv_hmac_way_used(), WV_HMAC_SERIAL);
    ck_assert(wv_simd_force(WV_SIMD_AUTO));
    const enum wv_hmac_way best = wv_simd_used() == WV_SIMD_SCALAR ? WV_HMAC_SERIAL
                                  : wv_hmac_has(WV_HMAC_SHA_NI)    ? WV_HMAC_SHA_NI
                                                                   : WV_HMAC_AVX2;
    ck_assert_int_eq(wv_hmac_way_used(), best);
    size_t lengths[20];
    for (size_t i = 0; i < WV_COUNT(lengths); i++) {
        lengths[i] = i * 13;
    }
    static struct wv_hmac hmacs[WV_COUNT(lengths)];
    struct wv_hmac_job jobs[WV_COUNT(lengths)];
    uint8_t wanted[WV_COUNT(lengths)][WV_HMAC_BYTES];
    make_jobs(hmacs, jobs, lengths, WV_COUNT(lengths), wanted);
    wv_hmac_make_batch(jobs, WV_COUNT(jobs));
    for (size_t i = 0; i < WV_COUNT(jobs); i++) {
        ck_assert_mem_eq(jobs[i].out, wanted[i], WV_HMAC_BYTES);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hmac");
    tcase_add_test(tests, known_answers);
    tcase_add_test(tests, every_length_as_openssl);
    tcase_add_test(tests, is_not_changed_by_use);
    tcase_add_loop_test(tests, known_answers_at_once, 0, WV_HMAC_WAYS);
    tcase_add_loop_test(tests, every_length_in_every_lane, 0, WV_HMAC_WAYS);
    tcase_add_loop_test(tests, every_number_of_messages, 0, WV_HMAC_WAYS);
    tcase_add_test(tests, the_way_is_the_best_that_may_be_used);
    Suite *suite = suite_create("hmac");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
