/*
 * hidden_keys.h — a key file whose secrets the process that tests never knows: children of it make
 * them from two masked halves, write them, and tell it, masked, what would betray them.
 */
#ifndef WV_TESTS_HIDDEN_KEYS_H
#define WV_TESTS_HIDDEN_KEYS_H

#include "base/clock.h"
#include "keys/derive.h"
#include "keys/hmac.h"
#include "support/memory_scan.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/wait.h>

enum { EPOCHS = 3, DAYS = 7, WEEK_S = 7 * 86400 };

static const char domain[] = "acme/r/soc";
static const char part_domain[] = "acme/r/part";

static struct keys {
    uint8_t masked[EPOCHS][WV_SECRET_BYTES];
    uint8_t mask[WV_SECRET_BYTES];
    char ids[EPOCHS][WV_EPOCH_ID_MAX + 1];
    int64_t times_s[EPOCHS]; /* of an event in it */
    bool listed[EPOCHS];     /* in the key file */
} k;

static inline void make_keys(void)
{
    const int64_t now_s = wv_clock_wall_ms(wv_clock_system()) / 1000;
    ck_assert_int_eq(RAND_bytes(k.mask, sizeof k.mask), 1);
    ck_assert_int_eq(RAND_bytes((uint8_t *)k.masked, sizeof k.masked), 1);
    ck_assert_int_eq(RAND_bytes((uint8_t *)&scan.mask, sizeof scan.mask), 1);
    for (int i = 0; i < EPOCHS; i++) {
        k.times_s[i] = now_s - (int64_t)(EPOCHS - 1 - i) * WEEK_S;
        wv_epoch_id(k.times_s[i], DAYS, k.ids[i]);
        k.listed[i] = true;
    }
}

static inline void secret_of(int epoch, uint8_t out[WV_SECRET_BYTES])
{
    for (size_t i = 0; i < WV_SECRET_BYTES; i++) {
        out[i] = k.masked[epoch][i] ^ k.mask[i];
    }
}

/* As the compression function of SHA-256 reads them. */
static inline void swap_words(const uint8_t *bytes, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = bytes[(i & ~(size_t)3) + 3 - (i & 3)];
    }
}

static inline void tell_both_ways(int pipe, int epoch, const char *what, const uint8_t bytes[32])
{
    uint8_t swapped[32];
    swap_words(bytes, sizeof swapped, swapped);
    tell_marks(pipe, epoch, what, bytes, 32);
    tell_marks(pipe, epoch, what, swapped, sizeof swapped);
}

/* A key, what HMAC makes of it before the first byte of a message, and what it makes that of. */
static inline void tell_key(int pipe, int epoch, const char *what, const uint8_t key[32])
{
    struct wv_hmac hmac;
    uint8_t padded[32];
    wv_hmac_init(&hmac, (struct wv_slice){key, 32});
    tell_both_ways(pipe, epoch, what, key);
    tell_both_ways(pipe, epoch, what, (const uint8_t *)hmac.inner);
    tell_both_ways(pipe, epoch, what, (const uint8_t *)hmac.outer);
    for (int pad = 0x36; pad <= 0x5c; pad += 0x5c - 0x36) {
        for (size_t i = 0; i < sizeof padded; i++) {
            padded[i] = (uint8_t)(key[i] ^ pad);
        }
        tell_both_ways(pipe, epoch, what, padded);
    }
}

static inline void tell_derived(int pipe, int epoch, const char *of, const char *use)
{
    const struct wv_use wanted = {
        .domain = wv_slice_of(of), .epoch = wv_slice_of(k.ids[epoch]), .name = wv_slice_of(use)};
    uint8_t secret[WV_SECRET_BYTES];
    uint8_t key[32];
    secret_of(epoch, secret);
    if (!wv_derive(secret, &wanted, key, sizeof key)) {
        _exit(1);
    }
    tell_key(pipe, epoch, use, key);
}

static inline void tell_epoch(int pipe, int epoch)
{
    uint8_t secret[WV_SECRET_BYTES];
    uint8_t text[48];
    uint8_t extracted[32];
    struct wv_hmac salted;
    secret_of(epoch, secret);
    tell_both_ways(pipe, epoch, "secret", secret);
    (void)EVP_EncodeBlock(text, secret, sizeof secret);
    tell_marks(pipe, epoch, "base64", text, 43);
    wv_hmac_init(&salted, WV_LIT("wafveil-v1"));
    wv_hmac_make(&salted, (struct wv_slice){secret, sizeof secret}, extracted);
    tell_key(pipe, epoch, "extracted", extracted);
    tell_derived(pipe, epoch, domain, "ip");
    tell_derived(pipe, epoch, domain, "ip-pfx");
    tell_derived(pipe, epoch, domain, "check");
    tell_derived(pipe, epoch, part_domain, "sample");
    tell_derived(pipe, epoch, part_domain, "ip");
    tell_derived(pipe, epoch, part_domain, "check");
}

static inline void put_domain(FILE *file, const char *name)
{
    (void)fprintf(file, "\"%s\":{\"epoch_days\":%d,\"epochs\":[", name, DAYS);
    const char *comma = "";
    for (int i = 0; i < EPOCHS; i++) {
        uint8_t secret[WV_SECRET_BYTES];
        uint8_t text[48];
        secret_of(i, secret);
        (void)EVP_EncodeBlock(text, secret, sizeof secret);
        if (k.listed[i]) {
            (void)fprintf(file, "%s{\"id\":\"%s\",\"secret\":\"%s\"}", comma, k.ids[i],
                          (const char *)text);
            comma = ",";
        }
    }
    (void)fprintf(file, "]}");
}

/* Runs a step in a process of its own, which takes what it knew with it. */
static inline void in_child(void (*step)(int pipe, const char *path), const char *path)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        step(ends[1], path);
        _exit(0);
    }
    close(ends[1]);
    hear_marks(ends[0]);
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static inline void tell_all(int pipe, const char *path)
{
    (void)path;
    for (int i = 0; i < EPOCHS; i++) {
        tell_epoch(pipe, i);
    }
}

/* Puts another file in the place of the key file, as `wafveil keys` does. */
static inline void write_keys(int pipe, const char *path)
{
    char fresh[160];
    (void)pipe;
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    const int handle = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = handle < 0 ? NULL : fdopen(handle, "w");
    if (file == NULL) {
        _exit(1);
    }
    (void)fprintf(file, "{\"version\":1,\"domains\":{");
    put_domain(file, domain);
    (void)fprintf(file, ",");
    put_domain(file, part_domain);
    (void)fprintf(file, "}}");
    if (fclose(file) != 0 || rename(fresh, path) != 0) {
        _exit(1);
    }
}

#endif
