/*
 * policy_test.c — reads one test of a document and looks up what it names.
 */
#include "app/policy_test_rows.h"

#include "filters/timestamp.h"
#include "keys/epoch.h"
#include "plan/tables.h"

#include <stdlib.h>

enum { MS_PER_S = 1000 };

struct reading {
    const struct wv_plan *plan;
    struct wv_arena *arena;
    struct wv_report *report;
};

static bool no_memory(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "does not fit into memory: the documents are too large");
}

/* Whether a name stands before its place in the list. */
static bool is_repeated(const char *const *names, size_t at)
{
    size_t before = 0;
    while (before < at && strcmp(names[before], names[at]) != 0) {
        before++;
    }
    return before < at;
}

/* A finding about a word that is none of these names; says which is near, or what there is. */
static bool not_among(const struct reading *reading, const struct wv_node *node, const char *what,
                      const char *const *names, size_t count)
{
    const struct wv_slice word = wv_slice_of(json_string_value(node->value));
    const char *near = wv_nearest(word, names, count);
    if (near != NULL) {
        return wv_node_fail(node, reading->report, "%s; did you mean \"%s\"?", what, near);
    }
    char list[WV_NAMES_SHOWN] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof list; i++) {
        if (names[i][0] != '\0' && !is_repeated(names, i)) {
            const int put = snprintf(list + len, sizeof list - len, "%s%s",
                                     len == 0 ? "; there are: " : ", ", names[i]);
            len += put < 0 ? 0 : (size_t)put;
        }
    }
    return wv_node_fail(node, reading->report, "%s%s", what, list);
}

/* ---- What the test names ------------------------------------------------------------------------
 */

static bool has_topic(const struct wv_input *input, struct wv_slice topic)
{
    return topic.len == 0 || wv_slice_eq(input->topic, topic);
}

/* The topic or the format that a test names, and no input has. */
static bool no_input(const struct reading *reading, const struct wv_node *node,
                     struct wv_slice topic)
{
    const struct wv_config *config = wv_plan_config(reading->plan);
    const char *formats[WV_NAMES_COMPARED];
    const char *topics[WV_NAMES_COMPARED];
    size_t format_count = 0;
    size_t count =
        config->input_count < WV_NAMES_COMPARED ? config->input_count : WV_NAMES_COMPARED;
    for (size_t i = 0; i < count; i++) {
        topics[i] = (const char *)config->inputs[i].topic.ptr;
        if (has_topic(&config->inputs[i], topic)) {
            formats[format_count++] = (const char *)config->inputs[i].format.ptr;
        }
    }
    const struct wv_node of_topic = wv_node_member(node, "topic");
    const struct wv_node of_format = wv_node_member(node, "format");
    return format_count == 0
               ? not_among(reading, &of_topic, "is the topic of no input", topics, count)
               : not_among(reading, &of_format, "is the format of no input", formats, format_count);
}

/* The first input of that topic and format; where none has the format by name, one that takes every
 * format. */
static bool find_input(const struct reading *reading, const struct wv_node *node,
                       const struct wv_test_rows *rows, uint32_t *out)
{
    const struct wv_config *config = wv_plan_config(reading->plan);
    for (size_t pass = 0; pass < 2; pass++) {
        const struct wv_slice format = pass == 0 ? rows->format : WV_LIT("auto");
        for (uint32_t i = 0; i < config->input_count; i++) {
            const struct wv_input *input = &config->inputs[i];
            if (has_topic(input, rows->topic) &&
                (format.len == 0 || wv_slice_eq(input->format, format))) {
                *out = i;
                return true;
            }
        }
    }
    return no_input(reading, node, rows->topic);
}

static bool find_output(const struct reading *reading, const struct wv_node *node,
                        struct wv_slice name, uint32_t *out)
{
    const struct wv_config *config = wv_plan_config(reading->plan);
    const struct wv_node member = wv_node_member(node, "output");
    const char *names[WV_NAMES_COMPARED];
    size_t count = 0;
    size_t index = 0;
    if (name.len == 0 || wv_plan_output(reading->plan, name, &index)) {
        *out = (uint32_t)index;
        return true;
    }
    for (size_t i = 0; i < config->output_count && count < WV_NAMES_COMPARED; i++) {
        names[count++] = (const char *)config->outputs[i].name.ptr;
    }
    return not_among(reading, &member, "is the name of no output", names, count);
}

