/* domain.c — host names: read, compared and reduced; the only place that knows libpsl. */
#include "filters/domain.h"

#include "filters/uri.h"

#include <libpsl.h>
#include <stdatomic.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LABEL_MAX = 63, SERVICE_MAX = 9 };

static _Atomic(const psl_ctx_t *) list;

bool wv_domain_ready(const struct wv_loading *loading)
{
    if (atomic_load(&list) != NULL) {
        return true;
    }
    /* The newest of the system's file and the list that libpsl was built with. */
    psl_ctx_t *newest = psl_latest(NULL);
    const psl_ctx_t *found = newest != NULL ? newest : psl_builtin();
    if (found == NULL) {
        return wv_node_fail(&loading->node, loading->report,
                            "needs the public suffix list, which libpsl has not: install the "
                            "package publicsuffix");
    }
    const psl_ctx_t *none = NULL;
    if (!atomic_compare_exchange_strong(&list, &none, found)) {
        psl_free(newest); /* somebody else was faster */
    }
    return true;
}

/* Letters, digits, - and _, and what is not ASCII. */
static bool is_label_byte(uint8_t lower)
{
    return (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '-' ||
           lower == '_' || lower >= 0x80;
}

/* Full-width forms (U+FF00 … U+FFEF) and the ideographic full stop (U+3002): they are other
 * characters to whoever resolves the name (UTS #46), so that it is not what it seems. */
static bool has_look_alike(struct wv_slice text)
{
    for (size_t i = 0; i + 2 < text.len; i++) {
        const uint8_t *bytes = text.ptr + i;
        if ((bytes[0] == 0xef && bytes[1] >= 0xbc && bytes[1] <= 0xbf) ||
            (bytes[0] == 0xe3 && bytes[1] == 0x80 && bytes[2] == 0x82)) {
            return true;
        }
    }
    return false;
}

bool wv_host_read(struct wv_slice text, struct wv_host *out)
{
    if (text.len > 0 && text.ptr[text.len - 1] == '.') {
        text.len--;
    }
    if (text.len == 0 || text.len > WV_HOST_MAX) {
        return false;
    }
    size_t label = 0;
    bool number = true; /* the label, so far */
    bool wide = false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = wv_lower(text.ptr[i]);
        out->text[i] = (char)byte;
        wide = wide || byte >= 0x80;
        if (is_label_byte(byte)) {
            number = number && byte >= '0' && byte <= '9';
            continue;
        }
        if (byte != '.' || i == label || i - label > LABEL_MAX) {
            return false;
        }
        label = i + 1;
        number = true;
    }
    /* A number at the end is an address that somebody wrote in a way of his own. */
    if (text.len == label || text.len - label > LABEL_MAX || number) {
        return false;
    }
    if (wv_unlikely(wide) && has_look_alike(text)) {
        return false;
    }
    out->text[text.len] = '\0';
    out->len = text.len;
    return true;
}

