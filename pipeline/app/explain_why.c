/* explain_why.c — prints what each pack had to say in a rule. */
#include "app/explain_why.h"

#include "keys/epoch.h"

#include <stdio.h>

enum { RULE_MAX = 1024 };

static const char *const say_words[] = {
    [WV_SAY_TAKEN] = "taken",
    [WV_SAY_NO_TOKEN] = "taken without its token",
    [WV_SAY_LESS] = "less strict",
};

static const char by_nobody[] = "what these and the purpose of the output ask for together";

static void describe(const struct wv_rule *rule, char out[RULE_MAX])
{
    struct wv_buf buf = wv_buf_of((uint8_t *)out, RULE_MAX - 1);
    wv_rule_describe(rule, &buf);
    out[buf.len] = '\0';
}

/* "eu 1 (from 2018-05-25)", with what makes it no ordinary pack. */
static void print_pack(const struct wv_plan *plan, const struct wv_voice *voice)
{
    const struct wv_pack_info pack = wv_plan_pack(plan, voice->pack);
    char since[WV_DAY_TEXT];
    wv_day_format(pack.effective, since);
    (void)printf("%s %s (", pack.name, pack.edition);
    if (pack.effective == WV_EFFECTIVE_ALWAYS) {
        (void)fputs("ever since", stdout);
    } else {
        (void)printf("from %s", since);
    }
    if (voice->stands_in != voice->pack) {
        const struct wv_pack_info base = wv_plan_pack(plan, voice->stands_in);
        (void)printf(", by %s %s", base.name, base.edition);
    }
    (void)printf("%s%s)", pack.unreviewed ? ", unreviewed" : "",
                 voice->overlay ? ", laid over the output" : "");
}

/* Whether the rule is no pack's own: several have a part in it, or the output's purpose has. */
static bool is_nobodys(const struct wv_voice *voices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (voices[i].say == WV_SAY_TAKEN) {
            return false;
        }
    }
    return true;
}

void wv_why_print(const struct wv_plan *plan, const struct wv_why_question *question,
                  const struct wv_ruling *ruling)
{
    struct wv_voice voices[WV_VOICES_MAX];
    const size_t count = wv_plan_voices(plan, question, ruling, voices);
    if (is_nobodys(voices, count)) {
        (void)printf("      by %s\n", by_nobody);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_rule *rule = voices[i].rule;
        (void)fputs(voices[i].say == WV_SAY_TAKEN ? "      by " : "      over ", stdout);
        print_pack(plan, &voices[i]);
        if (voices[i].say != WV_SAY_TAKEN) {
            char text[RULE_MAX];
            describe(rule, text);
            (void)printf(": %s; %s", text, say_words[voices[i].say]);
        }
        if (rule->ref != NULL) {
            (void)printf(" [%s]", rule->ref);
        }
        (void)fputc('\n', stdout);
    }
}

json_t *wv_why_json(const struct wv_plan *plan, const struct wv_why_question *question,
                    const struct wv_ruling *ruling)
{
    struct wv_voice voices[WV_VOICES_MAX];
    const size_t count = wv_plan_voices(plan, question, ruling, voices);
    json_t *list = json_array();
    if (is_nobodys(voices, count)) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "by", by_nobody, "say", say_words[WV_SAY_TAKEN]));
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_pack_info pack = wv_plan_pack(plan, voices[i].pack);
        const struct wv_pack_info home = wv_plan_pack(plan, voices[i].stands_in);
        char text[RULE_MAX];
        describe(voices[i].rule, text);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s?, s:s?}", "pack", pack.version,
                            "version", pack.edition, "stands_in", home.version, "overlay",
                            voices[i].overlay, "say", say_words[voices[i].say], "rule", text, "why",
                            voices[i].rule->why, "ref", voices[i].rule->ref));
    }
    return list;
}

static void print_law(const struct wv_pack_info *pack)
{
    const struct wv_pack_law *law = pack->law;
    char since[WV_DAY_TEXT];
    wv_day_format(pack->effective, since);
    (void)printf("\n%s %s — %s\n  from %s, %s\n", pack->name, pack->edition, pack->title,
                 pack->effective == WV_EFFECTIVE_ALWAYS ? "ever since" : since,
                 pack->unreviewed ? "a template that nobody has reviewed" : "reviewed");
    if (law->name[0] != '\0') {
        (void)printf("  %s\n", law->name);
    }
    if (law->authority[0] != '\0') {
        (void)printf("  authority: %s%s%s\n", law->authority,
                     law->authority_url[0] == '\0' ? "" : ", ", law->authority_url);
    }
    if (law->access_days > 0 && law->erasure_days > 0) {
        (void)printf("  access %u days (+ %u), erasure %u days", law->access_days,
                     law->extension_days, law->erasure_days);
        if (law->breach_hours > 0) {
            (void)printf(", breach %u hours", law->breach_hours);
        }
        if (law->log_minimum > 0) {
            (void)printf("; raw logs at least %u days", law->log_minimum);
        }
        (void)fputc('\n', stdout);
    }
}

void wv_why_print_laws(const struct wv_plan *plan, uint64_t packs)
{
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        if ((packs >> i & 1) != 0) {
            const struct wv_pack_info pack = wv_plan_pack(plan, i);
            print_law(&pack);
        }
    }
}

static json_t *sources_json(const struct wv_pack_law *law)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < law->source_count; i++) {
        const struct wv_pack_law_source *source = &law->sources[i];
        (void)json_array_append_new(sources,
                                    json_pack("{s:s, s:s}", "title", source->title,
                                              source->is_url ? "url" : "ref", source->where));
    }
    return sources;
}

static json_t *law_json(const struct wv_pack_info *pack)
{
    const struct wv_pack_law *law = pack->law;
    char since[WV_DAY_TEXT];
    wv_day_format(pack->effective, since);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:i, s:i, s:i, s:o, s:{s:["
        "i, i], s:i, s:s}, s:s, s:o}",
        "pack", pack->version, "version", pack->edition, "effective", since, "review",
        pack->unreviewed ? "unreviewed" : "reviewed", "title", pack->title, "law", law->name,
        "summary", "en", law->summary_en, "ja", law->summary_ja, "authority", "name",
        law->authority, "url", law->authority_url, "representative", law->representative,
        "access_days", (int)law->access_days, "extension_days", (int)law->extension_days,
        "erasure_days", (int)law->erasure_days, "breach_hours",
        law->breach_hours == 0 ? json_null() : json_integer(law->breach_hours), "log_days", "usual",
        (int)law->log_days[0], (int)law->log_days[1], "minimum", (int)law->log_minimum, "ref",
        law->log_ref, "result", law->result, "sources", sources_json(law));
}

json_t *wv_why_laws_json(const struct wv_plan *plan, uint64_t packs)
{
    json_t *laws = json_array();
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        if ((packs >> i & 1) != 0) {
            const struct wv_pack_info pack = wv_plan_pack(plan, i);
            (void)json_array_append_new(laws, law_json(&pack));
        }
    }
    return laws;
}
