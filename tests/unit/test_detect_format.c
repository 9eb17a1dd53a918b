/*
 * At stake: with format auto, what a record is taken for decides what each byte of it is. A record
 * taken for another one is published by the wrong rules; one whose reading depends on the record
 * before it gives two answers for the same event, and an attacker chooses which.
 */
#include "engine/work.h"
#include "json/text.h"
#include "support/engine.h"
#include "support/random.h"

#include <check.h>
#include <dirent.h>

#define CONFIG(format, input, regions, more)                                                       \
    "{\"inputs\":[{\"format\":\"" format                                                           \
    "\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}" input "}],\"regions\":[" regions         \
    "],\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]" more "}"
#define AUTO CONFIG("auto", "", TENANT, "")
#define BARE_AUTO                                                                                  \
    "{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"        \
    "\"regions\":[" TENANT "],\"outputs\":[" SOC(BARE) "]}"

/* ---- Samples ----------------------------------------------------------------------------------
 */

enum { SAMPLES_MAX = 512, SAMPLE_BYTES_MAX = 64 * 1024, SHUFFLES = 5 };

struct sample {
    char format[64];
    char *text;
    size_t len;
    bool line;    /* has no newline, but perhaps at its end */
    char *result; /* what a worker makes of it that has seen nothing else */
};

struct samples {
    struct sample items[SAMPLES_MAX];
    size_t count;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_sample(struct samples *samples, const char *format, const char *path)
{
    ck_assert_uint_lt(samples->count, SAMPLES_MAX);
    struct sample *sample = &samples->items[samples->count++];
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    sample->text = malloc(SAMPLE_BYTES_MAX);
    ck_assert_ptr_nonnull(sample->text);
    sample->len = fread(sample->text, 1, SAMPLE_BYTES_MAX, file);
    ck_assert_uint_lt(sample->len, SAMPLE_BYTES_MAX);
    ck_assert_int_eq(fclose(file), 0);
    const char *end = memchr(sample->text, '\n', sample->len);
    sample->line = end == NULL || end + 1 == sample->text + sample->len;
    snprintf(sample->format, sizeof sample->format, "%.63s", format);
    sample->result = NULL;
}

/* All of schemas/sample, in the order of their names. */
static void read_samples(struct samples *samples)
{
    struct dirent **formats;
    const int count = scandir(WV_SCHEMAS "/sample", &formats, is_shown, by_name);
    ck_assert_int_gt(count, 0);
    samples->count = 0;
    for (int i = 0; i < count; i++) {
        char folder[512];
        struct dirent **files;
        snprintf(folder, sizeof folder, WV_SCHEMAS "/sample/%s", formats[i]->d_name);
        const int inside = scandir(folder, &files, is_shown, by_name);
        for (int k = 0; k < inside; k++) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s", folder, files[k]->d_name);
            read_sample(samples, formats[i]->d_name, path);
            free(files[k]);
        }
        if (inside >= 0) {
            free(files);
        }
        free(formats[i]);
    }
    free(formats);
    ck_assert_uint_gt(samples->count, 100);
}

static void forget_samples(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++) {
        free(samples->items[i].text);
        free(samples->items[i].result);
    }
}

/* ---- Results ----------------------------------------------------------------------------------
 */

/* Everything of the results but places, a line each. malloc'd. */
static char *spell(const struct wv_results *results)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    for (size_t i = 0; i < results->count; i++) {
        const struct wv_result *result = &results->items[i];
        fprintf(stream, "%d %s %lld %.*s\n", (int)result->outcome, wv_reason_word(result->reason),
                (long long)result->time_ms, (int)result->value.len,
                result->value.len == 0 ? "" : (const char *)result->value.ptr);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static char *answer(struct engine *engine, struct wv_slice message)
{
    const struct wv_results results = engine_run(engine, message);
    return spell(&results);
}

/* The answer of a worker that has seen nothing else. */
static char *fresh_answer(const struct engine *engine, struct wv_slice message)
{
    struct engine fresh = {.plan = engine->plan, .worker = wv_worker_new(engine->plan)};
    ck_assert_ptr_nonnull(fresh.worker);
    char *text = answer(&fresh, message);
    wv_worker_free(fresh.worker);
    return text;
}

static struct wv_slice text_of(const struct sample *sample)
{
    return (struct wv_slice){(const uint8_t *)sample->text, sample->len};
}

/* What each is answered by a worker of its own: many workers, and so once, before the tests, which
 * all start from this memory. */
static struct samples answered;

static void answer_all(void)
{
    struct engine engine = engine_config(AUTO, NULL, 0);
    read_samples(&answered);
    for (size_t i = 0; i < answered.count; i++) {
        answered.items[i].result = fresh_answer(&engine, text_of(&answered.items[i]));
    }
    engine_fini(&engine);
}

static void forget_answers(void)
{
    forget_samples(&answered);
}

static const struct wv_format *format_of(const struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->plan->format_count; i++) {
        if (strcmp(engine->plan->formats[i]->name, name) == 0) {
            return engine->plan->formats[i];
        }
    }
    return NULL;
}

