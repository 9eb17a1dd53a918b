/*
 * patterns.h — detectors that an operator writes himself: a regular expression, and a literal
 * without which it cannot match.
 *
 * Patterns are PCRE2's, over bytes: no UTF mode, so \w is ASCII and a letter outside of ASCII is
 * two bytes or more. What cannot be bounded is refused when it is loaded: back references,
 * recursion, callouts, verbs, \C, \K and the like (regex_syntax.c), and what backtracks badly over
 * hostile texts (regex_trial.c). The literal must stand in every alternative, so that a text
 * without it, which most are, need not be looked at.
 *
 * Limits. A match is tried from each byte of a text at most once, takes a bounded number of steps
 *         from there, and looks at most WV_PATTERN_REACH bytes ahead. A text that needs more is not
 *         searched: hits->overflowed, so that the value goes, and it is counted.
 * Memory. A set of patterns is read-only once it is made and may be shared; the strings of its
 *         sources must outlive it. A matcher belongs to one worker, allocates nothing once it has
 *         run, and is wiped when it is freed.
 */
#ifndef WV_FILTERS_PATTERNS_H
#define WV_FILTERS_PATTERNS_H

#include "base/scratch.h"
#include "filters/validate.h"
#include "json/document.h"

enum {
    WV_PATTERNS_MAX = 16,
    WV_PATTERN_NAME_MAX = 20,    /* with a token behind it, the placeholder has 31 bytes */
    WV_PATTERN_BYTES_MAX = 500,  /* more is no identifier any more */
    WV_PATTERN_LITERAL_MAX = 64, /* bytes */
    WV_PATTERN_REACH = 512,      /* bytes that a match may look at: identifiers are short */
    WV_PATTERN_LEAST_MAX = 255,  /* bytes of the shortest match: half of the reach */
};

enum wv_pattern_action {
    WV_PATTERN_REPLACE = 0, /* a placeholder stands in its place */
    WV_PATTERN_REMOVE,      /* the value goes in which it stands */
};

struct wv_pattern_source {
    struct wv_slice name; /* "customer_no" */
    struct wv_slice pattern;
    struct wv_slice literal;
    bool literal_nocase; /* the literal in any case of ASCII letters */
    /* Of the letters and digits of a match, or of those that are left without the literal. NULL:
     * none. */
    const struct wv_validator *validator;
    uint32_t class;  /* whose rule says whether the placeholder has a token; the caller's number */
    uint32_t action; /* enum wv_pattern_action */
};

struct wv_patterns;

/* NULL when memory is short. */
WV_MUST_USE struct wv_patterns *wv_patterns_new(void);
void wv_patterns_free(struct wv_patterns *patterns); /* NULL is allowed */

/* Compiles a pattern and tries it. False with a finding at the member of the node, an object with
 * "pattern" and "literal", that is to blame. */
WV_MUST_USE bool wv_patterns_add(struct wv_patterns *patterns,
                                 const struct wv_pattern_source *source, const struct wv_node *node,
                                 struct wv_report *report);

/* In the order in which they were added. patterns NULL: none. */
size_t wv_patterns_count(const struct wv_patterns *patterns);
const struct wv_pattern_source *wv_patterns_at(const struct wv_patterns *patterns, size_t index);

/* The name in capitals: the label of `wafveil detect`, the word in a placeholder. */
const char *wv_patterns_label(const struct wv_patterns *patterns, size_t index);
bool wv_patterns_have_label(const struct wv_patterns *patterns, struct wv_slice word);

/* wv_patterns_may_match(), where there are patterns. */
bool wv_patterns_hold(const struct wv_patterns *patterns, struct wv_slice text);

/* Whether the text, as it stands, holds the literal of a pattern; false is certain. Does not
 * decode: a text with an escape in it needs a closer look in any case. Most plans have no patterns,
 * and every name and word of a record comes by here. */
static inline bool wv_patterns_may_match(const struct wv_patterns *patterns, struct wv_slice text)
{
    return patterns != NULL && wv_patterns_hold(patterns, text);
}

struct wv_hits; /* detect.h */
struct wv_matcher;

/* limits: as many counters as there are patterns; each is raised where a text was not searched
 * because of a limit. NULL: not counted. NULL when memory is short. */
WV_MUST_USE struct wv_matcher *wv_matcher_new(const struct wv_patterns *patterns, uint64_t *limits);
void wv_matcher_free(struct wv_matcher *matcher); /* NULL is allowed */

/* Adds the hits of all patterns in a text that was decoded already, WV_HIT_PATTERN with the index
 * as its detail. hits->removal: one of them wants the value removed. */
void wv_matcher_look(struct wv_matcher *matcher, struct wv_slice text, struct wv_hits *hits);

/* Whether a match, in the text or a decoding of it, may cross one of the borders at which pieces of
 * the text were joined. A border counts as a word boundary. True also when it cannot tell. */
bool wv_matcher_crosses(struct wv_matcher *matcher, struct wv_slice text, const uint32_t *borders,
                        size_t count, struct wv_scratch *scratch);

#endif
