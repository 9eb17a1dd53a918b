/*
 * forwarded_for — the way of a request through proxies, hop by hop, with every address cut.
 *
 * Reads the list of X-Forwarded-For and the parameters of Forwarded (RFC 7239). Anybody can write
 * into these headers, so nothing but addresses and words of our own is written: an address of an
 * inner network becomes `internal`, what is no address becomes `invalid`. How many hops there were
 * always stays visible.
 */
#include "base/lanes.h"
#include "filters/placeholder.h"

enum { HOPS_MAX = 64 };

enum hops { HOPS_TRUNCATE = 0, HOPS_COUNT };

struct settings {
    uint32_t hops; /* enum hops */
    uint32_t v4_keep;
    uint32_t v6_keep;
    bool networks;
};

/* What a parameter of Forwarded may be. */
enum parameter { PARAMETER_FOR = 0, PARAMETER_BY, PARAMETER_PROTO, PARAMETER_COUNT };

/* One hop: as it stands in X-Forwarded-For, or the parameters of one element of Forwarded. */
struct hop {
    struct wv_slice values[PARAMETER_COUNT];
    bool present[PARAMETER_COUNT];
};

static struct wv_slice trimmed(struct wv_slice text)
{
    size_t begin = 0;
    size_t end = text.len;
    while (begin < end && (text.ptr[begin] == ' ' || text.ptr[begin] == '\t')) {
        begin++;
    }
    while (end > begin && (text.ptr[end - 1] == ' ' || text.ptr[end - 1] == '\t')) {
        end--;
    }
    return wv_slice_sub(text, begin, end);
}

/* The text up to the separator, which must stand outside of quotes where quotes count. */
static struct wv_slice cut(struct wv_slice *rest, uint8_t separator, bool quotes)
{
    bool quoted = false;
    size_t i = quotes ? 0 : wv_find_byte(*rest, 0, separator);
    while (i < rest->len && (quoted || rest->ptr[i] != separator)) {
        quoted = quoted != (rest->ptr[i] == '"');
        i++;
    }
    const struct wv_slice piece = wv_slice_sub(*rest, 0, i);
    *rest = wv_slice_sub(*rest, i < rest->len ? i + 1 : i, rest->len);
    return trimmed(piece);
}

static void read_parameters(struct wv_slice element, struct hop *hop)
{
    static const char *const names[PARAMETER_COUNT] = {"for", "by", "proto"};
    while (element.len > 0) {
        struct wv_slice value = cut(&element, ';', true);
        const struct wv_slice name = cut(&value, '=', false);
        for (size_t i = 0; i < PARAMETER_COUNT; i++) {
            if (!hop->present[i] && wv_slice_eq_nocase(name, wv_slice_of(names[i]))) {
                hop->present[i] = true;
                hop->values[i] = trimmed(value);
            }
        }
    }
}

/* The next hop; false when there is none left. Empty elements are none (RFC 9110, 5.6.1). */
static bool next_hop(struct wv_slice *rest, bool forwarded, struct hop *hop)
{
    while (rest->len > 0) {
        const struct wv_slice element = cut(rest, ',', forwarded);
        if (element.len == 0) {
            continue;
        }
        if (forwarded) {
            *hop = (struct hop){0};
            read_parameters(element, hop);
        } else {
            hop->values[PARAMETER_FOR] = element;
        }
        return true;
    }
    return false;
}

/* What stays is mostly plain and goes straight into the output. */
static void put_plain(const struct settings *set, const struct wv_address *address,
                      struct wv_out *out)
{
    const struct wv_address network = wv_address_truncate(address, set->v4_keep, set->v6_keep);
    uint8_t mem[WV_ADDRESS_TEXT_MAX];
    uint8_t *begin = wv_out_begin(out, mem, sizeof mem);
    wv_out_end(out, mem, begin, wv_address_format(&network, begin));
}

/* Put together in plain memory and written at once: every piece of its own would be looked at for
 * what must be escaped. */
static void put_network(const struct settings *set, const struct wv_address *address, bool quote,
                        struct wv_out *out)
{
    uint8_t mem[WV_ADDRESS_TEXT_MAX + 16];
    struct wv_buf text = wv_buf_of(mem, sizeof mem);
    const struct wv_address network = wv_address_truncate(address, set->v4_keep, set->v6_keep);
    const bool brackets = quote && address->family == 6;
    const bool quoted = brackets || (quote && set->networks);
    wv_buf_put(&text, quoted ? WV_LIT("\"") : (struct wv_slice){0});
    wv_buf_put(&text, brackets ? WV_LIT("[") : (struct wv_slice){0});
    text.len += wv_address_format(&network, mem + text.len);
    wv_buf_put(&text, brackets ? WV_LIT("]") : (struct wv_slice){0});
    if (set->networks) {
        wv_buf_byte(&text, '/');
        wv_buf_uint(&text, wv_address_keep_bits(address, set->v4_keep, set->v6_keep));
    }
    wv_buf_put(&text, quoted ? WV_LIT("\"") : (struct wv_slice){0});
    wv_out_put(out, (struct wv_slice){mem, text.len});
}

