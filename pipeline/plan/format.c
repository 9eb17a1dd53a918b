/* format.c — from a format document to places. */
#include "plan/format_load.h"

#include "base/buf.h"

enum { USE_DEPTH_MAX = 4, LISTED_MAX = 1024 };

static const char *const role_words[WV_ROLE_COUNT] = {
    "", "time", "action", "rule", "webacl", "resource", "host", "country", "label",
};

bool wv_format_class(struct wv_format_loader *loader, const struct wv_node *node,
                     enum wv_class *class)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, loader->report)) {
        return false;
    }
    if (wv_class_find(word, class)) {
        return true;
    }
    const char *near = wv_nearest(word, wv_class_words(), WV_CLASS_COUNT);
    return wv_node_fail(node, loader->report, "no such class: \"%.*s\"%s%s%s", WV_SHOW(word),
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool list_place(struct wv_format_loader *loader, struct wv_place *place,
                       const struct wv_node *node)
{
    if (loader->listed_count == LISTED_MAX) {
        return wv_node_fail(node, loader->report, "a format lists at most %d fields", LISTED_MAX);
    }
    loader->listed[loader->listed_count++] = place;
    return true;
}

static bool read_prefixes(struct wv_format_loader *loader, const struct wv_node *node,
                          struct wv_place *place)
{
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, loader->report, "must be an object: prefix to class");
    }
    struct wv_prefix *prefixes =
        WV_ARENA_ARRAY(loader->arena, json_object_size(node->value) + 1, struct wv_prefix);
    const char *key;
    json_t *value;
    bool good = prefixes != NULL;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        struct wv_prefix *prefix = &prefixes[place->prefix_count++];
        prefix->text = wv_arena_copy(loader->arena, wv_slice_of(key));
        good = wv_format_class(loader, &member, &prefix->class) && prefix->text.ptr != NULL && good;
    }
    place->prefixes = prefixes;
    return good;
}

struct field_words {
    struct wv_slice class, use;
    bool joined;
    uint32_t remove;
    json_t *prefixes, *pairs, *classes;
};

static const char *const remove_choices[] = {"field", "element", NULL};

static const struct wv_option field_options[] = {
    {.name = "class",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct field_words, class),
     .help = "what the value is"},
    {.name = "joined",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct field_words, joined),
     .help = "the elements are pieces of one text and are also searched joined"},
    {.name = "remove",
     .kind = WV_OPTION_CHOICE,
     .choices = remove_choices,
     .member = offsetof(struct field_words, remove),
     .help = "what goes when the value is removed: the field, or the array element around it"},
    {.name = "prefixes",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct field_words, prefixes),
     .help = "class of values that begin with a prefix"},
    {.name = "use",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct field_words, use),
     .help = "group of \"define\" whose fields stand here"},
    {.name = "pairs",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct field_words, pairs),
     .help = "the object names what its value is: members name, value, select"},
    {.name = "classes",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct field_words, classes),
     .help = "for pairs: table of names, or the class for each selector"},
};

static bool read_fields(struct wv_format_loader *loader, struct wv_place *base,
                        const struct wv_node *fields, unsigned depth);

static bool use_group(struct wv_format_loader *loader, struct wv_place *place,
                      const struct wv_node *node, struct wv_slice name, unsigned depth)
{
    char word[64];
    if (name.len >= sizeof word || depth == USE_DEPTH_MAX) {
        return wv_node_fail(node, loader->report, "groups are nested at most %d deep",
                            USE_DEPTH_MAX);
    }
    memcpy(word, name.ptr, name.len);
    word[name.len] = '\0';
    const struct wv_node group = wv_node_member(&loader->define, word);
    if (loader->define.value == NULL || group.value == NULL) {
        return wv_node_fail(node, loader->report, "\"define\" has no group of that name");
    }
    return read_fields(loader, place, &group, depth + 1);
}

/* Marks the array element around a leaf: what goes when the leaf goes. */
static bool mark_unit(struct wv_format_loader *loader, struct wv_place *base, struct wv_slice path,
                      const struct wv_node *node)
{
    size_t end = path.len;
    while (end > 2 && memcmp(path.ptr + end - 3, "[].", 3) != 0) {
        end--;
    }
    if (end <= 2) {
        return wv_node_fail(node, loader->report, "there is no array element around this field");
    }
    struct wv_place *unit = wv_place_reach(loader, base, wv_slice_sub(path, 0, end - 1), node);
    if (unit == NULL) {
        return false;
    }
    unit->unit = true;
    if (loader->unit_count < WV_FORMAT_UNITS_MAX) {
        loader->units[loader->unit_count++] = unit;
    }
    return true;
}

/* Marks a leaf; "joined" belongs to the array around it. */
static bool set_leaf(struct wv_format_loader *loader, struct wv_place *base, struct wv_place *place,
                     struct wv_slice path, const struct wv_node *node,
                     const struct field_words *words)
{
    const struct wv_node class_node =
        json_is_string(node->value) ? *node : wv_node_member(node, "class");
    if (!wv_format_unpaired(loader, place, node)) {
        return false;
    }
    place->leaf = true;
    place->whole = words->remove == 1;
    if (place->whole && !mark_unit(loader, base, path, node)) {
        return false;
    }
    if (words->joined) {
        if (path.len < 2 || memcmp(path.ptr + path.len - 2, "[]", 2) != 0) {
            return wv_node_fail(node, loader->report, "only elements (\"…[]\") can be joined");
        }
        struct wv_place *array =
            wv_place_reach(loader, base, wv_slice_sub(path, 0, path.len - 2), node);
        if (array == NULL) {
            return false;
        }
        array->joined = true;
    }
    return wv_format_class(loader, &class_node, &place->class) && list_place(loader, place, node);
}

