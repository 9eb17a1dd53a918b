/* detect_reference_words.c — codes of persons, accounts, keys of vendors. */
#include "support/detect_reference_parts.h"

#include "filters/validate.h"

enum { CODE_MAX = 18, GROUPS_SPELLED = 32, ACCOUNT_MAX = 34, ENDLESS = REFERENCE_TEXT_MAX };

/* Codes of persons: letters and digits, of which the validators know the rest. */

static const struct code {
    size_t kind;
    enum wv_evidence needed; /* by one word … */
    enum wv_evidence apart;  /* … and in groups */
    const char *groups;      /* how long they are: "8 1|2 3 3 1" */
    bool (*valid)(struct wv_slice text);
} codes[] = {
    {WV_HIT_HKID, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "7 1|8 1", wv_valid_hk_id},
    {WV_HIT_SG_NRIC, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "", wv_valid_sg_nric},
    {WV_HIT_ES_DNI, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "8 1|2 3 3 1", wv_valid_es_dni},
    {WV_HIT_ES_DNI, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "8 1|1 7 1|2 3 3 1", wv_valid_es_nie},
    {WV_HIT_GB_NINO, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "8 1|2 6 1|2 2 2 2 1",
     wv_valid_gb_nino},
    {WV_HIT_TW_ID, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "", wv_valid_tw_id},
    {WV_HIT_FR_NIR, WV_EVIDENCE_REGION, WV_EVIDENCE_SHAPE, "13 2|1 2 2 2 3 3 2", wv_valid_fr_nir},
    {WV_HIT_IT_CF, WV_EVIDENCE_SHAPE, WV_EVIDENCE_SHAPE, "3 3 5 5", wv_valid_it_cf},
    {WV_HIT_CN_RIC, WV_EVIDENCE_SHAPE, WV_EVIDENCE_SHAPE, "6 8 4", wv_valid_cn_ric},
};

/* A word of letters and digits, or several with joins between them. */
struct spelled {
    size_t from;
    size_t to;
    size_t len;
    uint8_t code[CODE_MAX];
    char groups[GROUPS_SPELLED]; /* "8 1"; one word has none */
};

/* Of hexadecimal digits with small letters: as good as part of a hash, so that only words help. */
static bool is_small_hex(const struct spelled *spelled)
{
    size_t small = 0;
    for (size_t i = 0; i < spelled->len; i++) {
        if (!is_hex(spelled->code[i])) {
            return false;
        }
        small += spelled->code[i] >= 'a';
    }
    return small > 0;
}

static bool has_letter(const struct spelled *spelled)
{
    bool found = false;
    for (size_t i = 0; i < spelled->len; i++) {
        found = found || is_letter(spelled->code[i]);
    }
    return found;
}

static bool is_grouped(const struct spelled *spelled, const char *list)
{
    const size_t wanted = strlen(spelled->groups);
    for (const char *at = list; *at != '\0';) {
        const size_t len = strcspn(at, "|");
        if (len == wanted && memcmp(at, spelled->groups, len) == 0) {
            return true;
        }
        at += len + (at[len] == '|');
    }
    return strchr(spelled->groups, ' ') == NULL;
}

/* Bits of what it may be called. */
static uint64_t kinds_of(const struct reference *reference, const struct spelled *spelled)
{
    uint64_t kinds = 0;
    const bool apart = strchr(spelled->groups, ' ') != NULL;
    for (size_t i = 0; i < WV_COUNT(codes) && has_letter(spelled); i++) {
        const bool small_hkid = codes[i].kind == WV_HIT_HKID && spelled->code[0] >= 'a';
        const enum wv_evidence needed = is_small_hex(spelled) || small_hkid ? WV_EVIDENCE_WORDS
                                        : apart                             ? codes[i].apart
                                                                            : codes[i].needed;
        if (is_grouped(spelled, codes[i].groups) &&
            codes[i].valid((struct wv_slice){spelled->code, spelled->len}) &&
            reference_evidence(reference, codes[i].kind, needed, spelled->from, spelled->from,
                               spelled->to) != REFERENCE_NOTHING) {
            kinds |= UINT64_C(1) << codes[i].kind;
        }
    }
    return kinds;
}

/* Adds one more word; false: there is none, or it is too long. */
static bool add_word(struct wv_slice text, size_t from, struct spelled *spelled)
{
    size_t to = from;
    while (is_alnum(byte_at(text, to))) {
        to++;
    }
    if (to == from || to - from > CODE_MAX - spelled->len) {
        return false;
    }
    char word[24];
    snprintf(word, sizeof word, "%s%zu", spelled->len == 0 ? "" : " ", to - from);
    memcpy(spelled->groups + strlen(spelled->groups), word, strlen(word) + 1);
    memcpy(spelled->code + spelled->len, text.ptr + from, to - from);
    spelled->len += to - from;
    spelled->to = to;
    return true;
}

