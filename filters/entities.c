/* entities.c — the table of entities.def and its search; numbers. */
#include "filters/entities.h"

enum {
    NUMBER_MAX = 12,      /* bytes of a number that are looked at: "&#x0000040;" */
    NAME_MAX = 16,        /* of "NonBreakingSpace", the longest */
    BEYOND = 0x10ffff + 1 /* a larger number must not come round to a letter */
};

struct entity {
    struct wv_slice name;
    uint16_t character;
};

#define WV_ENTITY(name_, character_)                                                               \
    {.name = {(const uint8_t *)(name_), sizeof(name_) - 1}, .character = (character_)},

static const struct entity entities[] = {
#include "filters/entities.def"
};

#undef WV_ENTITY

static int compare(struct wv_slice a, struct wv_slice b)
{
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* 0: it is no name of the table. */
static uint16_t find(struct wv_slice name)
{
    size_t low = 0;
    size_t high = name.len == 0 ? 0 : WV_COUNT(entities);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(name, entities[middle].name);
        if (order == 0) {
            return entities[middle].character;
        }
        low = order < 0 ? low : middle + 1;
        high = order < 0 ? middle : high;
    }
    return 0;
}

static size_t read_name(struct wv_slice text, uint32_t *character)
{
    /* In a query most ampersands begin a parameter; their end tells them apart at once. */
    const struct wv_slice rest =
        wv_slice_sub(text, 1, text.len < NAME_MAX + 2 ? text.len : NAME_MAX + 2);
    const uint8_t *end = rest.len == 0 ? NULL : memchr(rest.ptr, ';', rest.len);
    if (end == NULL) {
        return 0;
    }
    const size_t len = (size_t)(end - rest.ptr);
    *character = find(wv_slice_sub(rest, 0, len));
    return *character == 0 ? 0 : len + 2;
}

/* 16 and more: it is no digit. */
static uint32_t digit_value(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return byte >= '0' && byte <= '9'     ? (uint32_t)(byte - '0')
           : lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a' + 10)
                                          : 16;
}

/* What the numbers 128 to 159 stand for: windows-1252. Source: HTML Living Standard, 13.2.5.84
 * "Numeric character reference end state". */
static uint32_t character_of(uint32_t number)
{
    static const uint16_t others[] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
    };
    return number >= 0x80 && number < 0x80 + WV_COUNT(others) ? others[number - 0x80] : number;
}

/* "&#" has been read. */
static size_t read_number(struct wv_slice text, uint32_t *character)
{
    const size_t end = text.len < NUMBER_MAX ? text.len : NUMBER_MAX;
    const uint32_t base = end > 2 && wv_lower(text.ptr[2]) == 'x' ? 16 : 10;
    const size_t digits = base == 16 ? 3 : 2;
    size_t i = digits;
    uint32_t value = 0;
    while (i < end && digit_value(text.ptr[i]) < base) {
        value = value * base + digit_value(text.ptr[i]);
        value = value < BEYOND ? value : BEYOND;
        i++;
    }
    if (i == digits || value == 0) {
        return 0;
    }
    *character = character_of(value);
    /* Browsers decode it without the semicolon, too. */
    return i + (i < text.len && text.ptr[i] == ';');
}

size_t wv_entity_read(struct wv_slice text, uint32_t *character)
{
    return text.len > 1 && text.ptr[1] == '#' ? read_number(text, character)
                                              : read_name(text, character);
}
