/*
 * recipients_tables.h — what the rows of recipients.h are bound to. Private to recipients.c.
 */
#ifndef WV_PLAN_RECIPIENTS_TABLES_H
#define WV_PLAN_RECIPIENTS_TABLES_H

#include "plan/config.h"

enum { WV_INSTANCE_NAME_BYTES = 64 };

/* What is bound, and read further by hand. */
struct wv_recipient_section {
    struct wv_recipient recipient;
    struct wv_slice day; /* days are read where they stand */
    bool tls;
    json_t *block;
};

struct wv_eligibility_section {
    struct wv_slice checklist, approver, date;
    uint32_t result;
};

struct wv_audit_section {
    struct wv_slice date;
    uint32_t type;
};

struct wv_instance_section {
    struct wv_slice name, country;
    json_t *safeguards;
};

struct wv_safeguard_section {
    struct wv_slice mechanism, document, day;
};

#endif
