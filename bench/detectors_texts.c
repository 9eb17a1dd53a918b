/*
 * detectors_texts.c — the texts that the detectors look through: values of made-up records, as the
 * engine hands them over, and lines of logs.
 */
#include "bench/detectors.h"

#include "app/corpus.h"

#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 1024 * 1024 };

static const char *const names[DETECTORS_SORTS] = {
    [DETECTORS_PATHS] = "path",       [DETECTORS_VALUES] = "value of a parameter",
    [DETECTORS_QUERIES] = "query",    [DETECTORS_HEADERS] = "header",
    [DETECTORS_PAYLOADS] = "payload", [DETECTORS_LOGS] = "line of a log",
};

static bool add(struct detectors_texts *texts, struct wv_slice text)
{
    if (text.len == 0) {
        return true;
    }
    if (texts->count == texts->room) {
        const size_t room = texts->room == 0 ? 1024 : texts->room * 2;
        struct wv_slice *items = realloc(texts->items, room * sizeof *items);
        if (items == NULL) {
            return false;
        }
        texts->items = items;
        texts->room = room;
    }
    uint8_t *copy = malloc(text.len);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    texts->items[texts->count++] = (struct wv_slice){copy, text.len};
    texts->bytes += text.len;
    return true;
}

static struct wv_slice text_of(const json_t *value)
{
    return json_is_string(value) ? (struct wv_slice){(const uint8_t *)json_string_value(value),
                                                     json_string_length(value)}
                                 : (struct wv_slice){NULL, 0};
}

static bool add_values(struct detectors_texts *texts, struct wv_slice query)
{
    bool good = true;
    for (size_t from = 0; good && from < query.len;) {
        const struct wv_slice rest = wv_slice_sub(query, from, query.len);
        const uint8_t *end = memchr(rest.ptr, '&', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        const uint8_t *sign = memchr(rest.ptr, '=', len);
        const size_t name = sign == NULL ? 0 : (size_t)(sign - rest.ptr) + 1;
        good = add(texts, wv_slice_sub(rest, name, len));
        from += len + 1;
    }
    return good;
}

static bool add_record(struct detectors_texts texts[DETECTORS_SORTS], const json_t *record)
{
    const json_t *asked = json_object_get(record, "httpRequest");
    const struct wv_slice query = text_of(json_object_get(asked, "args"));
    bool good = add(&texts[DETECTORS_PATHS], text_of(json_object_get(asked, "uri"))) &&
                add(&texts[DETECTORS_QUERIES], query) &&
                add_values(&texts[DETECTORS_VALUES], query);
    size_t i;
    size_t k;
    const json_t *item;
    const json_t *piece;
    json_array_foreach(json_object_get(asked, "headers"), i, item)
    {
        good = good && add(&texts[DETECTORS_HEADERS], text_of(json_object_get(item, "value")));
    }
    json_array_foreach(json_object_get(record, "terminatingRuleMatchDetails"), i, item)
    {
        json_array_foreach(json_object_get(item, "matchedData"), k, piece)
        {
            good = good && add(&texts[DETECTORS_PAYLOADS], text_of(piece));
        }
    }
    return good;
}

static bool add_records(struct detectors_texts texts[DETECTORS_SORTS], size_t records,
                        uint64_t seed)
{
    static uint8_t mem[WV_CORPUS_RECORD_MAX];
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, seed);
    bool good = true;
    for (size_t i = 0; good && i < records; i++) {
        struct wv_buf buf = wv_buf_of(mem, sizeof mem);
        json_t *record =
            wv_corpus_next(&corpus, &buf) ? json_loadb((char *)mem, buf.len, 0, NULL) : NULL;
        good = record != NULL && add_record(texts, record);
        json_decref(record);
    }
    return good;
}

static bool add_lines(struct detectors_texts *texts, struct wv_slice file)
{
    bool good = true;
    for (size_t from = 0; good && from < file.len;) {
        const struct wv_slice rest = wv_slice_sub(file, from, file.len);
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        const size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        good = add(texts, wv_slice_sub(rest, 0, len));
        from += len + 1;
    }
    return good;
}

static bool add_samples(struct detectors_texts *texts, const char *samples)
{
    char pattern[512];
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, "%s/*/*.log", samples);
    if (glob(pattern, 0, NULL, &found) != 0) {
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < found.gl_pathc; i++) {
        static uint8_t mem[FILE_MAX];
        FILE *file = fopen(found.gl_pathv[i], "rb");
        const size_t len = file == NULL ? 0 : fread(mem, 1, sizeof mem, file);
        good = len > 0 && add_lines(texts, (struct wv_slice){mem, len});
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    globfree(&found);
    return good;
}

bool detectors_texts_make(struct detectors_texts texts[DETECTORS_SORTS], size_t records,
                          uint64_t seed, const char *samples)
{
    memset(texts, 0, DETECTORS_SORTS * sizeof *texts);
    for (size_t i = 0; i < DETECTORS_SORTS; i++) {
        texts[i].name = names[i];
    }
    if (!add_records(texts, records, seed) || !add_samples(&texts[DETECTORS_LOGS], samples)) {
        (void)fputs("bench: the texts cannot be made\n", stderr);
        return false;
    }
    return true;
}
