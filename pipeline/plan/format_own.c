/* format_own.c — fields that the configuration adds to a format, or says to be something else. */
#include "plan/format_load.h"

/* The place at which the paths inside of a text begin ("detail:"), and where they do in `path`; the
 * format's own root, where the path names no such text. */
static struct wv_place *base_of(const struct wv_format_loader *loader, struct wv_slice path,
                                size_t *from)
{
    for (size_t at = path.len; at > 0; at--) {
        const struct wv_slice start = wv_slice_sub(path, 0, at);
        for (size_t i = 0; path.ptr[at - 1] == ':' && i < loader->place_count; i++) {
            if (wv_slice_eq(start, wv_slice_of(loader->places[i]->path))) {
                *from = at;
                return loader->places[i];
            }
        }
    }
    *from = 0;
    return loader->root;
}

/* The place of a field that the format lists already; NULL: it does not. */
static struct wv_place *listed_place(const struct wv_format_loader *loader, struct wv_slice path)
{
    for (size_t i = 0; i < loader->listed_count; i++) {
        if (wv_slice_eq(path, wv_slice_of(loader->listed[i]->path))) {
            return wv_place_writable(loader->listed[i]);
        }
    }
    return NULL;
}

/* Another class for a plain value; of anything else the format itself must say what it is. */
static bool change_class(struct wv_format_loader *loader, struct wv_place *place,
                         const struct wv_node *node)
{
    if (!place->leaf || place->paired || place->inner != NULL || place->table != NULL ||
        place->prefix_count > 0) {
        return wv_node_fail(node, loader->report,
                            "the format reads more than a plain value there: replace the format "
                            "by a file of your own to change that");
    }
    if (!json_is_string(node->value)) {
        return wv_node_fail(node, loader->report,
                            "the format lists this field: only its class can be changed");
    }
    return wv_format_class(loader, node, &place->class);
}

bool wv_format_own(struct wv_format_loader *loader, const struct wv_node *fields)
{
    if (!json_is_object(fields->value)) {
        return wv_node_fail(fields, loader->report, "must be an object: path to class");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(fields->value, key, value)
    {
        const struct wv_node node = wv_node_member(fields, key);
        const struct wv_slice path = wv_slice_of(key);
        struct wv_place *known = listed_place(loader, path);
        size_t from;
        struct wv_place *base = base_of(loader, path, &from);
        good = (known != NULL ? change_class(loader, known, &node)
                              : wv_format_field(loader, base, wv_slice_sub(path, from, path.len),
                                                &node, 0)) &&
               good;
    }
    return good;
}
