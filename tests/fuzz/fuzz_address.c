/*
 * fuzz_address — the C library reads the same addresses, and what we write we read again.
 *
 * Input: the text of an address, with anything around it.
 */
#include "filters/address.h"

#include <arpa/inet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the C library makes of it; 0: nothing, otherwise the family. Only bare addresses. */
static int ask_libc(struct wv_slice text, uint8_t bytes[16])
{
    char copy[64];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, 0, text.len) != NULL) {
        return 0;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, copy, bytes) == 1 ? 6 : 0;
}

/* Without what may stand around an address: blanks, quotes, brackets, zone, port. */
static struct wv_slice cleaned(struct wv_slice text)
{
    while (text.len > 0 && memchr(" \t\"", text.ptr[0], 3) != NULL) {
        text = wv_slice_sub(text, 1, text.len);
    }
    while (text.len > 0 && memchr(" \t\"", text.ptr[text.len - 1], 3) != NULL) {
        text = wv_slice_sub(text, 0, text.len - 1);
    }
    if (text.len > 0 && text.ptr[0] == '[') {
        const uint8_t *close = memchr(text.ptr, ']', text.len);
        wv_ensure(close != NULL);
        text = wv_slice_sub(text, 1, (size_t)(close - text.ptr));
    }
    const uint8_t *zone = text.len == 0 ? NULL : memchr(text.ptr, '%', text.len);
    return zone == NULL ? text : wv_slice_sub(text, 0, (size_t)(zone - text.ptr));
}

static struct wv_slice without_port(struct wv_slice text)
{
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);
    return colon == NULL ? text : wv_slice_sub(text, 0, (size_t)(colon - text.ptr));
}

static void check_equal(const struct wv_address *ours, int family, const uint8_t bytes[16])
{
    const size_t width = ours->family == 4 ? 4 : 16;
    const size_t all = family == 4 ? 4 : 16;
    wv_ensure(family != 0);
    wv_ensure(width <= all);
    wv_ensure(memcmp(ours->bytes, bytes + all - width, width) == 0);
}

static void check_written(const struct wv_address *address)
{
    uint8_t text[WV_ADDRESS_TEXT_MAX];
    const size_t len = wv_address_format(address, text);
    wv_ensure(len <= sizeof text);
    struct wv_address again;
    const struct wv_slice written = {text, len};
    wv_ensure(wv_address_parse(written, &again) == WV_ADDRESS_VALID);
    wv_ensure(wv_address_eq(address, &again));
    struct wv_address begun;
    const size_t prefix = wv_address_prefix(written, &begun);
    wv_ensure(wv_slice_eq(written, WV_LIT("::")) ||
              (prefix == len && wv_address_eq(address, &begun)));
}

/* Cutting keeps the first bits, zeroes the others and changes nothing when done again. */
static void check_truncated(const struct wv_address *address)
{
    for (uint32_t v4 = 0; v4 <= 32; v4 += 8) {
        const uint32_t bits = wv_address_keep_bits(address, v4, 2 * v4);
        const struct wv_address cut = wv_address_truncate(address, v4, 2 * v4);
        const size_t width = address->family == 4 ? 32 : 128;
        for (uint32_t i = 0; i < width; i++) {
            const unsigned mask = 0x80u >> (i % 8);
            const unsigned want = i < bits ? address->bytes[i / 8] & mask : 0;
            wv_ensure((cut.bytes[i / 8] & mask) == want);
        }
        const struct wv_address twice = wv_address_truncate(&cut, v4, 2 * v4);
        wv_ensure(wv_address_eq(&cut, &twice));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wv_slice text = {data, size};
    uint8_t bytes[16];
    struct wv_address address;
    const enum wv_address_verdict verdict = wv_address_parse(text, &address);
    const int bare = ask_libc(text, bytes);
    wv_ensure(bare == 0 || verdict == WV_ADDRESS_VALID);
    if (verdict == WV_ADDRESS_VALID) {
        const struct wv_slice inner = cleaned(text);
        int family = ask_libc(inner, bytes);
        family = family != 0 ? family : ask_libc(without_port(inner), bytes);
        check_equal(&address, family, bytes);
        check_written(&address);
        check_truncated(&address);
    }

    struct wv_address begun;
    const size_t len = size == 0 ? 0 : wv_address_prefix(text, &begun);
    wv_ensure(len <= size);
    if (len > 0) {
        check_equal(&begun, ask_libc(wv_slice_sub(text, 0, len), bytes), bytes);
    }
    return 0;
}
