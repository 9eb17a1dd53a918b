/* needle.c — which values are searched for, and the search. */
#include "filters/needle.h"

#include "filters/anchors.h"
#include "filters/detect.h"
#include "filters/keywords.h"
#include "filters/placeholder.h"
#include "filters/skeleton.h"

#include <stdlib.h>

enum {
    LOGIN_DIGITS = 6,
    NAME_MIN = 4,
    ID_MIN = 6,
    NUMBER_DIGITS = 7,
    JOINS_MAX = 3,    /* bytes between two digits of a number */
    VALUE_MAX = 4096, /* bytes of a value that are kept for its mark */
    LOGIN_WORDS = 5,  /* of a name: one that has more is a sentence */
    LOOSE_MIN =
        6,       /* bytes that are looked for in joined pieces, which make short words by chance */
    CUT_MIN = 8, /* bytes of a value that a firewall cut off: fewer could be the end of any word */
};

#define WV_COMMON(text)                                                                            \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/* In rising order. Words that many people and programs use and that paths and rules are made of;
 * beside them, the keywords of attacks (keywords.def) are never searched for. */
static const struct wv_slice common[] = {
    WV_COMMON("account"),   WV_COMMON("accounts"),      WV_COMMON("action"),
    WV_COMMON("admin"),     WV_COMMON("administrator"), WV_COMMON("anonymous"),
    WV_COMMON("api"),       WV_COMMON("app"),           WV_COMMON("assets"),
    WV_COMMON("auth"),      WV_COMMON("backend"),       WV_COMMON("blog"),
    WV_COMMON("cart"),      WV_COMMON("category"),      WV_COMMON("checkout"),
    WV_COMMON("client"),    WV_COMMON("company"),       WV_COMMON("config"),
    WV_COMMON("contact"),   WV_COMMON("content"),       WV_COMMON("customer"),
    WV_COMMON("dashboard"), WV_COMMON("data"),          WV_COMMON("default"),
    WV_COMMON("deleted"),   WV_COMMON("demo"),          WV_COMMON("details"),
    WV_COMMON("download"),  WV_COMMON("edit"),          WV_COMMON("email"),
    WV_COMMON("empty"),     WV_COMMON("enabled"),       WV_COMMON("error"),
    WV_COMMON("example"),   WV_COMMON("false"),         WV_COMMON("files"),
    WV_COMMON("filtered"),  WV_COMMON("form"),          WV_COMMON("guest"),
    WV_COMMON("help"),      WV_COMMON("hidden"),        WV_COMMON("home"),
    WV_COMMON("html"),      WV_COMMON("http"),          WV_COMMON("https"),
    WV_COMMON("images"),    WV_COMMON("index"),         WV_COMMON("info"),
    WV_COMMON("internal"),  WV_COMMON("invalid"),       WV_COMMON("items"),
    WV_COMMON("json"),      WV_COMMON("list"),          WV_COMMON("localhost"),
    WV_COMMON("login"),     WV_COMMON("logout"),        WV_COMMON("mail"),
    WV_COMMON("main"),      WV_COMMON("masked"),        WV_COMMON("media"),
    WV_COMMON("member"),    WV_COMMON("members"),       WV_COMMON("message"),
    WV_COMMON("mobile"),    WV_COMMON("mozilla"),       WV_COMMON("name"),
    WV_COMMON("news"),      WV_COMMON("nobody"),        WV_COMMON("none"),
    WV_COMMON("null"),      WV_COMMON("order"),         WV_COMMON("orders"),
    WV_COMMON("page"),      WV_COMMON("pages"),         WV_COMMON("password"),
    WV_COMMON("path"),      WV_COMMON("product"),       WV_COMMON("products"),
    WV_COMMON("profile"),   WV_COMMON("public"),        WV_COMMON("query"),
    WV_COMMON("redacted"),  WV_COMMON("register"),      WV_COMMON("removed"),
    WV_COMMON("report"),    WV_COMMON("request"),       WV_COMMON("response"),
    WV_COMMON("root"),      WV_COMMON("search"),        WV_COMMON("secret"),
    WV_COMMON("server"),    WV_COMMON("service"),       WV_COMMON("session"),
    WV_COMMON("settings"),  WV_COMMON("shop"),          WV_COMMON("signin"),
    WV_COMMON("signup"),    WV_COMMON("site"),          WV_COMMON("start"),
    WV_COMMON("static"),    WV_COMMON("status"),        WV_COMMON("store"),
    WV_COMMON("submit"),    WV_COMMON("support"),       WV_COMMON("system"),
    WV_COMMON("test"),      WV_COMMON("tester"),        WV_COMMON("token"),
    WV_COMMON("true"),      WV_COMMON("unavailable"),   WV_COMMON("undefined"),
    WV_COMMON("unknown"),   WV_COMMON("update"),        WV_COMMON("upload"),
    WV_COMMON("user"),      WV_COMMON("username"),      WV_COMMON("users"),
    WV_COMMON("value"),     WV_COMMON("version"),       WV_COMMON("view"),
    WV_COMMON("visitor"),   WV_COMMON("web"),           WV_COMMON("welcome"),
    WV_COMMON("word"),      WV_COMMON("www"),           WV_COMMON("xml"),
};

