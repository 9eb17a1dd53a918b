/*
 * url.h — for syntaxes that hold a URL.
 */
#ifndef WV_TEXT_URL_H
#define WV_TEXT_URL_H

#include "text/reader.h"

/* "user@host:port", and what may follow it in a URL; a text with a scheme is read as a URL. Its
 * parts are those of wv_syntax_url. No format names it: only a method tells that it stands there.
 */
extern const struct wv_syntax wv_syntax_authority;

#endif
