/*
 * The configuration decides who gets what. A mistake in it that goes unnoticed is a leak or a loss,
 * so every finding is compared whole: its place, what is wrong, and what to do.
 */
#include "plan/config.h"
#include "plan/tenants.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/wafveil-config-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    static const char *const names[] = {"wafveil.json", "tenants.json", "x.json"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        (void)unlink(names[i]);
    }
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* What wv_report_print() writes. */
static char *printed(const struct wv_report *report)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(stream);
    wv_report_print(report, stream);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* ---- Findings ---------------------------------------------------------------------------------
 */

/* Parts of a configuration that has nothing wrong with it. */
#define INPUT  "{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"name\":\"acme\"}}"
#define TO_SOC "\"topic\":\"soc\",\"purpose\":\"security\",\"recipient\":\"r\",\"country\":\"JP\""
#define OUTPUT "{\"name\":\"soc\"," TO_SOC "}"
#define REST   "\"keys\":{\"file\":\"k\"},\"rejects\":{\"topic\":\"rej\"}"
#define INS    "\"inputs\":[\n" INPUT "]"
#define OUTS   "\"outputs\":[\n" OUTPUT "]"
#define WITH_TENANT(tenant)                                                                        \
    "{\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\n\"tenant\":" tenant "}],\n" OUTS     \
    ",\n" REST "}"
#define WITH_OUTPUT(members)                                                                       \
    "{" INS ",\n\"outputs\":[{\"topic\":\"soc\",\"recipient\":\"r\",\"country\":\"JP\",\n" members \
    "}],\n" REST "}"
#define WITH(members) "{" INS "," OUTS "," REST ",\n" members "}"

