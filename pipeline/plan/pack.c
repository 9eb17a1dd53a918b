/* pack.c — from a pack document to rules. */
#include "plan/pack.h"

#include "filters/scrub.h"

enum { WV_FILTER_NAMES_MAX = 64 };

static const char *const kind_choices[] = {"tokenised", "generalised", "refused-profile", NULL};
static const char *const review_choices[] = {"reviewed", "unreviewed", NULL};
enum { REVIEW_NOT_SAID = 2 };
static const char *const failure_choices[] = {"remove", "reject", NULL};

struct pack_words {
    struct wv_slice name, title, version, extends;
    uint32_t review, kind, failure;
    json_t *effective, *law, *rules, *detectors;
};

static const struct wv_option pack_options[] = {
    {.name = "pack",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pack_words, name),
     .required = true,
     .max = 32,
     .help = "name by which regions and outputs refer to the pack"},
    {.name = "title",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pack_words, title),
     .help = "what it is, for people"},
    {.name = "version",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pack_words, version),
     .max = 16,
     .fallback_text = "1",
     .help = "what people call this version of the pack"},
    {.name = "effective",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct pack_words, effective),
     .help = "first day on which this version holds (UTC), \"2018-05-25\"; default: ever since"},
    {.name = "review",
     .kind = WV_OPTION_CHOICE,
     .choices = review_choices,
     .fallback = REVIEW_NOT_SAID,
     .member = offsetof(struct pack_words, review),
     .help = "whether somebody who knows the law has gone through it; default: as the pack that "
             "it extends, or reviewed"},
    {.name = "law",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct pack_words, law),
     .help = "the law that it follows, for people; default: that of the pack that it extends"},
    {.name = "extends",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pack_words, extends),
     .help = "pack whose rules hold where this one has none"},
    {.name = "kind",
     .kind = WV_OPTION_CHOICE,
     .choices = kind_choices,
     .member = offsetof(struct pack_words, kind),
     .help = "what its results are at most"},
    {.name = "failure",
     .kind = WV_OPTION_CHOICE,
     .choices = failure_choices,
     .member = offsetof(struct pack_words, failure),
     .help = "what goes when a filter cannot read a value: the field, or the record"},
    {.name = "detectors",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct pack_words, detectors),
     .help = "detector to \"on\" (its shape is enough), \"words\" (words before it must tell) or "
             "\"off\"; default: by region"},
    {.name = "rules",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct pack_words, rules),
     .help = "class to rule, or to rules with \"when\" of which the first that holds is taken"},
};

struct rule_words {
    json_t *value, *token, *when;
    struct wv_slice why, ref;
};

static const struct wv_option rule_options[] = {
    {.name = "value",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct rule_words, value),
     .required = true,
     .help = "chain of filters that makes what stands in the field"},
    {.name = "token",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct rule_words, token),
     .help = "kind of a token of the original value that is added to the record"},
    {.name = "when",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct rule_words, when),
     .help = "conditions that must all hold"},
    {.name = "why",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct rule_words, why),
     .help = "the reason, for people"},
    {.name = "ref",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct rule_words, ref),
     .help = "where the reason is written"},
};

struct token_words {
    struct wv_slice kind;
    uint32_t days;
};

static const struct wv_option token_options[] = {
    {.name = "kind",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct token_words, kind),
     .required = true,
     .help = "what the token identifies"},
    {.name = "days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct token_words, days),
     .max = WV_EPOCH_DAYS_MAX,
     .unit = "days",
     .help = "length of an epoch that is shorter than the domain's; 0: the domain's"},
};

