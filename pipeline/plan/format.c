/* format.c — from a format document to places. */
#include "plan/format_load.h"

static const char *const role_words[WV_ROLE_COUNT] = {
    "", "time", "action", "rule", "webacl", "resource", "host", "country", "label",
};

static bool read_role_path(struct wv_format_loader *loader, const struct wv_node *node,
                           enum wv_role role, size_t rank)
{
    struct wv_slice path;
    if (!wv_node_text(node, &path, loader->report)) {
        return false;
    }
    struct wv_place *place = wv_place_reach(loader, loader->root, path, node);
    if (place == NULL || !place->leaf) {
        return wv_node_fail(node, loader->report, "a role stands on a field that \"fields\" lists");
    }
    place->role = (uint8_t)role;
    place->role_rank = (uint8_t)(rank < UINT8_MAX ? rank : UINT8_MAX);
    return wv_format_unpaired(loader, place, node);
}

/* The path of a role, or a list of paths, of which the first that a record has counts. */
static bool read_role(struct wv_format_loader *loader, const struct wv_node *node)
{
    size_t role = 1;
    while (role < WV_ROLE_COUNT && strcmp(role_words[role], node->key) != 0) {
        role++;
    }
    if (role == WV_ROLE_COUNT) {
        return wv_node_fail(node, loader->report,
                            "no such role; known: time, action, rule, webacl, resource, host, "
                            "country, label");
    }
    if (!json_is_array(node->value)) {
        return read_role_path(loader, node, (enum wv_role)role, 0);
    }
    bool good =
        json_array_size(node->value) > 0 || wv_node_fail(node, loader->report, "no path is named");
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node path = wv_node_element(node, i);
        good = read_role_path(loader, &path, (enum wv_role)role, i) && good;
    }
    return good;
}

static bool read_roles(struct wv_format_loader *loader, const struct wv_node *roles)
{
    if (!json_is_object(roles->value)) {
        return wv_node_fail(roles, loader->report, "must be an object: role to path");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(roles->value, key, value)
    {
        const struct wv_node member = wv_node_member(roles, key);
        good = read_role(loader, &member) && good;
    }
    return good;
}

struct format_words {
    struct wv_slice name, title, docs;
    uint32_t invalid_utf8, keys;
    bool dotted, envelope;
    struct wv_syntax_words syntax;
    struct wv_name_list literals;
    json_t *roles, *define, *fields, *detect, *skip;
};

static const char *const utf8_choices[] = {"replace", "reject", NULL};
static const char *const keys_choices[] = {"exact", "any_case", NULL};

static const struct wv_option format_options[] = {
    {.name = "format",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct format_words, name),
     .required = true,
     .help = "name by which inputs refer to the format"},
    {.name = "title",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct format_words, title),
     .help = "what it is, for people"},
    {.name = "docs",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct format_words, docs),
     .help = "where the vendor describes it"},
    {.name = "syntax",
     .kind = WV_OPTION_CHOICE,
     .choices = wv_format_syntaxes,
     .member = offsetof(struct format_words, syntax.syntax),
     .help = "how records are written"},
    {.name = "delimiter",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct format_words, syntax.delimiter),
     .help = "delimited, pairs: the character between two fields"},
    {.name = "quote",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct format_words, syntax.quote),
     .help = "delimited, pairs: the character around a value; empty: there is none"},
    {.name = "doubled",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct format_words, syntax.doubled),
     .help = "delimited: a quote inside quotes is written twice"},
    {.name = "columns",
     .kind = WV_OPTION_NAMES,
     .max = 256,
     .member = offsetof(struct format_words, syntax.columns),
     .help = "delimited: what the columns are called in \"fields\""},
    {.name = "pattern",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, syntax.pattern),
     .help = "pattern: the line, with $names where the fields stand"},
    {.name = "invalid_utf8",
     .kind = WV_OPTION_CHOICE,
     .choices = utf8_choices,
     .member = offsetof(struct format_words, invalid_utf8),
     .help =
         "what is done with bytes that are not UTF-8: replaced by U+FFFD, or reject the record"},
    {.name = "keys",
     .kind = WV_OPTION_CHOICE,
     .choices = keys_choices,
     .member = offsetof(struct format_words, keys),
     .help = "whether keys must be written exactly as here, or may differ in case"},
    {.name = "dotted",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct format_words, dotted),
     .help = "a key with points in it stands for objects inside each other"},
    {.name = "envelope",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct format_words, envelope),
     .help = "only a wrapping around records of other formats"},
    {.name = "literals",
     .kind = WV_OPTION_NAMES,
     .max = 64,
     .member = offsetof(struct format_words, literals),
     .help = "values that say \"nothing here\" and are left alone in any field"},
    {.name = "detect",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, detect),
     .help = "by what a record of the format is known"},
    {.name = "skip",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, skip),
     .help = "by what a record is known that holds no event, and is left out"},
    {.name = "roles",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, roles),
     .help = "which fields tell time, action, rule, web ACL, resource, host, country and labels"},
    {.name = "define",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, define),
     .help = "groups of fields that stand in several places"},
    {.name = "fields",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct format_words, fields),
     .required = true,
     .help = "path to class; what is not listed is of class unlisted"},
};

