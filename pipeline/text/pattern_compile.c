/* pattern_compile.c — makes a pattern ready to read lines with. */
#include "text/pattern_pieces.h"

/* One step through a pattern's text: a stretch as it stands, then a name. */
struct step {
    size_t text_end; /* where the stretch ends and '$' stands */
    struct wv_slice name;
    size_t end; /* behind the name */
};

static bool is_name_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* False when no name stands behind the '$' at step->text_end. */
static bool read_name(struct wv_slice text, struct step *step)
{
    size_t at = step->text_end + 1;
    if (at < text.len && text.ptr[at] == '*') {
        step->name = wv_slice_sub(text, at, at + 1);
        step->end = at + 1;
        return true;
    }
    const bool braces = at < text.len && text.ptr[at] == '{';
    at += braces;
    const size_t from = at;
    while (at < text.len && is_name_byte(text.ptr[at])) {
        at++;
    }
    if (at == from || (braces && (at == text.len || text.ptr[at] != '}'))) {
        return false;
    }
    step->name = wv_slice_sub(text, from, at);
    step->end = at + braces;
    return true;
}

/* The step from `at`; its name is empty when only text is left. False, with *error_at, when it
 * cannot be read. A backslash would be taken for an escape of the value in front of it. */
static bool read_step(struct wv_slice text, size_t at, struct step *step, size_t *error_at)
{
    *step = (struct step){.text_end = at, .end = text.len};
    while (step->text_end < text.len && text.ptr[step->text_end] != '$') {
        if (text.ptr[step->text_end] == '\\') {
            *error_at = step->text_end;
            return false;
        }
        step->text_end++;
    }
    if (step->text_end < text.len && !read_name(text, step)) {
        *error_at = step->text_end;
        return false;
    }
    return true;
}

static size_t count_quotes(struct wv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '"';
    }
    return count;
}

/* Whether names and quotes stand as they must. Sets *count to how many names there are. */
static bool check(struct wv_slice text, size_t *count, size_t *error_at)
{
    size_t quotes = 0;
    struct step step;
    *count = 0;
    for (size_t at = 0; at < text.len; at = step.end) {
        if (!read_step(text, at, &step, error_at)) {
            return false;
        }
        const struct wv_slice between = wv_slice_sub(text, at, step.text_end);
        quotes += count_quotes(between);
        if (step.name.len == 0) {
            break;
        }
        const bool rest = step.name.ptr[0] == '*';
        if ((*count > 0 && between.len == 0) ||
            (rest && (*count == 0 || step.end < text.len || quotes % 2 == 1))) {
            *error_at = step.text_end;
            return false;
        }
        *count += 1;
    }
    *error_at = text.len;
    return *count > 0 && quotes % 2 == 0;
}

static uint8_t first_byte(struct wv_slice text)
{
    return text.len > 0 ? text.ptr[0] : 0;
}

static uint8_t last_byte(struct wv_slice text)
{
    return text.len > 0 ? text.ptr[text.len - 1] : 0;
}

static enum wv_piece_kind kind_of(const struct wv_piece *piece)
{
    if (piece->name.ptr[0] == '*') {
        return WV_PIECE_REST;
    }
    if (last_byte(piece->before) == '"' && first_byte(piece->behind) == '"') {
        return WV_PIECE_QUOTED;
    }
    return last_byte(piece->before) == '[' && first_byte(piece->behind) == ']' ? WV_PIECE_BRACKET
                                                                               : WV_PIECE_BARE;
}

/* The rest takes the blank in front of it, so that it can go with it. */
static void split_rest(struct wv_piece *piece, struct wv_piece *rest)
{
    size_t len = rest->before.len;
    while (len > 0 && rest->before.ptr[len - 1] == ' ') {
        len--;
    }
    piece->behind = wv_slice_sub(rest->before, 0, len);
    piece->rest = true;
    rest->before = len < rest->before.len ? WV_LIT(" ") : (struct wv_slice){0};
}

/* Whether a blank stands beside the name, not counting what quotes keep apart from it. */
static bool has_blank_beside(const struct wv_piece *piece)
{
    size_t from = piece->before.len;
    while (from > 0 && piece->before.ptr[from - 1] != '"') {
        from--;
    }
    size_t to = 0;
    while (to < piece->behind.len && piece->behind.ptr[to] != '"') {
        to++;
    }
    return wv_has_byte(wv_slice_sub(piece->before, from, piece->before.len), ' ') ||
           wv_has_byte(wv_slice_sub(piece->behind, 0, to), ' ');
}

/* What is told from a piece and its neighbours, whose kinds are known. */
static void settle_piece(struct wv_pattern *pattern, size_t i)
{
    struct wv_piece *piece = &pattern->pieces[i];
    const bool more = i + 1 < pattern->count && !piece->rest;
    const bool bracket = more && piece[1].kind == WV_PIECE_BRACKET;
    /* Behind a quote, or in front, a blank means a column that the pattern does not know. */
    const bool name = bracket && i > 0 && !wv_has_byte(piece->before, '"');
    const bool colon = more && wv_slice_eq(piece->behind, WV_LIT(":"));
    piece->last_end = bracket || colon;
    /* An address is one word with its port. */
    piece->blanks = piece->kind != WV_PIECE_BARE || name ||
                    (!has_blank_beside(piece) && !(colon && has_blank_beside(piece + 1)));
}

static void settle_pieces(struct wv_pattern *pattern)
{
    struct wv_piece *const last = &pattern->pieces[pattern->count - 1];
    if (last->name.ptr[0] == '*') {
        split_rest(last - 1, last);
    }
    for (size_t i = 0; i < pattern->count; i++) {
        pattern->pieces[i].kind = kind_of(&pattern->pieces[i]);
    }
    for (size_t i = 0; i < pattern->count; i++) {
        settle_piece(pattern, i);
    }
}

const struct wv_pattern *wv_pattern_compile(struct wv_slice text, struct wv_arena *arena,
                                            size_t *error_at)
{
    size_t count;
    if (!check(text, &count, error_at)) {
        return NULL;
    }
    *error_at = SIZE_MAX;
    struct wv_pattern *pattern = WV_ARENA_NEW(arena, struct wv_pattern);
    struct wv_piece *pieces = WV_ARENA_ARRAY(arena, count, struct wv_piece);
    const struct wv_slice copy = wv_arena_copy(arena, text);
    if (pattern == NULL || pieces == NULL || copy.ptr == NULL) {
        return NULL;
    }
    size_t at = 0;
    for (size_t i = 0; i <= count; i++) {
        struct step step;
        wv_ensure(read_step(copy, at, &step, error_at));
        const struct wv_slice between = wv_slice_sub(copy, at, step.text_end);
        if (i > 0) {
            pieces[i - 1].behind = between;
        }
        if (i < count) {
            pieces[i].before = between;
            pieces[i].name = step.name;
        }
        at = step.end;
    }
    *pattern = (struct wv_pattern){pieces, count};
    settle_pieces(pattern);
    *error_at = 0;
    return pattern;
}

size_t wv_pattern_count(const struct wv_pattern *pattern)
{
    return pattern->count;
}

struct wv_slice wv_pattern_name(const struct wv_pattern *pattern, size_t column)
{
    wv_ensure(column < pattern->count);
    return pattern->pieces[column].name;
}
