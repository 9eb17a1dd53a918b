/* pack_law.c — reads the member "law" of a pack. */
#include "plan/pack_law.h"

#include "json/options.h"
#include "keys/epoch.h"

_Static_assert((int)WV_EFFECTIVE_ALWAYS == (int)WV_EPOCH_DAY_MIN,
               "the first day that can be named");

enum {
    TEXT_MAX = 1000,
    DAYS_MAX = 36500,
    HOURS_MAX = 87600,
    SOURCES_MAX = 32,
};

const struct wv_pack_law wv_pack_law_none = {
    .name = "",
    .summary_en = "",
    .summary_ja = "",
    .authority = "",
    .authority_url = "",
    .representative = "",
    .log_ref = "",
    .result = "",
};

/* None of them says "anonymous": whoever has the key can tell people apart, and where there is no
 * token, that nobody can be found again depends on what else is known. */
static const char *const result_choices[] = {
    "personal while its key lives",
    "personal where it can be matched",
    "pseudonymous while its key is kept apart",
    "covered by the secrecy of communications",
    "treated as personal",
    "nothing that leads to a person",
    NULL,
};
enum { RESULT_NOT_SAID = WV_COUNT(result_choices) - 1 };

struct law_words {
    struct wv_slice name, representative;
    json_t *part; /* what is read by a table of its own */
    uint32_t access_days, extension_days, erasure_days, result;
};

static const struct wv_option law_options[] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct law_words, name),
     .required = true,
     .max = TEXT_MAX,
     .help = "the law that the pack follows"},
    {.name = "summary",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, part),
     .help = "what of it matters here, in plain words: \"en\", \"ja\""},
    {.name = "authority",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, part),
     .help = "who watches over it: \"name\", \"url\""},
    {.name = "representative",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct law_words, representative),
     .max = TEXT_MAX,
     .help = "who stands for an operator from elsewhere, or that one is needed"},
    {.name = "access_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct law_words, access_days),
     .max = DAYS_MAX,
     .unit = "days",
     .help = "within which whoever asks is told what is stored of them"},
    {.name = "extension_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct law_words, extension_days),
     .max = DAYS_MAX,
     .unit = "days",
     .help = "by which that may be prolonged"},
    {.name = "erasure_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct law_words, erasure_days),
     .max = DAYS_MAX,
     .unit = "days",
     .help = "within which what is stored of somebody is erased"},
    {.name = "breach_hours",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, part),
     .help = "within which a breach is reported; null: the law names no time"},
    {.name = "log_days",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, part),
     .help = "how long logs are kept: \"usual\": [from, to], \"minimum\", \"ref\""},
    {.name = "result",
     .kind = WV_OPTION_CHOICE,
     .choices = result_choices,
     .fallback = RESULT_NOT_SAID,
     .member = offsetof(struct law_words, result),
     .help = "what tokenised records are under that law"},
    {.name = "sources",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, part),
     .help = "where it is written: \"title\" with \"url\" or \"ref\""},
};

struct summary_words {
    struct wv_slice en, ja;
};

static const struct wv_option summary_options[] = {
    {.name = "en",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct summary_words, en),
     .max = TEXT_MAX,
     .help = "in English"},
    {.name = "ja",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct summary_words, ja),
     .max = TEXT_MAX,
     .help = "in Japanese"},
};

struct place_words {
    struct wv_slice name, url, ref;
};

static const struct wv_option authority_options[] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct place_words, name),
     .required = true,
     .max = TEXT_MAX,
     .help = "what it is called"},
    {.name = "url",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct place_words, url),
     .max = TEXT_MAX,
     .help = "where it is found"},
};

static const struct wv_option source_options[] = {
    {.name = "title",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct place_words, name),
     .required = true,
     .max = TEXT_MAX,
     .help = "what it is called, or what it says"},
    {.name = "url",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct place_words, url),
     .max = TEXT_MAX,
     .help = "where it can be read"},
    {.name = "ref",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct place_words, ref),
     .max = TEXT_MAX,
     .help = "article, decision or guideline"},
};

struct log_words {
    json_t *usual;
    uint32_t minimum;
    struct wv_slice ref;
};

static const struct wv_option log_options[] = {
    {.name = "usual",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct log_words, usual),
     .help = "days for which logs are usually kept: [from, to]"},
    {.name = "minimum",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct log_words, minimum),
     .max = DAYS_MAX,
     .unit = "days",
     .help = "for which raw logs must be kept, outside of what is published"},
    {.name = "ref",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct log_words, ref),
     .max = TEXT_MAX,
     .help = "where that is written"},
};

static const char *text_of(struct wv_slice text)
{
    return text.len == 0 ? "" : (const char *)text.ptr;
}

static bool is_url(struct wv_slice url)
{
    return wv_slice_starts(url, WV_LIT("https://"));
}

static bool read_number(const struct wv_node *node, uint32_t most, uint32_t *out,
                        struct wv_report *report)
{
    const json_int_t number = json_integer_value(node->value);
    if (!json_is_integer(node->value) || number < 1 || number > (json_int_t)most) {
        return wv_node_fail(node, report, "must be a whole number from 1 to %u", most);
    }
    *out = (uint32_t)number;
    return true;
}

