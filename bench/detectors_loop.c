/*
 * detectors_loop.c — the search for identifiers as it is usually written: one pattern after another
 * over the text, and over the text decoded, and a validator for what matches.
 *
 * It is meant to be fair. Patterns are compiled once, with JIT; they are our own, and the
 * validators and the decoding are the product's. What a byte can rule out is ruled out: a text
 * without a digit is only searched for what needs none.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "bench/detectors.h"

#include "filters/validate.h"
#include "filters/view.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define JOIN        "(?:[ .+-]|\\xc2\\xa0|\\xe2\\x80[\\x80-\\x95\\xaf]|\\xe2\\x88\\x92|\\xe3\\x80\\x80)"
#define HYPHEN      "(?:-|\\xe2\\x80[\\x90-\\x95]|\\xe2\\x88\\x92|\\xe3\\x83\\xbc|\\xff)"
#define WORD(inner) "(?<![A-Za-z0-9])(?:" inner ")(?![A-Za-z0-9])"
#define CODE(inner) "(?<![A-Za-z0-9])(?i:" inner ")(?![A-Za-z0-9])"
#define NUMBER(inner)                                                                              \
    "(?<![0-9])(?<![0-9][.])(?:" inner ")(?![0-9])(?![.][0-9])" /* of no longer number */

enum { CONTEXT = 48, COMPACT_MAX = 40, DEPTH_MAX = 3 };

static bool is_spanish(struct wv_slice text)
{
    return wv_valid_es_dni(text) || wv_valid_es_nie(text);
}

