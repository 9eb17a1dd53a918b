/*
 * detect_forms.c — what numbers are by the way in which they are written and by their check digits.
 *
 * A form is a row of group lengths with what stands between them: '-' and '.' are themselves, ' '
 * is any of hyphen, point and blank, '(' anything with a parenthesis; "(3)7" begins with a group in
 * parentheses. The forms of one length stand together; the first that fits is taken.
 */
#include "filters/detect_number.h"

#include "filters/validate.h"

#include <pthread.h>

enum { PHONE_MIN = 7, PHONE_MAX = 15, E164_MIN = 8, CARD_MIN = 12, LIST_MIN = 8 };

/* Japan's numbering plan: mobile numbers are 0A0 and eight digits, of which the first is no zero;
 * all others are told only by their hyphens. 0120, 0800 and 0570 are services and nobody's. */
static bool is_jp_mobile(struct wv_slice digits)
{
    return digits.ptr[0] == '0' && digits.ptr[1] >= '5' && digits.ptr[1] <= '9' &&
           digits.ptr[2] == '0' && digits.ptr[3] != '0';
}

static bool is_jp_town(struct wv_slice digits)
{
    const struct wv_slice area = wv_slice_sub(digits, 0, 4);
    return area.ptr[0] == '0' && area.ptr[1] != '0' && !wv_slice_eq(area, WV_LIT("0120")) &&
           !wv_slice_eq(area, WV_LIT("0570")) && !wv_slice_eq(area, WV_LIT("0800"));
}

/* No service is written with two or three digits in front, or five. */
static bool is_jp_fixed(struct wv_slice digits)
{
    return digits.ptr[0] == '0' && digits.ptr[1] != '0';
}

/* North American numbering plan: area code and exchange begin with 2 to 9. */
static bool is_us_phone(struct wv_slice digits)
{
    const uint8_t *area = digits.ptr + (digits.len - 10);
    return area[0] >= '2' && area[3] >= '2' && (digits.len == 10 || digits.ptr[0] == '1');
}

static bool is_kr_mobile(struct wv_slice digits)
{
    return digits.ptr[0] == '0' && digits.ptr[1] == '1' &&
           memchr("016789", digits.ptr[2], 6) != NULL;
}

static bool is_kr_seoul(struct wv_slice digits)
{
    return digits.ptr[0] == '0' && digits.ptr[1] == '2';
}

/* 031 to 064: provinces. */
static bool is_kr_area(struct wv_slice digits)
{
    return digits.ptr[0] == '0' && digits.ptr[1] >= '3' && digits.ptr[1] <= '6' &&
           digits.ptr[2] >= '1' && digits.ptr[2] <= '5';
}

struct form {
    uint8_t kind; /* enum wv_hit_kind */
    uint8_t evidence;
    const char *groups;
    bool (*valid)(struct wv_slice digits);
};

#define FORM(kind_, evidence_, groups_, valid_)                                                    \
    {                                                                                              \
        .kind = WV_HIT_##kind_, .evidence = WV_EVIDENCE_##evidence_, .groups = (groups_),          \
        .valid = (valid_)                                                                          \
    }

static const struct form forms_of_8[] = {
    FORM(AU_TFN, WORDS, "8", wv_valid_au_tfn),
};

static const struct form forms_of_9[] = {
    FORM(US_SSN, SHAPE, "3-2-4", wv_valid_us_ssn), FORM(US_SSN, WORDS, "3 2 4", wv_valid_us_ssn),
    FORM(US_SSN, WORDS, "9", wv_valid_us_ssn),     FORM(AU_TFN, WORDS, "3 3 3", wv_valid_au_tfn),
    FORM(AU_TFN, WORDS, "9", wv_valid_au_tfn),     FORM(CA_SIN, WORDS, "3 3 3", wv_valid_ca_sin),
    FORM(CA_SIN, WORDS, "9", wv_valid_ca_sin),     FORM(IL_ID, WORDS, "9", wv_valid_il_id),
    FORM(IL_ID, WORDS, "8 1", wv_valid_il_id),     FORM(PH_TIN, WORDS, "9", wv_valid_ph_tin),
    FORM(PH_TIN, WORDS, "3 3 3", wv_valid_ph_tin), FORM(PHONE_KR, SHAPE, "2-3-4", is_kr_seoul),
    FORM(PHONE_KR, SHAPE, "2(3-4", is_kr_seoul),
};

