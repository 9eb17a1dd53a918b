/*
 * law_check.c — what is wrong with outputs and their recipients on the day of the configuration.
 *
 * Errors are what no operator can mean; that a transfer is refused is none: then the output gets
 * the profile without personal data, and a warning says for which regions. Every message ends with
 * the requirement behind it (docs/requirements.md).
 */
#include "plan/build.h"
#include "plan/listing.h"
#include "plan/recipients.h"

#include <stdio.h>

enum { POINTER_MAX = 160, TRAINING_DAYS = 365 };

struct checking {
    struct wv_builder *builder;
    const struct wv_config *config;
    const struct wv_recipient *recipient;
    char at[96]; /* "/recipients/NAME" */
};

static const char *pointer(const struct checking *checking, const char *member,
                           char out[POINTER_MAX])
{
    (void)snprintf(out, POINTER_MAX, "%s%s%s", checking->at, member[0] == '\0' ? "" : "/", member);
    return out;
}

static bool fail(const struct checking *checking, const char *member, const char *text)
{
    char at[POINTER_MAX];
    return wv_config_fail_at(checking->config, pointer(checking, member, at),
                             checking->builder->report, "%s", text);
}

static void warn(const struct checking *checking, const char *member, const char *text)
{
    char at[POINTER_MAX];
    wv_config_warn_at(checking->config, pointer(checking, member, at), checking->builder->report,
                      "%s", text);
}

/* For what a day has brought about: whoever only looks is told, too. */
static bool stop(const struct checking *checking, const char *member, const char *text)
{
    if (checking->config->only_look) {
        warn(checking, member, text);
        return true;
    }
    return fail(checking, member, text);
}

static bool is_contractor(const struct wv_recipient *recipient)
{
    return recipient->kind == WV_RECIPIENT_PROCESSOR ||
           recipient->kind == WV_RECIPIENT_SUB_PROCESSOR || recipient->kind == WV_RECIPIENT_AGENT;
}

static bool check_papers(const struct checking *checking)
{
    const struct wv_recipient *recipient = checking->recipient;
    bool ok = true;
    if (recipient->sells) {
        ok = fail(checking, "sells",
                  "records are never sold or shared for advertising: such a recipient gets no "
                  "output [CAL-5]");
    }
    if (recipient->kind != WV_RECIPIENT_OWN && !recipient->tls) {
        ok = fail(checking, "tls", "may be false for your own organisation only [CTR-9]") && ok;
    }
    if ((is_contractor(recipient) || recipient->kind == WV_RECIPIENT_GROUP) &&
        recipient->contract.len == 0) {
        ok =
            fail(checking, "", "needs \"contract\": the id of the agreement on processing [CTR-2]");
    }
    if (is_contractor(recipient) && recipient->memorandum.len == 0) {
        ok = fail(checking, "",
                  "needs \"memorandum\": the id of the memorandum on user information [CTR-2]");
    }
    for (size_t i = 0; i < recipient->sub_processor_count; i++) {
        char member[64];
        (void)snprintf(member, sizeof member, "sub_processors/%zu", i);
        if (recipient->sub_processors[i].approval.len == 0) {
            ok = fail(checking, member,
                      "needs \"approval\": the id of the written approval given before [CTR-4]");
        }
    }
    return ok;
}

static bool check_eligibility(const struct checking *checking)
{
    const struct wv_recipient *recipient = checking->recipient;
    if (!is_contractor(recipient)) {
        return true;
    }
    if (recipient->eligible_day == WV_DAY_FIRST) {
        return fail(checking, "",
                    "needs \"eligibility\": the check before it gets the first record [CTR-1]");
    }
    if (!recipient->eligible) {
        return fail(checking, "eligibility/result", "has not passed the check [CTR-1]");
    }
    return recipient->eligible_day <= checking->config->today ||
           stop(checking, "eligibility/date", "is still to come [CTR-1]");
}