/* A unit that is known to have one member only can be read as a whole. */
static void mark_lone(const struct wv_format_loader *loader)
{
    for (size_t i = 0; i < loader->unit_count; i++) {
        struct wv_place *unit = loader->units[i];
        if (unit->member_count == 1 && unit->pairs == NULL && unit->members[0].place->whole) {
            unit->lone = wv_place_spell(WV_LIT("{\""), unit->members[0].key, WV_LIT("\":\""));
        }
    }
}

/* What holds for all of a format holds for the texts inside its values. */
static void share_with_inner(const struct wv_format_loader *loader)
{
    for (size_t i = 0; i < loader->place_count; i++) {
        const struct wv_inner *inner = loader->places[i]->inner;
        if (inner != NULL && inner->format != NULL) {
            struct wv_format *format = (struct wv_format *)(uintptr_t)inner->format;
            format->literals = loader->format->literals;
            format->literal_count = loader->format->literal_count;
            format->reject_invalid_utf8 = loader->format->reject_invalid_utf8;
            format->any_case = loader->format->any_case;
            format->dotted = loader->format->dotted;
        }
    }
}

bool wv_format_begin(struct wv_format_loader *loader)
{
    loader->format = WV_ARENA_NEW(loader->arena, struct wv_format);
    loader->places = WV_ARENA_ARRAY(loader->arena, WV_FORMAT_PLACES_MAX, struct wv_place *);
    loader->listed = WV_ARENA_ARRAY(loader->arena, WV_FORMAT_LISTED_MAX, const struct wv_place *);
    if (loader->format == NULL || loader->places == NULL || loader->listed == NULL) {
        return false;
    }
    loader->root = wv_place_new(loader, (struct wv_slice){0});
    loader->format->root = loader->root;
    return loader->root != NULL;
}

static void set_words(struct wv_format *format, const struct format_words *words)
{
    format->name = (const char *)words->name.ptr;
    format->title = words->title.len > 0 ? (const char *)words->title.ptr : "";
    format->docs = words->docs.len > 0 ? (const char *)words->docs.ptr : "";
    format->literals = words->literals.items;
    format->literal_count = words->literals.count;
    format->reject_invalid_utf8 = words->invalid_utf8 == 1;
    format->any_case = words->keys == 1;
    format->dotted = words->dotted;
    format->envelope = words->envelope;
}

/* What is around records must hold some, and only what is around them can hold many. */
static bool check_records(const struct wv_format_loader *loader, const struct wv_node *node,
                          bool envelope)
{
    if (envelope && !loader->format->holds) {
        return wv_node_fail(node, loader->report, "an envelope needs a field with \"record\"");
    }
    return envelope || !loader->format->batch ||
           wv_node_fail(node, loader->report,
                        "only an envelope (\"envelope\": true) holds records in an array");
}

static bool read_parts(struct wv_format_loader *loader, const struct wv_node *node,
                       const struct wv_node *own, const struct format_words *words)
{
    const struct wv_node fields = wv_node_member(node, "fields");
    const struct wv_node roles = wv_node_member(node, "roles");
    const struct wv_node detect = wv_node_member(node, "detect");
    const struct wv_node skip = wv_node_member(node, "skip");
    struct wv_format *format = loader->format;
    bool good = loader->define.value == NULL || json_is_object(loader->define.value) ||
                wv_node_fail(&loader->define, loader->report, "must be an object: name to fields");
    good = wv_format_fields(loader, loader->root, &fields, 0) && good;
    good = (own->value == NULL || wv_format_own(loader, own)) && good;
    good = check_records(loader, node, words->envelope) && good;
    good = wv_format_syntax(loader, node, &words->syntax) && good;
    good = (roles.value == NULL || read_roles(loader, &roles)) && good;
    /* An envelope is known by what is inside of its records, too, which it does not read. */
    loader->beside = words->envelope && format->syntax == NULL
                         ? wv_place_new(loader, (struct wv_slice){0})
                         : NULL;
    good =
        (detect.value == NULL || wv_format_alternatives(loader, &detect, &format->detect)) && good;
    loader->beside = NULL;
    format->known_by = good ? wv_format_known_by(loader, &detect) : "";
    return (skip.value == NULL || wv_format_alternatives(loader, &skip, &format->skip)) && good;
}

const struct wv_format *wv_format_load(const struct wv_node *node, const struct wv_node *own,
                                       wv_names_by_word *tables, void *user, struct wv_arena *arena,
                                       struct wv_report *report)
{
    struct format_words words;
    struct wv_format_loader loader = {.arena = arena,
                                      .report = report,
                                      .tables = tables,
                                      .tables_user = user,
                                      .define = wv_node_member(node, "define")};
    if (!wv_format_begin(&loader)) {
        wv_node_fail(node, report, "not enough memory for the format");
        return NULL;
    }
    if (!wv_options_bind(node, format_options, WV_COUNT(format_options), &words, arena, report)) {
        return NULL;
    }
    set_words(loader.format, &words);
    bool good = read_parts(&loader, node, own, &words);
    good = wv_places_finish(&loader, node) && good;
    share_with_inner(&loader);
    mark_lone(&loader);
    loader.format->listed = loader.listed;
    loader.format->listed_count = loader.listed_count;
    return good ? loader.format : NULL;
}
