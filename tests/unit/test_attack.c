/*
 * attack: somebody has what was published, and no key. There are only so many IPv4 addresses, so he
 * tries them all: what an unkeyed hash hides is found in seconds, however good the hash is. Of a
 * token he must find nothing.
 *
 * Every walk attacks two outputs at once, in the same way: ours, and one made with the guess itself
 * as its pseudonym. So a walk that finds nothing is known to have looked.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256() looks its algorithm up for every address */

#include "engine/transform.h"
#include "keys/derive.h"
#include "keys/hmac_batch.h"
#include "support/engine.h"

#include <check.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define SLOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SLOWED 1
#endif
#endif
#ifndef SLOWED
#define SLOWED 0
#endif

enum {
    VICTIMS = 96,
    CODE_BYTES = 16,
    HALVES = 4, /* of a code: two words of 64 bits, read from either end */
    SLOT_BITS = 12,
    SIEVE_BITS = 18,
    CHUNK_BITS = 20,
    THREADS_MAX = 16,
};

#define DOMAIN "acme/eu/soc"
#define EPOCH  "throwaway"

/* ---- What was published -----------------------------------------------------------------------
 */

/* A word to look for. */
struct target {
    uint64_t word;
    uint8_t victim;
    bool ours; /* and not the guess's own */
    bool used;
};

/* All of them by hash, and a sieve in front of them that fits into the smallest cache: nearly every
 * word that is tried is none of them. */
struct targets {
    struct target slots[1 << SLOT_BITS];
    uint64_t sieve[1 << (SIEVE_BITS - 6)];
    size_t count;
};

static uint64_t read_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static void add_word(struct targets *targets, size_t victim, bool ours, uint64_t word)
{
    const uint64_t bit = word >> (64 - SIEVE_BITS);
    size_t at = word >> (64 - SLOT_BITS);
    while (targets->slots[at].used) {
        at = (at + 1) % WV_COUNT(targets->slots);
    }
    targets->slots[at] = (struct target){word, (uint8_t)victim, ours, true};
    targets->sieve[bit / 64] |= UINT64_C(1) << bit % 64;
    targets->count++;
}

/* Whoever truncated a hash can have taken either end of it, in either order of bytes. */
static void add_target(struct targets *targets, size_t victim, bool ours,
                       const uint8_t code[CODE_BYTES])
{
    for (size_t half = 0; half < 2; half++) {
        const uint64_t word = read_word(code + 8 * half);
        add_word(targets, victim, ours, word);
        add_word(targets, victim, ours, __builtin_bswap64(word));
    }
}

static inline bool may_hold(const struct targets *targets, uint64_t word)
{
    const uint64_t bit = word >> (64 - SIEVE_BITS);
    return (targets->sieve[bit / 64] >> bit % 64 & 1) != 0;
}

/* All in the networks for documentation; in one, where a walk covers only that one. */
static uint32_t address_of(size_t victim, bool in_one)
{
    static const uint32_t networks[] = {0xc0000200, 0xc6336400, 0xcb007100};
    return networks[in_one ? 0 : victim % WV_COUNT(networks)] + (uint32_t)victim * 2 + 1;
}

enum { CANONICAL = 5, CANONICAL_ROOM = 8 };

/* In one piece: bytes that are written one by one are waited for when they are read together. */
static inline void canonical_of(uint32_t address, uint8_t out[CANONICAL_ROOM])
{
    const uint64_t bytes = UINT64_C(0x04) | (uint64_t)__builtin_bswap32(address) << 8;
    memcpy(out, &bytes, sizeof bytes);
}

static void decode(const uint8_t *letters, uint8_t code[CODE_BYTES])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t count = 0;
    for (size_t i = 0; i < WV_TOKEN_CODE && count < CODE_BYTES; i++) {
        const uint8_t letter = letters[i];
        ck_assert((letter >= 'a' && letter <= 'z') || (letter >= '2' && letter <= '7'));
        bits = bits << 5 | (uint32_t)(letter >= 'a' ? letter - 'a' : letter - '2' + 26);
        held += 5;
        if (held >= 8) {
            held -= 8;
            code[count++] = (uint8_t)(bits >> held);
        }
    }
    ck_assert_uint_eq(count, CODE_BYTES);
}

