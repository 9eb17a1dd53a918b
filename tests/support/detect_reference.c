/* detect_reference.c — what the reference finds, and what speaks for it. */
#include "support/detect_reference_parts.h"

enum { CONTEXT_MAX = 64 };

struct reference_hit *reference_add(const struct reference *reference, size_t from, size_t to,
                                    uint64_t kinds)
{
    struct reference_hits *hits = reference->hits;
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->items[i].from == from && hits->items[i].to == to) {
            hits->items[i].kinds |= kinds;
            return &hits->items[i];
        }
    }
    wv_ensure(hits->count < REFERENCE_HITS_MAX);
    hits->items[hits->count] = (struct reference_hit){from, to, kinds, false};
    return &hits->items[hits->count++];
}

size_t reference_wide_length(struct wv_slice text, size_t at)
{
    const uint8_t first = byte_at(text, at);
    const size_t len = first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 1;
    for (size_t i = 1; i < len; i++) {
        if ((byte_at(text, at + i) & 0xc0) != 0x80) {
            return 1;
        }
    }
    return len;
}

/* A blank or hyphen of another script; 0: the character is none. */
static char wide_join(struct wv_slice character)
{
    unsigned code = character.ptr[0];
    if (character.len > 1) {
        code &= character.len == 2 ? 0x1f : 0x0f;
        for (size_t i = 1; i < character.len; i++) {
            code = code << 6 | (character.ptr[i] & 0x3fU);
        }
    } else if (code == 0x96 || code == 0x97 || code == 0xff) {
        return '-'; /* a dash of windows-1252; what was spelled by an escape and is no character */
    }
    const bool blank = code == 0xa0 || (code >= 0x2000 && code <= 0x200d) || code == 0x202f ||
                       code == 0x205f || code == 0x2060 || code == 0x3000 || code == 0xfeff;
    const bool hyphen = code == 0xad || (code >= 0x2010 && code <= 0x2015) || code == 0x2212 ||
                        code == 0x30fc || code == 0xff70;
    return blank ? ' ' : hyphen ? '-' : 0;
}

char reference_join(struct wv_slice gap)
{
    if (gap.len > 0 && gap.ptr[0] >= 0x80) {
        return reference_wide_length(gap, 0) == gap.len ? wide_join(gap) : 0;
    }
    if (wv_slice_eq(gap, WV_LIT(" - ")) || wv_slice_eq(gap, WV_LIT(" / "))) {
        return (char)gap.ptr[1];
    }
    bool parenthesis = false;
    for (size_t i = 0; i < gap.len; i++) {
        const bool sign = gap.ptr[i] == '+' && is_one_of(byte_before(gap, i), " (");
        if (sign || !is_one_of(gap.ptr[i], "-./ \t+()")) {
            return 0; /* the + begins a telephone number */
        }
        parenthesis = parenthesis || is_one_of(gap.ptr[i], "()");
    }
    if (parenthesis && gap.len <= REFERENCE_JOIN_MAX) {
        return '(';
    }
    if (gap.len != 1) {
        return 0;
    }
    return is_one_of(gap.ptr[0], "\t+") ? ' ' : (char)gap.ptr[0];
}

/* Of a word: letters, digits, and all that is no ASCII. */
static bool is_word_byte(uint8_t byte)
{
    return is_alnum(byte) || byte >= 0x80;
}

static size_t context_start(size_t to)
{
    return to > CONTEXT_MAX ? to - CONTEXT_MAX : 0;
}

/* Also of É and its like: U+00C0 to U+00DE. */
static char small_letter(struct wv_slice text, size_t at)
{
    const uint8_t byte = text.ptr[at];
    const bool latin = byte_before(text, at) == 0xc3 && byte >= 0x80 && byte <= 0x9e;
    return (char)(latin ? byte + 0x20 : wv_lower(byte));
}

/* " one two three ": in small letters, a blank for all that is no word, also for blanks of other
 * scripts. */
static void spell_words(struct wv_slice text, size_t from, size_t to, char *out)
{
    size_t len = 0;
    out[len++] = ' ';
    for (size_t at = from; at < to;) {
        const size_t wide = reference_wide_length(text, at);
        const bool blank = wide > 1 && reference_join(wv_slice_sub(text, at, at + wide)) == ' ';
        if (is_word_byte(text.ptr[at]) && !blank) {
            out[len++] = small_letter(text, at);
        } else if (out[len - 1] != ' ') {
            out[len++] = ' ';
        }
        at += blank ? wide : 1;
    }
    if (out[len - 1] != ' ') {
        out[len++] = ' ';
    }
    out[len] = '\0';
}

