/*
 * vectors.h — reads the tables of known answers in tests/vectors (format: its README.md).
 *
 * For tests only: a file that is missing or wrong ends the test with its name and line.
 */
#ifndef WV_TESTS_SUPPORT_VECTORS_H
#define WV_TESTS_SUPPORT_VECTORS_H

#include "base/slice.h"

#include <stdio.h>
#include <stdlib.h>

enum { VECTOR_COLUMNS_MAX = 12 };

struct vector {
    size_t line;
    struct wv_slice raw[VECTOR_COLUMNS_MAX];    /* as written */
    struct wv_slice fields[VECTOR_COLUMNS_MAX]; /* escapes resolved */
};

struct vectors {
    char path[512];
    uint8_t *text;    /* as written */
    uint8_t *decoded; /* what the fields point into */
    struct vector *rows;
    size_t count;
    struct wv_slice columns[VECTOR_COLUMNS_MAX];
    size_t column_count;
};

_Noreturn static inline void vectors_stop(const char *path, size_t line, const char *text)
{
    fprintf(stderr, "%s:%zu: %s\n", path, line, text);
    abort();
}

static inline int vectors_hex(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const uint8_t lower = wv_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Resolves the escapes of one field into out, which has room for raw.len bytes. */
static inline struct wv_slice vectors_decode(struct wv_slice raw, uint8_t *out, const char *path,
                                             size_t line)
{
    static const char plain[] = "t\tn\nr\r\\\\";
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] != '\\') {
            out[len++] = raw.ptr[i];
            continue;
        }
        const uint8_t letter = i + 1 < raw.len ? raw.ptr[i + 1] : 0;
        const char *known = letter == 0 ? NULL : strchr(plain, letter);
        if (letter == 'x' && i + 3 < raw.len && vectors_hex(raw.ptr[i + 2]) >= 0 &&
            vectors_hex(raw.ptr[i + 3]) >= 0) {
            out[len++] = (uint8_t)(vectors_hex(raw.ptr[i + 2]) * 16 + vectors_hex(raw.ptr[i + 3]));
            i += 3;
        } else if (known != NULL && (known - plain) % 2 == 0) {
            out[len++] = (uint8_t)known[1];
            i += 1;
        } else {
            vectors_stop(path, line, "a backslash must begin \\t, \\n, \\r, \\\\ or \\xHH");
        }
    }
    return (struct wv_slice){out, len};
}

static inline struct wv_slice vectors_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        vectors_stop(path, 0, "no such table of known answers");
    }
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    uint8_t *text = malloc((size_t)size + 1);
    if (size < 0 || text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        vectors_stop(path, 0, "cannot be read");
    }
    fclose(file);
    text[size] = '\n';
    return (struct wv_slice){text, (size_t)size};
}

/* Splits a line at tabs; the number of pieces. */
static inline size_t vectors_split(struct wv_slice line, struct wv_slice out[VECTOR_COLUMNS_MAX])
{
    size_t count = 0;
    size_t from = 0;
    for (size_t i = 0; i <= line.len && count < VECTOR_COLUMNS_MAX; i++) {
        if (i == line.len || line.ptr[i] == '\t') {
            out[count++] = (struct wv_slice){line.ptr + from, i - from};
            from = i + 1;
        }
    }
    return count;
}

static inline void vectors_row(struct vectors *vectors, struct wv_slice line, size_t number)
{
    if (vectors->column_count == 0) {
        vectors->column_count = vectors_split(line, vectors->columns);
        return;
    }
    struct vector *row = &vectors->rows[vectors->count++];
    row->line = number;
    if (vectors_split(line, row->raw) > vectors->column_count) {
        vectors_stop(vectors->path, number, "has more fields than there are columns");
    }
    for (size_t i = 0; i < vectors->column_count; i++) {
        uint8_t *at = vectors->decoded +
                      (row->raw[i].ptr == NULL ? 0 : (size_t)(row->raw[i].ptr - vectors->text));
        row->fields[i] = vectors_decode(row->raw[i], at, vectors->path, number);
    }
}

/* folder/name.tsv; folder is WV_TEST_VECTORS in unit tests. */
static inline struct vectors vectors_load(const char *folder, const char *name)
{
    struct vectors vectors = {0};
    snprintf(vectors.path, sizeof vectors.path, "%s/%s.tsv", folder, name);
    const struct wv_slice text = vectors_read(vectors.path);
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n';
    }
    vectors.rows = calloc(lines, sizeof *vectors.rows);
    vectors.decoded = malloc(text.len + 1);
    vectors.text = malloc(text.len + 1);
    if (vectors.rows == NULL || vectors.decoded == NULL || vectors.text == NULL) {
        vectors_stop(vectors.path, 0, "does not fit in memory");
    }
    memcpy(vectors.text, text.ptr, text.len + 1);
    free((void *)(uintptr_t)text.ptr);

    size_t number = 0;
    for (size_t from = 0; from < text.len;) {
        size_t end = from;
        while (end < text.len && vectors.text[end] != '\n') {
            end++;
        }
        number++;
        if (end > from && vectors.text[from] != '#') {
            vectors_row(&vectors, (struct wv_slice){vectors.text + from, end - from}, number);
        }
        from = end + 1;
    }
    if (vectors.count == 0) {
        vectors_stop(vectors.path, number, "holds no cases");
    }
    return vectors;
}

static inline void vectors_free(struct vectors *vectors)
{
    free(vectors->rows);
    free(vectors->decoded);
    free(vectors->text);
}

/* The index of a column that must exist. */
static inline size_t vectors_column(const struct vectors *vectors, const char *name)
{
    for (size_t i = 0; i < vectors->column_count; i++) {
        if (wv_slice_eq(vectors->columns[i], wv_slice_of(name))) {
            return i;
        }
    }
    vectors_stop(vectors->path, 1, "lacks a column that the test reads");
}

/* Whether the table has the column. */
static inline bool vectors_has(const struct vectors *vectors, const char *name)
{
    for (size_t i = 0; i < vectors->column_count; i++) {
        if (wv_slice_eq(vectors->columns[i], wv_slice_of(name))) {
            return true;
        }
    }
    return false;
}

#endif