/* quote: the value of a parameter, which needs quotes around everything but a token. */
static void put_node(const struct settings *set, struct wv_slice node, bool quote,
                     struct wv_out *out)
{
    struct wv_address address;
    switch (wv_address_parse(node, &address)) {
    case WV_ADDRESS_ABSENT:
        wv_out_put(out, WV_LIT("unknown"));
        return;
    case WV_ADDRESS_VALID:
        if (wv_address_is_internal(&address)) {
            wv_out_put(out, WV_LIT("internal"));
        } else if (!quote && !set->networks) {
            put_plain(set, &address, out);
        } else {
            put_network(set, &address, quote, out);
        }
        return;
    case WV_ADDRESS_INVALID:
        break;
    }
    wv_out_put(out, WV_LIT("invalid"));
}

/* Whether a protocol was written; another word than these two could be anything. */
static bool put_protocol(struct wv_slice protocol, bool first, struct wv_out *out)
{
    const bool https = wv_slice_eq_nocase(protocol, WV_LIT("https"));
    if (!https && !wv_slice_eq_nocase(protocol, WV_LIT("http"))) {
        return false;
    }
    wv_out_put(out, first ? WV_LIT("proto=") : WV_LIT(";proto="));
    wv_out_put(out, https ? WV_LIT("https") : WV_LIT("http"));
    return true;
}

static void put_element(const struct settings *set, const struct hop *hop, struct wv_out *out)
{
    bool empty = true;
    if (hop->present[PARAMETER_FOR]) {
        wv_out_put(out, WV_LIT("for="));
        put_node(set, hop->values[PARAMETER_FOR], true, out);
        empty = false;
    }
    if (hop->present[PARAMETER_BY]) {
        wv_out_put(out, empty ? WV_LIT("by=") : WV_LIT(";by="));
        put_node(set, hop->values[PARAMETER_BY], true, out);
        empty = false;
    }
    if (hop->present[PARAMETER_PROTO] && put_protocol(hop->values[PARAMETER_PROTO], empty, out)) {
        empty = false;
    }
    wv_out_put(out, empty ? WV_LIT("for=unknown") : (struct wv_slice){0});
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    struct settings here = *(const struct settings *)settings;
    here.networks = here.networks || context->networks;
    const struct settings *set = &here;
    if (wv_address_is_absent(value->text)) {
        return WV_HARMLESS;
    }
    const bool forwarded = wv_slice_eq(value->name, WV_LIT("forwarded")) ||
                           wv_find_byte(value->text, 0, '=') < value->text.len;
    struct wv_slice rest = value->text;
    struct hop hop;
    size_t count = 0;
    while (next_hop(&rest, forwarded, &hop)) {
        if (count == HOPS_MAX) {
            return WV_FAILED;
        }
        count++;
        if (set->hops == HOPS_COUNT) {
            continue;
        }
        if (count > 1) {
            wv_out_put(out, WV_LIT(", "));
        }
        if (forwarded) {
            put_element(set, &hop, out);
        } else {
            put_node(set, hop.values[PARAMETER_FOR], false, out);
        }
    }
    if (count == 0) {
        return WV_FAILED;
    }
    if (set->hops == HOPS_COUNT) {
        uint8_t mem[WV_PLACEHOLDER_MAX];
        wv_out_put(out, wv_placeholder_of_count(context, WV_LIT("HOPS"), count, mem));
    }
    return WV_REPLACED;
}

static const char *const hop_choices[] = {"truncate", "count", NULL};

static const struct wv_option options[] = {
    {.name = "hops",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, hops),
     .fallback = HOPS_TRUNCATE,
     .choices = hop_choices,
     .stricter = WV_STRICTER_HIGHER,
     .help = "truncate the address of every hop, or write only how many there were (~HOPS.2~)"},
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

const struct wv_filter wv_filter_forwarded_for = {
    .name = "forwarded_for",
    .summary = "Cuts every address of X-Forwarded-For or Forwarded, or only counts the hops",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 25,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
