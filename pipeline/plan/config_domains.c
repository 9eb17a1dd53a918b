/* config_domains.c — who can be followed where: the domains of tokens that outputs name. */
#include "plan/config_domains.h"

#include "base/buf.h"
#include "keys/keyring.h"
#include "plan/tenants.h"

#define TENANT WV_LIT("{tenant}")
#define REGION WV_LIT("{region}")
#define OUTPUT WV_LIT("{output}")

/* Length of the placeholder that text begins with; 0: none. */
static size_t placeholder(struct wv_slice text)
{
    const struct wv_slice words[] = {TENANT, REGION, OUTPUT};
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        if (wv_slice_starts(text, words[i])) {
            return words[i].len;
        }
    }
    return 0;
}

/* The part of a path that begins at *at, which goes behind its slash; false: there is none. */
static bool next_part(struct wv_slice path, size_t *at, struct wv_slice *part)
{
    if (*at > path.len) {
        return false;
    }
    const uint8_t *slash = *at == path.len ? NULL : memchr(path.ptr + *at, '/', path.len - *at);
    const size_t end = slash == NULL ? path.len : (size_t)(slash - path.ptr);
    *part = wv_slice_sub(path, *at, end);
    *at = end + 1;
    return true;
}

static bool holds(struct wv_slice text, struct wv_slice word)
{
    for (size_t at = 0; at < text.len; at++) {
        if (wv_slice_starts(wv_slice_sub(text, at, text.len), word)) {
            return true;
        }
    }
    return false;
}

/* Whether every tenant has domains of its own. Where anything stands beside {tenant}, a shorter
 * name and a longer word there can make what a longer name makes. */
static bool keeps_tenants_apart(struct wv_slice domain)
{
    struct wv_slice part;
    for (size_t at = 0; next_part(domain, &at, &part);) {
        if (wv_slice_eq(part, TENANT)) {
            return true;
        }
    }
    return false;
}

static bool check_letters(const struct wv_node *node, struct wv_slice domain,
                          struct wv_report *report)
{
    for (size_t at = 0; at < domain.len;) {
        const size_t length = placeholder(wv_slice_sub(domain, at, domain.len));
        const struct wv_slice byte = wv_slice_sub(domain, at, at + 1);
        if (length == 0 && (byte.ptr[0] == '{' || byte.ptr[0] == '}')) {
            return wv_node_fail(node, report,
                                "may hold {tenant}, {region} and {output}, and no other braces");
        }
        if (length == 0 && byte.ptr[0] != '/' && !wv_tenants_is_word(byte)) {
            return wv_node_fail(node, report,
                                "may hold letters, digits, '.', '_', '-', '/' and the placeholders "
                                "{tenant}, {region} and {output}");
        }
        at += length > 0 ? length : 1;
    }
    return true;
}

bool wv_config_check_domain(const struct wv_node *node, const struct wv_output *output,
                            struct wv_report *report)
{
    if (output->domain.len == 0) {
        return wv_node_fail(node, report, "is empty: leave it out for {tenant}/{region}/{output}");
    }
    if (!check_letters(node, output->domain, report)) {
        return false;
    }
    if (output->purpose == WV_PURPOSE_SECURITY || keeps_tenants_apart(output->domain)) {
        return true;
    }
    if (holds(output->domain, TENANT)) {
        return wv_node_fail(node, report,
                            "{tenant} must stand by itself between slashes, as in "
                            "{tenant}/{region}: beside other letters, two tenants can get the same "
                            "domain, which only the purpose security allows");
    }
    return wv_node_fail(node, report,
                        "without {tenant} people can be followed from one tenant to another, which "
                        "only the purpose security allows: begin it with \"{tenant}/\"");
}

/* ---- Domains against each other -------------------------------------------------------------- */

/* A domain with the name of its output put in. Room for the longest domain, of names alone. */
struct spelled {
    struct wv_slice path;
    uint8_t text[WV_DOMAIN_MAX * 8];
};

