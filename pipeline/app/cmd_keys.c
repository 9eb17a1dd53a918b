/*
 * cmd_keys.c — makes, rotates and wraps the epoch secrets for the domains of a configuration. No
 * verb ever shows one.
 */
#include "app/keys_work.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "plan/config_keys.h"

#include <stdlib.h>
#include <unistd.h>

enum { AHEAD = 2, AHEAD_MAX = 52, PATH_BYTES = 4200 };

bool wv_keys_covered(const struct wv_keyring *keyring, struct wv_slice domain, int64_t now_s,
                     int64_t *until_s)
{
    const struct wv_epoch *epoch = wv_keyring_find(keyring, domain, now_s);
    if (epoch == NULL) {
        return false;
    }
    while (epoch != NULL) {
        *until_s = epoch->until_s;
        epoch = wv_keyring_find(keyring, domain, *until_s);
    }
    return true;
}

static bool record(const struct wv_keys_work *work, const char *event, json_t *members)
{
    struct wv_acts *acts = wv_acts_open(work->audit, work->report);
    if (acts == NULL) {
        json_decref(members);
        return false;
    }
    const bool done = wv_acts_write(acts, event, members, work->report);
    wv_acts_close(acts);
    return done;
}

/* ---- init and rotate --------------------------------------------------------------------------
 */

static enum wv_exit read_span(const struct wv_keys_work *work, struct wv_keyfile_need *need)
{
    uint32_t ahead;
    const char *from = wv_argument_text(work->arguments, "from");
    if (!wv_argument_number(work->arguments, "ahead", 0, AHEAD_MAX, AHEAD, &ahead)) {
        return WV_EXIT_USAGE;
    }
    const struct wv_epoch_span present =
        wv_epoch_span_of(wv_epoch_day(work->now_s), need->epoch_days);
    need->until_s = (present.first + (int64_t)need->epoch_days * (1 + (int64_t)ahead)) * WV_DAY_S;
    int64_t day;
    if (from != NULL && (!wv_day_parse(wv_slice_of(from), &day) || day * WV_DAY_S > work->now_s)) {
        return wv_usage_fail(work->arguments, "--from must be a day that is not in the future, as "
                                              "2026-11-16");
    }
    need->from_s = from == NULL ? work->now_s : day * WV_DAY_S;
    return WV_EXIT_OK;
}

/* What came of it. */
struct made {
    size_t created; /* epochs */
    size_t covered; /* domains that have keys for all of the time: destroyed ones leave gaps */
    size_t gaps;    /* those that have not */
};

static bool count_covered(const struct wv_keys_work *work, const struct wv_keyfile_need *need,
                          struct made *made)
{
    struct wv_keyring *keyring = wv_keyfile_load(work->path, work->keks, work->report);
    for (size_t i = 0; keyring != NULL && i < need->domain_count; i++) {
        int64_t until_s;
        made->covered += wv_keys_covered(keyring, need->domains[i], need->from_s, &until_s) &&
                         until_s >= need->until_s;
    }
    made->gaps = need->domain_count - made->covered;
    wv_keyring_free(keyring);
    return keyring != NULL;
}

