/*
 * config_tables.c — the rows of every section of the configuration.
 */
#include "plan/config_tables.h"

#include "base/log.h"
#include "plan/config_enrich.h"
#include "plan/config_keys.h"
#include "plan/recipients.h"
#include "plan/tenants.h"

enum { TOPIC_MAX = 249, NAME_MAX_BYTES = 64, PATH_MAX_BYTES = 4096, HEADER_MAX = 255 };

static const char *const tenant_words[] = {"fixed",    "topic", "header", "webacl",
                                           "resource", "host",  NULL};
static const char *const unknown_words[] = {"strictest", "reject", NULL};
static const char *const undetected_words[] = {"reject", "unlisted", "suppress", NULL};
static const char *const region_words[] = {"tenant", "label",    "country",
                                           "header", "database", NULL};
static const char *const annotate_words[] = {"member", "headers", "both", "none", NULL};
static const char *const placeholder_words[] = {"tilde", "words", NULL};
static const char *const key_words[] = {"token", "drop", "scrub", NULL};
const char *const wv_purpose_words[WV_PURPOSE_COUNT + 1] = {
    "security", "analytics",           "operations", "third_party", "service",    "usage",
    "notices",  "contract_management", "research",   "information", "legal_duty", "protection",
    NULL};
const char *const wv_basis_words[WV_BASIS_COUNT + 1] = {
    "legitimate_interest", "legal_obligation", "contract",    "consent",
    "vital_interest",      "public_health",    "public_task", NULL};
static const char *const range_words[] = {"untokenised", "reject", "arrival", NULL};
static const char *const compress_words[] = {"none", "gzip", "zlib", "zstd", NULL}; /* wv_packing */
static const char *const action_words[] = {"replace", "remove", NULL}; /* wv_pattern_action */
static const char *const mode_words[] = {"at_least_once", "exactly_once", NULL};

#define ROW_ANY(owner, word, field, text)                                                          \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_ANY, .member = offsetof(owner, field), .help = text        \
    }
#define ROW_TEXT(owner, word, field, most, text)                                                   \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_TEXT, .member = offsetof(owner, field), .max = most,       \
        .help = text                                                                               \
    }
#define ROW_NAMES(owner, word, field, most, text)                                                  \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_NAMES, .member = offsetof(owner, field), .max = most,      \
        .help = text                                                                               \
    }
#define ROW_CHOICE(owner, word, field, words, text)                                                \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_CHOICE, .member = offsetof(owner, field),                  \
        .choices = words, .help = text                                                             \
    }
#define ROW_UINT(owner, word, field, least, most, otherwise, of, text)                             \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_UINT, .member = offsetof(owner, field), .min = least,      \
        .max = most, .fallback = otherwise, .unit = of, .help = text                               \
    }
#define ROW_BOOL(owner, word, field, text)                                                         \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_BOOL, .member = offsetof(owner, field), .help = text       \
    }

static const struct wv_option root_rows[] = {
    ROW_TEXT(struct wv_root_section, "$schema", schema, 0, "the JSON Schema, for editors"),
    ROW_ANY(struct wv_root_section, "kafka", section,
            "properties of librdkafka, by their own names, for every connection; a secret may be "
            "{\"file\": PATH} or {\"credential\": NAME}"),
    ROW_ANY(struct wv_root_section, "inputs", section, "topics to read; at least one"),
    ROW_ANY(struct wv_root_section, "regions", section,
            "where a record's regions are found; default: tenant, AWS WAF geo labels, country"),
    ROW_ANY(struct wv_root_section, "enrich", section,
            "what is added to records of the client's network"),
    ROW_ANY(struct wv_root_section, "outputs", section,
            "topics to write; at least one; every record is protected once for each"),
    ROW_ANY(struct wv_root_section, "rejects", section,
            "where the coordinates of rejected records go"),
    ROW_ANY(struct wv_root_section, "audit", section,
            "the topic for what was done: starts, plans, categories collected and disclosed"),
    ROW_ANY(struct wv_root_section, "keys", section, "the secrets from which tokens are made"),
    ROW_ANY(struct wv_root_section, "packs", section, "packs of your own"),
    ROW_ANY(struct wv_root_section, "formats", section, "formats of your own"),
    ROW_ANY(struct wv_root_section, "names", section, "names that tell what a value is"),
    ROW_ANY(struct wv_root_section, "detectors", section,
            "detectors of your own, by their names; at most 16"),
    ROW_ANY(struct wv_root_section, "consent", section,
            "how a record says that consent is refused"),
    ROW_ANY(struct wv_root_section, "events", section,
            "how far the time that a record names may be from when it came"),
    ROW_ANY(struct wv_root_section, "limits", section, "the most that is looked at and kept"),
    ROW_ANY(struct wv_root_section, "delivery", section, "how records get from input to output"),
    ROW_ANY(struct wv_root_section, "http", section, "health and metrics"),
    ROW_ANY(struct wv_root_section, "admin", section, "status, reload and roll-back over HTTP"),
    ROW_ANY(struct wv_root_section, "log", section, "what the service writes to stderr"),
    ROW_ANY(struct wv_root_section, "instance", section,
            "name of this process in logs and metrics, or its name and where it runs"),
    ROW_ANY(struct wv_root_section, "recipients", section, "who reads the outputs, by name"),
    ROW_ANY(struct wv_root_section, "law", section, "which law lets records go where"),
    ROW_ANY(struct wv_root_section, "changes", section,
            "who has to agree to a change that loosens what is hidden"),
};

