/*
 * naive_address.c — addresses by inet_pton(), cut and written by inet_ntop(); lists of hops.
 */
#include "bench/naive.h"

#include <arpa/inet.h>

enum { V4_KEEP = 24, V6_KEEP = 48, HOPS_MAX = 64 };

/* The address in a value, with brackets, quotes, a zone or a port around it. */
static const char node_text[] =
    "^[ \\t\"]*(?|\\[([0-9A-Fa-f:.]+)(?:%[^\\]]*)?\\](?::[0-9]{1,5})?|([0-9.]+)(?::[0-9]{1,5})?|"
    "([0-9A-Fa-f:.]+)(?:%\\S*)?)[ \\t\"]*$";

/* One parameter of an element of Forwarded. */
static const char forwarded_text[] =
    "(?i)(?:^|;)[ \\t]*(for|by|proto)[ \\t]*=[ \\t]*(\"[^\"]*\"|[^;]*)";

void naive_address_open(struct naive *naive)
{
    naive->node = naive_compile(node_text);
    naive->forwarded = naive_compile(forwarded_text);
}

void naive_address_close(struct naive *naive)
{
    pcre2_code_free(naive->node);
    pcre2_code_free(naive->forwarded);
}

bool naive_address_read(struct wv_slice text, struct naive_address *out)
{
    static const uint8_t zeros[12];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    out->len = 4;
    if (inet_pton(AF_INET, copy, out->bytes) == 1) {
        return true;
    }
    out->len = 0;
    if (memchr(copy, ':', text.len) == NULL || inet_pton(AF_INET6, copy, out->bytes) != 1) {
        return false;
    }
    const bool low = memcmp(out->bytes + 12, "\0\0\0", 3) == 0 && out->bytes[15] <= 1;
    if (memcmp(out->bytes, mapped, 12) == 0 || (memcmp(out->bytes, zeros, 12) == 0 && !low)) {
        memmove(out->bytes, out->bytes + 12, 4);
        out->len = 4;
        return true;
    }
    out->len = 16;
    return true;
}

/* How many bits stay: of an IPv4 address inside IPv6 not more than of one alone. */
static size_t kept_bits(const struct naive_address *address)
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    const uint8_t *bytes = address->bytes;
    if (address->len == 4) {
        return V4_KEEP;
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
        return 16 + V4_KEEP;
    }
    if (memcmp(bytes, "\x20\x01\0\0", 4) == 0) {
        return 32;
    }
    return memcmp(bytes, nat64, sizeof nat64) == 0 ? 96 + V4_KEEP : V6_KEEP;
}

void naive_address_put(const struct naive_address *address, struct wv_buf *out)
{
    struct naive_address cut = *address;
    char text[INET6_ADDRSTRLEN];
    const size_t keep = kept_bits(address) / 8;
    memset(cut.bytes + keep, 0, cut.len - keep);
    inet_ntop(cut.len == 4 ? AF_INET : AF_INET6, cut.bytes, text, sizeof text);
    wv_buf_put(out, wv_slice_of(text));
}

const struct naive_known *naive_address_known(const struct naive *naive,
                                              const struct naive_address *address)
{
    for (size_t i = 0; i < naive->known_count; i++) {
        const struct naive_address *known = &naive->known[i].address;
        if (known->len == address->len && memcmp(known->bytes, address->bytes, known->len) == 0) {
            return &naive->known[i];
        }
    }
    return NULL;
}

bool naive_address_node(struct naive *naive, struct wv_slice text, struct naive_address *out)
{
    const PCRE2_SIZE *at = naive_find(naive, naive->node, text, 0);
    return at != NULL && naive_address_read(wv_slice_sub(text, at[2], at[3]), out);
}

/* The client's addresses are told apart elsewhere by the first letters of their tokens. */
static void learn(struct naive *naive, bool client, const struct naive_address *address)
{
    struct naive_known *known = NULL;
    for (size_t i = 0; i < naive->known_count && known == NULL; i++) {
        const struct naive_address *one = &naive->known[i].address;
        const bool same =
            one->len == address->len && memcmp(one->bytes, address->bytes, one->len) == 0;
        known = same ? &naive->known[i] : NULL;
    }
    if (known == NULL && naive->known_count == NAIVE_ADDRESSES_MAX) {
        return;
    }
    if (known == NULL) {
        known = &naive->known[naive->known_count++];
        known->address = *address;
        known->client = false;
        known->token_len = 0;
        snprintf(known->word, sizeof known->word, "~IP~");
    }
    if (client && !known->client) {
        uint8_t canonical[17] = {address->len == 4 ? 4 : 6};
        memcpy(canonical + 1, address->bytes, address->len);
        known->client = true;
        known->token_len =
            naive_token(naive, tree_rule(&naive->tree, WV_CLASS_CLIENT_IP),
                        (struct wv_slice){canonical, 1 + address->len}, known->token);
        const char *point = memchr(known->token, '.', known->token_len);
        snprintf(known->word, sizeof known->word, "~IP.%.8s~", point + 1);
    }
}

