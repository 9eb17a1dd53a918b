/*
 * pattern_fixture.h — patterns from short C tables, and the plainest way to look for one: PCRE2
 * over the whole text, without its compiler, without the literal, without limits of ours.
 */
#ifndef WV_TESTS_SUPPORT_PATTERN_FIXTURE_H
#define WV_TESTS_SUPPORT_PATTERN_FIXTURE_H

#include "filters/detect.h"
#include "filters/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>

struct own {
    const char *name;
    const char *pattern;
    const char *literal;
    const char *validator;
    bool nocase;
    enum wv_pattern_action action;
};

/* The class is no class of any plan. */
static inline struct wv_pattern_source own_source(const struct own *own)
{
    return (struct wv_pattern_source){
        .name = wv_slice_of(own->name),
        .pattern = wv_slice_of(own->pattern),
        .literal = wv_slice_of(own->literal),
        .literal_nocase = own->nocase,
        .validator = own->validator == NULL ? NULL : wv_validator_find(wv_slice_of(own->validator)),
        .class = UINT32_MAX,
        .action = own->action,
    };
}

static inline bool own_add(struct wv_patterns *patterns, const struct own *own,
                           struct wv_report *report)
{
    json_t *value = json_pack("{s:s%, s:s%}", "pattern", own->pattern, strlen(own->pattern),
                              "literal", own->literal, strlen(own->literal));
    char *text = value == NULL ? NULL : json_dumps(value, JSON_INDENT(2));
    json_decref(value);
    struct wv_document *document =
        text == NULL ? NULL : wv_document_parse("own.json", wv_slice_of(text), report);
    free(text);
    wv_ensure(document != NULL);
    const struct wv_node node = wv_document_root(document);
    const struct wv_pattern_source source = own_source(own);
    const bool good = wv_patterns_add(patterns, &source, &node, report);
    wv_document_free(document);
    return good;
}

static inline pcre2_code *own_compile(const struct own *own)
{
    int error;
    PCRE2_SIZE at;
    return pcre2_compile((PCRE2_SPTR)own->pattern, strlen(own->pattern), 0, &error, &at, NULL);
}

/* The letters and digits of the match, with those of the literal and without them. */
static inline bool own_passes(const struct wv_pattern_source *source, struct wv_slice match)
{
    uint8_t whole[WV_PATTERN_REACH];
    uint8_t rest[WV_PATTERN_REACH];
    size_t whole_len = 0;
    size_t rest_len = 0;
    size_t literal = 0;
    while (literal + source->literal.len <= match.len &&
           memcmp(match.ptr + literal, source->literal.ptr, source->literal.len) != 0) {
        literal++;
    }
    for (size_t i = 0; i < match.len && i < WV_PATTERN_REACH; i++) {
        if (isalnum(match.ptr[i])) {
            whole[whole_len++] = match.ptr[i];
            if (i < literal || i >= literal + source->literal.len) {
                rest[rest_len++] = match.ptr[i];
            }
        }
    }
    return source->validator->is_valid((struct wv_slice){whole, whole_len}) ||
           source->validator->is_valid((struct wv_slice){rest, rest_len});
}

static inline bool own_same(const struct wv_hits *a, const struct wv_hits *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct wv_hit *x = &a->items[i];
        const struct wv_hit *y = &b->items[i];
        same = x->from == y->from && x->to == y->to && x->seen_from == y->seen_from &&
               x->kind == y->kind && x->detail == y->detail;
    }
    return same;
}

/* Adds the matches to the hits, of kind PATTERN. */
static inline void own_find(const struct own *own, const pcre2_code *code, size_t index,
                            struct wv_slice text, struct wv_hits *hits)
{
    const struct wv_pattern_source source = own_source(own);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    wv_ensure(data != NULL);
    for (size_t at = 0; at < text.len;) {
        if (pcre2_match(code, text.ptr, text.len, at, PCRE2_NO_JIT | PCRE2_NOTEMPTY, data, NULL) <
            0) {
            break;
        }
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(data);
        at = places[0] + 1;
        if (source.validator != NULL &&
            !own_passes(&source, wv_slice_sub(text, places[0], places[1]))) {
            continue;
        }
        at = places[1];
        if (hits->count == WV_SEARCH_HITS_MAX) {
            hits->overflowed = true;
            break;
        }
        hits->items[hits->count++] = (struct wv_hit){.from = (uint32_t)places[0],
                                                     .to = (uint32_t)places[1],
                                                     .seen_from = (uint32_t)places[0],
                                                     .kind = WV_HIT_PATTERN,
                                                     .detail = (uint8_t)index};
    }
    pcre2_match_data_free(data);
}

#endif
