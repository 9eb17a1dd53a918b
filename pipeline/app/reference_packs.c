/*
 * reference_packs.c — the chapter of the built-in packs: which law, since when, by when.
 */
#include "app/reference.h"

#include "keys/epoch.h"
#include "plan/explain.h"

static void print_days(uint32_t days, const char *unit, FILE *stream)
{
    if (days == 0) {
        (void)fputs(" | –", stream);
    } else {
        (void)fprintf(stream, " | %u %s%s", days, unit, days == 1 ? "" : "s");
    }
}

static void print_row(const struct wv_pack_info *pack, FILE *stream)
{
    const struct wv_pack_law *law = pack->law;
    char since[WV_DAY_TEXT];
    wv_day_format(pack->effective, since);
    (void)fprintf(stream, "| `%s` | ", pack->name);
    wv_reference_cell(pack->title, stream);
    (void)fprintf(stream, " | %s, %s | %s", pack->edition, since,
                  pack->unreviewed ? "unreviewed" : "reviewed");
    print_days(law->access_days, "day", stream);
    if (law->extension_days > 0) {
        (void)fprintf(stream, " (+ %u)", law->extension_days);
    }
    print_days(law->erasure_days, "day", stream);
    print_days(law->breach_hours, "hour", stream);
    print_days(law->log_days[1], "day", stream);
    print_days(law->log_minimum, "day", stream);
    (void)fputs(" |\n", stream);
}

static void print_sources(const struct wv_pack_law *law, FILE *stream)
{
    for (size_t i = 0; i < law->source_count; i++) {
        const struct wv_pack_law_source *source = &law->sources[i];
        (void)fprintf(stream, source->is_url ? "- [%s](%s)\n" : "- %s: %s\n", source->title,
                      source->where);
    }
}

static void print_law(const struct wv_pack_info *pack, FILE *stream)
{
    const struct wv_pack_law *law = pack->law;
    (void)fprintf(stream, "\n### `%s`: %s\n\n%s. %s\n\n%s\n\n", pack->name, pack->title, law->name,
                  law->summary_en, law->summary_ja);
    if (law->authority_url[0] != '\0') {
        (void)fprintf(stream, "Authority: [%s](%s). ", law->authority, law->authority_url);
    } else {
        (void)fprintf(stream, "Authority: %s. ", law->authority);
    }
    (void)fprintf(stream, "%s%sTokenised records: %s.", law->representative,
                  law->representative[0] == '\0' ? "" : " ", law->result);
    if (law->log_ref[0] != '\0') {
        (void)fprintf(stream, " Logs: %s.", law->log_ref);
    }
    (void)fputs("\n\n", stream);
    print_sources(law, stream);
}

void wv_reference_packs(const struct wv_plan *plan, FILE *stream)
{
    (void)fputs("\n## Built-in packs\n\nWhat a pack does with each class tells `wafveil explain "
                "--region NAME`. Days and hours are those that the law gives to whoever is "
                "responsible: to answer a request for access (and by how much longer), to erase, "
                "to report a breach; then for how long logs are usually kept at most, and for how "
                "long raw logs must be kept by whoever has them, outside of what is published. "
                "–: the law names none. They are facts to begin with, and no legal advice.\n\n"
                "| pack | title | version, since | review | access | erasure | breach | logs | raw "
                "logs at least |\n|---|---|---|---|---|---|---|---|---|\n",
                stream);
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        print_row(&pack, stream);
    }
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, i);
        print_law(&pack, stream);
    }
}