static const struct wv_option input_rows[] = {
    ROW_TEXT(struct wv_input_section, "topic", input.topic, TOPIC_MAX,
             "topic to read; `run` needs it"),
    {.name = "format",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_input_section, input.format),
     .max = NAME_MAX_BYTES,
     .required = true,
     .help = "what a record looks like: a built-in format, one of formats.files, or auto, which "
             "finds it out for each record; envelopes are found in any case"},
    ROW_CHOICE(struct wv_input_section, "undetected", input.undetected, undetected_words,
               "with format auto, a record in which no format is recognised: reject it, treat all "
               "its members as unlisted, or suppress it"),
    ROW_BOOL(struct wv_input_section, "trust_origin", input.trust_origin,
             "whether the Kafka header wafveil-origin, written by another wafveil whose output has "
             "annotate headers or both, adds regions whose law asks where records go; a record "
             "without it is nobody's"),
    ROW_NAMES(struct wv_input_section, "purposes", purposes, 16,
              "for which its records were collected: outputs of other purposes do not get them; "
              "default: nothing is said, and every output may"),
    ROW_TEXT(struct wv_input_section, "basis", basis, NAME_MAX_BYTES,
             "legal basis on which its records were collected: outputs whose purpose cannot rest "
             "on it do not get them"),
    ROW_TEXT(struct wv_input_section, "purposes_header", input.purposes_header, HEADER_MAX,
             "Kafka header that says for which purposes a record was collected, as \"security, "
             "usage\": it narrows `purposes`, and without those a record must have it"),
    {.name = "tenant",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct wv_input_section, block),
     .required = true,
     .help = "whose web site a record belongs to"},
    ROW_ANY(struct wv_input_section, "kafka", block,
            "properties of librdkafka for this input, over those of the kafka section"),
};

static const struct wv_option tenant_rows[] = {
    ROW_CHOICE(struct wv_tenant_section, "from", config.from, tenant_words,
               "what tells the tenant: always the same one, or the table's entry for the topic, a "
               "Kafka header, the web ACL, the resource id or the host"),
    ROW_TEXT(struct wv_tenant_section, "name", config.name, NAME_MAX_BYTES,
             "fixed: name of the tenant"),
    ROW_TEXT(struct wv_tenant_section, "region", region, NAME_MAX_BYTES,
             "fixed: pack that applies to all of its records"),
    ROW_NAMES(struct wv_tenant_section, "hosts", hosts, 1000, "fixed: domains that it owns"),
    ROW_BOOL(struct wv_tenant_section, "never_sensitive", never_sensitive,
             "fixed: as in the table of tenants"),
    ROW_TEXT(struct wv_tenant_section, "header", config.header, HEADER_MAX,
             "header: name of the Kafka header"),
    ROW_TEXT(struct wv_tenant_section, "table", table, PATH_MAX_BYTES,
             "all but fixed: file with the table of tenants"),
    ROW_CHOICE(struct wv_tenant_section, "unknown", unknown, unknown_words,
               "a record whose tenant is not in the table: protect it by the strictest pack, or "
               "reject it"),
};

