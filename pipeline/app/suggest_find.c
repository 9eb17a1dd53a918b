/* suggest_find.c — from counts to the rows of the report. */
#include "app/suggest.h"

#include <stdlib.h>

/* The most frequent first; of equals, in the order of their names, so that a sample always gives
 * the same report. */
static int by_records(const void *a, const void *b)
{
    const struct wv_count *one = ((const struct wv_suggest_row *)a)->count;
    const struct wv_count *two = ((const struct wv_suggest_row *)b)->count;
    if (one->records != two->records) {
        return one->records < two->records ? 1 : -1;
    }
    char paths[2][WV_SUGGEST_PATH_MAX];
    wv_suggest_path(one, paths[0]);
    wv_suggest_path(two, paths[1]);
    const int order = strcmp(paths[0], paths[1]);
    return order != 0 ? order : (int)one->class - (int)two->class;
}

static bool begin(struct wv_suggest_rows *rows, const struct wv_counts *counts)
{
    rows->items = calloc(counts->used + 1, sizeof *rows->items);
    rows->values = counts->others;
    return rows->items != NULL;
}

static void add(struct wv_suggest_rows *rows, const struct wv_count *count,
                struct wv_suggestion suggestion)
{
    rows->items[rows->count++] = (struct wv_suggest_row){count, suggestion};
}

static void hide(struct wv_suggest_rows *rows, const struct wv_count *count)
{
    rows->names++;
    rows->values += count->values;
}

static void end(struct wv_suggest_rows *rows)
{
    qsort(rows->items, rows->count, sizeof *rows->items, by_records);
    if (rows->count > WV_SUGGEST_ROWS) {
        rows->more = rows->count - WV_SUGGEST_ROWS;
        rows->count = WV_SUGGEST_ROWS;
    }
}

static void find_fields(const struct wv_suggest *suggest, struct wv_suggest_rows *rows)
{
    const struct wv_suggestion none = {NULL, WV_GUESS};
    for (size_t i = 0; i < suggest->fields.used; i++) {
        const struct wv_count *count = &suggest->fields.items[i];
        /* What stands for names that are not shown says nothing but where they are. */
        if (count->text_len > 0 && !count->hidden && count->records < suggest->min) {
            hide(rows, count);
        } else {
            add(rows, count, count->plain ? wv_suggest_field(suggest, count) : none);
        }
    }
}

static void find_kept(const struct wv_suggest *suggest, struct wv_suggest_rows *rows)
{
    for (size_t i = 0; i < suggest->kept.used; i++) {
        const struct wv_count *count = &suggest->kept.items[i];
        if (count->found > 0) {
            add(rows, count, wv_suggest_kept(suggest, count));
        }
    }
}

static void find_parameters(const struct wv_suggest *suggest, struct wv_suggest_rows *rows)
{
    rows->values += suggest->hidden;
    for (size_t i = 0; i < suggest->parameters.used; i++) {
        const struct wv_count *count = &suggest->parameters.items[i];
        const struct wv_suggestion suggestion = wv_suggest_name(suggest, count);
        if (count->records < suggest->min) {
            hide(rows, count);
        } else if (suggestion.word != NULL) {
            add(rows, count, suggestion);
        }
    }
}

bool wv_suggest_find(const struct wv_suggest *suggest, struct wv_suggest_findings *findings)
{
    *findings = (struct wv_suggest_findings){0};
    if (!begin(&findings->fields, &suggest->fields) || !begin(&findings->kept, &suggest->kept) ||
        !begin(&findings->parameters, &suggest->parameters)) {
        return false;
    }
    find_fields(suggest, &findings->fields);
    find_kept(suggest, &findings->kept);
    find_parameters(suggest, &findings->parameters);
    end(&findings->fields);
    end(&findings->kept);
    end(&findings->parameters);
    return true;
}

void wv_suggest_findings_fini(struct wv_suggest_findings *findings)
{
    free(findings->fields.items);
    free(findings->kept.items);
    free(findings->parameters.items);
    *findings = (struct wv_suggest_findings){0};
}

void wv_suggest_path(const struct wv_count *count, char out[WV_SUGGEST_PATH_MAX])
{
    const char *path = count->path == NULL ? "" : count->path;
    const size_t length = strlen(path);
    const bool joined =
        length == 0 || count->text_len == 0 || path[length - 1] == ':' || count->text[0] == '[';
    (void)snprintf(out, WV_SUGGEST_PATH_MAX, "%s%s%.*s", path, joined ? "" : ".",
                   (int)count->text_len, (const char *)count->text);
}
