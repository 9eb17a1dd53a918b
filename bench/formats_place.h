/*
 * formats_place.h — a place in a sample record, and what it looks like there (formats_vary.h).
 */
#ifndef WV_BENCH_FORMATS_PLACE_H
#define WV_BENCH_FORMATS_PLACE_H

#include "app/corpus_parts.h"
#include "bench/formats_vary.h"

/* In the text and in its copy. */
struct vary_place {
    const struct vary *vary;
    const struct vary_draw *draw;
    struct wv_slice text;
    uint8_t *copy;
    size_t at;
};

/* Whether the text stands in a value that was kept. */
bool vary_is_kept(const struct vary *vary, struct wv_slice text);

/* These change a documentation address that begins here; how long it is, 0: none does. */
size_t vary_address4(struct vary_place *place);
size_t vary_address6(struct vary_place *place);

/* Other digits for digits, other letters for letters: up to f, or all there are. */
void vary_change(uint8_t *bytes, size_t len, uint64_t seed, uint32_t letters);

/* Writes a number with just so many digits. */
void vary_put_number(uint8_t *bytes, size_t len, uint32_t value);

static inline bool vary_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool vary_is_letter(uint8_t byte)
{
    return wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
}

static inline bool vary_is_word(uint8_t byte)
{
    return vary_is_digit(byte) || vary_is_letter(byte);
}

static inline bool vary_is_hex(uint8_t byte)
{
    return vary_is_digit(byte) || (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'f');
}

/* 0 behind the end. */
static inline uint8_t vary_byte(struct wv_slice text, size_t at)
{
    return at < text.len ? text.ptr[at] : 0;
}

static inline size_t vary_run(struct wv_slice text, size_t at, bool (*belongs)(uint8_t))
{
    size_t len = 0;
    while (at + len < text.len && belongs(text.ptr[at + len])) {
        len++;
    }
    return len;
}

/* How long the character is, if it is this one, as it is or percent-encoded; otherwise 0. */
static inline size_t vary_spelled(struct wv_slice text, size_t at, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    if (vary_byte(text, at) == byte) {
        return 1;
    }
    const bool coded = vary_byte(text, at) == '%' &&
                       wv_lower(vary_byte(text, at + 1)) == (uint8_t)digits[byte >> 4] &&
                       wv_lower(vary_byte(text, at + 2)) == (uint8_t)digits[byte & 15];
    return coded ? 3 : 0;
}

static inline uint32_t vary_next(uint64_t *seed, uint32_t count)
{
    *seed = wv_corpus_mix(*seed + 0x9e3779b97f4a7c15U);
    return (uint32_t)(((*seed >> 32) * count) >> 32);
}

static inline uint64_t vary_client(const struct vary_place *place)
{
    return wv_corpus_mix((uint64_t)place->draw->client + 1);
}

#endif
