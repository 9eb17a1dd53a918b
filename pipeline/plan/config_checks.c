/*
 * config_checks.c — findings about members of the configuration that belong together.
 */
#include "plan/config_checks.h"

#include "keys/keyring.h"
#include "plan/config_domains.h"
#include "plan/law.h"
#include "plan/tenants.h"

#include <arpa/inet.h>

enum { LISTEN_MAX = 64 };

/* A member that means something for some choices of "from" only: a bit for each choice. */
struct member_use {
    const char *name;
    unsigned allowed;
    unsigned needed;
};

/* `from` as it stands in the file; 0 is the choice where it is left out. */
static bool check_uses(const struct wv_node *node, const struct member_use *uses, size_t count,
                       const struct wv_option *from_row, uint32_t from, struct wv_report *report)
{
    const char *word = from_row->choices[from];
    const unsigned bit = 1u << from;
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node member = wv_node_member(node, uses[i].name);
        if (member.value == NULL && (uses[i].needed & bit) != 0) {
            ok = wv_node_fail(node, report, "\"from\": \"%s\" needs \"%s\"", word, uses[i].name);
        } else if (member.value != NULL && (uses[i].allowed & bit) == 0) {
            ok = wv_node_key_fail(&member, report, "has no meaning with \"from\": \"%s\"%s", word,
                                  wv_node_member(node, "from").value == NULL
                                      ? " (the default): say what to look at with \"from\""
                                      : "");
        }
    }
    return ok;
}

static bool check_word(const struct wv_node *owner, const char *name, struct wv_slice word,
                       struct wv_report *report)
{
    const struct wv_node node = wv_node_member(owner, name);
    if (node.value == NULL || wv_tenants_is_word(word)) {
        return true;
    }
    return wv_node_fail(&node, report, "must be 1 to 64 letters, digits, '.', '_' or '-'");
}

bool wv_config_check_tenant(const struct wv_node *node, const struct wv_tenant_section *tenant,
                            struct wv_report *report)
{
    const unsigned fixed = 1u << WV_TENANT_FIXED;
    const unsigned header = 1u << WV_TENANT_HEADER;
    const struct member_use uses[] = {
        {"name", fixed, fixed},        {"region", fixed, 0},       {"hosts", fixed, 0},
        {"never_sensitive", fixed, 0}, {"header", header, header}, {"table", ~fixed, ~fixed},
        {"unknown", ~fixed, 0},
    };
    const struct wv_option *from_row = &wv_config_tables[WV_AT_TENANT].options[0];
    bool ok = check_uses(node, uses, WV_COUNT(uses), from_row, tenant->config.from, report);
    ok = check_word(node, "name", tenant->config.name, report) && ok;
    return check_word(node, "region", tenant->region, report) && ok;
}

bool wv_config_check_region(const struct wv_node *node, const struct wv_region_source *source,
                            struct wv_report *report)
{
    const unsigned label = 1u << WV_REGION_LABEL;
    const unsigned header = 1u << WV_REGION_HEADER;
    const unsigned database = 1u << WV_REGION_DATABASE;
    const struct member_use uses[] = {{"prefix", label, label},
                                      {"header", header, header},
                                      {"file", database, database},
                                      {"max_age_days", database, 0}};
    const struct wv_option *from_row = &wv_config_tables[WV_AT_REGION].options[0];
    return check_uses(node, uses, WV_COUNT(uses), from_row, source->from, report);
}

bool wv_config_check_output(const struct wv_node *node, const struct wv_output *output,
                            struct wv_report *report)
{
    bool ok = check_word(node, "name", output->name, report);
    const struct wv_node country = wv_node_member(node, "country");
    if (country.value != NULL) {
        ok = wv_country_check(&country, output->country, report) && ok;
    }
    const struct wv_node domain = wv_node_member(node, "domain");
    if (domain.value != NULL) {
        ok = wv_config_check_domain(&domain, output, report) && ok;
    }
    const struct wv_node position = wv_node_member(node, "source_position");
    if (output->source_position && output->purpose == WV_PURPOSE_THIRD_PARTY) {
        ok = wv_node_fail(&position, report,
                          "links every record to its raw original: not for a third party");
    }
    return ok;
}

