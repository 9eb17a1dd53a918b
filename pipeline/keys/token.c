/* token.c — derived keys by domain, epoch and use; tokens by key and value. */
#include "keys/token.h"

#include "base/wipe.h"
#include "keys/derive.h"
#include "keys/epoch.h"
#include "keys/hmac.h"
#include "keys/pfx.h"

#include <openssl/rand.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    USE_PFX = WV_KIND_COUNT, /* uses of a key that are no kind of token */
    USE_SAMPLE,
    USES,
    CODE_BYTES = 16, /* of the HMAC that go into a token */
    KEY_SETS = 64,
    KEY_WAYS = 8,
    ROUTES = 1024,
    SLOT_SHORT = 64, /* bytes: one cache line holds an address, a UUID or an MD5 */
    SLOT_LONG = 128, /* two hold most user agents; there are fewer of these slots */
    SHORT_PER_LONG = 2,
};

/* A key that was derived. Its serial number is never given twice, so it stands for domain, epoch
 * and use wherever these would have to be compared. */
struct derived {
    uint64_t serial; /* 0: free */
    const struct wv_epoch *epoch;
    struct wv_hmac hmac;
    struct wv_pfx *pfx; /* USE_PFX only */
    uint8_t use;
    uint8_t domain_len;
    uint8_t id_len;
    char id[WV_EPOCH_ID_MAX + 1];
    uint8_t domain[WV_DOMAIN_MAX];
};

/* The shortest way to a derived key: an epoch is made of whole days, so the day is enough. */
struct route {
    uint64_t serial;
    int64_t day;
    uint32_t days;
    uint32_t index; /* into derived */
};

struct slot {
    uint64_t serial; /* 0: free */
    uint8_t len;
    uint8_t code[CODE_BYTES]; /* or the encrypted address */
    uint8_t value[];          /* as much as the kind of slot has room for */
};

enum {
    SHORT_VALUE_MAX = SLOT_SHORT - offsetof(struct slot, value),
    LONG_VALUE_MAX = SLOT_LONG - offsetof(struct slot, value),
};

/* Slots of one size; mem NULL: none. */
struct slots {
    uint8_t *mem;
    size_t mask;
};

struct wv_tokens {
    struct wv_keyring *keyring; /* held */
    struct derived *derived;    /* KEY_SETS * KEY_WAYS */
    struct slots short_slots;
    struct slots long_slots;
    uint64_t last_serial;
    uint64_t seed; /* so that nobody outside can choose values that push each other out */
    struct wv_token_stats stats;
    struct wv_locked key_memory;
    struct wv_locked slot_memory;
    struct route latest[USES]; /* by use: nearly always the one that is asked for */
    struct route routes[ROUTES];
};

/* ---- Letters ----------------------------------------------------------------------------------
 */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read and written as bytes");

static uint64_t load_big_endian(const uint8_t bytes[8])
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return __builtin_bswap64(word);
}

/* The base32 of 40 bits, eight characters with the first one lowest: halves, quarters and eighths
 * are moved apart, and all become letters at once, without a load that waits for another. */
static uint64_t eight_letters(uint64_t bits)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t twenties = bits >> 20 | (bits & 0xfffff) << 32;
    const uint64_t tens = (twenties >> 10 & UINT64_C(0x000003ff000003ff)) |
                          (twenties & UINT64_C(0x3ff000003ff)) << 16;
    const uint64_t fives =
        (tens >> 5 & UINT64_C(0x001f001f001f001f)) | (tens & UINT64_C(0x001f001f001f001f)) << 8;
    const uint64_t digits = (fives + ones * (0x80 - 26)) >> 7 & ones; /* "2" follows "z" */
    return fives + ones * 'a' - digits * ('a' + 26 - '2');
}

static void put_base32(const uint8_t bytes[CODE_BYTES], uint8_t out[WV_TOKEN_CODE])
{
    const uint64_t head = load_big_endian(bytes);
    const uint64_t tail = load_big_endian(bytes + 8);
    const uint64_t first = eight_letters(head >> 24);
    const uint64_t second = eight_letters((head & 0xffffff) << 16 | tail >> 48);
    const uint64_t third = eight_letters(tail >> 8 & UINT64_C(0xffffffffff));
    const uint64_t rest = eight_letters((tail & 0xff) << 32);
    memcpy(out, &first, 8);
    memcpy(out + 8, &second, 8);
    memcpy(out + 16, &third, 8);
    memcpy(out + 24, &rest, WV_TOKEN_CODE - 24);
}

/* ---- Keys -------------------------------------------------------------------------------------
 */

/* A key that is asked for, with the epoch that the keyring has for it. */
struct wanted {
    const struct wv_epoch *epoch;
    struct wv_slice domain;
    char id[WV_EPOCH_ID_MAX + 1];
    uint8_t use;
};

