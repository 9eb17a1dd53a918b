/*
 * parameters.h — what the name of a parameter or cookie says about its value.
 *
 * The table is data (schemas/names/parameters.json). A name matches without regard to case and
 * separators, decoded, as a whole or as what follows a separator or a capital ("user[email]",
 * "billing.iban", "amp;sid", "myAccessToken"); the longest match wins. An index at its end is
 * not part of it ("email[0]", "email.0").
 */
#ifndef WV_FILTERS_PARAMETERS_H
#define WV_FILTERS_PARAMETERS_H

#include "json/options.h"

enum wv_parameter {
    WV_PARAMETER_UNLISTED = 0,
    WV_PARAMETER_CREDENTIAL,
    WV_PARAMETER_SESSION,
    WV_PARAMETER_DIRECT_ID,
    WV_PARAMETER_CONTACT,
    WV_PARAMETER_NATIONAL_ID,
    WV_PARAMETER_PAYMENT,
    WV_PARAMETER_BIRTH,
    WV_PARAMETER_DEVICE,
    WV_PARAMETER_LOCATION,
    WV_PARAMETER_NETWORK,
    WV_PARAMETER_TRACKING,
    WV_PARAMETER_FREE_TEXT,
    WV_PARAMETER_COUNT,
};

struct wv_parameters;

/* Reads {"credential": ["password", …], …} into the arena; NULL with findings. What stands under
 * "harmless" is unlisted although it ends like a listed name ("max-age"). */
WV_MUST_USE struct wv_parameters *
wv_parameters_load(const struct wv_node *node, struct wv_arena *arena, struct wv_report *report);

/* Adds a document of the operator's, {"session": ["mysid"], …}: where both list a name, his word
 * counts. False with findings. */
WV_MUST_USE bool wv_parameters_add(struct wv_parameters *parameters, const struct wv_node *node,
                                   struct wv_report *report);

/* Never fails; a name that is too long (over 128 bytes) is unlisted. */
enum wv_parameter wv_parameters_find(const struct wv_parameters *parameters, struct wv_slice name);

/* Whether the table says anything of such a name, be it that it is harmless. */
bool wv_parameters_know(const struct wv_parameters *parameters, struct wv_slice name);

/* The name without the index at its end: what a table lists to match all of "item[0]", "item.1". */
struct wv_slice wv_parameter_stem(struct wv_slice name);

/* The member of a document under which names of that class stand: "session"; "harmless". */
const char *wv_parameter_member(enum wv_parameter parameter);

/* The word that stands in a placeholder: "CREDENTIAL", "SESSION", …; "VALUE" for unlisted. */
const char *wv_parameter_word(enum wv_parameter parameter);

/* Whether values of such a name are always replaced whole (all but unlisted, free_text, network).
 */
bool wv_parameter_is_replaced(enum wv_parameter parameter);

#endif
