/*
 * timestamp — sets a moment back to a multiple of so many seconds, in the form it was written in.
 *
 * Two exact moments are often enough to join two logs, so the time is coarsened wherever it stands.
 * Multiples are counted in UTC: two places that see the same second then write the same second. A
 * time without a year or a day has no UTC: its multiples are counted from its own midnight.
 */
#include "filters/timestamp.h"
#include "filters/filter.h"

enum { TEXT_MAX = 64, DAY = 86400 };

enum { SAFE_DIGITS = 18 }; /* so many always fit into 64 bits */

/* The forms that are no numbers. Letters of a layout: Y M D h m s one digit, d one digit of a day
 * that is padded with a blank or a zero, b month, w weekday, T one of `T`, `t` and blank, f a
 * fraction or nothing, z a zone (Z, +hh:mm, +hhmm) or nothing, Z a zone, x a blank and a zone, also
 * by its word, or nothing. Any other character stands for itself. */
static const char *const layouts[] = {
    "YYYY-MM-DDThh:mm:ssfz",
    "DD/b/YYYY:hh:mm:ssf Z", /* web servers */
    "YYYY/MM/DD hh:mm:ssf",
    "w b dd hh:mm:ssf YYYY", /* C; with a fraction: Apache's error log */
    "b DD YYYY hh:mm:ssfx",  /* CEF, whose days have two digits; */
    "b dd YYYY hh:mm:ssfx",  /* some producers pad them with a blank */
    "b dd hh:mm:ssfx",       /* CEF and RFC 3164: no year */
    "hh:mm:ssf",             /* a column beside one for the date */
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970 began with a Thursday */

struct fields {
    int64_t year, month, day, hour, minute, second;
};

/* What stands in a text. */
struct moment {
    const char *layout;
    struct fields fields;
    bool dated;       /* otherwise it is only a time of some day */
    int64_t seconds;  /* since 1970, UTC; without a date since midnight, in whatever zone */
    int64_t nanos;    /* below a second */
    int64_t offset_s; /* of the zone it is written in */
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
static int64_t word_at(struct wv_slice text, const char *words, int64_t count)
{
    for (int64_t i = 0; text.len >= 3 && i < count; i++) {
        if (memcmp(text.ptr, words + 3 * i, 3) == 0) {
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

/* "+hh:mm" or "+hhmm", the whole of text. */
static bool read_offset(struct wv_slice text, int64_t *offset_s)
{
    const bool colon = text.len == 6 && text.ptr[3] == ':';
    if ((!colon && text.len != 5) || (text.ptr[0] != '+' && text.ptr[0] != '-')) {
        return false;
    }
    const size_t digits[] = {1, 2, colon ? 4 : 3, colon ? 5 : 4};
    int64_t number = 0;
    for (size_t i = 0; i < WV_COUNT(digits); i++) {
        if (!is_digit(text.ptr[digits[i]])) {
            return false;
        }
        number = number * 10 + (text.ptr[digits[i]] - '0');
    }
    const int64_t size = number / 100 * 3600 + number % 100 * 60;
    *offset_s = text.ptr[0] == '-' ? -size : size;
    return number / 100 <= 23 && number % 100 <= 59;
}

/* A zone that takes the whole of text. */
static bool read_zone(struct wv_slice text, int64_t *offset_s)
{
    *offset_s = 0;
    return text.len == 1 ? text.ptr[0] == 'Z' || text.ptr[0] == 'z' : read_offset(text, offset_s);
}

/* The same, or a word, or "GMT+hh:mm". Other words are refused: anything could stand there. */
static bool read_named_zone(struct wv_slice text, int64_t *offset_s)
{
    /* Words with several meanings: first RFC 822, then the zone with the most people. */
    static const struct {
        const char *word;
        int64_t minutes;
    } zones[] = {
        {"UTC", 0},     {"GMT", 0},    {"UT", 0},     {"EST", -300}, {"EDT", -240}, {"CST", -360},
        {"CDT", -300},  {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"AKST", -540},
        {"AKDT", -480}, {"HST", -600}, {"BRT", -180}, {"WET", 0},    {"WEST", 60},  {"BST", 60},
        {"CET", 60},    {"CEST", 120}, {"SAST", 120}, {"EET", 120},  {"EEST", 180}, {"MSK", 180},
        {"IST", 330},   {"SGT", 480},  {"HKT", 480},  {"JST", 540},  {"KST", 540},  {"AEST", 600},
        {"AEDT", 660},  {"NZST", 720}, {"NZDT", 780},
    };
    if (read_zone(text, offset_s)) {
        return true;
    }
    for (size_t i = 0; i < WV_COUNT(zones); i++) {
        if (wv_slice_eq(text, wv_slice_of(zones[i].word))) {
            *offset_s = zones[i].minutes * 60;
            return true;
        }
    }
    const bool universal =
        wv_slice_starts(text, WV_LIT("GMT")) || wv_slice_starts(text, WV_LIT("UTC"));
    return universal && read_offset(wv_slice_sub(text, 3, text.len), offset_s);
}

/* One byte, that of a digit or one that stands for itself. */
static bool read_byte(char letter, uint8_t byte, struct fields *fields)
{
    int64_t *field = field_of(fields, letter);
    if (field == NULL) {
        return letter == 'T' ? memchr("Tt ", byte, 3) != NULL : byte == letter;
    }
    const bool padding = letter == 'd' && byte == ' ' && *field == 0;
    *field = *field * 10 + (padding ? 0 : byte - '0');
    return padding || is_digit(byte);
}

/* Takes from text, at *at, what the letter of a layout stands for. */
static bool read_letter(char letter, struct wv_slice text, size_t *at, struct moment *out)
{
    const struct wv_slice rest = wv_slice_sub(text, *at, text.len);
    switch (letter) {
    case 'b':
        out->fields.month = word_at(rest, months, 12) + 1;
        *at += 3;
        return out->fields.month > 0;
    case 'w':
        *at += 3;
        return word_at(rest, weekdays, 7) >= 0;
    case 'f':
        *at += read_fraction(rest, &out->nanos);
        return true;
    case 'z':
    case 'Z':
        *at = text.len;
        return rest.len == 0 ? letter == 'z' : read_zone(rest, &out->offset_s);
    case 'x':
        *at = text.len;
        return rest.len == 0 || (rest.ptr[0] == ' ' &&
                                 read_named_zone(wv_slice_sub(rest, 1, rest.len), &out->offset_s));
    default:
        *at += 1;
        return rest.len > 0 && read_byte(letter, rest.ptr[0], &out->fields);
    }
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

/* Without a year any day of a leap year may be meant, and without a month no day is written. */
static void complete(struct moment *moment)
{
    moment->dated = strchr(moment->layout, 'Y') != NULL;
    if (!moment->dated) {
        moment->fields.year = 2000;
        moment->offset_s = 0;
    }
    if (moment->layout[0] == 'h') {
        moment->fields.month = 1;
        moment->fields.day = 1;
    }
}

static bool read_layout(struct wv_slice text, const char *layout, struct moment *out)
{
    *out = (struct moment){.layout = layout};
    size_t at = 0;
    for (const char *letter = layout; *letter != '\0'; letter++) {
        if (!read_letter(*letter, text, &at, out)) {
            return false;
        }
    }
    complete(out);
    const struct fields *fields = &out->fields;
    if (at != text.len || !in_range(fields)) {
        return false;
    }
    /* A leap second has no number of its own: it counts as the second before. */
    const int64_t second = fields->second == 60 ? 59 : fields->second;
    const int64_t days = out->dated ? days_of(fields->year, fields->month, fields->day) : 0;
    out->seconds = days * DAY + fields->hour * 3600 + fields->minute * 60 + second - out->offset_s;
    return out->seconds >= 0;
}

static bool read_text(struct wv_slice text, struct moment *out)
{
    for (size_t i = 0; i < WV_COUNT(layouts); i++) {
        if (read_layout(text, layouts[i], out)) {
            return true;
        }
    }
    return false;
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
    if (!read_text(unbracketed(text), &moment) || !moment.dated) {
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

static void zero_digits(uint8_t *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text[i] = is_digit(text[i]) ? '0' : text[i];
    }
}

/* Writes a run of one letter of a layout over what stands there; returns how many bytes it takes.
 */
static size_t write_run(uint8_t *text, size_t len, char letter, size_t run,
                        const struct moment *moment, int64_t days)
{
    struct fields fields = moment->fields;
    const int64_t *field = field_of(&fields, letter);
    int64_t nanos;
    if (field != NULL) {
        const bool zero = text[0] == '0';
        write_digits(text, run, *field);
        text[0] = letter == 'd' && *field < 10 && !zero ? ' ' : text[0];
        return run;
    }
    switch (letter) {
    case 'b':
        memcpy(text, months + 3 * (fields.month - 1), 3);
        return 3;
    case 'w':
        memcpy(text, weekdays + 3 * (days % 7), 3);
        return 3;
    case 'f':
        run = read_fraction((struct wv_slice){text, len}, &nanos);
        zero_digits(text, run);
        return run;
    default: /* signs stay, and so does a zone, which is the last */
        return run;
    }
}

/* Floors the moment in place. False where the local date would lie before 1970, and where a time
 * without a date would need one. */
static bool floor_text(uint8_t *mem, struct wv_slice text, uint32_t seconds)
{
    struct moment moment;
    if (!read_text(text, &moment) || (!moment.dated && DAY % seconds != 0)) {
        return false;
    }
    const int64_t local = moment.seconds - moment.seconds % seconds + moment.offset_s;
    if (local < 0) {
        return false;
    }
    const int64_t days = local / DAY;
    const int64_t rest = local % DAY;
    moment.fields.hour = rest / 3600;
    moment.fields.minute = rest / 60 % 60;
    moment.fields.second = rest % 60;
    if (moment.dated) {
        date_of(days, &moment.fields);
    }
    size_t at = 0;
    for (const char *letter = moment.layout; *letter != '\0';) {
        size_t run = 1;
        while (letter[run] == *letter) {
            run++;
        }
        at += write_run(mem + at, text.len - at, *letter, run, &moment, days);
        letter += run;
    }
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