static bool is_ascii(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* name is lower case and NUL-terminated. libpsl allocates for names outside ASCII, so those are
 * taken as the list's last rule says: a top-level domain is a suffix. */
static bool is_suffix(struct wv_slice name, enum wv_suffixes suffixes)
{
    if (!is_ascii(name)) {
        return memchr(name.ptr, '.', name.len) == NULL;
    }
    const psl_ctx_t *suffix_list = atomic_load_explicit(&list, memory_order_acquire);
    wv_ensure(suffix_list != NULL);
    const int type = suffixes == WV_SUFFIXES_ICANN ? PSL_TYPE_ICANN : PSL_TYPE_ANY;
    return psl_is_public_suffix2(suffix_list, (const char *)name.ptr, type) == 1;
}

static struct wv_slice look_up(const struct wv_host *host, enum wv_suffixes suffixes)
{
    const struct wv_slice name = wv_host_slice(host);
    size_t longer = name.len; /* where the name with one label more begins */
    for (size_t at = 0; at < name.len;) {
        if (is_suffix(wv_slice_sub(name, at, name.len), suffixes)) {
            const bool single = at == 0 && memchr(name.ptr, '.', name.len) == NULL;
            const size_t from = at == 0 ? 0 : longer;
            return single ? (struct wv_slice){0} : wv_slice_sub(name, from, name.len);
        }
        longer = at;
        const uint8_t *point = memchr(name.ptr + at, '.', name.len - at);
        at = point == NULL ? name.len : (size_t)(point - name.ptr) + 1;
    }
    return (struct wv_slice){0};
}

struct wv_slice wv_domain_registrable(const struct wv_host *host, enum wv_suffixes suffixes,
                                      struct wv_domains *domains)
{
    if (domains == NULL || host->len == 0 || host->len > WV_DOMAINS_NAME_MAX) {
        return look_up(host, suffixes);
    }
    const uint64_t hash = XXH3_64bits_withSeed(host->text, host->len, suffixes);
    const size_t at = (size_t)hash % WV_DOMAINS_SLOTS;
    const struct wv_slice name = wv_host_slice(host);
    const struct wv_slice known = {(const uint8_t *)domains->slots[at].name,
                                   domains->slots[at].len};
    if (!wv_slice_eq(known, name) || domains->slots[at].suffixes != suffixes) {
        const struct wv_slice found = look_up(host, suffixes);
        memcpy(domains->slots[at].name, host->text, host->len);
        domains->slots[at].len = (uint8_t)host->len;
        domains->slots[at].suffixes = (uint8_t)suffixes;
        domains->slots[at].from = found.len == 0 ? UINT8_MAX : (uint8_t)(found.ptr - name.ptr);
    }
    const uint8_t from = domains->slots[at].from;
    return from == UINT8_MAX ? (struct wv_slice){0} : wv_slice_sub(name, from, name.len);
}

/* Whether name is domain, or ends in "." and domain. */
static bool is_below(struct wv_slice name, struct wv_slice domain)
{
    if (domain.len == 0 || name.len < domain.len ||
        (name.len > domain.len && name.ptr[name.len - domain.len - 1] != '.')) {
        return false;
    }
    const struct wv_slice end = wv_slice_sub(name, name.len - domain.len, name.len);
    return wv_slice_eq(end, domain) || wv_slice_eq_nocase(end, domain);
}

/* The length of the longest of the tenant's own domains that holds the name, or 0. */
static size_t own_length(const struct wv_name_list *own_hosts, struct wv_slice name)
{
    size_t longest = 0;
    for (size_t i = 0; i < own_hosts->count; i++) {
        const struct wv_slice domain = own_hosts->items[i];
        longest = domain.len > longest && is_below(name, domain) ? domain.len : longest;
    }
    return longest;
}

bool wv_host_is_own(const struct wv_name_list *own_hosts, struct wv_slice name)
{
    return own_length(own_hosts, name) > 0;
}

/* Labels that say what a machine does, and nobody's name. */
static bool is_service(struct wv_slice label)
{
    static const char services[][SERVICE_MAX + 1] = {
        "www",     "api",      "shop",    "app",      "apps",      "m",       "mail",    "cdn",
        "static",  "auth",     "login",   "sso",      "admin",     "dev",     "test",    "stage",
        "staging", "qa",       "prod",    "img",      "images",    "assets",  "media",   "blog",
        "docs",    "help",     "support", "status",   "store",     "secure",  "web",     "portal",
        "beta",    "demo",     "id",      "accounts", "account",   "pay",     "payment", "search",
        "news",    "edge",     "origin",  "v1",       "v2",        "eu",      "us",      "jp",
        "ap",      "internal", "public",  "download", "downloads", "graphql",
    };
    for (size_t i = 0; label.len > 0 && i < WV_COUNT(services); i++) {
        if ((uint8_t)services[i][0] == label.ptr[0] &&
            wv_slice_eq(label, wv_slice_of(services[i]))) {
            return true;
        }
    }
    return false;
}

static bool are_services(struct wv_slice labels)
{
    size_t from = 0;
    for (size_t i = 0; i <= labels.len; i++) {
        if (i < labels.len && labels.ptr[i] != '.') {
            continue;
        }
        if (!is_service(wv_slice_sub(labels, from, i))) {
            return false;
        }
        from = i + 1;
    }
    return true;
}

static enum wv_verdict put_own(struct wv_slice name, size_t own, struct wv_out *out)
{
    if (name.len > own && !are_services(wv_slice_sub(name, 0, name.len - own - 1))) {
        wv_out_put(out, WV_LIT("{sub}."));
        name = wv_slice_sub(name, name.len - own, name.len);
    }
    wv_out_put(out, name);
    return WV_REPLACED;
}

static enum wv_verdict put_address(const struct wv_host_rule *rule,
                                   const struct wv_address *address, struct wv_out *out)
{
    const struct wv_address cut = wv_address_truncate(address, rule->v4_keep, rule->v6_keep);
    uint8_t text[WV_ADDRESS_TEXT_MAX];
    const size_t len = wv_address_format(&cut, text);
    wv_out_put(out, cut.family == 6 ? WV_LIT("[") : (struct wv_slice){0});
    wv_out_put(out, (struct wv_slice){text, len});
    wv_out_put(out, cut.family == 6 ? WV_LIT("]") : (struct wv_slice){0});
    return WV_REPLACED;
}

enum wv_verdict wv_host_reduce(const struct wv_host_rule *rule, struct wv_slice text,
                               const struct wv_context *context, struct wv_out *out)
{
    struct wv_slice name;
    if (!wv_uri_host(text, &name)) {
        return WV_FAILED;
    }
    /* What can be read as a name is no address: its last label is no number, and it has no colon.
     */
    struct wv_host host;
    if (!wv_host_read(name, &host)) {
        struct wv_address address;
        if (wv_address_parse(name, &address) != WV_ADDRESS_VALID) {
            return WV_FAILED;
        }
        return rule->drop_foreign ? WV_REMOVED : put_address(rule, &address, out);
    }
    name = wv_host_slice(&host);
    const size_t own = own_length(context->own_hosts, name);
    if (own > 0) {
        return put_own(name, own, out);
    }
    if (rule->drop_foreign) {
        return WV_REMOVED;
    }
    const struct wv_slice domain =
        wv_domain_registrable(&host, WV_SUFFIXES_ICANN, context->domains);
    if (domain.len == 0) {
        return WV_FAILED; /* a machine's bare name, which may be its user's */
    }
    wv_out_put(out, domain);
    return WV_REPLACED;
}