/* "unknown" is a tenant that is in no table. */
static bool find_tenant(const struct reading *reading, const struct wv_node *node,
                        struct wv_slice name, struct wv_policy_test *test)
{
    const struct wv_tenant_config *config =
        &wv_plan_config(reading->plan)->inputs[test->input].tenant;
    const struct wv_node member = wv_node_member(node, "tenant");
    const char *names[WV_NAMES_COMPARED];
    size_t count = 0;
    test->supposed.has_tenant = name.len > 0;
    if (name.len == 0 || wv_slice_eq(name, WV_LIT("unknown"))) {
        return true;
    }
    for (size_t i = 0; i < config->table_count; i++) {
        if (wv_slice_eq(config->table[i].name, name)) {
            test->supposed.tenant = &config->table[i];
            return true;
        }
        if (count < WV_NAMES_COMPARED) {
            names[count++] = (const char *)config->table[i].name.ptr;
        }
    }
    return not_among(reading, &member, "is no tenant of the input", names, count);
}

/* Each name once. */
static size_t region_names(const struct wv_plan *plan, const char *names[WV_PACKS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < plan->pack_count; i++) {
        if (wv_plan_pack_name(plan, i) == i) {
            names[count++] = plan->packs[i].name;
        }
    }
    return count;
}

static bool find_region(const struct reading *reading, const struct wv_node *node, size_t *pack)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, reading->report)) {
        return false;
    }
    if (wv_plan_pack_find(reading->plan, word, pack)) {
        return true;
    }
    const char *names[WV_PACKS_MAX];
    const size_t count = region_names(reading->plan, names);
    return not_among(reading, node, "is no region", names, count);
}

/* A template may have been reviewed in a later version. */
static bool is_ever_used(const struct wv_plan *plan, size_t pack)
{
    bool used = false;
    for (size_t i = 0; i < plan->pack_count; i++) {
        used = used || ((plan->packs[pack].versions >> i & 1) != 0 && plan->packs[i].used);
    }
    return used;
}

static bool suppose_region(const struct reading *reading, const struct wv_node *node,
                           struct wv_supposed *supposed)
{
    const struct wv_plan *plan = reading->plan;
    size_t pack;
    if (!find_region(reading, node, &pack)) {
        return false;
    }
    if (pack == plan->pack_refused) {
        return wv_node_fail(node, reading->report,
                            "is what becomes of records whose consent is refused: send the header "
                            "of \"consent\", or let a tenant's table say so");
    }
    if (!is_ever_used(plan, pack)) {
        return wv_node_fail(node, reading->report, "is " WV_UNREVIEWED_HELP,
                            plan->packs[pack].name);
    }
    const size_t sources = wv_plan_most_regions(plan);
    const size_t most = sources < WV_SUPPOSED_REGIONS ? sources : WV_SUPPOSED_REGIONS;
    for (size_t i = 0; i < supposed->region_count; i++) {
        if (supposed->regions[i] == pack) {
            return true;
        }
    }
    if (supposed->region_count == most) {
        return wv_node_fail(node, reading->report,
                            "is one region too many: the sources of regions of the configuration "
                            "find at most %zu of one record",
                            most);
    }
    supposed->regions[supposed->region_count++] = (uint32_t)pack;
    return true;
}

/* Of the test, which supposes them, or of what it expects (supposed NULL). */
static bool find_regions(const struct reading *reading, const struct wv_node *node,
                         struct wv_supposed *supposed)
{
    const struct wv_node one = wv_node_member(node, "region");
    const struct wv_node list = wv_node_member(node, "regions");
    size_t pack;
    bool ok = true;
    if (one.value != NULL) {
        ok = supposed != NULL ? suppose_region(reading, &one, supposed)
                              : find_region(reading, &one, &pack);
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        const struct wv_node element = wv_node_element(&list, i);
        ok = (supposed != NULL ? suppose_region(reading, &element, supposed)
                               : find_region(reading, &element, &pack)) &&
             ok;
    }
    return ok;
}

/* ---- What goes in -------------------------------------------------------------------------------
 */

static bool read_time(const struct reading *reading, const struct wv_node *node,
                      struct wv_slice text, int64_t *out)
{
    const struct wv_node member = wv_node_member(node, "time");
    int64_t day;
    *out = -1;
    if (text.len == 0) {
        return true;
    }
    if (wv_day_parse(text, &day) && day >= 0) {
        *out = day * WV_DAY_S * MS_PER_S;
        return true;
    }
    return (text.len > sizeof "2026-11-16" && wv_timestamp_parse(text, out) && *out >= 0) ||
           wv_node_fail(&member, reading->report,
                        "must be a day from 1970 on as 2026-11-16, or a time as "
                        "2026-11-16T12:00:00Z");
}

