/*
 * agents.h — the words by which user agents are recognised (agents.def), found by hash.
 */
#ifndef WV_FILTERS_AGENTS_H
#define WV_FILTERS_AGENTS_H

#include "base/slice.h"

enum wv_agent_kind {
    WV_AGENT_NONE = 0,
    WV_AGENT_BROWSER, /* also apps: written with system and device */
    WV_AGENT_TOOL,
    WV_AGENT_BOT,
    WV_AGENT_SCANNER,
    WV_AGENT_SYSTEM, /* an operating system */
    WV_AGENT_DEVICE, /* says only what kind of machine it is */
    WV_AGENT_SAYS,   /* matters together with other words */
};

/* Of several, the greatest is taken: a tablet says "Mobile" too, a television "Linux". */
enum wv_agent_device {
    WV_AGENT_DEVICE_UNKNOWN = 0,
    WV_AGENT_DEVICE_DESKTOP,
    WV_AGENT_DEVICE_MOBILE,
    WV_AGENT_DEVICE_TABLET,
    WV_AGENT_DEVICE_CONSOLE,
    WV_AGENT_DEVICE_TV,
};

/* Where the version of a browser stands. */
enum wv_agent_version {
    WV_AGENT_VERSION_OWN = 0, /* behind its own word */
    WV_AGENT_VERSION_WORD,    /* behind "Version/" */
    WV_AGENT_VERSION_WORD_OR_OWN,
    WV_AGENT_VERSION_RV,      /* behind "rv:" */
    WV_AGENT_VERSION_ANDROID, /* behind "Android" */
};

/* What a word of WV_AGENT_SAYS means; bits. */
enum wv_agent_fact {
    WV_AGENT_SAYS_MOBILE = 1,
    WV_AGENT_SAYS_WEBVIEW = 2,
    WV_AGENT_SAYS_VERSION = 4,
    WV_AGENT_SAYS_REVISION = 8,
    WV_AGENT_SAYS_SQL_SELECT = 16, /* two different ones of these four are an attack */
    WV_AGENT_SAYS_SQL_UNION = 32,
    WV_AGENT_SAYS_SQL_SLEEP = 64,
    WV_AGENT_SAYS_SQL_CONCAT = 128,
    WV_AGENT_SAYS_SQL_QUOTED = 256, /* an attack beside a quote */
    WV_AGENT_SAYS_ATTACK = 512,
};

struct wv_agent_word {
    const char *token;  /* lower case */
    const char *name;   /* what is written */
    const char *mobile; /* what is written instead where "Mobile" is said; NULL: the same */
    uint8_t kind;       /* enum wv_agent_kind */
    uint8_t priority;
    uint8_t version; /* enum wv_agent_version */
    uint8_t device;  /* enum wv_agent_device */
    uint16_t fact;   /* enum wv_agent_fact */
    bool bare;       /* counts also without a version behind a slash */
};

/* The hash of a word, byte by byte; letters must be in lower case. A real multiplication here would
 * be most of the time that reading a user agent takes; nine times is one instruction. */
#define WV_AGENT_HASH_EMPTY 2166136261u
static inline uint32_t wv_agent_hash(uint32_t hash, uint8_t byte)
{
    return (hash * 9) ^ byte;
}

/* Must have been called once before wv_agent_find(): makes the index, for all threads. */
void wv_agents_ready(void);

/* NULL: no such word. word may be in any case and is made of letters, digits, `-` and `_`; hash is
 * that of its lower case. No word is a number. */
const struct wv_agent_word *wv_agent_find(struct wv_slice word, uint32_t hash);

size_t wv_agent_count(void);
const struct wv_agent_word *wv_agent_at(size_t index);

#endif
