/* detect_value.c — values that the name before them gives away. */
#include "filters/detect.h"
#include "filters/placeholder.h"
#include "filters/segment.h"

enum {
    NAME_MAX = 128,
    BLANKS_MAX = 2,    /* between a name, its sign and the value */
    SCHEME_MAX = 10,   /* "negotiate" */
    LENGTH_DIGITS = 9, /* of the length of a string that PHP wrote */
    HEAD_MAX = 256,    /* bytes of the head of a part of a form, behind its name */
    MARKS_MAX = 4,     /* of a value: more may be a mask as long as what it hides */
};

size_t wv_scheme_length(struct wv_slice text, size_t to, bool loose)
{
    static const struct {
        const char *name;
        size_t len;
    } schemes[] = {{"bearer", 6}, {"basic", 5}, {"negotiate", 9}, {"ntlm", 4}};
    for (size_t i = 0; i < WV_COUNT(schemes); i++) {
        const size_t len = schemes[i].len;
        if (to < len || wv_lower(text.ptr[to - len]) != (uint8_t)schemes[i].name[0]) {
            continue;
        }
        const struct wv_slice scheme = {(const uint8_t *)schemes[i].name, len};
        if (wv_slice_eq_nocase(wv_slice_sub(text, to - len, to), scheme) &&
            (loose || to == len || !wv_is_word(text.ptr[to - len - 1]))) {
            return len;
        }
    }
    return 0;
}

bool wv_value_names_nobody(enum wv_parameter parameter, struct wv_slice value)
{
    bool marks = value.len <= MARKS_MAX && parameter != WV_PARAMETER_CREDENTIAL &&
                 parameter != WV_PARAMETER_SESSION;
    for (size_t i = 0; marks && i < value.len; i++) {
        marks = value.ptr[i] < 0x80 && !wv_is_letter(value.ptr[i]) && !wv_is_digit(value.ptr[i]);
    }
    return marks;
}

static bool is_name(uint8_t byte)
{
    return wv_is_word(byte) || byte == '-' || byte == '.' || byte == '[' || byte == ']' ||
           byte >= 0x80;
}

static bool is_quote(uint8_t byte)
{
    return byte == '"' || byte == '\'';
}

/* White space of JSON, which may be printed over many lines. */
static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The name that ends before the sign at `at`; *quoted: it stands in quotes, as in JSON. */
static struct wv_slice name_before(struct wv_scan *scan, size_t at, size_t *from, bool *quoted)
{
    const struct wv_slice text = scan->text;
    size_t to = at;
    while (to > 0 && is_white(text.ptr[to - 1])) {
        to--;
    }
    if (to > 0 && to < at && !is_quote(text.ptr[to - 1])) {
        to = at; /* only what is printed as JSON has any number of blanks there */
    }
    const size_t floor = at > BLANKS_MAX + 1 ? at - BLANKS_MAX - 1 : 0;
    while (to > floor && (text.ptr[to - 1] == '=' || text.ptr[to - 1] == '!')) {
        to--; /* "==", "!=" */
    }
    while (to > floor && wv_is_blank(text.ptr[to - 1])) {
        to--;
    }
    *quoted = to > 0 && is_quote(text.ptr[to - 1]);
    to -= *quoted ? 1 : 0;
    *from = to;
    while (*from > 0 && to - *from < NAME_MAX && is_name(text.ptr[*from - 1])) {
        (*from)--;
    }
    scan->hits->steps += at - *from;
    return wv_slice_sub(text, *from, to);
}

/* The next quote of that kind at or after `at`, or text.len; places are asked for in rising order,
 * so each byte is looked at once for each kind. */
static size_t next_quote(struct wv_scan *scan, size_t at, uint8_t quote)
{
    size_t *next = &scan->quote_next[quote == '"' ? 0 : 1];
    if (*next < at || *next == 0) {
        const struct wv_slice text = scan->text;
        const uint8_t *found = at < text.len ? memchr(text.ptr + at, quote, text.len - at) : NULL;
        const size_t end = found == NULL ? text.len : (size_t)(found - text.ptr);
        scan->hits->steps += end - at;
        *next = end;
    }
    return *next;
}