static bool read_field(struct wv_format_loader *loader, struct wv_place *base,
                       const struct wv_node *node, unsigned depth)
{
    const struct wv_slice path = wv_slice_of(node->key);
    struct wv_place *place = wv_place_reach(loader, base, path, node);
    if (place == NULL) {
        return false;
    }
    struct field_words words = {0};
    if (json_is_string(node->value)) {
        return set_leaf(loader, base, place, path, node, &words);
    }
    if (!wv_options_bind(node, field_options, WV_COUNT(field_options), &words, loader->arena,
                         loader->report)) {
        return false;
    }
    const struct wv_node use = wv_node_member(node, "use");
    const struct wv_node prefixes = wv_node_member(node, "prefixes");
    const struct wv_node pairs = wv_node_member(node, "pairs");
    const struct wv_node classes = wv_node_member(node, "classes");
    if (use.value != NULL) {
        return use_group(loader, place, &use, words.use, depth);
    }
    if (pairs.value != NULL) {
        return wv_format_pairs(loader, &pairs, &classes, place) && list_place(loader, place, node);
    }
    return set_leaf(loader, base, place, path, node, &words) &&
           (prefixes.value == NULL || read_prefixes(loader, &prefixes, place));
}

static bool read_fields(struct wv_format_loader *loader, struct wv_place *base,
                        const struct wv_node *fields, unsigned depth)
{
    if (!json_is_object(fields->value)) {
        return wv_node_fail(fields, loader->report, "must be an object: path to class");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(fields->value, key, value)
    {
        const struct wv_node member = wv_node_member(fields, key);
        good = read_field(loader, base, &member, depth) && good;
    }
    return good;
}

static bool read_roles(struct wv_format_loader *loader, const struct wv_node *roles)
{
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(roles->value, key, value)
    {
        const struct wv_node member = wv_node_member(roles, key);
        struct wv_slice path;
        size_t role = 1;
        while (role < WV_ROLE_COUNT && strcmp(role_words[role], key) != 0) {
            role++;
        }
        if (role == WV_ROLE_COUNT) {
            good = wv_node_fail(&member, loader->report,
                                "no such role; known: time, action, rule, webacl, resource, host, "
                                "country, label");
        } else if (!wv_node_text(&member, &path, loader->report)) {
            good = false;
        } else {
            struct wv_place *place = wv_place_reach(loader, loader->root, path, &member);
            if (place == NULL || !place->leaf) {
                good = wv_node_fail(&member, loader->report,
                                    "a role stands on a field that \"fields\" lists");
            } else if (!wv_format_unpaired(loader, place, &member)) {
                good = false;
            } else {
                place->role = (uint8_t)role;
            }
        }
    }
    return good;
}

struct format_words {
    struct wv_slice name, title;
    uint32_t syntax, invalid_utf8;
    struct wv_name_list literals;
    json_t *roles, *define, *fields;
};

static const char *const syntax_choices[] = {"json", NULL};
static const char *const utf8_choices[] = {"replace", "reject", NULL};

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
    {.name = "syntax",
     .kind = WV_OPTION_CHOICE,
     .choices = syntax_choices,
     .member = offsetof(struct format_words, syntax),
     .help = "how records are written"},
    {.name = "invalid_utf8",
     .kind = WV_OPTION_CHOICE,
     .choices = utf8_choices,
     .member = offsetof(struct format_words, invalid_utf8),
     .help =
         "what is done with bytes that are not UTF-8: replaced by U+FFFD, or reject the record"},
    {.name = "literals",
     .kind = WV_OPTION_NAMES,
     .max = 64,
     .member = offsetof(struct format_words, literals),
     .help = "values that say \"nothing here\" and are left alone in any field"},
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

static void mark_special(const struct wv_format_loader *loader)
{
    for (size_t i = 0; i < loader->listed_count; i++) {
        struct wv_place *place = wv_place_writable(loader->listed[i]);
        place->special = place->whole || place->prefix_count > 0 || place->role != WV_ROLE_NONE;
    }
}

const struct wv_format *wv_format_load(const struct wv_node *node, wv_names_by_word *tables,
                                       void *user, struct wv_arena *arena, struct wv_report *report)
{
    struct format_words words;
    struct wv_format *format = WV_ARENA_NEW(arena, struct wv_format);
    struct wv_format_loader loader = {.arena = arena,
                                      .report = report,
                                      .tables = tables,
                                      .tables_user = user,
                                      .define = wv_node_member(node, "define")};
    loader.listed = WV_ARENA_ARRAY(arena, LISTED_MAX, const struct wv_place *);
    loader.root = wv_place_new(&loader, (struct wv_slice){0});
    if (format == NULL || loader.listed == NULL || loader.root == NULL) {
        wv_node_fail(node, report, "not enough memory for the format");
        return NULL;
    }
    if (!wv_options_bind(node, format_options, WV_COUNT(format_options), &words, arena, report)) {
        return NULL;
    }
    const struct wv_node fields = wv_node_member(node, "fields");
    const struct wv_node roles = wv_node_member(node, "roles");
    bool good = read_fields(&loader, loader.root, &fields, 0);
    good = (roles.value == NULL || read_roles(&loader, &roles)) && good;
    mark_special(&loader);
    mark_lone(&loader);
    *format = (struct wv_format){
        .name = (const char *)words.name.ptr,
        .title = words.title.len > 0 ? (const char *)words.title.ptr : "",
        .root = loader.root,
        .literals = words.literals.items,
        .literal_count = words.literals.count,
        .reject_invalid_utf8 = words.invalid_utf8 == 1,
        .listed = loader.listed,
        .listed_count = loader.listed_count,
    };
    return good ? format : NULL;
}
