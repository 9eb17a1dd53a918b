/*
 * timestamp — sets a moment back to a multiple of so many seconds, in the form it was written in.
 *
 * Two exact moments are often enough to join two logs, so the time is coarsened wherever it stands.
 * Multiples are counted in UTC: two places that see the same second then write the same second.
 */
#include "filters/timestamp.h"
#include "filters/filter.h"

enum { TEXT_MAX = 64, DAY = 86400, FRACTION_MAX = 32 };

enum { SAFE_DIGITS = 18 }; /* so many always fit into 64 bits */

/* A form with a fixed layout. Letters of the layout: Y M D h m s digits, b month, w weekday, d day
 * padded with a blank, T one of `T`, `t` and blank; any other character stands for itself. */
struct form {
    const char *layout;
    bool fraction; /* may follow the seconds at the end */
    bool zoned;    /* a zone may follow: Z, +hh:mm, +hhmm */
    bool needs_zone;
};

static const struct form forms[] = {
    {.layout = "YYYY-MM-DDThh:mm:ss", .fraction = true, .zoned = true},
    {.layout = "DD/bbb/YYYY:hh:mm:ss ", .zoned = true, .needs_zone = true},
    {.layout = "YYYY/MM/DD hh:mm:ss", .fraction = true},
    {.layout = "www bbb dd hh:mm:ss YYYY"},
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970 began with a Thursday */

struct moment {
    int64_t seconds;  /* since 1970, UTC */
    int64_t nanos;    /* below a second */
    int64_t offset_s; /* of the zone it is written in */
};

struct fields {
    int64_t year, month, day, hour, minute, second;
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Days since 1970 of a date in the Gregorian calendar. Years begin in March here, so that the odd
 * day of February is the last of its year. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month > 2 ? year : year - 1;
    const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static void date_of(int64_t days, struct fields *fields)
{
    const int64_t shifted = days + 719468;
    const int64_t era = shifted / 146097;
    const int64_t in_era = shifted % 146097;
    const int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t day_of_year = in_era - (365 * y + y / 4 - y / 100);
    const int64_t m = (5 * day_of_year + 2) / 153;
    fields->day = day_of_year - (153 * m + 2) / 5 + 1;
    fields->month = m < 10 ? m + 3 : m - 9;
    fields->year = era * 400 + y + (fields->month <= 2);
}

/* The number of the three-letter word at text among the words; -1: none of them. */
static int64_t word_at(const uint8_t *text, const char *words, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(text, words + 3 * i, 3) == 0) {
            return i;
        }
    }
    return -1;
}

static int64_t *field_of(struct fields *fields, char letter)
{
    switch (letter) {
    case 'Y':
        return &fields->year;
    case 'M':
        return &fields->month;
    case 'D':
    case 'd':
        return &fields->day;
    case 'h':
        return &fields->hour;
    case 'm':
        return &fields->minute;
    case 's':
        return &fields->second;
    default:
        return NULL;
    }
}

/* Whether text begins with the layout; fills the fields. */
static bool read_layout(struct wv_slice text, const char *layout, struct fields *fields)
{
    const size_t len = strlen(layout);
    for (size_t i = 0; i < len; i++) {
        if (i >= text.len) {
            return false;
        }
        const uint8_t byte = text.ptr[i];
        int64_t *field = field_of(fields, layout[i]);
        if (layout[i] == 'b' || layout[i] == 'w') {
            const bool month = layout[i] == 'b';
            const int64_t index = i + 3 > text.len ? -1
                                  : month          ? word_at(text.ptr + i, months, 12)
                                                   : word_at(text.ptr + i, weekdays, 7);
            if (index < 0) {
                return false;
            }
            fields->month = month ? index + 1 : fields->month;
            i += 2;
        } else if (field != NULL) {
            const bool padding = layout[i] == 'd' && byte == ' ' && *field == 0;
            if (!is_digit(byte) && !padding) {
                return false;
            }
            *field = *field * 10 + (padding ? 0 : byte - '0');
        } else if (layout[i] == 'T' ? memchr("Tt ", byte, 3) == NULL : byte != layout[i]) {
            return false;
        }
    }
    return true;
}

static bool in_range(const struct fields *fields)
{
    static const int64_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (fields->month < 1 || fields->month > 12 || fields->day < 1 ||
        fields->day > lengths[fields->month - 1] || fields->hour > 23 || fields->minute > 59 ||
        fields->second > 60) {
        return false;
    }
    const int64_t y = fields->year;
    const bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return y >= 1970 && (leap || fields->month != 2 || fields->day < 29);
}

/* ".123" at text; how many bytes, 0 where there is none. */
static size_t read_fraction(struct wv_slice text, int64_t *nanos)
{
    *nanos = 0;
    if (text.len < 2 || (text.ptr[0] != '.' && text.ptr[0] != ',') || !is_digit(text.ptr[1])) {
        return 0;
    }
    size_t i = 1;
    for (int64_t unit = 100000000; i < text.len && is_digit(text.ptr[i]); i++, unit /= 10) {
        *nanos += unit * (text.ptr[i] - '0');
    }
    return i;
}

