/*
 * At stake: a list of networks is downloaded text. A line that is read wrong puts somebody on a
 * list of attackers, or an attacker on none; so what is not clear is refused, with its line.
 */
#include "plan/networks.h"
#include "support/findings.h"
#include "support/random.h"

#include <stdlib.h>

static struct wv_address address_of(const char *text)
{
    struct wv_address address;
    ck_assert_msg(wv_address_parse(wv_slice_of(text), &address) == WV_ADDRESS_VALID, "%s", text);
    return address;
}

static uint32_t find(const struct wv_networks *networks, const char *text)
{
    const struct wv_address address = address_of(text);
    return wv_networks_find(networks, &address);
}

static void add(struct wv_networks *networks, unsigned list, const char *text)
{
    struct wv_report *report = wv_report_new();
    const bool good = wv_networks_add(networks, list, "list", wv_slice_of(text), report);
    if (!good) {
        wv_report_print(report, stderr);
    }
    ck_assert(good);
    wv_report_free(report);
}

START_TEST(lists_are_told_apart)
{
    struct wv_networks *networks = wv_networks_new();
    add(networks, 0,
        "\xef\xbb\xbf# exits\r\n\r\n198.51.100.0/24 # all\r\n  203.0.113.7\t\n2001:db8::/32\n");
    add(networks, 1, "198.51.100.128/25\n198.51.100.200\n203.0.113.0/24\n2001:db8:1::/48");
    add(networks, 30, "::/8\n");
    add(networks, 31, "0.0.0.0/1\n8000::/1\n255.255.255.255\n");
    ck_assert(wv_networks_sort(networks));
    const uint32_t last = UINT32_C(1) << 31;
    ck_assert_uint_eq(find(networks, "198.51.99.255"), 0);
    ck_assert_uint_eq(find(networks, "198.51.100.0"), 1);
    ck_assert_uint_eq(find(networks, "198.51.100.127"), 1);
    ck_assert_uint_eq(find(networks, "198.51.100.128"), 3);
    ck_assert_uint_eq(find(networks, "198.51.100.200"), 3);
    ck_assert_uint_eq(find(networks, "198.51.100.255"), 3);
    ck_assert_uint_eq(find(networks, "198.51.101.0"), 0);
    ck_assert_uint_eq(find(networks, "203.0.113.6"), 2);
    ck_assert_uint_eq(find(networks, "203.0.113.7"), 3);
    ck_assert_uint_eq(find(networks, "203.0.113.8"), 2);
    ck_assert_uint_eq(find(networks, "::ffff:203.0.113.7"), 3);
    ck_assert_uint_eq(find(networks, "2001:db8:0:ffff::"), 1);
    ck_assert_uint_eq(find(networks, "2001:db8:1::"), 3);
    ck_assert_uint_eq(find(networks, "2001:db8:1:ffff:ffff:ffff:ffff:ffff"), 3);
    ck_assert_uint_eq(find(networks, "2001:db8:2::"), 1);
    ck_assert_uint_eq(find(networks, "2001:db9::"), 0);
    ck_assert_uint_eq(find(networks, "127.255.255.255"), last);
    ck_assert_uint_eq(find(networks, "128.0.0.0"), 0);
    ck_assert_uint_eq(find(networks, "255.255.255.255"), last);
    ck_assert_uint_eq(find(networks, "255.255.255.254"), 0);
    ck_assert_uint_eq(find(networks, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), last);
    ck_assert_uint_eq(find(networks, "7fff::"), 0);
    ck_assert_uint_eq(find(networks, "::1"), UINT32_C(1) << 30);
    ck_assert_uint_eq(find(networks, "ff::"), UINT32_C(1) << 30);
    ck_assert_uint_eq(find(networks, "100::"), 0);
    ck_assert_uint_eq(wv_networks_count(networks, 0), 3);
    wv_networks_free(networks);
}
END_TEST

START_TEST(nothing_is_in_no_list)
{
    struct wv_networks *networks = wv_networks_new();
    ck_assert(wv_networks_sort(networks));
    ck_assert_uint_eq(find(networks, "192.0.2.1"), 0);
    ck_assert_uint_eq(find(networks, "2001:db8::"), 0);
    wv_networks_free(networks);
}
END_TEST

