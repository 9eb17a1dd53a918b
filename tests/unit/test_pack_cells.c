/*
 * At stake: a pack is what stands between a record and a law, and one loosened word in it ("keep"
 * instead of "drop") breaks no other test. This one pins every cell of every built-in pack, so that
 * a change is seen and meant. It reads the packs itself and does not use the program's own reader.
 */
#include "plan/classes.h"
#include "support/vectors.h"

#include <check.h>
#include <jansson.h>

enum { CELL_MAX = 256, PACK_LEVELS_MAX = 4 };

static const char *const packs[] = {"eu", "uk",         "us",      "us-ca",
                                    "jp", "jp-telecom", "unknown", "refused"};

/* Every filter of the program. */
static const char *const filters[] = {
#define WV_FILTER(name) #name,
#include "filters/filters.def"
#undef WV_FILTER
};

struct text {
    char bytes[CELL_MAX];
    size_t len;
};

static void append(struct text *text, const char *word)
{
    const int len = snprintf(text->bytes + text->len, CELL_MAX - text->len, "%s", word);
    ck_assert(len >= 0 && (size_t)len < CELL_MAX - text->len);
    text->len += (size_t)len;
}

static void append_setting(struct text *text, const char *name, json_t *value)
{
    char number[32];
    append(text, text->bytes[text->len - 1] == '(' ? "" : ",");
    append(text, name);
    append(text, "=");
    if (json_is_string(value)) {
        append(text, json_string_value(value));
    } else if (json_is_boolean(value)) {
        append(text, json_is_true(value) ? "true" : "false");
    } else {
        ck_assert(json_is_integer(value));
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        append(text, number);
    }
}

static void append_filter(struct text *text, json_t *step)
{
    const char *name = json_is_string(step) ? json_string_value(step)
                                            : json_string_value(json_object_get(step, "filter"));
    ck_assert_ptr_nonnull(name);
    bool known = false;
    for (size_t i = 0; i < WV_COUNT(filters); i++) {
        known = known || strcmp(filters[i], name) == 0;
    }
    ck_assert_msg(known, "there is no filter %s", name);
    append(text, name);
    if (json_is_string(step) || json_object_size(step) == 1) {
        return;
    }
    append(text, "(");
    const char *key;
    json_t *value;
    json_object_foreach(step, key, value)
    {
        if (strcmp(key, "filter") != 0) {
            append_setting(text, key, value);
        }
    }
    append(text, ")");
}

static void append_token(struct text *text, json_t *token)
{
    if (token == NULL) {
        return;
    }
    append(text, " + ");
    if (json_is_string(token)) {
        append(text, json_string_value(token));
        return;
    }
    char days[32];
    snprintf(days, sizeof days, "/%lldd",
             (long long)json_integer_value(json_object_get(token, "days")));
    append(text, json_string_value(json_object_get(token, "kind")));
    append(text, days);
}

/* A cell as the table writes it. Built-in packs have one rule a class, without conditions. */
static struct text cell_text(json_t *rule)
{
    struct text text = {.bytes = "", .len = 0};
    ck_assert(json_is_object(rule));
    ck_assert_ptr_null(json_object_get(rule, "when"));
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(rule, "value"), i, step)
    {
        append(&text, i == 0 ? "" : " ");
        append_filter(&text, step);
    }
    append_token(&text, json_object_get(rule, "token"));
    return text;
}

static json_t *pack_load(const char *name)
{
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, "%s/policy/%s.json", WV_SCHEMAS, name);
    json_t *pack = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(pack != NULL, "%s:%d: %s", path, error.line, error.text);
    ck_assert_str_eq(json_string_value(json_object_get(pack, "pack")), name);
    return pack;
}

/* The rules of a pack over those of the packs that it extends. */
static json_t *rules_of(const char *name)
{
    json_t *rules = json_object();
    char next[64];
    snprintf(next, sizeof next, "%s", name);
    for (size_t level = 0; next[0] != '\0'; level++) {
        ck_assert_msg(level < PACK_LEVELS_MAX, "%s extends itself", name);
        json_t *pack = pack_load(next);
        ck_assert_int_eq(json_object_update_missing(rules, json_object_get(pack, "rules")), 0);
        const char *base = json_string_value(json_object_get(pack, "extends"));
        snprintf(next, sizeof next, "%s", base == NULL ? "" : base);
        json_decref(pack);
    }
    return rules;
}

