/*
 * routing.h — reads which records go to which output: conditions, samples, and the purposes for
 * which records were collected.
 */
#ifndef WV_PLAN_ROUTING_H
#define WV_PLAN_ROUTING_H

#include "plan/config_tables.h"

/* Members `when`, `discard` and `sample` of an output. Conditions are added to those of the file;
 * the weight lives in the arena. */
WV_MUST_USE bool wv_routing_read(const struct wv_node *node, struct wv_output *output,
                                 struct wv_conditions *conditions, struct wv_arena *arena,
                                 struct wv_report *report);

/* Words of conditions that no record can ever have: a warning about each. After the inputs. */
void wv_routing_check(const struct wv_node *node, const struct wv_config *config,
                      struct wv_report *report);

/* Members `purposes` and `basis` of an input, into section->input. */
WV_MUST_USE bool wv_input_purposes_read(const struct wv_node *node,
                                        struct wv_input_section *section, struct wv_report *report);

/* Bits of the purposes that a list names; 0 where there is no list. A finding about a word that is
 * none, and about a list that is empty. */
WV_MUST_USE bool wv_purposes_read(const struct wv_node *node, const struct wv_name_list *names,
                                  uint32_t *bits, struct wv_report *report);

/* Position of a word in a list that ends with NULL; the length of the list: it is not there. */
size_t wv_word_find(const char *const *words, struct wv_slice word);

#endif
