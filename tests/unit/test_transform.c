/*
 * At stake: everything. A record goes through the whole engine here, and what comes out is compared
 * whole, byte for byte: what no rule covers must be identical, what one covers must be gone, and what
 * cannot be read must not come out at all.
 */
#include "support/engine.h"
#include "support/vectors.h"

#include <check.h>

/* One output for security, without annotation, so that the whole record is the record. */
static const char plain_config[] =
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"%s\","
    "\"hosts\":[\"example.com\"]}}],\"regions\":[{\"from\":\"tenant\"}],"
    "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\",\"annotate\":\"none\"}]}";

static struct engine plain_engine(const char *region)
{
    char config[512];
    snprintf(config, sizeof config, plain_config, region);
    return engine_config(config, NULL, 0);
}

/* What a table writes for a result: the value, or "!reject …", "!stub …". */
static struct wv_slice spell(const struct wv_result *result, char *memory, size_t cap)
{
    int len = 0;
    switch (result->outcome) {
    case WV_PUBLISH:
        return result->value;
    case WV_STUB:
        len = snprintf(memory, cap, "!stub %s %.*s", wv_reason_word(result->reason),
                       (int)result->value.len, (const char *)result->value.ptr);
        break;
    case WV_REJECT:
        ck_assert_uint_eq(result->value.len, 0);
        len = snprintf(memory, cap, "!reject %s %zu %s", wv_reason_word(result->reason), result->at,
                       result->place == NULL || result->place[0] == '\0' ? "-" : result->place);
        break;
    case WV_SUPPRESS:
        len = snprintf(memory, cap, "!suppress");
        break;
    }
    return (struct wv_slice){(const uint8_t *)memory, (size_t)len};
}

START_TEST(answers_are_known)
{
    static const char *const regions[] = {"eu", "us", "unknown"};
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, "transform");
    size_t wrong = 0;
    for (size_t r = 0; r < WV_COUNT(regions); r++) {
        struct engine engine = plain_engine(regions[r]);
        size_t cases = 0;
        for (size_t i = 0; i < vectors.count; i++) {
            const struct vector *row = &vectors.rows[i];
            char memory[4096];
            if (!wv_slice_eq(row->fields[0], wv_slice_of(regions[r]))) {
                continue;
            }
            cases++;
            const struct wv_results results = engine_run(&engine, row->fields[1]);
            ck_assert_uint_eq(results.count, 1);
            const struct wv_slice got = spell(&results.items[0], memory, sizeof memory);
            if (!wv_slice_eq(got, row->fields[2])) {
                fprintf(stderr, "transform.tsv:%zu: got\n%.*s\n", row->line, (int)got.len,
                        (const char *)got.ptr);
                wrong++;
            }
        }
        ck_assert_uint_gt(cases, 0);
        engine_fini(&engine);
    }
    vectors_free(&vectors);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transform");
    TCase *known = tcase_create("known");
    tcase_add_test(known, answers_are_known);
    suite_add_tcase(suite, known);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
