/*
 * audit_verify.c — `wafveil audit verify`: chains, their heads, and the first break of each.
 */
#include "app/audit_verify.h"

#include "app/audit_read.h"

#include <inttypes.h>

bool wv_audit_chain_is_good(const struct wv_ledger_state *state, bool partial)
{
    return state->fault == WV_LEDGER_GOOD && (partial || state->first_seq == 0);
}

static void on_line(void *user, struct wv_slice line, const char *place)
{
    json_t *record = NULL;
    (void)wv_ledgers_add(user, line, place, &record);
}

static void show_fault(const struct wv_ledger_state *state, bool partial)
{
    if (state->fault != WV_LEDGER_GOOD) {
        (void)printf("  BROKEN   %s, seq %" PRIu64 ": %s\n", state->fault_place, state->fault_seq,
                     wv_ledger_fault_text(state->fault));
    } else if (state->first_seq > 0) {
        (void)printf("  %s   begins at seq %" PRIu64 ": the records before it are not here\n",
                     partial ? "partial " : "BROKEN", state->first_seq);
    } else {
        (void)puts("  whole");
    }
}

static void show_chain(const struct wv_ledger_state *state, bool partial)
{
    (void)printf("chain %s\n", state->id);
    if (state->records > 0) {
        (void)printf("  instance %s\n", state->instance[0] == '\0' ? "-" : state->instance);
        (void)printf("  records  %" PRIu64 ", seq %" PRIu64 " to %" PRIu64 ", %s to %s\n",
                     state->records, state->first_seq, state->last_seq, state->first_time,
                     state->last_time);
        (void)printf("  head     %" PRIu64 " %s\n", state->last_seq, state->head);
        (void)printf("  end      %s\n",
                     state->stopped ? "stopped in order"
                                    : "open: more may follow, or the service was ended by force");
    }
    if (state->repeated > 0) {
        (void)printf("  repeated %" PRIu64 " records stand there twice, byte by byte\n",
                     state->repeated);
    }
    show_fault(state, partial);
}

/* What belongs to no chain; how many faults that is. */
static size_t show_strays(const struct wv_ledger_strays *strays, bool partial)
{
    size_t faults = 0;
    if (strays->count > 0) {
        (void)printf("BROKEN     %s: %s (%" PRIu64 " such)\n", strays->place,
                     wv_ledger_fault_text(strays->fault), strays->count);
        faults++;
    }
    if (strays->absent > 0) {
        (void)printf(
            "%s     chain %s is not here, though chain %s began after it (%" PRIu64 " such)\n",
            partial ? "partial" : "BROKEN", strays->absent_id, strays->absent_by, strays->absent);
        faults += !partial;
    }
    return faults;
}

static enum wv_exit show_all(const struct wv_ledgers *ledgers, bool partial)
{
    const size_t count = wv_ledgers_count(ledgers);
    size_t broken = 0;
    uint64_t records = 0;
    for (size_t i = 0; i < count; i++) {
        const struct wv_ledger_state *state = wv_ledgers_at(ledgers, i);
        show_chain(state, partial);
        broken += !wv_audit_chain_is_good(state, partial);
        records += state->records;
    }
    const size_t faults = show_strays(wv_ledgers_strays(ledgers), partial);
    (void)printf("%zu chain%s, %zu broken, %" PRIu64 " record%s verified\n", count,
                 count == 1 ? "" : "s", broken, records, records == 1 ? "" : "s");
    if (count == 0 && faults == 0) {
        (void)puts("there was no audit record");
        return WV_EXIT_CONFIG;
    }
    return broken + faults == 0 ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

enum wv_exit wv_audit_verify(const struct wv_arguments *arguments)
{
    struct wv_ledgers *ledgers = wv_ledgers_new();
    if (ledgers == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    enum wv_exit code = wv_audit_read(arguments, on_line, ledgers);
    if (code == WV_EXIT_OK) {
        wv_ledgers_finish(ledgers);
        code = show_all(ledgers, wv_argument_given(arguments, "partial"));
    }
    wv_ledgers_free(ledgers);
    return code;
}