/* One record of each victim through the engine; the codes of all tokens in what comes out. */
static void publish(struct targets *targets, bool in_one)
{
    struct engine engine = engine_config(ACME UNDER(TENANT, SOC("")) "}", NULL, 0);
    for (size_t i = 0; i < VICTIMS; i++) {
        char text[512];
        const uint32_t address = address_of(i, in_one);
        char spelled[16];
        snprintf(spelled, sizeof spelled, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
                 address >> 8 & 255, address & 255);
        snprintf(text, sizeof text,
                 "{\"timestamp\":1795003200000,\"httpRequest\":{\"clientIp\":\"%s\","
                 "\"args\":\"from=%s\"}}",
                 spelled, spelled);
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_uint_eq(results.count, 1);
        const struct wv_slice out = results.items[0].value;
        ck_assert(!holds(out, spelled));
        const uint8_t *found = memmem(out.ptr, out.len, EPOCH ".", strlen(EPOCH "."));
        ck_assert_ptr_nonnull(found);
        uint8_t code[CODE_BYTES];
        decode(found + strlen(EPOCH "."), code);
        add_target(targets, i, true, code);
    }
    engine_fini(&engine);
}

/* ---- Trying addresses -------------------------------------------------------------------------
 */

struct attack;
typedef void guess_fn(const struct attack *attack, uint32_t first, size_t count, uint64_t *words);

enum { AT_ONCE = 64, WORDS_EACH = 2 };

/* A pseudonym that somebody might have made without a key, or with one that is known. */
struct attack {
    const char *name;
    guess_fn *guess; /* WORDS_EACH for each of up to AT_ONCE addresses */
    struct wv_hmac hmac;
    struct targets targets;
    uint32_t first;
    uint64_t count;
    atomic_uint_fast64_t next;
    atomic_uchar found_ours[VICTIMS];
    atomic_uchar found_unkeyed[VICTIMS];
    bool in_one;
};

static void xxh3(const struct attack *attack, uint32_t first, size_t count, uint64_t *words)
{
    (void)attack;
    for (size_t i = 0; i < count; i++) {
        uint8_t canonical[CANONICAL_ROOM];
        canonical_of(first + (uint32_t)i, canonical);
        words[WORDS_EACH * i] = XXH3_64bits(canonical, CANONICAL);
        words[WORDS_EACH * i + 1] = XXH3_64bits(canonical + 1, 4);
    }
}

static void xxh128(const struct attack *attack, uint32_t first, size_t count, uint64_t *words)
{
    (void)attack;
    for (size_t i = 0; i < count; i++) {
        uint8_t canonical[CANONICAL_ROOM];
        canonical_of(first + (uint32_t)i, canonical);
        const XXH128_hash_t hash = XXH3_128bits(canonical, CANONICAL);
        words[WORDS_EACH * i] = hash.low64;
        words[WORDS_EACH * i + 1] = hash.high64;
    }
}

static uint64_t sha256_word(const uint8_t *bytes, size_t count)
{
    SHA256_CTX context;
    uint8_t hash[SHA256_DIGEST_LENGTH];
    wv_ensure(SHA256_Init(&context) == 1 && SHA256_Update(&context, bytes, count) == 1 &&
              SHA256_Final(hash, &context) == 1);
    return read_word(hash);
}

static void sha256(const struct attack *attack, uint32_t first, size_t count, uint64_t *words)
{
    (void)attack;
    for (size_t i = 0; i < count; i++) {
        uint8_t canonical[CANONICAL_ROOM];
        canonical_of(first + (uint32_t)i, canonical);
        words[WORDS_EACH * i] = sha256_word(canonical, CANONICAL);
        words[WORDS_EACH * i + 1] = sha256_word(canonical + 1, 4);
    }
}

