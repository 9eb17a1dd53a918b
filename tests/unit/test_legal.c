/*
 * At stake: what the configuration says of recipients decides who gets personal data, on which day.
 * What must not be is an error with its place and requirement; what the law does not let go
 * leaves without anything personal, from the day on that it does not, while the service runs.
 */
#include "base/clock.h"
#include "plan/explain.h"
#include "plan/tables.h"
#include "support/legal.h"

#include <check.h>

enum { DAY_MS = 86400000 };

/* ---- Errors and warnings ---------------------------------------------------------------------
 */

/* said: what one of the findings ends with; errors: how many there are. */
static const struct finding {
    const char *config;
    const char *day;
    size_t errors;
    const char *said;
} findings[] = {
    {CONFIG(OWN, TO("us", "")), "2026-11-22", 0, ""},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2026-11-22", 0, ""},
    {CONFIG(OWN, TO("uss", "")), "2026-11-22", 1,
     "must name one of the section recipients; did you mean \"us\"? [TRF-1] (at "
     "/outputs/0/recipient)\n"},
    {ACME NAMES OWN "},\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\"}]}", "2026-11-22", 1,
     "must name one of the section recipients [TRF-1] (at /outputs/0)\n"},
    {ACME TO("us", "") "}", "2026-11-22", 0,
     "all outputs are taken for read by your own organisation [TRF-1]\n"},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"UK\"}", TO("us", "")), "2026-11-22", 1,
     "is no country of ISO 3166-1; did you mean \"GB\"? (at /recipients/us/country)\n"},
    {CONFIG("\"us\":{\"kind\":\"own\"}", TO("us", "")), "2026-11-22", 1,
     "\"country\" is required: where it reads: two capital letters (ISO 3166-1) (at "
     "/recipients/us)\n"},
    {CONFIG("\"us\":{\"kind\":\"partner\",\"country\":\"JP\"}", TO("us", "")), "2026-11-22", 1,
     "must be one of: own, group, processor, sub_processor, agent, authority, third_party (at "
     "/recipients/us/kind)\n"},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"JP\",\"sells\":true}", TO("us", "")),
     "2026-11-22", 1, "[CAL-5] (at /recipients/us/sells)\n"},
    {CONFIG("\"us\":{\"kind\":\"group\",\"country\":\"JP\"}", TO("us", "")), "2026-11-22", 1,
     "needs \"contract\": the id of the agreement on processing [CTR-2] (at /recipients/us)\n"},
    {CONFIG("\"w\":{\"kind\":\"agent\",\"country\":\"JP\",\"contract\":\"k\"," ELIGIBLE "}",
            TO("w", "")),
     "2026-11-22", 1, "[CTR-2] (at /recipients/w)\n"},
    {CONFIG("\"w\":{\"kind\":\"processor\",\"country\":\"JP\",\"contract\":\"k\",\"memorandum\":"
            "\"m\"}",
            TO("w", "")),
     "2026-11-22", 1,
     "needs \"eligibility\": the check before it gets the first record [CTR-1] "
     "(at /recipients/w)\n"},
    {CONFIG("\"w\":{\"kind\":\"processor\",\"country\":\"JP\",\"contract\":\"k\",\"memorandum\":"
            "\"m\",\"eligibility\":{\"checklist\":\"c\",\"result\":\"fail\",\"approver\":\"a\","
            "\"date\":\"2026-06-01\"}}",
            TO("w", "")),
     "2026-11-22", 1, "has not passed the check [CTR-1] (at /recipients/w/eligibility/result)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2026-05-31", 1,
     "is still to come [CTR-1] (at /recipients/w/eligibility/date)\n"},
    {CONFIG(WORKER("JP", ",\"tls\":false"), TO("w", "")), "2026-11-22", 1,
     "may be false for your own organisation only [CTR-9] (at /recipients/w/tls)\n"},
    {CONFIG(WORKER("JP", ",\"sub_processors\":[{\"name\":\"s\",\"country\":\"JP\"}]"), TO("w", "")),
     "2026-11-22", 1, "[CTR-4] (at /recipients/w/sub_processors/0)\n"},
    {CONFIG(WORKER("JP", ",\"valid_from\":\"2026-12-01\""), TO("w", "")), "2026-11-22", 1,
     "is still to come: nothing may be sent yet [TRF-8] (at /recipients/w/valid_from)\n"},
    {CONFIG(WORKER("JP", ",\"valid_until\":\"2026-11-22\""), TO("w", "")), "2026-11-22", 0, ""},
    {CONFIG(WORKER("JP", ",\"valid_until\":\"2026-11-21\""), TO("w", "")), "2026-11-22", 1,
     "the agreement has ended: nothing may be sent any more [CTR-12] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ",\"contract_ends\":\"2026-11-21\""), TO("w", "")), "2026-11-22", 1,
     "[CTR-12] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ",\"valid_from\":\"tomorrow\""), TO("w", "")), "2026-11-22", 1,
     "must be a day, as \"2026-04-01\" (at /recipients/w/valid_from)\n"},
    {CONFIG(WORKER("JP", ",\"safeguards\":[{\"mechanism\":\"ssc\",\"document\":\"d\"}]"),
            TO("w", "")),
     "2026-11-22", 1,
     "there is no mechanism \"ssc\"; did you mean \"scc\"? [TRF-4] (at "
     "/recipients/w/safeguards/0/mechanism)\n"},
    {CONFIG(WORKER("JP", ",\"safeguards\":[{\"mechanism\":\"scc\"}]"), TO("w", "")), "2026-11-22",
     1,
     "\"document\" is required: id of the document of which a copy can be had (at "
     "/recipients/w/safeguards/0)\n"},
    /* An audit is due after a year and overdue a month later; before the first, the check counts.
     */
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-06-01", 0, ""},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-06-02", 0, "[CTR-5] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-07-01", 0, "[CTR-5] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-07-02", 1, "[CTR-5] (at /recipients/w)\n"},
    {CONFIG(WORKER("JP", ",\"audit\":{\"date\":\"2026-07-01\",\"type\":\"on_site\"}"), TO("w", "")),
     "2027-07-02", 0, "[CTR-5] (at /recipients/w/audit/date)\n"},
    {CONFIG(WORKER("JP", ",\"audit\":{\"date\":\"2026-07-01\",\"type\":\"phone\"}"), TO("w", "")),
     "2026-11-22", 1, "must be one of: on_site, online, paper (at /recipients/w/audit/type)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "2027-06-02", 0,
     "is more than a year ago [CTR-7] (at /recipients/w/training)\n"},
    /* Purposes and their bases. */
    {CONFIG(OWN, TO("us", ",\"basis\":\"vital_interest\"")), "2026-11-22", 2,
     "the purpose security cannot rest on vital_interest, but on legitimate_interest "
     "legal_obligation contract consent public_task [PUR-8] (at /outputs/0/basis)\n"},
    {CONFIG(OWN, "\"outputs\":[{\"name\":\"o\",\"purpose\":\"protection\",\"basis\":"
                 "\"vital_interest\",\"recipient\":\"us\"}]"),
     "2026-11-22", 1, "needs \"reason\": why this basis is called upon [PUR-9] (at /outputs/0)\n"},
    {CONFIG(OWN, "\"outputs\":[{\"name\":\"o\",\"purpose\":\"protection\",\"basis\":"
                 "\"vital_interest\",\"reason\":\"flood\",\"recipient\":\"us\"}]"),
     "2026-11-22", 0, ""},
    {CONFIG(OWN, "\"outputs\":[{\"name\":\"o\",\"purpose\":\"third_party\",\"recipient\":\"us\"}]"),
     "2026-11-22", 1,
     "the purpose third_party cannot rest on legitimate_interest, but on "
     "legal_obligation consent [TRF-12] (at /outputs/0/basis)\n"},
    {CONFIG("\"x\":{\"kind\":\"third_party\",\"country\":\"JP\"}", TO("x", "")), "2026-11-22", 1,
     "a third party gets records with consent, or where a law demands it [TRF-12] (at "
     "/outputs/0/basis)\n"},
    {CONFIG("\"x\":{\"kind\":\"third_party\",\"country\":\"JP\"}",
            TO("x", ",\"basis\":\"legal_obligation\"")),
     "2026-11-22", 0, ""},
    {CONFIG("\"x\":{\"kind\":\"authority\",\"country\":\"JP\"}", TO("x", "")), "2026-11-22", 1,
     "an authority gets records where a law demands it [TRF-10] (at /outputs/0/basis)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", ",\"source_position\":true")), "2026-11-22", 1,
     "[CTR-11] (at /outputs/0/source_position)\n"},
    {CONFIG(OWN, TO("us", ",\"classes\":[\"client_ip\",\"clientip\"]")), "2026-11-22", 1,
     "there is no class \"clientip\"; did you mean \"client_ip\"? [TRF-13] (at "
     "/outputs/0/classes/1)\n"},
    {CONFIG(WORKER("JP", ",\"audit\":{\"date\":\"2026-11-23\",\"type\":\"paper\"}"), TO("w", "")),
     "2026-11-22", 1,
     "is still to come: name the last one [CTR-5] (at /recipients/w/audit/date)\n"},
    /* TLS is asked for where there are brokers. */
    {CONFIG(WORKER("JP", ""), TO("w", ",\"kafka\":{\"bootstrap.servers\":\"k\"}")), "2026-11-22", 1,
     "[CTR-9] (at /outputs/0)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", ",\"kafka\":{\"security.protocol\":\"SASL_PLAINTEXT\"}")),
     "2026-11-22", 1, "[CTR-9] (at /outputs/0)\n"},
    {CONFIG(WORKER("JP", ""), TO("w", ",\"kafka\":{\"security.protocol\":\"sasl_ssl\"}")),
     "2026-11-22", 0, ""},
    {CONFIG(WORKER("JP", ""),
            TO("w", "") ",\"kafka\":{\"bootstrap.servers\":\"k\",\"security.protocol\":\"ssl\"}"),
     "2026-11-22", 0, ""},
    {CONFIG(OWN, TO("us", ",\"kafka\":{\"bootstrap.servers\":\"k\"}")), "2026-11-22", 0, ""},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"JP\",\"tls\":true}",
            TO("us", ",\"kafka\":{\"bootstrap.servers\":\"k\"}")),
     "2026-11-22", 1, "[CTR-9] (at /outputs/0)\n"},
    /* What is refused is no error. */
    {CONFIG(WORKER("SG", ""), TO("w", "")), "2026-11-22", 0,
     "gets records of these regions without personal data only: eu, jp, uk, unknown; `wafveil "
     "check --legal` says why [TRF-2] (at /outputs/0)\n"},
    /* Where wafveil runs. */
    {ACME "\"instance\":7," TO("us", "") "}", "2026-11-22", 1,
     "must be a name, or an object as {\"name\": \"a\", \"country\": \"JP\"} (at /instance)\n"},
    {ACME "\"instance\":{\"country\":\"Japan\"}," TO("us", "") "}", "2026-11-22", 1,
     "must not be longer than 2 bytes (at /instance/country)\n"},
    {ACME "\"instance\":{\"country\":\"JP\",\"safeguards\":[{\"mechanism\":\"dfp\",\"document\":"
          "\"d\"}]}," TO("us", "") "}",
     "2026-11-22", 1, "(at /instance/safeguards/0/mechanism)\n"},
};