/* ---- Every format -----------------------------------------------------------------------------
 */

/* Whether one of the layers of the last record had the format. */
static bool was_read_as(const struct wv_worker *worker, const struct wv_format *format)
{
    for (uint32_t i = 0; i < worker->layer_count; i++) {
        if (worker->layers[i].open && worker->layers[i].format == format) {
            return true;
        }
    }
    return false;
}

/* Format auto finds the format of every sample, and what it makes of it is what an input makes of
 * it that names the format. */
START_TEST(samples_are_known)
{
    static struct samples samples;
    struct engine engine = engine_config(AUTO, NULL, 0);
    size_t wrong = 0;
    read_samples(&samples);
    for (size_t i = 0; i < samples.count; i++) {
        const struct sample *sample = &samples.items[i];
        const struct wv_format *format = format_of(&engine, sample->format);
        ck_assert_msg(format != NULL, "no format for %s", sample->format);
        const struct wv_results results = engine_run(&engine, text_of(sample));
        if (!format->envelope && !was_read_as(engine.worker, format)) {
            fprintf(stderr, "%s is taken for %s: %.200s\n", sample->format,
                    engine.worker->layers[0].format->name, sample->text);
            wrong++;
        }
        for (size_t k = 0; k < results.count && !format->envelope; k++) {
            if (results.items[k].outcome != WV_PUBLISH) {
                fprintf(stderr, "%s is not published: %.200s\n", sample->format, sample->text);
                wrong++;
            }
        }
    }
    ck_assert_uint_eq(wrong, 0);
    forget_samples(&samples);
    engine_fini(&engine);
}
END_TEST

START_TEST(named_and_found_formats_read_alike)
{
    struct engine engine = engine_config(AUTO, NULL, 0);
    struct engine named = {0};
    char format[64] = "";
    size_t wrong = 0;
    for (size_t i = 0; i < answered.count; i++) {
        const struct sample *sample = &answered.items[i];
        if (strcmp(format, sample->format) != 0) {
            char config[512];
            snprintf(format, sizeof format, "%s", sample->format);
            snprintf(config, sizeof config,
                     "{\"inputs\":[{\"format\":\"%s\",\"tenant\":{\"name\":\"acme\",\"region\":"
                     "\"eu\"}}],\"regions\":[" TENANT "],\"outputs\":[{\"name\":\"soc\","
                     "\"purpose\":\"security\"}]}",
                     format);
            engine_fini(&named);
            named = engine_config(config, NULL, 0);
        }
        char *got = answer(&named, text_of(sample));
        if (strcmp(got, sample->result) != 0) {
            fprintf(stderr, "%s: named\n%sfound\n%s", format, got, sample->result);
            wrong++;
        }
        free(got);
    }
    ck_assert_uint_eq(wrong, 0);
    engine_fini(&named);
    engine_fini(&engine);
}
END_TEST

/* ---- Nothing depends on what was before -------------------------------------------------------
 */

static void shuffle(size_t *order, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        const size_t other = random_next(state) % i;
        const size_t moved = order[i - 1];
        order[i - 1] = order[other];
        order[other] = moved;
    }
}

