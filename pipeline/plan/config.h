/*
 * config.h — the one configuration file, read and checked.
 *
 * Every section is bound by option tables (json/options.h), which also make the reference. All
 * strings are NUL-terminated and live in the configuration's arena. librdkafka's own properties
 * pass through by their own names; only the runtime can say whether a name is one of them.
 */
#ifndef WV_PLAN_CONFIG_H
#define WV_PLAN_CONFIG_H

#include "filters/patterns.h"
#include "json/options.h"
#include "keys/kek.h"
#include "plan/conditions.h"

/* What stands in a property's value: itself, or where a secret is found (config_secrets.h). */
enum wv_property_from { WV_PROPERTY_TEXT = 0, WV_PROPERTY_FILE, WV_PROPERTY_CREDENTIAL };

/* A property of librdkafka, and where it was written. */
struct wv_property {
    const char *name;
    const char *value;   /* may be a password: never printed; or a path, or a credential's name */
    const char *pointer; /* JSON pointer, for findings */
    enum wv_property_from from;
};

struct wv_properties {
    const struct wv_property *items;
    size_t count;
};

enum wv_tenant_from {
    WV_TENANT_FIXED = 0, /* "tenant": {"name": "acme"} */
    WV_TENANT_TOPIC,     /* table over the topic's name */
    WV_TENANT_HEADER,    /* table over a Kafka header */
    WV_TENANT_WEBACL,    /* table over the record's web ACL */
    WV_TENANT_RESOURCE,  /* table over the record's resource id */
    WV_TENANT_HOST,      /* table over the record's host */
};

struct wv_tenant {
    struct wv_slice key; /* as in the table */
    struct wv_slice name;
    struct wv_slice region;    /* empty: none */
    bool refused;              /* consent refused for all its records */
    bool never_sensitive;      /* values that hold such go whole (filters/sensitive.h) */
    bool third_party;          /* consent to disclosure to third parties given for all of them */
    uint32_t purposes;         /* bits: for which its records were collected; 0: not said */
    struct wv_name_list hosts; /* domains that it owns, lower case */
};

struct wv_tenant_config {
    uint32_t from;                 /* enum wv_tenant_from */
    struct wv_slice name;          /* FIXED */
    struct wv_slice header;        /* HEADER */
    const struct wv_tenant *table; /* sorted by key; FIXED: its one entry */
    size_t table_count;
    uint8_t table_digest[32]; /* SHA-256 of the table's file, canonical; FIXED: zero */
    bool reject_unknown;
};

/* What becomes of a record in which no format is recognised. */
enum wv_undetected { WV_UNDETECTED_REJECT = 0, WV_UNDETECTED_UNLISTED, WV_UNDETECTED_SUPPRESS };

struct wv_input {
    struct wv_slice topic;
    struct wv_slice format;          /* "auto": whichever a record turns out to have */
    uint32_t undetected;             /* enum wv_undetected */
    bool trust_origin;               /* what the header wafveil-origin says is true */
    uint32_t purposes;               /* bits: for which its records were collected; 0: not said */
    uint32_t basis;                  /* on which; WV_BASIS_COUNT: not said */
    struct wv_slice purposes_header; /* Kafka header that narrows them; empty: none */
    struct wv_tenant_config tenant;
    struct wv_properties kafka; /* over those of the file's kafka section */
};

enum wv_region_from {
    WV_REGION_TENANT = 0,
    WV_REGION_LABEL,
    WV_REGION_COUNTRY,
    WV_REGION_HEADER,
    WV_REGION_DATABASE
};

/* A MaxMind DB. */
struct wv_geo_source {
    struct wv_slice file; /* empty: none */
    uint32_t max_age_days;
};

struct wv_region_source {
    uint32_t from;                 /* enum wv_region_from */
    struct wv_slice prefix;        /* LABEL */
    struct wv_slice header;        /* HEADER */
    struct wv_geo_source database; /* DATABASE */
};

/* A list of networks. */
struct wv_list_source {
    struct wv_slice name;
    struct wv_slice file;
};

/* What is added to records of their clients. */
struct wv_enrich {
    struct wv_geo_source country;
    struct wv_geo_source asn;
    const struct wv_list_source *lists;
    size_t list_count;
};