START_TEST(what_is_wrong_is_said)
{
    const struct finding *finding = &findings[_i];
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_on(finding->config, finding->day, report);
    findings_hold(report, finding->config, finding->said, finding->errors);
    ck_assert_int_eq(plan == NULL, finding->errors > 0);
    wv_plan_free(plan);
}
END_TEST

/* ---- Decisions -------------------------------------------------------------------------------
 */

#define RUNS_IN(country) "\"instance\":{\"country\":\"" country "\"},"

static const struct way {
    const char *config;
    const char *region;
    const char *day;
    const char *until; /* "": without an end; NULL: refused */
    const char *route; /* or the reason */
} ways[] = {
    {CONFIG(OWN, TO("us", "")), "eu", "2026-11-22", "", "adequacy"},
    {CONFIG(OWN, TO("us", "")), "jp", "2026-11-22", "", "domestic"},
    {CONFIG(OWN, TO("us", "")), "us-ca", "2026-11-22", "", "none_needed"},
    /* Where the topic lives counts, too. */
    {CONFIG(OWN, TO("us", ",\"country\":\"JP\"")), "jp", "2026-11-22", "", "domestic"},
    {CONFIG(OWN, TO("us", ",\"country\":\"US\"")), "jp", "2026-11-22", NULL, "no_mechanism"},
    {CONFIG(OWN, TO("us", ",\"country\":\"US\"")), "eu", "2026-11-22", NULL, "condition"},
    /* Who else gets it. */
    {CONFIG(WORKER("JP", ",\"sub_processors\":[{\"name\":\"s\",\"country\":\"IL\",\"approval\":"
                         "\"p\"}]"),
            TO("w", "")),
     "jp", "2026-11-22", NULL, "no_mechanism"},
    {CONFIG(WORKER("JP", ",\"sub_processors\":[{\"name\":\"s\",\"country\":\"IL\",\"approval\":"
                         "\"p\"}]"),
            TO("w", "")),
     "eu", "2026-11-22", "2027-07-01", "adequacy"},
    /* Where wafveil runs is on the way. */
    {ACME RUNS_IN("SG") NAMES OWN "}," TO("us", "") "}", "eu", "2026-11-22", NULL, "no_mechanism"},
    {ACME "\"instance\":{\"country\":\"SG\",\"safeguards\":[{\"mechanism\":\"scc\",\"document\":"
          "\"d\",\"until\":\"2027-03-31\"}]}," NAMES OWN "}," TO("us", "") "}",
     "eu", "2026-11-22", "2027-03-31", "safeguard"},
    /* Nobody's records stay where they are. */
    {CONFIG(OWN, TO("us", "")), "unknown", "2026-11-22", NULL, "unknown_origin"},
    {ACME RUNS_IN("JP") NAMES OWN "}," TO("us", "") "}", "unknown", "2026-11-22", "", "stays"},
    {ACME RUNS_IN("US") NAMES OWN "}," TO("us", "") "}", "unknown", "2026-11-22", NULL,
     "unknown_origin"},
    {ACME RUNS_IN("JP") NAMES WORKER("JP", "") "}," TO("w", "") "}", "unknown", "2026-11-22", NULL,
     "unknown_origin"},
    /* Agreements end, audits get overdue, adequacies run out. */
    {CONFIG(WORKER("JP", ",\"valid_until\":\"2027-01-31\""), TO("w", "")), "jp", "2026-11-22",
     "2027-01-31", "domestic"},
    {CONFIG(WORKER("JP", ",\"valid_until\":\"2027-01-31\""), TO("w", "")), "jp", "2027-02-01", NULL,
     "recipient"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "jp", "2026-11-22", "2027-07-01", "domestic"},
    {CONFIG(WORKER("JP", ""), TO("w", "")), "jp", "2027-07-02", NULL, "audit"},
    {CONFIG("\"us\":{\"kind\":\"own\",\"country\":\"GB\"}", TO("us", "")), "eu", "2026-11-22",
     "2031-12-27", "adequacy"},
    /* One document after the other, without a day between them. */
    {CONFIG(WORKER("US", ",\"audit\":{\"date\":\"2026-11-01\",\"type\":\"paper\"},\"safeguards\":[{"
                         "\"mechanism\":\"dpf\",\"document\":\"a\",\"until\":\"2026-12-31\"},{"
                         "\"mechanism\":\"scc\",\"document\":\"b\",\"from\":\"2027-01-01\","
                         "\"until\":\"2027-06-30\"}]"),
            TO("w", "")),
     "eu", "2026-11-22", "2027-06-30", "adequacy"},
    {CONFIG(WORKER("US", ",\"safeguards\":[{\"mechanism\":\"dpf\",\"document\":\"a\",\"until\":"
                         "\"2026-12-31\"},{\"mechanism\":\"scc\",\"document\":\"b\",\"from\":"
                         "\"2027-01-02\"}]"),
            TO("w", "")),
     "eu", "2026-11-22", "2026-12-31", "adequacy"},
    /* Instructions and consent. */
    {CONFIG("\"g\":{\"kind\":\"group\",\"role\":\"processor\",\"country\":\"JP\",\"contract\":"
            "\"k\"}",
            TO("g", "")),
     "eu", "2026-11-22", NULL, "instruction"},
    {CONFIG("\"g\":{\"kind\":\"group\",\"role\":\"processor\",\"country\":\"JP\",\"contract\":"
            "\"k\"}",
            TO("g", "")),
     "jp", "2026-11-22", "", "domestic"},
    {CONFIG("\"g\":{\"kind\":\"group\",\"country\":\"IL\",\"contract\":\"k\",\"safeguards\":[{"
            "\"mechanism\":\"consent\",\"document\":\"t\"}]}",
            TO("g", ",\"basis\":\"consent\"")),
     "jp", "2026-11-22", "", "safeguard"},
    {CONFIG("\"g\":{\"kind\":\"group\",\"country\":\"IL\",\"contract\":\"k\",\"safeguards\":[{"
            "\"mechanism\":\"consent\",\"document\":\"t\"}]}",
            TO("g", "")),
     "jp", "2026-11-22", NULL, "consent"},
    /* Nobody has said where: nothing is decided, and `check` warns. */
    {ACME "\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\"}]}", "eu", "2026-11-22", "",
     "unchecked"},
};

