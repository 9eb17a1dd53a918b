/*
 * unlinkable: what pseudonyms promise to those whom they stand for. The same person under two
 * domains, epochs or kinds must look like two people, also to somebody who holds both outputs and
 * compares beginnings, letters and bits; and a placeholder's short mark must not betray what the
 * whole token hides.
 *
 * Secrets are fixed, so that these numbers are the same in every run: what is a matter of chance
 * below was decided when the test was written, and bounds are so wide that chance had one try in a
 * million or less.
 */
#include "keys/epoch.h"
#include "keys/token.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum {
    DOMAINS = 12,
    EPOCHS = 10, /* of one day */
    KINDS = WV_KIND_COUNT - 1,
    KEYS = DOMAINS * EPOCHS * KINDS,
    VALUES = 12,
    TOKENS = KEYS * VALUES,
    LETTERS = 32,
    FULL_LETTERS = WV_TOKEN_CODE - 1, /* the last one holds three bits */
};

static char domain_names[DOMAINS][24];

/* Domain, epoch and kind by number. */
static struct wv_token_key key_at(size_t number)
{
    const size_t domain = number / (EPOCHS * KINDS);
    const size_t epoch = number / KINDS % EPOCHS;
    return (struct wv_token_key){
        .domain = wv_slice_of(domain_names[domain]),
        .time_s = INT64_C(1794787200) + (int64_t)epoch * WV_DAY_S,
        .kind = (enum wv_kind)(WV_KIND_IP + number % KINDS),
    };
}

static struct wv_keyring *make_keyring(void)
{
    static uint8_t secrets[DOMAINS * EPOCHS][WV_SECRET_BYTES];
    static char ids[DOMAINS * EPOCHS][WV_EPOCH_ID_MAX + 1];
    struct wv_key_entry entries[DOMAINS * EPOCHS];
    uint64_t seed = 9;
    for (size_t i = 0; i < WV_COUNT(entries); i++) {
        const size_t domain = i / EPOCHS;
        snprintf(domain_names[domain], sizeof domain_names[domain], "tenant%zu/eu/soc", domain);
        random_fill(&seed, secrets[i], sizeof secrets[i]);
        wv_epoch_id(key_at(i * KINDS).time_s, 1, ids[i]);
        entries[i] = (struct wv_key_entry){wv_slice_of(domain_names[domain]), wv_slice_of(ids[i]),
                                           secrets[i]};
    }
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = wv_keyring_from(entries, WV_COUNT(entries), report);
    ck_assert_ptr_nonnull(keyring);
    wv_report_free(report);
    return keyring;
}

struct code {
    uint8_t letters[WV_TOKEN_CODE];
};

/* Every value under every key: codes[key * count + value]. */
static struct code *make_codes(size_t keys, size_t values)
{
    struct wv_keyring *keyring = make_keyring();
    struct wv_tokens *tokens = wv_tokens_new(keyring, 1024);
    struct code *codes = calloc(keys * values, sizeof *codes);
    ck_assert(tokens != NULL && codes != NULL);
    for (size_t i = 0; i < keys * values; i++) {
        const struct wv_token_key key = key_at(i / values);
        const uint32_t value = (uint32_t)(i % values);
        const uint8_t canonical[5] = {0x04, 192, 0, (uint8_t)(2 + value / 256), (uint8_t)value};
        struct wv_token token;
        ck_assert(
            wv_tokens_make(tokens, &key, (struct wv_slice){canonical, sizeof canonical}, &token));
        memcpy(codes[i].letters, token.text + token.code_at, WV_TOKEN_CODE);
    }
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
    return codes;
}

static int compare_codes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct code));
}

static size_t common_prefix(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t count = 0;
    while (count < len && a[count] == b[count]) {
        count++;
    }
    return count;
}

/* The longest beginning that two codes share. Sorted, the two stand beside each other. */
static size_t longest_prefix(struct code *codes, size_t count)
{
    size_t longest = 0;
    qsort(codes, count, sizeof *codes, compare_codes);
    for (size_t i = 1; i < count; i++) {
        const size_t shared = common_prefix(codes[i - 1].letters, codes[i].letters, WV_TOKEN_CODE);
        longest = shared > longest ? shared : longest;
    }
    return longest;
}

/* 11,520 tokens make 66 million pairs; that chance gives any of them eleven letters (55 bits) in
 * common is one in 500 million. Equal tokens would have 26. */
START_TEST(no_two_tokens_begin_alike)
{
    struct code *codes = make_codes(KEYS, VALUES);
    ck_assert_uint_ge(TOKENS, 10000);
    ck_assert_uint_lt(longest_prefix(codes, TOKENS), 11);
    free(codes);
}
END_TEST

/* Each letter as often as any other, in each place: chi-square of 31 degrees of freedom, of which
 * chance exceeds 90 in one place of ten million. */
START_TEST(letters_are_evenly_spread)
{
    struct code *codes = make_codes(KEYS, VALUES);
    const double expected = (double)TOKENS / LETTERS;
    for (size_t place = 0; place < FULL_LETTERS; place++) {
        size_t counts[256] = {0};
        double sum = 0;
        for (size_t i = 0; i < TOKENS; i++) {
            counts[codes[i].letters[place]]++;
        }
        for (size_t i = 0; i < LETTERS; i++) {
            const double off =
                (double)counts[(uint8_t) "abcdefghijklmnopqrstuvwxyz234567"[i]] - expected;
            sum += off * off / expected;
        }
        ck_assert_double_lt(sum, 90);
    }
    free(codes);
}
END_TEST