static int compare(const void *key, const void *element)
{
    const struct wv_slice *word = key;
    const struct wv_slice *other = element;
    const size_t len = word->len < other->len ? word->len : other->len;
    const int order = memcmp(word->ptr, other->ptr, len);
    return order != 0 ? order : (word->len > other->len) - (word->len < other->len);
}

static bool is_common(struct wv_slice word)
{
    if (bsearch(&word, common, WV_COUNT(common), sizeof common[0], compare) != NULL) {
        return true;
    }
    wv_keywords_ready();
    return wv_keyword_find(word) != WV_KEYWORD_NONE;
}

enum wv_needle_form wv_needle_form_of(enum wv_parameter parameter)
{
    static const enum wv_needle_form forms[WV_PARAMETER_COUNT] = {
        [WV_PARAMETER_CREDENTIAL] = WV_NEEDLE_ID,   [WV_PARAMETER_SESSION] = WV_NEEDLE_ID,
        [WV_PARAMETER_DIRECT_ID] = WV_NEEDLE_LOGIN, [WV_PARAMETER_CONTACT] = WV_NEEDLE_NUMBER,
        [WV_PARAMETER_NATIONAL_ID] = WV_NEEDLE_ID,  [WV_PARAMETER_PAYMENT] = WV_NEEDLE_NUMBER,
        [WV_PARAMETER_DEVICE] = WV_NEEDLE_ID,
    };
    return forms[parameter];
}

/* What stands in a value. */
struct looks {
    size_t digits;
    size_t letters; /* also those outside ASCII, byte by byte */
    size_t blanks;
    size_t ats;
    bool code;    /* slashes, parentheses, =: no login has them, and code is made of them */
    bool foreign; /* quotes, brackets, control bytes: no identifier has them */
};

enum byte_kind { OTHER = 0, DIGIT, LETTER, BLANK, AT, SIGN, CODE, KINDS };

#define LETTERS                                                                                    \
    LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,        \
        LETTER, LETTER

/* Of ASCII; capitals are gone by then. */
static const uint8_t kinds[128] = {
    [' '] = BLANK, ['('] = CODE,  [')'] = CODE, ['+'] = SIGN,    ['-'] = SIGN, ['.'] = SIGN,
    ['/'] = CODE,  ['0'] = DIGIT, DIGIT,        DIGIT,           DIGIT,        DIGIT,
    DIGIT,         DIGIT,         DIGIT,        DIGIT,           DIGIT,        [':'] = SIGN,
    ['='] = CODE,  ['@'] = AT,    ['_'] = SIGN, ['a'] = LETTERS, LETTERS,      ['~'] = SIGN,
};

static struct looks looks_of(struct wv_slice value)
{
    size_t counts[KINDS] = {0};
    for (size_t i = 0; i < value.len; i++) {
        counts[value.ptr[i] < 0x80 ? kinds[value.ptr[i]] : LETTER]++;
    }
    return (struct looks){.digits = counts[DIGIT],
                          .letters = counts[LETTER],
                          .blanks = counts[BLANK],
                          .ats = counts[AT],
                          .code = counts[CODE] > 0,
                          .foreign = counts[OTHER] > 0};
}

