/*
 * policy_test_rows.c — what stands in a test, and what it can expect.
 */
#include "app/policy_test_rows.h"

enum { NAME_MAX_BYTES = 200, TIME_MAX_BYTES = 40 };

#define ROW(type, row_name, row_kind, row_member, row_help)                                        \
    .name = (row_name), .kind = (row_kind), .member = offsetof(type, row_member), .help = (row_help)

const struct wv_option wv_tests_options[] = {
    {ROW(struct wv_tests_rows, "tests", WV_OPTION_ANY, tests, "the tests, at least one"),
     .required = true},
};
const size_t wv_tests_option_count = WV_COUNT(wv_tests_options);

const struct wv_option wv_test_options[] = {
    {ROW(struct wv_test_rows, "name", WV_OPTION_TEXT, name,
         "what the test shows, once in a document"),
     .required = true, .min = 1, .max = NAME_MAX_BYTES},
    {ROW(struct wv_test_rows, "format", WV_OPTION_TEXT, format,
         "the first input with this format gets the record; absent: the first input")},
    {ROW(struct wv_test_rows, "topic", WV_OPTION_TEXT, topic, "the input with this topic gets it")},
    {ROW(struct wv_test_rows, "tenant", WV_OPTION_TEXT, tenant,
         "whose record it is, \"unknown\" for nobody's; absent: what the record says")},
    {ROW(struct wv_test_rows, "region", WV_OPTION_TEXT, region,
         "which region it comes from; absent: what the record says")},
    {ROW(struct wv_test_rows, "regions", WV_OPTION_NAMES, regions, "the same for several"),
     .min = 1, .max = WV_SUPPOSED_REGIONS},
    {ROW(struct wv_test_rows, "output", WV_OPTION_TEXT, output,
         "the output that is looked at; absent: the first")},
    {ROW(struct wv_test_rows, "time", WV_OPTION_TEXT, time,
         "the day of the test, and of a record that has no time of its own"),
     .max = TIME_MAX_BYTES},
    {ROW(struct wv_test_rows, "key", WV_OPTION_TEXT, key, "the message's key")},
    {ROW(struct wv_test_rows, "headers", WV_OPTION_ANY, headers, "the message's headers by name")},
    {ROW(struct wv_test_rows, "input", WV_OPTION_ANY, input,
         "the record: an object, or a text as it came"),
     .required = true},
    {ROW(struct wv_test_rows, "expect", WV_OPTION_ANY, expect, "what must come out"),
     .required = true},
};
const size_t wv_test_option_count = WV_COUNT(wv_test_options);

/* In the order of enum wv_outcome. */
static const char *const verdicts[] = {"reject", "publish", "stub", "suppress", NULL};

const struct wv_option wv_expectation_options[] = {
    {ROW(struct wv_expectation, "verdict", WV_OPTION_CHOICE, verdict, "what becomes of the record"),
     .choices = verdicts, .fallback = WV_PUBLISH},
    {ROW(struct wv_expectation, "reason", WV_OPTION_TEXT, reason,
         "why it is rejected, or a stub stands for it")},
    {ROW(struct wv_expectation, "record", WV_OPTION_ANY, record,
         "the protected record, or some of its members; a text for a record that is no JSON")},
    {ROW(struct wv_expectation, "pointers", WV_OPTION_ANY, pointers,
         "what stands at JSON pointers into the protected record")},
    {ROW(struct wv_expectation, "absent", WV_OPTION_NAMES, absent,
         "JSON pointers at which nothing stands")},
    {ROW(struct wv_expectation, "region", WV_OPTION_TEXT, region,
         "the one region that the record falls under")},
    {ROW(struct wv_expectation, "regions", WV_OPTION_NAMES, regions, "the same for several"),
     .min = 1},
    {ROW(struct wv_expectation, "must_contain", WV_OPTION_NAMES, must_contain,
         "texts that the protected record still holds, as it is written or decoded")},
    {ROW(struct wv_expectation, "must_not_contain", WV_OPTION_NAMES, must_not_contain,
         "texts that neither the record nor its key and headers hold")},
    {ROW(struct wv_expectation, "withheld", WV_OPTION_ANY, withheld,
         "whether the law refuses the transfer to the output")},
};
const size_t wv_expectation_option_count = WV_COUNT(wv_expectation_options);

