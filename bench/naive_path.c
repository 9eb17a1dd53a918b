/*
 * naive_path.c — the route of a path: one anchored pattern after another over each segment.
 */
#include "bench/naive.h"

#include <math.h>

enum { SEGMENTS_MAX = 32, ENTROPY_WINDOW = 64 };

static const struct {
    const char *pattern;
    const char *word;
} shapes[] = {
    {"^[+-]?[0-9]+$", "{int}"},
    {"^(?:[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{4}([._])[0-9]{2}\\1[0-9]{2}|"
     "[0-9]{2}([.-])[0-9]{2}\\2[0-9]{4})(?:$|[T ])",
     "{date}"},
    {"^(?:(\\{)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?(1)\\})|[0-9A-Fa-f]{16,}|"
     "(?=.*[0-9])[0-7](?i:[0-9A-HJKMNP-TV-Z]{25}))$",
     "{id}"},
    {"", "{ip}"},    /* by inet_pton() */
    {"", "{email}"}, /* by the pattern for text */
    {"^[.+_ ()-]*(?:[0-9][.+_ ()-]*){7,}$", "{int}"},
};

/* What a machine may have drawn; whether it did is decided by its entropy. */
static const char *const tokens[] = {
    /* a piece between separators that is no word: letters behind digits, or many digits */
    "^(?=[\\w.~=:+-]{20,}$)(?=.*(?:[0-9]+[A-Za-z]|[0-9]{5}))",
    "^(?=[\\w.~=:+-]{10,19}$)(?=.*(?:[0-9]+[A-Za-z]|[0-9]{5}))",
    "^(?=.*[A-Z])[A-Za-z0-9]{20,}$",
};

enum {
    ADDRESS = 3, /* of shapes */
    EMAIL,
    SHAPES = WV_COUNT(shapes),
    LONG = SHAPES,
    SHORT,
    LETTERS,
    ALL_SHAPES = SHAPES + WV_COUNT(tokens),
};

_Static_assert((int)ALL_SHAPES <= (int)NAIVE_SHAPES_MAX, "a pattern for each shape");

static const char extension_text[] =
    "(?i)\\.(?:php|aspx?|jspx?|do|cgi|pl|py|rb|html?|m?js|css|json|xml|txt|csv|pdf|png|jpe?g|gif|"
    "webp|svg|ico|woff|ttf|map|zip|gz|sql|bak|env|ini|log|yml|exe|sh)$";

void naive_path_open(struct naive *naive)
{
    for (size_t i = 0; i < ALL_SHAPES; i++) {
        naive->shapes[i] = naive_compile(i < SHAPES ? shapes[i].pattern : tokens[i - SHAPES]);
    }
    naive->extension = naive_compile(extension_text);
    naive->matrix = naive_compile(";[\\w.-]+=");
}

void naive_path_close(struct naive *naive)
{
    for (size_t i = 0; i < ALL_SHAPES; i++) {
        pcre2_code_free(naive->shapes[i]);
    }
    pcre2_code_free(naive->extension);
    pcre2_code_free(naive->matrix);
}

/* Bits a byte, by Shannon's measure. */
static double entropy(struct wv_slice text)
{
    const size_t count = text.len < ENTROPY_WINDOW ? text.len : ENTROPY_WINDOW;
    unsigned seen[256] = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        seen[text.ptr[i]]++;
    }
    for (size_t i = 0; i < WV_COUNT(seen); i++) {
        if (seen[i] > 0) {
            const double share = (double)seen[i] / (double)count;
            sum -= share * log2(share);
        }
    }
    return sum;
}

/* "getUserAccountInformation" is a word, "kJHgTrWqLmNbVcXzAsDf" is none. */
static bool is_camel(struct wv_slice text)
{
    size_t upper = 0;
    size_t lower = 0;
    for (size_t i = 0; i < text.len; i++) {
        upper += text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
        lower += text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
    }
    return lower > 0 && upper * 3 <= lower;
}

static bool is_token(struct naive *naive, struct wv_slice text)
{
    return naive_matches(naive, naive->shapes[LONG], text) ||
           (naive_matches(naive, naive->shapes[SHORT], text) && entropy(text) > 3.5) ||
           (naive_matches(naive, naive->shapes[LETTERS], text) && !is_camel(text));
}

