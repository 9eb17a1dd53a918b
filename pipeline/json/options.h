/*
 * options.h — one table row is the parser, the range check, the default and the manual.
 *
 * A table of rows binds the members of a JSON object to the members of a C struct. Unknown and
 * missing members, wrong types and values out of range are findings, each at its place; nothing is
 * corrected silently. The same rows make the generated reference and the JSON Schemas, and tell how
 * two settings of a filter are merged when a record falls under two laws.
 */
#ifndef WV_JSON_OPTIONS_H
#define WV_JSON_OPTIONS_H

#include "base/arena.h"
#include "json/document.h"

enum wv_option_kind {
    WV_OPTION_UINT,   /* uint32_t */
    WV_OPTION_BOOL,   /* bool */
    WV_OPTION_CHOICE, /* uint32_t: index into choices */
    WV_OPTION_TEXT,   /* struct wv_slice, NUL-terminated, in the arena */
    WV_OPTION_NAMES,  /* struct wv_name_list: an array of strings, in the arena */
    WV_OPTION_ANY,    /* json_t *, borrowed: the caller reads it; NULL when absent */
};

struct wv_name_list {
    const struct wv_slice *items;
    size_t count;
};

/* Which of two values of an option hides more. */
enum wv_stricter {
    WV_STRICTER_SAME = 0, /* neither: two different values cannot be merged */
    WV_STRICTER_LOWER,    /* UINT, CHOICE (index), BOOL (false) */
    WV_STRICTER_HIGHER,   /* UINT, CHOICE (index), BOOL (true) */
    WV_STRICTER_FEWER,    /* NAMES: the names that both lists hold */
};

struct wv_option {
    const char *name;
    enum wv_option_kind kind;
    size_t member;     /* offsetof() in the target struct */
    uint32_t min, max; /* UINT: both ends are accepted; NAMES and TEXT: max length, 0: no limit */
    uint32_t fallback; /* UINT, BOOL, CHOICE: the value when the member is absent */
    const char *fallback_text; /* TEXT: the value when the member is absent; NULL: empty */
    bool required;
    const char *const *choices; /* CHOICE: NULL-terminated */
    enum wv_stricter stricter;
    const char *unit; /* for people: "bits", "s", "bytes"; NULL: none */
    const char *help; /* one sentence without a full stop */
};

/* Fills target from the object. Members that are absent get their fallback, also after an error.
 * node->value == NULL stands for an empty object. */
WV_MUST_USE bool wv_options_bind(const struct wv_node *node, const struct wv_option *options,
                                 size_t count, void *target, struct wv_arena *arena,
                                 struct wv_report *report);

/* Sets every member of target to its fallback. */
void wv_options_default(const struct wv_option *options, size_t count, void *target);

/* Writes the stricter of a and b, member by member, to out (which may be a or b). False when two
 * members differ and cannot be compared, or the arena is full. Members of kind ANY must be equal
 * pointers. */
WV_MUST_USE bool wv_options_merge(const struct wv_option *options, size_t count, const void *a,
                                  const void *b, void *out, struct wv_arena *arena);

#endif
