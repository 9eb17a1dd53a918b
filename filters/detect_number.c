/* detect_number.c — finds runs of digits, and in them the numbers that are something. */
#include "filters/detect_number.h"

#include "filters/anchors.h"
#include "filters/view.h"

enum {
    CARD_DIGITS = 16,
    CODE_LETTERS = 3, /* that stand together in a code of several groups */
    HASH_REACH = 64,  /* bytes to either side */
    JOIN_MAX = 3,     /* bytes of what stands between two groups */
    OVERLAP =
        WV_NUMBER_GROUPS - 1, /* groups of a long run that are looked at again with what follows */
};

/* The character of two or three bytes of UTF-8 at `at`, or 0; *len: how many they are. */
static uint32_t wide_character(struct wv_slice text, size_t at, size_t *len)
{
    const uint8_t first = text.ptr[at];
    const uint8_t second = wv_byte_at(text, at + 1);
    const uint8_t third = wv_byte_at(text, at + 2);
    *len = first >= 0xe0 ? 3 : 2;
    const uint32_t two = (uint32_t)(first & (first >= 0xe0 ? 0x0f : 0x1f)) << 6 | (second & 0x3fU);
    const bool valid = first >= 0xc2 && first < 0xf0 && (second & 0xc0) == 0x80 &&
                       (first < 0xe0 || (third & 0xc0) == 0x80);
    return !valid ? 0 : first >= 0xe0 ? two << 6 | (third & 0x3fU) : two;
}

/* Blanks and hyphens of other scripts, as people type them, and what cannot be seen. */
static uint8_t join_kind(uint32_t character)
{
    switch (character) {
    case 0x00a0:
    case 0x202f:
    case 0x205f:
    case 0x2060:
    case 0x3000:
    case 0xfeff:
        return ' ';
    case 0x00ad:
    case 0x2212:
    case 0x30fc:
    case 0xff70:
        return '-';
    default:
        return character >= 0x2000 && character <= 0x200d   ? ' '
               : character >= 0x2010 && character <= 0x2015 ? '-'
                                                            : 0;
    }
}

/* What stands between two groups, in bytes outside ASCII: a character of UTF-8, a byte that was one
 * in windows-1252, or what was spelled by an escape and is none. */
static size_t wide_join(struct wv_slice text, size_t at, uint8_t *kind)
{
    size_t len = 1;
    switch (text.ptr[at]) {
    case 0xa0:
        *kind = ' ';
        break;
    case 0x96:
    case 0x97:
    case 0xad:
    case WV_VIEW_OTHER:
        *kind = '-';
        break;
    default:
        *kind = join_kind(wide_character(text, at, &len));
        break;
    }
    return *kind == 0 ? 0 : len;
}

/* " - " and " / ". */
static bool is_spaced(struct wv_slice text, size_t at)
{
    const uint8_t sign = wv_byte_at(text, at + 1);
    return text.ptr[at] == ' ' && (sign == '-' || sign == '/') && wv_byte_at(text, at + 2) == ' ';
}

static bool is_parenthesis(uint8_t byte)
{
    return byte == '(' || byte == ')';
}

static bool is_join(uint8_t byte)
{
    return byte == '-' || byte == '.' || byte == '/' || byte == ' ' || byte == '+' || byte == '\t';
}

/* Whether the + at `to` begins a number, and is no blank of a form: behind a blank or parenthesis.
 */
static bool is_sign(struct wv_slice text, size_t from, size_t to)
{
    return text.ptr[to] == '+' && to > from && (text.ptr[to - 1] == ' ' || text.ptr[to - 1] == '(');
}

