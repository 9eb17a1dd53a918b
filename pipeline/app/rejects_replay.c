/*
 * rejects_replay.c — `wafveil rejects replay`: part by part, each recorded before and after.
 */
#include "app/rejects_replay.h"

#include "app/acts.h"
#include "app/replay_acts.h"
#include "base/log.h"
#include "plan/approval.h"
#include "runtime/fetch.h"
#include "runtime/replay.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    PART_MESSAGES = 500, /* that are recorded, sent and acknowledged together */
    PART_REPORTS = 10000,
    PATH_BYTES = 4200,
};

/* What became of a report. */
enum fate {
    FATE_OPEN = 0,
    FATE_DELIVERED,
    FATE_REJECTED,
    FATE_SUPPRESSED,
    FATE_GONE,
    FATE_SPLIT,
    FATE_NO_INPUT,
    FATE_NO_OUTPUT,
    FATE_BEFORE,
    FATE_COUNT,
};

static const struct {
    const char *member;
    const char *text;
} fates[FATE_COUNT] = {
    [FATE_OPEN] = {"open", "not come to"},
    [FATE_DELIVERED] = {"delivered", "delivered"},
    [FATE_REJECTED] = {"still_rejected", "still rejected"},
    [FATE_SUPPRESSED] = {"suppressed", "left out by the policy"},
    [FATE_GONE] = {"gone", "gone from the input"},
    [FATE_SPLIT] = {"split_differently", "split into other records now: not sent"},
    [FATE_NO_INPUT] = {"unknown_input", "of a topic that is no input any more"},
    [FATE_NO_OUTPUT] = {"unknown_output", "for an output that is there no more"},
    [FATE_BEFORE] = {"replayed_before", "replayed before"},
};

struct replaying {
    const struct wv_arguments *arguments;
    struct wv_plan *plan;
    const struct wv_config *config;
    struct wv_reject_reports *reports;
    struct wv_report *report;
    bool dry;
    struct wv_replayed_before before;
    struct wv_acts *acts;
    struct wv_replay *replay;

    uint8_t *fate; /* by report */
    bool *done;    /* by report: nothing of it is left to be sent */
    uint64_t fated[FATE_COUNT];
    uint64_t reasons[WV_REASON_COUNT]; /* of those that are still rejected */
    uint64_t results;                  /* that were sent */
    uint64_t messages;

    /* The part of the moment: reports [first, last), whose messages stand at `wanted`. */
    size_t first;
    size_t last;
    struct wv_position wanted[PART_MESSAGES];
    size_t begin[PART_MESSAGES + 1]; /* of each message's reports */
    size_t wanted_count;
    uint32_t input;
};

/* ---- One message ----------------------------------------------------------------------------- */

static void settle(struct replaying *replaying, size_t at, enum fate fate)
{
    replaying->fate[at] = (uint8_t)fate;
    replaying->fated[fate]++;
}

static bool output_of(const struct replaying *replaying, const struct wv_reject_report *report,
                      uint32_t *output)
{
    size_t index = UINT32_MAX;
    const bool all = strcmp(report->output, "*") == 0;
    const bool known = all || wv_plan_output(replaying->plan, wv_slice_of(report->output), &index);
    *output = (uint32_t)index;
    return known;
}

static void settle_replayed(struct replaying *replaying, size_t at, const struct wv_replayed *done)
{
    enum fate fate = FATE_SUPPRESSED;
    if (done->unsure) {
        fate = FATE_SPLIT;
    } else if (done->rejected > 0) {
        fate = FATE_REJECTED;
        replaying->reasons[done->reason]++;
    } else if (done->sent > 0) {
        fate = FATE_DELIVERED;
    }
    replaying->done[at] = !done->unsure && (done->rejected == 0 || done->sent + done->told > 0);
    replaying->results += done->sent;
    settle(replaying, at, fate);
}

