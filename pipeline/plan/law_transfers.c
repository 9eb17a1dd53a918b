/*
 * law_transfers.c — documents of transfers: lists, mechanisms, origins, rows.
 */
#include "plan/law.h"

static const char *const route_words[] = {"denied", "safeguard", "none_needed", "adequacy", NULL};

struct law_words {
    struct wv_slice schema, about, reviewed;
    json_t *lists, *mechanisms, *origins, *transfers;
};

#define TEXT(owner, word, field)                                                                   \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_TEXT, .member = offsetof(owner, field)                     \
    }
#define ANY(owner, word, field)                                                                    \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_ANY, .member = offsetof(owner, field)                      \
    }

static const struct wv_option law_options[] = {
    TEXT(struct law_words, "$schema", schema),
    TEXT(struct law_words, "reviewed", reviewed),
    TEXT(struct law_words, "about", about),
    ANY(struct law_words, "lists", lists),
    ANY(struct law_words, "mechanisms", mechanisms),
    ANY(struct law_words, "origins", origins),
    {.name = "transfers",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct law_words, transfers),
     .required = true,
     .help = "rows that say what may go where"},
};

struct origin_words {
    json_t *countries;
    bool instruction;
};

static const struct wv_option origin_options[] = {
    {.name = "countries",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct origin_words, countries),
     .required = true,
     .help = "where the law holds"},
    {.name = "instruction",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct origin_words, instruction)},
};

struct row_words {
    struct wv_slice origin, condition, source, note, from, until;
    uint32_t route;
    json_t *to, *mechanisms;
};

static const struct wv_option row_options[] = {
    {.name = "origin",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct row_words, origin),
     .required = true,
     .help = "region whose law it is"},
    {.name = "to",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct row_words, to),
     .required = true,
     .help = "countries, or \"*\" for all"},
    {.name = "route",
     .kind = WV_OPTION_CHOICE,
     .choices = route_words,
     .member = offsetof(struct row_words, route),
     .required = true,
     .help = "why it is lawful"},
    ANY(struct row_words, "mechanisms", mechanisms),
    TEXT(struct row_words, "condition", condition),
    TEXT(struct row_words, "from", from),
    TEXT(struct row_words, "until", until),
    {.name = "source",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct row_words, source),
     .required = true,
     .help = "where it is written"},
    TEXT(struct row_words, "note", note),
};

struct reading {
    struct wv_law *law;
    struct wv_arena *arena;
    struct wv_report *report;
};

struct wv_law *wv_law_new(struct wv_arena *arena)
{
    struct wv_law *law = WV_ARENA_NEW(arena, struct wv_law);
    if (law == NULL) {
        return NULL;
    }
    law->origins = WV_ARENA_ARRAY(arena, WV_ORIGINS_MAX, struct wv_origin);
    law->mechanisms = WV_ARENA_ARRAY(arena, WV_MECHANISMS_MAX, struct wv_mechanism);
    law->lists = WV_ARENA_ARRAY(arena, WV_COUNTRY_LISTS_MAX, struct wv_country_list);
    law->rows = WV_ARENA_ARRAY(arena, WV_LAW_ROWS_MAX, struct wv_law_row);
    law->consent = WV_NO_MECHANISM;
    const bool whole =
        law->origins != NULL && law->mechanisms != NULL && law->lists != NULL && law->rows != NULL;
    return whole ? law : NULL;
}

