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

/* How many offsets are written without asking how many there are, and at a time after that. A block
 * of a firewall's log holds seven quotes on average; these two numbers were the fastest of many. */
enum { FEW = 10, MORE = 6 };

/* How far ahead memory is asked for, in bytes: half a record, so that the first half of the next
 * one is on its way while this one is worked on, where a consumer has them side by side. */
enum { AHEAD = 1024 };

bool wv_index_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

struct block {
    __m256i low;
    __m256i high;
};

AVX2 static inline struct block load(const uint8_t *bytes)
{
    return (struct block){
        .low = _mm256_loadu_si256((const __m256i *)(const void *)bytes),
        .high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32)),
    };
}

AVX2 static inline uint64_t mask_of(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 |
           (uint32_t)_mm256_movemask_epi8(low);
}

AVX2 static inline uint64_t equal_mask(struct block block, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    return mask_of(_mm256_cmpeq_epi8(block.low, wanted), _mm256_cmpeq_epi8(block.high, wanted));
}

/* All ones where the unsigned byte is at most 0x1f: it is its own minimum with 0x1f. */
AVX2 static inline __m256i control_bytes(__m256i bytes)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
}

AVX2 static inline uint64_t control_mask(struct block block)
{
    return mask_of(control_bytes(block.low), control_bytes(block.high));
}

/* One test for both halves: the lesser of two bytes is a control byte if one of them is. */
AVX2 static inline bool has_control(struct block block)
{
    return _mm256_movemask_epi8(control_bytes(_mm256_min_epu8(block.low, block.high))) != 0;
}

/* The bytes that an unescaped backslash stands before. *carry: the last byte of the block before
 * was such a backslash. Blocks with and without backslashes alternate, so that a branch around this
 * would cost more than it saves. */
static inline uint64_t escaped_mask(uint64_t backslash, uint64_t *carry)
{
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

/* Writes the offsets of the lowest bits of mask; past the last one, numbers that nobody reads. */
AVX2 static inline uint64_t put_some(uint32_t *out, uint64_t mask, uint32_t at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = at + (uint32_t)_tzcnt_u64(mask);
        mask = _blsr_u64(mask);
    }
    return mask;
}

/* Writes the offsets of the bits of mask, which begins at `at`, and returns how many. Always writes
 * at least FEW: their number is hard to foretell, and a wrong guess of a branch costs more than the
 * writes. out has room for 64. */
AVX2 static inline size_t put_offsets(uint32_t *out, uint64_t mask, uint32_t at)
{
    const size_t count = (size_t)__builtin_popcountll(mask);
    mask = put_some(out, mask, at, FEW);
    if (wv_unlikely(count > FEW)) {
        for (size_t done = FEW; done < count; done += MORE) {
            mask = put_some(out + done, mask, at, MORE);
        }
    }
    return count;
}

/* Up to 63 bytes, with blanks behind them. */
AVX2 static inline struct block load_tail(const uint8_t *bytes, size_t count)
{
    uint8_t tail[64];
    memset(tail, ' ', sizeof tail);
    if (count > 0) {
        memcpy(tail, bytes, count);
    }
    return load(tail);
}

/* The quotes with a backslash between them and the quote before. *open: one stands behind the last
 * quote. Each backslash is added to the run of other bytes behind it: the carry arrives at what
 * ends the run, be it a quote or the next backslash. */
static inline uint64_t behind_backslash(uint64_t backslash, uint64_t quotes, uint64_t *open)
{
    const uint64_t others = ~(backslash | quotes);
    const uint64_t ends = (backslash << 1 | *open) + others;
    /* The two have no bit in common: the greater one has the last byte that is of either. */
    *open = (backslash | *open) > quotes;
    return ends & quotes;
}

/* Notes that a backslash stands before these quotes of a block, of which `count` stand before it.
 */
AVX2 static inline void put_escapes(uint64_t *escapes, uint64_t found, uint64_t quotes,
                                    size_t count)
{
    for (; found != 0; found = _blsr_u64(found)) {
        const uint64_t before = quotes & (_blsi_u64(found) - 1);
        const size_t number = count + (size_t)__builtin_popcountll(before);
        escapes[number / 64] |= UINT64_C(1) << number % 64;
    }
}

AVX2 bool wv_index_build_avx2(struct wv_index *index, struct wv_slice text)
{
    size_t count = 0;
    uint64_t carry = 0;
    uint64_t open = 0;
    bool control = false;
    __m256i seen = _mm256_setzero_si256();
    index->escapes[0] = 0;
    for (size_t at = 0; at <= text.len; at += 64) {
        struct block block = wv_likely(text.len - at >= 64)
                                 ? load(text.ptr + at)
                                 : load_tail(text.ptr + at, text.len - at);
        _mm_prefetch((const char *)text.ptr + at + AHEAD, _MM_HINT_T0);
        const bool unusual = has_control(block);
        const uint64_t newlines = wv_unlikely(unusual) ? equal_mask(block, '\n') : 0;
        if (wv_unlikely(newlines != 0)) {
            text.len = at + _tzcnt_u64(newlines);
            block = load_tail(text.ptr + at, text.len - at);
        }
        const uint64_t backslash = equal_mask(block, '\\');
        const uint64_t quotes = equal_mask(block, '"') & ~escaped_mask(backslash, &carry);
        const uint64_t escaped = behind_backslash(backslash, quotes, &open);
        index->escapes[count / 64 + 1] = 0;
        put_escapes(index->escapes, escaped, quotes, count);
        seen = _mm256_or_si256(seen, _mm256_or_si256(block.low, block.high));
        if (wv_unlikely(unusual)) {
            const uint64_t inside = prefix_xor(quotes) ^ (count % 2 == 0 ? 0 : ~UINT64_C(0));
            control = control || (control_mask(block) & inside) != 0;
        }
        count += put_offsets(index->quotes + count, quotes, (uint32_t)at);
        if (wv_unlikely(count > index->quote_max)) {
            return false;
        }
    }
    index->quote_count = count;
    index->len = text.len;
    index->control = control;
    index->non_ascii = _mm256_movemask_epi8(seen) != 0;
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
