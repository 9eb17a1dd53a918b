/*
 * options: a setting that is silently corrected, narrowed or ignored is a policy that is not kept.
 * Two settings that are merged must come out as the one that hides more, or not at all.
 */
#include "json/options.h"

#include "support/findings.h"

enum shape { ROUND = 0, SQUARE, STAR };

struct settings {
    uint32_t keep;
    uint32_t plain;
    bool strict;
    uint32_t shape;
    struct wv_slice label;
    struct wv_name_list names;
    json_t *extra;
};

static const char *const shapes[] = {"round", "square", "star", NULL};

static const struct wv_option options[] = {
    {.name = "keep",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, keep),
     .min = 1,
     .max = 24,
     .fallback = 16,
     .unit = "bits",
     .stricter = WV_STRICTER_LOWER,
     .help = "How many bits stay"},
    {.name = "plain",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, plain),
     .max = UINT32_MAX,
     .fallback = 7,
     .stricter = WV_STRICTER_HIGHER,
     .help = "A number"},
    {.name = "strict",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, strict),
     .fallback = 1,
     .stricter = WV_STRICTER_HIGHER,
     .help = "Whether it is"},
    {.name = "shape",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, shape),
     .choices = shapes,
     .fallback = SQUARE,
     .help = "What it looks like"},
    {.name = "label",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct settings, label),
     .max = 8,
     .fallback_text = "none",
     .help = "What it is called"},
    {.name = "names",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct settings, names),
     .max = 3,
     .stricter = WV_STRICTER_FEWER,
     .help = "Who is in it"},
    {.name = "extra",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct settings, extra),
     .help = "Anything"},
};

static const struct wv_option needed[] = {
    {.name = "topic",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct settings, label),
     .min = 1,
     .required = true,
     .help = "where records go"},
};

static bool bind(const char *text, const struct wv_option *rows, size_t count, struct settings *out,
                 struct wv_arena *arena, struct wv_report *report)
{
    struct wv_document *document = wv_document_parse("o.json", wv_slice_of(text), report);
    ck_assert_ptr_nonnull(document);
    const struct wv_node root = wv_document_root(document);
    const bool bound = wv_options_bind(&root, rows, count, out, arena, report);
    wv_document_free(document);
    return bound;
}

static const struct refusal {
    const char *text;
    const char *findings;
} refusals[] = {
    {"{\"keep\": 0}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": 25}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": -1}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": 4294967304}", /* 8, if it were narrowed first */
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": 8.0}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": \"8\"}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"keep\": null}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"},
    {"{\"plain\": 4294967296}",
     "o.json:1:11: error: must be a whole number from 0 to 4294967295 (at /plain)\n"},
    {"{\"strict\": 1}", "o.json:1:12: error: must be true or false (at /strict)\n"},
    {"{\"shape\": 1}", "o.json:1:11: error: must be one of: round, square, star (at /shape)\n"},
    {"{\"shape\": \"oval\"}",
     "o.json:1:11: error: must be one of: round, square, star (at /shape)\n"},
    {"{\"shape\": \"sqare\"}",
     "o.json:1:11: error: must be one of: round, square, star; did you mean \"square\"? "
     "(at /shape)\n"},
    {"{\"shape\": \"Round\"}",
     "o.json:1:11: error: must be one of: round, square, star; did you mean \"round\"? "
     "(at /shape)\n"},
    {"{\"label\": 3}", "o.json:1:11: error: must be a string (at /label)\n"},
    {"{\"label\": \"123456789\"}",
     "o.json:1:11: error: must not be longer than 8 bytes (at /label)\n"},
    {"{\"names\": \"a\"}", "o.json:1:11: error: must be an array of strings (at /names)\n"},
    {"{\"names\": [\"a\", 1, \"b\"]}", "o.json:1:17: error: must be a string (at /names/1)\n"},
    {"{\"names\": [\"a\", \"b\", \"c\", \"d\"]}",
     "o.json:1:11: error: must not hold more than 3 names (at /names)\n"},
    {"{\"kep\": 8}",
     "o.json:1:2: error: unknown member \"kep\"; did you mean \"keep\"? (at /kep)\n"},
    {"{\n \"colour\": 8}", "o.json:2:2: error: unknown member \"colour\"; known: keep, plain, "
                           "strict, shape, label, names, extra (at /colour)\n"},
    {"[]", "o.json:1:1: error: must be an object\n"},
    {"{\"keep\": 99, \"strict\": 0,\n\"lable\": 1}",
     "o.json:1:10: error: must be a whole number from 1 to 24 (bits) (at /keep)\n"
     "o.json:1:24: error: must be true or false (at /strict)\n"
     "o.json:2:1: error: unknown member \"lable\"; did you mean \"label\"? (at /lable)\n"},
};