static bool is_email(struct wv_slice value, const struct looks *looks)
{
    const uint8_t *at = memchr(value.ptr, '@', value.len);
    const uint8_t *end = value.ptr + value.len;
    return looks->ats == 1 && looks->blanks == 0 && at > value.ptr && at + 1 < end &&
           memchr(at, '.', (size_t)(end - at)) != NULL && end[-1] != '.';
}

static bool is_alnum(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte);
}

/* Whether a word goes on at the byte. */
static bool is_inner(uint8_t byte)
{
    return is_alnum(byte) || byte == '_' || byte >= 0x80;
}

/* Whether one of its words is a common one, or is none: what is asked for ends the search. */
static bool has_word(struct wv_slice value, bool wanted)
{
    for (size_t at = 0; at < value.len;) {
        const size_t from = at;
        while (at < value.len && is_inner(value.ptr[at])) {
            at++;
        }
        if (at > from && is_common(wv_slice_sub(value, from, at)) == wanted) {
            return true;
        }
        at += at == from;
    }
    return false;
}

/* "win.ini" is what attacks ask for, not who they are. */
static bool is_file(struct wv_slice value)
{
    size_t at = value.len;
    while (at > 0 && value.ptr[at - 1] != '.') {
        at--;
    }
    wv_keywords_ready();
    return at > 0 && wv_keyword_find(wv_slice_sub(value, at, value.len)) == WV_KEYWORD_FILES;
}

/* A word of three bytes or more, or a name of some words of which none is common: what is said to
 * be a login may be an attack, and nobody shall have it wiped from the evidence. */
static bool is_login(struct wv_slice value, const struct looks *looks)
{
    if (looks->code || value.len < WV_NEEDLE_MIN) {
        return false;
    }
    if (looks->blanks > 0) {
        return looks->letters >= NAME_MIN && looks->digits == 0 && looks->blanks < LOGIN_WORDS &&
               looks->ats == 0 && !has_word(value, true);
    }
    return (looks->letters > 0 || looks->digits >= LOGIN_DIGITS) && has_word(value, false) &&
           !is_file(value);
}

static bool is_name(struct wv_slice value, const struct looks *looks)
{
    return looks->letters >= NAME_MIN && has_word(value, false);
}

static bool is_valid(enum wv_needle_form form, struct wv_slice value)
{
    const struct looks looks = looks_of(value);
    if (looks.foreign) {
        return false;
    }
    switch (form) {
    case WV_NEEDLE_NONE:
        return false;
    case WV_NEEDLE_EMAIL:
        return is_email(value, &looks);
    case WV_NEEDLE_LOGIN:
        return is_email(value, &looks) || is_login(value, &looks);
    case WV_NEEDLE_NAME:
        return is_name(value, &looks);
    case WV_NEEDLE_ID:
        return looks.blanks == 0 && value.len >= ID_MIN && looks.digits > 0 &&
               (looks.letters > 0 || looks.digits >= NUMBER_DIGITS);
    case WV_NEEDLE_NUMBER:
        return looks.letters == 0 && looks.digits >= NUMBER_DIGITS;
    }
    return false;
}

/* Blanks, control bytes and quotes around a value are none of it; nor is the domain before a
 * login. */
static struct wv_slice trimmed(enum wv_needle_form form, struct wv_slice value)
{
    size_t from = 0;
    size_t to = value.len;
    while (to > from &&
           (value.ptr[to - 1] <= ' ' || value.ptr[to - 1] == '"' || value.ptr[to - 1] == '\'')) {
        to--;
    }
    while (from < to &&
           (value.ptr[from] <= ' ' || value.ptr[from] == '"' || value.ptr[from] == '\'')) {
        from++;
    }
    const uint8_t *slash =
        form == WV_NEEDLE_LOGIN && from < to ? memchr(value.ptr + from, '\\', to - from) : NULL;
    if (slash != NULL && wv_is_word(value.ptr[from])) {
        from = (size_t)(slash - value.ptr) + 1; /* a path has more of them */
    }
    return wv_slice_sub(value, from, to);
}

