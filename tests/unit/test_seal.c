/*
 * At stake: a box that somebody else can open publishes the original; one that the recipient cannot
 * open fails at three in the morning. And a nonce that is used twice under one key gives both away.
 */
#include "keys/epoch.h"
#include "keys/seal_open.h"
#include "support/sealing.h"

#include "base/base64.h"

#include <check.h>

#define TODAY   20780
#define UNTIL   "2026-12-23"
#define CONTENT "{\"values\":{\"client_ip\":[\"203.0.113.9\"]}}"

static struct wv_report *report;
static char folder[] = "/tmp/wafveil-seal-XXXXXX";
static char key_path[64];

static void setup(void)
{
    report = wv_report_new();
    ck_assert_ptr_nonnull(report);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
}

static void teardown(void)
{
    (void)unlink(key_path);
    (void)rmdir(folder);
    wv_report_free(report);
}

static struct wv_seal_certificate *certificate_of(const struct recipient *recipient)
{
    struct wv_seal_certificate *certificate =
        wv_seal_certificate_parse("soc.pem", wv_slice_of(recipient->certificate), report);
    wv_report_print(report, stderr);
    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

static struct wv_seal_opener *opener_of(const struct recipient *recipient)
{
    sealing_write(key_path, recipient->key_pem);
    struct wv_seal_opener *opener = wv_seal_opener_new(key_path, NULL, report);
    wv_report_print(report, stderr);
    ck_assert_ptr_nonnull(opener);
    return opener;
}

static struct wv_slice member(struct wv_slice json, const char *name)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
    const uint8_t *at = memmem(json.ptr, json.len, wanted, strlen(wanted));
    ck_assert_ptr_nonnull(at);
    at += strlen(wanted);
    const uint8_t *end = memchr(at, '"', (size_t)(json.ptr + json.len - at));
    ck_assert_ptr_nonnull(end);
    return (struct wv_slice){at, (size_t)(end - at)};
}

static struct wv_sealed sealed_of(struct wv_slice json)
{
    return (struct wv_sealed){member(json, "until"), member(json, "key"), member(json, "box")};
}

static struct wv_slice seal(struct wv_sealer *sealer, const char *text, uint64_t now_ns)
{
    struct wv_slice json;
    wv_buf_put(wv_sealer_content(sealer), wv_slice_of(text));
    ck_assert(wv_seal(sealer, WV_LIT(UNTIL), now_ns, &json));
    return json;
}

static const struct recipient_wish wishes[] = {
    {.rsa_bits = 2048}, {.rsa_bits = 3072, .usage = "critical,keyEncipherment"},
    {.curve = "P-256"}, {.curve = "P-384", .usage = "critical,keyAgreement"},
    {.curve = "P-521"},
};

