/*
 * damage.c — a batch of the input that cannot be read holds up its partition, and no other.
 */
#include "runtime/damage.h"

static uint64_t ns_of(uint64_t ms)
{
    return ms * 1000000;
}

bool wv_damage_is(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__BAD_MSG || code == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
           code == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED; /* a version of batches not known to it */
}

void wv_damage_hold(struct wv_damage *damage, uint64_t now_ns)
{
    uint64_t pause_ms = WV_DAMAGE_PAUSE_FIRST_MS;
    if (damage->found) {
        pause_ms = 2 * damage->pause_ms;
        pause_ms = pause_ms > WV_DAMAGE_PAUSE_LAST_MS ? WV_DAMAGE_PAUSE_LAST_MS : pause_ms;
    }
    *damage = (struct wv_damage){.found = true,
                                 .holds = true,
                                 .since_ns = damage->found ? damage->since_ns : now_ns,
                                 .again_ns = now_ns + ns_of(pause_ms),
                                 .pause_ms = pause_ms};
}

enum wv_damage_turn wv_damage_look(struct wv_damage *damage, uint64_t now_ns)
{
    if (damage->found && now_ns - damage->since_ns >= ns_of(WV_DAMAGE_LIMIT_MS)) {
        return WV_DAMAGE_END;
    }
    if (!damage->holds || now_ns < damage->again_ns) {
        return WV_DAMAGE_WAIT;
    }
    damage->holds = false;
    return WV_DAMAGE_ASK;
}
