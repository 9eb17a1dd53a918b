/*
 * entities.h — character references of HTML: numbers, and the names that matter beside personal
 * data.
 */
#ifndef WV_FILTERS_ENTITIES_H
#define WV_FILTERS_ENTITIES_H

#include "base/slice.h"

/* How many bytes of the text, which begins with an ampersand, are a character reference; 0: it
 * begins with none. *character: what it stands for, as browsers read it; a number that is no
 * character is given as it is, or as one beyond Unicode. One of c bytes in UTF-8 has more than c
 * bytes here. */
size_t wv_entity_read(struct wv_slice text, uint32_t *character);

#endif
