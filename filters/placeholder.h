/*
 * placeholder.h — what stands in a text in place of what is hidden: `~EMAIL~`, or with the first
 * characters of a token (mark.h) `~EMAIL.ak2vq7zt~`.
 *
 * Where an output says so (struct wv_writing), `_` stands in place of `~`, because to a parser of
 * SQL the tilde is an operator, and an address stands as its network, because some rules look for
 * one. So rules that run over the output again see what they saw in the original.
 */
#ifndef WV_FILTERS_PLACEHOLDER_H
#define WV_FILTERS_PLACEHOLDER_H

#include "filters/detect.h"

/* Each of these writes into `out` and returns what it wrote. */
enum { WV_PLACEHOLDER_MAX = 32 };

/* `~WORD~`, or `~WORD.mark~` if the mark is not empty. */
struct wv_slice wv_placeholder_of(const struct wv_context *context, struct wv_slice word,
                                  struct wv_slice mark, uint8_t out[WV_PLACEHOLDER_MAX]);

/* `~COOKIES.3~` */
struct wv_slice wv_placeholder_of_count(const struct wv_context *context, struct wv_slice word,
                                        uint64_t count, uint8_t out[WV_PLACEHOLDER_MAX]);

/* By the word of what was found. */
struct wv_slice wv_placeholder(const struct wv_context *context, const struct wv_hit *hit,
                               struct wv_slice mark, uint8_t out[WV_PLACEHOLDER_MAX]);

/* The same for an address, with the mark of its needle; or its network. value: as a decoder reads
 * it. */
struct wv_slice wv_placeholder_of_address(const struct wv_context *context,
                                          const struct wv_hit *hit, struct wv_slice value,
                                          uint8_t out[WV_PLACEHOLDER_MAX]);

/* Whether the whole text is a placeholder that wv_placeholder() can have written, with either sign.
 */
bool wv_placeholder_is(struct wv_slice text, const struct wv_patterns *patterns);

#endif