static const struct wrong {
    const char *text;
    const char *findings;
} wrongs[] = {
    {WITH("\"http\":{}"), ""},
    {"{}", "wafveil.json:1:1: error: name at least one input: there is nothing to read\n"
           "wafveil.json:1:1: error: name at least one output: there is nothing to write\n"
           "wafveil.json:1:1: warning: no topic for rejects: rejected records are only counted\n"
           "wafveil.json:1:1: warning: no keys.file: tokens last only as long as the process, and "
           "two processes make different ones\n"},
    {"[]", "wafveil.json:1:1: error: must be an object\n"},
    {WITH("\"outptus\":[]"),
     "wafveil.json:4:1: error: unknown member \"outptus\"; did you mean \"outputs\"? (at "
     "/outptus)\n"},
    {WITH("\"regions\":[]"), "wafveil.json:4:11: error: is empty: leave it out for the default, or "
                             "name a source of regions (at /regions)\n"},
    {WITH("\"regions\":[{\"from\":\"label\"}]"),
     "wafveil.json:4:12: error: \"from\": \"label\" needs \"prefix\" (at /regions/0)\n"},
    {WITH("\"regions\":[{\"from\":\"tenant\",\"header\":\"x\"}]"),
     "wafveil.json:4:29: error: has no meaning with \"from\": \"tenant\" (at /regions/0/header)\n"},
    {WITH("\"kafka\":{\"group.id\":[\"x\"]}"),
     "wafveil.json:4:21: error: must be a string, a number, true or false: it is given to "
     "librdkafka as it is (at /kafka/group.id)\n"},
    {WITH("\"kafka\":[]"), "wafveil.json:4:9: error: must be an object of librdkafka's properties, "
                           "as {\"bootstrap.servers\": \"kafka:9092\"} (at /kafka)\n"},
    {WITH("\"delivery\":{\"mode\":\"exactly_twice\"}"),
     "wafveil.json:4:20: error: must be one of: at_least_once, exactly_once; did you "
     "mean \"exactly_once\"? (at "
     "/delivery/mode)\n"},
    {WITH("\"delivery\":{\"mode\":\"exactly_once\"}"),
     "wafveil.json:4:20: error: exactly_once needs \"instance\": a name that stays with the "
     "process "
     "over restarts and that no other one has; its transactions go by it (at /delivery/mode)\n"},
    {WITH("\"delivery\":{\"mode\":\"exactly_once\",\"skip_published\":true},"
          "\"instance\":\"waf-1\""),
     "wafveil.json:4:52: error: is for at_least_once: exactly_once publishes nothing twice (at "
     "/delivery/skip_published)\n"},
    {WITH("\"delivery\":{\"skip_published\":true}"),
     "wafveil.json:3:1: error: delivery.skip_published finds what is published by its source: this "
     "output needs \"source_position\": true (at /outputs/0)\n"},
    {WITH("\"delivery\":{\"commit_records\":0}"),
     "wafveil.json:4:30: error: must be a whole number from 1 to 10000000 (records) (at "
     "/delivery/commit_records)\n"},
    {WITH("\"delivery\":{\"lanes\":257}"),
     "wafveil.json:4:21: error: must be a whole number from 0 to 256 (threads) (at "
     "/delivery/lanes)\n"},
    {WITH("\"http\":{\"listen\":\"9464\"}"),
     "wafveil.json:4:18: error: must be address:port, as \"127.0.0.1:9464\" or \"[::1]:9464\", or "
     "\"\" for no listener (at /http/listen)\n"},
    {WITH("\"packs\":{\"countries\":{\"CH\":7}}"),
     "wafveil.json:4:28: error: must be the name of a pack, as \"eu\" (at /packs/countries/CH)\n"},
    {WITH("\"packs\":{\"files\":[\"gone.json\"]}"),
     "wafveil.json:4:19: error: cannot read gone.json: No such file or directory (at "
     "/packs/files/0)\n"},
    {WITH("\"formats\":{\"files\":[\"gone.json\"]}"),
     "wafveil.json:4:21: error: cannot read gone.json: No such file or directory (at "
     "/formats/files/0)\n"},
    {WITH("\"limits\":{\"depth\":3}"), "wafveil.json:4:19: error: must be a whole number from 4 to "
                                       "128 (levels) (at /limits/depth)\n"},
    {"{" INS "," OUTS ",\"keys\":{},\n\"rejects\":{\"topic\":\"rej\"}}",
     "wafveil.json:3:90: error: needs \"file\": where `wafveil keys init` puts the secrets (at "
     "/keys)\n"},
    {"{" INS "," OUTS ",\"keys\":{\"file\":\"k\"},\n\"rejects\":{\"topic\":\"soc\"}}",
     "wafveil.json:4:20: error: is also the topic of /outputs/0: its readers expect records (at "
     "/rejects/topic)\n"},
    {"{" INS "," OUTS ",\"keys\":{\"file\":\"k\"},\n\"rejects\":{\"topic\":\"raw\"}}",
     "wafveil.json:4:20: error: is also the topic of /inputs/0: the service would read what it "
     "writes, for ever (at /rejects/topic)\n"},
    {"{\"inputs\":[\n" INPUT ",\n" INPUT "]," OUTS "," REST "}",
     "wafveil.json:3:10: error: is already the topic of /inputs/0 (at /inputs/1/topic)\n"},
    {"{\"inputs\":[\n{\"format\":\"aws-waf\"}]," OUTS "," REST "}",
     "wafveil.json:2:1: error: \"tenant\" is required: whose web site a record belongs to (at "
     "/inputs/0)\n"
     "wafveil.json:2:1: warning: has no topic: `run` needs one (at /inputs/0)\n"},
    {WITH_TENANT("{\"table\":\"t\"}"),
     "wafveil.json:2:10: error: \"from\": \"fixed\" needs \"name\" (at /inputs/0/tenant)\n"
     "wafveil.json:2:11: error: has no meaning with \"from\": \"fixed\" (the default): say what to "
     "look at with \"from\" (at /inputs/0/tenant/table)\n"},
    {WITH_TENANT("{\"from\":\"header\",\"table\":\"t\",\"region\":\"eu\"}"),
     "wafveil.json:2:10: error: \"from\": \"header\" needs \"header\" (at /inputs/0/tenant)\n"
     "wafveil.json:2:39: error: has no meaning with \"from\": \"header\" (at "
     "/inputs/0/tenant/region)\n"},
    {WITH_TENANT("{\"from\":\"host\",\"table\":\"gone.json\"}"),
     "wafveil.json:2:33: error: cannot read gone.json: No such file or directory (at "
     "/inputs/0/tenant/table)\n"},
    {WITH_TENANT("{\"from\":\"web_acl\",\"table\":\"t\"}"),
     "wafveil.json:2:18: error: must be one of: fixed, topic, header, webacl, resource, host; did "
     "you mean \"webacl\"? (at /inputs/0/tenant/from)\n"},
    {WITH_TENANT("{\"name\":\"a/b\"}"),
     "wafveil.json:2:18: error: must be 1 to 64 letters, digits, '.', '_' or '-' (at "
     "/inputs/0/tenant/name)\n"},
    {WITH_TENANT("{\"name\":\"a\",\"hosts\":[\"https://a.example\"]}"),
     "wafveil.json:2:31: error: is no host name: write it without scheme, port and path, as in "
     "\"acme.example\" (at /inputs/0/tenant/hosts/0)\n"},
    {WITH_OUTPUT("\"name\":\"a/b\",\"purpose\":\"security\""),
     "wafveil.json:4:8: error: must be 1 to 64 letters, digits, '.', '_' or '-' (at "
     "/outputs/0/name)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"securty\""),
     "wafveil.json:4:22: error: must be one of: security, analytics, operations, third_party, "
     "service, usage, notices, contract_management, research, information, legal_duty, protection; "
     "did you mean \"security\"? (at /outputs/0/purpose)\n"},
    {WITH_OUTPUT("\"name\":\"a\""),
     "wafveil.json:3:12: error: \"purpose\" is required: what the recipient does with the records "
     "(at /outputs/0)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"security\",\"domain\":\"{tenant}/{regoin}\""),
     "wafveil.json:4:42: error: may hold {tenant}, {region} and {output}, and no other braces (at "
     "/outputs/0/domain)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"security\",\"domain\":\"all\""), ""},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"security\",\"domain\":\"a b\""),
     "wafveil.json:4:42: error: may hold letters, digits, '.', '_', '-', '/' and the placeholders "
     "{tenant}, {region} and {output} (at /outputs/0/domain)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"analytics\",\"domain\":\"all\""),
     "wafveil.json:4:43: error: without {tenant} people can be followed from one tenant to "
     "another, which only the purpose security allows: begin it with \"{tenant}/\" (at "
     "/outputs/0/domain)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"third_party\",\"source_position\":true"),
     "wafveil.json:4:54: error: links every record to its raw original: not for a third party (at "
     "/outputs/0/source_position)\n"},
    {WITH_OUTPUT("\"name\":\"a\",\"purpose\":\"security\",\"basis\":\"consent\""),
     "wafveil.json:4:41: warning: is consent, but no consent.header says when it is refused: only "
     "the tables of tenants can (at /outputs/0/basis)\n"},
    {"{" INS ",\"outputs\":[{\"name\":\"a\",\"purpose\":\"security\",\"country\":\"jp\"}],\n" REST
     "}",
     "wafveil.json:2:73: warning: has no topic: `run` needs one (at /outputs/0)\n"
     "wafveil.json:2:73: warning: has no recipient: say who reads it, for the record of processing "
     "(at /outputs/0)\n"
     "wafveil.json:2:116: error: must be two capital letters (ISO 3166-1), as \"JP\" (at "
     "/outputs/0/country)\n"},
    {"{" INS ",\"outputs\":[\n" OUTPUT ",\n" OUTPUT "],\n" REST "}",
     "wafveil.json:4:9: error: is already the name of /outputs/0 (at /outputs/1/name)\n"},
    {"{" INS ",\"outputs\":[\n" OUTPUT ",\n{\"name\":\"b\"," TO_SOC "}],\n" REST "}",
     "wafveil.json:4:21: warning: is also the topic of /outputs/0: its readers get both versions "
     "of "
     "every record (at /outputs/1/topic)\n"},
    {"{" INS ",\"outputs\":[\n{\"name\":\"b\",\"topic\":\"raw\",\"purpose\":\"security\","
     "\"recipient\":\"r\",\"country\":\"JP\"}],\n" REST "}",
     "wafveil.json:3:21: error: is also the topic of /inputs/0: the service would read what it "
     "writes, for ever (at /outputs/0/topic)\n"},
    /* The same name on another cluster is another topic. */
    {"{\"kafka\":{\"bootstrap.servers\":\"a\"}," INS
     ",\"outputs\":[\n{\"name\":\"b\",\"topic\":\"raw\",\"purpose\":\"security\","
     "\"recipient\":\"r\",\"country\":\"JP\",\"kafka\":{\"bootstrap.servers\":\"b\"}}],\n" REST "}",
     ""},
    {"{" INS ",\"outputs\":[\n{\"name\":\"b\",\"topic\":\"a b\",\"purpose\":\"security\","
     "\"recipient\":\"r\",\"country\":\"JP\"}],\n" REST "}",
     "wafveil.json:3:21: error: is no name of a topic: letters, digits, '.', '_' and '-' are "
     "possible (at /outputs/0/topic)\n"},
};