/* A letter or digit of ours, also with an accent (U+00C0 to U+037F, or a byte of Latin-1). */
static bool is_ours(struct wv_slice text, size_t at)
{
    const uint8_t byte = byte_at(text, at);
    const uint8_t before = byte_before(text, at);
    const bool tail = byte >= 0x80 && byte < 0xc0;
    const bool followed = byte_at(text, at + 1) >= 0x80 && byte_at(text, at + 1) < 0xc0;
    return is_alnum(byte) || (byte >= 0xc3 && byte <= 0xcd) ||
           (tail && before >= 0xc3 && before <= 0xcd) || (byte >= 0xc0 && byte < 0xff && !followed);
}

/* The first byte of the context that is not in the middle of a word. */
static size_t word_start(struct wv_slice text, size_t context)
{
    size_t from = context_start(context);
    while (from > 0 && from < context && is_ours(text, from) && is_ours(text, from - 1)) {
        from++;
    }
    return from;
}

/* Whether one of the phrases, "nino|ni number", is said: our letters with none of them on either
 * side, those of scripts that have no such words anywhere. */
static bool is_said(const char *words, const char *phrases)
{
    const struct wv_slice text = wv_slice_of(words);
    for (const char *phrase = phrases; *phrase != '\0';) {
        const size_t len = strcspn(phrase, "|");
        for (const char *at = words + 1; strlen(at) > len; at++) {
            const size_t place = (size_t)(at - words);
            const bool bounded = !is_ours(text, place - 1) && !is_ours(text, place + len);
            if (memcmp(at, phrase, len) == 0 && (bounded || !is_letter((uint8_t)*phrase))) {
                return true;
            }
        }
        phrase += len + (phrase[len] == '|');
    }
    return false;
}

/* Whether a word of the context ends a listed name of the class that has such identifiers. Names of
 * the class of telephone numbers are streets and towns, too. */
static bool is_named(const struct reference *reference, size_t kind, size_t from, size_t to)
{
    if (kind == WV_HIT_PHONE) {
        return false;
    }
    const enum wv_parameter wanted =
        kind == WV_HIT_IMEI ? WV_PARAMETER_DEVICE : WV_PARAMETER_NATIONAL_ID;
    const struct wv_slice text = reference->text;
    for (size_t end = from + 1; end <= to; end++) {
        if (is_word_byte(text.ptr[end - 1]) && (end == to || !is_word_byte(text.ptr[end])) &&
            wv_parameters_find(reference->parameters, wv_slice_sub(text, from, end)) == wanted) {
            return true;
        }
    }
    return false;
}

/* The value of name=value, which is judged by its name, if that is listed. */
static bool is_value(const struct reference *reference, size_t from, size_t to)
{
    const struct wv_slice text = reference->text;
    const size_t sign = from - (size_t)is_one_of(byte_before(text, from), "\"'");
    for (size_t at = from; at < to; at++) {
        if (is_one_of(text.ptr[at], " \t)")) {
            return false; /* there the value ends */
        }
    }
    if (byte_before(text, sign) != '=') {
        return false;
    }
    const struct wv_slice name = wv_slice_sub(text, context_start(sign - 1), sign - 1);
    return wv_parameter_is_replaced(wv_parameters_find(reference->parameters, name));
}

enum reference_evidence reference_evidence(const struct reference *reference, size_t kind,
                                           enum wv_evidence needed, size_t context, size_t from,
                                           size_t to)
{
    const struct wv_detectors *detectors = reference->detectors;
    const struct wv_detector *detector = wv_detector_at(kind);
    if ((detectors->on >> kind & 1) == 0) {
        return REFERENCE_NOTHING;
    }
    const bool at_home = (detectors->at_home >> kind & 1) != 0;
    if (needed == WV_EVIDENCE_SHAPE ||
        (needed == WV_EVIDENCE_REGION && detector->evidence != WV_EVIDENCE_SHAPE && at_home)) {
        return REFERENCE_WORD;
    }
    if (is_value(reference, from, to)) {
        return REFERENCE_NOTHING;
    }
    char words[CONTEXT_MAX + 3];
    const size_t begin = word_start(reference->text, context);
    spell_words(reference->text, begin, context, words);
    if (is_said(words, detector->words)) {
        return REFERENCE_WORD;
    }
    return is_named(reference, kind, begin, context) ? REFERENCE_NAME : REFERENCE_NOTHING;
}

void reference_note(const struct reference *reference, size_t kind, enum wv_evidence needed,
                    size_t from, size_t to)
{
    if (reference_evidence(reference, kind, needed, from, from, to) != REFERENCE_NOTHING) {
        reference_add(reference, from, to, UINT64_C(1) << kind);
    }
}

void reference_detect(const struct wv_detectors *detectors, const struct wv_parameters *parameters,
                      struct wv_slice text, struct reference_hits *hits)
{
    wv_ensure(text.len <= REFERENCE_TEXT_MAX);
    const struct reference reference = {text, detectors, parameters, hits};
    hits->count = 0;
    reference_codes(&reference);
    reference_numbers(&reference);
    reference_accounts(&reference);
    reference_keys(&reference);
    reference_shapes(&reference);
}