static bool is_email(struct naive *naive, struct wv_slice text)
{
    const PCRE2_SIZE *at = naive_find(naive, naive->texts[0], text, 0);
    return at != NULL && at[0] == 0 && at[1] == text.len;
}

static bool has_shape(struct naive *naive, size_t shape, struct wv_slice text)
{
    struct naive_address address;
    switch (shape) {
    case ADDRESS:
        return naive_address_node(naive, text, &address);
    case EMAIL:
        return is_email(naive, text);
    default:
        return naive_matches(naive, naive->shapes[shape], text);
    }
}

/* What stands for a segment; NULL: it is a word. */
static const char *shape_of(struct naive *naive, struct wv_slice text)
{
    for (size_t i = 0; text.len > 0 && i < SHAPES; i++) {
        if (has_shape(naive, i, text)) {
            return shapes[i].word;
        }
    }
    return is_token(naive, text) ? "{token}" : NULL;
}

/* The path as a server reads it. */
struct path {
    struct wv_slice value;
    struct wv_slice text;
    const uint32_t *map; /* NULL: text is the value */
    size_t done;         /* of the value */
};

static void replace(struct path *path, size_t from, size_t to, const char *word, struct wv_buf *out)
{
    from = path->map == NULL ? from : path->map[from];
    to = path->map == NULL ? to : path->map[to];
    wv_buf_put(out, wv_slice_sub(path->value, path->done, from));
    wv_buf_put(out, wv_slice_of(word));
    path->done = to;
}

static void put_segment(struct naive *naive, struct path *path, size_t from, size_t to,
                        struct wv_buf *out)
{
    const struct wv_slice whole = wv_slice_sub(path->text, from, to);
    const PCRE2_SIZE *at = naive_find(naive, naive->matrix, whole, 0);
    const size_t end = at == NULL ? to : from + at[0];
    const struct wv_slice text = wv_slice_sub(path->text, from, end);
    at = naive_find(naive, naive->extension, text, 0);
    const size_t point = at == NULL ? 0 : at[0];
    const char *word = NULL;
    if (point > 0) {
        word = shape_of(naive, wv_slice_sub(text, 0, point));
    }
    if (word != NULL) {
        replace(path, from, from + point, word, out);
    } else if ((word = shape_of(naive, text)) != NULL) {
        replace(path, from, end, word, out);
    }
    if (end < to) {
        replace(path, end, to, "", out);
    }
}

enum wv_verdict naive_path(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    struct wv_buf draft = wv_buf_of(naive->draft, sizeof naive->draft);
    const uint8_t *mark = text.len == 0 ? NULL : memchr(text.ptr, '?', text.len);
    struct path path = {.value = text};
    if (text.len > TREE_TEXT_MAX) {
        return WV_FAILED;
    }
    path.text = wv_slice_sub(text, 0, mark == NULL ? text.len : (size_t)(mark - text.ptr));
    for (size_t layer = 0; layer < 2; layer++) {
        if (path.text.len == 0 || !naive_decode(naive, path.text, path.map, layer, &path.text)) {
            break;
        }
        path.map = naive->maps[layer];
    }
    size_t count = 0;
    for (size_t from = 0; from < path.text.len;) {
        const uint8_t *slash = memchr(path.text.ptr + from, '/', path.text.len - from);
        const size_t to = slash == NULL ? path.text.len : (size_t)(slash - path.text.ptr);
        if (to > from && ++count > SEGMENTS_MAX) {
            replace(&path, from, path.text.len, "{more}", &draft);
            break;
        }
        if (to > from) {
            put_segment(naive, &path, from, to, &draft);
        }
        from = to + 1;
    }
    wv_buf_put(&draft, wv_slice_sub(text, path.done, text.len));
    if (draft.overflowed) {
        return WV_FAILED;
    }
    const struct wv_slice route = {draft.mem, draft.len};
    if (naive_scrub(naive, route, out) == WV_HARMLESS) {
        wv_buf_put(out, route);
    }
    return naive->overflowed ? WV_FAILED : WV_REPLACED;
}