/* needs: what must be known beside the shape, as the pack eu has it. */
static const struct pattern {
    const char *text;
    bool (*valid)(struct wv_slice compact);
    const char *needs; /* words before it; NULL: nothing */
    bool digitless;    /* it may have no digit */
} patterns[] = {
    {WORD("A(?:KIA|SIA|ROA|IDA|GPA|IPA|NPA|NVA|BIA|CCA)[A-Z2-7]{16}"), NULL, NULL, true},
    {WORD("AIza[\\w-]{35}|GOCSPX-[\\w-]{28}"), NULL, NULL, true},
    {WORD("gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\\w{22,251}"), NULL, NULL, true},
    {"(?<![A-Za-z0-9])(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}", NULL, NULL, true},
    {WORD("[sr]k_(?:live|test)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9]{24,99}"), NULL, NULL, true},
    {"(?<![A-Za-z0-9])(?:glpat-[\\w-]{20,}|npm_[A-Za-z0-9]{36}|pypi-AgEI[\\w-]{50,}|"
     "sk-(?:ant-|proj-)[\\w-]{24,}|sk-[A-Za-z0-9]{48}|shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}|"
     "dop_v1_[0-9A-Fa-f]{64}|hf_[A-Za-z0-9]{34}|xkeysib-[A-Za-z0-9-]{64,}|dckr_pat_[\\w-]{27}|"
     "rubygems_[0-9A-Fa-f]{48})",
     NULL, NULL, true},
    {"-----BEGIN [\\w ]*PRIVATE KEY-----(?:[\\w\\s+/=:,\\\\-]*?-----END [\\w ]*-----|"
     "[\\w\\s+/=:,\\\\-]*)",
     NULL, NULL, true},
    {"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])", NULL,
     NULL, true},
    {"(?<![\\w:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![\\w:])|"
     "(?<![\\w-])(?![0-9-]{17})[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}(?![\\w-])|"
     "(?<![\\w.])(?![0-9.]{14})[0-9A-Fa-f]{4}(?:[.][0-9A-Fa-f]{4}){2}(?![\\w.])",
     NULL, NULL, true},
    {NUMBER("[0-9]{15}|[0-9]{2}" JOIN "[0-9]{6}" JOIN "[0-9]{6}" JOIN "[0-9]"), wv_valid_imei,
     "imei", false},
    {"(?<![\\w.-])-?[0-9]{1,3}[.][0-9]{4,20},[ +]?-?[0-9]{1,3}[.][0-9]{4,20}(?![\\w.]|,[0-9 -])",
     NULL, NULL, false},
    {NUMBER("[0-9](?:" JOIN "?[0-9]){11,18}"), wv_valid_card, NULL, false},
    {"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ +.-]?[A-Za-z0-9]{4}){2,7}(?:[ +.-]?[A-Za-z0-9]{1,3})?"
     "(?![A-Za-z0-9])",
     wv_valid_iban, NULL, false},
    {CODE("[A-Z]{6}[0-9L-V]{2}[A-Z][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z]"), wv_valid_it_cf, NULL, false},
    {CODE("[STFGM][0-9]{7}[A-Z]"), wv_valid_sg_nric, "nric|fin", false},
    {CODE("[A-Z][1289A-D][0-9]{8}"), wv_valid_tw_id, "身分證|身份證|居留證", false},
    {CODE("[A-Z]{1,2}[0-9]{6}[(]?[0-9A][)]?"), wv_valid_hk_id, "hkid|hk id|hong kong id|身份證",
     false},
    {CODE("[A-Z]{2}(?:" JOIN "?[0-9]{2}){3}" JOIN "?[A-D]"), wv_valid_gb_nino,
     "nino|ni number|national insurance", false},
    {CODE("[0-9]{8}-?[A-Z]|[XYZ]-?[0-9]{7}-?[A-Z]"), is_spanish, NULL, false},
    {NUMBER("[0-9]{6}" HYPHEN "[0-9]{7}"), wv_valid_kr_rrn, NULL, false},
    {NUMBER("[0-9]{13}"), wv_valid_kr_rrn, "rrn|주민등록번호|주민번호|외국인등록번호", false},
    {NUMBER("[0-9]{6}" HYPHEN "[0-9]{2}" HYPHEN "[0-9]{4}"), wv_valid_my_mykad, NULL, false},
    {NUMBER("[0-9]{6}" JOIN "?[0-9]{2}" JOIN "?[0-9]{4}"), wv_valid_my_mykad,
     "mykad|ic no|no kp|kad pengenalan", false},
    {NUMBER("[0-9]{3}[.][0-9]{3}[.][0-9]{3}-[0-9]{2}"), wv_valid_br_cpf, NULL, false},
    {NUMBER("[0-9]{11}"), wv_valid_br_cpf, "cpf", false},
    {NUMBER("756" JOIN "?[0-9]{4}" JOIN "?[0-9]{4}" JOIN "?[0-9]{2}"), wv_valid_ch_ahv, NULL,
     false},
    {NUMBER("[0-9]{3}" HYPHEN "[0-9]{2}" HYPHEN "[0-9]{4}"), wv_valid_us_ssn, NULL, false},
    {NUMBER("[0-9]{3}" JOIN "?[0-9]{2}" JOIN "?[0-9]{4}"), wv_valid_us_ssn, "ssn|social security",
     false},
    {CODE("[1-9][0-9]{16}[0-9X]"), wv_valid_cn_ric, NULL, false},
    {NUMBER("[0-9]{4}" JOIN "?[0-9]{4}" JOIN "?[0-9]{4}"), wv_valid_jp_my_number,
     "my number|マイナンバー|個人番号", false},
    {NUMBER("[0-9]{2}" JOIN "?[0-9]{3}" JOIN "?[0-9]{3}" JOIN "?[0-9]{3}"), wv_valid_de_idnr,
     "idnr|steuer.id|steuer.?identifikationsnummer|tax id", false},
    {CODE("[1-478][0-9]{4}[0-9]{1}[0-9AB][0-9]{6}" JOIN "?[0-9]{2}|"
          "[1-478]" JOIN "[0-9]{2}" JOIN "[0-9]{2}" JOIN "[0-9][0-9AB]" JOIN "[0-9]{3}" JOIN
          "[0-9]{3}" JOIN "[0-9]{2}"),
     wv_valid_fr_nir, NULL, false},
    {NUMBER("[0-9]{3}" JOIN "?[0-9]{3}" JOIN "?[0-9]{4}"), wv_valid_gb_nhs, "nhs", false},
    {NUMBER("[0-9]{8}|[0-9]{3}" JOIN "?[0-9]{3}" JOIN "?[0-9]{3}"), wv_valid_au_tfn,
     "tfn|tax file number", false},
    {NUMBER("[2-6][0-9]{3}" JOIN "?[0-9]{5}" JOIN "?[0-9](?:" JOIN "?[0-9])?"),
     wv_valid_au_medicare, "medicare", false},
    {NUMBER("[2-9][0-9]{3}" JOIN "?[0-9]{4}" JOIN "?[0-9]{4}"), wv_valid_in_aadhaar,
     "aadhaa?r|uidai|आधार", false},
    {NUMBER("[1-8]" HYPHEN "[0-9]{4}" HYPHEN "[0-9]{5}" HYPHEN "[0-9]{2}" HYPHEN "[0-9]"),
     wv_valid_th_pin, NULL, false},
    {NUMBER("[1-8]" JOIN "?[0-9]{4}" JOIN "?[0-9]{5}" JOIN "?[0-9]{2}" JOIN "?[0-9]"),
     wv_valid_th_pin, "thai id|บัตรประชาชน", false},
    {NUMBER("[0-9]{3}" JOIN "?[0-9]{3}" JOIN "?[0-9]{3}"), wv_valid_ca_sin, "sin|social insurance",
     false},
    {NUMBER("[0-9]{8}" JOIN "?[0-9]"), wv_valid_il_id, "teudat zehut|תעודת זהות", false},
    {NUMBER("[0-9]{3}(?:" JOIN "?[0-9]{3}){2,3}(?:" JOIN "?[0-9]{5})?"), wv_valid_ph_tin, "tin",
     false},
    {"(?<![A-Za-z0-9])[+][(]?[1-9](?:[ ./()-]{0,3}[0-9]){7,14}(?![0-9])", NULL, NULL, false},
    {NUMBER("0[5-9]0" HYPHEN "?[0-9]{4}" HYPHEN "?[0-9]{4}|0[1-9]" HYPHEN "[0-9]{4}" HYPHEN
            "[0-9]{4}|0[1-9][0-9]" HYPHEN "[0-9]{3}" HYPHEN "[0-9]{4}|0[1-9][0-9]{2}" HYPHEN
            "[0-9]{2}" HYPHEN "[0-9]{4}|0[1-9][0-9]{3}" HYPHEN "[0-9]" HYPHEN "[0-9]{4}"),
     NULL, NULL, false},
    {NUMBER("(?:1[.-])?[2-9][0-9]{2}([.-])[2-9][0-9]{2}\\1[0-9]{4}|[2-9][0-9]{2}[)] ?[2-9][0-9]{2}-"
            "[0-9]{4}"),
     NULL, NULL, false},
    {NUMBER("01[016-9]" HYPHEN "[0-9]{4}" HYPHEN "[0-9]{4}|02" HYPHEN "[0-9]{3}" HYPHEN "[0-9]{4}"),
     NULL, NULL, false},
    {NUMBER("[0-9](?:[ ./()+-]{0,3}[0-9]){6,14}"), NULL,
     "phone|tel|telephone|mobile|cell|msisdn|fax|call|dial|sms|whatsapp|handy|telefon|teléfono|"
     "téléphone|電話|携帯|전화|휴대폰|电话|手机|手機|โทร",
     false},
};

