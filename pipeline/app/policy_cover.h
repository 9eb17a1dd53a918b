/*
 * policy_cover.h — which rules of the packs some test has reached.
 *
 * A rule is reached when a value of its class stood in the record of some test, the pack in whose
 * document the rule stands applied in the test's output (by itself, by a pack that takes the rule
 * from it, or as the output's overlay), and the rule's conditions were the first that held. So of
 * rules with `when`, each is counted by itself: the conditional one is reached where the condition
 * holds, and the one behind it where it does not. The rule of "unlisted" is one like the others. A
 * pack's failure rule is reached when, under that pack, a filter could not read a value. Whether
 * the test passed, and whether another pack was stricter, does not count. A pack's rules are those
 * of its own document; packs under which no test has a record are named and not counted.
 */
#ifndef WV_APP_POLICY_COVER_H
#define WV_APP_POLICY_COVER_H

#include "engine/transform.h"

#include <stdio.h>

struct wv_cover;

/* NULL when memory is short. The plan must outlive it. */
WV_MUST_USE struct wv_cover *wv_cover_new(const struct wv_plan *plan);
void wv_cover_free(struct wv_cover *cover);

/* A value was decided upon, in the output of which `supposed` tells. */
void wv_cover_mark(struct wv_cover *cover, const struct wv_supposed *supposed,
                   const struct wv_trace *trace);

/* The ratio, a line for each pack, and the rules that were not reached. */
void wv_cover_print(const struct wv_cover *cover, FILE *out);

#endif
