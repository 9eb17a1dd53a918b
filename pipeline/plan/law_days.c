/*
 * law_days.c — calendar days, periods and sets of countries.
 */
#include "plan/law.h"

enum { LETTERS = 26 };

bool wv_law_day_parse(struct wv_slice text, int32_t *day)
{
    int64_t parsed;
    if (!wv_day_parse(text, &parsed)) {
        return false;
    }
    *day = (int32_t)parsed;
    return true;
}

void wv_law_day_format(int32_t day, char text[WV_DAY_TEXT])
{
    text[0] = '\0';
    if (day >= WV_EPOCH_DAY_MIN && day <= WV_EPOCH_DAY_MAX) {
        wv_day_format(day, text);
    }
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
