/* detect_reference_forms.c — what numbers are by the way in which they are written, and cards. */
#include "support/detect_reference_number.h"

#include "filters/validate.h"

/* What a number looks like: d for a digit; a blank for any of hyphen, point and blank, ( for
 * anything with a parenthesis. */
static const struct form {
    size_t kind;
    enum wv_evidence needed;
    const char *spellings; /* with | between them */
    bool (*valid)(struct wv_slice digits);
} forms[] = {
    {WV_HIT_US_SSN, WV_EVIDENCE_SHAPE, "ddd-dd-dddd", wv_valid_us_ssn},
    {WV_HIT_US_SSN, WV_EVIDENCE_WORDS, "ddd dd dddd|ddddddddd", wv_valid_us_ssn},
    {WV_HIT_AU_TFN, WV_EVIDENCE_WORDS, "dddddddd|ddddddddd|ddd ddd ddd", wv_valid_au_tfn},
    {WV_HIT_CA_SIN, WV_EVIDENCE_WORDS, "ddddddddd|ddd ddd ddd", wv_valid_ca_sin},
    {WV_HIT_IL_ID, WV_EVIDENCE_WORDS, "ddddddddd|dddddddd d", wv_valid_il_id},
    {WV_HIT_PH_TIN, WV_EVIDENCE_WORDS,
     "ddddddddd|ddd ddd ddd|dddddddddddd|ddd ddd ddd ddd|ddd ddd ddd ddddd", wv_valid_ph_tin},
    {WV_HIT_GB_NHS, WV_EVIDENCE_WORDS, "dddddddddd|ddd ddd dddd", wv_valid_gb_nhs},
    {WV_HIT_AU_MEDICARE, WV_EVIDENCE_WORDS, "dddddddddd|dddd ddddd d|ddddddddddd|dddd ddddd d d",
     wv_valid_au_medicare},
    {WV_HIT_BR_CPF, WV_EVIDENCE_SHAPE, "ddd.ddd.ddd-dd|ddddddddd-dd", wv_valid_br_cpf},
    {WV_HIT_BR_CPF, WV_EVIDENCE_REGION, "ddddddddddd", wv_valid_br_cpf},
    {WV_HIT_DE_IDNR, WV_EVIDENCE_WORDS, "ddddddddddd|dd ddd ddd ddd", wv_valid_de_idnr},
    {WV_HIT_MYKAD, WV_EVIDENCE_SHAPE, "dddddd-dd-dddd", wv_valid_my_mykad},
    {WV_HIT_MYKAD, WV_EVIDENCE_WORDS, "dddddddddddd|dddddd dd dddd", wv_valid_my_mykad},
    {WV_HIT_JP_MY_NUMBER, WV_EVIDENCE_WORDS, "dddddddddddd|dddd dddd dddd", wv_valid_jp_my_number},
    {WV_HIT_IN_AADHAAR, WV_EVIDENCE_WORDS, "dddddddddddd|dddd dddd dddd", wv_valid_in_aadhaar},
    {WV_HIT_KR_RRN, WV_EVIDENCE_SHAPE, "dddddd-ddddddd", wv_valid_kr_rrn},
    {WV_HIT_KR_RRN, WV_EVIDENCE_WORDS, "ddddddddddddd|dddddd ddddddd", wv_valid_kr_rrn},
    {WV_HIT_TH_PIN, WV_EVIDENCE_SHAPE, "d-dddd-ddddd-dd-d", wv_valid_th_pin},
    {WV_HIT_TH_PIN, WV_EVIDENCE_WORDS, "d dddd ddddd dd d|ddddddddddddd", wv_valid_th_pin},
    {WV_HIT_CH_AHV, WV_EVIDENCE_SHAPE, "ddd dddd dddd dd|ddddddddddddd", wv_valid_ch_ahv},
    {WV_HIT_FR_NIR, WV_EVIDENCE_REGION, "ddddddddddddddd|ddddddddddddd dd", wv_valid_fr_nir},
    {WV_HIT_FR_NIR, WV_EVIDENCE_SHAPE, "d dd dd dd ddd ddd dd", wv_valid_fr_nir},
    {WV_HIT_IMEI, WV_EVIDENCE_WORDS, "ddddddddddddddd|dd dddddd dddddd d", wv_valid_imei},
    {WV_HIT_CN_RIC, WV_EVIDENCE_SHAPE, "dddddddddddddddddd|dddddd dddddddd dddd", wv_valid_cn_ric},
};