static const struct {
    const char *line;
    const char *said;
} wrong[] = {
    {"203.0.113", "is no address and no network"},
    {"192.0.2.0/33", "has a prefix length that is none: /1 to /32"},
    {"192.0.2.0/", "has a prefix length that is none: /1 to /32"},
    {"192.0.2.0/024", "has a prefix length that is none: /1 to /32"},
    {"192.0.2.0/-1", "has a prefix length that is none: /1 to /32"},
    {"192.0.2.0/24/24", "has a prefix length that is none: /1 to /32"},
    {"2001:db8::/129", "has a prefix length that is none: /1 to /128"},
    {"192.0.2.1/24", "has bits behind its prefix"},
    {"2001:db8::1/64", "has bits behind its prefix"},
    {"2001:db8:0:0:1::/64", "has bits behind its prefix"},
    {"0.0.0.0/0", "is every address there is"},
    {"192.000.2.0", "is no address and no network"},
    {"192.0.2.1-192.0.2.9", "is no address and no network"},
    {"192.0.2.1;", "is no address and no network"},
    {"192.0.2.1 198.51.100.1", "is no address and no network"},
    {"192.0.2.1:80", "is no address and no network"},
    {"[2001:db8::1]", "is no address and no network"},
    {"fe80::1%eth0", "is no address and no network"},
    {"::ffff:192.0.2.1", "is an IPv4 address in IPv6"},
    {"/25", "is no address and no network"},
    {"<html>", "is no address and no network"},
    {"\xff\xfe", "is no address and no network"},
};

START_TEST(what_is_not_clear_is_refused_with_its_line)
{
    char text[256];
    struct wv_networks *networks = wv_networks_new();
    struct wv_report *report = wv_report_new();
    snprintf(text, sizeof text, "# one\n192.0.2.0/24\n%s\n", wrong[_i].line);
    ck_assert(!wv_networks_add(networks, 0, "list.txt", wv_slice_of(text), report));
    ck_assert_uint_eq(wv_report_count(report), 1);
    const struct wv_finding *finding = wv_report_at(report, 0);
    ck_assert_uint_eq(finding->line, 3);
    ck_assert_msg(strncmp(finding->text, wrong[_i].said, strlen(wrong[_i].said)) == 0, "%s: %s",
                  wrong[_i].line, finding->text);
    ck_assert_ptr_null(strstr(finding->text, wrong[_i].line)); /* it may be somebody's address */
    wv_report_free(report);
    wv_networks_free(networks);
}
END_TEST

START_TEST(a_download_that_failed_is_no_list)
{
    static const char *const texts[] = {"", "# nothing\n\n", "\n\n"};
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        struct wv_networks *networks = wv_networks_new();
        struct wv_report *report = wv_report_new();
        ck_assert(!wv_networks_add(networks, 0, "list.txt", wv_slice_of(texts[i]), report));
        findings_are(report, "list.txt: error: holds no network: an empty list is mostly a "
                             "download that failed\n");
        wv_networks_free(networks);
    }
}
END_TEST

START_TEST(a_wrong_file_is_told_in_a_few_lines)
{
    enum { LINES = 10000 };
    char *text = malloc(LINES * 6 + 1);
    for (size_t i = 0; i < LINES; i++) {
        memcpy(text + i * 6, "wrong\n", 7);
    }
    struct wv_networks *networks = wv_networks_new();
    struct wv_report *report = wv_report_new();
    ck_assert(!wv_networks_add(networks, 0, "x", wv_slice_of(text), report));
    ck_assert_uint_eq(wv_report_count(report), WV_NETWORK_FINDINGS_MAX);
    wv_report_free(report);
    report = wv_report_new();
    memset(text, '1', LINES);
    text[LINES] = '\0';
    ck_assert(!wv_networks_add(networks, 0, "x", wv_slice_of(text), report));
    findings_are(report, "x:1: error: is too long a line: at most 1024 bytes\n");
    wv_networks_free(networks);
    free(text);
}
END_TEST

