/* detect_word.c — identifiers of letters and digits: accounts, keys of vendors.
 */
#include "filters/anchors.h"
#include "filters/detect_number.h"

#include "filters/validate.h"

#include <pthread.h>

enum {
    CODE_MAX = 18, /* the longest code of a person */
    CODE_DIGITS_MIN = 6,
    ACCOUNT_MAX = 34, /* ISO 13616 */
    ACCOUNT_MIN = 15,
    PLAIN_CODE = 16, /* letters and digits of a code in which no six digits stand together */
};

static bool is_alnum(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte);
}

/* Accounts. */

/* IBAN (ISO 13616), as it is or in groups: "GB82 WEST 1234 5698 7654 32". The longest that is
 * valid: what stands behind it may look like one more group. */
void wv_scan_account(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    uint8_t compact[ACCOUNT_MAX];
    size_t count = 0;
    size_t found = 0;
    if (from < scan->account_to) {
        return;
    }
    for (size_t at = from; at < text.len && count < ACCOUNT_MAX;) {
        if (!is_alnum(text.ptr[at])) {
            break;
        }
        compact[count++] = text.ptr[at++];
        const bool ends = !is_alnum(wv_byte_at(text, at));
        if (ends && count >= ACCOUNT_MIN && wv_valid_iban((struct wv_slice){compact, count})) {
            found = at;
        }
        uint8_t join;
        at += ends && count >= 4 ? wv_join_length(text, at, &join) : 0;
        scan->hits->steps += 1U + ends;
    }
    if (found > 0) {
        scan->account_to = found;
        wv_scan_identifier(scan, WV_HIT_IBAN, WV_EVIDENCE_SHAPE, from, from, found);
    }
}

/* Keys of vendors: what they begin with, and how many of which letters follow. As the vendors
 * document them, or print them in examples. */

enum alphabet {
    KEY_WORD = 0, /* letters, digits, - and _ */
    KEY_ALNUM,
    KEY_ALNUM_HYPHEN,
    KEY_BASE32, /* capitals and 2 to 7 */
    KEY_HEX,
};

struct key {
    const char *prefix;
    uint8_t kind;
    uint8_t alphabet;
    uint16_t least;
    uint16_t most;
};

enum { ANY = UINT16_MAX }; /* of which a longer one is a key, too */