/* Telephone numbers that their spelling shows: in capitals what the digits must be; a parenthesis
 * in front says that the first group stands in two. */
static const struct phone {
    size_t kind;
    const char *spellings; /* A: 1 to 9, N: 2 to 9, M: 5 to 9, P: 3 to 6, Q: 1 to 5, K: 016789 */
} phones[] = {
    {WV_HIT_PHONE_JP, "0A-dddd-dddd|0Ad-ddd-dddd|0Add-dd-dddd|0Addd-d-dddd"},
    {WV_HIT_PHONE_JP, "0A(dddd(dddd|0A(dddd-dddd|0Ad(ddd(dddd|0Ad(ddd-dddd"},
    {WV_HIT_PHONE_JP, "0Add(dd(dddd|0Add(dd-dddd|0M0(Addd(dddd|0M0(Addd-dddd"},
    {WV_HIT_PHONE_JP, "0M0Addddddd|0M0-Addd-dddd|0M0 Addd dddd|0M0-Addddddd|0M0Addd-dddd"},
    {WV_HIT_PHONE_US, "Ndd-Ndd-dddd|Ndd.Ndd.dddd|Ndd(Ndd-dddd|Ndd(Ndd dddd|Ndd/Ndd-dddd"},
    {WV_HIT_PHONE_US, "(Ndd(Ndddddd"},
    {WV_HIT_PHONE_US, "1-Ndd-Ndd-dddd|1.Ndd.Ndd.dddd"},
    {WV_HIT_PHONE_KR, "01K-dddd-dddd|01K dddd dddd|01K-ddd-dddd"},
    {WV_HIT_PHONE_KR, "02-ddd-dddd|02-dddd-dddd|0PQ-ddd-dddd|0PQ-dddd-dddd"},
    {WV_HIT_PHONE_KR, "02(ddd-dddd|0PQ(dddd-dddd"},
};

static bool fits_digit(char form, char digit)
{
    switch (form) {
    case 'd':
        return true;
    case 'A':
        return digit >= '1';
    case 'N':
        return digit >= '2';
    case 'M':
        return digit >= '5';
    case 'P':
        return digit >= '3' && digit <= '6';
    case 'Q':
        return digit >= '1' && digit <= '5';
    case 'K':
        return is_one_of((uint8_t)digit, "016789");
    default:
        return form == digit;
    }
}

static bool is_enclosed(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    return byte_before(text, first_of(number)->from) == '(' &&
           byte_at(text, first_of(number)->to) == ')';
}

static bool fits(const struct number *number, const char *form, size_t len)
{
    if (form[0] == '(') {
        return is_enclosed(number) && fits(number, form + 1, len - 1);
    }
    if (number->len != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const char sign = number->spelling[i];
        const bool good = is_digit((uint8_t)sign) ? fits_digit(form[i], sign)
                          : form[i] == ' '        ? is_one_of((uint8_t)sign, "-. ")
                                                  : form[i] == sign;
        if (!good) {
            return false;
        }
    }
    return true;
}

static bool fits_any(const struct number *number, const char *list)
{
    for (const char *at = list; *at != '\0';) {
        const size_t len = strcspn(at, "|");
        if (fits(number, at, len)) {
            return true;
        }
        at += len + (at[len] == '|');
    }
    return false;
}

/* The decimals of a fraction, or behind something else with a point. */
static bool is_behind_point(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    const size_t from = first_of(number)->from;
    return byte_before(text, from) == '.' && is_digit(byte_before(text, from - (from > 0))) &&
           sign_of(number) != '.';
}

/* What stands before the decimals of a fraction, or before something else with a point. */
static bool is_before_point(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    const size_t to = last_of(number)->to;
    return byte_at(text, to) == '.' && is_digit(byte_at(text, to + 1)) && sign_of(number) != '.';
}

/* "123-45-6789-0" is no "123-45-6789". */
static bool is_part_of_longer(const struct number *number)
{
    const struct numbers *all = number->all;
    const char sign = sign_of(number);
    const bool goes_on =
        number->last + 1 < all->count && all->groups[number->last + 1].join == sign;
    return sign != 0 && sign != ' ' && sign != '(' && (first_of(number)->join == sign || goes_on);
}

/* Free of charge, or charged to whoever is called: nobody's. Written with four digits in front. */
static bool is_jp_service(const struct number *number)
{
    const struct wv_slice digits = {number->digits, number->count};
    const bool four = first_of(number)->to - first_of(number)->from == 4;
    return four && (stands_at(digits, 0, "0120") || stands_at(digits, 0, "0800") ||
                    stands_at(digits, 0, "0570"));
}

