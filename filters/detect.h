/*
 * detect.h — finds personal data in one flat text.
 *
 * One pass from anchor to anchor (anchors.h); at each a look to the left and to the right. Nobody
 * can make it slow: no byte is looked at more than a fixed number of times, whatever the text is,
 * and `steps` counts it so that a test can hold the bound.
 *
 * What counts as what:
 *   address      IPv4: four numbers up to 255, also with leading zeros. Not where a letter, digit,
 *                underscore or point touches its start, nor where one of these (a point only with a
 *                digit behind it) touches its end: `1.1.1.1` is not in `11.1.1.10` nor `1.1.1.1.5`.
 *                One that ends in three zeros is a version (Chrome/120.0.0.0), unless it is a
 * needle. IPv6: what address.h accepts, with eight groups, or shortened and with a decimal digit in
 * it: `a::b` is C++, `::` is nothing, `12:34:56:78:90` is a time. An address that equals a needle
 * needs no digit. e-mail       a name, @, and a domain whose last label has two letters or more and
 * is no file name extension (`logo@3x.webp`). credential   what follows Bearer, Basic, Negotiate,
 * NTLM; a JSON Web Token, or any base64 of a JSON object; what stands before @ in
 * `scheme://user:password@host`. parameter    the value of `name=value`,
 * `"name": "value"`, `"name": ["value", …]`, `name: value`, where wv_parameter_is_replaced() says
 * so; and what a firewall says it found in such a parameter (detect_report.c). Our own placeholders
 * are never found again.
 */
#ifndef WV_FILTERS_DETECT_H
#define WV_FILTERS_DETECT_H

#include "filters/detectors.h"
#include "filters/patterns.h"
#include "filters/search.h"

enum { WV_HIT_NO_NEEDLE = 0xff };

struct wv_hit {
    uint32_t from; /* what is personal … */
    uint32_t to;
    uint32_t seen_from; /* … and where the text begins that shows it: the name before a value */
    uint8_t kind;       /* enum wv_hit_kind */
    uint8_t needle;     /* index of the text that it is; WV_HIT_NO_NEEDLE: of none */
    uint8_t detail;     /* IPV4, IPV6: index of its needle; PARAMETER: enum wv_parameter;
                         SEGMENT: enum wv_segment; PATTERN: its index */
};

static inline bool wv_hit_is_address(const struct wv_hit *hit)
{
    return hit->kind == WV_HIT_IPV4 || hit->kind == WV_HIT_IPV6;
}

struct wv_hits {
    size_t count;
    bool overflowed; /* there were more than WV_SEARCH_HITS_MAX */
    bool coded;      /* an escape may begin in the text that was looked at last */
    bool removal;    /* a pattern was found that wants the whole value removed */
    uint64_t steps;  /* bytes looked at, other than in skipping to anchors */
    struct wv_hit items[WV_SEARCH_HITS_MAX];
};

/* Empties them; the items are not touched, because most texts have none. */
static inline void wv_hits_clear(struct wv_hits *hits)
{
    hits->count = 0;
    hits->overflowed = false;
    hits->coded = false;
    hits->removal = false;
    hits->steps = 0;
}

enum { WV_BASE64_DEPTH_MAX = 2 }; /* base64 in base64 is decoded; what is in that, is not */

struct wv_detection {
    unsigned what; /* enum wv_search_what */
    const struct wv_needles *needles;
    const struct wv_parameters *parameters;
    const struct wv_detectors *detectors;
    const struct wv_patterns *patterns; /* with IDENTIFIERS; NULL: none … */
    struct wv_matcher *matcher;         /* … and what runs them */
    bool loose;    /* a hit needs no word boundary: text that was joined from pieces */
    uint8_t depth; /* how often the text was decoded from base64 */
};

/* Adds the hits to those already there, in no order; they may overlap. text.len < UINT32_MAX. */
void wv_detect(const struct wv_detection *detection, struct wv_slice text, struct wv_hits *hits);

/* Below: what the parts of the detector share (detect.c, detect_address.c, detect_value.c). */

struct wv_range {
    size_t from;
    size_t to;
};

enum { WV_CONTEXT_MAX = 64 };

#define WV_NAMES_UNREAD UINT32_MAX

/* What stands before an identifier, as words: lower case, with one blank between them. */
struct wv_words {
    size_t at;       /* where it ends in the text; SIZE_MAX: none yet */
    size_t len;      /* 0: not read yet */
    uint64_t pairs;  /* bits: with which two bytes they begin (detect_context.c) */
    bool wide;       /* there are bytes outside ASCII */
    uint64_t begins; /* with which bytes, modulo 64 */
    uint64_t asked;  /* bits: which detectors they were asked for … */
    uint64_t told;   /* … and for which they tell */
    uint32_t names;  /* bits: enum wv_parameter of the listed names among them */
    size_t count;
    uint8_t starts[WV_CONTEXT_MAX / 2 + 1]; /* where each of them begins */
    uint8_t bytes[WV_CONTEXT_MAX + 2];
};

