/* placeholder.c — spells what stands in place of what is hidden, and knows its own again. */
#include "filters/placeholder.h"

#include "filters/segment.h"

enum { PLACEHOLDER_MIN = 3 }; /* a detector of the configuration may be called x */

static bool is_mark(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '2' && byte <= '7')) {
            return false;
        }
    }
    return text.len == WV_MARK_LEN;
}

static bool is_our_word(struct wv_slice word, const struct wv_patterns *patterns)
{
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        if (wv_slice_eq(word, wv_slice_of(wv_detector_at(i)->word))) {
            return true;
        }
    }
    for (size_t i = 0; i < WV_PARAMETER_COUNT; i++) {
        if (wv_slice_eq(word, wv_slice_of(wv_parameter_word((enum wv_parameter)i)))) {
            return true;
        }
    }
    for (size_t i = 0; i < WV_SEGMENT_COUNT; i++) {
        if (wv_slice_eq(word, wv_slice_of(wv_segment_word((enum wv_segment)i)))) {
            return true;
        }
    }
    return wv_patterns_have_label(patterns, word);
}

bool wv_placeholder_is(struct wv_slice text, const struct wv_patterns *patterns)
{
    if (text.len < PLACEHOLDER_MIN || text.len > WV_PLACEHOLDER_MAX ||
        (text.ptr[0] != '~' && text.ptr[0] != '_') || text.ptr[text.len - 1] != text.ptr[0]) {
        return false;
    }
    const struct wv_slice inner = wv_slice_sub(text, 1, text.len - 1);
    const uint8_t *point = memchr(inner.ptr, '.', inner.len);
    if (point == NULL) {
        return is_our_word(inner, patterns);
    }
    const size_t at = (size_t)(point - inner.ptr);
    return is_our_word(wv_slice_sub(inner, 0, at), patterns) &&
           is_mark(wv_slice_sub(inner, at + 1, inner.len));
}

static const char *hit_word(const struct wv_hit *hit, const struct wv_patterns *patterns)
{
    if (hit->kind == WV_HIT_PATTERN) {
        return wv_patterns_label(patterns, hit->detail);
    }
    if (hit->kind == WV_HIT_PARAMETER) {
        return wv_parameter_word((enum wv_parameter)hit->detail);
    }
    return hit->kind == WV_HIT_SEGMENT ? wv_segment_word((enum wv_segment)hit->detail)
                                       : wv_detector_at(hit->kind)->word;
}

static uint8_t sign_of(const struct wv_context *context)
{
    return context->writing.underscores ? '_' : '~';
}

static struct wv_buf begin(const struct wv_context *context, struct wv_slice word,
                           uint8_t out[WV_PLACEHOLDER_MAX])
{
    struct wv_buf buf = wv_buf_of(out, WV_PLACEHOLDER_MAX);
    wv_buf_byte(&buf, sign_of(context));
    wv_buf_put(&buf, word);
    return buf;
}

static struct wv_slice end(const struct wv_context *context, struct wv_buf *buf)
{
    wv_buf_byte(buf, sign_of(context));
    wv_ensure(!buf->overflowed);
    return (struct wv_slice){buf->mem, buf->len};
}

struct wv_slice wv_placeholder_of(const struct wv_context *context, struct wv_slice word,
                                  struct wv_slice mark, uint8_t out[WV_PLACEHOLDER_MAX])
{
    struct wv_buf buf = begin(context, word, out);
    if (mark.len > 0) {
        wv_buf_byte(&buf, '.');
        wv_buf_put(&buf, mark.len > WV_MARK_LEN ? wv_slice_sub(mark, 0, WV_MARK_LEN) : mark);
    }
    return end(context, &buf);
}

struct wv_slice wv_placeholder_of_count(const struct wv_context *context, struct wv_slice word,
                                        uint64_t count, uint8_t out[WV_PLACEHOLDER_MAX])
{
    struct wv_buf buf = begin(context, word, out);
    wv_buf_byte(&buf, '.');
    wv_buf_uint(&buf, count);
    return end(context, &buf);
}

struct wv_slice wv_placeholder(const struct wv_context *context, const struct wv_hit *hit,
                               struct wv_slice mark, uint8_t out[WV_PLACEHOLDER_MAX])
{
    return wv_placeholder_of(context, wv_slice_of(hit_word(hit, context->patterns)), mark, out);
}

struct wv_slice wv_placeholder_of_address(const struct wv_context *context,
                                          const struct wv_hit *hit, struct wv_slice value,
                                          uint8_t out[WV_PLACEHOLDER_MAX])
{
    const struct wv_writing *writing = &context->writing;
    const bool known = hit->detail != WV_HIT_NO_NEEDLE;
    struct wv_address address;
    if (writing->networks && wv_address_parse(value, &address) == WV_ADDRESS_VALID) {
        uint8_t mem[WV_ADDRESS_TEXT_MAX];
        const struct wv_address cut =
            wv_address_truncate(&address, writing->v4_keep, writing->v6_keep);
        const size_t len = wv_address_format(&cut, mem);
        if (len <= WV_PLACEHOLDER_MAX) {
            memcpy(out, mem, len);
            return (struct wv_slice){out, len};
        }
    }
    return wv_placeholder(context, hit,
                          known ? context->needles->items[hit->detail].mark : (struct wv_slice){0},
                          out);
}
