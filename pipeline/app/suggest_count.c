/* suggest_count.c — a table of counts that forgets what is rare. */
#include "app/suggest_count.h"

#include "base/wipe.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

bool wv_counts_init(struct wv_counts *counts, size_t cap, uint64_t seed)
{
    *counts = (struct wv_counts){
        .items = calloc(cap, sizeof(struct wv_count)),
        .slots = calloc(2 * cap, sizeof(uint32_t)),
        .cap = cap,
        .slot_mask = 2 * cap - 1,
        .seed = seed,
    };
    return counts->items != NULL && counts->slots != NULL;
}

void wv_counts_fini(struct wv_counts *counts)
{
    if (counts->items != NULL) {
        wv_wipe(counts->items, counts->cap * sizeof *counts->items);
    }
    free(counts->items);
    free(counts->slots);
    *counts = (struct wv_counts){0};
}

static size_t first_slot(const struct wv_counts *counts, const struct wv_count_key *key)
{
    const uintptr_t where[] = {(uintptr_t)key->format, (uintptr_t)key->path, (uintptr_t)key->class};
    const uint64_t seed = XXH3_64bits_withSeed(where, sizeof where, counts->seed);
    return XXH3_64bits_withSeed(key->text.len == 0 ? (const uint8_t *)"" : key->text.ptr,
                                key->text.len, seed) &
           counts->slot_mask;
}

static struct wv_count_key key_of(const struct wv_count *count)
{
    return (struct wv_count_key){
        count->format, count->path, count->class, {count->text, count->text_len}};
}

static bool is_it(const struct wv_count *count, const struct wv_count_key *key)
{
    return count->format == key->format && count->path == key->path && count->class == key->class &&
           wv_slice_eq((struct wv_slice){count->text, count->text_len}, key->text);
}

/* The slot of the key, or the free one where it belongs. */
static size_t slot_of(const struct wv_counts *counts, const struct wv_count_key *key)
{
    size_t at = first_slot(counts, key);
    while (counts->slots[at] != 0 && !is_it(&counts->items[counts->slots[at] - 1], key)) {
        at = (at + 1) & counts->slot_mask;
    }
    return at;
}

struct wv_count *wv_counts_find(const struct wv_counts *counts, const struct wv_count_key *key)
{
    const uint32_t number = counts->slots[slot_of(counts, key)];
    return number == 0 ? NULL : &counts->items[number - 1];
}

/* Takes one of the weight of all, and closes the gaps of those that had no more. */
static void sweep(struct wv_counts *counts)
{
    size_t kept = 0;
    for (size_t i = 0; i < counts->used; i++) {
        struct wv_count *count = &counts->items[i];
        count->weight--;
        if (count->weight == 0) {
            counts->others += count->values;
        } else {
            if (kept != i) {
                counts->items[kept] = *count;
            }
            kept++;
        }
    }
    memset(counts->slots, 0, (counts->slot_mask + 1) * sizeof *counts->slots);
    counts->used = kept;
    for (size_t i = 0; i < kept; i++) {
        const struct wv_count_key key = key_of(&counts->items[i]);
        counts->slots[slot_of(counts, &key)] = (uint32_t)i + 1;
    }
}

struct wv_count *wv_counts_add(struct wv_counts *counts, const struct wv_count_key *key)
{
    wv_ensure(key->text.len <= WV_COUNT_TEXT_MAX);
    struct wv_count *known = wv_counts_find(counts, key);
    if (known != NULL) {
        known->weight += known->weight < UINT32_MAX;
        return known;
    }
    if (counts->used == counts->cap) {
        sweep(counts);
    }
    if (counts->used == counts->cap) {
        counts->others++;
        return NULL;
    }
    struct wv_count *count = &counts->items[counts->used++];
    *count = (struct wv_count){
        .format = key->format,
        .path = key->path,
        .class = key->class,
        .text_len = (uint32_t)key->text.len,
        .weight = 1,
        .record = UINT64_MAX,
    };
    if (key->text.len > 0) {
        memcpy(count->text, key->text.ptr, key->text.len);
    }
    counts->slots[slot_of(counts, key)] = (uint32_t)counts->used;
    return count;
}

enum { ID_BYTES = 16 };

/* Long and of one piece, as ids and tokens are. */
static bool is_long(struct wv_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t byte = value.ptr[i];
        if (byte <= ' ' || byte >= 0x7f || memchr("+<>()'\"{};,?&", byte, 13) != NULL) {
            return false;
        }
    }
    return value.len >= ID_BYTES;
}

void wv_count_value(const struct wv_counts *counts, struct wv_count *count, uint64_t record,
                    struct wv_slice value)
{
    count->records += count->record != record;
    count->record = record;
    count->values++;
    count->longs += is_long(value);
    wv_distinct_add(&count->distinct,
                    XXH3_64bits_withSeed(value.len == 0 ? (const uint8_t *)"" : value.ptr,
                                         value.len, counts->seed));
}

void wv_count_label(struct wv_count *count, const char *label)
{
    for (size_t i = 0; i < WV_COUNT_LABELS; i++) {
        if (count->labels[i].label == NULL || count->labels[i].label == label) {
            count->labels[i].label = label;
            count->labels[i].values++;
            return;
        }
    }
}

const char *wv_count_label_most(const struct wv_count *count)
{
    size_t most = 0;
    for (size_t i = 1; i < WV_COUNT_LABELS; i++) {
        most = count->labels[i].values > count->labels[most].values ? i : most;
    }
    return count->labels[most].label;
}

uint64_t wv_count_distinct(const struct wv_count *count)
{
    const uint64_t estimate = wv_distinct_estimate(&count->distinct);
    return estimate < count->values ? estimate : count->values;
}
