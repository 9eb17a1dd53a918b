/*
 * legal.h — plans of configurations with recipients, as of a day.
 */
#ifndef WV_TESTS_LEGAL_H
#define WV_TESTS_LEGAL_H

#include "plan/legal.h"
#include "support/engine.h"

static inline int32_t day_of(const char *text)
{
    int32_t day;
    ck_assert_msg(wv_law_day_parse(wv_slice_of(text), &day), "%s", text);
    return day;
}

/* A plan as of a day; NULL with findings. */
static inline struct wv_plan *plan_on(const char *config, const char *day, struct wv_report *report)
{
    char path[] = "/tmp/wafveil-legal-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, config, strlen(config)), (int)strlen(config));
    ck_assert_int_eq(close(file), 0);
    struct wv_config *loaded = wv_config_load(path, report);
    ck_assert_int_eq(unlink(path), 0);
    if (loaded == NULL) {
        return NULL;
    }
    wv_config_on_day(loaded, day_of(day));
    return wv_plan_build(loaded, engine_keyring(report), report);
}

#define NAMES "\"recipients\":{"
#define OWN   "\"us\":{\"kind\":\"own\",\"country\":\"JP\"}"
#define ELIGIBLE                                                                                   \
    "\"eligibility\":{\"checklist\":\"c\",\"result\":\"pass\",\"approver\":\"a\",\"date\":"        \
    "\"2026-06-01\"}"
#define PAPERS                                                                                     \
    "\"contract\":\"k\",\"memorandum\":\"m\",\"instruction\":\"i\",\"training\":\"2026-06-"        \
    "01\"," ELIGIBLE
#define WORKER(country, more)                                                                      \
    "\"w\":{\"kind\":\"processor\",\"country\":\"" country "\"," PAPERS more "}"
#define TO(name, more)                                                                             \
    "\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\",\"recipient\":\"" name "\"" more "}]"
#define CONFIG(recipients, output) ACME NAMES recipients "}," output "}"

#endif
