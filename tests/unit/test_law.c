/*
 * At stake: the table of transfers decides whether personal data leaves a country. A row read
 * wrongly, a day off by one, a safeguard that has expired, a consent that nobody gave: each would
 * send records where they must not go. So every answer is compared, and a mistake in a document is
 * said with its place.
 */
#include "base/file.h"
#include "plan/builtin.h"
#include "plan/law.h"
#include "support/findings.h"

#include <check.h>

enum { ARENA_BYTES = 16 << 20 };

struct laws {
    struct wv_arena *arena;
    struct wv_report *report;
    struct wv_document *document;
    struct wv_law *law;
};

static struct wv_document *builtin(const char *name, struct wv_report *report)
{
    const struct wv_builtin *one = wv_builtin_find("law", name);
    ck_assert_ptr_nonnull(one);
    return wv_document_parse(name, (struct wv_slice){one->bytes, one->len}, report);
}

static struct laws laws_new(void)
{
    struct laws laws = {.arena = wv_arena_new(ARENA_BYTES), .report = wv_report_new()};
    laws.law = wv_law_new(laws.arena);
    laws.document = builtin("transfers", laws.report);
    const struct wv_node root = wv_document_root(laws.document);
    ck_assert_ptr_nonnull(laws.law);
    ck_assert(wv_law_add_transfers(laws.law, &root, laws.arena, laws.report));
    ck_assert_uint_eq(wv_report_count(laws.report), 0);
    return laws;
}

static void laws_free(struct laws *laws)
{
    wv_document_free(laws->document);
    wv_report_free(laws->report);
    wv_arena_free(laws->arena);
}

static int32_t day_of(const char *text)
{
    int32_t day = WV_DAY_FIRST;
    if (text[0] != '\0') {
        ck_assert_msg(wv_law_day_parse(wv_slice_of(text), &day), "%s", text);
    }
    return day;
}

/* ---- Decisions -------------------------------------------------------------------------------
 */

