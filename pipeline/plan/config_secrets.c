/*
 * config_secrets.c — secrets of the connections to Kafka, and who may read and write the files that
 * hold them.
 */
#include "plan/config_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 64 * 1024, PATH_MAX_BYTES = 4096 };

/* ---- Secrets ----------------------------------------------------------------------------------
 */

bool wv_is_secret_property(const char *name)
{
    static const char *const names[] = {
        "sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password", "ssl.key.pem",
        "ssl_key",       "ssl.keystore.password",
    };
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool credential_path(const struct wv_config *config, const struct wv_property *property,
                            char path[PATH_MAX_BYTES], struct wv_report *report)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] != '/') {
        return wv_config_fail_at(config, property->pointer, report,
                                 "is a credential, and systemd has given none "
                                 "($CREDENTIALS_DIRECTORY is not set): say LoadCredential= or "
                                 "LoadCredentialEncrypted= in the unit, or run the command in it");
    }
    return snprintf(path, PATH_MAX_BYTES, "%s/%s", folder, property->value) < PATH_MAX_BYTES ||
           wv_config_fail_at(config, property->pointer, report,
                             "is a credential whose path is too long");
}

static void without_line_ends(struct wv_bytes *text)
{
    size_t len = text->len;
    while (len > 0 && (text->ptr[len - 1] == '\n' || text->ptr[len - 1] == '\r')) {
        text->ptr[--len] = '\0';
    }
}

bool wv_property_text(const struct wv_config *config, const struct wv_property *property,
                      struct wv_bytes *secret, const char **value, struct wv_report *report)
{
    char path[PATH_MAX_BYTES];
    const char *file = property->value;
    *secret = (struct wv_bytes){0};
    *value = property->value;
    if (property->from == WV_PROPERTY_TEXT) {
        return true;
    }
    if (property->from == WV_PROPERTY_CREDENTIAL) {
        if (!credential_path(config, property, path, report)) {
            return false;
        }
        file = path;
    }
    if (!wv_file_read_credential(file, SECRET_MAX, secret, report)) {
        return false;
    }
    without_line_ends(secret);
    *value = (const char *)secret->ptr;
    const size_t len = strlen(*value);
    if (len == 0) {
        return wv_report_add(report, (struct wv_finding){.file = file}, "holds no secret");
    }
    for (size_t i = len; i < secret->len; i++) {
        if (secret->ptr[i] != '\0') {
            return wv_report_add(report, (struct wv_finding){.file = file},
                                 "holds a zero byte: it must be text");
        }
    }
    return true;
}

/* ---- Owner and mode ---------------------------------------------------------------------------
 */

static bool holds_secrets(struct wv_properties properties)
{
    for (size_t i = 0; i < properties.count; i++) {
        if (properties.items[i].from == WV_PROPERTY_TEXT &&
            wv_is_secret_property(properties.items[i].name)) {
            return true;
        }
    }
    return false;
}

static bool config_holds_secrets(const struct wv_config *config)
{
    bool found = holds_secrets(config->kafka) || holds_secrets(config->rejects_kafka) ||
                 holds_secrets(config->audit_kafka);
    for (size_t i = 0; i < config->input_count; i++) {
        found = found || holds_secrets(config->inputs[i].kafka);
    }
    for (size_t i = 0; i < config->output_count; i++) {
        found = found || holds_secrets(config->outputs[i].kafka);
    }
    return found;
}

static bool is_trusted_owner(uid_t owner)
{
    return owner == geteuid() || owner == 0;
}

/* Whoever may write the file decides what is protected. The group of this process counts as its
 * user: many systems give each user a group of his own, and files that it may write. That everybody
 * may is said of every document when it is read. */
static void warn_writable(const struct wv_config *config, const struct stat *status,
                          struct wv_report *report)
{
    const struct wv_finding where = {.severity = WV_WARNING, .file = config->path};
    if (!is_trusted_owner(status->st_uid)) {
        (void)wv_report_add(report, where,
                            "belongs to another user, who can change what is protected: run "
                            "`chown root %s`",
                            config->path);
    }
    if ((status->st_mode & S_IWGRP) != 0 && status->st_gid != getegid()) {
        (void)wv_report_add(report, where,
                            "can be changed by a group (mode %04o), and with it what is protected: "
                            "run `chmod g-w %s`",
                            (unsigned)(status->st_mode & 07777), config->path);
    }
}

bool wv_config_check_rights(const struct wv_config *config, struct wv_report *report)
{
    struct stat status;
    if (config->path == NULL || stat(config->path, &status) != 0 || !S_ISREG(status.st_mode)) {
        return true; /* a pipe has no rights that would say anything */
    }
    warn_writable(config, &status, report);
    return (status.st_mode & S_IROTH) == 0 || !config_holds_secrets(config) ||
           wv_report_add(report, (struct wv_finding){.file = config->path},
                         "holds a password or key and can be read by everybody (mode %04o): run "
                         "`chmod o-r %s`, or put the secret into a file of its own and write "
                         "{\"file\": \"…\"} in its place",
                         (unsigned)(status.st_mode & 07777), config->path);
}

static bool check_key(const struct wv_config *config, const struct wv_property *property,
                      struct wv_report *report)
{
    struct stat status;
    if (stat(property->value, &status) != 0) {
        wv_config_warn_at(config, property->pointer, report, "%s cannot be read: %s",
                          property->value, strerror(errno));
        return true;
    }
    if (!is_trusted_owner(status.st_uid)) {
        return wv_config_fail_at(config, property->pointer, report,
                                 "%s holds a private key and belongs to another user: run `chown "
                                 "%lu %s`",
                                 property->value, (unsigned long)geteuid(), property->value);
    }
    return (status.st_mode & (S_IRWXO | S_IWGRP)) == 0 ||
           wv_config_fail_at(config, property->pointer, report,
                             "%s holds a private key and is open to others (mode %04o): run `chmod "
                             "o-rwx,g-w %s`",
                             property->value, (unsigned)(status.st_mode & 07777), property->value);
}

/* ---- What weakens a connection ----------------------------------------------------------------
 */

bool wv_property_check_safety(const struct wv_config *config, const struct wv_property *property,
                              struct wv_report *report)
{
    static const struct {
        const char *name;
        const char *value;
        const char *effect;
    } careless[] = {
        {"enable.ssl.certificate.verification", "false",
         "whoever answers is taken for the brokers, and is given what is published"},
        {"ssl.endpoint.identification.algorithm", "none",
         "whoever has a certificate of that authority is taken for the brokers"},
        {"security.protocol", "sasl_plaintext",
         "what is read and published can be read on the way, and with PLAIN the password, too"},
    };
    if (strcmp(property->name, "ssl.key.location") == 0 ||
        strcmp(property->name, "ssl.keystore.location") == 0) {
        return check_key(config, property, report);
    }
    for (size_t i = 0; i < WV_COUNT(careless); i++) {
        if (strcmp(careless[i].name, property->name) == 0 &&
            strcasecmp(careless[i].value, property->value) == 0) {
            wv_config_warn_at(config, property->pointer, report, "%s", careless[i].effect);
        }
    }
    return true;
}
