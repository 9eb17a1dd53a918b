/*
 * formats_vary — walks a record byte by byte, and changes what it knows by its look.
 */
#include "bench/formats_place.h"

#include <stdlib.h>

enum { KEPT_MAX = 64 * 1024, NAMES_MAX = 1024, NAME_MIN = 3, HEX_MIN = 8, MIXED_MIN = 16 };

struct vary {
    struct wv_buf kept;  /* one text a line */
    struct wv_buf names; /* one a line, with a line end in front of the first */
    uint8_t kept_mem[KEPT_MAX];
    uint8_t names_mem[NAMES_MAX];
};

struct vary *vary_new(void)
{
    struct vary *vary = calloc(1, sizeof *vary);
    if (vary != NULL) {
        vary->kept = wv_buf_of(vary->kept_mem, sizeof vary->kept_mem);
        vary->names = wv_buf_of(vary->names_mem, sizeof vary->names_mem);
        wv_buf_byte(&vary->names, '\n');
    }
    return vary;
}

void vary_free(struct vary *vary)
{
    free(vary);
}

void vary_keep(struct vary *vary, struct wv_slice text)
{
    wv_buf_put(&vary->kept, text);
    wv_buf_byte(&vary->kept, '\n');
}

bool vary_is_kept(const struct vary *vary, struct wv_slice text)
{
    return memmem(vary->kept.mem, vary->kept.len, text.ptr, text.len) != NULL;
}

static bool is_name(uint8_t byte)
{
    return vary_is_word(byte) || byte == '.' || byte == '_' || byte == '+' || byte == '-';
}

static bool stands_behind(struct wv_slice text, size_t at, uint8_t byte)
{
    return (at >= 1 && text.ptr[at - 1] == byte) ||
           (at >= 3 && vary_spelled(text, at - 3, byte) == 3);
}

/* The same text gives the same number in all of a record. */
static uint64_t seed_of(uint64_t seed, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        seed = wv_corpus_mix(seed + text.ptr[i]);
    }
    return seed;
}

void vary_change(uint8_t *bytes, size_t len, uint64_t seed, uint32_t letters)
{
    for (size_t i = 0; i < len; i++) {
        if (vary_is_digit(bytes[i])) {
            bytes[i] = (uint8_t)('0' + vary_next(&seed, 10));
        } else if (vary_is_letter(bytes[i])) {
            bytes[i] = (uint8_t)((bytes[i] & 0xe0) + 1 + vary_next(&seed, letters));
        }
    }
}

void vary_put_number(uint8_t *bytes, size_t len, uint32_t value)
{
    for (size_t i = len; i > 0; i--) {
        bytes[i - 1] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
}

/* ---- Names, ids, numbers, times ---------------------------------------------------------------
 */

/* Whether what ends here is the name of a member or parameter. */
static bool is_key(struct wv_slice text, size_t end)
{
    while (vary_byte(text, end) == '\\') {
        end++;
    }
    return vary_byte(text, end) == '=' ||
           (vary_byte(text, end) == '"' && vary_byte(text, end + 1) == ':');
}

/* The name that begins here, without the points that end a sentence. */
static struct wv_slice name_at(struct wv_slice text, size_t at)
{
    const bool inside = at > 0 && is_name(text.ptr[at - 1]) && !vary_is_word(text.ptr[at - 1]);
    size_t len = inside ? 0 : vary_run(text, at, is_name);
    while (len > 0 && !vary_is_word(text.ptr[at + len - 1])) {
        len--;
    }
    return wv_slice_sub(text, at, at + len);
}

static bool is_known(const struct vary *vary, struct wv_slice name)
{
    const struct wv_buf *names = &vary->names;
    const uint8_t *at = names->mem;
    const uint8_t *const end = names->mem + names->len;
    while ((at = memmem(at, (size_t)(end - at), name.ptr, name.len)) != NULL) {
        if (at[-1] == '\n' && at[name.len] == '\n') {
            return true;
        }
        at++;
    }
    return false;
}

static size_t vary_name(struct vary_place *place)
{
    const struct wv_slice name = name_at(place->text, place->at);
    if (name.len < NAME_MIN || !is_known(place->vary, name) ||
        is_key(place->text, place->at + name.len)) {
        return 0;
    }
    uint64_t seed = seed_of(vary_client(place), name);
    for (size_t i = place->at; i < place->at + name.len; i++) {
        /* Digits could be the rest of an escape. */
        if (vary_is_letter(place->copy[i])) {
            vary_change(place->copy + i, 1, ++seed, 26);
        }
    }
    return name.len;
}

static bool is_uuid(struct wv_slice text, size_t at)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < WV_COUNT(groups); i++) {
        at += i > 0;
        if (vary_run(text, at, vary_is_hex) != groups[i] ||
            (i > 0 && vary_byte(text, at - 1) != '-')) {
            return false;
        }
        at += groups[i];
    }
    return !vary_is_word(vary_byte(text, at));
}