static bool is_wanted(const struct derived *key, const struct wanted *wanted)
{
    /* Two epochs of a domain can share the id of a shorter one that begins in the first of them and
     * ends in the second. Their secrets differ, so the epoch itself is compared, too. */
    return key->serial != 0 && key->epoch == wanted->epoch && key->use == wanted->use &&
           memcmp(key->id, wanted->id, sizeof key->id) == 0 &&
           wv_slice_eq((struct wv_slice){key->domain, key->domain_len}, wanted->domain);
}

static void forget(struct derived *key)
{
    wv_pfx_free(key->pfx);
    wv_wipe(key, sizeof *key);
}

static const char *use_name(uint8_t use)
{
    return use == USE_PFX ? "ip-pfx" : use == USE_SAMPLE ? "sample" : wv_kind_name(use);
}

static bool derive(struct derived *key, const struct wanted *wanted)
{
    const struct wv_use use = {
        .domain = wanted->domain,
        .epoch = wv_slice_of(wanted->id),
        .name = wv_slice_of(use_name(wanted->use)),
    };
    uint8_t secret[WV_PFX_KEY_BYTES];
    _Static_assert(sizeof secret == WV_SECRET_BYTES, "both uses take a key of 32 bytes");
    bool done = wv_derive(wanted->epoch->secret, &use, secret, sizeof secret);
    if (done && wanted->use == USE_PFX) {
        key->pfx = wv_pfx_new(secret);
        done = key->pfx != NULL;
    } else if (done) {
        wv_hmac_init(&key->hmac, (struct wv_slice){secret, sizeof secret});
    }
    wv_wipe(secret, sizeof secret);
    return done;
}

/* The place of the key, which is derived if it is not there yet; NULL when that fails. A full set
 * loses its oldest key. */
static struct derived *take_key(struct wv_tokens *tokens, const struct wanted *wanted)
{
    const uint64_t hash =
        XXH3_64bits_withSeed(wanted->domain.ptr, wanted->domain.len, wanted->use) ^
        XXH3_64bits(wanted->id, sizeof wanted->id);
    struct derived *set = tokens->derived + (hash % KEY_SETS) * KEY_WAYS;
    struct derived *oldest = set;
    for (size_t i = 0; i < KEY_WAYS; i++) {
        if (is_wanted(&set[i], wanted)) {
            return &set[i];
        }
        oldest = set[i].serial < oldest->serial ? &set[i] : oldest;
    }
    forget(oldest);
    if (!derive(oldest, wanted)) {
        forget(oldest);
        return NULL;
    }
    oldest->epoch = wanted->epoch;
    oldest->use = wanted->use;
    memcpy(oldest->id, wanted->id, sizeof oldest->id);
    oldest->id_len = (uint8_t)strlen(wanted->id);
    memcpy(oldest->domain, wanted->domain.ptr, wanted->domain.len);
    oldest->domain_len = (uint8_t)wanted->domain.len;
    oldest->serial = ++tokens->last_serial;
    return oldest;
}

static struct derived *find_slowly(struct wv_tokens *tokens, const struct wv_token_key *key,
                                   uint8_t use, struct route *route)
{
    if (!wv_domain_is_valid(key->domain)) {
        return NULL;
    }
    struct wanted wanted = {.domain = key->domain, .use = use};
    wanted.epoch = wv_keyring_find(tokens->keyring, key->domain, key->time_s);
    if (wanted.epoch == NULL) {
        return NULL;
    }
    const bool is_shorter =
        key->days != 0 && (wanted.epoch->days == 0 || key->days < wanted.epoch->days);
    if (is_shorter && key->days <= WV_EPOCH_DAYS_MAX) {
        wv_epoch_id(key->time_s, key->days, wanted.id);
    } else {
        memcpy(wanted.id, wanted.epoch->id, sizeof wanted.id);
    }
    struct derived *found = take_key(tokens, &wanted);
    if (found != NULL) {
        *route = (struct route){
            .serial = found->serial,
            .day = wv_epoch_day(key->time_s),
            .days = key->days,
            .index = (uint32_t)(found - tokens->derived),
        };
    }
    return found;
}

/* The key that the route leads to; NULL when it leads to another one. */
static struct derived *follow(struct wv_tokens *tokens, const struct route *route,
                              const struct wv_token_key *key, int64_t day, uint8_t use)
{
    struct derived *known = &tokens->derived[route->index];
    const bool leads =
        route->serial != 0 && known->serial == route->serial && route->day == day &&
        route->days == key->days && known->use == use &&
        wv_slice_eq((struct wv_slice){known->domain, known->domain_len}, key->domain);
    return leads ? known : NULL;
}