static const struct wv_option region_rows[] = {
    {.name = "from",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_region_source, from),
     .choices = region_words,
     .required = true,
     .help = "the tenant's region, a label of the record, the country in the record, a Kafka "
             "header, or the country of the client's address"},
    ROW_TEXT(struct wv_region_source, "prefix", prefix, HEADER_MAX,
             "label: what stands before the country or region in the label"),
    ROW_TEXT(struct wv_region_source, "header", header, HEADER_MAX,
             "header: name of the Kafka header"),
    ROW_TEXT(struct wv_region_source, "file", database.file, PATH_MAX_BYTES,
             "database: MaxMind DB (.mmdb) of countries"),
    ROW_UINT(struct wv_region_source, "max_age_days", database.max_age_days, 1, 3650,
             WV_GEO_AGE_DAYS, "days", "database: an older one is used, with a warning"),
};

static const struct wv_option output_rows[] = {
    {.name = "name",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_output_section, output.name),
     .max = NAME_MAX_BYTES,
     .required = true,
     .help = "name of the output, as it stands in domains and metrics"},
    ROW_TEXT(struct wv_output_section, "topic", output.topic, TOPIC_MAX,
             "topic to write; `run` needs it"),
    {.name = "purpose",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_output_section, output.purpose),
     .choices = wv_purpose_words,
     .required = true,
     .help = "what the recipient does with the records"},
    ROW_CHOICE(struct wv_output_section, "basis", output.basis, wv_basis_words,
               "legal basis of the purpose"),
    ROW_TEXT(struct wv_output_section, "reason", output.reason, 1000,
             "why it is needed, for the bases vital_interest and public_health"),
    ROW_TEXT(struct wv_output_section, "recipient", output.recipient, NAME_MAX_BYTES,
             "who reads the topic: a name of the section recipients"),
    ROW_TEXT(struct wv_output_section, "country", output.country, 2,
             "where the topic lives: two capital letters (ISO 3166-1)"),
    ROW_UINT(struct wv_output_section, "retention_days", output.retention_days, 0, 36500, 0, "days",
             "for how many days after the event its records are kept at most: each says when that "
             "is over, and `check --brokers` and the service compare its topic with it; 0: nobody "
             "has said"),
    ROW_TEXT(struct wv_output_section, "overlay", output.overlay, NAME_MAX_BYTES,
             "pack that is merged in for this output; it can only make the rules stricter"),
    ROW_NAMES(
        struct wv_output_section, "classes", output.classes, 64,
        "classes of value that it gets, and no others; default: all that the packs let through"),
    ROW_ANY(struct wv_output_section, "when", block,
            "conditions that must all hold for a record to go there; default: every record does"),
    ROW_ANY(struct wv_output_section, "discard", block,
            "conditions, as for `when`: a record for which all hold is left out"),
    ROW_ANY(struct wv_output_section, "sample", block,
            "keep the records of some clients only, and all that the firewall did not let through"),
    ROW_ANY(struct wv_output_section, "seal", block,
            "originals that go along so that only the holder of a private key can read them"),
    ROW_TEXT(struct wv_output_section, "domain", output.domain, HEADER_MAX,
             "where equal values give equal tokens; default {tenant}/{region}/{output}"),
    ROW_CHOICE(struct wv_output_section, "annotate", output.annotate, annotate_words,
               "where the output says what was done: in the member _wafveil of the record, in "
               "Kafka headers, in both, or nowhere"),
    ROW_CHOICE(
        struct wv_output_section, "key", output.key, key_words,
        "what becomes of the Kafka key: a token, nothing, or its text without personal data"),
    ROW_CHOICE(struct wv_output_section, "compress", output.compress, compress_words,
               "how each record is packed, beside what Kafka's own compression.type does; filter "
               "and try show records as they are"),
    ROW_CHOICE(struct wv_output_section, "placeholders", output.placeholders, placeholder_words,
               "what stands in a text for what is hidden: ~EMAIL~; or _EMAIL_, with addresses as "
               "the networks that the pack shows of clients, for outputs over which detection "
               "rules run again"),
    ROW_BOOL(struct wv_output_section, "networks", output.networks,
             "write truncated addresses with the length of their prefix: 192.0.2.0/24"),
    ROW_BOOL(struct wv_output_section, "source_position", output.source_position,
             "say topic, partition and offset of the raw record in the header wafveil-source"),
    ROW_NAMES(struct wv_output_section, "headers", output.headers, 64,
              "Kafka headers of the input that are passed on, without personal data"),
    ROW_ANY(struct wv_output_section, "kafka", block,
            "properties of librdkafka for this output, over those of the kafka section"),
};

