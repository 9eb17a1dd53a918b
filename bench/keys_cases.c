/* keys_cases.c — MACs as OpenSSL makes them, as we do, and tokens with and without their cache. */
#include "bench/keys.h"

#include "keys/hmac_batch.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <stdlib.h>

enum { CACHE_SLOTS = 64 * 1024 }; /* as a worker of the engine has */

static const uint8_t key_bytes[32] = {1, 2, 3};

static uint64_t first_bytes(const uint8_t *mac)
{
    uint64_t word;
    memcpy(&word, mac, sizeof word);
    return word;
}

static void *open_nothing(const struct keys_work *work)
{
    static uint8_t something;
    (void)work;
    return &something;
}

static void close_nothing(void *state)
{
    (void)state;
}

static uint64_t run_oneshot(void *state, const struct keys_work *work)
{
    uint64_t sum = 0;
    (void)state;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        uint8_t mac[WV_HMAC_BYTES];
        unsigned len = sizeof mac;
        wv_ensure(HMAC(EVP_sha256(), key_bytes, sizeof key_bytes, work->messages[i], work->len, mac,
                       &len) != NULL);
        sum += first_bytes(mac);
    }
    return sum;
}

/* A context that keeps its key from one message to the next. */
static void *open_evp(const struct keys_work *work)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    (void)work;
    EVP_MAC_free(mac);
    wv_ensure(context != NULL && EVP_MAC_init(context, key_bytes, sizeof key_bytes, params) == 1);
    return context;
}

static uint64_t run_evp(void *state, const struct keys_work *work)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        uint8_t mac[WV_HMAC_BYTES];
        size_t len;
        wv_ensure(EVP_MAC_init(state, NULL, 0, NULL) == 1 &&
                  EVP_MAC_update(state, work->messages[i], work->len) == 1 &&
                  EVP_MAC_final(state, mac, &len, sizeof mac) == 1);
        sum += first_bytes(mac);
    }
    return sum;
}

static void close_evp(void *state)
{
    EVP_MAC_CTX_free(state);
}

static void *open_serial(const struct keys_work *work)
{
    struct wv_hmac *hmac = malloc(sizeof *hmac);
    (void)work;
    wv_ensure(hmac != NULL);
    wv_hmac_init(hmac, (struct wv_slice){key_bytes, sizeof key_bytes});
    return hmac;
}

static void *open_avx2(const struct keys_work *work)
{
    return wv_hmac_has(WV_HMAC_AVX2) ? open_serial(work) : NULL;
}

static void *open_sha_ni(const struct keys_work *work)
{
    return wv_hmac_has(WV_HMAC_SHA_NI) ? open_serial(work) : NULL;
}

static uint64_t run_serial(void *state, const struct keys_work *work)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        uint8_t mac[WV_HMAC_BYTES];
        wv_hmac_make(state, (struct wv_slice){work->messages[i], work->len}, mac);
        sum += first_bytes(mac);
    }
    return sum;
}

static uint64_t run_batches(enum wv_hmac_way way, const struct wv_hmac *hmac,
                            const struct keys_work *work)
{
    struct wv_hmac_job jobs[64];
    uint64_t sum = 0;
    wv_ensure(work->batch > 0 && work->batch <= WV_COUNT(jobs));
    for (size_t from = 0; from < KEYS_MESSAGES; from += work->batch) {
        const size_t left = KEYS_MESSAGES - from;
        const size_t count = left < work->batch ? left : work->batch;
        for (size_t i = 0; i < count; i++) {
            jobs[i].hmac = hmac;
            jobs[i].message = (struct wv_slice){work->messages[from + i], work->len};
        }
        wv_hmac_make_batch_by(way, jobs, count);
        for (size_t i = 0; i < count; i++) {
            sum += first_bytes(jobs[i].out);
        }
    }
    return sum;
}

static uint64_t run_avx2(void *state, const struct keys_work *work)
{
    return run_batches(WV_HMAC_AVX2, state, work);
}

static uint64_t run_sha_ni(void *state, const struct keys_work *work)
{
    return run_batches(WV_HMAC_SHA_NI, state, work);
}

static void *open_uncached(const struct keys_work *work)
{
    struct wv_tokens *tokens = wv_tokens_new(work->keyring, 0);
    wv_ensure(tokens != NULL);
    return tokens;
}

static void *open_cached(const struct keys_work *work)
{
    struct wv_tokens *tokens = wv_tokens_new(work->keyring, CACHE_SLOTS);
    wv_ensure(tokens != NULL);
    return tokens;
}

static uint64_t make_token(struct wv_tokens *tokens, const uint8_t *value, size_t len)
{
    const struct wv_token_key key = {
        .domain = WV_LIT("default/eu/default"), .time_s = 1795003200, .kind = WV_KIND_IP};
    struct wv_token token;
    wv_ensure(wv_tokens_make(tokens, &key, (struct wv_slice){value, len}, &token));
    return first_bytes(token.text + token.code_at);
}

static uint64_t run_new(void *state, const struct keys_work *work)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        sum += make_token(state, work->messages[i], work->len);
    }
    return sum;
}

static uint64_t run_known(void *state, const struct keys_work *work)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < KEYS_MESSAGES; i++) {
        sum += make_token(state, work->known[i % WV_COUNT(work->known)], work->len);
    }
    return sum;
}

static void close_tokens(void *state)
{
    wv_tokens_free(state);
}

const struct keys_case keys_cases[KEYS_CASES] = {
    {"HMAC", "HMAC() of OpenSSL", open_nothing, run_oneshot, close_nothing},
    {"EVP_MAC", "EVP_MAC, its context kept", open_evp, run_evp, close_evp},
    {"serial", "wv_hmac_make(), one after another", open_serial, run_serial, free},
    {"avx2", "wv_hmac_make_batch(), 64 at once, AVX2", open_avx2, run_avx2, free},
    {"sha_ni", "the same with the instructions for SHA-256", open_sha_ni, run_sha_ni, free},
    {"token_uncached", "wv_tokens_make() without a cache", open_uncached, run_new, close_tokens},
    {"token_new", "with its cache, every value new", open_cached, run_new, close_tokens},
    {"token_known", "with its cache, 1024 values in turn", open_cached, run_known, close_tokens},
};
