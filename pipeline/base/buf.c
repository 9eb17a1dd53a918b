/* buf.c — bounded appending with a sticky overflow flag. */
#include "base/buf.h"

void wv_copy_long(uint8_t *to, const uint8_t *from, size_t count)
{
    memcpy(to, from, count);
}

void wv_buf_uint(struct wv_buf *buf, uint64_t number)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    wv_buf_put(buf, (struct wv_slice){digits + at, sizeof digits - at});
}

void wv_buf_rewind(struct wv_buf *buf, size_t len)
{
    wv_ensure(len <= buf->len);
    buf->len = len;
}

void wv_buf_reset(struct wv_buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
}

bool wv_buf_take(const struct wv_buf *buf, struct wv_slice *out)
{
    if (buf->overflowed) {
        *out = (struct wv_slice){0};
        return false;
    }
    *out = (struct wv_slice){buf->mem, buf->len};
    return true;
}