/* Where the next word begins behind a join, or SIZE_MAX. */
static size_t next_word(struct wv_slice text, size_t at)
{
    for (size_t len = 1; len <= REFERENCE_JOIN_MAX && at + len < text.len; len++) {
        if (is_alnum(text.ptr[at + len])) {
            return reference_join(wv_slice_sub(text, at, at + len)) != 0 ? at + len : SIZE_MAX;
        }
    }
    return SIZE_MAX;
}

/* The longest code that begins with the word at `from`: where it ends, or 0. One that begins within
 * another one may be found or not. */
static size_t longest_code(const struct reference *reference, size_t from, size_t taken_to)
{
    const struct wv_slice text = reference->text;
    struct spelled spelled = {.from = from};
    size_t found = 0;
    uint64_t found_kinds = 0;
    for (size_t at = from, words = 0; words < 8 && at != SIZE_MAX && add_word(text, at, &spelled);
         words++) {
        struct spelled closed = spelled;
        const bool parens = words > 0 && byte_before(text, at) == '(';
        closed.to += parens && byte_at(text, closed.to) == ')';
        const uint64_t kinds = kinds_of(reference, &closed);
        found = kinds != 0 ? closed.to : found;
        found_kinds = kinds != 0 ? kinds : found_kinds;
        at = next_word(text, spelled.to);
    }
    if (found != 0) {
        reference_add(reference, from, found, found_kinds)->optional = from < taken_to;
    }
    return found;
}

void reference_codes(const struct reference *reference)
{
    const struct wv_slice text = reference->text;
    size_t taken_to = 0;
    for (size_t from = 0; from < text.len; from++) {
        if (is_alnum(text.ptr[from]) && !is_alnum(byte_before(text, from))) {
            const size_t found = longest_code(reference, from, taken_to);
            taken_to = from >= taken_to && found > 0 ? found : taken_to;
        }
    }
}

bool reference_is_code(const struct reference *reference, size_t count, size_t from, size_t to)
{
    for (size_t i = 0; i < count; i++) {
        const struct reference_hit *hit = &reference->hits->items[i];
        if (hit->from <= from && to <= hit->to) {
            return true;
        }
    }
    return false;
}

/* Accounts: ISO 13616, in groups or not. */

static bool is_account(struct wv_slice text)
{
    uint8_t account[ACCOUNT_MAX];
    size_t len = 0;
    size_t to = 0; /* of the last word */
    for (size_t at = 0; at < text.len; at++) {
        if (!is_alnum(text.ptr[at])) {
            continue;
        }
        if (len == sizeof account ||
            (at > to && (len < 4 || reference_join(wv_slice_sub(text, to, at)) == 0))) {
            return false;
        }
        account[len++] = text.ptr[at];
        to = at + 1;
    }
    return to == text.len && wv_valid_iban((struct wv_slice){account, len});
}

/* Of those that begin at one place the longest: what follows may look like one more group. */
void reference_accounts(const struct reference *reference)
{
    const struct wv_slice text = reference->text;
    for (size_t from = 0; from < text.len; from++) {
        const bool begins = is_letter(text.ptr[from]) && !is_alnum(byte_before(text, from));
        size_t found = from;
        for (size_t to = from + 15; begins && to <= from + 4 * ACCOUNT_MAX && to <= text.len;
             to++) {
            if (!is_alnum(byte_at(text, to)) && is_account(wv_slice_sub(text, from, to))) {
                found = to;
            }
        }
        if (found > from) {
            reference_note(reference, WV_HIT_IBAN, WV_EVIDENCE_SHAPE, from, found);
            from = found - 1;
        }
    }
}

/* Keys of vendors. */

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM    "0123456789" CAPITALS "abcdefghijklmnopqrstuvwxyz"
#define HEX      "0123456789ABCDEFabcdef"