size_t wv_join_length(struct wv_slice text, size_t at, uint8_t *kind)
{
    *kind = 0;
    if (at >= text.len) {
        return 0;
    }
    if (text.ptr[at] >= 0x80) {
        return wide_join(text, at, kind);
    }
    if (is_spaced(text, at)) {
        *kind = text.ptr[at + 1];
        return 3;
    }
    size_t to = at;
    bool closed = false;
    while (to - at < JOIN_MAX && to < text.len && !is_sign(text, at, to) &&
           (is_join(text.ptr[to]) || is_parenthesis(text.ptr[to]))) {
        closed = closed || is_parenthesis(text.ptr[to]);
        to++;
    }
    if (to == at || (to < text.len && is_sign(text, at, to))) {
        return 0;
    }
    const uint8_t first = text.ptr[at];
    *kind = closed ? '(' : first == '+' || first == '\t' ? ' ' : first;
    return closed || to - at == 1 ? to - at : 0; /* only parentheses stand beside others */
}

/* The length of what stands between two groups of digits; 0: nothing does that can. */
static size_t read_join(struct wv_slice text, size_t at, uint8_t *kind)
{
    const uint8_t first = wv_byte_at(text, at);
    if (first < 0x80 && !is_join(first) && !is_parenthesis(first)) {
        return 0;
    }
    const size_t len = wv_join_length(text, at, kind);
    return wv_is_digit(wv_byte_at(text, at + len)) ? len : 0;
}

static size_t digits_end(struct wv_slice text, size_t at)
{
    while (at < text.len && wv_is_digit(text.ptr[at])) {
        at++;
    }
    return at;
}

/* Reads the run that begins at `from`, behind a join if it is a part of a longer one; where it
 * ends, or where the rest of a longer one begins. */
static size_t read_run(struct wv_slice text, size_t from, uint8_t join, struct wv_run *run)
{
    size_t at = from;
    run->count = 0; /* `context` stays: a long run is read in parts */
    for (;;) {
        const size_t to = digits_end(text, at);
        run->groups[run->count++] =
            (struct wv_group){.from = (uint32_t)at, .to = (uint32_t)to, .join = join};
        if (run->count == WV_GROUPS_MAX) {
            return run->groups[WV_GROUPS_MAX - OVERLAP].from;
        }
        const size_t gap = read_join(text, to, &join);
        if (gap == 0) {
            return to;
        }
        at = to + gap;
    }
}

uint8_t wv_number_join(const struct wv_number *number)
{
    const struct wv_group *groups = number->run->groups;
    if (number->first == number->last) {
        return ' ';
    }
    const uint8_t join = groups[number->first + 1].join;
    for (size_t i = number->first + 2; i <= number->last; i++) {
        if (groups[i].join != join) {
            return 0;
        }
    }
    return join;
}

/* Part of a decimal number, or of something longer that is written with points. */
static bool is_cut(const struct wv_scan *scan, const struct wv_number *number)
{
    const struct wv_slice text = scan->text;
    const size_t from = wv_number_from(number);
    const size_t to = wv_number_to(number);
    const bool before = from > 1 && text.ptr[from - 1] == '.' && wv_is_digit(text.ptr[from - 2]);
    const bool after = wv_byte_at(text, to) == '.' && wv_is_digit(wv_byte_at(text, to + 1));
    return (before || after) && !scan->detection->loose && wv_number_join(number) != '.';
}

/* Sixteen digits before a point and more: too many for a time, and as likely a card as others. */
static bool is_before_point(const struct wv_scan *scan, const struct wv_number *number)
{
    const size_t from = wv_number_from(number);
    return number->digits.len == CARD_DIGITS && (from == 0 || scan->text.ptr[from - 1] != '.');
}

static bool is_identified(struct wv_scan *scan, const struct wv_number *number)
{
    if (number->digits.len < WV_NUMBER_MIN) {
        return false;
    }
    const bool cut = is_cut(scan, number);
    return (!cut && wv_number_is_listed(scan, number)) ||
           ((!cut || is_before_point(scan, number)) && wv_number_is_card(scan, number));
}

typedef bool number_test(struct wv_scan *scan, const struct wv_number *number);

