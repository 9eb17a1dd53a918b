/* hmac.c — the compression function of SHA-256, started from states that were kept. */

/* OpenSSL 3 calls the functions of a single hash deprecated and offers EVP_MAC instead. EVP_MAC
 * cannot go back to the state behind the key without allocating, which costs four to seven times as
 * much as hashing a short value. Only this file may use them. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "keys/hmac.h"

#include "base/wipe.h"

#include <openssl/sha.h>

enum { BLOCK = WV_HMAC_BLOCK, LENGTH_BYTES = 8 };

_Static_assert(BLOCK == SHA256_CBLOCK && sizeof((SHA256_CTX *)0)->h == 8 * sizeof(uint32_t),
               "a state of OpenSSL's is eight words");

void wv_hmac_block(uint32_t state[8], const uint8_t block[BLOCK])
{
    SHA256_CTX context;
    memcpy(context.h, state, sizeof context.h);
    SHA256_Transform(&context, block);
    memcpy(state, context.h, sizeof context.h);
}

/* Two words at a time: what is read next is read in wider pieces than a word, and waits for pieces
 * that were written narrower. */
void wv_hmac_put(const uint32_t state[8], uint8_t out[WV_HMAC_BYTES])
{
    for (size_t i = 0; i < 8; i += 2) {
        const uint64_t words = (uint64_t)state[i] << 32 | state[i + 1];
        const uint64_t bytes = __builtin_bswap64(words);
        memcpy(out + 4 * i, &bytes, sizeof bytes);
    }
}

/* Pads with a bit 1, zeros and the length: the message and the key's block before it. */
size_t wv_hmac_end(struct wv_slice message, uint8_t out[WV_HMAC_END_MAX])
{
    const size_t count = message.len % BLOCK;
    const size_t blocks = count < BLOCK - LENGTH_BYTES ? 1 : 2;
    memset(out, 0, blocks * BLOCK);
    if (count > 0) {
        memcpy(out, message.ptr + message.len - count, count);
    }
    out[count] = 0x80;
    const uint64_t bits = __builtin_bswap64(((uint64_t)message.len + BLOCK) * 8);
    memcpy(out + blocks * BLOCK - LENGTH_BYTES, &bits, sizeof bits);
    return blocks;
}

/* All of the message into the state behind the key's block, which out may not be part of. */
static void hash(SHA256_CTX *context, const uint32_t state[8], struct wv_slice message,
                 uint8_t out[WV_HMAC_BYTES])
{
    uint8_t end[WV_HMAC_END_MAX];
    const size_t blocks = wv_hmac_end(message, end);
    memcpy(context->h, state, sizeof context->h);
    for (size_t at = 0; message.len - at >= BLOCK; at += BLOCK) {
        SHA256_Transform(context, message.ptr + at);
    }
    for (size_t i = 0; i < blocks; i++) {
        SHA256_Transform(context, end + i * BLOCK);
    }
    wv_hmac_put(context->h, out);
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
    uint8_t digest[WV_HMAC_BYTES];
    hash(&context, hmac->inner, message, digest);
    hash(&context, hmac->outer, (struct wv_slice){digest, sizeof digest}, out);
}
