/*
 * At stake: an editor that completes a setting which the program refuses, or marks as wrong one
 * that it takes, makes people distrust both. The published schemas are held to the program's own
 * tables: every class, filter, setting, range and choice.
 */
#include "filters/detectors.h"
#include "filters/filter.h"
#include "plan/classes.h"

#include <check.h>

static json_t *schema_load(const char *name)
{
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s", WV_SCHEMAS, name);
    json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(schema != NULL, "%s:%d: %s", path, error.line, error.text);
    return schema;
}

static json_t *definition(json_t *schema, const char *name)
{
    json_t *found = json_object_get(json_object_get(schema, "$defs"), name);
    ck_assert_msg(found != NULL, "$defs has no %s", name);
    return found;
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void check_uint(json_t *property, const struct wv_option *option)
{
    ck_assert_str_eq(text_of(property, "type"), "integer");
    ck_assert_int_eq(json_integer_value(json_object_get(property, "minimum")), option->min);
    ck_assert_int_eq(json_integer_value(json_object_get(property, "maximum")), option->max);
    ck_assert_int_eq(json_integer_value(json_object_get(property, "default")), option->fallback);
}

static void check_choice(json_t *property, const struct wv_option *option)
{
    json_t *words = json_object_get(property, "enum");
    size_t count = 0;
    for (; option->choices[count] != NULL; count++) {
        ck_assert_str_eq(json_string_value(json_array_get(words, count)), option->choices[count]);
    }
    ck_assert_uint_eq(json_array_size(words), count);
    ck_assert_str_eq(text_of(property, "default"), option->choices[option->fallback]);
}

static void check_option(json_t *property, const struct wv_option *option)
{
    ck_assert_msg(property != NULL, "the schema has no setting %s", option->name);
    switch (option->kind) {
    case WV_OPTION_UINT:
        check_uint(property, option);
        break;
    case WV_OPTION_CHOICE:
        check_choice(property, option);
        break;
    case WV_OPTION_BOOL:
        ck_assert_str_eq(text_of(property, "type"), "boolean");
        ck_assert_int_eq(json_is_true(json_object_get(property, "default")), option->fallback != 0);
        break;
    case WV_OPTION_NAMES:
        ck_assert_str_eq(text_of(property, "type"), "array");
        break;
    case WV_OPTION_TEXT:
        ck_assert_str_eq(text_of(property, "type"), "string");
        break;
    case WV_OPTION_ANY:
        break;
    }
    ck_assert_str_eq(text_of(property, "description"), option->help);
}

/* The alternative of the schema for a filter with settings. */
static json_t *alternative(json_t *alternatives, const char *name)
{
    size_t i;
    json_t *each;
    json_array_foreach(alternatives, i, each)
    {
        json_t *word = json_object_get(json_object_get(each, "properties"), "filter");
        if (word != NULL && strcmp(text_of(word, "const"), name) == 0) {
            return each;
        }
    }
    ck_abort_msg("the schema has no filter %s", name);
    return NULL;
}

START_TEST(every_filter_and_setting_is_the_programs)
{
    json_t *schema = schema_load("policy.schema.json");
    json_t *alternatives = json_object_get(definition(schema, "filter"), "oneOf");
    json_t *words = json_object_get(json_array_get(alternatives, 0), "enum");
    ck_assert_uint_eq(json_array_size(words), wv_filter_count());
    ck_assert_uint_eq(json_array_size(alternatives), wv_filter_count() + 1);
    for (size_t i = 0; i < wv_filter_count(); i++) {
        const struct wv_filter *filter = wv_filter_at(i);
        ck_assert_str_eq(json_string_value(json_array_get(words, i)), filter->name);
        json_t *found = alternative(alternatives, filter->name);
        json_t *properties = json_object_get(found, "properties");
        ck_assert(json_is_false(json_object_get(found, "additionalProperties")));
        ck_assert_uint_eq(json_object_size(properties), filter->option_count + 1);
        for (size_t k = 0; k < filter->option_count; k++) {
            check_option(json_object_get(properties, filter->options[k].name), &filter->options[k]);
        }
    }
    json_decref(schema);
}
END_TEST

START_TEST(every_kind_of_token_is_the_programs)
{
    json_t *schema = schema_load("policy.schema.json");
    json_t *words = json_object_get(definition(schema, "kind"), "enum");
    ck_assert_uint_eq(json_array_size(words), WV_KIND_COUNT - 1);
    for (size_t i = 0; i < json_array_size(words); i++) {
        ck_assert_str_eq(json_string_value(json_array_get(words, i)),
                         wv_kind_name((enum wv_kind)(i + 1)));
    }
    json_decref(schema);
}
END_TEST

START_TEST(every_class_is_the_programs)
{
    json_t *policy = schema_load("policy.schema.json");
    json_t *format = schema_load("format.schema.json");
    json_t *rules = json_object_get(json_object_get(policy, "properties"), "rules");
    json_t *cells = json_object_get(rules, "properties");
    json_t *words = json_object_get(definition(format, "class"), "oneOf");
    ck_assert_uint_eq(json_object_size(cells), WV_CLASS_COUNT);
    ck_assert_uint_eq(json_array_size(words), WV_CLASS_COUNT);
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        const enum wv_class class = (enum wv_class)i;
        json_t *cell = json_object_get(cells, wv_class_word(class));
        ck_assert_msg(cell != NULL, "no rule for %s", wv_class_word(class));
        ck_assert_str_eq(text_of(cell, "description"), wv_class_help(class));
        ck_assert_str_eq(text_of(json_array_get(words, i), "const"), wv_class_word(class));
    }
    json_decref(policy);
    json_decref(format);
}
END_TEST

START_TEST(every_detector_is_the_programs)
{
    json_t *policy = schema_load("policy.schema.json");
    json_t *member = json_object_get(json_object_get(policy, "properties"), "detectors");
    json_t *names = json_object_get(json_object_get(member, "propertyNames"), "enum");
    ck_assert_uint_eq(json_array_size(names), WV_DETECTOR_COUNT);
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        ck_assert_str_eq(json_string_value(json_array_get(names, i)), wv_detector_at(i)->name);
    }
    json_decref(policy);
}
END_TEST

int main(void)
{
    TCase *tables = tcase_create("tables");
    tcase_add_test(tables, every_filter_and_setting_is_the_programs);
    tcase_add_test(tables, every_kind_of_token_is_the_programs);
    tcase_add_test(tables, every_class_is_the_programs);
    tcase_add_test(tables, every_detector_is_the_programs);
    Suite *suite = suite_create("policy_schema");
    suite_add_tcase(suite, tables);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