static const struct wv_option sample_rows[] = {
    {.name = "rate",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct wv_sample_section, rate),
     .required = true,
     .help = "share of the clients whose records are kept, from 0.000001 to 1; a client is chosen "
             "by a keyed hash of its address, and the record says for how many it stands"},
};

static const struct wv_option seal_rows[] = {
    {.name = "certificate",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_seal_section, certificate),
     .max = PATH_MAX_BYTES,
     .required = true,
     .help = "file with the recipient's certificate in PEM, RSA or EC: whoever has its private key "
             "can open what is sealed (see `wafveil help reveal`)"},
    {.name = "classes",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct wv_seal_section, classes),
     .max = 32,
     .required = true,
     .help = "classes of value that are sealed; which may be, depends on the purpose"},
    {.name = "when",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct wv_seal_section, when),
     .required = true,
     .help = "conditions, as for `when` of an output: only of records for which all hold"},
    ROW_UINT(struct wv_seal_section, "days", days, 1, 366, 30, "days",
             "after the event, for which `wafveil reveal` opens it"),
};

static const struct wv_option rejects_rows[] = {
    ROW_TEXT(struct wv_rejects_section, "topic", topic, TOPIC_MAX,
             "topic for reason and coordinates of rejected records, never their values"),
    ROW_ANY(struct wv_rejects_section, "seal", block,
            "the whole rejected record goes along so that only the holder of a private key can "
            "read it"),
    ROW_ANY(struct wv_rejects_section, "kafka", block,
            "properties of librdkafka for this topic, over those of the kafka section"),
};

static const struct wv_option reject_seal_rows[] = {
    {.name = "certificate",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_rejects_section, certificate),
     .max = PATH_MAX_BYTES,
     .required = true,
     .help = "file with a certificate in PEM, RSA or EC: whoever has its private key opens the "
             "records with `openssl cms -decrypt`"},
};

static const struct wv_option audit_rows[] = {
    {.name = "topic",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_audit_section, topic),
     .max = TOPIC_MAX,
     .required = true,
     .help = "topic for audit records, which `wafveil audit` verifies and sums; never a value of a "
             "record"},
    ROW_UINT(struct wv_audit_section, "window_seconds", window_s, 1, 3600, 60, "s",
             "how long records are counted before the counts are written; offsets are committed "
             "behind them, so after a crash so many seconds of records come twice"),
    ROW_ANY(struct wv_audit_section, "kafka", block,
            "properties of librdkafka for this topic, over those of the kafka section"),
};

static const struct wv_option packs_rows[] = {
    ROW_NAMES(struct wv_packs_section, "files", files, 64,
              "pack files; one with the name of a built-in pack is a later version of it"),
    ROW_NAMES(struct wv_packs_section, "acknowledge_unreviewed", acknowledged, 64,
              "templates that are used although nobody has reviewed them: [\"kr\"]; records of "
              "other templates' regions get the pack unknown"),
    ROW_ANY(struct wv_packs_section, "countries", countries,
            "country to pack, over the built-in table: {\"NZ\": \"eu\"}"),
};

static const struct wv_option formats_rows[] = {
    ROW_NAMES(struct wv_formats_section, "files", files, 64,
              "format files; one with the name of a built-in format replaces it"),
    ROW_ANY(struct wv_formats_section, "fields", fields,
            "fields that a format does not list, or lists as something else, by its name: "
            "{\"aws-waf\": {\"labels[].owner\": \"username\"}}"),
};

static const struct wv_option names_rows[] = {
    ROW_ANY(struct wv_names_section, "parameters", parameters,
            "names of parameters, cookies and members by what they hold, over the built-in table: "
            "{\"session\": [\"mysid\"], \"harmless\": [\"code\"]}"),
};

static const struct wv_option detector_rows[] = {
    {.name = "pattern",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_detector_section, source.pattern),
     .max = WV_PATTERN_BYTES_MAX,
     .required = true,
     .help = "regular expression of PCRE2 over bytes, without back references, recursion, "
             "callouts, verbs, \\C and \\K; what can take long is refused"},
    {.name = "literal",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_detector_section, source.literal),
     .max = WV_PATTERN_LITERAL_MAX,
     .required = true,
     .help = "what every match holds, as it is: texts without it are not looked at"},
    ROW_BOOL(struct wv_detector_section, "literal_nocase", source.literal_nocase,
             "the literal may stand there in any case"),
    ROW_TEXT(
        struct wv_detector_section, "validator", validator, NAME_MAX_BYTES,
        "check of the letters and digits of a match, with those of the literal or without them "
        "(see Validators); default: every match counts"),
    ROW_TEXT(struct wv_detector_section, "class", class, NAME_MAX_BYTES,
             "class whose rule says whether the placeholder has a token"),
    ROW_CHOICE(struct wv_detector_section, "action", source.action, action_words,
               "put a placeholder in the place of a match, or remove the whole value"),
};

