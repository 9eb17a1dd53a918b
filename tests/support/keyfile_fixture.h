/*
 * keyfile_fixture.h — a folder of its own for each test of key files, and what stands in them.
 */
#ifndef WV_TESTS_KEYFILE_FIXTURE_H
#define WV_TESTS_KEYFILE_FIXTURE_H

#include "keys/keyfile.h"

#include "support/findings.h"

#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400 };

/* 2026-11-16 00:00 UTC, a Monday */
static const int64_t monday = INT64_C(1794787200);

/* base64 of 00 01 … 1f, and of 32 bytes 0xff */
#define SECRET_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET_B "//////////////////////////////////////////8="

#define FILE_OF(domains)     "{\"version\": 1,\n\"domains\": {" domains "}}"
#define DOMAIN_OF(epochs)    FILE_OF("\"a\": {\"epoch_days\": 7, \"epochs\": [\n" epochs "]}")
#define EPOCH_OF(id, secret) "{\"id\": \"" id "\", \"secret\": \"" secret "\"}"

static char folder[64];
static char path[128];

static inline void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/wv_keyfile_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/keys", folder);
}

static inline void remove_folder(void)
{
    static const char *const names[] = {"keys", "keys.lock", "keys.new", "link", "fifo"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        (void)unlink(name);
    }
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static inline void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(name, mode), 0);
}

static inline char *read_file(const char *name)
{
    char *text = calloc(1, 65536);
    FILE *file = fopen(name, "r");
    ck_assert(text != NULL && file != NULL);
    ck_assert_uint_gt(fread(text, 1, 65535, file), 0);
    fclose(file);
    return text;
}

static const char good_file[] = DOMAIN_OF(EPOCH_OF("20261116-7d", SECRET_A));

#endif