/* The byte at `at` in lower case; of letters beyond ASCII those of Latin-1, in UTF-8. */
static uint8_t lower_at(struct wv_slice text, size_t at)
{
    const uint8_t byte = text.ptr[at];
    if (wv_likely(byte < 0x80)) {
        return wv_lower(byte);
    }
    const bool capital = byte >= 0x80 && byte <= 0x9e && byte != 0x97; /* of U+00C0 … U+00DE */
    return capital && at > 0 && text.ptr[at - 1] == 0xc3 ? byte | 0x20 : wv_lower(byte);
}

static size_t put_needle(struct wv_needles *needles, const struct wv_text_needle *found,
                         struct wv_slice value, struct wv_scratch *scratch)
{
    const struct wv_slice lower = found->text;
    const bool room = needles->text_count < WV_TEXTS_MAX;
    uint8_t *copy = room ? wv_scratch_take(scratch, lower.len + value.len) : NULL;
    if (copy == NULL) {
        needles->texts_lost = true;
        return WV_TEXTS_MAX;
    }
    memcpy(copy, lower.ptr, lower.len);
    memcpy(copy + lower.len, value.ptr, value.len);
    struct wv_text_needle *needle = &needles->texts[needles->text_count];
    needle->kind = found->kind;
    needle->detail = found->detail;
    needle->cut = found->cut;
    needle->number = found->number;
    needle->text = (struct wv_slice){copy, lower.len};
    needle->value = (struct wv_slice){copy + lower.len, value.len};
    for (size_t i = 0; i < WV_COUNT(needle->begin); i++) {
        memset(needle->begin[i], lower.ptr[i] | 0x20, sizeof needle->begin[i]);
    }
    return needles->text_count++;
}

/* Whether digits of a number may be parted by the byte. */
static bool is_join(uint8_t byte)
{
    return byte == ' ' || byte == '-' || byte == '.' || byte == '/' || byte == '(' || byte == ')' ||
           byte == '+';
}

static bool is_all_digits(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!wv_is_digit(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* Of a number without letters the digits alone: it may be written in other groups. 0: it is none,
 * or has no groups. */
static size_t compact(struct wv_slice value, uint8_t *out)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (wv_is_digit(value.ptr[i])) {
            out[len++] = value.ptr[i];
        } else if (!is_join(value.ptr[i])) {
            return 0;
        }
    }
    return len < value.len && len >= NUMBER_DIGITS ? len : 0;
}

/* Whether the text stands among the needles already; *at: where. */
static bool is_known(const struct wv_needles *needles, struct wv_slice text, size_t *at)
{
    for (*at = 0; *at < needles->text_count; (*at)++) {
        if (wv_slice_eq(needles->texts[*at].text, text)) {
            return true;
        }
    }
    return false;
}

size_t wv_needles_add(struct wv_needles *needles, enum wv_needle_form form, uint8_t kind,
                      uint8_t detail, struct wv_slice value, struct wv_scratch *scratch)
{
    uint8_t lower[WV_TEXT_NEEDLE_MAX];
    value = trimmed(form, value);
    value.len = value.len < VALUE_MAX ? value.len : VALUE_MAX;
    if (value.len == 0) {
        return WV_TEXTS_MAX;
    }
    const struct wv_slice wanted = {lower, value.len < sizeof lower ? value.len : sizeof lower};
    for (size_t i = 0; i < wanted.len; i++) {
        lower[i] = wv_lower(value.ptr[i]);
    }
    if (memchr(lower, 0xc3, wanted.len) != NULL) {
        for (size_t i = 0; i < wanted.len; i++) {
            lower[i] = lower_at(value, i);
        }
    }
    size_t at;
    if (is_known(needles, wanted, &at)) {
        return at;
    }
    if (!is_valid(form, wanted) ||
        (form == WV_NEEDLE_NAME && wv_skeleton_has_syntax(value, scratch)) ||
        wv_placeholder_is(value, needles->patterns)) {
        return WV_TEXTS_MAX;
    }
    const bool mail = form == WV_NEEDLE_LOGIN && memchr(lower, '@', wanted.len) != NULL;
    struct wv_text_needle found = {.text = wanted,
                                   .kind = mail ? WV_HIT_EMAIL : kind,
                                   .detail = detail,
                                   .cut = value.len > wanted.len};
    const bool number = form == WV_NEEDLE_NUMBER || form == WV_NEEDLE_ID;
    uint8_t digits[WV_TEXT_NEEDLE_MAX];
    found.number = number && is_all_digits(wanted);
    const size_t index = put_needle(needles, &found, value, scratch);
    found.text = (struct wv_slice){digits, number ? compact(wanted, digits) : 0};
    found.number = true;
    if (found.text.len > 0 && index < WV_TEXTS_MAX && !is_known(needles, found.text, &at)) {
        (void)put_needle(needles, &found, value, scratch);
    }
    return index;
}