START_TEST(every_cell_is_the_one_in_the_table)
{
    struct vectors table = vectors_load(WV_TEST_VECTORS, "pack_cells");
    const char *name = packs[_i];
    const size_t column = vectors_column(&table, name);
    json_t *rules = rules_of(name);
    ck_assert_uint_eq(table.count, WV_CLASS_COUNT);
    ck_assert_uint_eq(json_object_size(rules), WV_CLASS_COUNT);
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        enum wv_class class;
        ck_assert_msg(wv_class_find(fields[0], &class), "line %zu: no such class",
                      table.rows[i].line);
        const struct text cell = cell_text(json_object_get(rules, wv_class_word(class)));
        ck_assert_msg(wv_slice_eq(fields[column], wv_slice_of(cell.bytes)),
                      "%s, %s: the table says \"%.*s\", the pack \"%s\"", name,
                      wv_class_word(class), WV_SHOW(fields[column]), cell.bytes);
    }
    json_decref(rules);
    vectors_free(&table);
}
END_TEST

START_TEST(every_rule_tells_why)
{
    json_t *rules = rules_of(packs[_i]);
    const char *key;
    json_t *rule;
    json_object_foreach(rules, key, rule)
    {
        const char *why = json_string_value(json_object_get(rule, "why"));
        ck_assert_msg(why != NULL && strlen(why) >= 20, "%s, %s: no reason given", packs[_i], key);
    }
    json_decref(rules);
}
END_TEST

START_TEST(results_are_called_what_they_are)
{
    json_t *pack = pack_load(packs[_i]);
    json_t *rules = rules_of(packs[_i]);
    const char *kind = json_string_value(json_object_get(pack, "kind"));
    size_t tokens = 0;
    const char *key;
    json_t *rule;
    json_object_foreach(rules, key, rule)
    {
        tokens += json_object_get(rule, "token") != NULL;
    }
    const bool refused = strcmp(packs[_i], "refused") == 0;
    ck_assert_str_eq(kind, refused ? "refused-profile" : tokens > 0 ? "tokenised" : "generalised");
    ck_assert(!refused || tokens == 0);
    json_decref(rules);
    json_decref(pack);
}
END_TEST

static const char *text_of(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

/* Who answers for the rules must find all of it: whom to ask, by when, and where it is written. */
START_TEST(every_pack_tells_its_law)
{
    json_t *pack = pack_load(packs[_i]);
    json_t *law = json_object_get(pack, "law");
    json_t *summary = json_object_get(law, "summary");
    ck_assert(text_of(pack, "version")[0] != '\0');
    ck_assert_uint_eq(strlen(text_of(pack, "effective")), strlen("2018-05-25"));
    ck_assert_str_eq(text_of(pack, "review"), "reviewed");
    ck_assert(strlen(text_of(law, "name")) > 5);
    ck_assert(strlen(text_of(summary, "en")) > 50 && strlen(text_of(summary, "ja")) > 50);
    ck_assert(text_of(json_object_get(law, "authority"), "name")[0] != '\0');
    ck_assert_int_gt(json_integer_value(json_object_get(law, "access_days")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(law, "erasure_days")), 0);
    ck_assert(json_is_integer(json_object_get(law, "extension_days")));
    json_t *hours = json_object_get(law, "breach_hours");
    ck_assert(json_is_null(hours) || json_is_integer(hours));
    json_t *logs = json_object_get(law, "log_days");
    ck_assert_uint_eq(json_array_size(json_object_get(logs, "usual")), 2);
    const json_int_t minimum = json_integer_value(json_object_get(logs, "minimum"));
    ck_assert(json_is_integer(json_object_get(logs, "minimum")));
    ck_assert(minimum == 0 || text_of(logs, "ref")[0] != '\0');
    ck_assert(text_of(law, "result")[0] != '\0');
    ck_assert_uint_gt(json_array_size(json_object_get(law, "sources")), 0);
    json_decref(pack);
}
END_TEST

int main(void)
{
    TCase *cells = tcase_create("cells");
    tcase_add_loop_test(cells, every_cell_is_the_one_in_the_table, 0, WV_COUNT(packs));
    tcase_add_loop_test(cells, every_rule_tells_why, 0, WV_COUNT(packs));
    tcase_add_loop_test(cells, results_are_called_what_they_are, 0, WV_COUNT(packs));
    tcase_add_loop_test(cells, every_pack_tells_its_law, 0, WV_COUNT(packs));
    Suite *suite = suite_create("pack_cells");
    suite_add_tcase(suite, cells);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
