/*
 * hmac_sha_ni.c — two messages side by side, with the instructions for SHA-256.
 *
 * One message keeps the unit half busy: two rounds take four cycles, and another two can begin
 * every second one. The instructions are those of Intel's manual, volume 2: sha256rnds2 makes two
 * rounds on the state as (a b e f) and (c d g h), sha256msg1 and sha256msg2 make four words of the
 * message schedule.
 */
#include "keys/hmac_batch.h"

#if defined(__x86_64__)

#include "keys/hmac_words.h"

#include <immintrin.h>

#define SHA_NI __attribute__((target("sha,sse4.1,ssse3")))

struct half {
    __m128i abef;
    __m128i cdgh;
};

SHA_NI static inline struct half load_state(const uint32_t state[8])
{
    const __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    const __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    const __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    return (struct half){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

SHA_NI static inline void store_state(uint32_t state[8], struct half half)
{
    const __m128i feba = _mm_shuffle_epi32(half.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(half.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

SHA_NI static inline __m128i load_words(const uint8_t *bytes)
{
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)bytes), swap);
}

SHA_NI static inline struct half four_rounds(struct half half, __m128i words, size_t round)
{
    const __m128i constants = _mm_load_si128((const __m128i *)(const void *)&sha256_words[round]);
    const __m128i sum = _mm_add_epi32(words, constants);
    half.cdgh = _mm_sha256rnds2_epu32(half.cdgh, half.abef, sum);
    half.abef = _mm_sha256rnds2_epu32(half.abef, half.cdgh, _mm_shuffle_epi32(sum, 0x0e));
    return half;
}

/* The four words behind the sixteen that begin with w0. */
SHA_NI static inline __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    const __m128i early = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(early, w12);
}

void SHA_NI wv_hmac_blocks_sha_ni(uint32_t states[][8], const uint8_t *const *blocks)
{
    enum { LANES = WV_HMAC_SHA_NI_LANES, FOURS = 4 };
    struct half start[LANES];
    struct half now[LANES];
    __m128i words[LANES][FOURS];
    for (size_t lane = 0; lane < LANES; lane++) {
        start[lane] = now[lane] = load_state(states[lane]);
        for (size_t i = 0; i < FOURS; i++) {
            words[lane][i] = load_words(blocks[lane] + 16 * i);
        }
    }
    for (size_t round = 0; round < 64; round += 16) {
        for (size_t i = 0; i < FOURS; i++) {
            for (size_t lane = 0; lane < LANES; lane++) {
                __m128i *w = words[lane];
                now[lane] = four_rounds(now[lane], w[i], round + 4 * i);
                w[i] = next_words(w[i], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
            }
        }
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        now[lane].abef = _mm_add_epi32(now[lane].abef, start[lane].abef);
        now[lane].cdgh = _mm_add_epi32(now[lane].cdgh, start[lane].cdgh);
        store_state(states[lane], now[lane]);
    }
}

#else

void wv_hmac_blocks_sha_ni(uint32_t states[][8], const uint8_t *const *blocks)
{
    (void)states;
    (void)blocks;
    wv_ensure(false);
}

#endif
