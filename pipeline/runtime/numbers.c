/*
 * numbers.c — what the service has counted, for whoever shows it.
 */
#include "runtime/numbers.h"

/* The same error can stand in different rows of two lanes. */
static void add_error(struct wv_destination_numbers *sum, const char *name, uint64_t count)
{
    size_t at = 0;
    while (at + 1 < WV_ERROR_KINDS && sum->errors[at].name != NULL &&
           sum->errors[at].name != name) {
        at++;
    }
    if (sum->errors[at].name == NULL) {
        sum->errors[at].name = name;
    }
    sum->errors[at].count += count;
}

void wv_destination_error(struct wv_destination_numbers *numbers, const char *name)
{
    add_error(numbers, name, 1);
}

void wv_destination_add(struct wv_destination_numbers *sum,
                        const struct wv_destination_numbers *part)
{
    sum->delivered += part->delivered;
    sum->stubs += part->stubs;
    for (size_t i = 0; i < WV_ERROR_KINDS && part->errors[i].name != NULL; i++) {
        add_error(sum, part->errors[i].name, part->errors[i].count);
    }
}
