/*
 * scrub — replaces the personal data inside any text and leaves the rest as it is.
 *
 * An attack stays readable: only addresses, e-mails, credentials, identifiers and values of telling
 * names become placeholders, through every spelling that search.h knows.
 */
#include "filters/scrub.h"

extern const struct wv_filter wv_filter_scrub;

struct settings {
    bool addresses;
    bool emails;
    bool credentials;
    bool parameters;
    bool identifiers;
    bool ioc_keep;
};

bool wv_scrub_keeps_iocs(const struct wv_filter *filter, const void *settings)
{
    return filter == &wv_filter_scrub && ((const struct settings *)settings)->ioc_keep;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    const bool addresses = set->addresses && !(set->ioc_keep && context->for_security);
    const unsigned what =
        WV_SEARCH_NEEDLES | WV_SEARCH_TEXTS | (addresses ? WV_SEARCH_ADDRESSES : 0U) |
        (set->emails ? WV_SEARCH_EMAILS : 0U) | (set->credentials ? WV_SEARCH_CREDENTIALS : 0U) |
        (set->parameters ? WV_SEARCH_PARAMETERS : 0U) |
        (set->identifiers ? WV_SEARCH_IDENTIFIERS : 0U);
    return wv_search(what, value->text, context, out);
}

static const struct wv_option options[] = {
    {.name = "addresses",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, addresses),
     .fallback = true,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace every IP address; without it, still those that the record knows"},
    {.name = "emails",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, emails),
     .fallback = true,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace e-mail addresses"},
    {.name = "credentials",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, credentials),
     .fallback = true,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace Bearer and Basic credentials, JSON Web Tokens, and users in URLs"},
    {.name = "parameters",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, parameters),
     .fallback = true,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace values whose name is listed (password=…, \"email\": …)"},
    {.name = "identifiers",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, identifiers),
     .fallback = true,
     .stricter = WV_STRICTER_HIGHER,
     .help = "replace cards, accounts, national identifiers, telephone numbers, keys and devices"},
    {.name = "ioc_keep",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, ioc_keep),
     .stricter = WV_STRICTER_LOWER,
     .help =
         "keep addresses that are not the record's own client, as where an attack calls home: in "
         "outputs for security, for matched payloads, with a reason"},
};

const struct wv_filter wv_filter_scrub = {
    .name = "scrub",
    .summary = "Replaces personal data inside text by placeholders; everything else stays",
    .residue = WV_RESIDUE_SCRUBBED,
    .leaves_empty = true,
    .rank = 10,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
