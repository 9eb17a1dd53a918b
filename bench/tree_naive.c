/*
 * tree_naive.c — the whole job as it is usually written: a Jansson tree, PCRE2 patterns one after
 * another, inet_pton(), libpsl, HMAC() for each token.
 *
 * It does what the pack eu says for every field of an AWS WAF record and writes the same text as
 * the engine; `bench_engine --agree` says how often. It calls no filter, detector or token of
 * wafveil; of the product it takes tables (the format, names of headers and parameters, detectors,
 * keywords, words of user agents), check digits of identifiers, the keys of tokens, and plain
 * buffers.
 *
 * It is meant to be fair. Patterns are compiled once, with JIT. A text is not copied from pattern
 * to pattern: matches are collected and replaced at once. What a byte can rule out (no `=` and no
 * `:`; no `%`, `&` and backslash; too few digits) is ruled out. Keys are derived once, memory is
 * allocated once, and the client's token is made once a record. What it does not do is what takes
 * measuring to think of: it runs every pattern over every text that it is about, remembers nothing
 * from one record to the next, and lets Jansson build the tree.
 */
#include "bench/cases.h"
#include "bench/naive.h"

#include "keys/derive.h"

#include <openssl/hmac.h>
#include <stdlib.h>

enum { CODE_BYTES = 16, OVECTOR_PAIRS = 8 };

_Static_assert((int)WV_KIND_COUNT <= (int)NAIVE_KINDS, "a key for each kind of token");

naive_pattern *naive_compile(const char *text)
{
    int error;
    PCRE2_SIZE at;
    naive_pattern *pattern = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                           PCRE2_DOLLAR_ENDONLY, &error, &at, NULL);
    if (pattern == NULL) {
        fprintf(stderr, "bench: a pattern is wrong at byte %zu: %s\n", at, text);
    }
    wv_ensure(pattern != NULL);
    wv_ensure(pcre2_jit_compile(pattern, PCRE2_JIT_COMPLETE) == 0);
    return pattern;
}

const PCRE2_SIZE *naive_find(struct naive *naive, const naive_pattern *pattern,
                             struct wv_slice text, size_t from)
{
    const int count = pcre2_match(pattern, text.ptr == NULL ? (PCRE2_SPTR) "" : text.ptr, text.len,
                                  from, 0, naive->match, NULL);
    return count < 0 ? NULL : pcre2_get_ovector_pointer(naive->match);
}

static void learn(struct tree *tree, enum wv_class class, struct wv_slice name,
                  struct wv_slice text)
{
    if (class == WV_CLASS_CLIENT_IP || class == WV_CLASS_FORWARDED_IP) {
        naive_address_learn(tree->own, class, text);
    } else {
        naive_texts_learn(tree->own, class, name, text);
    }
}

static enum wv_verdict edit(struct tree *tree, enum wv_class class, const struct wv_value *value,
                            struct wv_buf *out)
{
    struct naive *naive = tree->own;
    switch ((unsigned)class) {
    case WV_CLASS_NONE:
    case WV_CLASS_TENANT_REF:
    case WV_CLASS_SERVER_IP:
        return naive_keep(naive, value->text, out);
    case WV_CLASS_CLIENT_IP:
        return naive_client(naive, value->text, out);
    case WV_CLASS_FORWARDED_IP:
        return naive_hops(naive, value->name, value->text, out);
    case WV_CLASS_URI_PATH:
        return naive_path(naive, value->text, out);
    case WV_CLASS_QUERY:
        return naive_query(naive, value->text, out);
    case WV_CLASS_HOST:
        return naive_host(naive, value->text, out);
    case WV_CLASS_USER_AGENT:
        return naive_agent(naive, value->text, out);
    case WV_CLASS_REFERER:
        return naive_referer(naive, value->text, out);
    case WV_CLASS_COOKIE:
        return naive_cookies(naive, value->text, out);
    case WV_CLASS_AUTH_HEADER:
        return naive_auth(value->text, out);
    case WV_CLASS_HEADER:
        return naive_header(naive, value, out);
    case WV_CLASS_MATCHED_PAYLOAD:
    case WV_CLASS_FREE_TEXT:
        return naive_scrub(naive, value->text, out);
    case WV_CLASS_FINGERPRINT_JA4:
        return naive_fingerprint(naive, value->text, out);
    case WV_CLASS_GEO:
        return naive_place(naive, value->text, out);
    case WV_CLASS_TIMESTAMP:
        return naive_moment(value->text, out);
    default:
        return WV_REMOVED; /* ids, names, phone numbers, JA3, networks, ports, bodies */
    }
}

/* base32 of half a HMAC. */
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