START_TEST(samples_do_not_know_each_other)
{
    struct engine engine = engine_config(AUTO, NULL, 0);
    size_t order[SAMPLES_MAX];
    uint64_t state = 3;
    size_t wrong = 0;
    for (size_t round = 0; round < SHUFFLES; round++) {
        shuffle(order, answered.count, &state);
        const struct sample *before = NULL;
        for (size_t i = 0; i < answered.count; i++) {
            const struct sample *sample = &answered.items[order[i]];
            char *got = answer(&engine, text_of(sample));
            if (strcmp(got, sample->result) != 0) {
                fprintf(stderr, "%s after %s:\n%.300s\nalone:\n%.300s\n", sample->format,
                        before->format, got, sample->result);
                wrong++;
            }
            free(got);
            before = sample;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    engine_fini(&engine);
}
END_TEST

static bool is_text(const struct sample *sample)
{
    return sample->text[0] != '{';
}

/* The same, as lines of one message: records of all formats take turns. */
START_TEST(lines_do_not_know_each_other)
{
    struct engine engine = engine_config(AUTO, NULL, 0);
    size_t order[SAMPLES_MAX];
    uint64_t state = 5;
    for (size_t round = 0; round < SHUFFLES; round++) {
        char *message = NULL;
        char *wanted = NULL;
        size_t message_len = 0;
        size_t wanted_len = 0;
        FILE *lines = open_memstream(&message, &message_len);
        FILE *results = open_memstream(&wanted, &wanted_len);
        shuffle(order, answered.count, &state);
        for (size_t i = 0; i < answered.count; i++) {
            const struct sample *sample = &answered.items[order[i]];
            if (sample->line || !is_text(sample)) {
                fprintf(lines, "%.*s%s", (int)sample->len, sample->text,
                        sample->text[sample->len - 1] == '\n' ? "" : "\n");
                fputs(sample->result, results);
            }
        }
        ck_assert_int_eq(fclose(lines) + fclose(results), 0);
        char *got = answer(&engine, (struct wv_slice){(const uint8_t *)message, message_len});
        size_t at = 0;
        while (got[at] == wanted[at] && got[at] != '\0') {
            at++;
        }
        ck_assert_msg(strcmp(got, wanted) == 0, "got\n%.500s\nwanted\n%.500s",
                      got + (at > 200 ? at - 200 : 0), wanted + (at > 200 ? at - 200 : 0));
        free(got);
        free(message);
        free(wanted);
    }
    engine_fini(&engine);
}
END_TEST

/* A record in a string, as containers log it, is what it is alone. */
static char *in_string(const char *text, size_t len, const char *end)
{
    char *message = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&message, &size);
    fputs("{\"log\":\"", stream);
    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = (uint8_t)text[i];
        if (byte < 0x20) {
            fprintf(stream, "\\u%04x", byte);
        } else {
            fprintf(stream, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
        }
    }
    fprintf(stream, "%s\",\"stream\":\"stdout\"}", end);
    ck_assert_int_eq(fclose(stream), 0);
    return message;
}

/* What stands in the string, without what ends it; or all, of a batch whose records stand alone. */
static struct wv_slice out_of_string(struct wv_slice value, uint8_t *memory)
{
    const struct wv_slice before = WV_LIT("{\"log\":\"");
    const struct wv_slice after = WV_LIT("\",\"stream\":\"stdout\"}");
    if (!wv_slice_starts(value, before) || value.len < before.len + after.len) {
        return value;
    }
    const struct wv_slice raw = wv_slice_sub(value, before.len, value.len - after.len);
    size_t len = wv_text_unescape(raw, memory, NULL);
    while (len > 0 && memory[len - 1] <= ' ') {
        len--;
    }
    return (struct wv_slice){memory, len};
}

/* The same but for newlines, which are blanks where a record is unpacked from a string. */
static bool reads_like(struct wv_slice got, const char *wanted)
{
    bool same = got.len == strlen(wanted);
    for (size_t i = 0; same && i < got.len; i++) {
        same = got.ptr[i] == (uint8_t)wanted[i] || (got.ptr[i] == ' ' && wanted[i] == '\n');
    }
    return same;
}

static size_t check_in_string(struct engine *engine, const struct sample *sample, const char *end)
{
    static uint8_t memory[6 * SAMPLE_BYTES_MAX];
    char *wrapped = in_string(sample->text, sample->len, end);
    const struct wv_results alone = engine_run(engine, text_of(sample));
    const size_t count = alone.count;
    const struct wv_slice first = count == 0 ? WV_LIT("") : alone.items[0].value;
    char *wanted = first.len == 0 ? strdup("") : strndup((const char *)first.ptr, first.len);
    for (size_t end_at = strlen(wanted); end_at > 0 && wanted[end_at - 1] <= ' '; end_at--) {
        wanted[end_at - 1] = '\0';
    }
    const struct wv_results results = engine_text(engine, wrapped);
    const struct wv_slice got =
        results.count == 0 ? WV_LIT("") : out_of_string(results.items[0].value, memory);
    const bool alike = results.count == count && reads_like(got, wanted);
    if (!alike) {
        fprintf(stderr, "%s%s: %zu results: %.*s\n  alone: %zu: %.400s\n", sample->format, end,
                results.count, (int)(got.len < 400 ? got.len : 400),
                got.len == 0 ? "" : (const char *)got.ptr, count, wanted);
    }
    free(wanted);
    free(wrapped);
    return alike ? 0 : 1;
}

START_TEST(samples_in_strings_are_read_alike)
{
    static const char *const ends[] = {"", "\\n", "\\r\\n"};
    static struct samples samples;
    struct engine engine = engine_config(BARE_AUTO, NULL, 0);
    size_t wrong = 0;
    read_samples(&samples);
    for (size_t i = 0; i < samples.count; i++) {
        struct sample *sample = &samples.items[i];
        while (sample->len > 0 && sample->text[sample->len - 1] < ' ') {
            sample->len--;
        }
        for (size_t e = 0; e < WV_COUNT(ends) && (sample->line || !is_text(sample)); e++) {
            wrong += check_in_string(&engine, sample, ends[e]);
        }
    }
    ck_assert_uint_eq(wrong, 0);
    forget_samples(&samples);
    engine_fini(&engine);
}
END_TEST

/* A record with the members of two formats is taken for one of them, always for the same, however
 * its keys are written. */
enum { FIRST_OF_MAX = 64 };

static size_t first_samples(const struct samples *samples, const struct sample **out)
{
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->items[i];
        const bool first = i == 0 || strcmp(samples->items[i - 1].format, sample->format) != 0;
        if (first && !is_text(sample)) {
            ck_assert_uint_lt(count, FIRST_OF_MAX);
            out[count++] = sample;
        }
    }
    return count;
}