/* The search. */

size_t wv_needles_next_plain(const struct wv_needles *needles, struct wv_slice text, size_t at)
{
    for (; at + 1 < text.len; at++) {
        for (size_t i = 0; i < needles->text_count; i++) {
            const uint8_t *needle = needles->texts[i].text.ptr;
            if ((text.ptr[at] | 0x20) == (needle[0] | 0x20) &&
                (text.ptr[at + 1] | 0x20) == (needle[1] | 0x20)) {
                return at;
            }
        }
    }
    return text.len;
}

#if defined(__SSE2__)

/* At which of 16 places a needle may begin. */
static unsigned places_of(const struct wv_needles *needles, __m128i bytes, __m128i next)
{
    const __m128i fold = _mm_set1_epi8(0x20);
    const __m128i first = _mm_or_si128(bytes, fold);
    const __m128i second = _mm_or_si128(next, fold);
    __m128i found = _mm_setzero_si128();
    for (size_t i = 0; i < needles->text_count; i++) {
        const struct wv_text_needle *needle = &needles->texts[i];
        found = _mm_or_si128(
            found, _mm_and_si128(_mm_cmpeq_epi8(first, wv_lanes_load(needle->begin[0])),
                                 _mm_cmpeq_epi8(second, wv_lanes_load(needle->begin[1]))));
    }
    return wv_lanes_bits(found);
}

size_t wv_needles_next(const struct wv_needles *needles, struct wv_slice text, size_t at)
{
    const size_t end = text.len - (text.len > 0); /* no needle begins with the last byte */
    for (; at + WV_LANES <= end; at += WV_LANES) {
        const unsigned bits =
            places_of(needles, wv_lanes_load(text.ptr + at), wv_lanes_load(text.ptr + at + 1));
        if (bits != 0) {
            return at + (size_t)__builtin_ctz(bits);
        }
    }
    if (at >= end) {
        return text.len;
    }
    /* The last 16 places, of which some may have been looked at; or all of a shorter text. */
    const size_t from = end < WV_LANES ? 0 : end - WV_LANES;
    const bool whole = end < WV_LANES;
    const __m128i bytes = whole ? wv_lanes_short(text) : wv_lanes_load(text.ptr + from);
    const __m128i next = whole ? _mm_srli_si128(bytes, 1) : wv_lanes_load(text.ptr + from + 1);
    const unsigned known = (1U << (at - from)) - 1;
    const unsigned bits = places_of(needles, bytes, next) & ((1U << (end - from)) - 1) & ~known;
    return bits != 0 ? from + (size_t)__builtin_ctz(bits) : text.len;
}

#else

size_t wv_needles_next(const struct wv_needles *needles, struct wv_slice text, size_t at)
{
    return wv_needles_next_plain(needles, text, at);
}

#endif

/* Whether the byte of a needle stands at `at`. A form writes blanks as +. */
static inline bool is_same(struct wv_slice text, size_t at, uint8_t wanted)
{
    const uint8_t byte = text.ptr[at];
    return wv_lower(byte) == wanted || (byte >= 0x80 && lower_at(text, at) == wanted) ||
           (byte == '+' && wanted == ' ');
}

/* Where a digit of a number follows the one before `at`; `at`: nowhere, or at once. */
static size_t joins_end(struct wv_slice text, size_t at)
{
    size_t to = at;
    while (to - at < JOINS_MAX && is_join(wv_byte_at(text, to))) {
        to++;
    }
    return wv_is_digit(wv_byte_at(text, to)) ? to : at;
}

/* How many bytes of the needle stand at `at`; *to: where they end. Between the digits of a number
 * stands what people write there. */
static inline size_t common_length(struct wv_slice text, size_t at,
                                   const struct wv_text_needle *needle, size_t *to)
{
    const struct wv_slice wanted = needle->text;
    size_t len = 0;
    while (len < wanted.len && at < text.len && is_same(text, at, wanted.ptr[len])) {
        at++;
        len++;
        if (wv_unlikely(needle->number) && len < wanted.len) {
            at = joins_end(text, at);
        }
    }
    *to = at;
    return len;
}

