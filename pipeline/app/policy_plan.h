/*
 * policy_plan.h — the plan that tests of policies run on.
 */
#ifndef WV_APP_POLICY_PLAN_H
#define WV_APP_POLICY_PLAN_H

#include "plan/plan.h"

/* Of a configuration; NULL: one of every built-in format and pack, with the tenant "default" who
 * owns example.com, the output "default" for security, and the output "consent" for what people
 * have agreed to unless the header "consent" says refused. Tokens are made with a throwaway key,
 * and what has ended by today does not stop it. NULL with findings. */
WV_MUST_USE struct wv_plan *wv_policy_plan(const char *config_path, struct wv_report *report);

#endif