/* The groups that begin with one of a run, and how many digits they have together. */
struct reach {
    const struct wv_run *run;
    size_t first;
    size_t end;
    uint8_t digits[WV_NUMBER_DIGITS];
    uint8_t ends[WV_NUMBER_GROUPS];
};

/* The group behind the longest number that passes the test; `first`, when none does. */
static size_t longest(struct wv_scan *scan, const struct reach *reach, number_test *test)
{
    for (size_t end = reach->end; end > reach->first; end--) {
        const size_t len = reach->ends[end - 1 - reach->first];
        if (len < WV_NUMBER_MIN) {
            break;
        }
        const struct wv_number number = {reach->run, reach->first, end - 1, {reach->digits, len}};
        if (test(scan, &number)) {
            return end;
        }
    }
    return reach->first;
}

/* How many digits there are. */
static size_t read_reach(struct wv_scan *scan, struct reach *reach)
{
    size_t count = 0;
    for (; reach->end < reach->run->count && reach->end - reach->first < WV_NUMBER_GROUPS;
         reach->end++) {
        const struct wv_group *group = &reach->run->groups[reach->end];
        const size_t len = group->to - group->from;
        if (count + len > sizeof reach->digits || group->hashed) {
            break;
        }
        memcpy(reach->digits + count, scan->text.ptr + group->from, len);
        count += len;
        reach->ends[reach->end - reach->first] = (uint8_t)count;
    }
    scan->hits->steps += count;
    return count;
}

/* "Chrome/112.0.5615.138". */
static bool is_version(const struct wv_scan *scan, const struct wv_run *run)
{
    const size_t from = run->groups[0].from;
    return run->count > 1 && run->groups[1].join == '.' && from > 1 &&
           scan->text.ptr[from - 1] == '/' && wv_is_letter(scan->text.ptr[from - 2]);
}

/* Looks at the numbers that begin with the group `first`; the next group to begin with. A telephone
 * number may take in the beginning of what follows it: so that is looked at, too. */
static size_t try_groups(struct wv_scan *scan, const struct wv_run *run, size_t first)
{
    struct reach reach = {.run = run, .first = first, .end = first};
    if (read_reach(scan, &reach) < WV_NUMBER_MIN) {
        return first + 1; /* no test passes */
    }
    const bool plus = wv_number_plus(scan, run->groups[first].from) != SIZE_MAX;
    const bool phone = plus && longest(scan, &reach, wv_number_is_international) > first;
    const size_t behind = longest(scan, &reach, is_identified);
    if (behind > first) {
        return behind;
    }
    const size_t called =
        phone || is_version(scan, run) ? first : longest(scan, &reach, wv_number_is_phone);
    scan->phone_to = called > first ? run->groups[called - 1].to : scan->phone_to;
    return first + 1;
}

/* Whether the digits are part of a word of hexadecimal digits: of a hash, a trace id. Of a word
 * that is longer than both ends can be looked for, what is seen of it decides. */
static bool is_in_hash(struct wv_scan *scan, size_t from, size_t to)
{
    const struct wv_slice text = scan->text;
    const size_t floor = from > HASH_REACH ? from - HASH_REACH : 0;
    const size_t ceiling = text.len - to > HASH_REACH ? to + HASH_REACH : text.len;
    bool lettered = false;
    while (from > floor && wv_is_hex(text.ptr[from - 1])) {
        from--;
        lettered = lettered || wv_is_letter(text.ptr[from]);
    }
    while (to < ceiling && wv_is_hex(text.ptr[to])) {
        lettered = lettered || wv_is_letter(text.ptr[to]);
        to++;
    }
    scan->hits->steps += to - from;
    return lettered && (to == ceiling || !wv_is_letter(text.ptr[to])) &&
           (from == floor || !wv_is_letter(text.ptr[from - 1]));
}

/* Finds out what groups are that letters touch: part of a code of letters and digits, of a hash, or
 * only something that a blank was forgotten before. */