/* A word that nobody would write: of hexadecimal digits, or of all kinds of letters. */
static bool is_random(struct wv_slice word, bool *hex)
{
    size_t digits = 0;
    size_t upper = 0;
    *hex = true;
    for (size_t i = 0; i < word.len; i++) {
        digits += vary_is_digit(word.ptr[i]);
        upper += word.ptr[i] >= 'A' && word.ptr[i] <= 'Z';
        *hex = *hex && vary_is_hex(word.ptr[i]);
    }
    const size_t lower = word.len - digits - upper;
    if (*hex) {
        return word.len >= HEX_MIN && digits > 0 && upper + lower > 0;
    }
    /* The first part of a JSON Web Token says what it is. */
    return word.len >= MIXED_MIN && digits > 0 && upper > 0 && lower > 0 &&
           memcmp(word.ptr, "eyJ", 3) != 0;
}

static size_t vary_id(struct vary_place *place)
{
    enum { UUID = 36, UUID_FIRST = 8, UUID_LAST = 12 };
    const struct wv_slice text = place->text;
    const size_t at = place->at;
    if (is_uuid(text, at)) {
        const struct wv_slice uuid = wv_slice_sub(text, at, at + UUID);
        const uint64_t seed = seed_of(place->draw->ids, uuid);
        if (!vary_is_kept(place->vary, uuid)) {
            vary_change(place->copy + at, UUID_FIRST, seed, 6);
            vary_change(place->copy + at + UUID - UUID_LAST, UUID_LAST, seed + 1, 6);
        }
        return UUID;
    }
    bool hex;
    const struct wv_slice word = wv_slice_sub(text, at, at + vary_run(text, at, vary_is_word));
    if (!is_random(word, &hex) || is_key(text, at + word.len) || vary_is_kept(place->vary, word)) {
        return 0;
    }
    vary_change(place->copy + at, word.len, seed_of(place->draw->ids, word), hex ? 6 : 26);
    return word.len;
}

/* Whether 10:00:00 stands here: not a part of an address, but perhaps behind the day or the year.
 */
static bool is_clock(struct wv_slice text, size_t at)
{
    const bool inside = at >= 1 && text.ptr[at - 1] == ':';
    const bool behind_year = at >= 5 && vary_run(text, at - 5, vary_is_digit) == 4;
    return vary_run(text, at, vary_is_digit) == 2 && vary_byte(text, at + 2) == ':' &&
           vary_run(text, at + 3, vary_is_digit) == 2 && vary_byte(text, at + 5) == ':' &&
           vary_run(text, at + 6, vary_is_digit) == 2 && (!inside || behind_year);
}

/* Clocks, and seconds and their fractions since 1970: less than three hours later. */
static size_t vary_time(struct vary_place *place)
{
    enum { CLOCK = 8, DAY = 3 };
    const struct wv_slice text = place->text;
    const size_t len = vary_run(text, place->at, vary_is_digit);
    const bool day = len == 2 && vary_byte(text, place->at + 2) == 'T';
    const size_t at = place->at + (day ? DAY : 0);
    if (is_clock(text, at)) {
        uint64_t seed = seed_of(place->draw->ids, wv_slice_sub(text, at, at + CLOCK));
        vary_put_number(place->copy + at + 3, 2, vary_next(&seed, 60));
        vary_put_number(place->copy + at + 6, 2, vary_next(&seed, 60));
        return at + CLOCK - place->at;
    }
    const bool unix_time = (len == 10 || len == 13 || len == 16 || len == 19) &&
                           text.ptr[at] == '1' && text.ptr[at + 1] == '7';
    if (unix_time && !vary_is_word(vary_byte(text, at + len))) {
        vary_change(place->copy + at + 6, len - 6,
                    seed_of(place->draw->ids, wv_slice_sub(text, at, at + len)), 1);
        return len;
    }
    return 0;
}

