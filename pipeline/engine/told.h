/*
 * told.h — values that a name announces where no rule needs to look: in paths, in URLs of other
 * pages, in bodies and credentials.
 *
 * Filters cut these fields down or drop them, so that nobody meets the values there; the same
 * values may stand elsewhere without a name. They must be as valid as those of queries (needle.h),
 * and must not read like an attack.
 */
#ifndef WV_ENGINE_TOLD_H
#define WV_ENGINE_TOLD_H

#include "engine/work.h"

/* Bits: classes whose values may be such. Most fields are not, and nobody needs to call on. */
#define WV_TOLD_CLASSES                                                                            \
    (UINT64_C(1) << WV_CLASS_URI_PATH | UINT64_C(1) << WV_CLASS_REFERER |                          \
     UINT64_C(1) << WV_CLASS_BODY | UINT64_C(1) << WV_CLASS_HEADER)

/* Of headers only those that lead somewhere, by the length of their names. */
static inline bool wv_told_of(const struct wv_field *field)
{
    return (WV_TOLD_CLASSES >> field->class & 1) != 0 &&
           (field->class != WV_CLASS_HEADER || field->name.len == WV_LIT("location").len ||
            field->name.len == WV_LIT("content-location").len);
}

/* Adds what the field announces to what is searched for; of any other field, nothing. */
void wv_told_by_field(struct wv_worker *worker, const struct wv_field *field);

/* Adds the strings and numbers of a JSON text that have a listed name; nothing if it is none. The
 * text may be spelled as in a cookie. */
void wv_told_by_json(struct wv_worker *worker, struct wv_slice text);

/* Adds the user of "Basic …" and "Digest username=…", and the password of the former. */
void wv_told_by_credential(struct wv_worker *worker, struct wv_slice text);

#endif
