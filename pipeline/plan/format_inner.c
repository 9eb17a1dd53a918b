/* format_inner.c — values that are read as a text of their own: a record in a string, JSON in a
 * string, a URL. */
#include "plan/format_load.h"

#include "base/buf.h"

const char *const wv_inner_syntaxes[] = {"none", "url", "request-line", NULL};

enum { INNER_URL = 1, INNER_REQUEST_LINE };

/* What the parts of a URL and of a request line are. Who the user in it is always goes. */
static const struct {
    const char *key;
    enum wv_class class;
    bool of_line;
} parts[] = {
    {"method", WV_CLASS_NONE, true},   {"user", WV_CLASS_UNLISTED, false},
    {"host", WV_CLASS_HOST, false},    {"path", WV_CLASS_URI_PATH, false},
    {"query", WV_CLASS_QUERY, false},  {"fragment", WV_CLASS_QUERY, false},
    {"protocol", WV_CLASS_NONE, true},
};

/* A format for what is inside of one place: its paths go on where that of the place ends. */
static struct wv_format *inner_format(struct wv_format_loader *loader, const struct wv_place *place)
{
    uint8_t path[256];
    struct wv_buf spelled = wv_buf_of(path, sizeof path);
    struct wv_slice text;
    wv_buf_put(&spelled, wv_slice_of(place->path));
    wv_buf_byte(&spelled, ':');
    struct wv_format *format = WV_ARENA_NEW(loader->arena, struct wv_format);
    if (format == NULL || !wv_buf_take(&spelled, &text)) {
        return NULL;
    }
    /* What the format itself says later is copied when all of it has been read. */
    format->name = loader->format->name;
    format->root = wv_place_new(loader, text);
    return format->root == NULL ? NULL : format;
}

static bool add_parts(struct wv_format_loader *loader, const struct wv_node *node,
                      struct wv_format *format, bool line)
{
    for (size_t i = 0; i < WV_COUNT(parts); i++) {
        if (parts[i].of_line && !line) {
            continue;
        }
        struct wv_place *part = wv_place_reach(loader, wv_place_writable(format->root),
                                               wv_slice_of(parts[i].key), node);
        if (part == NULL || !wv_format_list(loader, part, node)) {
            return false;
        }
        part->leaf = true;
        part->class = parts[i].class;
    }
    return true;
}

static bool add_group(struct wv_format_loader *loader, const struct wv_node *node,
                      struct wv_slice name, struct wv_format *format, unsigned depth)
{
    const struct wv_node group = loader->define.value == NULL
                                     ? (struct wv_node){0}
                                     : wv_node_member(&loader->define, (const char *)name.ptr);
    const struct wv_node inside = wv_node_member(node, "inside");
    if (group.value == NULL) {
        return wv_node_fail(&inside, loader->report, "\"define\" has no group of that name");
    }
    return wv_format_fields(loader, wv_place_writable(format->root), &group, depth + 1);
}

/* A value that is percent-encoded as a whole: the class is that of what it spells. */
static bool add_value(struct wv_format_loader *loader, const struct wv_node *node,
                      struct wv_format *format, struct wv_place *place)
{
    struct wv_place *value =
        wv_place_reach(loader, wv_place_writable(format->root), WV_LIT("value"), node);
    if (value == NULL || place->class == WV_CLASS_UNLISTED) {
        return wv_node_fail(node, loader->report, "\"coding\": \"percent\" needs a \"class\"");
    }
    value->leaf = true;
    value->class = place->class;
    place->class = WV_CLASS_UNLISTED;
    format->syntax = &wv_syntax_percent;
    return true;
}

bool wv_format_inner(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_inner_words *words, struct wv_place *place, unsigned depth)
{
    struct wv_inner *inner = WV_ARENA_NEW(loader->arena, struct wv_inner);
    const bool percent = words->coding == WV_CODING_OF_VALUE;
    const unsigned said = (words->syntax != 0 ? 1U : 0U) + (words->inside.len > 0 ? 1U : 0U) +
                          (words->record ? 1U : 0U) + (percent ? 1U : 0U);
    if (inner == NULL || said != 1) {
        return wv_node_fail(node, loader->report,
                            "is one of \"syntax\", \"inside\", \"record\" and \"coding\": "
                            "\"percent\", not more");
    }
    inner->base64 = words->coding == 1;
    inner->or_value = place->class != WV_CLASS_UNLISTED && !percent;
    place->inner = inner;
    if (words->record) {
        const char *bracket = strstr(place->path, "[]");
        loader->format->holds = true;
        loader->format->batch = loader->format->batch || bracket != NULL;
        return true;
    }
    struct wv_format *format = inner_format(loader, place);
    inner->format = format;
    if (format == NULL) {
        return wv_node_fail(node, loader->report, "too long a path, or not enough memory");
    }
    if (words->inside.len > 0) {
        return add_group(loader, node, words->inside, format, depth);
    }
    static const struct wv_variant plain = {{0}, NULL, 0};
    format->variants = &plain;
    format->variant_count = 1;
    if (percent) {
        return add_value(loader, node, format, place);
    }
    format->syntax = words->syntax == INNER_URL ? &wv_syntax_url : &wv_syntax_request_line;
    return add_parts(loader, node, format, words->syntax == INNER_REQUEST_LINE);
}