/* "192.0.2.1:9464" or "[::1]:9464". */
bool wv_config_check_listen(const struct wv_node *node, struct wv_slice listen,
                            struct wv_report *report)
{
    if (listen.len == 0) {
        return true;
    }
    char text[LISTEN_MAX] = "";
    if (listen.len < sizeof(text)) {
        memcpy(text, listen.ptr, listen.len);
    }
    char *colon = strrchr(text, ':');
    const char *port = colon == NULL ? "" : colon + 1;
    const size_t digits = strspn(port, "0123456789");
    bool ok =
        digits > 0 && digits <= 5 && port[digits] == '\0' && strtoul(port, NULL, 10) <= UINT16_MAX;
    unsigned char address[sizeof(struct in6_addr)];
    if (ok && text[0] == '[') {
        ok = colon > text + 1 && colon[-1] == ']';
        colon[-1] = '\0';
        ok = ok && inet_pton(AF_INET6, text + 1, address) == 1;
    } else if (ok) {
        *colon = '\0';
        ok = inet_pton(AF_INET, text, address) == 1;
    }
    return ok || wv_node_fail(node, report,
                              "must be address:port, as \"127.0.0.1:9464\" or \"[::1]:9464\", or "
                              "\"\" for no listener");
}

bool wv_config_check_countries(const struct wv_node *node, struct wv_report *report)
{
    if (node->value == NULL) {
        return true;
    }
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report, "must be an object: {\"CH\": \"ch\"}");
    }
    bool ok = true;
    const char *code;
    json_t *value;
    json_object_foreach(node->value, code, value)
    {
        const struct wv_node country = wv_node_member(node, code);
        const struct wv_slice region = wv_slice_of(json_string_value(value));
        if (!wv_tenants_is_word(wv_slice_of(code))) {
            ok = wv_node_key_fail(&country, report,
                                  "a country is two capital letters (ISO 3166-1), or with a "
                                  "subdivision as \"US-CA\"");
        } else if (!wv_tenants_is_word(region)) {
            ok = wv_node_fail(&country, report, "must be the name of a pack, as \"eu\"");
        }
    }
    return ok;
}

/* The brokers that a block leads to, over the ones of the file; NULL: none given. */
static const char *brokers(const struct wv_config *config, const struct wv_properties *block)
{
    const struct wv_properties *places[] = {block, &config->kafka};
    for (size_t i = 0; i < WV_COUNT(places); i++) {
        for (size_t j = 0; j < places[i]->count; j++) {
            if (strcmp(places[i]->items[j].name, "bootstrap.servers") == 0 ||
                strcmp(places[i]->items[j].name, "metadata.broker.list") == 0) {
                return places[i]->items[j].value;
            }
        }
    }
    return NULL;
}

/* A topic that is read or written, and where the file says so. */
struct use_of_topic {
    struct wv_node node;
    struct wv_slice topic;
    const char *brokers;
};

static bool same_topic(const struct use_of_topic *a, const struct use_of_topic *b)
{
    if (a->topic.len == 0 || !wv_slice_eq(a->topic, b->topic)) {
        return false;
    }
    return a->brokers == NULL || b->brokers == NULL || strcmp(a->brokers, b->brokers) == 0;
}

static bool is_topic_name(struct wv_slice topic)
{
    for (size_t i = 0; i < topic.len; i++) {
        if (!wv_tenants_is_word(wv_slice_sub(topic, i, i + 1))) {
            return false;
        }
    }
    return !wv_slice_eq(topic, WV_LIT(".")) && !wv_slice_eq(topic, WV_LIT(".."));
}

static bool check_topic(const struct use_of_topic *use, struct wv_report *report)
{
    if (is_topic_name(use->topic)) {
        return true;
    }
    return wv_node_fail(&use->node, report,
                        "is no name of a topic: letters, digits, '.', '_' and '-' are possible");
}

static struct use_of_topic input_use(const struct wv_config *config, const struct wv_node *input,
                                     size_t index)
{
    return (struct use_of_topic){wv_node_member(input, "topic"), config->inputs[index].topic,
                                 brokers(config, &config->inputs[index].kafka)};
}

/* What is written must not be read again: every record would go round for ever. */
static bool check_loop(const struct wv_config *config, const struct use_of_topic *written,
                       struct wv_report *report)
{
    for (size_t i = 0; i < config->input_count; i++) {
        const struct use_of_topic read = {.topic = config->inputs[i].topic,
                                          .brokers = brokers(config, &config->inputs[i].kafka)};
        if (same_topic(written, &read)) {
            return wv_node_fail(&written->node, report,
                                "is also the topic of /inputs/%zu: the service would read what it "
                                "writes, for ever",
                                i);
        }
    }
    return true;
}

