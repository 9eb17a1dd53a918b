/*
 * naive.h — what the parts of the naive job share (tree_naive.c says what it is).
 *
 * Nothing here calls a filter, a detector or the tokens of wafveil. Taken from the product are its
 * tables (names of parameters, detectors, keywords, words of user agents, the format, the pack's
 * kinds of tokens), the check digits of identifiers (filters/validate.h), the keys of tokens, and
 * plain buffers.
 */
#ifndef WV_BENCH_NAIVE_H
#define WV_BENCH_NAIVE_H

#include "bench/tree.h"

#include "filters/detectors.h"

#include <libpsl.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    NAIVE_NAMES = 10, /* classes of names whose values are replaced; of them: */
    NAIVE_NATIONAL_IDS = 4,
    NAIVE_DEVICES = 7,
    NAIVE_AGENTS_MAX = 512,
    NAIVE_SHAPES_MAX = 16,
    NAIVE_HITS_MAX = 256,
    NAIVE_LAYERS = 4, /* a text, and three decodings of it */
    NAIVE_ADDRESSES_MAX = 32,
    NAIVE_TOKEN_MAX = 64,
    NAIVE_KINDS = 16, /* of tokens */
    NAIVE_MARK = 8,   /* first characters of a token */
    NAIVE_IDENTIFIERS_MAX = 64,
    NAIVE_NEEDLES_MAX = 32,
    NAIVE_NEEDLE_MAX = 128,
    NAIVE_RANK_NAME = WV_DETECTOR_COUNT,
};

/* What we have written in place of something. */
#define NAIVE_WORD                                                                                 \
    "~(?:IP|EMAIL|TOKEN|USERINFO|CREDENTIAL|SESSION|USER|CONTACT|ID|PAYMENT|BIRTH|DEVICE|"         \
    "LOCATION|TRACKING|KEY|UUID|MAC|GEO|PAN|IBAN|PHONE)(?:\\.[a-z2-7]{8})?~"

/* One pattern, compiled with JIT when the case is opened. */
typedef pcre2_code naive_pattern;

/* Network order, 4 or 16 bytes; an IPv4 address inside IPv6 is IPv4. */
struct naive_address {
    uint8_t bytes[16];
    size_t len;
};

/* An address of the record at hand, and what stands for it elsewhere. */
struct naive_known {
    struct naive_address address;
    bool client;
    size_t token_len; /* 0: none */
    char token[NAIVE_TOKEN_MAX];
    char word[24]; /* "~IP.ak2vq7zt~" */
};

/* What a value must look like to be searched for elsewhere. */
enum naive_form {
    NAIVE_NEVER = 0, /* it is not */
    NAIVE_EMAIL,
    NAIVE_LOGIN, /* or an e-mail */
    NAIVE_NAME,
    NAIVE_ID,
    NAIVE_NUMBER,
    NAIVE_FORMS,
};

/* Personal data of one sort, and what stands for it. */
struct naive_sort {
    const char *word;    /* "USER" of "~USER.5slk2gyd~" */
    enum wv_class class; /* whose rule says whether its token marks the word */
    enum naive_form form;
    unsigned rank; /* of two hits of one width the lower one gives the word */
};

/* A text of the record at hand that is searched for in its other texts. */
struct naive_needle {
    uint8_t text[NAIVE_NEEDLE_MAX]; /* in lower case */
    uint8_t value[NAIVE_NEEDLE_MAX];
    size_t len;
    const struct naive_sort *sort;
};

struct naive_hit {
    size_t from;
    size_t to;
    size_t seen_from; /* where the name before a value begins */
    const struct naive_sort *sort;
    const struct naive_known *known;   /* the address that it is; NULL: none of the record */
    const struct naive_needle *needle; /* the text that it is; NULL: none of the record */
};

/* A text at one layer, and where its bytes stand in the value. */
struct naive_layer {
    struct wv_slice text;
    const uint32_t *map; /* NULL: it is the value */
    bool all;            /* everything, or only addresses that the record knows */
    bool loose;          /* joined from pieces: a word may begin and end anywhere */
};

struct naive_key {
    char epoch[WV_EPOCH_ID_MAX + 1];
    uint8_t bytes[WV_SECRET_BYTES];
};

