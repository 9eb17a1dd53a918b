/* epoch.c — calendar days, and the ids made of them (calendar: proleptic Gregorian, UTC). */
#include "keys/epoch.h"

#include "base/buf.h"

enum {
    FIRST_MONDAY = 4,  /* 1970-01-05 in days since 1970-01-01 */
    ERA_DAYS = 146097, /* of 400 years */
    DATE_LEN = 8,
};

struct date {
    int64_t year;
    int64_t month; /* from 1 */
    int64_t day;   /* from 1 */
};

/* Years begin in March here, so that the leap day is the last of its year. */
static int64_t day_of(struct date date)
{
    const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    const int64_t month = date.month <= 2 ? date.month + 9 : date.month - 3;
    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 -
           719468;
}

static struct date date_of(int64_t day)
{
    const int64_t since = day + 719468; /* 0000-03-01 */
    const int64_t era = since / ERA_DAYS;
    const int64_t of_era = since % ERA_DAYS;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153;
    return (struct date){
        .year = year + era * 400 + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

static bool read_digits(struct wv_slice text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return text.len > 0;
}

static bool read_date(struct wv_slice text, int64_t *day)
{
    struct date date;
    if (!read_digits(wv_slice_sub(text, 0, 4), &date.year) ||
        !read_digits(wv_slice_sub(text, 4, 6), &date.month) ||
        !read_digits(wv_slice_sub(text, 6, 8), &date.day) || date.year < 1000 || date.month < 1 ||
        date.month > 12 || date.day < 1) {
        return false;
    }
    *day = day_of(date);
    return date_of(*day).day == date.day; /* no 31st of November */
}

bool wv_epoch_parse(struct wv_slice id, struct wv_epoch_span *out)
{
    *out = (struct wv_epoch_span){0};
    if (id.len < DATE_LEN + 3 || id.len > DATE_LEN + 5 || id.ptr[DATE_LEN] != '-' ||
        id.ptr[id.len - 1] != 'd' || id.ptr[DATE_LEN + 1] == '0') {
        return false;
    }
    int64_t first;
    int64_t days;
    if (!read_date(wv_slice_sub(id, 0, DATE_LEN), &first) ||
        !read_digits(wv_slice_sub(id, DATE_LEN + 1, id.len - 1), &days) ||
        days > WV_EPOCH_DAYS_MAX || first + days - 1 > WV_EPOCH_DAY_MAX) {
        return false;
    }
    *out = (struct wv_epoch_span){first, (uint32_t)days};
    return true;
}

bool wv_day_parse(struct wv_slice text, int64_t *day)
{
    uint8_t digits[DATE_LEN];
    if (text.len != DATE_LEN + 2 || text.ptr[4] != '-' || text.ptr[7] != '-') {
        return false;
    }
    memcpy(digits, text.ptr, 4);
    memcpy(digits + 4, text.ptr + 5, 2);
    memcpy(digits + 6, text.ptr + 8, 2);
    return read_date((struct wv_slice){digits, DATE_LEN}, day);
}

static void put_two(struct wv_buf *buf, int64_t number)
{
    wv_buf_byte(buf, (uint8_t)('0' + number / 10));
    wv_buf_byte(buf, (uint8_t)('0' + number % 10));
}

void wv_epoch_format(struct wv_epoch_span span, char id[WV_EPOCH_ID_MAX + 1])
{
    wv_ensure(span.first >= WV_EPOCH_DAY_MIN && span.first <= WV_EPOCH_DAY_MAX);
    wv_ensure(span.days >= 1 && span.days <= WV_EPOCH_DAYS_MAX);
    const struct date date = date_of(span.first);
    struct wv_buf buf = wv_buf_of((uint8_t *)id, WV_EPOCH_ID_MAX);
    put_two(&buf, date.year / 100);
    put_two(&buf, date.year % 100);
    put_two(&buf, date.month);
    put_two(&buf, date.day);
    wv_buf_byte(&buf, '-');
    wv_buf_uint(&buf, span.days);
    wv_buf_byte(&buf, 'd');
    wv_ensure(!buf.overflowed);
    memset(id + buf.len, 0, WV_EPOCH_ID_MAX + 1 - buf.len);
}

void wv_day_format(int64_t day, char out[WV_DAY_TEXT])
{
    wv_ensure(day >= WV_EPOCH_DAY_MIN && day <= WV_EPOCH_DAY_MAX);
    const struct date date = date_of(day);
    struct wv_buf buf = wv_buf_of((uint8_t *)out, WV_DAY_TEXT - 1);
    put_two(&buf, date.year / 100);
    put_two(&buf, date.year % 100);
    wv_buf_byte(&buf, '-');
    put_two(&buf, date.month);
    wv_buf_byte(&buf, '-');
    put_two(&buf, date.day);
    wv_ensure(!buf.overflowed && buf.len == WV_DAY_TEXT - 1);
    out[buf.len] = '\0';
}

struct wv_epoch_span wv_epoch_span_of(int64_t day, uint32_t days)
{
    wv_ensure(days >= 1 && days <= WV_EPOCH_DAYS_MAX);
    const int64_t at = (day - FIRST_MONDAY) % days;
    return (struct wv_epoch_span){day - (at < 0 ? at + days : at), days};
}

void wv_epoch_id(int64_t time_s, uint32_t days, char id[WV_EPOCH_ID_MAX + 1])
{
    /* A record can claim any time. What no id can name counts as the nearest day that one can. */
    int64_t day = wv_epoch_day(time_s);
    const int64_t earliest = WV_EPOCH_DAY_MIN + WV_EPOCH_DAYS_MAX;
    const int64_t latest = WV_EPOCH_DAY_MAX - WV_EPOCH_DAYS_MAX;
    day = day < earliest ? earliest : day;
    day = day > latest ? latest : day;
    wv_epoch_format(wv_epoch_span_of(day, days), id);
}
