/*
 * subject.h — every token that one person's value has, for requests of access and erasure.
 *
 * What is computed is what the engine computes: the same canonical value, domain, epoch and key.
 * For each domain that the configuration can have (domains.h), and each that the keys know from an
 * earlier one, and each day of the span: a token for each kind and length of epoch that a rule of
 * the domain's outputs makes of such a value. Days without a key are told as such.
 *
 * The value is nowhere in what is found. No finding holds it.
 */
#ifndef WV_APP_SUBJECT_H
#define WV_APP_SUBJECT_H

#include "app/domains.h"
#include "base/report.h"
#include "filters/address.h"
#include "keys/token.h"

enum {
    WV_SUBJECT_DAYS_MAX = 3660,
    WV_SUBJECT_ROWS_MAX = 100000,
    WV_SUBJECT_VALUE_MAX = 64 * 1024, /* bytes */
};

/* By what somebody is asked for. */
enum wv_subject_by {
    WV_SUBJECT_IP = 0,
    WV_SUBJECT_EMAIL,
    WV_SUBJECT_USER,
    WV_SUBJECT_DEVICE,
    WV_SUBJECT_PHONE,
    WV_SUBJECT_SESSION,
    WV_SUBJECT_BY_COUNT
};
const char *wv_subject_word(enum wv_subject_by by); /* "ip", …: option, and word of reports */

struct wv_subject_value {
    enum wv_subject_by by;
    struct wv_slice text; /* as records hold it */
    bool is_address;      /* it is one; always for WV_SUBJECT_IP */
    struct wv_address address;
};

struct wv_subject_request {
    struct wv_subject_value value;
    int64_t from_day;       /* since 1970 */
    int64_t to_day;         /* included */
    struct wv_slice tenant; /* empty: all */
    uint32_t output;        /* WV_SUBJECT_ALL: all */
};
enum { WV_SUBJECT_ALL = WV_OUTPUTS_MAX };

enum wv_subject_what {
    WV_SUBJECT_TOKEN = 0,
    WV_SUBJECT_ADDRESS, /* encrypted by ip_encrypt */
    WV_SUBJECT_NO_KEY,
};

struct wv_subject_row {
    uint8_t what; /* enum wv_subject_what */
    uint8_t kind; /* enum wv_kind; of a token */
    bool of_key;  /* of Kafka keys only */
    int64_t from_day;
    int64_t to_day; /* included */
    struct wv_token token;
    struct wv_address address;
};

struct wv_subject_domain {
    struct wv_slice name;
    uint64_t outputs; /* bits; 0: none has it, though there are keys */
    size_t first_row;
    size_t row_count;
};

struct wv_subject_found {
    struct wv_subject_domain *domains;
    size_t domain_count;
    struct wv_subject_row *rows;
    size_t row_count;
    size_t counts[WV_SUBJECT_NO_KEY + 1]; /* rows by what they are */
    size_t bare;                          /* domains whose outputs make nothing of such a value */
    struct wv_domain_uses uses;
};

/* False with a finding: memory is short, or there would be more than WV_SUBJECT_ROWS_MAX rows. To
 * be freed in every case; the plan must outlive it. */
WV_MUST_USE bool wv_subject_find(const struct wv_plan *plan,
                                 const struct wv_subject_request *request,
                                 struct wv_subject_found *out, struct wv_report *report);
void wv_subject_free(struct wv_subject_found *found);

#endif
