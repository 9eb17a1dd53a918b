/*
 * hmac_avx2.c — eight messages side by side: one block of each, in the eight words of a vector.
 *
 * Written from FIPS 180-4, section 6.2.2.
 */
#include "keys/hmac_batch.h"

#if defined(__x86_64__)

#include "keys/hmac_words.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

enum { LANES = WV_HMAC_AVX2_LANES, WORDS = 16 };

AVX2 static inline __m256i add(__m256i a, __m256i b)
{
    return _mm256_add_epi32(a, b);
}

AVX2 static inline __m256i xor3(__m256i a, __m256i b, __m256i c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

AVX2 static inline __m256i rotate(__m256i word, int count)
{
    return _mm256_or_si256(_mm256_srli_epi32(word, count), _mm256_slli_epi32(word, 32 - count));
}

AVX2 static inline __m256i big_sigma0(__m256i a)
{
    return xor3(rotate(a, 2), rotate(a, 13), rotate(a, 22));
}

AVX2 static inline __m256i big_sigma1(__m256i e)
{
    return xor3(rotate(e, 6), rotate(e, 11), rotate(e, 25));
}

AVX2 static inline __m256i small_sigma0(__m256i word)
{
    return xor3(rotate(word, 7), rotate(word, 18), _mm256_srli_epi32(word, 3));
}

AVX2 static inline __m256i small_sigma1(__m256i word)
{
    return xor3(rotate(word, 17), rotate(word, 19), _mm256_srli_epi32(word, 10));
}

AVX2 static inline __m256i choose(__m256i e, __m256i f, __m256i g)
{
    return _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
}

AVX2 static inline __m256i majority(__m256i a, __m256i b, __m256i c)
{
    return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
}

/* Rows become columns: word i of vector j goes to word j of vector i. */
AVX2 static inline void transpose(__m256i rows[8])
{
    __m256i pairs[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    __m256i fours[8];
    for (int i = 0; i < 8; i += 4) {
        fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
        rows[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
    }
}

/* Half of every block: its eight words, most significant byte first in memory. */
AVX2 static inline void load_half(__m256i words[8], const uint8_t *const *blocks, size_t at)
{
    const __m256i swap = _mm256_broadcastsi128_si256(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    for (size_t i = 0; i < LANES; i++) {
        const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(blocks[i] + at));
        words[i] = _mm256_shuffle_epi8(bytes, swap);
    }
    transpose(words);
}

AVX2 static inline void load_states(__m256i v[8], uint32_t states[][8])
{
    for (size_t i = 0; i < LANES; i++) {
        v[i] = _mm256_loadu_si256((const __m256i *)(const void *)states[i]);
    }
    transpose(v);
}

/* Round number `round` of eight. The words of the state change their names from round to round, not
 * their places. */
AVX2 static inline void one_round(__m256i v[8], size_t round, __m256i word)
{
    const __m256i a = v[(8 - round) % 8];
    const __m256i b = v[(9 - round) % 8];
    const __m256i c = v[(10 - round) % 8];
    const __m256i e = v[(12 - round) % 8];
    const __m256i f = v[(13 - round) % 8];
    const __m256i g = v[(14 - round) % 8];
    __m256i *d = &v[(11 - round) % 8];
    __m256i *h = &v[(15 - round) % 8];
    const __m256i sum = add(add(add(*h, word), big_sigma1(e)), choose(e, f, g));
    *d = add(*d, sum);
    *h = add(add(sum, big_sigma0(a)), majority(a, b, c));
}

AVX2 static inline __m256i with_constant(__m256i word, size_t round)
{
    return add(word, _mm256_set1_epi32((int)sha256_words[round]));
}

/* By name, so that places in v are known to the compiler and stay in registers. */
AVX2 static inline void eight_rounds(__m256i v[8], const __m256i words[8], size_t from)
{
    one_round(v, 0, with_constant(words[0], from));
    one_round(v, 1, with_constant(words[1], from + 1));
    one_round(v, 2, with_constant(words[2], from + 2));
    one_round(v, 3, with_constant(words[3], from + 3));
    one_round(v, 4, with_constant(words[4], from + 4));
    one_round(v, 5, with_constant(words[5], from + 5));
    one_round(v, 6, with_constant(words[6], from + 6));
    one_round(v, 7, with_constant(words[7], from + 7));
}

/* The next sixteen words of the message schedule, in place. */
AVX2 static inline void next_words(__m256i words[WORDS])
{
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = add(add(words[i], small_sigma0(words[(i + 1) % WORDS])),
                       add(words[(i + 9) % WORDS], small_sigma1(words[(i + 14) % WORDS])));
    }
}

AVX2 void wv_hmac_blocks_avx2(uint32_t states[][8], const uint8_t *const *blocks)
{
    __m256i v[8];
    __m256i words[WORDS];
    load_states(v, states);
    load_half(words, blocks, 0);
    load_half(words + 8, blocks, 32);
    for (size_t round = 0;; round += WORDS) {
        eight_rounds(v, words, round);
        eight_rounds(v, words + 8, round + 8);
        if (round == 64 - WORDS) {
            break;
        }
        next_words(words);
    }
    transpose(v);
    for (size_t i = 0; i < LANES; i++) {
        __m256i *state = (__m256i *)(void *)states[i];
        _mm256_storeu_si256(state, add(_mm256_loadu_si256(state), v[i]));
    }
}

#else

void wv_hmac_blocks_avx2(uint32_t states[][8], const uint8_t *const *blocks)
{
    (void)states;
    (void)blocks;
    wv_ensure(false);
}

#endif
