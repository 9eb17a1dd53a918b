/* detect_reference_numbers.c — groups of digits, the numbers made of them, and telephones. */
#include "support/detect_reference_number.h"

enum { HASH_REACH = 64 };

static void read_groups(struct numbers *all)
{
    const struct wv_slice text = all->reference->text;
    all->count = 0;
    for (size_t at = 0; at < text.len; at++) {
        if (!is_digit(text.ptr[at]) || is_digit(byte_before(text, at))) {
            continue;
        }
        struct group *group = &all->groups[all->count];
        *group = (struct group){.from = at, .to = at, .run = all->count};
        while (is_digit(byte_at(text, group->to))) {
            group->to++;
        }
        if (all->count > 0) {
            group->join = reference_join(wv_slice_sub(text, group[-1].to, at));
            group->run = group->join != 0 ? group[-1].run : group->run;
        }
        all->count++;
    }
}

static bool has_letter(struct wv_slice text, size_t from, size_t to)
{
    bool found = false;
    for (size_t at = from; at < to; at++) {
        found = found || is_letter(text.ptr[at]);
    }
    return found;
}

/* Part of a word of hexadecimal digits in which there are letters: of a hash, a trace id. */
static bool is_hashed(struct wv_slice text, const struct group *group)
{
    size_t from = group->from;
    size_t to = group->to;
    while (is_hex(byte_before(text, from)) && group->from - from < HASH_REACH) {
        from--;
    }
    while (is_hex(byte_at(text, to)) && to - group->to < HASH_REACH) {
        to++;
    }
    const bool left = group->from - from == HASH_REACH || !is_letter(byte_before(text, from));
    const bool right = to - group->to == HASH_REACH || !is_letter(byte_at(text, to));
    return left && right && has_letter(text, from, to);
}

/* Reads groups [first, last]; false: they are no number. */
static bool read_number(const struct numbers *all, size_t first, size_t last, struct number *out)
{
    const struct wv_slice text = all->reference->text;
    *out = (struct number){.all = all, .first = first, .last = last};
    for (size_t i = first; i <= last; i++) {
        const struct group *group = &all->groups[i];
        if (group->to - group->from > DIGITS_MAX - out->count || is_hashed(text, group)) {
            return false;
        }
        if (i > first) {
            out->spelling[out->len++] = group->join;
        }
        for (size_t at = group->from; at < group->to; at++) {
            out->spelling[out->len++] = (char)text.ptr[at];
            out->digits[out->count++] = text.ptr[at];
        }
    }
    return true;
}

/* ITU-T E.164: where the + stands, or SIZE_MAX. */
static size_t plus_of(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    size_t at = first_of(number)->from;
    at -= byte_before(text, at) == '(';
    if (byte_before(text, at) != '+' || number->count < 8 || number->count > 15 ||
        number->digits[0] == '0') {
        return SIZE_MAX;
    }
    return is_alnum(byte_before(text, at - 1)) ? SIZE_MAX : at - 1;
}

static void add_phone(const struct number *number, size_t kind, size_t from)
{
    const struct reference *reference = number->all->reference;
    if ((reference->detectors->on >> kind & 1) != 0) {
        reference_add(reference, from, last_of(number)->to, UINT64_C(1) << kind);
    }
}

static bool note_international(const struct number *number)
{
    const size_t plus = plus_of(number);
    if (plus != SIZE_MAX) {
        add_phone(number, WV_HIT_PHONE_E164, plus);
    }
    return plus != SIZE_MAX;
}

static bool note_identified(const struct number *number)
{
    const uint64_t kinds = reference_kinds(number);
    if (kinds != 0) {
        reference_add(number->all->reference, first_of(number)->from, last_of(number)->to, kinds);
    }
    return kinds != 0;
}

/* "Chrome/112.0.5615.138": behind the name of a program and in points. */
static bool is_version(const struct number *number)
{
    const struct wv_slice text = number->all->reference->text;
    const size_t run = first_of(number)->run;
    const struct group *groups = number->all->groups;
    return run + 1 < number->all->count && groups[run + 1].run == run &&
           groups[run + 1].join == '.' && byte_before(text, groups[run].from) == '/' &&
           is_letter(byte_at(text, groups[run].from - 2));
}

