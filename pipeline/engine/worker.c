/*
 * worker.c — what one thread needs to transform messages: made once, wiped at its end.
 */
#include "engine/unpack.h"

#include "base/compress.h"
#include "base/wipe.h"

#include <stdlib.h>

enum {
    CACHE_SLOTS = 64 * 1024,
    RESULTS_FIRST = 64,
    KEPT_GROWTH = 12, /* a layer in a record takes its text and a map, and there may be two */
    KEPT_EXTRA = 64 * 1024,
};

static bool allocate(struct wv_worker *worker)
{
    const struct wv_limits *limits = worker->limits;
    const size_t record = limits->record_bytes;
    worker->tokens = wv_tokens_new(worker->plan->keyring, CACHE_SLOTS);
    worker->domains = calloc(1, sizeof *worker->domains);
    worker->memo = wv_memo_new();
    worker->known_names = wv_known_names_new();
    if (worker->plan->patterns != NULL) {
        worker->matcher = wv_matcher_new(worker->plan->patterns, worker->tally.detector_limits);
    }
    if (worker->plan->geo->looks) {
        worker->known_clients = wv_known_clients_new(worker->plan->geo);
    }
    worker->output_domains =
        calloc(worker->plan->config->output_count + 1, sizeof *worker->output_domains);
    worker->expiries = calloc(worker->plan->config->output_count + 1, sizeof *worker->expiries);
    worker->choices =
        calloc((worker->plan->config->output_count + 1) * WV_CHOICES, sizeof *worker->choices);
    worker->fields = malloc((limits->fields + 1) * sizeof *worker->fields);
    worker->index.quote_max = record;
    worker->index.quotes = malloc((record + 64) * sizeof *worker->index.quotes);
    worker->index.escapes = malloc((record / 64 + 3) * sizeof *worker->index.escapes);
    worker->kept.cap = KEPT_GROWTH * record + KEPT_EXTRA;
    worker->kept.mem = malloc(worker->kept.cap);
    worker->scratch.cap = (size_t)64 * limits->value_bytes + (1 << 20);
    worker->scratch.mem = malloc(worker->scratch.cap);
    worker->repaired_cap = 3 * record;
    worker->repaired = malloc(worker->repaired_cap);
    worker->unpacker = wv_unpacker_new(limits);
    worker->compressor = wv_compressor_new();
    worker->result_cap = RESULTS_FIRST;
    worker->results = malloc(worker->result_cap * sizeof *worker->results);
    return (worker->matcher != NULL) == (worker->plan->patterns != NULL) &&
           wv_sealers_init(worker) && (worker->known_clients != NULL) == worker->plan->geo->looks &&
           worker->tokens != NULL && worker->domains != NULL && worker->memo != NULL &&
           worker->known_names != NULL && worker->output_domains != NULL &&
           worker->expiries != NULL && worker->choices != NULL && worker->fields != NULL &&
           worker->index.quotes != NULL && worker->index.escapes != NULL &&
           worker->kept.mem != NULL && worker->scratch.mem != NULL && worker->repaired != NULL &&
           worker->results != NULL && worker->unpacker != NULL && worker->compressor != NULL;
}

size_t wv_worker_locked_bytes(void)
{
    return wv_tokens_locked_bytes(CACHE_SLOTS);
}

struct wv_worker *wv_worker_new(const struct wv_plan *plan)
{
    struct wv_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return NULL;
    }
    worker->plan = plan;
    worker->limits = &plan->config->limits;
    worker->learning = (struct wv_learning){&worker->needles, &worker->kept, 0};
    if (!allocate(worker) || !wv_permits_init(&worker->permits, plan)) {
        wv_worker_free(worker);
        return NULL;
    }
    return worker;
}

static void wipe_and_free(void *memory, size_t size)
{
    if (memory != NULL) {
        wv_wipe_large(memory, size);
        free(memory);
    }
}

void wv_worker_free(struct wv_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    wv_watch_free(worker->watch);
    wv_sealers_fini(worker);
    wv_permits_fini(&worker->permits);
    wv_tokens_free(worker->tokens);
    wv_memo_free(worker->memo);
    wv_matcher_free(worker->matcher);
    wv_known_clients_free(worker->known_clients);
    for (struct wv_block *block = worker->blocks; block != NULL;) {
        struct wv_block *next = block->next;
        wipe_and_free(block, sizeof *block + block->cap);
        block = next;
    }
    wipe_and_free(worker->domains, sizeof *worker->domains);
    wipe_and_free(worker->kept.mem, worker->kept.cap);
    wipe_and_free(worker->scratch.mem, worker->scratch.cap);
    wipe_and_free(worker->repaired, worker->repaired_cap);
    wv_known_names_free(worker->known_names);
    free(worker->output_domains);
    free(worker->expiries);
    free(worker->choices);
    free(worker->fields);
    free(worker->index.quotes);
    free(worker->index.escapes);
    wv_unpacker_free(worker->unpacker);
    wv_compressor_free(worker->compressor);
    wv_room_fini(&worker->packed_room);
    free(worker->gathered);
    free(worker->results);
    free(worker);
}

const struct wv_tally *wv_worker_tally(const struct wv_worker *worker)
{
    return &worker->tally;
}

void wv_worker_clock(struct wv_worker *worker, const struct wv_clock *clock)
{
    wv_permits_clock(&worker->permits, worker->plan, clock);
}

void wv_worker_suppose(struct wv_worker *worker, struct wv_supposed *supposed)
{
    worker->supposed = supposed;
}

void wv_worker_counts(struct wv_worker *worker, struct wv_categories *counts)
{
    wv_ensure(counts == NULL || counts->plan == worker->plan);
    worker->counts = counts;
}

void wv_worker_trace(struct wv_worker *worker, wv_trace_fn *fn, void *user)
{
    worker->trace = fn;
    worker->trace_user = user;
    worker->observed = fn != NULL || worker->watch != NULL;
}
