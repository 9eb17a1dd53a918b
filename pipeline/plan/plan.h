/*
 * plan.h — formats, packs, tenants, regions, outputs and keys, compiled into one decision table.
 *
 * A plan answers, without thinking: which class has the value at this place of this format, and
 * what is done with that class, for this set of regions, in this output. It never changes once it
 * is built; a change of policy is another plan. Only its keys come and go: they are no policy, and
 * whoever keeps a plan must not keep its secrets with it.
 */
#ifndef WV_PLAN_PLAN_H
#define WV_PLAN_PLAN_H

#include "keys/keyring.h"
#include "plan/classes.h"
#include "plan/config.h"

struct wv_plan;

/* Takes the configuration and the keyring (also when it fails: both are freed). keyring NULL: the
 * one that the configuration names, or a throwaway one where it names none. */
WV_MUST_USE struct wv_plan *wv_plan_build(struct wv_config *config, struct wv_keyring *keyring,
                                          struct wv_report *report);

/* Adds what is wrong with the formats, packs and keys that a configuration names which itself has
 * mistakes. Takes both, as wv_plan_build() does. */
void wv_plan_check_documents(struct wv_config *config, struct wv_keyring *keyring,
                             struct wv_report *report);

/* wv_config_load() and wv_plan_build(). */
WV_MUST_USE struct wv_plan *wv_plan_load(const char *config_path, struct wv_report *report);

/* The same for a plan that is to take the place of a running one. Throwaway keys are kept, so that
 * tokens stay the same; keys from a file are read anew. */
WV_MUST_USE struct wv_plan *wv_plan_load_over(struct wv_plan *running, const char *config_path,
                                              struct wv_report *report);

/* The keyring that the plan's configuration names, read anew. NULL with findings: also where it
 * names none, and keys are thrown away. */
WV_MUST_USE struct wv_keyring *wv_plan_read_keys(const struct wv_plan *plan,
                                                 struct wv_report *report);

/* The plan goes on with another keyring, which it takes; the one that it had it lets go. NULL: it
 * keeps none, and no worker can be made by it until it has one. Workers that are there keep theirs.
 * Not while another thread asks the plan for its keyring, or makes a worker. */
void wv_plan_rekey(struct wv_plan *plan, struct wv_keyring *keyring);

/* One more holder: each of them frees it, in any thread. Returns the plan. */
struct wv_plan *wv_plan_hold(struct wv_plan *plan);
void wv_plan_free(struct wv_plan *plan); /* NULL is allowed */

const struct wv_config *wv_plan_config(const struct wv_plan *plan);
struct wv_keyring *wv_plan_keyring(const struct wv_plan *plan); /* not held; NULL: it has none */

/* The detectors of the configuration; NULL: it has none. */
const struct wv_patterns *wv_plan_patterns(const struct wv_plan *plan);

/* Eight hexadecimal digits that change when any document of the plan does (XXH3; no secret in it).
 */
const char *wv_plan_version(const struct wv_plan *plan);

/* SHA-256, in hexadecimal digits, of everything that the plan was made of: the configuration (but
 * for `kafka`, and for where the approval lies), all documents and tables, the certificates of the
 * approvers. Who signs it has signed all of that. Of databases and lists of addresses it holds the
 * names only: they are renewed every week, and would need a signature each time. */
const char *wv_plan_fingerprint(const struct wv_plan *plan);

/* Index of the output with that name; false when there is none. */
WV_MUST_USE bool wv_plan_output(const struct wv_plan *plan, struct wv_slice name, size_t *index);

#endif