static bool read_log(const struct wv_node *node, struct wv_arena *arena, struct wv_report *report,
                     struct wv_pack_law *out)
{
    struct log_words words;
    if (!wv_options_bind(node, log_options, WV_COUNT(log_options), &words, arena, report)) {
        return false;
    }
    out->log_minimum = words.minimum;
    out->log_ref = text_of(words.ref);
    if (words.usual == NULL) {
        return true;
    }
    const struct wv_node usual = wv_node_member(node, "usual");
    if (json_array_size(usual.value) != 2) {
        return wv_node_fail(&usual, report, "must be two numbers of days: [from, to]");
    }
    const struct wv_node from = wv_node_element(&usual, 0);
    const struct wv_node to = wv_node_element(&usual, 1);
    if (!read_number(&from, DAYS_MAX, &out->log_days[0], report) ||
        !read_number(&to, DAYS_MAX, &out->log_days[1], report)) {
        return false;
    }
    return out->log_days[0] <= out->log_days[1] ||
           wv_node_fail(&usual, report, "ends before it begins");
}

static bool read_source(const struct wv_node *node, struct wv_arena *arena,
                        struct wv_report *report, struct wv_pack_law_source *out)
{
    struct place_words words;
    if (!wv_options_bind(node, source_options, WV_COUNT(source_options), &words, arena, report)) {
        return false;
    }
    if ((words.url.len > 0) == (words.ref.len > 0)) {
        return wv_node_fail(node, report, "needs \"url\" or \"ref\", and not both");
    }
    if (words.url.len > 0 && !is_url(words.url)) {
        const struct wv_node url = wv_node_member(node, "url");
        return wv_node_fail(&url, report, "must begin with https://");
    }
    *out = (struct wv_pack_law_source){
        text_of(words.name), text_of(words.url.len > 0 ? words.url : words.ref), words.url.len > 0};
    return true;
}

static bool read_sources(const struct wv_node *node, struct wv_arena *arena,
                         struct wv_report *report, struct wv_pack_law *out)
{
    if (node->value == NULL) {
        return true;
    }
    const size_t count = json_array_size(node->value);
    if (!json_is_array(node->value) || count > SOURCES_MAX) {
        return wv_node_fail(node, report, "must be an array of at most %d sources", SOURCES_MAX);
    }
    struct wv_pack_law_source *sources =
        WV_ARENA_ARRAY(arena, count + 1, struct wv_pack_law_source);
    if (sources == NULL) {
        return wv_node_fail(node, report, "not enough memory for the pack");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        good = read_source(&element, arena, report, &sources[i]) && good;
    }
    out->sources = sources;
    out->source_count = count;
    return good;
}

static bool read_authority(const struct wv_node *node, struct wv_arena *arena,
                           struct wv_report *report, struct wv_pack_law *out)
{
    struct place_words words = {0};
    if (node->value == NULL) {
        return true;
    }
    if (!wv_options_bind(node, authority_options, WV_COUNT(authority_options), &words, arena,
                         report)) {
        return false;
    }
    if (words.url.len > 0 && !is_url(words.url)) {
        const struct wv_node url = wv_node_member(node, "url");
        return wv_node_fail(&url, report, "must begin with https://");
    }
    out->authority = text_of(words.name);
    out->authority_url = text_of(words.url);
    return true;
}

bool wv_pack_law_load(const struct wv_node *node, struct wv_arena *arena, struct wv_report *report,
                      struct wv_pack_law *out)
{
    struct law_words words;
    struct summary_words summary = {0};
    *out = wv_pack_law_none;
    if (json_is_string(node->value)) {
        return wv_node_fail(node, report,
                            "must be an object: {\"name\": \"…\"}; the text can stand in "
                            "\"summary\": {\"en\": \"…\"}");
    }
    if (!wv_options_bind(node, law_options, WV_COUNT(law_options), &words, arena, report)) {
        return false;
    }
    out->name = text_of(words.name);
    out->representative = text_of(words.representative);
    out->access_days = words.access_days;
    out->extension_days = words.extension_days;
    out->erasure_days = words.erasure_days;
    out->result = words.result == RESULT_NOT_SAID ? "" : result_choices[words.result];
    const struct wv_node texts = wv_node_member(node, "summary");
    const struct wv_node authority = wv_node_member(node, "authority");
    const struct wv_node hours = wv_node_member(node, "breach_hours");
    const struct wv_node logs = wv_node_member(node, "log_days");
    const struct wv_node sources = wv_node_member(node, "sources");
    bool good = wv_options_bind(&texts, summary_options, WV_COUNT(summary_options), &summary, arena,
                                report);
    out->summary_en = text_of(summary.en);
    out->summary_ja = text_of(summary.ja);
    good = read_authority(&authority, arena, report, out) && good;
    good = (hours.value == NULL || json_is_null(hours.value) ||
            read_number(&hours, HOURS_MAX, &out->breach_hours, report)) &&
           good;
    good = (logs.value == NULL || read_log(&logs, arena, report, out)) && good;
    return read_sources(&sources, arena, report, out) && good;
}

bool wv_effective_load(const struct wv_node *node, struct wv_report *report, int64_t *day)
{
    const char *text = json_string_value(node->value);
    if (text == NULL || !wv_day_parse(wv_slice_of(text), day)) {
        return wv_node_fail(node, report, "must be a day: \"2018-05-25\"");
    }
    return true;
}
