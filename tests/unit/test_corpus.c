/*
 * At stake: benchmarks and golden files compare runs on different machines and days, which means
 * nothing if the made-up records are not the same everywhere, or are not like real ones.
 */
#include "app/corpus.h"
#include "app/corpus_parts.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

enum { RECORDS = 5000, SEED = 1, HEADERS_MIN = 5, HEADERS_MAX = 18 };

/* FNV-1a over RECORDS records of SEED, each with a line end. A change of the generator changes it,
 * and with it every number that was measured before. */
static const uint64_t known_digest = 0x88538887358d122d;

struct maker {
    struct wv_corpus corpus;
    uint8_t mem[WV_CORPUS_RECORD_MAX];
};

static struct wv_slice make(struct maker *maker)
{
    struct wv_buf buf = wv_buf_of(maker->mem, sizeof maker->mem);
    struct wv_slice record;
    ck_assert(wv_corpus_next(&maker->corpus, &buf));
    ck_assert(wv_buf_take(&buf, &record));
    return record;
}

static json_t *parse(struct wv_slice record)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)record.ptr, record.len, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%s at %d", error.text, error.position);
    return root;
}

static uint64_t digest_of(uint64_t seed)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, seed);
    uint64_t digest = 0xcbf29ce484222325U;
    for (size_t i = 0; i < RECORDS; i++) {
        const struct wv_slice record = make(&maker);
        for (size_t at = 0; at <= record.len; at++) {
            digest ^= at < record.len ? record.ptr[at] : '\n';
            digest *= 0x100000001b3U;
        }
    }
    return digest;
}

START_TEST(same_seed_same_bytes_everywhere)
{
    const uint64_t digest = digest_of(SEED);
    ck_assert_msg(digest == known_digest, "the digest is 0x%016llx", (unsigned long long)digest);
    ck_assert(digest_of(SEED + 1) != digest);
}
END_TEST

START_TEST(records_are_json_with_what_a_record_has)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, SEED);
    for (size_t i = 0; i < RECORDS; i++) {
        json_t *root = parse(make(&maker));
        const json_t *request = json_object_get(root, "httpRequest");
        const size_t headers = json_array_size(json_object_get(request, "headers"));
        ck_assert(headers >= HEADERS_MIN && headers <= HEADERS_MAX);
        ck_assert(json_is_integer(json_object_get(root, "timestamp")));
        ck_assert(json_is_string(json_object_get(root, "webaclId")));
        const struct wv_slice address = wv_corpus_address_of(&maker.corpus);
        ck_assert(wv_slice_eq(wv_slice_of(json_string_value(json_object_get(request, "clientIp"))),
                              address));
        json_decref(root);
    }
}
END_TEST

START_TEST(sizes_are_those_of_real_records)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, SEED);
    size_t sum = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        const size_t len = make(&maker).len;
        ck_assert(len >= 1024 && len < WV_CORPUS_RECORD_MAX / 2);
        sum += len;
    }
    ck_assert_uint_ge(sum / RECORDS, 1536);
    ck_assert_uint_le(sum / RECORDS, 2048);
}
END_TEST

static bool holds(struct wv_slice text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

START_TEST(dialects_have_their_share_and_their_spelling)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, SEED);
    size_t counts[WV_CORPUS_DIALECTS] = {0};
    for (size_t i = 0; i < RECORDS; i++) {
        const struct wv_slice record = make(&maker);
        const enum wv_corpus_dialect dialect = wv_corpus_dialect_of(&maker.corpus);
        counts[dialect]++;
        ck_assert(holds(record, "\\/") == (dialect == WV_CORPUS_SLASH));
        ck_assert(!holds(record, "\\u003c") || dialect == WV_CORPUS_HTML);
        ck_assert(!holds(record, "\\\"") || dialect != WV_CORPUS_HTML);
        ck_assert(!holds(record, "\303\251") || dialect != WV_CORPUS_SLASH);
    }
    ck_assert_uint_ge(counts[WV_CORPUS_PLAIN], RECORDS * 60 / 100);
    ck_assert_uint_ge(counts[WV_CORPUS_HTML], RECORDS * 10 / 100);
    ck_assert_uint_ge(counts[WV_CORPUS_SLASH], RECORDS * 10 / 100);
}
END_TEST

struct share {
    const char *what;
    const char *text;
    unsigned least_percent;
    unsigned most_percent;
};

