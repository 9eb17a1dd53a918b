/*
 * loosening_packs.c — every pack by itself, packs together, and which country leads to which.
 *
 * Merging keeps to what each pack demands, but it is not monotonous: two rules that cannot be
 * compared give "drop", and a stricter one in place of one of them may be comparable, and show
 * something. So sets of packs are compared, too, where none of their packs was found to be looser
 * by itself; for values of which nothing was shown, because elsewhere the order of filters alone
 * would make a difference.
 */
#include "plan/loosening_work.h"

#include "keys/epoch.h"

enum { DESCRIBED_MAX = 256, SHOWN_DETECTORS = 3, DAY_MS = 86400000 };

/* What the rules of one output are compared for. */
struct side {
    const struct wv_looser_time *time;
    const struct wv_pack_set *before;
    const struct wv_pack_set *after;
    size_t output;    /* of after */
    const char *whom; /* "pack \"eu\"" */
};

static const struct wv_pack_set *set_of(const struct wv_plan *plan, const struct wv_period *period,
                                        uint64_t packs)
{
    return wv_plan_find_set(plan, packs, period->overlays);
}

static void describe_time(const struct wv_looser_time *time, char out[64])
{
    char day[WV_DAY_TEXT];
    out[0] = '\0';
    if (time->ms < 0) {
        (void)snprintf(out, 64, ", for records without a time");
    } else if (time->ms > 0) {
        wv_day_format(time->ms / DAY_MS, day);
        (void)snprintf(out, 64, ", for events from %s on", day);
    }
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static void tell_rule(struct wv_loosening *work, const struct side *side, enum wv_class class,
                      const struct wv_looser_pair *pair)
{
    uint8_t text[2][DESCRIBED_MAX];
    struct wv_buf was = wv_buf_of(text[0], DESCRIBED_MAX);
    struct wv_buf is = wv_buf_of(text[1], DESCRIBED_MAX);
    char when[64];
    wv_looser_describe(work->before, pair->before, &was);
    wv_looser_describe(work->after, pair->after, &is);
    const bool same = was.len == is.len && memcmp(text[0], text[1], is.len) == 0;
    describe_time(side->time, when);
    wv_looser(work, "%s, output \"%.*s\", class %s: was %.*s; would be %.*s%s%s", side->whom,
              WV_SHOW(work->after->config->outputs[side->output].name), wv_class_word(class),
              (int)was.len, (const char *)text[0], (int)is.len, (const char *)text[1],
              same ? ", with other names" : "", when);
}

/* The classes (bits) that are looser and not among `told`. tell: says so. */
static uint64_t compare_classes(struct wv_loosening *work, const struct side *side, uint64_t told,
                                bool tell)
{
    const struct wv_rulings *before = side->before->rulings[work->outputs[side->output]];
    const struct wv_rulings *after = side->after->rulings[side->output];
    struct wv_looser_pair pair;
    uint64_t looser = 0;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        if ((told >> class & 1) == 0 && wv_looser_rules(work, before[class], after[class], &pair)) {
            looser |= UINT64_C(1) << class;
            if (tell) {
                tell_rule(work, side, (enum wv_class) class, &pair);
            }
        }
    }
    return looser;
}

/* ---- Detectors ------------------------------------------------------------------------------- */

static uint64_t weaker_detectors(const struct wv_loosening *work, const struct side *side)
{
    const struct wv_detectors *was = side->before->detectors[work->outputs[side->output]];
    const struct wv_detectors *is = side->after->detectors[side->output];
    return (was->on & ~is->on) | (was->on & was->at_home & ~is->at_home);
}

static void tell_detectors(struct wv_loosening *work, const struct side *side, uint64_t weaker)
{
    uint8_t text[DESCRIBED_MAX];
    struct wv_buf names = wv_buf_of(text, sizeof text);
    char when[64];
    unsigned count = 0;
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        if ((weaker >> i & 1) != 0 && count++ < SHOWN_DETECTORS) {
            wv_buf_put(&names, count == 1 ? (struct wv_slice){0} : WV_LIT(", "));
            wv_buf_put(&names, wv_slice_of(wv_detector_at(i)->name));
        }
    }
    describe_time(side->time, when);
    wv_looser(work, "%s, output \"%.*s\": would not be looked for, or only behind words: %.*s%s%s",
              side->whom, WV_SHOW(work->after->config->outputs[side->output].name), (int)names.len,
              (const char *)text, count > SHOWN_DETECTORS ? " and others" : "", when);
}

/* ---- One pack -------------------------------------------------------------------------------- */

static uint8_t judge(struct wv_loosening *work, const struct side *side)
{
    const uint64_t classes = compare_classes(work, side, 0, false);
    if (classes != 0) {
        return (uint8_t)(WV_MOVED_CLASS + __builtin_ctzll(classes));
    }
    return weaker_detectors(work, side) != 0 ? WV_MOVED_DETECTORS : WV_MOVED_STRICT;
}

