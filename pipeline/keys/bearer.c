/* bearer.c — until when a bearer token is good (RFC 7519), so that a new one is sent in time. */
#include "keys/bearer.h"

#include "base/base64.h"
#include "base/wipe.h"

#include <jansson.h>
#include <stdlib.h>

static const double latest_s = 1e11; /* three thousand years on */

/* What stands between the first dot and the second one. */
static bool find_claims(struct wv_slice token, struct wv_slice *claims)
{
    size_t dots[2] = {0};
    size_t count = 0;
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] != '.') {
            continue;
        }
        if (count == WV_COUNT(dots)) {
            return false;
        }
        dots[count++] = i;
    }
    if (count != WV_COUNT(dots)) {
        return false;
    }
    *claims = wv_slice_sub(token, dots[0] + 1, dots[1]);
    return claims->len > 0;
}

static const char *read_expiry(const json_t *claims, int64_t *expires_ms)
{
    const json_t *exp = json_object_get(claims, "exp");
    if (!json_is_number(exp)) {
        return "does not say when it ends: it needs the claim \"exp\"";
    }
    const double seconds = json_number_value(exp);
    if (!(seconds > 0) || seconds > latest_s) {
        return "ends at no time that there is (claim \"exp\")";
    }
    *expires_ms = (int64_t)(seconds * 1000);
    return NULL;
}

const char *wv_bearer_expiry(struct wv_slice token, int64_t *expires_ms)
{
    static const char no_token[] = "holds no JSON web token: three parts with a dot between them, "
                                   "of which the second is base64url of a JSON object";
    struct wv_slice claims;
    size_t len = 0;
    if (token.len > WV_BEARER_MAX || !find_claims(token, &claims)) {
        return no_token;
    }
    uint8_t *text = malloc(claims.len);
    if (text == NULL) {
        return "cannot be read: memory is short";
    }
    json_t *root = wv_base64_decode(claims, text, &len)
                       ? json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    const char *why = json_is_object(root) ? read_expiry(root, expires_ms) : no_token;
    json_decref(root);
    wv_wipe(text, claims.len);
    free(text);
    return why;
}