START_TEST(small_lists_are_known_as_such)
{
    struct wv_networks *networks = wv_networks_new();
    add(networks, 0, "192.0.2.1\n2001:db8::/64\n");
    add(networks, 1, "192.0.2.0/24\n");
    add(networks, 3, "8000::/1\n0.0.0.0/1\n128.0.0.0/1\n");
    ck_assert(wv_networks_covers(networks, 0, 2));
    ck_assert(!wv_networks_covers(networks, 0, 3));
    ck_assert(wv_networks_covers(networks, 1, 256));
    ck_assert(!wv_networks_covers(networks, 1, 257));
    ck_assert(wv_networks_covers(networks, 3, UINT64_C(1) << 63));
    wv_networks_free(networks);
}
END_TEST

/* ---- Against a slow search -------------------------------------------------------------------
 */

struct plain {
    struct wv_address first;
    unsigned bits;
    uint32_t list;
};

static bool covers(const struct plain *network, const struct wv_address *address)
{
    if (network->first.family != address->family) {
        return false;
    }
    for (unsigned i = 0; i < network->bits; i++) {
        if (((network->first.bytes[i / 8] ^ address->bytes[i / 8]) >> (7 - i % 8) & 1) != 0) {
            return false;
        }
    }
    return true;
}

/* Addresses that lie close together, so that networks overlap. */
static struct wv_address random_address(uint64_t *state)
{
    struct wv_address address = {.family = random_next(state) % 2 == 0 ? 4 : 6};
    const size_t width = address.family == 4 ? 4 : 16;
    address.bytes[0] = address.family == 4 ? 198 : 0x20;
    for (size_t i = 1; i < width; i++) {
        const uint64_t chosen = random_next(state);
        address.bytes[i] = chosen % 3 == 0   ? 0
                           : chosen % 3 == 1 ? 0xff
                                             : (uint8_t)(chosen >> 8 & 3);
    }
    return address;
}

static void write_network(const struct plain *network, char *out, size_t size)
{
    uint8_t text[WV_ADDRESS_TEXT_MAX];
    const size_t len = wv_address_format(&network->first, text);
    snprintf(out, size, "%.*s/%u\n", (int)len, (const char *)text, network->bits);
}

START_TEST(the_search_finds_what_a_slow_one_finds)
{
    enum { NETWORKS = 200, LOOKS = 2000 };
    static struct plain plain[NETWORKS];
    uint64_t state = (uint64_t)_i + 7;
    struct wv_networks *networks = wv_networks_new();
    for (size_t i = 0; i < NETWORKS; i++) {
        plain[i].first = random_address(&state);
        const unsigned width = plain[i].first.family == 4 ? 32 : 128;
        plain[i].bits = 1 + (unsigned)(random_next(&state) % width);
        plain[i].list = (uint32_t)(random_next(&state) % 32);
        for (unsigned bit = plain[i].bits; bit < width; bit++) {
            plain[i].first.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
        }
        char line[128];
        write_network(&plain[i], line, sizeof line);
        add(networks, plain[i].list, line);
    }
    ck_assert(wv_networks_sort(networks));
    for (size_t look = 0; look < LOOKS; look++) {
        const struct wv_address address = random_address(&state);
        uint32_t wanted = 0;
        for (size_t i = 0; i < NETWORKS; i++) {
            wanted |= covers(&plain[i], &address) ? UINT32_C(1) << plain[i].list : 0;
        }
        ck_assert_uint_eq(wv_networks_find(networks, &address), wanted);
    }
    wv_networks_free(networks);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("networks");
    TCase *right = tcase_create("what is found");
    tcase_add_test(right, lists_are_told_apart);
    tcase_add_test(right, nothing_is_in_no_list);
    tcase_add_test(right, small_lists_are_known_as_such);
    tcase_add_loop_test(right, the_search_finds_what_a_slow_one_finds, 0, 20);
    suite_add_tcase(suite, right);
    TCase *refused = tcase_create("what is refused");
    tcase_add_loop_test(refused, what_is_not_clear_is_refused_with_its_line, 0, WV_COUNT(wrong));
    tcase_add_test(refused, a_download_that_failed_is_no_list);
    tcase_add_test(refused, a_wrong_file_is_told_in_a_few_lines);
    suite_add_tcase(suite, refused);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