static void hmac(const struct attack *attack, uint32_t first, size_t count, uint64_t *words)
{
    struct wv_hmac_job jobs[AT_ONCE];
    uint8_t canonical[AT_ONCE][CANONICAL_ROOM];
    for (size_t i = 0; i < count; i++) {
        canonical_of(first + (uint32_t)i, canonical[i]);
        jobs[i].hmac = &attack->hmac;
        jobs[i].message = (struct wv_slice){canonical[i], CANONICAL};
    }
    wv_hmac_make_batch(jobs, count);
    for (size_t i = 0; i < count; i++) {
        words[WORDS_EACH * i] = read_word(jobs[i].out);
        words[WORDS_EACH * i + 1] = read_word(jobs[i].out + 8);
    }
}

/* The attacker has found somebody when the address is the right one. */
static void look(struct attack *attack, uint32_t address, uint64_t word)
{
    const struct target *slots = attack->targets.slots;
    for (size_t at = word >> (64 - SLOT_BITS); slots[at].used;
         at = (at + 1) % WV_COUNT(attack->targets.slots)) {
        const struct target *target = &slots[at];
        if (target->word == word && address_of(target->victim, attack->in_one) == address) {
            atomic_store(
                &(target->ours ? attack->found_ours : attack->found_unkeyed)[target->victim], 1);
        }
    }
}

static void *walk(void *user)
{
    struct attack *attack = user;
    uint64_t words[AT_ONCE * WORDS_EACH];
    const uint64_t chunk = UINT64_C(1) << CHUNK_BITS;
    for (;;) {
        const uint64_t from = atomic_fetch_add(&attack->next, chunk);
        if (from >= attack->count) {
            return NULL;
        }
        for (uint64_t at = from; at < from + chunk; at += AT_ONCE) {
            const uint32_t first = attack->first + (uint32_t)at;
            attack->guess(attack, first, AT_ONCE, words);
            for (size_t i = 0; i < WV_COUNT(words); i++) {
                const uint32_t address = first + (uint32_t)(i / WORDS_EACH);
                if (wv_unlikely(may_hold(&attack->targets, words[i]))) {
                    look(attack, address, words[i]);
                }
            }
        }
    }
}

/* The victims' pseudonyms as the guess makes them: what would be published with it. */
static void publish_unkeyed(struct attack *attack)
{
    for (size_t i = 0; i < VICTIMS; i++) {
        uint64_t words[WORDS_EACH];
        uint8_t code[CODE_BYTES];
        attack->guess(attack, address_of(i, attack->in_one), 1, words);
        for (size_t byte = 0; byte < 8; byte++) {
            code[byte] = (uint8_t)(words[0] >> 8 * (7 - byte)); /* of the other order, too */
            code[8 + byte] = (uint8_t)(words[1] >> 8 * byte);
        }
        add_target(&attack->targets, i, false, code);
    }
}

static size_t count_found(atomic_uchar *found)
{
    size_t count = 0;
    for (size_t i = 0; i < VICTIMS; i++) {
        count += atomic_load(&found[i]);
    }
    return count;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* None of ours may be found, and all of those that the guess itself made. */
static void try_addresses(struct attack *attack)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (size_t)cores;
    pthread_t ids[THREADS_MAX];
    publish(&attack->targets, attack->in_one);
    publish_unkeyed(attack);
    ck_assert_uint_eq(attack->targets.count, 2 * VICTIMS * HALVES);
    (void)wv_hmac_way_used(); /* which instructions there are is found out before threads begin */
    const double start = now_s();
    for (size_t i = 0; i < threads; i++) {
        ck_assert_int_eq(pthread_create(&ids[i], NULL, walk, attack), 0);
    }
    for (size_t i = 0; i < threads; i++) {
        ck_assert_int_eq(pthread_join(ids[i], NULL), 0);
    }
    const size_t ours = count_found(attack->found_ours);
    const size_t unkeyed = count_found(attack->found_unkeyed);
    printf("%-34s %10llu addresses, %.1f s, %zu threads: of %d tokens %zu found, of %d unkeyed "
           "hashes %zu\n",
           attack->name, (unsigned long long)attack->count, now_s() - start, threads, VICTIMS, ours,
           VICTIMS, unkeyed);
    (void)fflush(stdout);
    ck_assert_uint_eq(unkeyed, VICTIMS);
    ck_assert_uint_eq(ours, 0);
}

