/*
 * recipients.h — who reads the outputs, under which agreement: the section `recipients`, and where
 * wafveil itself runs.
 *
 * Reading says only what is wrong within the section; what it means for an output on a day is said
 * where the plan is built (law_check.c).
 */
#ifndef WV_PLAN_RECIPIENTS_H
#define WV_PLAN_RECIPIENTS_H

#include "plan/config.h"

enum {
    WV_RECIPIENT_ROWS = 18,
    WV_ELIGIBILITY_ROWS = 4,
    WV_SAFEGUARD_ROWS = 4,
    WV_AUDIT_ROWS = 2,
    WV_SUB_PROCESSOR_ROWS = 3,
    WV_INSTANCE_ROWS = 3,
};
extern const struct wv_option wv_recipient_rows[WV_RECIPIENT_ROWS];
extern const struct wv_option wv_eligibility_rows[WV_ELIGIBILITY_ROWS];
extern const struct wv_option wv_safeguard_rows[WV_SAFEGUARD_ROWS];
extern const struct wv_option wv_audit_rows[WV_AUDIT_ROWS];
extern const struct wv_option wv_sub_processor_rows[WV_SUB_PROCESSOR_ROWS];
extern const struct wv_option wv_instance_rows[WV_INSTANCE_ROWS];

/* The section `recipients`; node->value NULL: there is none. */
WV_MUST_USE bool wv_recipients_read(const struct wv_node *node, struct wv_config *config,
                                    struct wv_arena *arena, struct wv_report *report);

/* The member `instance`: a name, or an object. */
WV_MUST_USE bool wv_instance_read(const struct wv_node *node, struct wv_config *config,
                                  struct wv_arena *arena, struct wv_report *report);

/* NULL: there is none of that name. */
const struct wv_recipient *wv_recipient_find(const struct wv_config *config, struct wv_slice name);

/* "processor", …; "controller", …; "on_site", … */
const char *wv_recipient_kind_word(uint32_t kind);
const char *wv_recipient_role_word(uint32_t role);
const char *wv_recipient_audit_word(uint32_t type);

#endif