/* The key of a kind; of kinds that change every day, that of the day of the record. */
static const struct naive_key *key_of(struct naive *naive, const struct wv_rule *rule)
{
    struct naive_key *key = &naive->keys[rule->token];
    char epoch[WV_EPOCH_ID_MAX + 1] = "throwaway";
    if (rule->token_days > 0) {
        wv_epoch_id(naive->tree.time_s, rule->token_days, epoch);
    }
    if (strcmp(key->epoch, epoch) != 0) {
        const struct wv_use use = {.domain = naive->tree.domain,
                                   .epoch = wv_slice_of(epoch),
                                   .name = wv_slice_of(wv_kind_name(rule->token))};
        memcpy(key->epoch, epoch, sizeof epoch);
        wv_ensure(wv_derive(bench_seed, &use, key->bytes, sizeof key->bytes));
    }
    return key;
}

size_t naive_token(struct naive *naive, const struct wv_rule *rule, struct wv_slice canonical,
                   char out[NAIVE_TOKEN_MAX])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len;
    const struct naive_key *key = key_of(naive, rule);
    HMAC(EVP_sha256(), key->bytes, sizeof key->bytes, canonical.ptr, canonical.len, digest,
         &digest_len);
    const size_t len = strlen(key->epoch);
    memcpy(out, key->epoch, len);
    out[len] = '.';
    put_code(digest, out + len + 1);
    return len + 1 + WV_TOKEN_CODE;
}

static void add_token(struct tree *tree, enum wv_class class, const struct wv_rule *rule,
                      struct wv_slice text)
{
    struct naive *naive = tree->own;
    struct naive_address address;
    char token[NAIVE_TOKEN_MAX];
    if (rule->token == WV_KIND_IP) {
        const struct naive_known *known =
            naive_address_node(naive, text, &address) ? naive_address_known(naive, &address) : NULL;
        if (known != NULL && known->token_len > 0) {
            tree_add_token(tree, class,
                           (struct wv_slice){(const uint8_t *)known->token, known->token_len});
        }
        return;
    }
    if (text.len >= sizeof naive->draft) {
        return;
    }
    naive->draft[0] = 'S';
    memcpy(naive->draft + 1, text.ptr, text.len);
    const size_t len =
        naive_token(naive, rule, (struct wv_slice){naive->draft, text.len + 1}, token);
    tree_add_token(tree, class, (struct wv_slice){(const uint8_t *)token, len});
}

void naive_free(struct naive *naive)
{
    if (naive == NULL) {
        return;
    }
    naive_search_close(naive);
    naive_identifiers_close(naive);
    naive_texts_close(naive);
    naive_names_close(naive);
    naive_address_close(naive);
    naive_path_close(naive);
    naive_agents_close(naive);
    naive_values_close(naive);
    pcre2_match_data_free(naive->match);
    tree_fini(&naive->tree);
    free(naive);
}

struct naive *naive_new(void)
{
    struct naive *naive = calloc(1, sizeof *naive);
    if (naive == NULL) {
        return NULL;
    }
    naive->match = pcre2_match_data_create(OVECTOR_PAIRS, NULL);
    if (!tree_init(&naive->tree) || naive->match == NULL || !naive_names_open(naive)) {
        naive_free(naive);
        return NULL;
    }
    naive_search_open(naive);
    naive_identifiers_open(naive);
    naive_texts_open(naive);
    naive_address_open(naive);
    naive_path_open(naive);
    naive_agents_open(naive);
    naive_values_open(naive);
    naive->tree.own = naive;
    naive->tree.learn = learn;
    naive->tree.edit = edit;
    naive->tree.token = add_token;
    naive->tree.crosses = naive_crosses;
    return naive;
}

size_t naive_transform(struct naive *naive, struct wv_slice record)
{
    naive->known_count = 0;
    naive->needle_count = 0;
    naive->told = false;
    size_t len = tree_transform(&naive->tree, record, naive->out, sizeof naive->out);
    if (naive->told) {
        naive->known_count = 0;
        len = tree_transform(&naive->tree, record, naive->out, sizeof naive->out);
    }
    return len;
}

static void *open_naive(void)
{
    return naive_new();
}

static void close_naive(void *state)
{
    naive_free(state);
}

static uint64_t transform_all(void *state, const struct bench_input *input)
{
    struct naive *naive = state;
    uint64_t digest = 0;
    for (size_t i = 0; i < input->count; i++) {
        const size_t len = naive_transform(naive, input->records[i]);
        wv_ensure(len > 0);
        digest = bench_digest(digest, (const uint8_t *)naive->out, len);
    }
    return digest;
}

const struct bench_case bench_case_tree_naive = {
    .open = open_naive, .run = transform_all, .close = close_naive};
