/*
 * cmd_explain.c — what is done with each class of value, in each region.
 */
#include "app/explain_why.h"
#include "app/setup.h"
#include "keys/epoch.h"
#include "plan/sealing.h"

#include <stdlib.h>

enum { TEXT_MAX = 2048, CLASS_WIDTH = 16 };

/* What is asked for. */
struct question {
    const struct wv_plan *plan;
    size_t output;
    int64_t day;       /* of the event, since 1970 */
    uint64_t merged;   /* packs that apply together; 0: every pack by itself */
    uint64_t shown;    /* packs that hold on that day and are used, and those of `merged` */
    size_t class_from; /* classes [from, to) */
    size_t class_to;
    bool why;
};

/* A rule in words, with its conditions. */
struct answer {
    char text[TEXT_MAX];
    const char *why; /* NULL: none given */
};

static struct wv_why_question why_question(const struct question *question, uint64_t packs,
                                           enum wv_class class)
{
    return (struct wv_why_question){packs, question->day * WV_DAY_S * 1000, question->output,
                                    class};
}

static void put_text(struct wv_buf *buf, char text[TEXT_MAX])
{
    struct wv_slice words;
    if (!wv_buf_take(buf, &words)) {
        words = WV_LIT("(too long to show)");
    }
    memcpy(text, words.ptr, words.len);
    text[words.len] = '\0';
}

static void describe(const struct wv_plan *plan, const struct wv_ruling *ruling,
                     struct answer *answer)
{
    uint8_t bytes[TEXT_MAX - 1];
    struct wv_buf buf = wv_buf_of(bytes, sizeof(bytes));
    if (ruling->when != 0) {
        wv_buf_put(&buf, WV_LIT("when "));
        wv_plan_describe_when(plan, ruling->when, &buf);
        wv_buf_put(&buf, WV_LIT(": "));
    }
    wv_rule_describe(ruling->rule, &buf);
    wv_buf_put(&buf, ruling->rule->reject_on_failure ? WV_LIT(", or reject the record")
                                                     : (struct wv_slice){0});
    put_text(&buf, answer->text);
    answer->why = ruling->rule->why;
}

static struct wv_rulings rulings_of(const struct question *question, uint64_t packs,
                                    enum wv_class class)
{
    return wv_plan_rulings(question->plan, packs, question->day * WV_DAY_S * 1000, question->output,
                           class);
}

static bool is_shown(const struct question *question, size_t pack)
{
    return (question->shown >> pack & 1) != 0;
}

static bool same_answers(const struct question *question, enum wv_class class, size_t a, size_t b)
{
    const struct wv_rulings left = rulings_of(question, UINT64_C(1) << a, class);
    const struct wv_rulings right = rulings_of(question, UINT64_C(1) << b, class);
    if (left.count != right.count) {
        return false;
    }
    for (size_t i = 0; i < left.count; i++) {
        struct answer one;
        struct answer other;
        describe(question->plan, &left.items[i], &one);
        describe(question->plan, &right.items[i], &other);
        const bool same_why = one.why == other.why || (one.why != NULL && other.why != NULL &&
                                                       strcmp(one.why, other.why) == 0);
        if (strcmp(one.text, other.text) != 0 || !same_why) {
            return false;
        }
    }
    return true;
}

/* `same`: packs that stand together because they do the same by themselves; 0: they are merged. */
static void print_why(const struct question *question, uint64_t packs, uint64_t same,
                      enum wv_class class, size_t index)
{
    for (size_t i = 0; question->why && i < wv_plan_packs(question->plan); i++) {
        const uint64_t asked = same == 0 ? packs : same & UINT64_C(1) << i;
        if (asked != 0) {
            const struct wv_why_question why = why_question(question, asked, class);
            const struct wv_rulings rulings = rulings_of(question, asked, class);
            wv_why_print(question->plan, &why, &rulings.items[index]);
        }
        if (same == 0) {
            return;
        }
    }
}

static void print_rulings(const struct question *question, uint64_t packs, uint64_t same,
                          enum wv_class class)
{
    const struct wv_rulings rulings = rulings_of(question, packs, class);
    for (size_t i = 0; i < rulings.count; i++) {
        struct answer answer;
        describe(question->plan, &rulings.items[i], &answer);
        (void)printf("    %s\n", answer.text);
        if (answer.why != NULL) {
            (void)printf("      %s\n", answer.why);
        }
        print_why(question, packs, same, class, i);
    }
    if (rulings.count == 0) {
        (void)puts("    no rule");
    }
}

static void print_packs(const struct wv_plan *plan, uint64_t packs)
{
    const char *before = "  ";
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        if ((packs >> i & 1) != 0) {
            (void)printf("%s%s", before, wv_plan_pack(plan, i).name);
            before = ", ";
        }
    }
    (void)fputc('\n', stdout);
}

