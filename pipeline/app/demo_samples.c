/*
 * demo_samples.c — a few made-up records before and after, a line or two for each value that
 * changed.
 */
#include "app/demo_samples.h"

#include "app/corpus.h"
#include "engine/transform.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SAMPLES = 3,
    LOOKED_AT_MAX = 2000,
    WIDTH = 100,
    INDENT = 21, /* of values: the class stands before them */
    LAWS_MAX = 160,
};

struct sampling {
    const struct wv_colors *colors;
    struct wv_worker *worker;
    char laws[SAMPLES][LAWS_MAX]; /* of the records that were shown */
    size_t shown;
};

/* What two texts have in common at their ends, whole characters only. */
struct common {
    size_t head;
    size_t tail;
};

static bool is_inside_character(struct wv_slice text, size_t at)
{
    return at < text.len && (text.ptr[at] & 0xc0) == 0x80;
}

static struct common common_ends(struct wv_slice a, struct wv_slice b)
{
    const size_t most = a.len < b.len ? a.len : b.len;
    struct common common = {0};
    while (common.head < most && a.ptr[common.head] == b.ptr[common.head]) {
        common.head++;
    }
    while (common.head > 0 &&
           (is_inside_character(a, common.head) || is_inside_character(b, common.head))) {
        common.head--;
    }
    while (common.tail < most - common.head &&
           a.ptr[a.len - 1 - common.tail] == b.ptr[b.len - 1 - common.tail]) {
        common.tail++;
    }
    while (common.tail > 0 && is_inside_character(a, a.len - common.tail)) {
        common.tail--;
    }
    return common;
}

static size_t columns_of(struct wv_slice text)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.len; columns++) {
        const size_t length = wv_show_length(text, at);
        columns += length == 0 ? WV_SHOW_ESCAPED - 1 : 0;
        at += length == 0 ? 1 : length;
    }
    return columns;
}

/* Writes the text, broken at the right edge, with what is not common in a colour; column: where the
 * cursor stands. */
static void show_wrapped(struct wv_slice text, struct common common, const char *color,
                         const char *off, size_t column)
{
    for (size_t at = 0; at < text.len;) {
        const size_t shown = wv_show_length(text, at);
        const size_t length = shown == 0 ? 1 : shown;
        if (column >= WIDTH) {
            (void)printf("%s\n%*s%s", off, INDENT, "",
                         at >= common.head && at < text.len - common.tail ? color : "");
            column = INDENT;
        }
        if (at == common.head && at < text.len - common.tail) {
            (void)fputs(color, stdout);
        }
        wv_show(wv_slice_sub(text, at, at + length), SIZE_MAX);
        column += shown == 0 ? WV_SHOW_ESCAPED : 1;
        at += length;
        if (at == text.len - common.tail && at > common.head) {
            (void)fputs(off, stdout);
        }
    }
}

/* Strings without their quotes: they say nothing here. */
static struct wv_slice bare(struct wv_slice raw)
{
    const bool quoted = raw.len >= 2 && raw.ptr[0] == '"' && raw.ptr[raw.len - 1] == '"';
    return quoted ? wv_slice_sub(raw, 1, raw.len - 1) : raw;
}

static void show_change(void *user, const struct wv_trace *trace)
{
    const struct sampling *sampling = user;
    const struct wv_colors *colors = sampling->colors;
    if (trace->action == WV_ACTION_KEPT || wv_slice_eq(trace->before, trace->after)) {
        return;
    }
    const bool removed = trace->action != WV_ACTION_REPLACED;
    const struct wv_slice before = bare(trace->before);
    const struct wv_slice after = removed ? WV_LIT("(removed)") : bare(trace->after);
    const struct common common = removed ? (struct common){0} : common_ends(before, after);
    (void)printf("  %-*s", INDENT - 2, wv_class_word(trace->class));
    show_wrapped(before, common, colors->red, colors->off, INDENT);
    const size_t used = INDENT + columns_of(before);
    const bool fits = used + 3 + columns_of(after) <= WIDTH;
    if (!fits) {
        (void)printf("\n%*s", INDENT - 3, "");
    }
    (void)fputs(" → ", stdout);
    show_wrapped(after, common, colors->green, colors->off, fits ? used + 3 : INDENT);
    (void)fputc('\n', stdout);
}