START_TEST(every_way_is_decided)
{
    const struct way *way = &ways[_i];
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan = plan_on(way->config, "2026-11-22", report);
    size_t pack;
    int32_t next = WV_DAY_NEVER;
    ck_assert_msg(plan != NULL, "%s\n%s", way->config, findings_text(report));
    ck_assert(wv_plan_pack_find(plan, wv_slice_of(way->region), &pack));
    const int32_t day = day_of(way->day);
    const struct wv_transfer got = wv_legal_decide(plan, 0, pack, day, &next);
    ck_assert_msg(got.allowed == (way->until != NULL), "%s", way->config);
    ck_assert_str_eq(got.allowed ? got.route : wv_transfer_word(got.reason), way->route);
    if (got.allowed) {
        char until[WV_DAY_TEXT];
        wv_law_day_format(wv_legal_until(plan, 0, pack, day), until);
        ck_assert_str_eq(until, way->until);
    }
    wv_plan_free(plan);
    wv_report_free(report);
}
END_TEST

START_TEST(a_pack_is_under_the_law_that_it_extends)
{
    static const struct engine_file files[] = {
        {"p.json", "{\"pack\":\"p\",\"extends\":\"q\",\"rules\":{}}"},
        {"q.json", "{\"pack\":\"q\",\"extends\":\"jp\",\"rules\":{}}"}};
    struct engine engine = engine_config(
        ACME "\"packs\":{\"files\":[\"p.json\",\"q.json\"]}," NAMES OWN "}," TO("us", "") "}",
        files, 2);
    size_t pack;
    int32_t next = WV_DAY_NEVER;
    ck_assert(wv_plan_pack_find(engine.plan, WV_LIT("p"), &pack));
    ck_assert_str_eq(wv_legal_decide(engine.plan, 0, pack, day_of("2026-11-22"), &next).route,
                     "domestic");
    engine_fini(&engine);
}
END_TEST