/* Whether so much of it, at the end of a text that was cut off, shows the needle. */
static bool is_shown_by(const struct wv_text_needle *needle, size_t len)
{
    const struct wv_slice shown = {needle->text.ptr, len};
    const uint8_t *at = len == 0 ? NULL : memchr(shown.ptr, '@', shown.len);
    return at != NULL ? at + 1 < shown.ptr + shown.len
                      : len >= CUT_MIN && 2 * len >= needle->text.len;
}

/* Where a value ends of which only the beginning is looked for. */
static size_t value_end(struct wv_slice text, size_t at)
{
    while (at < text.len &&
           (is_inner(text.ptr[at]) || memchr("-.~+/=%:", text.ptr[at], 8) != NULL)) {
        at++;
    }
    return at;
}

/* Whether the text was cut off there, and nothing follows but what says so. */
static bool is_cut_off(struct wv_slice text, size_t at)
{
    const struct wv_slice rest = wv_slice_sub(text, at, text.len);
    return rest.len == 0 || wv_slice_eq(rest, WV_LIT("...")) ||
           wv_slice_eq(rest, WV_LIT("\xe2\x80\xa6"));
}

/* The end of the needle that stands at `at`, or `at`. */
static size_t needle_end(struct wv_slice text, size_t at, const struct wv_text_needle *needle,
                         bool loose)
{
    const struct wv_slice wanted = needle->text;
    size_t to;
    const size_t len = common_length(text, at, needle, &to);
    if (len < wanted.len) {
        return is_cut_off(text, to) && is_shown_by(needle, len) ? to : at;
    }
    if (needle->cut) {
        return value_end(text, to);
    }
    const bool ends = !is_alnum(wanted.ptr[len - 1]) || !is_alnum(wv_byte_at(text, to));
    return ends || loose ? to : at;
}

/* The end of the longest needle that stands at `at`, and which it is; `at`, when none does. */
static size_t longest_end(const struct wv_needles *needles, struct wv_slice text, size_t at,
                          bool loose, size_t *which)
{
    const bool inside = at > 0 && is_alnum(text.ptr[at - 1]) && is_alnum(text.ptr[at]);
    size_t longest = at;
    for (size_t i = 0; i < needles->text_count && (loose || !inside); i++) {
        const struct wv_text_needle *needle = &needles->texts[i];
        const size_t to =
            loose && needle->text.len < LOOSE_MIN ? at : needle_end(text, at, needle, loose);
        *which = to > longest ? i : *which;
        longest = to > longest ? to : longest;
    }
    return longest;
}

void wv_scan_needles(struct wv_scan *scan)
{
    const struct wv_needles *needles = scan->detection->needles;
    const struct wv_slice text = scan->text;
    for (size_t at = wv_needles_next(needles, text, 0); at < text.len;) {
        size_t which = 0;
        const size_t to = longest_end(needles, text, at, scan->detection->loose, &which);
        if (to > at) {
            wv_scan_needle_hit(scan, which, at, to);
        }
        at = wv_needles_next(needles, text, to > at ? to : at + 1);
    }
}

/* Whether so much of a needle stands at `at` that it may be one, whatever stands around it. */
static bool begins_at(const struct wv_needles *needles, struct wv_slice text, size_t at)
{
    for (size_t i = 0; i < needles->text_count; i++) {
        const struct wv_text_needle *needle = &needles->texts[i];
        size_t to;
        const size_t len = common_length(text, at, needle, &to);
        if (len == needle->text.len || is_shown_by(needle, len)) {
            return true;
        }
    }
    return false;
}

bool wv_needles_may_be_in(const struct wv_needles *needles, struct wv_slice text)
{
    if (needles->texts_lost || wv_anchor_lead(text, false) < text.len) {
        return true;
    }
    for (size_t at = wv_needles_next(needles, text, 0); at < text.len;
         at = wv_needles_next(needles, text, at + 1)) {
        if (begins_at(needles, text, at)) {
            return true;
        }
    }
    return wv_base64_may_be_in(text);
}
