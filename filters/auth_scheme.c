/*
 * auth_scheme — keeps which way of signing in was used, never a byte of the credentials.
 *
 * Only words of the table leave, in their own spelling. A value that begins with anything else may
 * be a bare secret: it becomes `other`.
 */
#include "filters/filter.h"

/* The registry of RFC 9110, 16.4.1, and what APIs and clouds use beside it. */
static const char *const schemes[] = {
    "Basic",
    "Bearer",
    "Digest",
    "Negotiate",
    "NTLM",
    "Kerberos",
    "HOBA",
    "Mutual",
    "OAuth",
    "DPoP",
    "GNAP",
    "PrivateToken",
    "Concealed",
    "vapid",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "AWS",
    "AWS3",
    "AWS3-HTTPS",
    "AWS4-HMAC-SHA256",
    "AWS4-ECDSA-P256-SHA256",
    "SharedKey",
    "SharedKeyLite",
    "SharedAccessSignature",
    "GOOG4-HMAC-SHA256",
    "GOOG4-RSA-SHA256",
    "GOOG1",
    "GoogleLogin",
    "Hawk",
    "HMAC",
    "HMAC-SHA256",
    "MAC",
    "EG1-HMAC-SHA256",
    "Signature",
    "Token",
    "JWT",
    "ApiKey",
    "Api-Key",
    "Key",
    "PASETO",
};

enum { SCHEME_MAX = 24 };

static struct wv_slice first_word(struct wv_slice text)
{
    size_t begin = 0;
    while (begin < text.len && (text.ptr[begin] == ' ' || text.ptr[begin] == '\t')) {
        begin++;
    }
    size_t end = begin;
    while (end < text.len && end - begin <= SCHEME_MAX && text.ptr[end] != ' ' &&
           text.ptr[end] != '\t') {
        end++;
    }
    return wv_slice_sub(text, begin, end);
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)settings;
    (void)context;
    if (value->text.len == 0 || wv_slice_eq(value->text, WV_LIT("-"))) {
        return WV_HARMLESS;
    }
    const struct wv_slice word = first_word(value->text);
    for (size_t i = 0; i < WV_COUNT(schemes); i++) {
        if (wv_slice_eq_nocase(word, wv_slice_of(schemes[i]))) {
            wv_out_put(out, wv_slice_of(schemes[i]));
            return WV_REPLACED;
        }
    }
    wv_out_put(out, WV_LIT("other"));
    return WV_REPLACED;
}

const struct wv_filter wv_filter_auth_scheme = {
    .name = "auth_scheme",
    .summary = "Keeps only the scheme of an Authorization header (`Bearer`), or writes `other`",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 40,
    .apply = apply,
};
