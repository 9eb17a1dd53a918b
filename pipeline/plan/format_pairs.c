/* format_pairs.c — objects in which one member names what another one holds. */
#include "plan/format_load.h"

static bool read_selection(struct wv_format_loader *loader, const struct wv_node *node,
                           const char *select, struct wv_selection *out)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, loader->report)) {
        return false;
    }
    out->select = wv_arena_copy(loader->arena, wv_slice_of(select));
    if (word.len > 0 && word.ptr[0] == '@') {
        out->table = loader->tables(loader->tables_user, node, wv_slice_sub(word, 1, word.len));
        return out->table != NULL;
    }
    return wv_format_class(loader, node, &out->class);
}

static bool read_selections(struct wv_format_loader *loader, const struct wv_node *classes,
                            struct wv_pairs *pairs)
{
    if (!json_is_object(classes->value)) {
        return wv_node_fail(classes, loader->report,
                            "must be an object: what the selector says, to class or \"@table\"");
    }
    struct wv_selection *selections =
        WV_ARENA_ARRAY(loader->arena, json_object_size(classes->value) + 1, struct wv_selection);
    const char *key;
    json_t *value;
    bool good = selections != NULL;
    json_object_foreach(classes->value, key, value)
    {
        const struct wv_node member = wv_node_member(classes, key);
        good = read_selection(loader, &member, key, &selections[pairs->selection_count++]) && good;
    }
    pairs->selections = selections;
    return good;
}

struct pair_words {
    struct wv_slice name, value, select, separator;
};

static const struct wv_option pair_options[] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pair_words, name),
     .help = "member that holds the name"},
    {.name = "value",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pair_words, value),
     .required = true,
     .help = "member that holds the value"},
    {.name = "select",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pair_words, select),
     .help = "member that says where the name comes from"},
    {.name = "separator",
     .kind = WV_OPTION_TEXT,
     .max = 1,
     .member = offsetof(struct pair_words, separator),
     .help = "character in the name: what selects stands before it, the name behind it"},
};

bool wv_format_unpaired(const struct wv_format_loader *loader, const struct wv_place *place,
                        const struct wv_node *node)
{
    return !place->paired ||
           wv_node_fail(node, loader->report,
                        "is part of a pair, which says what it is; list it nowhere else");
}

/* False with a finding: the part is something else already. */
static bool take_part(const struct wv_format_loader *loader, struct wv_place *part,
                      const struct wv_node *node)
{
    if (part->paired || part->leaf || part->role != WV_ROLE_NONE) {
        return wv_node_fail(node, loader->report,
                            "each part of a pair is a member of its own, which nothing else lists");
    }
    part->paired = true;
    part->leaf = true;
    return true;
}

/* The place of a part: a member, or, in an array of two, the element "[0]" or "[1]". */
static struct wv_place *reach_part(struct wv_format_loader *loader, struct wv_place *place,
                                   struct wv_slice word, bool positional,
                                   const struct wv_node *node)
{
    return positional ? wv_place_new(loader, wv_slice_of(place->path))
                      : wv_place_reach(loader, place, word, node);
}

/* Makes the parts that the words name. */
static bool reach_parts(struct wv_format_loader *loader, const struct wv_node *node,
                        const struct pair_words *words, struct wv_place *place,
                        struct wv_pairs *pairs)
{
    pairs->positional = wv_slice_eq(words->name, WV_LIT("[0]"));
    if (pairs->positional != wv_slice_eq(words->value, WV_LIT("[1]")) ||
        (pairs->positional && words->select.len > 0)) {
        return wv_node_fail(node, loader->report,
                            "in an array of two, the name is \"[0]\" and the value \"[1]\"");
    }
    struct wv_place *value = reach_part(loader, place, words->value, pairs->positional, node);
    if (value == NULL || !take_part(loader, value, node)) {
        return false;
    }
    pairs->value = value;
    if (words->name.len > 0) {
        struct wv_place *name = reach_part(loader, place, words->name, pairs->positional, node);
        if (name == NULL || !take_part(loader, name, node)) {
            return false;
        }
        pairs->name = name;
    }
    if (words->select.len > 0) {
        struct wv_place *select = wv_place_reach(loader, place, words->select, node);
        if (select == NULL || !take_part(loader, select, node)) {
            return false;
        }
        pairs->select = select;
    }
    return true;
}

/* What must be said together. */
static bool check_words(struct wv_format_loader *loader, const struct wv_node *node,
                        const struct pair_words *words)
{
    if (words->separator.len > 0 && (words->name.len == 0 || words->select.len > 0)) {
        return wv_node_fail(node, loader->report,
                            "\"separator\" cuts the \"name\", and leaves nothing to \"select\"");
    }
    if (words->name.len == 0 && words->select.len == 0) {
        return wv_node_fail(node, loader->report, "a pair needs a \"name\" or a \"select\"");
    }
    return true;
}

bool wv_format_pairs(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_node *classes, struct wv_place *place)
{
    struct pair_words words;
    struct wv_pairs *pairs = WV_ARENA_NEW(loader->arena, struct wv_pairs);
    if (pairs == NULL ||
        !wv_options_bind(node, pair_options, WV_COUNT(pair_options), &words, loader->arena,
                         loader->report) ||
        !check_words(loader, node, &words) || !reach_parts(loader, node, &words, place, pairs)) {
        return false;
    }
    if (!pairs->positional && words.name.len > 0) {
        pairs->opening = wv_place_spell(WV_LIT("{\""), words.name, WV_LIT("\":\""));
        pairs->middle = wv_place_spell(WV_LIT("\",\""), words.value, WV_LIT("\":\""));
    }
    if (words.separator.len > 0) {
        pairs->select = pairs->name;
        pairs->separator = words.separator.ptr[0];
    }
    struct wv_place *value = wv_place_writable(pairs->value);
    value->class = WV_CLASS_UNLISTED;
    value->whole = true;
    value->special = true;
    place->pairs = pairs;
    place->unit = true;
    if (pairs->select != NULL) {
        return read_selections(loader, classes, pairs);
    }
    struct wv_slice word;
    if (!wv_node_text(classes, &word, loader->report)) {
        return false;
    }
    pairs->table = loader->tables(loader->tables_user, classes, word);
    return pairs->table != NULL;
}
