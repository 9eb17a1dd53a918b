/*
 * demo_config.c — the configuration of the demonstration, in files that exist in memory only.
 */
#include "app/demo_config.h"

#include "app/demo_broker.h"

#include <sys/mman.h>
#include <unistd.h>

enum { PATH_MAX_HERE = 64, CONFIG_MAX = 4096 };

/* The shop is a European company, so European law holds wherever its visitors are. Whose law holds
 * for visitors of the other site depends on the visitor alone. */
static const char tenants[] =
    "{ \"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/"
    "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d\":\n"
    "    { \"tenant\": \"shop\", \"region\": \"eu\",\n"
    "      \"hosts\": [\"shop.example.com\", \"login.example.org\"] },\n"
    "  \"arn:aws:wafv2:us-east-1:111122223333:global/webacl/www/"
    "5f2c7a10-8f4e-4d0c-9f3a-1b6d2e7c9a55\":\n"
    "    { \"tenant\": \"media\",\n"
    "      \"hosts\": [\"www.example.com\", \"api.example.com\", \"media.example.net\"] } }\n";

/* Session and fetch times are short because the embedded broker waits as long as they are. */
static const char config[] =
    "{ \"kafka\": { \"bootstrap.servers\": \"%s\", \"group.id\": \"" WV_DEMO_GROUP "\",\n"
    "             \"auto.offset.reset\": \"earliest\", \"session.timeout.ms\": 6000,\n"
    "             \"heartbeat.interval.ms\": 500, \"fetch.wait.max.ms\": 10 },\n"
    "  \"inputs\": [ { \"topic\": \"" WV_DEMO_RAW "\", \"format\": \"aws-waf\",\n"
    "                \"tenant\": { \"from\": \"webacl\", \"table\": \"%s\",\n"
    "                            \"unknown\": \"reject\" } } ],\n"
    "  \"regions\": [ { \"from\": \"tenant\" },\n"
    "               { \"from\": \"label\", \"prefix\": \"awswaf:clientip:geo:\" },\n"
    "               { \"from\": \"country\" } ],\n"
    "  \"outputs\": [ { \"name\": \"soc\", \"topic\": \"" WV_DEMO_PROTECTED "\",\n"
    "                 \"purpose\": \"security\", \"recipient\": \"own-soc\", \"country\": \"DE\" } "
    "],\n"
    "  \"recipients\": { \"own-soc\": { \"kind\": \"own\", \"country\": \"DE\" } },\n"
    "  \"instance\": { \"country\": \"DE\" },\n"
    "  \"rejects\": { \"topic\": \"" WV_DEMO_REJECTS "\" },\n"
    "  \"delivery\": { \"commit_ms\": 500 } }\n";

/* A file without a name; -1: there is none. */
static int write_memory(const char *name, const char *text, char path[PATH_MAX_HERE])
{
    const size_t len = strlen(text);
    const int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0 || write(file, text, len) != (ssize_t)len) {
        if (file >= 0) {
            (void)close(file);
        }
        return -1;
    }
    (void)snprintf(path, PATH_MAX_HERE, "/proc/self/fd/%d", file);
    return file;
}

struct wv_config *wv_demo_config(const char *servers, struct wv_report *report)
{
    char tenants_path[PATH_MAX_HERE] = "";
    char config_path[PATH_MAX_HERE] = "";
    char text[CONFIG_MAX];
    const int tenants_file = write_memory("tenants.json", tenants, tenants_path);
    (void)snprintf(text, sizeof text, config, servers, tenants_path);
    const int config_file = write_memory("wafveil.json", text, config_path);
    struct wv_config *loaded = NULL;
    if (tenants_file < 0 || config_file < 0) {
        (void)wv_report_add(report, (struct wv_finding){0},
                            "this system has no files in memory (memfd_create)");
    } else {
        loaded = wv_config_load(config_path, report);
    }
    if (tenants_file >= 0) {
        (void)close(tenants_file);
    }
    if (config_file >= 0) {
        (void)close(config_file);
    }
    return loaded;
}
