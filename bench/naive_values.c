/*
 * naive_values.c — queries, cookies, headers, hosts, referers and the short values of a record.
 */
#include "bench/naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HOST_BYTES = 256 };

void naive_values_open(struct naive *naive)
{
    naive->referer =
        naive_compile("^[A-Za-z0-9][A-Za-z0-9+.-]{0,31}://(?:[^/?#\\\\]*@)?"
                      "(?|\\[([^]/]*)\\](?::[0-9]{0,5})?|([^:/?#\\\\]+)(?::[0-9]{0,5})?|"
                      "([0-9A-Fa-f:.]+))(?=[/?#\\\\]|\\z)");
    naive->semicolon = naive_compile(";(?=[A-Za-z0-9_.-]+=)");
    naive->cookie = naive_compile("^[\\w.$[\\]-]{1,64}$");
    naive->ja4 = naive_compile("^[tqd][a-z0-9][0-9][di][0-9]{4}[A-Za-z0-9]{2}_[0-9A-Fa-f]{12}"
                               "(?=_[0-9A-Fa-f]{12}$)");
    naive->place =
        naive_compile("^(?|awswaf:(?:clientip|forwardedip):geo:country:(?:[A-Za-z]{2}|T1|A1|"
                      "A2)$()|([A-Za-z]{2}|T1|A1|A2)(?:-[A-Za-z0-9]{1,3})?$)");
    naive->suffixes = psl_latest(NULL);
    wv_ensure(naive->suffixes != NULL);
}

void naive_values_close(struct naive *naive)
{
    pcre2_code_free(naive->referer);
    pcre2_code_free(naive->semicolon);
    pcre2_code_free(naive->cookie);
    pcre2_code_free(naive->ja4);
    pcre2_code_free(naive->place);
    psl_free(naive->suffixes);
}

/* The name of a parameter as a server reads it. */
static struct wv_slice plain_name(struct naive *naive, struct wv_slice name, uint8_t *memory)
{
    for (size_t layer = 0; layer < 2 && name.len > 0; layer++) {
        if (!naive_decode(naive, name, NULL, layer, &name)) {
            break;
        }
    }
    if (name.len == 0 || name.len > HOST_BYTES || memchr(name.ptr, '+', name.len) == NULL) {
        return name;
    }
    for (size_t i = 0; i < name.len; i++) {
        memory[i] = name.ptr[i] == '+' ? ' ' : name.ptr[i];
    }
    return (struct wv_slice){memory, name.len};
}

static void put_parameter(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    const struct naive_sort *sort = NULL;
    uint8_t memory[HOST_BYTES];
    const uint8_t *sign = text.len == 0 ? NULL : memchr(text.ptr, '=', text.len);
    const size_t at = sign == NULL ? text.len : (size_t)(sign - text.ptr) + 1;
    if (at < text.len) {
        sort = naive_names_sort(naive, plain_name(naive, wv_slice_sub(text, 0, at - 1), memory));
    }
    wv_buf_put(out, wv_slice_sub(text, 0, sort == NULL ? text.len : at));
    if (sort != NULL) {
        naive_put_word(naive, sort, naive_form_value(naive, wv_slice_sub(text, at, text.len)), out);
    }
}

static enum wv_verdict scrub_draft(struct naive *naive, const struct wv_buf *draft,
                                   struct wv_buf *out)
{
    const struct wv_slice text = {draft->mem, draft->len};
    enum wv_verdict verdict = draft->overflowed ? WV_FAILED : naive_scrub(naive, text, out);
    if (verdict == WV_HARMLESS) {
        wv_buf_put(out, text);
        verdict = WV_REPLACED;
    }
    return verdict;
}

size_t naive_parameter_end(struct naive *naive, struct wv_slice text, size_t from, bool ampersands)
{
    if (!ampersands) {
        const PCRE2_SIZE *at = naive_find(naive, naive->semicolon, text, from);
        return at == NULL ? text.len : at[0];
    }
    const uint8_t *next = from == text.len ? NULL : memchr(text.ptr + from, '&', text.len - from);
    return next == NULL ? text.len : (size_t)(next - text.ptr);
}

enum wv_verdict naive_query(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    struct wv_buf draft = wv_buf_of(naive->draft, sizeof naive->draft);
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    if (text.len > TREE_TEXT_MAX) {
        return WV_FAILED;
    }
    const bool ampersands = memchr(text.ptr, '&', text.len) != NULL;
    for (size_t from = 0; from <= text.len;) {
        const size_t to = naive_parameter_end(naive, text, from, ampersands);
        put_parameter(naive, wv_slice_sub(text, from, to), &draft);
        wv_buf_put(&draft, to < text.len ? wv_slice_sub(text, to, to + 1) : (struct wv_slice){0});
        from = to + 1;
    }
    return scrub_draft(naive, &draft, out);
}

