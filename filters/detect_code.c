/* detect_code.c — codes of persons that have letters and digits, as one word or in groups. */
#include "filters/anchors.h"
#include "filters/detect_number.h"

#include "filters/validate.h"

enum {
    CODE_MAX = 18,   /* bytes of the longest code, without what stands between its groups */
    CODE_MIN = 8,    /* and of the shortest */
    TOKENS_MAX = 8,  /* groups that are looked at together: France's number has seven */
    TOKENS_LEFT = 3, /* of them, how many may stand before the first digits that were met */
};

struct code {
    uint8_t len;
    uint8_t kind;
    uint8_t evidence;    /* of one word … */
    uint8_t evidence_in; /* … and in groups */
    const char *groups;  /* in which it is written, beside one word: "8 1|2 3 3 1" */
    bool (*valid)(struct wv_slice text);
};

static const struct code codes[] = {
    {8, WV_HIT_HKID, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "7 1|8 1", wv_valid_hk_id},
    {9, WV_HIT_SG_NRIC, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "", wv_valid_sg_nric},
    {9, WV_HIT_ES_DNI, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "8 1|2 3 3 1", wv_valid_es_dni},
    {9, WV_HIT_ES_DNI, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "8 1|1 7 1|2 3 3 1",
     wv_valid_es_nie},
    {9, WV_HIT_GB_NINO, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "2 2 2 2 1|2 6 1|8 1",
     wv_valid_gb_nino},
    {9, WV_HIT_HKID, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "7 1|8 1", wv_valid_hk_id},
    {10, WV_HIT_TW_ID, WV_EVIDENCE_REGION, WV_EVIDENCE_REGION, "", wv_valid_tw_id},
    {15, WV_HIT_FR_NIR, WV_EVIDENCE_REGION, WV_EVIDENCE_SHAPE, "1 2 2 2 3 3 2|13 2",
     wv_valid_fr_nir},
    {16, WV_HIT_IT_CF, WV_EVIDENCE_SHAPE, WV_EVIDENCE_SHAPE, "3 3 5 5", wv_valid_it_cf},
    {18, WV_HIT_CN_RIC, WV_EVIDENCE_SHAPE, WV_EVIDENCE_SHAPE, "6 8 4", wv_valid_cn_ric},
};

/* Whether small letters stand in it and all are hexadecimal digits: then it may be part of a hash,
 * and what it is like says little. */
static bool is_small_hex(struct wv_slice text)
{
    bool small = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!wv_is_hex(text.ptr[i])) {
            return false;
        }
        small = small || (text.ptr[i] >= 'a' && text.ptr[i] <= 'f');
    }
    return small;
}

static bool is_small(struct wv_slice text)
{
    return text.ptr[0] >= 'a';
}

static bool has_letter(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (wv_is_letter(text.ptr[i])) {
            return true;
        }
    }
    return false; /* then it is a number, and detect_forms.c says which */
}

/* A stretch of letters and digits, up to what is none. */
struct token {
    size_t from;
    size_t to;
};

/* Whether the tokens have the lengths of one of the forms. */
static bool fits(const char *forms, const struct token *tokens, size_t count)
{
    size_t same = 0; /* tokens of this form */
    for (const char *at = forms;; at++) {
        size_t len = 0;
        while (*at >= '0' && *at <= '9') {
            len = len * 10 + (size_t)(*at++ - '0');
        }
        const bool fit = same < count && tokens[same].to - tokens[same].from == len;
        same = fit ? same + 1 : count + 1;
        if (*at != ' ') {
            if (same == count || *at == '\0') {
                return same == count;
            }
            same = 0;
        }
    }
}

/* tokens: of which the text is made, if they are more than one. */
static bool try_code(struct wv_scan *scan, struct wv_slice text, const struct token *tokens,
                     size_t count, size_t from, size_t to)
{
    scan->hits->steps += WV_COUNT(codes);
    for (size_t i = 0; i < WV_COUNT(codes); i++) {
        if (codes[i].len != text.len || (count > 1 && !fits(codes[i].groups, tokens, count)) ||
            !has_letter(text) || !codes[i].valid(text)) {
            continue;
        }
        const enum wv_evidence evidence =
            is_small_hex(text) || (codes[i].kind == WV_HIT_HKID && is_small(text))
                ? WV_EVIDENCE_WORDS
                : (enum wv_evidence)(count > 1 ? codes[i].evidence_in : codes[i].evidence);
        if (wv_scan_identifier(scan, codes[i].kind, evidence, from, from, to)) {
            return true;
        }
    }
    return false;
}