/* ---- While it runs ---------------------------------------------------------------------------
 */

/* What stands for a person in the record below, raw or as a token. */
static const char *const personal[] = {"198.51.100", "a.person", "example.org", "4711", "visit",
                                       "tokens",     "Mozilla",  "~EMAIL.",     "20261"};

static const char record[] =
    "{\"timestamp\":1795321384123,\"webaclId\":\"arn:acl\",\"action\":\"BLOCK\","
    "\"terminatingRuleId\":\"SQLi\",\"httpRequest\":{\"clientIp\":\"198.51.100.77\",\"country\":"
    "\"DE\",\"uri\":\"/users/4711/a.person@example.org\",\"args\":\"q=198.51.100.77&visit=1\","
    "\"headers\":[{\"name\":\"User-Agent\",\"value\":\"Mozilla/5.0 (X11; Linux x86_64) "
    "a.person@example.org\"},{\"name\":\"X-Forwarded-For\",\"value\":\"198.51.100.77\"}]}}";

static bool is_personal(struct wv_slice text)
{
    for (size_t i = 0; i < WV_COUNT(personal); i++) {
        if (holds(text, personal[i])) {
            fprintf(stderr, "%s in %.*s\n", personal[i], (int)text.len, (const char *)text.ptr);
            return true;
        }
    }
    return false;
}

static struct wv_results run(struct engine *engine, const struct wv_header *headers, size_t count)
{
    const struct wv_record message = {.value = wv_slice_of(record),
                                      .key = WV_LIT("198.51.100.77"),
                                      .headers = headers,
                                      .header_count = count,
                                      .time_ms = 1795321384123};
    return wv_transform(engine->worker, &message);
}

static struct engine engine_on(const char *config, const char *day)
{
    struct wv_report *report = wv_report_new();
    struct engine engine = {.plan = plan_on(config, day, report)};
    if (engine.plan == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(engine.plan);
    wv_report_free(report);
    engine.worker = wv_worker_new(engine.plan);
    ck_assert_ptr_nonnull(engine.worker);
    return engine;
}

static uint64_t counted(const struct engine *engine)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= WV_REFUSALS_MAX; i++) {
        sum += wv_worker_tally(engine->worker)->withheld[i];
    }
    return sum;
}

#define TWO                                                                                        \
    ACME "\"regions\":[{\"from\":\"tenant\"}]," NAMES                                              \
         "\"w\":{\"kind\":\"processor\",\"country\":\"US\"," PAPERS                                \
         ",\"audit\":{\"date\":\"2026-11-01\",\"type\":\"online\"},\"safeguards\":[{"              \
         "\"mechanism\":\"dpf\",\"document\":\"d\",\"until\":\"2027-03-31\"}]}," OWN               \
         "},\"outputs\":[{\"name\":\"abroad\",\"purpose\":\"security\",\"recipient\":\"w\","       \
         "\"headers\":[\"who\"],\"annotate\":\"both\"},{\"name\":\"home\",\"purpose\":"            \
         "\"security\",\"recipient\":\"us\",\"source_position\":true}]}"

/* The day comes while the service runs: nothing is loaded anew. */
START_TEST(what_expires_takes_effect_at_its_day)
{
    struct engine engine = engine_on(TWO, "2026-11-22");
    const struct wv_header who = {WV_LIT("who"), WV_LIT("a.person@example.org")};
    struct wv_clock_fake clock;
    wv_clock_fake_init(&clock, ((int64_t)day_of("2027-04-01") * DAY_MS) - 1);
    wv_worker_clock(engine.worker, &clock.clock);
    struct wv_results results = run(&engine, &who, 1);
    ck_assert_uint_eq(results.count, 2);
    ck_assert(holds(results.items[0].value, "\"clientIp\":\"198.51.100.0\""));
    ck_assert(!results.items[0].withheld);
    ck_assert_uint_eq(counted(&engine), 0);

    wv_clock_fake_advance(&clock, 1);
    results = run(&engine, &who, 1);
    const struct wv_result *abroad = &results.items[0];
    ck_assert_int_eq(abroad->outcome, WV_PUBLISH);
    ck_assert(!is_personal(abroad->value));
    ck_assert_ptr_null(abroad->key.ptr);
    ck_assert(abroad->withheld);
    for (size_t i = 0; i < abroad->header_count; i++) {
        ck_assert(!is_personal(abroad->headers[i].value));
    }
    ck_assert(header_is(abroad, "wafveil-kind", "refused-profile"));
    ck_assert(holds(abroad->value, "\"kind\":\"refused-profile\""));
    ck_assert(holds(abroad->value, "\"action\":\"BLOCK\""));
    ck_assert(abroad->time_ms % 3600000 == 0);
    /* The other output goes on as before. */
    ck_assert(holds(results.items[1].value, "\"clientIp\":\"198.51.100.0\""));
    ck_assert(!results.items[1].withheld);
    ck_assert_uint_eq(counted(&engine), 1);

    /* Counted where the metric looks. */
    const struct wv_legal *legal = engine.plan->legal;
    bool found = false;
    for (size_t i = 0; i < legal->refusal_count; i++) {
        const struct wv_refusal *refusal = &legal->refusals[i];
        if (wv_worker_tally(engine.worker)->withheld[i] == 1) {
            ck_assert_uint_eq(refusal->output, 0);
            ck_assert_str_eq(engine.plan->packs[refusal->pack].name, "eu");
            ck_assert_int_eq(refusal->reason, WV_TRANSFER_EXPIRED);
            found = true;
        }
    }
    ck_assert(found);
    engine_fini(&engine);
}
END_TEST

