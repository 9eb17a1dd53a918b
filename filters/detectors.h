/*
 * detectors.h — the kinds of personal data that are found inside text, each once (detectors.def).
 *
 * How sure a shape is decides what else is needed before it counts:
 *   shape    nothing: what looks so and passes its checks is it (an e-mail, a card);
 *   region   a record under a law of that region, or words before it that say what it is;
 *   words    words before it, everywhere: one in ten numbers of that length passes its check digit.
 */
#ifndef WV_FILTERS_DETECTORS_H
#define WV_FILTERS_DETECTORS_H

#include "base/slice.h"

/* What a hit is: a detector, one of the two kinds that names and places give away, or a detector of
 * the configuration. */
enum wv_hit_kind {
#define WV_DETECTOR(symbol, ...) WV_HIT_##symbol,
#include "filters/detectors.def"
#undef WV_DETECTOR
    WV_DETECTOR_COUNT,
    WV_HIT_PARAMETER = WV_DETECTOR_COUNT, /* the value of a listed name */
    WV_HIT_SEGMENT,                       /* of a path: an id, a number (segment.h) */
    WV_HIT_PATTERN,                       /* of an operator's own pattern (patterns.h) */
};

_Static_assert(WV_DETECTOR_COUNT <= 64, "sets of detectors are bits of one word");

enum wv_evidence { WV_EVIDENCE_SHAPE = 0, WV_EVIDENCE_REGION, WV_EVIDENCE_WORDS };

struct wv_detector {
    const char *name;    /* "phone_jp": in packs and configurations */
    const char *label;   /* "PHONE_JP": as `wafveil detect` calls it */
    const char *word;    /* "PHONE": in a placeholder */
    unsigned family;     /* enum wv_search_what */
    const char *class;   /* whose rule says whether its placeholder has a token; "": none */
    const char *regions; /* "eu uk": where the shape is enough; "": everywhere */
    enum wv_evidence evidence;
    const char *words; /* "nino|ni number" */
    const char *summary;
};

/* Which detectors are at work under one set of laws. */
struct wv_detectors {
    uint64_t on;      /* bits: is looked for at all */
    uint64_t at_home; /* the shape is enough although the table wants more */
};

/* All of them, in all regions. */
extern const struct wv_detectors wv_detectors_all;

const struct wv_detector *wv_detector_at(size_t kind); /* kind < WV_DETECTOR_COUNT */

/* WV_DETECTOR_COUNT: there is none of that name. */
size_t wv_detector_find(struct wv_slice name);

/* Bits of the detectors that are at home in a region. */
uint64_t wv_detectors_of_region(struct wv_slice region);

/* Whether it finds what laws call sensitive, as far as a shape can tell it: numbers of persons,
 * payment cards, bank accounts, places. */
bool wv_detector_is_sensitive(size_t kind); /* kind < WV_DETECTOR_COUNT */

/* "shape", "region", "words". */
const char *wv_evidence_word(enum wv_evidence evidence);

static inline bool wv_detectors_have(uint64_t set, size_t kind)
{
    return (set >> kind & 1) != 0;
}

#endif
