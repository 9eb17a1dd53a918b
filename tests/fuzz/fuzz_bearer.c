/*
 * Feeds arbitrary tokens, and tokens with arbitrary claims, to the reader of bearer tokens.
 *
 * Whatever comes, it is refused in words that are always the same ones, and nothing is said about
 * its end; or it has three parts, and its end is the one that another reader of JSON finds. A token
 * that was made with an end has that one, and none any more behind a fourth part or with a byte
 * that is no base64url.
 *
 * Input: a byte that chooses; 0: the token; 1: its claims; 2: four bytes of the end, and a value of
 * another claim.
 */
#include "json/text.h"
#include "keys/bearer.h"
#include "support/bearer_token.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t untouched = -42;

/* 0: refused. */
static int64_t expiry_of(struct wv_slice token)
{
    static const char *said[8]; /* different texts of refusals so far: a text of its own for a token
                                   would soon be one too many */
    int64_t expires_ms = untouched;
    const char *why = wv_bearer_expiry(token, &expires_ms);
    if (why == NULL) {
        wv_ensure(expires_ms >= 0 && expires_ms <= INT64_C(100000000000000));
        return expires_ms;
    }
    wv_ensure(expires_ms == untouched);
    for (size_t i = 0; i < WV_COUNT(said); i++) {
        said[i] = said[i] == NULL ? why : said[i];
        if (said[i] == why) {
            return untouched;
        }
    }
    wv_ensure(false);
    return untouched;
}

static size_t dots_in(struct wv_slice text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        dots += text.ptr[i] == '.';
    }
    return dots;
}

static void try_token(struct wv_slice token)
{
    if (expiry_of(token) != untouched) {
        wv_ensure(dots_in(token) == 2 && token.len <= WV_BEARER_MAX);
    }
}

/* The end that Jansson finds, without anything of ours; `untouched`: none. */
static int64_t other_expiry(struct wv_slice claims)
{
    json_error_t ignored;
    json_t *root =
        json_loadb((const char *)claims.ptr, claims.len, JSON_REJECT_DUPLICATES, &ignored);
    const json_t *exp = json_object_get(root, "exp");
    const double seconds = json_number_value(exp);
    const bool good = json_is_number(exp) && seconds > 0 && seconds <= 1e11;
    const int64_t found = good ? (int64_t)(seconds * 1000) : untouched;
    json_decref(root);
    return found;
}

static void try_claims(struct wv_slice claims, uint8_t *room)
{
    const int64_t found = expiry_of(bearer_make(claims, room));
    wv_ensure(found == untouched || found == other_expiry(claims));
}

static void try_end(struct wv_slice rest, uint8_t *room)
{
    uint32_t end = 1;
    char text[64];
    uint8_t mem[2048];
    struct wv_buf claims = wv_buf_of(mem, sizeof mem);
    struct wv_slice bytes;
    for (size_t i = 0; i < 4 && rest.len > 0; i++) {
        end = end << 7 | (rest.ptr[0] & 127);
        rest = wv_slice_sub(rest, 1, rest.len);
    }
    wv_buf_put(&claims, WV_LIT("{\"sub\":\""));
    for (size_t i = 0; i < rest.len && i < 128; i++) { /* any text is good in which all is ASCII */
        wv_text_escape(&claims, (struct wv_slice){(const uint8_t[]){(rest.ptr[i] & 126) | 1}, 1});
    }
    (void)snprintf(text, sizeof text, "\",\"exp\":%u}", end);
    wv_buf_put(&claims, wv_slice_of(text));
    wv_ensure(wv_buf_take(&claims, &bytes));
    struct wv_slice token = bearer_make(bytes, room);
    wv_ensure(expiry_of(token) == (int64_t)end * 1000);
    memcpy(room + token.len, ".a", 2);
    wv_ensure(expiry_of((struct wv_slice){room, token.len + 2}) == untouched);
    room[sizeof BEARER_HEAD + end % bytes.len] = '*';
    wv_ensure(expiry_of(token) == untouched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct wv_slice rest = {data + 1, size - 1};
    uint8_t *room = malloc(BEARER_ROOM(rest.len + 2048));
    wv_ensure(room != NULL);
    if (data[0] == 0) {
        try_token(rest);
    } else if (data[0] == 1) {
        try_claims(rest, room);
    } else {
        try_end(rest, room);
    }
    free(room);
    return 0;
}
