/*
 * subject_value.h — whose tokens are wanted: the value, read and checked without ever showing it.
 */
#ifndef WV_APP_SUBJECT_VALUE_H
#define WV_APP_SUBJECT_VALUE_H

#include "app/commands.h"
#include "app/subject.h"
#include "base/wipe.h"

/* Takes the one of --ip, --email, … that is given, from stdin where it is "-", into memory that is
 * wiped by wv_locked_free(). Anything else than WV_EXIT_OK has been explained on stderr. */
WV_MUST_USE enum wv_exit wv_subject_read(const struct wv_arguments *arguments,
                                         struct wv_subject_value *value, struct wv_locked *memory);

/* Whether a text of the operator's holds the value as a word, in whatever case of letters. */
bool wv_subject_is_in(const struct wv_subject_value *value, struct wv_slice text);

/* Why not all may be listed, and why an address may be other people's, too. Each is a sentence; how
 * many there are. */
enum { WV_SUBJECT_WARNINGS_MAX = 4, WV_SUBJECT_WARNING = 512 };
size_t wv_subject_warnings(const struct wv_plan *plan, const struct wv_subject_value *value,
                           char out[WV_SUBJECT_WARNINGS_MAX][WV_SUBJECT_WARNING]);

#endif