static bool ends_value(uint8_t byte)
{
    return byte <= ' ' || byte == '&' || byte == ';' || byte == ',' || byte == '"' ||
           byte == '\'' || byte == '`' || byte == '<' || byte == '>' || byte == ')' ||
           byte == '}' || byte == ']' || byte == '\\' || byte == '|';
}

static bool is_secret(enum wv_parameter parameter)
{
    return parameter == WV_PARAMETER_SESSION || parameter == WV_PARAMETER_CREDENTIAL;
}

static size_t plain_value_end(struct wv_scan *scan, size_t from, enum wv_parameter parameter)
{
    const struct wv_slice text = scan->text;
    const bool secret = is_secret(parameter);
    size_t to = from;
    while (to < text.len && (!ends_value(text.ptr[to]) || (secret && text.ptr[to] == '|' &&
                                                           wv_is_word(wv_byte_at(text, to + 1))))) {
        to++;
    }
    scan->hits->steps += to - from;
    return to;
}

/* The end of a value that begins behind a quote; text.len + 1: the quote is never closed. In markup
 * and SQL a stray quote is part of the attack: there the value does not run over & < >. */
static size_t quoted_value_end(struct wv_scan *scan, size_t from, uint8_t quote, bool literal)
{
    const struct wv_slice text = scan->text;
    size_t to = next_quote(scan, from, quote);
    while (to < text.len && text.ptr[to - 1] == '\\' && to > from) {
        to = next_quote(scan, to + 1, quote);
    }
    if (to == text.len) {
        return text.len + 1;
    }
    for (size_t i = from; !literal && i < to; i++) {
        scan->hits->steps++;
        if (text.ptr[i] == '&' || text.ptr[i] == '<' || text.ptr[i] == '>') {
            return i;
        }
    }
    return to;
}

/* "Bearer abc" is replaced from abc on, because the scheme names nobody. */
static size_t skip_scheme(struct wv_slice text, size_t from)
{
    size_t to = from;
    while (to - from < SCHEME_MAX && to < text.len && wv_is_letter(text.ptr[to])) {
        to++;
    }
    const uint8_t next = wv_byte_at(text, to);
    if ((!wv_is_blank(next) && next != '+') || wv_scheme_length(text, to, true) != to - from) {
        return from;
    }
    while (wv_is_blank(wv_byte_at(text, to)) || wv_byte_at(text, to) == '+') {
        to++;
    }
    return to;
}

static size_t value_start(struct wv_slice text, size_t from, bool json)
{
    size_t at = from;
    while (json && is_white(wv_byte_at(text, at))) {
        at++;
    }
    while (at - from < BLANKS_MAX && wv_is_blank(wv_byte_at(text, at))) {
        at++;
    }
    return at;
}

/* Places a hit on [from, to), unless nothing of a person stands there. */
static void take_value(struct wv_scan *scan, size_t from, size_t to, size_t name_from,
                       enum wv_parameter parameter)
{
    if (from >= to) {
        return;
    }
    const struct wv_slice value = wv_slice_sub(scan->text, from, to);
    if (wv_segment_is_template(wv_slice_sub(scan->text, from, to + (to < scan->text.len)))) {
        return; /* it was hidden by the filter before this one */
    }
    if (!wv_value_names_nobody(parameter, value) &&
        !wv_placeholder_is(value, scan->detection->patterns)) {
        wv_scan_hit(scan, WV_HIT_PARAMETER, from, to, name_from, (uint8_t)parameter);
    }
}

/* Whether a sign, bracket or comma stands at `from`, which is no value; *open: how many brackets
 * are. What stands in an object is told by its own names, unless all of it is secret. */
static bool skips_mark(struct wv_slice text, size_t from, enum wv_parameter parameter, size_t *open)
{
    const uint8_t byte = wv_byte_at(text, from);
    const bool object = is_secret(parameter);
    if (byte == '[' || (object && byte == '{')) {
        (*open)++;
        return true;
    }
    if (byte == ']' || (object && byte == '}')) {
        (*open)--;
        return true;
    }
    return byte == ',' || (object && byte == ':');
}

/* The elements of an array or object that begins before `from`, up to one that is no plain value;
 * arrays in it are elements, too. Names of members are none. */