/* A zone that takes the whole of text. */
static bool read_zone(struct wv_slice text, int64_t *offset_s)
{
    *offset_s = 0;
    if (text.len == 1) {
        return text.ptr[0] == 'Z' || text.ptr[0] == 'z';
    }
    struct fields zone = {0};
    if ((text.len != 6 || !read_layout(wv_slice_sub(text, 1, 6), "hh:mm", &zone)) &&
        (text.len != 5 || !read_layout(wv_slice_sub(text, 1, 5), "hhmm", &zone))) {
        return false;
    }
    const int64_t size = zone.hour * 3600 + zone.minute * 60;
    *offset_s = text.ptr[0] == '-' ? -size : size;
    return zone.hour <= 23 && zone.minute <= 59 && (text.ptr[0] == '+' || text.ptr[0] == '-');
}

static bool read_form(struct wv_slice text, const struct form *form, struct moment *out)
{
    struct fields fields = {0};
    if (!read_layout(text, form->layout, &fields) || !in_range(&fields)) {
        return false;
    }
    *out = (struct moment){0};
    struct wv_slice rest = wv_slice_sub(text, strlen(form->layout), text.len);
    const size_t fraction = form->fraction ? read_fraction(rest, &out->nanos) : 0;
    rest = wv_slice_sub(rest, fraction, rest.len);
    if (rest.len == 0 ? form->needs_zone : !form->zoned || !read_zone(rest, &out->offset_s)) {
        return false;
    }
    /* A leap second has no number of its own: it counts as the second before. */
    const int64_t second = fields.second == 60 ? 59 : fields.second;
    out->seconds = days_of(fields.year, fields.month, fields.day) * DAY + fields.hour * 3600 +
                   fields.minute * 60 + second - out->offset_s;
    return out->seconds >= 0;
}

static const struct form *find_form(struct wv_slice text, struct moment *out)
{
    for (size_t i = 0; i < WV_COUNT(forms); i++) {
        if (read_form(text, &forms[i], out)) {
            return &forms[i];
        }
    }
    return NULL;
}

/* Without the brackets that web servers put around it. */
static struct wv_slice unbracketed(struct wv_slice text)
{
    const bool both = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    return both ? wv_slice_sub(text, 1, text.len - 1) : text;
}

/* A number since 1970: its whole part, how many units make a second, and the length of a fraction
 * behind it with its point. */
struct number {
    int64_t whole;
    int64_t unit;
    size_t fraction;
    int64_t nanos;
};

static bool read_number(struct wv_slice text, struct number *out)
{
    int64_t whole = 0;
    size_t i = 0;
    for (; i < text.len && i < SAFE_DIGITS && is_digit(text.ptr[i]); i++) {
        whole = whole * 10 + (text.ptr[i] - '0');
    }
    for (; i < text.len && is_digit(text.ptr[i]); i++) {
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, text.ptr[i] - '0', &whole)) {
            return false;
        }
    }
    *out = (struct number){.whole = whole, .unit = 1};
    if (i == 0 || (i > 1 && text.ptr[0] == '0')) {
        return false;
    }
    /* Seconds up to the year 5138; of each finer unit a second has a thousand times as many. */
    if (whole >= INT64_C(100000000000)) {
        out->unit = whole < INT64_C(100000000000000)      ? 1000
                    : whole < INT64_C(100000000000000000) ? 1000000
                                                          : 1000000000;
    }
    if (i == text.len) {
        return true;
    }
    out->fraction = read_fraction(wv_slice_sub(text, i, text.len), &out->nanos);
    return i + out->fraction == text.len;
}

bool wv_timestamp_parse(struct wv_slice text, int64_t *ms)
{
    if (text.len == 0 || text.len > TEXT_MAX) {
        return false;
    }
    struct number number;
    if (read_number(text, &number)) {
        const int64_t rest = number.whole % number.unit;
        const int64_t below = number.unit == 1 ? number.nanos / 1000000 : rest * 1000 / number.unit;
        *ms = number.whole / number.unit * 1000 + below;
        return true;
    }
    struct moment moment;
    if (find_form(unbracketed(text), &moment) == NULL) {
        return false;
    }
    *ms = moment.seconds * 1000 + moment.nanos / 1000000;
    return true;
}

int64_t wv_timestamp_floor(int64_t ms, uint32_t seconds)
{
    return ms - ms % ((int64_t)seconds * 1000);
}