/* Whether what only the service needs is left out on purpose, as for `filter`. With a kafka section
 * the runtime says more about it, as errors. */
static bool runs_without(const struct wv_config *config)
{
    return config->path != NULL && config->kafka.count == 0 && !config->bare;
}

/* An array that is none has been told already. */
static bool is_wrong_kind(const struct wv_node *array)
{
    return array->value != NULL && !json_is_array(array->value);
}

static bool check_inputs(const struct wv_config *config, const struct wv_node *root,
                         struct wv_report *report)
{
    const struct wv_node array = wv_node_member(root, "inputs");
    if (config->input_count == 0) {
        return is_wrong_kind(&array) ||
               wv_node_fail(&array, report, "name at least one input: there is nothing to read");
    }
    bool ok = true;
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_node node = wv_node_element(&array, i);
        const struct use_of_topic use = input_use(config, &node, i);
        ok = check_topic(&use, report) && ok;
        if (runs_without(config) && use.topic.len == 0 && json_is_object(node.value)) {
            wv_node_warn(&node, report, "has no topic: `run` needs one");
        }
        for (size_t j = 0; j < i; j++) {
            const struct wv_node other_node = wv_node_element(&array, j);
            const struct use_of_topic other = input_use(config, &other_node, j);
            if (same_topic(&use, &other)) {
                ok = wv_node_fail(&use.node, report, "is already the topic of /inputs/%zu", j);
                break;
            }
        }
    }
    return ok;
}

static void warn_output(const struct wv_config *config, const struct wv_node *node, size_t index,
                        struct wv_report *report)
{
    const struct wv_output *output = &config->outputs[index];
    if (runs_without(config) && output->topic.len == 0) {
        wv_node_warn(node, report, "has no topic: `run` needs one");
    }
    if (config->bare) {
        return;
    }
    if (output->recipient.len == 0) {
        wv_node_warn(node, report,
                     "has no recipient: say who reads it, for the record of processing");
    }
    if (output->country.len == 0 && !config->has_recipients) {
        wv_node_warn(node, report,
                     "has no country: without it nobody can tell whether the transfer is lawful");
    }
    if (output->basis == WV_BASIS_CONSENT && config->consent_header.len == 0) {
        const struct wv_node basis = wv_node_member(node, "basis");
        wv_node_warn(&basis, report,
                     "is consent, but no consent.header says when it is refused: only the tables "
                     "of tenants can");
    }
}

/* An output against those before it. */
static bool check_earlier(const struct wv_config *config, const struct wv_node *node, size_t index,
                          struct wv_report *report)
{
    const struct wv_output *output = &config->outputs[index];
    const struct wv_node name = wv_node_member(node, "name");
    const struct use_of_topic use = {wv_node_member(node, "topic"), output->topic,
                                     brokers(config, &output->kafka)};
    for (size_t j = 0; j < index; j++) {
        const struct wv_output *other = &config->outputs[j];
        if (output->name.len > 0 && wv_slice_eq(output->name, other->name)) {
            return wv_node_fail(&name, report, "is already the name of /outputs/%zu", j);
        }
        const struct use_of_topic earlier = {.topic = other->topic,
                                             .brokers = brokers(config, &other->kafka)};
        if (same_topic(&use, &earlier)) {
            wv_node_warn(&use.node, report,
                         "is also the topic of /outputs/%zu: its readers get both versions of "
                         "every record",
                         j);
        }
    }
    return true;
}

static bool check_outputs(const struct wv_config *config, const struct wv_node *root,
                          struct wv_report *report)
{
    const struct wv_node array = wv_node_member(root, "outputs");
    if (config->output_count == 0) {
        return is_wrong_kind(&array) ||
               wv_node_fail(&array, report, "name at least one output: there is nothing to write");
    }
    bool ok = true;
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_node node = wv_node_element(&array, i);
        const struct use_of_topic use = {wv_node_member(&node, "topic"), config->outputs[i].topic,
                                         brokers(config, &config->outputs[i].kafka)};
        ok = check_topic(&use, report) && check_loop(config, &use, report) && ok;
        ok = check_earlier(config, &node, i, report) && ok;
        if (config->path != NULL && json_is_object(node.value)) {
            warn_output(config, &node, i, report);
        }
    }
    return ok;
}