static const struct wv_option law_rows[] = {
    ROW_NAMES(struct wv_law_section, "transfers", transfers, 16,
              "files with further rows of the kind of schemas/law/transfers.json"),
};

static const struct wv_option changes_rows[] = {
    ROW_BOOL(struct wv_change_rules, "four_eyes", four_eyes,
             "a configuration that is looser than the one before, or at the start looser than the "
             "built-in packs, is taken only with a signed approval (see `wafveil help approve`)"),
    ROW_TEXT(struct wv_change_rules, "approval", approval, PATH_MAX_BYTES,
             "file with the signed approval: CMS SignedData, PEM or DER"),
    ROW_TEXT(struct wv_change_rules, "approvers", approvers, PATH_MAX_BYTES,
             "file with the certificates, in PEM, of all whose signature counts"),
    ROW_UINT(struct wv_change_rules, "signatures", signatures, 1, 16, 1, "people",
             "how many of them must have signed"),
};

static const struct wv_option consent_rows[] = {
    ROW_TEXT(struct wv_consent_section, "header", header, HEADER_MAX,
             "Kafka header whose value \"refused\" says that consent is refused"),
    ROW_TEXT(struct wv_consent_section, "third_party", third_party, HEADER_MAX,
             "Kafka header whose value \"given\" says that there is consent to disclosure to third "
             "parties; anything else says that there is none"),
};

static const struct wv_option events_rows[] = {
    ROW_UINT(
        struct wv_events, "late_days", late_days, 0, 36500, 0, "days",
        "how long before its arrival, which is Kafka's time of it, an event may have happened; "
        "0: any time, as for an archive"),
    ROW_UINT(struct wv_events, "future_seconds", future_s, 0, 315360000, 0, "s",
             "how long after its arrival an event may claim to have happened; 0: any time"),
    ROW_CHOICE(struct wv_events, "out_of_range", out_of_range, range_words,
               "what becomes of a record beyond that: published without tokens, rejected, or "
               "published with tokens of the epoch in which it arrived"),
};

static const struct wv_option limits_rows[] = {
    ROW_UINT(struct wv_limits, "record_bytes", record_bytes, 1024, 16u << 20, 1u << 20, "bytes",
             "longest record that is looked at; a longer one is rejected"),
    ROW_UINT(struct wv_limits, "output_bytes", output_bytes, 1024, 32u << 20, 983040, "bytes",
             "longest record that is published, below the broker's message.max.bytes; a longer one "
             "becomes a stub"),
    ROW_UINT(struct wv_limits, "expanded_bytes", expanded_bytes, 1024, 256u << 20, 16u << 20,
             "bytes", "most that a compressed message may expand to; one with more is rejected"),
    ROW_UINT(struct wv_limits, "depth", depth, 4, 128, 32, "levels",
             "deepest nesting; a deeper record is rejected"),
    ROW_UINT(struct wv_limits, "key_bytes", key_bytes, 16, 4096, 256, "bytes",
             "longest member name; a member with a longer one is unlisted"),
    ROW_UINT(struct wv_limits, "fields", fields, 64, 1000000, 20000, "values",
             "most values of a record; a record with more is rejected"),
    ROW_UINT(struct wv_limits, "value_bytes", value_bytes, 256, 1u << 20, 65536, "bytes",
             "longest value that a filter gets, decoded; a longer one is removed"),
    ROW_UINT(struct wv_limits, "memory_mib", memory_mib, 16, 65536, 256, "MiB",
             "ceiling of all queues of the service; reading pauses when it is reached"),
};

