/*
 * At stake: a rejected record is sealed to be read one day by the one person who may, with nothing
 * but openssl; and by nobody else. It is written as DER by hand, so openssl itself opens it here.
 */
#include "keys/seal_cms.h"
#include "support/sealing.h"

#include <check.h>
#include <openssl/cms.h>
#include <stdio.h>

#define CANARY "203.0.113.9 canary.person@example.net"

static struct wv_report *report;

static void setup(void)
{
    report = wv_report_new();
    ck_assert_ptr_nonnull(report);
}

static void teardown(void)
{
    wv_report_free(report);
}

static struct wv_seal_certificate *certificate_of(const struct recipient *recipient)
{
    struct wv_seal_certificate *certificate =
        wv_seal_certificate_parse("reject.pem", wv_slice_of(recipient->certificate), report);
    wv_report_print(report, stderr);
    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

/* The content as the library of `openssl cms -decrypt` finds it; -1: it does not open. */
static long open_box(const struct recipient *recipient, struct wv_slice der, uint8_t *out,
                     size_t room)
{
    const unsigned char *at = der.ptr;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    if (cms == NULL || at != der.ptr + der.len) {
        CMS_ContentInfo_free(cms);
        return -1;
    }
    BIO *plain = BIO_new(BIO_s_mem());
    long len = -1;
    if (CMS_decrypt(cms, recipient->key, recipient->x509, NULL, plain, CMS_BINARY) == 1) {
        char *text = NULL;
        len = BIO_get_mem_data(plain, &text);
        ck_assert_uint_le((size_t)len, room);
        if (len > 0) {
            memcpy(out, text, (size_t)len);
        }
    }
    BIO_free(plain);
    CMS_ContentInfo_free(cms);
    return len;
}

static const struct recipient_wish wishes[] = {
    {.rsa_bits = 2048}, {.rsa_bits = 4096, .usage = "critical,keyEncipherment"},
    {.curve = "P-256"}, {.curve = "P-384", .usage = "critical,keyAgreement"},
    {.curve = "P-521"},
};

/* Every length at which DER writes a length with one byte more, for each of the elements that are
 * around the content. */
START_TEST(what_is_sealed_opens_to_the_same)
{
    static uint8_t record[70000];
    static uint8_t memory[sizeof record + WV_CMS_OVERHEAD];
    static uint8_t opened[sizeof record];
    struct recipient *recipient = recipient_new(wishes[_i]);
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(certificate);
    for (size_t i = 0; i < sizeof record; i++) {
        record[i] = (uint8_t)CANARY[i % (sizeof CANARY - 1)];
    }
    for (size_t len = 0; len <= sizeof record; len += len < 300 ? 1 : 4099) {
        const struct wv_slice parts[] = {{record, len / 3}, {0}, {record + len / 3, len - len / 3}};
        struct wv_buf out = wv_buf_of(memory, len + WV_CMS_OVERHEAD);
        struct wv_slice der;
        ck_assert(wv_cms_seal(sealer, parts, WV_COUNT(parts), 1, &out));
        ck_assert(wv_buf_take(&out, &der));
        ck_assert_ptr_null(memmem(der.ptr, der.len, "203.0.113", 9));
        ck_assert_int_eq(open_box(recipient, der, opened, sizeof opened), (long)len);
        ck_assert_int_eq(memcmp(opened, record, len), 0);
    }
    ck_assert_uint_eq(wv_cms_sealer_keys(sealer), 1);
    wv_cms_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

/* The program that the guide names, with files as the guide has them. */
START_TEST(openssl_opens_it)
{
    char folder[] = "/tmp/wafveil-seal-XXXXXX";
    char command[512];
    uint8_t memory[256 + WV_CMS_OVERHEAD];
    char found[256] = "";
    struct recipient *recipient = recipient_new(wishes[_i]);
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(certificate);
    struct wv_buf out = wv_buf_of(memory, sizeof memory);
    const struct wv_slice part = WV_LIT(CANARY);
    ck_assert(wv_cms_seal(sealer, &part, 1, 1, &out));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof command, "%s/key.pem", folder);
    sealing_write(command, recipient->key_pem);
    snprintf(command, sizeof command, "%s/reject.pem", folder);
    sealing_write(command, recipient->certificate);
    snprintf(command, sizeof command, "%s/box.der", folder);
    FILE *file = fopen(command, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(memory, 1, out.len, file), out.len);
    ck_assert_int_eq(fclose(file), 0);
    snprintf(command, sizeof command,
             "cd %s && openssl cms -decrypt -binary -inform DER -in box.der -inkey key.pem "
             "-recip reject.pem; rm -r %s",
             folder, folder);
    file = popen(command, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(found, 1, sizeof found - 1, file), sizeof CANARY - 1);
    ck_assert_int_eq(pclose(file), 0);
    ck_assert_str_eq(found, CANARY);
    wv_cms_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

/* Authenticated: no byte can be changed, and nobody else's key opens it. */
START_TEST(what_was_changed_does_not_open)
{
    uint8_t memory[256 + WV_CMS_OVERHEAD];
    uint8_t opened[256];
    struct recipient *recipient = recipient_new((struct recipient_wish){.rsa_bits = 2048});
    struct recipient *other = recipient_new((struct recipient_wish){.rsa_bits = 2048});
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(certificate);
    struct wv_buf out = wv_buf_of(memory, sizeof memory);
    const struct wv_slice part = WV_LIT(CANARY);
    ck_assert(wv_cms_seal(sealer, &part, 1, 1, &out));
    const struct wv_slice der = {memory, out.len};
    for (size_t i = out.len - WV_SEAL_TAG - 2 - part.len; i < out.len; i++) {
        memory[i] ^= 1;
        const long len = open_box(recipient, der, opened, sizeof opened);
        ck_assert(len < 0 || memcmp(opened, CANARY, part.len) == 0);
        ck_assert_msg(len < 0 || i == out.len - WV_SEAL_TAG - 2 || i == out.len - WV_SEAL_TAG - 1,
                      "byte %zu can be changed", i);
        memory[i] ^= 1;
    }
    ck_assert_int_eq(open_box(recipient, der, opened, sizeof opened), (long)part.len);
    ck_assert_int_eq(open_box(other, der, opened, sizeof opened), -1);
    wv_cms_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
    recipient_free(other);
}
END_TEST

/* A nonce that comes twice under one key gives both records away. */
START_TEST(no_nonce_comes_twice)
{
    static uint8_t memory[64 + WV_CMS_OVERHEAD];
    static uint8_t before[64 + WV_CMS_OVERHEAD];
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(certificate);
    const struct wv_slice part = WV_LIT(CANARY);
    size_t before_len = 0;
    for (unsigned i = 0; i < 2 * WV_SEAL_BOXES; i++) {
        struct wv_buf out = wv_buf_of(memory, sizeof memory);
        ck_assert(wv_cms_seal(sealer, &part, 1, 1, &out));
        const uint8_t *text = memory + out.len - WV_SEAL_TAG - 2 - part.len;
        ck_assert(before_len != out.len ||
                  memcmp(before + out.len - WV_SEAL_TAG - 2 - part.len, text, part.len) != 0);
        memcpy(before, memory, out.len);
        before_len = out.len;
        ck_assert_uint_eq(wv_cms_sealer_keys(sealer), 1 + i / WV_SEAL_BOXES);
    }
    struct wv_buf out = wv_buf_of(memory, sizeof memory);
    ck_assert(wv_cms_seal(sealer, &part, 1, 1 + WV_SEAL_NS, &out));
    ck_assert_uint_eq(wv_cms_sealer_keys(sealer), 3);
    wv_cms_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

START_TEST(what_does_not_fit_is_not_sealed)
{
    uint8_t memory[sizeof CANARY + 20];
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(certificate);
    struct wv_buf out = wv_buf_of(memory, sizeof memory);
    struct wv_slice der;
    const struct wv_slice part = WV_LIT(CANARY);
    ck_assert(!wv_cms_seal(sealer, &part, 1, 1, &out));
    ck_assert(!wv_buf_take(&out, &der));
    ck_assert_ptr_null(memmem(memory, sizeof memory, "203.0.113", 9));
    wv_cms_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seal_cms");
    TCase *tests = tcase_create("seal_cms");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_is_sealed_opens_to_the_same, 0, (int)WV_COUNT(wishes));
    tcase_add_loop_test(tests, openssl_opens_it, 0, (int)WV_COUNT(wishes));
    tcase_add_test(tests, what_was_changed_does_not_open);
    tcase_add_test(tests, no_nonce_comes_twice);
    tcase_add_test(tests, what_does_not_fit_is_not_sealed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
