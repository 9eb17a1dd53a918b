/*
 * tree_naive.c — the job as it is usually written: one PCRE2 pattern after another over every value
 * that may hold personal data, HMAC() for each token.
 *
 * It is meant to be honest. It does the same job: what stays of a record is searched for addresses
 * wherever it stands, because the client's may stand anywhere, and text that is percent-encoded is
 * also searched decoded, once and twice. Patterns are compiled once, with JIT; the key of each kind
 * of token is derived once; and where writing it out naively would only be more work (user agents,
 * hosts, fingerprints, countries, cookies, names of schemes), it calls our filter.
 */
#include "bench/cases.h"
#include "bench/tree.h"

#include "keys/derive.h"

#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { CODE_BYTES = 16 };

struct pattern {
    const char *text;
    const char *replacement;
};

#define V4 "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"

/* What is searched for in any text. */
static const struct pattern text_patterns[] = {
    {"[A-Za-z0-9._+-]+(?:@|%40)[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+", "~EMAIL~"},
    {"(?<![0-9.])(?:" V4 "\\.){3}" V4 "(?![0-9.])", "~IP~"},
    {"(?<![0-9A-Fa-f:])(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|"
     "(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})(?![0-9A-Fa-f:])",
     "~IP~"},
    {"eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*|"
     "(?i:bearer|basic)[ ]+[A-Za-z0-9._~+/=-]{8,}",
     "~CREDENTIAL~"},
    {"(?i)((?:^|[?&; \\[._-])(?:password|passwd|pass|pwd|secret|client_secret|api_?key|access_key|"
     "access_token|refresh_token|id_token|token|auth|jwt|otp|pin|cvv|signature|sig|code|ticket|"
     "session|session_?id|sid|jsessionid|phpsessid|csrf_?token|state|nonce|remember_token|email|"
     "e-?mail|user|user_?name|login|user_?id|uid|account|customer_id|member_id|name|first_name|"
     "last_name|phone|tel|mobile|address|zip|city|ssn|passport|card|card_number|iban|dob|birthday|"
     "gender|age|device_?id|idfa|imei|mac|fingerprint|client_id|lat|lon|lng|latitude|longitude|"
     "gclid|fbclid|_ga|_gid)\\]?=)[^&\\s\"']+",
     "$1~VALUE~"},
};

/* What is replaced in a path before that. */
static const struct pattern path_patterns[] = {
    {"(?<=/)[0-9]+(?=/|$)", "{int}"},
    {"(?<=/)(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{16,})(?=/|\\.|$)",
     "{id}"},
    {"(?<=/)(?=[^/]*[0-9])[A-Za-z0-9_-]{20,}(?=/|$)", "{token}"},
    {";[^/]*", ""},
};

enum {
    FIRST_ADDRESS = 1, /* of text_patterns: IPv4, IPv6 */
    END_ADDRESS = 3,
    TEXT_PATTERNS = WV_COUNT(text_patterns),
    PATH_PATTERNS = WV_COUNT(path_patterns),
};

/* Headers that pass; their values are searched. */
static const char *const passing_headers[] = {
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-type",
    "content-length",
    "dnt",
    "pragma",
    "priority",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "upgrade-insecure-requests",
    "x-requested-with",
};

struct naive {
    struct tree tree;
    pcre2_code *text[TEXT_PATTERNS];
    pcre2_code *path[PATH_PATTERNS];
    pcre2_match_data *match;
    uint8_t keys[WV_KIND_COUNT][WV_SECRET_BYTES];
    char out[TREE_TEXT_MAX];
    uint8_t view[2 * TREE_TEXT_MAX];
};

static pcre2_code *compile(const char *text)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    wv_ensure(code != NULL);
    wv_ensure(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) == 0);
    return code;
}

/* Replaces all matches; the text is then in the other of the two buffers. */
static struct wv_slice substitute(struct naive *naive, const pcre2_code *code,
                                  const char *replacement, struct wv_slice text, bool *changed)
{
    uint8_t *mem = naive->tree.memory;
    uint8_t *out = text.ptr == mem ? mem + TREE_TEXT_MAX : mem;
    PCRE2_SIZE len = TREE_TEXT_MAX;
    /* A match first: most texts hold none, and the substitution would copy them. */
    if (pcre2_match(code, text.ptr, text.len, 0, 0, naive->match, NULL) < 0) {
        return text;
    }
    const int count =
        pcre2_substitute(code, text.ptr, text.len, 0, PCRE2_SUBSTITUTE_GLOBAL, naive->match, NULL,
                         (PCRE2_SPTR)replacement, PCRE2_ZERO_TERMINATED, out, &len);
    wv_ensure(count >= 0);
    *changed = *changed || count > 0;
    return (struct wv_slice){out, len};
}