static const struct wv_option delivery_rows[] = {
    ROW_CHOICE(struct wv_delivery_section, "mode", mode, mode_words,
               "at_least_once: nothing is lost, and after a failure some records come twice; "
               "exactly_once: outputs, rejects, audit counts and offsets in one transaction"),
    ROW_UINT(struct wv_delivery_section, "lanes", delivery.lanes, 0, 256, 0, "threads",
             "how many partitions are worked on at the same time; 0: one a core"),
    ROW_UINT(struct wv_delivery_section, "commit_ms", delivery.commit_ms, 100, 60000, 1000, "ms",
             "how often offsets are committed"),
    ROW_UINT(struct wv_delivery_section, "commit_records", delivery.commit_records, 1, 10000000,
             50000, "records", "exactly_once: a transaction ends early when it has so many"),
    ROW_UINT(struct wv_delivery_section, "commit_kib", delivery.commit_kib, 64, 1048576, 32768,
             "KiB", "exactly_once: or so much has been sent in it"),
    ROW_BOOL(struct wv_delivery_section, "skip_published", delivery.skip_published,
             "at_least_once: after a crash, look at the ends of the outputs and do not send again "
             "what is there; every output needs source_position and the input's partitions"),
    ROW_UINT(struct wv_delivery_section, "drain_ms", delivery.drain_ms, 1000, 300000, 20000, "ms",
             "how long a stop or a revoked partition waits for acknowledgements"),
};

static const struct wv_option http_rows[] = {
    {.name = "listen",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_http, listen),
     .max = HEADER_MAX,
     .fallback_text = "127.0.0.1:9464",
     .help = "address:port of /livez, /readyz and /metrics; \"\": no listener"},
};

static const struct wv_option admin_rows[] = {
    {.name = "listen",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_admin_http, listen),
     .max = HEADER_MAX,
     .fallback_text = "",
     .help = "address:port of /status, /plan, /reload and /rollback; \"\": no listener"},
    {.name = "token_file",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct wv_admin_http, token_file),
     .max = PATH_MAX_BYTES,
     .help = "file with the token that every request must bring, at least 32 characters; readable "
             "by its owner alone"},
};

static const struct wv_option log_rows[] = {
    {.name = "level",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_log_section, level),
     .fallback = WV_LOG_INFO,
     .choices = wv_log_levels,
     .help = "least important event that is written"},
};

