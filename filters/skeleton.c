/*
 * skeleton — turns a text into its shape: marks and keywords stay, all that could be data goes.
 *
 * One pass over the deepest view of the text. What stays is kept through the view's map, in the
 * spelling that it has; every other token becomes one letter.
 *
 * Quotes are not to be trusted: an injection closes one that somebody else has opened. So two of
 * them hold a string only if nothing but words and blanks is between them, and no keyword; anything
 * else is read token by token, and the quotes stay as marks. Either way nothing of it is written.
 */
#include "filters/skeleton.h"

#include "filters/lexemes.h"
#include "filters/view.h"

enum {
    DECODINGS = 3, /* as many as a search looks into */
    RUN_MAX = 8,   /* letters in a row that are written: a longer text shows that it is one, and not
                      how many words it has */
};

struct settings {
    uint32_t max;
};

struct walk {
    struct wv_slice text; /* as a decoder reads it */
    const uint32_t *map;  /* to the bytes that spell it; NULL: they are the same */
    bool deeper;          /* it could be decoded once more */
    struct wv_out *out;
    size_t base;    /* where the text begins in out->text */
    size_t kept;    /* what stands between this and the present token stays */
    size_t written; /* bytes, without those */
    size_t max;
    size_t run; /* letters in a row, with only blanks between them */
    bool full;
};

/* ---- Tokens ---------------------------------------------------------------------------------- */

static bool is_quote(uint8_t byte)
{
    return byte == '\'' || byte == '"' || byte == '`';
}

/* Whether words on both sides of it are still one text. A plus stands for a blank in forms; a line
 * break ends the text, because it may be what splits a header. */
static bool joins(uint8_t byte)
{
    return byte == '+' || byte == 0xa0 ||
           (wv_lexeme_is_blank(byte) && byte != '\r' && byte != '\n');
}

/* Whether what stands before the word may make an escape of it: "decode" behind a percent sign is
 * no keyword to whoever decodes once more than we do. */
static bool is_escaped(const struct walk *walk, size_t from)
{
    const uint8_t before = from > 0 ? walk->text.ptr[from - 1] : 0;
    return walk->deeper && (before == '%' || before == '\\' || before == '&');
}

