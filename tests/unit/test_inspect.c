/*
 * At stake: what `wafveil detect` says is what operators decide by, and what the engine hides is
 * what it says. Known answers for every detector: found in the spellings that people use, and not
 * found in what only looks so.
 */
#include "engine/inspect.h"
#include "plan/explain.h"
#include "support/vectors.h"

#include "filters/detectors.h"

#include <check.h>

static struct wv_plan *plan;
static struct vectors vectors;

static void set_up(void)
{
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_builtin("auto", NULL, report);
    plan = wv_plan_build(config, wv_keyring_throwaway(NULL, report), report);
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    vectors = vectors_load(WV_TEST_VECTORS, "detect");
}

static void tear_down(void)
{
    vectors_free(&vectors);
    wv_plan_free(plan);
}

static uint64_t packs_of(struct wv_slice names)
{
    size_t pack;
    if (names.len == 0) {
        return 0;
    }
    ck_assert(wv_plan_pack_find(plan, names, &pack));
    return UINT64_C(1) << pack;
}

static void spell(const struct wv_sighting *sightings, size_t count, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", count == 0 ? "-" : "");
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s@%u-%u", i == 0 ? "" : ",",
                                 sightings[i].label, sightings[i].from, sightings[i].to);
    }
}

START_TEST(known_answers)
{
    size_t wrong = 0;
    for (size_t i = 0; i < vectors.count; i++) {
        const struct vector *row = &vectors.rows[i];
        struct wv_inspector *inspector = wv_inspector_new(plan, packs_of(row->fields[0]), false);
        const struct wv_sighting *sightings;
        char got[256];
        const size_t count = wv_inspect(inspector, row->fields[1], &sightings);
        spell(sightings, count, got, sizeof got);
        if (!wv_slice_eq(wv_slice_of(got), row->fields[2])) {
            wrong++;
            fprintf(stderr, "%s:%zu: expected %.*s, got %s\n", vectors.path, row->line,
                    WV_SHOW(row->fields[2]), got);
        }
        wv_inspector_free(inspector);
    }
    ck_assert_uint_gt(vectors.count, 100);
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* A detector without a known answer could be broken and nobody would know. */
START_TEST(every_detector_has_a_known_answer)
{
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%s@", wv_detector_at(kind)->label);
        bool found = false;
        for (size_t i = 0; i < vectors.count && !found; i++) {
            const struct wv_slice hits = vectors.rows[i].fields[2];
            found = memmem(hits.ptr, hits.len, wanted, strlen(wanted)) != NULL;
        }
        ck_assert_msg(found, "detect.tsv has no %s", wanted);
    }
}
END_TEST

/* What cannot be assigned to a region falls under all of them. */
START_TEST(the_strictest_packs_are_at_home_everywhere)
{
    static const char *const names[] = {"unknown", "refused"};
    for (size_t i = 0; i < 2; i++) {
        const uint64_t packs = packs_of(wv_slice_of(names[i]));
        struct wv_inspector *inspector = wv_inspector_new(plan, packs, false);
        const struct wv_sighting *sightings;
        const struct wv_slice text = WV_LIT("S1234567D A123456789 A1234563 AA123456B 12345678Z "
                                            "52998224725 253072A07300443");
        ck_assert_uint_eq(wv_inspect(inspector, text, &sightings), 7);
        wv_inspector_free(inspector);
    }
    uint64_t regional = 0;
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        regional += wv_detector_at(kind)->evidence == WV_EVIDENCE_REGION;
    }
    ck_assert_uint_eq(regional, 7); /* the text above has one of each */
}
END_TEST

START_TEST(names_are_told_when_asked_for)
{
    const struct wv_slice text = WV_LIT("tel=0312345678&password=x");
    const struct wv_sighting *sightings;
    struct wv_inspector *inspector = wv_inspector_new(plan, 0, true);
    char got[256];
    const size_t count = wv_inspect(inspector, text, &sightings);
    spell(sightings, count, got, sizeof got);
    ck_assert_str_eq(got, "CONTACT@4-14,CREDENTIAL@24-25");
    wv_inspector_free(inspector);
}
END_TEST

int main(void)
{
    TCase *answers = tcase_create("answers");
    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_add_test(answers, known_answers);
    tcase_add_test(answers, every_detector_has_a_known_answer);
    tcase_add_test(answers, the_strictest_packs_are_at_home_everywhere);
    tcase_add_test(answers, names_are_told_when_asked_for);
    Suite *suite = suite_create("inspect");
    suite_add_tcase(suite, answers);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