/* What is missing, made and recorded. */
static enum wv_exit extend(const struct wv_keys_work *work, struct wv_keyfile_need *need,
                           struct made *made)
{
    *made = (struct made){0};
    need->epoch_days = work->config->epoch_days;
    const enum wv_exit code = read_span(work, need);
    if (code != WV_EXIT_OK) {
        return code;
    }
    struct wv_slice *names = wv_domain_names(work->uses, &need->domain_count);
    if (names == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    need->domains = names;
    bool done = wv_keyfile_ensure(work->path, work->keks, need, work->report, &made->created);
    if (done && made->created > 0) {
        done =
            record(work, "keys_created",
                   json_pack("{s:s, s:I, s:I}", "file", work->path, "epochs",
                             (json_int_t)made->created, "domains", (json_int_t)need->domain_count));
    }
    done = done && count_covered(work, need, made);
    free(names);
    need->domains = NULL;
    return done ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

static void print_gaps(size_t gaps)
{
    if (gaps > 0) {
        (void)printf("%zu other domain%s not: secrets that were destroyed are not made again\n",
                     gaps, gaps == 1 ? " has" : "s have");
    }
}

static enum wv_exit init(const struct wv_keys_work *work)
{
    struct wv_keyfile_need need = {0};
    struct made made;
    const enum wv_exit code = extend(work, &need, &made);
    if (code != WV_EXIT_OK) {
        return code;
    }
    char first[WV_DAY_TEXT];
    char last[WV_DAY_TEXT];
    wv_day_format(wv_epoch_day(need.from_s), first);
    wv_day_format(wv_epoch_day(need.until_s - 1), last);
    if (wv_argument_given(work->arguments, "json")) {
        (void)printf("{\"created\":%zu,\"domains\":%zu,\"from\":\"%s\",\"until\":\"%s\"}\n",
                     made.created, made.covered, first, last);
        return WV_EXIT_OK;
    }
    (void)printf("%s: %zu epoch%s created; %zu domain%s keys for events from %s to %s\n",
                 work->path, made.created, wv_plural(made.created), made.covered,
                 made.covered == 1 ? " has" : "s have", first, last);
    print_gaps(made.gaps);
    if (made.created > 0) {
        (void)printf(
            "The file is readable by its owner only (mode 0600). Whoever has it%s can link "
            "tokens to people: keep it off backups that live longer than the epochs.\n",
            work->keks->current == NULL ? "" : " and the key-encryption key");
    }
    return WV_EXIT_OK;
}

/* Secrets that have been kept for as long as the configuration says. */
static enum wv_exit destroy_old(const struct wv_keys_work *work, size_t *destroyed)
{
    const struct wv_key_choice choice = {
        .only_ended = true,
        .ended_by_s = work->now_s - (int64_t)work->config->keep_days * WV_DAY_S,
    };
    struct wv_doomed doomed = {0};
    *destroyed = 0;
    if (work->config->keep_days == 0) {
        return WV_EXIT_OK;
    }
    if (!wv_keyfile_choose(work->path, work->keks, &choice, work->report, &doomed)) {
        return WV_EXIT_CONFIG;
    }
    *destroyed = doomed.count;
    wv_doomed_free(&doomed);
    if (*destroyed == 0) {
        return WV_EXIT_OK;
    }
    if (!wv_keys_destroy_recorded(work, &choice, NULL, "keys.keep_days has passed", NULL,
                                  &doomed)) {
        return WV_EXIT_CONFIG;
    }
    *destroyed = doomed.count;
    wv_doomed_free(&doomed);
    return WV_EXIT_OK;
}

/* When the last epoch ends whose secret is there; INT64_MAX where there is none. */
static bool read_end(const struct wv_keys_work *work, int64_t *end_s)
{
    struct wv_keyring *keyring = wv_keyfile_load(work->path, work->keks, work->report);
    *end_s = INT64_MAX;
    for (size_t i = 0; keyring != NULL && i < wv_keyring_count(keyring); i++) {
        struct wv_slice domain;
        const int64_t until_s = wv_keyring_at(keyring, i, &domain)->until_s;
        *end_s = i == 0 || until_s > *end_s ? until_s : *end_s;
    }
    wv_keyring_free(keyring);
    return keyring != NULL;
}

/* A clock that is years ahead would end all secrets at once, and new ones for that time would make
 * it look right the next time. Whoever rotates in time always finds a key for the moment, so where
 * there is none a person decides. A file that is not there is told by who needs it. */
static bool check_clock(const struct wv_keys_work *work)
{
    int64_t end_s;
    if (work->config->keep_days == 0 || access(work->path, F_OK) != 0) {
        return true;
    }
    if (!read_end(work, &end_s)) {
        return false;
    }
    if (end_s > work->now_s) {
        return true;
    }
    char last[WV_DAY_TEXT];
    char today[WV_DAY_TEXT];
    wv_day_format(wv_epoch_day(end_s - 1), last);
    wv_day_format(wv_epoch_day(work->now_s), today);
    return wv_report_add(work->report, (struct wv_finding){.file = work->path},
                         "is left as it is: its keys ended on %s, and the clock says %s. If the "
                         "clock is right run `wafveil keys init`, which destroys nothing; the next "
                         "`rotate` then destroys what is older than keys.keep_days",
                         last, today);
}

static enum wv_exit rotate(const struct wv_keys_work *work)
{
    struct wv_keyfile_need need = {.must_exist = true};
    struct made made;
    size_t destroyed = 0;
    enum wv_exit code = check_clock(work) ? extend(work, &need, &made) : WV_EXIT_CONFIG;
    code = code == WV_EXIT_OK ? destroy_old(work, &destroyed) : code;
    if (code != WV_EXIT_OK) {
        return code;
    }
    char last[WV_DAY_TEXT];
    wv_day_format(wv_epoch_day(need.until_s - 1), last);
    if (wv_argument_given(work->arguments, "json")) {
        (void)printf("{\"created\":%zu,\"destroyed\":%zu,\"domains\":%zu,\"until\":\"%s\"}\n",
                     made.created, destroyed, made.covered, last);
        return WV_EXIT_OK;
    }
    (void)printf("%s: %zu epoch%s created, %zu destroyed; %zu domain%s keys until %s\n", work->path,
                 made.created, wv_plural(made.created), destroyed, made.covered,
                 made.covered == 1 ? " has" : "s have", last);
    print_gaps(made.gaps);
    return WV_EXIT_OK;
}

/* ---- rewrap -----------------------------------------------------------------------------------
 */

static enum wv_exit rewrap(const struct wv_keys_work *work)
{
    size_t count = 0;
    if (work->keks->current == NULL) {
        (void)wv_config_fail_at(wv_plan_config(work->plan), "/keys", work->report,
                                "names no key-encryption key: add \"kek\": {\"file\": "
                                "\"/etc/wafveil/kek\"}");
        return WV_EXIT_CONFIG;
    }
    const char *id = wv_kek_id(work->keks->current);
    if (!wv_keyfile_rewrap(work->path, work->keks, work->report, &count)) {
        return WV_EXIT_CONFIG;
    }
    if (count > 0 && !record(work, "keys_rewrapped",
                             json_pack("{s:s, s:s, s:I}", "file", work->path, "kek", id, "epochs",
                                       (json_int_t)count))) {
        return WV_EXIT_CONFIG;
    }
    if (wv_argument_given(work->arguments, "json")) {
        (void)printf("{\"wrapped\":%zu,\"kek\":\"%s\"}\n", count, id);
        return WV_EXIT_OK;
    }
    (void)printf("%s: %zu secret%s wrapped by the key-encryption key %s%s\n", work->path, count,
                 wv_plural(count), id, count == 0 ? ", which wraps them already" : "");
    if (count > 0) {
        (void)puts("Copies of the file from before can be opened with what wrapped them then: "
                   "destroy the former key-encryption key, and they are lost for everybody.");
    }
    return WV_EXIT_OK;
}

/* ---- The command ------------------------------------------------------------------------------
 */

/* Packs are needed for the regions, keys are not. */
static struct wv_plan *load_plan(const struct wv_arguments *arguments, struct wv_report *report)
{
    struct wv_keyring *keyring = wv_keyring_throwaway(NULL, report);
    struct wv_config *config = wv_config_load(wv_argument_text(arguments, "config"), report);
    if (config != NULL && config->keys.file.len == 0) {
        (void)wv_config_fail_at(
            config, "", report,
            "names no key file: add \"keys\": {\"file\": \"/etc/wafveil/keys\"}");
    }
    if (config == NULL || keyring == NULL || wv_report_errors(report) > 0) {
        wv_config_free(config);
        wv_keyring_free(keyring);
        return NULL;
    }
    return wv_plan_build(config, keyring, report);
}

/* A verb, and the options that it takes beside --config. */
struct verb {
    const char *word;
    enum wv_exit (*work)(const struct wv_keys_work *work);
    const char *options[8]; /* NULL ends them */
};

static const struct verb verbs[] = {
    {"init", init, {"from", "ahead", "audit", "json"}},
    {"list", wv_keys_list, {"checks", "json"}},
    {"rotate", rotate, {"ahead", "audit", "json"}},
    {"verify", wv_keys_verify, {"against"}},
    {"rewrap", rewrap, {"audit", "json"}},
    {"destroy",
     wv_keys_destroy,
     {"tenant", "domain", "epoch", "confirm", "reason", "requester", "audit"}},
};

static bool takes(const struct verb *verb, const char *option)
{
    bool found = false;
    for (size_t i = 0; i < WV_COUNT(verb->options) && verb->options[i] != NULL; i++) {
        found = found || strcmp(verb->options[i], option) == 0;
    }
    return found;
}

/* An option that another verb takes, and this one does not; NULL: none was given. */
static const char *strange_option(const struct wv_arguments *arguments, const struct verb *verb)
{
    for (size_t i = 0; i < WV_COUNT(verbs); i++) {
        for (size_t j = 0; j < WV_COUNT(verbs[i].options) && verbs[i].options[j] != NULL; j++) {
            const char *option = verbs[i].options[j];
            if (wv_argument_given(arguments, option) && !takes(verb, option)) {
                return option;
            }
        }
    }
    return NULL;
}

static enum wv_exit run(const struct verb *verb, struct wv_keys_work *work)
{
    struct wv_kek_pair pair;
    struct wv_domain_uses uses;
    if (!wv_config_keks(wv_plan_config(work->plan), work->report, &pair)) {
        return WV_EXIT_CONFIG;
    }
    const struct wv_keks keks = wv_keks_of(&pair);
    enum wv_exit code = WV_EXIT_INTERNAL;
    work->keks = &keks;
    work->uses = &uses;
    if (wv_domain_uses_collect(work->plan, &uses)) {
        code = verb->work(work);
    } else {
        (void)fputs("wafveil: there is no memory left\n", stderr);
    }
    wv_domain_uses_free(&uses);
    wv_kek_pair_free(&pair);
    return code;
}

static enum wv_exit begin(const struct wv_arguments *arguments, const struct verb *verb,
                          struct wv_report *report)
{
    struct wv_plan *plan = load_plan(arguments, report);
    if (plan == NULL) {
        return WV_EXIT_CONFIG;
    }
    const struct wv_keys_config *config = &wv_plan_config(plan)->keys;
    const char *given = wv_argument_text(arguments, "audit");
    char beside[PATH_BYTES];
    (void)snprintf(beside, sizeof(beside), "%s.audit.jsonl", (const char *)config->file.ptr);
    struct wv_keys_work work = {
        .arguments = arguments,
        .plan = plan,
        .config = config,
        .path = (const char *)config->file.ptr,
        .audit = given == NULL ? beside : given,
        .report = report,
        .now_s = wv_clock_wall_ms(wv_clock_system()) / 1000,
    };
    const enum wv_exit code = run(verb, &work);
    wv_plan_free(plan);
    return code;
}

enum wv_exit wv_cmd_keys(const struct wv_arguments *arguments)
{
    const char *word = arguments->operand_count == 1 ? arguments->operands[0] : "";
    const struct verb *verb = NULL;
    for (size_t i = 0; i < WV_COUNT(verbs) && verb == NULL; i++) {
        verb = strcmp(verbs[i].word, word) == 0 ? &verbs[i] : NULL;
    }
    if (verb == NULL) {
        return wv_usage_fail(arguments, "keys: say %s", arguments->command->operands);
    }
    const char *strange = strange_option(arguments, verb);
    if (strange != NULL) {
        return wv_usage_fail(arguments, "`keys %s` takes no --%s", word, strange);
    }
    struct wv_report *report = wv_report_new();
    if (report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const enum wv_exit code = begin(arguments, verb, report);
    if (wv_report_errors(report) > 0) {
        wv_report_print(report, stderr);
    }
    wv_report_free(report);
    return code;
}