enum wv_verdict naive_cookies(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    struct wv_buf draft = wv_buf_of(naive->draft, sizeof naive->draft);
    for (size_t from = 0; from < text.len;) {
        const uint8_t *next = memchr(text.ptr + from, ';', text.len - from);
        const size_t end = next == NULL ? text.len : (size_t)(next - text.ptr);
        while (from < end && (text.ptr[from] == ' ' || text.ptr[from] == '\t')) {
            from++;
        }
        const uint8_t *sign = from == end ? NULL : memchr(text.ptr + from, '=', end - from);
        size_t to = sign == NULL ? from : (size_t)(sign - text.ptr);
        while (to > from && (text.ptr[to - 1] == ' ' || text.ptr[to - 1] == '\t')) {
            to--;
        }
        const struct wv_slice name = wv_slice_sub(text, from, to);
        if (from < end) {
            wv_buf_put(&draft, draft.len > 0 ? WV_LIT("; ") : (struct wv_slice){0});
            wv_buf_put(&draft, naive_matches(naive, naive->cookie, name) ? name : WV_LIT("~NAME~"));
        }
        from = end + 1;
    }
    return text.len == 0 ? WV_HARMLESS : scrub_draft(naive, &draft, out);
}

/* Headers that describe the browser's wishes and say nothing of a person. */
static bool passes(struct wv_slice name)
{
    static const char *const names[] = {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "dnt",
        "expect",
        "pragma",
        "priority",
        "save-data",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-fetch-user",
        "sec-gpc",
        "te",
        "transfer-encoding",
        "upgrade",
        "upgrade-insecure-requests",
        "x-requested-with",
    };
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        if (wv_slice_eq(name, wv_slice_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* The first language; the media type with its character set. */
static struct wv_slice shortened(const struct wv_value *value, struct wv_buf *draft)
{
    const struct wv_slice text = value->text;
    const bool type = wv_slice_eq(value->name, WV_LIT("content-type"));
    if (!type && !wv_slice_eq(value->name, WV_LIT("accept-language"))) {
        return text;
    }
    size_t end = 0;
    while (end < text.len && memchr(type ? ";" : ",;-_", text.ptr[end], type ? 1 : 4) == NULL) {
        end++;
    }
    wv_buf_put(draft, wv_slice_sub(text, 0, end));
    while (type && end < text.len) {
        const size_t from = end;
        size_t name = from + 1;
        while (name < text.len && (text.ptr[name] == ' ' || text.ptr[name] == '\t')) {
            name++;
        }
        end = name;
        while (end < text.len && text.ptr[end] != ';') {
            end++;
        }
        if (end - name >= 8 &&
            wv_slice_eq_nocase(wv_slice_sub(text, name, name + 8), WV_LIT("charset="))) {
            wv_buf_put(draft, wv_slice_sub(text, from, end));
        }
    }
    return (struct wv_slice){draft->mem, draft->len};
}

enum wv_verdict naive_header(struct naive *naive, const struct wv_value *value, struct wv_buf *out)
{
    struct wv_buf draft = wv_buf_of(naive->draft, sizeof naive->draft);
    if (!passes(value->name)) {
        return WV_REMOVED;
    }
    const struct wv_slice text = shortened(value, &draft);
    if (draft.overflowed) {
        return WV_FAILED;
    }
    const enum wv_verdict verdict = naive_scrub(naive, text, out);
    if (verdict == WV_HARMLESS && text.len < value->text.len) {
        wv_buf_put(out, text);
        return WV_REPLACED;
    }
    return verdict;
}

/* The registrable domain of a host in lower case; NULL: it has none. */
static const char *registrable(const struct naive *naive, const char *host, int type)
{
    const char *longer = host;
    for (const char *at = host; at != NULL;) {
        if (psl_is_public_suffix2(naive->suffixes, at, type) == 1) {
            return at == host && strchr(host, '.') == NULL ? NULL : longer;
        }
        longer = at;
        at = strchr(at, '.');
        at = at == NULL ? NULL : at + 1;
    }
    return NULL;
}

/* A host name in lower case without a point at its end; false: it is none. */
static bool read_host(struct wv_slice text, char out[HOST_BYTES])
{
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '.';
    if (text.len == 0 || text.len >= HOST_BYTES) {
        return false;
    }
    bool number = true; /* an address is no name */
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = wv_lower(text.ptr[i]);
        number = byte == '.' || (number && byte >= '0' && byte <= '9');
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '-' &&
            byte != '_' && byte != '.' && byte < 0x80) {
            return false;
        }
        out[i] = (char)byte;
    }
    out[text.len] = '\0';
    return !number && out[0] != '.' && strstr(out, "..") == NULL;
}

enum wv_verdict naive_host(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    char host[HOST_BYTES];
    struct naive_address address;
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    if (naive_address_node(naive, text, &address)) {
        wv_buf_put(out, address.len == 16 ? WV_LIT("[") : (struct wv_slice){0});
        naive_address_put(&address, out);
        wv_buf_put(out, address.len == 16 ? WV_LIT("]") : (struct wv_slice){0});
        return WV_REPLACED;
    }
    const uint8_t *colon = memchr(text.ptr, ':', text.len);
    const size_t len = colon == NULL ? text.len : (size_t)(colon - text.ptr);
    const char *domain = !read_host(wv_slice_sub(text, 0, len), host)
                             ? NULL
                             : registrable(naive, host, PSL_TYPE_ICANN);
    if (domain == NULL) {
        return WV_FAILED; /* a machine's bare name, which may be its user's */
    }
    wv_buf_put(out, wv_slice_of(domain));
    return WV_REPLACED;
}

static bool same_site(const struct naive *naive, const char *from, const char *to)
{
    if (strcmp(from, to) == 0) {
        return true;
    }
    const char *first = registrable(naive, from, PSL_TYPE_ANY);
    const char *second = registrable(naive, to, PSL_TYPE_ANY);
    return first != NULL && second != NULL && strcmp(first, second) == 0;
}

enum wv_verdict naive_referer(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    char from[HOST_BYTES];
    char to[HOST_BYTES];
    struct naive_address a;
    struct naive_address b;
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    const PCRE2_SIZE *at = naive_find(naive, naive->referer, text, 0);
    if (at == NULL) {
        return WV_FAILED;
    }
    const struct wv_slice host = wv_slice_sub(text, at[2], at[3]);
    const bool named = read_host(host, from);
    const bool to_named = read_host(naive->tree.host, to);
    bool same = false;
    if (named && to_named) {
        same = same_site(naive, from, to);
    } else {
        const bool first = naive_address_read(host, &a);
        const bool second = naive_address_read(naive->tree.host, &b);
        if (!first && !second) {
            return WV_FAILED;
        }
        same = first && second && a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
    }
    wv_buf_put(out, same ? WV_LIT("same-site") : WV_LIT("cross-site"));
    return WV_REPLACED;
}

/* Only these words leave. */
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
    "SharedKey",
    "SharedKeyLite",
    "AWS4-ECDSA-P256-SHA256",
    "SharedAccessSignature",
    "GOOG1",
    "GoogleLogin",
    "GOOG4-HMAC-SHA256",
    "GOOG4-RSA-SHA256",
    "Hawk",
    "HMAC",
    "HMAC-SHA256",
    "MAC",
    "Signature",
    "Token",
    "EG1-HMAC-SHA256",
    "JWT",
    "ApiKey",
    "Api-Key",
    "Key",
    "PASETO",
};

