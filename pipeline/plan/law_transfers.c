/*
 * law_transfers.c — documents of transfers: their rows.
 */
#include "plan/law_read.h"

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

static bool no_such_mechanism(const struct wv_law_reading *reading, const struct wv_node *node,
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

static bool read_row_mechanisms(const struct wv_law_reading *reading, const struct wv_node *node,
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

static bool find_origin(const struct wv_law_reading *reading, const struct wv_node *node,
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

static bool read_row(const struct wv_law_reading *reading, const struct wv_node *node,
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
    ok = wv_law_read_countries(reading, &to, true, &row->to) && ok;
    ok = read_row_mechanisms(reading, &mechanisms, row) && ok;
    if (condition.value != NULL &&
        !wv_law_mechanism(reading->law, words.condition, &row->condition)) {
        ok = no_such_mechanism(reading, &condition, words.condition);
    }
    return wv_days_read(node, "from", "until", &row->days, reading->report) && ok;
}

static bool read_rows(const struct wv_law_reading *reading, const struct wv_node *node)
{
    if (!json_is_array(node->value)) {
        return wv_node_fail(node, reading->report, "must be an array of rows");
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        if (wv_law_is_full(&element, reading->law->row_count, WV_LAW_ROWS_MAX, reading->report)) {
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
    const struct wv_law_reading reading = {law, arena, report};
    struct law_words words = {0};
    bool ok = wv_options_bind(root, law_options, WV_COUNT(law_options), &words, arena, report);
    if (!json_is_object(root->value)) {
        return false;
    }
    const struct wv_node lists = wv_node_member(root, "lists");
    const struct wv_node mechanisms = wv_node_member(root, "mechanisms");
    const struct wv_node origins = wv_node_member(root, "origins");
    const struct wv_node rows = wv_node_member(root, "transfers");
    ok = wv_law_read_lists(&reading, &lists) && ok;
    ok = wv_law_read_mechanisms(&reading, &mechanisms) && ok;
    ok = wv_law_read_origins(&reading, &origins) && ok;
    return (rows.value == NULL || read_rows(&reading, &rows)) && ok;
}
