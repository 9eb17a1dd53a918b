/*
 * index_avx2.c — 64 bytes at a time.
 *
 * Which quotes are escaped is found as in Langdale and Lemire, "Parsing Gigabytes of JSON per
 * Second" (VLDB Journal 28, 2019), section 3.1.1: a run of backslashes escapes what follows it if
 * and only if its length is odd, and an addition carries through all runs of a block at once.
 */
#include "json/index.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))

bool wv_index_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

struct block {
    uint64_t quote;
    uint64_t backslash;
    uint64_t control;
    uint64_t high;
};

AVX2 static inline uint64_t equal_mask(__m256i low, __m256i high, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    const uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    const uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)b << 32 | a;
}

AVX2 static inline uint64_t control_mask(__m256i low, __m256i high)
{
    /* Unsigned byte <= 0x1f: it is its own minimum with 0x1f. */
    const __m256i limit = _mm256_set1_epi8(0x1f);
    const __m256i a = _mm256_cmpeq_epi8(_mm256_min_epu8(low, limit), low);
    const __m256i b = _mm256_cmpeq_epi8(_mm256_min_epu8(high, limit), high);
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32 | (uint32_t)_mm256_movemask_epi8(a);
}

AVX2 static inline struct block look(const uint8_t *bytes)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    return (struct block){
        .quote = equal_mask(low, high, '"'),
        .backslash = equal_mask(low, high, '\\'),
        .control = control_mask(low, high),
        .high = (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 |
                (uint32_t)_mm256_movemask_epi8(low),
    };
}

/* The bytes that an unescaped backslash stands before. *carry: the last byte of the block before
 * was such a backslash. */
static inline uint64_t escaped_mask(uint64_t backslash, uint64_t *carry)
{
    if (backslash == 0) {
        const uint64_t escaped = *carry;
        *carry = 0;
        return escaped;
    }
    const uint64_t even = UINT64_C(0x5555555555555555);
    backslash &= ~*carry;
    const uint64_t follows = backslash << 1 | *carry;
    const uint64_t odd_starts = backslash & ~even & ~follows;
    uint64_t sequences;
    *carry = __builtin_add_overflow(odd_starts, backslash, &sequences);
    return (even ^ sequences << 1) & follows;
}

/* Bit i: an odd number of bits of mask stand at or before i. */
static inline uint64_t prefix_xor(uint64_t mask)
{
    for (unsigned shift = 1; shift < 64; shift *= 2) {
        mask ^= mask << shift;
    }
    return mask;
}

/* Writes the offsets of the bits of mask, which begins at `at`, and returns how many. Writes eight at
 * a time, also where there are fewer: their number is hard to foretell, and a wrong guess of the
 * branch costs more than the writes. out has room for 64. */
AVX2 static inline size_t put_offsets(uint32_t *out, uint64_t mask, uint32_t at)
{
    const size_t count = (size_t)__builtin_popcountll(mask);
    for (size_t done = 0; done < count; done += 8) {
        for (size_t i = 0; i < 8; i++) {
            out[done + i] = at + (uint32_t)__builtin_ctzll(mask | UINT64_C(1) << 63);
            mask &= mask - 1;
        }
    }
    return count;
}

struct pass {
    struct wv_index *index;
    size_t count;
    uint64_t carry;
    uint64_t high;
};

AVX2 static inline bool step(struct pass *pass, const uint8_t *bytes, size_t at)
{
    struct wv_index *index = pass->index;
    const struct block block = look(bytes);
    pass->high |= block.high;
    index->escapes[at / 64] = block.backslash;
    uint64_t quotes = block.quote & ~escaped_mask(block.backslash, &pass->carry);
    if (wv_unlikely(block.control != 0)) {
        const uint64_t inside = prefix_xor(quotes) ^ (pass->count % 2 == 0 ? 0 : ~UINT64_C(0));
        index->control |= (block.control & inside) != 0;
    }
    pass->count += put_offsets(index->quotes + pass->count, quotes, (uint32_t)at);
    return pass->count <= index->quote_max;
}

AVX2 bool wv_index_build_avx2(struct wv_index *index, struct wv_slice text)
{
    struct pass pass = {.index = index};
    index->control = false;
    size_t at = 0;
    for (; at + 64 <= text.len; at += 64) {
        if (!step(&pass, text.ptr + at, at)) {
            return false;
        }
    }
    uint8_t tail[64];
    memset(tail, ' ', sizeof tail);
    if (at < text.len) {
        memcpy(tail, text.ptr + at, text.len - at);
    }
    if (!step(&pass, tail, at)) {
        return false;
    }
    index->quote_count = pass.count;
    index->non_ascii = pass.high != 0;
    return true;
}

#else

bool wv_index_has_avx2(void)
{
    return false;
}

bool wv_index_build_avx2(struct wv_index *index, struct wv_slice text)
{
    return wv_index_build_scalar(index, text);
}

#endif
