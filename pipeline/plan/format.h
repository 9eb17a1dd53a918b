/*
 * format.h — what a vendor's record looks like, as an automaton over its members.
 *
 * A place is a state: it knows what the value that stands there is, and where each of its members
 * or its elements leads. The walker of the engine moves through places as it moves through the
 * record. A place that the format does not list has no state (NULL): everything below it is
 * "unlisted".
 */
#ifndef WV_PLAN_FORMAT_H
#define WV_PLAN_FORMAT_H

#include "base/spelled.h"
#include "plan/names.h"
#include "text/reader.h"

/* What the engine must know of a record beside classes; formats say where it stands. */
enum wv_role {
    WV_ROLE_NONE = 0,
    WV_ROLE_TIME,
    WV_ROLE_ACTION,
    WV_ROLE_RULE,
    WV_ROLE_WEBACL,
    WV_ROLE_RESOURCE,
    WV_ROLE_HOST,
    WV_ROLE_COUNTRY,
    WV_ROLE_LABEL,
    WV_ROLE_COUNT,
};

struct wv_place;
struct wv_format;

/* What tells one format from another: the tests of "detect" and "skip", numbered. */
enum { WV_MARKS_MAX = 512 };

/* A set of marks. */
struct wv_marks {
    uint64_t bits[WV_MARKS_MAX / 64];
};

/* One test of a value: it stands there, or is one of these words. */
struct wv_mark {
    uint32_t number;
    const struct wv_slice *words; /* lower case; may begin or end with "*" */
    size_t word_count;            /* 0: any value but null */
};

/* Holds when all marks of one of them were met. */
struct wv_alternatives {
    const struct wv_marks *items;
    size_t count; /* 0: never */
};

/* How a value is read that is a text of its own: a record in a string, a URL. */
struct wv_inner {
    const struct wv_format *format; /* NULL: a record, whose format is found out */
    bool base64;                    /* its text is base64 of what is read */
    bool or_value; /* what turns out to be no record is a plain value of the place's class */
};

/* The class of a value that begins with a prefix. */
struct wv_prefix {
    struct wv_slice text;
    enum wv_class class;
};

/* One row of "classes" of a pair with a selector: the class, or the table that decides by name. */
struct wv_selection {
    struct wv_slice select;
    enum wv_class class;
    const struct wv_name_table *table; /* NULL: class */
};

/* An object of which one member names what another one holds: {"name": "Cookie", "value": "…"}; or
 * an array of the two. */
struct wv_pairs {
    const struct wv_place *name;
    const struct wv_place *value;
    const struct wv_place *select;     /* NULL where the name alone decides; may be the name */
    uint8_t separator;                 /* select is name: ends the selector; 0: none */
    bool positional;                   /* an array: name, value */
    struct wv_spelled opening;         /* {"name":" as serialisers mostly write it */
    struct wv_spelled middle;          /* ","value":" */
    const struct wv_name_table *table; /* without select */
    const struct wv_selection *selections;
    size_t selection_count;
};

struct wv_member {
    struct wv_slice key;
    const struct wv_place *place;
    struct wv_spelled usual; /* "key": as serialisers mostly write it */
};

struct wv_place {
    const char *path; /* "httpRequest.headers[]" */
    bool leaf;        /* a string, number or literal may stand here, and has a class */
    bool special;     /* a leaf of which more is to be known than its class */
    bool joined;      /* array: its strings are pieces of one text */
    bool whole;       /* when this value goes, the unit around it goes too */
    bool unit;        /* object, or array, that goes as a whole */
    bool paired;  /* name, value or selector of a pair: it has no class and no role of its own */
    bool noted;   /* also a number or literal that stands here is of interest to somebody */
    bool rest;    /* its value runs to the end of the record */
    bool holds;   /* element of a batch: a record stands inside of it */
    bool named;   /* the value has the name of the member around it that "{}" stands for */
    uint8_t role; /* enum wv_role */
    uint8_t role_rank; /* of several places with one role, the lowest of a record counts */
    enum wv_class class;
    const struct wv_name_table *table; /* named: the class comes from here; NULL: it is fixed */
    const struct wv_inner *inner;      /* NULL: the value is read as it is */
    struct wv_slice label; /* what the member <key>Label must say of it; empty: nothing */
    const struct wv_mark *marks;
    size_t mark_count;
    const struct wv_prefix *prefixes;
    size_t prefix_count;
    const struct wv_member *members; /* object; in the order in which the vendor writes them */
    size_t member_count;
    const uint16_t *slots; /* many members: by hash of the key, member + 1; 0: free */
    uint32_t slot_mask;
    const struct wv_place *any;     /* object: every other member; NULL: they are unlisted */
    const struct wv_place *element; /* array */
    const struct wv_pairs *pairs;   /* object */
    struct wv_spelled lone; /* unit of one member that takes it along: {"name":" as it is mostly
                               written */
};

/* One way in which records of a syntax other than JSON are written. */
struct wv_variant {
    struct wv_layout layout;
    const struct wv_place *const
        *columns; /* by column, of syntaxes that have them; NULL: unlisted */
    size_t column_count;
};

