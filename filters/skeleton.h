/*
 * skeleton.h — the shape of a text: what it is made of without what it says.
 *
 *     1' OR email='bob@x'-- -        N' OR W='S'-- -
 *     ../../home/bob/.ssh/id_rsa     ../../home/W/.ssh/id_rsa
 *
 * Numbers become N, strings between quotes S, words W. What stays is what no person can be told by:
 * marks, blanks and the words of keywords.def, each byte for byte as it is spelled (%27, &#39;,
 * UnIoN), because the spelling is part of the attack.
 *
 * Promise. Whoever decodes the result reads marks, blanks, keywords and the letters S, N, W and
 *          nothing else, as deep as there is anything to decode. What stays of the writer is how
 *          many marks and words there are, and the case of letters in keywords.
 * Memory.  A view in the context's scratch, and only where the text is coded.
 */
#ifndef WV_FILTERS_SKELETON_H
#define WV_FILTERS_SKELETON_H

#include "filters/filter.h"

enum { WV_SKELETON_MAX = 2048 }; /* bytes that are written, where nobody says otherwise */

/* Writes the shape of the bytes [from, to) of out->text. WV_REPLACED, also where the shape is the
 * text; WV_HARMLESS when there are no bytes; WV_FAILED without room for a view. */
enum wv_verdict wv_skeleton(size_t from, size_t to, struct wv_context *context, struct wv_out *out);

/* Whether the text reads like an attack: a keyword together with a quote, bracket or comment, or
 * something that needs no keyword (`../`, `${`, `{{`), also behind escapes. A password
 * with odd marks in it does not; nothing of a person depends on the answer, because the shape of a
 * password tells nothing of it. False when there is no room to decode the text. */
bool wv_skeleton_has_syntax(struct wv_slice text, struct wv_scratch *scratch);

#endif
