/*
 * law_decide.c — whether records of an origin may go to a country on a day.
 *
 * All rows and safeguards are looked at, also after one has allowed the transfer: a row that denies
 * it wins, and the next day on which anything changes must not be missed.
 */
#include "plan/law.h"

static const struct {
    const char *word;
    const char *requirement;
    const char *text;
} reasons[WV_TRANSFER_REASONS] = {
#define WV_TRANSFER_REASON(symbol, word, requirement, text) {word, requirement, text},
#include "plan/law_reasons.def"
#undef WV_TRANSFER_REASON
};

const char *wv_transfer_word(enum wv_transfer_reason reason)
{
    wv_ensure(reason >= 0 && reason < WV_TRANSFER_REASONS);
    return reasons[reason].word;
}

const char *wv_transfer_requirement(enum wv_transfer_reason reason)
{
    wv_ensure(reason >= 0 && reason < WV_TRANSFER_REASONS);
    return reasons[reason].requirement;
}

const char *wv_transfer_text(enum wv_transfer_reason reason)
{
    wv_ensure(reason >= 0 && reason < WV_TRANSFER_REASONS);
    return reasons[reason].text;
}

/* What is looked for among the safeguards of a hop, and what came of it. */
struct search {
    const struct wv_law *law;
    const struct wv_hop *hop;
    int32_t day;
    int32_t *next;
    enum wv_transfer_reason reason; /* the last of those that were met */
};

static void blame(struct search *search, enum wv_transfer_reason reason)
{
    search->reason = reason > search->reason ? reason : search->reason;
}

/* The first safeguard in force whose mechanism is among the wanted. */
static const struct wv_safeguard *find(struct search *search, uint64_t wanted)
{
    const struct wv_safeguard *found = NULL;
    for (size_t i = 0; i < search->hop->safeguard_count; i++) {
        const struct wv_safeguard *safeguard = &search->hop->safeguards[i];
        if (safeguard->mechanism >= WV_MECHANISMS_MAX ||
            (wanted >> safeguard->mechanism & 1) == 0) {
            continue;
        }
        if (safeguard->mechanism == search->law->consent && !search->hop->consent) {
            blame(search, WV_TRANSFER_CONSENT);
        } else if (!wv_days_hold(&safeguard->days, search->day, search->next)) {
            blame(search, WV_TRANSFER_EXPIRED);
        } else if (found == NULL) {
            found = safeguard;
        }
    }
    return found;
}

static const char *route_word(enum wv_route route)
{
    static const char *const words[] = {"denied", "safeguard", "none_needed", "adequacy"};
    return words[route];
}

/* What one row in force says; out keeps the best so far. */
static void apply(struct search *search, const struct wv_law_row *row, struct wv_transfer *out)
{
    const struct wv_safeguard *by = NULL;
    if (row->route == WV_ROUTE_DENIED) {
        return; /* the caller has seen it */
    }
    if (row->route == WV_ROUTE_SAFEGUARD) {
        by = find(search, row->mechanisms);
        if (by == NULL) {
            return;
        }
    }
    if (row->condition != WV_NO_MECHANISM) {
        const struct wv_safeguard *met = find(search, UINT64_C(1) << row->condition);
        if (met == NULL) {
            blame(search, WV_TRANSFER_CONDITION);
            return;
        }
        by = by == NULL ? met : by;
    }
    if (!out->allowed || row->route > out->row->route) {
        *out = (struct wv_transfer){
            .allowed = true, .route = route_word(row->route), .row = row, .by = by};
    }
}

static struct wv_transfer refuse(enum wv_transfer_reason reason, const struct wv_hop *hop,
                                 const struct wv_law_row *row)
{
    return (struct wv_transfer){.reason = reason, .country = hop->country, .row = row};
}

struct wv_transfer wv_law_decide(const struct wv_law *law, uint32_t origin,
                                 const struct wv_hop *hop, int32_t day, int32_t *next)
{
    if (origin >= law->origin_count) {
        return refuse(WV_TRANSFER_UNKNOWN_ORIGIN, hop, NULL);
    }
    struct search search = {law, hop, day, next, WV_TRANSFER_NO_MECHANISM};
    struct wv_transfer out = {0};
    const struct wv_law_row *denied = NULL;
    for (size_t i = 0; i < law->row_count; i++) {
        const struct wv_law_row *row = &law->rows[i];
        if (row->origin != origin || !wv_countries_hold(&row->to, hop->country)) {
            continue;
        }
        if (!wv_days_hold(&row->days, day, next)) {
            if (row->route != WV_ROUTE_DENIED) {
                blame(&search, WV_TRANSFER_EXPIRED);
            }
            continue;
        }
        apply(&search, row, &out);
        denied = row->route == WV_ROUTE_DENIED ? row : denied;
    }
    if (denied != NULL) {
        return refuse(WV_TRANSFER_DENIED, hop, denied);
    }
    if (law->origins[origin].instruction && hop->uninstructed) {
        return refuse(WV_TRANSFER_INSTRUCTION, hop, NULL);
    }
    if (wv_countries_hold(&law->origins[origin].countries, hop->country)) {
        out = (struct wv_transfer){.allowed = true, .route = "domestic"};
    }
    if (!out.allowed) {
        return refuse(search.reason, hop, NULL);
    }
    out.country = hop->country;
    out.reason = WV_TRANSFER_ALLOWED;
    return out;
}
