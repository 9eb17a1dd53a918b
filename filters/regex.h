/*
 * regex.h — one compiled pattern, and the one way to run it. Private to the files of patterns.h,
 * and the only header that knows PCRE2.
 */
#ifndef WV_FILTERS_REGEX_H
#define WV_FILTERS_REGEX_H

#include "filters/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    /* Steps of backtracking from one byte of a text: what a pattern must not need in trials, and
     * what it always gets. An identifier needs one for each part that may have several lengths. */
    WV_REGEX_STEPS_LEAST = 128,
    WV_REGEX_STEPS_MOST = 4096,      /* in short texts, where more does no harm */
    WV_REGEX_STEPS_TEXT = 1 << 24,   /* over a whole text, if each byte needs as many: 0.1 s */
    WV_REGEX_DEPTH = 1024,           /* places to go back to; each takes about 150 bytes */
    WV_REGEX_HEAP_KIB = 512,         /* so that the depth is the limit that is met */
    WV_REGEX_STARTS = 512,           /* bytes from which matches are tried in one call */
    WV_REGEX_STACK_LEAST = 32 << 10, /* bytes, of the compiled code's own stack */
    WV_REGEX_STACK_MOST = 256 << 10,
};

struct wv_regex {
    pcre2_code *code;
    struct wv_slice literal;
    bool nocase;
    uint8_t first; /* byte of the literal; with `fold` set where its case does not matter */
    uint8_t last;
    uint8_t first_fold;
    uint8_t last_fold;
};

/* What a worker needs to run any pattern. */
struct wv_regex_run {
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack; /* NULL: this PCRE2 compiles no code */
    uint32_t options;       /* PCRE2_NO_JIT: the portable way */
};

/* False when memory is short; fini() is needed in any case. */
WV_MUST_USE bool wv_regex_run_init(struct wv_regex_run *run);
void wv_regex_run_fini(struct wv_regex_run *run);

/* Steps that each byte of a text of that length may take. */
uint32_t wv_regex_steps(size_t len);
void wv_regex_allow(struct wv_regex_run *run, uint32_t steps);

enum wv_regex_found {
    WV_REGEX_LIMIT = 0,
    WV_REGEX_NONE,
    WV_REGEX_MATCH,
    WV_REGEX_PARTIAL, /* it could go on behind the end of what was looked at: out->from is set */
};

struct wv_regex_match {
    size_t from;
    size_t to;
};

/* The first match that begins at or behind `at`, as in the whole text. PARTIAL: it is longer than
 * may be looked at, which is a limit as well. */
enum wv_regex_found wv_regex_next(struct wv_regex_run *run, const struct wv_regex *regex,
                                  struct wv_slice text, size_t at, struct wv_regex_match *out);

/* One look at all of the text, which must be short, with options of PCRE2. */
enum wv_regex_found wv_regex_try(struct wv_regex_run *run, const struct wv_regex *regex,
                                 struct wv_slice text, size_t at, uint32_t options,
                                 struct wv_regex_match *out);

/* patterns.c */
const struct wv_regex *wv_patterns_regex(const struct wv_patterns *patterns, size_t index);

/* Whether the text holds the literal. */
bool wv_regex_may_match(const struct wv_regex *regex, struct wv_slice text);

/* regex_syntax.c: whether a pattern that PCRE2 compiles is made of what can be bounded, and holds
 * the literal in each of its alternatives. */
struct wv_regex_fault {
    bool of_literal; /* otherwise of the pattern … */
    size_t at;       /* … at this byte */
    const char *what;
};
WV_MUST_USE bool wv_regex_check(struct wv_slice pattern, struct wv_slice literal, bool nocase,
                                struct wv_regex_fault *fault);

/* regex_trial.c: runs the pattern over hostile texts, with compiled code and without. NULL: it
 * stays within its steps; otherwise what it met. */
const char *wv_regex_trial(const struct wv_regex *regex, struct wv_slice pattern);

#endif
