/*
 * ip_truncate — keeps the network part of an address and zeroes the rest.
 *
 * An IPv4 address inside IPv6 is cut as the IPv4 address that it is: 48 bits of a 6to4 address
 * would hold the whole client. More than 64 bits of IPv6 are refused, because the lower half is the
 * machine itself; already a /64 is one household and no anonymisation.
 */
#include "filters/ip_truncate.h"

extern const struct wv_filter wv_filter_ip_truncate;

enum { TEXT_MAX = WV_ADDRESS_TEXT_MAX + 4 }; /* "/128" */

struct settings {
    uint32_t v4_keep;
    uint32_t v6_keep;
    bool networks;
};

bool wv_ip_truncate_keeps(const struct wv_filter *filter, const void *settings, uint32_t *v4_keep,
                          uint32_t *v6_keep)
{
    if (filter != &wv_filter_ip_truncate) {
        return false;
    }
    const struct settings *set = settings;
    *v4_keep = set->v4_keep;
    *v6_keep = set->v6_keep;
    return true;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    struct wv_address address;
    if (wv_value_address(value, &address) != WV_ADDRESS_VALID) {
        return wv_address_is_absent(value->text) ? WV_HARMLESS : WV_FAILED;
    }
    uint8_t mem[TEXT_MAX];
    uint8_t *begin = wv_out_begin(out, mem, sizeof mem);
    struct wv_buf text = wv_buf_of(begin, sizeof mem);
    const struct wv_address cut = wv_address_truncate(&address, set->v4_keep, set->v6_keep);
    text.len = wv_address_format(&cut, begin);
    if (set->networks || context->networks) {
        wv_buf_byte(&text, '/');
        wv_buf_uint(&text, wv_address_keep_bits(&address, set->v4_keep, set->v6_keep));
    }
    wv_out_end(out, mem, begin, text.len);
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "v4_keep",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, v4_keep),
     .max = 32,
     .fallback = 24,
     .stricter = WV_STRICTER_LOWER,
     .unit = "bits",
     .help = "how many leading bits of an IPv4 address stay"},
    {.name = "v6_keep",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, v6_keep),
     .max = 64,
     .fallback = 48,
     .stricter = WV_STRICTER_LOWER,
     .unit = "bits",
     .help = "how many leading bits of an IPv6 address stay; an IPv4 address inside it follows "
             "v4_keep"},
    {.name = "networks",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, networks),
     .stricter = WV_STRICTER_LOWER,
     .help = "write the length of the network behind it (192.0.2.0/24); hides neither more nor "
             "less, so two laws agree on the plain form"},
};

const struct wv_filter wv_filter_ip_truncate = {
    .name = "ip_truncate",
    .summary = "Keeps the network part of an address and zeroes the rest",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
