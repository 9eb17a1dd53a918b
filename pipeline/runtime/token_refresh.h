/*
 * token_refresh.h — bearer tokens for SASL OAUTHBEARER, from a file that somebody else keeps fresh.
 *
 * librdkafka hands sasl.oauthbearer.config to whoever brings tokens; ours is "token_file=" and an
 * absolute path. The file is read when a client starts and again when four fifths of the token's
 * life are over (RFC 7519, claim "exp"), by librdkafka's background thread: a client that nobody
 * polls, as one that only asks for metadata, gets its token all the same. A file that cannot be
 * used is said in the log and looked at again ten seconds later.
 */
#ifndef WV_RUNTIME_TOKEN_REFRESH_H
#define WV_RUNTIME_TOKEN_REFRESH_H

#include "runtime/properties.h"

#include <librdkafka/rdkafka.h>

/* For the configuration of any client, when all properties are set: does nothing where tokens are
 * not asked for. */
void wv_token_refresh_prepare(rd_kafka_conf_t *conf);

/* For the client that was made of it. */
void wv_token_refresh_start(rd_kafka_t *client);

/* Adds a finding at the pointer when the mechanism is OAUTHBEARER and nobody would bring tokens. */
bool wv_token_refresh_check(const struct wv_config *config, const struct wv_settings *settings,
                            const char *pointer, struct wv_report *report);

#endif
