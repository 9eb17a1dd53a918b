/*
 * cookie — keeps the names of cookies, never a value.
 *
 * A cookie without "=" is a value without a name to browsers, and so is a name that is long or
 * holds bytes that no site's own cookie has: both become ~NAME~.
 */
#include "base/lanes.h"
#include "filters/anchors.h"
#include "filters/patterns.h"
#include "filters/placeholder.h"
#include "filters/search.h"

struct settings {
    uint32_t mode; /* enum mode */
};

enum mode { MODE_NAMES = 0, MODE_COUNT };

enum { NAME_MAX = 64 };

static const char *const modes[] = {"names", "count", NULL};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_plain_name(struct wv_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        const uint8_t lower = byte | 0x20;
        if (!(lower >= 'a' && lower <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_' &&
            byte != '-' && byte != '.' && byte != '[' && byte != ']' && byte != '$') {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MAX;
}

/* Cuts the next cookie off; *named: it has an "=". False after the last one. */
static bool next_cookie(struct wv_slice text, size_t *at, size_t *from, size_t *to, bool *named)
{
    while (*at < text.len && (is_blank(text.ptr[*at]) || text.ptr[*at] == ';')) {
        (*at)++;
    }
    if (*at == text.len) {
        return false;
    }
    const size_t stop = wv_find_byte(text, *at, ';');
    *from = *at;
    *to = wv_find_byte(wv_slice_sub(text, 0, stop), *at, '=');
    *named = *to < stop;
    while (*to > *from && is_blank(text.ptr[*to - 1])) {
        (*to)--;
    }
    *at = stop;
    return true;
}

static enum wv_verdict put_name(struct wv_slice text, size_t from, size_t to, bool named,
                                struct wv_context *context, struct wv_out *out)
{
    const struct wv_slice name = wv_slice_sub(text, from, to);
    if (named && name.len > 0 && wv_is_plain_word(name) &&
        !wv_patterns_may_match(context->patterns, name)) {
        wv_out_keep(out, from, to); /* there is nothing to find in it */
        return WV_HARMLESS;
    }
    if (!named || !is_plain_name(name)) {
        uint8_t mem[WV_PLACEHOLDER_MAX];
        wv_out_put(out, wv_placeholder_of(context, WV_LIT("NAME"), (struct wv_slice){0}, mem));
        return WV_REPLACED;
    }
    return wv_search_piece(WV_SEARCH_ALL, from, to, context, out);
}

static enum wv_verdict put_names(struct wv_slice text, struct wv_context *context,
                                 struct wv_out *out)
{
    size_t at = 0;
    size_t from;
    size_t to;
    bool named;
    bool first = true;
    while (next_cookie(text, &at, &from, &to, &named)) {
        wv_out_put(out, first ? (struct wv_slice){0} : WV_LIT("; "));
        first = false;
        const enum wv_verdict verdict = put_name(text, from, to, named, context, out);
        if (verdict == WV_FAILED || verdict == WV_REMOVED) {
            return verdict;
        }
    }
    return WV_REPLACED;
}

static uint64_t count_cookies(struct wv_slice text)
{
    size_t at = 0;
    size_t from;
    size_t to;
    bool named;
    uint64_t count = 0;
    while (next_cookie(text, &at, &from, &to, &named)) {
        count++;
    }
    return count;
}

/* Whether the text is a list of cookies and not the value of one. */
static bool is_header(struct wv_slice name)
{
    return name.len == 0 || wv_slice_eq(name, WV_LIT("cookie")) ||
           wv_slice_eq(name, WV_LIT("cookie2")) || wv_slice_eq(name, WV_LIT("set-cookie"));
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    if (value->text.len == 0) {
        return WV_HARMLESS;
    }
    const bool header = is_header(value->name);
    uint8_t mem[WV_PLACEHOLDER_MAX];
    if (set->mode == MODE_COUNT) {
        const uint64_t count = header ? count_cookies(value->text) : 1;
        wv_out_put(out, wv_placeholder_of_count(context, WV_LIT("COOKIES"), count, mem));
        return WV_REPLACED;
    }
    if (header) {
        return put_names(value->text, context, out);
    }
    const enum wv_parameter parameter = wv_parameters_find(context->parameters, value->name);
    const struct wv_slice word = wv_slice_of(wv_parameter_word(parameter));
    wv_out_put(out, wv_placeholder_of(context, word, (struct wv_slice){0}, mem));
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "mode",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, mode),
     .choices = modes,
     .stricter = WV_STRICTER_HIGHER,
     .help = "leave the names of cookies, or only how many there are"},
};

const struct wv_filter wv_filter_cookie = {
    .name = "cookie",
    .summary = "Keeps the names of cookies and drops their values",
    .residue = WV_RESIDUE_SCRUBBED,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
