/* format_fields.c — the fields of a format: paths to classes, groups, what else is said of a value.
 */
#include "plan/format_load.h"

enum { USE_DEPTH_MAX = 4 };

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

bool wv_format_list(struct wv_format_loader *loader, struct wv_place *place,
                    const struct wv_node *node)
{
    if (loader->listed_count == WV_FORMAT_LISTED_MAX) {
        return wv_node_fail(node, loader->report, "a format lists at most %d fields",
                            WV_FORMAT_LISTED_MAX);
    }
    loader->listed[loader->listed_count++] = place;
    return true;
}

/* The longest first: the first that fits then is the one that counts. */
static void sort_prefixes(struct wv_prefix *prefixes, size_t count)
{
    for (size_t i = 1; prefixes != NULL && i < count; i++) {
        const struct wv_prefix moved = prefixes[i];
        size_t at = i;
        for (; at > 0 && prefixes[at - 1].text.len < moved.text.len; at--) {
            prefixes[at] = prefixes[at - 1];
        }
        prefixes[at] = moved;
    }
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
    sort_prefixes(prefixes, place->prefix_count);
    return good;
}

struct field_words {
    struct wv_slice class, use, label;
    bool joined, rest;
    uint32_t remove;
    struct wv_inner_words inner;
    json_t *prefixes, *pairs, *classes;
};

static const char *const remove_choices[] = {"field", "element", NULL};
static const char *const coding_choices[] = {"none", "base64", "percent", NULL};

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
     .help =
         "for pairs: table of names, or the class for each selector; at \"{}\": table of names"},
    {.name = "syntax",
     .kind = WV_OPTION_CHOICE,
     .choices = wv_inner_syntaxes,
     .member = offsetof(struct field_words, inner.syntax),
     .help = "the value is a URL, a request line, or a message with [key \"value\"] groups, whose "
             "parts have classes of their own"},
    {.name = "inside",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct field_words, inner.inside),
     .help = "the value is JSON in a string: group of \"define\" with its fields"},
    {.name = "record",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct field_words, inner.record),
     .help = "the value is a whole record of another format"},
    {.name = "label",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct field_words, label),
     .help = "CEF: what the field's label says; with another one, the value is unlisted"},
    {.name = "rest",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct field_words, rest),
     .help = "CEF: the value runs to the end of the record, whatever stands in it"},
    {.name = "coding",
     .kind = WV_OPTION_CHOICE,
     .choices = coding_choices,
     .member = offsetof(struct field_words, inner.coding),
     .help = "how the text inside is written"},
};

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
    return wv_format_fields(loader, place, &group, depth + 1);
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

static bool ends_with(struct wv_slice path, struct wv_slice end)
{
    return path.len >= end.len &&
           wv_slice_eq(wv_slice_sub(path, path.len - end.len, path.len), end);
}

/* A field that is one element of an array; "joined" belongs to the array around it. */
static bool join(struct wv_format_loader *loader, struct wv_place *base, struct wv_slice path,
                 const struct wv_node *node)
{
    if (!ends_with(path, WV_LIT("[]"))) {
        return wv_node_fail(node, loader->report, "only elements (\"…[]\") can be joined");
    }
    struct wv_place *array =
        path.len == 2 ? base
                      : wv_place_reach(loader, base, wv_slice_sub(path, 0, path.len - 2), node);
    if (array != NULL) {
        array->joined = true;
    }
    return array != NULL;
}

/* Values of one name that stand in an array go together: an array that is left alone with its name
 * would still tell the name. */
static bool keep_together(struct wv_format_loader *loader, struct wv_place *base,
                          struct wv_slice path, struct wv_place *place, const struct wv_node *node)
{
    if (!ends_with(path, WV_LIT("{}[]"))) {
        return true;
    }
    struct wv_place *array =
        wv_place_reach(loader, base, wv_slice_sub(path, 0, path.len - 2), node);
    if (array == NULL) {
        return false;
    }
    array->unit = true;
    place->whole = true;
    return true;
}

/* A place that has a class, or a value with a text of its own inside. */
static bool set_leaf(struct wv_format_loader *loader, struct wv_place *base, struct wv_place *place,
                     struct wv_slice path, const struct wv_node *node,
                     const struct field_words *words)
{
    if (!wv_format_unpaired(loader, place, node)) {
        return false;
    }
    if (place->leaf) {
        return wv_node_fail(node, loader->report, "is listed twice");
    }
    place->leaf = true;
    place->whole = words->remove == 1;
    return (!place->whole || mark_unit(loader, base, path, node)) &&
           (!words->joined || join(loader, base, path, node)) &&
           keep_together(loader, base, path, place, node) && wv_format_list(loader, place, node);
}

