/*
 * patterns.c — the operator's own detectors: compiled, checked and tried when they are loaded.
 */
#include "filters/regex.h"

#include <stdlib.h>

struct entry {
    struct wv_pattern_source source;
    struct wv_regex regex;
    char label[WV_PATTERN_NAME_MAX + 1];
};

struct wv_patterns {
    size_t count;
    struct entry entries[WV_PATTERNS_MAX];
};

struct wv_patterns *wv_patterns_new(void)
{
    return calloc(1, sizeof(struct wv_patterns));
}

void wv_patterns_free(struct wv_patterns *patterns)
{
    for (size_t i = 0; patterns != NULL && i < patterns->count; i++) {
        pcre2_code_free(patterns->entries[i].regex.code);
    }
    free(patterns);
}

size_t wv_patterns_count(const struct wv_patterns *patterns)
{
    return patterns == NULL ? 0 : patterns->count;
}

static const struct entry *entry_at(const struct wv_patterns *patterns, size_t index)
{
    wv_ensure(index < wv_patterns_count(patterns));
    return &patterns->entries[index];
}

const struct wv_pattern_source *wv_patterns_at(const struct wv_patterns *patterns, size_t index)
{
    return &entry_at(patterns, index)->source;
}

const struct wv_regex *wv_patterns_regex(const struct wv_patterns *patterns, size_t index)
{
    return &entry_at(patterns, index)->regex;
}

const char *wv_patterns_label(const struct wv_patterns *patterns, size_t index)
{
    return entry_at(patterns, index)->label;
}

bool wv_patterns_have_label(const struct wv_patterns *patterns, struct wv_slice word)
{
    for (size_t i = 0; i < wv_patterns_count(patterns); i++) {
        if (wv_slice_eq(word, wv_slice_of(patterns->entries[i].label))) {
            return true;
        }
    }
    return false;
}

bool wv_patterns_hold(const struct wv_patterns *patterns, struct wv_slice text)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (wv_regex_may_match(&patterns->entries[i].regex, text)) {
            return true;
        }
    }
    return false;
}

/* "\b" in JSON is a backspace, which nobody means. */
static bool check_bytes(struct wv_slice text, size_t max, const struct wv_node *node,
                        struct wv_report *report)
{
    if (text.len == 0) {
        return wv_node_fail(node, report, "is empty");
    }
    if (text.len > max) {
        return wv_node_fail(node, report, "has %zu bytes; at most %zu are possible", text.len, max);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ') {
            return wv_node_fail(node, report,
                                "holds a control character at byte %zu: in JSON a backslash is "
                                "written twice, as in \"\\\\bKD-[0-9]{8}\\\\b\"",
                                i);
        }
    }
    return true;
}

static pcre2_code *compile(struct wv_slice pattern, const struct wv_node *node,
                           struct wv_report *report)
{
    const uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
                             PCRE2_NO_AUTO_CAPTURE | PCRE2_USE_OFFSET_LIMIT;
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile(pattern.ptr, pattern.len, options, &error, &at, NULL);
    if (code == NULL) {
        PCRE2_UCHAR text[128] = "it is wrong";
        (void)pcre2_get_error_message(error, text, sizeof text);
        (void)wv_node_fail(node, report, "does not compile: %s (at byte %zu of the pattern)",
                           (const char *)text, (size_t)at);
    }
    return code;
}

/* What PCRE2 knows of a compiled pattern. */
static bool check_lengths(const pcre2_code *code, const struct wv_node *node,
                          struct wv_report *report)
{
    uint32_t empty = 0;
    uint32_t least = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &empty);
    (void)pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &least);
    if (empty != 0) {
        return wv_node_fail(node, report,
                            "can match the empty string, and so everywhere: let something of it "
                            "be required");
    }
    if (least > WV_PATTERN_LEAST_MAX) {
        return wv_node_fail(node, report,
                            "needs a text of %u bytes; at most %d are possible, because no match "
                            "is looked for over more than %d",
                            least, WV_PATTERN_LEAST_MAX, WV_PATTERN_REACH);
    }
    return true;
}

static bool check_syntax(const struct wv_pattern_source *source, const struct wv_node *pattern,
                         const struct wv_node *literal, struct wv_report *report)
{
    struct wv_regex_fault fault;
    if (wv_regex_check(source->pattern, source->literal, source->literal_nocase, &fault)) {
        return true;
    }
    return fault.of_literal ? wv_node_fail(literal, report, "%s", fault.what)
                            : wv_node_fail(pattern, report, "%s (at byte %zu of the pattern)",
                                           fault.what, fault.at);
}

static bool check_effort(const struct wv_regex *regex, const struct wv_pattern_source *source,
                         const struct wv_node *node, struct wv_report *report)
{
    const char *met = wv_regex_trial(regex, source->pattern);
    return met == NULL ||
           wv_node_fail(node, report,
                        "takes more than %d steps for one byte of a hostile text (%s): bound what "
                        "repeats, as {1,32}, and repeat nothing that repeats something itself",
                        WV_REGEX_STEPS_LEAST, met);
}

/* A byte of the literal, and the bit that is set in bytes it is compared with. */
static uint8_t folded(const struct wv_pattern_source *source, size_t at, uint8_t *fold)
{
    const uint8_t byte = source->literal.ptr[at];
    const bool letter = wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
    *fold = source->literal_nocase && letter ? 0x20 : 0;
    return byte | *fold;
}

static struct wv_regex regex_of(const struct wv_pattern_source *source, pcre2_code *code)
{
    struct wv_regex regex = {
        .code = code, .literal = source->literal, .nocase = source->literal_nocase};
    regex.first = folded(source, 0, &regex.first_fold);
    regex.last = folded(source, source->literal.len - 1, &regex.last_fold);
    /* Where code cannot be made, because the system forbids it, patterns run without. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
    return regex;
}

bool wv_patterns_add(struct wv_patterns *patterns, const struct wv_pattern_source *source,
                     const struct wv_node *node, struct wv_report *report)
{
    const struct wv_node pattern = wv_node_member(node, "pattern");
    const struct wv_node literal = wv_node_member(node, "literal");
    wv_ensure(patterns->count < WV_PATTERNS_MAX && source->name.len <= WV_PATTERN_NAME_MAX);
    bool good = check_bytes(source->pattern, WV_PATTERN_BYTES_MAX, &pattern, report);
    good = check_bytes(source->literal, WV_PATTERN_LITERAL_MAX, &literal, report) && good;
    pcre2_code *code = good ? compile(source->pattern, &pattern, report) : NULL;
    if (code == NULL) {
        return false;
    }
    struct entry *entry = &patterns->entries[patterns->count];
    *entry = (struct entry){.source = *source, .regex = regex_of(source, code)};
    if (!check_syntax(source, &pattern, &literal, report) ||
        !check_lengths(code, &pattern, report) ||
        !check_effort(&entry->regex, source, &pattern, report)) {
        pcre2_code_free(code);
        return false;
    }
    for (size_t i = 0; i < source->name.len; i++) {
        const uint8_t byte = source->name.ptr[i];
        entry->label[i] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
    }
    patterns->count++;
    return true;
}