enum { PATTERNS = WV_COUNT(patterns) };

struct detectors_loop {
    pcre2_code *shapes[PATTERNS];
    pcre2_code *needs[PATTERNS]; /* NULL: nothing */
    pcre2_match_data *match;
    pcre2_match_data *context;
};

static pcre2_code *compile(const char *text)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    if (code == NULL) {
        (void)fprintf(stderr, "bench: a pattern is wrong at byte %zu: %s\n", at, text);
    }
    wv_ensure(code != NULL);
    wv_ensure(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0);
    return code;
}

static pcre2_code *compile_words(const char *words)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "(?<![A-Za-z0-9])(?i:%s)(?![A-Za-z0-9])", words);
    return compile(text);
}

struct detectors_loop *detectors_loop_new(void)
{
    struct detectors_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < PATTERNS; i++) {
        loop->shapes[i] = compile(patterns[i].text);
        loop->needs[i] = patterns[i].needs == NULL ? NULL : compile_words(patterns[i].needs);
    }
    loop->match = pcre2_match_data_create(4, NULL);
    loop->context = pcre2_match_data_create(1, NULL);
    return loop;
}

void detectors_loop_free(struct detectors_loop *loop)
{
    for (size_t i = 0; loop != NULL && i < PATTERNS; i++) {
        pcre2_code_free(loop->shapes[i]);
        pcre2_code_free(loop->needs[i]);
    }
    if (loop != NULL) {
        pcre2_match_data_free(loop->match);
        pcre2_match_data_free(loop->context);
    }
    free(loop);
}

