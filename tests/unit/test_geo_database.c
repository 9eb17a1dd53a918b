/*
 * At stake: a database of addresses comes from somebody else, is exchanged every week, and decides
 * whose law applies. What it says must be read right in each of its forms; what is damaged, or was
 * made to do harm, must be refused when it is opened and never be followed.
 */
#include "base/file.h"
#include "plan/geo_database.h"
#include "plan/geo_value.h"
#include "support/findings.h"
#include "support/random.h"

#include <stdlib.h>
#include <unistd.h>

static struct wv_bytes read_made(const char *name)
{
    char path[512];
    struct wv_bytes bytes;
    struct wv_report *report = wv_report_new();
    snprintf(path, sizeof path, "%s/%s", WV_TEST_GEO, name);
    ck_assert_msg(wv_file_read(path, WV_GEO_FILE_MAX, &bytes, report), "%s", path);
    wv_report_free(report);
    return bytes;
}

static struct wv_geo_database *open_made(const char *name, enum wv_geo_wanted wanted)
{
    struct wv_bytes bytes = read_made(name);
    struct wv_report *report = wv_report_new();
    struct wv_geo_database *database =
        wv_geo_open_bytes(name, wv_bytes_slice(bytes), wanted, report);
    if (database == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(database);
    wv_report_free(report);
    wv_bytes_free(&bytes);
    return database;
}

static uint32_t find(const struct wv_geo_database *database, const char *text)
{
    struct wv_address address;
    ck_assert_int_eq(wv_address_parse(wv_slice_of(text), &address), WV_ADDRESS_VALID);
    return wv_geo_find(database, &address);
}

static uint32_t code(const char *country)
{
    return country[0] == '\0' ? 0
                              : (uint32_t)(uint8_t)country[0] << 8 | (uint32_t)(uint8_t)country[1];
}

/* ---- What a database says --------------------------------------------------------------------
 */

static const struct {
    const char *address;
    const char *country; /* "": none */
} places[] = {
    {"192.0.2.0", "JP"},       {"192.0.2.255", "JP"},     {"192.0.3.0", ""},
    {"192.0.1.255", ""},       {"198.51.100.127", "DE"},  {"198.51.100.128", "FR"},
    {"198.51.100.255", "FR"},  {"203.0.113.63", "US"},    {"203.0.113.64", ""},
    {"203.0.113.127", ""},     {"203.0.113.128", "US"},   {"::ffff:192.0.2.7", "JP"},
    {"0.0.0.1", ""},           {"255.255.255.255", ""},   {"2001:db8::1", "DE"},
    {"2001:db8:7fff::", "DE"}, {"2001:db8:8000::", "JP"}, {"2001:db8:c000::9", "KR"},
    {"2001:db8:ffff::1", ""},  {"2001:db9::1", ""},       {"fe80::1", ""},
    {"2001:db8:c001::1", ""},  {"ffff:ffff::", ""},
};

static const char *const forms[] = {"country-24.mmdb", "country-28.mmdb", "country-32.mmdb",
                                    "country-plain.mmdb", "country-flat.mmdb"};

START_TEST(every_form_says_the_same)
{
    struct wv_geo_database *database = open_made(forms[_i], WV_GEO_COUNTRY);
    for (size_t i = 0; i < WV_COUNT(places); i++) {
        ck_assert_msg(find(database, places[i].address) == code(places[i].country), "%s: %s",
                      forms[_i], places[i].address);
    }
    ck_assert_uint_eq(wv_geo_built(database), 1795305600);
    wv_geo_close(database);
}
END_TEST

START_TEST(a_database_of_ipv4_knows_no_ipv6)
{
    struct wv_geo_database *database = open_made("country-v4.mmdb", WV_GEO_COUNTRY);
    for (size_t i = 0; i < WV_COUNT(places); i++) {
        struct wv_address address;
        ck_assert_int_eq(wv_address_parse(wv_slice_of(places[i].address), &address),
                         WV_ADDRESS_VALID);
        const uint32_t wanted = address.family == 4 ? code(places[i].country) : 0;
        ck_assert_msg(wv_geo_find(database, &address) == wanted, "%s", places[i].address);
    }
    wv_geo_close(database);
}
END_TEST

START_TEST(operators_are_numbers)
{
    static const char *const names[] = {"asn.mmdb", "asn-text.mmdb"};
    struct wv_geo_database *database = open_made(names[_i], WV_GEO_ASN);
    ck_assert_uint_eq(find(database, "192.0.2.9"), 64496);
    ck_assert_uint_eq(find(database, "198.51.100.9"), 64500);
    ck_assert_uint_eq(find(database, "203.0.113.9"), 4200000000);
    ck_assert_uint_eq(find(database, "2001:db8::9"), 65551);
    ck_assert_uint_eq(find(database, "2001:db9::9"), 0);
    wv_geo_close(database);
}
END_TEST

/* A file that is mapped would end the process here. */
START_TEST(the_file_may_be_cut_off_while_it_is_used)
{
    char path[] = "/tmp/wafveil-geo-XXXXXX";
    const int file = mkstemp(path);
    struct wv_bytes bytes = read_made("country-28.mmdb");
    ck_assert_int_eq(write(file, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    struct wv_report *report = wv_report_new();
    struct wv_geo_database *database = wv_geo_open(path, WV_GEO_COUNTRY, report);
    ck_assert_ptr_nonnull(database);
    ck_assert_int_eq(ftruncate(file, 0), 0);
    ck_assert_uint_eq(find(database, "192.0.2.1"), code("JP"));
    wv_geo_close(database);
    ck_assert_ptr_null(wv_geo_open(path, WV_GEO_COUNTRY, report));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_null(wv_geo_open(path, WV_GEO_COUNTRY, report));
    ck_assert_uint_eq(wv_report_errors(report), 2);
    wv_report_free(report);
    close(file);
    wv_bytes_free(&bytes);
}
END_TEST

/* ---- What is wrong ---------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    const char *said;
} bad[] = {
    {"bad-bomb.mmdb", "is damaged: one of its values cannot be read"},
    {"bad-nested.mmdb", "is damaged: one of its values cannot be read"},
    {"bad-loop.mmdb", "is damaged: one of its values cannot be read"},
    {"bad-huge-map.mmdb", "is damaged: one of its values cannot be read"},
    {"bad-metadata-nested.mmdb", "is damaged: its metadata cannot be read"},
    {"bad-metadata-kind.mmdb", "is damaged: its metadata cannot be read"},
    {"bad-node-count.mmdb", "is damaged: it is shorter than its search tree"},
    {"bad-node-count-wraps.mmdb", "is damaged: it is shorter than its search tree"},
    {"bad-no-nodes.mmdb", "is damaged: its metadata say what cannot be"},
    {"bad-record-size.mmdb", "is damaged: its metadata say what cannot be"},
    {"bad-version.mmdb", "is damaged: its metadata say what cannot be"},
    {"bad-format.mmdb", "is no MaxMind DB of format 2"},
    {"asn.mmdb", "holds no countries (country.iso_code, country_code or country); it says that it "
                 "is Test-ASN"},
};

START_TEST(what_is_wrong_is_said_and_never_followed)
{
    struct wv_bytes bytes = read_made(bad[_i].name);
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(
        wv_geo_open_bytes(bad[_i].name, wv_bytes_slice(bytes), WV_GEO_COUNTRY, report));
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s: error: %s\n", bad[_i].name, bad[_i].said);
    findings_are(report, wanted);
    wv_bytes_free(&bytes);
}
END_TEST

START_TEST(countries_are_no_operators)
{
    struct wv_bytes bytes = read_made("country-28.mmdb");
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_geo_open_bytes("x", wv_bytes_slice(bytes), WV_GEO_ASN, report));
    findings_are(report, "x: error: holds no numbers of network operators "
                         "(autonomous_system_number or asn); it says that it is Test-Country\n");
    wv_bytes_free(&bytes);
}
END_TEST

/* Opens what may be damaged; whatever is opened must answer, and only with what a country can be.
 */
static bool survives(struct wv_slice bytes)
{
    struct wv_report *report = wv_report_new();
    struct wv_geo_database *database = wv_geo_open_bytes("x", bytes, WV_GEO_COUNTRY, report);
    ck_assert_int_eq(database == NULL, wv_report_errors(report) > 0);
    for (size_t i = 0; database != NULL && i < WV_COUNT(places); i++) {
        const uint32_t found = find(database, places[i].address);
        const uint32_t high = found >> 8;
        const uint32_t low = found & 255;
        ck_assert(found == 0 || (high >= 'A' && high <= 'Z' && low >= 'A' && low <= 'Z'));
    }
    const bool opened = database != NULL;
    wv_geo_close(database);
    wv_report_free(report);
    return opened;
}

/* Memory of exactly that size, so that a sanitizer sees every byte too far. */
static bool survives_exactly(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len + (len == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, len);
    const bool opened = survives((struct wv_slice){copy, len});
    free(copy);
    return opened;
}

START_TEST(a_file_that_was_cut_off_is_refused)
{
    struct wv_bytes bytes = read_made(forms[_i]);
    for (size_t len = 0; len < bytes.len; len++) {
        ck_assert_msg(!survives_exactly(bytes.ptr, len), "%s cut to %zu bytes", forms[_i], len);
    }
    for (size_t from = 1; from < bytes.len; from += 7) {
        (void)survives_exactly(bytes.ptr + from, bytes.len - from);
    }
    wv_bytes_free(&bytes);
}
END_TEST

START_TEST(a_file_that_was_changed_does_no_harm)
{
    enum { ROUNDS = 3000 };
    struct wv_bytes bytes = read_made(forms[_i]);
    uint8_t *copy = malloc(bytes.len);
    uint64_t state = (uint64_t)_i + 1;
    size_t opened = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        memcpy(copy, bytes.ptr, bytes.len);
        const uint64_t changes = 1 + random_next(&state) % 4;
        for (uint64_t i = 0; i < changes; i++) {
            static const uint8_t nasty[] = {0x00, 0xff, 0x20, 0x3f, 0xe1, 0xff, 0x01, 0x7f};
            const uint64_t chosen = random_next(&state);
            const size_t at = (size_t)(random_next(&state) % bytes.len);
            copy[at] = chosen % 2 == 0 ? nasty[chosen / 2 % 8] : (uint8_t)(chosen >> 8);
        }
        opened += survives_exactly(copy, bytes.len);
    }
    ck_assert_uint_gt(opened, 0); /* names of places may change: most of the file is those */
    ck_assert_uint_lt(opened, ROUNDS);
    free(copy);
    wv_bytes_free(&bytes);
}
END_TEST

/* ---- Values ----------------------------------------------------------------------------------
 */

START_TEST(values_are_bounded)
{
    struct wv_geo_value value;
    size_t at;
    const struct wv_slice text = WV_LIT("\x43"
                                        "abc");
    ck_assert(wv_geo_value(text, 0, &value));
    ck_assert_int_eq(value.kind, WV_GEO_TEXT);
    ck_assert(wv_slice_eq(value.text, WV_LIT("abc")));
    for (size_t len = 0; len < text.len; len++) {
        ck_assert(!wv_geo_value(wv_slice_sub(text, 0, len), 0, &value));
    }
    ck_assert(!wv_geo_value(text, text.len, &value));
    ck_assert(!wv_geo_value(text, SIZE_MAX, &value));
    /* A pointer to a pointer, and one behind the end. */
    ck_assert(!wv_geo_value(WV_LIT("\x20\x02\x20\x04\x41x"), 0, &value));
    ck_assert(!wv_geo_value(WV_LIT("\x27\xff"), 0, &value));
    ck_assert(wv_geo_value(WV_LIT("\x20\x02\x41x"), 0, &value));
    /* {"a": 5, "b": [ ], "c": "d"} */
    const struct wv_slice map = WV_LIT("\xe3\x41"
                                       "a\xa1\x05\x41"
                                       "b\x00\x04\x41"
                                       "c\x41"
                                       "d");
    ck_assert(wv_geo_member(map, 0, "c", &value, &at));
    ck_assert(wv_slice_eq(value.text, WV_LIT("d")));
    ck_assert(wv_geo_member(map, 0, "a", &value, &at));
    ck_assert_uint_eq(value.number, 5);
    ck_assert(!wv_geo_member(map, 0, "d", &value, &at));
    ck_assert(!wv_geo_member(map, 1, "a", &value, &at));
    ck_assert(!wv_geo_is_of_texts(map, 0));
    ck_assert(!wv_geo_is_of_texts(text, 0));
    ck_assert(wv_geo_is_of_texts(WV_LIT("\xe1\x41z\x41y"), 0));
    ck_assert(wv_geo_is_bounded(map, 0));
    ck_assert(!wv_geo_is_bounded(wv_slice_sub(map, 0, map.len - 1), 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("geo_database");
    TCase *right = tcase_create("what it says");
    tcase_add_loop_test(right, every_form_says_the_same, 0, WV_COUNT(forms));
    tcase_add_test(right, a_database_of_ipv4_knows_no_ipv6);
    tcase_add_loop_test(right, operators_are_numbers, 0, 2);
    tcase_add_test(right, the_file_may_be_cut_off_while_it_is_used);
    suite_add_tcase(suite, right);
    TCase *wrong = tcase_create("what is wrong");
    tcase_add_loop_test(wrong, what_is_wrong_is_said_and_never_followed, 0, WV_COUNT(bad));
    tcase_add_test(wrong, countries_are_no_operators);
    tcase_add_loop_test(wrong, a_file_that_was_cut_off_is_refused, 0, WV_COUNT(forms));
    tcase_add_loop_test(wrong, a_file_that_was_changed_does_no_harm, 0, WV_COUNT(forms));
    tcase_add_test(wrong, values_are_bounded);
    suite_add_tcase(suite, wrong);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
