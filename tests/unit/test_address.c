/*
 * test_address — addresses are read, compared, cut and written as the standards and our rules say.
 *
 * At stake: an address in a spelling that is not recognised leaves as it is, and one that is cut at
 * the wrong bit still names the client. The C library is the second opinion.
 */
#include "filters/address.h"
#include "support/vectors.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>

static struct wv_slice text_of(const struct wv_address *address, uint8_t mem[WV_ADDRESS_TEXT_MAX])
{
    return (struct wv_slice){mem, wv_address_format(address, mem)};
}

static bool writes(const struct wv_address *address, struct wv_slice expected)
{
    uint8_t mem[WV_ADDRESS_TEXT_MAX];
    return wv_slice_eq(text_of(address, mem), expected);
}

static const char *kind_word(enum wv_address_verdict verdict, const struct wv_address *address)
{
    static const char *const forms[] = {"v6",   "v4mapped", "v4compat", "nat64",
                                        "6to4", "teredo",   "isatap"};
    if (verdict != WV_ADDRESS_VALID) {
        return verdict == WV_ADDRESS_ABSENT ? "absent" : "invalid";
    }
    return address->form == WV_ADDRESS_PLAIN && address->family == 4 ? "v4" : forms[address->form];
}

START_TEST(known_spellings)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "address_parse");
    const size_t input = vectors_column(&vectors, "input");
    const size_t kind = vectors_column(&vectors, "kind");
    const size_t canonical = vectors_column(&vectors, "canonical");
    const size_t base = vectors_column(&vectors, "truncated_24_48");
    const size_t strict = vectors_column(&vectors, "truncated_16_32");
    for (size_t i = 0; i < vectors.count; i++) {
        const struct vector *row = &vectors.rows[i];
        struct wv_address address = {0};
        const enum wv_address_verdict verdict = wv_address_parse(row->fields[input], &address);
        const char *word = kind_word(verdict, &address);
        ck_assert_msg(wv_slice_eq(row->fields[kind], wv_slice_of(word)), "line %zu: read as %s",
                      row->line, word);
        if (verdict != WV_ADDRESS_VALID) {
            continue;
        }
        const struct wv_address cut = wv_address_truncate(&address, 24, 48);
        const struct wv_address more = wv_address_truncate(&address, 16, 32);
        ck_assert_msg(writes(&address, row->fields[canonical]), "line %zu: canonical", row->line);
        ck_assert_msg(writes(&cut, row->fields[base]), "line %zu: 24/48", row->line);
        ck_assert_msg(writes(&more, row->fields[strict]), "line %zu: 16/32", row->line);
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(known_prefix_lengths)
{
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "address_truncate");
    const size_t input = vectors_column(&vectors, "input");
    const size_t keep = vectors_column(&vectors, "keep");
    const size_t expected = vectors_column(&vectors, "expected");
    for (size_t i = 0; i < vectors.count; i++) {
        const struct vector *row = &vectors.rows[i];
        uint32_t bits = 0;
        for (size_t k = 0; k < row->fields[keep].len; k++) {
            bits = bits * 10 + (uint32_t)(row->fields[keep].ptr[k] - '0');
        }
        struct wv_address address;
        ck_assert(wv_address_parse(row->fields[input], &address) == WV_ADDRESS_VALID);
        const struct wv_address cut = wv_address_truncate(&address, bits, bits);
        ck_assert_msg(writes(&cut, row->fields[expected]), "line %zu", row->line);
    }
    vectors_free(&vectors);
}
END_TEST