static bool read_headers(const struct reading *reading, const struct wv_node *node,
                         struct wv_policy_test *test)
{
    const struct wv_node object = wv_node_member(node, "headers");
    if (object.value == NULL) {
        return true;
    }
    if (!json_is_object(object.value)) {
        return wv_node_fail(&object, reading->report, "must be an object of texts by name");
    }
    struct wv_header *headers =
        WV_ARENA_ARRAY(reading->arena, json_object_size(object.value) + 1, struct wv_header);
    if (headers == NULL) {
        return no_memory(&object, reading->report);
    }
    bool ok = true;
    const char *name;
    json_t *value;
    json_object_foreach(object.value, name, value)
    {
        const struct wv_node member = wv_node_member(&object, name);
        struct wv_header *header = &headers[test->header_count++];
        header->name = wv_slice_of(name);
        ok = wv_node_text(&member, &header->value, reading->report) && ok;
    }
    test->headers = headers;
    return ok;
}

/* An object goes in as one line, its members in their order; a text as it is. */
static bool read_message(const struct reading *reading, const struct wv_node *node,
                         struct wv_slice *out)
{
    const struct wv_node input = wv_node_member(node, "input");
    if (json_is_string(input.value)) {
        return wv_node_text(&input, out, reading->report);
    }
    if (!json_is_object(input.value)) {
        return wv_node_fail(&input, reading->report,
                            "must be a record: an object, or a text with one");
    }
    char *text = json_dumps(input.value, JSON_COMPACT);
    *out = text == NULL ? (struct wv_slice){0} : wv_arena_copy(reading->arena, wv_slice_of(text));
    free(text);
    return out->ptr != NULL || no_memory(&input, reading->report);
}

/* ---- A whole test, and all of them --------------------------------------------------------------
 */

static bool read_test(const struct reading *reading, const struct wv_node *node,
                      struct wv_policy_test *test)
{
    struct wv_test_rows rows = {0};
    if (!wv_options_bind(node, wv_test_options, wv_test_option_count, &rows, reading->arena,
                         reading->report)) {
        return false;
    }
    test->name = rows.name;
    test->key = json_object_get(node->value, "key") == NULL ? (struct wv_slice){0} : rows.key;
    bool ok = find_input(reading, node, &rows, &test->input) &&
              find_tenant(reading, node, rows.tenant, test);
    ok = find_output(reading, node, rows.output, &test->output) && ok;
    ok = find_regions(reading, node, &test->supposed) && ok;
    ok = read_time(reading, node, rows.time, &test->time_ms) && ok;
    ok = read_headers(reading, node, test) && ok;
    ok = read_message(reading, node, &test->message) && ok;
    const struct wv_node expect = wv_node_member(node, "expect");
    ok = wv_expectation_read(&expect, reading->arena, reading->report, &test->expect) && ok;
    ok = find_regions(reading, &expect, NULL) && ok;
    test->supposed.output = test->output;
    return ok;
}

/* Reports name tests by what they are called. */
static bool check_names(const struct wv_node *array, const struct wv_policy_test *tests,
                        size_t count, struct wv_report *report)
{
    json_t *known = json_object();
    bool ok = known != NULL || no_memory(array, report);
    for (size_t i = 0; known != NULL && i < count; i++) {
        const char *name = (const char *)tests[i].name.ptr;
        const struct wv_node element = wv_node_element(array, i);
        const struct wv_node member = wv_node_member(&element, "name");
        if (name == NULL) {
            continue;
        }
        if (json_object_get(known, name) != NULL) {
            ok = wv_node_fail(&member, report, "is the name of another test of this document, too");
        } else if (json_object_set_new(known, name, json_true()) != 0) {
            ok = no_memory(&member, report);
        }
    }
    json_decref(known);
    return ok;
}

bool wv_policy_tests_read(const struct wv_document *document, const struct wv_plan *plan,
                          struct wv_arena *arena, struct wv_report *report,
                          struct wv_policy_tests *out)
{
    const struct reading reading = {plan, arena, report};
    const struct wv_node root = wv_document_root(document);
    const struct wv_node array = wv_node_member(&root, "tests");
    struct wv_tests_rows rows;
    *out = (struct wv_policy_tests){0};
    if (!wv_options_bind(&root, wv_tests_options, wv_tests_option_count, &rows, arena, report)) {
        return false;
    }
    const size_t count = json_array_size(array.value);
    if (count == 0 || count > WV_POLICY_TESTS_MAX) {
        return wv_node_fail(&array, report, "must be an array of 1 to %d tests",
                            WV_POLICY_TESTS_MAX);
    }
    struct wv_policy_test *tests = WV_ARENA_ARRAY(arena, count, struct wv_policy_test);
    if (tests == NULL) {
        return no_memory(&array, report);
    }
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(&array, i);
        ok = read_test(&reading, &element, &tests[i]) && ok;
    }
    out->items = tests;
    out->count = count;
    return check_names(&array, tests, count, report) && ok;
}