struct wv_scan {
    const struct wv_detection *detection;
    struct wv_slice text;
    struct wv_hits *hits;
    size_t address_to;      /* colons before it have been looked at */
    size_t quad_to;         /* points before it */
    size_t token_to;        /* blanks and "eyJ" */
    size_t value_to;        /* signs between name and value */
    size_t number_to;       /* digits */
    size_t word_to;         /* long words: keys, codes */
    size_t account_to;      /* words that begin like an account */
    size_t phone_to;        /* digits of the telephone number found last */
    size_t place_to;        /* points of degrees */
    size_t code_to;         /* digits that belong to a code with letters */
    size_t key_to;          /* hyphens before a private key */
    size_t base64_to;       /* letters of base64 */
    size_t userinfo_at;     /* the @ after the latest userinfo, or SIZE_MAX */
    struct wv_words words;  /* of the context that was asked for last */
    bool own_words;         /* only a detector's own words tell, no listed name of its class */
    size_t quote_next[2];   /* the next " and ' at or after the last place asked for */
    bool reported;          /* a firewall's sentence was met … */
    struct wv_range match;  /* … with this match */
    struct wv_range report; /* in this value */
};

void wv_scan_hit(struct wv_scan *scan, enum wv_hit_kind kind, size_t from, size_t to,
                 size_t seen_from, uint8_t detail);
void wv_scan_needle_hit(struct wv_scan *scan, size_t needle, size_t from, size_t to);
void wv_scan_needles(struct wv_scan *scan);          /* texts (needle.c) */
void wv_scan_point(struct wv_scan *scan, size_t at); /* a `.` stands there */
void wv_scan_colon(struct wv_scan *scan, size_t at); /* a `:` */
void wv_scan_sign(struct wv_scan *scan, size_t at);  /* a `:` or `=` */

void wv_scan_report(struct wv_scan *scan, size_t at); /* a `:` */
void wv_scan_echo(struct wv_scan *scan); /* the text has been looked at, and had hits */

struct wv_block_marks; /* anchors.h */

/* Identifiers (detect_identifier.c): looks at the places of a block, whose first byte is at `from`,
 * where one may begin. todo: bits of the block that were not looked at before. */
void wv_scan_identifiers(struct wv_scan *scan, const struct wv_block_marks *marks, size_t from,
                         bool last, uint64_t todo);
void wv_scan_number(struct wv_scan *scan, size_t at); /* a digit */
void wv_scan_word(struct wv_scan *scan, size_t at);   /* a word of 16 bytes or more begins */
void wv_scan_base64(struct wv_scan *scan, size_t at); /* the same */
bool wv_base64_may_be_in(struct wv_slice text); /* false: wv_scan_base64() decodes none of it */
void wv_scan_account(struct wv_scan *scan, size_t at); /* two letters and two digits begin a word */
void wv_scan_uuid(struct wv_scan *scan, size_t at);    /* the first hyphen */
void wv_scan_mac(struct wv_scan *scan, size_t at);     /* the first separator */
void wv_scan_place(struct wv_scan *scan, size_t at);   /* a point with four digits behind it */
void wv_scan_fours(struct wv_scan *scan, size_t at);   /* the first sign between four fours */
void wv_scan_private_key(struct wv_scan *scan, size_t at); /* five hyphens and a letter */

/* Notes an identifier where the evidence for it is enough. context: before which byte the words
 * stand that tell what it is. */
bool wv_scan_identifier(struct wv_scan *scan, size_t kind, enum wv_evidence evidence,
                        size_t context, size_t from, size_t to);

/* Whether the words before `context` say that an identifier of this kind comes
 * (detect_context.c); *seen: where they begin. */
bool wv_context_tells(struct wv_scan *scan, size_t kind, size_t context, size_t *seen);

/* Whether a value (decoded) of a listed name is made of few marks alone, as `uid=*` of an attack on
 * LDAP: it names nobody, and the attack is in the marks. Secrets may be made of anything. */
bool wv_value_names_nobody(enum wv_parameter parameter, struct wv_slice value);

/* The length of an authentication scheme ("Bearer") that ends at `to`, or 0. */
size_t wv_scheme_length(struct wv_slice text, size_t to, bool loose);

static inline bool wv_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool wv_is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static inline bool wv_is_hex(uint8_t byte)
{
    return wv_is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

static inline bool wv_is_word(uint8_t byte)
{
    return wv_is_digit(byte) || wv_is_letter(byte) || byte == '_';
}

static inline bool wv_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* The byte at `at`, or 0 past the end. */
static inline uint8_t wv_byte_at(struct wv_slice text, size_t at)
{
    return at < text.len ? text.ptr[at] : 0;
}

#endif