static void check_defaults(const struct settings *settings)
{
    ck_assert_uint_eq(settings->keep, 16);
    ck_assert_uint_eq(settings->plain, 7);
    ck_assert(settings->strict);
    ck_assert_uint_eq(settings->shape, SQUARE);
    ck_assert(wv_slice_eq(settings->label, WV_LIT("none")));
    ck_assert_uint_eq(settings->names.count, 0);
    ck_assert_ptr_null(settings->extra);
}

START_TEST(refuses_and_keeps_the_default)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(1 << 20);
    struct settings settings;
    memset(&settings, 0x55, sizeof settings);
    ck_assert(!bind(refusals[_i].text, options, WV_COUNT(options), &settings, arena, report));
    check_defaults(&settings);
    wv_arena_free(arena);
    findings_are(report, refusals[_i].findings);
}
END_TEST

static const struct refusal required[] = {
    {"{}", "o.json:1:1: error: \"topic\" is required: where records go\n"},
    {"{\"topc\": \"x\"}",
     "o.json:1:1: error: \"topic\" is required: where records go\n"
     "o.json:1:2: error: unknown member \"topc\"; did you mean \"topic\"? (at /topc)\n"},
    {"{\"topic\": \"\"}", "o.json:1:11: error: must not be shorter than 1 bytes (at /topic)\n"},
    {"{\"topic\": null}", "o.json:1:11: error: must be a string (at /topic)\n"},
};

START_TEST(asks_for_what_is_required)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(1 << 20);
    struct settings settings = {0};
    ck_assert(!bind(required[_i].text, needed, WV_COUNT(needed), &settings, arena, report));
    ck_assert_str_eq((const char *)settings.label.ptr, "");
    wv_arena_free(arena);
    findings_are(report, required[_i].findings);
}
END_TEST

START_TEST(binds_everything)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(1 << 20);
    struct settings settings;
    memset(&settings, 0x55, sizeof settings);
    ck_assert(bind("{\"$schema\": 1, \"comment\": [2], \"keep\": 24, \"plain\": 4294967295,"
                   " \"strict\": false, \"shape\": \"star\", \"label\": \"12345678\","
                   " \"names\": [\"a\", \"\"], \"extra\": null}",
                   options, WV_COUNT(options), &settings, arena, report));
    ck_assert_uint_eq(settings.keep, 24);
    ck_assert_uint_eq(settings.plain, UINT32_MAX);
    ck_assert(!settings.strict);
    ck_assert_uint_eq(settings.shape, STAR);
    ck_assert_str_eq((const char *)settings.label.ptr, "12345678"); /* outlives the document */
    ck_assert_uint_eq(settings.names.count, 2);
    ck_assert_str_eq((const char *)settings.names.items[0].ptr, "a");
    ck_assert_str_eq((const char *)settings.names.items[1].ptr, "");
    ck_assert_ptr_nonnull(settings.extra);
    wv_arena_free(arena);
    findings_are(report, "");
}
END_TEST

START_TEST(no_object_is_an_empty_one)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(1 << 20);
    struct settings settings;
    memset(&settings, 0x55, sizeof settings);
    const struct wv_node none = {0};
    ck_assert(wv_options_bind(&none, options, WV_COUNT(options), &settings, arena, report));
    check_defaults(&settings);
    ck_assert(!wv_options_bind(&none, needed, WV_COUNT(needed), &settings, arena, report));
    wv_arena_free(arena);
    findings_are(report, "error: \"topic\" is required: where records go\n");
}
END_TEST

START_TEST(a_full_arena_is_a_finding)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(0);
    struct settings settings;
    ck_assert(!bind("{\"label\": \"x\", \"names\": []}", options, WV_COUNT(options), &settings,
                    arena, report));
    check_defaults(&settings);
    wv_arena_free(arena);
    findings_are(report, "o.json:1:11: error: does not fit into memory: the documents are too "
                         "large (at /label)\n"
                         "o.json:1:25: error: does not fit into memory: the documents are too "
                         "large (at /names)\n");
}
END_TEST

