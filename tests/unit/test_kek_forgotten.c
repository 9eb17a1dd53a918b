/*
 * At stake: a key-encryption key that stays in the memory of a process for years, where whoever
 * gets hold of that memory can open every copy of the key file there ever was. Once the keyring is
 * there, and also where none comes about, nothing of the key is left, nor of what it was read from.
 *
 * The process that looks never knows what it looks for: others make it, and tell it masked.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* the round keys are wanted for themselves here */

#include "keys/keyfile.h"
#include "plan/config_keys.h"
#include "support/findings.h"
#include "support/hidden_keys.h"

#include <openssl/aes.h>

enum { KEK = EPOCHS }; /* whose marks */

static struct fixture {
    char folder[64];
    char keys[96];
    char kek[96];
    uint8_t masked[WV_KEK_BYTES];
} f;

/* Only in a process that ends soon. */
static void kek_of(uint8_t out[WV_KEK_BYTES])
{
    for (size_t i = 0; i < WV_KEK_BYTES; i++) {
        out[i] = f.masked[i] ^ k.mask[i];
    }
}

static void tell_kek(int pipe, const char *path)
{
    uint8_t kek[WV_KEK_BYTES];
    uint8_t text[2 * WV_KEK_BYTES + 1];
    uint8_t extracted[32];
    struct wv_hmac salted;
    AES_KEY rounds;
    (void)path;
    kek_of(kek);
    tell_both_ways(pipe, KEK, "kek", kek);
    (void)EVP_EncodeBlock(text, kek, sizeof kek);
    tell_marks(pipe, KEK, "kek in base64", text, 43);
    for (size_t i = 0; i < sizeof kek; i++) {
        (void)snprintf((char *)text + 2 * i, 3, "%02x", kek[i]);
    }
    tell_marks(pipe, KEK, "kek in hex", text, 2 * WV_KEK_BYTES);
    wv_hmac_init(&salted, WV_LIT("wafveil-v1"));
    wv_hmac_make(&salted, (struct wv_slice){kek, sizeof kek}, extracted);
    tell_key(pipe, KEK, "extracted", extracted);
    if (AES_set_encrypt_key(kek, 256, &rounds) != 0) {
        _exit(1);
    }
    for (size_t at = 32; at + 32 <= 240; at += 32) { /* two of them give all others */
        tell_both_ways(pipe, KEK, "round keys", (const uint8_t *)rounds.rd_key + at);
    }
}

static void write_kek(int pipe, const char *path)
{
    uint8_t kek[WV_KEK_BYTES];
    uint8_t text[64];
    (void)pipe;
    kek_of(kek);
    const int len = EVP_EncodeBlock(text, kek, sizeof kek);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (write(file, text, (size_t)len) != len || close(file) != 0) {
        _exit(1);
    }
}

/* Plain first, then as `wafveil keys rewrap` does it. */
static void write_wrapped(int pipe, const char *path)
{
    uint8_t bytes[WV_KEK_BYTES];
    size_t count = 0;
    write_keys(pipe, path);
    kek_of(bytes);
    struct wv_kek *kek = wv_kek_new(bytes);
    struct wv_report *report = wv_report_new();
    const struct wv_keks keks = {.current = kek};
    if (kek == NULL || !wv_keyfile_rewrap(path, &keks, report, &count)) {
        _exit(1);
    }
    wv_report_free(report);
    wv_kek_free(kek);
}

static void set_up(void)
{
    make_keys();
    ck_assert_int_eq(RAND_bytes(f.masked, sizeof f.masked), 1);
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/wafveil-kek-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f.folder));
    (void)snprintf(f.keys, sizeof f.keys, "%s/keys", f.folder);
    (void)snprintf(f.kek, sizeof f.kek, "%s/kek", f.folder);
    in_child(write_kek, f.kek);
    in_child(write_wrapped, f.keys);
    in_child(tell_all, NULL);
    in_child(tell_kek, NULL);
}

static void tear_down(void)
{
    static const char *const names[] = {"keys", "kek", "keys.lock", "new"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", f.folder, names[i]);
        (void)unlink(path);
    }
    ck_assert_int_eq(rmdir(f.folder), 0);
}

/* The members of "keys" that lead to it. %s: its file. */
static const char *const ways[] = {
    "\"kek\":{\"file\":\"%s\"}",
    "\"kek\":{\"command\":[\"cat\",\"%s\"]}",
    ("\"kek\":{\"command\":[\"openssl\",\"rand\",\"-base64\",\"32\"]},"
     "\"previous_kek\":{\"file\":\"%s\"}"),
};

static struct wv_keyring *load(const char *way, struct wv_report *report)
{
    char kek[256];
    char text[1024];
    (void)snprintf(kek, sizeof kek, way, f.kek);
    (void)snprintf(text, sizeof text,
                   "{\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"name\":"
                   "\"acme\"}}],\"keys\":{\"file\":\"%s\",%s},\"outputs\":[{\"name\":\"soc\","
                   "\"topic\":\"out\",\"purpose\":\"security\"}]}",
                   f.keys, kek);
    struct wv_config *config = wv_config_parse("wafveil.json", wv_slice_of(text), report);
    ck_assert_ptr_nonnull(config);
    struct wv_keyring *keyring = wv_config_keyring(config, report);
    wv_config_free(config);
    return keyring;
}