/* Letters of keys of the outermost object in the other case, now and then. */
static void change_case(char *text, size_t len, uint64_t *state)
{
    int depth = 0;
    bool inside = false;
    bool key = true;
    for (size_t i = 0; i < len; i++) {
        if (inside && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            inside = !inside;
        } else if (!inside) {
            depth += (text[i] == '{' || text[i] == '[') - (text[i] == '}' || text[i] == ']');
            key = text[i] == ',' || text[i] == '{' ? true : text[i] == ':' ? false : key;
        } else if (key && depth == 1 && random_next(state) % 3 == 0) {
            const char lower = (char)wv_lower((uint8_t)text[i]);
            text[i] = lower >= 'a' && lower <= 'z' ? (char)(text[i] ^ 0x20) : text[i];
        }
    }
}

static char *merge(const struct sample *one, const struct sample *other, bool recase,
                   uint64_t *state)
{
    const char *end = memrchr(one->text, '}', one->len);
    const char *begin = memchr(other->text, '{', other->len);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    fprintf(stream, "%.*s", (int)(end - one->text), one->text);
    fprintf(stream, ",%.*s", (int)(other->len - (size_t)(begin + 1 - other->text)), begin + 1);
    ck_assert_int_eq(fclose(stream), 0);
    if (recase) {
        change_case(text, len, state);
    }
    return text;
}

static size_t check_merged(struct engine *engine, struct wv_worker *fresh, const struct sample *one,
                           const struct sample *other, bool recase, uint64_t *state)
{
    char *text = merge(one, other, recase, state);
    struct engine unbiased = {.plan = engine->plan, .worker = fresh};
    char *wanted = answer(&unbiased, wv_slice_of(text));
    const struct sample *before[] = {one, other};
    size_t wrong = 0;
    for (size_t i = 0; i < WV_COUNT(before); i++) {
        free(answer(engine, text_of(before[i])));
        char *got = answer(engine, wv_slice_of(text));
        if (strcmp(got, wanted) != 0) {
            fprintf(stderr, "%s and %s, after %s: %.120s\n  alone: %.120s\n", one->format,
                    other->format, before[i]->format, got, wanted);
            wrong++;
        }
        free(got);
    }
    free(wanted);
    free(text);
    return wrong;
}