size_t detectors_loop_patterns(void)
{
    return PATTERNS;
}

/* Whether the letters and digits of the match are what the pattern is about. */
static bool is_valid(const struct pattern *pattern, struct wv_slice match)
{
    uint8_t compact[COMPACT_MAX];
    size_t len = 0;
    if (pattern->valid == NULL) {
        return true;
    }
    for (size_t i = 0; i < match.len && len < sizeof compact; i++) {
        const uint8_t byte = match.ptr[i];
        const uint8_t lower = byte | 0x20;
        if ((byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z')) {
            compact[len++] = byte;
        }
    }
    return pattern->valid((struct wv_slice){compact, len});
}

static bool is_told(struct detectors_loop *loop, size_t which, struct wv_slice text, size_t at)
{
    const size_t from = at > CONTEXT ? at - CONTEXT : 0;
    return loop->needs[which] == NULL || pcre2_match(loop->needs[which], text.ptr + from, at - from,
                                                     0, 0, loop->context, NULL) >= 0;
}

static bool holds(struct detectors_loop *loop, size_t which, struct wv_slice text)
{
    bool found = false;
    for (PCRE2_SIZE from = 0;
         from < text.len &&
         pcre2_match(loop->shapes[which], text.ptr, text.len, from, 0, loop->match, NULL) >= 0;) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(loop->match);
        found = (is_valid(&patterns[which], wv_slice_sub(text, at[0], at[1])) &&
                 is_told(loop, which, text, at[0])) ||
                found;
        from = at[1];
    }
    return found;
}

static bool has_digit(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9') {
            return true;
        }
    }
    return false;
}

static bool holds_any(struct detectors_loop *loop, struct wv_slice text)
{
    bool found = false;
    const bool digits = has_digit(text);
    for (size_t i = 0; i < PATTERNS; i++) {
        if (digits || patterns[i].digitless) {
            found = holds(loop, i, text) || found;
        }
    }
    return found;
}

uint64_t detectors_loop_run(struct detectors_search *search, const struct detectors_texts *texts)
{
    uint64_t found = 0;
    for (size_t i = 0; i < texts->count; i++) {
        const struct wv_slice text = texts->items[i];
        const size_t mark = search->scratch.used;
        struct wv_view view = {0};
        bool hit = holds_any(search->loop, text);
        bool more = wv_view_open(text, WV_CODING_TEXT, &search->scratch, &view) == WV_VIEW_DECODED;
        for (size_t depth = 0; more && depth < DEPTH_MAX; depth++) {
            hit = holds_any(search->loop, wv_view_slice(&view)) || hit;
            more = wv_view_deepen(&view, WV_CODING_TEXT);
        }
        wv_scratch_return(&search->scratch, mark);
        found += hit;
    }
    return found;
}
