/* out.c — kept stretches in raw spelling, new text escaped. */
#include "base/out.h"

void wv_out_put(struct wv_out *out, struct wv_slice text)
{
    if (out->escape != NULL) {
        out->escape(out->buf, text);
    } else {
        wv_buf_put(out->buf, text);
    }
}

void wv_out_keep(struct wv_out *out, size_t from, size_t to)
{
    wv_ensure(from <= to && to <= out->text.len);
    if (from == to) {
        return;
    }
    if (out->raw.ptr == NULL) {
        wv_out_put(out, wv_slice_sub(out->text, from, to));
    } else if (out->map != NULL) {
        wv_buf_put(out->buf, wv_slice_sub(out->raw, out->map[from], out->map[to]));
    } else {
        wv_buf_put(out->buf, wv_slice_sub(out->raw, from, to));
    }
}