static void scan_list(struct wv_scan *scan, size_t from, size_t name_from,
                      enum wv_parameter parameter)
{
    const struct wv_slice text = scan->text;
    size_t open = 1;
    while (from < text.len && open > 0) {
        from = value_start(text, from, true);
        if (skips_mark(text, from, parameter, &open)) {
            from++;
            continue;
        }
        const uint8_t first = wv_byte_at(text, from);
        const bool quoted = is_quote(first);
        if (first == '{' || first == '}') {
            return;
        }
        size_t to = quoted ? quoted_value_end(scan, from + 1, first, true)
                           : plain_value_end(scan, from, parameter);
        from += quoted;
        to = to > text.len ? plain_value_end(scan, from, parameter) : to;
        const size_t behind = value_start(text, to + (quoted && to < text.len), true);
        const uint8_t next = wv_byte_at(text, behind);
        if (next != ':' || !is_secret(parameter)) {
            take_value(scan, from, to, name_from, parameter);
        }
        scan->value_to = to;
        from = behind;
        if (next != ',' && next != ']' && !(is_secret(parameter) && (next == ':' || next == '}'))) {
            return;
        }
    }
}

/* "Location: http://…": a header, and where it leads to is nobody's place. */
static bool is_header(struct wv_slice text, size_t sign, struct wv_slice name, bool quoted)
{
    const size_t len = WV_LIT("location").len;
    return text.ptr[sign] == ':' && !quoted && name.len >= len &&
           wv_slice_eq_nocase(wv_slice_sub(name, name.len - len, name.len), WV_LIT("location"));
}

/* `O:4:"User":1:{`: PHP's name of a class and how many members it has. */
static bool is_serialised(struct wv_slice text, size_t sign, bool quoted)
{
    size_t at = sign + 1;
    while (wv_is_digit(wv_byte_at(text, at))) {
        at++;
    }
    return quoted && at > sign + 1 && wv_byte_at(text, at) == ':' &&
           wv_byte_at(text, at + 1) == '{';
}

static size_t digits_end(struct wv_slice text, size_t at)
{
    while (wv_is_digit(wv_byte_at(text, at))) {
        at++;
    }
    return at;
}

/* `s:4:"user";s:3:"bob";`, of PHP: the value behind a name that begins behind the quote at `at`.
 * Where it begins, or text.len. */
static size_t serialised_value(struct wv_scan *scan, size_t at, struct wv_slice *name)
{
    const struct wv_slice text = scan->text;
    const size_t to = next_quote(scan, at + 1, '"');
    const bool string = wv_byte_at(text, to + 2) == 's';
    *name = wv_slice_sub(text, at + 1, to);
    if (to >= text.len || wv_byte_at(text, to + 1) != ';' || wv_byte_at(text, to + 3) != ':' ||
        (!string && wv_byte_at(text, to + 2) != 'i')) {
        return text.len;
    }
    const size_t end = digits_end(text, to + 4);
    const bool opens =
        end > to + 4 && wv_byte_at(text, end) == ':' && wv_byte_at(text, end + 1) == '"';
    return !string ? to + 4 : opens ? end + 2 : text.len;
}

/* Whether the quote behind the sign begins a string of PHP. */
static bool is_serialised_string(struct wv_slice text, size_t sign)
{
    size_t at = sign;
    while (at > 0 && sign - at < LENGTH_DIGITS && wv_is_digit(text.ptr[at - 1])) {
        at--;
    }
    return text.ptr[sign] == ':' && wv_byte_at(text, sign + 1) == '"' && at < sign && at > 1 &&
           text.ptr[at - 1] == ':' && text.ptr[at - 2] == 's';
}

/* The blank line behind the head of a part of a form, in which a quote stands at `at`; behind it,
 * or text.len. */
static size_t part_start(struct wv_slice text, size_t at)
{
    const size_t last = text.len - at > HEAD_MAX ? at + HEAD_MAX : text.len;
    for (; at < last; at++) {
        const size_t second = at + 1 + (wv_byte_at(text, at + 1) == '\r');
        if (text.ptr[at] == '\n' && wv_byte_at(text, second) == '\n') {
            return second + 1;
        }
    }
    return text.len;
}