/* Forgets what the worker has seen. */
static void unbias(struct wv_worker *worker)
{
    memset(worker->last_formats, 0, sizeof worker->last_formats);
}

START_TEST(mixed_records_are_always_the_same)
{
    static struct samples samples;
    const struct sample *firsts[FIRST_OF_MAX];
    struct engine engine = engine_config(AUTO, NULL, 0);
    struct wv_worker *fresh = wv_worker_new(engine.plan);
    ck_assert_ptr_nonnull(fresh);
    uint64_t state = 9;
    size_t wrong = 0;
    read_samples(&samples);
    const size_t count = first_samples(&samples, firsts);
    for (size_t i = 0; i < count * count; i++) {
        unbias(fresh);
        wrong +=
            check_merged(&engine, fresh, firsts[i / count], firsts[i % count], _i == 1, &state);
    }
    ck_assert_uint_eq(wrong, 0);
    forget_samples(&samples);
    wv_worker_free(fresh);
    engine_fini(&engine);
}
END_TEST

/* ---- Attempts leave nothing behind ------------------------------------------------------------
 */

static const struct engine_file pair_of_formats[] = {
    {"a.json", "{\"format\":\"a\",\"detect\":{\"is_a\":true},\"fields\":{\"is_a\":\"none\","
               "\"country\":\"geo\",\"time\":\"timestamp\",\"labels[]\":\"none\"},"
               "\"roles\":{\"country\":\"country\",\"time\":\"time\",\"label\":\"labels[]\"}}"},
    {"b.json", "{\"format\":\"b\",\"detect\":{\"is_b\":true},\"fields\":{\"is_b\":\"none\","
               "\"k\":\"none\"}}"},
};

/* A record of b that also has what a reads twice, or too often: it is read as a first. */
START_TEST(failed_attempts_are_forgotten)
{
    static const char regions[] = CONFIG("auto", "",
                                         "{\"from\":\"tenant\"},{\"from\":\"country\"},{\"from\":"
                                         "\"label\",\"prefix\":\"geo:\"}",
                                         ",\"formats\":{\"files\":[\"a.json\",\"b.json\"]}");
    struct engine engine = engine_config(regions, pair_of_formats, WV_COUNT(pair_of_formats));
    char many[2048] = "{\"is_b\":1,\"labels\":[\"x\"";
    for (int i = 0; i < WV_LABELS_MAX; i++) {
        const size_t len = strlen(many);
        snprintf(many + len, sizeof many - len, ",\"geo:country:US\"%s",
                 i + 1 < WV_LABELS_MAX ? "" : "]}");
    }
    const char *const records[] = {
        "{\"is_b\":1,\"country\":\"US\",\"country\":\"JP\"}",
        "{\"is_b\":1,\"country\":\"US\",\"time\":1763805611333,\"time\":1}",
        many,
    };
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        char *wanted = fresh_answer(&engine, wv_slice_of(records[i]));
        ck_assert_ptr_nonnull(strstr(wanted, "\"is_b\":1"));
        free(answer(&engine, WV_LIT("{\"is_a\":1}")));
        char *got = answer(&engine, wv_slice_of(records[i]));
        ck_assert_str_eq(got, wanted);
        free(got);
        free(wanted);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Lines ------------------------------------------------------------------------------------
 */

/* A line that two formats could read is one of them, whatever came before, and what the other one
 * takes for harmless holds nobody's address. */
START_TEST(lines_are_what_they_begin_as)
{
    static const char *const lines[] = {
        "CEF:0|F5|ASM|1|1|n|5|src=192.0.2.77 suser=x - - [22/Nov/2025:10:00:00 +0000] "
        "\"GET / HTTP/1.1\" 200 5",
        "<134>Nov 22 10:00:00 lb CEF:0|F5|ASM|1|1|n|5|src=192.0.2.77 suser=x - - "
        "[22/Nov/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
        "shop:80|192.0.2.77 198.51.100.7 - - [22/Nov/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
    };
    static const char *const before[] = {
        "198.51.100.1 - - [22/Nov/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
        "CEF:0|F5|ASM|1|1|n|5|src=198.51.100.1",
        "{\"webaclId\":\"w\"}",
    };
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(lines) * WV_COUNT(before); i++) {
        const struct wv_slice line = wv_slice_of(lines[i / WV_COUNT(before)]);
        char *wanted = fresh_answer(&engine, line);
        free(answer(&engine, wv_slice_of(before[i % WV_COUNT(before)])));
        char *got = answer(&engine, line);
        ck_assert_str_eq(got, wanted);
        ck_assert_msg(strstr(got, "192.0.2.77") == NULL, "%s", got);
        free(got);
        free(wanted);
    }
    engine_fini(&engine);
}
END_TEST