/* Bits of what the number may be by its form: where words of its own say so, by these alone. */
static uint64_t kinds_by_form(const struct number *number)
{
    uint64_t told[REFERENCE_WORD + 1] = {0};
    const struct wv_slice digits = {number->digits, number->count};
    for (size_t i = 0; i < WV_COUNT(forms); i++) {
        if (fits_any(number, forms[i].spellings) && forms[i].valid(digits)) {
            told[evidence_for(number, forms[i].kind, forms[i].needed)] |= UINT64_C(1)
                                                                          << forms[i].kind;
        }
    }
    for (size_t i = 0; i < WV_COUNT(phones); i++) {
        const bool japan = phones[i].kind == WV_HIT_PHONE_JP;
        if (fits_any(number, phones[i].spellings) && !(japan && is_jp_service(number))) {
            told[evidence_for(number, phones[i].kind, WV_EVIDENCE_SHAPE)] |= UINT64_C(1)
                                                                             << phones[i].kind;
        }
    }
    return told[REFERENCE_WORD] != 0 ? told[REFERENCE_WORD] : told[REFERENCE_NAME];
}

/* DDMMYYYYhhmmss or YYYYMMDDhhmmss. */
static bool is_time(struct wv_slice digits)
{
    const uint8_t *at = digits.ptr;
    return digits.len == 14 && (is_day(at, at + 2, at + 4) || is_day(at + 6, at + 4, at)) &&
           pair_of(at + 8) <= 23 && pair_of(at + 10) <= 59 && pair_of(at + 12) <= 59;
}

static bool is_listed(const char *list, const char *word)
{
    for (const char *at = list; *at != '\0';) {
        const size_t len = strcspn(at, "|");
        if (strlen(word) == len && memcmp(at, word, len) == 0) {
            return true;
        }
        at += len + (at[len] == '|');
    }
    return false;
}

/* Whether hyphens join eight groups or more, as in a fingerprint of ciphers, around the number. */
static bool is_list(const struct number *number)
{
    const struct numbers *all = number->all;
    size_t count = 1;
    for (size_t i = number->first; all->groups[i].join == '-'; i--) {
        count++;
    }
    for (size_t i = number->first + 1; i < all->count && all->groups[i].join == '-'; i++) {
        count++;
    }
    return count >= 8;
}

/* As on cards: in one, in fours, or as American Express, Diners and Maestro print them. */
static bool is_card(const struct number *number)
{
    static const char *const lists = "4-6-2|4-6-3|4-6-4|4-6-5|4-6-6|4-6-7|4-6-8|4-6-9|6-13";
    static const char *const fours =
        "4-4-4-1|4-4-4-2|4-4-4-3|4-4-4-4|4-4-4-4-1|4-4-4-4-2|4-4-4-4-3";
    char lengths[3 * GROUPS_MAX] = "";
    size_t len = 0;
    for (size_t i = number->first; i <= number->last; i++) {
        const struct group *group = &number->all->groups[i];
        len += (size_t)snprintf(lengths + len, sizeof lengths - len, "%s%zu", len == 0 ? "" : "-",
                                group->to - group->from);
    }
    const char sign = sign_of(number);
    const bool listed = is_listed(lists, lengths) || is_listed(fours, lengths);
    const bool cipher = sign == '-' && number->last > number->first + 1 && is_list(number);
    const bool spelled =
        number->first == number->last || (is_one_of((uint8_t)sign, " -.") && listed && !cipher);
    const struct wv_slice digits = {number->digits, number->count};
    return spelled && !is_time(digits) && wv_valid_card(digits);
}

uint64_t reference_kinds(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    const bool whole = is_before_point(number);
    if (is_behind_point(number) ||
        (whole && (number->count != 16 || byte_before(text, first_of(number)->from) == '.'))) {
        return 0; /* sixteen digits are no time, but as likely a card as others */
    }
    const uint64_t kinds = whole || is_part_of_longer(number) ? 0 : kinds_by_form(number);
    if (kinds == 0 && is_card(number)) {
        return evidence_for(number, WV_HIT_PAN, WV_EVIDENCE_SHAPE) == REFERENCE_NOTHING
                   ? 0
                   : UINT64_C(1) << WV_HIT_PAN;
    }
    return kinds;
}