enum wv_annotate {
    WV_ANNOTATE_MEMBER = 0,
    WV_ANNOTATE_HEADERS,
    WV_ANNOTATE_BOTH,
    WV_ANNOTATE_NONE
};
enum wv_key_mode { WV_KEY_TOKEN = 0, WV_KEY_DROP, WV_KEY_SCRUB };
/* What each means and allows stands in schemas/law/purposes.json. */
enum wv_purpose {
    WV_PURPOSE_SECURITY = 0,
    WV_PURPOSE_ANALYTICS,
    WV_PURPOSE_OPERATIONS,
    WV_PURPOSE_THIRD_PARTY,
    WV_PURPOSE_SERVICE,
    WV_PURPOSE_USAGE,
    WV_PURPOSE_NOTICES,
    WV_PURPOSE_CONTRACT_MANAGEMENT,
    WV_PURPOSE_RESEARCH,
    WV_PURPOSE_INFORMATION,
    WV_PURPOSE_LEGAL_DUTY,
    WV_PURPOSE_PROTECTION,
    WV_PURPOSE_COUNT
};
enum wv_basis {
    WV_BASIS_LEGITIMATE_INTEREST = 0,
    WV_BASIS_LEGAL_OBLIGATION,
    WV_BASIS_CONTRACT,
    WV_BASIS_CONSENT,
    WV_BASIS_VITAL_INTEREST,
    WV_BASIS_PUBLIC_HEALTH,
    WV_BASIS_PUBLIC_TASK,
    WV_BASIS_COUNT
};
extern const char *const wv_purpose_words[WV_PURPOSE_COUNT + 1]; /* NULL ends them */
extern const char *const wv_basis_words[WV_BASIS_COUNT + 1];

/* Days since 1970-01-01 (UTC); both belong to it. */
struct wv_days {
    int32_t from;
    int32_t until;
};

/* A document that makes transfers lawful. */
struct wv_safeguard {
    struct wv_slice name;     /* of the mechanism */
    uint32_t mechanism;       /* set when the plan is built */
    struct wv_slice document; /* id */
    struct wv_days days;
};

struct wv_sub_processor {
    struct wv_slice name;
    struct wv_slice country;
    struct wv_slice approval; /* id; empty: none was given */
};

enum wv_recipient_kind {
    WV_RECIPIENT_OWN = 0,
    WV_RECIPIENT_GROUP,
    WV_RECIPIENT_PROCESSOR,
    WV_RECIPIENT_SUB_PROCESSOR,
    WV_RECIPIENT_AGENT,
    WV_RECIPIENT_AUTHORITY,
    WV_RECIPIENT_THIRD_PARTY
};
enum wv_recipient_role { WV_ROLE_OF_CONTROLLER = 0, WV_ROLE_OF_PROCESSOR };

/* Who reads an output. Days that are not given are INT32_MIN. */
struct wv_recipient {
    struct wv_slice name;
    uint32_t kind; /* enum wv_recipient_kind */
    uint32_t role; /* enum wv_recipient_role */
    struct wv_slice country;
    struct wv_slice contract;
    struct wv_slice memorandum;
    struct wv_slice instruction;
    struct wv_slice checklist; /* of the check of eligibility: its id, and who has decided */
    struct wv_slice approver;
    struct wv_slice contact;
    struct wv_slice note;
    bool eligible; /* the check was passed */
    bool tls;
    bool sells;
    int32_t eligible_day;
    int32_t audit_day;
    uint32_t audit_type;
    int32_t training_day;
    struct wv_days days; /* of the agreement: of validity and contract */
    struct wv_safeguard *safeguards;
    size_t safeguard_count;
    const struct wv_sub_processor *sub_processors;
    size_t sub_processor_count;
};

/* How what is hidden in a text is spelled (filters/placeholder.h). */
enum wv_placeholders {
    WV_PLACEHOLDERS_TILDE = 0, /* ~EMAIL~ */
    WV_PLACEHOLDERS_WORDS,     /* _EMAIL_, and addresses as networks: rules run over the output */
};

enum { WV_OUTPUTS_MAX = 64 };

/* Which records of an output are left out, beside those that may not go there. */
struct wv_routing {
    uint64_t when;          /* bits of the file's conditions that must all hold */
    uint64_t discard;       /* bits: a record for which all hold is left out; 0: none */
    uint64_t below;         /* clients whose number is lower are kept; UINT64_MAX: all */
    struct wv_slice weight; /* for how many records one stands; empty: there is no sample */
};

