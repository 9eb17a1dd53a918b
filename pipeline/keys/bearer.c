/* bearer.c — until when a bearer token is good (RFC 7519), so that a new one is sent in time. */
#include "keys/bearer.h"

#include "base/base64.h"
#include "base/wipe.h"

#include "json/document.h"

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

static const char no_token[] = "holds no JSON web token: three parts with a dot between them, of "
                               "which the second is base64url of a JSON object";
static const char no_memory[] = "cannot be read: memory is short";

static const char *read_claims(struct wv_slice text, int64_t *expires_ms)
{
    struct wv_report *report = wv_report_new(); /* what it finds may quote the token */
    if (report == NULL) {
        return no_memory;
    }
    struct wv_document *document = wv_document_parse("token", text, report);
    const char *why = no_token;
    if (document != NULL && json_is_object(wv_document_root(document).value)) {
        why = read_expiry(wv_document_root(document).value, expires_ms);
    }
    wv_document_free(document);
    wv_report_free(report);
    return why;
}

const char *wv_bearer_expiry(struct wv_slice token, int64_t *expires_ms)
{
    struct wv_slice claims;
    size_t len = 0;
    if (token.len > WV_BEARER_MAX || !find_claims(token, &claims)) {
        return no_token;
    }
    uint8_t *text = malloc(claims.len);
    if (text == NULL) {
        return no_memory;
    }
    const char *why = wv_base64_decode(claims, text, &len)
                          ? read_claims((struct wv_slice){text, len}, expires_ms)
                          : no_token;
    wv_wipe(text, claims.len);
    free(text);
    return why;
}