/* route NULL: refused for the reason. have: mechanism, with first and last day where given. */
static const struct decision {
    const char *origin;
    const char *country;
    const char *have;
    const char *from;
    const char *until;
    bool consent;
    const char *day;
    const char *route;
    enum wv_transfer_reason reason;
} decisions[] = {
#define YES        WV_TRANSFER_ALLOWED
#define NO(reason) NULL, WV_TRANSFER_##reason
    /* Where the law itself holds. */
    {"eu", "DE", "", "", "", false, "2026-11-22", "domestic", YES},
    {"eu", "IS", "", "", "", false, "2026-11-22", "domestic", YES},
    {"eu", "NO", "", "", "", false, "2026-11-22", "domestic", YES},
    {"eu", "LI", "", "", "", false, "2026-11-22", "domestic", YES},
    {"eu", "RE", "", "", "", false, "2026-11-22", "domestic", YES},
    {"uk", "GB", "", "", "", false, "2026-11-22", "domestic", YES},
    {"jp", "JP", "", "", "", false, "2026-11-22", "domestic", YES},
    {"cn", "CN", "", "", "", false, "2026-11-22", "domestic", YES},
    {"us-ca", "US", "", "", "", false, "2026-11-22", "domestic", YES},
    /* What the law of the origin recognises. */
    {"eu", "JP", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "IL", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "KR", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "CH", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "BR", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "BR", "", "", "", false, "2026-01-26", "adequacy", YES},
    {"eu", "BR", "", "", "", false, "2026-01-25", NO(EXPIRED)},
    {"eu", "BR", "scc", "", "", false, "2026-01-25", "safeguard", YES},
    {"eu", "GB", "", "", "", false, "2031-12-27", "adequacy", YES},
    {"eu", "GB", "", "", "", false, "2031-12-28", NO(EXPIRED)},
    {"eu", "GB", "scc", "", "", false, "2031-12-28", "safeguard", YES},
    {"uk", "FR", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"uk", "GI", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"uk", "JP", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"uk", "BR", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"jp", "DE", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"jp", "NO", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"jp", "GB", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"kr", "FI", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"kr", "FI", "", "", "", false, "2025-09-15", NO(EXPIRED)},
    {"br", "PT", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"ch", "MC", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"ch", "JP", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"ch", "JP", "scc", "", "", false, "2026-11-22", "safeguard", YES},
    {"il", "DE", "", "", "", false, "2026-11-22", "adequacy", YES},
    {"il", "JP", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"il", "JP", "contract", "", "", false, "2026-11-22", "safeguard", YES},
    /* Only for recipients on a list. */
    {"eu", "US", "", "", "", false, "2026-11-22", NO(CONDITION)},
    {"eu", "US", "dpf", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "US", "dpf_uk", "", "", false, "2026-11-22", NO(CONDITION)},
    {"eu", "US", "scc", "", "", false, "2026-11-22", "safeguard", YES},
    {"eu", "US", "bcr", "", "", false, "2026-11-22", "safeguard", YES},
    {"eu", "US", "idta", "", "", false, "2026-11-22", NO(CONDITION)},
    {"eu", "US", "dpf", "", "", false, "2023-07-09", NO(EXPIRED)},
    {"eu", "US", "dpf", "", "2026-11-22", false, "2026-11-22", "adequacy", YES},
    {"eu", "US", "dpf", "", "2026-11-21", false, "2026-11-22", NO(EXPIRED)},
    {"eu", "US", "dpf", "2026-11-23", "", false, "2026-11-22", NO(EXPIRED)},
    {"uk", "US", "dpf_uk", "", "", false, "2026-11-22", "adequacy", YES},
    {"uk", "US", "dpf", "", "", false, "2026-11-22", NO(CONDITION)},
    {"uk", "US", "idta", "", "", false, "2026-11-22", "safeguard", YES},
    {"uk", "US", "addendum", "", "", false, "2026-11-22", "safeguard", YES},
    {"uk", "US", "scc", "", "", false, "2026-11-22", NO(CONDITION)},
    {"ch", "US", "dpf_ch", "", "", false, "2026-11-22", "adequacy", YES},
    {"eu", "CA", "", "", "", false, "2026-11-22", NO(CONDITION)},
    {"eu", "CA", "pipeda", "", "", false, "2026-11-22", "adequacy", YES},
    /* Nothing but a document of the recipient's. */
    {"eu", "SG", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"eu", "SG", "scc", "", "", false, "2026-11-22", "safeguard", YES},
    {"eu", "SG", "contract", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"jp", "IL", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"jp", "IL", "equivalent_measures", "", "", false, "2026-11-22", "safeguard", YES},
    {"jp", "US", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"jp", "US", "cbpr", "", "", false, "2026-11-22", "safeguard", YES},
    {"jp", "US", "scc", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"kr", "JP", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"kr", "JP", "certification", "", "", false, "2026-11-22", "safeguard", YES},
    {"sg", "JP", "contract", "", "", false, "2026-11-22", "safeguard", YES},
    {"sg", "JP", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"my", "JP", "contract", "", "", false, "2026-11-22", "safeguard", YES},
    {"ph", "JP", "contract", "", "", false, "2026-11-22", "safeguard", YES},
    {"au", "JP", "contract", "", "", false, "2026-11-22", "safeguard", YES},
    {"br", "JP", "anpd_scc", "", "", false, "2026-11-22", "safeguard", YES},
    {"br", "JP", "scc", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"th", "JP", "scc", "", "", false, "2026-11-22", "safeguard", YES},
    {"cn", "JP", "contract", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"cn", "JP", "cac", "", "", false, "2026-11-22", "safeguard", YES},
    {"cn", "HK", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    /* Consent counts where the output rests on it, and nowhere else. */
    {"jp", "IL", "consent", "", "", true, "2026-11-22", "safeguard", YES},
    {"jp", "IL", "consent", "", "", false, "2026-11-22", NO(CONSENT)},
    {"jp", "IL", "consent", "", "2026-11-21", true, "2026-11-22", NO(EXPIRED)},
    {"kr", "US", "consent", "", "", true, "2026-11-22", "safeguard", YES},
    {"my", "US", "consent", "", "", true, "2026-11-22", "safeguard", YES},
    {"eu", "SG", "consent", "", "", true, "2026-11-22", NO(NO_MECHANISM)},
    {"cn", "JP", "consent", "", "", true, "2026-11-22", NO(NO_MECHANISM)},
    /* Laws that do not ask where. */
    {"us-ca", "JP", "", "", "", false, "2026-11-22", "none_needed", YES},
    {"us", "CN", "", "", "", false, "2026-11-22", "none_needed", YES},
    {"hk", "US", "", "", "", false, "2026-11-22", "none_needed", YES},
    {"in", "US", "", "", "", false, "2026-11-22", "none_needed", YES},
    {"tw", "JP", "", "", "", false, "2026-11-22", "none_needed", YES},
    /* A row that denies wins over all others. */
    {"tw", "CN", "", "", "", false, "2026-11-22", NO(DENIED)},
    {"tw", "CN", "contract", "", "", true, "2026-11-22", NO(DENIED)},
    /* Nobody's law, and what is no country. */
    {"unknown", "JP", "scc", "", "", true, "2026-11-22", NO(UNKNOWN_ORIGIN)},
    {"unknown", "", "", "", "", false, "2026-11-22", NO(UNKNOWN_ORIGIN)},
    {"eu", "ZZ", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
    {"eu", "de", "", "", "", false, "2026-11-22", NO(NO_MECHANISM)},
#undef YES
#undef NO
};

static struct wv_transfer decide(const struct laws *laws, const struct decision *decision,
                                 int32_t *next)
{
    uint32_t origin = WV_NO_ORIGIN;
    struct wv_safeguard safeguard = {.days = {day_of(decision->from), WV_DAY_NEVER}};
    struct wv_hop hop = {.country = wv_slice_of(decision->country),
                         .safeguards = &safeguard,
                         .consent = decision->consent};
    if (!wv_law_origin(laws->law, wv_slice_of(decision->origin), &origin)) {
        origin = WV_NO_ORIGIN;
    }
    if (decision->until[0] != '\0') {
        safeguard.days.until = day_of(decision->until);
    }
    if (decision->have[0] != '\0') {
        ck_assert(wv_law_mechanism(laws->law, wv_slice_of(decision->have), &safeguard.mechanism));
        hop.safeguard_count = 1;
    }
    *next = WV_DAY_NEVER;
    return wv_law_decide(laws->law, origin, &hop, day_of(decision->day), next);
}

START_TEST(every_decision_is_the_table_s)
{
    const struct decision *decision = &decisions[_i];
    struct laws laws = laws_new();
    int32_t next;
    const struct wv_transfer got = decide(&laws, decision, &next);
    ck_assert_msg(got.allowed == (decision->route != NULL) && got.reason == decision->reason,
                  "%s to %s with %s on %s: %s", decision->origin, decision->country, decision->have,
                  decision->day, got.allowed ? got.route : wv_transfer_word(got.reason));
    if (got.allowed) {
        ck_assert_str_eq(got.route, decision->route);
        ck_assert(strcmp(got.route, "domestic") == 0 || got.row->source.len > 0);
    }
    ck_assert(next > day_of(decision->day));
    laws_free(&laws);
}
END_TEST

START_TEST(the_next_change_is_told)
{
    static const struct {
        struct decision decision;
        const char *next; /* "": never */
    } cases[] = {
        {{.origin = "eu",
          .country = "GB",
          .have = "",
          .from = "",
          .until = "",
          .day = "2026-11-22"},
         "2031-12-28"},
        {{.origin = "eu",
          .country = "BR",
          .have = "",
          .from = "",
          .until = "",
          .day = "2025-11-22"},
         "2026-01-26"},
        {{.origin = "eu",
          .country = "JP",
          .have = "",
          .from = "",
          .until = "",
          .day = "2026-11-22"},
         ""},
        {{.origin = "jp",
          .country = "US",
          .have = "cbpr",
          .from = "2027-01-01",
          .until = "2027-12-31",
          .day = "2026-11-22"},
         "2027-01-01"},
        {{.origin = "jp",
          .country = "US",
          .have = "cbpr",
          .from = "2027-01-01",
          .until = "2027-12-31",
          .day = "2027-01-01"},
         "2028-01-01"},
    };
    struct laws laws = laws_new();
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        int32_t next;
        char text[WV_DAY_TEXT];
        (void)decide(&laws, &cases[i].decision, &next);
        wv_law_day_format(next, text);
        ck_assert_str_eq(text, cases[i].next);
    }
    laws_free(&laws);
}
END_TEST

START_TEST(processors_need_an_instruction)
{
    struct laws laws = laws_new();
    const struct wv_hop hop = {.country = WV_LIT("DE"), .uninstructed = true};
    uint32_t eu;
    uint32_t jp;
    int32_t next = WV_DAY_NEVER;
    ck_assert(wv_law_origin(laws.law, WV_LIT("eu"), &eu));
    ck_assert(wv_law_origin(laws.law, WV_LIT("jp"), &jp));
    ck_assert_int_eq(wv_law_decide(laws.law, eu, &hop, 20000, &next).reason,
                     WV_TRANSFER_INSTRUCTION);
    ck_assert(wv_law_decide(laws.law, jp, &hop, 20000, &next).allowed);
    laws_free(&laws);
}
END_TEST

/* ---- Days ------------------------------------------------------------------------------------
 */

START_TEST(days_are_the_calendar_s)
{
    static const char *const bad[] = {"",           "2026-1-1",   "2026-02-29", "2026-13-01",
                                      "2026-00-01", "2026/01/01", "20260101",   "2026-01-01 ",
                                      "2026-01-32", "+026-01-01", "2026-01-0x"};
    static const char *const good[] = {"1970-01-01", "2024-02-29", "2026-11-22", "9999-12-31"};
    int32_t day;
    for (size_t i = 0; i < WV_COUNT(bad); i++) {
        ck_assert_msg(!wv_law_day_parse(wv_slice_of(bad[i]), &day), "%s", bad[i]);
    }
    for (size_t i = 0; i < WV_COUNT(good); i++) {
        char text[WV_DAY_TEXT];
        wv_law_day_format(day_of(good[i]), text);
        ck_assert_str_eq(text, good[i]);
    }
    ck_assert_int_eq(day_of("1970-01-01"), 0);
    ck_assert_int_eq(day_of("2026-11-22"), 20779);
}
END_TEST

/* ---- Mistakes --------------------------------------------------------------------------------
 */

static const struct mistake {
    const char *document;
    const char *said; /* all that is said */
} mistakes[] = {
    {"[]", "own.json:1:1: error: must be an object\n"},
    {"{}", "own.json:1:1: error: \"transfers\" is required: rows that say what may go where\n"},
    {"{\"transfers\":{}}", "own.json:1:14: error: must be an array of rows (at /transfers)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"rout\":\"denied\",\"source\":\"x\"}]}",
     "own.json:1:15: error: \"route\" is required: why it is lawful (at /transfers/0)\n"
     "own.json:1:42: error: unknown member \"rout\"; did you mean \"route\"? (at "
     "/transfers/0/rout)\n"},
    {"{\"transfers\":[{\"origin\":\"eus\",\"to\":[\"JP\"],\"route\":\"denied\",\"source\":\"x\"}]}",
     "own.json:1:25: error: there is no origin \"eus\"; did you mean \"eu\"? (at "
     "/transfers/0/origin)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"UK\"],\"route\":\"denied\",\"source\":\"x\"}]}",
     "own.json:1:36: error: is no country of ISO 3166-1; did you mean \"GB\"? (at "
     "/transfers/0/to/0)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"EEAA\"],\"route\":\"denied\",\"source\":\"x\"}]"
     "}",
     "own.json:1:36: error: must be a country (two capital letters) or a list that stands before "
     "it; did you mean \"EEA\"? (at /transfers/0/to/0)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[],\"route\":\"denied\",\"source\":\"x\"}]}",
     "own.json:1:35: error: must be an array of countries, as [\"JP\"] (at /transfers/0/to)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[7],\"route\":\"denied\",\"source\":\"x\"}]}",
     "own.json:1:36: error: must be a string (at /transfers/0/to/0)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"adequate\",\"source\":\"x\"}]"
     "}",
     "own.json:1:50: error: must be one of: denied, safeguard, none_needed, adequacy; did you mean "
     "\"adequacy\"? (at /transfers/0/route)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"safeguard\",\"source\":\"x\"}]"
     "}",
     "own.json:1:15: error: a safeguard needs \"mechanisms\": the names of those that suffice (at "
     "/transfers/0)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"safeguard\",\"mechanisms\":["
     "\"sccs\"],\"source\":\"x\"}]}",
     "own.json:1:76: error: there is no mechanism \"sccs\"; did you mean \"scc\"? (at "
     "/transfers/0/mechanisms/0)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"adequacy\",\"mechanisms\":["
     "\"scc\"],\"source\":\"x\"}]}",
     "own.json:1:74: error: has a meaning only with \"route\": \"safeguard\" (at "
     "/transfers/0/mechanisms)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"US\"],\"route\":\"adequacy\",\"condition\":"
     "\"dpv\",\"source\":\"x\"}]}",
     "own.json:1:73: error: there is no mechanism \"dpv\"; did you mean \"dpf\"? (at "
     "/transfers/0/condition)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"denied\",\"from\":"
     "\"2026-02-30\",\"source\":\"x\"}]}",
     "own.json:1:66: error: must be a day, as \"2026-04-01\" (at /transfers/0/from)\n"},
    {"{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"denied\",\"from\":"
     "\"2026-02-02\",\"until\":\"2026-02-01\",\"source\":\"x\"}]}",
     "own.json:1:87: error: is before \"from\" (at /transfers/0/until)\n"},
    {"{\"lists\":{\"EEA\":[\"DE\"]},\"transfers\":[]}",
     "own.json:1:11: error: there is such a list already (at /lists/EEA)\n"},
    {"{\"mechanisms\":{\"scc\":\"x\"},\"transfers\":[]}",
     "own.json:1:16: error: there is such a mechanism already (at /mechanisms/scc)\n"},
    {"{\"origins\":{\"eu\":{\"countries\":[\"DE\"]}},\"transfers\":[]}",
     "own.json:1:13: error: there is such an origin already (at /origins/eu)\n"},
    {"{\"origins\":{\"nz\":{}},\"transfers\":[]}",
     "own.json:1:18: error: \"countries\" is required: where the law holds (at /origins/nz)\n"},
};

START_TEST(mistakes_are_said)
{
    const struct mistake *mistake = &mistakes[_i];
    struct laws laws = laws_new();
    struct wv_document *own =
        wv_document_parse("own.json", wv_slice_of(mistake->document), laws.report);
    ck_assert_ptr_nonnull(own);
    const struct wv_node root = wv_document_root(own);
    ck_assert(!wv_law_add_transfers(laws.law, &root, laws.arena, laws.report));
    char *text = findings_text(laws.report);
    ck_assert_str_eq(text, mistake->said);
    free(text);
    wv_document_free(own);
    laws_free(&laws);
}
END_TEST

START_TEST(documents_of_one_s_own_add_and_deny)
{
    static const char document[] =
        "{\"lists\":{\"ANZ\":[\"AU\",\"NZ\"]},\"mechanisms\":{\"letter\":\"a letter\"},"
        "\"origins\":{\"nz\":{\"countries\":[\"NZ\"]}},\"transfers\":["
        "{\"origin\":\"nz\",\"to\":[\"ANZ\"],\"route\":\"adequacy\",\"source\":\"x\"},"
        "{\"origin\":\"nz\",\"to\":[\"*\"],\"route\":\"safeguard\",\"mechanisms\":[\"letter\"],"
        "\"source\":\"x\"},"
        "{\"origin\":\"eu\",\"to\":[\"JP\"],\"route\":\"denied\",\"from\":\"2027-01-01\","
        "\"source\":\"x\"}]}";
    static const struct decision added[] = {
        {"nz", "AU", "", "", "", false, "2026-11-22", "adequacy", WV_TRANSFER_ALLOWED},
        {"nz", "JP", "letter", "", "", false, "2026-11-22", "safeguard", WV_TRANSFER_ALLOWED},
        {"nz", "JP", "scc", "", "", false, "2026-11-22", NULL, WV_TRANSFER_NO_MECHANISM},
        {"eu", "JP", "", "", "", false, "2026-12-31", "adequacy", WV_TRANSFER_ALLOWED},
        {"eu", "JP", "scc", "", "", false, "2027-01-01", NULL, WV_TRANSFER_DENIED},
    };
    struct laws laws = laws_new();
    struct wv_document *own = wv_document_parse("own.json", wv_slice_of(document), laws.report);
    const struct wv_node root = wv_document_root(own);
    ck_assert(wv_law_add_transfers(laws.law, &root, laws.arena, laws.report));
    for (size_t i = 0; i < WV_COUNT(added); i++) {
        int32_t next;
        const struct wv_transfer got = decide(&laws, &added[i], &next);
        ck_assert_int_eq(got.reason, added[i].reason);
        ck_assert(!got.allowed || strcmp(got.route, added[i].route) == 0);
    }
    wv_document_free(own);
    laws_free(&laws);
}
END_TEST

/* ---- Purposes --------------------------------------------------------------------------------
 */

START_TEST(purposes_are_the_program_s)
{
    struct laws laws = laws_new();
    struct wv_document *document = builtin("purposes", laws.report);
    const struct wv_node root = wv_document_root(document);
    ck_assert(wv_law_load_purposes(laws.law, &root, laws.report));
    const struct wv_purpose_law *purposes = laws.law->purposes;
    for (size_t i = 0; i < WV_PURPOSE_COUNT; i++) {
        ck_assert_msg(purposes[i].bases != 0, "%s", wv_purpose_words[i]);
    }
    /* The stricter the use, the less joins the records of one person. */
    ck_assert_uint_eq(purposes[WV_PURPOSE_SECURITY].no_tokens, 0);
    for (int kind = WV_KIND_NONE + 1; kind < WV_KIND_COUNT; kind++) {
        ck_assert((purposes[WV_PURPOSE_RESEARCH].no_tokens >> kind & 1) != 0);
    }
    ck_assert_ptr_nonnull(purposes[WV_PURPOSE_THIRD_PARTY].no_classes[WV_CLASS_TENANT_REF]);
    ck_assert_uint_eq(purposes[WV_PURPOSE_THIRD_PARTY].bases,
                      1u << WV_BASIS_CONSENT | 1u << WV_BASIS_LEGAL_OBLIGATION);
    /* No credential, and no text that can hold anything, is sealed for anybody. */
    const uint64_t never = UINT64_C(1) << WV_CLASS_COOKIE | UINT64_C(1) << WV_CLASS_AUTH_HEADER |
                           UINT64_C(1) << WV_CLASS_SESSION_ID | UINT64_C(1) << WV_CLASS_HEADER |
                           UINT64_C(1) << WV_CLASS_BODY | UINT64_C(1) << WV_CLASS_MATCHED_PAYLOAD |
                           UINT64_C(1) << WV_CLASS_QUERY | UINT64_C(1) << WV_CLASS_URI_PATH |
                           UINT64_C(1) << WV_CLASS_REFERER | UINT64_C(1) << WV_CLASS_FREE_TEXT |
                           UINT64_C(1) << WV_CLASS_PERSON_NAME | UINT64_C(1) << WV_CLASS_ADDRESS |
                           UINT64_C(1) << WV_CLASS_UNLISTED | UINT64_C(1) << WV_CLASS_NONE;
    for (size_t i = 0; i < WV_PURPOSE_COUNT; i++) {
        const bool seals = i == WV_PURPOSE_SECURITY || i == WV_PURPOSE_PROTECTION;
        ck_assert_uint_eq(purposes[i].seals & never, 0);
        ck_assert_int_eq((purposes[i].seals >> WV_CLASS_CLIENT_IP & 1) != 0, seals);
        ck_assert_int_eq(purposes[i].seals != 0, seals);
    }
    ck_assert(laws.law->needs_reason[WV_BASIS_VITAL_INTEREST]);
    ck_assert(!laws.law->needs_reason[WV_BASIS_CONSENT]);
    wv_document_free(document);
    laws_free(&laws);
}
END_TEST

START_TEST(purposes_that_drift_apart_are_refused)
{
    static const char document[] =
        "{\"bases\":{\"consent\":{}},\"purposes\":{\"securty\":{},\"security\":{\"summary\":{"
        "\"en\":"
        "\"x\"},\"bases\":[\"wish\"],\"no_tokens\":[\"face\"],\"seals\":[\"faces\"],\"no_classes\":"
        "{\"faces\":\"x\"}}}}";
    struct laws laws = laws_new();
    struct wv_document *own = wv_document_parse("own.json", wv_slice_of(document), laws.report);
    const struct wv_node root = wv_document_root(own);
    ck_assert(!wv_law_load_purposes(laws.law, &root, laws.report));
    char *text = findings_text(laws.report);
    ck_assert_ptr_nonnull(strstr(text, "\"contract\" is missing (at /bases)"));
    ck_assert_ptr_nonnull(strstr(text, "\"research\" is missing (at /purposes)"));
    ck_assert_ptr_nonnull(strstr(text, "no word that the program knows (at /purposes/securty)"));
    ck_assert_ptr_nonnull(strstr(text, "(at /purposes/security/bases/0)"));
    ck_assert_ptr_nonnull(strstr(text, "(at /purposes/security/no_tokens/0)"));
    ck_assert_ptr_nonnull(strstr(text, "(at /purposes/security/seals/0)"));
    ck_assert_ptr_nonnull(strstr(text, "(at /purposes/security/no_classes/faces)"));
    free(text);
    wv_document_free(own);
    laws_free(&laws);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("law");
    TCase *tests = tcase_create("law");
    tcase_add_loop_test(tests, every_decision_is_the_table_s, 0, (int)WV_COUNT(decisions));
    tcase_add_test(tests, the_next_change_is_told);
    tcase_add_test(tests, processors_need_an_instruction);
    tcase_add_test(tests, days_are_the_calendar_s);
    tcase_add_loop_test(tests, mistakes_are_said, 0, (int)WV_COUNT(mistakes));
    tcase_add_test(tests, documents_of_one_s_own_add_and_deny);
    tcase_add_test(tests, purposes_are_the_program_s);
    tcase_add_test(tests, purposes_that_drift_apart_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
