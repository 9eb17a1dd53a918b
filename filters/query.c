/*
 * query — keeps the names of parameters, and of their values what names and detectors let through.
 *
 * A name tells where an attack aims, so it stays unless it is personal itself. A value whose name
 * is listed (parameters.h) is replaced whole, or leaves its shape (skeleton.h) if it is an attack;
 * any other is searched, so that the attack in it stays readable. Names that the operator allows
 * keep their values, but for addresses that the record knows to be personal.
 */
#include "base/lanes.h"
#include "filters/anchors.h"
#include "filters/mark.h"
#include "filters/needle.h"
#include "filters/patterns.h"
#include "filters/placeholder.h"
#include "filters/sensitive.h"
#include "filters/search.h"
#include "filters/skeleton.h"
#include "filters/uri.h"
#include "filters/view.h"

struct settings {
    uint32_t values; /* enum values */
    struct wv_name_list allow;
};

enum values { VALUES_SCRUB = 0, VALUES_COUNT };

static const char *const values_words[] = {"scrub", "count", NULL};

/* What a name is searched for: "password=" is not one of a name. */
enum {
    NAME_WHAT = WV_SEARCH_NEEDLES | WV_SEARCH_TEXTS | WV_SEARCH_ADDRESSES | WV_SEARCH_EMAILS |
                WV_SEARCH_CREDENTIALS | WV_SEARCH_IDENTIFIERS,
};

static bool is_allowed(const struct wv_name_list *allow, struct wv_slice name)
{
    for (size_t i = 0; i < allow->count; i++) {
        if (wv_slice_eq_nocase(allow->items[i], name)) {
            return true;
        }
    }
    return false;
}

/* A name or value as the server reads it, in scratch; as it stands when there is nothing to decode.
 * False: there is no room. */
static bool decode(struct wv_slice *text, struct wv_scratch *scratch)
{
    const unsigned codings = WV_CODING_PERCENT | WV_CODING_PLUS;
    struct wv_view view;
    const enum wv_view_verdict verdict = wv_view_open(*text, codings, scratch, &view);
    if (verdict == WV_VIEW_DECODED) {
        wv_view_deepen(&view, WV_CODING_PERCENT);
        *text = wv_view_slice(&view);
    }
    return verdict != WV_VIEW_NO_ROOM;
}

/* In place of a value whose name is listed: the attack that somebody put there, or what it is. */
static enum wv_verdict put_listed(enum wv_parameter parameter, size_t from, size_t to,
                                  struct wv_context *context, struct wv_out *out)
{
    if (wv_skeleton_has_syntax(wv_slice_sub(out->text, from, to), context->scratch)) {
        return wv_skeleton(from, to, context, out);
    }
    const struct wv_hit hit = {.kind = WV_HIT_PARAMETER, .detail = (uint8_t)parameter};
    uint8_t mem[WV_PLACEHOLDER_MAX];
    uint8_t mark[WV_MARK_LEN];
    struct wv_slice value = wv_slice_sub(out->text, from, to);
    const size_t used = context->scratch->used;
    if (!decode(&value, context->scratch)) {
        return WV_FAILED;
    }
    if (wv_value_names_nobody(parameter, value)) {
        wv_scratch_return(context->scratch, used);
        wv_out_keep(out, from, to);
        return WV_HARMLESS;
    }
    const struct wv_slice made = wv_mark_of(context, hit.kind, hit.detail, value, mark);
    wv_scratch_return(context->scratch, used);
    wv_out_put(out, wv_placeholder(context, &hit, made, mem));
    wv_sensitive_note(context, &hit);
    return WV_REPLACED;
}

/* How far the value is written. What stays is kept in as long stretches as can be, and not at all
 * where everything does: most queries end without a single write. */
struct progress {
    struct wv_out *out;
    size_t done;
    bool quiet; /* nothing is to be found but by its name, or as a needle */
};

static void keep_up_to(struct progress *progress, size_t to)
{
    wv_out_keep(progress->out, progress->done, to);
    progress->done = to;
}

/* Searches the bytes [from, to); quiet ones need that only for a name inside of them. */
static enum wv_verdict put_piece(unsigned what, size_t from, size_t to, struct wv_context *context,
                                 struct progress *progress)
{
    const struct wv_slice piece = wv_slice_sub(progress->out->text, from, to);
    if (progress->quiet && wv_find_byte(piece, 0, '=') == piece.len &&
        !wv_texts_may_be_in(context, piece)) {
        return WV_HARMLESS;
    }
    keep_up_to(progress, from);
    progress->done = to;
    return wv_search_piece(what, from, to, context, progress->out);
}

