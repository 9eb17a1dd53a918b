/*
 * reference.h — the whole reference in Markdown, printed from the tables that the program works by.
 */
#ifndef WV_APP_REFERENCE_H
#define WV_APP_REFERENCE_H

#include "plan/plan.h"

#include <stdio.h>

/* False, with the reason on stderr, when the built-in documents cannot be read. */
WV_MUST_USE bool wv_reference_print(FILE *stream);

/* Text of a table's cell. */
void wv_reference_cell(const char *text, FILE *stream);

/* The chapter of the built-in packs. */
void wv_reference_packs(const struct wv_plan *plan, FILE *stream);

#endif