static const struct key {
    size_t kind;
    const char *prefixes; /* with blanks between them */
    const char *letters;
    size_t least;
    size_t most;
} keys[] = {
    {WV_HIT_AWS_KEY_ID, "AKIA ASIA AROA AIDA AGPA AIPA ANPA ANVA ABIA ACCA", CAPITALS "234567", 16,
     16},
    {WV_HIT_GCP_API_KEY, "AIza", ALNUM "-_", 35, 35},
    {WV_HIT_GCP_API_KEY, "GOCSPX-", ALNUM "-_", 28, 28},
    {WV_HIT_GITHUB_TOKEN, "ghp_ gho_ ghu_ ghs_ ghr_", ALNUM, 36, 251},
    {WV_HIT_GITHUB_TOKEN, "github_pat_", ALNUM "-_", 22, 251},
    {WV_HIT_SLACK_TOKEN, "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", ALNUM "-", 11, ENDLESS},
    {WV_HIT_STRIPE_KEY, "sk_live_ sk_test_ rk_live_ rk_test_", ALNUM, 10, 99},
    {WV_HIT_STRIPE_KEY, "whsec_", ALNUM, 24, 99},
    {WV_HIT_VENDOR_KEY, "glpat-", ALNUM "-_", 20, ENDLESS},
    {WV_HIT_VENDOR_KEY, "npm_", ALNUM, 36, 36},
    {WV_HIT_VENDOR_KEY, "pypi-AgEI", ALNUM "-_", 50, ENDLESS},
    {WV_HIT_VENDOR_KEY, "sk-ant- sk-proj-", ALNUM "-_", 24, ENDLESS},
    {WV_HIT_VENDOR_KEY, "sk-", ALNUM, 48, 48},
    {WV_HIT_VENDOR_KEY, "shpat_ shpca_ shppa_ shpss_", HEX, 32, 32},
    {WV_HIT_VENDOR_KEY, "dop_v1_", HEX, 64, 64},
    {WV_HIT_VENDOR_KEY, "hf_", ALNUM, 34, 34},
    {WV_HIT_VENDOR_KEY, "xkeysib-", ALNUM "-", 64, ENDLESS},
    {WV_HIT_VENDOR_KEY, "dckr_pat_", ALNUM "-_", 27, 27},
    {WV_HIT_VENDOR_KEY, "rubygems_", HEX, 48, 48},
};

/* The end of the longest key of that sort behind its prefix, or 0. */
static size_t key_end(struct wv_slice text, const struct key *key, size_t start)
{
    size_t to = start;
    while (to - start < key->most && is_one_of(byte_at(text, to), key->letters)) {
        to++;
    }
    const bool endless = key->most == ENDLESS;
    return to - start >= key->least && (endless || !is_alnum(byte_at(text, to))) ? to : 0;
}

static size_t try_keys(const struct reference *reference, size_t from)
{
    size_t found = 0;
    for (size_t i = 0; i < WV_COUNT(keys) && found == 0; i++) {
        for (const char *at = keys[i].prefixes; *at != '\0' && found == 0;) {
            const size_t len = strcspn(at, " ");
            const struct wv_slice text = reference->text;
            if (len <= text.len - from && memcmp(text.ptr + from, at, len) == 0) {
                found = key_end(text, &keys[i], from + len);
            }
            at += len + (at[len] == ' ');
        }
        if (found != 0) {
            reference_note(reference, keys[i].kind, WV_EVIDENCE_SHAPE, from, found);
        }
    }
    return found;
}

/* Of SendGrid: two parts with a point. */
static size_t pointed_key_end(struct wv_slice text, size_t from)
{
    static const struct key first = {.letters = ALNUM "-_", .least = 22, .most = 22};
    static const struct key second = {.letters = ALNUM "-_", .least = 43, .most = 43};
    const size_t point = stands_at(text, from, "SG.") ? key_end(text, &first, from + 3) : 0;
    return point > 0 && byte_at(text, point) == '.' ? key_end(text, &second, point + 1) : 0;
}

/* Whether it stands behind the "SG." of such a key: all of that is one. */
static bool is_in_pointed_key(struct wv_slice text, size_t at)
{
    for (size_t from = at < 70 ? 0 : at - 70; from + 3 <= at; from++) {
        if (!is_alnum(byte_before(text, from)) && pointed_key_end(text, from) > at) {
            return true;
        }
    }
    return false;
}

/* A key begins where no letter or digit stands before it; within one, no other does. */
void reference_keys(const struct reference *reference)
{
    const struct wv_slice text = reference->text;
    size_t taken_to = 0;
    for (size_t from = 0; from < text.len; from++) {
        if (is_alnum(byte_before(text, from))) {
            continue;
        }
        const size_t pointed = pointed_key_end(text, from);
        if (pointed > 0) {
            reference_note(reference, WV_HIT_VENDOR_KEY, WV_EVIDENCE_SHAPE, from, pointed);
        }
        if (from >= taken_to && !is_in_pointed_key(text, from)) {
            const size_t found = try_keys(reference, from);
            taken_to = found > 0 ? found : taken_to;
        }
    }
}