/* Which originals of an output are sealed for whom (plan/sealing.h). */
struct wv_seal_config {
    struct wv_slice certificate; /* file; empty: nothing is sealed */
    uint64_t classes;            /* bits */
    uint64_t when;               /* bits of the file's conditions that must all hold */
    uint32_t days;               /* after the event a box may be opened */
};

struct wv_output {
    struct wv_slice name;
    struct wv_slice topic;
    struct wv_slice recipient;
    struct wv_slice country;
    struct wv_slice overlay;     /* name of a pack that is merged in; empty: none */
    struct wv_slice domain;      /* empty: "{tenant}/{region}/{output}" */
    struct wv_slice reason;      /* why, for the bases that need one */
    uint32_t purpose;            /* enum wv_purpose */
    uint32_t basis;              /* enum wv_basis */
    uint32_t annotate;           /* enum wv_annotate */
    uint32_t key;                /* enum wv_key_mode */
    uint32_t compress;           /* enum wv_packing: each record is packed by itself */
    uint32_t placeholders;       /* enum wv_placeholders */
    uint32_t retention_days;     /* how long it is kept at most, from the event; 0: not said */
    bool networks;               /* truncated addresses with their prefix length: 192.0.2.0/24 */
    bool source_position;        /* header wafveil-source: internal outputs only */
    struct wv_name_list headers; /* Kafka headers of the input that are passed on */
    struct wv_name_list classes; /* that it may have; none: all */
    struct wv_routing routing;
    struct wv_seal_config seal;
    struct wv_properties kafka;
};

/* What is done with events whose time is too far from when they came to Kafka. */
enum wv_out_of_range { WV_RANGE_UNTOKENISED = 0, WV_RANGE_REJECT, WV_RANGE_ARRIVAL };

struct wv_events {
    uint32_t late_days; /* how much older an event may be than its arrival; 0: any */
    uint32_t future_s;  /* how much younger; 0: any */
    uint32_t out_of_range;
};

struct wv_limits {
    uint32_t record_bytes;   /* longest record that is looked at */
    uint32_t output_bytes;   /* longest record that is published */
    uint32_t expanded_bytes; /* most that a compressed message may expand to */
    uint32_t depth;          /* levels of nesting */
    uint32_t key_bytes;      /* longest member name; longer ones are unlisted */
    uint32_t fields;         /* values of a record */
    uint32_t value_bytes;    /* longest decoded value that a filter gets; longer ones are removed */
    uint32_t memory_mib;     /* ceiling of the service's queues */
};

struct wv_http {
    struct wv_slice listen; /* "address:port"; empty: no listener */
};

struct wv_admin_http {
    struct wv_slice listen;     /* "address:port"; empty: no listener */
    struct wv_slice token_file; /* what every request must bring; needed with a listener */
};

/* Who has to agree to a change that loosens what is hidden. */
struct wv_change_rules {
    bool four_eyes;
    struct wv_slice approval;  /* file: what they have signed; empty: none */
    struct wv_slice approvers; /* file: their certificates */
    uint32_t signatures;       /* how many of them */
};

/* In the order of the words in config_tables.c. */
enum wv_delivery_mode { WV_AT_LEAST_ONCE = 0, WV_EXACTLY_ONCE };

struct wv_delivery {
    enum wv_delivery_mode mode;
    uint32_t lanes;          /* 0: one a core */
    uint32_t commit_ms;      /* how often offsets are committed */
    uint32_t commit_records; /* exactly once: how many records a transaction has at most */
    uint32_t commit_kib;     /* the same in KiB of what is sent */
    bool skip_published;     /* what an output has already is not sent again after a crash */
    uint32_t drain_ms;       /* how long a stop or a revocation may wait for acknowledgements */
};

/* Where the secrets of tokens are. */
struct wv_keys_config {
    struct wv_slice file;   /* absolute, or relative to the configuration; empty: throwaway */
    struct wv_slice checks; /* file of check values; empty: none */
    struct wv_kek_source kek;
    struct wv_kek_source previous_kek;
    uint32_t epoch_days; /* of epochs that `keys init` makes */
    uint32_t keep_days;  /* after an epoch's end; 0: without an end */
};