static bool is_alnum(uint8_t byte)
{
    return wv_is_letter(byte) || wv_is_digit(byte);
}

static struct token token_at(struct wv_slice text, size_t at)
{
    struct token token = {at, at};
    while (token.from > 0 && at - token.from <= CODE_MAX && is_alnum(text.ptr[token.from - 1])) {
        token.from--;
    }
    const bool near = text.len - at <= CODE_MAX;
    token.to = wv_alnum_end(near ? text : wv_slice_sub(text, 0, at + CODE_MAX + 1), at);
    return token;
}

/* Where the token ends that stands before the one at `from`; SIZE_MAX: there is none. */
static size_t token_before(struct wv_slice text, size_t from)
{
    uint8_t kind;
    for (size_t len = 1; len <= 3 && len < from; len++) {
        const size_t at = from - len;
        if (is_alnum(text.ptr[at - 1])) {
            return wv_join_length(text, at, &kind) == len ? at : SIZE_MAX;
        }
    }
    return SIZE_MAX;
}

/* The tokens around the one that holds `at`, from left to right, as far as a code with it may
 * reach; *count of them, none where that one is too long. */
static void read_tokens(struct wv_scan *scan, size_t at, struct token tokens[TOKENS_MAX],
                        size_t *count)
{
    const struct wv_slice text = scan->text;
    struct token first = token_at(text, at);
    size_t len = first.to - first.from; /* with what stands to the right */
    *count = 0;
    scan->hits->steps += len;
    if (len > CODE_MAX) {
        return;
    }
    for (size_t left = 0; left < TOKENS_LEFT; left++) {
        const size_t to = token_before(text, first.from);
        const struct token before = to == SIZE_MAX ? first : token_at(text, to - 1);
        if (to == SIZE_MAX || before.to - before.from >= CODE_MAX) {
            break;
        }
        first = before;
    }
    tokens[0] = first;
    *count = 1;
    while (*count < TOKENS_MAX && len <= CODE_MAX) {
        uint8_t kind;
        const size_t to = tokens[*count - 1].to;
        const size_t next = to + wv_join_length(text, to, &kind);
        if (next == to || !is_alnum(wv_byte_at(text, next))) {
            break;
        }
        tokens[*count] = token_at(text, next);
        len += next > at ? tokens[*count].to - next : 0;
        (*count)++;
    }
    scan->hits->steps += tokens[*count - 1].to - first.from;
}

/* "A123456(3)": the parenthesis belongs to it. */
static size_t closed_end(struct wv_slice text, const struct token *tokens, size_t first,
                         size_t last)
{
    const size_t to = tokens[last].to;
    const bool opened = last > first && text.ptr[tokens[last].from - 1] == '(';
    return to + (opened && wv_byte_at(text, to) == ')');
}

/* The longest code that begins with the token `first` and reaches beyond `at`; where it ends, or 0.
 */
static size_t try_tokens(struct wv_scan *scan, const struct token *tokens, size_t count,
                         size_t first, size_t at)
{
    const struct wv_slice text = scan->text;
    uint8_t compact[CODE_MAX];
    uint8_t ends[TOKENS_MAX];
    size_t len = 0;
    size_t last = first;
    for (; last < count; last++) {
        const size_t more = tokens[last].to - tokens[last].from;
        if (len + more > sizeof compact) {
            break;
        }
        memcpy(compact + len, text.ptr + tokens[last].from, more);
        len += more;
        ends[last] = (uint8_t)len;
    }
    while (last > first) {
        last--;
        const struct wv_slice code = {compact, ends[last]};
        const size_t to = closed_end(text, tokens, first, last);
        if (code.len < CODE_MIN || tokens[last].to <= at) {
            break;
        }
        if (try_code(scan, code, tokens + first, last - first + 1, tokens[first].from, to)) {
            return to;
        }
    }
    return 0;
}

size_t wv_number_is_code(struct wv_scan *scan, const struct wv_run *run, size_t first)
{
    struct token tokens[TOKENS_MAX];
    size_t count;
    const size_t at = run->groups[first].from;
    if (at < scan->code_to) {
        return first;
    }
    read_tokens(scan, at, tokens, &count);
    for (size_t i = 0; i < count && tokens[i].from <= at; i++) {
        const size_t to = try_tokens(scan, tokens, count, i, at);
        if (to > 0) {
            scan->code_to = to;
            while (first < run->count && run->groups[first].from < to) {
                first++;
            }
            return first;
        }
    }
    return first;
}

bool wv_word_is_code(struct wv_scan *scan, size_t from, size_t to)
{
    return try_code(scan, wv_slice_sub(scan->text, from, to), NULL, 1, from, to);
}
