/*
 * domain.h — what of a host name says where, and what could say who.
 *
 * The registrable domain ("example.co.jp" of "alice.shop.example.co.jp") is found with the public
 * suffix list (publicsuffix.org). For reducing a host only its ICANN part counts: under the private
 * part (blogspot.com, github.io) the label below the suffix is usually a person. For "same site"
 * both parts count, as browsers do.
 */
#ifndef WV_FILTERS_DOMAIN_H
#define WV_FILTERS_DOMAIN_H

#include "filters/filter.h"

enum { WV_HOST_MAX = 253 };

/* Loads the list, once for the process; for prepare(). False, with a finding, when there is none.
 */
WV_MUST_USE bool wv_domain_ready(const struct wv_loading *loading);

/* A host name as it can be compared: checked, lower case, without a point at its end, and with a
 * NUL behind it. */
struct wv_host {
    size_t len;
    char text[WV_HOST_MAX + 1];
};

static inline struct wv_slice wv_host_slice(const struct wv_host *host)
{
    return (struct wv_slice){(const uint8_t *)host->text, host->len};
}

/* False when the text is no host name (an address is none). */
WV_MUST_USE bool wv_host_read(struct wv_slice text, struct wv_host *out);

enum wv_suffixes { WV_SUFFIXES_ICANN = 0, WV_SUFFIXES_ALL };

/* Registrable domains of hosts that were seen lately. Looking one up in the public suffix list
 * costs more than everything else that is done with a host, and a site has few of them. Belongs to
 * one worker; holds names out of records, so it is wiped when the worker ends. Zeroed: empty. */
enum { WV_DOMAINS_SLOTS = 512, WV_DOMAINS_NAME_MAX = 61 };

struct wv_domains {
    struct {
        uint8_t len; /* of the name; 0: free */
        uint8_t suffixes;
        uint8_t from; /* where the registrable domain begins; UINT8_MAX: there is none */
        char name[WV_DOMAINS_NAME_MAX];
    } slots[WV_DOMAINS_SLOTS];
};

/* The registrable domain, pointing into host; the whole host when it is a public suffix of
 * two labels or more; {0} when it is a single label. domains may be NULL. */
struct wv_slice wv_domain_registrable(const struct wv_host *host, enum wv_suffixes suffixes,
                                      struct wv_domains *domains);

/* Whether the name (lower case) is one of the tenant's domains or below one. */
bool wv_host_is_own(const struct wv_name_list *own_hosts, struct wv_slice name);

/* What becomes of a host. */
struct wv_host_rule {
    bool drop_foreign;
    uint32_t v4_keep;
    uint32_t v6_keep;
};

/* Writes the reduced host (without port) to the out; never WV_HARMLESS. */
enum wv_verdict wv_host_reduce(const struct wv_host_rule *rule, struct wv_slice text,
                               const struct wv_context *context, struct wv_out *out);

#endif
