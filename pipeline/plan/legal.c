/*
 * legal.c — answers from the tables that law_build.c has made.
 */
#include "plan/legal.h"

#include "plan/tables.h"

/* Days on which something can change are few; this is more than any real table holds. */
enum { CHANGES_MAX = 4096 };

static struct wv_transfer refuse(enum wv_transfer_reason reason, struct wv_slice country)
{
    return (struct wv_transfer){.reason = reason, .country = country};
}

const struct wv_legal *wv_plan_legal(const struct wv_plan *plan)
{
    return plan->legal;
}

/* Without a law that could be asked, records stay where they are: in the country where wafveil has
 * them already, and in the operator's own hands. */
static struct wv_transfer decide_unknown(const struct wv_legal *legal,
                                         const struct wv_legal_output *output)
{
    for (size_t i = 0; i < output->hop_count; i++) {
        if (!output->own || !wv_slice_eq(output->hops[i].country, legal->instance.country)) {
            return refuse(WV_TRANSFER_UNKNOWN_ORIGIN, output->hops[i].country);
        }
    }
    return (struct wv_transfer){.allowed = true,
                                .reason = WV_TRANSFER_ALLOWED,
                                .route = "stays",
                                .country = legal->instance.country};
}

/* How much a route asks for: the hop that asks for most is the one that is told. */
static int demand(const struct wv_transfer *transfer)
{
    if (transfer->row == NULL) {
        return 0;
    }
    return transfer->row->route == WV_ROUTE_SAFEGUARD ? 3 : transfer->by != NULL ? 2 : 1;
}

static void take(struct wv_transfer *sum, const struct wv_transfer *hop)
{
    if (!hop->allowed) {
        const bool worse = sum->allowed || hop->reason > sum->reason;
        *sum = worse ? *hop : *sum;
    } else if (sum->allowed && (sum->route == NULL || demand(hop) > demand(sum))) {
        *sum = *hop;
    }
}

static struct wv_transfer decide(const struct wv_plan *plan, size_t output, size_t pack,
                                 int32_t day, int32_t *next)
{
    const struct wv_legal *legal = plan->legal;
    const struct wv_legal_output *to = &legal->outputs[output];
    const uint32_t origin = legal->origins[pack];
    const struct wv_slice where =
        to->recipient == NULL ? plan->config->outputs[output].country : to->recipient->country;
    struct wv_transfer sum = {.allowed = true, .reason = WV_TRANSFER_ALLOWED};
    const bool agreed = wv_days_hold(&to->days, day, next);
    const bool audited = wv_days_hold(&to->audited, day, next);
    if (to->hop_count == 0) {
        sum.route = "unchecked"; /* nobody has said where; `check` warns of it */
    } else if (origin == WV_NO_ORIGIN) {
        sum = decide_unknown(legal, to);
    }
    for (size_t i = 0; origin != WV_NO_ORIGIN && i < to->hop_count; i++) {
        const struct wv_transfer hop = wv_law_decide(legal->law, origin, &to->hops[i], day, next);
        take(&sum, &hop);
    }
    if (origin != WV_NO_ORIGIN && legal->instance.country.len > 0) {
        struct wv_hop instance = legal->instance;
        instance.consent = plan->config->outputs[output].basis == WV_BASIS_CONSENT;
        const struct wv_transfer hop = wv_law_decide(legal->law, origin, &instance, day, next);
        take(&sum, &hop);
    }
    if (!agreed) {
        return refuse(WV_TRANSFER_RECIPIENT, where);
    }
    return audited ? sum : refuse(WV_TRANSFER_AUDIT, where);
}

struct wv_transfer wv_legal_decide(const struct wv_plan *plan, size_t output, size_t pack,
                                   int32_t day, int32_t *next)
{
    const struct wv_transfer own = decide(plan, output, pack, day, next);
    const bool unused = (plan->legal->unused >> pack & 1) != 0;
    return unused && own.reason != WV_TRANSFER_DENIED
               ? decide(plan, output, plan->pack_unknown, day, next)
               : own;
}

int32_t wv_legal_until(const struct wv_plan *plan, size_t output, size_t pack, int32_t day)
{
    for (size_t i = 0; i < CHANGES_MAX; i++) {
        int32_t next = WV_DAY_NEVER;
        if (!wv_legal_decide(plan, output, pack, day, &next).allowed) {
            return day - 1;
        }
        if (next == WV_DAY_NEVER) {
            return WV_DAY_NEVER;
        }
        day = next;
    }
    return day - 1;
}

size_t wv_legal_refusal(const struct wv_plan *plan, const struct wv_refusal *refusal)
{
    const struct wv_legal *legal = plan->legal;
    for (size_t i = 0; i < legal->refusal_count; i++) {
        const struct wv_refusal *known = &legal->refusals[i];
        if (known->output == refusal->output && known->pack == refusal->pack &&
            known->reason == refusal->reason) {
            return i;
        }
    }
    return WV_REFUSALS_MAX;
}

bool wv_legal_is_region(const struct wv_plan *plan, size_t pack)
{
    return (plan->legal->regions >> pack & 1) != 0;
}
