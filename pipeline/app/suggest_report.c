/* suggest_report.c — the findings for people. */
#include "app/suggest.h"

enum { CELL = 64 };

/* "EMAIL 97%, JP_PHONE 3%"; "-" for nothing. */
static void spell_labels(const struct wv_count *count, char *out, size_t size)
{
    size_t at = 0;
    (void)snprintf(out, size, "-");
    for (size_t i = 0; i < WV_COUNT_LABELS && count->labels[i].label != NULL; i++) {
        const uint64_t share = count->labels[i].values * 100 / count->values;
        const int used = snprintf(out + at, size - at, "%s%s %s%llu%%", at == 0 ? "" : ", ",
                                  count->labels[i].label, share == 0 ? "<" : "",
                                  (unsigned long long)(share == 0 ? 1 : share));
        if (used < 0 || (size_t)used >= size - at) {
            return;
        }
        at += (size_t)used;
    }
}

static void spell_kinds(const struct wv_count *count, char out[CELL])
{
    size_t at = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < WV_SIGHT_KINDS && at < CELL; i++) {
        if ((count->kinds >> i & 1) != 0) {
            at += (size_t)snprintf(out + at, CELL - at, "%s%s", at == 0 ? "" : ",",
                                   wv_sight_kind_word((enum wv_sight_kind)i));
        }
    }
}

static void print_numbers(const struct wv_suggest_row *row)
{
    char labels[4 * CELL];
    const struct wv_count *count = row->count;
    spell_labels(count, labels, sizeof labels);
    (void)printf("    %llu records, %llu values, %s%llu different, found: %s\n",
                 (unsigned long long)count->records, (unsigned long long)count->values,
                 wv_distinct_is_exact(&count->distinct) ? "" : "about ",
                 (unsigned long long)wv_count_distinct(count), labels);
}

static void print_suggestion(const struct wv_suggest_row *row, const char *otherwise)
{
    if (row->suggestion.word == NULL) {
        (void)printf("  → %s\n", otherwise);
    } else {
        (void)printf("  → %s (%s)\n", row->suggestion.word,
                     wv_suggest_sure_word(row->suggestion.sure));
    }
}

static void print_rest(const struct wv_suggest *suggest, const struct wv_suggest_rows *rows)
{
    if (rows->more > 0) {
        (void)printf("  and %llu more\n", (unsigned long long)rows->more);
    }
    if (rows->values > 0) {
        (void)printf("  *: %llu values under names that are not shown: in fewer than %u records, "
                     "too long,\n     not plain, or something is found in them\n",
                     (unsigned long long)rows->values, suggest->min);
    }
    if (rows->count == 0 && rows->values == 0) {
        (void)puts("  none");
    }
}

static const char *why_not(const struct wv_count *count)
{
    return count->hidden   ? "names that are not shown"
           : count->misfit ? "the format has something else there"
                           : "no path can name it";
}

static void print_fields(const struct wv_suggest *suggest, const struct wv_suggest_rows *rows)
{
    (void)puts("Members that no format lists");
    for (size_t i = 0; i < rows->count; i++) {
        const struct wv_count *count = rows->items[i].count;
        char path[WV_SUGGEST_PATH_MAX];
        char kinds[CELL];
        wv_suggest_path(count, path);
        spell_kinds(count, kinds);
        (void)printf("  %s  %s  %s", count->format, path, kinds);
        print_suggestion(&rows->items[i], why_not(count));
        print_numbers(&rows->items[i]);
    }
    print_rest(suggest, rows);
}

static void print_kept(const struct wv_suggest *suggest, const struct wv_suggest_rows *rows)
{
    (void)puts("\nFound in values that the policy keeps");
    for (size_t i = 0; i < rows->count; i++) {
        const struct wv_count *count = rows->items[i].count;
        char path[WV_SUGGEST_PATH_MAX];
        wv_suggest_path(count, path);
        (void)printf("  %s  %s  %s", count->format, path, wv_class_word(count->class));
        print_suggestion(&rows->items[i], "-");
        print_numbers(&rows->items[i]);
    }
    print_rest(suggest, rows);
}

static void print_names(const struct wv_suggest *suggest, const struct wv_suggest_rows *rows)
{
    (void)puts("\nNames of parameters, cookies and members that are worth listing");
    for (size_t i = 0; i < rows->count; i++) {
        const struct wv_count *count = rows->items[i].count;
        (void)printf("  %.*s ", (int)count->text_len, (const char *)count->text);
        (void)printf("%s%s%s", (count->kinds & WV_IN_QUERY) != 0 ? " query" : "",
                     (count->kinds & WV_IN_COOKIE) != 0 ? " cookie" : "",
                     (count->kinds & WV_IN_JSON) != 0 ? " json" : "");
        print_suggestion(&rows->items[i], "-");
        print_numbers(&rows->items[i]);
    }
    print_rest(suggest, rows);
}

enum wv_exit wv_suggest_print(const struct wv_suggest *suggest,
                              const struct wv_suggest_findings *findings)
{
    json_t *overlay = wv_suggest_overlay(findings);
    if (overlay == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    (void)printf("%llu records, of which %llu could not be read and %llu hold nothing\n\n",
                 (unsigned long long)suggest->records, (unsigned long long)suggest->rejected,
                 (unsigned long long)suggest->suppressed);
    print_fields(suggest, &findings->fields);
    print_kept(suggest, &findings->kept);
    print_names(suggest, &findings->parameters);
    bool good = true;
    if (json_object_size(overlay) > 0) {
        (void)puts("\nTo be added to the configuration, after a look at each line");
        good = json_dumpf(overlay, stdout, JSON_INDENT(2)) == 0;
        (void)putchar('\n');
    }
    json_decref(overlay);
    return good ? WV_EXIT_OK : WV_EXIT_OUTPUT;
}