/* What nothing would recognise: only the refusal keeps it back. */
#define UNSEEN "Anna of Main Street 5"

static struct wv_results run_unseen(struct engine *engine, const char *value, const char *consent)
{
    const struct wv_header headers[] = {{WV_LIT("who"), WV_LIT(UNSEEN)},
                                        {WV_LIT("c"), wv_slice_of(consent)},
                                        {WV_LIT("t"), wv_slice_of(consent)}};
    const struct wv_record message = {.value = wv_slice_of(value),
                                      .key = WV_LIT(UNSEEN),
                                      .headers = headers,
                                      .header_count = WV_COUNT(headers),
                                      .time_ms = 1795321384123};
    return wv_transform(engine->worker, &message);
}

static bool goes_along(const struct wv_result *result)
{
    bool any = holds(result->key, "Anna");
    for (size_t i = 0; i < result->header_count; i++) {
        any = any || holds(result->headers[i].value, "Anna");
    }
    return any;
}

/* The record without personal data must not have them beside it: neither itself nor its stub. */
START_TEST(nothing_goes_beside_what_was_refused)
{
    static const struct {
        const char *country;
        const char *more; /* members of the output */
        const char *consent;
        bool refused;
    } cases[] = {
        {"JP", "", "", false},
        {"US", "", "", true},
        {"JP", ",\"basis\":\"consent\"", "given", false},
        {"JP", ",\"basis\":\"consent\"", "refused", true},
        {"JP", ",\"basis\":\"consent\",\"purpose\":\"third_party\"", "given", false},
        {"JP", ",\"basis\":\"consent\",\"purpose\":\"third_party\"", "", true},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        const char *purpose = strstr(cases[i].more, "purpose") ? "" : ",\"purpose\":\"security\"";
        snprintf(config, sizeof config,
                 "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":"
                 "\"jp\"}}],\"regions\":[{\"from\":\"tenant\"}],\"consent\":{\"header\":\"c\","
                 "\"third_party\":\"t\"},\"limits\":{\"depth\":8}," NAMES
                 "\"o\":{\"kind\":\"own\",\"country\":\"%s\"}},\"outputs\":[{\"name\":\"o\","
                 "\"recipient\":\"o\",\"key\":\"scrub\",\"headers\":[\"who\"],\"annotate\":"
                 "\"both\"%s%s}]}",
                 cases[i].country, purpose, cases[i].more);
        struct engine engine = engine_on(config, "2026-11-22");
        struct wv_results results = run_unseen(&engine, record, cases[i].consent);
        ck_assert_int_eq(results.items[0].outcome, WV_PUBLISH);
        ck_assert(header_is(&results.items[0], "wafveil-kind", "refused-profile") ==
                  cases[i].refused);
        ck_assert_msg(goes_along(&results.items[0]) == !cases[i].refused, "case %zu", i);
        ck_assert_int_eq(results.items[0].withheld, cases[i].refused);
        results = run_unseen(&engine, "{\"x\":[[[[[[[[]]]]]]]]}", cases[i].consent);
        ck_assert_int_eq(results.items[0].outcome, WV_STUB);
        ck_assert_msg(goes_along(&results.items[0]) == !cases[i].refused, "case %zu", i);
        ck_assert_int_eq(results.items[0].withheld, cases[i].refused);
        engine_fini(&engine);
    }
}
END_TEST

/* A clock that is put back does not keep yesterday's answer, and none is kept for ever. */
START_TEST(days_can_pass_either_way)
{
    struct engine engine = engine_on(TWO, "2026-11-22");
    static const struct {
        const char *day;
        bool allowed;
    } days[] = {{"2027-04-01", false}, {"2027-03-31", true},  {"2030-01-01", false},
                {"2023-07-09", false}, {"2023-07-10", true},  {"2026-11-22", true},
                {"2027-12-01", false}, {"2027-11-30", false}, {"1970-01-01", false}};
    struct wv_clock_fake clock;
    wv_clock_fake_init(&clock, 0);
    wv_worker_clock(engine.worker, &clock.clock);
    for (size_t i = 0; i < WV_COUNT(days); i++) {
        clock.ms = (int64_t)day_of(days[i].day) * DAY_MS;
        const struct wv_results results = run(&engine, NULL, 0);
        ck_assert_msg(results.items[0].withheld == !days[i].allowed, "%s", days[i].day);
    }
    engine_fini(&engine);
}
END_TEST

#define TEMPLATES                                                                                  \
    "\"kr\",\"sg\",\"hk\",\"tw\",\"my\",\"ph\",\"au\",\"br\",\"in\",\"th\",\"cn\",\"il\",\"ch\""

/* Every region by itself, and all sets of two: a set goes only where each of its regions lets it.
 */
