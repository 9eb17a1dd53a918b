/*
 * At stake: the header wafveil-source leads to the raw record. It goes to outputs that ask for it,
 * and never along with a record that the law does not let go there as it is.
 */
#include "runtime/parcel.h"

#include <check.h>

static const struct wv_output outputs[] = {{.source_position = true}, {.source_position = false}};
static const struct wv_config config = {.outputs = outputs, .output_count = 2};

static bool has_source(uint32_t output, bool withheld)
{
    static struct wv_slot slot = {.partition = 3};
    const struct wv_shipment about = {.slot = &slot, .offset = 42};
    const struct wv_header kind = {WV_LIT("wafveil-kind"), WV_LIT("tokenised")};
    const struct wv_result result = {
        .output = output, .withheld = withheld, .headers = &kind, .header_count = 1};
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    ck_assert(wv_parcel_headers(&config, &result, &about, &headers));
    ck_assert_ptr_nonnull(headers);
    const bool found = rd_kafka_header_get_last(headers, "wafveil-source", &value, &size) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
    ck_assert(rd_kafka_header_get_last(headers, "wafveil-kind", &value, &size) ==
              RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_headers_destroy(headers);
    return found;
}

START_TEST(no_way_back_where_the_law_refuses)
{
    ck_assert(has_source(0, false));
    ck_assert(!has_source(0, true));
    ck_assert(!has_source(1, false));
    ck_assert(!has_source(1, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parcel");
    TCase *tests = tcase_create("parcel");
    tcase_add_test(tests, no_way_back_where_the_law_refuses);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