/* ---- Matchers -----------------------------------------------------------------------------------
 */

static const char *const matchers[] = {
    [WV_EXPECTS_ANY] = "$any",
    [WV_EXPECTS_ABSENT] = "$absent",
    [WV_EXPECTS_TOKEN] = "$token",
    [WV_EXPECTS_LIKE] = "$like",
};

enum wv_expects wv_expects_of(const json_t *value, const json_t **argument)
{
    *argument = NULL;
    if (!json_is_object(value) || json_object_size(value) != 1) {
        return WV_EXPECTS_NONE;
    }
    void *iter = json_object_iter((json_t *)(uintptr_t)value);
    const char *name = json_object_iter_key(iter);
    if (name[0] != '$') {
        return WV_EXPECTS_NONE;
    }
    *argument = json_object_iter_value(iter);
    for (unsigned i = WV_EXPECTS_ANY; i < WV_COUNT(matchers); i++) {
        if (strcmp(name, matchers[i]) == 0) {
            return (enum wv_expects)i;
        }
    }
    return WV_EXPECTS_UNKNOWN;
}

static bool check_token(const struct wv_node *node, struct wv_report *report)
{
    const char *kinds[WV_KIND_COUNT];
    size_t count = 0;
    for (unsigned i = WV_KIND_NONE + 1; i < WV_KIND_COUNT; i++) {
        kinds[count++] = wv_kind_name((enum wv_kind)i);
    }
    struct wv_slice word;
    if (!wv_node_text(node, &word, report)) {
        return false;
    }
    const char *near = wv_nearest(word, kinds, count);
    return wv_kind_find(word) != WV_KIND_NONE ||
           wv_node_fail(node, report, "is no kind of token; did you mean \"%s\"?",
                        near == NULL ? "ip" : near);
}

static bool check_matcher(const struct wv_node *node, enum wv_expects matcher,
                          struct wv_report *report)
{
    const char *name = json_object_iter_key(json_object_iter(node->value));
    const struct wv_node argument = wv_node_member(node, name);
    struct wv_slice text;
    if (matcher == WV_EXPECTS_UNKNOWN) {
        const char *near =
            wv_nearest(wv_slice_of(name), matchers + WV_EXPECTS_ANY, WV_COUNT(matchers) - 1);
        return wv_node_key_fail(&argument, report,
                                "is no matcher; there are $any, $absent, $token and $like; did you "
                                "mean \"%s\"?",
                                near == NULL ? "$like" : near);
    }
    if (matcher == WV_EXPECTS_TOKEN) {
        return check_token(&argument, report);
    }
    if (matcher == WV_EXPECTS_LIKE) {
        return wv_node_text(&argument, &text, report);
    }
    return json_is_true(argument.value) || wv_node_fail(&argument, report, "must be true");
}

/* Recursion ends where documents do (WV_DOCUMENT_DEPTH_MAX). */
static bool check_value(const struct wv_node *node, struct wv_report *report)
{
    const json_t *argument;
    const enum wv_expects matcher = wv_expects_of(node->value, &argument);
    if (matcher != WV_EXPECTS_NONE) {
        return check_matcher(node, matcher, report);
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        ok = check_value(&element, report) && ok;
    }
    if (!json_is_object(node->value)) {
        return ok;
    }
    const char *name;
    json_t *value;
    json_object_foreach(node->value, name, value)
    {
        const struct wv_node member = wv_node_member(node, name);
        ok = check_value(&member, report) && ok;
    }
    return ok;
}

/* ---- What is expected ---------------------------------------------------------------------------
 */

static bool check_pointer(const struct wv_node *node, const char *pointer, bool is_key,
                          struct wv_report *report)
{
    if (pointer[0] == '/') {
        return true;
    }
    static const char expected[] = "must be a JSON pointer, as \"/httpRequest/clientIp\"";
    return is_key ? wv_node_key_fail(node, report, expected) : wv_node_fail(node, report, expected);
}

