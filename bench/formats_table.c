/*
 * formats_table — the rows as a table, or as one JSON object.
 */
#include "bench/formats_table.h"

#include "bench/rounds.h"
#include "json/index.h"

#include <stdio.h>
#include <stdlib.h>

struct reason {
    enum format_way way;
    const char *name; /* of the row; NULL ends the table */
    const char *text;
};

static const struct reason reasons[] = {
#define FORMAT_REASON(way, name, text) {FORMAT_##way, name, text},
#include "bench/formats_reasons.def"
#undef FORMAT_REASON
    {FORMAT_NAMED, NULL, NULL},
};

/* What is told of one way to read a row. The ratio is of MB/s to those of the first row of its
 * kind, read by name; 0: there is none. */
struct speed {
    double mb_s;
    double best; /* MB/s */
    double us_record;
    double ratio;
};

static const char *find_reason(const char *name, enum format_way way)
{
    for (const struct reason *reason = reasons; reason->name != NULL; reason++) {
        if (reason->way == way && strcmp(reason->name, name) == 0) {
            return reason->text;
        }
    }
    return NULL;
}

/* Format auto takes what a named format takes, and more. */
static const char *reason_of(const char *name, enum format_way way)
{
    const char *own = find_reason(name, way);
    return own != NULL ? own : find_reason(name, FORMAT_NAMED);
}

static struct speed speed_of(const struct format_row *row, struct format_track *track)
{
    struct speed speed = {0};
    if (!track->there || track->rounds == 0) {
        return speed;
    }
    const double middle = bench_median(track->seconds, track->rounds);
    speed.mb_s = (double)row->messages.bytes / middle / 1e6;
    speed.best = (double)row->messages.bytes / track->seconds[0] / 1e6;
    speed.us_record = middle / (double)row->messages.records * 1e6;
    return speed;
}

/* Formats are compared with aws-waf, wrappings with the record without one: MB/s of that row. */
static double base_of(struct format_result *results, size_t count, bool wrapped)
{
    for (size_t i = 0; i < count; i++) {
        const struct format_row *row = &results[i].row;
        if (row->wrapped == wrapped && strcmp(row->name, wrapped ? "bare" : "aws-waf") == 0) {
            return speed_of(row, &results[i].tracks[FORMAT_NAMED]).mb_s;
        }
    }
    return 0;
}

static struct speed measured(struct format_result *result, enum format_way way, double base)
{
    struct speed speed = speed_of(&result->row, &result->tracks[way]);
    speed.ratio = base > 0 ? speed.mb_s / base : 0;
    return speed;
}

static bool is_slow(const struct speed *speed)
{
    return speed->ratio > 0 && speed->ratio < 1.0 / 3;
}

/* ---- A table ----------------------------------------------------------------------------------
 */

static void print_speed(const struct speed *speed)
{
    if (speed->mb_s <= 0) {
        printf("  %6s %6s %7s %5s", "-", "-", "-", "-");
        return;
    }
    printf("  %6.1f %6.1f %7.2f", speed->mb_s, speed->best, speed->us_record);
    if (speed->ratio > 0) {
        printf(" %5.2f", speed->ratio);
    } else {
        printf(" %5s", "-");
    }
}

static void print_reasons(const char *name, const struct speed *named, const struct speed *found)
{
    const char *first = reason_of(name, FORMAT_NAMED);
    const char *second = reason_of(name, FORMAT_AUTO);
    if (is_slow(named)) {
        printf("  <1/3: %s", first == NULL ? "not looked into" : first);
    }
    if (is_slow(found) && !(is_slow(named) && first == second)) {
        printf("  auto <1/3: %s", second == NULL ? "not looked into" : second);
    }
}

static void print_row(struct format_result *result, double base)
{
    const struct format_row *row = &result->row;
    const struct speed named = measured(result, FORMAT_NAMED, base);
    const struct speed found = measured(result, FORMAT_AUTO, base);
    printf("%-24s ", row->name);
    if (row->wrapped) {
        printf("%7s", "");
    } else {
        printf("%3zu/%-3zu", row->samples_used, row->samples);
    }
    printf(" %6zu", row->messages.bytes / row->messages.records);
    print_speed(&named);
    print_speed(&found);
    print_reasons(row->name, &named, &found);
    putchar('\n');
}

static void print_rows(struct format_result *results, size_t count, bool wrapped)
{
    const double base = base_of(results, count, wrapped);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (results[i].row.wrapped != wrapped) {
            continue;
        }
        if (!any) {
            printf("%-24s %7s %6s  %6s %6s %7s %5s  %6s %6s %7s %5s\n",
                   wrapped ? "wrapping" : "format", wrapped ? "" : "samples", "bytes", "MB/s",
                   "best", "us/rec", "ratio", "auto", "best", "us/rec", "ratio");
        }
        any = true;
        print_row(&results[i], base);
    }
}

void format_table_print(struct format_result *results, size_t count)
{
    printf("%s\n", wv_simd_used() == WV_SIMD_AVX2 ? "AVX2" : "no AVX2: the portable code");
    print_rows(results, count, false);
    putchar('\n');
    print_rows(results, count, true);
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

static void print_json_speed(const char *name, enum format_way way, const struct speed *speed)
{
    const char *reason = reason_of(name, way);
    printf(",\"%s\":", way == FORMAT_AUTO ? "auto" : "named");
    if (speed->mb_s <= 0) {
        printf("null");
        return;
    }
    printf("{\"mb_s\":%.2f,\"mb_s_best\":%.2f,\"us_record\":%.3f,\"ratio\":", speed->mb_s,
           speed->best, speed->us_record);
    if (speed->ratio > 0) {
        printf("%.4f,\"below_third\":%s", speed->ratio, is_slow(speed) ? "true" : "false");
    } else {
        printf("null,\"below_third\":null");
    }
    if (is_slow(speed) && reason != NULL) {
        printf(",\"reason\":\"%s\"", reason);
    }
    putchar('}');
}

/* Names and reasons are words of ours without anything to escape. */
static void print_json_row(struct format_result *result, double base)
{
    const struct format_row *row = &result->row;
    const struct speed named = measured(result, FORMAT_NAMED, base);
    const struct speed found = measured(result, FORMAT_AUTO, base);
    printf("{\"name\":\"%s\",\"input\":\"%s\",\"samples\":%zu,\"samples_used\":%zu,"
           "\"records\":%zu,\"messages\":%zu,\"bytes\":%zu,\"message_bytes\":%zu,\"rounds\":%zu",
           row->name, row->input, row->samples, row->samples_used, row->messages.records,
           row->messages.count, row->messages.bytes, row->messages.buf.len,
           result->tracks[FORMAT_NAMED].rounds);
    print_json_speed(row->name, FORMAT_NAMED, &named);
    print_json_speed(row->name, FORMAT_AUTO, &found);
    putchar('}');
}

static void print_json_rows(struct format_result *results, size_t count, bool wrapped)
{
    const double base = base_of(results, count, wrapped);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (results[i].row.wrapped == wrapped) {
            printf("%s", any ? "," : "");
            print_json_row(&results[i], base);
            any = true;
        }
    }
}

void format_table_json(struct format_result *results, size_t count)
{
    printf("{\"suite\":\"formats\",\"simd\":\"%s\",\"formats\":[",
           wv_simd_used() == WV_SIMD_AVX2 ? "avx2" : "scalar");
    print_json_rows(results, count, false);
    printf("],\"wrappings\":[");
    print_json_rows(results, count, true);
    printf("]}\n");
}
