/*
 * validate_payment.c — numbers that are the same everywhere: cards, bank accounts, devices.
 */
#include "filters/validate.h"

#include "filters/checksum.h"

#define LENGTH(digits) (1u << (digits))

enum {
    FROM_16 = LENGTH(16) | LENGTH(17) | LENGTH(18) | LENGTH(19),
    FROM_14 = LENGTH(14) | LENGTH(15) | FROM_16,
    FROM_12 = LENGTH(12) | LENGTH(13) | FROM_14,
};

/* Ranges of issuers by the first six digits, and the lengths of their numbers: ISO/IEC 7812 as the
 * networks publish it, as of November 2026. Ranges of two networks may overlap. */
static const struct issuer {
    uint32_t first;
    uint32_t last;
    uint32_t lengths;
} issuers[] = {
    {400000, 499999, LENGTH(13) | LENGTH(16) | LENGTH(19)}, /* Visa */
    {510000, 559999, LENGTH(16)},                           /* Mastercard */
    {222100, 272099, LENGTH(16)},                           /* Mastercard */
    {340000, 349999, LENGTH(15)},                           /* American Express */
    {370000, 379999, LENGTH(15)},                           /* American Express */
    {352800, 358999, FROM_16},                              /* JCB */
    {300000, 305999, FROM_14},                              /* Diners Club */
    {309500, 309599, FROM_14},                              /* Diners Club */
    {360000, 369999, FROM_14},                              /* Diners Club */
    {380000, 399999, FROM_14},                              /* Diners Club */
    {601100, 601199, FROM_16},                              /* Discover */
    {644000, 659999, FROM_16},                              /* Discover */
    {620000, 629999, FROM_16},                              /* UnionPay, Discover */
    {220000, 220499, FROM_16},                              /* Mir */
    {508000, 508999, LENGTH(16)},                           /* RuPay */
    {600000, 609999, LENGTH(16)},                           /* RuPay */
    {650000, 659999, LENGTH(16)},                           /* RuPay */
    {810000, 829999, LENGTH(16)},                           /* RuPay */
    {501800, 501899, FROM_12},                              /* Maestro */
    {502000, 502099, FROM_12},                              /* Maestro */
    {503800, 503899, FROM_12},                              /* Maestro */
    {589300, 589399, FROM_12},                              /* Maestro */
    {630400, 630499, FROM_12},                              /* Maestro */
    {675900, 675999, FROM_12},                              /* Maestro */
    {676100, 676399, FROM_12},                              /* Maestro */
    {501900, 501999, LENGTH(16)},                           /* Dankort */
    {979200, 979299, LENGTH(16)},                           /* Troy */
};

/* What follows the check digits, country by country: runs of n digits, a letters, c either. SWIFT's
 * IBAN registry, release 101. */
static const struct country {
    char code[3];
    char structure[12];
} countries[] = {
    {"AD", "8n12c"},    {"AE", "19n"},      {"AL", "8n16c"},    {"AT", "16n"},
    {"AZ", "4a20c"},    {"BA", "16n"},      {"BE", "12n"},      {"BG", "4a6n8c"},
    {"BH", "4a14c"},    {"BI", "23n"},      {"BR", "23n1a1c"},  {"BY", "4c4n16c"},
    {"CH", "5n12c"},    {"CR", "18n"},      {"CY", "8n16c"},    {"CZ", "20n"},
    {"DE", "18n"},      {"DJ", "23n"},      {"DK", "14n"},      {"DO", "4c20n"},
    {"EE", "16n"},      {"EG", "25n"},      {"ES", "20n"},      {"FI", "14n"},
    {"FK", "2a12n"},    {"FO", "14n"},      {"FR", "10n11c2n"}, {"GB", "4a14n"},
    {"GE", "2a16n"},    {"GI", "4a15c"},    {"GL", "14n"},      {"GR", "7n16c"},
    {"GT", "24c"},      {"HN", "4a20n"},    {"HR", "17n"},      {"HU", "24n"},
    {"IE", "4a14n"},    {"IL", "19n"},      {"IQ", "4a15n"},    {"IS", "22n"},
    {"IT", "1a10n12c"}, {"JO", "4a4n18c"},  {"KW", "4a22c"},    {"KZ", "3n13c"},
    {"LB", "4n20c"},    {"LC", "4a24c"},    {"LI", "5n12c"},    {"LT", "16n"},
    {"LU", "3n13c"},    {"LV", "4a13c"},    {"LY", "21n"},      {"MC", "10n11c2n"},
    {"MD", "20c"},      {"ME", "18n"},      {"MK", "3n10c2n"},  {"MN", "16n"},
    {"MR", "23n"},      {"MT", "4a5n18c"},  {"MU", "4a19n3a"},  {"NI", "4a20n"},
    {"NL", "4a10n"},    {"NO", "11n"},      {"OM", "3n16c"},    {"PK", "4a16c"},
    {"PL", "24n"},      {"PS", "4a21c"},    {"PT", "21n"},      {"QA", "4a21c"},
    {"RO", "4a16c"},    {"RS", "18n"},      {"RU", "14n15c"},   {"SA", "2n18c"},
    {"SC", "4a20n3a"},  {"SD", "14n"},      {"SE", "20n"},      {"SI", "15n"},
    {"SK", "20n"},      {"SM", "1a10n12c"}, {"SO", "19n"},      {"ST", "21n"},
    {"SV", "4a20n"},    {"TL", "19n"},      {"TN", "20n"},      {"TR", "6n16c"},
    {"UA", "6n19c"},    {"VA", "18n"},      {"VG", "4a16n"},    {"XK", "16n"},
    {"YE", "4a4n18c"},
};

