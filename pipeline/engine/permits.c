/* permits.c — asks the law again when the day has come. */
#include "engine/permits.h"

#include "keys/epoch.h"

#include <stdlib.h>

enum { SECOND_NS = 1000000000 };

static void ask(struct wv_permits *permits, const struct wv_plan *plan)
{
    const size_t packs = plan->pack_count;
    permits->next = WV_DAY_NEVER;
    for (size_t output = 0; output < plan->config->output_count; output++) {
        permits->refused[output] = 0;
        permits->denied[output] = 0;
        for (size_t pack = 0; pack < packs; pack++) {
            if (wv_plan_pack_name(plan, pack) != pack) {
                continue; /* a later version: the same law says where its records may go */
            }
            const struct wv_transfer transfer =
                wv_legal_decide(plan, output, pack, permits->day, &permits->next);
            const struct wv_refusal refusal = {(uint32_t)output, (uint32_t)pack, transfer.reason};
            if (!transfer.allowed) {
                const bool denied = transfer.reason == WV_TRANSFER_DENIED;
                permits->refused[output] |= plan->packs[pack].versions;
                permits->denied[output] |= denied ? plan->packs[pack].versions : 0;
                permits->numbers[output * packs + pack] =
                    (uint16_t)wv_legal_refusal(plan, &refusal);
            }
        }
    }
}

static int32_t today(const struct wv_permits *permits)
{
    return (int32_t)wv_epoch_day(wv_clock_wall_ms(permits->clock) / 1000);
}

bool wv_permits_init(struct wv_permits *permits, const struct wv_plan *plan)
{
    const size_t outputs = plan->config->output_count;
    permits->clock = wv_clock_system();
    permits->pause_ns = SECOND_NS;
    permits->refused = calloc(outputs + 1, sizeof *permits->refused);
    permits->denied = calloc(outputs + 1, sizeof *permits->denied);
    permits->numbers = calloc(outputs * plan->pack_count + 1, sizeof *permits->numbers);
    if (permits->refused == NULL || permits->denied == NULL || permits->numbers == NULL) {
        return false;
    }
    permits->day = today(permits);
    ask(permits, plan);
    return true;
}

void wv_permits_fini(struct wv_permits *permits)
{
    free(permits->refused);
    free(permits->denied);
    free(permits->numbers);
}

void wv_permits_clock(struct wv_permits *permits, const struct wv_plan *plan,
                      const struct wv_clock *clock)
{
    permits->clock = clock;
    permits->pause_ns = 0;
    permits->look_ns = 0;
    permits->day = today(permits);
    ask(permits, plan);
}

void wv_permits_look(struct wv_permits *permits, const struct wv_plan *plan, uint64_t now_ns)
{
    const int32_t day = today(permits);
    permits->look_ns = permits->pause_ns == 0 ? 0 : now_ns + permits->pause_ns;
    /* A clock that was put back asks again, too. */
    if (day < permits->day || day >= permits->next) {
        permits->day = day;
        ask(permits, plan);
    }
}
