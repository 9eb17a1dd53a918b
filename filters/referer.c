/*
 * referer — says where the client came from as a site, or only whether it was the same site.
 *
 * Path and query of the page before are what a person was reading; they never pass. Also for
 * Origin.
 */
#include "filters/domain.h"
#include "filters/uri.h"

struct settings {
    uint32_t mode; /* enum mode */
    uint32_t v4_keep;
    uint32_t v6_keep;
};

enum mode { MODE_ORIGIN = 0, MODE_SAME_SITE, MODE_NONE };

static const char *const modes[] = {"origin", "same_site", "none", NULL};

static bool prepare(void *settings, const struct wv_loading *loading)
{
    (void)settings;
    return wv_domain_ready(loading);
}

/* Schemes that say nothing of a client; any other may name an app that nobody else has. */
static bool is_common(struct wv_slice scheme)
{
    return wv_slice_eq_nocase(scheme, WV_LIT("http")) ||
           wv_slice_eq_nocase(scheme, WV_LIT("https")) ||
           wv_slice_eq_nocase(scheme, WV_LIT("android-app"));
}

static enum wv_verdict put_origin(const struct settings *set, const struct wv_uri *uri,
                                  struct wv_context *context, struct wv_out *out)
{
    if (!is_common(uri->scheme)) {
        return WV_FAILED;
    }
    const struct wv_host_rule rule = {.v4_keep = set->v4_keep, .v6_keep = set->v6_keep};
    const size_t mark = out->buf->len;
    wv_out_put(out, uri->scheme);
    wv_out_put(out, WV_LIT("://"));
    const enum wv_verdict verdict = wv_host_reduce(&rule, uri->host, context, out);
    if (verdict != WV_REPLACED) {
        wv_buf_rewind(out->buf, mark);
    }
    return verdict;
}

static bool is_same_site(const struct wv_host *a, const struct wv_host *b,
                         struct wv_domains *domains)
{
    if (wv_slice_eq(wv_host_slice(a), wv_host_slice(b))) {
        return true;
    }
    const struct wv_slice site_a = wv_domain_registrable(a, WV_SUFFIXES_ALL, domains);
    const struct wv_slice site_b = wv_domain_registrable(b, WV_SUFFIXES_ALL, domains);
    return site_a.len > 0 && wv_slice_eq(site_a, site_b);
}

/* An address as a host is the same site only as itself. */
static enum wv_verdict compare_addresses(struct wv_slice from, struct wv_slice to, bool *same)
{
    struct wv_address a;
    struct wv_address b;
    const bool first = wv_address_parse(from, &a) == WV_ADDRESS_VALID;
    const bool second = wv_address_parse(to, &b) == WV_ADDRESS_VALID;
    *same = first && second && wv_address_eq(&a, &b);
    return first || second ? WV_REPLACED : WV_FAILED;
}

/* Where the record's host is not known, the tenant's domains stand for it. */
static enum wv_verdict compare_with_own(const struct wv_host *from,
                                        const struct wv_context *context, bool *same)
{
    *same = wv_host_is_own(context->own_hosts, wv_host_slice(from));
    return context->own_hosts->count > 0 ? WV_REPLACED : WV_FAILED;
}

static enum wv_verdict put_same_site(const struct wv_uri *uri, const struct wv_context *context,
                                     struct wv_out *out)
{
    struct wv_host from;
    struct wv_host to;
    bool same = false;
    enum wv_verdict verdict = WV_REPLACED;
    if (!wv_host_read(uri->host, &from)) {
        verdict = compare_addresses(uri->host, context->host, &same);
    } else if (context->host.len == 0) {
        verdict = compare_with_own(&from, context, &same);
    } else if (wv_slice_eq(wv_host_slice(&from), context->host)) {
        same = true; /* most are, and need no second reading */
    } else if (wv_host_read(context->host, &to)) {
        same = is_same_site(&from, &to, context->domains);
    } else {
        verdict = compare_addresses(uri->host, context->host, &same);
    }
    if (verdict == WV_REPLACED) {
        wv_out_put(out, same ? WV_LIT("same-site") : WV_LIT("cross-site"));
    }
    return verdict;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    if (set->mode == MODE_NONE) {
        return WV_REMOVED;
    }
    if (value->text.len == 0 || wv_slice_eq(value->text, WV_LIT("-")) ||
        wv_slice_eq(value->text, WV_LIT("null"))) {
        return WV_HARMLESS; /* there was none, or a browser hid it */
    }
    struct wv_uri uri;
    if (!wv_uri_split(value->text, &uri)) {
        return WV_FAILED;
    }
    return set->mode == MODE_ORIGIN ? put_origin(set, &uri, context, out)
                                    : put_same_site(&uri, context, out);
}

static const struct wv_option options[] = {
    {.name = "mode",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, mode),
     .choices = modes,
     .stricter = WV_STRICTER_HIGHER,
     .help = "scheme and reduced host; only same-site or cross-site; or nothing"},
    {.name = "v4_keep",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, v4_keep),
     .max = 32,
     .fallback = 24,
     .stricter = WV_STRICTER_LOWER,
     .unit = "bits",
     .help = "how many leading bits stay where the host is an IPv4 address"},
    {.name = "v6_keep",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, v6_keep),
     .max = 64,
     .fallback = 48,
     .stricter = WV_STRICTER_LOWER,
     .unit = "bits",
     .help = "how many leading bits stay where the host is an IPv6 address"},
};

const struct wv_filter wv_filter_referer = {
    .name = "referer",
    .summary = "Keeps the origin of the page before, or only whether it was the same site",
    .residue = WV_RESIDUE_SCRUBBED, /* see host */
    .rank = 30,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
