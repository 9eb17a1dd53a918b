/*
 * reject_choice.c — from the command line to which reports are meant.
 */
#include "app/reject_reports.h"
#include "keys/epoch.h"

static bool read_digits(struct wv_slice text, size_t at, size_t count, int64_t most, int64_t *out)
{
    *out = 0;
    for (size_t i = at; i < at + count; i++) {
        if (i >= text.len || text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return *out <= most;
}

/* "2026-11-16", or "2026-11-16T08:30:00Z". */
static bool read_time(const char *text, bool end, int64_t *out)
{
    const struct wv_slice all = wv_slice_of(text);
    const bool is_day = all.len == 10;
    int64_t day;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (all.len < 10 || !wv_day_parse((struct wv_slice){all.ptr, 10}, &day)) {
        return false;
    }
    if (!is_day &&
        (all.len != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
         text[19] != 'Z' || !read_digits(all, 11, 2, 23, &hour) ||
         !read_digits(all, 14, 2, 59, &minute) || !read_digits(all, 17, 2, 59, &second))) {
        return false;
    }
    *out = ((day + (is_day && end)) * WV_DAY_S + hour * 3600 + minute * 60 + second) * 1000;
    return true;
}

/* "17", "17-20", "17-". */
static bool read_offsets(const char *text, int64_t *first, int64_t *last)
{
    const char *dash = strchr(text, '-');
    const size_t head = dash == NULL ? strlen(text) : (size_t)(dash - text);
    const char *tail = dash == NULL ? text : dash + 1;
    const size_t rest = dash == NULL ? head : strlen(tail);
    *last = INT64_MAX;
    return head > 0 && head <= 18 && rest <= 18 &&
           read_digits(wv_slice_of(text), 0, head, INT64_MAX, first) &&
           (rest == 0 || read_digits(wv_slice_of(tail), 0, rest, INT64_MAX, last)) &&
           *first <= *last;
}

enum wv_exit wv_reject_choose(const struct wv_arguments *arguments, struct wv_reject_choice *choice)
{
    const char *from = wv_argument_text(arguments, "from");
    const char *to = wv_argument_text(arguments, "to");
    const char *offsets = wv_argument_text(arguments, "offsets");
    const bool one = wv_argument_given(arguments, "partition");
    uint32_t partition = 0;
    *choice = (struct wv_reject_choice){.topic = wv_argument_text(arguments, "topic"),
                                        .tenant = wv_argument_text(arguments, "tenant"),
                                        .cause = wv_argument_text(arguments, "cause"),
                                        .output = wv_argument_text(arguments, "output"),
                                        .until_ms = INT64_MAX,
                                        .last = INT64_MAX};
    if ((from != NULL && !read_time(from, false, &choice->since_ms)) ||
        (to != NULL && !read_time(to, true, &choice->until_ms))) {
        return wv_usage_fail(arguments, "--from and --to take a day, as 2026-11-16, or a moment in "
                                        "UTC, as 2026-11-16T08:30:00Z");
    }
    if (offsets != NULL && !read_offsets(offsets, &choice->first, &choice->last)) {
        return wv_usage_fail(arguments, "--offsets takes one offset, as 17, or a range, as 17-20");
    }
    if (offsets != NULL && !one) {
        return wv_usage_fail(arguments, "--offsets needs --partition");
    }
    if (one && choice->topic == NULL) {
        return wv_usage_fail(arguments, "--partition needs --topic");
    }
    if (!wv_argument_number(arguments, "partition", 0, INT32_MAX, 0, &partition)) {
        return WV_EXIT_USAGE;
    }
    choice->partition = one ? (int64_t)partition : -1;
    return WV_EXIT_OK;
}
