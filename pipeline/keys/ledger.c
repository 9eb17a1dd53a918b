/*
 * ledger.c — writes records that each hold the hash of the one before.
 */
#include "keys/ledger.h"

#include "keys/ledger_bytes.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

static void put_hex(char *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * count] = '\0';
}

void wv_ledger_hash(struct wv_slice bytes, char out[WV_LEDGER_HASH + 1])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    wv_ensure(EVP_Digest(bytes.ptr, bytes.len, digest, &len, EVP_sha256(), NULL) == 1);
    wv_ensure(len == WV_LEDGER_HASH / 2);
    put_hex(out, digest, len);
}

bool wv_ledger_start(struct wv_ledger *chain)
{
    uint8_t id[WV_LEDGER_ID / 2];
    *chain = (struct wv_ledger){0};
    if (RAND_bytes(id, sizeof id) != 1) {
        return false;
    }
    put_hex(chain->id, id, sizeof id);
    memset(chain->head, '0', WV_LEDGER_HASH);
    return true;
}

bool wv_ledger_seal(struct wv_ledger *chain, struct wv_buf *record)
{
    char hash[WV_LEDGER_HASH + 1];
    struct wv_slice bytes;
    const size_t mark = record->len;
    if (record->overflowed || record->cap - record->len < WV_LEDGER_SEAL) {
        return false;
    }
    wv_buf_put(record, WV_LIT(",\"previous\":\""));
    wv_buf_put(record, wv_slice_of(chain->head));
    wv_buf_byte(record, '"');
    if (!wv_buf_take(record, &bytes)) {
        wv_buf_rewind(record, mark);
        return false;
    }
    wv_ledger_hash(bytes, hash);
    wv_buf_put(record, WV_LIT(WV_LEDGER_BEFORE_HASH));
    wv_buf_put(record, wv_slice_of(hash));
    wv_buf_put(record, WV_LIT("\"}"));
    memcpy(chain->head, hash, sizeof hash);
    chain->seq++;
    return true;
}