static struct derived *find_key(struct wv_tokens *tokens, const struct wv_token_key *key,
                                uint8_t use)
{
    const int64_t day = wv_epoch_day(key->time_s);
    struct derived *found = follow(tokens, &tokens->latest[use], key, day, use);
    if (wv_likely(found != NULL)) {
        return found;
    }
    const uint64_t salt = (uint64_t)day << 24 ^ (uint64_t)key->days << 8 ^ use;
    const uint64_t hash = XXH3_64bits_withSeed(key->domain.ptr, key->domain.len, salt);
    struct route *route = &tokens->routes[hash % ROUTES];
    found = follow(tokens, route, key, day, use);
    if (found == NULL) {
        found = find_slowly(tokens, key, use, route);
    }
    if (found == NULL) {
        tokens->stats.without_key++;
        return NULL;
    }
    tokens->latest[use] = *route;
    return found;
}

/* ---- Tokens -----------------------------------------------------------------------------------
 */

/* Where a value of this key may stand; NULL when it is too long to be kept or there is no cache. */
static struct slot *slot_of(struct wv_tokens *tokens, uint64_t serial, struct wv_slice value)
{
    const bool is_short = value.len <= SHORT_VALUE_MAX;
    const struct slots *slots = is_short ? &tokens->short_slots : &tokens->long_slots;
    if (slots->mem == NULL || value.len > LONG_VALUE_MAX) {
        return NULL;
    }
    const uint64_t hash =
        XXH3_64bits_withSeed(value.ptr, value.len, tokens->seed ^ serial * XXH_PRIME64_1);
    uint8_t *slot = slots->mem + (hash & slots->mask) * (is_short ? SLOT_SHORT : SLOT_LONG);
    return (struct slot *)(void *)slot;
}

void wv_tokens_expect(struct wv_tokens *tokens, enum wv_kind kind, struct wv_slice canonical)
{
    wv_ensure(kind > WV_KIND_NONE && kind < WV_KIND_COUNT);
    const struct slot *slot = slot_of(tokens, tokens->latest[kind].serial, canonical);
    if (slot != NULL) {
        __builtin_prefetch(slot);
    }
}

/* Sixteen bytes at a time, the last sixteen also where they overlap: such values are too short for
 * the call of a library to pay. */
static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t at = 0;
    for (; len - at > 16; at += 16) {
        if (!wv_bytes_eq(a + at, b + at, 16)) {
            return false;
        }
    }
    return at == 0 ? wv_bytes_eq(a, b, len) : wv_bytes_eq(a + len - 16, b + len - 16, 16);
}

/* The hash only chose the slot; what is in it counts if key and value are the same byte by byte. */
static bool holds(const struct slot *slot, uint64_t serial, struct wv_slice value)
{
    return slot->serial == serial && slot->len == value.len &&
           same_bytes(slot->value, value.ptr, value.len);
}

static void keep(struct slot *slot, uint64_t serial, struct wv_slice value, struct wv_slice code)
{
    slot->serial = serial;
    slot->len = (uint8_t)value.len;
    memcpy(slot->value, value.ptr, value.len);
    memcpy(slot->code, code.ptr, code.len);
}

static void put_token(const struct derived *key, const uint8_t code[CODE_BYTES],
                      struct wv_token *out)
{
    memcpy(out->text, key->id, sizeof key->id);
    out->text[key->id_len] = '.';
    out->code_at = (uint8_t)(key->id_len + 1);
    put_base32(code, out->text + out->code_at);
    out->len = (uint8_t)(out->code_at + WV_TOKEN_CODE);
}

bool wv_tokens_make(struct wv_tokens *tokens, const struct wv_token_key *key,
                    struct wv_slice canonical, struct wv_token *out)
{
    wv_ensure(key->kind > WV_KIND_NONE && key->kind < WV_KIND_COUNT);
    wv_ensure(canonical.len > 0);
    out->len = 0;
    const struct derived *derived = find_key(tokens, key, (uint8_t)key->kind);
    if (derived == NULL) {
        return false;
    }
    /* Ids of single requests never come back: remembering them only pushes addresses out. */
    struct slot *slot =
        key->kind == WV_KIND_TEXT ? NULL : slot_of(tokens, derived->serial, canonical);
    if (slot != NULL && holds(slot, derived->serial, canonical)) {
        tokens->stats.hits++;
        put_token(derived, slot->code, out);
        return true;
    }
    tokens->stats.misses++;
    uint8_t mac[WV_HMAC_BYTES];
    wv_hmac_make(&derived->hmac, canonical, mac);
    if (slot != NULL) {
        keep(slot, derived->serial, canonical, (struct wv_slice){mac, CODE_BYTES});
    }
    put_token(derived, mac, out);
    return true;
}

