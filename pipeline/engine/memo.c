/* memo.c — a direct-mapped table: a value that comes often wins its place back. */
#include "engine/memo.h"

#include "base/wipe.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* 1 MiB in all: it should stay in a core's own cache. */
enum { SLOTS = 4096, SLOT_BYTES = 256, TEXT_BYTES = SLOT_BYTES - 45 };

struct slot {
    const struct wv_rule *rule; /* NULL: free */
    const void *tenant;
    const void *detectors;
    const void *format;
    uint8_t raw_len;
    uint8_t name_len;
    uint8_t spelled_len;
    uint8_t action;
    uint32_t tag; /* high half of the hash: most other values are told apart without their bytes */
    uint16_t steps;
    uint8_t ran;
    uint8_t spelling;
    uint8_t placeholders;
    uint8_t bytes[TEXT_BYTES]; /* raw, name, spelled */
};
_Static_assert(sizeof(struct slot) == SLOT_BYTES, "a slot is four cache lines");

struct wv_memo {
    struct slot slots[SLOTS];
};

struct wv_memo *wv_memo_new(void)
{
    void *memory = NULL;
    if (posix_memalign(&memory, 64, sizeof(struct wv_memo)) != 0) {
        return NULL;
    }
    memset(memory, 0, sizeof(struct wv_memo));
    return memory;
}

void wv_memo_free(struct wv_memo *memo)
{
    if (memo != NULL) {
        wv_wipe(memo, sizeof *memo);
        free(memo);
    }
}

bool wv_memo_find(const struct wv_memo *memo, const struct wv_memo_key *key, uint64_t *hash,
                  struct wv_memo_answer *answer)
{
    /* The name's length is enough to keep the same value in two fields from sharing a slot. */
    const uint64_t seed = (uint64_t)(uintptr_t)key->rule ^ (uint64_t)key->name.len << 56;
    *hash = XXH3_64bits_withSeed(key->raw.ptr, key->raw.len, seed);
    const struct slot *slot = &memo->slots[*hash % SLOTS];
    if (slot->rule != key->rule || slot->tag != (uint32_t)(*hash >> 32) ||
        slot->tenant != key->tenant || slot->detectors != key->detectors ||
        slot->format != key->format || slot->spelling != key->spelling ||
        slot->placeholders != key->placeholders || slot->raw_len != key->raw.len ||
        slot->name_len != key->name.len || !wv_bytes_eq(slot->bytes, key->raw.ptr, key->raw.len) ||
        !wv_bytes_eq(slot->bytes + slot->raw_len, key->name.ptr, key->name.len)) {
        return false;
    }
    answer->action = (enum wv_action)slot->action;
    answer->steps = slot->steps;
    answer->ran = slot->ran;
    answer->spelled =
        (struct wv_slice){slot->bytes + slot->raw_len + slot->name_len, slot->spelled_len};
    return true;
}

void wv_memo_put(struct wv_memo *memo, const struct wv_memo_key *key, uint64_t hash,
                 const struct wv_memo_answer *answer)
{
    const size_t total = key->raw.len + key->name.len + answer->spelled.len;
    struct slot *slot = &memo->slots[hash % SLOTS];
    if (total > TEXT_BYTES) {
        return;
    }
    slot->rule = key->rule;
    slot->tenant = key->tenant;
    slot->detectors = key->detectors;
    slot->format = key->format;
    slot->spelling = key->spelling;
    slot->placeholders = key->placeholders;
    slot->tag = (uint32_t)(hash >> 32);
    slot->raw_len = (uint8_t)key->raw.len;
    slot->name_len = (uint8_t)key->name.len;
    slot->spelled_len = (uint8_t)answer->spelled.len;
    slot->action = (uint8_t)answer->action;
    slot->steps = answer->steps;
    slot->ran = answer->ran;
    struct wv_buf buf = wv_buf_of(slot->bytes, sizeof slot->bytes);
    wv_buf_put(&buf, key->raw);
    wv_buf_put(&buf, key->name);
    wv_buf_put(&buf, answer->spelled);
}