static bool read_filter_name(const struct wv_node *node, struct wv_slice word,
                             struct wv_report *report, struct wv_step *step)
{
    const char *names[WV_FILTER_NAMES_MAX];
    const size_t count = wv_filter_count();
    wv_ensure(count <= WV_FILTER_NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = wv_filter_at(i)->name;
        if (wv_slice_eq(word, wv_slice_of(names[i]))) {
            *step = (struct wv_step){.filter = wv_filter_at(i), .index = (uint32_t)i};
            return true;
        }
    }
    const char *near = wv_nearest(word, names, count);
    return wv_node_fail(node, report, "no such filter: \"%.*s\"%s%s%s", WV_SHOW(word),
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* The settings of a step: the object without its member "filter". */
static bool read_settings(const struct wv_node *node, const struct wv_pack_loading *loading,
                          struct wv_step *step)
{
    const struct wv_filter *filter = step->filter;
    void *settings =
        wv_arena_array(loading->arena, 1, filter->settings_size + 1, _Alignof(max_align_t));
    if (settings == NULL) {
        return wv_node_fail(node, loading->report, "not enough memory for the pack");
    }
    step->settings = settings;
    struct wv_node options = *node;
    json_t *copy = NULL;
    if (json_is_object(node->value)) {
        copy = json_copy(node->value);
        json_object_del(copy, "filter");
        options.value = copy;
    } else {
        options.value = NULL;
    }
    bool good = wv_options_bind(&options, filter->options, filter->option_count, settings,
                                loading->arena, loading->report);
    const struct wv_loading filter_loading = {
        .node = *node, .arena = loading->arena, .report = loading->report};
    good = good && (filter->prepare == NULL || filter->prepare(settings, &filter_loading));
    json_decref(copy);
    return good;
}

static bool read_step(const struct wv_node *node, const struct wv_pack_loading *loading,
                      struct wv_step *step)
{
    const struct wv_node named =
        json_is_object(node->value) ? wv_node_member(node, "filter") : *node;
    struct wv_slice word;
    if (named.value == NULL) {
        return wv_node_fail(node, loading->report, "\"filter\" is required: name of the filter");
    }
    return wv_node_text(&named, &word, loading->report) &&
           read_filter_name(&named, word, loading->report, step) &&
           read_settings(node, loading, step);
}

static bool read_chain(const struct wv_node *node, const struct wv_pack_loading *loading,
                       struct wv_rule *rule)
{
    const size_t count = json_array_size(node->value);
    if (!json_is_array(node->value) || count == 0 || count > WV_STEPS_MAX) {
        return wv_node_fail(node, loading->report, "must be an array of 1 to %d filters",
                            WV_STEPS_MAX);
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        good = read_step(&element, loading, &rule->steps[i]) && good;
    }
    rule->step_count = (uint32_t)count;
    return good;
}

static bool read_token(const struct wv_node *node, const struct wv_pack_loading *loading,
                       struct wv_rule *rule)
{
    struct token_words words = {0};
    if (json_is_string(node->value)) {
        if (!wv_node_text(node, &words.kind, loading->report)) {
            return false;
        }
    } else if (!wv_options_bind(node, token_options, WV_COUNT(token_options), &words,
                                loading->arena, loading->report)) {
        return false;
    }
    rule->token = wv_kind_find(words.kind);
    rule->token_days = words.days;
    return rule->token != WV_KIND_NONE ||
           wv_node_fail(node, loading->report,
                        "must be one of: ip, email, user, device, session, phone, agent, text");
}

static bool read_rule(const struct wv_node *node, const struct wv_pack_loading *loading,
                      bool reject_on_failure, struct wv_ruling *ruling)
{
    struct rule_words words;
    struct wv_rule *rule = WV_ARENA_NEW(loading->arena, struct wv_rule);
    if (rule == NULL) {
        return wv_node_fail(node, loading->report, "not enough memory for the pack");
    }
    ruling->rule = rule;
    if (!wv_options_bind(node, rule_options, WV_COUNT(rule_options), &words, loading->arena,
                         loading->report)) {
        return false;
    }
    rule->reject_on_failure = reject_on_failure;
    rule->why = words.why.len > 0 ? (const char *)words.why.ptr : NULL;
    rule->ref = words.ref.len > 0 ? (const char *)words.ref.ptr : NULL;
    const struct wv_node value = wv_node_member(node, "value");
    const struct wv_node token = wv_node_member(node, "token");
    const struct wv_node when = wv_node_member(node, "when");
    bool good = read_chain(&value, loading, rule);
    good =
        (json_is_null(token.value) || token.value == NULL || read_token(&token, loading, rule)) &&
        good;
    if (good) {
        wv_rule_complete(rule);
    }
    return (when.value == NULL || wv_conditions_read(&when, loading->conditions, loading->arena,
                                                     loading->report, &ruling->when)) &&
           good;
}

static bool read_rulings(const struct wv_node *node, const struct wv_pack_loading *loading,
                         bool reject_on_failure, struct wv_rulings *out)
{
    const bool is_list = json_is_array(node->value);
    const size_t count = is_list ? json_array_size(node->value) : 1;
    struct wv_ruling *items = WV_ARENA_ARRAY(loading->arena, count + 1, struct wv_ruling);
    if (items == NULL || count == 0) {
        return wv_node_fail(node, loading->report, "must hold at least one rule");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node element = is_list ? wv_node_element(node, i) : *node;
        good = read_rule(&element, loading, reject_on_failure, &items[i]) && good;
        const bool last = i + 1 == count;
        if (good && last != (items[i].when == 0)) {
            good = wv_node_fail(&element, loading->report,
                                last ? "the last rule of a class has no \"when\""
                                     : "only the last rule of a class has no \"when\"");
        }
    }
    *out = (struct wv_rulings){items, count};
    return good;
}

/* The engine passes over what is of class "none", so no other rule for it could be honoured. */
static bool check_none(const struct wv_node *node, const struct wv_pack_loading *loading,
                       const struct wv_rulings *rulings)
{
    for (size_t i = 0; i < rulings->count; i++) {
        if (!rulings->items[i].rule->keeps) {
            return wv_node_fail(node, loading->report,
                                "must be [\"keep\"] without a token: what is of class \"none\" is "
                                "covered by no rule; give the field another class in its format");
        }
    }
    return true;
}

/* Addresses of attackers may be those of their victims: keeping them is for one class, and needs a
 * reason that people can read. */
static bool check_iocs(const struct wv_node *node, const struct wv_pack_loading *loading,
                       enum wv_class class, const struct wv_rulings *rulings)
{
    for (size_t i = 0; i < rulings->count; i++) {
        const struct wv_rule *rule = rulings->items[i].rule;
        bool keeps = false;
        for (uint32_t k = 0; k < rule->step_count; k++) {
            keeps = keeps || wv_scrub_keeps_iocs(rule->steps[k].filter, rule->steps[k].settings);
        }
        if (keeps && (class != WV_CLASS_MATCHED_PAYLOAD || rule->why == NULL)) {
            return wv_node_fail(node, loading->report,
                                class != WV_CLASS_MATCHED_PAYLOAD
                                    ? "ioc_keep is for matched_payload only"
                                    : "ioc_keep needs a \"why\": the reason, for people");
        }
    }
    return true;
}

static bool read_rules(const struct wv_node *node, const struct wv_pack_loading *loading,
                       bool reject_on_failure, struct wv_pack *out)
{
    if (node->value != NULL && !json_is_object(node->value)) {
        return wv_node_fail(node, loading->report, "must be an object: class to rule");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        enum wv_class class;
        if (!wv_class_find(wv_slice_of(key), &class)) {
            const char *near = wv_nearest(wv_slice_of(key), wv_class_words(), WV_CLASS_COUNT);
            good =
                wv_node_fail(&member, loading->report, "no such class: \"%s\"%s%s%s", key,
                             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
            continue;
        }
        const bool read = read_rulings(&member, loading, reject_on_failure, &out->rulings[class]);
        good = read && good && check_iocs(&member, loading, class, &out->rulings[class]) &&
               (class != WV_CLASS_NONE || check_none(&member, loading, &out->rulings[class]));
    }
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        if (out->rulings[class].count == 0) {
            good = wv_node_fail(node, loading->report,
                                "has no rule for class \"%s\": say what is done with it",
                                wv_class_word((enum wv_class) class));
        }
    }
    return good;
}

/* What the pack says of itself, where it does; otherwise what its base says. */
static bool read_claims(const struct wv_node *node, const struct wv_pack_loading *loading,
                        const struct pack_words *words, struct wv_pack *out)
{
    const struct wv_node effective = wv_node_member(node, "effective");
    const struct wv_node law_node = wv_node_member(node, "law");
    bool good = true;
    out->name = (const char *)words->name.ptr;
    out->title = words->title.len > 0 ? (const char *)words->title.ptr : "";
    out->edition = (const char *)words->version.ptr;
    out->effective = WV_EFFECTIVE_ALWAYS;
    out->refused = words->kind == 2;
    out->unreviewed = words->review == REVIEW_NOT_SAID ? out->unreviewed : words->review == 1;
    if (words->effective != NULL) {
        good = wv_effective_load(&effective, loading->report, &out->effective);
    }
    if (words->law == NULL) {
        return good;
    }
    struct wv_pack_law *law = WV_ARENA_NEW(loading->arena, struct wv_pack_law);
    if (law == NULL) {
        return wv_node_fail(node, loading->report, "not enough memory for the pack");
    }
    out->law = law;
    return wv_pack_law_load(&law_node, loading->arena, loading->report, law) && good;
}

bool wv_pack_load(const struct wv_node *node, const struct wv_pack_loading *loading,
                  struct wv_pack *out)
{
    struct pack_words words;
    if (!wv_options_bind(node, pack_options, WV_COUNT(pack_options), &words, loading->arena,
                         loading->report)) {
        return false;
    }
    if (loading->base != NULL) {
        *out = *loading->base;
    } else {
        out->detectors = (struct wv_detectors){.on = wv_detectors_all.on};
        out->law = &wv_pack_law_none;
    }
    bool good = read_claims(node, loading, &words, out);
    out->detectors.at_home |= wv_detectors_of_region(words.name);
    const struct wv_node detectors = wv_node_member(node, "detectors");
    good = wv_pack_detectors(&detectors, loading->report, &out->detectors) && good;
    const struct wv_node rules = wv_node_member(node, "rules");
    return read_rules(&rules, loading, words.failure == 1, out) && good;
}