enum wv_verdict naive_auth(struct wv_slice text, struct wv_buf *out)
{
    size_t from = 0;
    while (from < text.len && (text.ptr[from] == ' ' || text.ptr[from] == '\t')) {
        from++;
    }
    size_t to = from;
    while (to < text.len && text.ptr[to] != ' ' && text.ptr[to] != '\t') {
        to++;
    }
    const char *found = "other";
    for (size_t i = 0; i < WV_COUNT(schemes); i++) {
        if (wv_slice_eq_nocase(wv_slice_sub(text, from, to), wv_slice_of(schemes[i]))) {
            found = schemes[i];
            break;
        }
    }
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    wv_buf_put(out, wv_slice_of(found));
    return WV_REPLACED;
}

/* A country, the country of a region, or a label that names a country. */
enum wv_verdict naive_place(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    const PCRE2_SIZE *at = naive_find(naive, naive->place, text, 0);
    if (at == NULL) {
        return WV_REMOVED;
    }
    if (at[2] == at[3] || at[3] == text.len) {
        return WV_HARMLESS;
    }
    wv_buf_put(out, wv_slice_sub(text, at[2], at[3]));
    return WV_REPLACED;
}

/* The first two of the three parts of a JA4 fingerprint. */
enum wv_verdict naive_fingerprint(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    const PCRE2_SIZE *at = text.len == 0 ? NULL : naive_find(naive, naive->ja4, text, 0);
    if (at == NULL) {
        return text.len == 0 ? WV_HARMLESS : WV_REMOVED;
    }
    wv_buf_put(out, wv_slice_sub(text, at[0], at[1]));
    return WV_REPLACED;
}

/* A moment in the one form of ISO 8601 that logs are full of. */
enum wv_verdict naive_moment(struct wv_slice text, struct wv_buf *out)
{
    char copy[64];
    struct tm tm = {0};
    if (text.len >= sizeof copy) {
        return WV_FAILED;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (end == NULL || strcmp(end, "Z") != 0) {
        return WV_FAILED;
    }
    const time_t floored = timegm(&tm) / 60 * 60;
    wv_ensure(gmtime_r(&floored, &tm) != NULL);
    const size_t len = strftime(copy, sizeof copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
    wv_buf_put(out, (struct wv_slice){(const uint8_t *)copy, len});
    return WV_REPLACED;
}
