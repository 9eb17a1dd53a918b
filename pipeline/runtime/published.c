/*
 * published.c — what an output's partition already has of an input's partition.
 *
 * The metadata: "wafveil/1", then for each output its writer and an offset, then the position that
 * it belongs to: "wafveil/1 0123456789abcdef:4711 @42".
 */
#include "runtime/published.h"

#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    PART_MAX = WV_WRITER_LEN + 24, /* of an output; also of the position */
    FOUND_FIRST = 1024,
};

static const char head[] = "wafveil/1";

struct wv_writer wv_writer_of(const char *group, const char *brokers, struct wv_slice output)
{
    struct wv_writer writer;
    uint64_t hash = XXH3_64bits(group, strlen(group) + 1);
    hash = XXH3_64bits_withSeed(brokers, strlen(brokers) + 1, hash);
    hash = XXH3_64bits_withSeed(output.len == 0 ? "" : (const char *)output.ptr, output.len, hash);
    (void)snprintf(writer.text, sizeof writer.text, "%016llx", (unsigned long long)hash);
    return writer;
}

struct wv_published *wv_published_new(size_t outputs)
{
    struct wv_published *published =
        calloc(1, sizeof *published + outputs * sizeof published->outputs[0]);
    if (published == NULL) {
        return NULL;
    }
    published->count = outputs;
    for (size_t i = 0; i < outputs; i++) {
        struct wv_published_output *output = &published->outputs[i];
        output->acked = output->before = output->handed = output->counted = -1;
        atomic_init(&output->from, -1);
    }
    return published;
}

void wv_published_free(struct wv_published *published)
{
    if (published != NULL) {
        for (size_t i = 0; i < published->count; i++) {
            free(published->outputs[i].found);
        }
        free(published);
    }
}

/* A number as we write it: digits, and no zero before others. -1: it is none. */
static int64_t number_of(struct wv_slice text)
{
    int64_t number = 0;
    if (text.len == 0 || text.len > 19 || (text.len > 1 && text.ptr[0] == '0')) {
        return -1;
    }
    for (size_t i = 0; i < text.len; i++) {
        const int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || number > (INT64_MAX - digit) / 10) {
            return -1;
        }
        number = number * 10 + digit;
    }
    return number;
}

/* Up to the next blank, which is taken, too. */
static struct wv_slice next_word(struct wv_slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ') {
        len++;
    }
    const struct wv_slice word = {rest->ptr, len};
    const size_t taken = len < rest->len ? len + 1 : len;
    *rest = (struct wv_slice){rest->ptr + taken, rest->len - taken};
    return word;
}

/* "0123456789abcdef:4711". Returns the number; -1: it is something else. */
static int64_t read_part(struct wv_slice word)
{
    if (word.len <= WV_WRITER_LEN + 1 || word.ptr[WV_WRITER_LEN] != ':') {
        return -1;
    }
    for (size_t i = 0; i < WV_WRITER_LEN; i++) {
        if (strchr("0123456789abcdef", word.ptr[i]) == NULL || word.ptr[i] == '\0') {
            return -1;
        }
    }
    return number_of((struct wv_slice){word.ptr + WV_WRITER_LEN + 1, word.len - WV_WRITER_LEN - 1});
}

static bool is_ours(struct wv_slice metadata, int64_t position)
{
    const struct wv_slice first = next_word(&metadata);
    if (!wv_slice_eq(first, wv_slice_of(head)) || metadata.len == 0) {
        return false;
    }
    for (;;) {
        const bool last = metadata.ptr[0] == '@';
        struct wv_slice word = last ? metadata : next_word(&metadata);
        if (last) {
            const int64_t named = number_of((struct wv_slice){word.ptr + 1, word.len - 1});
            return named >= 0 && named == position;
        }
        if (read_part(word) < 0 || metadata.len == 0) {
            return false;
        }
    }
}

bool wv_published_read(struct wv_published *published, struct wv_slice metadata, int64_t position)
{
    if (metadata.len == 0 || !is_ours(metadata, position)) {
        return false;
    }
    (void)next_word(&metadata);
    while (metadata.ptr[0] != '@') {
        const struct wv_slice word = next_word(&metadata);
        const struct wv_slice writer = {word.ptr, WV_WRITER_LEN};
        for (size_t i = 0; i < published->count; i++) {
            if (wv_slice_eq(writer, wv_slice_of(published->outputs[i].writer.text))) {
                atomic_store(&published->outputs[i].from, read_part(word));
            }
        }
    }
    return true;
}

