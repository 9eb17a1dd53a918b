/*
 * check_changes.h — whether a configuration may take the place of another one: part of `check`.
 */
#ifndef WV_APP_CHECK_CHANGES_H
#define WV_APP_CHECK_CHANGES_H

#include "plan/plan.h"

/* Adds what is looser than in the configuration at `against` (NULL: than the built-in packs), where
 * somebody asks for it or must approve it, and says on stdout which approval there is. day: as of
 * which; NULL: today. */
void wv_check_changes(const struct wv_plan *plan, const char *against, const int32_t *day,
                      struct wv_report *report);

#endif