/* Packs that do the same with a class stand together, so that differences are seen. */
static void print_class(const struct question *question, enum wv_class class)
{
    (void)printf("%s — %s\n", wv_class_word(class), wv_class_help(class));
    if (question->merged != 0) {
        print_packs(question->plan, question->merged);
        print_rulings(question, question->merged, 0, class);
        return;
    }
    uint64_t done = 0;
    for (size_t i = 0; i < wv_plan_packs(question->plan); i++) {
        if ((done >> i & 1) != 0 || !is_shown(question, i)) {
            continue;
        }
        uint64_t same = 0;
        for (size_t j = i; j < wv_plan_packs(question->plan); j++) {
            if ((done >> j & 1) == 0 && is_shown(question, j) &&
                same_answers(question, class, i, j)) {
                same |= UINT64_C(1) << j;
            }
        }
        done |= same;
        print_packs(question->plan, same);
        print_rulings(question, UINT64_C(1) << i, same, class);
    }
}

static json_t *rulings_json(const struct question *question, uint64_t packs, enum wv_class class)
{
    const struct wv_rulings rulings = rulings_of(question, packs, class);
    json_t *list = json_array();
    for (size_t i = 0; i < rulings.count; i++) {
        struct answer answer;
        describe(question->plan, &rulings.items[i], &answer);
        json_t *rule = json_pack("{s:s, s:s?}", "rule", answer.text, "why", answer.why);
        if (question->why) {
            const struct wv_why_question why = why_question(question, packs, class);
            (void)json_object_set_new(rule, "from",
                                      wv_why_json(question->plan, &why, &rulings.items[i]));
        }
        (void)json_array_append_new(list, rule);
    }
    return list;
}

static void add_rows(const struct question *question, enum wv_class class, json_t *rows)
{
    if (question->merged != 0) {
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:s, s:o}", "class", wv_class_word(class), "region", "merged",
                            "rules", rulings_json(question, question->merged, class)));
        return;
    }
    for (size_t i = 0; i < wv_plan_packs(question->plan); i++) {
        if (is_shown(question, i)) {
            (void)json_array_append_new(
                rows, json_pack("{s:s, s:s, s:o}", "class", wv_class_word(class), "region",
                                wv_plan_pack(question->plan, i).name, "rules",
                                rulings_json(question, UINT64_C(1) << i, class)));
        }
    }
}