bool wv_law_origin(const struct wv_law *law, struct wv_slice name, uint32_t *index)
{
    for (size_t i = 0; i < law->origin_count; i++) {
        if (wv_slice_eq(law->origins[i].name, name)) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

bool wv_law_mechanism(const struct wv_law *law, struct wv_slice name, uint32_t *index)
{
    for (size_t i = 0; i < law->mechanism_count; i++) {
        if (wv_slice_eq(law->mechanisms[i].name, name)) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static bool is_full(const struct wv_node *node, size_t count, size_t most, struct wv_report *report)
{
    return count == most && !wv_node_fail(node, report, "at most %zu are possible", most);
}

/* The name of a member, kept as long as the law. */
static bool keep_name(const struct reading *reading, const struct wv_node *node,
                      struct wv_slice *out)
{
    *out = wv_arena_copy(reading->arena, wv_slice_of(node->key));
    return out->len > 0 || wv_node_key_fail(node, reading->report, "is no name");
}

static bool wrong_kind(const struct wv_node *node, bool right, const char *what,
                       struct wv_report *report)
{
    return node->value != NULL && !right && !wv_node_fail(node, report, "must be %s", what);
}

static const struct wv_country_list *find_list(const struct wv_law *law, struct wv_slice name)
{
    for (size_t i = 0; i < law->list_count; i++) {
        if (wv_slice_eq(law->lists[i].name, name)) {
            return &law->lists[i];
        }
    }
    return NULL;
}

static bool no_such_list(const struct reading *reading, const struct wv_node *node,
                         struct wv_slice word)
{
    const char *names[WV_COUNTRY_LISTS_MAX];
    for (size_t i = 0; i < reading->law->list_count; i++) {
        names[i] = (const char *)reading->law->lists[i].name.ptr;
    }
    const char *near = wv_nearest(word, names, reading->law->list_count);
    return wv_node_fail(node, reading->report,
                        "must be a country (two capital letters) or a list that stands before "
                        "it%s%s%s",
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

static bool add_country(const struct reading *reading, const struct wv_node *node, bool star,
                        struct wv_countries *out)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, reading->report)) {
        return false;
    }
    const struct wv_country_list *list = find_list(reading->law, word);
    if (list != NULL) {
        for (size_t i = 0; i < WV_COUNT(out->bits); i++) {
            out->bits[i] |= list->countries.bits[i];
        }
        return true;
    }
    if (star && wv_slice_eq(word, WV_LIT("*"))) {
        out->all = true;
        return true;
    }
    if (word.len != 2) {
        return no_such_list(reading, node, word);
    }
    if (!wv_country_check(node, word, reading->report)) {
        return false;
    }
    const unsigned at = (unsigned)(word.ptr[0] - 'A') * 26 + (unsigned)(word.ptr[1] - 'A');
    out->bits[at / 64] |= UINT64_C(1) << at % 64;
    return true;
}

static bool read_countries(const struct reading *reading, const struct wv_node *node, bool star,
                           struct wv_countries *out)
{
    *out = (struct wv_countries){0};
    if (!json_is_array(node->value) || json_array_size(node->value) == 0) {
        return wv_node_fail(node, reading->report, "must be an array of countries, as [\"JP\"]");
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        ok = add_country(reading, &element, star, out) && ok;
    }
    return ok;
}

static bool read_lists(const struct reading *reading, const struct wv_node *node)
{
    if (wrong_kind(node, json_is_object(node->value), "an object: name to countries",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        if (is_full(&member, reading->law->list_count, WV_COUNTRY_LISTS_MAX, reading->report)) {
            return false;
        }
        struct wv_country_list *list = &reading->law->lists[reading->law->list_count];
        if (find_list(reading->law, wv_slice_of(key)) != NULL) {
            ok = wv_node_key_fail(&member, reading->report, "there is such a list already");
        } else if (read_countries(reading, &member, false, &list->countries) &&
                   keep_name(reading, &member, &list->name)) {
            reading->law->list_count++;
        } else {
            ok = false;
        }
    }
    return ok;
}

static bool read_mechanisms(const struct reading *reading, const struct wv_node *node)
{
    struct wv_law *law = reading->law;
    if (wrong_kind(node, json_is_object(node->value), "an object: name to what it is",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        uint32_t known;
        struct wv_slice title;
        if (is_full(&member, law->mechanism_count, WV_MECHANISMS_MAX, reading->report)) {
            return false;
        }
        struct wv_mechanism *mechanism = &law->mechanisms[law->mechanism_count];
        if (wv_law_mechanism(law, wv_slice_of(key), &known)) {
            ok = wv_node_key_fail(&member, reading->report, "there is such a mechanism already");
        } else if (!wv_node_text(&member, &title, reading->report) ||
                   !keep_name(reading, &member, &mechanism->name)) {
            ok = false;
        } else {
            mechanism->title = wv_arena_copy(reading->arena, title);
            law->consent =
                strcmp(key, "consent") == 0 ? (uint32_t)law->mechanism_count : law->consent;
            law->mechanism_count++;
        }
    }
    return ok;
}

static bool read_origins(const struct reading *reading, const struct wv_node *node)
{
    struct wv_law *law = reading->law;
    if (wrong_kind(node, json_is_object(node->value), "an object: region to its countries",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        const struct wv_node countries = wv_node_member(&member, "countries");
        struct origin_words words = {0};
        uint32_t known;
        if (is_full(&member, law->origin_count, WV_ORIGINS_MAX, reading->report)) {
            return false;
        }
        struct wv_origin *origin = &law->origins[law->origin_count];
        if (wv_law_origin(law, wv_slice_of(key), &known)) {
            ok = wv_node_key_fail(&member, reading->report, "there is such an origin already");
        } else if (wv_options_bind(&member, origin_options, WV_COUNT(origin_options), &words,
                                   reading->arena, reading->report) &&
                   read_countries(reading, &countries, false, &origin->countries) &&
                   keep_name(reading, &member, &origin->name)) {
            origin->instruction = words.instruction;
            law->origin_count++;
        } else {
            ok = false;
        }
    }
    return ok;
}

static bool no_such_mechanism(const struct reading *reading, const struct wv_node *node,
                              struct wv_slice word)
{
    const char *names[WV_MECHANISMS_MAX];
    for (size_t i = 0; i < reading->law->mechanism_count; i++) {
        names[i] = (const char *)reading->law->mechanisms[i].name.ptr;
    }
    const char *near = wv_nearest(word, names, reading->law->mechanism_count);
    return wv_node_fail(node, reading->report, "there is no mechanism \"%.*s\"%s%s%s",
                        WV_SHOW(word), near == NULL ? "" : "; did you mean \"",
                        near == NULL ? "" : near, near == NULL ? "" : "\"?");
}

static bool read_row_mechanisms(const struct reading *reading, const struct wv_node *node,
                                struct wv_law_row *row)
{
    const bool needed = row->route == WV_ROUTE_SAFEGUARD;
    if (node->value != NULL && !needed) {
        return wv_node_fail(node, reading->report,
                            "has a meaning only with \"route\": \"safeguard\"");
    }
    if (needed && (!json_is_array(node->value) || json_array_size(node->value) == 0)) {
        return wv_node_fail(node, reading->report,
                            "a safeguard needs \"mechanisms\": the names of those that suffice");
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        struct wv_slice word;
        uint32_t mechanism;
        if (!wv_node_text(&element, &word, reading->report)) {
            ok = false;
        } else if (!wv_law_mechanism(reading->law, word, &mechanism)) {
            ok = no_such_mechanism(reading, &element, word);
        } else {
            row->mechanisms |= UINT64_C(1) << mechanism;
        }
    }
    return ok;
}

static bool find_origin(const struct reading *reading, const struct wv_node *node,
                        struct wv_slice word, uint32_t *out)
{
    if (wv_law_origin(reading->law, word, out)) {
        return true;
    }
    const char *names[WV_ORIGINS_MAX];
    for (size_t i = 0; i < reading->law->origin_count; i++) {
        names[i] = (const char *)reading->law->origins[i].name.ptr;
    }
    const char *near = wv_nearest(word, names, reading->law->origin_count);
    return wv_node_fail(node, reading->report, "there is no origin \"%.*s\"%s%s%s", WV_SHOW(word),
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

static bool read_row(const struct reading *reading, const struct wv_node *node,
                     struct wv_law_row *row)
{
    struct row_words words = {0};
    if (!wv_options_bind(node, row_options, WV_COUNT(row_options), &words, reading->arena,
                         reading->report)) {
        return false;
    }
    *row = (struct wv_law_row){.route = (enum wv_route)words.route,
                               .condition = WV_NO_MECHANISM,
                               .source = words.source,
                               .note = words.note};
    const struct wv_node origin = wv_node_member(node, "origin");
    const struct wv_node to = wv_node_member(node, "to");
    const struct wv_node mechanisms = wv_node_member(node, "mechanisms");
    const struct wv_node condition = wv_node_member(node, "condition");
    bool ok = find_origin(reading, &origin, words.origin, &row->origin);
    ok = read_countries(reading, &to, true, &row->to) && ok;
    ok = read_row_mechanisms(reading, &mechanisms, row) && ok;
    if (condition.value != NULL &&
        !wv_law_mechanism(reading->law, words.condition, &row->condition)) {
        ok = no_such_mechanism(reading, &condition, words.condition);
    }
    return wv_days_read(node, "from", "until", &row->days, reading->report) && ok;
}

static bool read_rows(const struct reading *reading, const struct wv_node *node)
{
    if (!json_is_array(node->value)) {
        return wv_node_fail(node, reading->report, "must be an array of rows");
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        if (is_full(&element, reading->law->row_count, WV_LAW_ROWS_MAX, reading->report)) {
            return false;
        }
        const bool good = read_row(reading, &element, &reading->law->rows[reading->law->row_count]);
        reading->law->row_count += good;
        ok = good && ok;
    }
    return ok;
}

bool wv_law_add_transfers(struct wv_law *law, const struct wv_node *root, struct wv_arena *arena,
                          struct wv_report *report)
{
    const struct reading reading = {law, arena, report};
    struct law_words words = {0};
    bool ok = wv_options_bind(root, law_options, WV_COUNT(law_options), &words, arena, report);
    if (!json_is_object(root->value)) {
        return false;
    }
    const struct wv_node lists = wv_node_member(root, "lists");
    const struct wv_node mechanisms = wv_node_member(root, "mechanisms");
    const struct wv_node origins = wv_node_member(root, "origins");
    const struct wv_node rows = wv_node_member(root, "transfers");
    ok = read_lists(&reading, &lists) && ok;
    ok = read_mechanisms(&reading, &mechanisms) && ok;
    ok = read_origins(&reading, &origins) && ok;
    return (rows.value == NULL || read_rows(&reading, &rows)) && ok;
}
