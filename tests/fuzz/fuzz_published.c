/*
 * Feeds arbitrary texts to the reader of what delivery.skip_published leaves in commits and in
 * records' headers. Anybody who may commit for the group, or write into the output, can leave some.
 *
 * A text is ours exactly when a slower reader, which splits it into words and writes each number
 * anew, says so; then both find the same offsets, and no other position will do. What is refused
 * changes nothing. What is written is read again as it was.
 *
 * Input: a byte that chooses; 0: metadata; 1: a header; 2: eight bytes for the position, and for
 * each output's end.
 */
#include "base/ensure.h"
#include "runtime/published.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUTS = 2, PARTITION = 7 };

#define TOPIC "waf:logs"

static const char *const writers[OUTPUTS] = {"0123456789abcdef", "fedcba9876543210"};

static struct wv_published *fresh(void)
{
    struct wv_published *published = wv_published_new(OUTPUTS);
    wv_ensure(published != NULL);
    for (size_t i = 0; i < OUTPUTS; i++) {
        memcpy(published->outputs[i].writer.text, writers[i], WV_WRITER_LEN + 1);
    }
    return published;
}

/* With a zero behind it. */
static char *copy_of(struct wv_slice text)
{
    char *copy = calloc(1, text.len + 1);
    wv_ensure(copy != NULL);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = (char)text.ptr[i];
    }
    return copy;
}

/* -1: it is none, or not written as we write it. */
static long long number_in(const char *text)
{
    char again[32];
    errno = 0;
    const long long number = strtoll(text, NULL, 10);
    (void)snprintf(again, sizeof again, "%lld", number);
    return errno == 0 && number >= 0 && strcmp(text, again) == 0 ? number : -1;
}

/* An output's part of metadata. */
static bool take_part(const char *word, long long from[OUTPUTS])
{
    const long long number =
        strlen(word) > WV_WRITER_LEN ? number_in(word + WV_WRITER_LEN + 1) : -1;
    if (number < 0 || strspn(word, "0123456789abcdef") != WV_WRITER_LEN ||
        word[WV_WRITER_LEN] != ':') {
        return false;
    }
    for (size_t i = 0; i < OUTPUTS; i++) {
        from[i] = strncmp(word, writers[i], WV_WRITER_LEN) == 0 ? number : from[i];
    }
    return true;
}

/* The position that it belongs to; -1: it is not ours. Takes the text apart. */
static long long position_in(char *text, long long from[OUTPUTS])
{
    char *word = strsep(&text, " ");
    bool good = strcmp(word, "wafveil/1") == 0 && text != NULL;
    while (good && (word = strsep(&text, " ")) != NULL && word[0] != '@') {
        good = take_part(word, from);
    }
    return good && word != NULL && text == NULL ? number_in(word + 1) : -1;
}

static bool has(const struct wv_published *published, const long long from[OUTPUTS])
{
    bool same = true;
    for (size_t i = 0; i < OUTPUTS; i++) {
        same = same && atomic_load(&published->outputs[i].from) == from[i];
    }
    return same;
}

/* Written and read, it is the same. */
static void check_again(const struct wv_published *published, int64_t position)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    long long from[OUTPUTS];
    for (size_t i = 0; i < OUTPUTS; i++) {
        from[i] = atomic_load(&published->outputs[i].from);
    }
    size_t len = wv_published_write(published, false, text);
    wv_ensure((len == 0) == (from[0] < 0 && from[1] < 0));
    if (len > 0) {
        len = wv_published_end(text, len, position);
        struct wv_published *again = fresh();
        wv_ensure(
            wv_published_read(again, (struct wv_slice){(const uint8_t *)text, len}, position));
        wv_ensure(has(again, from));
        wv_published_free(again);
    }
}

static void try_metadata(struct wv_slice metadata)
{
    static const long long nothing[OUTPUTS] = {-1, -1};
    long long from[OUTPUTS] = {-1, -1};
    char *copy = copy_of(metadata);
    const long long position = strlen(copy) == metadata.len ? position_in(copy, from) : -1;
    struct wv_published *published = fresh();
    const long long other = position == INT64_MAX ? 0 : position + 1;
    wv_ensure(!wv_published_read(published, metadata, other) && has(published, nothing));
    const bool ours = wv_published_read(published, metadata, position < 0 ? 0 : position);
    wv_ensure(ours == (position >= 0) && has(published, ours ? from : nothing));
    if (ours) {
        check_again(published, position);
    }
    wv_published_free(published);
    free(copy);
}

static void try_header(struct wv_slice header)
{
    char prefix[64];
    (void)snprintf(prefix, sizeof prefix, "%s:%d:", TOPIC, PARTITION);
    char *copy = copy_of(header);
    const bool is_named = strlen(copy) == header.len && strncmp(copy, prefix, strlen(prefix)) == 0;
    const long long offset = is_named ? number_in(copy + strlen(prefix)) : -1;
    wv_ensure(wv_published_source(header, TOPIC, PARTITION) == offset);
    free(copy);
}

static int64_t take_number(struct wv_slice *rest)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof bits && rest->len > 0; i++) {
        bits |= (uint64_t)rest->ptr[0] << 8 * i;
        *rest = wv_slice_sub(*rest, 1, rest->len);
    }
    return (int64_t)bits;
}

static void try_numbers(struct wv_slice rest)
{
    int64_t ends[OUTPUTS];
    const int64_t position = take_number(&rest) & INT64_MAX;
    for (size_t i = 0; i < OUTPUTS; i++) {
        const int64_t end = take_number(&rest);
        ends[i] = end < 0 ? -1 : end;
    }
    struct wv_published *published = fresh();
    wv_published_begin(published, position, ends);
    check_again(published, position);
    wv_published_free(published);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct wv_slice rest = {data + 1, size - 1};
    if (data[0] == 0) {
        try_metadata(rest);
    } else if (data[0] == 1) {
        try_header(rest);
    } else {
        try_numbers(rest);
    }
    return 0;
}