START_TEST(what_is_sealed_opens_to_the_same)
{
    struct recipient *recipient = recipient_new(wishes[_i]);
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_sealer *sealer = wv_sealer_new(certificate);
    struct wv_seal_opener *opener = opener_of(recipient);
    ck_assert_str_eq(wv_seal_opener_key(opener), wv_seal_certificate_facts(certificate)->key);
    for (size_t i = 0; i < 3; i++) {
        const struct wv_slice json = seal(sealer, CONTENT, 1);
        ck_assert_ptr_null(memmem(json.ptr, json.len, "203.0.113.9", 11));
        const struct wv_sealed sealed = sealed_of(json);
        struct wv_slice content;
        ck_assert_int_eq(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
        ck_assert_uint_eq(content.len, WV_SEAL_STEP);
        ck_assert(wv_slice_starts(content, WV_LIT(CONTENT)));
    }
    ck_assert_uint_eq(wv_sealer_keys(sealer), 1);
    wv_seal_opener_free(opener);
    wv_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

/* Every byte of the day and the box, also bits of it that base64 would not miss; of the envelope,
 * each byte of which asks for the private key, every third. */
START_TEST(what_was_changed_does_not_open)
{
    struct recipient *recipient = recipient_new(wishes[_i]);
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_sealer *sealer = wv_sealer_new(certificate);
    struct wv_seal_opener *opener = opener_of(recipient);
    const struct wv_slice json = seal(sealer, CONTENT, 1);
    static uint8_t text[WV_SEAL_BYTES];
    memcpy(text, json.ptr, json.len);
    const struct wv_sealed sealed = sealed_of((struct wv_slice){text, json.len});
    const struct wv_slice members[] = {sealed.until, sealed.key, sealed.box};
    struct wv_slice content;
    ck_assert_int_eq(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
    for (size_t m = 0; m < WV_COUNT(members); m++) {
        for (size_t at = 0; at < members[m].len; at += m == 1 ? 3 : 1) {
            uint8_t *byte = text + (members[m].ptr - text) + at;
            const uint8_t was = *byte;
            *byte = was == 'A' ? 'B' : was == '9' ? '8' : (uint8_t)(was ^ 1);
            ck_assert_int_ne(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
            ck_assert_uint_eq(content.len, 0);
            *byte = was;
        }
    }
    ck_assert_int_eq(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
    wv_seal_opener_free(opener);
    wv_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

START_TEST(nobody_else_and_nothing_moved)
{
    struct recipient *own = recipient_new((struct recipient_wish){0});
    struct recipient *other = recipient_new((struct recipient_wish){0});
    struct wv_seal_certificate *certificate = certificate_of(own);
    struct wv_sealer *one = wv_sealer_new(certificate);
    struct wv_sealer *two = wv_sealer_new(certificate);
    struct wv_seal_opener *mine = opener_of(own);
    struct wv_seal_opener *theirs = opener_of(other);
    const struct wv_sealed first = sealed_of(seal(one, CONTENT, 1));
    const struct wv_sealed second = sealed_of(seal(two, CONTENT, 1));
    struct wv_slice content;
    ck_assert_int_eq(wv_seal_open(mine, &first, TODAY, &content), WV_SEAL_OPENED);
    ck_assert_int_eq(wv_seal_open(theirs, &first, TODAY, &content), WV_SEAL_FOREIGN);
    const struct wv_sealed mixed = {first.until, second.key, first.box};
    ck_assert_int_eq(wv_seal_open(mine, &mixed, TODAY, &content), WV_SEAL_FOREIGN);
    const struct wv_sealed later = {WV_LIT("2027-12-23"), first.key, first.box};
    ck_assert_int_eq(wv_seal_open(mine, &later, TODAY, &content), WV_SEAL_FOREIGN);
    int64_t day;
    ck_assert(wv_day_parse(WV_LIT(UNTIL), &day));
    ck_assert_int_eq(wv_seal_open(mine, &first, day, &content), WV_SEAL_OPENED);
    ck_assert_int_eq(wv_seal_open(mine, &first, day + 1, &content), WV_SEAL_PAST);
    ck_assert_uint_eq(content.len, 0);
    wv_seal_opener_free(mine);
    wv_seal_opener_free(theirs);
    wv_sealer_free(one);
    wv_sealer_free(two);
    wv_seal_certificate_free(certificate);
    recipient_free(own);
    recipient_free(other);
}
END_TEST

static bool same_nonce(struct wv_slice box, uint32_t number)
{
    uint8_t bytes[2 * WV_SEAL_BYTES];
    uint8_t wanted[WV_SEAL_NONCE] = {0};
    size_t len;
    ck_assert(wv_base64_decode(box, bytes, &len));
    for (unsigned i = 0; i < 4; i++) {
        wanted[WV_SEAL_NONCE - 1 - i] = (uint8_t)(number >> 8 * i);
    }
    return memcmp(bytes, wanted, sizeof wanted) == 0;
}

/* Under one envelope every box has another nonce; with a new one they begin again, under another
 * key. */
START_TEST(a_nonce_comes_once_under_a_key)
{
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_sealer *sealer = wv_sealer_new(certificate);
    struct wv_seal_opener *opener = opener_of(recipient);
    char key[WV_SEAL_BYTES] = "";
    for (uint32_t i = 0; i < 2 * WV_SEAL_BOXES + 10; i++) {
        const struct wv_sealed sealed = sealed_of(seal(sealer, CONTENT, 1));
        const bool renewed =
            strlen(key) != sealed.key.len || memcmp(key, sealed.key.ptr, sealed.key.len) != 0;
        ck_assert_int_eq(renewed, i % WV_SEAL_BOXES == 0);
        ck_assert(same_nonce(sealed.box, i % WV_SEAL_BOXES));
        memcpy(key, sealed.key.ptr, sealed.key.len);
        key[sealed.key.len] = '\0';
        struct wv_slice content;
        ck_assert_int_eq(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
    }
    ck_assert_uint_eq(wv_sealer_keys(sealer), 3);
    (void)seal(sealer, CONTENT, WV_SEAL_NS);
    ck_assert_uint_eq(wv_sealer_keys(sealer), 3);
    (void)seal(sealer, CONTENT, WV_SEAL_NS + 1);
    ck_assert_uint_eq(wv_sealer_keys(sealer), 4);
    (void)seal(sealer, CONTENT, 5); /* a clock that goes backwards */
    ck_assert_uint_eq(wv_sealer_keys(sealer), 5);
    wv_seal_opener_free(opener);
    wv_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

START_TEST(content_has_its_limits)
{
    struct recipient *recipient = recipient_new((struct recipient_wish){.rsa_bits = 4096});
    struct wv_seal_certificate *certificate = certificate_of(recipient);
    struct wv_sealer *sealer = wv_sealer_new(certificate);
    struct wv_seal_opener *opener = opener_of(recipient);
    static uint8_t bytes[WV_SEAL_CONTENT + 1];
    const size_t lengths[] = {1, WV_SEAL_STEP, WV_SEAL_STEP + 1, WV_SEAL_CONTENT - 1,
                              WV_SEAL_CONTENT};
    struct wv_slice json;
    struct wv_slice content;
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < WV_COUNT(lengths); i++) {
        wv_buf_put(wv_sealer_content(sealer), (struct wv_slice){bytes, lengths[i]});
        ck_assert(wv_seal(sealer, WV_LIT(UNTIL), 1, &json));
        const struct wv_sealed sealed = sealed_of(json);
        ck_assert_int_eq(wv_seal_open(opener, &sealed, TODAY, &content), WV_SEAL_OPENED);
        ck_assert_uint_eq(content.len,
                          (lengths[i] + WV_SEAL_STEP - 1) / WV_SEAL_STEP * WV_SEAL_STEP);
        ck_assert(memcmp(content.ptr, bytes, lengths[i]) == 0);
    }
    wv_buf_put(wv_sealer_content(sealer), (struct wv_slice){bytes, sizeof bytes});
    ck_assert(!wv_seal(sealer, WV_LIT(UNTIL), 1, &json));
    (void)wv_sealer_content(sealer);
    ck_assert(!wv_seal(sealer, WV_LIT(UNTIL), 1, &json)); /* nothing to seal */
    (void)seal(sealer, CONTENT, 1);                       /* and it goes on */
    ck_assert_uint_eq(wv_sealer_keys(sealer), 1);
    wv_seal_opener_free(opener);
    wv_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    recipient_free(recipient);
}
END_TEST

static void refuse(struct recipient_wish wish, const char *why)
{
    struct recipient *recipient = recipient_new(wish);
    struct wv_report *findings = wv_report_new();
    ck_assert_ptr_null(
        wv_seal_certificate_parse("soc.pem", wv_slice_of(recipient->certificate), findings));
    ck_assert_uint_eq(wv_report_errors(findings), 1);
    ck_assert_ptr_nonnull(strstr(wv_report_at(findings, 0)->text, why));
    wv_report_free(findings);
    recipient_free(recipient);
}

START_TEST(a_certificate_that_will_not_do)
{
    refuse((struct recipient_wish){.rsa_bits = 1024}, "too weak");
    refuse((struct recipient_wish){.curve = "P-192"}, "too weak");
    refuse((struct recipient_wish){.rsa_bits = 2048, .usage = "critical,digitalSignature"},
           "keyEncipherment");
    refuse((struct recipient_wish){.usage = "critical,digitalSignature"}, "keyAgreement");
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    static char two[2 * sizeof recipient->certificate];
    snprintf(two, sizeof two, "%s%s", recipient->certificate, recipient->certificate);
    const char *const texts[] = {"", "nothing", two, recipient->key_pem};
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        ck_assert_ptr_null(wv_seal_certificate_parse("soc.pem", wv_slice_of(texts[i]), report));
    }
    ck_assert_uint_eq(wv_report_errors(report), WV_COUNT(texts));
    recipient->certificate[200] ^= 1;
    ck_assert_ptr_null(
        wv_seal_certificate_parse("soc.pem", wv_slice_of(recipient->certificate), report));
    recipient_free(recipient);
}
END_TEST

static bool told(const char *part)
{
    for (size_t i = 0; i < wv_report_count(report); i++) {
        if (strstr(wv_report_at(report, i)->text, part) != NULL) {
            return true;
        }
    }
    return false;
}

static void write_locked(const struct recipient *recipient, const char *passphrase)
{
    FILE *file = fopen(key_path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, recipient->key, EVP_aes_256_cbc(), passphrase,
                                               (int)strlen(passphrase), NULL, NULL),
                     1);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(key_path, 0600), 0);
}

START_TEST(a_private_key_is_looked_at_before_it_is_read)
{
    struct recipient *recipient = recipient_new((struct recipient_wish){0});
    char passphrase[80];
    char link[80];
    snprintf(passphrase, sizeof passphrase, "%s/passphrase", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    write_locked(recipient, "correct horse");
    sealing_write(passphrase, "correct horse\n");
    struct wv_seal_opener *opener = wv_seal_opener_new(key_path, passphrase, report);
    ck_assert_ptr_nonnull(opener);
    wv_seal_opener_free(opener);
    sealing_write(passphrase, "battery staple\n");
    ck_assert_ptr_null(wv_seal_opener_new(key_path, passphrase, report));
    ck_assert(told("does not open with that passphrase"));
    ck_assert_int_eq(chmod(passphrase, 0644), 0);
    ck_assert_ptr_null(wv_seal_opener_new(key_path, passphrase, report));
    ck_assert(told("open to others"));
    ck_assert_int_eq(symlink(key_path, link), 0);
    ck_assert_ptr_null(wv_seal_opener_new(link, NULL, report));
    ck_assert(told("symbolic link"));
    sealing_write(key_path, recipient->certificate);
    ck_assert_ptr_null(wv_seal_opener_new(key_path, NULL, report));
    ck_assert(told("must hold a private key in PEM"));
    ck_assert(!told("horse") && !told("staple"));
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(unlink(passphrase), 0);
    recipient_free(recipient);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seal");
    TCase *cases = tcase_create("seal");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60); /* on a busy machine an RSA key of 4096 bits takes seconds */
    tcase_add_loop_test(cases, what_is_sealed_opens_to_the_same, 0, (int)WV_COUNT(wishes));
    tcase_add_loop_test(cases, what_was_changed_does_not_open, 0, (int)WV_COUNT(wishes));
    tcase_add_test(cases, nobody_else_and_nothing_moved);
    tcase_add_test(cases, a_nonce_comes_once_under_a_key);
    tcase_add_test(cases, content_has_its_limits);
    tcase_add_test(cases, a_certificate_that_will_not_do);
    tcase_add_test(cases, a_private_key_is_looked_at_before_it_is_read);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
