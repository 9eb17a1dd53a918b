/*
 * approval.h — whether a plan may take the place of another one: two people for every loosening.
 *
 * With "changes": {"four_eyes": true}, a plan that hides less than the one before (loosening.h)
 * needs an approval: a document that names the plan's fingerprint, a reason and a last day, signed
 * by one or more of the people whose certificates the configuration names.
 *
 *     {"approves": "<fingerprint>", "reason": "…", "expires": "2026-12-31", "requested_by": "…"}
 */
#ifndef WV_PLAN_APPROVAL_H
#define WV_PLAN_APPROVAL_H

#include "keys/signed.h"
#include "plan/loosening.h"

enum {
    WV_REASON_LEAST = 10, /* characters */
    WV_REASON_MOST = 500, /* bytes */
    WV_APPROVAL_DAYS = 366,
};

struct wv_approval {
    char reason[WV_REASON_MOST + 1]; /* one line of UTF-8 */
    char requested_by[WV_SIGNER_NAME_MAX + 1];
    int64_t expires_ms; /* since 1970: the first moment in which it does not count any more */
    size_t signer_count;
    char signers[WV_SIGNATURES_MAX][WV_SIGNER_NAME_MAX + 1];
};

/* Whether the approval that the plan's configuration names is signed by as many of its approvers
 * as it asks for, approves this plan, and has not expired. False with the reason as a finding;
 * *approval is {0} then. Reads the file; the certificates are those of when the plan was built. */
WV_MUST_USE bool wv_approval_check(const struct wv_plan *plan, int64_t now_ms,
                                   struct wv_approval *approval, struct wv_report *report);

/* The same for an approval that is in memory: name stands in findings, `trusted` is the plan whose
 * approvers count. */
WV_MUST_USE bool wv_approval_read(const char *name, struct wv_slice message,
                                  const struct wv_plan *trusted, const struct wv_plan *plan,
                                  int64_t now_ms, struct wv_approval *approval,
                                  struct wv_report *report);

/* The document that is to be signed, with a line end; the caller frees it with free(). NULL with
 * findings: a reason or a day that no check would take. requested_by NULL: not said. */
WV_MUST_USE char *wv_approval_document(const struct wv_plan *plan, const char *reason,
                                       const char *expires, const char *requested_by,
                                       int64_t now_ms, struct wv_report *report);

/* Whether `after` may take effect: four_eyes is on in neither plan, or nothing is looser, or there
 * is a valid approval, by the approvers of `before` where four_eyes is on there. before NULL: a
 * start, which is compared with the built-in packs. What is looser is told as warnings, also where
 * it is approved; false adds errors that say why, and how to get an approval. *approval is {0}
 * where none was needed. */
WV_MUST_USE bool wv_change_allowed(const struct wv_plan *before, const struct wv_plan *after,
                                   int64_t now_ms, struct wv_approval *approval,
                                   struct wv_report *report);

#endif
