/* hmac_batch.c — which message goes in which lane, and what its next block is. */
#include "keys/hmac_batch.h"

#include "base/wipe.h"
#include "json/index.h"

#include <stdatomic.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { BLOCK = WV_HMAC_BLOCK };

struct lane {
    struct wv_hmac_job *job; /* NULL: none is left for this lane */
    const uint8_t *next;     /* the block that comes next, */
    size_t whole;            /* and how many there are to come, of the message itself */
    size_t padded;           /* and of its padded end */
    bool outer;              /* the last hash has begun */
    uint8_t end[WV_HMAC_END_MAX];
};

struct batch {
    struct wv_hmac_job *jobs;
    size_t left;
    size_t active; /* lanes with a job: the first ones */
    size_t width;
    struct lane lanes[WV_HMAC_LANES_MAX];
    uint32_t states[WV_HMAC_LANES_MAX][8];
};

static void take_job(struct batch *batch, size_t number)
{
    struct lane *lane = &batch->lanes[number];
    struct wv_hmac_job *job = batch->jobs++;
    const struct wv_slice message = job->message;
    batch->left--;
    lane->job = job;
    lane->outer = false;
    lane->whole = message.len / BLOCK;
    lane->padded = wv_hmac_end(message, lane->end);
    lane->next = lane->whole > 0 ? message.ptr : lane->end;
    memcpy(batch->states[number], job->hmac->inner, sizeof batch->states[number]);
}

/* The lane has no job any more; the last one that has takes its place. */
static void close_lane(struct batch *batch, size_t number)
{
    const size_t last = --batch->active;
    if (number == last) {
        return;
    }
    struct lane *lane = &batch->lanes[number];
    const struct lane *from = &batch->lanes[last];
    const bool in_end = from->whole == 0;
    *lane = *from;
    if (in_end) {
        lane->next = lane->end + (from->next - from->end);
    }
    memcpy(batch->states[number], batch->states[last], sizeof batch->states[number]);
}

/* Behind one more block of the lane. False: there is another lane in its place now, or none. */
static bool advance(struct batch *batch, size_t number)
{
    struct lane *lane = &batch->lanes[number];
    uint32_t *state = batch->states[number];
    if (lane->whole > 0) {
        lane->whole--;
        lane->next = lane->whole > 0 ? lane->next + BLOCK : lane->end;
        return true;
    }
    lane->next += BLOCK;
    if (--lane->padded > 0) {
        return true;
    }
    if (!lane->outer) {
        uint8_t digest[WV_HMAC_BYTES];
        wv_hmac_put(state, digest);
        lane->outer = true;
        lane->padded = wv_hmac_end((struct wv_slice){digest, sizeof digest}, lane->end);
        lane->next = lane->end;
        memcpy(state, lane->job->hmac->outer, sizeof batch->states[number]);
        return true;
    }
    wv_hmac_put(state, lane->job->out);
    if (batch->left > 0) {
        take_job(batch, number);
        return true;
    }
    close_lane(batch, number);
    return false;
}

/* Lanes without a job work on what is there, for nothing. */
static void step(struct batch *batch, enum wv_hmac_way way)
{
    const uint8_t *blocks[WV_HMAC_LANES_MAX];
    for (size_t i = 0; i < batch->width; i++) {
        blocks[i] = i < batch->active ? batch->lanes[i].next : batch->lanes[0].end;
    }
    if (way == WV_HMAC_AVX2) {
        wv_hmac_blocks_avx2(batch->states, blocks);
    } else {
        wv_hmac_blocks_sha_ni(batch->states, blocks);
    }
}

static void run(struct batch *batch, enum wv_hmac_way way, size_t worth)
{
    while (batch->active < batch->width && batch->left > 0) {
        take_job(batch, batch->active++);
    }
    while (batch->active > 0) {
        if (batch->active >= worth) {
            step(batch, way);
        } else {
            for (size_t i = 0; i < batch->active; i++) {
                wv_hmac_block(batch->states[i], batch->lanes[i].next);
            }
        }
        for (size_t i = batch->active; i-- > 0;) {
            (void)advance(batch, i);
        }
    }
}

/* With fewer messages than this the lanes that stay empty cost more than they save. */
static size_t worth_of(enum wv_hmac_way way)
{
    return way == WV_HMAC_AVX2 ? 3 : 2;
}

void wv_hmac_make_batch_by(enum wv_hmac_way way, struct wv_hmac_job *jobs, size_t count)
{
    const size_t worth = worth_of(way);
    if (way == WV_HMAC_SERIAL || count < worth) {
        for (size_t i = 0; i < count; i++) {
            wv_hmac_make(jobs[i].hmac, jobs[i].message, jobs[i].out);
        }
        return;
    }
    struct batch batch;
    batch.jobs = jobs;
    batch.left = count;
    batch.active = 0;
    batch.width = way == WV_HMAC_AVX2 ? WV_HMAC_AVX2_LANES : WV_HMAC_SHA_NI_LANES;
    memset(batch.states, 0, sizeof batch.states);
    run(&batch, way, worth);
    wv_wipe(&batch, sizeof batch);
}

#if defined(__x86_64__)

/* The compiler has no word for these instructions. Asking the processor takes a microsecond on a
 * virtual machine. */
static bool has_sha_ni(void)
{
    static _Atomic int known; /* 0: not asked yet */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (wv_unlikely(answer == 0)) {
        unsigned a;
        unsigned b = 0;
        unsigned c;
        unsigned d;
        const bool has = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 &&
                         __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
        answer = has ? 1 : 2;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 1;
}

#else

static bool has_sha_ni(void)
{
    return false;
}

#endif

bool wv_hmac_has(enum wv_hmac_way way)
{
    return way == WV_HMAC_SERIAL || (way == WV_HMAC_AVX2 && wv_index_has_avx2()) ||
           (way == WV_HMAC_SHA_NI && has_sha_ni());
}

enum wv_hmac_way wv_hmac_way_used(void)
{
    if (wv_simd_used() == WV_SIMD_SCALAR) {
        return WV_HMAC_SERIAL;
    }
    return has_sha_ni() ? WV_HMAC_SHA_NI : WV_HMAC_AVX2;
}

void wv_hmac_make_batch(struct wv_hmac_job *jobs, size_t count)
{
    wv_hmac_make_batch_by(wv_hmac_way_used(), jobs, count);
}
