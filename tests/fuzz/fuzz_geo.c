/*
 * Feeds arbitrary bytes to the readers of databases of addresses and of lists of networks.
 *
 * Whatever is opened answers for every address, with nothing or with what can be a country; a list
 * that is taken holds the first address of each of its lines, and looking is the same each time.
 *
 * Input: one byte that chooses the reader, then the file.
 */
#include "plan/geo_database.h"
#include "plan/networks.h"

enum { LOOKS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses all over, by number. */
static struct wv_address address_at(size_t number)
{
    struct wv_address address = {.family = number % 2 == 0 ? 4 : 6};
    uint64_t mixed = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < (address.family == 4 ? 4 : 16); i++) {
        mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
        address.bytes[i] =
            number % 8 < 2 ? (uint8_t) - (int)(number % 3 == 0) : (uint8_t)(mixed >> 56);
    }
    return address;
}

static void read_database(struct wv_slice bytes, enum wv_geo_wanted wanted)
{
    struct wv_report *report = wv_report_new();
    struct wv_geo_database *database = wv_geo_open_bytes("x", bytes, wanted, report);
    wv_ensure((database == NULL) == (wv_report_errors(report) > 0));
    for (size_t i = 0; database != NULL && i < LOOKS; i++) {
        const struct wv_address address = address_at(i);
        const uint32_t found = wv_geo_find(database, &address);
        const uint32_t high = found >> 8;
        const uint32_t low = found & 255;
        wv_ensure(wanted == WV_GEO_ASN || found == 0 ||
                  (high >= 'A' && high <= 'Z' && low >= 'A' && low <= 'Z'));
    }
    wv_geo_close(database);
    wv_report_free(report);
}

/* The first line that a good list holds is found in it. */
static void look_for_lines(const struct wv_networks *networks, struct wv_slice text)
{
    for (size_t at = 0; at < text.len;) {
        const uint8_t *newline = memchr(text.ptr + at, '\n', text.len - at);
        const size_t end = newline == NULL ? text.len : (size_t)(newline - text.ptr);
        const struct wv_slice line = wv_slice_sub(text, at, end);
        const uint8_t *slash = line.len == 0 ? NULL : memchr(line.ptr, '/', line.len);
        struct wv_address address;
        if (slash != NULL &&
            wv_address_prefix(wv_slice_sub(line, 0, (size_t)(slash - line.ptr)), &address) > 0 &&
            line.ptr[0] > ' ') {
            wv_ensure(wv_networks_find(networks, &address) == 1U << 5);
        }
        at = end + 1;
    }
}

static void read_list(struct wv_slice text)
{
    struct wv_report *report = wv_report_new();
    struct wv_networks *networks = wv_networks_new();
    wv_ensure(networks != NULL);
    const bool good = wv_networks_add(networks, 5, "x", text, report);
    wv_ensure(good == (wv_report_errors(report) == 0));
    wv_ensure(wv_report_count(report) <= WV_NETWORK_FINDINGS_MAX);
    wv_ensure(wv_networks_sort(networks));
    for (size_t i = 0; i < LOOKS; i++) {
        const struct wv_address address = address_at(i);
        wv_ensure((wv_networks_find(networks, &address) & ~(1U << 5)) == 0);
    }
    if (good && memchr(text.ptr, '#', text.len) == NULL) {
        look_for_lines(networks, text);
    }
    wv_networks_free(networks);
    wv_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const struct wv_slice bytes = {data + 1, size - 1};
    switch (data[0] % 3) {
    case 0:
        read_database(bytes, WV_GEO_COUNTRY);
        break;
    case 1:
        read_database(bytes, WV_GEO_ASN);
        break;
    default:
        read_list(bytes);
        break;
    }
    return 0;
}
