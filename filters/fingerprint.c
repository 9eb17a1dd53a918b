/*
 * fingerprint — how much of a TLS client's fingerprint stays.
 *
 * A JA4 fingerprint is a_b_c: a is readable and shared by millions, b is a hash of the ciphers, c
 * of the extensions. JA3 is one hash and cannot be cut: it stays whole or goes.
 */
#include "filters/filter.h"

enum parts { PARTS_ALL = 0, PARTS_AB, PARTS_A, PARTS_NONE };

enum { JA3_LEN = 32, JA4_A_LEN = 10, JA4_AB_LEN = 23, JA4_LEN = 36 };

struct settings {
    uint32_t parts; /* enum parts */
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_lower_or_digit(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z');
}

/* Looks at every byte instead of stopping at the first bad one: nearly all are good, and a loop
 * without a way out is the fastest. */
static bool is_hex(struct wv_slice text)
{
    static const uint8_t good[256] = {
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
        ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
        ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
    };
    unsigned all = 1;
    for (size_t i = 0; i < text.len; i++) {
        all &= good[text.ptr[i]];
    }
    return all != 0;
}

/* Protocol, version, whether there was a name, two counts, two characters of the ALPN value. */
static bool is_ja4_a(struct wv_slice text)
{
    const uint8_t *c = text.ptr;
    const bool protocol = c[0] == 't' || c[0] == 'q' || c[0] == 'd';
    const bool name = c[3] == 'd' || c[3] == 'i';
    return protocol && is_lower_or_digit(c[1]) && is_digit(c[2]) && name && is_digit(c[4]) &&
           is_digit(c[5]) && is_digit(c[6]) && is_digit(c[7]) &&
           is_lower_or_digit(wv_lower(c[8])) && is_lower_or_digit(wv_lower(c[9]));
}

static bool is_ja4(struct wv_slice text)
{
    return text.len == JA4_LEN && is_ja4_a(wv_slice_sub(text, 0, JA4_A_LEN)) &&
           text.ptr[JA4_A_LEN] == '_' && text.ptr[JA4_AB_LEN] == '_' &&
           is_hex(wv_slice_sub(text, JA4_A_LEN + 1, JA4_AB_LEN)) &&
           is_hex(wv_slice_sub(text, JA4_AB_LEN + 1, JA4_LEN));
}

static enum wv_verdict apply_ja4(enum parts parts, struct wv_out *out)
{
    switch (parts) {
    case PARTS_ALL:
        return WV_HARMLESS;
    case PARTS_AB:
        wv_out_keep(out, 0, JA4_AB_LEN);
        return WV_REPLACED;
    case PARTS_A:
        wv_out_keep(out, 0, JA4_A_LEN);
        return WV_REPLACED;
    case PARTS_NONE:
        break;
    }
    return WV_REMOVED;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)context;
    const struct settings *set = settings;
    const struct wv_slice text = value->text;
    if (set->parts == PARTS_NONE) {
        return WV_REMOVED;
    }
    if (text.len == 0 || wv_slice_eq(text, WV_LIT("-"))) {
        return WV_HARMLESS;
    }
    if (is_ja4(text)) {
        return apply_ja4((enum parts)set->parts, out);
    }
    if (text.len == JA3_LEN && is_hex(text)) {
        return set->parts == PARTS_ALL ? WV_HARMLESS : WV_REMOVED;
    }
    return WV_FAILED;
}

static const char *const part_choices[] = {"all", "ab", "a", "none", NULL};

static const struct wv_option options[] = {
    {.name = "parts",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct settings, parts),
     .fallback = PARTS_AB,
     .choices = part_choices,
     .stricter = WV_STRICTER_HIGHER,
     .help = "which parts of a JA4 fingerprint stay; a JA3 fingerprint stays only with `all`"},
};

const struct wv_filter wv_filter_fingerprint = {
    .name = "fingerprint",
    .summary = "Keeps all, some or none of the parts of a JA3 or JA4 fingerprint",
    .residue = WV_RESIDUE_TEXT,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
