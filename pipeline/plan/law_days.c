/*
 * law_days.c — calendar days, periods and sets of countries.
 */
#include "plan/law.h"

#include "keys/epoch.h"

#include <stdio.h>

enum { DAY_LEN = 10, LETTERS = 26 };

/* By way of an epoch's id, which has the calendar: "2026-11-16" is the day of "20261116-1d". */
bool wv_law_day_parse(struct wv_slice text, int32_t *day)
{
    uint8_t id[] = "00000000-1d";
    struct wv_epoch_span span;
    if (text.len != DAY_LEN || text.ptr[4] != '-' || text.ptr[7] != '-') {
        return false;
    }
    memcpy(id, text.ptr, 4);
    memcpy(id + 4, text.ptr + 5, 2);
    memcpy(id + 6, text.ptr + 8, 2);
    if (!wv_epoch_parse((struct wv_slice){id, sizeof id - 1}, &span)) {
        return false;
    }
    *day = (int32_t)span.first;
    return true;
}

void wv_law_day_format(int32_t day, char text[WV_DAY_TEXT])
{
    char id[WV_EPOCH_ID_MAX + 1];
    if (day < WV_EPOCH_DAY_MIN || day > WV_EPOCH_DAY_MAX) {
        text[0] = '\0';
        return;
    }
    wv_epoch_format((struct wv_epoch_span){.first = day, .days = 1}, id);
    (void)snprintf(text, WV_DAY_TEXT, "%.4s-%.2s-%.2s", id, id + 4, id + 6);
}

bool wv_days_hold(const struct wv_days *period, int32_t day, int32_t *next)
{
    if (day < period->from) {
        *next = period->from < *next ? period->from : *next;
        return false;
    }
    if (day > period->until) {
        return false;
    }
    if (period->until != WV_DAY_NEVER && period->until + 1 < *next) {
        *next = period->until + 1;
    }
    return true;
}

static bool read_day(const struct wv_node *owner, const char *name, int32_t *day,
                     struct wv_report *report)
{
    const struct wv_node node = wv_node_member(owner, name);
    if (node.value == NULL) {
        return true;
    }
    return (json_is_string(node.value) &&
            wv_law_day_parse(wv_slice_of(json_string_value(node.value)), day)) ||
           wv_node_fail(&node, report, "must be a day, as \"2026-04-01\"");
}

bool wv_days_read(const struct wv_node *owner, const char *from, const char *until,
                  struct wv_days *period, struct wv_report *report)
{
    *period = (struct wv_days){WV_DAY_FIRST, WV_DAY_NEVER};
    bool ok = from == NULL || read_day(owner, from, &period->from, report);
    ok = (until == NULL || read_day(owner, until, &period->until, report)) && ok;
    if (ok && period->until < period->from) {
        const struct wv_node node = wv_node_member(owner, until);
        ok = wv_node_fail(&node, report, "is before \"%s\"", from);
    }
    return ok;
}

static bool is_code(struct wv_slice code)
{
    return code.len == 2 && code.ptr[0] >= 'A' && code.ptr[0] <= 'Z' && code.ptr[1] >= 'A' &&
           code.ptr[1] <= 'Z';
}

bool wv_countries_hold(const struct wv_countries *set, struct wv_slice code)
{
    if (set->all || !is_code(code)) {
        return set->all;
    }
    const unsigned at = (unsigned)(code.ptr[0] - 'A') * LETTERS + (unsigned)(code.ptr[1] - 'A');
    return (set->bits[at / 64] >> (at % 64) & 1) != 0;
}

bool wv_country_check(const struct wv_node *node, struct wv_slice code, struct wv_report *report)
{
    if (wv_slice_eq(code, WV_LIT("UK"))) {
        return wv_node_fail(node, report, "is no country of ISO 3166-1; did you mean \"GB\"?");
    }
    if (wv_slice_eq(code, WV_LIT("EU"))) {
        return wv_node_fail(node, report, "is no country: name the one where it is, as \"DE\"");
    }
    return is_code(code) ||
           wv_node_fail(node, report, "must be two capital letters (ISO 3166-1), as \"JP\"");
}
