/*
 * test_filters — every filter gives the known answers of tests/vectors/<filter>.tsv.
 *
 * At stake: what leaves. A filter without known answers fails here, so none can be added unseen.
 */
#include "support/filter_fixture.h"
#include "support/vectors.h"

#include <check.h>
#include <stdio.h>

enum { OUTPUT_MAX = 256 * 1024 };

/* A string member of the context, or of one of its parts. */
static struct wv_slice text_of(const json_t *value)
{
    return value == NULL ? (struct wv_slice){0} : wv_slice_of(json_string_value(value));
}

static void bind_needles(struct fixture *fixture, json_t *needles)
{
    const char *address;
    json_t *mark;
    json_object_foreach(needles, address, mark)
    {
        struct wv_needle *needle = &fixture->needles.items[fixture->needles.count++];
        ck_assert(wv_address_parse(wv_slice_of(address), &needle->address) == WV_ADDRESS_VALID);
        needle->mark = text_of(mark);
    }
}

static void bind_own_hosts(struct fixture *fixture, const json_t *hosts)
{
    const size_t count = json_array_size(hosts);
    struct wv_slice *items = WV_ARENA_ARRAY(fixture->arena, count + 1, struct wv_slice);
    ck_assert_ptr_nonnull(items);
    for (size_t i = 0; i < count; i++) {
        items[i] = text_of(json_array_get(hosts, i));
    }
    fixture->own_hosts = (struct wv_name_list){.items = items, .count = count};
}

static void bind_context(struct fixture *fixture, struct wv_slice json)
{
    if (json.len == 0) {
        return;
    }
    const struct wv_node node = fixture_document(fixture, json);
    ck_assert_ptr_nonnull(node.value);
    const char *member;
    json_t *value;
    json_object_foreach(node.value, member, value)
    {
        if (strcmp(member, "name") == 0) {
            fixture->name = text_of(value);
        } else if (strcmp(member, "host") == 0) {
            fixture->context.host = text_of(value);
        } else if (strcmp(member, "own_hosts") == 0) {
            bind_own_hosts(fixture, value);
        } else if (strcmp(member, "needles") == 0) {
            bind_needles(fixture, value);
        } else if (strcmp(member, "keys") == 0 && json_is_true(value)) {
            fixture_keys(fixture);
        } else {
            ck_abort_msg("the context has a member that no test knows: %s", member);
        }
    }
}

struct column_set {
    size_t settings, input, expected, context;
    bool has_context;
};

static const char *verdict_word(enum wv_verdict verdict)
{
    static const char *const words[] = {"!failed", "!replaced", "!removed", "!harmless"};
    return words[verdict];
}

static bool as_expected(const struct vector *row, size_t column, const struct fixture_run *run)
{
    const struct wv_slice raw = row->raw[column];
    if (raw.len > 0 && raw.ptr[0] == '!') {
        return wv_slice_eq(raw, wv_slice_of(verdict_word(run->verdict)));
    }
    return run->verdict == WV_REPLACED && run->whole &&
           wv_slice_eq(row->fields[column], run->bytes);
}

/* Whether the case holds; tells where it does not, because the values are documentation values. */
static bool holds(const struct wv_filter *filter, const struct vectors *vectors,
                  const struct vector *row, const struct column_set *columns)
{
    struct fixture fixture;
    fixture_init(&fixture);
    if (columns->has_context) {
        bind_context(&fixture, row->fields[columns->context]);
    }
    const void *settings = fixture_settings(&fixture, filter, row->fields[columns->settings]);
    if (settings == NULL) {
        const bool refused = wv_slice_eq(row->raw[columns->expected], WV_LIT("!refused"));
        if (!refused) {
            fprintf(stderr, "%s:%zu: the settings are refused:\n", vectors->path, row->line);
            wv_report_print(fixture.report, stderr);
        }
        fixture_fini(&fixture);
        return refused;
    }
    uint8_t *mem = malloc(OUTPUT_MAX);
    ck_assert_ptr_nonnull(mem);
    const struct fixture_run run =
        fixture_apply(&fixture, filter, settings, row->fields[columns->input], mem, OUTPUT_MAX);
    const bool good = as_expected(row, columns->expected, &run);
    if (!good) {
        fprintf(stderr, "%s:%zu: expected %.*s, got %s %.*s\n", vectors->path, row->line,
                WV_SHOW(row->raw[columns->expected]), verdict_word(run.verdict),
                WV_SHOW(run.bytes));
    }
    free(mem);
    fixture_fini(&fixture);
    return good;
}

START_TEST(known_answers)
{
    const struct wv_filter *filter = wv_filter_at((size_t)_i);
    struct vectors vectors = vectors_load(WV_TEST_VECTORS, filter->name);
    struct column_set columns = {
        .settings = vectors_column(&vectors, "settings"),
        .input = vectors_column(&vectors, "input"),
        .expected = vectors_column(&vectors, "expected"),
        .has_context = vectors_has(&vectors, "context"),
    };
    columns.context = columns.has_context ? vectors_column(&vectors, "context") : 0;
    size_t wrong = 0;
    for (size_t i = 0; i < vectors.count; i++) {
        wrong += !holds(filter, &vectors, &vectors.rows[i], &columns);
    }
    ck_assert_msg(wrong == 0, "%zu of %zu known answers of %s are wrong", wrong, vectors.count,
                  filter->name);
    vectors_free(&vectors);
}
END_TEST

START_TEST(registry_finds_each_filter_by_its_name)
{
    const struct wv_filter *filter = wv_filter_at((size_t)_i);
    ck_assert_ptr_eq(wv_filter_find(wv_slice_of(filter->name)), filter);
    ck_assert_ptr_nonnull(filter->summary);
    ck_assert(filter->apply != NULL);
    ck_assert_uint_le(filter->rank, 100);
    for (size_t i = 0; i < filter->option_count; i++) {
        ck_assert_ptr_nonnull(filter->options[i].help);
    }
}
END_TEST

START_TEST(registry_knows_no_other_name)
{
    ck_assert_ptr_null(wv_filter_find(WV_LIT("no_such_filter")));
    ck_assert_ptr_null(wv_filter_find(WV_LIT("dro")));
    ck_assert_ptr_null(wv_filter_find((struct wv_slice){0}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filters");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, known_answers, 0, (int)wv_filter_count());
    tcase_add_loop_test(tests, registry_finds_each_filter_by_its_name, 0, (int)wv_filter_count());
    tcase_add_test(tests, registry_knows_no_other_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
