/*
 * demo_summary.c — what the demonstration has counted, and whether it adds up.
 */
#include "app/demo_summary.h"

#include "app/demo_samples.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER = 32, LINE_MAX_HERE = 160 };

struct wv_demo_totals wv_demo_totals(const struct wv_demo_counts *counts)
{
    struct wv_demo_totals totals = {.holds = counts->unfed == 0 && counts->strange == 0};
    for (size_t i = 0; i < WV_DEMO_PARTITIONS; i++) {
        const struct wv_demo_partition *at = &counts->partitions[i];
        totals.fed += at->fed;
        totals.published += at->published;
        totals.stubs += at->stubs;
        totals.rejected += at->rejected - at->stubs;
        totals.holds =
            totals.holds && at->stubs <= at->rejected && at->fed == at->published + at->rejected;
    }
    return totals;
}

uint64_t wv_demo_accounted(const struct wv_demo_counts *counts)
{
    const struct wv_demo_totals totals = wv_demo_totals(counts);
    return totals.published + totals.stubs + totals.rejected;
}

/* 1234567 as 1,234,567. */
static const char *number(uint64_t value, char text[NUMBER])
{
    char *at = text + NUMBER - 1;
    *at = '\0';
    for (unsigned digits = 0; digits == 0 || value > 0; digits++, value /= 10) {
        if (digits > 0 && digits % 3 == 0) {
            *--at = ',';
        }
        *--at = (char)('0' + value % 10);
    }
    return at;
}

static void show_title(const struct wv_colors *colors, const char *title)
{
    (void)printf("\n%s%s%s\n", colors->bold, title, colors->off);
}

static void show_classes(const struct wv_tally *tally, const struct wv_colors *colors)
{
    show_title(colors, "What was done, by class of value");
    (void)printf("  %s%-18s", colors->dim, "");
    for (size_t k = 0; k < WV_ACTION_COUNT; k++) {
        (void)printf("%14s", wv_action_word((enum wv_action)k));
    }
    (void)printf("%s\n", colors->off);
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < WV_ACTION_COUNT; k++) {
            sum += tally->fields[i][k];
        }
        if (sum == 0) {
            continue;
        }
        (void)printf("  %-18s", wv_class_word((enum wv_class)i));
        for (size_t k = 0; k < WV_ACTION_COUNT; k++) {
            char text[NUMBER];
            (void)printf("%14s", tally->fields[i][k] == 0 ? "" : number(tally->fields[i][k], text));
        }
        (void)fputc('\n', stdout);
    }
}

static int by_count(const void *a, const void *b)
{
    const struct wv_demo_word *const left = a;
    const struct wv_demo_word *const right = b;
    return left->count == right->count
               ? strcmp(left->text, right->text)
               : (left->count < right->count) - (left->count > right->count);
}

static void show_words(const struct wv_demo_word *words, bool laws)
{
    struct wv_demo_word sorted[WV_DEMO_WORDS];
    memcpy(sorted, words, sizeof sorted);
    qsort(sorted, WV_DEMO_WORDS, sizeof *sorted, by_count);
    for (size_t i = 0; i < WV_DEMO_WORDS && sorted[i].count > 0; i++) {
        char text[NUMBER];
        (void)printf("  %14s  ", number(sorted[i].count, text));
        if (laws) {
            wv_demo_show_laws(sorted[i].text);
        } else {
            (void)fputs(sorted[i].text, stdout);
        }
        (void)fputc('\n', stdout);
    }
}

static void show_speed(const struct wv_demo_summary *summary, const struct wv_colors *colors)
{
    const double seconds = (double)summary->busy_ns / 1e9;
    const double megabytes = (double)summary->counts->bytes_in / 1e6;
    char text[NUMBER];
    show_title(colors, "Speed (embedded broker)");
    if (seconds > 0) {
        (void)printf("  %s records/s, %.0f MB/s: %.0f MB in %.1f s\n",
                     number((uint64_t)((double)summary->records / seconds), text),
                     megabytes / seconds, megabytes, seconds);
    }
    (void)printf(
        "  %sThe service, the broker, the maker of the records and the consumer that counts "
        "shared %ld core%s;\n  up to %s records were waiting when it began.%s\n",
        colors->dim, summary->cores, summary->cores == 1 ? "" : "s",
        number((uint64_t)WV_DEMO_PARTITIONS * WV_DEMO_WINDOW, text), colors->off);
    (void)printf("  %.1f s in all, 3 of them until the broker lets a consumer group begin\n",
                 (double)summary->total_ns / 1e9);
}

static bool show_balance(const struct wv_demo_summary *summary, const struct wv_colors *colors)
{
    const struct wv_demo_totals totals = wv_demo_totals(summary->counts);
    const bool complete = totals.fed == summary->records;
    const bool committed = summary->committed == (int64_t)summary->records;
    char a[NUMBER];
    char b[NUMBER];
    char c[NUMBER];
    char d[NUMBER];
    show_title(colors, "Balance, by a consumer of its own that read " WV_DEMO_PROTECTED
                       " and " WV_DEMO_REJECTS);
    (void)printf("  records in %s = out %s + stubs %s + rejected %s\n", number(totals.fed, a),
                 number(totals.published, b), number(totals.stubs, c), number(totals.rejected, d));
    const bool holds = totals.holds && complete && committed;
    (void)printf("  %s%s%s\n", holds ? colors->green : colors->red,
                 holds ? "It holds in every partition: nothing is lost, nothing is doubled, "
                         "everything is committed."
                       : "It does NOT hold.",
                 colors->off);
    return holds;
}

/* What is wrong, in numbers of ours. */
static void explain(const struct wv_demo_summary *summary)
{
    const struct wv_demo_counts *counts = summary->counts;
    (void)fprintf(
        stderr,
        "wafveil: the balance does not hold: %llu of %llu records were fed (%llu refused), "
        "%lld are committed, %llu messages are unknown\n",
        (unsigned long long)wv_demo_totals(counts).fed, (unsigned long long)summary->records,
        (unsigned long long)counts->unfed, (long long)summary->committed,
        (unsigned long long)counts->strange);
    for (size_t i = 0; i < WV_DEMO_PARTITIONS; i++) {
        const struct wv_demo_partition *at = &counts->partitions[i];
        if (at->fed != at->published + at->rejected || at->stubs > at->rejected) {
            (void)fprintf(stderr,
                          "wafveil: partition %zu: %llu in, %llu out, %llu stubs, %llu on the "
                          "reject topic\n",
                          i, (unsigned long long)at->fed, (unsigned long long)at->published,
                          (unsigned long long)at->stubs, (unsigned long long)at->rejected);
        }
    }
}

bool wv_demo_summarise(const struct wv_demo_summary *summary, const struct wv_colors *colors)
{
    show_classes(summary->tally, colors);
    show_title(colors, "Published, by the laws that were merged for a record");
    show_words(summary->counts->packs, true);
    char keys[NUMBER];
    (void)printf(
        "  %14s  with a token as Kafka key, where the client's address was; the rest has none\n",
        number(summary->counts->keys, keys));
    show_title(colors, "Not published, by reason (of the reject topic, which holds no values)");
    show_words(summary->counts->reasons, false);
    show_speed(summary, colors);
    const bool holds = show_balance(summary, colors);
    if (!holds) {
        (void)fflush(stdout);
        explain(summary);
    }
    return holds;
}
