/*
 * uri_template — turns a path into its route: /users/4711/orders becomes /users/{int}/orders.
 *
 * Each segment is judged as a server would read it, decoded twice, and a %2F parts segments like a
 * slash. What stays is byte-identical, so that an attack ("..%2f..%2fetc%2fpasswd") stays readable.
 * A scrub behind it in the chain takes what is personal inside of words.
 */
#include "filters/agents.h"
#include "filters/detect.h"
#include "filters/segment.h"
#include "filters/view.h"

struct settings {
    uint32_t words; /* enum words */
    uint32_t segments_max;
};

enum words { WORDS_KEEP = 0, WORDS_HIDE };

static const char *const words_choices[] = {"keep", "hide", NULL};

/* A segment of the decoded path. */
struct segment {
    struct wv_slice text;
    unsigned kinds; /* of its bytes */
    size_t at;      /* where it stands in the path */
    bool authority; /* two slashes are before it */
};

/* Whether nothing stands there that no server writes into matrix parameters. */
static bool is_matrix(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte < 0x80 && !wv_is_word(byte) && memchr("-.~!:;=,+%@", byte, 11) == NULL) {
            return false;
        }
    }
    return true;
}

/* Where matrix parameters (";jsessionid=…") begin; text.len: there are none. Anything else behind a
 * semicolon may be an attack and stays, but for the ids in it. */
static size_t matrix_start(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ';') {
            continue;
        }
        size_t end = i + 1;
        while (end < text.len &&
               (wv_is_word(text.ptr[end]) || text.ptr[end] == '-' || text.ptr[end] == '.')) {
            end++;
        }
        if (end > i + 1 && end < text.len && text.ptr[end] == '=') {
            return is_matrix(wv_slice_sub(text, end, text.len)) ? i : text.len;
        }
        i = end - 1;
    }
    return text.len;
}

/* The path as a server reads it. view->map NULL: as it is. */
struct path {
    struct wv_slice text;
    const uint32_t *map;
    size_t done; /* of the value; what follows stays until somebody decides otherwise */
    bool changed;
};

static size_t raw_at(const struct path *path, size_t at)
{
    return path->map == NULL ? at : path->map[at];
}

/* Puts a word in the place of [from, to) of the value. */
static void replace(struct path *path, size_t from, size_t to, struct wv_slice word,
                    struct wv_out *out)
{
    wv_out_keep(out, path->done, from);
    wv_out_put(out, word);
    path->done = to;
    path->changed = true;
}

/* What stands before the last @ of an authority that was taken for a part of the path. */
static size_t userinfo_length(struct wv_slice text)
{
    const uint8_t *at = memrchr(text.ptr, '@', text.len);
    return at == NULL ? 0 : (size_t)(at - text.ptr);
}

/* Replaces what an attack stands beside, and leaves the attack. */
static void put_pieces(const struct segment *segment, struct path *path, struct wv_out *out)
{
    struct wv_piece piece = {0};
    if (segment->authority) {
        piece.to = userinfo_length(segment->text);
        if (piece.to > 0) {
            replace(path, raw_at(path, segment->at), raw_at(path, segment->at + piece.to),
                    WV_LIT("{userinfo}"), out);
        }
    }
    while (wv_piece_next(segment->text, &piece)) {
        replace(path, raw_at(path, segment->at + piece.from), raw_at(path, segment->at + piece.to),
                wv_segment_template(piece.what), out);
    }
}

/* How long the name of a scanner is with which the segment begins; it tells what was going on, and
 * an id may follow ("netsparker-a3f9K27xQ0vW81jz"). */
static size_t scanner_length(struct wv_slice text)
{
    uint32_t hash = WV_AGENT_HASH_EMPTY;
    size_t len = 0;
    while (len < text.len && (wv_is_letter(text.ptr[len]) || wv_is_digit(text.ptr[len]))) {
        hash = wv_agent_hash(hash, wv_lower(text.ptr[len]));
        len++;
    }
    const struct wv_agent_word *word = wv_agent_find(wv_slice_sub(text, 0, len), hash);
    if (word == NULL || word->kind != WV_AGENT_SCANNER) {
        return 0;
    }
    while (len < text.len && (wv_segment_kinds[text.ptr[len]] & WV_BYTE_JOIN) != 0) {
        len++;
    }
    return len;
}

