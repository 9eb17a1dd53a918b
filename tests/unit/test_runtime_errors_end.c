/*
 * At stake: what a process cannot go on with. It ends with the code that the guide names, and then
 * the next start brings the rest.
 */
#include "support/broker_errors.h"

/* What a process cannot go on with. The next start brings the rest. */
static const struct ending {
    struct injection injection;
    enum wv_exit code;
} endings[] = {
    {{"Produce, sequence", PRODUCE, OUT, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER}},
     WV_EXIT_KAFKA},
    {{"Fetch, offset", FETCH, IN, {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE}}, WV_EXIT_LOST},
};

START_TEST(what_ends_it_loses_nothing)
{
    for (size_t i = 0; i < WV_COUNT(endings); i++) {
        const struct ending *ending = &endings[i];
        feed(STEP);
        running_start();
        await_all(ending->injection.name);
        inject(&ending->injection);
        const uint64_t end = now_ms() + PATIENCE_MS;
        while (!run.has_ended) {
            feed(STEP);
            take(20);
            ck_assert_msg(now_ms() < end, "%s: it goes on", ending->injection.name);
        }
        ck_assert_int_eq(running_await(), ending->code);
        check_commits();
        running_unload();
        running_load();
    }
    running_start();
    check_end();
}
END_TEST

int main(void)
{
    return run_errors("ends", what_ends_it_loses_nothing, 1);
}