/* ---- The attacks ------------------------------------------------------------------------------
 */

/* All 4,294,967,296. With sanitizers or without optimisation only 192.0.0.0/8, with the victims in
 * it: the walk is the same. */
START_TEST(every_address_by_xxh3)
{
    static struct attack attack = {.name = "XXH3-64 of every address", .guess = xxh3};
    attack.count = UINT64_C(1) << 32;
    if (SLOWED) {
        attack.name = "XXH3-64 (slow build: 192.0.0.0/8)";
        attack.count = UINT64_C(1) << 24;
        attack.first = 0xc0000000;
        attack.in_one = true;
    }
    try_addresses(&attack);
}
END_TEST

static const struct guess {
    const char *name;
    guess_fn *guess;
    const char *key; /* of hmac; NULL: that of the scheme with a secret of zeros */
} guesses[] = {
    {"XXH3-128", xxh128, ""},
    {"SHA-256", sha256, ""},
    {"HMAC-SHA-256, empty key", hmac, ""},
    {"HMAC-SHA-256, domain as key", hmac, DOMAIN},
    {"HMAC-SHA-256, epoch as key", hmac, EPOCH},
    {"HMAC-SHA-256, kind as key", hmac, "ip"},
    {"the whole scheme, secret of zeros", hmac, NULL},
};

/* _i: the guess. 2^24 addresses, 192.0.0.0/8, with all victims among them (2^20 in slow builds): an
 * attacker who has their network. */
START_TEST(addresses_around_by_other_guesses)
{
    static struct attack attack;
    const struct guess *guess = &guesses[_i];
    attack.name = guess->name;
    attack.guess = guess->guess;
    attack.count = UINT64_C(1) << (SLOWED ? 20 : 24);
    attack.first = 0xc0000000;
    attack.in_one = true;
    if (guess->key != NULL) {
        wv_hmac_init(&attack.hmac, wv_slice_of(guess->key));
    } else {
        const uint8_t zeros[WV_SECRET_BYTES] = {0};
        const struct wv_use use = {WV_LIT(DOMAIN), WV_LIT(EPOCH), WV_LIT("ip")};
        uint8_t key[WV_SECRET_BYTES];
        ck_assert(wv_derive(zeros, &use, key, sizeof key));
        wv_hmac_init(&attack.hmac, (struct wv_slice){key, sizeof key});
    }
    try_addresses(&attack);
}
END_TEST

/* With the key it is another matter, which is why keys are destroyed: the same walk, with the
 * secret of the keyring, must find every token. */
START_TEST(with_the_key_all_are_found)
{
    static struct attack attack = {.name = "with the key", .guess = hmac, .in_one = true};
    uint8_t secret[WV_SECRET_BYTES];
    uint8_t key[WV_SECRET_BYTES];
    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)i; /* as support/engine.h says */
    }
    const struct wv_use use = {WV_LIT(DOMAIN), WV_LIT(EPOCH), WV_LIT("ip")};
    ck_assert(wv_derive(secret, &use, key, sizeof key));
    wv_hmac_init(&attack.hmac, (struct wv_slice){key, sizeof key});
    attack.first = 0xc0000000;
    attack.count = UINT64_C(1) << CHUNK_BITS;
    publish(&attack.targets, true);
    publish_unkeyed(&attack);
    ck_assert_ptr_null(walk(&attack));
    ck_assert_uint_eq(count_found(attack.found_ours), VICTIMS);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("attack");
    tcase_add_test(tests, every_address_by_xxh3);
    tcase_add_loop_test(tests, addresses_around_by_other_guesses, 0, (int)WV_COUNT(guesses));
    tcase_add_test(tests, with_the_key_all_are_found);
    tcase_set_timeout(tests, 60);
    Suite *suite = suite_create("attack");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
