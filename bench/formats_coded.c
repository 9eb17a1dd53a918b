/*
 * formats_coded — opens base64 in strings, varies what is in it, and writes it again.
 */
#include "bench/formats_coded.h"

#include "base/base64.h"

#include <stdlib.h>

/* Shorter texts are none in which a record would fit. */
enum { CODED_MIN = 64 };

struct coder *coder_new(void)
{
    struct coder *coder = calloc(1, sizeof *coder);
    if (coder == NULL) {
        return NULL;
    }
    coder->expander = wv_expander_new(CODED_MAX);
    coder->compressor = wv_compressor_new();
    if (coder->expander == NULL || coder->compressor == NULL) {
        coder_free(coder);
        return NULL;
    }
    return coder;
}

void coder_free(struct coder *coder)
{
    if (coder != NULL) {
        wv_expander_free(coder->expander);
        wv_compressor_free(coder->compressor);
        wv_room_fini(&coder->opened);
        wv_room_fini(&coder->packed);
        free(coder);
    }
}

static bool is_base64(uint8_t byte)
{
    return (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z') || (byte >= '0' && byte <= '9') ||
           strchr("+/-_=", byte) != NULL;
}

/* The whole string that begins at `from` or behind it and is base64; empty: there is none. */
static struct wv_slice find_coded(struct wv_slice text, size_t from)
{
    for (size_t at = from + 1; at < text.len; at++) {
        if (text.ptr[at - 1] != '"') {
            continue;
        }
        size_t end = at;
        while (end < text.len && text.ptr[end] != 0 && is_base64(text.ptr[end])) {
            end++;
        }
        if (end < text.len && text.ptr[end] == '"' && end - at >= CODED_MIN &&
            end - at <= CODED_MAX) {
            return wv_slice_sub(text, at, end);
        }
    }
    return (struct wv_slice){text.ptr + text.len, 0};
}

static bool is_text(struct wv_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] < ' ' && strchr("\t\r\n", bytes.ptr[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* What is in the base64, without its packing. False: nothing that can be varied. */
static bool open_coded(struct coder *coder, struct wv_slice coded, enum wv_packing *packing,
                       struct wv_slice *inside)
{
    size_t len;
    if (!wv_base64_decode(coded, coder->decoded, &len)) {
        return false;
    }
    *inside = (struct wv_slice){coder->decoded, len};
    *packing = wv_packing_of(*inside);
    if (*packing != WV_PACKING_NONE) {
        if (wv_expand(coder->expander, *packing, *inside, &coder->opened) != WV_EXPAND_DONE) {
            return false;
        }
        *inside = wv_room_bytes(&coder->opened);
    }
    return is_text(*inside);
}

/* In the alphabet, and with the padding, of the one that was opened. */
static void put_coded(struct wv_buf *out, struct wv_slice like, struct wv_slice bytes)
{
    const size_t from = out->len;
    wv_base64_encode(out, bytes);
    if (out->overflowed) {
        return;
    }
    const bool url =
        memchr(like.ptr, '-', like.len) != NULL || memchr(like.ptr, '_', like.len) != NULL;
    for (size_t i = from; url && i < out->len; i++) {
        out->mem[i] = out->mem[i] == '+' ? '-' : out->mem[i] == '/' ? '_' : out->mem[i];
    }
    while (like.len % 4 != 0 && out->mem[out->len - 1] == '=') {
        wv_buf_rewind(out, out->len - 1);
    }
}

static void vary_coded(struct coder *coder, const struct vary *vary, struct wv_slice coded,
                       const struct vary_draw *draw, struct wv_buf *out)
{
    struct wv_slice bytes;
    enum wv_packing packing;
    struct wv_buf buf = wv_buf_of(coder->varied, sizeof coder->varied);
    if (!open_coded(coder, coded, &packing, &bytes)) {
        vary_text(vary, coded, draw, out);
        return;
    }
    vary_text(vary, bytes, draw, &buf);
    wv_ensure(wv_buf_take(&buf, &bytes));
    if (packing != WV_PACKING_NONE) {
        wv_ensure(wv_compress(coder->compressor, packing, bytes, &coder->packed) ==
                  WV_COMPRESS_DONE);
        bytes = wv_room_bytes(&coder->packed);
    }
    put_coded(out, coded, bytes);
}

void coder_vary(struct coder *coder, const struct vary *vary, struct wv_slice sample,
                const struct vary_draw *draw, struct wv_buf *out)
{
    for (size_t at = 0; at < sample.len;) {
        const struct wv_slice coded = find_coded(sample, at);
        const size_t from = (size_t)(coded.ptr - sample.ptr);
        vary_text(vary, wv_slice_sub(sample, at, from), draw, out);
        if (coded.len > 0) {
            vary_coded(coder, vary, coded, draw, out);
        }
        at = from + coded.len;
    }
}

bool coder_learn(struct coder *coder, struct vary *vary, struct wv_slice sample)
{
    bool good = vary_learn(vary, sample);
    for (size_t at = 0; good && at < sample.len;) {
        const struct wv_slice coded = find_coded(sample, at);
        struct wv_slice inside;
        enum wv_packing packing;
        if (coded.len > 0 && open_coded(coder, coded, &packing, &inside)) {
            good = vary_learn(vary, inside);
        }
        at = (size_t)(coded.ptr - sample.ptr) + coded.len;
    }
    return good;
}