START_TEST(finding_is_whole)
{
    const struct wrong *wrong = &wrongs[_i];
    struct wv_report *report = wv_report_new();
    write_file("wafveil.json", wrong->text);
    struct wv_config *config = wv_config_load("wafveil.json", report);
    char *text = printed(report);
    ck_assert_str_eq(text, wrong->findings);
    ck_assert_int_eq(config == NULL, wv_report_errors(report) > 0);
    free(text);
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* ---- What a good file becomes -----------------------------------------------------------------
 */

START_TEST(everything_is_kept)
{
    write_file("tenants.json",
               "{\"zeta\":{\"tenant\":\"z\"},\"arn:a\":{\"tenant\":\"acme\",\"region\":\"eu\","
               "\"refused\":true,\"hosts\":[\"ACME.example\"]}}");
    write_file("wafveil.json",
               "{\"kafka\":{\"bootstrap.servers\":\"k:9092\",\"a~b/c\":5,\"socket.keepalive."
               "enable\":true,\"queue.buffering.max.ms\":0.5},"
               "\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":{\"from\":"
               "\"webacl\",\"table\":\"tenants.json\",\"unknown\":\"reject\"},\"kafka\":"
               "{\"fetch.min.bytes\":1}}],"
               "\"outputs\":[{\"name\":\"soc\",\"topic\":\"soc\",\"purpose\":\"operations\","
               "\"basis\":\"contract\",\"recipient\":\"r\",\"country\":\"JP\",\"key\":\"drop\","
               "\"annotate\":\"both\",\"networks\":true,\"headers\":[\"trace\"]}],"
               "\"packs\":{\"files\":[\"x.json\",\"/dev/null\"],\"countries\":{\"CH\":\"ch\"}},"
               "\"keys\":{\"file\":\"k/keys\",\"epoch_days\":30},"
               "\"rejects\":{\"topic\":\"rej\"}}");
    write_file("x.json", "{}");
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/wafveil.json", folder);
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_load(path, report);
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(wv_report_count(report), 0);

    ck_assert_uint_eq(config->kafka.count, 4);
    ck_assert_str_eq(config->kafka.items[1].name, "a~b/c");
    ck_assert_str_eq(config->kafka.items[1].value, "5");
    ck_assert_str_eq(config->kafka.items[1].pointer, "/kafka/a~0b~1c");
    ck_assert_str_eq(config->kafka.items[2].value, "true");
    ck_assert_str_eq(config->kafka.items[3].value, "0.5");
    ck_assert_str_eq(config->inputs[0].kafka.items[0].pointer, "/inputs/0/kafka/fetch.min.bytes");

    const struct wv_tenant_config *tenants = &config->inputs[0].tenant;
    ck_assert_uint_eq(tenants->from, WV_TENANT_WEBACL);
    ck_assert(tenants->reject_unknown);
    ck_assert_uint_eq(tenants->table_count, 2);
    const struct wv_tenant *acme = wv_tenants_find(tenants, WV_LIT("arn:a"));
    ck_assert_ptr_eq(acme, &tenants->table[0]);
    ck_assert(wv_slice_eq(acme->name, WV_LIT("acme")));
    ck_assert(wv_slice_eq(acme->region, WV_LIT("eu")));
    ck_assert(acme->refused);
    ck_assert(wv_slice_eq(acme->hosts.items[0], WV_LIT("acme.example")));

    const struct wv_output *output = &config->outputs[0];
    ck_assert_uint_eq(output->purpose, WV_PURPOSE_OPERATIONS);
    ck_assert_uint_eq(output->basis, WV_BASIS_CONTRACT);
    ck_assert_uint_eq(output->key, WV_KEY_DROP);
    ck_assert_uint_eq(output->annotate, WV_ANNOTATE_BOTH);
    ck_assert(output->networks);
    ck_assert(!output->source_position);
    ck_assert_uint_eq(output->headers.count, 1);

    (void)snprintf(path, sizeof(path), "%s/k/keys", folder);
    ck_assert_str_eq((const char *)config->keys.file.ptr, path);
    ck_assert_uint_eq(config->keys.epoch_days, 30);
    (void)snprintf(path, sizeof(path), "%s/x.json", folder);
    ck_assert_str_eq((const char *)config->pack_files.items[0].ptr, path);
    ck_assert_str_eq((const char *)config->pack_files.items[1].ptr, "/dev/null");
    ck_assert_str_eq(json_string_value(json_object_get(config->countries, "CH")), "ch");
    ck_assert(wv_slice_eq(config->http.listen, WV_LIT("127.0.0.1:9464")));
    ck_assert_uint_eq(config->region_count, 3);
    ck_assert_uint_eq(config->limits.record_bytes, 1048576);
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* A later check can still name the place: with the pointer of the property. */
START_TEST(later_finding_has_its_place)
{
    write_file("wafveil.json", WITH("\"kafka\":{\n\"a/b\":\"secret\"}"));
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_load("wafveil.json", report);
    ck_assert_ptr_nonnull(config);
    ck_assert(!wv_config_fail_at(config, config->kafka.items[0].pointer, report, "no %s", "such"));
    char *text = printed(report);
    ck_assert_str_eq(text, "wafveil.json:5:7: error: no such (at /kafka/a~1b)\n");
    free(text);
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

static const struct listen {
    const char *text;
    bool good;
} listens[] = {
    {"", true},
    {"127.0.0.1:9464", true},
    {"0.0.0.0:0", true},
    {"[::]:65535", true},
    {":9464", false},
    {"127.0.0.1", false},
    {"127.0.0.1:", false},
    {"127.0.0.1:65536", false},
    {"::1:80", false},
    {"[::1]", false},
    {"[::1:80", false},
    {"[]:80", false},
    {"1.2.3.4:-1", false},
    {"1.2.3.4: 80", false},
    {"localhost:80", false},
    {"[", false},
};

START_TEST(listen_syntax)
{
    char whole[1024];
    (void)snprintf(whole, sizeof(whole), "%s%s%s",
                   "{" INS "," OUTS "," REST ",\"http\":{\"listen\":\"", listens[_i].text, "\"}}");
    write_file("wafveil.json", whole);
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_load("wafveil.json", report);
    ck_assert_int_eq(config != NULL, listens[_i].good);
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* ---- Tenants ----------------------------------------------------------------------------------
 */

static const struct wrong tables[] = {
    {"{\"a\":{\"tenant\":\"x\"}}", ""},
    {"{}",
     "tenants.json:1:1: warning: holds no tenant: every record will be of an unknown tenant\n"},
    {"[]",
     "tenants.json:1:1: error: must be an object: {\"<key>\": {\"tenant\": \"<name>\"}, …}\n"},
    {"{\"a\":{}}", "tenants.json:1:6: error: \"tenant\" is required: name of the tenant, as it "
                   "stands in domains, results and metrics (at /a)\n"},
    {"{\"a\":{\"tenant\":\"x y\"}}",
     "tenants.json:1:16: error: must be 1 to 64 letters, digits, '.', '_' or '-': it becomes part "
     "of the domains of tokens (at /a/tenant)\n"},
    {"{\"a\":{\"tenant\":\"x\",\"region\":\"e u\"}}",
     "tenants.json:1:29: error: must be the name of a pack, as \"eu\" (at /a/region)\n"},
    {"{\"a\":{\"tenant\":\"x\",\"hosts\":[\"a.example:80\"]}}",
     "tenants.json:1:29: error: is no host name: write it without scheme, port and path, as in "
     "\"acme.example\" (at /a/hosts/0)\n"},
    {"{\"a:1\":{\"tenant\":\"x\"}}", "tenants.json:1:2: error: the key is no host name: write it "
                                     "without scheme, port and path (at /a:1)\n"},
    {"{\"A.b\":{\"tenant\":\"x\"},\"a.B\":{\"tenant\":\"y\"}}",
     "tenants.json:1:1: error: names the host a.b twice; case does not count\n"},
};

START_TEST(table_findings_are_whole)
{
    struct wv_report *report = wv_report_new();
    write_file("tenants.json", tables[_i].text);
    write_file("wafveil.json", WITH_TENANT("{\"from\":\"host\",\"table\":\"tenants.json\"}"));
    struct wv_config *config = wv_config_load("wafveil.json", report);
    char *text = printed(report);
    ck_assert_str_eq(text, tables[_i].findings);
    free(text);
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* The wrong tenant means the wrong law: every key is found, and nothing near it is. */
START_TEST(every_tenant_is_found)
{
    enum { TENANTS = 999 };
    FILE *file = fopen("tenants.json", "w");
    ck_assert_ptr_nonnull(file);
    for (unsigned i = 0; i < TENANTS; i++) {
        fprintf(file, "%s\"k%u\":{\"tenant\":\"t%u\"}", i == 0 ? "{" : ",", i * 7919 % 99991, i);
    }
    ck_assert_int_ge(fputs("}", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    write_file("wafveil.json", WITH_TENANT("{\"from\":\"webacl\",\"table\":\"tenants.json\"}"));
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_load("wafveil.json", report);
    ck_assert_ptr_nonnull(config);
    const struct wv_tenant_config *tenants = &config->inputs[0].tenant;
    for (unsigned i = 0; i < TENANTS; i++) {
        char key[32];
        char name[32];
        (void)snprintf(key, sizeof(key), "k%u", i * 7919 % 99991);
        (void)snprintf(name, sizeof(name), "t%u", i);
        const struct wv_tenant *tenant = wv_tenants_find(tenants, wv_slice_of(key));
        ck_assert_ptr_nonnull(tenant);
        ck_assert(wv_slice_eq(tenant->name, wv_slice_of(name)));
        (void)snprintf(key, sizeof(key), "k%ux", i * 7919 % 99991);
        ck_assert_ptr_null(wv_tenants_find(tenants, wv_slice_of(key)));
    }
    ck_assert_ptr_null(wv_tenants_find(tenants, (struct wv_slice){0}));
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

START_TEST(host_stands_for_what_is_below)
{
    write_file("tenants.json", "{\"Acme.Example\":{\"tenant\":\"acme\"},\"eu.acme.example\":"
                               "{\"tenant\":\"acme-eu\"}}");
    write_file("wafveil.json", WITH_TENANT("{\"from\":\"host\",\"table\":\"tenants.json\"}"));
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_load("wafveil.json", report);
    ck_assert_ptr_nonnull(config);
    static const struct {
        const char *host;
        const char *tenant;
    } rows[] = {
        {"acme.example", "acme"},       {"shop.acme.example", "acme"},
        {"eu.acme.example", "acme-eu"}, {"a.b.eu.acme.example", "acme-eu"},
        {"notacme.example", NULL},      {"example", NULL},
        {"acme.example.", NULL},        {"", NULL},
    };
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        const struct wv_tenant *tenant =
            wv_tenants_find(&config->inputs[0].tenant, wv_slice_of(rows[i].host));
        ck_assert_int_eq(tenant == NULL, rows[i].tenant == NULL);
        if (tenant != NULL) {
            ck_assert(wv_slice_eq(tenant->name, wv_slice_of(rows[i].tenant)));
        }
    }
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* ---- Without a file ---------------------------------------------------------------------------
 */

START_TEST(builtin_has_one_input_and_output)
{
    struct wv_report *report = wv_report_new();
    struct wv_config *config = wv_config_builtin("aws-waf", NULL, report);
    ck_assert_ptr_nonnull(config);
    ck_assert_ptr_null(config->path);
    ck_assert_uint_eq(wv_report_count(report), 0);
    ck_assert_uint_eq(config->input_count, 1);
    ck_assert_uint_eq(config->output_count, 1);
    ck_assert_uint_eq(config->region_count, 3);
    ck_assert(wv_slice_eq(config->inputs[0].format, WV_LIT("aws-waf")));
    ck_assert(wv_slice_eq(config->outputs[0].name, WV_LIT("default")));
    ck_assert_uint_eq(wv_tenants_find(&config->inputs[0].tenant, WV_LIT("any"))->region.len, 0);
    wv_config_free(config);

    config = wv_config_builtin("aws-waf", "eu", report);
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config->region_count, 1);
    ck_assert_uint_eq(config->regions[0].from, WV_REGION_TENANT);
    ck_assert(wv_slice_eq(config->inputs[0].tenant.table[0].region, WV_LIT("eu")));
    wv_config_free(config);
    wv_report_free(report);
}
END_TEST

/* The reference is made from the rows: each has a help text, and words that are not doubled. */
START_TEST(sections_can_be_described)
{
    size_t count = 0;
    const struct wv_config_section *sections = wv_config_sections(&count);
    ck_assert_uint_ge(count, 14);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(sections[i].pointer);
        ck_assert_ptr_nonnull(sections[i].help);
        for (size_t j = 0; j < sections[i].count; j++) {
            const struct wv_option *row = &sections[i].options[j];
            ck_assert_ptr_nonnull(row->help);
            ck_assert_int_eq(row->kind == WV_OPTION_CHOICE, row->choices != NULL);
            ck_assert(row->kind != WV_OPTION_UINT ||
                      (row->fallback >= row->min && row->fallback <= row->max));
            for (size_t k = 0; k < j; k++) {
                ck_assert_str_ne(row->name, sections[i].options[k].name);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, finding_is_whole, 0, (int)WV_COUNT(wrongs));
    tcase_add_test(tests, everything_is_kept);
    tcase_add_test(tests, later_finding_has_its_place);
    tcase_add_loop_test(tests, listen_syntax, 0, (int)WV_COUNT(listens));
    tcase_add_loop_test(tests, table_findings_are_whole, 0, (int)WV_COUNT(tables));
    tcase_add_test(tests, every_tenant_is_found);
    tcase_add_test(tests, host_stands_for_what_is_below);
    tcase_add_test(tests, builtin_has_one_input_and_output);
    tcase_add_test(tests, sections_can_be_described);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
