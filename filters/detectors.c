/* detectors.c — the table of detectors.def, by number, by name and by region. */
#include "filters/detectors.h"

#include "filters/search.h"

static const struct wv_detector detectors[WV_DETECTOR_COUNT] = {
#define WV_DETECTOR(symbol, name_, label_, word_, family_, class_, regions_, evidence_, words_,    \
                    summary_)                                                                      \
    [WV_HIT_##symbol] = {                                                                          \
        .name = (name_),                                                                           \
        .label = (label_),                                                                         \
        .word = (word_),                                                                           \
        .family = WV_SEARCH_##family_,                                                             \
        .class = (class_),                                                                         \
        .regions = (regions_),                                                                     \
        .evidence = WV_EVIDENCE_##evidence_,                                                       \
        .words = (words_),                                                                         \
        .summary = (summary_),                                                                     \
    },
#include "filters/detectors.def"
#undef WV_DETECTOR
};

/* In all regions: but for those that need words everywhere. */
const struct wv_detectors wv_detectors_all = {.on = UINT64_MAX, .at_home = 0
#define WV_DETECTOR(symbol, name_, label_, word_, family_, class_, regions_, evidence_, ...)       \
    | (uint64_t)(WV_EVIDENCE_##evidence_ == WV_EVIDENCE_REGION) << WV_HIT_##symbol
#include "filters/detectors.def"
#undef WV_DETECTOR
};

const struct wv_detector *wv_detector_at(size_t kind)
{
    wv_ensure(kind < WV_DETECTOR_COUNT);
    return &detectors[kind];
}

size_t wv_detector_find(struct wv_slice name)
{
    size_t kind = 0;
    while (kind < WV_DETECTOR_COUNT && !wv_slice_eq(name, wv_slice_of(detectors[kind].name))) {
        kind++;
    }
    return kind;
}

/* Whether the list, of words with blanks between them, holds the word. */
static bool lists(const char *list, struct wv_slice word)
{
    for (const char *at = list; *at != '\0';) {
        const size_t len = strcspn(at, " ");
        if (wv_slice_eq(word, (struct wv_slice){(const uint8_t *)at, len})) {
            return true;
        }
        at += len + (at[len] == ' ');
    }
    return false;
}

uint64_t wv_detectors_of_region(struct wv_slice region)
{
    uint64_t set = 0;
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        if (detectors[kind].evidence == WV_EVIDENCE_REGION &&
            lists(detectors[kind].regions, region)) {
            set |= UINT64_C(1) << kind;
        }
    }
    return set;
}

const char *wv_evidence_word(enum wv_evidence evidence)
{
    static const char *const words[] = {"shape", "region", "words"};
    return words[evidence];
}

bool wv_detector_is_sensitive(size_t kind)
{
    static const char *const words[] = {"ID", "PAN", "IBAN", "GEO"};
    bool is = false;
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        is = is || strcmp(wv_detector_at(kind)->word, words[i]) == 0;
    }
    return is;
}
