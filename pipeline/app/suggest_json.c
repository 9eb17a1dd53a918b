/* suggest_json.c — the findings as JSON, and the overlay that answers them. */
#include "app/suggest.h"

/* Whether the row's answer is a class of its path. */
static bool is_answered(const struct wv_suggest_row *row, enum wv_suggest_sure least)
{
    return row->count->plain && row->suggestion.word != NULL && row->suggestion.sure >= least;
}

static json_t *member(json_t *object, const char *name, json_t *fresh)
{
    json_t *known = json_object_get(object, name);
    if (known != NULL) {
        json_decref(fresh);
        return known;
    }
    return json_object_set_new(object, name, fresh) == 0 ? fresh : NULL;
}

static bool put_fields(const struct wv_suggest_rows *rows, enum wv_suggest_sure least,
                       json_t *overlay)
{
    bool good = true;
    for (size_t i = 0; good && i < rows->count; i++) {
        const struct wv_suggest_row *row = &rows->items[i];
        if (!is_answered(row, least)) {
            continue;
        }
        char path[WV_SUGGEST_PATH_MAX];
        wv_suggest_path(row->count, path);
        json_t *formats = member(overlay, "formats", json_object());
        json_t *fields = formats == NULL ? NULL : member(formats, "fields", json_object());
        json_t *format = fields == NULL ? NULL : member(fields, row->count->format, json_object());
        good = format != NULL &&
               json_object_set_new(format, path, json_string(row->suggestion.word)) == 0;
    }
    return good;
}

/* Two spellings of one name would be listed twice, in different classes perhaps. */
static bool is_first_spelling(const struct wv_suggest_rows *rows, size_t row)
{
    const struct wv_count *count = rows->items[row].count;
    for (size_t i = 0; i < row; i++) {
        const struct wv_count *other = rows->items[i].count;
        size_t a = 0;
        size_t b = 0;
        for (;;) {
            while (a < count->text_len && memchr("_.-[]", count->text[a], 5) != NULL) {
                a++;
            }
            while (b < other->text_len && memchr("_.-[]", other->text[b], 5) != NULL) {
                b++;
            }
            if (a == count->text_len || b == other->text_len ||
                wv_lower(count->text[a]) != wv_lower(other->text[b])) {
                break;
            }
            a++;
            b++;
        }
        if (a == count->text_len && b == other->text_len) {
            return false;
        }
    }
    return true;
}

static bool put_parameters(const struct wv_suggest_rows *rows, json_t *overlay)
{
    bool good = true;
    for (size_t i = 0; good && i < rows->count; i++) {
        const struct wv_suggest_row *row = &rows->items[i];
        if (!is_first_spelling(rows, i)) {
            continue;
        }
        json_t *names = member(overlay, "names", json_object());
        json_t *parameters = names == NULL ? NULL : member(names, "parameters", json_object());
        json_t *list =
            parameters == NULL ? NULL : member(parameters, row->suggestion.word, json_array());
        good =
            list != NULL && json_array_append_new(list, json_stringn((const char *)row->count->text,
                                                                     row->count->text_len)) == 0;
    }
    return good;
}

json_t *wv_suggest_overlay(const struct wv_suggest_findings *findings)
{
    json_t *overlay = json_object();
    if (overlay == NULL || !put_fields(&findings->fields, WV_GUESS, overlay) ||
        !put_fields(&findings->kept, WV_LIKELY, overlay) ||
        !put_parameters(&findings->parameters, overlay)) {
        json_decref(overlay);
        return NULL;
    }
    return overlay;
}

static json_t *kinds_of(const struct wv_count *count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < WV_SIGHT_KINDS; i++) {
        if ((count->kinds >> i & 1) != 0) {
            (void)json_array_append_new(list,
                                        json_string(wv_sight_kind_word((enum wv_sight_kind)i)));
        }
    }
    return list;
}

static json_t *places_of(const struct wv_count *count)
{
    static const char *const words[] = {"query", "cookie", "json"};
    json_t *list = json_array();
    for (unsigned i = 0; i < WV_COUNT(words); i++) {
        if ((count->kinds >> i & 1) != 0) {
            (void)json_array_append_new(list, json_string(words[i]));
        }
    }
    return list;
}

static json_t *labels_of(const struct wv_count *count)
{
    json_t *labels = json_object();
    for (size_t i = 0; i < WV_COUNT_LABELS && count->labels[i].label != NULL; i++) {
        (void)json_object_set_new(labels, count->labels[i].label,
                                  json_integer((json_int_t)count->labels[i].values));
    }
    return labels;
}

/* What rows of all kinds have. */
static json_t *numbers_of(const struct wv_suggest_row *row)
{
    const struct wv_count *count = row->count;
    json_t *object = json_object();
    (void)json_object_set_new(object, "records", json_integer((json_int_t)count->records));
    (void)json_object_set_new(object, "values", json_integer((json_int_t)count->values));
    (void)json_object_set_new(object, "distinct",
                              json_integer((json_int_t)wv_count_distinct(count)));
    (void)json_object_set_new(object, "exact",
                              json_boolean(wv_distinct_is_exact(&count->distinct)));
    (void)json_object_set_new(object, "hits", json_integer((json_int_t)count->found));
    (void)json_object_set_new(object, "detectors", labels_of(count));
    if (row->suggestion.word != NULL) {
        (void)json_object_set_new(object, "suggested", json_string(row->suggestion.word));
        (void)json_object_set_new(object, "sure",
                                  json_string(wv_suggest_sure_word(row->suggestion.sure)));
    }
    return object;
}

static json_t *list_of(const struct wv_suggest_rows *rows, bool with_class)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count; i++) {
        const struct wv_count *count = rows->items[i].count;
        json_t *object = numbers_of(&rows->items[i]);
        char path[WV_SUGGEST_PATH_MAX];
        wv_suggest_path(count, path);
        if (count->format == NULL) {
            (void)json_object_set_new(object, "name", json_string(path));
            (void)json_object_set_new(object, "in", places_of(count));
        } else {
            (void)json_object_set_new(object, "format", json_string(count->format));
            (void)json_object_set_new(object, "path", json_string(path));
            (void)json_object_set_new(object, "kinds", kinds_of(count));
            (void)json_object_set_new(object, "overlay", json_boolean(count->plain));
        }
        if (with_class) {
            (void)json_object_set_new(object, "class", json_string(wv_class_word(count->class)));
        }
        (void)json_array_append_new(list, object);
    }
    return list;
}

static json_t *rest_of(const struct wv_suggest_rows *rows)
{
    return json_pack("{s:I, s:I, s:I}", "names", (json_int_t)rows->names, "values",
                     (json_int_t)rows->values, "rows", (json_int_t)rows->more);
}

enum wv_exit wv_suggest_print_json(const struct wv_suggest *suggest,
                                   const struct wv_suggest_findings *findings)
{
    json_t *overlay = wv_suggest_overlay(findings);
    json_t *root = json_pack(
        "{s:{s:I, s:I, s:I}, s:o, s:o, s:o, s:{s:o, s:o}, s:o}", "records", "read",
        (json_int_t)suggest->records, "rejected", (json_int_t)suggest->rejected, "suppressed",
        (json_int_t)suggest->suppressed, "unlisted", list_of(&findings->fields, false), "kept",
        list_of(&findings->kept, true), "names", list_of(&findings->parameters, false), "not_shown",
        "unlisted", rest_of(&findings->fields), "names", rest_of(&findings->parameters), "overlay",
        overlay);
    if (root == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const bool good = json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    (void)putchar('\n');
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}
