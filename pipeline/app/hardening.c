/*
 * hardening.c — what keeps secrets and records out of core dumps, debuggers and swap.
 */
#include "app/hardening.h"

#include "base/wipe.h"
#include "engine/transform.h"

#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The soft limit is enough where the hard one may not be lowered. */
static bool forbid_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) {
        return false;
    }
    if (limit.rlim_cur == 0 && limit.rlim_max == 0) {
        return true;
    }
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0;
}

void wv_harden(void)
{
    if (!forbid_core()) {
        (void)fprintf(stderr,
                      "wafveil: warning: core dumps cannot be switched off (%s): a dump would hold "
                      "records; set LimitCORE=0 in the unit, or run `ulimit -c 0` before\n",
                      strerror(errno));
    }
#ifndef __SANITIZE_ADDRESS__
    if (prctl(PR_SET_DUMPABLE, 0) != 0) {
        (void)fprintf(stderr,
                      "wafveil: warning: other processes of this user cannot be kept from looking "
                      "into this one (%s): run it as a user of its own\n",
                      strerror(errno));
    }
#endif
}

void wv_harden_check_memory(const struct wv_plan *plan, size_t lanes, struct wv_report *report)
{
    const size_t once =
        wv_keyring_locked_bytes(wv_plan_keyring(plan)) + lanes * wv_worker_locked_bytes();
    if (wv_locked_fits(2 * once)) {
        return;
    }
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    const size_t kib = 2 * once / 1024;
    wv_report_add(report, (struct wv_finding){.severity = WV_WARNING},
                  "keys and tokens may reach the disk by swap: %zu lanes need %zu KiB of locked "
                  "memory (half of it during a change only), and %llu KiB are allowed. Set "
                  "LimitMEMLOCK=%zuK in the unit, run `ulimit -l %zu` before, give a container "
                  "`--ulimit memlock=%zu`, or use no swap",
                  lanes, kib, (unsigned long long)limit.rlim_cur / 1024, kib, kib, 2 * once);
}
