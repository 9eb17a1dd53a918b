/*
 * sealing.h — which originals an output seals, of which records, and for whom.
 *
 *     "seal": { "certificate": "soc-oncall.pem", "classes": ["client_ip"],
 *               "when": { "action": ["BLOCK"] }, "days": 30 }
 *
 * The law table says of each purpose which classes may be sealed (`seals` in purposes.json). There
 * are no credentials and no free texts among them.
 */
#ifndef WV_PLAN_SEALING_H
#define WV_PLAN_SEALING_H

#include "base/buf.h"
#include "plan/config.h"
#include "plan/plan.h"

/* Days before a certificate's end from which on it is a warning. */
enum { WV_SEAL_WARN_DAYS = 30 };

/* Member `seal` of an output, whose other members have been read; own: path of the configuration,
 * or NULL. Conditions are added to those of the file. */
WV_MUST_USE bool wv_seal_read(const struct wv_node *node, const char *own, struct wv_output *output,
                              struct wv_conditions *conditions, struct wv_arena *arena,
                              struct wv_report *report);

/* Member `seal` of /rejects, whose topic has been read. */
WV_MUST_USE bool wv_reject_seal_read(const struct wv_node *node, struct wv_config *config,
                                     struct wv_arena *arena, struct wv_report *report);

/* The certificate for which rejected records are sealed; NULL: they are not. Lives as long as the
 * plan. */
struct wv_seal_certificate;
const struct wv_seal_certificate *wv_plan_reject_seal(const struct wv_plan *plan);

/* The certificate for which an output seals; NULL: it does not. Lives as long as the plan. */
const struct wv_seal_certificate *wv_plan_seal(const struct wv_plan *plan, size_t output);

/* "client_ip and forwarded_ip, for CN=SOC, for 30 days, where the action is BLOCK": words of the
 * operator's, cut where the buffer is full; nothing where the output does not seal. */
void wv_seal_describe(const struct wv_plan *plan, size_t output, struct wv_buf *out);

#endif