/* 0: the number has no such group. */
static size_t group_length(const struct number *number, size_t index)
{
    const struct group *group = first_of(number) + index;
    return number->first + index <= number->last ? group->to - group->from : 0;
}

/* Days, with a time or not, and seconds and milliseconds since 1970. */
static bool is_date(const struct number *number)
{
    const uint8_t *at = number->digits;
    const size_t count = number->count;
    const bool one = number->first == number->last;
    if (one && (count == 10 || count == 13) && at[0] == '1') {
        return true;
    }
    if (count < 8 || (one && count != 8 && count != 14)) {
        return false;
    }
    const bool year_first = one || group_length(number, 0) == 4;
    const bool year_last = one || (group_length(number, 0) == 2 && group_length(number, 1) == 2 &&
                                   group_length(number, 2) == 4);
    return (is_day(at + 6, at + 4, at) && year_first) || (is_day(at, at + 2, at + 4) && year_last);
}

static bool note_phone(const struct number *number)
{
    if (number->count < 7 || number->count > 15 || is_version(number) || is_date(number) ||
        evidence_for(number, WV_HIT_PHONE, WV_EVIDENCE_WORDS) == REFERENCE_NOTHING) {
        return false;
    }
    add_phone(number, WV_HIT_PHONE, first_of(number)->from);
    return true;
}

/* Notes the longest number that begins with the group and is one: the group behind it, or 0. */
static size_t note_longest(const struct numbers *all, size_t first,
                           bool (*note)(const struct number *number))
{
    for (size_t last = first + GROUPS_MAX; last-- > first;) {
        struct number number;
        if (last < all->count && all->groups[last].run == all->groups[first].run &&
            read_number(all, first, last, &number) && note(&number)) {
            return last + 1;
        }
    }
    return 0;
}

/* In a run with a single digit behind a point, which is more likely a version, nobody has to look
 * for telephone numbers; and a long one may be looked at from its middle on, so that it is not
 * clear what stands before its numbers. Returns the first group behind the run. */
static size_t relax_run(const struct numbers *all, size_t first)
{
    const uint64_t calls = UINT64_C(1) << WV_HIT_PHONE | UINT64_C(1) << WV_HIT_PHONE_E164;
    struct reference_hits *hits = all->reference->hits;
    bool unclear = false;
    size_t behind = first;
    for (; behind < all->count && all->groups[behind].run == first; behind++) {
        const struct group *group = &all->groups[behind];
        unclear = unclear || (group->join == '.' && group->to - group->from == 1);
    }
    const uint64_t kinds = behind - first > GROUPS_MAX ? UINT64_MAX : calls;
    const size_t from = all->groups[first].from;
    const size_t to = all->groups[behind - 1].to;
    for (size_t i = 0; i < hits->count && unclear; i++) {
        struct reference_hit *hit = &hits->items[i];
        hit->optional |= hit->to > from && hit->to <= to && (hit->kinds & ~kinds) == 0;
    }
    if (unclear) {
        reference_add(all->reference, from, to, kinds)->optional = true;
    }
    return behind;
}

void reference_numbers(const struct reference *reference)
{
    static struct numbers all;
    all.reference = reference;
    read_groups(&all);
    const size_t codes = reference->hits->count;
    size_t taken_to = 0;  /* the groups before it are numbers … */
    size_t phones_to = 0; /* … or of telephone numbers that only words told */
    for (size_t first = 0; first < all.count; first++) {
        if (first < taken_to ||
            reference_is_code(reference, codes, all.groups[first].from, all.groups[first].to)) {
            continue;
        }
        const size_t international = note_longest(&all, first, note_international);
        taken_to = note_longest(&all, first, note_identified);
        if (taken_to == 0 && international == 0 && first >= phones_to) {
            phones_to = note_longest(&all, first, note_phone);
        }
    }
    for (size_t first = 0; first < all.count;) {
        first = relax_run(&all, first);
    }
}