/* What a record must be able to hold for a test of the engine to mean anything. */
static const struct share shares[] = {
    {"IPv6 client", "\"clientIp\":\"2", 10, 60},
    {"rate limit by address", "\"limitValue\":", 5, 15},
    {"rate limit by other keys", "\"customValues\":", 1, 10},
    {"credentials", "Bearer eyJ", 15, 30},
    {"e-mail", "%40", 10, 50},
    {"e-mail in clear", "@example", 2, 30},
    {"SQL injection", "SQL_INJECTION", 3, 15},
    {"Log4Shell", "jndi:", 1, 10},
    {"region label", "awswaf:clientip:geo:region:", 80, 100},
    {"device label", "awswaf:managed:token:id:", 5, 30},
    {"forwarded list", "orwarded-", 40, 90},
    {"emoji", "\360\237\230\200", 1, 10},
    {"surrogate pair", "\\ud83d\\ude00", 0, 5},
};

START_TEST(records_hold_what_they_are_made_for)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, SEED);
    size_t count = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        count += holds(make(&maker), shares[_i].text);
    }
    ck_assert_msg(count > 0 && count * 100 >= RECORDS * (size_t)shares[_i].least_percent &&
                      count * 100 <= RECORDS * (size_t)shares[_i].most_percent,
                  "%s: %zu of %d records", shares[_i].what, count, RECORDS);
}
END_TEST

START_TEST(the_client_stands_at_more_than_one_place)
{
    struct maker maker;
    wv_corpus_init(&maker.corpus, SEED);
    size_t repeated = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        const struct wv_slice record = make(&maker);
        const struct wv_slice address = wv_corpus_address_of(&maker.corpus);
        const uint8_t *first = memmem(record.ptr, record.len, address.ptr, address.len);
        ck_assert_ptr_nonnull(first);
        const size_t rest = record.len - (size_t)(first + address.len - record.ptr);
        repeated += memmem(first + address.len, rest, address.ptr, address.len) != NULL;
    }
    ck_assert_uint_ge(repeated, RECORDS / 2);
}
END_TEST

START_TEST(few_clients_come_often)
{
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, SEED);
    size_t first = 0;
    size_t rare = 0;
    for (size_t i = 0; i < RECORDS; i++) {
        const uint32_t rank = wv_corpus_popular(&corpus, WV_CORPUS_CLIENT_LEVELS);
        ck_assert_uint_lt(rank, 1U << WV_CORPUS_CLIENT_LEVELS);
        first += rank == 0;
        rare += rank >= 1024;
    }
    ck_assert_uint_ge(first, RECORDS * 4 / 100);
    ck_assert_uint_ge(rare, RECORDS * 30 / 100);
}
END_TEST

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t first = *(const uint64_t *)a;
    const uint64_t second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

START_TEST(fresh_clients_come_once)
{
    struct maker maker;
    static uint64_t seen[RECORDS];
    wv_corpus_init(&maker.corpus, SEED);
    maker.corpus.fresh = true;
    for (size_t i = 0; i < RECORDS; i++) {
        (void)make(&maker);
        const struct wv_slice address = wv_corpus_address_of(&maker.corpus);
        seen[i] = 0xcbf29ce484222325U;
        for (size_t at = 0; at < address.len; at++) {
            seen[i] = (seen[i] ^ address.ptr[at]) * 0x100000001b3U;
        }
    }
    qsort(seen, RECORDS, sizeof seen[0], compare_numbers);
    for (size_t i = 1; i < RECORDS; i++) {
        ck_assert(seen[i] != seen[i - 1]);
    }
}
END_TEST

START_TEST(a_full_buffer_is_said_so)
{
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, SEED);
    uint8_t mem[256];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_slice record;
    ck_assert(!wv_corpus_next(&corpus, &buf));
    ck_assert(!wv_buf_take(&buf, &record));
}
END_TEST

int main(void)
{
    TCase *records = tcase_create("records");
    tcase_add_test(records, same_seed_same_bytes_everywhere);
    tcase_add_test(records, records_are_json_with_what_a_record_has);
    tcase_add_test(records, sizes_are_those_of_real_records);
    tcase_add_test(records, dialects_have_their_share_and_their_spelling);
    tcase_add_loop_test(records, records_hold_what_they_are_made_for, 0, WV_COUNT(shares));
    tcase_add_test(records, the_client_stands_at_more_than_one_place);
    tcase_add_test(records, few_clients_come_often);
    tcase_add_test(records, fresh_clients_come_once);
    tcase_add_test(records, a_full_buffer_is_said_so);
    Suite *suite = suite_create("corpus");
    suite_add_tcase(suite, records);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