static json_t *packs_json(const struct question *question)
{
    json_t *packs = json_array();
    for (size_t i = 0; i < wv_plan_packs(question->plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(question->plan, i);
        if (is_shown(question, i)) {
            (void)json_array_append_new(packs, json_string(pack.version));
        }
    }
    return packs;
}

static enum wv_exit print_json(json_t *root)
{
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    (void)puts(text);
    free(text);
    return WV_EXIT_OK;
}

/* What an output seals for its recipient, in the words of the configuration; {0}: nothing. */
static struct wv_slice seal_text(const struct question *question, uint8_t *memory, size_t room)
{
    struct wv_buf text = wv_buf_of(memory, room);
    wv_seal_describe(question->plan, question->output, &text);
    return (struct wv_slice){memory, text.len};
}

static void print_seal(const struct question *question)
{
    uint8_t memory[1024];
    const struct wv_slice text = seal_text(question, memory, sizeof memory);
    if (text.len > 0) {
        (void)printf("sealed for the recipient: %.*s\n", WV_SHOW(text));
    }
}

static enum wv_exit explain_rules(const struct question *question, bool json)
{
    const struct wv_slice name = wv_plan_config(question->plan)->outputs[question->output].name;
    json_t *rows = json_array();
    if (!json) {
        (void)printf("plan %s, output %.*s\n", wv_plan_version(question->plan), WV_SHOW(name));
        print_seal(question);
        if (question->why) {
            wv_why_print_laws(question->plan, question->shown);
        }
    }
    for (size_t class = question->class_from; class < question->class_to; class ++) {
        if (json) {
            add_rows(question, (enum wv_class) class, rows);
        } else {
            (void)fputc('\n', stdout);
            print_class(question, (enum wv_class) class);
        }
    }
    if (!json) {
        json_decref(rows);
        return WV_EXIT_OK;
    }
    json_t *root =
        json_pack("{s:s, s:s, s:o, s:o}", "plan", wv_plan_version(question->plan), "output",
                  (const char *)name.ptr, "packs", packs_json(question), "rows", rows);
    uint8_t memory[1024];
    const struct wv_slice seal = seal_text(question, memory, sizeof memory);
    if (seal.len > 0) {
        (void)json_object_set_new(root, "sealed", json_stringn((const char *)seal.ptr, seal.len));
    }
    if (question->why) {
        (void)json_object_set_new(root, "laws", wv_why_laws_json(question->plan, question->shown));
    }
    return print_json(root);
}

/* The place in the plan of the format that is asked for, or that the input names; the number of
 * formats: there is none of that name. */
static size_t format_of(const struct wv_setup *setup, const char *asked)
{
    const struct wv_slice word = asked != NULL
                                     ? wv_slice_of(asked)
                                     : wv_plan_config(setup->plan)->inputs[setup->input].format;
    size_t format = 0;
    while (format < wv_plan_formats(setup->plan) &&
           !wv_slice_eq(wv_slice_of(wv_plan_format(setup->plan, format).name), word)) {
        format++;
    }
    return format;
}

static enum wv_exit explain_fields(const struct wv_setup *setup, const char *asked,
                                   const char *class, bool json)
{
    const size_t format = format_of(setup, asked);
    if (format == wv_plan_formats(setup->plan)) {
        (void)fputs("wafveil: --fields: of which format? `wafveil formats` lists them, --format "
                    "names one\n",
                    stderr);
        return WV_EXIT_USAGE;
    }
    json_t *fields = json_array();
    for (size_t i = 0; i < wv_plan_fields(setup->plan, format); i++) {
        const struct wv_field_info field = wv_plan_field(setup->plan, format, i);
        if (class != NULL && strcmp(class, field.class) != 0) {
            continue;
        }
        if (json) {
            (void)json_array_append_new(
                fields, json_pack("{s:s, s:s}", "path", field.path, "class", field.class));
        } else {
            (void)printf("%-*s  %s\n", CLASS_WIDTH, field.class, field.path);
        }
    }
    if (!json) {
        json_decref(fields);
        return WV_EXIT_OK;
    }
    return print_json(json_pack("{s:s, s:o}", "format", wv_plan_format(setup->plan, format).name,
                                "fields", fields));
}

static enum wv_exit read_class(const char *word, struct question *question)
{
    enum wv_class class;
    if (word == NULL) {
        return WV_EXIT_OK;
    }
    if (wv_class_find(wv_slice_of(word), &class)) {
        question->class_from = class;
        question->class_to = (size_t) class + 1;
        return WV_EXIT_OK;
    }
    const char *near = wv_nearest(wv_slice_of(word), wv_class_words(), WV_CLASS_COUNT);
    (void)fprintf(stderr, "wafveil: --class: there is no class \"%s\"", word);
    (void)fprintf(stderr,
                  near == NULL ? "; `wafveil help --reference` lists them%s\n"
                               : "; did you mean \"%s\"?\n",
                  near == NULL ? "" : near);
    return WV_EXIT_USAGE;
}

static enum wv_exit choose_packs(const struct wv_arguments *arguments, const struct wv_setup *setup,
                                 struct question *question)
{
    const char *on = wv_argument_text(arguments, "on");
    question->day = wv_setup_today();
    if (on != NULL && (!wv_day_parse(wv_slice_of(on), &question->day) || question->day < 0)) {
        return wv_usage_fail(arguments, "--on must be a day from 1970 on, as 2026-11-16");
    }
    const enum wv_exit code = wv_setup_regions(setup, wv_argument_text(arguments, "region"),
                                               question->day, &question->merged);
    if (code != WV_EXIT_OK) {
        return code;
    }
    if (question->merged != 0 &&
        !wv_plan_is_set(setup->plan, question->merged, question->day * WV_DAY_S * 1000)) {
        return wv_usage_fail(arguments,
                             "--region: no record can fall under all of these: there are not so "
                             "many sources of regions, or one is a template that the "
                             "configuration does not acknowledge");
    }
    question->shown = question->merged;
    for (size_t i = 0; question->merged == 0 && i < wv_plan_packs(setup->plan); i++) {
        const bool holds = wv_plan_version_on(setup->plan, i, question->day) == i;
        question->shown |= (uint64_t)(holds && wv_plan_pack_used(setup->plan, i)) << i;
    }
    return WV_EXIT_OK;
}

static enum wv_exit explain(const struct wv_arguments *arguments, const struct wv_setup *setup)
{
    const bool json = wv_argument_given(arguments, "json");
    const char *class = wv_argument_text(arguments, "class");
    struct question question = {
        .plan = setup->plan,
        .output = setup->output,
        .class_to = WV_CLASS_COUNT,
        .why = wv_argument_given(arguments, "why"),
    };
    const enum wv_exit class_code = read_class(class, &question);
    if (class_code != WV_EXIT_OK) {
        return class_code;
    }
    if (wv_argument_given(arguments, "fields")) {
        return explain_fields(setup, wv_argument_text(arguments, "format"), class, json);
    }
    const enum wv_exit packs_code = choose_packs(arguments, setup, &question);
    return packs_code != WV_EXIT_OK ? packs_code : explain_rules(&question, json);
}

enum wv_exit wv_cmd_explain(const struct wv_arguments *arguments)
{
    struct wv_setup setup;
    enum wv_exit code = wv_setup_open(arguments, WV_SETUP_THROWAWAY, &setup);
    if (code != WV_EXIT_OK) {
        return code;
    }
    code = explain(arguments, &setup);
    wv_setup_close(&setup);
    return code;
}
