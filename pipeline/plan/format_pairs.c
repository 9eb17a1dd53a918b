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
    struct wv_slice name, value, select;
};

static const struct wv_option pair_options[] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct pair_words, name),
     .required = true,
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

bool wv_format_pairs(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_node *classes, struct wv_place *place)
{
    struct pair_words words;
    struct wv_pairs *pairs = WV_ARENA_NEW(loader->arena, struct wv_pairs);
    if (pairs == NULL || !wv_options_bind(node, pair_options, WV_COUNT(pair_options), &words,
                                          loader->arena, loader->report)) {
        return false;
    }
    struct wv_place *name = wv_place_reach(loader, place, words.name, node);
    struct wv_place *value = wv_place_reach(loader, place, words.value, node);
    struct wv_place *select =
        words.select.len == 0 ? NULL : wv_place_reach(loader, place, words.select, node);
    if (name == NULL || value == NULL || (words.select.len > 0 && select == NULL)) {
        return false;
    }
    if (!take_part(loader, name, node) || !take_part(loader, value, node) ||
        (select != NULL && !take_part(loader, select, node))) {
        return false;
    }
    *pairs = (struct wv_pairs){
        .name = name,
        .value = value,
        .select = select,
        .opening = wv_place_spell(WV_LIT("{\""), words.name, WV_LIT("\":\"")),
        .middle = wv_place_spell(WV_LIT("\",\""), words.value, WV_LIT("\":\"")),
    };
    value->class = WV_CLASS_UNLISTED;
    value->whole = true;
    value->special = true;
    place->pairs = pairs;
    place->unit = true;
    if (select != NULL) {
        return read_selections(loader, classes, pairs);
    }
    struct wv_slice word;
    if (!wv_node_text(classes, &word, loader->report)) {
        return false;
    }
    pairs->table = loader->tables(loader->tables_user, classes, word);
    return pairs->table != NULL;
}
