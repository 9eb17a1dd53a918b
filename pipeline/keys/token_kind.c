/* token_kind.c — kinds of tokens: their names, and how a value of theirs is spelled. */
#include "keys/token.h"

static const char *const kind_names[WV_KIND_COUNT] = {
    [WV_KIND_IP] = "ip",         [WV_KIND_EMAIL] = "email",     [WV_KIND_USER] = "user",
    [WV_KIND_DEVICE] = "device", [WV_KIND_SESSION] = "session", [WV_KIND_PHONE] = "phone",
    [WV_KIND_AGENT] = "agent",   [WV_KIND_TEXT] = "text",
};

const char *wv_kind_name(enum wv_kind kind)
{
    return (size_t)kind < WV_KIND_COUNT ? kind_names[kind] : NULL;
}

enum wv_kind wv_kind_find(struct wv_slice name)
{
    for (unsigned kind = WV_KIND_NONE + 1; kind < WV_KIND_COUNT; kind++) {
        if (wv_slice_eq(name, wv_slice_of(kind_names[kind]))) {
            return (enum wv_kind)kind;
        }
    }
    return WV_KIND_NONE;
}

struct wv_slice wv_canonical_text(enum wv_kind kind, struct wv_slice value, uint8_t *out)
{
    out[0] = 0x53;
    if (value.len > 0) {
        memcpy(out + 1, value.ptr, value.len);
    }
    size_t domain_at = value.len;
    for (size_t i = value.len; kind == WV_KIND_EMAIL && i-- > 0;) {
        if (value.ptr[i] == '@') {
            domain_at = i;
            break;
        }
    }
    for (size_t i = domain_at; i < value.len; i++) {
        out[i + 1] = wv_lower(value.ptr[i]);
    }
    return (struct wv_slice){out, value.len + 1};
}