static const struct key keys[] = {
    {"AKIA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"ASIA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"AROA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"AIDA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"AGPA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"AIPA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"ANPA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"ANVA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"ABIA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"ACCA", WV_HIT_AWS_KEY_ID, KEY_BASE32, 16, 16},
    {"AIza", WV_HIT_GCP_API_KEY, KEY_WORD, 35, 35},
    {"GOCSPX-", WV_HIT_GCP_API_KEY, KEY_WORD, 28, 28},
    {"ghp_", WV_HIT_GITHUB_TOKEN, KEY_ALNUM, 36, 251},
    {"gho_", WV_HIT_GITHUB_TOKEN, KEY_ALNUM, 36, 251},
    {"ghu_", WV_HIT_GITHUB_TOKEN, KEY_ALNUM, 36, 251},
    {"ghs_", WV_HIT_GITHUB_TOKEN, KEY_ALNUM, 36, 251},
    {"ghr_", WV_HIT_GITHUB_TOKEN, KEY_ALNUM, 36, 251},
    {"github_pat_", WV_HIT_GITHUB_TOKEN, KEY_WORD, 22, 251},
    {"xoxa-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxb-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxe-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxo-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxp-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxr-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xoxs-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"xapp-", WV_HIT_SLACK_TOKEN, KEY_ALNUM_HYPHEN, 11, ANY},
    {"sk_live_", WV_HIT_STRIPE_KEY, KEY_ALNUM, 10, 99},
    {"sk_test_", WV_HIT_STRIPE_KEY, KEY_ALNUM, 10, 99},
    {"rk_live_", WV_HIT_STRIPE_KEY, KEY_ALNUM, 10, 99},
    {"rk_test_", WV_HIT_STRIPE_KEY, KEY_ALNUM, 10, 99},
    {"whsec_", WV_HIT_STRIPE_KEY, KEY_ALNUM, 24, 99},
    {"glpat-", WV_HIT_VENDOR_KEY, KEY_WORD, 20, ANY},
    {"npm_", WV_HIT_VENDOR_KEY, KEY_ALNUM, 36, 36},
    {"pypi-AgEI", WV_HIT_VENDOR_KEY, KEY_WORD, 50, ANY},
    {"sk-ant-", WV_HIT_VENDOR_KEY, KEY_WORD, 24, ANY},
    {"sk-proj-", WV_HIT_VENDOR_KEY, KEY_WORD, 24, ANY},
    {"sk-", WV_HIT_VENDOR_KEY, KEY_ALNUM, 48, 48},
    {"shpat_", WV_HIT_VENDOR_KEY, KEY_HEX, 32, 32},
    {"shpca_", WV_HIT_VENDOR_KEY, KEY_HEX, 32, 32},
    {"shppa_", WV_HIT_VENDOR_KEY, KEY_HEX, 32, 32},
    {"shpss_", WV_HIT_VENDOR_KEY, KEY_HEX, 32, 32},
    {"dop_v1_", WV_HIT_VENDOR_KEY, KEY_HEX, 64, 64},
    {"hf_", WV_HIT_VENDOR_KEY, KEY_ALNUM, 34, 34},
    {"xkeysib-", WV_HIT_VENDOR_KEY, KEY_ALNUM_HYPHEN, 64, ANY},
    {"dckr_pat_", WV_HIT_VENDOR_KEY, KEY_WORD, 27, 27},
    {"rubygems_", WV_HIT_VENDOR_KEY, KEY_HEX, 48, 48},
};

static bool is_key_byte(uint8_t byte, enum alphabet alphabet)
{
    switch (alphabet) {
    case KEY_WORD:
        return wv_is_word(byte) || byte == '-';
    case KEY_ALNUM:
        return is_alnum(byte);
    case KEY_ALNUM_HYPHEN:
        return is_alnum(byte) || byte == '-';
    case KEY_BASE32:
        return (byte >= 'A' && byte <= 'Z') || (byte >= '2' && byte <= '7');
    case KEY_HEX:
        return wv_is_hex(byte);
    }
    return false;
}

/* The end of the key that begins at `from`, or `from`. */
static size_t key_end(struct wv_scan *scan, const struct key *key, size_t from)
{
    const struct wv_slice text = scan->text;
    const struct wv_slice prefix = wv_slice_of(key->prefix);
    if (!wv_slice_starts(wv_slice_sub(text, from, text.len), prefix)) {
        return from;
    }
    const size_t start = from + prefix.len;
    size_t to = start;
    while (to < text.len && (key->most == ANY || to - start < key->most) &&
           is_key_byte(text.ptr[to], (enum alphabet)key->alphabet)) {
        to++;
    }
    scan->hits->steps += to - from;
    return to - start < key->least || (key->most != ANY && is_alnum(wv_byte_at(text, to))) ? from
                                                                                           : to;
}

/* With which two letters keys begin, modulo 64: most words are none by that. */
static uint64_t seconds_of[64];

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_seconds(void)
{
    for (size_t i = 0; i < WV_COUNT(keys); i++) {
        seconds_of[keys[i].prefix[0] & 63] |= UINT64_C(1) << (keys[i].prefix[1] & 63);
    }
}

static bool may_be_key(uint8_t first, uint8_t second)
{
    return (seconds_of[first & 63] >> (second & 63) & 1) != 0;
}

/* The end of the vendor's key that begins at `at`, or `at`. */
static size_t try_keys(struct wv_scan *scan, size_t at)
{
    for (size_t i = 0; i < WV_COUNT(keys); i++) {
        if ((uint8_t)keys[i].prefix[0] != scan->text.ptr[at]) {
            continue;
        }
        const size_t to = key_end(scan, &keys[i], at);
        if (to > at) {
            wv_scan_identifier(scan, keys[i].kind, WV_EVIDENCE_SHAPE, at, at, to);
            return to;
        }
    }
    return at;
}

/* "SG.", 22 letters, a point and 43 letters: SendGrid's, whose letters begin at `from`. The end of
 * the key, or `from`. */
static size_t try_pointed(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    const size_t lengths[] = {22, 43};
    const size_t begin = from < 3 ? from : from - 3;
    if (!wv_slice_eq(wv_slice_sub(text, begin, from), WV_LIT("SG.")) ||
        (begin > 0 && is_alnum(text.ptr[begin - 1]))) {
        return from;
    }
    size_t to = from;
    for (size_t i = 0; i < WV_COUNT(lengths); i++) {
        const size_t start = to + i;
        to = start;
        while (to - start < lengths[i] && is_key_byte(wv_byte_at(text, to), KEY_WORD)) {
            to++;
        }
        if (to - start < lengths[i] || (i == 0 && wv_byte_at(text, to) != '.')) {
            return from;
        }
    }
    scan->hits->steps += to - from;
    if (is_alnum(wv_byte_at(text, to))) {
        return from;
    }
    wv_scan_identifier(scan, WV_HIT_VENDOR_KEY, WV_EVIDENCE_SHAPE, begin, begin, to);
    return to;
}

/* A key, and a code without a run of digits, may begin behind a hyphen or underscore, too. */
void wv_scan_word(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    if (from < scan->word_to) {
        return;
    }
    size_t at = from > 0 && text.ptr[from - 1] == '.' ? try_pointed(scan, from) : from;
    wv_ensure(pthread_once(&once, make_seconds) == 0);
    while (at < text.len && (wv_is_word(text.ptr[at]) || text.ptr[at] == '-')) {
        const size_t begin = at;
        const size_t key =
            may_be_key(text.ptr[at], wv_byte_at(text, at + 1)) ? try_keys(scan, at) : at;
        at = wv_alnum_end(text, at);
        scan->hits->steps += at - begin + 1;
        if (at - begin == PLAIN_CODE) {
            (void)wv_word_is_code(scan, begin, at);
        }
        at = key > at ? key : at > begin ? at : at + 1;
    }
    scan->word_to = at;
}
