/*
 * numbers.c — what the service has counted, for whoever shows it.
 */
#include "runtime/numbers.h"

void wv_destination_error(struct wv_destination_numbers *numbers, const char *name)
{
    size_t at = 0;
    while (at + 1 < WV_ERROR_KINDS && numbers->errors[at].name != NULL &&
           numbers->errors[at].name != name) {
        at++;
    }
    if (numbers->errors[at].name == NULL) {
        numbers->errors[at].name = name;
    }
    numbers->errors[at].count++;
}
