/*
 * cmd_check.c — every error and warning of a configuration and of the documents it names.
 */
#include "app/commands.h"
#include "app/legal.h"
#include "app/domains.h"
#include "app/setup.h"

#include "base/clock.h"
#include "app/check_changes.h"
#include "base/log.h"
#include "plan/config_secrets.h"
#include "plan/plan.h"
#include "plan/retention.h"
#ifdef WV_KAFKA
#include "runtime/properties.h"
#include "runtime/topics.h"
#endif

#include <errno.h>
#include <unistd.h>

enum { DAY_S = 86400, WARN_DAYS = 7, BROKERS_MS = 30000 };

/* What the command line asks for. */
struct wish {
    const int32_t *day; /* NULL: today */
    bool legal;
    bool brokers;
};

/* A service whose keys run out goes on without tokens: say it while there is time. */
static void check_runway(const struct wv_plan *plan, struct wv_report *report)
{
    const struct wv_keyring *keyring = wv_plan_keyring(plan);
    if (wv_keyring_is_throwaway(keyring)) {
        return;
    }
    const struct wv_config *config = wv_plan_config(plan);
    const int64_t now_s = wv_clock_wall_ms(wv_clock_system()) / 1000;
    const int64_t runway_s = wv_domains_runway(plan, keyring, now_s);
    const struct wv_finding where = {.severity = WV_WARNING,
                                     .file = (const char *)config->keys.file.ptr};
    if (runway_s == 0) {
        (void)wv_report_add(report, where,
                            "a domain has no key for today: no tokens are made there; run `wafveil "
                            "keys init --config %s`",
                            config->path);
    } else if (runway_s < (int64_t)WARN_DAYS * DAY_S) {
        (void)wv_report_add(report, where,
                            "keys run out in %lld hours; run `wafveil keys init --config %s`",
                            (long long)(runway_s / 3600), config->path);
    }
}

/* A configuration without a kafka section is one for `filter` and `try`; config.c warns of what the
 * service would miss, and where it found mistakes of its own they come first. */
static void check_kafka(const struct wv_config *config, bool needed, struct wv_report *report)
{
#ifdef WV_KAFKA
    (void)wv_properties_check(config, report);
    if (needed) {
        (void)wv_properties_require(config, report);
    }
#else
    (void)needed;
    (void)wv_config_check_rights(config, report);
#endif
}

/* A key file that is not there yet is no reason to say nothing of the rest: a throwaway key stands
 * in for it. */
static struct wv_keyring *stand_in(const struct wv_config *config, struct wv_report *report)
{
    const char *path = (const char *)config->keys.file.ptr;
    if (config->keys.file.len == 0 || access(path, F_OK) == 0 || errno != ENOENT) {
        return NULL;
    }
    (void)wv_config_fail_at(config, "/keys/file", report,
                            "%s does not exist: `wafveil keys init --config %s` makes it", path,
                            config->path);
    return wv_keyring_throwaway(NULL, report);
}

/* The plan; NULL: there are errors. */
static struct wv_plan *check_all(const char *path, const struct wish *wish,
                                 struct wv_report *report)
{
    bool good;
    struct wv_config *config = wv_config_read(path, &good, report);
    if (config == NULL) {
        return NULL;
    }
    if (wish->day != NULL) {
        wv_config_on_day(config, *wish->day);
    }
    if (wish->legal) {
        wv_config_only_look(config);
    }
    check_kafka(config, good && (config->kafka.count > 0 || wish->brokers), report);
    if (!good) {
        wv_plan_check_documents(config, stand_in(config, report), report);
        return NULL;
    }
    struct wv_plan *plan = wv_plan_build(config, stand_in(config, report), report);
    if (plan != NULL) {
        check_runway(plan, report);
        wv_retention_check(plan, report);
    }
    return plan;
}

static enum wv_exit show_page(const struct wv_arguments *arguments,
                              const struct wv_legal_page *page)
{
    const char *format = wv_argument_text(arguments, "format");
    bool good = true;
    if (format != NULL && strcmp(format, "html") == 0) {
        wv_legal_html(page, stdout);
    } else if (format != NULL && strcmp(format, "json") == 0) {
        good = wv_legal_json(page, stdout);
    } else {
        wv_legal_table(page, stdout);
    }
    return good ? WV_EXIT_OK : WV_EXIT_INTERNAL;
}