/* What wv_address_prefix() finds at the beginning; "": nothing. */
static const struct border {
    const char *text;
    const char *found;
} borders[] = {
    {"1.1.1.1", "1.1.1.1"},
    {"1.1.1.10", "1.1.1.10"},
    {"1.1.1.1.", "1.1.1.1"},
    {"1.1.1.1.5", ""},
    {"1.1.1.1.example", "1.1.1.1"},
    {"1.1.1.1:443", "1.1.1.1"},
    {"1.1.1.1/24", "1.1.1.1"},
    {"1.1.1.1,2.2.2.2", "1.1.1.1"},
    {"1.1.1.1and", "1.1.1.1"},
    {"1.1.1.1\xe3\x81\x8b", "1.1.1.1"},
    {"1.1.1.256", ""},
    {"1.1.1.1234", ""},
    {"1.1.1", ""},
    {"01.1.1.1", ""},
    {"2001:db8::1", "2001:db8::1"},
    {"2001:db8::1.", "2001:db8::1"},
    {"2001:db8::1: no", "2001:db8::1"},
    {"2001:db8::1]:443", "2001:db8::1"},
    {"2001:db8::1%eth0", "2001:db8::1"},
    {"2001:db8::1/64", "2001:db8::1"},
    {"2001:db8::1\xe3\x81\x8b", "2001:db8::1"},
    {"2001:db8::1:443", "2001:db8::1:443"},
    {"2001:db8::1g", ""},
    {"2001:db8::12345", ""},
    {"2001:db8::1::2", ""},
    {"2001:db8::1.5", ""},
    {"2001:db8:::1", ""},
    {"2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1"},
    {"2001:db8:0:0:0:0:0:1:443", "2001:db8:0:0:0:0:0:1"},
    {"2001:db8:0:0:0:0:0:1:2:3", ""},
    {"2001:db8:0:0:0:0:0:1:ab", ""},
    {"2001:db8:0:0:0:0:0", ""},
    {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
    {"::ffff:192.0.2.7:443", "::ffff:192.0.2.7"},
    {"::ffff:192.0.2.7.9", ""},
    {"::ffff:192.0.2", ""},
    {"::", ""},
    {"::text", ""},
    {"::1", "::1"},
    {"12:34:56", ""},
    {"abc", ""},
    {"", ""},
};

START_TEST(prefix_ends_where_the_address_ends)
{
    const struct border *border = &borders[_i];
    struct wv_address found;
    const size_t len = wv_address_prefix(wv_slice_of(border->text), &found);
    ck_assert_uint_eq(len, strlen(border->found));
    if (len > 0) {
        struct wv_address alone;
        ck_assert(wv_address_parse(wv_slice_of(border->found), &alone) == WV_ADDRESS_VALID);
        ck_assert(wv_address_eq(&found, &alone));
    }
}
END_TEST

/* Every row spells one address. */
static const char *const spellings[][6] = {
    {"2001:db8::1", "2001:DB8:0::1", "2001:0db8:0:0:0:0:0:1", "[2001:db8::1]:443",
     "2001:db8::1%25en0", "\"2001:db8::0.0.0.1\""},
    {"192.0.2.7", "192.0.2.7:443", "::ffff:192.0.2.7", "::192.0.2.7", "[::FFFF:c000:207]",
     "0:0:0:0:0:ffff:c000:0207"},
};

START_TEST(spellings_of_one_address_are_equal)
{
    struct wv_address first;
    ck_assert(wv_address_parse(wv_slice_of(spellings[_i][0]), &first) == WV_ADDRESS_VALID);
    uint8_t mem[2][WV_ADDRESS_CANONICAL_MAX];
    for (size_t i = 1; i < 6; i++) {
        struct wv_address other;
        ck_assert(wv_address_parse(wv_slice_of(spellings[_i][i]), &other) == WV_ADDRESS_VALID);
        ck_assert(wv_address_eq(&first, &other));
        ck_assert(wv_slice_eq(wv_address_canonical(&first, mem[0]),
                              wv_address_canonical(&other, mem[1])));
    }
}
END_TEST

START_TEST(different_addresses_are_not_equal)
{
    struct wv_address v4;
    struct wv_address v6;
    ck_assert(wv_address_parse(WV_LIT("32.1.13.184"), &v4) == WV_ADDRESS_VALID);
    ck_assert(wv_address_parse(WV_LIT("2001:db8::"), &v6) == WV_ADDRESS_VALID);
    ck_assert(!wv_address_eq(&v4, &v6));
    struct wv_address next = v4;
    next.bytes[3] ^= 1;
    ck_assert(!wv_address_eq(&v4, &next));
}
END_TEST

static const struct inside {
    const char *text;
    bool internal;
} insides[] = {
    {"10.0.0.0", true},        {"10.255.255.255", true},  {"11.0.0.0", false},
    {"9.255.255.255", false},  {"172.16.0.1", true},      {"172.31.255.255", true},
    {"172.32.0.0", false},     {"172.15.255.255", false}, {"192.168.0.1", true},
    {"192.169.0.1", false},    {"127.0.0.1", true},       {"169.254.1.1", true},
    {"100.64.0.1", true},      {"100.127.255.255", true}, {"100.128.0.0", false},
    {"100.63.255.255", false}, {"192.0.2.7", false},      {"::1", true},
    {"fe80::1", true},         {"febf::1", true},         {"fec0::1", false},
    {"fc00::1", true},         {"fdff::1", true},         {"fe00::1", false},
    {"2001:db8::1", false},    {"::ffff:10.0.0.1", true}, {"::2:0:0", false},
};

START_TEST(internal_networks)
{
    struct wv_address address;
    ck_assert(wv_address_parse(wv_slice_of(insides[_i].text), &address) == WV_ADDRESS_VALID);
    ck_assert_int_eq(wv_address_is_internal(&address), insides[_i].internal);
}
END_TEST

static const struct kept {
    const char *text;
    uint32_t v4_keep, v6_keep;
    uint32_t bits;
} kepts[] = {
    {"192.0.2.7", 24, 48, 24},
    {"192.0.2.7", 99, 48, 32},
    {"2001:db8::1", 24, 48, 48},
    {"2001:db8::1", 24, 128, 128},
    {"2001:db8::1", 24, 999, 128},
    {"64:ff9b::192.0.2.7", 24, 48, 120},
    {"64:ff9b::192.0.2.7", 0, 0, 96},
    {"2002:c000:204::1", 24, 128, 40},
    {"2002:c000:204::1", 32, 128, 48},
    {"2002:c000:204::1", 24, 16, 16},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", 24, 128, 32},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", 24, 16, 16},
    {"2001:db8::5efe:c000:201", 24, 128, 64},
    {"2001:db8::200:5efe:c000:201", 32, 96, 64},
    {"2001:db8::5efe:c000:201", 24, 48, 48},
};