/* Writes the digits of number over the run of one letter of the layout. */
static void write_digits(uint8_t *text, size_t count, int64_t number)
{
    for (size_t i = count; i > 0; i--) {
        text[i - 1] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
}

static void write_layout(uint8_t *text, const char *layout, struct fields *fields, int64_t days)
{
    for (size_t i = 0; layout[i] != '\0';) {
        size_t run = 1;
        while (layout[i + run] == layout[i]) {
            run++;
        }
        const int64_t *field = field_of(fields, layout[i]);
        if (layout[i] == 'b') {
            memcpy(text + i, months + 3 * (fields->month - 1), 3);
        } else if (layout[i] == 'w') {
            memcpy(text + i, weekdays + 3 * (days % 7), 3);
        } else if (field != NULL) {
            write_digits(text + i, run, *field);
            if (layout[i] == 'd' && *field < 10) {
                text[i] = ' ';
            }
        }
        i += run;
    }
}

static void zero_digits(uint8_t *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text[i] = is_digit(text[i]) ? '0' : text[i];
    }
}

/* Floors the moment in place. False where the local date would lie before 1970. */
static bool floor_text(uint8_t *mem, struct wv_slice text, uint32_t seconds)
{
    struct moment moment;
    const struct form *form = find_form(text, &moment);
    if (form == NULL) {
        return false;
    }
    const int64_t local = moment.seconds - moment.seconds % seconds + moment.offset_s;
    if (local < 0) {
        return false;
    }
    const int64_t days = local / DAY;
    const int64_t rest = local % DAY;
    struct fields fields = {.hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};
    date_of(days, &fields);
    write_layout(mem, form->layout, &fields, days);
    int64_t nanos;
    const size_t len = strlen(form->layout);
    const struct wv_slice tail = wv_slice_sub(text, len, text.len);
    zero_digits(mem + len, form->fraction ? read_fraction(tail, &nanos) : 0);
    return true;
}

/* The decimal digits of number < 100000000 as eight bytes, the first one lowest. Numbers are split
 * in halves until every byte holds one digit; a half is divided by multiplying with the next
 * greater fraction of a power of two, which is exact for numbers this small. */
static uint64_t eight_digits(uint32_t number)
{
    const uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    const uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    const uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    const uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return (tens | (twos - 10 * tens) << 8) + UINT64_C(0x3030303030303030);
}

/* Like wv_buf_uint(), which would be half of the time that this filter takes. */
static void put_digits(struct wv_buf *buf, uint64_t number)
{
    const uint64_t half = 100000000;
    if (number >= half * half) {
        wv_buf_uint(buf, number);
        return;
    }
    uint8_t text[16];
    const uint64_t high = eight_digits((uint32_t)(number / half));
    const uint64_t low = eight_digits((uint32_t)(number % half));
    for (size_t i = 0; i < 8; i++) {
        text[i] = (uint8_t)(high >> (8 * i));
        text[8 + i] = (uint8_t)(low >> (8 * i));
    }
    size_t zeros = 0;
    while (zeros < sizeof text - 1 && text[zeros] == '0') {
        zeros++;
    }
    wv_buf_put(buf, (struct wv_slice){text + zeros, sizeof text - zeros});
}

static enum wv_verdict put_number(const struct number *number, struct wv_slice text,
                                  uint32_t seconds, struct wv_out *out)
{
    uint8_t mem[TEXT_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    put_digits(&buf, (uint64_t)(number->whole - number->whole % (number->unit * seconds)));
    const size_t len = buf.len;
    wv_buf_put(&buf, wv_slice_sub(text, text.len - number->fraction, text.len));
    if (buf.overflowed) {
        return WV_FAILED;
    }
    zero_digits(mem + len, number->fraction);
    wv_out_put(out, (struct wv_slice){mem, buf.len});
    return WV_REPLACED;
}

struct settings {
    uint32_t seconds;
};

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)context;
    const struct settings *set = settings;
    const struct wv_slice text = value->text;
    if (text.len == 0 || text.len > TEXT_MAX) {
        return WV_FAILED;
    }
    struct number number;
    if (read_number(text, &number)) {
        return put_number(&number, text, set->seconds, out);
    }
    uint8_t mem[TEXT_MAX];
    memcpy(mem, text.ptr, text.len);
    const struct wv_slice inner = unbracketed(text);
    if (!floor_text(mem + (inner.ptr - text.ptr), inner, set->seconds)) {
        return WV_FAILED;
    }
    wv_out_put(out, (struct wv_slice){mem, text.len});
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "seconds",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, seconds),
     .min = 1,
     .max = DAY,
     .fallback = 60,
     .stricter = WV_STRICTER_HIGHER,
     .unit = "s",
     .help = "the moment is set back to a multiple of so many seconds, counted in UTC"},
};

const struct wv_filter wv_filter_timestamp = {
    .name = "timestamp",
    .summary = "Sets a moment back to a multiple of so many seconds and keeps the form it has",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

bool wv_timestamp_is(const struct wv_filter *filter)
{
    return filter == &wv_filter_timestamp;
}

uint32_t wv_timestamp_seconds(const void *settings)
{
    return ((const struct settings *)settings)->seconds;
}