/* Fills the sets of the side. False where a record of that time cannot fall under them. */
static bool find_sets(const struct wv_loosening *work, uint64_t before, uint64_t after,
                      struct side *side)
{
    side->before = set_of(work->before, side->time->before, before);
    side->after = set_of(work->after, side->time->after, after);
    return side->before != NULL && side->after != NULL;
}

static bool is_unknown(const struct wv_plan *plan, const struct wv_period *period, uint32_t pack)
{
    return period->packs[pack].packs == period->packs[plan->pack_unknown].packs;
}

/* The built-in "unknown" is the strictest pack (it is what a record gets of which nothing is
 * known), so what falls under it from now on is not looser, although other packs may search where
 * it cuts. Of a later version of it, which is the operator's, nobody knows that. */
static bool gets_unknown(const struct wv_loosening *work, const struct wv_looser_time *time,
                         uint32_t before, uint32_t after)
{
    const uint64_t versions = work->after->packs[work->after->pack_unknown].versions;
    return (versions & (versions - 1)) == 0 && is_unknown(work->after, time->after, after) &&
           !is_unknown(work->before, time->before, before);
}

static uint8_t judge_move(struct wv_loosening *work, uint32_t before, uint32_t after)
{
    struct side side = {0};
    uint8_t answer = WV_MOVED_STRICT;
    for (size_t t = 0; answer == WV_MOVED_STRICT && t < work->time_count; t++) {
        side.time = &work->times[t];
        if (gets_unknown(work, side.time, before, after)) {
            continue;
        }
        if (!find_sets(work, side.time->before->packs[before].packs,
                       side.time->after->packs[after].packs, &side)) {
            return WV_MOVED_CLASS;
        }
        for (size_t o = 0; answer == WV_MOVED_STRICT && o < work->after->config->output_count;
             o++) {
            side.output = o;
            answer = work->outputs[o] == WV_LOOSER_NEW ? answer : judge(work, &side);
        }
    }
    return answer;
}

const char *wv_looser_move(struct wv_loosening *work, uint32_t before, uint32_t after)
{
    uint8_t *answer = &work->moved[before][after];
    if (*answer == WV_MOVED_UNASKED) {
        *answer = judge_move(work, before, after);
    }
    if (*answer == WV_MOVED_STRICT) {
        return NULL;
    }
    return *answer == WV_MOVED_DETECTORS ? "detectors"
                                         : wv_class_word((enum wv_class)(*answer - WV_MOVED_CLASS));
}

