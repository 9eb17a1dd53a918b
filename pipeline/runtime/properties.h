/*
 * properties.h — librdkafka's properties as the operator wrote them: checked, and laid over one
 * another.
 *
 * The file's kafka section holds for all clients; the kafka block of an input, an output or the
 * rejects is laid over it. A few properties belong to the runtime, because its promises rest on
 * them. No message holds a property's value: it may be a password.
 */
#ifndef WV_RUNTIME_PROPERTIES_H
#define WV_RUNTIME_PROPERTIES_H

#include "plan/config.h"

/* The properties of one client, sorted by name, each once. */
struct wv_settings {
    const struct wv_property **items;
    size_t count;
};

/* `own` over `base`. False when memory is short. */
WV_MUST_USE bool wv_settings_join(struct wv_settings *settings, struct wv_properties base,
                                  struct wv_properties own);
void wv_settings_free(struct wv_settings *settings);

bool wv_settings_equal(const struct wv_settings *a, const struct wv_settings *b);

/* The value of a property; NULL when it is not set. */
const char *wv_settings_find(const struct wv_settings *settings, const char *name);

/* Adds a finding for every property that librdkafka does not know or whose value it refuses, and
 * for every one that the runtime keeps for itself: part of `wafveil check`. */
bool wv_properties_check(const struct wv_config *config, struct wv_report *report);

/* Adds a finding for everything that `wafveil run` cannot do without: brokers, a group, topics that
 * can be told apart. */
bool wv_properties_require(const struct wv_config *config, struct wv_report *report);

/* The same for delivery exactly once; true where another mode is asked for. */
bool wv_properties_check_exact(const struct wv_config *config, struct wv_report *report);

/* The address of the brokers under either of its two names; NULL when it is not set. */
const char *wv_settings_brokers(const struct wv_settings *settings);

/* Whether partitions are moved one by one, while their owners keep the others. */
bool wv_settings_incremental(const struct wv_settings *settings);

/* The same, and brokers decide whose they are (KIP-848). */
bool wv_settings_next_generation(const struct wv_settings *settings);

/* Why that is not possible; NULL: it is. */
const char *wv_properties_next_generation(bool exactly_once, int version);

/* Adds a finding for every property of an input that does not suit the group's protocol. */
bool wv_properties_check_group(const struct wv_config *config, struct wv_report *report);

/* Why partitions cannot be shared out by this strategy, with a librdkafka of this version; NULL:
 * they can. */
const char *wv_properties_strategy(const char *strategy, int version);

/* Whether reading starts at the end where the group has committed nothing yet. */
bool wv_settings_from_end(const struct wv_settings *settings);

#endif
