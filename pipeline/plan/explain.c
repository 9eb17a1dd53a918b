/* explain.c — reads the decision table back. */
#include "plan/explain.h"

#include "plan/tables.h"

size_t wv_plan_packs(const struct wv_plan *plan)
{
    return plan->pack_count;
}

struct wv_pack_info wv_plan_pack(const struct wv_plan *plan, size_t index)
{
    wv_ensure(index < plan->pack_count);
    const struct wv_pack *pack = &plan->packs[index];
    return (struct wv_pack_info){
        .name = pack->name,
        .version = pack->version,
        .edition = pack->edition,
        .title = pack->title,
        .law = pack->law,
        .effective = pack->effective,
        .unreviewed = pack->unreviewed,
    };
}

bool wv_plan_pack_used(const struct wv_plan *plan, size_t pack)
{
    wv_ensure(pack < plan->pack_count);
    return plan->packs[pack].used;
}

size_t wv_plan_formats(const struct wv_plan *plan)
{
    return plan->format_count;
}

/* How many different classes a format knows, beside "none". */
static size_t count_classes(const struct wv_format *format)
{
    uint64_t seen = 0;
    size_t count = 0;
    for (size_t i = 0; i < format->listed_count; i++) {
        const struct wv_place *place = format->listed[i];
        const bool own = place->pairs == NULL && place->inner == NULL && place->table == NULL;
        seen |= own ? UINT64_C(1) << place->class : 0;
    }
    for (unsigned class = WV_CLASS_NONE + 1; class < WV_CLASS_COUNT; class ++) {
        count += class != WV_CLASS_UNLISTED && (seen >> class & 1) != 0;
    }
    return count;
}

struct wv_format_info wv_plan_format(const struct wv_plan *plan, size_t format)
{
    wv_ensure(format < plan->format_count);
    const struct wv_format *of = plan->formats[format];
    return (struct wv_format_info){
        .name = of->name,
        .title = of->title,
        .docs = of->docs,
        .syntax = of->syntax == NULL ? "json" : of->syntax->name,
        .known_by = of->known_by,
        .envelope = of->envelope,
        .fields = of->listed_count,
        .classes = count_classes(of),
    };
}

size_t wv_plan_fields(const struct wv_plan *plan, size_t format)
{
    wv_ensure(format < plan->format_count);
    return plan->formats[format]->listed_count;
}

struct wv_field_info wv_plan_field(const struct wv_plan *plan, size_t format, size_t field)
{
    wv_ensure(format < plan->format_count && field < plan->formats[format]->listed_count);
    const struct wv_place *place = plan->formats[format]->listed[field];
    struct wv_field_info info = {.path = place->path, .class = wv_class_word(place->class)};
    if (place->pairs != NULL) {
        info.class = place->pairs->select != NULL ? "by selector and name" : "by name";
    } else if (place->prefix_count > 0) {
        info.class = "by prefix";
    } else if (place->table != NULL) {
        info.class = "by name";
    } else if (place->inner != NULL) {
        info.class = place->inner->format == NULL           ? "record"
                     : place->inner->format->syntax == NULL ? "JSON"
                                                            : place->inner->format->syntax->name;
    }
    return info;
}

struct wv_rulings wv_plan_rulings(const struct wv_plan *plan, uint64_t packs, int64_t time_ms,
                                  size_t output, enum wv_class class)
{
    const uint32_t overlays = wv_plan_period(plan, time_ms)->overlays;
    return wv_plan_set(plan, packs, overlays)->rulings[output][class];
}

bool wv_plan_is_set(const struct wv_plan *plan, uint64_t packs, int64_t time_ms)
{
    return wv_plan_find_set(plan, packs, wv_plan_period(plan, time_ms)->overlays) != NULL;
}

static const char *const on_words[] = {"action", "rule", "label", "host", "tenant"};

void wv_plan_describe_when(const struct wv_plan *plan, uint64_t when, struct wv_buf *out)
{
    bool first = true;
    for (size_t i = 0; i < plan->condition_count; i++) {
        const struct wv_condition *condition = &plan->conditions[i];
        if ((when >> i & 1) == 0) {
            continue;
        }
        wv_buf_put(out, first ? (struct wv_slice){0} : WV_LIT(" and "));
        wv_buf_put(out, wv_slice_of(on_words[condition->on]));
        wv_buf_put(out, WV_LIT(" is "));
        for (size_t n = 0; n < condition->any_of.count; n++) {
            wv_buf_put(out, n == 0 ? (struct wv_slice){0} : WV_LIT(" or "));
            wv_buf_put(out, condition->any_of.items[n]);
        }
        first = false;
    }
}

const struct wv_parameters *wv_plan_parameters(const struct wv_plan *plan)
{
    return plan->parameters;
}