static const struct form forms_of_10[] = {
    FORM(GB_NHS, WORDS, "10", wv_valid_gb_nhs),
    FORM(GB_NHS, WORDS, "3 3 4", wv_valid_gb_nhs),
    FORM(AU_MEDICARE, WORDS, "4 5 1", wv_valid_au_medicare),
    FORM(AU_MEDICARE, WORDS, "10", wv_valid_au_medicare),
    FORM(PHONE_JP, SHAPE, "2-4-4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "2(4(4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "2(4-4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "3(3(4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "3(3-4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "3-3-4", is_jp_fixed),
    FORM(PHONE_JP, SHAPE, "4-2-4", is_jp_town),
    FORM(PHONE_JP, SHAPE, "4(2(4", is_jp_town),
    FORM(PHONE_JP, SHAPE, "4(2-4", is_jp_town),
    FORM(PHONE_JP, SHAPE, "5-1-4", is_jp_fixed),
    FORM(PHONE_US, SHAPE, "3-3-4", is_us_phone),
    FORM(PHONE_US, SHAPE, "3.3.4", is_us_phone),
    FORM(PHONE_US, SHAPE, "3(3-4", is_us_phone),
    FORM(PHONE_US, SHAPE, "3(3 4", is_us_phone),
    FORM(PHONE_US, SHAPE, "3/3-4", is_us_phone),
    FORM(PHONE_US, SHAPE, "(3)7", is_us_phone),
};

static const struct form forms_of_11[] = {
    FORM(PHONE_US, SHAPE, "1-3-3-4", is_us_phone),
    FORM(PHONE_US, SHAPE, "1.3.3.4", is_us_phone),
    FORM(PHONE_JP, SHAPE, "11", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "3-4-4", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "3 4 4", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "3-8", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "7-4", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "3(4(4", is_jp_mobile),
    FORM(PHONE_JP, SHAPE, "3(4-4", is_jp_mobile),
    FORM(PHONE_KR, SHAPE, "3-4-4", is_kr_mobile),
    FORM(PHONE_KR, SHAPE, "3 4 4", is_kr_mobile),
    FORM(PHONE_KR, SHAPE, "3-4-4", is_kr_area),
    FORM(PHONE_KR, SHAPE, "3(4-4", is_kr_area),
    FORM(BR_CPF, SHAPE, "9-2", wv_valid_br_cpf),
    FORM(BR_CPF, SHAPE, "3.3.3-2", wv_valid_br_cpf),
    FORM(BR_CPF, REGION, "11", wv_valid_br_cpf),
    FORM(DE_IDNR, WORDS, "11", wv_valid_de_idnr),
    FORM(DE_IDNR, WORDS, "2 3 3 3", wv_valid_de_idnr),
    FORM(AU_MEDICARE, WORDS, "4 5 1 1", wv_valid_au_medicare),
    FORM(AU_MEDICARE, WORDS, "4 5 1/1", wv_valid_au_medicare),
    FORM(AU_MEDICARE, WORDS, "11", wv_valid_au_medicare),
};

static const struct form forms_of_12[] = {
    FORM(MYKAD, SHAPE, "6-2-4", wv_valid_my_mykad),
    FORM(MYKAD, WORDS, "12", wv_valid_my_mykad),
    FORM(MYKAD, WORDS, "6 2 4", wv_valid_my_mykad),
    FORM(JP_MY_NUMBER, WORDS, "12", wv_valid_jp_my_number),
    FORM(JP_MY_NUMBER, WORDS, "4 4 4", wv_valid_jp_my_number),
    FORM(IN_AADHAAR, WORDS, "12", wv_valid_in_aadhaar),
    FORM(IN_AADHAAR, WORDS, "4 4 4", wv_valid_in_aadhaar),
    FORM(PH_TIN, WORDS, "12", wv_valid_ph_tin),
    FORM(PH_TIN, WORDS, "3 3 3 3", wv_valid_ph_tin),
};

static const struct form forms_of_13[] = {
    FORM(KR_RRN, SHAPE, "6-7", wv_valid_kr_rrn),
    FORM(KR_RRN, WORDS, "13", wv_valid_kr_rrn),
    FORM(KR_RRN, WORDS, "6 7", wv_valid_kr_rrn),
    FORM(TH_PIN, SHAPE, "1-4-5-2-1", wv_valid_th_pin),
    FORM(TH_PIN, WORDS, "1 4 5 2 1", wv_valid_th_pin),
    FORM(TH_PIN, WORDS, "13", wv_valid_th_pin),
    FORM(CH_AHV, SHAPE, "3.4.4.2", wv_valid_ch_ahv),
    FORM(CH_AHV, SHAPE, "13", wv_valid_ch_ahv),
    FORM(CH_AHV, SHAPE, "3 4 4 2", wv_valid_ch_ahv),
};

static const struct form forms_of_14[] = {
    FORM(PH_TIN, WORDS, "3 3 3 5", wv_valid_ph_tin),
};

static const struct form forms_of_15[] = {
    FORM(FR_NIR, REGION, "15", wv_valid_fr_nir),
    FORM(FR_NIR, SHAPE, "1 2 2 2 3 3 2", wv_valid_fr_nir),
    FORM(FR_NIR, REGION, "13 2", wv_valid_fr_nir),
    FORM(IMEI, WORDS, "15", wv_valid_imei),
    FORM(IMEI, WORDS, "2 6 6 1", wv_valid_imei),
};

static const struct form forms_of_18[] = {
    FORM(CN_RIC, SHAPE, "18", wv_valid_cn_ric),
    FORM(CN_RIC, SHAPE, "6 8 4", wv_valid_cn_ric),
};

struct forms {
    const struct form *items;
    size_t count;
};

#define FORMS(digits) [digits] = {forms_of_##digits, WV_COUNT(forms_of_##digits)}

static const struct forms forms[WV_NUMBER_DIGITS + 1] = {
    FORMS(8), FORMS(9), FORMS(10), FORMS(11), FORMS(12), FORMS(13), FORMS(14), FORMS(15), FORMS(18),
};

static bool fits_join(char wanted, uint8_t join)
{
    return (uint8_t)wanted == join || (wanted == ')' && join == '(') ||
           (wanted == ' ' && (join == '-' || join == '.'));
}

/* Whether the groups are those of the form. */
static bool fits(const struct wv_number *number, const char *form)
{
    const struct wv_group *groups = number->run->groups;
    for (size_t i = number->first;; i++) {
        size_t len = 0;
        while (*form >= '0' && *form <= '9') {
            len = len * 10 + (size_t)(*form++ - '0');
        }
        if (groups[i].to - groups[i].from != len) {
            return false;
        }
        if (*form == '\0' || i == number->last) {
            return *form == '\0' && i == number->last;
        }
        if (!fits_join(*form++, groups[i + 1].join)) {
            return false;
        }
    }
}

/* Whether the first group stands in parentheses. */
static bool is_enclosed(const struct wv_scan *scan, const struct wv_number *number)
{
    const struct wv_group *group = &number->run->groups[number->first];
    return group->from > 0 && scan->text.ptr[group->from - 1] == '(' &&
           wv_byte_at(scan->text, group->to) == ')';
}

/* The lengths of groups in a row, a byte each: most forms are ruled out by one comparison. */
typedef uint64_t lengths;

_Static_assert(WV_NUMBER_GROUPS <= sizeof(lengths), "each group of a number has a byte");

enum { FORMS_MAX = 24 }; /* of one length */

static lengths forms_lengths[WV_NUMBER_DIGITS + 1][FORMS_MAX];

static pthread_once_t once = PTHREAD_ONCE_INIT;

static lengths lengths_of_form(const char *form)
{
    lengths all = 0;
    form += *form == '(';
    while (*form != '\0') {
        lengths len = 0;
        while (*form >= '0' && *form <= '9') {
            len = len * 10 + (lengths)(*form++ - '0');
        }
        all = all << 8 | len;
        form += *form != '\0';
    }
    return all;
}

static void make_lengths(void)
{
    for (size_t digits = 0; digits < WV_COUNT(forms); digits++) {
        wv_ensure(forms[digits].count <= FORMS_MAX);
        for (size_t i = 0; i < forms[digits].count; i++) {
            forms_lengths[digits][i] = lengths_of_form(forms[digits].items[i].groups);
        }
    }
}

static lengths lengths_of(const struct wv_number *number)
{
    const struct wv_group *groups = number->run->groups;
    lengths all = 0;
    for (size_t i = number->first; i <= number->last; i++) {
        all = all << 8 | (groups[i].to - groups[i].from);
    }
    return all;
}

/* What stands around the number in the same way as between its groups: it is part of a longer one.
 * "123-45-6789-0" is no SSN. */
static bool goes_on(const struct wv_number *number)
{
    const uint8_t join = wv_number_join(number);
    const struct wv_group *groups = number->run->groups;
    return number->first < number->last && join != ' ' && join != '(' && join != 0 &&
           (groups[number->first].join == join ||
            (number->last + 1 < number->run->count && groups[number->last + 1].join == join));
}

/* *valid: whether some form was that of the number and its check passed. */
static bool try_forms(struct wv_scan *scan, const struct wv_number *number, bool *valid)
{
    const struct forms *fitting = &forms[number->digits.len];
    const lengths wanted = lengths_of(number);
    scan->hits->steps += fitting->count;
    for (size_t i = 0; i < fitting->count; i++) {
        const struct form *form = &fitting->items[i];
        const bool enclosed = form->groups[0] == '(';
        if (forms_lengths[number->digits.len][i] != wanted ||
            !fits(number, form->groups + enclosed) || (enclosed && !is_enclosed(scan, number)) ||
            !form->valid(number->digits)) {
            continue;
        }
        *valid = true;
        if (wv_scan_identifier(scan, form->kind, (enum wv_evidence)form->evidence,
                               number->run->context, wv_number_from(number),
                               wv_number_to(number))) {
            return true;
        }
    }
    return false;
}

/* One number may pass as several: then the words of one of them decide before a name that says only
 * that it is somebody's number. */
bool wv_number_is_listed(struct wv_scan *scan, const struct wv_number *number)
{
    if (forms[number->digits.len].count == 0 || (goes_on(number) && !scan->detection->loose)) {
        return false;
    }
    wv_ensure(pthread_once(&once, make_lengths) == 0);
    bool valid = false;
    scan->own_words = true;
    const bool found = try_forms(scan, number, &valid);
    scan->own_words = false;
    return found || (valid && try_forms(scan, number, &valid));
}

/* Two digits, as a number. */
static unsigned pair(const uint8_t *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static bool is_day(const uint8_t *day, const uint8_t *month, const uint8_t *century)
{
    return pair(day) >= 1 && pair(day) <= 31 && pair(month) >= 1 && pair(month) <= 12 &&
           (pair(century) == 19 || pair(century) == 20);
}

/* DDMMYYYYhhmmss or YYYYMMDDhhmmss. */
static bool is_time(struct wv_slice digits)
{
    const uint8_t *at = digits.ptr;
    return digits.len == 14 && (is_day(at, at + 2, at + 4) || is_day(at + 6, at + 4, at)) &&
           pair(at + 8) <= 23 && pair(at + 10) <= 59 && pair(at + 12) <= 59;
}

static size_t group_len(const struct wv_number *number, size_t index)
{
    const struct wv_group *group = &number->run->groups[number->first + index];
    return group->to - group->from;
}

/* Whether hyphens join as many groups as in a fingerprint of ciphers, the number's among them. What
 * is joined to the first group of a part counts as one. */
static bool is_list(const struct wv_number *number)
{
    const struct wv_group *groups = number->run->groups;
    size_t from = number->first;
    size_t to = number->last + 1;
    while (from > 0 && groups[from].join == '-') {
        from--;
    }
    while (to < number->run->count && groups[to].join == '-') {
        to++;
    }
    return to - from + (groups[from].join == '-') >= LIST_MIN;
}

/* Whether the digits stand as they do on cards: all in one, in fours up to the last ones, or as
 * American Express, Diners and Maestro print them. */
static bool is_card_form(const struct wv_number *number)
{
    const size_t count = number->last - number->first + 1;
    const uint8_t join = wv_number_join(number);
    if (count == 1) {
        return true;
    }
    if (join != ' ' && join != '-' && join != '.') {
        return false;
    }
    if (count == 2) {
        return group_len(number, 0) == 6 && group_len(number, 1) == 13;
    }
    const bool sixes = count == 3 && group_len(number, 0) == 4 && group_len(number, 1) == 6;
    if (join == '-' && is_list(number)) {
        return false;
    }
    bool fours = count >= 4 && group_len(number, count - 1) <= 4;
    for (size_t i = 0; i + 1 < count; i++) {
        fours = fours && group_len(number, i) == 4;
    }
    return sixes || fours;
}

bool wv_number_is_card(struct wv_scan *scan, const struct wv_number *number)
{
    if (number->digits.len < CARD_MIN || !is_card_form(number) || is_time(number->digits)) {
        return false;
    }
    scan->hits->steps += number->digits.len;
    return wv_valid_card(number->digits) &&
           wv_scan_identifier(scan, WV_HIT_PAN, WV_EVIDENCE_SHAPE, wv_number_from(number),
                              wv_number_from(number), wv_number_to(number));
}

size_t wv_number_plus(const struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    size_t at = from;
    at -= at > 0 && text.ptr[at - 1] == '(';
    if (at == 0 || text.ptr[at - 1] != '+') {
        return SIZE_MAX;
    }
    at--;
    const uint8_t before = at > 0 ? text.ptr[at - 1] : 0;
    return wv_is_digit(before) || wv_is_letter(before) ? SIZE_MAX : at;
}

bool wv_number_is_international(struct wv_scan *scan, const struct wv_number *number)
{
    const size_t count = number->digits.len;
    const size_t plus = wv_number_plus(scan, wv_number_from(number));
    return plus != SIZE_MAX && count >= E164_MIN && count <= PHONE_MAX &&
           number->digits.ptr[0] != '0' &&
           wv_scan_identifier(scan, WV_HIT_PHONE_E164, WV_EVIDENCE_SHAPE, plus, plus,
                              wv_number_to(number));
}

/* Dates, and seconds and milliseconds since 1970: "call 2026-11-22", "cell 1700000000". */
static bool is_date(const struct wv_number *number)
{
    const uint8_t *at = number->digits.ptr;
    const size_t count = number->digits.len;
    const bool one = number->first == number->last;
    if (one && (count == 10 || count == 13) && at[0] == '1') {
        return true;
    }
    if (count < 8 || (one && count != 8 && count != 14)) {
        return false;
    }
    if (one) {
        return is_day(at + 6, at + 4, at) || is_day(at, at + 2, at + 4);
    }
    const bool pairs = number->last > number->first + 1 && group_len(number, 1) == 2;
    return (is_day(at + 6, at + 4, at) && group_len(number, 0) == 4) ||
           (is_day(at, at + 2, at + 4) && group_len(number, 0) == 2 && pairs &&
            group_len(number, 2) == 4);
}

bool wv_number_is_phone(struct wv_scan *scan, const struct wv_number *number)
{
    const size_t count = number->digits.len;
    return count >= PHONE_MIN && count <= PHONE_MAX && wv_number_from(number) >= scan->phone_to &&
           !is_date(number) &&
           wv_scan_identifier(scan, WV_HIT_PHONE, WV_EVIDENCE_WORDS, number->run->context,
                              wv_number_from(number), wv_number_to(number));
}