struct naive_agent_pattern {
    naive_pattern *code;
    size_t word; /* of agents.def */
};

/* naive_agent.c */
struct naive_agents {
    struct naive_agent_pattern families[NAIVE_AGENTS_MAX];
    struct naive_agent_pattern systems[NAIVE_AGENTS_MAX];
    size_t family_count;
    size_t system_count;
    naive_pattern *devices[8]; /* by enum wv_agent_device */
    naive_pattern *syntax;
    naive_pattern *attack;
    naive_pattern *sql_core[4];
    naive_pattern *sql_quoted;
    naive_pattern *crawler;
    naive_pattern *mobile;
    naive_pattern *webview;
    naive_pattern *version;
    naive_pattern *revision;
};

struct naive {
    struct tree tree;
    pcre2_match_data *match;
    psl_ctx_t *suffixes;

    /* naive_search.c */
    naive_pattern *v4;
    naive_pattern *v6;
    naive_pattern *loose_v4;
    naive_pattern *loose_v6;
    naive_pattern *texts[4]; /* e-mails, tokens, credentials, users in URLs */
    struct naive_hit hits[NAIVE_HITS_MAX];
    size_t hit_count;
    struct naive_layer deepest; /* of the text that was looked at last */
    bool overflowed;

    /* naive_identifiers.c */
    naive_pattern *identifiers[NAIVE_IDENTIFIERS_MAX];
    struct naive_sort identifier_sorts[NAIVE_IDENTIFIERS_MAX];
    naive_pattern *contexts[WV_DETECTOR_COUNT]; /* words that tell what a number is */

    /* naive_texts.c */
    naive_pattern *forms[NAIVE_FORMS];
    naive_pattern *common;
    naive_pattern *own_word;
    struct naive_needle needles[NAIVE_NEEDLES_MAX];
    size_t needle_count;
    bool told; /* some were learned while the record was written: it is written again */

    /* naive_names.c, by class of names */
    naive_pattern *names[NAIVE_NAMES];  /* the whole name of a parameter */
    naive_pattern *values[NAIVE_NAMES]; /* name=value, "name": "value" in text */

    /* naive_path.c, naive_values.c, naive_address.c */
    naive_pattern *shapes[NAIVE_SHAPES_MAX];
    naive_pattern *extension;
    naive_pattern *matrix;
    naive_pattern *referer;
    naive_pattern *semicolon;
    naive_pattern *cookie;
    naive_pattern *ja4;
    naive_pattern *place;
    naive_pattern *node;
    naive_pattern *forwarded;
    struct naive_agents agents;

    struct naive_key keys[NAIVE_KINDS];
    struct naive_known known[NAIVE_ADDRESSES_MAX];
    size_t known_count;
    uint8_t views[NAIVE_LAYERS][TREE_TEXT_MAX];
    uint32_t maps[NAIVE_LAYERS][TREE_TEXT_MAX + 1];
    uint8_t draft[TREE_TEXT_MAX];
    uint8_t lowered[TREE_TEXT_MAX];
    uint8_t value[TREE_TEXT_MAX];
    uint8_t canonical[TREE_TEXT_MAX + 1];
    char out[4 * TREE_TEXT_MAX];
};

/* Aborts when the pattern is wrong: they are ours. */
naive_pattern *naive_compile(const char *text);

/* The offsets of the first match at or after from (pairs, as PCRE2 has them); NULL: none. */
const PCRE2_SIZE *naive_find(struct naive *naive, const naive_pattern *pattern,
                             struct wv_slice text, size_t from);

static inline bool naive_matches(struct naive *naive, const naive_pattern *pattern,
                                 struct wv_slice text)
{
    return naive_find(naive, pattern, text, 0) != NULL;
}

/* naive_address.c */
void naive_address_open(struct naive *naive);
void naive_address_close(struct naive *naive);
bool naive_address_read(struct wv_slice text, struct naive_address *out); /* nothing around it */
void naive_address_put(const struct naive_address *address, struct wv_buf *out); /* its network */
const struct naive_known *naive_address_known(const struct naive *naive,
                                              const struct naive_address *address);
