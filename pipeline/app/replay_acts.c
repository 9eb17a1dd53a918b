/*
 * replay_acts.c — which reports were replayed, as the file of acts says it.
 */
#include "app/replay_acts.h"

#include "app/records.h"
#include "keys/epoch.h"
#include "keys/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum { RANGE_TEXT = 48 };

/* ---- Writing --------------------------------------------------------------------------------- */

static int by_report(const void *left, const void *right)
{
    const struct wv_reject_report *const *a = left;
    const struct wv_reject_report *const *b = right;
    if ((*a)->report_partition != (*b)->report_partition) {
        return (*a)->report_partition < (*b)->report_partition ? -1 : 1;
    }
    return ((*a)->report_offset > (*b)->report_offset) -
           ((*a)->report_offset < (*b)->report_offset);
}

char *wv_replayed_text(const struct wv_reject_report **reports, size_t count)
{
    struct wv_buf out = wv_buf_of(malloc(count * RANGE_TEXT + 1), count * RANGE_TEXT + 1);
    wv_ensure(out.mem != NULL);
    if (count > 0) {
        qsort(reports, count, sizeof *reports, by_report);
    }
    for (size_t i = 0, next; i < count; i = next) {
        const struct wv_reject_report *first = reports[i];
        const bool same = i > 0 && reports[i - 1]->report_partition == first->report_partition;
        next = i + 1;
        while (next < count && reports[next]->report_partition == first->report_partition &&
               reports[next]->report_offset == first->report_offset + (int64_t)(next - i)) {
            next++;
        }
        if (same) {
            wv_buf_byte(&out, ',');
        } else {
            wv_buf_put(&out, i == 0 ? WV_LIT("") : WV_LIT(" "));
            wv_buf_uint(&out, (uint64_t)first->report_partition);
            wv_buf_byte(&out, ':');
        }
        wv_buf_uint(&out, (uint64_t)first->report_offset);
        if (next > i + 1) {
            wv_buf_byte(&out, '-');
            wv_buf_uint(&out, (uint64_t)reports[next - 1]->report_offset);
        }
    }
    wv_buf_byte(&out, '\0');
    wv_ensure(!out.overflowed);
    return (char *)out.mem;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool read_number(const char **at, int64_t *out)
{
    const char *begin = *at;
    *out = 0;
    while (**at >= '0' && **at <= '9' && *at - begin < 18) {
        *out = *out * 10 + (**at - '0');
        (*at)++;
    }
    return *at > begin;
}

static void put_range(struct wv_replayed_before *before, struct wv_replayed_range range)
{
    if (before->count == before->cap) {
        before->cap = before->cap == 0 ? 256 : before->cap * 2;
        before->ranges = realloc(before->ranges, before->cap * sizeof *before->ranges);
        wv_ensure(before->ranges != NULL);
    }
    before->ranges[before->count++] = range;
}

bool wv_replayed_before_add(struct wv_replayed_before *before, const char *text, int64_t until_ms)
{
    const char *at = text;
    while (*at != '\0') {
        int64_t partition;
        struct wv_replayed_range range = {.until_ms = until_ms};
        if (!read_number(&at, &partition) || partition > INT32_MAX || *at++ != ':') {
            return false;
        }
        range.partition = (int32_t)partition;
        do {
            at += *at == ',';
            if (!read_number(&at, &range.first)) {
                return false;
            }
            range.last = range.first;
            if (*at == '-') {
                at++;
                if (!read_number(&at, &range.last) || range.last < range.first) {
                    return false;
                }
            }
            put_range(before, range);
        } while (*at == ',');
        if (*at != '\0' && (*at++ != ' ' || *at == '\0')) {
            return false;
        }
    }
    return true;
}

/* "2026-11-23T03:02:44.932Z", as wv_clock_text() writes it. */
static bool read_moment(const char *text, int64_t *out)
{
    int64_t day;
    int64_t part[4];
    static const size_t from[] = {11, 14, 17, 20};
    if (text == NULL || strlen(text) != WV_CLOCK_TEXT - 1 ||
        !wv_day_parse((struct wv_slice){(const uint8_t *)text, 10}, &day)) {
        return false;
    }
    for (size_t i = 0; i < WV_COUNT(from); i++) {
        const char *at = text + from[i];
        if (!read_number(&at, &part[i])) {
            return false;
        }
    }
    *out = (day * WV_DAY_S + part[0] * 3600 + part[1] * 60 + part[2]) * 1000 + part[3];
    return true;
}

static bool take_line(struct wv_replayed_before *before, const char *topic, struct wv_slice line)
{
    json_t *act = json_loadb((const char *)line.ptr, line.len, 0, NULL);
    const char *event = json_string_value(json_object_get(act, "event"));
    const char *of = json_string_value(json_object_get(act, "rejects"));
    const char *done = json_string_value(json_object_get(act, "done"));
    int64_t until_ms;
    bool good = act != NULL;
    if (event != NULL && of != NULL && strcmp(event, "rejects_replayed") == 0 &&
        strcmp(of, topic) == 0) {
        good = done != NULL &&
               read_moment(json_string_value(json_object_get(act, "time")), &until_ms) &&
               wv_replayed_before_add(before, done, until_ms);
    }
    json_decref(act);
    return good;
}

bool wv_replayed_before_read(const char *path, const char *topic, struct wv_replayed_before *before)
{
    *before = (struct wv_replayed_before){0};
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) {
        return true;
    }
    struct wv_records records;
    struct wv_slice line;
    enum wv_records_next next = WV_RECORDS_FAILED;
    bool good = file >= 0;
    wv_records_init(&records, file, WV_LEDGER_RECORD_MAX);
    while (good && (next = wv_records_next(&records, &line)) == WV_RECORDS_LINE) {
        good = take_line(before, topic, line);
    }
    wv_records_fini(&records);
    if (file >= 0) {
        (void)close(file);
    }
    if (good && next == WV_RECORDS_END) {
        return true;
    }
    (void)fprintf(stderr, "wafveil: %s: what was replayed before cannot be read from it\n", path);
    return false;
}

void wv_replayed_before_fini(struct wv_replayed_before *before)
{
    free(before->ranges);
    *before = (struct wv_replayed_before){0};
}

bool wv_replayed_before_has(const struct wv_replayed_before *before,
                            const struct wv_reject_report *report)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct wv_replayed_range *range = &before->ranges[i];
        if (range->partition == report->report_partition && range->first <= report->report_offset &&
            report->report_offset <= range->last && report->time_ms <= range->until_ms) {
            return true;
        }
    }
    return false;
}
