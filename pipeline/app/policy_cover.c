/*
 * policy_cover.c — counts rules by the pack in whose document they stand.
 */
#include "app/policy_cover.h"

#include "plan/tables.h"

#include <stdlib.h>

enum { WHEN_MAX = 1024 };

struct wv_cover {
    const struct wv_plan *plan;
    bool *rules;                                /* of all packs, one behind the other */
    size_t first[WV_PACKS_MAX][WV_CLASS_COUNT]; /* of a pack's rules of a class */
    bool is_own[WV_PACKS_MAX][WV_CLASS_COUNT];  /* they stand in its own document */
    bool failed[WV_PACKS_MAX];                  /* its failure rule was reached */
    bool applied[WV_PACKS_MAX];                 /* some value was decided upon under it */
};

/* A pack that extends another one shares what it does not say itself. */
static bool stands_in(const struct wv_plan *plan, size_t pack, size_t class)
{
    for (size_t i = 0; i < pack; i++) {
        if (plan->packs[i].rulings[class].items == plan->packs[pack].rulings[class].items) {
            return false;
        }
    }
    return true;
}

struct wv_cover *wv_cover_new(const struct wv_plan *plan)
{
    struct wv_cover *cover = calloc(1, sizeof *cover);
    size_t count = 0;
    if (cover == NULL) {
        return NULL;
    }
    cover->plan = plan;
    for (size_t pack = 0; pack < plan->pack_count; pack++) {
        for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
            cover->first[pack][class] = count;
            cover->is_own[pack][class] = stands_in(plan, pack, class);
            count += plan->packs[pack].rulings[class].count;
        }
    }
    cover->rules = calloc(count + 1, sizeof *cover->rules);
    if (cover->rules == NULL) {
        free(cover);
        return NULL;
    }
    return cover;
}

void wv_cover_free(struct wv_cover *cover)
{
    if (cover != NULL) {
        free(cover->rules);
        free(cover);
    }
}

void wv_cover_mark(struct wv_cover *cover, const struct wv_supposed *supposed,
                   const struct wv_trace *trace)
{
    const struct wv_plan *plan = cover->plan;
    const struct wv_why_question question = {supposed->packs, supposed->time_ms, supposed->output,
                                             trace->class};
    struct wv_voice voices[WV_VOICES_MAX];
    if (trace->rule == NULL) {
        return;
    }
    const struct wv_ruling ruling = {supposed->conditions, trace->rule};
    const size_t count = wv_plan_voices(plan, &question, &ruling, voices);
    for (size_t i = 0; i < count; i++) {
        const size_t pack = voices[i].stands_in;
        const struct wv_rulings *rulings = &plan->packs[pack].rulings[trace->class];
        size_t at = 0;
        while (at + 1 < rulings->count && rulings->items[at].rule != voices[i].rule) {
            at++;
        }
        cover->rules[cover->first[pack][trace->class] + at] = true;
        cover->applied[voices[i].pack] = true;
        if (trace->action == WV_ACTION_FAILED) {
            cover->failed[voices[i].pack] = true;
        }
    }
}

struct sum {
    size_t reached;
    size_t all;
};

static struct sum sum_of(const struct wv_cover *cover, size_t pack)
{
    struct sum sum = {.reached = cover->failed[pack], .all = 1};
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const size_t count = cover->plan->packs[pack].rulings[class].count;
        for (size_t i = 0; cover->is_own[pack][class] && i < count; i++) {
            sum.all++;
            sum.reached += cover->rules[cover->first[pack][class] + i];
        }
    }
    return sum;
}

/* "geo", "geo when action is BLOCK", "geo where no condition holds". */
static void print_rule(const struct wv_plan *plan, enum wv_class class,
                       const struct wv_ruling *ruling, bool only, FILE *out)
{
    uint8_t bytes[WHEN_MAX];
    struct wv_buf buf = wv_buf_of(bytes, sizeof bytes);
    wv_plan_describe_when(plan, ruling->when, &buf);
    const char *words = buf.len > 0 ? " when " : only ? "" : " where no condition holds";
    (void)fprintf(out, "%s%s%.*s", wv_class_word(class), words, (int)buf.len, (const char *)bytes);
}

static void print_missing(const struct wv_cover *cover, size_t pack, FILE *out)
{
    const char *before = "    not reached: ";
    bool any = false;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings *rulings = &cover->plan->packs[pack].rulings[class];
        for (size_t i = 0; cover->is_own[pack][class] && i < rulings->count; i++) {
            if (!cover->rules[cover->first[pack][class] + i]) {
                (void)fputs(before, out);
                print_rule(cover->plan, (enum wv_class) class, &rulings->items[i],
                           rulings->count == 1, out);
                before = ", ";
                any = true;
            }
        }
    }
    if (!cover->failed[pack]) {
        (void)fprintf(out, "%sfailure", before);
        any = true;
    }
    (void)fputs(any ? "\n" : "", out);
}

static void print_pack(const struct wv_cover *cover, size_t pack, FILE *out)
{
    const struct wv_pack *row = &cover->plan->packs[pack];
    const struct sum sum = sum_of(cover, pack);
    (void)fprintf(out, "  %-12s version %-3s %3zu of %3zu%s\n", row->name, row->edition,
                  sum.reached, sum.all, row->unreviewed ? "  (a template)" : "");
    print_missing(cover, pack, out);
}

/* They would make every ratio of a configuration with one own pack look bad. */
static void print_others(const struct wv_cover *cover, FILE *out)
{
    const char *before = "  not counted, for no test has a record under them: ";
    bool any = false;
    for (size_t pack = 0; pack < cover->plan->pack_count; pack++) {
        const struct wv_pack *row = &cover->plan->packs[pack];
        if (!cover->applied[pack] && row->used) {
            (void)fprintf(out, "%s%s version %s", before, row->name, row->edition);
            before = ", ";
            any = true;
        }
    }
    (void)fputs(any ? "\n" : "", out);
}

void wv_cover_print(const struct wv_cover *cover, FILE *out)
{
    struct sum total = {0};
    for (size_t pack = 0; pack < cover->plan->pack_count; pack++) {
        const struct sum sum = sum_of(cover, pack);
        total.reached += cover->applied[pack] ? sum.reached : 0;
        total.all += cover->applied[pack] ? sum.all : 0;
    }
    (void)fprintf(out, "\nrules reached: %zu of %zu (%.1f %%)\n", total.reached, total.all,
                  total.all == 0 ? 0.0 : 100.0 * (double)total.reached / (double)total.all);
    for (size_t pack = 0; pack < cover->plan->pack_count; pack++) {
        if (cover->applied[pack]) {
            print_pack(cover, pack, out);
        }
    }
    print_others(cover, out);
}
