/*
 * kek: a secret that opens in another place makes tokens of one tenant under another one's name;
 * and one that does not open at all takes a whole fleet down.
 */
#include "keys/kek.h"

#include "support/findings.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint8_t kek_bytes[WV_KEK_BYTES];
static uint8_t secret[WV_SECRET_BYTES];
static const struct wv_slice domain = {(const uint8_t *)"acme/eu/soc", 11};
static const struct wv_slice epoch = {(const uint8_t *)"20261116-7d", 11};

static struct wv_kek *new_kek(void)
{
    for (size_t i = 0; i < WV_KEK_BYTES; i++) {
        kek_bytes[i] = (uint8_t)i;
        secret[i] = (uint8_t)(0xa0 + i);
    }
    struct wv_kek *kek = wv_kek_new(kek_bytes);
    ck_assert_ptr_nonnull(kek);
    return kek;
}

/* HKDF-SHA-256 of 00 … 1f, salt "wafveil-v1", info "kek check", by `openssl kdf`. */
START_TEST(its_id_is_derived)
{
    struct wv_kek *kek = new_kek();
    ck_assert_str_eq(wv_kek_id(kek), "e4b7ca06");
    wv_kek_free(kek);
}
END_TEST

START_TEST(what_is_wrapped_opens)
{
    struct wv_kek *kek = new_kek();
    uint8_t first[WV_WRAPPED_BYTES];
    uint8_t second[WV_WRAPPED_BYTES];
    uint8_t out[WV_SECRET_BYTES];
    ck_assert(wv_kek_wrap(kek, domain, epoch, secret, first));
    ck_assert(wv_kek_wrap(kek, domain, epoch, secret, second));
    ck_assert_mem_ne(first, second, 12); /* a nonce of its own */
    ck_assert_mem_ne(first + 12, secret, WV_SECRET_BYTES);
    ck_assert(wv_kek_unwrap(kek, domain, epoch, first, out));
    ck_assert_mem_eq(out, secret, WV_SECRET_BYTES);
    wv_kek_free(kek);
}
END_TEST

/* Made by OpenSSL alone, from what kek.h says. */
START_TEST(the_layout_is_the_documented_one)
{
    static const uint8_t place[] = "\0\x09wafveil/1\0\x0b"
                                   "acme/eu/soc\0\x0b"
                                   "20261116-7d";
    struct wv_kek *kek = new_kek();
    uint8_t wrapped[WV_WRAPPED_BYTES] = {7, 7, 7};
    uint8_t out[WV_SECRET_BYTES];
    int len;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    ck_assert_int_eq(EVP_EncryptInit(context, EVP_aes_256_gcm(), kek_bytes, wrapped), 1);
    ck_assert_int_eq(EVP_EncryptUpdate(context, NULL, &len, place, sizeof place - 1), 1);
    ck_assert_int_eq(EVP_EncryptUpdate(context, wrapped + 12, &len, secret, sizeof secret), 1);
    ck_assert_int_eq(EVP_EncryptFinal(context, wrapped + 44, &len), 1);
    ck_assert_int_eq(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, wrapped + 44), 1);
    EVP_CIPHER_CTX_free(context);
    ck_assert(wv_kek_unwrap(kek, domain, epoch, wrapped, out));
    ck_assert_mem_eq(out, secret, WV_SECRET_BYTES);
    wv_kek_free(kek);
}
END_TEST

static void stays_shut(const struct wv_kek *kek, struct wv_slice of, struct wv_slice at,
                       const uint8_t wrapped[WV_WRAPPED_BYTES])
{
    static const uint8_t zeros[WV_SECRET_BYTES];
    uint8_t out[WV_SECRET_BYTES];
    memset(out, 0xee, sizeof out);
    ck_assert(!wv_kek_unwrap(kek, of, at, wrapped, out));
    ck_assert_mem_eq(out, zeros, sizeof out);
}

START_TEST(nothing_else_opens_it)
{
    struct wv_kek *kek = new_kek();
    uint8_t wrapped[WV_WRAPPED_BYTES];
    ck_assert(wv_kek_wrap(kek, domain, epoch, secret, wrapped));
    stays_shut(kek, WV_LIT("acme/eu/so"), WV_LIT("c20261116-7d"), wrapped);
    stays_shut(kek, WV_LIT("acme/jp/soc"), epoch, wrapped);
    stays_shut(kek, domain, WV_LIT("20261123-7d"), wrapped);
    for (size_t bit = 0; bit < sizeof wrapped * 8; bit++) {
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
        stays_shut(kek, domain, epoch, wrapped);
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    wv_kek_free(kek);
    kek_bytes[31] ^= 1;
    kek = wv_kek_new(kek_bytes);
    stays_shut(kek, domain, epoch, wrapped);
    wv_kek_free(kek);
}
END_TEST

/* ---- Where it comes from ----------------------------------------------------------------------
 */

static char folder[64];
static char file[128];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/wv_kek_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/kek", folder);
}

