/*
 * regex_trial.c — tries a pattern on what an attacker would write.
 *
 * The texts are made from the literal and from bytes that the pattern speaks of: each of them in
 * long rows, in pairs, behind the literal and before it, with an end that fits nothing, and in an
 * order that looks random. PCRE2 counts steps from each byte of a text, so a limit on them is one
 * for each byte: a pattern whose effort grows with the length of a row needs more. No call sees
 * more than TEXT_BYTES at once (wv_regex_next()), so longer texts would show nothing new.
 */
#include "filters/regex.h"

#include "base/buf.h"

#include <stdlib.h>

enum {
    TEXT_BYTES = WV_REGEX_STARTS + WV_PATTERN_REACH,
    BYTES_MAX = 32,
    ROW = 40, /* of one byte, between two literals */
    RANDOM_TEXTS = 16,
    WRONG_END = 0x01, /* nothing that is written as text */
};

struct trial {
    const struct wv_regex *regex;
    struct wv_regex_run run;
    uint8_t text[TEXT_BYTES];
    uint8_t bytes[BYTES_MAX];
    size_t count;
};

static void add_byte(struct trial *trial, uint8_t byte)
{
    if (trial->count < BYTES_MAX && memchr(trial->bytes, byte, trial->count) == NULL) {
        trial->bytes[trial->count++] = byte;
    }
}

/* Members of the classes that everybody uses, then whatever stands in literal and pattern. */
static void choose_bytes(struct trial *trial, struct wv_slice pattern)
{
    static const uint8_t usual[] = {'0', 'a', ' ', 'A', '_', '-', '.', '\n', 0x80};
    const struct wv_slice literal = trial->regex->literal;
    for (size_t i = 0; i < sizeof usual; i++) {
        add_byte(trial, usual[i]);
    }
    for (size_t i = 0; i < literal.len; i++) {
        add_byte(trial, literal.ptr[i]);
    }
    for (size_t i = 0; i < pattern.len; i++) {
        add_byte(trial, pattern.ptr[i]);
    }
}

/* Looks for all matches in the text, with compiled code or without. */
static bool stays_within(struct trial *trial, size_t len, uint32_t options)
{
    const struct wv_slice text = {trial->text, len};
    enum wv_regex_found found = WV_REGEX_MATCH;
    struct wv_regex_match match = {0};
    trial->run.options = options;
    while (found == WV_REGEX_MATCH) {
        found = wv_regex_next(&trial->run, trial->regex, text, match.to, &match);
    }
    return found == WV_REGEX_NONE;
}

static bool try_text(struct trial *trial, const struct wv_buf *buf)
{
    return stays_within(trial, buf->len, PCRE2_NO_JIT) && stays_within(trial, buf->len, 0);
}

/* The row as often as there is room, between a head and an end. Behind a wrong end stands every
 * byte once: PCRE2 gives up at once where one is missing that a match must have. */
static bool try_row(struct trial *trial, struct wv_slice head, struct wv_slice row, bool wrong_end)
{
    struct wv_buf buf = wv_buf_of(trial->text, TEXT_BYTES);
    const struct wv_slice literal = trial->regex->literal;
    const size_t end = wrong_end ? 1 + literal.len + trial->count : 0;
    wv_buf_put(&buf, head);
    while (buf.len + row.len + end <= TEXT_BYTES) {
        wv_buf_put(&buf, row);
    }
    if (wrong_end) {
        wv_buf_byte(&buf, WRONG_END);
        wv_buf_put(&buf, literal);
        wv_buf_put(&buf, (struct wv_slice){trial->bytes, trial->count});
    }
    return try_text(trial, &buf);
}

static bool try_both_ends(struct trial *trial, struct wv_slice head, struct wv_slice row)
{
    return try_row(trial, head, row, false) && try_row(trial, head, row, true);
}

/* Rows of one byte: alone, behind the literal, and cut into pieces by it. */
static bool try_byte(struct trial *trial, uint8_t byte)
{
    const struct wv_slice literal = trial->regex->literal;
    uint8_t row[ROW + WV_PATTERN_LITERAL_MAX];
    memset(row, byte, sizeof row);
    const struct wv_slice one = {row, 1};
    if (!try_both_ends(trial, (struct wv_slice){0}, one) || !try_both_ends(trial, literal, one)) {
        return false;
    }
    memcpy(row + ROW, literal.ptr, literal.len);
    return try_both_ends(trial, (struct wv_slice){0}, (struct wv_slice){row, ROW + literal.len}) &&
           try_both_ends(trial, literal, (struct wv_slice){row + ROW - 1, 1 + literal.len});
}

static bool try_pairs(struct trial *trial)
{
    for (size_t i = 0; i < trial->count; i++) {
        for (size_t k = 0; k < trial->count; k++) {
            const uint8_t pair[] = {trial->bytes[i], trial->bytes[k]};
            if (!try_both_ends(trial, trial->regex->literal, (struct wv_slice){pair, 2})) {
                return false;
            }
        }
    }
    return true;
}

/* The literal over and over, and what is left of it when an end is missing. */
static bool try_literals(struct trial *trial)
{
    const struct wv_slice literal = trial->regex->literal;
    return try_both_ends(trial, (struct wv_slice){0}, literal) &&
           (literal.len < 2 ||
            (try_both_ends(trial, (struct wv_slice){0},
                           wv_slice_sub(literal, 0, literal.len - 1)) &&
             try_both_ends(trial, (struct wv_slice){0}, wv_slice_sub(literal, 1, literal.len))));
}

/* The same ones each time: what is refused today is refused tomorrow. */
static bool try_random(struct trial *trial)
{
    uint32_t state = 1;
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        struct wv_buf buf = wv_buf_of(trial->text, TEXT_BYTES);
        /* Of few different bytes in one text, and of many in another. */
        const size_t kinds = i % 4 == 3 ? trial->count : 2 + i;
        while (buf.len + WV_PATTERN_LITERAL_MAX < TEXT_BYTES) {
            state = state * 1664525U + 1013904223U;
            if (state >> 28 == 0) {
                wv_buf_put(&buf, trial->regex->literal);
            }
            wv_buf_byte(&buf, trial->bytes[(state >> 16) % kinds % trial->count]);
        }
        if (!try_text(trial, &buf)) {
            return false;
        }
    }
    return true;
}

static const char *try_all(struct trial *trial)
{
    if (!try_literals(trial)) {
        return "the literal over and over";
    }
    for (size_t i = 0; i < trial->count; i++) {
        if (!try_byte(trial, trial->bytes[i])) {
            return "a long row of one byte";
        }
    }
    if (!try_pairs(trial)) {
        return "a long row of two bytes in turn";
    }
    return try_random(trial) ? NULL : "bytes in any order";
}

const char *wv_regex_trial(const struct wv_regex *regex, struct wv_slice pattern)
{
    const char *met = "any text: there is no memory left";
    struct trial *trial = calloc(1, sizeof *trial);
    if (trial == NULL) {
        return met;
    }
    trial->regex = regex;
    if (wv_regex_run_init(&trial->run)) {
        wv_regex_allow(&trial->run, WV_REGEX_STEPS_LEAST);
        choose_bytes(trial, pattern);
        met = try_all(trial);
    }
    wv_regex_run_fini(&trial->run);
    free(trial);
    return met;
}