/* each: how many places the secret of an epoch has. */
static void check_memory(int each)
{
    scan_memory();
    bool good = scan.found[KEK] == 0;
    for (int i = 0; i < EPOCHS; i++) {
        good = good && scan.found[i] == each * WV_SECRET_BYTES / MARK_BYTES;
    }
    if (!good) {
        scan.tells = true;
        scan_memory();
    }
    ck_assert_msg(good, "more is in memory than the keyring needs, or less");
}

START_TEST(a_keyring_leaves_nothing_of_the_key_that_wrapped_it)
{
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = load(ways[_i], report);
    if (keyring == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(keyring);
    check_memory(2); /* domains */
    wv_keyring_free(keyring);
    check_memory(0);
    wv_report_free(report);
}
END_TEST

/* What is in memory is found: or the tests above would say nothing. */
START_TEST(a_key_that_is_held_is_found)
{
    struct wv_report *report = wv_report_new();
    const struct wv_kek_source source = {.from = WV_KEK_FILE, .name = f.kek};
    struct wv_document *document = wv_document_parse("x", WV_LIT("{}"), report);
    const struct wv_node root = wv_document_root(document);
    struct wv_kek *kek = wv_kek_fetch(&source, &root, report);
    ck_assert_ptr_nonnull(kek);
    scan_memory();
    ck_assert_int_eq(scan.found[KEK], WV_KEK_BYTES / MARK_BYTES);
    wv_kek_free(kek);
    check_memory(0);
    wv_document_free(document);
    wv_report_free(report);
}
END_TEST

/* The last letter of what is wrapped last. */
static void damage(int pipe, const char *path)
{
    static char text[1 << 16];
    (void)pipe;
    const int file = open(path, O_RDWR | O_CLOEXEC);
    const ssize_t len = read(file, text, sizeof text - 1);
    char *last = NULL;
    for (char *at = strstr(text, "\"wrapped\""); at != NULL; at = strstr(at + 1, "\"wrapped\"")) {
        last = at;
    }
    if (len <= 0 || last == NULL) {
        _exit(1);
    }
    last += strlen("\"wrapped\": \"");
    *last = *last == 'A' ? 'B' : 'A';
    if (pwrite(file, text, (size_t)len, 0) != len || close(file) != 0) {
        _exit(1);
    }
}

static void cut(int pipe, const char *path)
{
    (void)pipe;
    if (truncate(path, 40) != 0) {
        _exit(1);
    }
}

static void take_away(int pipe, const char *path)
{
    (void)pipe;
    (void)unlink(path);
}

static const struct {
    void (*how)(int pipe, const char *path);
    bool kek; /* whose file */
} troubles[] = {{damage, false}, {cut, false}, {take_away, false}, {cut, true}};

START_TEST(a_file_that_is_refused_leaves_nothing)
{
    struct wv_report *report = wv_report_new();
    in_child(troubles[_i].how, troubles[_i].kek ? f.kek : f.keys);
    const char *way =
        troubles[_i].kek ? "\"kek\":{\"command\":[\"cat\",\"%1$s\",\"%1$s\"]}" : ways[1];
    ck_assert_ptr_null(load(way, report));
    ck_assert_uint_gt(wv_report_errors(report), 0);
    check_memory(0);
    wv_report_free(report);
}
END_TEST

START_TEST(what_writes_the_file_leaves_nothing)
{
    struct wv_report *report = wv_report_new();
    const struct wv_kek_source source = {.from = WV_KEK_FILE, .name = f.kek};
    struct wv_document *document = wv_document_parse("x", WV_LIT("{}"), report);
    const struct wv_node root = wv_document_root(document);
    struct wv_kek *kek = wv_kek_fetch(&source, &root, report);
    const struct wv_keks keks = {.current = kek};
    struct wv_doomed doomed;
    size_t count = 0;
    in_child(write_keys, f.keys);
    ck_assert(wv_keyfile_rewrap(f.keys, &keks, report, &count));
    ck_assert_uint_eq(count, 2 * EPOCHS);
    const struct wv_key_choice choice = {.epoch = wv_slice_of(k.ids[0])};
    ck_assert(wv_keyfile_destroy(f.keys, &keks, &choice, NULL, "2026-11-23", report, &doomed));
    ck_assert_uint_eq(doomed.count, 2);
    wv_doomed_free(&doomed);
    wv_kek_free(kek);
    check_memory(0);
    wv_document_free(document);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("forgotten");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_key_that_is_held_is_found);
    tcase_add_loop_test(tests, a_keyring_leaves_nothing_of_the_key_that_wrapped_it, 0,
                        (int)WV_COUNT(ways));
    tcase_add_loop_test(tests, a_file_that_is_refused_leaves_nothing, 0, (int)WV_COUNT(troubles));
    tcase_add_test(tests, what_writes_the_file_leaves_nothing);
    Suite *suite = suite_create("kek forgotten");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
