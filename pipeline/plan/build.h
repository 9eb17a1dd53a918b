/*
 * build.h — what the parts of plan-building share. Private to the plan layer.
 */
#ifndef WV_PLAN_BUILD_H
#define WV_PLAN_BUILD_H

#include "plan/builtin.h"
#include "plan/pack.h"
#include "plan/tables.h"

enum { WV_DOCUMENTS_MAX = 256, WV_NAME_TABLES_MAX = 16 };

struct wv_builder {
    struct wv_plan *plan;
    struct wv_report *report;
    struct wv_conditions conditions;
    struct {
        struct wv_slice word;
        const struct wv_name_table *table;
    } names[WV_NAME_TABLES_MAX]; /* tables of names that formats have asked for */
    size_t name_count;
};

/* A document that lives as long as the plan; NULL with a finding (builtin: also when there is no
 * document of that name, without one). */
const struct wv_document *wv_build_builtin(struct wv_builder *builder, const char *kind,
                                           const char *name);
const struct wv_document *wv_build_file(struct wv_builder *builder, const char *path);

/* NULL where the document is NULL or wrong. What formats.fields of the configuration says of the
 * format is added. */
const struct wv_format *wv_build_format(struct wv_builder *builder,
                                        const struct wv_document *document);

/* Built-in formats and those of the configuration, and by what they are told apart. */
bool wv_build_formats(struct wv_builder *builder);

/* The format that an input names; NULL in *out: "auto". False with a finding. */
bool wv_build_input_format(struct wv_builder *builder, size_t index, const struct wv_format **out);

/* Built-in packs and those of the configuration, with what they extend, and the country table. */
bool wv_build_packs(struct wv_builder *builder);

/* Which version of each pack holds when, and which templates are used. packs: those of the plan. */
bool wv_build_in_force(struct wv_builder *builder, struct wv_pack *packs);

/* What the law says of the outputs: purposes, recipients, transfers. After the packs. */
bool wv_build_legal(struct wv_builder *builder);

/* law_check.c: what the day of the configuration finds wrong with outputs and their recipients. */
bool wv_build_legal_checks(struct wv_builder *builder);

/* Reads the certificates of those who may approve changes. */
bool wv_build_approvers(struct wv_builder *builder);

/* sealing.c: whether the purposes allow what outputs seal, and for whom. After the law. */
bool wv_build_seals(struct wv_builder *builder);
/* law_purposes_check.c: the purposes of each input, for whose outputs they must be enough. */
bool wv_build_purposes(struct wv_builder *builder, struct wv_legal *legal);

/* law_sensitive.c: whether packs find what tenants never want published. */
bool wv_build_sensitive(struct wv_builder *builder);
/* law_ends.c: what is in order on that day and ends within a month of it, as warnings. */
void wv_build_legal_ends(struct wv_builder *builder);

/* The merged rules of every set of packs that a record can fall under. */
bool wv_build_sets(struct wv_builder *builder);

/* Databases and lists of the configuration; what is open is closed with the plan. After the packs,
 * also when they are wrong. */
bool wv_build_geo(struct wv_builder *builder);
void wv_build_free_geo(struct wv_geo *geo); /* NULL is allowed */

uint64_t wv_build_digest(const struct wv_document *document, uint64_t seed);
void wv_build_hex(uint64_t digest, char out[9]);

#endif