/* /12345, =12345, and the last digit of /142.0 */
static size_t vary_number(struct vary_place *place)
{
    const struct wv_slice text = place->text;
    const size_t at = place->at;
    const size_t len = vary_run(text, at, vary_is_digit);
    const uint8_t behind = vary_byte(text, at + len);
    if (!stands_behind(text, at, '/') && !stands_behind(text, at, '=')) {
        return 0;
    }
    const struct wv_slice number = wv_slice_sub(text, at, at + len);
    const uint64_t seed = seed_of(place->draw->ids, number);
    if (len == 3 && behind == '.' && text.ptr[at] == '1') {
        vary_change(place->copy + at + 2, 1, seed, 1);
        return len;
    }
    const bool date = len == 8 && number.ptr[0] == '2' && number.ptr[1] == '0';
    if ((len == 3 || (len >= 5 && len <= 10)) && !date && !vary_is_word(behind) && behind != '.' &&
        behind != '-' && !vary_is_kept(place->vary, number)) {
        vary_change(place->copy + at + 1, len - 1, seed, 1);
        return len;
    }
    return 0;
}

/* ---- The whole text ---------------------------------------------------------------------------
 */

/* The length of what no word can begin in: an escape, or a byte that is no letter or digit. */
static size_t skip(struct wv_slice text, size_t at)
{
    size_t len = vary_is_word(text.ptr[at]) ? 0 : 1;
    if (text.ptr[at] == '\\') {
        len = vary_byte(text, at + 1) == 'u' ? 6 : 2;
    } else if (text.ptr[at] == '%' && vary_is_hex(vary_byte(text, at + 1)) &&
               vary_is_hex(vary_byte(text, at + 2))) {
        len = 3;
    }
    return len < text.len - at ? len : text.len - at;
}

static size_t vary_place(struct vary_place *place)
{
    static size_t (*const kinds[])(struct vary_place *) = {
        vary_address4, vary_address6, vary_name, vary_id, vary_time, vary_number};
    for (size_t i = 0; i < WV_COUNT(kinds); i++) {
        const size_t len = kinds[i](place);
        if (len > 0) {
            return len;
        }
    }
    return vary_run(place->text, place->at, vary_is_word);
}

void vary_text(const struct vary *vary, struct wv_slice text, const struct vary_draw *draw,
               struct wv_buf *out)
{
    uint8_t *copy = wv_buf_reserve(out, text.len);
    if (copy == NULL || text.len == 0) {
        return;
    }
    memcpy(copy, text.ptr, text.len);
    struct vary_place place = {.vary = vary, .draw = draw, .text = text, .copy = copy};
    while (place.at < text.len) {
        const size_t len = skip(text, place.at);
        place.at += len > 0 ? len : vary_place(&place);
    }
}

bool vary_learn(struct vary *vary, struct wv_slice text)
{
    for (size_t at = 0; at < text.len;) {
        const size_t len = skip(text, at);
        const struct wv_slice name = len > 0 ? (struct wv_slice){0} : name_at(text, at);
        if (name.len >= NAME_MIN && vary_spelled(text, at + name.len, '@') > 0 &&
            !is_known(vary, name) && !vary_is_kept(vary, name)) {
            wv_buf_put(&vary->names, name);
            wv_buf_byte(&vary->names, '\n');
        }
        at += len > 0 ? len : name.len > 0 ? name.len : vary_run(text, at, vary_is_word);
    }
    return !vary->kept.overflowed && !vary->names.overflowed;
}