static bool take(void *user, size_t index, const struct wv_record *record)
{
    struct replaying *replaying = user;
    const struct wv_position *position = &replaying->wanted[index];
    const size_t begin = replaying->begin[index];
    const size_t end = replaying->begin[index + 1];
    struct wv_replay_want *wants = calloc(end - begin, sizeof *wants);
    struct wv_replayed *done = calloc(end - begin, sizeof *done);
    size_t *of = calloc(end - begin, sizeof *of);
    size_t count = 0;
    bool good = wants != NULL && done != NULL && of != NULL;
    for (size_t i = begin; good && i < end; i++) {
        const struct wv_reject_report *report = &replaying->reports->items[i];
        struct wv_replay_want want = {.record = report->record, .records = report->records};
        if (record == NULL) {
            settle(replaying, i, FATE_GONE);
        } else if (!output_of(replaying, report, &want.output)) {
            settle(replaying, i, FATE_NO_OUTPUT);
        } else {
            of[count] = i;
            wants[count++] = want;
        }
    }
    if (good && count > 0) {
        good = wv_replay_message(replaying->replay, position->partition, position->offset, record,
                                 wants, count, done);
    }
    for (size_t i = 0; good && i < count; i++) {
        settle_replayed(replaying, of[i], &done[i]);
    }
    free(wants);
    free(done);
    free(of);
    return good;
}

/* ---- A part ---------------------------------------------------------------------------------- */

/* Which reports, as the file of acts has them; all of the part, or those of which nothing is left.
 */
static json_t *reports_text(const struct replaying *replaying, bool only_done)
{
    const size_t most = replaying->last - replaying->first;
    const struct wv_reject_report **some = calloc(most + 1, sizeof *some);
    size_t count = 0;
    wv_ensure(some != NULL);
    for (size_t i = replaying->first; i < replaying->last; i++) {
        if (!only_done || replaying->done[i]) {
            some[count++] = &replaying->reports->items[i];
        }
    }
    char *text = wv_replayed_text(some, count);
    json_t *json = json_string(text);
    free(text);
    free(some);
    return json;
}

static bool record(struct replaying *replaying, bool after)
{
    const struct wv_arguments *arguments = replaying->arguments;
    const struct wv_reject_report *first = &replaying->reports->items[replaying->first];
    json_t *members =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "requester",
                  wv_argument_text(arguments, "requester"), "reason",
                  wv_argument_text(arguments, "reason"), "plan", wv_plan_version(replaying->plan),
                  "rejects", (const char *)replaying->config->rejects_topic.ptr, "topic",
                  first->topic, "messages", (json_int_t)replaying->wanted_count,
                  after ? "done" : "reports", reports_text(replaying, after));
    return wv_acts_write(replaying->acts, after ? "rejects_replayed" : "rejects_replay_begun",
                         members, replaying->report);
}

/* The next messages of the same topic. What was replayed before is passed over. */
static void choose_part(struct replaying *replaying, uint64_t most)
{
    const struct wv_reject_reports *reports = replaying->reports;
    const struct wv_reject_report *items = reports->items;
    replaying->first = replaying->last;
    replaying->wanted_count = 0;
    while (replaying->last < reports->count && replaying->wanted_count < PART_MESSAGES &&
           replaying->wanted_count + replaying->messages < most &&
           items[replaying->last].topic == items[replaying->first].topic &&
           replaying->last - replaying->first < PART_REPORTS) {
        const struct wv_reject_report *report = &items[replaying->last];
        replaying->wanted[replaying->wanted_count] =
            (struct wv_position){report->partition, report->offset};
        replaying->begin[replaying->wanted_count++] = replaying->last;
        while (replaying->last < reports->count &&
               wv_reject_compare_place(report, &items[replaying->last]) == 0) {
            replaying->last++;
        }
    }
    replaying->begin[replaying->wanted_count] = replaying->last;
    replaying->messages += replaying->wanted_count;
}

static bool find_input(struct replaying *replaying)
{
    const struct wv_reject_report *report = &replaying->reports->items[replaying->first];
    size_t found = 0;
    for (uint32_t i = 0; i < replaying->config->input_count; i++) {
        const struct wv_input *input = &replaying->config->inputs[i];
        if (wv_slice_eq(input->topic, wv_slice_of(report->topic))) {
            replaying->input = i;
            found++;
        }
    }
    if (found > 1) { /* topics of one name in several clusters */
        (void)fprintf(stderr,
                      "wafveil: several inputs read a topic %s: which one a report means cannot be "
                      "told\n",
                      report->topic);
    }
    return found == 1;
}

static enum wv_exit told(struct replaying *replaying)
{
    wv_report_print(replaying->report, stderr);
    return WV_EXIT_OUTPUT;
}

