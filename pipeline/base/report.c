/* report.c — findings are kept as they come and sorted only when somebody reads them. */
#include "base/report.h"

#include <stdarg.h>
#include <stdlib.h>

enum { TEXT_MAX = 1024, WORD_MAX = 128 };

struct wv_report {
    struct wv_finding items[WV_REPORT_MAX];
    size_t count;
    size_t errors;
    size_t warnings;
};

struct wv_report *wv_report_new(void)
{
    return calloc(1, sizeof(struct wv_report));
}

void wv_report_free(struct wv_report *report)
{
    if (report == NULL) {
        return;
    }
    for (size_t i = 0; i < report->count; i++) {
        free((void *)(uintptr_t)report->items[i].file);
        free((void *)(uintptr_t)report->items[i].pointer);
        free((void *)(uintptr_t)report->items[i].text);
    }
    free(report);
}

/* Bytes of the character of UTF-8 that begins there; 0: none does. Names are cut off at so many
 * bytes, and file names may hold anything. */
static size_t character(const char *at)
{
    const unsigned char first = (unsigned char)*at;
    const size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const unsigned char second = len > 1 ? (unsigned char)at[1] : 0;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || (first == 0xe0 && second < 0xa0) ||
        (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f)) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* A finding is one line of UTF-8: a name out of a document must not be able to forge another one,
 * or to drive the terminal that shows it. */
static char *copy_line(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    for (char *at = copy; at != NULL && *at != '\0';) {
        const size_t len = character(at);
        if (len == 0 || (unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = '?';
        }
        at += len == 0 ? 1 : len;
    }
    return copy;
}

bool wv_report_add(struct wv_report *report, struct wv_finding where, const char *format, ...)
{
    if (where.severity == WV_ERROR) {
        report->errors++;
    } else {
        report->warnings++;
    }
    if (report->count == WV_REPORT_MAX) {
        return false;
    }
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);

    struct wv_finding *finding = &report->items[report->count];
    *finding = where;
    finding->text = copy_line(len < 0 ? "" : text);
    if (finding->text == NULL) {
        return false; /* counted, so that the error is not lost with its text */
    }
    finding->file = copy_line(where.file);
    finding->pointer = copy_line(where.pointer);
    report->count++;
    return false;
}

size_t wv_report_count(const struct wv_report *report)
{
    return report->count;
}

const struct wv_finding *wv_report_at(const struct wv_report *report, size_t index)
{
    wv_ensure(index < report->count);
    return &report->items[index];
}

size_t wv_report_errors(const struct wv_report *report)
{
    return report->errors;
}

size_t wv_report_warnings(const struct wv_report *report)
{
    return report->warnings;
}

static int compare_findings(const void *left, const void *right)
{
    const struct wv_finding *a = *(const struct wv_finding *const *)left;
    const struct wv_finding *b = *(const struct wv_finding *const *)right;
    const int files = strcmp(a->file == NULL ? "" : a->file, b->file == NULL ? "" : b->file);
    if (files != 0) {
        return files;
    }
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return a < b ? -1 : 1; /* qsort is not stable; the order of discovery is */
}

static void print_finding(const struct wv_finding *finding, FILE *stream)
{
    if (finding->file != NULL) {
        fprintf(stream, "%s:", finding->file);
        if (finding->line > 0) {
            fprintf(stream, "%u:", finding->line);
        }
        if (finding->line > 0 && finding->column > 0) {
            fprintf(stream, "%u:", finding->column);
        }
        fputc(' ', stream);
    }
    fprintf(stream, "%s: %s", finding->severity == WV_ERROR ? "error" : "warning", finding->text);
    if (finding->pointer != NULL && finding->pointer[0] != '\0') {
        fprintf(stream, " (at %s)", finding->pointer);
    }
    fputc('\n', stream);
}

void wv_report_print(const struct wv_report *report, FILE *stream)
{
    const struct wv_finding *sorted[WV_REPORT_MAX];
    for (size_t i = 0; i < report->count; i++) {
        sorted[i] = &report->items[i];
    }
    qsort(sorted, report->count, sizeof sorted[0], compare_findings);
    for (size_t i = 0; i < report->count; i++) {
        print_finding(sorted[i], stream);
    }
    const size_t left_out = report->errors + report->warnings - report->count;
    if (left_out > 0) {
        fprintf(stream, "%zu more not shown\n", left_out);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn a into b: insertions, deletions, substitutions and swaps of neighbours (optimal
 * string alignment), without regard to case. Anything above limit is limit + 1. */
static size_t distance(struct wv_slice a, struct wv_slice b, size_t limit)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        const size_t *before = rows[(i + 1) % 3]; /* row i - 2 */
        const size_t *above = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        size_t best = i;
        for (size_t j = 1; j <= b.len; j++) {
            const uint8_t x = wv_lower(a.ptr[i - 1]);
            const uint8_t y = wv_lower(b.ptr[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], above[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == wv_lower(b.ptr[j - 2]) && y == wv_lower(a.ptr[i - 2])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
            best = least(best, row[j]);
        }
        /* A swap reaches two rows back and costs one edit, so one row is allowed to be too far. */
        if (best > limit + 1) {
            return limit + 1;
        }
    }
    return least(rows[a.len % 3][b.len], limit + 1);
}

const char *wv_nearest(struct wv_slice word, const char *const *names, size_t count)
{
    if (word.len == 0 || word.len > WORD_MAX) {
        return NULL;
    }
    size_t limit = word.len / 3 > 0 ? word.len / 3 : 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct wv_slice name = wv_slice_of(names[i]);
        const size_t gap = name.len > word.len ? name.len - word.len : word.len - name.len;
        if (names[i] == NULL || name.len > WORD_MAX || gap > limit) {
            continue;
        }
        const size_t edits = distance(word, name, limit);
        if (edits > limit) {
            continue;
        }
        nearest = names[i];
        if (edits == 0) {
            break;
        }
        limit = edits - 1; /* only a nearer one may replace it */
    }
    return nearest;
}
