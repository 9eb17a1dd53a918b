/*
 * expand: packed payloads come from outside, before anything is known of them.
 * At stake: memory (a bomb of a kilobyte), records that are published although a part of them is
 * missing, and lines of text that are lost because they look packed.
 */
#include "base/compress.h"
#include "base/expand.h"

#include "support/random.h"

#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <zlib.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

enum { MIB = 1 << 20, SAMPLE = 700 };

static const enum wv_packing packings[] = {WV_PACKING_GZIP, WV_PACKING_ZLIB, WV_PACKING_ZSTD};

/* ---- Allocations are counted where no sanitizer has an allocator of its own ---- */

static size_t allocations;
static bool no_memory;
static bool watching;
static size_t given_back;      /* blocks, while watching */
static size_t given_back_full; /* of them with a piece of a record */

#if defined(__SANITIZE_ADDRESS__)
enum { COUNTED = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { COUNTED = 0 };
#else
#define COUNT_ALLOCATIONS
#endif
#else
#define COUNT_ALLOCATIONS
#endif

#if defined(COUNT_ALLOCATIONS)
enum { COUNTED = 1 };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

void *malloc(size_t size)
{
    allocations++;
    return no_memory ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return no_memory ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return no_memory ? NULL : __libc_realloc(memory, size);
}

void free(void *memory)
{
    static const char mark[] = "clientIp";
    if (watching && memory != NULL) {
        given_back++;
        given_back_full += memmem(memory, malloc_usable_size(memory), mark, 8) != NULL;
    }
    __libc_free(memory);
}
#endif

/* ---- What every test needs ---- */

struct fixture {
    struct wv_expander *expander;
    struct wv_compressor *compressor;
    struct wv_room packed;
    struct wv_room text;
};

static struct fixture fixture_of(size_t max)
{
    struct fixture fixture = {.expander = wv_expander_new(max), .compressor = wv_compressor_new()};
    ck_assert_ptr_nonnull(fixture.expander);
    ck_assert_ptr_nonnull(fixture.compressor);
    return fixture;
}

static void fixture_fini(struct fixture *fixture)
{
    wv_expander_free(fixture->expander);
    wv_compressor_free(fixture->compressor);
    wv_room_fini(&fixture->packed);
    wv_room_fini(&fixture->text);
}

/* Text with repetitions, as records have them, and something new every few bytes. It begins with
 * the mark that the test of wiping looks for, which is in every 50th piece, too. */
static struct wv_slice sample(size_t len)
{
    static uint8_t text[3 * MIB];
    ck_assert_uint_le(len, sizeof text);
    uint64_t state = 1;
    for (size_t at = 0; at < len; at++) {
        const uint64_t number = at % 1200 >= 24 && at % 7 == 0 ? random_next(&state) : at;
        text[at] = (uint8_t)("{\"clientIp\":\"192.0.2.1\"}"[number % 24]);
    }
    return (struct wv_slice){text, len};
}

static struct wv_slice pack(struct fixture *fixture, enum wv_packing packing, struct wv_slice text)
{
    ck_assert_int_eq(wv_compress(fixture->compressor, packing, text, &fixture->packed),
                     WV_COMPRESS_DONE);
    return wv_room_bytes(&fixture->packed);
}

static void check_expands(struct fixture *fixture, enum wv_packing packing, struct wv_slice packed,
                          struct wv_slice text)
{
    ck_assert_int_eq(wv_expand(fixture->expander, packing, packed, &fixture->text), WV_EXPAND_DONE);
    ck_assert(wv_slice_eq(wv_room_bytes(&fixture->text), text));
}

static void check_refused(struct fixture *fixture, enum wv_packing packing, struct wv_slice packed,
                          enum wv_expand_verdict verdict)
{
    ck_assert_int_eq(wv_expand(fixture->expander, packing, packed, &fixture->text), verdict);
    ck_assert_uint_eq(fixture->text.len, 0);
}

/* ---- Which packing ---- */

static const struct beginning {
    const char *bytes;
    size_t len;
    enum wv_packing packing;
} beginnings[] = {
    {"\x1f\x8b\x08\0", 4, WV_PACKING_GZIP},
    {"\x1f\x8b", 2, WV_PACKING_GZIP},
    {"\x1f", 1, WV_PACKING_NONE},
    {"\x28\xb5\x2f\xfd\x24", 5, WV_PACKING_ZSTD},
    {"\x28\xb5\x2f\xfd", 4, WV_PACKING_ZSTD},
    {"\x28\xb5\x2f", 3, WV_PACKING_NONE},
    {"\x50\x2a\x4d\x18\0\0\0\0", 8, WV_PACKING_NONE}, /* nobody begins with a frame to skip */
    {"\x78\x01\x03\0\0\0\0\x01", 8, WV_PACKING_ZLIB},
    {"\x78\x5e\x03\0\0\0\0\x01", 8, WV_PACKING_ZLIB},
    {"\x78\x9c\x03\0\0\0\0\x01", 8, WV_PACKING_ZLIB},
    {"\x78\xda\x03\0\0\0\0\x01", 8, WV_PACKING_ZLIB},
    {"\x78\xbb\x03\0\0\0\0\x01", 8, WV_PACKING_NONE}, /* needs a dictionary */
    {"\x68\x81\x03\0\0\0\0\x01", 8, WV_PACKING_NONE}, /* a smaller window */
    {"\x78\x02\x03\0\0\0\0\x01", 8, WV_PACKING_NONE},
    {"\x78", 1, WV_PACKING_NONE},
    {"", 0, WV_PACKING_NONE},
    {"x^2 is a number\n", 16, WV_PACKING_NONE},
    {"x^\xe2\x82\xac\xc3\xa9\xf0\x9f\x98\x80.", 12, WV_PACKING_NONE},
    {"x^\xe2\x82", 4, WV_PACKING_NONE},        /* cut inside of a letter */
    {"x\xda\xa4\xd8\xa7", 5, WV_PACKING_NONE}, /* an Arabic word */
    {"x^\x1f", 3, WV_PACKING_ZLIB},
    {"x^\xe2(", 4, WV_PACKING_ZLIB},
    {"x^\xff", 3, WV_PACKING_ZLIB},
    {"x^\xc0\x80", 4, WV_PACKING_ZLIB},
    {"{\"a\":1}", 7, WV_PACKING_NONE},
};

START_TEST(packings_are_known_by_their_beginning)
{
    const struct beginning *row = &beginnings[_i];
    const struct wv_slice bytes = {(const uint8_t *)row->bytes, row->len};
    ck_assert_int_eq(wv_packing_of(bytes), row->packing);
}
END_TEST

START_TEST(long_text_is_text)
{
    static uint8_t text[100000];
    memset(text, 'a', sizeof text);
    memcpy(text, "x^", 2);
    ck_assert_int_eq(wv_packing_of((struct wv_slice){text, sizeof text}), WV_PACKING_NONE);
}
END_TEST

/* ---- Round trips ---- */

static const size_t sizes[] = {0, 1, 2, 100, 65535, 65536, 65537, 131072, 131073, MIB, 3 * MIB};

START_TEST(what_is_packed_is_opened_again)
{
    struct fixture fixture = fixture_of(3 * MIB);
    for (size_t i = 0; i < WV_COUNT(sizes); i++) {
        const struct wv_slice text = sample(sizes[i]);
        const struct wv_slice packed = pack(&fixture, packings[_i], text);
        ck_assert_int_eq(wv_packing_of(packed), packings[_i]);
        check_expands(&fixture, packings[_i], packed, text);
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(what_cannot_be_packed_is_opened_again)
{
    static uint8_t noise[300000];
    uint64_t state = 7;
    random_fill(&state, noise, sizeof noise);
    struct fixture fixture = fixture_of(3 * MIB);
    const struct wv_slice text = {noise, sizeof noise};
    check_expands(&fixture, packings[_i], pack(&fixture, packings[_i], text), text);
    fixture_fini(&fixture);
}
END_TEST

/* Beside what this program makes, what others make: every level of both libraries. */
START_TEST(other_levels_are_opened)
{
    static uint8_t packed[MIB + MIB / 2];
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice text = sample(MIB);
    for (int level = 0; level <= 9; level++) {
        uLongf len = sizeof packed;
        ck_assert_int_eq(compress2(packed, &len, text.ptr, (uLong)text.len, level), Z_OK);
        ck_assert_int_eq(wv_packing_of((struct wv_slice){packed, len}), WV_PACKING_ZLIB);
        check_expands(&fixture, WV_PACKING_ZLIB, (struct wv_slice){packed, len}, text);
    }
    for (int level = -5; level <= 22; level += 9) {
        const size_t len = ZSTD_compress(packed, sizeof packed, text.ptr, text.len, level);
        ck_assert_uint_eq(ZSTD_isError(len), 0);
        check_expands(&fixture, WV_PACKING_ZSTD, (struct wv_slice){packed, len}, text);
    }
    fixture_fini(&fixture);
}
END_TEST

/* ---- What is broken ---- */

START_TEST(a_payload_cut_anywhere_is_refused)
{
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice packed = pack(&fixture, packings[_i], sample(SAMPLE));
    for (size_t len = 0; len < packed.len; len++) {
        check_refused(&fixture, packings[_i], wv_slice_sub(packed, 0, len), WV_EXPAND_BAD);
    }
    check_expands(&fixture, packings[_i], packed, sample(SAMPLE));
    fixture_fini(&fixture);
}
END_TEST

/* A few bits are read by nobody: the time in a header, those that fill the last byte of a stream.
 */
START_TEST(a_flipped_bit_gives_nothing_else)
{
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice text = sample(SAMPLE);
    const struct wv_slice packed = pack(&fixture, packings[_i], text);
    uint8_t *copy = malloc(packed.len);
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * packed.len; bit++) {
        memcpy(copy, packed.ptr, packed.len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        const struct wv_slice flipped = {copy, packed.len};
        const enum wv_expand_verdict verdict =
            wv_expand(fixture.expander, packings[_i], flipped, &fixture.text);
        if (verdict == WV_EXPAND_DONE) {
            ck_assert(wv_slice_eq(wv_room_bytes(&fixture.text), text));
        } else {
            ck_assert_uint_eq(fixture.text.len, 0);
            refused++;
        }
    }
    ck_assert_uint_ge(refused, 8 * (packed.len - 15));
    free(copy);
    fixture_fini(&fixture);
}
END_TEST

static const char *const behind[] = {
    "\n", "{}", "\x1f", "\x1f\x8b", "\x28\xb5\x2f\xfd", "\x78\x9c\x03", "\x50\x2a\x4d\x18"};

START_TEST(nothing_may_stand_behind)
{
    struct fixture fixture = fixture_of(MIB);
    for (size_t i = 0; i < WV_COUNT(behind); i++) {
        const struct wv_slice packed = pack(&fixture, packings[_i], sample(SAMPLE));
        const struct wv_slice more = wv_slice_of(behind[i]);
        uint8_t *copy = malloc(packed.len + more.len + 1);
        memcpy(copy, packed.ptr, packed.len);
        memcpy(copy + packed.len, more.ptr, more.len);
        check_refused(&fixture, packings[_i], (struct wv_slice){copy, packed.len + more.len},
                      WV_EXPAND_BAD);
        copy[packed.len] = 0;
        check_refused(&fixture, packings[_i], (struct wv_slice){copy, packed.len + 1},
                      WV_EXPAND_BAD);
        free(copy);
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(another_packing_is_refused)
{
    struct fixture fixture = fixture_of(MIB);
    for (size_t i = 0; i < WV_COUNT(packings); i++) {
        const struct wv_slice packed = pack(&fixture, packings[i], sample(SAMPLE));
        if (packings[i] != packings[_i]) {
            check_refused(&fixture, packings[_i], packed, WV_EXPAND_BAD);
        }
    }
    check_refused(&fixture, packings[_i], WV_LIT("{\"a\":1}"), WV_EXPAND_BAD);
    check_refused(&fixture, packings[_i], (struct wv_slice){0}, WV_EXPAND_BAD);
    fixture_fini(&fixture);
}
END_TEST

/* ---- Several in one ---- */

START_TEST(members_and_frames_are_read_to_the_last)
{
    struct fixture fixture = fixture_of(MIB);
    static uint8_t many[MIB];
    size_t len = 0;
    struct wv_slice text = {0};
    for (size_t i = 0; i < 5; i++) {
        text = sample(i == 3 ? 0 : 400000);
        const struct wv_slice part = wv_slice_sub(text, i * text.len / 5, (i + 1) * text.len / 5);
        const struct wv_slice packed = pack(&fixture, packings[_i], part);
        memcpy(many + len, packed.ptr, packed.len);
        len += packed.len;
    }
    /* The fourth part is empty, so its fifth of the text is missing. */
    static uint8_t joined[400000];
    memcpy(joined, text.ptr, 240000);
    memcpy(joined + 240000, text.ptr + 320000, 80000);
    const struct wv_slice packed = {many, len};
    if (packings[_i] == WV_PACKING_ZLIB) {
        check_refused(&fixture, WV_PACKING_ZLIB, packed, WV_EXPAND_BAD);
    } else {
        check_expands(&fixture, packings[_i], packed, (struct wv_slice){joined, 320000});
        check_refused(&fixture, packings[_i], wv_slice_sub(packed, 0, len - 1), WV_EXPAND_BAD);
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(frames_to_skip_are_skipped)
{
    static const uint8_t skipped[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice packed = pack(&fixture, WV_PACKING_ZSTD, sample(SAMPLE));
    uint8_t *copy = malloc(packed.len + 2 * sizeof skipped);
    memcpy(copy, skipped, sizeof skipped);
    memcpy(copy + sizeof skipped, packed.ptr, packed.len);
    memcpy(copy + sizeof skipped + packed.len, skipped, sizeof skipped);
    const struct wv_slice all = {copy, packed.len + 2 * sizeof skipped};
    check_expands(&fixture, WV_PACKING_ZSTD, all, sample(SAMPLE));
    check_refused(&fixture, WV_PACKING_ZSTD, wv_slice_sub(all, 0, all.len - 1), WV_EXPAND_BAD);
    free(copy);
    fixture_fini(&fixture);
}
END_TEST

/* The library may be able to open what its own old versions made, with decoders that nobody looks
 * after any more. */
START_TEST(old_frames_are_refused)
{
    static const uint8_t old[] = {0x27, 0xb5, 0x2f, 0xfd, 0,    0, 0x40, 0,
                                  3,    'a',  'b',  'c',  0xc0, 0, 0};
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice frame = {old, sizeof old};
    ck_assert_int_eq(wv_packing_of(frame), WV_PACKING_NONE);
    check_refused(&fixture, WV_PACKING_ZSTD, frame, WV_EXPAND_BAD);
    fixture_fini(&fixture);
}
END_TEST

/* ---- Limits ---- */

START_TEST(the_limit_is_exact)
{
    for (size_t i = 1; i < WV_COUNT(sizes); i++) {
        struct fixture exact = fixture_of(sizes[i]);
        const struct wv_slice text = sample(sizes[i]);
        check_expands(&exact, packings[_i], pack(&exact, packings[_i], text), text);
        ck_assert_uint_le(exact.text.cap, sizes[i]);
        fixture_fini(&exact);

        struct fixture less = fixture_of(sizes[i] > 1 ? sizes[i] - 1 : 1);
        const struct wv_slice more = sample(sizes[i] > 1 ? sizes[i] : 2);
        check_refused(&less, packings[_i], pack(&less, packings[_i], more), WV_EXPAND_TOO_LARGE);
        ck_assert_uint_lt(less.text.cap, more.len);
        fixture_fini(&less);
    }
}
END_TEST

/* Somebody else may have made the room larger than this expander is allowed to. */
START_TEST(a_large_room_is_no_larger_limit)
{
    struct fixture fixture = fixture_of(1000);
    ck_assert(wv_room_grow(&fixture.text, MIB, MIB));
    memset(fixture.text.mem, 0xaa, MIB);
    check_refused(&fixture, packings[_i], pack(&fixture, packings[_i], sample(1001)),
                  WV_EXPAND_TOO_LARGE);
    size_t written = MIB;
    while (written > 0 && fixture.text.mem[written - 1] == 0xaa) {
        written--;
    }
    ck_assert_uint_le(written, 1000);
    check_expands(&fixture, packings[_i], pack(&fixture, packings[_i], sample(1000)), sample(1000));
    fixture_fini(&fixture);
}
END_TEST

/* A gigabyte of zeros, made piece by piece. */
static struct wv_slice make_bomb(enum wv_packing packing, uint8_t *out, size_t cap)
{
    enum { PIECE = MIB, PIECES = 1024 };
    static uint8_t zeros[PIECE];
    if (packing == WV_PACKING_ZSTD) {
        ZSTD_CCtx *context = ZSTD_createCCtx();
        ZSTD_outBuffer to = {out, cap, 0};
        for (size_t i = 0; i < PIECES; i++) {
            ZSTD_inBuffer from = {zeros, PIECE, 0};
            while (from.pos < from.size) {
                ck_assert_uint_eq(
                    ZSTD_isError(ZSTD_compressStream2(context, &to, &from, ZSTD_e_continue)), 0);
            }
        }
        ZSTD_inBuffer none = {0};
        ck_assert_uint_eq(ZSTD_compressStream2(context, &to, &none, ZSTD_e_end), 0);
        ZSTD_freeCCtx(context);
        return (struct wv_slice){out, to.pos};
    }
    z_stream stream = {.next_out = out, .avail_out = (uInt)cap};
    ck_assert_int_eq(deflateInit2(&stream, 1, Z_DEFLATED, packing == WV_PACKING_GZIP ? 31 : 15, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    for (size_t i = 0; i < PIECES; i++) {
        stream.next_in = zeros;
        stream.avail_in = PIECE;
        ck_assert_int_eq(deflate(&stream, Z_NO_FLUSH), Z_OK);
    }
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_int_eq(deflateEnd(&stream), Z_OK);
    return (struct wv_slice){out, cap - stream.avail_out};
}

START_TEST(a_bomb_is_stopped)
{
    static uint8_t packed[8 * MIB];
    const struct wv_slice bomb = make_bomb(packings[_i], packed, sizeof packed);
    struct fixture fixture = fixture_of(MIB);
    check_refused(&fixture, packings[_i], bomb, WV_EXPAND_TOO_LARGE);
    ck_assert_uint_le(fixture.text.cap, MIB);
    check_expands(&fixture, packings[_i], pack(&fixture, packings[_i], sample(MIB)), sample(MIB));
    fixture_fini(&fixture);
}
END_TEST

/* Frames that claim windows and contents that no machine has: nothing is set aside for them. */
START_TEST(claims_of_a_frame_cost_nothing)
{
    /* A window of 2 TiB or less, of unknown content; then one empty last block. */
    static const uint8_t window[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0, 0};
    /* 2^62 bytes of content in one segment. */
    static const uint8_t content[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0,
                                      0,    0,    0,    0,    0x40, 1, 0, 0};
    /* 2^30 - 1 bytes of window, which the library accepts. */
    static const uint8_t large[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0, 0};
    struct fixture fixture = fixture_of(MIB);
    check_refused(&fixture, WV_PACKING_ZSTD, (struct wv_slice){window, sizeof window},
                  WV_EXPAND_BAD);
    check_refused(&fixture, WV_PACKING_ZSTD, (struct wv_slice){content, sizeof content},
                  WV_EXPAND_TOO_LARGE);
    const size_t before = allocations;
    const enum wv_expand_verdict verdict = wv_expand(
        fixture.expander, WV_PACKING_ZSTD, (struct wv_slice){large, sizeof large}, &fixture.text);
    ck_assert_uint_eq(allocations, before);
    ck_assert_int_eq(verdict, WV_EXPAND_DONE);
    ck_assert_uint_eq(fixture.text.len, 0);
    ck_assert_uint_le(fixture.text.cap, MIB);
    fixture_fini(&fixture);
}
END_TEST

/* ---- Memory ---- */

START_TEST(a_steady_stream_costs_no_allocation)
{
    struct fixture fixture = fixture_of(MIB);
    for (size_t turn = 0; turn < 300; turn++) {
        const enum wv_packing packing = packings[turn % WV_COUNT(packings)];
        const struct wv_slice text = sample(turn < 3 ? 300000 : turn * 977 % 300000);
        const size_t before = allocations;
        const enum wv_compress_verdict made =
            wv_compress(fixture.compressor, packing, text, &fixture.packed);
        struct wv_slice packed = wv_room_bytes(&fixture.packed);
        const enum wv_expand_verdict whole =
            wv_expand(fixture.expander, packing, packed, &fixture.text);
        packed.len--;
        const enum wv_expand_verdict cut =
            wv_expand(fixture.expander, packing, packed, &fixture.text);
        const size_t after = allocations;
        ck_assert_int_eq(made, WV_COMPRESS_DONE);
        ck_assert_int_eq(whole, WV_EXPAND_DONE);
        ck_assert_int_eq(cut, WV_EXPAND_BAD);
        if (turn >= 3) {
            ck_assert_uint_eq(after, before);
        }
    }
    fixture_fini(&fixture);
}
END_TEST

START_TEST(allocations_are_counted)
{
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice text = sample(1000);
    const size_t before = allocations;
    const enum wv_compress_verdict made =
        wv_compress(fixture.compressor, packings[_i], text, &fixture.packed);
    const size_t after = allocations;
    ck_assert_int_eq(made, WV_COMPRESS_DONE);
    ck_assert_int_eq(after > before, COUNTED == 1);
    fixture_fini(&fixture);
}
END_TEST

/* Without memory there is a verdict; with it again, everything works. */
START_TEST(short_memory_is_a_verdict)
{
    if (COUNTED == 0) {
        return;
    }
    struct fixture fixture = fixture_of(MIB);
    const struct wv_slice text = sample(200000);
    no_memory = true;
    const enum wv_compress_verdict made =
        wv_compress(fixture.compressor, packings[_i], text, &fixture.packed);
    no_memory = false;
    ck_assert_int_eq(made, WV_COMPRESS_NO_MEMORY);
    const struct wv_slice packed = pack(&fixture, packings[_i], text);
    no_memory = true;
    const enum wv_expand_verdict first =
        wv_expand(fixture.expander, packings[_i], packed, &fixture.text);
    no_memory = false;
    ck_assert_int_eq(first, WV_EXPAND_NO_MEMORY);
    check_expands(&fixture, packings[_i], pack(&fixture, packings[_i], sample(10)), sample(10));
    (void)pack(&fixture, packings[_i], text);
    no_memory = true;
    const enum wv_expand_verdict second =
        wv_expand(fixture.expander, packings[_i], wv_room_bytes(&fixture.packed), &fixture.text);
    no_memory = false;
    ck_assert_int_eq(second, WV_EXPAND_NO_MEMORY);
    ck_assert_uint_eq(fixture.text.len, 0);
    check_expands(&fixture, packings[_i], wv_room_bytes(&fixture.packed), text);
    fixture_fini(&fixture);
}
END_TEST

/* Windows and tables of the libraries hold records, too. */
START_TEST(what_is_given_back_is_wiped)
{
    struct fixture fixture = fixture_of(3 * MIB);
    watching = true;
    for (size_t i = 0; i < WV_COUNT(sizes); i++) {
        const struct wv_slice packed = pack(&fixture, packings[_i], sample(sizes[i]));
        check_expands(&fixture, packings[_i], packed, sample(sizes[i]));
    }
    fixture_fini(&fixture);
    volatile uint8_t *plain = malloc(100);
    for (size_t i = 0; i < 100; i++) {
        plain[i] = sample(100).ptr[i];
    }
    const size_t full = given_back_full;
    free((void *)(uintptr_t)plain);
    watching = false;
    ck_assert_uint_eq(full, 0);
    ck_assert_uint_eq(given_back_full, COUNTED == 0 ? 0U : 1U);
    ck_assert(COUNTED == 0 || given_back > 6);
}
END_TEST

START_TEST(rooms_keep_what_is_in_them)
{
    struct wv_room room = {0};
    ck_assert(wv_room_grow(&room, 1, 10));
    ck_assert_uint_eq(room.cap, 10);
    memcpy(room.mem, "0123456789", 10);
    room.len = 10;
    ck_assert(wv_room_grow(&room, 11, MIB));
    ck_assert_uint_eq(room.cap, 20);
    ck_assert(wv_slice_eq(wv_room_bytes(&room), WV_LIT("0123456789")));
    ck_assert(wv_room_grow(&room, 20, 20));
    ck_assert_uint_eq(room.cap, 20);
    wv_room_fini(&room);
    ck_assert_ptr_null(room.mem);
    wv_room_fini(&room);
    wv_expander_free(NULL);
    wv_compressor_free(NULL);
}
END_TEST

int main(void)
{
    const int each = (int)WV_COUNT(packings);
    Suite *suite = suite_create("expand");
    TCase *open = tcase_create("open");
    tcase_add_loop_test(open, packings_are_known_by_their_beginning, 0, (int)WV_COUNT(beginnings));
    tcase_add_test(open, long_text_is_text);
    tcase_add_loop_test(open, what_is_packed_is_opened_again, 0, each);
    tcase_add_loop_test(open, what_cannot_be_packed_is_opened_again, 0, each);
    tcase_add_test(open, other_levels_are_opened);
    tcase_add_loop_test(open, a_payload_cut_anywhere_is_refused, 0, each);
    tcase_add_loop_test(open, a_flipped_bit_gives_nothing_else, 0, each);
    tcase_add_loop_test(open, nothing_may_stand_behind, 0, each);
    tcase_add_loop_test(open, another_packing_is_refused, 0, each);
    tcase_add_loop_test(open, members_and_frames_are_read_to_the_last, 0, each);
    tcase_add_test(open, frames_to_skip_are_skipped);
    tcase_add_test(open, old_frames_are_refused);
    suite_add_tcase(suite, open);
    TCase *limits = tcase_create("limits");
    tcase_add_loop_test(limits, the_limit_is_exact, 0, each);
    tcase_add_loop_test(limits, a_large_room_is_no_larger_limit, 0, each);
    tcase_add_loop_test(limits, a_bomb_is_stopped, 0, each);
    tcase_add_test(limits, claims_of_a_frame_cost_nothing);
    suite_add_tcase(suite, limits);
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, a_steady_stream_costs_no_allocation);
    tcase_add_loop_test(memory, allocations_are_counted, 0, each);
    tcase_add_loop_test(memory, short_memory_is_a_verdict, 0, each);
    tcase_add_loop_test(memory, what_is_given_back_is_wiped, 0, each);
    tcase_add_test(memory, rooms_keep_what_is_in_them);
    suite_add_tcase(suite, memory);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
