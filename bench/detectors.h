/*
 * detectors.h — what bench_detectors.c and its parts share: texts, and ways to search them.
 */
#ifndef WV_BENCH_DETECTORS_H
#define WV_BENCH_DETECTORS_H

#include "filters/search.h"
#include "plan/tables.h"

/* Texts of one sort: what stands in one place of a record. */
enum detectors_sort {
    DETECTORS_PATHS = 0,
    DETECTORS_VALUES, /* of parameters */
    DETECTORS_QUERIES,
    DETECTORS_HEADERS,
    DETECTORS_PAYLOADS,
    DETECTORS_LOGS, /* lines of the samples that are text */
    DETECTORS_SORTS,
};

struct detectors_texts {
    const char *name;
    struct wv_slice *items;
    size_t count;
    size_t room;
    size_t bytes;
};

/* Made of so many made-up records of AWS WAF and of the samples; never freed. False with a message:
 * memory is short, or samples are missing. */
WV_MUST_USE bool detectors_texts_make(struct detectors_texts texts[DETECTORS_SORTS], size_t records,
                                      uint64_t seed, const char *samples);

enum { DETECTORS_TEXT_MAX = 64 * 1024 };

/* How the texts are searched. */
struct detectors_search {
    struct wv_plan *plan;
    struct wv_context context;
    struct wv_needles needles;
    struct wv_name_list hosts;
    struct wv_scratch scratch;
    uint8_t *out;
    struct detectors_loop *loop;
};

WV_MUST_USE bool detectors_search_open(struct detectors_search *search);
void detectors_search_close(struct detectors_search *search);

/* Searches every text; in how many something is found. */
uint64_t detectors_search_run(struct detectors_search *search, unsigned what,
                              const struct detectors_texts *texts);

/* The identifiers one pattern after another, by PCRE2 with JIT, with the same validators, over the
 * same decodings (detectors_loop.c). NULL when memory is short. */
struct detectors_loop *detectors_loop_new(void);
void detectors_loop_free(struct detectors_loop *loop);
size_t detectors_loop_patterns(void);
uint64_t detectors_loop_run(struct detectors_search *search, const struct detectors_texts *texts);

/* One part of the search for identifiers alone (detectors_parts.c). */
struct detectors_part {
    const char *name;
    const char *summary;
};

enum { DETECTORS_PARTS = 9 };

extern const struct detectors_part detectors_parts[DETECTORS_PARTS];

/* Looks for it in every text as it is; at how many places it took a look. */
uint64_t detectors_parts_run(struct detectors_search *search, size_t part,
                             const struct detectors_texts *texts);

#endif