bool wv_tokens_number(struct wv_tokens *tokens, const struct wv_token_key *key,
                      struct wv_slice canonical, uint64_t *out)
{
    wv_ensure(canonical.len > 0);
    const struct derived *derived = find_key(tokens, key, USE_SAMPLE);
    *out = 0;
    if (derived == NULL) {
        return false;
    }
    struct slot *slot = slot_of(tokens, derived->serial, canonical);
    if (slot != NULL && holds(slot, derived->serial, canonical)) {
        tokens->stats.hits++;
        *out = load_big_endian(slot->code);
        return true;
    }
    tokens->stats.misses++;
    uint8_t mac[WV_HMAC_BYTES];
    wv_hmac_make(&derived->hmac, canonical, mac);
    if (slot != NULL) {
        keep(slot, derived->serial, canonical, (struct wv_slice){mac, CODE_BYTES});
    }
    *out = load_big_endian(mac);
    return true;
}

bool wv_tokens_pfx(struct wv_tokens *tokens, const struct wv_token_key *key, int family,
                   uint8_t *address)
{
    wv_ensure(family == 4 || family == 6);
    const size_t len = family == 4 ? 4 : 16;
    const struct derived *derived = find_key(tokens, key, USE_PFX);
    if (derived == NULL) {
        memset(address, 0, len);
        return false;
    }
    uint8_t mem[16];
    memcpy(mem, address, len);
    const struct wv_slice plain = {mem, len};
    struct slot *slot = slot_of(tokens, derived->serial, plain);
    if (slot != NULL && holds(slot, derived->serial, plain)) {
        tokens->stats.hits++;
        memcpy(address, slot->code, len);
        return true;
    }
    tokens->stats.misses++;
    if (!wv_pfx_encrypt(derived->pfx, family, address)) {
        return false;
    }
    if (slot != NULL) {
        keep(slot, derived->serial, plain, (struct wv_slice){address, len});
    }
    return true;
}

/* ---- Life -------------------------------------------------------------------------------------
 */

enum { KEY_BYTES = sizeof(struct derived) * KEY_SETS * KEY_WAYS };

static size_t long_slots(size_t count)
{
    return count < SHORT_PER_LONG ? 1 : count / SHORT_PER_LONG;
}

size_t wv_tokens_locked_bytes(size_t cache_slots)
{
    const size_t slots =
        cache_slots == 0 ? 0 : cache_slots * SLOT_SHORT + long_slots(cache_slots) * SLOT_LONG;
    return wv_locked_size(KEY_BYTES) + wv_locked_size(slots);
}

/* The long slots stand behind the short ones. False when memory is short. */
static bool make_slots(struct wv_tokens *tokens, size_t count)
{
    const size_t long_count = long_slots(count);
    size_t bytes;
    if (count > SIZE_MAX / SLOT_LONG ||
        __builtin_add_overflow(count * SLOT_SHORT, long_count * SLOT_LONG, &bytes) ||
        !wv_locked_new(bytes, &tokens->slot_memory)) {
        return false;
    }
    uint8_t *mem = tokens->slot_memory.mem;
    tokens->short_slots = (struct slots){.mem = mem, .mask = count - 1};
    tokens->long_slots = (struct slots){.mem = mem + count * SLOT_SHORT, .mask = long_count - 1};
    return true;
}

struct wv_tokens *wv_tokens_new(struct wv_keyring *keyring, size_t cache_slots)
{
    wv_ensure(keyring != NULL);
    wv_ensure((cache_slots & (cache_slots - 1)) == 0 || cache_slots == 0);
    struct wv_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL) {
        return NULL;
    }
    tokens->keyring = wv_keyring_hold(keyring);
    /* The keys first: they are what most deserves a small allowance of locked memory. */
    if (!wv_locked_new(KEY_BYTES, &tokens->key_memory) ||
        (cache_slots > 0 && !make_slots(tokens, cache_slots)) ||
        RAND_bytes((uint8_t *)&tokens->seed, sizeof tokens->seed) != 1) {
        wv_tokens_free(tokens);
        return NULL;
    }
    tokens->derived = (struct derived *)(void *)tokens->key_memory.mem;
    return tokens;
}

void wv_tokens_free(struct wv_tokens *tokens)
{
    if (tokens == NULL) {
        return;
    }
    for (size_t i = 0; tokens->derived != NULL && i < KEY_SETS * KEY_WAYS; i++) {
        forget(&tokens->derived[i]);
    }
    wv_locked_free(&tokens->key_memory);
    wv_locked_free(&tokens->slot_memory);
    wv_keyring_free(tokens->keyring); /* last: who sees it go knows that its keys are gone, too */
    wv_wipe(tokens, sizeof *tokens);
    free(tokens);
}

struct wv_token_stats wv_tokens_stats(const struct wv_tokens *tokens)
{
    return tokens->stats;
}