static enum wv_lexeme lexeme_of(const struct walk *walk, size_t from, size_t to)
{
    const enum wv_lexeme lexeme = wv_lexeme_of(walk->text, from, to);
    return lexeme == WV_LEXEME_KEYWORD && is_escaped(walk, from) ? WV_LEXEME_WORD : lexeme;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static size_t spelled_at(const struct walk *walk, size_t at)
{
    return walk->map == NULL ? at : walk->map[at];
}

/* Whether there is room for what is kept up to `to`, and for so many bytes more. */
static bool fits(const struct walk *walk, size_t to, size_t more)
{
    const size_t kept = spelled_at(walk, to) - spelled_at(walk, walk->kept);
    return walk->written + kept + more <= walk->max;
}

/* Writes what is kept up to `to`. */
static void flush(struct walk *walk, size_t to)
{
    const size_t from = spelled_at(walk, walk->kept);
    const size_t end = spelled_at(walk, to);
    wv_out_keep(walk->out, walk->base + from, walk->base + end);
    walk->written += end - from;
    walk->kept = to;
}

/* Writes the letter instead of the bytes [from, to), or neither it nor the blanks before it, when
 * enough of them stand in a row. */
static void replace(struct walk *walk, size_t from, size_t to, struct wv_slice letter)
{
    if (walk->run >= RUN_MAX) {
        walk->kept = to;
        return;
    }
    if (!fits(walk, from, letter.len)) {
        walk->full = true;
        return;
    }
    flush(walk, from);
    wv_out_put(walk->out, letter);
    walk->written += letter.len;
    walk->kept = to;
    walk->run++;
}

/* The functions below write the token at `at` and return where the next one begins; or `at`, when
 * it is full. */

static size_t keep(struct walk *walk, size_t at, size_t to)
{
    walk->run = 0;
    walk->full = !fits(walk, to, 0);
    return walk->full ? at : to;
}

static size_t take_word(struct walk *walk, size_t at)
{
    const size_t to = wv_lexeme_end(walk->text, at);
    const size_t digits = wv_lexeme_digits_end(walk->text, at);
    switch (lexeme_of(walk, at, to)) {
    case WV_LEXEME_KEYWORD:
        return keep(walk, at, to);
    case WV_LEXEME_BOTH:
        if (walk->run < RUN_MAX) {
            replace(walk, at, digits, WV_LIT("N~"));
        } else {
            flush(walk, at); /* the blanks, which part the keyword from the letters */
            walk->kept = digits;
        }
        return walk->full ? at : keep(walk, digits, to);
    case WV_LEXEME_NUMBER:
        replace(walk, at, to, WV_LIT("N"));
        break;
    case WV_LEXEME_WORD:
        replace(walk, at, to, WV_LIT("W"));
        break;
    }
    return walk->full ? at : to;
}

/* A mark or blank. */
static size_t take_mark(struct walk *walk, size_t at)
{
    const size_t run = joins(walk->text.ptr[at]) ? walk->run : 0;
    const size_t next = keep(walk, at, at + 1);
    walk->run = run;
    return next;
}

struct string {
    size_t to;   /* the quote at its end */
    bool number; /* it holds one, and nothing else */
};

/* Whether the quote at `at` begins a string, which may be neither empty nor syntax. */
static bool read_string(const struct walk *walk, size_t at, struct string *out)
{
    const struct wv_slice text = walk->text;
    size_t words = 0;
    size_t i = at + 1;
    enum wv_lexeme lexeme = WV_LEXEME_WORD;
    while (i < text.len && text.ptr[i] != text.ptr[at]) {
        const uint8_t byte = text.ptr[i];
        if (wv_lexeme_in_word(text, i)) {
            const size_t end = wv_lexeme_end(text, i);
            lexeme = lexeme_of(walk, i, end);
            if (lexeme == WV_LEXEME_KEYWORD || lexeme == WV_LEXEME_BOTH) {
                return false;
            }
            words++;
            i = end;
        } else if (joins(byte) || byte == '.' || byte == '@' ||
                   (byte == '-' && text.ptr[i - 1] != '-')) {
            i++;
        } else {
            return false;
        }
    }
    out->to = i;
    out->number = lexeme == WV_LEXEME_NUMBER && wv_lexeme_end(text, at + 1) == i;
    return i < text.len && words > 0;
}

static size_t take_quote(struct walk *walk, size_t at)
{
    struct string string;
    if (!read_string(walk, at, &string)) {
        return take_mark(walk, at);
    }
    if (keep(walk, at, at + 1) == at) {
        return at;
    }
    replace(walk, at + 1, string.to, string.number ? WV_LIT("N") : WV_LIT("S"));
    if (walk->full) {
        return at + 1;
    }
    return keep(walk, string.to, string.to + 1);
}

static void write_shape(struct walk *walk)
{
    size_t at = 0;
    while (at < walk->text.len && !walk->full) {
        if (wv_lexeme_in_word(walk->text, at)) {
            at = take_word(walk, at);
        } else if (is_quote(walk->text.ptr[at])) {
            at = take_quote(walk, at);
        } else {
            at = take_mark(walk, at);
        }
    }
    if (walk->run < RUN_MAX) { /* else only blanks are left, of letters that are not written */
        flush(walk, at);
    }
}

/* ---- Syntax ---------------------------------------------------------------------------------- */

/* Whether an attack stands at `at` that needs no keyword. */
static bool is_telling(struct wv_slice text, size_t at)
{
    static const char *const marks[] = {"../", "..\\", "${", "{{"};
    for (size_t i = 0; i < WV_COUNT(marks); i++) {
        if (wv_slice_starts(wv_slice_sub(text, at, text.len), wv_slice_of(marks[i]))) {
            return true;
        }
    }
    return false;
}

/* Whether the mark at `at` ends, opens or hides something. An apostrophe within a word does not. */
static bool is_sharp(struct wv_slice text, size_t at)
{
    const uint8_t before = at > 0 ? text.ptr[at - 1] : 0;
    switch (text.ptr[at]) {
    case '\'':
        return at == 0 || at + 1 == text.len || !wv_lexeme_in_word(text, at - 1) ||
               !wv_lexeme_in_word(text, at + 1);
    case '-':
        return before == '-';
    case '*':
        return before == '/';
    default:
        return memchr("\"`<>()[]{};|", text.ptr[at], 12) != NULL;
    }
}

static bool has_syntax(struct wv_slice text)
{
    bool sharp = false;
    bool keyword = false;
    for (size_t at = 0; at < text.len;) {
        if (wv_lexeme_in_word(text, at)) {
            const size_t to = wv_lexeme_end(text, at);
            const size_t from =
                wv_lexeme_digits_end(text, at) < to ? wv_lexeme_digits_end(text, at) : at;
            const enum wv_keyword found = wv_lexeme_keyword(text, from, to);
            keyword = keyword || (found != WV_KEYWORD_NONE && found != WV_KEYWORD_HTTP &&
                                  found != WV_KEYWORD_FIREWALL);
            at = to;
            continue;
        }
        if (is_telling(text, at)) {
            return true;
        }
        sharp = sharp || is_sharp(text, at);
        at++;
    }
    return sharp && keyword;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* The deepest view of the text; bytes NULL: nothing is coded. False: there is no room. */
static bool open_view(struct wv_slice text, struct wv_scratch *scratch, struct wv_view *view)
{
    *view = (struct wv_view){0};
    const enum wv_view_verdict verdict = wv_view_open(text, WV_CODING_SHAPES, scratch, view);
    if (verdict == WV_VIEW_DECODED) {
        for (size_t depth = 1; depth < DECODINGS && wv_view_deepen(view, WV_CODING_SHAPES);
             depth++) {
        }
    }
    return verdict != WV_VIEW_NO_ROOM;
}

static enum wv_verdict write_piece(size_t from, size_t to, size_t max, struct wv_context *context,
                                   struct wv_out *out)
{
    const struct wv_slice text = wv_slice_sub(out->text, from, to);
    const size_t mark = context->scratch->used;
    struct wv_view view;
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    if (!open_view(text, context->scratch, &view)) {
        wv_scratch_return(context->scratch, mark);
        return WV_FAILED;
    }
    wv_keywords_ready();
    struct walk walk = {.text = text, .out = out, .base = from, .max = max};
    if (view.bytes != NULL) {
        walk.text = wv_view_slice(&view);
        walk.map = view.map;
        walk.deeper = wv_view_is_coded(walk.text, WV_CODING_SHAPES);
    }
    write_shape(&walk);
    wv_scratch_return(context->scratch, mark);
    return WV_REPLACED;
}

enum wv_verdict wv_skeleton(size_t from, size_t to, struct wv_context *context, struct wv_out *out)
{
    return write_piece(from, to, WV_SKELETON_MAX, context, out);
}

bool wv_skeleton_has_syntax(struct wv_slice text, struct wv_scratch *scratch)
{
    const size_t mark = scratch->used;
    struct wv_view view;
    wv_keywords_ready();
    const bool found = text.len > 0 && open_view(text, scratch, &view) &&
                       has_syntax(view.bytes == NULL ? text : wv_view_slice(&view));
    wv_scratch_return(scratch, mark);
    return found;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    return write_piece(0, value->text.len, set->max, context, out);
}

static const struct wv_option options[] = {
    {.name = "max",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, max),
     .min = 16,
     .max = 65536,
     .fallback = WV_SKELETON_MAX,
     .stricter = WV_STRICTER_LOWER,
     .unit = "bytes",
     .help = "how much of the shape is written; what is behind it is cut off"},
};

const struct wv_filter wv_filter_skeleton = {
    .name = "skeleton",
    .summary =
        "Keeps marks and words of attack languages; writes N, S, W for numbers, strings, words",
    .residue = WV_RESIDUE_CLOSED,
    .leaves_empty = true,
    .rank = 60,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