static enum wv_exit send_part(struct replaying *replaying, struct wv_fetch *fetch)
{
    struct wv_sample_trouble trouble;
    if (!replaying->dry && !record(replaying, false)) {
        return told(replaying);
    }
    const bool read =
        wv_fetch_read(fetch, replaying->wanted, replaying->wanted_count, take, replaying, &trouble);
    if (!read && trouble.what != NULL) {
        (void)fprintf(stderr, "wafveil: the input cannot be read: %s; %s\n", trouble.what,
                      trouble.advice);
    }
    if (!wv_replay_drain(replaying->replay)) {
        return (enum wv_exit)wv_replay_code(replaying->replay);
    }
    if (!replaying->dry && !record(replaying, true)) {
        return told(replaying);
    }
    if (read) {
        return WV_EXIT_OK;
    }
    return trouble.what != NULL ? WV_EXIT_KAFKA : (enum wv_exit)wv_replay_code(replaying->replay);
}

static enum wv_exit replay_all(struct replaying *replaying, uint64_t most)
{
    struct wv_fetch *fetch = NULL;
    enum wv_exit code = WV_EXIT_OK;
    const char *topic = NULL;
    while (code == WV_EXIT_OK && replaying->last < replaying->reports->count &&
           replaying->messages < most) {
        struct wv_sample_trouble trouble;
        choose_part(replaying, most);
        const char *now = replaying->reports->items[replaying->first].topic;
        if (now != topic) {
            wv_fetch_close(fetch);
            fetch = NULL;
            topic = now;
            if (find_input(replaying)) {
                fetch = wv_fetch_open(replaying->config, replaying->input, &trouble);
                code = fetch == NULL ? WV_EXIT_KAFKA : WV_EXIT_OK;
            } else {
                replaying->input = UINT32_MAX;
            }
        }
        if (code == WV_EXIT_OK && replaying->input == UINT32_MAX) {
            for (size_t i = replaying->first; i < replaying->last; i++) {
                settle(replaying, i, FATE_NO_INPUT);
            }
        } else if (code == WV_EXIT_OK) {
            code = send_part(replaying, fetch);
        } else {
            (void)fprintf(stderr, "wafveil: the input cannot be read: %s; %s\n", trouble.what,
                          trouble.advice);
        }
    }
    wv_fetch_close(fetch);
    return code;
}

/* ---- What came of it ------------------------------------------------------------------------- */

static void print_json(struct replaying *replaying)
{
    json_t *root =
        json_pack("{s:b, s:s, s:I, s:I, s:I}", "dry_run", replaying->dry, "plan",
                  wv_plan_version(replaying->plan), "messages", (json_int_t)replaying->messages,
                  "results", (json_int_t)replaying->results, "too_large",
                  (json_int_t)wv_replay_too_large(replaying->replay));
    json_t *reasons = json_object();
    for (int fate = 0; fate < FATE_COUNT; fate++) {
        if (fate != FATE_REJECTED) {
            (void)json_object_set_new(root, fates[fate].member,
                                      json_integer((json_int_t)replaying->fated[fate]));
        }
    }
    for (int i = 0; i < WV_REASON_COUNT; i++) {
        if (replaying->reasons[i] > 0) {
            (void)json_object_set_new(reasons, wv_reason_word((enum wv_reason)i),
                                      json_integer((json_int_t)replaying->reasons[i]));
        }
    }
    (void)json_object_set_new(root, fates[FATE_REJECTED].member, reasons);
    (void)json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    (void)putchar('\n');
    json_decref(root);
}

static void print_table(struct replaying *replaying)
{
    const uint64_t too_large = wv_replay_too_large(replaying->replay);
    for (int fate = 0; fate < FATE_COUNT; fate++) {
        if (fate != FATE_REJECTED && (replaying->fated[fate] > 0 || fate == FATE_DELIVERED)) {
            (void)printf("%8llu  %s%s\n", (unsigned long long)replaying->fated[fate],
                         replaying->dry && fate == FATE_DELIVERED ? "would be " : "",
                         fates[fate].text);
        }
    }
    for (int i = 0; i < WV_REASON_COUNT; i++) {
        if (replaying->reasons[i] > 0) {
            (void)printf("%8llu  still rejected: %s\n", (unsigned long long)replaying->reasons[i],
                         wv_reason_word((enum wv_reason)i));
        }
    }
    (void)printf("%llu message%s, %llu record%s %s\n", (unsigned long long)replaying->messages,
                 wv_plural(replaying->messages), (unsigned long long)replaying->results,
                 wv_plural(replaying->results),
                 replaying->dry ? "would be delivered; nothing was sent" : "delivered");
    if (too_large > 0) {
        (void)printf("%llu of them did not fit into their topic: stubs stand there, and they are "
                     "reported anew\n",
                     (unsigned long long)too_large);
    }
}

