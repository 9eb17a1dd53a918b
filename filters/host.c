/*
 * host — keeps the tenant's own host names, and of any other the registrable domain.
 *
 * A label below a domain can be a person (alice.example.com), so even under an own domain only
 * labels that name a service stay; any other becomes {sub}. An own host that is listed as a whole
 * stays.
 */
#include "filters/domain.h"

struct settings {
    uint32_t foreign; /* enum foreign */
    uint32_t v4_keep;
    uint32_t v6_keep;
};

enum foreign { FOREIGN_REGISTRABLE = 0, FOREIGN_DROP };

static const char *const foreigns[] = {"registrable", "drop", NULL};

static bool prepare(void *settings, const struct wv_loading *loading)
{
    (void)settings;
    return wv_domain_ready(loading);
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    if (value->text.len == 0 || wv_slice_eq(value->text, WV_LIT("-"))) {
        return WV_HARMLESS; /* says that there was none */
    }
    const struct wv_host_rule rule = {
        .drop_foreign = set->foreign == FOREIGN_DROP,
        .v4_keep = set->v4_keep,
        .v6_keep = set->v6_keep,
    };
    return wv_host_reduce(&rule, value->text, context, out);
}

static const struct wv_option options[] = {
    {.name = "foreign",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, foreign),
     .choices = foreigns,
     .stricter = WV_STRICTER_HIGHER,
     .help = "what becomes of a host that is not the tenant's: its registrable domain, or nothing"},
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

const struct wv_filter wv_filter_host = {
    .name = "host",
    .summary = "Keeps the tenant's own hosts and reduces any other to its registrable domain",
    .residue = WV_RESIDUE_SCRUBBED, /* a host that was read ends in no number, so what is left of it
                                       is no address */
    .steady = true,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