static bool check_pointers(const struct wv_node *node, const struct wv_expectation *expect,
                           struct wv_report *report)
{
    const struct wv_node pointers = wv_node_member(node, "pointers");
    const struct wv_node absent = wv_node_member(node, "absent");
    bool ok = true;
    for (size_t i = 0; i < expect->absent.count; i++) {
        const struct wv_node element = wv_node_element(&absent, i);
        const char *text = (const char *)expect->absent.items[i].ptr;
        ok = check_pointer(&element, text, false, report) && ok;
    }
    if (pointers.value == NULL) {
        return ok;
    }
    if (!json_is_object(pointers.value)) {
        return wv_node_fail(&pointers, report, "must be an object of values by JSON pointer");
    }
    const char *name;
    json_t *value;
    json_object_foreach(pointers.value, name, value)
    {
        const struct wv_node member = wv_node_member(&pointers, name);
        ok = check_pointer(&member, name, true, report) && check_value(&member, report) && ok;
    }
    return ok;
}

static bool check_reason(const struct wv_node *node, const struct wv_expectation *expect,
                         struct wv_report *report)
{
    const struct wv_node member = wv_node_member(node, "reason");
    const char *words[WV_REASON_COUNT];
    if (expect->reason.len == 0) {
        return true;
    }
    if (expect->verdict != WV_REJECT && expect->verdict != WV_STUB) {
        return wv_node_fail(&member, report,
                            "goes with \"verdict\": \"reject\" or \"stub\" only: what is published "
                            "has no reason");
    }
    for (unsigned i = 0; i < WV_REASON_COUNT; i++) {
        words[i] = wv_reason_word((enum wv_reason)i);
        if (i != WV_REASON_NONE && wv_slice_eq(expect->reason, wv_slice_of(words[i]))) {
            return true;
        }
    }
    const char *near = wv_nearest(expect->reason, words + 1, WV_REASON_COUNT - 1);
    return wv_node_fail(&member, report,
                        near == NULL ? "is no reason; `wafveil help --reference` lists them%s"
                                     : "is no reason; did you mean \"%s\"?",
                        near == NULL ? "" : near);
}

/* An empty text is in everything. */
static bool check_texts(const struct wv_node *node, const char *name, struct wv_name_list list,
                        struct wv_report *report)
{
    const struct wv_node member = wv_node_member(node, name);
    bool ok = true;
    for (size_t i = 0; i < list.count; i++) {
        const struct wv_node element = wv_node_element(&member, i);
        ok = (list.items[i].len > 0 || wv_node_fail(&element, report, "must not be empty")) && ok;
    }
    return ok;
}

bool wv_expectation_read(const struct wv_node *node, struct wv_arena *arena,
                         struct wv_report *report, struct wv_expectation *out)
{
    if (!wv_options_bind(node, wv_expectation_options, wv_expectation_option_count, out, arena,
                         report)) {
        return false;
    }
    if (json_object_size(node->value) == 0) {
        return wv_node_fail(node, report, "expects nothing: say what must come out");
    }
    const struct wv_node record = wv_node_member(node, "record");
    const struct wv_node withheld = wv_node_member(node, "withheld");
    bool ok = check_reason(node, out, report);
    ok = check_pointers(node, out, report) && ok;
    ok = check_texts(node, "must_contain", out->must_contain, report) && ok;
    ok = check_texts(node, "must_not_contain", out->must_not_contain, report) && ok;
    if (record.value != NULL && !json_is_object(record.value) && !json_is_string(record.value)) {
        ok = wv_node_fail(&record, report, "must be a record: an object, or a text");
    } else if (record.value != NULL) {
        ok = check_value(&record, report) && ok;
    }
    if (withheld.value != NULL && !json_is_boolean(withheld.value)) {
        ok = wv_node_fail(&withheld, report, "must be true or false");
    }
    return ok;
}