static bool check_rejects(const struct wv_config *config, const struct wv_node *root,
                          struct wv_report *report)
{
    const struct wv_node node = wv_node_member(root, "rejects");
    const struct use_of_topic use = {wv_node_member(&node, "topic"), config->rejects_topic,
                                     brokers(config, &config->rejects_kafka)};
    if (node.value != NULL && !json_is_object(node.value)) {
        return true;
    }
    if (config->path != NULL && !config->bare && use.node.value == NULL) {
        wv_node_warn(&node, report, "no topic for rejects: rejected records are only counted");
    }
    bool ok = check_topic(&use, report) && check_loop(config, &use, report);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct use_of_topic other = {.topic = config->outputs[i].topic,
                                           .brokers = brokers(config, &config->outputs[i].kafka)};
        if (same_topic(&use, &other)) {
            ok = wv_node_fail(&use.node, report,
                              "is also the topic of /outputs/%zu: its readers expect records", i);
        }
    }
    return ok;
}

static bool check_audit(const struct wv_config *config, const struct wv_node *root,
                        struct wv_report *report)
{
    const struct wv_node node = wv_node_member(root, "audit");
    const struct use_of_topic use = {wv_node_member(&node, "topic"), config->audit_topic,
                                     brokers(config, &config->audit_kafka)};
    bool others = false;
    for (size_t i = 0; i < config->recipient_count; i++) {
        others = others || config->recipients[i].kind != WV_RECIPIENT_OWN;
    }
    if (others && node.value == NULL) {
        wv_node_warn(root, report,
                     "others than your own organisation get records, and without audit.topic "
                     "nothing tells later what they were given [SEC-2]");
    }
    bool ok = check_topic(&use, report) && check_loop(config, &use, report);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct use_of_topic other = {.topic = config->outputs[i].topic,
                                           .brokers = brokers(config, &config->outputs[i].kafka)};
        if (same_topic(&use, &other)) {
            ok = wv_node_fail(&use.node, report,
                              "is also the topic of /outputs/%zu: its readers expect records", i);
        }
    }
    const struct use_of_topic rejects = {.topic = config->rejects_topic,
                                         .brokers = brokers(config, &config->rejects_kafka)};
    if (same_topic(&use, &rejects)) {
        ok = wv_node_fail(&use.node, report,
                          "is also the topic of /rejects: audit records need one of their own");
    }
    return ok;
}

/* A record that does not say where it comes from cannot be told to be there already. */
static bool check_skip(const struct wv_config *config, const struct wv_node *root,
                       struct wv_report *report)
{
    const struct wv_node delivery = wv_node_member(root, "delivery");
    const struct wv_node skip = wv_node_member(&delivery, "skip_published");
    if (!config->delivery.skip_published) {
        return true;
    }
    if (config->delivery.mode == WV_EXACTLY_ONCE) {
        return wv_node_fail(&skip, report,
                            "is for at_least_once: exactly_once publishes nothing twice");
    }
    bool ok = true;
    const struct wv_node outputs = wv_node_member(root, "outputs");
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_node output = wv_node_element(&outputs, i);
        ok = (config->outputs[i].source_position ||
              wv_node_fail(&output, report,
                           "delivery.skip_published finds what is published by its source: this "
                           "output needs \"source_position\": true")) &&
             ok;
    }
    return ok;
}

/* A process that comes back must find what it left open, and nobody else may. */
static bool check_delivery(const struct wv_config *config, const struct wv_node *root,
                           struct wv_report *report)
{
    const struct wv_node delivery = wv_node_member(root, "delivery");
    const struct wv_node mode = wv_node_member(&delivery, "mode");
    const bool ok = check_skip(config, root, report);
    return (config->delivery.mode != WV_EXACTLY_ONCE || config->instance.len > 0 ||
            wv_node_fail(&mode, report,
                         "exactly_once needs \"instance\": a name that stays with the process over "
                         "restarts and that no other one has; its transactions go by it")) &&
           ok;
}

bool wv_config_check_together(const struct wv_config *config, const struct wv_node *root,
                              struct wv_report *report)
{
    bool ok = check_inputs(config, root, report);
    ok = check_outputs(config, root, report) && ok;
    ok = wv_config_check_domains(config, root, report) && ok;
    ok = check_delivery(config, root, report) && ok;
    ok = check_rejects(config, root, report) && ok;
    ok = check_audit(config, root, report) && ok;
    if (config->path != NULL && !config->bare && wv_node_member(root, "keys").value == NULL) {
        wv_node_warn(root, report,
                     "no keys.file: tokens last only as long as the process, and two processes "
                     "make different ones");
    }
    return ok;
}
