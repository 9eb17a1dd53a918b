/*
 * demo_config.h — the configuration of the demonstration, as a user would write it.
 */
#ifndef WV_APP_DEMO_CONFIG_H
#define WV_APP_DEMO_CONFIG_H

#include "plan/config.h"

/* The file lives in memory only and is gone before this returns. NULL with findings. */
WV_MUST_USE struct wv_config *wv_demo_config(const char *servers, struct wv_report *report);

#endif
