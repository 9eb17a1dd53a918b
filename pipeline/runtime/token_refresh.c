/*
 * token_refresh.c — bearer tokens for SASL OAUTHBEARER, from a file that somebody else keeps fresh.
 */
#include "runtime/token_refresh.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "keys/bearer.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { PROPERTY_MAX = 4096, WHY_MAX = 512 };

static const char prefix[] = "token_file=";

/* NULL: the text names none. */
static const char *path_in(const char *text)
{
    const bool names = text != NULL && strncmp(text, prefix, sizeof prefix - 1) == 0;
    return names && text[sizeof prefix - 1] == '/' ? text + sizeof prefix - 1 : NULL;
}

static bool is_bearer(const char *mechanism)
{
    return mechanism != NULL && strcasecmp(mechanism, "OAUTHBEARER") == 0;
}

static bool wants_tokens(const rd_kafka_conf_t *conf)
{
    char text[PROPERTY_MAX];
    size_t size = sizeof text;
    if (rd_kafka_conf_get(conf, "sasl.mechanisms", text, &size) != RD_KAFKA_CONF_OK ||
        !is_bearer(text)) {
        return false;
    }
    size = sizeof text;
    return rd_kafka_conf_get(conf, "sasl.oauthbearer.config", text, &size) == RD_KAFKA_CONF_OK &&
           path_in(text) != NULL;
}

/* The token, with a NUL behind it and no white space round it. */
static bool read_token(const char *path, struct wv_bytes *bytes, int64_t *expires_ms,
                       struct wv_report *report)
{
    const struct wv_finding where = {.file = path};
    if (!wv_file_read_credential(path, WV_BEARER_MAX, bytes, report)) {
        return false;
    }
    size_t len = bytes->len;
    while (len > 0 && isspace(bytes->ptr[len - 1])) {
        bytes->ptr[--len] = '\0';
    }
    for (size_t i = 0; i < len; i++) {
        if (!isgraph(bytes->ptr[i])) {
            return wv_report_add(report, where, "must hold one token and nothing else");
        }
    }
    const char *wrong = wv_bearer_expiry((struct wv_slice){bytes->ptr, len}, expires_ms);
    if (wrong != NULL) {
        return wv_report_add(report, where, "%s", wrong);
    }
    return *expires_ms > wv_clock_wall_ms(wv_clock_system()) ||
           wv_report_add(report, where, "holds a token that has expired");
}

static void refuse(rd_kafka_t *client, const char *path, const char *why)
{
    /* Every client asks for itself, and all of them for the same file: one line is enough. */
    static struct wv_log_pause pause;
    char text[WHY_MAX];
    (void)snprintf(text, sizeof text, "the file of sasl.oauthbearer.config %s", why);
    if (wv_log_is_due(&pause, wv_clock_system())) {
        wv_log(WV_LOG_WARN, "token_unusable",
               WV_FIELDS(wv_log_word("file", path), wv_log_word("what", why),
                         wv_log_word("effect", "no new connection to the brokers is made with it"),
                         wv_log_word("advice", "let whoever brings the token write a new one; it "
                                               "is looked at every ten seconds")));
    }
    (void)rd_kafka_oauthbearer_set_token_failure(client, text);
}

static void refresh(rd_kafka_t *client, const char *config, void *opaque)
{
    (void)opaque;
    const char *path = path_in(config);
    struct wv_report *report = wv_report_new();
    struct wv_bytes token = {0};
    int64_t expires_ms = 0;
    char ignored[128];
    if (path == NULL || report == NULL) {
        (void)rd_kafka_oauthbearer_set_token_failure(client, "memory is short");
    } else if (!read_token(path, &token, &expires_ms, report)) {
        refuse(client, path, wv_report_at(report, 0)->text);
    } else if (rd_kafka_oauthbearer_set_token(client, (const char *)token.ptr, expires_ms,
                                              "wafveil", NULL, 0, ignored,
                                              sizeof ignored) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        refuse(client, path, "holds a token that librdkafka does not take");
    }
    wv_bytes_free(&token);
    wv_report_free(report);
}

void wv_token_refresh_prepare(rd_kafka_conf_t *conf)
{
    if (wants_tokens(conf)) {
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refresh);
        rd_kafka_conf_enable_sasl_queue(conf, 1);
    }
}

void wv_token_refresh_start(rd_kafka_t *client)
{
    if (!wants_tokens(rd_kafka_conf(client))) {
        return;
    }
    rd_kafka_error_t *error = rd_kafka_sasl_background_callbacks_enable(client);
    if (error != NULL) {
        wv_log(WV_LOG_ERROR, "token_unusable",
               WV_FIELDS(wv_log_word("what", rd_kafka_error_string(error)),
                         wv_log_word("effect", "this client cannot prove who it is")));
        rd_kafka_error_destroy(error);
    }
}

bool wv_token_refresh_check(const struct wv_config *config, const struct wv_settings *settings,
                            const char *pointer, struct wv_report *report)
{
    const char *mechanism = wv_settings_find(settings, "sasl.mechanism");
    const char *unsecured = wv_settings_find(settings, "enable.sasl.oauthbearer.unsecure.jwt");
    const char *method = wv_settings_find(settings, "sasl.oauthbearer.method");
    if (mechanism == NULL) {
        mechanism = wv_settings_find(settings, "sasl.mechanisms");
    }
    if (!is_bearer(mechanism) || (method != NULL && strcasecmp(method, "oidc") == 0)) {
        return true;
    }
    if (unsecured != NULL && strcmp(unsecured, "true") == 0) {
        wv_config_warn_at(config, pointer, report,
                          "enable.sasl.oauthbearer.unsecure.jwt is for tests: anybody can make "
                          "such a token");
        return true;
    }
    return path_in(wv_settings_find(settings, "sasl.oauthbearer.config")) != NULL ||
           wv_config_fail_at(config, pointer, report,
                             "OAUTHBEARER needs a token: set \"sasl.oauthbearer.config\" to "
                             "\"token_file=\" and the absolute path of a file that holds one");
}