static enum wv_verdict answer(struct naive *naive, struct wv_slice text, bool changed,
                              struct wv_buf *out)
{
    if (!changed) {
        return WV_HARMLESS;
    }
    if (text.ptr != naive->tree.memory) {
        memcpy(out->mem, text.ptr, text.len);
    }
    out->len = text.len;
    return WV_REPLACED;
}

static int hex_digit(uint8_t byte)
{
    const char *digits = "0123456789abcdef";
    const char *at = byte == 0 ? NULL : strchr(digits, wv_lower(byte));
    return at == NULL ? -1 : (int)(at - digits);
}

/* Takes one layer of percent-encoding off; the same text when there is none. */
static struct wv_slice decoded(struct wv_slice text, uint8_t *mem)
{
    size_t len = 0;
    if (text.len > TREE_TEXT_MAX || memchr(text.ptr, '%', text.len) == NULL) {
        return text;
    }
    for (size_t i = 0; i < text.len; i++) {
        const bool escape = text.ptr[i] == '%' && text.len - i > 2 &&
                            hex_digit(text.ptr[i + 1]) >= 0 && hex_digit(text.ptr[i + 2]) >= 0;
        mem[len++] = escape
                         ? (uint8_t)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]))
                         : text.ptr[i];
        i += escape ? 2 : 0;
    }
    return (struct wv_slice){mem, len};
}

/* Whether a pattern finds something only when the text is decoded, once or twice. */
static bool hides_something(struct naive *naive, struct wv_slice text, size_t first, size_t end)
{
    uint8_t *mem = naive->view;
    for (int layer = 0; layer < 2; layer++) {
        const struct wv_slice inner = decoded(text, mem);
        if (inner.ptr == text.ptr) {
            return false;
        }
        for (size_t i = first; i < end; i++) {
            if (pcre2_match(naive->text[i], inner.ptr, inner.len, 0, 0, naive->match, NULL) >= 0) {
                return true;
            }
        }
        text = inner;
        mem += TREE_TEXT_MAX;
    }
    return false;
}

/* Addresses in what no other rule looks at. */
static enum wv_verdict find_addresses(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    bool changed = false;
    if (hides_something(naive, text, FIRST_ADDRESS, END_ADDRESS)) {
        return WV_REMOVED;
    }
    for (size_t i = FIRST_ADDRESS; i < END_ADDRESS; i++) {
        text = substitute(naive, naive->text[i], text_patterns[i].replacement, text, &changed);
    }
    return answer(naive, text, changed, out);
}

static enum wv_verdict scrub(struct naive *naive, struct wv_slice text, bool path,
                             struct wv_buf *out)
{
    bool changed = false;
    if (hides_something(naive, text, 0, TEXT_PATTERNS)) {
        wv_buf_put(out, WV_LIT("~VALUE~"));
        return WV_REPLACED;
    }
    for (size_t i = 0; path && i < PATH_PATTERNS; i++) {
        text = substitute(naive, naive->path[i], path_patterns[i].replacement, text, &changed);
    }
    for (size_t i = 0; i < TEXT_PATTERNS; i++) {
        text = substitute(naive, naive->text[i], text_patterns[i].replacement, text, &changed);
    }
    return answer(naive, text, changed, out);
}

/* Keeps 24 or 48 bits; false when the text is no address. */
static bool put_network(struct wv_slice text, struct wv_buf *out)
{
    char copy[INET6_ADDRSTRLEN];
    char made[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        bytes[3] = 0;
        inet_ntop(AF_INET, bytes, made, sizeof made);
    } else if (inet_pton(AF_INET6, copy, bytes) == 1) {
        memset(bytes + 6, 0, 10);
        inet_ntop(AF_INET6, bytes, made, sizeof made);
    } else {
        return false;
    }
    wv_buf_put(out, wv_slice_of(made));
    return true;
}

static enum wv_verdict edit_hops(struct wv_slice text, struct wv_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != ',') {
            continue;
        }
        while (from < i && text.ptr[from] == ' ') {
            from++;
        }
        wv_buf_put(out, out->len > 0 ? WV_LIT(", ") : (struct wv_slice){0});
        if (!put_network(wv_slice_sub(text, from, i), out)) {
            wv_buf_put(out, WV_LIT("invalid"));
        }
        from = i + 1;
    }
    return WV_REPLACED;
}

static enum wv_verdict edit_header(struct naive *naive, const struct wv_value *value,
                                   struct wv_buf *out)
{
    for (size_t i = 0; i < WV_COUNT(passing_headers); i++) {
        if (wv_slice_eq(value->name, wv_slice_of(passing_headers[i]))) {
            return scrub(naive, value->text, false, out);
        }
    }
    return WV_REMOVED;
}

