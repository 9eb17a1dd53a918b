/*
 * detect_reference_parts.h — what the parts of the reference share (detect_reference*.c).
 */
#ifndef WV_TESTS_DETECT_REFERENCE_PARTS_H
#define WV_TESTS_DETECT_REFERENCE_PARTS_H

#include "support/detect_reference.h"

struct reference {
    struct wv_slice text;
    const struct wv_detectors *detectors;
    const struct wv_parameters *parameters;
    struct reference_hits *hits;
};

/* What speaks for an identifier, weakest first. */
enum reference_evidence {
    REFERENCE_NOTHING = 0,
    REFERENCE_NAME, /* a listed name before it, of the class that such identifiers have */
    REFERENCE_WORD, /* a word of its own before it, or its shape is enough */
};

enum reference_evidence reference_evidence(const struct reference *reference, size_t kind,
                                           enum wv_evidence needed, size_t context, size_t from,
                                           size_t to);

struct reference_hit *reference_add(const struct reference *reference, size_t from, size_t to,
                                    uint64_t kinds);

/* Notes it where there is any evidence for it. */
void reference_note(const struct reference *reference, size_t kind, enum wv_evidence needed,
                    size_t from, size_t to);

/* Whether [from, to) is part of one of the first `count` hits. */
bool reference_is_code(const struct reference *reference, size_t count, size_t from, size_t to);

enum { REFERENCE_JOIN_MAX = 3 };

/* What stands between two groups: '-', '.', '/', '(' for anything with a parenthesis, a blank; 0:
 * it is nothing that can stand there. */
char reference_join(struct wv_slice gap);

/* The length of the character at `at`, 1 to 3 bytes. */
size_t reference_wide_length(struct wv_slice text, size_t at);

void reference_codes(const struct reference *reference); /* before the numbers */
void reference_numbers(const struct reference *reference);
void reference_accounts(const struct reference *reference);
void reference_keys(const struct reference *reference);
void reference_shapes(const struct reference *reference);

/* The byte at `at`, 0 outside of the text: none of the questions below is true of 0. */
static inline uint8_t byte_at(struct wv_slice text, size_t at)
{
    return at < text.len ? text.ptr[at] : 0;
}

static inline uint8_t byte_before(struct wv_slice text, size_t at)
{
    return at > 0 ? text.ptr[at - 1] : 0;
}

static inline bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool is_letter(uint8_t byte)
{
    return wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
}

static inline bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'f');
}

static inline bool is_alnum(uint8_t byte)
{
    return is_digit(byte) || is_letter(byte);
}

/* One of the bytes of a list; the NUL at its end is none. */
static inline bool is_one_of(uint8_t byte, const char *list)
{
    return byte != 0 && strchr(list, byte) != NULL;
}

static inline bool stands_at(struct wv_slice text, size_t at, const char *word)
{
    return at + strlen(word) <= text.len && memcmp(text.ptr + at, word, strlen(word)) == 0;
}

#endif
