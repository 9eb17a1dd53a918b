/*
 * country — keeps the country of a place and nothing finer.
 *
 * Values are country codes, subdivisions (`DE-BE`, of which the country stays) and the geographic
 * labels of AWS WAF, where the label of the region says more than the one of the country and goes.
 */
#include "filters/filter.h"

enum precision { PRECISION_COUNTRY = 0, PRECISION_NONE };

struct settings {
    uint32_t precision; /* enum precision */
};

static bool is_letter(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'z';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Two letters, or the codes that vendors made up for Tor and proxies. */
static bool is_country(struct wv_slice text)
{
    if (text.len != 2) {
        return false;
    }
    return (is_letter(text.ptr[0]) && is_letter(text.ptr[1])) || wv_slice_eq(text, WV_LIT("T1")) ||
           wv_slice_eq(text, WV_LIT("A1")) || wv_slice_eq(text, WV_LIT("A2"));
}

/* ISO 3166-2: a country, a hyphen, one to three letters or digits. */
static bool is_subdivision(struct wv_slice text)
{
    if (text.len < 4 || text.len > 6 || text.ptr[2] != '-' ||
        !is_country(wv_slice_sub(text, 0, 2))) {
        return false;
    }
    for (size_t i = 3; i < text.len; i++) {
        if (!is_letter(text.ptr[i]) && !is_digit(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* What a label of AWS WAF says about the place of the client, or of the forwarded address. */
static bool label_of(struct wv_slice text, struct wv_slice *said)
{
    const struct wv_slice prefixes[] = {WV_LIT("awswaf:clientip:geo:"),
                                        WV_LIT("awswaf:forwardedip:geo:")};
    for (size_t i = 0; i < WV_COUNT(prefixes); i++) {
        if (wv_slice_starts(text, prefixes[i])) {
            *said = wv_slice_sub(text, prefixes[i].len, text.len);
            return true;
        }
    }
    return false;
}

static enum wv_verdict apply_label(struct wv_slice said)
{
    const struct wv_slice country = WV_LIT("country:");
    if (wv_slice_starts(said, country)) {
        return is_country(wv_slice_sub(said, country.len, said.len)) ? WV_HARMLESS : WV_FAILED;
    }
    return wv_slice_starts(said, WV_LIT("region:")) ? WV_REMOVED : WV_FAILED;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)context;
    const struct settings *set = settings;
    const struct wv_slice text = value->text;
    if (set->precision == PRECISION_NONE) {
        return WV_REMOVED;
    }
    struct wv_slice said;
    if (label_of(text, &said)) {
        return apply_label(said);
    }
    if (text.len == 0 || wv_slice_eq(text, WV_LIT("-")) || is_country(text)) {
        return WV_HARMLESS;
    }
    if (!is_subdivision(text)) {
        return WV_FAILED;
    }
    wv_out_keep(out, 0, 2);
    return WV_REPLACED;
}

static const char *const precision_choices[] = {"country", "none", NULL};

static const struct wv_option options[] = {
    {.name = "precision",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, precision),
     .fallback = PRECISION_COUNTRY,
     .choices = precision_choices,
     .stricter = WV_STRICTER_HIGHER,
     .help = "keep the country, or remove the field"},
};

const struct wv_filter wv_filter_country = {
    .name = "country",
    .summary = "Keeps a country code and removes every finer place",
    .residue = WV_RESIDUE_CLOSED,
    .steady = true,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
