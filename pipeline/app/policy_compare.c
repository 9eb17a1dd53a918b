/*
 * policy_compare.c — what is expected of a whole result: verdict, regions, members, texts.
 */
#include "app/policy_value.h"

#include "json/text.h"
#include "plan/tables.h"

#include <stdlib.h>

enum { UNESCAPINGS = 2 };

static void differ_words(struct wv_comparing *comparing, const char *what, const char *expected,
                         const char *got)
{
    if (wv_difference(comparing, what)) {
        (void)fprintf(comparing->out, "    expected %s\n    got      %s\n", expected, got);
    }
}

/* A number that is longer than those of C is compared as far as a double goes. */
static json_t *parse(struct wv_slice value)
{
    const char *text = (const char *)value.ptr;
    json_t *got = json_loadb(text, value.len, JSON_ALLOW_NUL, NULL);
    return got != NULL
               ? got
               : json_loadb(text, value.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
}

static void compare_text(struct wv_comparing *comparing)
{
    const struct wv_slice got = comparing->obtained->result->value;
    const json_t *expected = comparing->expect->record;
    const struct wv_slice text = {(const uint8_t *)json_string_value(expected),
                                  json_string_length(expected)};
    if (!wv_slice_eq(got, text) && wv_difference(comparing, "record")) {
        (void)fputs("    expected ", comparing->out);
        wv_put_shown(text, WV_SHOWN_MAX, comparing->out);
        (void)fputs("\n    got      ", comparing->out);
        wv_put_shown(got, WV_SHOWN_MAX, comparing->out);
        (void)fputc('\n', comparing->out);
    }
}

static void compare_record(struct wv_comparing *comparing)
{
    const struct wv_expectation *expect = comparing->expect;
    if (json_is_string(expect->record)) {
        compare_text(comparing);
    }
    const bool whole = json_is_object(expect->record);
    if (!whole && expect->pointers == NULL && expect->absent.count == 0) {
        return;
    }
    json_t *got = parse(comparing->obtained->result->value);
    if (got == NULL) {
        differ_words(comparing, "record", "JSON, to look for members in it", "no JSON");
        return;
    }
    if (whole) {
        wv_compare_at(comparing, "", expect->record, got);
    }
    const char *pointer;
    json_t *value;
    json_object_foreach(expect->pointers, pointer, value)
    {
        wv_compare_at(comparing, pointer, value, got);
    }
    for (size_t i = 0; i < expect->absent.count; i++) {
        const char *absent = (const char *)expect->absent.items[i].ptr;
        const json_t *is_there = wv_value_at(got, absent);
        if (is_there != NULL && wv_difference(comparing, absent)) {
            (void)fputs("    expected nothing\n    got      ", comparing->out);
            wv_put_json(comparing, is_there);
            (void)fputc('\n', comparing->out);
        }
    }
    json_decref(got);
}

static bool holds(struct wv_slice value, struct wv_slice text)
{
    return value.len >= text.len && memmem(value.ptr, value.len, text.ptr, text.len) != NULL;
}

/* As it is written, and without the escapes of JSON, and without those of JSON inside of that. */
static bool holds_decoded(struct wv_slice value, struct wv_slice text)
{
    bool found = holds(value, text);
    uint8_t *bytes = malloc(UNESCAPINGS * (value.len + 1));
    wv_ensure(bytes != NULL);
    for (size_t i = 0; !found && i < UNESCAPINGS; i++) {
        uint8_t *out = i == 0 ? bytes : bytes + value.len + 1;
        const size_t len = wv_text_unescape(value, out, NULL);
        if (len == SIZE_MAX) {
            break;
        }
        value = (struct wv_slice){out, len};
        found = holds(value, text);
    }
    free(bytes);
    return found;
}

static bool holds_anywhere(const struct wv_result *result, struct wv_slice text)
{
    bool found = holds_decoded(result->value, text) || holds(result->key, text);
    for (size_t i = 0; i < result->header_count; i++) {
        found = found || holds(result->headers[i].value, text);
    }
    return found;
}

static void differ_holding(struct wv_comparing *comparing, const char *what, struct wv_slice text,
                           const char *got)
{
    if (wv_difference(comparing, what)) {
        (void)fputs("    text     ", comparing->out);
        wv_put_shown(text, WV_SHOWN_MAX, comparing->out);
        (void)fprintf(comparing->out, "\n    got      %s\n", got);
    }
}

static void compare_texts(struct wv_comparing *comparing)
{
    const struct wv_expectation *expect = comparing->expect;
    const struct wv_result *result = comparing->obtained->result;
    for (size_t i = 0; i < expect->must_contain.count; i++) {
        if (!holds_decoded(result->value, expect->must_contain.items[i])) {
            differ_holding(comparing, "must_contain", expect->must_contain.items[i],
                           "a record without it");
        }
    }
    for (size_t i = 0; i < expect->must_not_contain.count; i++) {
        if (holds_anywhere(result, expect->must_not_contain.items[i])) {
            differ_holding(comparing, "must_not_contain", expect->must_not_contain.items[i],
                           "a record, key or header with it");
        }
    }
}

/* The bits of all versions of the packs that a test names. */
static uint64_t expected_regions(const struct wv_comparing *comparing)
{
    const struct wv_plan *plan = comparing->obtained->plan;
    const struct wv_expectation *expect = comparing->expect;
    uint64_t packs = 0;
    size_t pack;
    if (expect->region.len > 0 && wv_plan_pack_find(plan, expect->region, &pack)) {
        packs |= plan->packs[pack].versions;
    }
    for (size_t i = 0; i < expect->regions.count; i++) {
        if (wv_plan_pack_find(plan, expect->regions.items[i], &pack)) {
            packs |= plan->packs[pack].versions;
        }
    }
    return packs;
}

static void put_regions(const struct wv_comparing *comparing, uint64_t packs)
{
    const struct wv_plan *plan = comparing->obtained->plan;
    const char *before = "";
    for (size_t i = 0; i < plan->pack_count; i++) {
        if (wv_plan_pack_name(plan, i) == i && (packs & plan->packs[i].versions) != 0) {
            (void)fprintf(comparing->out, "%s%s", before, plan->packs[i].name);
            before = ", ";
        }
    }
    (void)fputs(packs == 0 ? "none\n" : "\n", comparing->out);
}

static void compare_regions(struct wv_comparing *comparing)
{
    const struct wv_plan *plan = comparing->obtained->plan;
    const uint64_t expected = expected_regions(comparing);
    const uint64_t under = comparing->obtained->supposed->fell_under;
    uint64_t got = 0;
    for (size_t i = 0; i < plan->pack_count; i++) {
        got |= (under >> i & 1) != 0 ? plan->packs[i].versions : 0;
    }
    if (expected == 0 || got == expected) {
        return;
    }
    if (wv_difference(comparing, "region")) {
        (void)fputs("    expected ", comparing->out);
        put_regions(comparing, expected);
        (void)fputs("    got      ", comparing->out);
        put_regions(comparing, got);
    }
}

static void compare_verdict(struct wv_comparing *comparing)
{
    static const char *const words[] = {"reject", "publish", "stub", "suppress"};
    const struct wv_expectation *expect = comparing->expect;
    const struct wv_result *result = comparing->obtained->result;
    const char *reason = wv_reason_word(result->reason);
    if (result->outcome != expect->verdict && wv_difference(comparing, "verdict")) {
        const bool has_reason = result->outcome == WV_REJECT || result->outcome == WV_STUB;
        (void)fprintf(comparing->out, "    expected %s\n    got      %s%s%s\n",
                      words[expect->verdict], words[result->outcome], has_reason ? ": " : "",
                      has_reason ? reason : "");
    } else if (expect->reason.len > 0 && !wv_slice_eq(wv_slice_of(reason), expect->reason)) {
        differ_words(comparing, "reason", (const char *)expect->reason.ptr, reason);
    }
    if (expect->withheld != NULL && json_is_true(expect->withheld) != result->withheld) {
        differ_words(comparing, "withheld", result->withheld ? "false" : "true",
                     result->withheld ? "true: the law refuses the transfer"
                                      : "false: the record may go there");
    }
}

size_t wv_policy_compare(const struct wv_expectation *expect, const struct wv_obtained *obtained,
                         FILE *out)
{
    struct wv_comparing comparing = {.expect = expect, .obtained = obtained, .out = out};
    compare_verdict(&comparing);
    compare_regions(&comparing);
    compare_record(&comparing);
    compare_texts(&comparing);
    if (comparing.differences > WV_DIFFERENCES_MAX) {
        (void)fprintf(out, "  … and %zu more\n", comparing.differences - WV_DIFFERENCES_MAX);
    }
    return comparing.differences;
}
