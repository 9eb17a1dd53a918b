/*
 * filter_fixture.h — everything that a filter needs to run alone, for tests and fuzzers.
 *
 * One fixture holds the memory, the context and the settings of filters; fixture_fini() gives all
 * of it back. What an operator's document would report is collected and only counted.
 */
#ifndef WV_TESTS_SUPPORT_FILTER_FIXTURE_H
#define WV_TESTS_SUPPORT_FILTER_FIXTURE_H

#include "filters/detectors.h"
#include "filters/filter.h"
#include "filters/parameters.h"

#include <stdlib.h>

enum {
    FIXTURE_ARENA = 4 * 1024 * 1024,
    FIXTURE_SCRATCH = 2 * 1024 * 1024,
    FIXTURE_DOCUMENTS = 256,
};

struct fixture {
    struct wv_arena *arena;
    struct wv_report *report;
    struct wv_document *documents[FIXTURE_DOCUMENTS]; /* settings may point into them */
    size_t document_count;
    struct wv_scratch scratch;
    struct wv_needles needles;
    struct wv_name_list own_hosts;
    struct wv_keyring *keyring;
    struct wv_tokens *tokens;
    struct wv_slice name; /* of the value */
    struct wv_context context;
};

/* The root of a document; value NULL when it is no JSON. */
static inline struct wv_node fixture_document(struct fixture *fixture, struct wv_slice json)
{
    wv_ensure(fixture->document_count < FIXTURE_DOCUMENTS);
    struct wv_document *document = wv_document_parse("test.json", json, fixture->report);
    if (document == NULL) {
        return (struct wv_node){0};
    }
    fixture->documents[fixture->document_count++] = document;
    return wv_document_root(document);
}

/* Names of parameters: the project's own where the test knows where schemas are. */
static inline struct wv_parameters *fixture_parameters(struct fixture *fixture)
{
#ifdef WV_SCHEMAS
    wv_ensure(fixture->document_count < FIXTURE_DOCUMENTS);
    struct wv_document *document =
        wv_document_load(WV_SCHEMAS "/names/parameters.json", fixture->report);
    wv_ensure(document != NULL);
    fixture->documents[fixture->document_count++] = document;
    const struct wv_node root = wv_document_root(document);
#else
    const struct wv_node root = fixture_document(
        fixture, WV_LIT("{\"credential\": [\"password\", \"token\"], \"session\": [\"sid\"],"
                        " \"contact\": [\"email\"], \"payment\": [\"iban\"]}"));
#endif
    return wv_parameters_load(&root, fixture->arena, fixture->report);
}

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.arena = wv_arena_new(FIXTURE_ARENA), .report = wv_report_new()};
    wv_ensure(fixture->arena != NULL && fixture->report != NULL);
    fixture->scratch = (struct wv_scratch){.mem = malloc(FIXTURE_SCRATCH), .cap = FIXTURE_SCRATCH};
    const struct wv_parameters *parameters = fixture_parameters(fixture);
    wv_ensure(fixture->scratch.mem != NULL && parameters != NULL);
    fixture->context = (struct wv_context){
        .needles = &fixture->needles,
        .own_hosts = &fixture->own_hosts,
        .parameters = parameters,
        .detectors = &wv_detectors_all,
        .scratch = &fixture->scratch,
    };
}

static inline void fixture_fini(struct fixture *fixture)
{
    wv_tokens_free(fixture->tokens);
    wv_keyring_free(fixture->keyring);
    for (size_t i = 0; i < fixture->document_count; i++) {
        wv_document_free(fixture->documents[i]);
    }
    free(fixture->scratch.mem);
    wv_report_free(fixture->report);
    wv_arena_free(fixture->arena);
}

/* The keys that every run of every test has: they protect nothing. */
static inline void fixture_keys(struct fixture *fixture)
{
    uint8_t seed[WV_SECRET_BYTES];
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)i;
    }
    fixture->keyring = wv_keyring_throwaway(seed, fixture->report);
    wv_ensure(fixture->keyring != NULL);
    fixture->tokens = wv_tokens_new(fixture->keyring, 64);
    wv_ensure(fixture->tokens != NULL);
    fixture->context.tokens = fixture->tokens;
    fixture->context.key = (struct wv_token_key){.domain = WV_LIT("acme/eu/soc"),
                                                 .time_s = 1794960000 /* 2026-11-18 00:00 UTC */};
}

/* Settings of a filter from the text of a JSON object; NULL when they are refused. */
static inline void *fixture_settings(struct fixture *fixture, const struct wv_filter *filter,
                                     struct wv_slice json)
{
    const struct wv_node node = fixture_document(fixture, json);
    const size_t size = filter->settings_size == 0 ? 1 : filter->settings_size;
    void *settings = wv_arena_array(fixture->arena, 1, size, _Alignof(max_align_t));
    wv_ensure(settings != NULL);
    const struct wv_loading loading = {
        .node = node, .arena = fixture->arena, .report = fixture->report};
    if (node.value == NULL ||
        !wv_options_bind(&node, filter->options, filter->option_count, settings, fixture->arena,
                         fixture->report) ||
        (filter->prepare != NULL && !filter->prepare(settings, &loading))) {
        return NULL;
    }
    return settings;
}

/* What one run of a filter gave. */
struct fixture_run {
    enum wv_verdict verdict;
    bool whole;            /* the buffer did not overflow */
    struct wv_slice bytes; /* in mem */
};

static inline struct fixture_run fixture_apply(struct fixture *fixture,
                                               const struct wv_filter *filter, const void *settings,
                                               struct wv_slice text, uint8_t *mem, size_t cap)
{
    struct wv_buf buf = wv_buf_of(mem, cap);
    struct wv_out out = wv_out_plain(&buf, text);
    const struct wv_value value = {.text = text, .name = fixture->name};
    const size_t mark = fixture->scratch.used;
    struct fixture_run run = {.verdict = filter->apply(settings, &value, &fixture->context, &out)};
    wv_scratch_return(&fixture->scratch, mark);
    run.whole = wv_buf_take(&buf, &run.bytes);
    return run;
}

#endif