const struct wv_config_section wv_config_tables[WV_AT_COUNT] = {
    [WV_AT_ROOT] = {"", "the file as a whole", root_rows, WV_COUNT(root_rows)},
    [WV_AT_INPUT] = {"/inputs/[]", "a topic to read", input_rows, WV_COUNT(input_rows)},
    [WV_AT_TENANT] = {"/inputs/[]/tenant", "whose web site a record belongs to", tenant_rows,
                      WV_COUNT(tenant_rows)},
    [WV_AT_REGION] = {"/regions/[]",
                      "a place where a record says whose law applies; all that are "
                      "found apply together, the strictest of their rules wins",
                      region_rows, WV_COUNT(region_rows)},
    [WV_AT_OUTPUT] = {"/outputs/[]", "a topic to write", output_rows, WV_COUNT(output_rows)},
    [WV_AT_WHEN] = {"/outputs/[]/when",
                    "what a record must say to go to an output, or with `discard` to be left out; "
                    "each member holds when the record has one of its words",
                    wv_condition_rows, WV_CONDITION_ROWS},
    [WV_AT_SAMPLE] = {"/outputs/[]/sample", "which part of the records an output gets", sample_rows,
                      WV_COUNT(sample_rows)},
    [WV_AT_SEAL] = {"/outputs/[]/seal",
                    "which originals are sealed, of which records, and for whom", seal_rows,
                    WV_COUNT(seal_rows)},
    [WV_AT_REJECTS] = {"/rejects", "where the coordinates of rejected records go", rejects_rows,
                       WV_COUNT(rejects_rows)},
    [WV_AT_REJECT_SEAL] = {"/rejects/seal", "for whom rejected records are sealed",
                           reject_seal_rows, WV_COUNT(reject_seal_rows)},
    [WV_AT_AUDIT_TOPIC] = {"/audit", "what was done, for those who have to answer for it",
                           audit_rows, WV_COUNT(audit_rows)},
    [WV_AT_KEYS] = {"/keys", "the secrets from which tokens are made", wv_keys_rows, WV_KEYS_ROWS},
    [WV_AT_KEK] = {"/keys/kek", "the key that wraps the secrets in the key file, from one place",
                   wv_kek_rows, WV_KEK_ROWS},
    [WV_AT_PREVIOUS_KEK] = {"/keys/previous_kek", "the one before it", wv_kek_rows, WV_KEK_ROWS},
    [WV_AT_PACKS] = {"/packs", "packs of your own", packs_rows, WV_COUNT(packs_rows)},
    [WV_AT_FORMATS] = {"/formats", "formats of your own", formats_rows, WV_COUNT(formats_rows)},
    [WV_AT_NAMES] = {"/names", "names that tell what a value is", names_rows, WV_COUNT(names_rows)},
    [WV_AT_DETECTOR] = {"/detectors/<name>",
                        "a detector of your own; its name is 1 to 20 of a-z, 0-9 and _, and in "
                        "capitals its label and placeholder",
                        detector_rows, WV_COUNT(detector_rows)},
    [WV_AT_CONSENT] = {"/consent", "how a record says that consent is refused", consent_rows,
                       WV_COUNT(consent_rows)},
    [WV_AT_EVENTS] = {"/events",
                      "how far the time that a record names may be from when it came: a wrong "
                      "clock, or somebody who makes up a time, chooses the epoch of its tokens",
                      events_rows, WV_COUNT(events_rows)},
    [WV_AT_LIMITS] = {"/limits", "the most that is looked at and kept", limits_rows,
                      WV_COUNT(limits_rows)},
    [WV_AT_DELIVERY] = {"/delivery", "how records get from input to output", delivery_rows,
                        WV_COUNT(delivery_rows)},
    [WV_AT_HTTP] = {"/http", "health and metrics", http_rows, WV_COUNT(http_rows)},
    [WV_AT_ADMIN] = {"/admin", "status, reload and roll-back over HTTP", admin_rows,
                     WV_COUNT(admin_rows)},
    [WV_AT_LOG] = {"/log", "what the service writes to stderr", log_rows, WV_COUNT(log_rows)},
    [WV_AT_INSTANCE] = {"/instance", "this process, and where it runs", wv_instance_rows,
                        WV_INSTANCE_ROWS},
    [WV_AT_RECIPIENT] = {"/recipients/<name>", "somebody who reads an output", wv_recipient_rows,
                         WV_RECIPIENT_ROWS},
    [WV_AT_ELIGIBILITY] = {"/recipients/<name>/eligibility",
                           "the check of a recipient before it gets the first record",
                           wv_eligibility_rows, WV_ELIGIBILITY_ROWS},
    [WV_AT_SAFEGUARD] = {"/recipients/<name>/safeguards/[]",
                         "a document that makes transfers lawful, while it holds",
                         wv_safeguard_rows, WV_SAFEGUARD_ROWS},
    [WV_AT_AUDIT] = {"/recipients/<name>/audit", "the last audit of a recipient", wv_audit_rows,
                     WV_AUDIT_ROWS},
    [WV_AT_SUB_PROCESSOR] = {"/recipients/<name>/sub_processors/[]",
                             "somebody who gets the records from a recipient",
                             wv_sub_processor_rows, WV_SUB_PROCESSOR_ROWS},
    [WV_AT_LAW] = {"/law", "which law lets records go where", law_rows, WV_COUNT(law_rows)},
    [WV_AT_CHANGES] = {"/changes", "who has to agree to a change that loosens what is hidden",
                       changes_rows, WV_COUNT(changes_rows)},
    [WV_AT_ENRICH] = {"/enrich",
                      "what the member client of _wafveil says of the client's network, where the "
                      "pack keeps such: its country as class geo, everything else as class asn",
                      wv_enrich_rows, WV_ENRICH_ROWS},
    [WV_AT_ENRICH_COUNTRY] = {"/enrich/country", "the country of the client's address",
                              wv_enrich_database_rows, WV_DATABASE_ROWS},
    [WV_AT_ENRICH_ASN] = {"/enrich/asn", "the number of the network operator",
                          wv_enrich_database_rows, WV_DATABASE_ROWS},
    [WV_AT_ENRICH_LIST] = {"/enrich/lists/[]", "a list of networks", wv_enrich_list_rows,
                           WV_LIST_ROWS},
    [WV_AT_TENANT_TABLE] = {"tenants.json: /<key>",
                            "an entry of a table of tenants; the key is "
                            "what the record says",
                            wv_tenant_rows, WV_TENANT_ROWS},
};

const struct wv_config_section *wv_config_sections(size_t *count)
{
    *count = WV_AT_COUNT;
    return wv_config_tables;
}