START_TEST(embedded_addresses_keep_no_more_than_their_rule)
{
    const struct kept *row = &kepts[_i];
    struct wv_address address;
    ck_assert(wv_address_parse(wv_slice_of(row->text), &address) == WV_ADDRESS_VALID);
    ck_assert_uint_eq(wv_address_keep_bits(&address, row->v4_keep, row->v6_keep), row->bits);
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Addresses with many zero groups, because that is where writers go wrong. */
static void random_v6(uint64_t *state, uint8_t bytes[16])
{
    const uint64_t zero = next_random(state);
    for (size_t i = 0; i < 16; i++) {
        bytes[i] = (zero >> (i / 2)) & 1 ? (uint8_t)next_random(state) : 0;
    }
    if (next_random(state) % 8 == 0) {
        memset(bytes, 0, 10);
        bytes[10] = bytes[11] = 0xff;
    }
}

static bool agrees_with_libc(int family, const uint8_t *bytes)
{
    char theirs[INET6_ADDRSTRLEN];
    ck_assert_ptr_nonnull(inet_ntop(family, bytes, theirs, sizeof theirs));
    struct wv_address address;
    if (wv_address_parse(wv_slice_of(theirs), &address) != WV_ADDRESS_VALID) {
        return false;
    }
    const size_t width = address.family == 4 ? 4 : 16;
    const size_t all = family == AF_INET ? 4 : 16;
    if (memcmp(address.bytes, bytes + all - width, width) != 0) {
        return false;
    }
    uint8_t mem[WV_ADDRESS_TEXT_MAX];
    const struct wv_slice ours = text_of(&address, mem);
    struct wv_address again;
    if (wv_address_parse(ours, &again) != WV_ADDRESS_VALID || !wv_address_eq(&address, &again)) {
        return false;
    }
    const bool same_family = (family == AF_INET) == (address.family == 4);
    return !same_family || wv_slice_eq(ours, wv_slice_of(theirs));
}

START_TEST(random_addresses_agree_with_the_c_library)
{
    uint64_t state = 0x9e3779b97f4a7c15;
    for (size_t i = 0; i < 100000; i++) {
        uint8_t bytes[16];
        random_v6(&state, bytes);
        ck_assert_msg(agrees_with_libc(AF_INET6, bytes), "IPv6, round %zu", i);
        ck_assert_msg(agrees_with_libc(AF_INET, bytes + 12), "IPv4, round %zu", i);
    }
}
END_TEST

/* Random texts of address characters: we accept exactly what the C library accepts. */
START_TEST(random_texts_are_accepted_as_the_c_library_does)
{
    static const char alphabet[] = "0123456789abcdefABCDEF::::::....10";
    uint64_t state = 0x2545f4914f6cdd1d;
    size_t valid = 0;
    for (size_t i = 0; i < 300000; i++) {
        char text[24];
        const size_t len = 1 + next_random(&state) % (sizeof text - 1);
        for (size_t k = 0; k < len; k++) {
            text[k] = alphabet[next_random(&state) % (sizeof alphabet - 1)];
        }
        text[len - 1] = '\0';
        uint8_t theirs[16];
        const bool v4 = inet_pton(AF_INET, text, theirs) == 1;
        const bool expected = v4 || inet_pton(AF_INET6, text, theirs) == 1;
        struct wv_address address;
        const bool ours = wv_address_parse(wv_slice_of(text), &address) == WV_ADDRESS_VALID;
        const bool with_port =
            ours && !expected && address.family == 4 && strchr(text, ':') != NULL;
        ck_assert_msg(ours == expected || with_port, "round %zu", i);
        valid += ours;
    }
    ck_assert_uint_gt(valid, 1000);
}
END_TEST

/* Brackets lead to the reader that goes byte by byte; without them most addresses are read at once.
 */
START_TEST(both_readers_say_the_same)
{
    static const char alphabet[] = "0123456789abcdefABCDEF::::::::::::::::::::g";
    uint64_t state = 0x2545f4914f6cdd1d;
    size_t valid = 0;
    for (size_t i = 0; i < 400000; i++) {
        uint8_t text[42] = {'['};
        size_t len = 1 + next_random(&state) % 40;
        for (size_t k = 0, run = 0; k < len; k++) {
            /* At most five digits in a row, or nearly nothing would be an address. */
            const size_t letters = sizeof alphabet - 1;
            const size_t from = run == 5 ? 22 : 0;
            text[1 + k] = (uint8_t)alphabet[from + next_random(&state) % (letters - from)];
            run = text[1 + k] == ':' ? 0 : run + 1;
        }
        text[1 + len] = ']';
        struct wv_address plain;
        struct wv_address bracketed;
        const enum wv_address_verdict verdict =
            wv_address_parse((struct wv_slice){text, len + 2}, &bracketed);
        ck_assert_int_eq(wv_address_parse((struct wv_slice){text + 1, len}, &plain), verdict);
        if (verdict == WV_ADDRESS_VALID) {
            ck_assert(wv_address_eq(&plain, &bracketed) && plain.form == bracketed.form);
            valid++;
        }
    }
    ck_assert_uint_gt(valid, 1000);
}
END_TEST

/* The same with addresses that the C library wrote, which mutations spoil here and there. */
START_TEST(both_readers_say_the_same_of_spoilt_addresses)
{
    uint64_t state = 0x853c49e6748fea9b;
    for (size_t i = 0; i < 200000; i++) {
        uint8_t bytes[16];
        random_v6(&state, bytes);
        char text[INET6_ADDRSTRLEN + 2] = "[";
        ck_assert_ptr_nonnull(inet_ntop(AF_INET6, bytes, text + 1, INET6_ADDRSTRLEN));
        const size_t len = strlen(text + 1);
        if (next_random(&state) % 2 == 0) {
            text[1 + next_random(&state) % len] = ":0af:"[next_random(&state) % 5];
        }
        text[1 + len] = ']';
        const uint8_t *raw = (const uint8_t *)text;
        struct wv_address plain;
        struct wv_address bracketed;
        const enum wv_address_verdict verdict =
            wv_address_parse((struct wv_slice){raw, len + 2}, &bracketed);
        ck_assert(strchr(text, '.') != NULL ||
                  wv_address_parse((struct wv_slice){raw + 1, len}, &plain) == verdict);
        ck_assert(strchr(text, '.') != NULL || verdict != WV_ADDRESS_VALID ||
                  wv_address_eq(&plain, &bracketed));
    }
}
END_TEST

START_TEST(truncation_keeps_the_first_bits)
{
    uint64_t state = 0x94d049bb133111eb;
    for (size_t i = 0; i < 50000; i++) {
        struct wv_address address = {.family = i % 2 == 0 ? 4 : 6};
        const size_t width = address.family == 4 ? 4 : 16;
        for (size_t k = 0; k < width; k++) {
            address.bytes[k] = (uint8_t)(next_random(&state) | (k == 0));
        }
        const uint32_t v4_keep = (uint32_t)(next_random(&state) % 33);
        const uint32_t v6_keep = (uint32_t)(next_random(&state) % 129);
        const uint32_t bits = wv_address_keep_bits(&address, v4_keep, v6_keep);
        const struct wv_address cut = wv_address_truncate(&address, v4_keep, v6_keep);
        for (size_t k = 0; k < 8 * sizeof cut.bytes; k++) {
            const unsigned kept = cut.bytes[k / 8] >> (7 - k % 8) & 1;
            const unsigned was = address.bytes[k / 8] >> (7 - k % 8) & 1;
            ck_assert_uint_eq(kept, k < bits ? was : 0);
        }
        ck_assert_uint_eq(cut.family, address.family);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, known_spellings);
    tcase_add_test(tests, known_prefix_lengths);
    tcase_add_loop_test(tests, prefix_ends_where_the_address_ends, 0, (int)WV_COUNT(borders));
    tcase_add_loop_test(tests, spellings_of_one_address_are_equal, 0, (int)WV_COUNT(spellings));
    tcase_add_test(tests, different_addresses_are_not_equal);
    tcase_add_loop_test(tests, internal_networks, 0, (int)WV_COUNT(insides));
    tcase_add_loop_test(tests, embedded_addresses_keep_no_more_than_their_rule, 0,
                        (int)WV_COUNT(kepts));
    tcase_add_test(tests, random_addresses_agree_with_the_c_library);
    tcase_add_test(tests, random_texts_are_accepted_as_the_c_library_does);
    tcase_add_test(tests, both_readers_say_the_same);
    tcase_add_test(tests, both_readers_say_the_same_of_spoilt_addresses);
    tcase_add_test(tests, truncation_keeps_the_first_bits);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