static void judge_letters(struct wv_scan *scan, struct wv_run *run)
{
    const struct wv_slice text = scan->text;
    for (size_t i = 0; i < run->count; i++) {
        struct wv_group *group = &run->groups[i];
        const bool before = group->from > 0 && wv_is_letter(text.ptr[group->from - 1]);
        const bool after = wv_is_letter(wv_byte_at(text, group->to));
        group->lettered = before || after;
        group->hashed =
            group->lettered && !scan->detection->loose && is_in_hash(scan, group->from, group->to);
    }
}

static size_t digits_start(struct wv_slice text, size_t floor, size_t at)
{
    while (at > floor && wv_is_digit(text.ptr[at - 1])) {
        at--;
    }
    return at;
}

/* Where the run begins that `at` is in: a digit, what stands before one, or between two. What
 * stands to the left and was no reason to look begins it, too: "(202) 555-0143". */
static size_t run_start(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    const size_t floor = scan->number_to;
    size_t from = digits_start(text, floor, at);
    from += !wv_is_digit(text.ptr[from]);
    for (size_t groups = 1; groups < WV_NUMBER_GROUPS; groups++) {
        uint8_t join;
        size_t before = from;
        while (before > floor && from - before < JOIN_MAX && !wv_is_digit(text.ptr[before - 1])) {
            before--;
        }
        if (before == floor || before == from || !wv_is_digit(text.ptr[before - 1]) ||
            wv_join_length(text, before, &join) != from - before) {
            break;
        }
        from = digits_start(text, floor, before);
    }
    scan->hits->steps += at > from ? at - from : 0;
    return from;
}

/* Whether up to three letters stand before the run, as in a code that is written in groups. */
static bool letters_before(const struct wv_scan *scan, size_t from)
{
    const struct wv_slice text = scan->text;
    size_t to = from;
    while (to > 0 && from - to < JOIN_MAX && !wv_is_letter(text.ptr[to - 1])) {
        to--;
    }
    size_t at = to;
    while (at > 0 && to - at <= CODE_LETTERS && wv_is_letter(text.ptr[at - 1])) {
        at--;
    }
    return at < to && to < from && to - at <= CODE_LETTERS;
}

/* Whether one letter stands behind the run, or a group of digits that ends with a letter. */
static bool letter_behind(const struct wv_scan *scan, size_t to)
{
    const struct wv_slice text = scan->text;
    uint8_t kind;
    const size_t at = to + wv_join_length(text, to, &kind);
    const uint8_t next = wv_byte_at(text, at + 1);
    return at > to && wv_is_letter(wv_byte_at(text, at)) && !wv_is_letter(next) &&
           !wv_is_digit(next);
}

/* Looks at the groups of a run up to where the next one takes over. */
static void try_run(struct wv_scan *scan, struct wv_run *run, size_t to)
{
    judge_letters(scan, run);
    for (size_t first = 0; first < run->count && run->groups[first].from < to;) {
        const struct wv_group *group = &run->groups[first];
        const bool lettered = group->lettered ||
                              (first == 0 && letters_before(scan, group->from)) ||
                              (first + 1 == run->count && letter_behind(scan, group->to));
        const size_t behind = lettered ? wv_number_is_code(scan, run, first) : first;
        first = behind > first ? behind : try_groups(scan, run, first);
    }
}

void wv_scan_number(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (at < scan->number_to) {
        return;
    }
    const size_t from = run_start(scan, at);
    if (from < scan->number_to || !wv_is_digit(wv_byte_at(text, from))) {
        return;
    }
    struct wv_run run; /* of its groups only those that are there are set */
    run.context = from;
    size_t part = from;
    uint8_t join = 0;
    for (bool more = true; more;) {
        const size_t to = read_run(text, part, join, &run);
        const size_t end = run.groups[run.count - 1].to;
        more = to < end;
        scan->number_to = end;
        scan->hits->steps += end - part;
        try_run(scan, &run, to);
        join = more ? run.groups[WV_GROUPS_MAX - OVERLAP].join : 0;
        part = to;
    }
}