void naive_address_learn(struct naive *naive, enum wv_class class, struct wv_slice text);
bool naive_address_node(struct naive *naive, struct wv_slice text, struct naive_address *out);
enum wv_verdict naive_client(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_hops(struct naive *naive, struct wv_slice name, struct wv_slice text,
                           struct wv_buf *out);

/* naive_decode.c */
/* Takes one layer of percent-encoding, entities and backslashes off and says where each byte stood.
 * False: there was none. */
bool naive_decode(struct naive *naive, struct wv_slice text, const uint32_t *map, size_t layer,
                  struct wv_slice *out);
/* Where the escape begins that the byte at `at` is inside of; `at`: it is inside of none. */
size_t naive_escape_around(struct wv_slice text, size_t at);
/* A value of a query or cookie as a server reads it, up to the next call; empty: too long. */
struct wv_slice naive_form_value(struct naive *naive, struct wv_slice text);

/* naive_search.c */
void naive_search_open(struct naive *naive);
void naive_search_close(struct naive *naive);
void naive_add_hit(struct naive *naive, const struct naive_layer *layer, size_t seen_from,
                   struct naive_hit hit);
enum wv_verdict naive_scrub(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_keep(struct naive *naive, struct wv_slice text, struct wv_buf *out);
bool naive_crosses(struct tree *tree, const json_t *pieces);

/* naive_identifiers.c */
void naive_identifiers_open(struct naive *naive);
void naive_identifiers_close(struct naive *naive);
void naive_find_identifiers(struct naive *naive, const struct naive_layer *layer);

/* naive_texts.c */
void naive_texts_open(struct naive *naive);
void naive_texts_close(struct naive *naive);
/* What a value of that class must be found as elsewhere; name: of one cookie or argument. */
void naive_texts_learn(struct naive *naive, enum wv_class class, struct wv_slice name,
                       struct wv_slice text);
/* The same for what words or a name before it show to be personal, while the record is written. */
void naive_texts_told(struct naive *naive, const struct naive_sort *sort, struct wv_slice value);
void naive_find_needles(struct naive *naive, const struct naive_layer *layer);
/* "~SESSION.zr5xu2ob~" in place of a value. */
void naive_put_word(struct naive *naive, const struct naive_sort *sort, struct wv_slice value,
                    struct wv_buf *out);

/* naive_names.c */
bool naive_names_open(struct naive *naive);
void naive_names_close(struct naive *naive);
const struct naive_sort *naive_names_at(size_t class);
const struct naive_sort *naive_names_sort(struct naive *naive,
                                          struct wv_slice name); /* NULL: unlisted */

/* naive_path.c */
void naive_path_open(struct naive *naive);
void naive_path_close(struct naive *naive);
enum wv_verdict naive_path(struct naive *naive, struct wv_slice text, struct wv_buf *out);

/* naive_agent.c */
void naive_agents_open(struct naive *naive);
void naive_agents_close(struct naive *naive);
enum wv_verdict naive_agent(struct naive *naive, struct wv_slice text, struct wv_buf *out);

/* naive_values.c */
void naive_values_open(struct naive *naive);
void naive_values_close(struct naive *naive);
/* The end of the parameter that begins at from. Where there is no ampersand a semicolon before a
 * name parts parameters. */
size_t naive_parameter_end(struct naive *naive, struct wv_slice text, size_t from, bool ampersands);
enum wv_verdict naive_query(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_cookies(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_header(struct naive *naive, const struct wv_value *value, struct wv_buf *out);
enum wv_verdict naive_host(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_referer(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_auth(struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_place(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_fingerprint(struct naive *naive, struct wv_slice text, struct wv_buf *out);
enum wv_verdict naive_moment(struct wv_slice text, struct wv_buf *out);

/* tree_naive.c */
struct naive *naive_new(void);
void naive_free(struct naive *naive);
size_t naive_transform(struct naive *naive, struct wv_slice record);
/* The token of a value that was put into its canonical form; its length. */
size_t naive_token(struct naive *naive, const struct wv_rule *rule, struct wv_slice canonical,
                   char out[NAIVE_TOKEN_MAX]);

#endif