/* A line of one format takes in no line of another. */
START_TEST(lines_of_two_formats_take_turns)
{
    static const char cef[] = "CEF:0|F5|ASM|1|1|n|5|src=192.0.2.77 act=blocked";
    static const char *const others[] = {
        "198.51.100.1 - - [22/Nov/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
        "{\"webaclId\":\"w\",\"action\":\"A\"}",
        " {\"webaclId\":\"w\",\"action\":\"A\"}",
        "[{\"webaclId\":\"w\",\"action\":\"A\"}]",
        "<134>1 - host app 1 - - {\"webaclId\":\"w\",\"action\":\"A\"}",
    };
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(others); i++) {
        char message[512];
        snprintf(message, sizeof message, "%s\n%s\n%s\n%s\n", cef, others[i], cef, others[i]);
        const struct wv_results results = engine_text(&engine, message);
        ck_assert_msg(results.count == 4, "%zu results of\n%s", results.count, message);
        for (size_t k = 0; k < results.count; k++) {
            ck_assert_int_eq(results.items[k].outcome, WV_PUBLISH);
            ck_assert(!holds(results.items[k].value, "192.0.2.77"));
            ck_assert(!holds(results.items[k].value, "198.51.100.1"));
        }
    }
    engine_fini(&engine);
}
END_TEST

/* What clients write into a line makes it take in no line behind it. */
START_TEST(lines_are_not_joined_by_clients)
{
#define ASKED(ip, what)                                                                            \
    "198.51.100." ip " - - [22/Nov/2025:10:00:00 +0000] \"GET " what " HTTP/1.1\" 200 5\n"
    static const char *const messages[] = {
        ASKED("1", "/CEF:0|a") ASKED("2", "/") ASKED("3", "/"),
        ASKED("1", "/CEF:") ASKED("2", "/x{") ASKED("3", "/"),
        ASKED("1", "/[{") ASKED("2", "/}]") ASKED("3", "/"),
        ASKED("1", "/\\x22{") ASKED("2", "/") ASKED("3", "/"),
    };
    struct engine found = engine_config(AUTO, NULL, 0);
    struct engine named = engine_config(CONFIG("access-log", "", TENANT, ""), NULL, 0);
    for (size_t i = 0; i < 2 * WV_COUNT(messages); i++) {
        const char *message = messages[i / 2];
        const struct wv_results results = engine_text(i % 2 == 0 ? &found : &named, message);
        ck_assert_msg(results.count == 3, "%zu results of\n%s", results.count, message);
        for (size_t k = 0; k < results.count; k++) {
            ck_assert_int_eq(results.items[k].outcome, WV_PUBLISH);
        }
    }
    engine_fini(&found);
    engine_fini(&named);
}
END_TEST

/* ---- What nobody knows ------------------------------------------------------------------------
 */

static const char *const strangers[] = {
    "{\"x\":\"secret\"}", "{}", "secret", "5", "\"secret\"", "[secret]",
};

START_TEST(strangers_are_rejected)
{
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(strangers); i++) {
        const struct wv_results results = engine_text(&engine, strangers[i]);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_int_eq(results.items[0].outcome, WV_REJECT);
        ck_assert_int_eq(results.items[0].reason, WV_REASON_UNDETECTED);
        ck_assert_uint_eq(results.items[0].value.len, 0);
    }
    const struct wv_results broken = engine_text(&engine, "{\"x\":secret}");
    ck_assert_int_eq(broken.items[0].reason, WV_REASON_SYNTAX);
    engine_fini(&engine);
}
END_TEST

