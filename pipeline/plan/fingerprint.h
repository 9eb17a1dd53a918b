/*
 * fingerprint.h — one number for everything that a plan was made of: what an approval approves.
 *
 * Documents count by what they say: white space and the order of members make no difference.
 */
#ifndef WV_PLAN_FINGERPRINT_H
#define WV_PLAN_FINGERPRINT_H

#include "keys/digest.h"
#include "plan/plan.h"

#include <jansson.h>

/* SHA-256 of a value in its canonical spelling: no white space, members in the order of their
 * names. False when memory is short. */
WV_MUST_USE bool wv_canonical_digest(const json_t *value, uint8_t out[WV_SHA256_BYTES]);

/* To be called once the plan is built. False when memory is short. */
WV_MUST_USE bool wv_fingerprint(const struct wv_plan *plan, char out[WV_SHA256_HEX]);

/* Takes the kafka blocks out of a configuration: passwords stand there. Of all else nothing goes: a
 * recipient may be called "kafka". */
void wv_without_kafka(json_t *config);

#endif
