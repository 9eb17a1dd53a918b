/*
 * format_load.h — what the files that read a format document share.
 */
#ifndef WV_PLAN_FORMAT_LOAD_H
#define WV_PLAN_FORMAT_LOAD_H

#include "plan/format.h"

enum { WV_FORMAT_UNITS_MAX = 32 };

struct wv_format_loader {
    struct wv_arena *arena;
    struct wv_report *report;
    wv_names_by_word *tables;
    void *tables_user;
    struct wv_node define;
    struct wv_place *root;
    const struct wv_place **listed;
    size_t listed_count;
    struct wv_place *units[WV_FORMAT_UNITS_MAX]; /* what a leaf takes along; the first ones */
    size_t unit_count;
};

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

/* Goes from base along "a.b[].c" and makes the places that are missing. NULL with a finding. */
struct wv_place *wv_place_reach(struct wv_format_loader *loader, struct wv_place *base,
                                struct wv_slice path, const struct wv_node *node);

/* The class that the node names. False with a finding. */
bool wv_format_class(struct wv_format_loader *loader, const struct wv_node *node,
                     enum wv_class *class);

/* Pairs are read as a whole, so nothing else may be said of their parts: a class of its own for a
 * name would be left out. False with a finding. */
bool wv_format_unpaired(const struct wv_format_loader *loader, const struct wv_place *place,
                        const struct wv_node *node);

/* Makes the place one of pairs. False with findings. */
bool wv_format_pairs(struct wv_format_loader *loader, const struct wv_node *node,
                     const struct wv_node *classes, struct wv_place *place);

#endif