/* Whether the words say that there is a text of its own inside. */
static bool has_inner(const struct wv_inner_words *words)
{
    return words->syntax != 0 || words->inside.len > 0 || words->record ||
           words->coding == WV_CODING_OF_VALUE;
}

static bool set_table(struct wv_format_loader *loader, struct wv_place *place,
                      const struct wv_node *classes)
{
    struct wv_slice word;
    if (!place->named) {
        return wv_node_fail(classes, loader->report,
                            "a table needs a name: \"pairs\", or a path with \"{}\"");
    }
    if (!wv_node_text(classes, &word, loader->report)) {
        return false;
    }
    place->table = loader->tables(loader->tables_user, classes, word);
    place->class = WV_CLASS_HEADER;
    return place->table != NULL;
}

/* The class that a field's words give the place, whichever way they say it. */
static bool set_class(struct wv_format_loader *loader, const struct wv_node *node,
                      const struct field_words *words, struct wv_place *place, unsigned depth)
{
    const struct wv_node class = wv_node_member(node, "class");
    const struct wv_node classes = wv_node_member(node, "classes");
    place->label = words->label;
    place->rest = words->rest;
    const bool inner = has_inner(&words->inner);
    place->class = WV_CLASS_UNLISTED;
    if (classes.value != NULL) {
        return set_table(loader, place, &classes);
    }
    if (class.value != NULL && !wv_format_class(loader, &class, &place->class)) {
        return false;
    }
    if (class.value == NULL && !inner) {
        return wv_node_fail(node, loader->report,
                            "what is the value? say \"class\", \"use\", \"pairs\", \"syntax\", "
                            "\"inside\" or \"record\"");
    }
    return !inner || wv_format_inner(loader, node, &words->inner, place, depth);
}

/* Words that would contradict each other, or mean nothing. */
static bool check_together(struct wv_format_loader *loader, const struct wv_node *node,
                           const struct field_words *words)
{
    const bool inner = has_inner(&words->inner);
    const bool class = words->class.len > 0;
    if (words->use.len > 0 && json_object_size(node->value) > 1) {
        return wv_node_fail(node, loader->report, "\"use\" stands alone");
    }
    if (class && (words->pairs != NULL || words->classes != NULL)) {
        return wv_node_fail(node, loader->report,
                            "\"class\" and \"classes\": only one of them can tell");
    }
    return words->inner.coding != 1 || inner || !class ||
           wv_node_fail(node, loader->report,
                        "\"coding\": \"base64\" needs \"record\", \"inside\" or \"syntax\"");
}

static bool read_words(struct wv_format_loader *loader, struct wv_place *base,
                       struct wv_place *place, struct wv_slice path, const struct wv_node *node,
                       unsigned depth)
{
    struct field_words words = {0};
    if (!wv_options_bind(node, field_options, WV_COUNT(field_options), &words, loader->arena,
                         loader->report)) {
        return false;
    }
    const struct wv_node use = wv_node_member(node, "use");
    const struct wv_node prefixes = wv_node_member(node, "prefixes");
    const struct wv_node pairs = wv_node_member(node, "pairs");
    const struct wv_node classes = wv_node_member(node, "classes");
    if (!check_together(loader, node, &words)) {
        return false;
    }
    if (use.value != NULL) {
        return use_group(loader, place, &use, words.use, depth);
    }
    if (pairs.value != NULL) {
        return wv_format_pairs(loader, &pairs, &classes, place) &&
               wv_format_list(loader, place, node);
    }
    return set_leaf(loader, base, place, path, node, &words) &&
           set_class(loader, node, &words, place, depth) &&
           (prefixes.value == NULL || read_prefixes(loader, &prefixes, place));
}

bool wv_format_field(struct wv_format_loader *loader, struct wv_place *base, struct wv_slice path,
                     const struct wv_node *node, unsigned depth)
{
    struct wv_place *place = wv_place_reach(loader, base, path, node);
    if (place == NULL) {
        return false;
    }
    if (!json_is_string(node->value)) {
        return read_words(loader, base, place, path, node, depth);
    }
    const struct field_words none = {0};
    return set_leaf(loader, base, place, path, node, &none) &&
           wv_format_class(loader, node, &place->class);
}

bool wv_format_fields(struct wv_format_loader *loader, struct wv_place *base,
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
        good = wv_format_field(loader, base, wv_slice_of(key), &member, depth) && good;
    }
    return good;
}
