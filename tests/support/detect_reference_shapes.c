/* detect_reference_shapes.c — what its signs give away: UUIDs, MAC addresses, places on Earth,
 * private keys. */
#include "support/detect_reference_parts.h"

#include "filters/validate.h"

static bool is_word_byte(uint8_t byte)
{
    return is_alnum(byte) || byte == '_';
}

/* h a hexadecimal digit; the rest is itself. */
static bool is_shaped(struct wv_slice text, size_t from, const char *shape)
{
    for (size_t i = 0; shape[i] != '\0'; i++) {
        const uint8_t byte = byte_at(text, from + i);
        if (shape[i] == 'h' ? !is_hex(byte) : byte != (uint8_t)shape[i]) {
            return false;
        }
    }
    return true;
}

/* Behind "arn:…/", the name of a resource of AWS: a customer's firewall, no device. */
static bool is_resource(struct wv_slice text, size_t from)
{
    size_t start = from;
    while (byte_before(text, start) > ' ' && !is_one_of(byte_before(text, start), "\"',") &&
           from - start < 192) {
        start--;
    }
    return byte_before(text, from) == '/' && stands_at(text, start, "arn:");
}

/* RFC 9562, section 4. */
static void try_uuid(const struct reference *reference, size_t from)
{
    const char *shape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    const size_t to = from + strlen(shape);
    if (is_shaped(reference->text, from, shape) && !is_hex(byte_before(reference->text, from)) &&
        !is_hex(byte_at(reference->text, to)) && !is_resource(reference->text, from)) {
        reference_note(reference, WV_HIT_UUID, WV_EVIDENCE_SHAPE, from, to);
    }
}

/* IEEE 802. Digits alone are one only with colons. */
static void try_mac(const struct reference *reference, size_t from, const char *shape)
{
    const struct wv_slice text = reference->text;
    const size_t to = from + strlen(shape);
    const uint8_t sign = (uint8_t)shape[strcspn(shape, ":-.")];
    const uint8_t before = byte_before(text, from);
    const uint8_t after = byte_at(text, to);
    if (!is_shaped(text, from, shape) || is_word_byte(before) || is_word_byte(after) ||
        before == sign || (after == sign && is_hex(byte_at(text, to + 1)))) {
        return;
    }
    bool lettered = false;
    for (size_t at = from; at < to; at++) {
        lettered = lettered || is_letter(text.ptr[at]);
    }
    if (lettered || sign == ':') {
        reference_note(reference, WV_HIT_MAC, WV_EVIDENCE_SHAPE, from, to);
    }
}

/* The end of "-139.7671" at `from`: up to 180, four to twenty decimals; 0: it is none. */
static size_t degrees_end(struct wv_slice text, size_t from, unsigned *whole)
{
    size_t at = from + (byte_at(text, from) == '-');
    const size_t start = at;
    *whole = 0;
    while (is_digit(byte_at(text, at)) && at - start < 4) {
        *whole = *whole * 10 + (unsigned)(text.ptr[at++] - '0');
    }
    if (at == start || at - start > 3 || *whole > 180 || byte_at(text, at) != '.') {
        return 0;
    }
    const size_t point = at++;
    while (is_digit(byte_at(text, at))) {
        at++;
    }
    return at - point - 1 >= 4 && at - point - 1 <= 20 ? at : 0;
}

/* Where the next number of a list begins behind "," with a blank or + or not; 0: there is none. */
static size_t next_of_list(struct wv_slice text, size_t at)
{
    if (byte_at(text, at) != ',') {
        return 0;
    }
    return at + 1 + (size_t)is_one_of(byte_at(text, at + 1), " \t+");
}

static bool is_followed(struct wv_slice text, size_t to)
{
    size_t at = next_of_list(text, to);
    if (at == 0) {
        return false;
    }
    at += byte_at(text, at) == '-';
    while (is_digit(byte_at(text, at))) {
        at++;
    }
    return byte_at(text, at) == '.' && is_digit(byte_at(text, at + 1));
}

static bool is_preceded(struct wv_slice text, size_t from)
{
    size_t at = from;
    at -= is_one_of(byte_before(text, at), " \t+");
    if (byte_before(text, at) != ',') {
        return false;
    }
    size_t digits = at - 1;
    while (is_digit(byte_before(text, digits)) && at - 1 - digits < 20) {
        digits--;
    }
    return digits < at - 1 && byte_before(text, digits) == '.';
}

