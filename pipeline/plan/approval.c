/* approval.c — reads approvals, and decides whether a plan needs one. */
#include "plan/approval.h"

#include "keys/digest.h"
#include "keys/epoch.h"
#include "plan/build.h"

#include <stdlib.h>

enum { DAY_MS = 86400000, DOCUMENT_MEMORY = 1 << 20 };

/* What stands in the signed document. */
struct stated {
    struct wv_slice approves;
    struct wv_slice reason;
    struct wv_slice expires;
    struct wv_slice requested_by;
};

static const struct wv_option rows[] = {
    {.name = "approves",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct stated, approves),
     .required = true,
     .max = WV_SHA256_HEX - 1,
     .help = "fingerprint of what is approved, as `wafveil approve` prints it"},
    {.name = "reason",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct stated, reason),
     .required = true,
     .max = WV_REASON_MOST,
     .help = "why it is needed"},
    {.name = "expires",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct stated, expires),
     .required = true,
     .max = WV_DAY_TEXT - 1,
     .help = "last day on which it counts, as 2026-12-31"},
    {.name = "requested_by",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct stated, requested_by),
     .max = WV_SIGNER_NAME_MAX,
     .help = "who has asked for it"},
};

/* ---- Who may approve ------------------------------------------------------------------------- */

bool wv_build_approvers(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const struct wv_change_rules *changes = &plan->config->changes;
    const char *path = (const char *)changes->approvers.ptr;
    struct wv_bytes text;
    if (changes->approvers.len == 0) {
        return true;
    }
    if (!wv_file_read_trusted(path, WV_SIGNERS_BYTES, &text, builder->report)) {
        return false;
    }
    wv_sha256(wv_bytes_slice(text), plan->approvers_digest);
    plan->approvers = wv_signers_parse(path, wv_bytes_slice(text), builder->report);
    wv_bytes_free(&text);
    if (plan->approvers == NULL) {
        return false;
    }
    const size_t count = wv_signers_count(plan->approvers);
    return count >= changes->signatures ||
           wv_config_fail_at(plan->config, "/changes/signatures", builder->report,
                             "%u people must sign, but %s holds the certificates of %zu [SEC-7]",
                             changes->signatures, path, count);
}

/* ---- The signed document --------------------------------------------------------------------- */

static size_t count_characters(struct wv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += (text.ptr[i] & 0xc0) != 0x80;
    }
    return count;
}

