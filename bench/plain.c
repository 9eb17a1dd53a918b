/* plain.c — options and records of the smaller programs. */
#include "bench/plain.h"

#include "app/corpus.h"

#include <errno.h>
#include <stdlib.h>

enum { RECORDS_MAX = 1000000, SECONDS_MAX = 3600 };

bool plain_number(const char *text, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = text == NULL ? 0 : strtoull(text, &end, 10);
    return text != NULL && errno == 0 && *end == '\0' && end != text && *out > 0 && *out <= max;
}

bool plain_options(int argc, char **argv, struct plain_options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t number;
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
        } else if (strcmp(argv[i], "--records") == 0 && plain_number(next, RECORDS_MAX, &number)) {
            options->records = number;
            i++;
        } else if (strcmp(argv[i], "--seconds") == 0 && plain_number(next, SECONDS_MAX, &number)) {
            options->seconds = (unsigned)number;
            i++;
        } else {
            return false;
        }
    }
    return true;
}

bool plain_records_make(struct plain_records *records, size_t count, uint64_t seed, bool fresh)
{
    const size_t cap = count * WV_CORPUS_RECORD_MAX / 2;
    *records = (struct plain_records){
        .items = calloc(count, sizeof *records->items), .memory = malloc(cap), .count = count};
    if (records->items == NULL || records->memory == NULL) {
        return false;
    }
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, seed);
    corpus.fresh = fresh;
    struct wv_buf buf = wv_buf_of(records->memory, cap);
    for (size_t i = 0; i < count; i++) {
        const size_t from = buf.len;
        if (!wv_corpus_next(&corpus, &buf)) {
            return false;
        }
        records->items[i] = (struct wv_slice){records->memory + from, buf.len - from};
    }
    records->bytes = buf.len;
    return true;
}

void plain_records_free(struct plain_records *records)
{
    free(records->items);
    free(records->memory);
    *records = (struct plain_records){0};
}
