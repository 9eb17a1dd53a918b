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

/* An object of which one member names what another one holds: {"name": "Cookie", "value": "…"}. */
struct wv_pairs {
    const struct wv_place *name;
    const struct wv_place *value;
    const struct wv_place *select;     /* NULL where the name alone decides */
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
    bool unit;        /* object that goes as a whole */
    bool paired;  /* name, value or selector of a pair: it has no class and no role of its own */
    uint8_t role; /* enum wv_role */
    enum wv_class class;
    const struct wv_prefix *prefixes;
    size_t prefix_count;
    const struct wv_member *members; /* object; in the order in which the vendor writes them */
    size_t member_count;
    const struct wv_place *element; /* array */
    const struct wv_pairs *pairs;   /* object */
    struct wv_spelled lone; /* unit of one member that takes it along: {"name":" as it is mostly
                               written */
};

struct wv_format {
    const char *name;
    const char *title;
    const struct wv_place *root;
    const struct wv_slice *literals; /* values that are left alone in any field */
    size_t literal_count;
    bool reject_invalid_utf8;
    const struct wv_place *const *listed; /* every place that has a class, in the file's order */
    size_t listed_count;
};

/* Finds a table of names by its word ("http-headers"); NULL with a finding at node. */
typedef const struct wv_name_table *wv_names_by_word(void *user, const struct wv_node *node,
                                                     struct wv_slice word);

/* NULL with findings. */
WV_MUST_USE const struct wv_format *wv_format_load(const struct wv_node *node,
                                                   wv_names_by_word *tables, void *user,
                                                   struct wv_arena *arena,
                                                   struct wv_report *report);

/* The place that a decoded key leads to; NULL: unlisted. *hint: the member that is tried first, and
 * set to the one after it, because vendors write members in one order. */
static inline const struct wv_place *wv_place_member(const struct wv_place *place,
                                                     struct wv_slice key, uint32_t *hint)
{
    const size_t count = place->member_count;
    for (size_t tried = 0, at = *hint; tried < count; tried++, at++) {
        at = at >= count ? 0 : at;
        if (wv_slice_eq(place->members[at].key, key)) {
            *hint = (uint32_t)at + 1;
            return place->members[at].place;
        }
    }
    return NULL;
}

#endif