/* Whether a blank and "1.5,2" follow. */
static bool is_before_pair(struct wv_slice text, size_t to)
{
    size_t at = to + 1 + (byte_at(text, to + 1) == '-');
    const size_t start = at;
    while ((is_digit(byte_at(text, at)) || byte_at(text, at) == '.') && at - start < 20) {
        at++;
    }
    return is_one_of(byte_at(text, to), " \t") && at > start && byte_at(text, at) == ',' &&
           (is_digit(byte_at(text, at + 1)) || byte_at(text, at + 1) == '-');
}

/* Whether "2,1.5" and a blank precede. */
static bool is_behind_pair(struct wv_slice text, size_t from)
{
    if (from < 2 || !is_one_of(byte_before(text, from), " \t")) {
        return false;
    }
    size_t at = from - 1;
    while ((is_digit(byte_before(text, at)) || byte_before(text, at) == '.') &&
           from - 1 - at < 20) {
        at--;
    }
    at -= byte_before(text, at) == '-';
    return at < from - 1 && byte_before(text, at) == ',' && at > 1 &&
           is_digit(byte_before(text, at - 1));
}

static bool is_drawn(struct wv_slice text, size_t from)
{
    static const char *const functions[] = {"translate(", "scale(", "skew(", "rotate("};
    for (size_t i = 0; i < WV_COUNT(functions); i++) {
        const struct wv_slice name = wv_slice_of(functions[i]);
        if (from >= name.len &&
            wv_slice_eq_nocase(wv_slice_sub(text, from - name.len, from), name)) {
            return true;
        }
    }
    return false;
}

/* Latitude and longitude, in either order; more than two such numbers are a drawing. */
static void try_place(const struct reference *reference, size_t from)
{
    const struct wv_slice text = reference->text;
    const uint8_t before = byte_before(text, from);
    unsigned whole[2];
    const size_t middle = degrees_end(text, from, &whole[0]);
    const size_t second = middle > 0 ? next_of_list(text, middle) : 0;
    const size_t to = second > 0 ? degrees_end(text, second, &whole[1]) : 0;
    if (to == 0 || is_word_byte(before) || before == '.' || before == '-' ||
        is_letter(byte_at(text, to)) ||
        (byte_at(text, to) == '.' && is_digit(byte_at(text, to + 1))) ||
        (whole[0] > 90 && whole[1] > 90) || is_followed(text, to) || is_preceded(text, from) ||
        is_before_pair(text, to) || is_behind_pair(text, from) || is_drawn(text, from)) {
        return;
    }
    reference_note(reference, WV_HIT_GEO, WV_EVIDENCE_SHAPE, from, to);
}

/* A card in fours with underscores, two blanks, or signs of which one is another. */
static void try_fours(const struct reference *reference, size_t from)
{
    const struct wv_slice text = reference->text;
    char digits[16];
    char signs[8] = "";
    size_t at = from;
    for (size_t count = 0; count < sizeof digits; count++) {
        if (count > 0 && count % 4 == 0) {
            const size_t len = stands_at(text, at, "  ") ? 2 : 1;
            if (!is_one_of(byte_at(text, at), " -._")) {
                return;
            }
            memcpy(signs + strlen(signs), text.ptr + at, len);
            at += len;
        }
        if (!is_digit(byte_at(text, at))) {
            return;
        }
        digits[count] = (char)text.ptr[at++];
    }
    const bool usual =
        strcmp(signs, "   ") == 0 || strcmp(signs, "---") == 0 || strcmp(signs, "...") == 0;
    const bool listed = (byte_before(text, from) == '_' && is_digit(byte_before(text, from - 1))) ||
                        (byte_at(text, at) == '_' && is_digit(byte_at(text, at + 1)));
    if (!usual && !listed && !is_alnum(byte_before(text, from)) && !is_alnum(byte_at(text, at)) &&
        wv_valid_card((struct wv_slice){(const uint8_t *)digits, sizeof digits})) {
        reference_note(reference, WV_HIT_PAN, WV_EVIDENCE_SHAPE, from, at);
    }
}

/* Whether the line [from, to) ends with the words, of which blanks may be written as +. */
static bool is_line_end(struct wv_slice text, size_t from, size_t to, const char *words)
{
    const size_t len = strlen(words);
    for (size_t i = 0; i < len; i++) {
        const char byte = to - from < len ? '\0' : (char)text.ptr[to - len + i];
        if (byte != words[i] && !(words[i] == ' ' && byte == '+')) {
            return false;
        }
    }
    return true;
}

static bool is_base64(uint8_t byte)
{
    return is_alnum(byte) || is_one_of(byte, "+/=");
}