struct wv_format {
    const char *name;
    const char *title;
    const char *docs;                  /* where the vendor describes it; "": nowhere */
    const struct wv_syntax *syntax;    /* NULL: JSON */
    const struct wv_variant *variants; /* of other syntaxes: ways to write a record, at least one */
    size_t variant_count;
    const struct wv_place *root;
    const struct wv_slice *literals; /* values that are left alone in any field */
    size_t literal_count;
    bool reject_invalid_utf8;
    bool any_case;        /* keys are compared without regard to case */
    bool dotted;          /* a key with points in it stands for objects inside each other */
    bool envelope;        /* only a wrapping around records of other formats */
    bool batch;           /* an envelope of any number of records */
    bool holds;           /* a value of it may be a record of another format */
    const char *known_by; /* detect, in words */
    struct wv_alternatives detect;
    struct wv_alternatives skip;
    const struct wv_place *const *listed; /* every place that has a class, in the file's order */
    size_t listed_count;
};

/* Finds a table of names by its word ("http-headers"); NULL with a finding at node. */
typedef const struct wv_name_table *wv_names_by_word(void *user, const struct wv_node *node,
                                                     struct wv_slice word);

/* own: fields that the operator lists in addition, path to class; value NULL: none. NULL with
 * findings. */
WV_MUST_USE const struct wv_format *
wv_format_load(const struct wv_node *node, const struct wv_node *own, wv_names_by_word *tables,
               void *user, struct wv_arena *arena, struct wv_report *report);

/* Mixes the bytes in which names differ most. */
static inline uint32_t wv_key_hash(struct wv_slice key)
{
    if (key.len == 0) {
        return 0;
    }
    const uint32_t ends = key.ptr[0] | (uint32_t)key.ptr[key.len - 1] << 8;
    const uint32_t inside = (uint32_t)key.ptr[key.len / 2] << 16 | (uint32_t)key.ptr[key.len / 3]
                                                                       << 24;
    return ((ends | inside) ^ (uint32_t)key.len * 0x85ebca6bU) * 0x9e3779b1U >> 16;
}

/* The number of the member with a key; member_count: there is none. */
static inline size_t wv_place_find(const struct wv_place *place, struct wv_slice key)
{
    const size_t count = place->member_count;
    if (place->slots == NULL) {
        size_t at = 0;
        while (at < count && !wv_slice_eq(place->members[at].key, key)) {
            at++;
        }
        return at;
    }
    uint32_t slot = wv_key_hash(key) & place->slot_mask;
    while (place->slots[slot] != 0 &&
           !wv_slice_eq(place->members[place->slots[slot] - 1].key, key)) {
        slot = (slot + 1) & place->slot_mask;
    }
    return place->slots[slot] == 0 ? count : place->slots[slot] - 1U;
}

/* A format that lists the tests by which others are known, one after another. */
struct wv_format_tests;
struct wv_format_tests *wv_format_tests_new(struct wv_arena *arena, struct wv_report *report);

/* Adds the tests of a format's document; their alternatives are in the numbers of the whole. False
 * with findings. */
bool wv_format_tests_add(struct wv_format_tests *tests, const struct wv_node *document,
                         struct wv_alternatives *out);

/* Ends it. The members of *keys are the paths of all tests, and what leads to them. NULL with a
 * finding. */
const struct wv_format *wv_format_tests_end(struct wv_format_tests *tests,
                                            const struct wv_place **keys);

/* The place that a decoded key leads to; NULL: none of the members. *hint: the member that is tried
 * first, and set to the one after it, because vendors write members in one order. */
static inline const struct wv_place *wv_place_member(const struct wv_place *place,
                                                     struct wv_slice key, uint32_t *hint)
{
    size_t at = *hint;
    if (at >= place->member_count || !wv_slice_eq(place->members[at].key, key)) {
        at = wv_place_find(place, key);
        if (at == place->member_count) {
            return NULL;
        }
    }
    *hint = (uint32_t)at + 1;
    return place->members[at].place;
}

/* The same where keys may differ in case, stand for objects inside each other, or have any name.
 * NULL: unlisted. *any: what of the key is the name of a member that may have any; empty: nothing.
 */
const struct wv_place *wv_place_loose(const struct wv_format *format, const struct wv_place *place,
                                      struct wv_slice key, struct wv_slice *any);

/* Whether all marks of one of the alternatives are in the set. */
static inline bool wv_alternatives_hold(const struct wv_alternatives *alternatives,
                                        const struct wv_marks *met)
{
    for (size_t i = 0; i < alternatives->count; i++) {
        bool all = true;
        for (size_t word = 0; word < WV_COUNT(met->bits); word++) {
            all = all && (alternatives->items[i].bits[word] & ~met->bits[word]) == 0;
        }
        if (all) {
            return true;
        }
    }
    return false;
}

/* Whether the value passes the test of the mark. */
bool wv_mark_met(const struct wv_mark *mark, struct wv_slice text);

#endif
