/*
 * subject_makes.h — what the rules of an output make of such a value, in records of a region.
 */
#ifndef WV_APP_SUBJECT_MAKES_H
#define WV_APP_SUBJECT_MAKES_H

#include "app/subject.h"

enum { WV_SUBJECT_MAKES_MAX = 32 };

/* A sort of tokens. */
struct wv_subject_make {
    uint8_t kind;  /* enum wv_kind */
    bool of_key;   /* of Kafka keys only */
    bool lower;    /* of the value with the domain of an e-mail address in lower case */
    uint32_t days; /* as in struct wv_token_key */
};

struct wv_subject_makes {
    struct wv_subject_make items[WV_SUBJECT_MAKES_MAX];
    size_t count;
    bool encrypts; /* addresses, by ip_encrypt */
    bool too_many;
};

/* Adds what can be made in a use of a domain: by every rule that holds for some set of packs with
 * the use's region, under whatever condition. */
void wv_subject_makes_add(const struct wv_plan *plan, const struct wv_subject_value *value,
                          const struct wv_domain_use *use, struct wv_subject_makes *makes);

/* Adds all of `more`. */
void wv_subject_makes_join(struct wv_subject_makes *makes, const struct wv_subject_makes *more);

/* The kind of which tokens of such a value are. */
enum wv_kind wv_subject_kind(enum wv_subject_by by);

#endif