static void put_odd_segment(const struct settings *set, const struct segment *segment,
                            struct path *path, struct wv_out *out)
{
    const struct wv_slice text = segment->text;
    const bool hide = set->words == WORDS_HIDE;
    struct wv_slice extension;
    const enum wv_segment what = wv_segment_of(text, segment->kinds, &extension);
    if (what != WV_SEGMENT_ORDINARY || hide) {
        replace(path, raw_at(path, segment->at), raw_at(path, segment->at + text.len),
                wv_segment_template(what), out);
        wv_out_put(out, extension);
    } else if ((segment->kinds & (WV_BYTE_FOREIGN | WV_BYTE_SPAN)) != 0) {
        put_pieces(segment, path, out);
    }
}

/* Replaces what must not stay of one segment (without its matrix parameters). */
static void put_segment(const struct settings *set, const struct segment *segment,
                        struct path *path, struct wv_out *out)
{
    const struct wv_slice text = segment->text;
    const bool hide = set->words == WORDS_HIDE;
    if (text.len == 0 || wv_slice_eq(text, WV_LIT(".")) || wv_slice_eq(text, WV_LIT("..")) ||
        (!hide && wv_segment_is_ordinary(text, segment->kinds))) {
        return;
    }
    struct segment odd = *segment;
    const size_t known = hide ? 0 : scanner_length(text);
    if (known > 0) {
        odd.text = wv_slice_sub(text, known, text.len);
        odd.kinds = wv_segment_kinds_in(odd.text);
        odd.at += known;
    }
    if (odd.text.len > 0) {
        put_odd_segment(set, &odd, path, out);
    }
}

static void put_segments(const struct settings *set, struct path *path, struct wv_out *out)
{
    const struct wv_slice text = path->text;
    uint32_t count = 0;
    for (size_t from = 0;;) {
        size_t to = from;
        unsigned kinds = 0;
        while (to < text.len && text.ptr[to] != '/') {
            kinds |= wv_segment_kinds[text.ptr[to]];
            to++;
        }
        count += to > from;
        if (count > set->segments_max) {
            replace(path, raw_at(path, from), raw_at(path, text.len), WV_LIT("{more}"), out);
            return;
        }
        size_t end = to;
        if ((kinds & WV_BYTE_FOREIGN) != 0) {
            end = from + matrix_start(wv_slice_sub(text, from, to));
            kinds = end < to ? wv_segment_kinds_in(wv_slice_sub(text, from, end)) : kinds;
        }
        const struct segment segment = {.text = wv_slice_sub(text, from, end),
                                        .kinds = kinds,
                                        .at = from,
                                        .authority = from > 1 && text.ptr[from - 2] == '/'};
        put_segment(set, &segment, path, out);
        if (end < to) {
            replace(path, raw_at(path, end), raw_at(path, to), (struct wv_slice){0}, out);
        }
        if (to == text.len) {
            return;
        }
        from = to + 1;
    }
}

/* The length of the path before a query that should not be there. */
static size_t path_length(struct wv_slice text)
{
    const uint8_t *mark = text.len == 0 ? NULL : memchr(text.ptr, '?', text.len);
    return mark == NULL ? text.len : (size_t)(mark - text.ptr);
}

static bool prepare(void *settings, const struct wv_loading *loading)
{
    (void)settings;
    (void)loading;
    wv_agents_ready();
    return true;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    const size_t len = path_length(value->text);
    struct path path = {.text = wv_slice_sub(value->text, 0, len)};
    struct wv_view view;
    const enum wv_view_verdict verdict =
        wv_view_open(path.text, WV_CODING_PERCENT, context->scratch, &view);
    if (verdict == WV_VIEW_NO_ROOM) {
        return WV_FAILED;
    }
    if (verdict == WV_VIEW_DECODED) {
        wv_view_deepen(&view, WV_CODING_PERCENT);
        path = (struct path){.text = wv_view_slice(&view), .map = view.map};
    }
    put_segments(set, &path, out);
    if (len < value->text.len && set->words == WORDS_HIDE) {
        replace(&path, len, value->text.len, WV_LIT("?{query}"), out);
    }
    if (!path.changed) {
        return WV_HARMLESS;
    }
    wv_out_keep(out, path.done, value->text.len);
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "words",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, words),
     .choices = words_choices,
     .stricter = WV_STRICTER_HIGHER,
     .help = "keep segments that are ordinary words, or hide them but for a file extension"},
    {.name = "segments_max",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, segments_max),
     .min = 1,
     .max = 1024,
     .fallback = 32,
     .stricter = WV_STRICTER_LOWER,
     .help = "how many segments are written; what is behind them becomes {more}"},
};

const struct wv_filter wv_filter_uri_template = {
    .name = "uri_template",
    .summary = "Replaces numbers, ids, tokens, dates and e-mails in a path by what they are",
    .residue = WV_RESIDUE_TEXT,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
