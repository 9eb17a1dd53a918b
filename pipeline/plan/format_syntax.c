/* format_syntax.c — how records of a format are written that are not JSON. */
#include "plan/format_load.h"

#include "text/pattern.h"

const char *const wv_format_syntaxes[] = {"json",    "cef",    "pairs", "delimited",
                                          "pattern", "syslog", NULL};

/* In the order of the words above. */
static const struct wv_syntax *const syntaxes[] = {
    NULL,
    &wv_syntax_cef,
    &wv_syntax_pairs,
    &wv_syntax_delimited,
    &wv_syntax_pattern,
    &wv_syntax_syslog,
};

/* One character, or none where that is allowed. */
static bool read_byte(struct wv_format_loader *loader, const struct wv_node *node, const char *key,
                      struct wv_slice text, uint8_t fallback, uint8_t *out)
{
    const struct wv_node member = wv_node_member(node, key);
    *out = member.value == NULL ? fallback : text.len == 1 ? text.ptr[0] : 0;
    if (text.len > 1 || *out >= 0x80) {
        return wv_node_fail(&member, loader->report, "must be one character of ASCII");
    }
    return true;
}

/* The place of a column by its name; one that "fields" does not list stays NULL: unlisted. */
static const struct wv_place *column_place(const struct wv_format_loader *loader,
                                           struct wv_slice name)
{
    const size_t at = wv_place_find(loader->root, name);
    return at == loader->root->member_count ? NULL : loader->root->members[at].place;
}

static bool set_columns(struct wv_format_loader *loader, const struct wv_node *node, size_t count,
                        struct wv_slice (*name)(const void *user, size_t column), const void *user,
                        struct wv_variant *variant)
{
    const struct wv_place **columns =
        WV_ARENA_ARRAY(loader->arena, count + 1, const struct wv_place *);
    if (columns == NULL) {
        return wv_node_fail(node, loader->report, "not enough memory for the format");
    }
    for (size_t i = 0; i < count; i++) {
        columns[i] = column_place(loader, name(user, i));
    }
    variant->columns = columns;
    variant->column_count = count;
    return true;
}

static struct wv_slice listed_name(const void *user, size_t column)
{
    const struct wv_name_list *list = user;
    return list->items[column];
}

static struct wv_slice pattern_name(const void *user, size_t column)
{
    return wv_pattern_name(user, column);
}

static bool read_pattern(struct wv_format_loader *loader, const struct wv_node *node,
                         struct wv_variant *variant)
{
    struct wv_slice text;
    size_t at = 0;
    if (!wv_node_text(node, &text, loader->report)) {
        return false;
    }
    const struct wv_pattern *pattern = wv_pattern_compile(text, loader->arena, &at);
    if (pattern == NULL) {
        return wv_node_fail(node, loader->report,
                            "no pattern, because of its character %zu: names are $like_this, and "
                            "something must stand between two of them",
                            at + 1);
    }
    variant->layout.pattern = pattern;
    return set_columns(loader, node, wv_pattern_count(pattern), pattern_name, pattern, variant);
}

/* One pattern, or several that are tried in order. */
static bool read_patterns(struct wv_format_loader *loader, const struct wv_node *node,
                          struct wv_variant *variants, size_t count)
{
    const struct wv_node member = wv_node_member(node, "pattern");
    bool good = true;
    if (member.value == NULL) {
        return wv_node_fail(node, loader->report, "syntax \"pattern\" needs a \"pattern\"");
    }
    if (!json_is_array(member.value)) {
        return read_pattern(loader, &member, variants);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_node one = wv_node_element(&member, i);
        good = read_pattern(loader, &one, &variants[i]) && good;
    }
    return good;
}

bool wv_format_syntax(struct wv_format_loader *loader, const struct wv_node *node,
                      const struct wv_syntax_words *words)
{
    struct wv_format *format = loader->format;
    const struct wv_syntax *syntax = syntaxes[words->syntax];
    const size_t patterns = json_array_size(words->pattern);
    const size_t count = patterns > 0 ? patterns : 1;
    struct wv_variant *variants = WV_ARENA_ARRAY(loader->arena, count, struct wv_variant);
    struct wv_layout layout = {.doubled = words->doubled};
    if (variants == NULL) {
        return wv_node_fail(node, loader->report, "not enough memory for the format");
    }
    if (!read_byte(loader, node, "delimiter", words->delimiter, ' ', &layout.delimiter) ||
        !read_byte(loader, node, "quote", words->quote, '"', &layout.quote)) {
        return false;
    }
    for (size_t i = 0; i < loader->root->member_count; i++) {
        if (loader->root->members[i].place->rest) {
            layout.rest = loader->root->members[i].key;
        }
    }
    for (size_t i = 0; i < count; i++) {
        variants[i].layout = layout;
    }
    format->syntax = syntax;
    format->variants = variants;
    format->variant_count = count;
    if (syntax == &wv_syntax_delimited) {
        return set_columns(loader, node, words->columns.count, listed_name, &words->columns,
                           variants);
    }
    return syntax != &wv_syntax_pattern || read_patterns(loader, node, variants, count);
}