static enum wv_exit print(struct replaying *replaying, enum wv_exit code)
{
    replaying->fated[FATE_OPEN] = 0;
    for (size_t i = 0; i < replaying->reports->count; i++) {
        replaying->fated[FATE_OPEN] += replaying->fate[i] == FATE_OPEN;
    }
    const char *format = wv_argument_text(replaying->arguments, "format");
    if (format != NULL && strcmp(format, "json") == 0) {
        print_json(replaying);
    } else {
        print_table(replaying);
    }
    if (fflush(stdout) != 0 && code == WV_EXIT_OK) {
        code = WV_EXIT_OUTPUT;
    }
    const uint64_t left = replaying->fated[FATE_REJECTED] + replaying->fated[FATE_GONE] +
                          replaying->fated[FATE_SPLIT] + replaying->fated[FATE_NO_INPUT] +
                          replaying->fated[FATE_NO_OUTPUT];
    return code == WV_EXIT_OK && left > 0 ? WV_EXIT_REJECTED : code;
}

/* ---- Before the first ------------------------------------------------------------------------ */

/* What was replayed before is left out of the list. */
static void pass_over(struct replaying *replaying)
{
    struct wv_reject_reports *reports = replaying->reports;
    size_t kept = 0;
    for (size_t i = 0; i < reports->count; i++) {
        if (wv_replayed_before_has(&replaying->before, &reports->items[i])) {
            replaying->fated[FATE_BEFORE]++;
        } else {
            reports->items[kept++] = reports->items[i];
        }
    }
    reports->count = kept;
}

/* Beside the key file, but not in its own acts: those stay free for who rotates keys meanwhile. */
static void audit_path(const struct replaying *replaying, char path[PATH_BYTES])
{
    const char *given = wv_argument_text(replaying->arguments, "audit");
    (void)snprintf(path, PATH_BYTES, "%s%s",
                   given != NULL ? given : (const char *)replaying->config->keys.file.ptr,
                   given != NULL ? "" : ".replay.audit.jsonl");
}

static bool prepare(struct replaying *replaying)
{
    struct wv_approval approval;
    char path[PATH_BYTES];
    if (replaying->config->keys.file.len == 0) {
        return wv_config_fail_at(replaying->config, "", replaying->report,
                                 "names no key file: the service's keys are thrown away, and "
                                 "other tokens than its own would be made");
    }
    if (!wv_change_allowed(NULL, replaying->plan, wv_clock_wall_ms(wv_clock_system()), &approval,
                           replaying->report)) {
        return false;
    }
    audit_path(replaying, path);
    if (!replaying->dry) {
        replaying->acts = wv_acts_open(path, replaying->report);
        if (replaying->acts == NULL) {
            return false;
        }
    }
    if (!wv_argument_given(replaying->arguments, "again")) {
        if (!wv_replayed_before_read(path, (const char *)replaying->config->rejects_topic.ptr,
                                     &replaying->before)) {
            return false;
        }
        pass_over(replaying);
    }
    (void)wv_reject_reports_messages(replaying->reports); /* by place */
    replaying->fate = calloc(replaying->reports->count + 1, sizeof *replaying->fate);
    replaying->done = calloc(replaying->reports->count + 1, sizeof *replaying->done);
    wv_ensure(replaying->fate != NULL && replaying->done != NULL);
    return true;
}

enum wv_exit wv_rejects_replay(const struct wv_arguments *arguments, struct wv_plan *plan,
                               struct wv_reject_reports *reports, uint32_t most,
                               struct wv_report *report)
{
    struct replaying *replaying = calloc(1, sizeof *replaying);
    wv_ensure(replaying != NULL);
    replaying->arguments = arguments;
    replaying->plan = plan;
    replaying->config = wv_plan_config(plan);
    replaying->reports = reports;
    replaying->report = report;
    replaying->dry = wv_argument_given(arguments, "dry-run");
    const bool prepared = prepare(replaying);
    enum wv_exit code = WV_EXIT_CONFIG;
    wv_report_print(report, stderr);
    if (prepared) {
        replaying->replay = wv_replay_new(plan, replaying->dry || reports->count == 0);
        code = replaying->replay == NULL ? WV_EXIT_KAFKA : replay_all(replaying, most);
    }
    if (replaying->replay != NULL) {
        code = print(replaying, code);
    }
    wv_replay_free(replaying->replay);
    wv_acts_close(replaying->acts);
    wv_replayed_before_fini(&replaying->before);
    free(replaying->fate);
    free(replaying->done);
    free(replaying);
    return code;
}
