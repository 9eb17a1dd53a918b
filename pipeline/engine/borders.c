/* borders.c — brackets that match, lines, and what lines begin with. */
#include "engine/borders.h"

#include "base/lanes.h"

enum {
    BRACKETS_MAX = 1024, /* inside each other; limits.depth is far below */
    CEF_AHEAD = 256,     /* so far in a line its mark is looked for */
};

uint8_t wv_first_byte(struct wv_slice text)
{
    size_t at = 0;
    while (at < text.len && wv_is_blank_byte(text.ptr[at])) {
        at++;
    }
    return at < text.len ? text.ptr[at] : 0;
}

size_t wv_line_end(struct wv_slice text)
{
    return wv_find_byte(text, 0, '\n');
}

/* Brackets that are open, one bit each: 1 is an object. */
struct brackets {
    uint64_t kinds[BRACKETS_MAX / 64];
    size_t depth;
};

/* False: there are too many, or it is not the one that must close. */
static bool take_bracket(struct brackets *brackets, uint8_t byte)
{
    const bool object = byte == '{' || byte == '}';
    if (byte == '{' || byte == '[') {
        if (brackets->depth == BRACKETS_MAX) {
            return false;
        }
        uint64_t *word = &brackets->kinds[brackets->depth / 64];
        const uint64_t bit = UINT64_C(1) << brackets->depth % 64;
        *word = object ? *word | bit : *word & ~bit;
        brackets->depth++;
        return true;
    }
    brackets->depth--;
    return (brackets->kinds[brackets->depth / 64] >> brackets->depth % 64 & 1) == object;
}

size_t wv_value_length(struct wv_slice text, size_t *looked)
{
    struct brackets brackets = {.depth = 0};
    size_t at = 0;
    for (; at < text.len; at++) {
        const uint8_t byte = text.ptr[at];
        if (byte == '"') {
            for (at++; at < text.len && text.ptr[at] != '"'; at++) {
                if (text.ptr[at] == '\n') {
                    *looked = at;
                    return 0;
                }
                at += text.ptr[at] == '\\';
            }
        } else if (byte == '{' || byte == '[' || byte == '}' || byte == ']') {
            const bool closes = byte == '}' || byte == ']';
            if ((closes && brackets.depth == 0) || !take_bracket(&brackets, byte)) {
                *looked = at;
                return 0;
            }
            if (brackets.depth == 0) {
                *looked = at;
                return at + 1;
            }
        }
    }
    *looked = text.len;
    return 0;
}

bool wv_has_cef_mark(struct wv_slice line)
{
    const struct wv_slice mark = WV_LIT("CEF:");
    const size_t most = line.len < CEF_AHEAD ? line.len : CEF_AHEAD;
    for (size_t at = 0; at + mark.len <= most; at++) {
        if (wv_slice_starts(wv_slice_sub(line, at, line.len), mark)) {
            return true;
        }
    }
    return false;
}

void wv_flatten(uint8_t *text, size_t len)
{
    bool inside = false;
    for (size_t at = 0; at < len; at++) {
        if (text[at] == '\\' && inside) {
            at++;
        } else if (text[at] == '"') {
            inside = !inside;
        } else if (text[at] == '\n' && !inside) {
            text[at] = ' ';
        }
    }
}
