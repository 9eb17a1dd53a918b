/* hmac.c — the compression function of SHA-256, started from states that were kept. */

/* OpenSSL 3 calls the functions of a single hash deprecated and offers EVP_MAC instead. EVP_MAC
 * cannot go back to the state behind the key without allocating, which costs four to seven times as
 * much as hashing a short value. Only this file may use them. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "keys/hmac.h"

#include "base/wipe.h"

#include <openssl/sha.h>

enum { BLOCK = SHA256_CBLOCK, LENGTH_AT = BLOCK - 8 };

static void load_state(SHA256_CTX *context, const uint32_t state[8])
{
    for (size_t i = 0; i < 8; i++) {
        context->h[i] = state[i];
    }
}

/* Two words at a time: what is read next is read in wider pieces than a word, and waits for pieces
 * that were written narrower. */
static void put_state(const SHA256_CTX *context, uint8_t out[WV_HMAC_BYTES])
{
    for (size_t i = 0; i < 8; i += 2) {
        const uint64_t words = (uint64_t)context->h[i] << 32 | context->h[i + 1];
        const uint64_t bytes = __builtin_bswap64(words);
        memcpy(out + 4 * i, &bytes, sizeof bytes);
    }
}

/* Pads with a bit 1, zeros and the length: the message and the key's block before it. */
static void finish(SHA256_CTX *context, const uint8_t *rest, size_t count, size_t message_len)
{
    uint8_t block[BLOCK] = {0};
    if (count > 0) {
        memcpy(block, rest, count);
    }
    block[count] = 0x80;
    if (count >= LENGTH_AT) {
        SHA256_Transform(context, block);
        memset(block, 0, sizeof block);
    }
    const uint64_t bits = __builtin_bswap64(((uint64_t)message_len + BLOCK) * 8);
    memcpy(block + LENGTH_AT, &bits, sizeof bits);
    SHA256_Transform(context, block);
}

static void start(uint32_t state[8], const uint8_t key[BLOCK], uint8_t pad)
{
    uint8_t block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] = key[i] ^ pad;
    }
    SHA256_CTX context;
    wv_ensure(SHA256_Init(&context) == 1);
    SHA256_Transform(&context, block);
    for (size_t i = 0; i < 8; i++) {
        state[i] = (uint32_t)context.h[i];
    }
    wv_wipe(block, sizeof block);
    wv_wipe(&context, sizeof context);
}

void wv_hmac_init(struct wv_hmac *hmac, struct wv_slice key)
{
    uint8_t block[BLOCK] = {0};
    if (key.len > BLOCK) {
        SHA256_CTX context;
        wv_ensure(SHA256_Init(&context) == 1);
        wv_ensure(SHA256_Update(&context, key.ptr, key.len) == 1);
        wv_ensure(SHA256_Final(block, &context) == 1);
        wv_wipe(&context, sizeof context);
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    start(hmac->inner, block, 0x36);
    start(hmac->outer, block, 0x5c);
    wv_wipe(block, sizeof block);
}

void wv_hmac_make(const struct wv_hmac *hmac, struct wv_slice message, uint8_t out[WV_HMAC_BYTES])
{
    SHA256_CTX context;
    load_state(&context, hmac->inner);
    size_t at = 0;
    while (message.len - at >= BLOCK) {
        SHA256_Transform(&context, message.ptr + at);
        at += BLOCK;
    }
    finish(&context, message.len == 0 ? NULL : message.ptr + at, message.len - at, message.len);

    uint8_t digest[WV_HMAC_BYTES];
    put_state(&context, digest);
    load_state(&context, hmac->outer);
    finish(&context, digest, sizeof digest, sizeof digest);
    put_state(&context, out);
}
