/*
 * law_ends.c — what lets records go somewhere and ends soon, said a month ahead.
 *
 * Papers are named where they stand; what their end brings about is named at the outputs, since
 * another paper may go on from there.
 */
#include "plan/build.h"
#include "plan/listing.h"

#include <stdio.h>

enum { POINTER_MAX = 160, AHEAD_DAYS = 30 };

struct ending {
    const struct wv_plan *plan;
    struct wv_report *report;
};

/* "2026-12-31", where the day is near; false: it is not. */
static bool is_near(const struct ending *ending, int32_t day, char text[WV_DAY_TEXT])
{
    const int32_t today = ending->plan->config->today;
    wv_law_day_format(day, text);
    return day >= today && day <= today + AHEAD_DAYS && text[0] != '\0';
}

static void warn_safeguards(const struct ending *ending, const char *owner,
                            const struct wv_safeguard *safeguards, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char day[WV_DAY_TEXT];
        char at[POINTER_MAX];
        (void)snprintf(at, sizeof at, "%s/safeguards/%zu/until", owner, i);
        if (is_near(ending, safeguards[i].days.until, day)) {
            wv_config_warn_at(ending->plan->config, at, ending->report,
                              "%s is the last day: what nothing else allows is refused after it "
                              "[TRF-8]",
                              day);
        }
    }
}

static void warn_recipient(const struct ending *ending, const struct wv_recipient *recipient)
{
    char day[WV_DAY_TEXT];
    char at[POINTER_MAX];
    (void)snprintf(at, sizeof at, "/recipients/%s", (const char *)recipient->name.ptr);
    if (is_near(ending, recipient->days.until, day)) {
        wv_config_warn_at(ending->plan->config, at, ending->report,
                          "the agreement ends on %s: nothing personal is sent there after it "
                          "[CTR-12]",
                          day);
    }
    warn_safeguards(ending, at, recipient->safeguards, recipient->safeguard_count);
}

/* Whatever it is that ends: papers, an audit, or a row of the law. */
static void warn_output(const struct ending *ending, size_t output)
{
    const struct wv_plan *plan = ending->plan;
    struct wv_listing regions = {0};
    for (size_t pack = 0; pack < plan->pack_count; pack++) {
        char day[WV_DAY_TEXT];
        if (wv_legal_is_region(plan, pack) &&
            is_near(ending, wv_legal_until(plan, output, pack, plan->config->today), day)) {
            wv_listing_add_text(&regions, "%s (%s)", plan->packs[pack].name, day);
        }
    }
    char at[POINTER_MAX];
    (void)snprintf(at, sizeof at, "/outputs/%zu", output);
    if (regions.names + regions.more > 0) {
        wv_config_warn_at(plan->config, at, ending->report,
                          "gets records of these regions without personal data after the day that "
                          "stands there: %s [TRF-8]",
                          regions.text);
    }
}

void wv_build_legal_ends(struct wv_builder *builder)
{
    const struct wv_config *config = builder->plan->config;
    const struct ending ending = {builder->plan, builder->report};
    if (config->path == NULL) {
        return;
    }
    warn_safeguards(&ending, "/instance", config->instance_safeguards,
                    config->instance_safeguard_count);
    for (size_t i = 0; i < config->recipient_count; i++) {
        warn_recipient(&ending, &config->recipients[i]);
    }
    for (size_t i = 0; i < config->output_count; i++) {
        warn_output(&ending, i);
    }
}