static bool is_line(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool check_words(const struct wv_node *root, const struct stated *stated,
                        struct wv_report *report)
{
    const struct wv_node reason = wv_node_member(root, "reason");
    const struct wv_node by = wv_node_member(root, "requested_by");
    if (count_characters(stated->reason) < WV_REASON_LEAST) {
        return wv_node_fail(&reason, report, "must be a reason of at least %d characters [SEC-7]",
                            WV_REASON_LEAST);
    }
    if (!is_line(stated->reason)) {
        return wv_node_fail(&reason, report, "must be one line");
    }
    return is_line(stated->requested_by) || wv_node_fail(&by, report, "must be one line");
}

static bool check_day(const struct wv_node *root, struct wv_slice text, int64_t now_ms,
                      int64_t *expires_ms, struct wv_report *report)
{
    const struct wv_node node = wv_node_member(root, "expires");
    const int64_t today = wv_epoch_day(now_ms / 1000);
    int64_t day;
    if (!wv_day_parse(text, &day)) {
        return wv_node_fail(&node, report, "must be a day, as 2026-12-31");
    }
    if (day < today) {
        return wv_node_fail(&node, report, "is over: the approval does not count any more [SEC-7]");
    }
    if (day > today + WV_APPROVAL_DAYS) {
        return wv_node_fail(&node, report, "must be at most %d days from now [SEC-7]",
                            WV_APPROVAL_DAYS);
    }
    *expires_ms = (day + 1) * DAY_MS;
    return true;
}

/* Both are NUL-terminated; options.h has checked the lengths. */
static void copy_text(char *out, struct wv_slice text)
{
    memcpy(out, text.ptr == NULL ? (const uint8_t *)"" : text.ptr, text.len);
    out[text.len] = '\0';
}

static bool read_document(const struct wv_node *root, const struct wv_plan *plan, int64_t now_ms,
                          struct wv_approval *approval, struct wv_report *report)
{
    struct stated stated = {0};
    struct wv_arena *arena = wv_arena_new(DOCUMENT_MEMORY);
    if (arena == NULL) {
        return wv_node_fail(root, report, "there is no memory left");
    }
    const struct wv_node approves = wv_node_member(root, "approves");
    bool good = wv_options_bind(root, rows, WV_COUNT(rows), &stated, arena, report) &&
                check_words(root, &stated, report) &&
                check_day(root, stated.expires, now_ms, &approval->expires_ms, report);
    if (good && !wv_slice_eq(stated.approves, wv_slice_of(plan->fingerprint))) {
        good = wv_node_fail(&approves, report,
                            "approves something else: the fingerprint of this configuration and "
                            "its documents is %s [SEC-7]",
                            plan->fingerprint);
    }
    if (good) {
        copy_text(approval->reason, stated.reason);
        copy_text(approval->requested_by, stated.requested_by);
    }
    wv_arena_free(arena);
    return good;
}

static bool check_signed(const char *name, const struct wv_signed *message,
                         const struct wv_plan *trusted, const struct wv_plan *plan, int64_t now_ms,
                         struct wv_approval *approval, struct wv_report *report)
{
    const uint32_t wanted = trusted->config->changes.signatures;
    if (message->count < wanted) {
        return wv_report_add(report, (struct wv_finding){.file = name},
                             "is signed by %zu of %u people: another one adds a signature with "
                             "`openssl cms -resign` (see `wafveil help approve`) [SEC-7]",
                             message->count, wanted);
    }
    struct wv_document *document =
        wv_document_parse(name, wv_bytes_slice(message->content), report);
    if (document == NULL) {
        return false;
    }
    const struct wv_node root = wv_document_root(document);
    const bool good = read_document(&root, plan, now_ms, approval, report);
    wv_document_free(document);
    return good;
}

bool wv_approval_read(const char *name, struct wv_slice message, const struct wv_plan *trusted,
                      const struct wv_plan *plan, int64_t now_ms, struct wv_approval *approval,
                      struct wv_report *report)
{
    struct wv_signed opened;
    memset(approval, 0, sizeof *approval);
    if (trusted->approvers == NULL) {
        return wv_report_add(report, (struct wv_finding){.file = trusted->config->path},
                             "names nobody who may approve (\"changes\": {\"approvers\": …}) "
                             "[SEC-7]");
    }
    if (!wv_signed_open(name, message, trusted->approvers, now_ms, &opened, report)) {
        return false;
    }
    bool good = check_signed(name, &opened, trusted, plan, now_ms, approval, report);
    if (good) {
        approval->signer_count = opened.count;
        memcpy(approval->signers, opened.names, sizeof approval->signers);
    } else {
        memset(approval, 0, sizeof *approval);
    }
    wv_signed_free(&opened);
    return good;
}

/* The file that the plan names, or else the plan whose approvers count. */
static bool check_file(const struct wv_plan *trusted, const struct wv_plan *plan, int64_t now_ms,
                       struct wv_approval *approval, struct wv_report *report)
{
    const struct wv_slice own = plan->config->changes.approval;
    const struct wv_slice path = own.len > 0 ? own : trusted->config->changes.approval;
    struct wv_bytes message;
    memset(approval, 0, sizeof *approval);
    if (path.len == 0) {
        return wv_report_add(report, (struct wv_finding){.file = plan->config->path},
                             "names no approval (\"changes\": {\"approval\": \"approval.p7m\"}) "
                             "[SEC-7]");
    }
    const char *name = (const char *)path.ptr;
    if (!wv_file_read_regular(name, WV_SIGNED_BYTES, &message, report)) {
        return false;
    }
    const bool good =
        wv_approval_read(name, wv_bytes_slice(message), trusted, plan, now_ms, approval, report);
    wv_bytes_free(&message);
    return good;
}

bool wv_approval_check(const struct wv_plan *plan, int64_t now_ms, struct wv_approval *approval,
                       struct wv_report *report)
{
    return check_file(plan, plan, now_ms, approval, report);
}

/* ---- The document to sign -------------------------------------------------------------------- */

char *wv_approval_document(const struct wv_plan *plan, const char *reason, const char *expires,
                           const char *requested_by, int64_t now_ms, struct wv_report *report)
{
    struct wv_approval checked = {0};
    json_t *root = json_pack("{s:s, s:s, s:s, s:s*}", "approves", plan->fingerprint, "reason",
                             reason, "expires", expires, "requested_by", requested_by);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) {
        (void)wv_report_add(report, (struct wv_finding){0},
                            "there is no memory left, or the reason is not valid UTF-8");
        return NULL;
    }
    /* What is printed is what will be read: it goes through the same checks. */
    struct wv_document *document = wv_document_parse("the approval", wv_slice_of(text), report);
    const struct wv_node node = document == NULL ? (struct wv_node){0} : wv_document_root(document);
    const bool good = document != NULL && read_document(&node, plan, now_ms, &checked, report);
    wv_document_free(document);
    char *line = NULL;
    if (good && asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
        (void)wv_report_add(report, (struct wv_finding){0}, "there is no memory left");
    }
    free(text);
    return line;
}

/* ---- Whether a plan needs one ---------------------------------------------------------------- */

bool wv_change_allowed(const struct wv_plan *before, const struct wv_plan *after, int64_t now_ms,
                       struct wv_approval *approval, struct wv_report *report)
{
    const bool was_on = before != NULL && before->config->changes.four_eyes;
    memset(approval, 0, sizeof *approval);
    if (!was_on && !after->config->changes.four_eyes) {
        return true;
    }
    const size_t looser = wv_plan_loosened(before, after, report);
    if (looser == 0 || check_file(was_on ? before : after, after, now_ms, approval, report)) {
        return true;
    }
    const char *path = after->config->path == NULL ? "FILE" : after->config->path;
    return wv_report_add(report, (struct wv_finding){.file = after->config->path},
                         "is looser in %zu way%s than %s, and needs an approval by a second "
                         "person: `wafveil approve --config %s --reason \"…\" --expires "
                         "YYYY-MM-DD` prints what is to be signed; `wafveil help approve` says "
                         "how [SEC-7]",
                         looser, looser == 1 ? "" : "s",
                         before == NULL ? "the built-in packs" : "what runs", path);
}
