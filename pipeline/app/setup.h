/*
 * setup.h — what filter, try and explain have in common: a plan from the command line.
 */
#ifndef WV_APP_SETUP_H
#define WV_APP_SETUP_H

#include "app/commands.h"
#include "engine/transform.h"

enum wv_setup_keys {
    WV_SETUP_KEYS = 0,  /* those of the configuration; a throwaway key where it names none */
    WV_SETUP_THROWAWAY, /* never the keys of the service */
};

struct wv_setup {
    struct wv_plan *plan;
    uint32_t input;
    uint32_t output;
    struct wv_report *report;
};

/* Reads --config, --format, --region, --output and --seed, as far as the command has them. Anything
 * else than WV_EXIT_OK has been explained on stderr. */
WV_MUST_USE enum wv_exit wv_setup_open(const struct wv_arguments *arguments,
                                       enum wv_setup_keys keys, struct wv_setup *setup);
void wv_setup_close(struct wv_setup *setup);

/* Sets the bits of the packs of "eu,jp" that hold on a day (since 1970); none for NULL. What is no
 * region has been explained. */
WV_MUST_USE enum wv_exit wv_setup_regions(const struct wv_setup *setup, const char *text,
                                          int64_t day, uint64_t *packs);

/* The present day, since 1970. */
int64_t wv_setup_today(void);

/* The record as a message of the chosen input. */
struct wv_record wv_setup_record(const struct wv_setup *setup, struct wv_slice value);

/* Says a mistake of the command line on stderr, with where to read more. */
enum wv_exit wv_usage_fail(const struct wv_arguments *arguments, const char *format, ...)
    WV_PRINTF(2, 3);

#endif