void naive_address_learn(struct naive *naive, enum wv_class class, struct wv_slice text)
{
    struct naive_address address;
    if (class == WV_CLASS_CLIENT_IP) {
        if (naive_address_node(naive, text, &address)) {
            learn(naive, true, &address);
        }
        return;
    }
    for (size_t from = 0; from < text.len;) {
        size_t to = from;
        while (to < text.len && memchr(",;= \t", text.ptr[to], 5) == NULL) {
            to++;
        }
        if (naive_address_node(naive, wv_slice_sub(text, from, to), &address)) {
            learn(naive, false, &address);
        }
        from = to + 1;
    }
}

enum wv_verdict naive_client(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    struct naive_address address;
    if (text.len == 0 || wv_slice_eq(text, WV_LIT("unknown"))) {
        return WV_HARMLESS;
    }
    if (!naive_address_node(naive, text, &address)) {
        return WV_FAILED;
    }
    naive_address_put(&address, out);
    return WV_REPLACED;
}

static bool is_internal(const struct naive_address *address)
{
    static const uint8_t loopback[16] = {[15] = 1};
    const uint8_t *b = address->bytes;
    if (address->len == 4) {
        return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
               (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
               (b[0] == 100 && (b[1] & 0xc0) == 64);
    }
    return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
           memcmp(b, loopback, sizeof loopback) == 0;
}

static struct wv_slice trimmed(struct wv_slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text = wv_slice_sub(text, 1, text.len);
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static void put_hop(struct naive *naive, struct wv_slice text, bool quote, struct wv_buf *out)
{
    struct naive_address address;
    if (text.len == 0 || wv_slice_eq(text, WV_LIT("-")) ||
        wv_slice_eq_nocase(text, WV_LIT("unknown"))) {
        wv_buf_put(out, WV_LIT("unknown"));
    } else if (!naive_address_node(naive, text, &address)) {
        wv_buf_put(out, WV_LIT("invalid"));
    } else if (is_internal(&address)) {
        wv_buf_put(out, WV_LIT("internal"));
    } else {
        const bool brackets = quote && address.len == 16;
        wv_buf_put(out, brackets ? WV_LIT("\"[") : (struct wv_slice){0});
        naive_address_put(&address, out);
        wv_buf_put(out, brackets ? WV_LIT("]\"") : (struct wv_slice){0});
    }
}

/* The parameters of an element that say something and nothing of a person, in one order. */
static void put_element(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    static const char *const names[] = {"for", "by", "proto"};
    const size_t mark = out->len;
    struct wv_slice values[WV_COUNT(names)] = {{0}};
    const PCRE2_SIZE *at;
    for (size_t from = 0; (at = naive_find(naive, naive->forwarded, text, from)) != NULL;) {
        const struct wv_slice name = wv_slice_sub(text, at[2], at[3]);
        for (size_t i = 0; i < WV_COUNT(names); i++) {
            if (values[i].ptr == NULL && wv_slice_eq_nocase(name, wv_slice_of(names[i]))) {
                values[i] = (struct wv_slice){text.ptr + at[4], at[5] - at[4]};
            }
        }
        from = at[1];
    }
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        const struct wv_slice value = trimmed(values[i]);
        const bool https = wv_slice_eq_nocase(value, WV_LIT("https"));
        if (values[i].ptr == NULL ||
            (i == 2 && !https && !wv_slice_eq_nocase(value, WV_LIT("http")))) {
            continue;
        }
        wv_buf_put(out, out->len > mark ? WV_LIT(";") : (struct wv_slice){0});
        wv_buf_put(out, wv_slice_of(names[i]));
        wv_buf_byte(out, '=');
        if (i == 2) {
            wv_buf_put(out, https ? WV_LIT("https") : WV_LIT("http"));
        } else {
            put_hop(naive, value, true, out);
        }
    }
    wv_buf_put(out, out->len == mark ? WV_LIT("for=unknown") : (struct wv_slice){0});
}

enum wv_verdict naive_hops(struct naive *naive, struct wv_slice name, struct wv_slice text,
                           struct wv_buf *out)
{
    const bool forwarded = wv_slice_eq(name, WV_LIT("forwarded")) ||
                           (text.len > 0 && memchr(text.ptr, '=', text.len) != NULL);
    size_t count = 0;
    if (text.len == 0 || wv_slice_eq(text, WV_LIT("unknown"))) {
        return WV_HARMLESS;
    }
    for (size_t from = 0; from < text.len;) {
        const uint8_t *comma = memchr(text.ptr + from, ',', text.len - from);
        const size_t to = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        const struct wv_slice hop = trimmed(wv_slice_sub(text, from, to));
        from = to + 1;
        if (hop.len == 0) {
            continue;
        }
        if (++count > HOPS_MAX) {
            return WV_FAILED;
        }
        wv_buf_put(out, count > 1 ? WV_LIT(", ") : (struct wv_slice){0});
        if (forwarded) {
            put_element(naive, hop, out);
        } else {
            put_hop(naive, hop, false, out);
        }
    }
    return count == 0 ? WV_FAILED : WV_REPLACED;
}
