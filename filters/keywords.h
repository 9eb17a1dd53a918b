/*
 * keywords.h — the words of languages that attacks are written in.
 *
 * The table is keywords.def, and its words are all that the filter skeleton lets stand of a text.
 *
 * Threads. The index is made once and never changes.
 */
#ifndef WV_FILTERS_KEYWORDS_H
#define WV_FILTERS_KEYWORDS_H

#include "base/slice.h"

enum { WV_KEYWORD_MAX = 32 }; /* no word is longer */

enum wv_keyword {
    WV_KEYWORD_NONE = 0,
    WV_KEYWORD_SQL,
    WV_KEYWORD_MARKUP,
    WV_KEYWORD_SCRIPT,
    WV_KEYWORD_CODE,
    WV_KEYWORD_SHELL,
    WV_KEYWORD_FILES,
    WV_KEYWORD_FOLDER, /* a keyword only beside a slash or backslash */
    WV_KEYWORD_HTTP,
    WV_KEYWORD_FIREWALL,
};

/* Makes the index unless it is there; to be called before the first wv_keyword_find(). */
void wv_keywords_ready(void);

/* What the word is, in any case of letters. */
enum wv_keyword wv_keyword_find(struct wv_slice word);

#endif