START_TEST(a_set_goes_where_each_region_lets_it)
{
    static const char config[] =
        "{\"inputs\":[{\"format\":\"aws-waf\",\"trust_origin\":true,\"tenant\":{\"name\":\"acme\"}}"
        "],"
        "\"regions\":[{\"from\":\"header\",\"header\":\"one\"},{\"from\":\"header\",\"header\":"
        "\"two\"}],\"packs\":{\"acknowledge_unreviewed\":[" TEMPLATES "]}," NAMES
        "\"o\":{\"kind\":\"own\",\"country\":\"IL\"}}," TO("o", "") "}";
    struct engine engine = engine_on(config, "2026-11-22");
    struct wv_clock_fake clock;
    wv_clock_fake_init(&clock, (int64_t)day_of("2026-11-22") * DAY_MS);
    wv_worker_clock(engine.worker, &clock.clock);
    for (size_t a = 0; a < wv_plan_packs(engine.plan); a++) {
        for (size_t b = 0; b < wv_plan_packs(engine.plan); b++) {
            int32_t next = WV_DAY_NEVER;
            if (a == engine.plan->pack_refused || b == engine.plan->pack_refused) {
                continue;
            }
            const bool allowed =
                wv_legal_decide(engine.plan, 0, a, day_of("2026-11-22"), &next).allowed &&
                wv_legal_decide(engine.plan, 0, b, day_of("2026-11-22"), &next).allowed;
            const struct wv_slice one = wv_slice_of(wv_plan_pack(engine.plan, a).name);
            const struct wv_slice two = wv_slice_of(wv_plan_pack(engine.plan, b).name);
            const struct wv_header both[] = {
                {WV_LIT("one"), one}, {WV_LIT("two"), two}, {WV_LIT("wafveil-origin"), one}};
            const struct wv_header origin[] = {{WV_LIT("one"), one},
                                               {WV_LIT("wafveil-origin"), two}};
            struct wv_results results = run(&engine, both, 3);
            ck_assert_int_eq(results.items[0].withheld, !allowed);
            ck_assert(allowed || !is_personal(results.items[0].value));
            /* What another wafveil has found asks, too. */
            results = run(&engine, origin, 2);
            ck_assert_int_eq(results.items[0].withheld, !allowed);
            ck_assert(allowed || !is_personal(results.items[0].value));
        }
    }
    engine_fini(&engine);
}
END_TEST

#define DESK(region, country, packs)                                                               \
    "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":\"" region      \
    "\"}}],\"regions\":[{\"from\":\"tenant\"}],\"packs\":{" packs "}," NAMES                       \
    "\"o\":{\"kind\":\"own\",\"country\":\"" country "\"}}," TO("o", "") "}"

/* Whatever versions of its pack a record falls under, it is one region that may not go there: it is
 * told once and counted once. */
START_TEST(versions_are_one_region)
{
    const struct engine_file file = {
        "eu.json",
        "{\"pack\":\"eu\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":\"eu\","
        "\"rules\":{}}"};
    struct engine engine = engine_config(DESK("eu", "SG", "\"files\":[\"eu.json\"]"), &file, 1);
    const struct wv_legal *legal = engine.plan->legal;
    size_t regions = 0;
    for (size_t i = 0; i < engine.plan->pack_count; i++) {
        regions +=
            wv_legal_is_region(engine.plan, i) && strcmp(engine.plan->packs[i].name, "eu") == 0;
    }
    ck_assert_uint_eq(regions, 1);
    for (size_t i = 0; i < legal->refusal_count; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert(legal->refusals[i].reason != legal->refusals[k].reason ||
                      strcmp(engine.plan->packs[legal->refusals[i].pack].name,
                             engine.plan->packs[legal->refusals[k].pack].name) != 0);
        }
    }
    static const int64_t times[] = {-1, INT64_C(1795321384123), INT64_C(1830297600000)};
    for (size_t i = 0; i < WV_COUNT(times); i++) {
        const struct wv_record message = {
            .value = WV_LIT("{\"httpRequest\":{\"clientIp\":\"198.51.100.77\"}}"),
            .time_ms = times[i]};
        const struct wv_results results = wv_transform(engine.worker, &message);
        ck_assert(results.items[0].withheld);
        ck_assert(!is_personal(results.items[0].value));
        ck_assert_uint_eq(counted(&engine), i + 1);
    }
    ck_assert_uint_eq(wv_worker_tally(engine.worker)->withheld[WV_REFUSALS_MAX], 0);
    engine_fini(&engine);
}
END_TEST

/* Nobody has read what the law of a template says: its records are nobody's. */
START_TEST(unused_templates_have_no_law)
{
    static const struct {
        const char *config;
        const char *region;
        bool withheld;
    } cases[] = {
        {DESK("kr", "KR", ""), "unknown", true},
        {DESK("kr", "KR", "\"acknowledge_unreviewed\":[\"kr\"]"), "kr", false},
        {DESK("kr", "KR", "\"acknowledge_unreviewed\":[\"sg\"]"), "unknown", true},
        {DESK("jp", "JP", ""), "jp", false},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct engine engine = engine_config(cases[i].config, NULL, 0);
        const struct wv_results results = run(&engine, NULL, 0);
        ck_assert_msg(results.items[0].withheld == cases[i].withheld, "case %zu", i);
        for (size_t pack = 0; pack < engine.plan->pack_count; pack++) {
            const char *name = engine.plan->packs[pack].name;
            ck_assert_msg(wv_legal_is_region(engine.plan, pack) ==
                              (strcmp(name, cases[i].region) == 0 || strcmp(name, "unknown") == 0),
                          "case %zu, %s", i, name);
        }
        engine_fini(&engine);
    }
}
END_TEST

/* Whoever forbids a way for a region's records has read that much of its law. */
START_TEST(what_is_denied_to_a_template_holds_without_reading_it)
{
    static const struct engine_file denied = {
        "denied.json", "{\"transfers\":[{\"origin\":\"kr\",\"to\":[\"JP\"],\"route\":\"denied\","
                       "\"from\":\"2026-12-01\",\"source\":\"board\"}]}"};
    static const struct {
        const char *packs;
        const char *country;
        const char *day;
        bool withheld;
        const char *region; /* that the refusal is counted for */
    } cases[] = {
        {"", "KR", "2026-11-30", false, NULL},
        {"", "KR", "2026-12-01", true, "kr"},
        {"", "SG", "2026-12-01", false, NULL},
        {"", "DE", "2026-12-01", false, NULL},
        {"\"acknowledge_unreviewed\":[\"kr\"]", "KR", "2026-12-01", true, "kr"},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        char text[256];
        snprintf(config, sizeof config,
                 "{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":"
                 "\"eu\"}}],\"regions\":[{\"from\":\"country\"}],\"law\":{\"transfers\":["
                 "\"denied.json\"]},\"packs\":{%s}," RUNS_IN("JP") NAMES OWN "}," TO("us", "") "}",
                 cases[i].packs);
        struct engine engine = engine_config(config, &denied, 1);
        struct wv_clock_fake clock;
        wv_clock_fake_init(&clock, (int64_t)day_of(cases[i].day) * DAY_MS);
        wv_worker_clock(engine.worker, &clock.clock);
        snprintf(text, sizeof text,
                 "{\"httpRequest\":{\"clientIp\":\"198.51.100.77\",\"country\":\"%s\"}}",
                 cases[i].country);
        const struct wv_result *result = &engine_text(&engine, text).items[0];
        ck_assert_msg(result->withheld == cases[i].withheld, "case %zu", i);
        ck_assert(!cases[i].withheld || !is_personal(result->value));
        ck_assert_uint_eq(counted(&engine), cases[i].withheld);
        const struct wv_legal *legal = engine.plan->legal;
        for (size_t r = 0; r <= WV_REFUSALS_MAX; r++) {
            if (wv_worker_tally(engine.worker)->withheld[r] > 0) {
                ck_assert_uint_lt(r, legal->refusal_count);
                ck_assert_int_eq(legal->refusals[r].reason, WV_TRANSFER_DENIED);
                ck_assert_str_eq(engine.plan->packs[legal->refusals[r].pack].name, cases[i].region);
            }
        }
        engine_fini(&engine);
    }
}
END_TEST