static bool check_audit(const struct checking *checking)
{
    const struct wv_recipient *recipient = checking->recipient;
    const int32_t today = checking->config->today;
    const bool audited = recipient->audit_day != WV_DAY_FIRST;
    const char *member = audited ? "audit/date" : "";
    const int32_t last = recipient->audit_day > recipient->eligible_day ? recipient->audit_day
                                                                        : recipient->eligible_day;
    if (!is_contractor(recipient) || last == WV_DAY_FIRST) {
        return true;
    }
    if (last > today && audited) {
        return stop(checking, member, "is still to come: name the last one [CTR-5]");
    }
    if (today > last + WV_AUDIT_OVERDUE_DAYS) {
        return stop(checking, member,
                    "the yearly audit is overdue by more than 30 days: nothing may be sent there "
                    "[CTR-5]");
    }
    if (today > last + WV_AUDIT_DUE_DAYS) {
        char at[POINTER_MAX];
        char day[WV_DAY_TEXT];
        wv_law_day_format(last + WV_AUDIT_OVERDUE_DAYS, day);
        wv_config_warn_at(checking->config, pointer(checking, member, at),
                          checking->builder->report,
                          "the yearly audit is due: without it nothing personal is sent there "
                          "after %s [CTR-5]",
                          day);
    }
    if (recipient->training_day == WV_DAY_FIRST) {
        warn(checking, "", "\"training\" does not say when its people were trained [CTR-7]");
    } else if (today > recipient->training_day + TRAINING_DAYS) {
        warn(checking, "training", "is more than a year ago [CTR-7]");
    }
    return true;
}

static bool check_days(const struct checking *checking)
{
    const struct wv_days *days = &checking->recipient->days;
    if (checking->config->today < days->from) {
        return stop(checking, "valid_from", "is still to come: nothing may be sent yet [TRF-8]");
    }
    return checking->config->today <= days->until ||
           stop(checking, "", "the agreement has ended: nothing may be sent any more [CTR-12]");
}

/* The value of a property of librdkafka, an output's over the file's; NULL: not given. */
static const char *property(const struct wv_config *config, const struct wv_output *output,
                            const char *name)
{
    const struct wv_properties *places[] = {&output->kafka, &config->kafka};
    for (size_t i = 0; i < WV_COUNT(places); i++) {
        for (size_t j = 0; j < places[i]->count; j++) {
            if (strcmp(places[i]->items[j].name, name) == 0) {
                return places[i]->items[j].value;
            }
        }
    }
    return NULL;
}

/* A configuration without brokers is one for `filter`: there is no connection. */
static bool is_plain(const struct wv_config *config, const struct wv_output *output)
{
    const char *protocol = property(config, output, "security.protocol");
    if (config->kafka.count + output->kafka.count == 0) {
        return false;
    }
    return protocol == NULL ||
           (wv_slice_eq_nocase(wv_slice_of(protocol), WV_LIT("plaintext")) ||
            wv_slice_eq_nocase(wv_slice_of(protocol), WV_LIT("sasl_plaintext")));
}

static bool check_purpose(const struct checking *checking, const struct wv_output *output)
{
    const struct wv_law *law = checking->builder->plan->legal->law;
    const struct wv_purpose_law *purpose = &law->purposes[output->purpose];
    bool ok = true;
    if ((purpose->bases >> output->basis & 1) == 0) {
        char text[256];
        int used = snprintf(text, sizeof text, "the purpose %s cannot rest on %s, but on",
                            wv_purpose_words[output->purpose], wv_basis_words[output->basis]);
        for (size_t i = 0; i < WV_BASIS_COUNT && used > 0 && (size_t)used < sizeof text; i++) {
            if ((purpose->bases >> i & 1) != 0) {
                used += snprintf(text + used, sizeof text - (size_t)used, " %s", wv_basis_words[i]);
            }
        }
        char at[POINTER_MAX];
        ok = wv_config_fail_at(checking->config, pointer(checking, "basis", at),
                               checking->builder->report, "%s [%s]", text,
                               output->purpose == WV_PURPOSE_THIRD_PARTY ? "TRF-12" : "PUR-8");
    }
    if (law->needs_reason[output->basis] && output->reason.len == 0) {
        ok = fail(checking, "", "needs \"reason\": why this basis is called upon [PUR-9]");
    }
    return ok;
}

