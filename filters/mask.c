/*
 * mask — a fixed row of stars, with a few characters of either end where the policy asks for them.
 *
 * The row always has the same length, because a length is a hint. Of a short value the promised
 * characters would be nearly all of it, so never more than a third is kept, whatever is asked for.
 */
#include "filters/filter.h"

enum { KEPT_MAX = 16 };

struct settings {
    uint32_t first;
    uint32_t last;
};

static bool begins_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

static size_t characters(struct wv_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += begins_character(text.ptr[i]);
    }
    return count;
}

/* Where the character with that number begins; the end, when there are not so many. */
static size_t offset_of(struct wv_slice text, size_t number)
{
    size_t seen = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (begins_character(text.ptr[i]) && seen++ == number) {
            return i;
        }
    }
    return text.len;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)context;
    const struct settings *set = settings;
    const size_t count = set->first + set->last == 0 ? 0 : characters(value->text);
    const size_t first = least(set->first, count / 3);
    const size_t last = least(set->last, count / 3 - first);
    if (first > 0) {
        wv_out_keep(out, 0, offset_of(value->text, first));
    }
    wv_out_put(out, WV_LIT("*****"));
    if (last > 0) {
        wv_out_keep(out, offset_of(value->text, count - last), value->text.len);
    }
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "first",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, first),
     .max = KEPT_MAX,
     .stricter = WV_STRICTER_LOWER,
     .unit = "characters",
     .help = "how many characters at the beginning stay, but never more than a third of the value"},
    {.name = "last",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct settings, last),
     .max = KEPT_MAX,
     .stricter = WV_STRICTER_LOWER,
     .unit = "characters",
     .help = "how many characters at the end stay; with those of the beginning, at most a third"},
};

const struct wv_filter wv_filter_mask = {
    .name = "mask",
    .summary = "Writes five stars instead of the value, with its first or last characters if asked",
    .residue = WV_RESIDUE_TEXT,
    .rank = 50,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .apply = apply,
};
