/*
 * config_secrets.h — secrets of the connections to Kafka, and who may read and write the files that
 * hold them.
 *
 * A secret is read only where a client is made, and wiped behind it: who only looks at a policy
 * needs none of them, and the configuration in memory has none that does not stand in its file.
 */
#ifndef WV_PLAN_CONFIG_SECRETS_H
#define WV_PLAN_CONFIG_SECRETS_H

#include "base/file.h"
#include "plan/config.h"

/* Passwords and keys among librdkafka's properties. */
WV_MUST_USE bool wv_is_secret_property(const char *name);

/* What librdkafka is to be given, with a NUL behind it: *value points into the property, or into
 * *secret, which the caller frees in any case. False, with a finding that says nothing of it, when
 * it cannot be had. A file or credential must be a regular file of this user or of root that nobody
 * else may write and that is closed to everybody but a group; line ends behind it do not count. */
WV_MUST_USE bool wv_property_text(const struct wv_config *config,
                                  const struct wv_property *property, struct wv_bytes *secret,
                                  const char **value, struct wv_report *report);

/* Looks at the owner and mode of the configuration's file. False, with a finding, when everybody
 * may read secrets in it; a warning when others may change it. */
bool wv_config_check_rights(const struct wv_config *config, struct wv_report *report);

/* Looks at the owner and mode of the private key that a property names; links are followed. A file
 * that cannot be looked at is a warning, and so is a property that makes a connection less than
 * safe. */
bool wv_property_check_safety(const struct wv_config *config, const struct wv_property *property,
                              struct wv_report *report);

#endif
