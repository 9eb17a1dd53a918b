/*
 * At stake: the engine runs millions of times a second, in as many threads as there are cores, and
 * promises that a record costs no allocation. An allocator's lock or a slow page fault in the
 * middle of it would not fail any other test. Here malloc and its relatives are counted.
 */
#include "support/engine.h"
#include "support/sealing.h"

#include <check.h>
#include <errno.h>

static size_t allocations;

/* glibc's own, under the names that it exports for this purpose. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

#if defined(__SANITIZE_ADDRESS__)
enum { COUNTED = 0 }; /* the sanitizer has an allocator of its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { COUNTED = 0 };
#else
#define COUNT_ALLOCATIONS
enum { COUNTED = 1 };
#endif
#else
#define COUNT_ALLOCATIONS
enum { COUNTED = 1 };
#endif

#if defined(COUNT_ALLOCATIONS)

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    allocations++;
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    allocations++;
    *out = __libc_memalign(align, size);
    return *out == NULL ? ENOMEM : 0;
}

#endif

/* One record with something for every filter, of a client that no record before had: its token, and
 * those of the ids, are in no cache. */
static void write_record(unsigned number, char *out, size_t cap)
{
    const int len = snprintf(
        out, cap,
        "{\"timestamp\":1763805611333,\"webaclId\":\"arn:x\",\"action\":\"BLOCK\",\"httpRequest\":{"
        "\"clientIp\":\"198.51.100.%03u\",\"country\":\"DE\",\"headers\":["
        "{\"name\":\"Host\",\"value\":\"shop.example.com\"},"
        "{\"name\":\"X-Forwarded-For\",\"value\":\"203.0.113.%03u, 2001:db8::%03u\"},"
        "{\"name\":\"Cookie\",\"value\":\"sid=%03u; a=b\"},"
        "{\"name\":\"Referer\",\"value\":\"https://www.example.org/a/%03u\"},"
        "{\"name\":\"Authorization\",\"value\":\"Bearer abc%03u\"},"
        "{\"name\":\"User-Agent\",\"value\":\"Mozilla/5.0 (X11; Linux x86_64; rv:1) "
        "Firefox/140.0\"},"
        "{\"name\":\"X-Other\",\"value\":\"v%03u\"},{\"name\":\"Accept\",\"value\":\"*\\/*\"}],"
        "\"uri\":\"/a/%03u/"
        "bob%%40example.org\",\"args\":\"ip=198.51.100.%03u&m=a\\u0040example.org\","
        "\"requestId\":\"1-%03u\"},\"labels\":[{\"name\":\"awswaf:clientip:geo:region:DE-BE\"}],"
        "\"terminatingRuleMatchDetails\":[{\"matchedData\":[\"a\",\"198.51.100.%03u\"]}],"
        "\"x\":{\"y\":[1,\"%03u\"]},\"ja3Fingerprint\":\"e7d705a3286e19ea42f587b344ee6%03u\","
        "\"ja4Fingerprint\":\"t13d1516h2_8daaf6152771_b186095e22b6\"}",
        number, number, number, number, number, number, number, number, number, number, number,
        number, number);
    ck_assert(len > 0 && (size_t)len < cap);
}

/* What may come in a message. */
static const char *const kinds[] = {"%s", "%s\n%s", "%s\n{\"x\":\n%s", "%s\n\xff"};