static bool check_together(const struct checking *checking, const struct wv_output *output)
{
    const struct wv_recipient *recipient = checking->recipient;
    bool ok = true;
    if (recipient == NULL) {
        return true;
    }
    const bool law =
        output->basis == WV_BASIS_LEGAL_OBLIGATION || output->basis == WV_BASIS_VITAL_INTEREST;
    if (recipient->kind == WV_RECIPIENT_THIRD_PARTY && output->basis != WV_BASIS_CONSENT && !law) {
        ok = fail(checking, "basis",
                  "a third party gets records with consent, or where a law demands it [TRF-12]");
    }
    if (recipient->kind == WV_RECIPIENT_AUTHORITY && !law &&
        output->basis != WV_BASIS_PUBLIC_TASK) {
        ok = fail(checking, "basis", "an authority gets records where a law demands it [TRF-10]");
    }
    if (recipient->tls && is_plain(checking->config, output)) {
        ok = fail(checking, "",
                  "its connection is not encrypted: set \"security.protocol\" to \"ssl\" or "
                  "\"sasl_ssl\" [CTR-9]");
    }
    if (output->source_position && recipient->kind != WV_RECIPIENT_OWN) {
        ok = fail(checking, "source_position",
                  "links every record to its raw original: for your own organisation only "
                  "[CTR-11]");
    }
    return ok;
}

/* Whether anything can say that somebody agreed to disclosure to third parties. */
static bool can_agree(const struct wv_config *config)
{
    bool any = config->third_party_header.len > 0;
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; !any && t < tenants->table_count; t++) {
            any = tenants->table[t].third_party;
        }
    }
    return any;
}

static void warn_third_party(const struct checking *checking, size_t output)
{
    if (checking->builder->plan->legal->outputs[output].needs_third_party &&
        checking->config->path != NULL && !can_agree(checking->config)) {
        warn(checking, "basis",
             "is consent, and nothing says that there is any to disclosure to third parties: it "
             "gets no personal data until consent.third_party, or a tenant's third_party, does "
             "[TRF-12]");
    }
}

/* Which regions get the profile without personal data, in one line. */
static void warn_refused(const struct checking *checking, size_t output)
{
    const struct wv_plan *plan = checking->builder->plan;
    struct wv_listing names = {0};
    enum wv_transfer_reason reason = WV_TRANSFER_ALLOWED;
    for (size_t pack = 0; pack < plan->pack_count; pack++) {
        int32_t next = WV_DAY_NEVER;
        const struct wv_transfer transfer =
            wv_legal_decide(plan, output, pack, checking->config->today, &next);
        if (!transfer.allowed && wv_legal_is_region(plan, pack)) {
            wv_listing_add(&names, plan->packs[pack].name);
            reason = transfer.reason > reason ? transfer.reason : reason;
        }
    }
    if (names.names + names.more == 0 || checking->config->path == NULL) {
        return;
    }
    wv_config_warn_at(checking->config, checking->at, checking->builder->report,
                      "gets records of these regions without personal data only: %s; `wafveil "
                      "check --legal` says why [%s]",
                      names.text, wv_transfer_requirement(reason));
}

static bool check_recipients(struct checking *checking)
{
    const struct wv_config *config = checking->config;
    bool ok = true;
    for (size_t i = 0; i < config->recipient_count; i++) {
        checking->recipient = &config->recipients[i];
        (void)snprintf(checking->at, sizeof checking->at, "/recipients/%s",
                       (const char *)checking->recipient->name.ptr);
        ok = check_papers(checking) && ok;
        ok = check_eligibility(checking) && ok;
        ok = check_audit(checking) && ok;
        ok = check_days(checking) && ok;
    }
    return ok;
}

bool wv_build_legal_checks(struct wv_builder *builder)
{
    const struct wv_config *config = builder->plan->config;
    struct checking checking = {.builder = builder, .config = config};
    bool ok = check_recipients(&checking);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        checking.recipient = builder->plan->legal->outputs[i].recipient;
        (void)snprintf(checking.at, sizeof checking.at, "/outputs/%zu", i);
        ok = check_purpose(&checking, output) && ok;
        ok = check_together(&checking, output) && ok;
        warn_third_party(&checking, i);
        if (ok && wv_report_errors(builder->report) == 0) {
            warn_refused(&checking, i);
        }
    }
    if (ok && wv_report_errors(builder->report) == 0) {
        wv_build_legal_ends(builder);
    }
    if (!config->has_recipients && config->path != NULL && !config->bare &&
        config->output_count > 0) {
        wv_config_warn_at(config, "", builder->report,
                          "no recipients: all outputs are taken for read by your own organisation "
                          "[TRF-1]");
    }
    return ok;
}
