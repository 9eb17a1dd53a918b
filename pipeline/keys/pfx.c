/* pfx.c — one bit a block, all blocks of an address in one call per key. */
#include "keys/pfx.h"

#include "base/wipe.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { BLOCK = 16, BITS = 128, HALF_KEY = WV_PFX_KEY_BYTES / 2 };

struct wv_pfx {
    EVP_CIPHER_CTX *first;
    EVP_CIPHER_CTX *second;
    uint8_t blocks[BITS * BLOCK];
    uint8_t by_first[BITS * BLOCK];
    uint8_t by_second[BITS * BLOCK];
};

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static EVP_CIPHER_CTX *cipher_new(const uint8_t key[HALF_KEY])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) {
        return NULL;
    }
    if (EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(context, 0) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

struct wv_pfx *wv_pfx_new(const uint8_t key[WV_PFX_KEY_BYTES])
{
    if (memcmp(key, key + HALF_KEY, HALF_KEY) == 0) {
        return NULL;
    }
    struct wv_pfx *pfx = calloc(1, sizeof *pfx);
    if (pfx == NULL) {
        return NULL;
    }
    pfx->first = cipher_new(key);
    pfx->second = cipher_new(key + HALF_KEY);
    if (pfx->first == NULL || pfx->second == NULL) {
        wv_pfx_free(pfx);
        return NULL;
    }
    return pfx;
}

void wv_pfx_free(struct wv_pfx *pfx)
{
    if (pfx == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(pfx->first); /* wipes its key schedule */
    EVP_CIPHER_CTX_free(pfx->second);
    wv_wipe(pfx, sizeof *pfx);
    free(pfx);
}

/* Block p is a bit 1 and the first p bits of the address, right aligned. Each block is the one
 * before it shifted to the left, with the next bit of the address behind. */
static void fill_blocks(struct wv_pfx *pfx, const uint8_t address[BLOCK], unsigned from)
{
    uint64_t high = 0;
    uint64_t low = 1;
    for (unsigned p = 0; p < BITS; p++) {
        if (p >= from) {
            const uint64_t words[2] = {__builtin_bswap64(high), __builtin_bswap64(low)};
            memcpy(pfx->blocks + (size_t)(p - from) * BLOCK, words, BLOCK);
        }
        high = high << 1 | low >> 63;
        low = low << 1 | (address[p / 8] >> (7 - p % 8) & 1);
    }
}

static bool encrypt_blocks(EVP_CIPHER_CTX *cipher, const uint8_t *blocks, uint8_t *out, int count)
{
    int written = 0;
    return EVP_EncryptUpdate(cipher, out, &written, blocks, count * BLOCK) == 1 &&
           written == count * BLOCK;
}

bool wv_pfx_encrypt(struct wv_pfx *pfx, int family, uint8_t *address)
{
    wv_ensure(family == 4 || family == 6);
    uint8_t whole[BLOCK];
    if (family == 4) {
        memcpy(whole, mapped, sizeof mapped);
        memcpy(whole + sizeof mapped, address, 4);
    } else {
        memcpy(whole, address, BLOCK);
    }
    const unsigned from = memcmp(whole, mapped, sizeof mapped) == 0 ? BITS - 32 : 0;
    const unsigned count = BITS - from;
    fill_blocks(pfx, whole, from);
    if (!encrypt_blocks(pfx->first, pfx->blocks, pfx->by_first, (int)count) ||
        !encrypt_blocks(pfx->second, pfx->blocks, pfx->by_second, (int)count)) {
        memset(address, 0, family == 4 ? 4 : BLOCK);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const size_t last = (size_t)i * BLOCK + BLOCK - 1;
        const unsigned bit = (pfx->by_first[last] ^ pfx->by_second[last]) & 1u;
        whole[(from + i) / 8] ^= (uint8_t)(bit << (7 - (from + i) % 8));
    }
    memcpy(address, family == 4 ? whole + sizeof mapped : whole, family == 4 ? 4 : BLOCK);
    return true;
}
