/*
 * filter.h — a filter turns one value into a less revealing one.
 *
 * It sees plain text: the engine has taken the record's escapes away and puts them back. It knows
 * neither JSON nor Kafka nor the clock; the same settings, value and context give the same bytes.
 *
 * Promise. A filter never passes on what it could not read: it says WV_FAILED, and the engine then
 *          removes the field. There is no way to answer "leave it as it was because of an error".
 * Memory.  Settings are made once by prepare() and are read-only afterwards. While records flow a
 *          filter allocates nothing; it may take scratch from the context.
 * Threads. One call at a time per context; settings are shared.
 *
 * To add a filter: a line in filters.def, a file filters/<name>.c that ends with the struct
 * wv_filter_<name>, and its known answers in tests/vectors/<name>.tsv. Registration, the reference,
 * the contract test, the fuzzer and the benchmarks read the same list.
 */
#ifndef WV_FILTERS_FILTER_H
#define WV_FILTERS_FILTER_H

#include "base/arena.h"
#include "base/out.h"
#include "base/scratch.h"
#include "filters/address.h"
#include "json/options.h"
#include "keys/token.h"

enum wv_verdict {
    WV_FAILED = 0, /* not understood, or no room; the engine removes the field */
    WV_REPLACED,   /* the out holds the new value */
    WV_REMOVED,    /* the field is to disappear */
    WV_HARMLESS,   /* every byte was looked at and may be published as it is; the out is ignored */
};

/* What may still be in a value that the filter let through. */
enum wv_residue {
    WV_RESIDUE_TEXT = 0, /* text of the record: the engine searches it for the record's needles */
    WV_RESIDUE_SCRUBBED, /* text of the record, already searched: wv_scrub() or stricter */
    WV_RESIDUE_CLOSED,   /* only words of our own: nothing to search for */
};

struct wv_value {
    struct wv_slice text; /* decoded; any bytes, valid UTF-8 */
    struct wv_slice name; /* of the header, cookie or parameter, lower case; empty: it has none */
    const struct wv_address *address; /* what the whole text parses as; NULL: not known */
};

/* The address that the whole text is. */
static inline enum wv_address_verdict wv_value_address(const struct wv_value *value,
                                                       struct wv_address *out)
{
    if (value->address == NULL) {
        return wv_address_parse(value->text, out);
    }
    *out = *value->address;
    return WV_ADDRESS_VALID;
}

/* A value known to be personal in this record, to be found wherever else it stands. */
struct wv_needle {
    struct wv_address address;
    struct wv_slice mark; /* first characters of its token in this output; empty: none */
};

/* Any other value of that sort (needle.h). */
struct wv_text_needle {
    struct wv_slice text;  /* in lower case; of a long value the beginning */
    struct wv_slice value; /* as it was where it was known */
    uint8_t kind;          /* enum wv_hit_kind: of its placeholder */
    uint8_t detail;
    bool cut;             /* the value goes on behind the text */
    bool number;          /* the text is of digits, between which others may stand */
    uint8_t begin[2][16]; /* its first two bytes, as 16 places are compared with them at once */
};

enum { WV_NEEDLES_MAX = 32, WV_TEXTS_MAX = 32, WV_TEXT_NEEDLE_MAX = 128, WV_MARK_LEN = 8 };

struct wv_patterns;

struct wv_needles {
    struct wv_needle items[WV_NEEDLES_MAX];
    size_t count;
    struct wv_text_needle texts[WV_TEXTS_MAX];
    size_t text_count;
    bool texts_lost; /* there were more than there is room for: no text can be searched for them */
    const struct wv_patterns *patterns; /* whose placeholders are no values; NULL: none */
};

/* Where a search puts what only the words or the name before it show to be personal: elsewhere the
 * same value may stand without them. */
struct wv_learning {
    struct wv_needles *needles;
    struct wv_scratch *kept; /* their values live there */
    uint32_t told; /* how many such values were met, known ones and useless ones as well */
};

struct wv_parameters;
struct wv_marking;
struct wv_detectors;
struct wv_matcher;
struct wv_domains;

/* How an output writes what is hidden in a text (placeholder.h). */
struct wv_writing {
    bool underscores; /* `_EMAIL_`, not `~EMAIL~` */
    bool networks;    /* addresses as networks of … */
    uint32_t v4_keep; /* … so many bits */
    uint32_t v6_keep;
};

/* What a filter may know of the record beside the value. */
struct wv_context {
    const struct wv_needles *needles; /* never NULL */
    bool no_texts; /* none of the needles' texts can be in the value: they are not looked for */
    struct wv_learning *learning; /* NULL: nobody asks */
    uint32_t sensitive;   /* how many things were hidden that laws call sensitive (sensitive.h) */
    struct wv_slice host; /* of the request, lower case, without port; may be {0} */
    const struct wv_name_list *own_hosts;   /* domains that the tenant owns; never NULL */
    const struct wv_parameters *parameters; /* what names of parameters mean; never NULL */
    const struct wv_detectors *detectors;   /* that are at work; never NULL */
    const struct wv_patterns *patterns;     /* the operator's own detectors; NULL: none … */
    struct wv_matcher *matcher;             /* … and what runs them */
    struct wv_domains *domains; /* registrable domains seen lately (domain.h); NULL: look up each */
    struct wv_tokens *tokens;   /* NULL: this output has no keys */
    const struct wv_marking *marking; /* which placeholders have a mark (mark.h); NULL: none */
    struct wv_token_key key;          /* domain and time; kind and days are the filter's */
    struct wv_scratch *scratch;       /* never NULL; given back after the value */
    bool for_security;                /* the output's purpose is security */
    bool networks; /* the output wants truncated addresses as networks: 192.0.2.0/24 */
    struct wv_writing writing;
};

/* What a filter may use while it is being loaded. */
struct wv_loading {
    struct wv_node node; /* the settings in the pack; value NULL: none given */
    struct wv_arena *arena;
    struct wv_report *report;
    bool merged; /* the options are the stricter ones of two rules: there is no node to ask */
};

struct wv_filter {
    const char *name;    /* the word in a pack, the file, the symbol */
    const char *summary; /* one sentence for the reference, without a full stop */
    enum wv_residue residue;

    /* Its answer depends on nothing but settings, value, name, the plan's parameters and the
     * tenant, and, where the text holds addresses, on the needles; and its values come back often
     * enough that remembering answers pays (engine/memo.h): to be measured, not guessed. */
    bool steady;

    /* An empty text is harmless to it, whatever the settings are. */
    bool leaves_empty;

    /* How much of a value it takes away: 0 (keep) … 100 (drop). plan/rule.h says what two laws that
     * name different filters for one class agree on. */
    uint32_t rank;

    const struct wv_option *options; /* NULL: it has none */
    size_t option_count;
    size_t settings_size;

    /* Called after the options are bound, to check them together and to precompute; may be NULL. */
    bool (*prepare)(void *settings, const struct wv_loading *loading);

    enum wv_verdict (*apply)(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out);
};

/* registry.c, from filters.def. */
const struct wv_filter *wv_filter_find(struct wv_slice name); /* NULL: no such filter */
size_t wv_filter_count(void);
const struct wv_filter *wv_filter_at(size_t index); /* index < wv_filter_count() */

#endif