static const struct merging {
    const char *a;
    const char *b;
    const char *merged; /* NULL: cannot be merged */
} mergings[] = {
    {"{}", "{}", "{}"},
    {"{\"keep\": 8}", "{\"keep\": 12}", "{\"keep\": 8}"},
    {"{\"plain\": 8}", "{\"plain\": 12}", "{\"plain\": 12}"},
    {"{\"strict\": false}", "{}", "{\"strict\": true}"},
    {"{\"strict\": false}", "{\"strict\": false}", "{\"strict\": false}"},
    {"{\"shape\": \"star\"}", "{\"shape\": \"star\"}", "{\"shape\": \"star\"}"},
    {"{\"shape\": \"star\"}", "{\"shape\": \"round\"}", NULL},
    {"{\"label\": \"x\"}", "{\"label\": \"x\"}", "{\"label\": \"x\"}"},
    {"{\"label\": \"x\"}", "{\"label\": \"y\"}", NULL},
    {"{\"names\": [\"a\",\"b\"]}", "{\"names\": [\"b\",\"c\"]}", "{\"names\": [\"b\"]}"},
    {"{\"names\": [\"a\",\"b\"]}", "{\"names\": [\"a\",\"b\"]}", "{\"names\": [\"a\",\"b\"]}"},
    {"{\"names\": [\"a\"]}", "{\"names\": [\"b\"]}", "{}"},
    {"{\"names\": [\"a\"]}", "{}", "{}"},
    {"{\"extra\": 1}", "{\"extra\": 1}", NULL}, /* equal, but not the same */
    {"{\"keep\": 1, \"plain\": 1}", "{\"keep\": 2, \"plain\": 2}", "{\"keep\": 1, \"plain\": 2}"},
};

static void check_same(const struct settings *a, const struct settings *b)
{
    ck_assert_uint_eq(a->keep, b->keep);
    ck_assert_uint_eq(a->plain, b->plain);
    ck_assert_int_eq(a->strict, b->strict);
    ck_assert_uint_eq(a->shape, b->shape);
    ck_assert(wv_slice_eq(a->label, b->label));
    ck_assert_uint_eq(a->names.count, b->names.count);
    for (size_t i = 0; i < a->names.count; i++) {
        ck_assert(wv_slice_eq(a->names.items[i], b->names.items[i]));
    }
}

START_TEST(merges_to_the_stricter)
{
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(1 << 20);
    struct settings a;
    struct settings b;
    struct settings wanted;
    struct settings merged;
    const struct merging *m = &mergings[_i];
    ck_assert(bind(m->a, options, WV_COUNT(options), &a, arena, report));
    ck_assert(bind(m->b, options, WV_COUNT(options), &b, arena, report));
    const bool able = m->merged != NULL;
    ck_assert_int_eq(wv_options_merge(options, WV_COUNT(options), &a, &b, &merged, arena), able);
    if (able) {
        ck_assert(bind(m->merged, options, WV_COUNT(options), &wanted, arena, report));
        check_same(&merged, &wanted);
        /* the other way round, over one of its sources */
        ck_assert(wv_options_merge(options, WV_COUNT(options), &b, &a, &a, arena));
        check_same(&a, &wanted);
    }
    wv_arena_free(arena);
    findings_are(report, "");
}
END_TEST

START_TEST(merging_needs_memory)
{
    struct wv_arena *full = wv_arena_new(0);
    const struct wv_slice left[] = {WV_LIT("a"), WV_LIT("b")};
    const struct wv_slice right[] = {WV_LIT("b"), WV_LIT("c")};
    const struct settings a = {.names = {left, 2}};
    const struct settings b = {.names = {right, 2}};
    struct settings merged;
    ck_assert(!wv_options_merge(options, WV_COUNT(options), &a, &b, &merged, full));
    ck_assert(wv_options_merge(options, WV_COUNT(options), &a, &a, &merged, full));
    wv_arena_free(full);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_loop_test(tests, refuses_and_keeps_the_default, 0, (int)WV_COUNT(refusals));
    tcase_add_loop_test(tests, asks_for_what_is_required, 0, (int)WV_COUNT(required));
    tcase_add_test(tests, binds_everything);
    tcase_add_test(tests, no_object_is_an_empty_one);
    tcase_add_test(tests, a_full_arena_is_a_finding);
    tcase_add_loop_test(tests, merges_to_the_stricter, 0, (int)WV_COUNT(mergings));
    tcase_add_test(tests, merging_needs_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
