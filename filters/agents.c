/*
 * agents.c — the table of agents.def and its index.
 *
 * The index is made from the table when the first policy that uses it is loaded, and never changes.
 */
#include "filters/agents.h"

#include <pthread.h>

#define WV_BROWSER(word, family, on_mobile, from, rank)                                            \
    {.token = word,                                                                                \
     .name = family,                                                                               \
     .mobile = on_mobile,                                                                          \
     .kind = WV_AGENT_BROWSER,                                                                     \
     .priority = rank,                                                                             \
     .version = WV_AGENT_VERSION_##from},
#define FAMILY(word, family, of_kind, rank, alone)                                                 \
    {.token = word, .name = family, .kind = of_kind, .priority = rank, .bare = alone},
#define WV_APP(word, family)       FAMILY(word, family, WV_AGENT_BROWSER, 60, false)
#define WV_APP_BARE(word, family)  FAMILY(word, family, WV_AGENT_BROWSER, 60, true)
#define WV_TOOL(word, family)      FAMILY(word, family, WV_AGENT_TOOL, 40, false)
#define WV_TOOL_BARE(word, family) FAMILY(word, family, WV_AGENT_TOOL, 40, true)
#define WV_BOT(word, family)       FAMILY(word, family, WV_AGENT_BOT, 80, true)
#define WV_SCANNER(word, family)   FAMILY(word, family, WV_AGENT_SCANNER, 90, true)
#define WV_SYSTEM(word, system, machine, rank)                                                     \
    {.token = word,                                                                                \
     .name = system,                                                                               \
     .kind = WV_AGENT_SYSTEM,                                                                      \
     .priority = rank,                                                                             \
     .device = WV_AGENT_DEVICE_##machine},
#define WV_DEVICE(word, machine)                                                                   \
    {.token = word, .kind = WV_AGENT_DEVICE, .device = WV_AGENT_DEVICE_##machine},
#define WV_SAYS(word, what) {.token = word, .kind = WV_AGENT_SAYS, .fact = WV_AGENT_SAYS_##what},

static const struct wv_agent_word words[] = {
#include "filters/agents.def"
};

enum { SLOTS = 1024 };

_Static_assert(SLOTS == 1 << (32 - 22), "slot_of() makes ten bits");

_Static_assert(WV_COUNT(words) * 2 < SLOTS, "the index must stay half empty");

struct slot {
    uint32_t hash;
    uint32_t len;                     /* of the token */
    const struct wv_agent_word *word; /* NULL: free */
};

static struct slot slots[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t slot_of(uint32_t hash)
{
    return hash * 2654435769u >> 22;
}

static bool is_number(const char *token)
{
    return strspn(token, "0123456789") == strlen(token);
}

static void make_index(void)
{
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        wv_ensure(!is_number(words[i].token));
        uint32_t hash = WV_AGENT_HASH_EMPTY;
        for (const char *c = words[i].token; *c != '\0'; c++) {
            hash = wv_agent_hash(hash, (uint8_t)*c);
        }
        size_t slot = slot_of(hash);
        while (slots[slot].word != NULL) {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = (struct slot){
            .hash = hash,
            .len = (uint32_t)strlen(words[i].token),
            .word = &words[i],
        };
    }
}

void wv_agents_ready(void)
{
    wv_ensure(pthread_once(&once, make_index) == 0);
}

/* Eight bytes at a time. Setting bit 0x20 makes letters lower case, and no two other bytes of a
 * word the same. */
static bool same_word(struct wv_slice word, const char *token)
{
    const uint64_t lower = UINT64_C(0x2020202020202020);
    uint64_t different = 0;
    size_t at = 0;
    for (; word.len - at >= 8; at += 8) {
        uint64_t a;
        uint64_t b;
        memcpy(&a, word.ptr + at, 8);
        memcpy(&b, token + at, 8);
        different |= (a | lower) ^ (b | lower);
    }
    for (; at < word.len; at++) {
        different |= (unsigned)(word.ptr[at] | 0x20) ^ (unsigned)((uint8_t)token[at] | 0x20);
    }
    return different == 0;
}

const struct wv_agent_word *wv_agent_find(struct wv_slice word, uint32_t hash)
{
    for (size_t slot = slot_of(hash); slots[slot].word != NULL; slot = (slot + 1) % SLOTS) {
        if (slots[slot].hash == hash && slots[slot].len == word.len &&
            same_word(word, slots[slot].word->token)) {
            return slots[slot].word;
        }
    }
    return NULL;
}

size_t wv_agent_count(void)
{
    return WV_COUNT(words);
}

const struct wv_agent_word *wv_agent_at(size_t index)
{
    wv_ensure(index < WV_COUNT(words));
    return &words[index];
}
