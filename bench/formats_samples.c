/*
 * formats_samples — the samples of a format, as many as are needed, no two about the same client.
 */
#include "bench/formats.h"

#include "app/corpus_parts.h"
#include "base/file.h"
#include "bench/formats_coded.h"

#include <dirent.h>
#include <stdlib.h>

enum { SAMPLES_MAX = 64, SAMPLE_MAX = 128 * 1024 };

struct sample {
    struct wv_bytes file;
    struct wv_slice text; /* in it */
    struct vary *vary;
    size_t records;
};

struct samples {
    const char *format;
    uint32_t input;
    struct wv_worker *worker; /* for a look at them, not for measuring */
    struct coder *coder;
    struct sample items[SAMPLES_MAX];
    size_t count;
    size_t seen;
    size_t bytes;
};

/* What belongs to the site, the rules or the software is the same in all records of a site. */
static void keep(void *user, const struct wv_trace *trace)
{
    const uint32_t same = 1U << WV_CLASS_NONE | 1U << WV_CLASS_TENANT_REF |
                          1U << WV_CLASS_SERVER_IP | 1U << WV_CLASS_HOST | 1U << WV_CLASS_GEO |
                          1U << WV_CLASS_ASN;
    if ((same >> trace->class & 1) != 0) {
        vary_keep(user, trace->before);
    }
}

/* A record in JSON is one line, however the file breaks it. */
static struct wv_slice text_of(struct wv_bytes file, const char *name)
{
    const size_t len = strlen(name);
    size_t end = file.len;
    while (end > 0 && (file.ptr[end - 1] == '\n' || file.ptr[end - 1] == '\r')) {
        end--;
    }
    const bool json = len > 5 && strcmp(name + len - 5, ".json") == 0;
    for (size_t i = 0; json && i < end; i++) {
        file.ptr[i] = file.ptr[i] == '\n' || file.ptr[i] == '\r' ? ' ' : file.ptr[i];
    }
    return (struct wv_slice){file.ptr, end};
}

/* False: it is not published, or not all of it; or it is too large. */
static bool look_at(struct samples *samples, struct sample *sample)
{
    uint64_t digest = 0;
    wv_worker_trace(samples->worker, keep, sample->vary);
    sample->records = format_publish(samples->worker, samples->input, sample->text, &digest);
    return sample->records > 0 && coder_learn(samples->coder, sample->vary, sample->text);
}

static bool read_sample(struct samples *samples, const char *folder, const char *name)
{
    char path[4096];
    struct sample sample = {0};
    struct wv_report *report = wv_report_new();
    snprintf(path, sizeof path, "%s/%s/%s", folder, samples->format, name);
    const bool good = report != NULL && wv_file_read(path, SAMPLE_MAX, &sample.file, report);
    wv_report_free(report);
    sample.vary = good ? vary_new() : NULL;
    if (sample.vary == NULL) {
        wv_bytes_free(&sample.file);
        fprintf(stderr, "bench: cannot read %s\n", path);
        return false;
    }
    sample.text = text_of(sample.file, name);
    samples->seen++;
    if (!look_at(samples, &sample)) {
        vary_free(sample.vary);
        wv_bytes_free(&sample.file);
        return true;
    }
    samples->bytes += sample.text.len;
    samples->items[samples->count++] = sample;
    return true;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool read_samples(struct samples *samples, const char *folder)
{
    char path[4096];
    struct dirent **entries = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, samples->format);
    const int count = scandir(path, &entries, is_visible, alphasort);
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = good && samples->count < SAMPLES_MAX &&
               read_sample(samples, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (good && samples->count == 0) {
        fprintf(stderr, "bench: %s is left out: it has no sample that is published\n",
                samples->format);
    }
    return good && samples->count > 0;
}

/* All samples in turn, until there is enough. */
static bool vary_all(struct samples *samples, const struct format_amount *amount,
                     struct format_row *row)
{
    const size_t turns = amount->bytes / samples->bytes + 1;
    struct format_messages *messages = &row->messages;
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, amount->seed);
    /* Packing what was varied makes it longer or shorter, by little. */
    if (!format_messages_init(messages, turns * samples->count,
                              turns * (samples->bytes + 256 * samples->count))) {
        return false;
    }
    for (size_t i = 0; i < turns * samples->count; i++) {
        const struct sample *sample = &samples->items[i % samples->count];
        const struct vary_draw draw = {wv_corpus_popular(&corpus, WV_CORPUS_CLIENT_LEVELS),
                                       wv_corpus_draw(&corpus)};
        coder_vary(samples->coder, sample->vary, sample->text, &draw, &messages->buf);
        if (!format_messages_end(messages)) {
            return false;
        }
        messages->records += sample->records;
    }
    messages->bytes = messages->buf.len;
    return true;
}

bool format_samples(const struct wv_plan *plan, const char *folder,
                    const struct format_amount *amount, struct format_row *row)
{
    struct samples *samples = calloc(1, sizeof *samples);
    if (samples == NULL) {
        return false;
    }
    samples->format = row->name;
    samples->worker = wv_worker_new(plan);
    samples->coder = coder_new();
    const bool good = samples->worker != NULL && samples->coder != NULL &&
                      format_input(plan, row->name, &samples->input) &&
                      read_samples(samples, folder) && vary_all(samples, amount, row);
    row->samples = samples->seen;
    row->samples_used = samples->count;
    for (size_t i = 0; i < samples->count; i++) {
        vary_free(samples->items[i].vary);
        wv_bytes_free(&samples->items[i].file);
    }
    wv_worker_free(samples->worker);
    coder_free(samples->coder);
    free(samples);
    row->input = row->name;
    row->detected = true;
    return good;
}
