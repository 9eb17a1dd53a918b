/*
 * Feeds arbitrary messages to the reader of approvals, and documents of any content that were
 * signed by an approver.
 *
 * A message of the fuzzer is never an approval: nobody has given it a key. What an approver has
 * signed is one only if it names the plan, a reason and a day that has not come; whatever comes
 * out fits its limits, and what is refused leaves nothing behind and says why.
 *
 * Input: one byte that chooses what is made of the rest: the message as it is; a good message with
 * these bytes laid over a place of it; or the document that is signed.
 */
#include "plan/approval.h"
#include "plan/tables.h"
#include "support/signing.h"

enum { HEAD = 3, DOCUMENT_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made once: keys take their time. */
static struct person approver;
static struct wv_config config;
static struct wv_plan plan;
static struct wv_bytes message; /* of a document that approves the plan */
static char document[DOCUMENT_MAX];

static void set_up(void)
{
    struct wv_report *report = wv_report_new();
    approver = person_new((struct person_wish){.name = "Ada"});
    struct wv_bytes pem = signing_certificates(&approver, 1);
    config.changes.signatures = 1;
    plan.config = &config;
    plan.approvers = wv_signers_parse("a.pem", wv_bytes_slice(pem), report);
    wv_ensure(plan.approvers != NULL);
    memset(plan.fingerprint, 'a', sizeof plan.fingerprint - 1);
    snprintf(document, sizeof document,
             "{\"approves\":\"%s\",\"reason\":\"because of this\",\"expires\":\"2026-12-31\"}",
             plan.fingerprint);
    message = signing_write(signing_message(&approver, 1, document, CMS_NOCERTS, NULL), false);
    wv_bytes_free(&pem);
    wv_report_free(report);
}

static bool read_message(struct wv_slice bytes, struct wv_approval *approval)
{
    static const struct wv_approval nothing;
    struct wv_report *report = wv_report_new();
    const bool good =
        wv_approval_read("fuzz", bytes, &plan, &plan, SIGNING_NOW_MS, approval, report);
    wv_ensure(good == (wv_report_errors(report) == 0));
    if (good) {
        wv_ensure(approval->signer_count == 1 && strcmp(approval->signers[0], "CN=Ada") == 0);
        wv_ensure(strlen(approval->reason) >= WV_REASON_LEAST);
        wv_ensure(approval->expires_ms > SIGNING_NOW_MS);
        wv_ensure(approval->expires_ms <=
                  SIGNING_NOW_MS + (WV_APPROVAL_DAYS + INT64_C(1)) * SIGNING_DAY_S * 1000);
    } else {
        wv_ensure(memcmp(approval, &nothing, sizeof nothing) == 0);
    }
    wv_report_free(report);
    return good;
}

/* A change that leaves the signature good has left the document as it was. */
static void read_changed(const uint8_t *data, size_t size)
{
    struct wv_approval approval;
    struct wv_bytes changed = {malloc(message.len), message.len};
    const size_t at = (size_t)(data[0] << 8 | data[1]) % message.len;
    const size_t count = size - 2 < message.len - at ? size - 2 : message.len - at;
    wv_ensure(changed.ptr != NULL);
    memcpy(changed.ptr, message.ptr, message.len);
    memcpy(changed.ptr + at, data + 2, count);
    if (read_message(wv_bytes_slice(changed), &approval)) {
        wv_ensure(strcmp(approval.reason, "because of this") == 0);
        wv_ensure(memmem(changed.ptr, changed.len, document, strlen(document)) != NULL);
    }
    wv_bytes_free(&changed);
}

static void read_document(const uint8_t *data, size_t size)
{
    struct wv_approval approval;
    char text[DOCUMENT_MAX + 1];
    const size_t len = size < DOCUMENT_MAX ? size : DOCUMENT_MAX;
    memcpy(text, data, len);
    text[len] = '\0';
    struct wv_bytes own =
        signing_write(signing_message(&approver, 1, text, CMS_NOCERTS, NULL), false);
    if (read_message(wv_bytes_slice(own), &approval)) {
        wv_ensure(strstr(text, plan.fingerprint) != NULL || strchr(text, '\\') != NULL);
    }
    wv_bytes_free(&own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wv_approval approval;
    if (message.ptr == NULL) {
        set_up();
    }
    if (size < HEAD) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        wv_ensure(!read_message((struct wv_slice){data + 1, size - 1}, &approval));
        break;
    case 1:
        read_changed(data + 1, size - 1);
        break;
    default:
        read_document(data + 1, size - 1);
        break;
    }
    return 0;
}
