/*
 * mark.h — the first characters of a token inside a placeholder: `~EMAIL.ak2vq7zt~`.
 *
 * Equal values get equal marks, so that analysts can count and follow them. Whether there is one is
 * the policy's decision: a mark is made where the rule for the class of what was found makes a
 * token, of the same kind and for as long. It holds 40 bits of the token: among a
 * million values, one in two lists has a pair that shares its mark.
 */
#ifndef WV_FILTERS_MARK_H
#define WV_FILTERS_MARK_H

#include "filters/detect.h"

struct wv_mark_kind {
    enum wv_kind kind; /* WV_KIND_NONE: no mark */
    uint32_t days;     /* as in struct wv_token_key */
};

/* The kind of mark of everything that can be hidden in text, under one set of rules. */
struct wv_marking {
    struct wv_mark_kind detectors[WV_DETECTOR_COUNT];
    struct wv_mark_kind parameters[WV_PARAMETER_COUNT];
    struct wv_mark_kind patterns[WV_PATTERNS_MAX];
};

/* Makes the mark of a value, as a decoder reads it; {0} where there is none. kind, detail: of the
 * hit. */
struct wv_slice wv_mark_of(struct wv_context *context, uint8_t kind, uint8_t detail,
                           struct wv_slice value, uint8_t out[WV_MARK_LEN]);

#endif