bool wv_looser_class(struct wv_loosening *work, enum wv_class before, enum wv_class after)
{
    struct side side = {0};
    struct wv_looser_pair pair;
    for (size_t t = 0; t < work->time_count; t++) {
        side.time = &work->times[t];
        for (size_t n = 0; n < work->name_count; n++) {
            const struct wv_looser_name *name = &work->names[n];
            if (gets_unknown(work, side.time, name->before, name->after)) {
                continue;
            }
            if (!find_sets(work, side.time->before->packs[name->before].packs,
                           side.time->after->packs[name->after].packs, &side)) {
                return true;
            }
            for (size_t o = 0; o < work->after->config->output_count; o++) {
                if (work->outputs[o] != WV_LOOSER_NEW &&
                    wv_looser_rules(work, side.before->rulings[work->outputs[o]][before],
                                    side.after->rulings[o][after], &pair)) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Whether the name has nothing to say of its own: it is a template that stands for "unknown" in
 * both plans, or from now on. */
static bool says_nothing(const struct wv_loosening *work, const struct wv_looser_name *name)
{
    bool nothing = strcmp(name->word, "unknown") != 0;
    for (size_t t = 0; nothing && t < work->time_count; t++) {
        const struct wv_looser_time *time = &work->times[t];
        nothing = gets_unknown(work, time, name->before, name->after) ||
                  (is_unknown(work->before, time->before, name->before) &&
                   is_unknown(work->after, time->after, name->after));
    }
    return nothing;
}

static bool is_acknowledged(const struct wv_loosening *work, const struct wv_looser_name *name)
{
    const struct wv_looser_time *time = &work->times[0];
    return time->before->packs[name->before].unreviewed &&
           !time->after->packs[name->after].unreviewed;
}

/* Whether the pack is looser in the output. */
static bool compare_pack(struct wv_loosening *work, const struct wv_looser_name *name,
                         size_t output)
{
    char whom[160];
    struct side side = {.output = output, .whom = whom};
    uint64_t told = 0;
    bool detectors = false;
    (void)snprintf(whom, sizeof whom, "pack \"%.100s\"", name->word);
    for (size_t t = 0; t < work->time_count; t++) {
        side.time = &work->times[t];
        if (gets_unknown(work, side.time, name->before, name->after)) {
            continue;
        }
        if (!find_sets(work, side.time->before->packs[name->before].packs,
                       side.time->after->packs[name->after].packs, &side)) {
            wv_looser(work, "%s cannot be compared", whom);
            return true;
        }
        told |= compare_classes(work, &side, told, true);
        const uint64_t weaker = detectors ? 0 : weaker_detectors(work, &side);
        if (weaker != 0) {
            tell_detectors(work, &side, weaker);
            detectors = true;
        }
    }
    return told != 0 || detectors;
}

/* Which names are looser in the output, or have nothing to say. */
static void compare_packs(struct wv_loosening *work, size_t output, bool looser[WV_LOOSER_NAMES])
{
    for (size_t n = 0; n < work->name_count; n++) {
        const struct wv_looser_name *name = &work->names[n];
        if (says_nothing(work, name)) {
            looser[n] = true; /* no set needs it */
        } else if (is_acknowledged(work, name)) {
            looser[n] = wv_looser_move(work, name->before, name->after) != NULL;
            if (looser[n] && output == 0) {
                wv_looser(work,
                          "pack \"%.100s\", which nobody has reviewed, is acknowledged: its "
                          "records had the pack unknown",
                          name->word);
            }
        } else {
            looser[n] = compare_pack(work, name, output);
        }
    }
}

/* ---- Packs together -------------------------------------------------------------------------- */

struct together {
    struct wv_loosening *work;
    struct side side;
    const bool *skip;
    size_t chosen[8];
    size_t count;
    bool told;
};

static size_t most_packs(const struct wv_config *config)
{
    size_t most = 2; /* "unknown" and "refused" */
    for (size_t i = 0; i < config->region_count; i++) {
        most += config->regions[i].from == WV_REGION_LABEL ? 2 : 1;
    }
    return most < 8 ? most : 8;
}

static void tell_together(struct together *sets)
{
    char whom[320];
    size_t len = (size_t)snprintf(whom, sizeof whom, "packs");
    for (size_t i = 0; i < sets->count && len < sizeof whom - 40; i++) {
        len += (size_t)snprintf(whom + len, sizeof whom - len, "%s \"%.30s\"", i == 0 ? "" : " and",
                                sets->work->names[sets->chosen[i]].word);
    }
    sets->side.whom = whom;
    (void)compare_classes(sets->work, &sets->side, 0, true);
    sets->told = true;
}

/* Adds a name of `from` on to the choice, at most `more`; the first set that is looser is told. */
static void choose(struct together *sets, uint64_t before, uint64_t after, size_t from, size_t more)
{
    const struct wv_loosening *work = sets->work;
    for (size_t n = from; more > 0 && !sets->told && n < work->name_count; n++) {
        if (sets->skip[n]) {
            continue;
        }
        const uint64_t was = before | sets->side.time->before->packs[work->names[n].before].packs;
        const uint64_t is = after | sets->side.time->after->packs[work->names[n].after].packs;
        if (!find_sets(work, was, is, &sets->side)) {
            continue; /* more than a record of one of the plans can fall under */
        }
        sets->chosen[sets->count++] = n;
        if (sets->count > 1 && compare_classes(sets->work, &sets->side, 0, false) != 0) {
            tell_together(sets);
        }
        choose(sets, was, is, n + 1, more - 1);
        sets->count--;
    }
}

static void compare_together(struct wv_loosening *work, size_t output, const bool *skip)
{
    const size_t before = most_packs(work->before->config);
    const size_t after = most_packs(work->after->config);
    work->dropped_only = true;
    struct together sets = {.work = work, .side = {.output = output}, .skip = skip};
    for (size_t t = 0; t < work->time_count && !sets.told; t++) {
        sets.side.time = &work->times[t];
        choose(&sets, 0, 0, 0, before < after ? before : after);
    }
    work->dropped_only = false;
}

/* ---- Countries ------------------------------------------------------------------------------- */

static void compare_country(struct wv_loosening *work, struct wv_slice code)
{
    const uint32_t was = wv_plan_country(work->before, code);
    const uint32_t is = wv_plan_country(work->after, code);
    const char *was_name = work->before->packs[was].name;
    const char *is_name = work->after->packs[is].name;
    const char *what = strcmp(was_name, is_name) == 0 ? NULL : wv_looser_move(work, was, is);
    if (what != NULL) {
        wv_looser(work,
                  "country %.*s would fall under pack \"%s\"; it was \"%s\", which hides more "
                  "(%s)",
                  WV_SHOW(code), is_name, was_name, what);
    }
}

static void compare_countries(struct wv_loosening *work)
{
    for (size_t i = 0; i < work->after->country_count; i++) {
        compare_country(work, work->after->countries[i].code);
    }
    for (size_t i = 0; i < work->before->country_count; i++) {
        const struct wv_slice code = work->before->countries[i].code;
        if (wv_plan_country(work->after, code) == work->after->pack_unknown) {
            compare_country(work, code); /* otherwise it was there, above */
        }
    }
}

void wv_looser_packs(struct wv_loosening *work)
{
    for (size_t o = 0; o < work->after->config->output_count; o++) {
        bool looser[WV_LOOSER_NAMES] = {false};
        if (work->outputs[o] != WV_LOOSER_NEW) {
            compare_packs(work, o, looser);
            compare_together(work, o, looser);
        }
    }
    compare_countries(work);
}