static void remove_folder(void)
{
    (void)unlink(file);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void write_kek(struct wv_slice text, mode_t mode)
{
    (void)unlink(file);
    const int out = open(file, O_WRONLY | O_CREAT | O_EXCL, mode);
    ck_assert_int_ge(out, 0);
    ck_assert_int_eq(write(out, text.ptr, text.len), (ssize_t)text.len);
    ck_assert_int_eq(fchmod(out, mode), 0);
    close(out);
}

/* The id, "" when it cannot be had; the finding goes to `said`. */
static void fetch(const struct wv_kek_source *source, char id[WV_KEK_ID + 1], char said[512])
{
    struct wv_report *report = wv_report_new();
    struct wv_document *document = wv_document_parse("c.json", WV_LIT("{\"kek\": 1}"), report);
    const struct wv_node root = wv_document_root(document);
    const struct wv_node node = wv_node_member(&root, "kek");
    struct wv_kek *kek = wv_kek_fetch(source, &node, report);
    snprintf(id, WV_KEK_ID + 1, "%s", kek == NULL ? "" : wv_kek_id(kek));
    snprintf(said, 512, "%s", wv_report_count(report) == 0 ? "" : wv_report_at(report, 0)->text);
    ck_assert_int_eq(kek == NULL, wv_report_errors(report) == 1);
    wv_kek_free(kek);
    wv_document_free(document);
    wv_report_free(report);
}

#define HEX_TEXT    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define BASE64_TEXT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static const struct {
    struct wv_slice text;
    bool good;
} spellings[] = {
    {{(const uint8_t *)HEX_TEXT, 64}, true},
    {{(const uint8_t *)HEX_TEXT "\r\n", 66}, true},
    {{(const uint8_t *)BASE64_TEXT, 44}, true},
    {{(const uint8_t *)BASE64_TEXT "\n \t", 47}, true},
    {{(const uint8_t *)"\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32"
                       "\33\34\35\36\37",
      32},
     true},
    {{(const uint8_t *)"", 0}, false},
    {{(const uint8_t *)HEX_TEXT, 63}, false},
    {{(const uint8_t *)HEX_TEXT "00", 66}, false},
    {{(const uint8_t *)"g" HEX_TEXT, 64}, false},
    {{(const uint8_t *)" " BASE64_TEXT, 45}, false},
    {{(const uint8_t *)BASE64_TEXT, 43}, false},
};

START_TEST(is_read_in_three_spellings)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const struct wv_kek_source source = {.from = WV_KEK_FILE, .name = file};
    write_kek(spellings[_i].text, 0600);
    fetch(&source, id, said);
    ck_assert_str_eq(id, spellings[_i].good ? "e4b7ca06" : "");
    ck_assert_ptr_null(strstr(said, "0001")); /* no finding holds any of it */
    ck_assert_ptr_null(strstr(said, "AAEC"));
}
END_TEST

START_TEST(its_file_is_as_secret_as_the_keys)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const struct wv_kek_source source = {.from = WV_KEK_FILE, .name = file};
    write_kek(WV_LIT(HEX_TEXT), 0640);
    fetch(&source, id, said);
    ck_assert_str_eq(id, "");
    ck_assert_ptr_nonnull(strstr(said, "chmod 600"));
}
END_TEST

START_TEST(a_credential_lies_where_systemd_says)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const struct wv_kek_source source = {.from = WV_KEK_CREDENTIAL, .name = "kek"};
    ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    fetch(&source, id, said);
    ck_assert_ptr_nonnull(strstr(said, "LoadCredential"));
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    write_kek(WV_LIT(HEX_TEXT), 0440); /* the mask of an ACL */
    fetch(&source, id, said);
    ck_assert_str_eq(id, "e4b7ca06");
    write_kek(WV_LIT(HEX_TEXT), 0444);
    fetch(&source, id, said);
    ck_assert_str_eq(id, "");
    ck_assert_int_eq(unlink(file), 0);
    fetch(&source, id, said);
    ck_assert_str_eq(id, "");
}
END_TEST

#define COMMAND(...)                                                                               \
    (const char *[])                                                                               \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(a_command_prints_it)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    struct wv_kek_source source = {
        .from = WV_KEK_COMMAND, .words = COMMAND("echo", BASE64_TEXT), .timeout_ms = 20000};
    fetch(&source, id, said);
    ck_assert_str_eq(id, "e4b7ca06");
    /* In pieces, slowly, with something on standard error; nothing waits on standard input. */
    source.words = COMMAND("/bin/sh", "-c",
                           "cat; printf AAECAwQFBgcICQoLDA0ODxAREhMU; sleep 0.2; "
                           "printf FRYXGBkaGxwdHh8=");
    fetch(&source, id, said);
    ck_assert_str_eq(id, "e4b7ca06");
}
END_TEST