struct wv_config {
    const char *path; /* of the file; NULL: built in */
    bool bare;        /* the file says how records are protected, and nothing of a service */
    struct wv_properties kafka;
    const struct wv_input *inputs;
    size_t input_count;
    const struct wv_region_source *regions;
    size_t region_count;
    struct wv_enrich enrich;
    const struct wv_output *outputs;
    size_t output_count;
    struct wv_slice rejects_topic;
    struct wv_properties rejects_kafka;
    struct wv_slice rejects_certificate; /* path; empty: rejected records are not sealed */
    struct wv_slice audit_topic;         /* empty: none */
    struct wv_properties audit_kafka;
    uint32_t audit_window_s; /* how long classes are counted together, and commits wait */
    struct wv_keys_config keys;
    struct wv_name_list pack_files;
    struct wv_name_list format_files;
    struct wv_name_list acknowledged; /* templates that are used though nobody has reviewed them */
    const struct wv_pattern_source *detectors; /* the operator's own; class: enum wv_class */
    size_t detector_count;
    json_t *countries;                      /* country → region, over the built-in table */
    struct wv_slice consent_header;         /* Kafka header that says "refused"; empty: none */
    struct wv_slice third_party_header;     /* Kafka header that says "given"; empty: none */
    const struct wv_conditions *conditions; /* of all outputs */
    struct wv_slice instance;
    struct wv_slice instance_country; /* empty: not said */
    struct wv_safeguard *instance_safeguards;
    size_t instance_safeguard_count;
    bool has_recipients; /* there is such a section */
    const struct wv_recipient *recipients;
    size_t recipient_count;
    struct wv_name_list transfer_files; /* documents of transfers, over the built-in one */
    int32_t today;                      /* the day for which agreements are looked at */
    bool only_look; /* what has ended by that day is a warning: nothing will be sent */
    uint32_t log_level;
    struct wv_events events;
    struct wv_limits limits;
    struct wv_http http;
    struct wv_admin_http admin;
    struct wv_delivery delivery;
    struct wv_change_rules changes;
    const struct wv_document *document; /* owned; for findings of later checks */
};

/* NULL with findings. Relative paths inside the file are taken from the file's folder. */
WV_MUST_USE struct wv_config *wv_config_load(const char *path, struct wv_report *report);

/* The same, but gives the configuration also when it has mistakes (*good is false then): to look
 * for those of the documents that it names, and for nothing else. NULL when it cannot be read at
 * all. */
WV_MUST_USE struct wv_config *wv_config_read(const char *path, bool *good,
                                             struct wv_report *report);

/* The same from text that is no file's: it must name none. */
WV_MUST_USE struct wv_config *wv_config_parse(const char *name, struct wv_slice text,
                                              struct wv_report *report);

/* The configuration that `filter`, `try` and `explain` use without a file: one input of the given
 * format, one output "default", the region from the record, or fixed where region is not NULL. */
WV_MUST_USE struct wv_config *wv_config_builtin(const char *format, const char *region,
                                                struct wv_report *report);
/* Outputs do not pack their records: for commands that show them. */
void wv_config_unpacked(struct wv_config *config);

/* Agreements are looked at as of that day, instead of today: before a plan is built. */
void wv_config_on_day(struct wv_config *config, int32_t day);
/* The plan is not for sending: what has ended does not stop it from being built. */
void wv_config_only_look(struct wv_config *config);

void wv_config_free(struct wv_config *config);

/* A warning about the value that a pointer names, or about the nearest thing above it. */
void wv_config_warn_at(const struct wv_config *config, const char *pointer,
                       struct wv_report *report, const char *format, ...) WV_PRINTF(4, 5);

/* A finding about a property, at the place where it was written. */
bool wv_config_fail_at(const struct wv_config *config, const char *pointer,
                       struct wv_report *report, const char *format, ...) WV_PRINTF(4, 5);

/* One section of the file: its pointer pattern and its rows, for the reference and the schema. */
struct wv_config_section {
    const char *pointer; /* "/outputs/[]" */
    const char *help;
    const struct wv_option *options;
    size_t count;
};
const struct wv_config_section *wv_config_sections(size_t *count);

#endif
