/* tally.c — words, and sums. */
#include "engine/tally.h"

static const char *const reason_words[WV_REASON_COUNT] = {
#define WV_REASON(symbol, word, text) word,
#include "engine/reasons.def"
#undef WV_REASON
};

static const char *const reason_texts[WV_REASON_COUNT] = {
#define WV_REASON(symbol, word, text) text,
#include "engine/reasons.def"
#undef WV_REASON
};

static const char *const suppression_words[WV_SUPPRESSION_COUNT] = {
#define WV_SUPPRESSION(symbol, word, text) word,
#include "engine/suppressions.def"
#undef WV_SUPPRESSION
};

static const char *const suppression_texts[WV_SUPPRESSION_COUNT] = {
#define WV_SUPPRESSION(symbol, word, text) text,
#include "engine/suppressions.def"
#undef WV_SUPPRESSION
};

static const char *const action_words[WV_ACTION_COUNT] = {"kept", "replaced", "removed", "failed"};

static const char *const use_words[WV_GEO_USES] = {"region", "country", "asn", "lists"};

static const char *const result_words[WV_GEO_RESULTS] = {"found", "unknown", "reserved",
                                                         "no_address", "several"};

static const char *const enriched_words[WV_ENRICHED_COUNT] = {"shown", "withheld"};

static const char *const sealing_words[WV_SEALING_COUNT] = {
    "done", "shortened", "refused", "certificate", "late", "no_room", "failed"};

const char *wv_sealing_word(enum wv_sealing sealing)
{
    wv_ensure(sealing < WV_SEALING_COUNT);
    return sealing_words[sealing];
}

const char *wv_geo_use_word(enum wv_geo_use use)
{
    wv_ensure(use < WV_GEO_USES);
    return use_words[use];
}

const char *wv_geo_result_word(enum wv_geo_result result)
{
    wv_ensure(result < WV_GEO_RESULTS);
    return result_words[result];
}

const char *wv_enriched_member(size_t member)
{
    wv_ensure(member < WV_ENRICHED_MEMBERS);
    return use_words[WV_GEO_FOR_COUNTRY + member];
}

const char *wv_enriched_word(enum wv_enriched action)
{
    wv_ensure(action < WV_ENRICHED_COUNT);
    return enriched_words[action];
}

const char *wv_reason_word(enum wv_reason reason)
{
    wv_ensure(reason < WV_REASON_COUNT);
    return reason_words[reason];
}

const char *wv_reason_text(enum wv_reason reason)
{
    wv_ensure(reason < WV_REASON_COUNT);
    return reason_texts[reason];
}

const char *wv_suppression_word(enum wv_suppression suppression)
{
    wv_ensure(suppression < WV_SUPPRESSION_COUNT);
    return suppression_words[suppression];
}

const char *wv_suppression_text(enum wv_suppression suppression)
{
    wv_ensure(suppression < WV_SUPPRESSION_COUNT);
    return suppression_texts[suppression];
}

const char *wv_action_word(enum wv_action action)
{
    wv_ensure(action < WV_ACTION_COUNT);
    return action_words[action];
}

/* A tally is nothing but 64-bit counters, so a sum is a sum of an array. */
void wv_tally_add(struct wv_tally *sum, const struct wv_tally *part)
{
    _Static_assert(sizeof *sum % sizeof(uint64_t) == 0, "a tally holds only 64-bit counters");
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)part;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++) {
        to[i] += from[i];
    }
}

struct wv_outcomes wv_outcomes_of(const struct wv_tally *tally)
{
    struct wv_outcomes outcomes = {.records_out = tally->records_out,
                                   .bytes_out = tally->bytes_out,
                                   .stubs = tally->stubs,
                                   .needles_found = tally->needles_found};
    memcpy(outcomes.rejected, tally->rejected, sizeof outcomes.rejected);
    return outcomes;
}

void wv_outcomes_set(struct wv_tally *tally, const struct wv_outcomes *outcomes)
{
    tally->records_out = outcomes->records_out;
    tally->bytes_out = outcomes->bytes_out;
    tally->stubs = outcomes->stubs;
    tally->needles_found = outcomes->needles_found;
    memcpy(tally->rejected, outcomes->rejected, sizeof tally->rejected);
}

void wv_tally_forget_plan(struct wv_tally *tally)
{
    memset(tally->withheld, 0, sizeof tally->withheld);
    memset(tally->detector_limits, 0, sizeof tally->detector_limits);
}
