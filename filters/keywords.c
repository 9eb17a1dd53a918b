/* keywords.c — the table of keywords.def and its index. */
#include "filters/keywords.h"

#include <pthread.h>

#define WV_KEYWORDS(of_kind, line) {.kind = WV_KEYWORD_##of_kind, .words = line},

static const struct {
    enum wv_keyword kind;
    const char *words; /* with a blank between two */
} lines[] = {
#include "filters/keywords.def"
};

enum { SLOT_BITS = 12, SLOTS = 1 << SLOT_BITS };

struct slot {
    struct wv_slice word; /* ptr NULL: free */
    uint32_t hash;
    enum wv_keyword kind;
};

static struct slot slots[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t hash_of(struct wv_slice word)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < word.len; i++) {
        hash = (hash ^ wv_lower(word.ptr[i])) * 16777619u;
    }
    return hash;
}

static size_t slot_of(uint32_t hash)
{
    return hash * 2654435769u >> (32 - SLOT_BITS);
}

/* The slot of the word, or the free one where it would stand. */
static const struct slot *find(struct wv_slice word, uint32_t hash)
{
    size_t at = slot_of(hash);
    while (slots[at].word.ptr != NULL &&
           (slots[at].hash != hash || !wv_slice_eq_nocase(slots[at].word, word))) {
        at = (at + 1) % SLOTS;
    }
    return &slots[at];
}

static void add(struct wv_slice word, enum wv_keyword kind)
{
    wv_ensure(word.len > 1 && word.len <= WV_KEYWORD_MAX);
    const uint32_t hash = hash_of(word);
    struct slot *slot = &slots[find(word, hash) - slots];
    wv_ensure(slot->word.ptr == NULL);
    *slot = (struct slot){.word = word, .hash = hash, .kind = kind};
}

static void make_index(void)
{
    size_t count = 0;
    for (size_t i = 0; i < WV_COUNT(lines); i++) {
        const struct wv_slice line = wv_slice_of(lines[i].words);
        for (size_t from = 0, at = 0; at <= line.len; at++) {
            if (at == line.len || line.ptr[at] == ' ') {
                add(wv_slice_sub(line, from, at), lines[i].kind);
                from = at + 1;
                count++;
            }
        }
    }
    wv_ensure(count * 2 < SLOTS);
}

void wv_keywords_ready(void)
{
    wv_ensure(pthread_once(&once, make_index) == 0);
}

enum wv_keyword wv_keyword_find(struct wv_slice word)
{
    return word.len > WV_KEYWORD_MAX ? WV_KEYWORD_NONE : find(word, hash_of(word))->kind;
}