static unsigned value_of(uint8_t letter)
{
    return (unsigned)(letter >= 'a' ? letter - 'a' : letter - '2' + 26);
}

static size_t equal_bits(const struct code *a, const struct code *b)
{
    size_t count = 0;
    for (size_t i = 0; i < FULL_LETTERS; i++) {
        const unsigned differ = value_of(a->letters[i]) ^ value_of(b->letters[i]);
        count += 5 - (size_t)__builtin_popcount(differ);
    }
    return count;
}

/* _i: how far apart the keys are that are compared: another kind, epoch or domain. Over 250 values
 * the tokens of one key agree with those of the other in half of the bits, as those of two
 * strangers do: 31,250 bits, standard deviation 88; within six of them. */
START_TEST(tokens_of_one_value_agree_by_chance)
{
    static const size_t distances[] = {1, KINDS, EPOCHS * KINDS};
    enum { MANY = 250, BITS = MANY * FULL_LETTERS * 5 };
    const size_t distance = distances[_i];
    struct code *codes = make_codes(KEYS, MANY);
    for (size_t key = 0; key + distance < KEYS; key += 7) {
        size_t same = 0;
        for (size_t value = 0; value < MANY; value++) {
            same += equal_bits(&codes[key * MANY + value], &codes[(key + distance) * MANY + value]);
        }
        ck_assert_double_lt(fabs((double)same - BITS / 2.0), 6 * sqrt(BITS / 4.0));
    }
    free(codes);
}
END_TEST

/* ---- Marks ------------------------------------------------------------------------------------
 */

enum { MARK = 8, OUTPUTS = 8, MARKS_MAX = 4096 };

struct marks {
    struct mark {
        uint8_t letters[MARK];
        size_t record;
        size_t output;
    } items[MARKS_MAX];
    size_t count;
};

/* All "~WORD.12345678~" of a text. */
static void collect_marks(struct marks *marks, struct wv_slice text, size_t record, size_t output)
{
    for (size_t i = 0; i + MARK + 1 < text.len; i++) {
        if (text.ptr[i] != '.' || text.ptr[i + MARK + 1] != '~') {
            continue;
        }
        struct mark *mark = &marks->items[marks->count++];
        ck_assert_uint_lt(marks->count, MARKS_MAX);
        memcpy(mark->letters, text.ptr + i + 1, MARK);
        mark->record = record;
        mark->output = output;
        for (size_t at = 0; at < MARK; at++) {
            ck_assert((mark->letters[at] >= 'a' && mark->letters[at] <= 'z') ||
                      (mark->letters[at] >= '2' && mark->letters[at] <= '7'));
        }
    }
}

static struct engine engine_of_outputs(void)
{
    char outputs[1024] = "";
    for (size_t i = 0; i < OUTPUTS; i++) {
        const size_t used = strlen(outputs);
        snprintf(outputs + used, sizeof outputs - used,
                 "%s{\"name\":\"o%zu\",\"purpose\":\"security\"}", i > 0 ? "," : "", i);
    }
    char config[2048];
    snprintf(config, sizeof config, "%s\"regions\":[%s],\"outputs\":[%s]}", ACME, TENANT, outputs);
    return engine_config(config, NULL, 0);
}

static int compare_marks(const void *a, const void *b)
{
    return memcmp(a, b, MARK);
}

/* The same address and the same login in eight outputs, each of which has a domain of its own. The
 * marks of one record in one output may repeat; those of two records or outputs may not: of 1,600
 * different ones chance makes two equal in one try of 800,000. */
START_TEST(marks_of_two_outputs_differ)
{
    struct engine engine = engine_of_outputs();
    static struct marks marks;
    enum { RECORDS = 100 };
    for (size_t i = 0; i < RECORDS; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"timestamp\":1795003200000,\"httpRequest\":{\"clientIp\":\"192.0.2.%zu\","
                 "\"args\":\"q=from+192.0.2.%zu&username=person%zu\"}}",
                 i + 1, i + 1, i);
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_uint_eq(results.count, OUTPUTS);
        for (size_t output = 0; output < OUTPUTS; output++) {
            const size_t before = marks.count;
            collect_marks(&marks, results.items[output].value, i, output);
            ck_assert_uint_ge(marks.count - before, 2);
        }
    }
    qsort(marks.items, marks.count, sizeof marks.items[0], compare_marks);
    for (size_t i = 1; i < marks.count; i++) {
        const struct mark *a = &marks.items[i - 1];
        const struct mark *b = &marks.items[i];
        if (a->record != b->record || a->output != b->output) {
            ck_assert_mem_ne(a->letters, b->letters, MARK);
        }
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("unlinkable");
    tcase_add_test(tests, no_two_tokens_begin_alike);
    tcase_add_test(tests, letters_are_evenly_spread);
    tcase_add_loop_test(tests, tokens_of_one_value_agree_by_chance, 0, 3);
    tcase_add_test(tests, marks_of_two_outputs_differ);
    tcase_set_timeout(tests, 30);
    Suite *suite = suite_create("unlinkable");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
