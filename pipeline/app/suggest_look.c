/* suggest_look.c — counts the values of a record: those of unlisted members, those that the policy
 * keeps, and the parameters in them. */
#include "app/suggest.h"

#include <stdlib.h>
#include <sys/random.h>

bool wv_suggest_init(struct wv_suggest *suggest, const struct wv_plan *plan, uint32_t min)
{
    uint64_t seed;
    *suggest = (struct wv_suggest){.plan = plan, .min = min};
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        return false;
    }
    suggest->values = wv_inspector_new(plan, 0, false);
    suggest->names = wv_inspector_new(plan, 0, false);
    return wv_counts_init(&suggest->fields, WV_SUGGEST_FIELDS, seed) &&
           wv_counts_init(&suggest->kept, WV_SUGGEST_KEPT, seed) &&
           wv_counts_init(&suggest->parameters, WV_SUGGEST_NAMES, seed) &&
           suggest->values != NULL && suggest->names != NULL;
}

void wv_suggest_fini(struct wv_suggest *suggest)
{
    wv_inspector_free(suggest->values);
    wv_inspector_free(suggest->names);
    wv_counts_fini(&suggest->fields);
    wv_counts_fini(&suggest->kept);
    wv_counts_fini(&suggest->parameters);
}

enum { LABELS_A_VALUE = 4 };

/* What the search of a value for hits leaves out. */
enum passing { PASSING_NOTHING = 0, PASSING_ADDRESSES };

static bool is_address(const char *label)
{
    return strcmp(label, "IPV4") == 0 || strcmp(label, "IPV6") == 0;
}

/* Counts the labels of the hits in a value, each once. */
static void count_hits(struct wv_suggest *suggest, struct wv_count *count, struct wv_slice value,
                       enum passing passing)
{
    const struct wv_sighting *sightings;
    const char *met[LABELS_A_VALUE];
    size_t met_count = 0;
    bool whole = false;
    const size_t hits = wv_inspect(suggest->values, value, &sightings);
    for (size_t i = 0; hits != SIZE_MAX && i < hits; i++) {
        const char *label = sightings[i].label;
        size_t k = 0;
        if (passing == PASSING_ADDRESSES && is_address(label)) {
            continue;
        }
        whole = whole || (sightings[i].from == 0 && sightings[i].to == value.len);
        while (k < met_count && met[k] != label) {
            k++;
        }
        if (k == met_count && k < LABELS_A_VALUE) {
            met[met_count++] = label;
            wv_count_label(count, label);
        }
    }
    count->found += met_count > 0;
    count->whole += whole;
}

/* Appends the members to text, from the first that may not be shown on as "*". False then. */
static bool spell_way(struct wv_suggest *suggest, const struct wv_sight *sight, struct wv_buf *text)
{
    for (size_t i = 0; i < sight->name_count; i++) {
        const struct wv_slice name = sight->names[i];
        const size_t before = text->len;
        if (name.ptr != NULL && i > 0) {
            wv_buf_byte(text, '.');
        }
        wv_buf_put(text, name.ptr == NULL ? WV_LIT("[]") : name);
        if (text->overflowed || (name.ptr != NULL && !wv_suggest_shows(suggest, name))) {
            *text = (struct wv_buf){.mem = text->mem, .cap = text->cap, .len = before};
            wv_buf_put(text, before == 0 ? WV_LIT("*") : WV_LIT(".*"));
            return false;
        }
    }
    /* A number can stand in pieces, too: {"192": {"0": {"2": …}}}. */
    if (sight->name_count > 1 &&
        !wv_suggest_shows(suggest, (struct wv_slice){text->mem, text->len})) {
        wv_buf_reset(text);
        wv_buf_put(text, WV_LIT("*"));
        return false;
    }
    return true;
}

static void look_at_unlisted(struct wv_suggest *suggest, const struct wv_sight *sight)
{
    uint8_t memory[WV_COUNT_TEXT_MAX];
    /* Two bytes are kept for ".*". */
    struct wv_buf text = wv_buf_of(memory, sizeof memory - 2);
    if (sight->name_count == 1 && wv_slice_eq(sight->names[0], WV_LIT("_wafveil"))) {
        return; /* of another run: it always goes */
    }
    const bool shown = spell_way(suggest, sight, &text);
    const struct wv_count_key key = {
        .format = sight->format, .path = sight->path, .text = {memory, text.len}};
    struct wv_count *count = wv_counts_add(&suggest->fields, &key);
    if (count == NULL) {
        return;
    }
    count->hidden = !shown;
    count->plain = sight->plain && shown;
    count->misfit = sight->misfit;
    count->kinds |= 1U << sight->kind;
    wv_count_value(&suggest->fields, count, sight->record, sight->text);
    if (sight->text.ptr != NULL) {
        count_hits(suggest, count, sight->text, PASSING_NOTHING);
    }
}

/* A value that nobody looked into before it was published. Addresses that the record knows to be
 * somebody's were replaced in it, if anything was; and what an operator's own machine is called is
 * no news in its own field. */
static void look_at_kept(struct wv_suggest *suggest, const struct wv_sight *sight)
{
    if (sight->action == WV_ACTION_REMOVED || sight->action == WV_ACTION_FAILED) {
        return;
    }
    const struct wv_count_key key = {
        .format = sight->format, .path = sight->path, .class = sight->class};
    struct wv_count *count = wv_counts_add(&suggest->kept, &key);
    if (count == NULL || sight->text.ptr == NULL) {
        return;
    }
    count->plain = sight->plain;
    count->kinds |= 1U << sight->kind;
    wv_count_value(&suggest->kept, count, sight->record, sight->text);
    const bool known = sight->action == WV_ACTION_REPLACED || sight->class == WV_CLASS_SERVER_IP;
    count_hits(suggest, count, sight->text, known ? PASSING_ADDRESSES : PASSING_NOTHING);
}

void wv_suggest_look(void *user, const struct wv_sight *sight)
{
    struct wv_suggest *suggest = user;
    if (sight->packs != suggest->packs) {
        suggest->packs = sight->packs;
        wv_inspector_turn(suggest->values, sight->packs);
    }
    if (!sight->listed) {
        look_at_unlisted(suggest, sight);
        return;
    }
    if (sight->rule != NULL && sight->rule->keeps) {
        look_at_kept(suggest, sight);
    }
    wv_suggest_names(suggest, sight);
}

void wv_suggest_parameter(struct wv_suggest *suggest, uint64_t record, enum wv_suggest_in in,
                          struct wv_slice name, struct wv_slice value)
{
    const struct wv_slice stem = wv_parameter_stem(name);
    const struct wv_count_key key = {.text = stem};
    if (value.len == 0 || wv_parameters_know(wv_plan_parameters(suggest->plan), name)) {
        return;
    }
    const bool fits = stem.len > 0 && stem.len <= WV_COUNT_TEXT_MAX;
    const bool known = fits && wv_counts_find(&suggest->parameters, &key) != NULL;
    if (!known && !wv_suggest_shows(suggest, stem)) {
        suggest->hidden++;
        return;
    }
    struct wv_count *count = wv_counts_add(&suggest->parameters, &key);
    if (count != NULL) {
        count->kinds |= (unsigned)in;
        wv_count_value(&suggest->parameters, count, record, value);
        count_hits(suggest, count, value, PASSING_NOTHING);
    }
}