START_TEST(what_is_denied_to_a_template_is_said)
{
    static const struct engine_file denied = {
        "denied.json", "{\"transfers\":[{\"origin\":\"kr\",\"to\":[\"*\"],\"route\":\"denied\","
                       "\"source\":\"board\"}]}"};
    struct wv_report *report = wv_report_new();
    struct wv_plan *plan =
        engine_plan("{\"inputs\":[{\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\",\"region\":"
                    "\"eu\"}}],\"regions\":[{\"from\":\"country\"}],\"law\":{\"transfers\":["
                    "\"denied.json\"]}," RUNS_IN("JP") NAMES OWN "}," TO("us", "") "}",
                    &denied, 1, report);
    char *text = findings_text(report);
    ck_assert_msg(plan != NULL, "%s", text);
    ck_assert_msg(strstr(text, "without personal data only: kr; `wafveil check --legal` says why "
                               "[TRF-4]") != NULL,
                  "%s", text);
    free(text);
    wv_report_free(report);
    wv_plan_free(plan);
}
END_TEST

START_TEST(origins_of_others_need_trust)
{
    static const struct {
        const char *trust;
        const char *origin;
        bool withheld;
    } cases[] = {
        {"false", "jp", false},     {"true", "jp", true},
        {"true", "eu", false},      {"true", "eu,jp", true},
        {"true", "mars", true},     {"true", "", true}, /* no record is from nowhere */
        {"true", ",", true},        {"true", "eu,eu,eu,eu,eu,eu,eu", false},
        {"true", NULL, true}, /* far too long */
        {"true", "-", true},  /* no such header: who wrote the record does not say */
        {"false", "-", false},      {"true", ",,eu,", false},
        {"true", ",\xff,eu", true}, {"true", "jp,", true},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        snprintf(config, sizeof config,
                 "{\"inputs\":[{\"format\":\"aws-waf\",\"trust_origin\":%s,\"tenant\":{\"name\":"
                 "\"acme\",\"region\":\"eu\"}}],\"regions\":[{\"from\":\"tenant\"}]," NAMES
                 "\"o\":{\"kind\":\"own\",\"country\":\"IL\"}},\"outputs\":[{\"name\":\"o\","
                 "\"purpose\":\"security\",\"recipient\":\"o\",\"annotate\":\"headers\"}]}",
                 cases[i].trust);
        struct engine engine = engine_on(config, "2026-11-22");
        char long_one[4096];
        memset(long_one, ',', sizeof long_one);
        const struct wv_slice origin =
            cases[i].origin == NULL ? (struct wv_slice){(const uint8_t *)long_one, sizeof long_one}
                                    : wv_slice_of(cases[i].origin);
        const struct wv_header header = {WV_LIT("wafveil-origin"), origin};
        const bool missing = wv_slice_eq(origin, WV_LIT("-"));
        const struct wv_results results = run(&engine, &header, missing ? 0 : 1);
        ck_assert_msg(results.items[0].withheld == cases[i].withheld, "case %zu", i);
        /* The next one down the line is told. */
        if (i == 1) {
            ck_assert(header_is(&results.items[0], "wafveil-origin", "eu,jp"));
        }
        engine_fini(&engine);
    }
}
END_TEST

/* As many regions as there can be, with the longest names: the next one down the line must be told
 * all of them, and can read them. */
START_TEST(all_origins_are_told)
{
    enum { PACKS = 40, NAME = 32 };
    static char names[PACKS][NAME + 1];
    static char texts[PACKS][256];
    static char paths[PACKS][8];
    static char config[4096];
    struct engine_file files[PACKS];
    struct wv_header headers[PACKS];
    size_t used = (size_t)snprintf(
        config, sizeof config,
        "{\"inputs\":[{\"format\":\"aws-waf\",\"trust_origin\":true,\"tenant\":{\"name\":\"acme\","
        "\"region\":\"eu\"}}],\"outputs\":[{\"name\":\"o\",\"purpose\":\"security\",\"annotate\":"
        "\"headers\"}],\"regions\":[{\"from\":\"tenant\"}],\"packs\":{\"files\":[");
    for (unsigned i = 0; i < PACKS; i++) {
        memset(names[i], 'x', NAME);
        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        snprintf(paths[i], sizeof paths[i], "%u.json", i);
        snprintf(texts[i], sizeof texts[i], "{\"pack\":\"%.32s\",\"extends\":\"eu\",\"rules\":{}}",
                 names[i]);
        files[i] = (struct engine_file){paths[i], texts[i]};
        headers[i] = (struct wv_header){WV_LIT("wafveil-origin"), wv_slice_of(names[i])};
        used += (size_t)snprintf(config + used, sizeof config - used, "%s\"%s\"", i == 0 ? "" : ",",
                                 paths[i]);
    }
    snprintf(config + used, sizeof config - used, "]}}");
    struct engine engine = engine_config(config, files, PACKS);
    struct wv_results results = run(&engine, headers, PACKS);
    const struct wv_slice told = header(&results.items[0], "wafveil-origin")->value;
    char *kept = strndup((const char *)told.ptr, told.len);
    for (unsigned i = 0; i < PACKS; i++) {
        ck_assert_msg(holds(told, names[i]), "%u", i);
    }
    const struct wv_header all = {WV_LIT("wafveil-origin"), wv_slice_of(kept)};
    results = run(&engine, &all, 1);
    ck_assert(header_is(&results.items[0], "wafveil-origin", kept));
    free(kept);
    engine_fini(&engine);
}
END_TEST

