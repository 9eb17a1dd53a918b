/*
 * fuzz_detect — the detector finds the identifiers that a slow one finds, wherever the text stands.
 *
 * Oracles: the hits are those of the reference (tests/support/detect_reference.h says what it
 * finds), with a kind that it knows for the place, alone and with neutral text of any length on
 * both sides; sixteen bytes at once say the same as one after the other; and no quick look says
 * that there is nothing where there is something.
 *
 * Input: two bytes of lengths, one that chooses the regions, then the text. The mutator puts pieces
 * of identifiers into it, because nobody finds check digits by chance.
 */
#include "support/detect_compare.h"
#include "support/detect_texts.h"
#include "support/filter_fixture.h"
#include "support/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { HEAD = 3, TEXT_MAX = 1024, BESIDE = 131 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fixture fixture;
    static struct reference_hits expected;
    if (size < HEAD || size > HEAD + TEXT_MAX) {
        return 0;
    }
    if (fixture.arena == NULL) {
        fixture_init(&fixture);
    }
    struct comparison comparison = {.detectors = compare_detectors(data[2]),
                                    .parameters = fixture.context.parameters};
    const struct wv_slice text = {data + HEAD, size - HEAD};
    reference_detect(&comparison.detectors, comparison.parameters, text, &expected);
    for (size_t i = 0; i < 2; i++) {
        comparison.before = i == 0 ? 0 : data[0] % BESIDE;
        comparison.after = i == 0 ? 0 : data[1] % BESIDE;
        if (!compare_agrees(&comparison, text, &expected)) {
            uint8_t shorter[TEXT_MAX];
            size_t len = text.len;
            memcpy(shorter, text.ptr, len);
            compare_explain(&comparison, shorter, &len);
            wv_ensure(false);
        }
    }
    return 0;
}

/* Puts a piece into the text, over what stands there or between. */
static size_t splice(uint64_t *state, uint8_t *data, size_t size, size_t max_size)
{
    uint8_t piece[TEXT_PIECE_MAX];
    const size_t len = text_piece(state, piece);
    const size_t at = HEAD + random_next(state) % (size - HEAD + 1);
    const size_t over = random_next(state) % 2 == 0 ? 0 : random_next(state) % (size - at + 1);
    if (size - over + len > max_size) {
        return size;
    }
    memmove(data + at + len, data + at + over, size - at - over);
    memcpy(data + at, piece, len);
    return size - over + len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t state = seed;
    if (size < HEAD || random_next(&state) % 4 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return splice(&state, data, size, max_size);
}
