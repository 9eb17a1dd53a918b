/*
 * suggest_shown.c — whether a name that stands in a record may be shown to the operator.
 *
 * Whoever sends a request names its parameters and, with many log producers, members of the record.
 * A name is shown only where nobody could have put a person into it.
 */
#include "app/suggest.h"

#include "filters/segment.h"

enum {
    DIGITS_MAX = 5, /* "utm_2024" is a name, "user_83749823" is a user */
    NUMBERS_MAX =
        2, /* in a row: "tls1.2" is a name, "user_192.0.2.7" and "tel-03-1234-5678" are not */
};

static bool is_plain(struct wv_slice name)
{
    size_t digits = 0;
    size_t numbers = 0; /* with one sign between two of them */
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        const uint8_t lower = byte | 0x20;
        const bool digit = byte >= '0' && byte <= '9';
        const bool letter = lower >= 'a' && lower <= 'z';
        numbers += digit && digits == 0;
        digits = digit ? digits + 1 : 0;
        if (letter || (!digit && i > 0 && memchr("_.-[]", name.ptr[i - 1], 5) != NULL)) {
            numbers = 0;
        }
        if (digits > DIGITS_MAX || numbers > NUMBERS_MAX ||
            (!digit && !letter && memchr("_.-[]", byte, 5) == NULL)) {
            return false;
        }
    }
    return name.len > 0 && name.len <= WV_COUNT_TEXT_MAX;
}

/* What the template of a path would take for an id, a number or a date. */
static bool holds_id(struct wv_slice name)
{
    struct wv_piece piece = {0};
    struct wv_slice extension;
    return wv_segment_of(name, wv_segment_kinds_in(name), &extension) != WV_SEGMENT_ORDINARY ||
           wv_piece_next(name, &piece);
}

bool wv_suggest_shows(struct wv_suggest *suggest, struct wv_slice name)
{
    const struct wv_sighting *sightings;
    return is_plain(name) && !holds_id(name) && wv_inspect(suggest->names, name, &sightings) == 0;
}