/* What it leaves behind can hold its output open for ever. */
START_TEST(who_waits_for_a_command_waits_for_nothing_else)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    struct timespec before;
    struct timespec after;
    const struct wv_kek_source source = {
        .from = WV_KEK_COMMAND,
        .words = COMMAND("/bin/sh", "-c", "sleep 60 & echo " BASE64_TEXT),
        .timeout_ms = 20000};
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    fetch(&source, id, said);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_str_eq(id, "e4b7ca06");
    ck_assert_int_lt(after.tv_sec - before.tv_sec, 10);
}
END_TEST

/* A parent that ignores SIGCHLD leaves this to its children, and how theirs end is lost. */
START_TEST(a_command_whose_end_is_not_seen_is_not_believed)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const struct wv_kek_source source = {
        .from = WV_KEK_COMMAND,
        .words = COMMAND("/bin/sh", "-c", "echo " BASE64_TEXT "; exit 1"),
        .timeout_ms = 20000};
    ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    fetch(&source, id, said);
    ck_assert(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    ck_assert_str_eq(id, "");
    ck_assert_ptr_nonnull(strstr(said, "SIGCHLD"));
}
END_TEST

static const struct {
    const char *script;
    const char *said;
} failing[] = {
    {"exit 3", "ended with code 3"},
    {"echo " BASE64_TEXT "; exit 1", "ended with code 1"},
    {"true", "gives no key"},
    {"echo secret", "gives no key"},
    {"kill -TERM $$", "ended by signal 15"},
    {"yes", "prints more than a key"},
    {"echo " BASE64_TEXT "; sleep 60", "has not ended within 300 ms"},
    {"sleep 60", "has not ended within 300 ms"},
    {"sleep 60 & sleep 60", "has not ended within 300 ms"},
    /* It closes its output, and goes on. */
    {"echo " BASE64_TEXT "; exec >&-; sleep 60", "has not ended within 300 ms"},
};

START_TEST(a_command_that_fails_is_told)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const bool slow = strstr(failing[_i].said, "300 ms") != NULL;
    const struct wv_kek_source source = {.from = WV_KEK_COMMAND,
                                         .words = COMMAND("/bin/sh", "-c", failing[_i].script),
                                         .timeout_ms = slow ? 300 : 20000};
    fetch(&source, id, said);
    ck_assert_str_eq(id, "");
    ck_assert_msg(strstr(said, failing[_i].said) != NULL, "%s", said);
    ck_assert_ptr_null(strstr(said, "AAEC"));
}
END_TEST

/* Its own children are ended with it: none of them goes on with a key in its hands. */
START_TEST(what_a_slow_command_started_is_ended)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    char script[256];
    snprintf(script, sizeof script, "(sleep 1; echo late > %s) & sleep 60", file);
    const struct wv_kek_source source = {
        .from = WV_KEK_COMMAND, .words = COMMAND("/bin/sh", "-c", script), .timeout_ms = 200};
    fetch(&source, id, said);
    const struct timespec wait = {2, 0};
    ck_assert_int_eq(nanosleep(&wait, NULL), 0);
    ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_told)
{
    char id[WV_KEK_ID + 1];
    char said[512];
    const struct wv_kek_source source = {
        .from = WV_KEK_COMMAND, .words = COMMAND("/nowhere/at/all"), .timeout_ms = 20000};
    fetch(&source, id, said);
    ck_assert_str_eq(id, "");
    ck_assert_ptr_nonnull(strstr(said, "No such file"));
}
END_TEST

int main(void)
{
    TCase *wrapping = tcase_create("wrapping");
    tcase_add_test(wrapping, its_id_is_derived);
    tcase_add_test(wrapping, what_is_wrapped_opens);
    tcase_add_test(wrapping, the_layout_is_the_documented_one);
    tcase_add_test(wrapping, nothing_else_opens_it);

    TCase *sources = tcase_create("sources");
    tcase_set_timeout(sources, 60);
    tcase_add_checked_fixture(sources, make_folder, remove_folder);
    tcase_add_loop_test(sources, is_read_in_three_spellings, 0, (int)WV_COUNT(spellings));
    tcase_add_test(sources, its_file_is_as_secret_as_the_keys);
    tcase_add_test(sources, a_credential_lies_where_systemd_says);
    tcase_add_test(sources, a_command_prints_it);
    tcase_add_loop_test(sources, a_command_that_fails_is_told, 0, (int)WV_COUNT(failing));
    tcase_add_test(sources, who_waits_for_a_command_waits_for_nothing_else);
    tcase_add_test(sources, a_command_whose_end_is_not_seen_is_not_believed);
    tcase_add_test(sources, what_a_slow_command_started_is_ended);
    tcase_add_test(sources, a_program_that_is_not_there_is_told);

    Suite *suite = suite_create("kek");
    suite_add_tcase(suite, wrapping);
    suite_add_tcase(suite, sources);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
