/*
 * config_tables.h — the rows of every section of the configuration, and the structs they fill.
 *
 * Private to config.c and config_checks.c. Where a section holds members that need more than a row,
 * the struct that is bound carries them beside the public struct.
 */
#ifndef WV_PLAN_CONFIG_TABLES_H
#define WV_PLAN_CONFIG_TABLES_H

#include "plan/config.h"

enum wv_config_at {
    WV_AT_ROOT = 0,
    WV_AT_INPUT,
    WV_AT_TENANT,
    WV_AT_REGION,
    WV_AT_OUTPUT,
    WV_AT_WHEN,
    WV_AT_SAMPLE,
    WV_AT_SEAL,
    WV_AT_REJECTS,
    WV_AT_REJECT_SEAL,
    WV_AT_AUDIT_TOPIC,
    WV_AT_KEYS,
    WV_AT_KEK,
    WV_AT_PREVIOUS_KEK,
    WV_AT_PACKS,
    WV_AT_FORMATS,
    WV_AT_NAMES,
    WV_AT_CONSENT,
    WV_AT_EVENTS,
    WV_AT_LIMITS,
    WV_AT_DELIVERY,
    WV_AT_HTTP,
    WV_AT_ADMIN,
    WV_AT_LOG,
    WV_AT_DETECTOR,
    WV_AT_INSTANCE,
    WV_AT_RECIPIENT,
    WV_AT_ELIGIBILITY,
    WV_AT_SAFEGUARD,
    WV_AT_AUDIT,
    WV_AT_SUB_PROCESSOR,
    WV_AT_LAW,
    WV_AT_CHANGES,
    WV_AT_ENRICH,
    WV_AT_ENRICH_COUNTRY,
    WV_AT_ENRICH_ASN,
    WV_AT_ENRICH_LIST,
    WV_AT_TENANT_TABLE,
    WV_AT_COUNT,
};

extern const struct wv_config_section wv_config_tables[WV_AT_COUNT];

/* Members of kind ANY are read by their own section; here they only have to be known. */
struct wv_root_section {
    struct wv_slice schema;
    json_t *section;
};

struct wv_input_section {
    struct wv_input input;
    struct wv_name_list purposes;
    struct wv_slice basis;
    json_t *block;
};

struct wv_tenant_section {
    struct wv_tenant_config config;
    struct wv_slice table;
    struct wv_slice region;
    struct wv_name_list hosts;
    bool never_sensitive;
    uint32_t unknown; /* 0: strictest, 1: reject */
};

struct wv_output_section {
    struct wv_output output;
    json_t *block;
};

struct wv_sample_section {
    json_t *rate;
};

struct wv_seal_section {
    struct wv_slice certificate;
    struct wv_name_list classes;
    json_t *when;
    uint32_t days;
};

struct wv_rejects_section {
    struct wv_slice topic;
    struct wv_slice certificate; /* of `seal` */
    json_t *block;
};

struct wv_audit_section {
    struct wv_slice topic;
    json_t *block;
    uint32_t window_s;
};

struct wv_packs_section {
    struct wv_name_list files;
    struct wv_name_list acknowledged;
    json_t *countries;
};

struct wv_formats_section {
    struct wv_name_list files;
    json_t *fields;
};

struct wv_names_section {
    json_t *parameters;
};

struct wv_detector_section {
    struct wv_pattern_source source;
    struct wv_slice validator;
    struct wv_slice class;
};

struct wv_law_section {
    struct wv_name_list transfers;
};

struct wv_consent_section {
    struct wv_slice header;
    struct wv_slice third_party;
};

struct wv_delivery_section {
    struct wv_delivery delivery;
    uint32_t mode; /* enum wv_delivery_mode */
};

struct wv_log_section {
    uint32_t level;
};

#endif
