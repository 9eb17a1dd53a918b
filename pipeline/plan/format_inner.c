/* format_inner.c — values that are read as a text of their own: a record in a string, JSON in a
 * string, a URL. */
#include "plan/format_load.h"

#include "base/buf.h"

const char *const wv_inner_syntaxes[] = {"none", "url", "request-line", "tagged", NULL};

enum { INNER_NONE = 0, INNER_URL, INNER_REQUEST_LINE, INNER_TAGGED };

/* The parts of a syntax, and what they are: a class, or a text of its own again. */
struct part_row {
    const char *key;
    enum wv_class class;
    uint32_t inner;
};

/* Who the user in a URL is always goes. */
static const struct part_row url_parts[] = {
    {"user", WV_CLASS_UNLISTED, INNER_NONE},  {"host", WV_CLASS_HOST, INNER_NONE},
    {"path", WV_CLASS_URI_PATH, INNER_NONE},  {"query", WV_CLASS_QUERY, INNER_NONE},
    {"fragment", WV_CLASS_QUERY, INNER_NONE},
};

static const struct part_row line_parts[] = {
    {"method", WV_CLASS_NONE, INNER_NONE},
    {"protocol", WV_CLASS_NONE, INNER_NONE},
};

/* What stands in quotes can be forged by the client where a producer does not escape them, so that
 * nothing that may say anything is kept unread. */
static const struct part_row tagged_parts[] = {
    {"text", WV_CLASS_MATCHED_PAYLOAD, INNER_NONE},
    {"user", WV_CLASS_USERNAME, INNER_NONE},
    {"client", WV_CLASS_CLIENT_IP, INNER_NONE},
    {"file", WV_CLASS_NONE, INNER_NONE},
    {"line", WV_CLASS_NONE, INNER_NONE},
    {"level", WV_CLASS_NONE, INNER_NONE},
    {"status", WV_CLASS_NONE, INNER_NONE},
    {"id", WV_CLASS_NONE, INNER_NONE},
    {"rev", WV_CLASS_NONE, INNER_NONE},
    {"ver", WV_CLASS_FREE_TEXT, INNER_NONE},
    {"severity", WV_CLASS_NONE, INNER_NONE},
    {"maturity", WV_CLASS_NONE, INNER_NONE},
    {"accuracy", WV_CLASS_NONE, INNER_NONE},
    {"tag", WV_CLASS_FREE_TEXT, INNER_NONE},
    {"msg", WV_CLASS_MATCHED_PAYLOAD, INNER_NONE},
    {"data", WV_CLASS_MATCHED_PAYLOAD, INNER_NONE},
    {"ref", WV_CLASS_FREE_TEXT, INNER_NONE},
    {"hostname", WV_CLASS_HOST, INNER_NONE},
    {"uri", WV_CLASS_UNLISTED, INNER_URL},
    {"unique_id", WV_CLASS_REQUEST_ID, INNER_NONE},
    {"server", WV_CLASS_HOST, INNER_NONE},
    {"host", WV_CLASS_HOST, INNER_NONE},
    {"request", WV_CLASS_UNLISTED, INNER_REQUEST_LINE},
    {"subrequest", WV_CLASS_UNLISTED, INNER_URL},
    {"upstream", WV_CLASS_UNLISTED, INNER_URL},
    {"referrer", WV_CLASS_REFERER, INNER_NONE},
    {"referer", WV_CLASS_REFERER, INNER_NONE},
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

static bool add_rows(struct wv_format_loader *loader, const struct wv_node *node,
                     struct wv_format *format, const struct part_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wv_place *part =
            wv_place_reach(loader, wv_place_writable(format->root), wv_slice_of(rows[i].key), node);
        if (part == NULL || !wv_format_list(loader, part, node)) {
            return false;
        }
        part->leaf = true;
        part->class = rows[i].class;
        const struct wv_inner_words inside = {.syntax = rows[i].inner};
        if (rows[i].inner != INNER_NONE && !wv_format_inner(loader, node, &inside, part, 0)) {
            return false;
        }
    }
    return true;
}

/* Syntax and parts of an inner format. */
static bool add_parts(struct wv_format_loader *loader, const struct wv_node *node,
                      struct wv_format *format, uint32_t syntax)
{
    if (syntax == INNER_TAGGED) {
        format->syntax = &wv_syntax_tagged;
        return add_rows(loader, node, format, tagged_parts, WV_COUNT(tagged_parts));
    }
    format->syntax = syntax == INNER_URL ? &wv_syntax_url : &wv_syntax_request_line;
    return add_rows(loader, node, format, url_parts, WV_COUNT(url_parts)) &&
           (syntax == INNER_URL ||
            add_rows(loader, node, format, line_parts, WV_COUNT(line_parts)));
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

/* The element of an array in which a record stands, so that one without is told. */
static bool mark_element(struct wv_format_loader *loader, const struct wv_node *node,
                         const char *path, const char *bracket)
{
    const struct wv_slice start = {(const uint8_t *)path, (size_t)(bracket + 2 - path)};
    struct wv_place *element =
        wv_place_reach(loader, wv_place_writable(loader->format->root), start, node);
    if (element != NULL) {
        element->holds = true;
    }
    return element != NULL;
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
        if (strchr(place->path, ':') != NULL) {
            return wv_node_fail(
                node, loader->report,
                "a record inside of a text inside: list it in an envelope of its own");
        }
        loader->format->holds = true;
        loader->format->batch = loader->format->batch || bracket != NULL;
        return bracket == NULL || bracket[2] == '\0' ||
               mark_element(loader, node, place->path, bracket);
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
    return add_parts(loader, node, format, words->syntax);
}
