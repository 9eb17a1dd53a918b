/*
 * format_load.h — what the files that read a format document share.
 */
#ifndef WV_PLAN_FORMAT_LOAD_H
#define WV_PLAN_FORMAT_LOAD_H

#include "plan/format.h"

enum { WV_FORMAT_UNITS_MAX = 64, WV_FORMAT_PLACES_MAX = 4096, WV_FORMAT_LISTED_MAX = 2048 };

struct wv_format_loader {
    struct wv_arena *arena;
    struct wv_report *report;
    wv_names_by_word *tables;
    void *tables_user;
    struct wv_node define;
    struct wv_format *format; /* the one that is being made */
    struct wv_place *root;
    struct wv_place **places; /* all of them */
    size_t place_count;
    const struct wv_place **listed;
    size_t listed_count;
    struct wv_place *units[WV_FORMAT_UNITS_MAX]; /* what a leaf takes along; the first ones */
    size_t unit_count;
    uint32_t mark_count;
    struct wv_place *beside; /* where tests are put that the format itself does not make; NULL */
    struct wv_place *keys;   /* of the tests of all formats: their paths; NULL: of one format */
};

/* Room for a format without a field. False: memory is short. */
bool wv_format_begin(struct wv_format_loader *loader);

/* Places are built in place; after loading nobody changes them. */
static inline struct wv_place *wv_place_writable(const struct wv_place *place)
{
    return (struct wv_place *)(uintptr_t)place;
}

/* NULL when the arena is full. */
struct wv_place *wv_place_new(struct wv_format_loader *loader, struct wv_slice path);

/* Key and all around it as serialisers mostly write it. A key with what JSON escapes can be spelled
 * in more than one way: it stands nowhere. */
struct wv_spelled wv_place_spell(struct wv_slice before, struct wv_slice key,
                                 struct wv_slice after);

/* Goes from base along "a.b[].c" or "a{}" and makes the places that are missing. NULL with a
 * finding. */
struct wv_place *wv_place_reach(struct wv_format_loader *loader, struct wv_place *base,
                                struct wv_slice path, const struct wv_node *node);

/* Adds a member whose key is the whole path. False with a finding. */
bool wv_place_note(struct wv_format_loader *loader, struct wv_place *parent, struct wv_slice path,
                   const struct wv_node *node);

/* Tables of keys for places with many members; what a number means to anybody. False with a
 * finding. */
bool wv_places_finish(struct wv_format_loader *loader, const struct wv_node *node);

/* The class that the node names. False with a finding. */
bool wv_format_class(struct wv_format_loader *loader, const struct wv_node *node,
                     enum wv_class *class);

/* Remembers a place that has a class. False with a finding. */
bool wv_format_list(struct wv_format_loader *loader, struct wv_place *place,
                    const struct wv_node *node);

/* Paths to classes, from base. False with findings. */
bool wv_format_fields(struct wv_format_loader *loader, struct wv_place *base,
                      const struct wv_node *fields, unsigned depth);

/* One field whose path begins at base. False with findings. */
bool wv_format_field(struct wv_format_loader *loader, struct wv_place *base, struct wv_slice path,
                     const struct wv_node *node, unsigned depth);

/* Fields of the operator's over those of the format: "a.b", and "a:b" for what is inside of a text
 * (format_own.c). False with findings. */
bool wv_format_own(struct wv_format_loader *loader, const struct wv_node *fields);

/* Pairs are read as a whole, so nothing else may be said of their parts: a class of its own for a
 * name would be left out. False with a finding. */
bool wv_format_unpaired(const struct wv_format_loader *loader, const struct wv_place *place,
                        const struct wv_node *node);

/* Makes the place one of pairs. False with findings. */
bool wv_format_pairs(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_node *classes, struct wv_place *place);

/* What a field says of a text inside its value. */
struct wv_inner_words {
    uint32_t syntax; /* 0: none; see wv_inner_syntaxes */
    struct wv_slice inside;
    bool record;
    uint32_t coding; /* 0: none, 1: base64, 2: percent */
};

enum { WV_CODING_OF_VALUE = 2 };

extern const char *const wv_inner_syntaxes[];

/* Makes the value at the place one that is read as a text of its own. False with findings. */
bool wv_format_inner(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_inner_words *words, struct wv_place *place, unsigned depth);

/* Syntax and layout of a format that is not JSON, and its columns. False with findings. */
struct wv_syntax_words {
    uint32_t syntax; /* index into wv_format_syntaxes */
    struct wv_slice delimiter, quote;
    bool doubled;
    struct wv_name_list columns;
    json_t *pattern;
};
extern const char *const wv_format_syntaxes[];
bool wv_format_syntax(struct wv_format_loader *loader, const struct wv_node *node,
                      const struct wv_syntax_words *words);

/* Reads "detect" or "skip" and marks the places that it tests. False with findings. */
bool wv_format_alternatives(struct wv_format_loader *loader, const struct wv_node *node,
                            struct wv_alternatives *out);

/* "detect" in words, in the arena: "a + b is x or y; or c". */
const char *wv_format_known_by(struct wv_format_loader *loader, const struct wv_node *detect);

#endif