/* False where it does not fit: such a domain is longer than any key's, and has no tokens. */
static bool spell(const struct wv_output *output, struct spelled *out)
{
    const struct wv_slice domain =
        output->domain.len > 0 ? output->domain : WV_LIT("{tenant}/{region}/{output}");
    struct wv_buf buf = wv_buf_of(out->text, sizeof out->text);
    for (size_t at = 0; at < domain.len;) {
        const bool name = wv_slice_starts(wv_slice_sub(domain, at, domain.len), OUTPUT);
        wv_buf_put(&buf, name ? output->name : wv_slice_sub(domain, at, at + 1));
        at += name ? OUTPUT.len : 1;
    }
    return wv_buf_take(&buf, &out->path);
}

static bool is_tenant(const struct wv_config *config, struct wv_slice word)
{
    bool any = wv_slice_eq(word, WV_LIT("unknown"));
    for (size_t i = 0; !any && i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; !any && t < tenants->table_count; t++) {
            any = wv_slice_eq(tenants->table[t].name, word);
        }
    }
    return any;
}

/* Whether a part of a domain that spans tenants and one of a domain that does not can be the same
 * word. Regions are known later: what holds one is taken for anything. */
static bool can_be_same(const struct wv_config *config, struct wv_slice spanning,
                        struct wv_slice own)
{
    if (holds(spanning, TENANT) || holds(spanning, REGION) || holds(own, REGION)) {
        return true;
    }
    return wv_slice_eq(own, TENANT) ? is_tenant(config, spanning) : wv_slice_eq(own, spanning);
}

static bool can_meet(const struct wv_config *config, struct wv_slice spanning, struct wv_slice own)
{
    size_t spanning_at = 0;
    size_t own_at = 0;
    struct wv_slice a;
    struct wv_slice b;
    bool more = next_part(spanning, &spanning_at, &a);
    bool meet = true;
    while (meet && more) {
        meet = next_part(own, &own_at, &b) && can_be_same(config, a, b);
        more = next_part(spanning, &spanning_at, &a);
    }
    return meet && !next_part(own, &own_at, &b);
}

/* Two outputs with the domains that they have. */
static bool check_two(const struct wv_config *config, const struct wv_node *array, size_t at,
                      size_t other, struct wv_report *report)
{
    struct spelled one;
    struct spelled two;
    const struct wv_output *is = &config->outputs[at];
    const struct wv_output *was = &config->outputs[other];
    const struct wv_node element = wv_node_element(array, at);
    const struct wv_node node = wv_node_member(&element, "domain");
    if (is->purpose == was->purpose || !spell(is, &one) || !spell(was, &two)) {
        return true;
    }
    const bool spans = !keeps_tenants_apart(one.path);
    if (spans != !keeps_tenants_apart(two.path) && (is->purpose == WV_PURPOSE_SECURITY) == spans &&
        can_meet(config, spans ? one.path : two.path, spans ? two.path : one.path)) {
        return wv_node_fail(node.value == NULL ? &element : &node, report,
                            "can be the same domain as that of /outputs/%zu, and one of the two "
                            "spans tenants, which is for the purpose security alone: begin the one "
                            "that does with a word that is no tenant's, as \"all-tenants/\"",
                            other);
    }
    if (wv_slice_eq(one.path, two.path)) {
        wv_node_warn(node.value == NULL ? &element : &node, report,
                     "is also the domain of /outputs/%zu, whose purpose is %s: whoever reads both "
                     "can join what is kept for different purposes; leave it out, or put {output} "
                     "into it [PUR-4]",
                     other, wv_purpose_words[was->purpose]);
    }
    return true;
}

bool wv_config_check_domains(const struct wv_config *config, const struct wv_node *root,
                             struct wv_report *report)
{
    const struct wv_node array = wv_node_member(root, "outputs");
    bool ok = true;
    for (size_t i = 0; i < config->output_count; i++) {
        for (size_t k = 0; k < i; k++) {
            ok = check_two(config, &array, i, k, report) && ok;
        }
    }
    return ok;
}