#ifdef WV_KAFKA
/* The page with what the brokers say. Questions without an answer are said at the end, too. */
static enum wv_exit show_asked(const struct wv_arguments *arguments, struct wv_legal_page page,
                               struct wv_report *report)
{
    struct wv_topics_asked asked;
    /* What librdkafka has to say of brokers that are down stands in the page, in fewer words. */
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    if (!wv_topics_ask(wv_plan_config(page.plan), BROKERS_MS, &asked)) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    wv_topics_judge(page.plan, asked.topics, asked.count, report);
    page.topics = asked.topics;
    page.topic_count = asked.count;
    enum wv_exit code = show_page(arguments, &page);
    const size_t unknown = wv_topics_unknown(&asked);
    if (code == WV_EXIT_OK && unknown > 0) {
        (void)fflush(stdout);
        (void)fprintf(stderr,
                      "wafveil: %zu of %zu questions to the brokers have no answer: the page says "
                      "\"not known\" there, and why\n",
                      unknown, 3 * asked.count);
        code = WV_EXIT_KAFKA;
    }
    wv_topics_forget(&asked);
    return code;
}
#endif

static enum wv_exit show_legal(const struct wv_arguments *arguments, const struct wv_plan *plan,
                               const struct wish *wish, struct wv_report *report)
{
    if (plan == NULL || (wish->brokers && wv_report_errors(report) > 0)) {
        wv_report_print(report, stderr);
        return WV_EXIT_CONFIG;
    }
    const struct wv_legal_page page = {
        .plan = plan, .report = report, .day = wv_plan_config(plan)->today};
#ifdef WV_KAFKA
    if (wish->brokers) {
        return show_asked(arguments, page, report);
    }
#else
    (void)wish;
#endif
    return show_page(arguments, &page);
}

#ifdef WV_KAFKA
/* How topics are kept, as findings. False: some of it is not known, which is a finding, too. */
static bool check_kept(const struct wv_plan *plan, struct wv_report *report)
{
    struct wv_topics_asked asked;
    bool known = true;
    wv_log_init((struct wv_log_config){.level = WV_LOG_ERROR, .file = 2});
    if (!wv_topics_ask_keeping(wv_plan_config(plan), BROKERS_MS, &asked)) {
        return wv_report_add(report, (struct wv_finding){0}, "there is no memory left");
    }
    wv_topics_judge(plan, asked.topics, asked.count, report);
    for (size_t i = 0; i < asked.count; i++) {
        const struct wv_answer *answer = &asked.topics[i].keeping.answer;
        if (!answer->known) {
            char at[WV_TOPIC_POINTER];
            wv_topic_pointer(&asked.topics[i], at);
            wv_config_warn_at(wv_plan_config(plan), at, report,
                              "how long it is kept is not known: %s", answer->trouble);
            known = false;
        }
    }
    wv_topics_forget(&asked);
    return known;
}
#endif

/* The findings, with those of the brokers where they are asked. */
static enum wv_exit show_findings(const struct wv_plan *plan, bool brokers,
                                  struct wv_report *report)
{
    bool known = true;
#ifdef WV_KAFKA
    if (plan != NULL && brokers && wv_report_errors(report) == 0) {
        known = check_kept(plan, report);
    }
#else
    (void)plan;
    (void)brokers;
#endif
    const size_t errors = wv_report_errors(report);
    const size_t warnings = wv_report_warnings(report);
    wv_report_print(report, stdout);
    (void)printf("%zu error%s, %zu warning%s\n", errors, errors == 1 ? "" : "s", warnings,
                 warnings == 1 ? "" : "s");
    if (errors > 0) {
        return WV_EXIT_CONFIG;
    }
    return known ? WV_EXIT_OK : WV_EXIT_KAFKA;
}

enum wv_exit wv_cmd_check(const struct wv_arguments *arguments)
{
    const char *day_text = wv_argument_text(arguments, "day");
    const char *against = wv_argument_text(arguments, "against");
    int32_t day = 0;
    const struct wish wish = {.day = day_text == NULL ? NULL : &day,
                              .legal = wv_argument_given(arguments, "legal"),
                              .brokers = wv_argument_given(arguments, "brokers")};
    if (day_text != NULL && !wv_law_day_parse(wv_slice_of(day_text), &day)) {
        return wv_usage_fail(arguments, "--day must be a day, as 2026-04-01");
    }
    if (!wish.legal && wv_argument_text(arguments, "format") != NULL) {
        return wv_usage_fail(arguments, "--format goes with --legal");
    }
    if (wish.legal && against != NULL) {
        return wv_usage_fail(arguments, "--against does not go with --legal");
    }
#ifndef WV_KAFKA
    if (wish.brokers) {
        return wv_usage_fail(arguments, "--brokers needs a build with Kafka");
    }
#endif
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    struct wv_plan *plan = check_all(wv_argument_text(arguments, "config"), &wish, report);
    if (plan != NULL && !wish.legal) {
        wv_check_changes(plan, against, wish.day, report);
    }
    const enum wv_exit code = wish.legal ? show_legal(arguments, plan, &wish, report)
                                         : show_findings(plan, wish.brokers, report);
    wv_plan_free(plan);
    wv_report_free(report);
    return code;
}