/* Where it ends: before the line of the border. */
static size_t part_end(struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    size_t to = from;
    while (to < text.len && !(text.ptr[to] == '\n' && wv_byte_at(text, to + 1) == '-' &&
                              wv_byte_at(text, to + 2) == '-')) {
        to++;
    }
    scan->hits->steps += to - from;
    return to < text.len && to > from && text.ptr[to - 1] == '\r' ? to - 1 : to;
}

/* `name="password"` of a part of a form: its value stands in lines of its own. */
static bool scan_part(struct wv_scan *scan, size_t sign)
{
    const struct wv_slice text = scan->text;
    const struct wv_slice before = wv_slice_sub(text, sign < 4 ? 0 : sign - 4, sign);
    if (text.ptr[sign] != '=' || wv_byte_at(text, sign + 1) != '"' ||
        !wv_slice_eq_nocase(before, WV_LIT("name")) ||
        (sign > 4 && wv_is_word(text.ptr[sign - 5]))) {
        return false;
    }
    const size_t quote = next_quote(scan, sign + 2, '"');
    const struct wv_slice name = wv_slice_sub(text, sign + 2, quote);
    const enum wv_parameter parameter = wv_parameters_find(scan->detection->parameters, name);
    if (quote == text.len || !wv_parameter_is_replaced(parameter)) {
        return false;
    }
    const size_t from = part_start(text, quote);
    scan->hits->steps += (from < text.len ? from : quote + HEAD_MAX) - quote;
    if (from == text.len) {
        return false;
    }
    scan->value_to = part_end(scan, from);
    take_value(scan, from, scan->value_to, sign - 4, parameter);
    return true;
}

/* A member of a PHP object or array. */
static bool scan_serialised(struct wv_scan *scan, size_t sign)
{
    const struct wv_slice text = scan->text;
    struct wv_slice name;
    if (!is_serialised_string(text, sign)) {
        return false;
    }
    const size_t from = serialised_value(scan, sign + 1, &name);
    const enum wv_parameter parameter = wv_parameters_find(scan->detection->parameters, name);
    if (from == text.len || !wv_parameter_is_replaced(parameter)) {
        return true;
    }
    const bool quoted = text.ptr[from - 1] == '"';
    size_t to = quoted ? quoted_value_end(scan, from, '"', true) : digits_end(text, from);
    to = to > text.len ? plain_value_end(scan, from, parameter) : to;
    scan->hits->steps += to - from;
    scan->value_to = to;
    take_value(scan, from, to, sign + 2, parameter);
    return true;
}

void wv_scan_sign(struct wv_scan *scan, size_t sign)
{
    const struct wv_slice text = scan->text;
    const uint8_t next = wv_byte_at(text, sign + 1);
    if (sign < scan->value_to || next == '=' || (text.ptr[sign] == ':' && next == ':')) {
        return;
    }
    if (next == '"' && (scan_part(scan, sign) || scan_serialised(scan, sign))) {
        return;
    }
    size_t name_from;
    bool quoted;
    const struct wv_slice name = name_before(scan, sign, &name_from, &quoted);
    const enum wv_parameter parameter = wv_parameters_find(scan->detection->parameters, name);
    if (!wv_parameter_is_replaced(parameter) || is_header(text, sign, name, quoted) ||
        is_serialised(text, sign, quoted)) {
        return;
    }
    size_t from = value_start(text, sign + 1, quoted);
    if (wv_byte_at(text, from) == '[' ||
        (quoted && is_secret(parameter) && wv_byte_at(text, from) == '{')) {
        scan_list(scan, from + 1, name_from, parameter);
        return;
    }
    size_t to = text.len + 1;
    if (is_quote(wv_byte_at(text, from))) {
        from++;
        to = quoted_value_end(scan, from, text.ptr[from - 1],
                              quoted || parameter == WV_PARAMETER_CREDENTIAL);
    }
    from = skip_scheme(text, from);
    to = to > text.len || to < from ? plain_value_end(scan, from, parameter) : to;
    scan->value_to = to;
    take_value(scan, from, to, name_from, parameter);
}
