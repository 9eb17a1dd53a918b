/* retention.c — how long outputs are kept, by their word, by their topics, and by the law. */
#include "plan/retention.h"

#include "plan/explain.h"
#include "plan/legal.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_MS (24 * INT64_C(3600000))

enum { POINTER_MAX = 48 };

int64_t wv_retention_declared_ms(const struct wv_output *output)
{
    return output->retention_days == 0 ? -1 : (int64_t)output->retention_days * DAY_MS;
}

enum wv_retention wv_retention_of(const struct wv_output *output, const struct wv_keeping *keeping)
{
    const int64_t declared_ms = wv_retention_declared_ms(output);
    const int64_t kept_ms = wv_keeping_ms(keeping);
    if (declared_ms < 0 || !keeping->answer.known) {
        return WV_RETENTION_UNKNOWN;
    }
    if (kept_ms < 0) {
        return WV_RETENTION_ENDLESS;
    }
    if (kept_ms > declared_ms) {
        return WV_RETENTION_LONGER;
    }
    const int64_t longest_ms = wv_keeping_longest_ms(keeping);
    return longest_ms < 0 || longest_ms > declared_ms ? WV_RETENTION_SEGMENT : WV_RETENTION_WITHIN;
}

bool wv_retention_advice(const struct wv_output *output, const struct wv_keeping *keeping,
                         char text[WV_RETENTION_TEXT])
{
    const int64_t declared_ms = wv_retention_declared_ms(output);
    char span[WV_SPAN_TEXT];
    char declared[WV_SPAN_TEXT];
    wv_span_format(wv_keeping_ms(keeping), span);
    wv_span_format(declared_ms, declared);
    switch (wv_retention_of(output, keeping)) {
    case WV_RETENTION_UNKNOWN:
    case WV_RETENTION_WITHIN:
        return false;
    case WV_RETENTION_SEGMENT:
        wv_span_format(wv_keeping_longest_ms(keeping), span);
        (void)snprintf(
            text, WV_RETENTION_TEXT,
            "can keep a record %s, and %s are declared: a segment is deleted when its "
            "newest record is old enough, and takes records for segment.ms; retention.ms "
            "and segment.ms together must be at most %" PRId64,
            span, declared, declared_ms);
        return true;
    case WV_RETENTION_LONGER:
        (void)snprintf(text, WV_RETENTION_TEXT,
                       "keeps its records %s, and %s are declared: set retention.ms to at most "
                       "%" PRId64,
                       span, declared, declared_ms);
        return true;
    case WV_RETENTION_ENDLESS:
        (void)snprintf(text, WV_RETENTION_TEXT,
                       "keeps %s without an end, and %s are declared: set retention.ms to at most "
                       "%" PRId64 ", and cleanup.policy to delete",
                       keeping->deletes ? "its records" : "the last record of each key", declared,
                       declared_ms);
        return true;
    }
    return false;
}

/* ---- The law --------------------------------------------------------------------------------- */

/* The law of the pack that holds on the day of the configuration; NULL: another version does, or
 * no record of this configuration falls under it. */
static const struct wv_pack_law *law_of(const struct wv_plan *plan, size_t pack)
{
    const int32_t today = wv_plan_config(plan)->today;
    return wv_legal_is_region(plan, pack) && wv_plan_version_on(plan, pack, today) == pack
               ? wv_plan_pack(plan, pack).law
               : NULL;
}

struct wv_listing wv_retention_raw(const struct wv_plan *plan, int64_t kept_ms, bool longer)
{
    struct wv_listing names = {0};
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_law *law = law_of(plan, i);
        const uint32_t days = law == NULL ? 0 : longer ? law->log_days[1] : law->log_minimum;
        const int64_t bound_ms = (int64_t)days * DAY_MS;
        const bool wrong =
            longer ? kept_ms < 0 || kept_ms > bound_ms : kept_ms >= 0 && kept_ms < bound_ms;
        if (days > 0 && wrong) {
            wv_listing_add_text(&names, "%s (%" PRIu32 ")", wv_plan_pack(plan, i).name, days);
        }
    }
    return names;
}

/* Whether records of the pack have tokens in the output: only such are personal data there. */
static bool has_tokens(const struct wv_plan *plan, size_t output, size_t pack)
{
    const int32_t today = wv_plan_config(plan)->today;
    int32_t next = WV_DAY_NEVER;
    if (!wv_legal_decide(plan, output, pack, today, &next).allowed) {
        return false;
    }
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings rulings = wv_plan_rulings(
            plan, UINT64_C(1) << pack, (int64_t)today * DAY_MS, output, (enum wv_class) class);
        for (size_t i = 0; i < rulings.count; i++) {
            if (rulings.items[i].rule->token != WV_KIND_NONE) {
                return true;
            }
        }
    }
    return false;
}

struct wv_listing wv_retention_tokens(const struct wv_plan *plan, size_t output, int64_t kept_ms)
{
    struct wv_listing names = {0};
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        const struct wv_pack_law *law = law_of(plan, i);
        const uint32_t days = law == NULL ? 0 : law->log_days[1];
        if (days > 0 && (kept_ms < 0 || kept_ms > (int64_t)days * DAY_MS) &&
            has_tokens(plan, output, i)) {
            wv_listing_add_text(&names, "%s (%" PRIu32 ")", wv_plan_pack(plan, i).name, days);
        }
    }
    return names;
}

void wv_retention_check(const struct wv_plan *plan, struct wv_report *report)
{
    const struct wv_config *config = wv_plan_config(plan);
    for (size_t i = 0; i < config->output_count; i++) {
        const int64_t declared_ms = wv_retention_declared_ms(&config->outputs[i]);
        const struct wv_listing names =
            declared_ms < 0 ? (struct wv_listing){0} : wv_retention_tokens(plan, i, declared_ms);
        if (names.names + names.more > 0) {
            char at[POINTER_MAX];
            (void)snprintf(at, sizeof at, "/outputs/%zu/retention_days", i);
            wv_config_warn_at(config, at, report,
                              "is longer than the days for which logs are usually kept: %s; its "
                              "records have tokens [RET-4]",
                              names.text);
        }
    }
}
