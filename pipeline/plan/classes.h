/*
 * classes.h — what a value is, whatever vendor wrote it and whatever law covers it.
 *
 * Formats know nothing of law and packs nothing of vendors; they meet in these words.
 */
#ifndef WV_PLAN_CLASSES_H
#define WV_PLAN_CLASSES_H

#include "base/slice.h"

enum wv_class {
#define WV_CLASS(symbol, word, number_to_text, help) WV_CLASS_##symbol,
#include "plan/classes.def"
#undef WV_CLASS
    WV_CLASS_COUNT,
};

const char *wv_class_word(enum wv_class class);
const char *wv_class_help(enum wv_class class);

/* The word as the key of a JSON member, with quotes and colon. */
struct wv_slice wv_class_key(enum wv_class class);

/* Whether a number of this class may be replaced by text, which makes it a string. */
bool wv_class_number_to_text(enum wv_class class);

/* False when there is no such class. */
WV_MUST_USE bool wv_class_find(struct wv_slice word, enum wv_class *out);

/* All words, WV_CLASS_COUNT of them, for suggestions. */
const char *const *wv_class_words(void);

/* Whether values of the class are texts in which others are searched for: in any other field its
 * own chain decides, or it is no text of the request. */
static inline bool wv_class_is_searched(enum wv_class class)
{
    const uint64_t searched = UINT64_C(1) << WV_CLASS_URI_PATH | UINT64_C(1) << WV_CLASS_QUERY |
                              UINT64_C(1) << WV_CLASS_USER_AGENT | UINT64_C(1) << WV_CLASS_REFERER |
                              UINT64_C(1) << WV_CLASS_COOKIE | UINT64_C(1) << WV_CLASS_AUTH_HEADER |
                              UINT64_C(1) << WV_CLASS_HEADER | UINT64_C(1) << WV_CLASS_BODY |
                              UINT64_C(1) << WV_CLASS_MATCHED_PAYLOAD |
                              UINT64_C(1) << WV_CLASS_FREE_TEXT | UINT64_C(1) << WV_CLASS_UNLISTED;
    return (searched >> class & 1) != 0;
}

#endif