/* ---- Purposes --------------------------------------------------------------------------------
 */

START_TEST(an_output_has_the_classes_that_it_names)
{
    struct engine engine = engine_config(
        ACME "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"o\",\"purpose\":"
             "\"security\",\"classes\":[\"client_ip\",\"timestamp\"]},{\"name\":\"p\","
             "\"purpose\":\"security\",\"classes\":[\"query\"]}]}",
        NULL, 0);
    const struct wv_record message = {
        .value = WV_LIT("{\"timestamp\":1795321384123,\"webaclId\":\"a\",\"action\":\"BLOCK\","
                        "\"httpRequest\":{\"clientIp\":\"192.0.2.7\",\"args\":\"q=192.0.2.7\"}}"),
        .key = WV_LIT("192.0.2.7"),
        .time_ms = 1795321384123};
    const struct wv_results results = wv_transform(engine.worker, &message);
    ck_assert(holds(results.items[0].value,
                    "{\"timestamp\":1795321380000,\"action\":\"BLOCK\",\"httpRequest\":{"
                    "\"clientIp\":\"192.0.2.0\"},\"_wafveil\""));
    ck_assert_ptr_nonnull(results.items[0].key.ptr);
    /* What is not there leaves no token, no key and no time behind. */
    ck_assert(holds(results.items[1].value,
                    "{\"action\":\"BLOCK\",\"httpRequest\":{\"args\":\"q=~IP~\"},\"_wafveil\""));
    ck_assert(!holds(results.items[1].value, "tokens"));
    ck_assert_ptr_null(results.items[1].key.ptr);
    ck_assert_int_eq(results.items[1].time_ms, -1);
    engine_fini(&engine);
}
END_TEST

/* Kafka's headers are headers, and the text of its key is free text. */
START_TEST(classes_hold_for_what_goes_beside)
{
    static const struct {
        const char *classes;
        bool header;
        bool key;
    } cases[] = {
        {"", true, true},
        {",\"classes\":[\"timestamp\"]", false, false},
        {",\"classes\":[\"header\"]", true, false},
        {",\"classes\":[\"free_text\"]", false, true},
    };
    const struct wv_header customer = {WV_LIT("x-customer"), WV_LIT("No. 4711")};
    const struct wv_record message = {.value = WV_LIT("{\"action\":\"BLOCK\"}"),
                                      .key = WV_LIT("Main Street 5"),
                                      .headers = &customer,
                                      .header_count = 1,
                                      .time_ms = -1};
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        snprintf(config, sizeof config,
                 ACME "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"o\","
                      "\"purpose\":\"security\",\"key\":\"scrub\",\"headers\":[\"x-customer\"]"
                      "%s}]}",
                 cases[i].classes);
        struct engine engine = engine_config(config, NULL, 0);
        const struct wv_result *result = &wv_transform(engine.worker, &message).items[0];
        ck_assert_int_eq(result->outcome, WV_PUBLISH);
        ck_assert_int_eq(result->header_count == 1, cases[i].header);
        ck_assert_int_eq(result->key.ptr != NULL, cases[i].key);
        engine_fini(&engine);
    }
}
END_TEST

START_TEST(purposes_take_tokens_away)
{
    static const struct {
        const char *output;
        bool token;
    } cases[] = {
        {"\"purpose\":\"security\"", true},
        {"\"purpose\":\"analytics\"", true}, /* of addresses, not of accounts */
        {"\"purpose\":\"research\"", false},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        char config[1024];
        snprintf(config, sizeof config,
                 ACME "\"regions\":[{\"from\":\"tenant\"}],\"formats\":{\"fields\":{\"aws-waf\":{"
                      "\"account\":\"username\"}}},\"outputs\":[{\"name\":\"o\",%s}]}",
                 cases[i].output);
        struct engine engine = engine_config(config, NULL, 0);
        const struct wv_record message = {
            .value = WV_LIT("{\"account\":\"someone\",\"httpRequest\":{\"clientIp\":\"192.0.2.7\","
                            "\"args\":\"q=192.0.2.7\"}}"),
            .key = WV_LIT("192.0.2.7"),
            .time_ms = -1};
        const struct wv_results results = wv_transform(engine.worker, &message);
        ck_assert_int_eq(holds(results.items[0].value, "\"client_ip\":\""), cases[i].token);
        ck_assert_int_eq(holds(results.items[0].value, "~IP."), cases[i].token);
        ck_assert_int_eq(results.items[0].key.ptr != NULL, cases[i].token);
        ck_assert_int_eq(holds(results.items[0].value, "\"username\":\""), i == 0);
        ck_assert(!holds(results.items[0].value, "someone"));
        engine_fini(&engine);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("legal");
    TCase *tests = tcase_create("legal");
    tcase_add_loop_test(tests, what_is_wrong_is_said, 0, (int)WV_COUNT(findings));
    tcase_add_loop_test(tests, every_way_is_decided, 0, (int)WV_COUNT(ways));
    tcase_add_test(tests, a_pack_is_under_the_law_that_it_extends);
    tcase_add_test(tests, what_expires_takes_effect_at_its_day);
    tcase_add_test(tests, nothing_goes_beside_what_was_refused);
    tcase_add_test(tests, days_can_pass_either_way);
    tcase_add_test(tests, a_set_goes_where_each_region_lets_it);
    tcase_add_test(tests, versions_are_one_region);
    tcase_add_test(tests, unused_templates_have_no_law);
    tcase_add_test(tests, what_is_denied_to_a_template_holds_without_reading_it);
    tcase_add_test(tests, what_is_denied_to_a_template_is_said);
    tcase_add_test(tests, origins_of_others_need_trust);
    tcase_add_test(tests, all_origins_are_told);
    tcase_add_test(tests, an_output_has_the_classes_that_it_names);
    tcase_add_test(tests, classes_hold_for_what_goes_beside);
    tcase_add_test(tests, purposes_take_tokens_away);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