/* The end of the last line: capitals and blanks, and hyphens right behind them. */
static size_t last_line_end(struct wv_slice text, size_t from)
{
    size_t to = from;
    size_t word = from;
    while (to - from < 48 && ((is_alnum(byte_at(text, to)) && !(byte_at(text, to) >= 'a')) ||
                              is_one_of(byte_at(text, to), " +"))) {
        to++;
        word = is_alnum(text.ptr[to - 1]) ? to : word;
    }
    if (byte_at(text, to) != '-') {
        return word;
    }
    while (byte_at(text, to) == '-') {
        to++;
    }
    return to;
}

/* How many letters of base64 stand there. */
static size_t letters_at(struct wv_slice text, size_t at)
{
    size_t count = 0;
    while (is_base64(byte_at(text, at + count))) {
        count++;
    }
    return count;
}

/* Whether only what stands between the lines of a key is there; two letters are no line, but part
 * of an escape or <br>. */
static bool is_clean(struct wv_slice text, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        if (text.ptr[at] > ' ' && !is_base64(text.ptr[at]) && !is_one_of(text.ptr[at], "-_:,\\")) {
            return false;
        }
    }
    return true;
}

static bool is_label(struct wv_slice text, size_t at)
{
    return stands_at(text, at, "-----BEGIN") || stands_at(text, at, "-----END");
}

/* Whether a header follows, as "Version: 1": within 32 bytes a colon behind letters. */
static bool has_header(struct wv_slice text, size_t at)
{
    for (size_t i = 0; i < 33; i++) {
        const uint8_t byte = byte_at(text, at + i);
        if (at + i >= text.len || byte == ':') {
            return byte == ':';
        }
        if (byte > ' ' && !is_letter(byte) && !is_one_of(byte, "-_,\\")) {
            return false;
        }
    }
    return false;
}

/* The lines behind the first one. Those of 24 letters and more are the key's; up to two short ones
 * behind them or alone, if nothing strange stands between; all of them where the last line follows.
 * Headers are up to 512 bytes of anything before the long ones; between two there may be 8. */
static size_t body_end(struct wv_slice text, size_t start)
{
    size_t end = start;
    size_t at = start;
    size_t shorts = 0;
    bool begun = false;
    bool clean = true; /* since the start or the last long line */
    bool headed = has_header(text, start);
    for (;;) {
        size_t next = at;
        while (next < text.len && letters_at(text, next) <= 2 && !is_label(text, next)) {
            next += letters_at(text, next) > 0 ? letters_at(text, next) : 1;
        }
        const bool gap = is_clean(text, at, next);
        const bool far = headed ? !(gap && clean) && next - start > 512 : !gap && next - at > 8;
        if (next == text.len || far || stands_at(text, next, "-----BEGIN")) {
            return end;
        }
        if (stands_at(text, next, "-----END")) {
            return begun || (gap && clean) ? last_line_end(text, next + strlen("-----END")) : end;
        }
        at = next + letters_at(text, next);
        const bool is_long = at - next >= 24 && (headed || shorts <= 2);
        if (!headed && !gap && !is_long) {
            return end;
        }
        clean = is_long || (clean && gap);
        begun = begun || is_long;
        headed = headed && !is_long;
        shorts = is_long ? 0 : shorts + 1;
        end = is_long || (clean && shorts <= 2) ? at : end;
    }
}

/* RFC 7468, RFC 9580; 0: it is none. */
static size_t private_key_end(struct wv_slice text, size_t from)
{
    size_t to = from + strlen("-----BEGIN");
    if (!stands_at(text, from, "-----BEGIN")) {
        return 0;
    }
    while (is_word_byte(byte_at(text, to)) || is_one_of(byte_at(text, to), " +")) {
        to++;
    }
    if (!is_line_end(text, from, to, "PRIVATE KEY") &&
        !is_line_end(text, from, to, "PRIVATE KEY BLOCK")) {
        return 0;
    }
    while (byte_at(text, to) == '-' && !is_label(text, to)) {
        to++;
    }
    return body_end(text, to);
}

void reference_shapes(const struct reference *reference)
{
    size_t key_to = 0;
    for (size_t from = 0; from < reference->text.len; from++) {
        try_uuid(reference, from);
        try_mac(reference, from, "hh:hh:hh:hh:hh:hh");
        try_mac(reference, from, "hh-hh-hh-hh-hh-hh");
        try_mac(reference, from, "hhhh.hhhh.hhhh");
        try_place(reference, from);
        try_fours(reference, from);
        const size_t end = from >= key_to ? private_key_end(reference->text, from) : 0;
        if (end > 0) {
            reference_note(reference, WV_HIT_PRIVATE_KEY, WV_EVIDENCE_SHAPE, from, end);
            key_to = end;
        }
    }
}