bool wv_published_find(struct wv_published *published, size_t output, int64_t offset)
{
    struct wv_published_output *to = &published->outputs[output];
    const size_t count = to->found_count;
    if ((count & (count - 1)) == 0 && (count == 0 || count >= FOUND_FIRST)) { /* it is full */
        const size_t cap = count == 0 ? FOUND_FIRST : count * 2;
        int64_t *found = realloc(to->found, cap * sizeof *found);
        if (found == NULL) {
            return false;
        }
        to->found = found;
    }
    to->found[to->found_count++] = offset;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void wv_published_begin(struct wv_published *published, int64_t position, const int64_t *ends)
{
    published->until = position;
    for (size_t i = 0; i < published->count; i++) {
        struct wv_published_output *output = &published->outputs[i];
        output->acked = ends[i];
        output->before = ends[i];
        if (ends[i] < 0 || atomic_load(&output->from) < 0 || atomic_load(&output->from) > ends[i]) {
            atomic_store(&output->from, ends[i]);
        }
        output->handed = output->counted = atomic_load(&output->from);
        if (output->found_count > 0) {
            qsort(output->found, output->found_count, sizeof *output->found, by_offset);
            const int64_t last = output->found[output->found_count - 1];
            published->until = last >= published->until ? last + 1 : published->until;
        }
    }
}

bool wv_published_has(struct wv_published *published, size_t output, int64_t offset)
{
    struct wv_published_output *of = &published->outputs[output];
    if (of->found == NULL) {
        return false;
    }
    while (of->next < of->found_count && of->found[of->next] < offset) {
        of->next++;
    }
    if (of->next == of->found_count) {
        free(of->found);
        of->found = NULL;
        return false;
    }
    return of->found[of->next] == offset;
}

void wv_published_move(struct wv_published *published, int64_t position, int64_t end)
{
    if (position < published->until) {
        return;
    }
    /* Whatever was acknowledged when `before` was noted is done by now, and what was not, or had
     * not been read, stands behind it. */
    for (size_t i = 0; i < published->count; i++) {
        struct wv_published_output *output = &published->outputs[i];
        atomic_store_explicit(&output->from, output->before, memory_order_release);
        output->before = output->acked;
    }
    published->until = end;
}

void wv_published_hand(struct wv_published *published)
{
    for (size_t i = 0; i < published->count; i++) {
        published->outputs[i].handed = atomic_load(&published->outputs[i].from);
    }
}

void wv_published_count(struct wv_published *published)
{
    for (size_t i = 0; i < published->count; i++) {
        published->outputs[i].counted = published->outputs[i].handed;
    }
}

size_t wv_published_write(const struct wv_published *published, bool counted,
                          char text[WV_PUBLISHED_TEXT_MAX])
{
    size_t len = sizeof head - 1;
    memcpy(text, head, len);
    bool any = false;
    for (size_t i = 0; i < published->count; i++) {
        const struct wv_published_output *output = &published->outputs[i];
        const int64_t from =
            counted ? output->counted : atomic_load_explicit(&output->from, memory_order_acquire);
        if (from < 0) {
            continue;
        }
        if (len + 2 * PART_MAX > WV_PUBLISHED_TEXT_MAX) {
            return 0; /* of so many outputs brokers would refuse the commit */
        }
        any = true;
        len += (size_t)snprintf(text + len, PART_MAX, " %s:%lld", output->writer.text,
                                (long long)from);
    }
    return any ? len : 0;
}

size_t wv_published_end(char text[WV_PUBLISHED_TEXT_MAX], size_t len, int64_t position)
{
    wv_ensure(len > 0 && len + PART_MAX <= WV_PUBLISHED_TEXT_MAX);
    return len + (size_t)snprintf(text + len, PART_MAX, " @%lld", (long long)position);
}

int64_t wv_published_source(struct wv_slice header, const char *topic, int32_t partition)
{
    char rest[16];
    const size_t name = strlen(topic);
    const size_t len = (size_t)snprintf(rest, sizeof rest, ":%d:", (int)partition);
    if (header.len <= name + len || memcmp(header.ptr, topic, name) != 0 ||
        memcmp(header.ptr + name, rest, len) != 0) {
        return -1;
    }
    return number_of((struct wv_slice){header.ptr + name + len, header.len - name - len});
}