/* Writes the bytes [from, to) as the value of the (decoded) name. */
static enum wv_verdict put_value(const struct settings *set, struct wv_slice name, size_t from,
                                 size_t to, struct wv_context *context, struct progress *progress)
{
    if (is_allowed(&set->allow, name)) {
        return put_piece(WV_SEARCH_NEEDLES | WV_SEARCH_TEXTS, from, to, context, progress);
    }
    const enum wv_parameter parameter = wv_parameters_find(context->parameters, name);
    if (from < to && wv_parameter_is_replaced(parameter)) {
        keep_up_to(progress, from);
        progress->done = to;
        return put_listed(parameter, from, to, context, progress->out);
    }
    return put_piece(WV_SEARCH_ALL, from, to, context, progress);
}

/* One parameter of a query, which begins at `from`. */
static enum wv_verdict put_parameter(const struct settings *set,
                                     const struct wv_uri_parameter *parameter, size_t from,
                                     struct wv_context *context, struct progress *progress)
{
    const size_t to = from + parameter->text.len;
    if (parameter->value.ptr == NULL) {
        return put_piece(WV_SEARCH_ALL, from, to, context, progress);
    }
    const size_t sign = from + parameter->name.len;
    if (wv_is_plain_word(parameter->name) && !wv_texts_may_be_in(context, parameter->name) &&
        (progress->quiet || !wv_patterns_may_match(context->patterns, parameter->name))) {
        /* As nearly all names are: there is nothing to find in it and nothing to decode. */
        return put_value(set, parameter->name, sign + 1, to, context, progress);
    }
    keep_up_to(progress, from);
    progress->done = sign;
    const enum wv_verdict first = wv_search_piece(NAME_WHAT, from, sign, context, progress->out);
    const size_t mark = context->scratch->used;
    struct wv_slice name = parameter->name;
    if (first == WV_REMOVED) {
        return WV_REMOVED;
    }
    if (first == WV_FAILED || !decode(&name, context->scratch)) {
        return WV_FAILED;
    }
    const enum wv_verdict second = put_value(set, name, sign + 1, to, context, progress);
    wv_scratch_return(context->scratch, mark);
    return second == WV_HARMLESS ? first : second;
}

static enum wv_verdict put_all(const struct settings *set, struct wv_slice text,
                               struct wv_context *context, struct wv_out *out)
{
    const bool marked = text.len > 0 && text.ptr[0] == '?';
    size_t at = marked ? 1 : 0;
    struct wv_uri_query query = wv_uri_query_of(wv_slice_sub(text, at, text.len));
    struct wv_uri_parameter parameter;
    struct progress progress = {.out = out,
                                .quiet = wv_search_is_quiet(query.text) &&
                                         !wv_uri_query_holds_reference(&query) &&
                                         !wv_patterns_may_match(context->patterns, query.text)};
    bool replaced = false;
    while (wv_uri_query_next(&query, &parameter)) {
        const enum wv_verdict verdict = put_parameter(set, &parameter, at, context, &progress);
        if (verdict == WV_FAILED || verdict == WV_REMOVED) {
            return verdict;
        }
        replaced = replaced || verdict == WV_REPLACED;
        at += parameter.text.len + 1;
    }
    keep_up_to(&progress, text.len);
    return replaced ? WV_REPLACED : WV_HARMLESS;
}

static enum wv_verdict put_count(struct wv_slice text, const struct wv_context *context,
                                 struct wv_out *out)
{
    struct wv_uri_query query = wv_uri_query_of(text);
    struct wv_uri_parameter parameter;
    uint64_t count = 0;
    while (wv_uri_query_next(&query, &parameter)) {
        count += parameter.text.len > 0;
    }
    uint8_t mem[WV_PLACEHOLDER_MAX];
    wv_out_put(out, wv_placeholder_of_count(context, WV_LIT("PARAMS"), count, mem));
    return WV_REPLACED;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    if (value->text.len == 0) {
        return WV_HARMLESS;
    }
    if (set->values == VALUES_COUNT) {
        /* One argument is one, whatever stands in it. */
        return put_count(value->name.len > 0 ? WV_LIT("a") : value->text, context, out);
    }
    if (value->name.len == 0) {
        return put_all(set, value->text, context, out);
    }
    struct wv_slice name = value->name;
    if (!decode(&name, context->scratch)) {
        return WV_FAILED;
    }
    struct progress progress = {.out = out};
    const enum wv_verdict verdict = put_value(set, name, 0, value->text.len, context, &progress);
    keep_up_to(&progress, value->text.len);
    return verdict;
}

static const struct wv_option options[] = {
    {.name = "values",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, values),
     .choices = values_words,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace what is personal in values, or leave only how many parameters there are"},
    {.name = "allow",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct settings, allow),
     .max = 128,
     .stricter = WV_STRICTER_FEWER,
     .help = "names whose values stay as they are, but for addresses that the record knows"},
};

const struct wv_filter wv_filter_query = {
    .name = "query",
    .summary = "Keeps names of parameters and replaces what is personal in their values",
    .residue = WV_RESIDUE_SCRUBBED,
    .leaves_empty = true,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
