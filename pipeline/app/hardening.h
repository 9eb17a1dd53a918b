/*
 * hardening.h — what keeps secrets and records out of core dumps, debuggers and swap.
 */
#ifndef WV_APP_HARDENING_H
#define WV_APP_HARDENING_H

#include "plan/plan.h"

/* Before anything is read, by every command: no core dump, and no look into the process by others
 * of the same user (PR_SET_DUMPABLE; not with AddressSanitizer, whose search for leaks looks into
 * it). Warns on stderr, and says what to do, where the system refuses. */
void wv_harden(void);

/* Warns when the system would not let so many lanes keep their secrets out of swap: the keyring,
 * derived keys and tokens, twice, as during a change. The warning names the KiB that are needed.
 * Asks for the memory, and gives it back. */
void wv_harden_check_memory(const struct wv_plan *plan, size_t lanes, struct wv_report *report);

#endif