/* The text of a member of the protected record; empty: it has none of that name. */
static struct wv_slice member(struct wv_slice value, const char *opening)
{
    const size_t len = strlen(opening);
    const uint8_t *found = memmem(value.ptr, value.len, opening, len);
    if (found == NULL) {
        return (struct wv_slice){0};
    }
    const size_t from = (size_t)(found - value.ptr) + len;
    const uint8_t *end = memchr(value.ptr + from, '"', value.len - from);
    return end == NULL ? (struct wv_slice){0}
                       : wv_slice_sub(value, from, (size_t)(end - value.ptr));
}

void wv_demo_show_laws(const char *packs)
{
    for (size_t i = 0; packs[i] != '\0'; i++) {
        if (packs[i] == '@') {
            i += strcspn(packs + i, "+") - 1;
        } else if (packs[i] == '+') {
            (void)fputs(" + ", stdout);
        } else {
            (void)fputc(packs[i], stdout);
        }
    }
}

/* The first one is to be an attack: that it can still be seen is the point. */
static bool is_wanted(const struct sampling *sampling, const struct wv_result *result)
{
    const struct wv_slice law = member(result->value, "\"_wafveil\":{\"v\":1,\"pack\":\"");
    const struct wv_slice action = member(result->value, "\"action\":\"");
    if (result->outcome != WV_PUBLISH || law.len == 0 || law.len >= LAWS_MAX ||
        wv_slice_eq(action, WV_LIT("BLOCK")) != (sampling->shown == 0)) {
        return false;
    }
    for (size_t i = 0; i < sampling->shown; i++) {
        if (wv_slice_eq(law, wv_slice_of(sampling->laws[i]))) {
            return false;
        }
    }
    return true;
}

static void show_head(struct sampling *sampling, struct wv_slice value)
{
    const struct wv_colors *colors = sampling->colors;
    const struct wv_slice law = member(value, "\"_wafveil\":{\"v\":1,\"pack\":\"");
    const struct wv_slice country = member(value, "\"country\":\"");
    memcpy(sampling->laws[sampling->shown], law.ptr, law.len);
    (void)printf("\n%sRecord %zu of %d%s, from %.*s, under the rules of ", colors->bold,
                 sampling->shown + 1, SAMPLES, colors->off, WV_SHOW(country));
    wv_demo_show_laws(sampling->laws[sampling->shown]);
    (void)fputc('\n', stdout);
    sampling->shown++;
}

static void show_rest(const struct sampling *sampling, struct wv_slice value)
{
    const struct wv_colors *colors = sampling->colors;
    const uint8_t *own = memmem(value.ptr, value.len, "\"_wafveil\":", 11);
    wv_ensure(own != NULL);
    const struct wv_slice added = wv_slice_sub(value, (size_t)(own - value.ptr), value.len - 1);
    (void)printf("  %-*s", INDENT - 2, "added");
    show_wrapped(added, (struct common){0}, colors->green, colors->off, INDENT);
    const struct wv_slice action = member(value, "\"action\":\"");
    const struct wv_slice rule = member(value, "\"terminatingRuleId\":\"");
    (void)printf("\n  %s%-*s%.*s by %.*s, and every other byte of the record%s\n", colors->dim,
                 INDENT - 2, "as it was", WV_SHOW(action), WV_SHOW(rule), colors->off);
}

static void show_sample(struct sampling *sampling, const struct wv_record *record,
                        struct wv_slice value)
{
    show_head(sampling, value);
    wv_worker_trace(sampling->worker, show_change, sampling);
    const struct wv_results results = wv_transform(sampling->worker, record);
    wv_worker_trace(sampling->worker, NULL, NULL);
    show_rest(sampling, results.items[0].value);
}

bool wv_demo_samples(const struct wv_plan *plan, uint64_t seed, const struct wv_colors *colors)
{
    struct sampling *sampling = calloc(1, sizeof *sampling);
    uint8_t *bytes = malloc(WV_CORPUS_RECORD_MAX);
    struct wv_worker *worker = wv_worker_new(plan);
    const bool good = sampling != NULL && bytes != NULL && worker != NULL;
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, seed);
    for (size_t i = 0; good && i < LOOKED_AT_MAX && sampling->shown < SAMPLES; i++) {
        sampling->colors = colors;
        sampling->worker = worker;
        struct wv_buf buf = wv_buf_of(bytes, WV_CORPUS_RECORD_MAX);
        struct wv_record record = {.time_ms = -1};
        wv_ensure(wv_corpus_next(&corpus, &buf) && wv_buf_take(&buf, &record.value));
        const struct wv_results results = wv_transform(worker, &record);
        if (results.count == 1 && is_wanted(sampling, &results.items[0])) {
            show_sample(sampling, &record, results.items[0].value);
        }
    }
    wv_worker_free(worker);
    free(bytes);
    free(sampling);
    return good;
}