START_TEST(strangers_are_suppressed)
{
    struct engine engine =
        engine_config(CONFIG("auto", ",\"undetected\":\"suppress\"", TENANT, ""), NULL, 0);
    for (size_t i = 0; i < WV_COUNT(strangers); i++) {
        const struct wv_results results = engine_text(&engine, strangers[i]);
        ck_assert_uint_eq(results.count, 0);
        ck_assert_uint_eq(results.records, 0);
        ck_assert_uint_eq(wv_worker_tally(engine.worker)->suppressed, i + 1);
    }
    /* What is broken is no stranger: somebody must hear of it. */
    ck_assert_int_eq(engine_text(&engine, "{\"x\":secret}").items[0].outcome, WV_REJECT);
    ck_assert_int_eq(engine_text(&engine, "{\"webaclId\":\"w\"}").items[0].outcome, WV_PUBLISH);
    engine_fini(&engine);
}
END_TEST

START_TEST(strangers_are_unlisted)
{
    struct engine engine =
        engine_config(CONFIG("auto", ",\"undetected\":\"unlisted\"", TENANT, ""), NULL, 0);
    for (size_t i = 0; i < WV_COUNT(strangers); i++) {
        const struct wv_result *result = &engine_text(&engine, strangers[i]).items[0];
        ck_assert_int_eq(result->outcome, i < 2 ? WV_PUBLISH : WV_REJECT);
        ck_assert(!holds(result->value, "secret"));
        ck_assert(i >= 2 || holds(result->value, "{\"_wafveil\":"));
    }
    engine_fini(&engine);
}
END_TEST

/* ---- A format that is named -------------------------------------------------------------------
 */

/* Records of others have nothing that it lists; what is around its own records is opened. */
START_TEST(named_formats_are_believed)
{
    static const struct {
        const char *record;
        const char *output; /* begins so; NULL: rejected */
    } cases[] = {
        {"{\"action\":\"A\",\"x\":1}", "{\"action\":\"A\",\"_wafveil\""},
        {"{\"ClientIP\":\"192.0.2.77\",\"RayID\":\"r\",\"EdgeStartTimestamp\":1}", "{\"_wafveil\""},
        {"{\"log\":\"{\\\"action\\\":\\\"A\\\",\\\"x\\\":1}\",\"stream\":\"stdout\"}",
         "{\"log\":\"{\\\"action\\\":\\\"A\\\",\\\"_wafveil\\\""},
        {"<134>1 - host app 1 - - {\"action\":\"A\",\"x\":1}",
         "<134>1 - host app 1 - - {\"action\":\"A\",\"_wafveil\""},
        {"{\"log\":\"a line\",\"stream\":\"stdout\"}", NULL},
        {"a line", NULL},
        {"{\"webaclId\":\"w\",\"log\":\"{}\",\"stream\":\"stdout\"}",
         "{\"webaclId\":\"w\",\"_wafveil\""},
    };
    struct engine engine = engine_config(CONFIG("aws-waf", "", TENANT, ""), NULL, 0);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_result *result = &engine_text(&engine, cases[i].record).items[0];
        ck_assert_msg((result->outcome == WV_PUBLISH) == (cases[i].output != NULL), "%s: %s",
                      cases[i].record, wv_reason_word(result->reason));
        ck_assert_msg(cases[i].output == NULL ||
                          wv_slice_starts(result->value, wv_slice_of(cases[i].output)),
                      "%.*s", (int)result->value.len, (const char *)result->value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detect_format");
    TCase *formats = tcase_create("formats");
    TCase *strange = tcase_create("strangers");
    tcase_set_timeout(formats, 20);
    tcase_add_unchecked_fixture(formats, answer_all, forget_answers);
    tcase_add_test(formats, samples_are_known);
    tcase_add_test(formats, named_and_found_formats_read_alike);
    tcase_add_test(formats, samples_do_not_know_each_other);
    tcase_add_test(formats, lines_do_not_know_each_other);
    tcase_add_test(formats, samples_in_strings_are_read_alike);
    tcase_add_loop_test(formats, mixed_records_are_always_the_same, 0, 2);
    tcase_add_test(formats, failed_attempts_are_forgotten);
    tcase_add_test(formats, lines_are_what_they_begin_as);
    tcase_add_test(formats, lines_of_two_formats_take_turns);
    tcase_add_test(formats, lines_are_not_joined_by_clients);
    suite_add_tcase(suite, formats);
    tcase_add_test(strange, strangers_are_rejected);
    tcase_add_test(strange, strangers_are_suppressed);
    tcase_add_test(strange, strangers_are_unlisted);
    tcase_add_test(strange, named_formats_are_believed);
    suite_add_tcase(suite, strange);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