static enum wv_verdict edit(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out)
{
    struct naive *naive = tree->own;
    switch ((unsigned)class) {
    case WV_CLASS_NONE:
    case WV_CLASS_TENANT_REF:
        return find_addresses(naive, value->text, out);
    case WV_CLASS_HEADER:
        return edit_header(naive, value, out);
    case WV_CLASS_CLIENT_IP:
        return put_network(value->text, out) ? WV_REPLACED : WV_FAILED;
    case WV_CLASS_FORWARDED_IP:
        return edit_hops(value->text, out);
    case WV_CLASS_URI_PATH:
        return scrub(naive, value->text, true, out);
    case WV_CLASS_QUERY:
    case WV_CLASS_MATCHED_PAYLOAD:
    case WV_CLASS_FREE_TEXT:
        return scrub(naive, value->text, false, out);
    default:
        return tree_filter(tree, class, value, out);
    }
}

/* "throwaway." and base32 of half a HMAC. */
static void put_code(const uint8_t *digest, char out[WV_TOKEN_CODE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint32_t pending = 0;
    unsigned bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < CODE_BYTES; i++) {
        pending = pending << 8 | digest[i];
        for (bits += 8; bits >= 5; bits -= 5) {
            out[len++] = letters[pending >> (bits - 5) & 31];
        }
    }
    out[len] = letters[pending << (5 - bits) & 31];
}

static void add_token(struct tree *tree, enum wv_class class, const struct wv_rule *rule,
                      struct wv_slice text)
{
    struct naive *naive = tree->own;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len;
    char token[10 + WV_TOKEN_CODE] = "throwaway.";
    HMAC(EVP_sha256(), naive->keys[rule->token], WV_SECRET_BYTES, text.ptr, text.len, digest, &len);
    put_code(digest, token + 10);
    json_object_set_new(tree->made, wv_class_word(class), json_stringn(token, sizeof token));
}

static bool crosses(struct tree *tree, const json_t *pieces)
{
    struct naive *naive = tree->own;
    uint8_t *text = tree->memory;
    size_t len = 0;
    size_t i;
    json_t *piece;
    json_array_foreach(pieces, i, piece)
    {
        const size_t size = json_string_length(piece);
        if (size > TREE_TEXT_MAX - len) {
            return true;
        }
        memcpy(text + len, json_string_value(piece), size);
        len += size;
    }
    /* An e-mail that no piece holds as a whole. */
    if (pcre2_match(naive->text[0], text, len, 0, 0, naive->match, NULL) < 0) {
        return false;
    }
    json_array_foreach(pieces, i, piece)
    {
        if (pcre2_match(naive->text[0], (PCRE2_SPTR)json_string_value(piece),
                        json_string_length(piece), 0, 0, naive->match, NULL) >= 0) {
            return false;
        }
    }
    return true;
}

static void close_naive(void *state)
{
    struct naive *naive = state;
    for (size_t i = 0; i < TEXT_PATTERNS; i++) {
        pcre2_code_free(naive->text[i]);
    }
    for (size_t i = 0; i < PATH_PATTERNS; i++) {
        pcre2_code_free(naive->path[i]);
    }
    pcre2_match_data_free(naive->match);
    tree_fini(&naive->tree);
    free(naive);
}

static bool derive_keys(struct naive *naive)
{
    for (unsigned kind = WV_KIND_NONE + 1; kind < WV_KIND_COUNT; kind++) {
        const struct wv_use use = {
            .domain = naive->tree.context.key.domain,
            .epoch = WV_LIT("throwaway"),
            .name = wv_slice_of(wv_kind_name((enum wv_kind)kind)),
        };
        if (!wv_derive(bench_seed, &use, naive->keys[kind], WV_SECRET_BYTES)) {
            return false;
        }
    }
    return true;
}

static void *open_naive(void)
{
    struct naive *naive = calloc(1, sizeof *naive);
    if (naive == NULL) {
        return NULL;
    }
    if (!tree_init(&naive->tree) || !derive_keys(naive)) {
        close_naive(naive);
        return NULL;
    }
    for (size_t i = 0; i < TEXT_PATTERNS; i++) {
        naive->text[i] = compile(text_patterns[i].text);
    }
    for (size_t i = 0; i < PATH_PATTERNS; i++) {
        naive->path[i] = compile(path_patterns[i].text);
    }
    naive->match = pcre2_match_data_create(16, NULL);
    naive->tree.own = naive;
    naive->tree.edit = edit;
    naive->tree.token = add_token;
    naive->tree.crosses = crosses;
    return naive;
}

static uint64_t transform_all(void *state, const struct bench_input *input)
{
    struct naive *naive = state;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const size_t len =
            tree_transform(&naive->tree, input->records[i], naive->out, sizeof naive->out);
        wv_ensure(len > 0);
        digest = bench_digest(digest, (const uint8_t *)naive->out, len);
    }
    return digest;
}

const struct bench_case bench_case_tree_naive = {
    .open = open_naive, .run = transform_all, .close = close_naive};