enum { IBAN_MIN = 15, IBAN_MAX = 33, IBAN_HEAD = 4 };

bool wv_valid_luhn(struct wv_slice text)
{
    return text.len >= 2 && wv_checksum_luhn(text);
}

static bool has_issuer(struct wv_slice digits)
{
    const uint32_t start = wv_compact_number(digits, 0, 6);
    for (size_t i = 0; i < WV_COUNT(issuers); i++) {
        if (start >= issuers[i].first && start <= issuers[i].last &&
            (issuers[i].lengths >> digits.len & 1) != 0) {
            return true;
        }
    }
    return false;
}

bool wv_valid_card(struct wv_slice text)
{
    return text.len >= 12 && text.len <= 19 && wv_checksum_luhn(text) && has_issuer(text);
}

static const struct country *country_of(struct wv_slice text)
{
    for (size_t i = 0; i < WV_COUNT(countries); i++) {
        if (wv_compact_upper(text.ptr[0]) == countries[i].code[0] &&
            wv_compact_upper(text.ptr[1]) == countries[i].code[1]) {
            return &countries[i];
        }
    }
    return NULL;
}

static bool has_kind(uint8_t byte, char kind)
{
    switch (kind) {
    case 'n':
        return wv_compact_is_digit(byte);
    case 'a':
        return wv_compact_is_letter(byte);
    default:
        wv_ensure(kind == 'c');
        return wv_compact_value(byte) != WV_COMPACT_NO_VALUE;
    }
}

static bool has_structure(struct wv_slice text, const char *structure)
{
    size_t at = 0;
    size_t run = 0;
    for (const char *c = structure; *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9') {
            run = run * 10 + (size_t)(*c - '0');
            continue;
        }
        for (; run > 0; run--, at++) {
            if (at == text.len || !has_kind(text.ptr[at], *c)) {
                return false;
            }
        }
    }
    return at == text.len;
}

bool wv_valid_iban(struct wv_slice text)
{
    if (text.len < IBAN_MIN || text.len > IBAN_MAX) {
        return false;
    }
    const struct wv_slice head = wv_slice_sub(text, 0, IBAN_HEAD);
    const struct wv_slice account = wv_slice_sub(text, IBAN_HEAD, text.len);
    const struct country *country = country_of(head);
    if (country == NULL || !wv_compact_has_form(head, "AA99") ||
        !has_structure(account, country->structure)) {
        return false;
    }
    /* 00, 01 and 99 leave the same remainder as 97, 98 and 02, but are never given out. */
    const uint32_t check = wv_compact_number(head, 2, 2);
    return check >= 2 && check <= 98 && wv_checksum_mod97(wv_checksum_mod97(0, account), head) == 1;
}

bool wv_valid_imei(struct wv_slice text)
{
    return text.len == 15 && !wv_compact_is_zeros(text) && wv_checksum_luhn(text);
}