START_TEST(records_cost_no_allocation)
{
    enum { RECORD_MAX = 4096, RUNS = 150 };
    static char record_text[RECORD_MAX];
    static char message[2 * RECORD_MAX];
    static const char *const regions[] = {"eu",        "us",     "unknown", "refused",
                                          "detectors", "client", "sealed"};
    static const char own[] = ACME UNDER(
        TENANT,
        SOC("") ",{\"name\":\"lake\",\"purpose\":\"analytics\",\"when\":{"
                "\"tenant\":[\"acme\"]},\"sample\":{\"rate\":0.5}}") ",\"detectors\":{\"a\":{"
                                                                     "\"pattern\":\"198\\\\.51[0-9."
                                                                     "]+\","
                                                                     "\"literal\":\"198.51\","
                                                                     "\"validator\":\"luhn\"}}}";
    static const char client[] = INPUT("{\"name\":\"acme\",\"region\":\"us\"}")
        UNDER(TENANT ",{\"from\":\"database\",\"file\":\"" WV_TEST_GEO "/country-28.mmdb\"}",
              SOC(",\"annotate\":\"both\"")) ",\"enrich\":{\"country\":{},\"asn\":{\"file\":"
                                             "\"" WV_TEST_GEO
                                             "/asn.mmdb\"},\"lists\":[{\"name\":\"tor\",\"file\":"
                                             "\"tor.txt\"}]}}";
    static const char sealed[] = ACME UNDER(
        TENANT, SOC(",\"annotate\":\"member\",\"seal\":{\"certificate\":\"soc.pem\","
                    "\"classes\":[\"client_ip\",\"forwarded_ip\",\"user_agent\"],\"when\":{"
                    "\"action\":[\"BLOCK\"]},\"days\":366}")) "}";
    if (COUNTED == 0) {
        return;
    }
    struct recipient *recipient = recipient_new((struct recipient_wish){.from_days = -20000});
    struct wv_clock_fake clock; /* at the time of the records: older ones would not be sealed */
    wv_clock_fake_init(&clock, 1763805611333);
    const struct engine_file soc = {"soc.pem", recipient->certificate};
    static const struct engine_file tor = {"tor.txt", "198.51.100.0/24\n"};
    for (size_t r = 0; r < WV_COUNT(regions); r++) {
        struct engine engine = strcmp(regions[r], "detectors") == 0 ? engine_config(own, NULL, 0)
                               : strcmp(regions[r], "client") == 0  ? engine_config(client, &tor, 1)
                               : strcmp(regions[r], "sealed") == 0  ? engine_config(sealed, &soc, 1)
                                                                    : engine_builtin(regions[r]);
        struct wv_categories *counts = wv_categories_new(engine.plan);
        ck_assert_ptr_nonnull(counts);
        wv_worker_counts(engine.worker, counts);
        wv_worker_clock(engine.worker, &clock.clock);
        const struct wv_header header = {WV_LIT("h"), WV_LIT("v")};
        struct wv_record record = {.headers = &header, .header_count = 1, .time_ms = 1763805611333};
        for (unsigned number = 0; number < RUNS; number++) {
            const char *kind = kinds[number % WV_COUNT(kinds)];
            write_record(100 + number % 150, record_text, sizeof record_text);
            snprintf(message, sizeof message, kind, record_text, record_text);
            record.value = wv_slice_of(message);
            record.key = (struct wv_slice){(const uint8_t *)record_text, 20 + number % 7};
            const size_t before = allocations;
            const struct wv_results results = wv_transform(engine.worker, &record);
            const size_t after = allocations;
            ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
            /* The first messages make the output memory and derive the keys. */
            if (number >= WV_COUNT(kinds)) {
                ck_assert_msg(after == before, "%s, message %u: %zu allocations", regions[r],
                              number, after - before);
            }
        }
        ck_assert_uint_ge(counts->groups[0].records, RUNS);
        const uint64_t *sealings = wv_worker_tally(engine.worker)->sealed[0];
        ck_assert_int_eq(sealings[WV_SEALING_DONE] >= RUNS, strcmp(regions[r], "sealed") == 0);
        engine_fini(&engine);
        wv_categories_free(counts);
    }
    recipient_free(recipient);
}
END_TEST

START_TEST(the_count_counts)
{
    const size_t before = allocations;
    void *volatile memory = malloc(100);
    memory = realloc(memory, 200);
    const size_t after = allocations;
    ck_assert_ptr_nonnull(memory);
    free(memory);
    ck_assert_uint_eq(after - before, COUNTED == 0 ? 0U : 2U);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no_allocation");
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, the_count_counts);
    tcase_add_test(memory, records_cost_no_allocation);
    suite_add_tcase(suite, memory);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
