/*
 * At stake: whoever can make this reader say "signed" can loosen what is hidden, alone. So every
 * message here is one that somebody without an approver's key could make, or that an approver made
 * by mistake; none may open, and what opens must be what was signed, byte for byte. The messages
 * come from outside and may be anything: the sanitizers watch.
 */
#include "keys/signed.h"
#include "support/findings.h"
#include "support/random.h"
#include "support/signing.h"

static const char document[] = "{\"approves\":\"something\"}";

/* Who may sign: the first two. The third has nothing to say. */
static struct person people[3];
static struct wv_signers *approvers;

static struct wv_signers *signers_of(const struct person *of, size_t count)
{
    struct wv_report *report = wv_report_new();
    struct wv_bytes pem = signing_certificates(of, count);
    struct wv_signers *signers = wv_signers_parse("approvers.pem", wv_bytes_slice(pem), report);
    ck_assert_ptr_nonnull(signers);
    wv_bytes_free(&pem);
    wv_report_free(report);
    return signers;
}

static void set_up(void)
{
    static const char *const names[] = {"Ada", "Bo", "Cy"};
    for (size_t i = 0; i < WV_COUNT(people); i++) {
        people[i] = person_new((struct person_wish){.name = names[i]});
    }
    approvers = signers_of(people, 2);
}

static void tear_down(void)
{
    for (size_t i = 0; i < WV_COUNT(people); i++) {
        person_free(&people[i]);
    }
    wv_signers_free(approvers);
}

/* Opens a message, or says why not; said "": it must open; NULL: it may. Frees the message. */
static bool opens(struct wv_bytes message, const struct wv_signers *signers, const char *said)
{
    struct wv_report *report = wv_report_new();
    struct wv_signed opened;
    const bool good =
        wv_signed_open("m", wv_bytes_slice(message), signers, SIGNING_NOW_MS, &opened, report);
    char *text = findings_text(report);
    ck_assert_int_eq(good, wv_report_errors(report) == 0);
    if (said != NULL) {
        ck_assert_msg(strstr(text, said) != NULL && (said[0] != '\0' || good), "says %s not %s",
                      text, said);
    }
    if (good) {
        ck_assert_str_eq((const char *)opened.content.ptr, document);
        ck_assert_uint_ge(opened.count, 1);
    } else {
        ck_assert_ptr_null(opened.content.ptr);
        ck_assert_uint_eq(opened.count, 0);
    }
    free(text);
    wv_signed_free(&opened);
    wv_bytes_free(&message);
    wv_report_free(report);
    return good;
}

static struct wv_bytes message_of(const struct person *of, size_t count, unsigned flags,
                                  const EVP_MD *digest)
{
    return signing_write(signing_message(of, count, document, flags, digest), false);
}

/* ---- What is good ---------------------------------------------------------------------------- */

START_TEST(what_an_approver_signed_opens)
{
    static const unsigned flags[] = {0, CMS_NOCERTS};
    for (size_t i = 0; i < WV_COUNT(flags); i++) {
        for (int pem = 0; pem < 2; pem++) {
            CMS_ContentInfo *cms = signing_message(people, 1, document, flags[i], NULL);
            ck_assert(opens(signing_write(cms, pem == 1), approvers, ""));
        }
    }
    ck_assert(opens(message_of(people, 1, 0, EVP_sha512()), approvers, ""));
}
END_TEST

START_TEST(each_person_counts_once)
{
    const struct person twice[] = {people[0], people[0]};
    struct person again = person_new((struct person_wish){.name = "Ada too", .key = people[0].key});
    const struct person both[] = {people[0], again, people[1]};
    struct wv_signers *signers = signers_of(both, 3);
    ck_assert_uint_eq(wv_signers_count(signers), 2);
    const struct {
        const struct person *of;
        size_t count;
        size_t people;
        const char *second;
    } cases[] = {{people, 1, 1, ""},
                 {people, 2, 2, "CN=Bo"},
                 {twice, 2, 1, ""},
                 {both, 2, 1, ""},
                 {both, 3, 2, "CN=Bo"}};
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct wv_report *report = wv_report_new();
        struct wv_bytes message = message_of(cases[i].of, cases[i].count, 0, NULL);
        struct wv_signed opened;
        ck_assert(
            wv_signed_open("m", wv_bytes_slice(message), signers, SIGNING_NOW_MS, &opened, report));
        ck_assert_uint_eq(opened.count, cases[i].people);
        /* A message has its signatures in no order of people. */
        bool is_there[] = {false, false};
        for (size_t k = 0; k < opened.count; k++) {
            is_there[0] = is_there[0] || strncmp(opened.names[k], "CN=Ada", 6) == 0;
            is_there[1] = is_there[1] || strcmp(opened.names[k], "CN=Bo") == 0;
        }
        ck_assert(is_there[0] && is_there[1] == (cases[i].people == 2));
        wv_signed_free(&opened);
        wv_bytes_free(&message);
        wv_report_free(report);
    }
    wv_signers_free(signers);
    person_free(&again);
}
END_TEST

/* ---- Who signed ------------------------------------------------------------------------------ */

START_TEST(nobody_else_can_sign)
{
    ck_assert(!opens(message_of(&people[2], 1, 0, NULL), approvers, "not among the approvers"));
    const struct person mixed[] = {people[0], people[2]};
    ck_assert(!opens(message_of(mixed, 2, 0, NULL), approvers, "not among the approvers"));
    /* With the same name and number, the certificate in the message: it is not looked at. */
    struct person real = person_new((struct person_wish){.name = "Di", .serial = 77});
    struct person false_one = person_new((struct person_wish){.name = "Di", .serial = 77});
    struct wv_signers *signers = signers_of(&real, 1);
    ck_assert(opens(message_of(&real, 1, 0, NULL), signers, ""));
    ck_assert(!opens(message_of(&false_one, 1, 0, NULL), signers, "does not fit what was signed"));
    wv_signers_free(signers);
    person_free(&real);
    person_free(&false_one);
}
END_TEST

START_TEST(certificates_must_be_for_it)
{
    const struct {
        struct person_wish wish;
        const char *said;
    } cases[] = {
        {{.name = "Ed", .from_days = -20, .until_days = -1},
         "CN=Ed does not count: the certificate has expired"},
        {{.name = "Ed", .from_days = 1}, "CN=Ed does not count: the certificate is not valid yet"},
        {{.name = "Ed", .usage = "critical,keyEncipherment,keyCertSign"}, "lacks digitalSignature"},
        {{.name = "Ed", .usage = "digitalSignature"}, ""},
        {{.name = "Ed", .rsa_bits = 1024}, "the key is too weak"},
        {{.name = "Ed", .rsa_bits = 2048}, ""},
    };
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        struct person person = person_new(cases[i].wish);
        struct wv_signers *signers = signers_of(&person, 1);
        ck_assert_int_eq(opens(message_of(&person, 1, 0, NULL), signers, cases[i].said),
                         cases[i].said[0] == '\0');
        wv_signers_free(signers);
        person_free(&person);
    }
}
END_TEST

START_TEST(weak_signatures_do_not_count)
{
    ck_assert(!opens(message_of(people, 1, 0, EVP_sha1()), approvers, "its digest is weak"));
    ck_assert(!opens(message_of(people, 1, 0, EVP_sha224()), approvers, "its digest is weak"));
    ck_assert(!opens(message_of(people, 1, CMS_NOATTR, NULL), approvers, "no signed attributes"));
}
END_TEST

/* A name of somebody's choice is cut, and cannot become a line of its own. */
START_TEST(names_are_bounded)
{
    char name[64 * 3 + 1];
    for (size_t i = 0; i < 64; i++) {
        memcpy(name + 3 * i, "\xe3\x81\x82", 4);
    }
    struct person person = person_new((struct person_wish){.name = name});
    struct wv_signers *signers = signers_of(&person, 1);
    struct wv_report *report = wv_report_new();
    struct wv_bytes message = message_of(&person, 1, 0, NULL);
    struct wv_signed opened;
    ck_assert(
        wv_signed_open("m", wv_bytes_slice(message), signers, SIGNING_NOW_MS, &opened, report));
    ck_assert_uint_eq(strlen(opened.names[0]), 3 + (WV_SIGNER_NAME_MAX - 3) / 3 * 3);
    wv_signed_free(&opened);
    wv_bytes_free(&message);
    wv_signers_free(signers);
    wv_report_free(report);
    person_free(&person);
}
END_TEST

/* ---- What was signed ------------------------------------------------------------------------- */

START_TEST(other_kinds_of_message_are_none)
{
    static const unsigned char key[16];
    BIO *content = BIO_new_mem_buf(document, -1);
    CMS_ContentInfo *data = CMS_data_create(content, CMS_BINARY);
    ck_assert(!opens(signing_write(data, true), approvers, "nothing that was signed"));
    BIO_free(content);
    content = BIO_new_mem_buf(document, -1);
    CMS_ContentInfo *digest = CMS_digest_create(content, EVP_sha256(), CMS_BINARY);
    ck_assert(!opens(signing_write(digest, false), approvers, "nothing that was signed"));
    BIO_free(content);
    content = BIO_new_mem_buf(document, -1);
    CMS_ContentInfo *sealed =
        CMS_EncryptedData_encrypt(content, EVP_aes_128_cbc(), key, sizeof key, CMS_BINARY);
    ck_assert(!opens(signing_write(sealed, false), approvers, "nothing that was signed"));
    BIO_free(content);
    /* Signed, but not as plain data. */
    content = BIO_new_mem_buf(document, -1);
    CMS_ContentInfo *typed = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    ck_assert_int_eq(CMS_set1_eContentType(typed, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)), 1);
    ck_assert_ptr_nonnull(
        CMS_add1_signer(typed, people[0].certificate, people[0].key, EVP_sha256(), CMS_BINARY));
    ck_assert_int_eq(CMS_final(typed, content, NULL, CMS_BINARY), 1);
    ck_assert(!opens(signing_write(typed, false), approvers, "something else than plain data"));
    BIO_free(content);
}
END_TEST

START_TEST(content_and_signatures_must_be_there)
{
    /* libcrypto makes none without signatures, so this one is written by hand. */
    static const uint8_t head[] = {0x30, 0x3f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
                                   0x01, 0x07, 0x02, 0xa0, 0x32, 0x30, 0x30, 0x02, 0x01, 0x01,
                                   0x31, 0x00, 0x30, 0x27, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                   0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0, 0x1a, 0x04, 0x18};
    struct wv_bytes nobody = {calloc(1, 128), sizeof head + sizeof document - 1 + 2};
    memcpy(nobody.ptr, head, sizeof head);
    memcpy(nobody.ptr + sizeof head, document, sizeof document - 1);
    nobody.ptr[nobody.len - 2] = 0x31;
    ck_assert(!opens(nobody, approvers, "nobody has signed it"));
    CMS_ContentInfo *detached = signing_message(people, 1, document, CMS_DETACHED, NULL);
    ck_assert(!opens(signing_write(detached, true), approvers, "sign with -nodetach"));
    struct person many[WV_SIGNATURES_MAX + 1];
    for (size_t i = 0; i < WV_COUNT(many); i++) {
        many[i] = people[0];
    }
    ck_assert(!opens(message_of(many, WV_COUNT(many), 0, NULL), approvers, "has 17 signatures"));
    ck_assert(opens(message_of(many, WV_SIGNATURES_MAX, 0, NULL), approvers, ""));
}
END_TEST

START_TEST(lengths_have_limits)
{
    char *text = calloc(1, WV_SIGNED_CONTENT + 2);
    memset(text, 'x', WV_SIGNED_CONTENT + 1);
    CMS_ContentInfo *cms = signing_message(people, 1, text, 0, NULL);
    ck_assert(!opens(signing_write(cms, false), approvers, "more than 16 KiB"));
    free(text);
    struct wv_bytes huge = {calloc(1, WV_SIGNED_BYTES + 2), WV_SIGNED_BYTES + 1};
    ck_assert(!opens(huge, approvers, "is no CMS message"));
    ck_assert(!opens((struct wv_bytes){calloc(1, 1), 0}, approvers, "is no CMS message"));
    struct wv_bytes longer = message_of(people, 1, 0, NULL);
    longer.ptr = realloc(longer.ptr, longer.len + 2);
    longer.ptr[longer.len++] = 'x';
    longer.ptr[longer.len] = '\0';
    ck_assert(!opens(longer, approvers, "is no CMS message"));
}
END_TEST

static struct wv_bytes copy_of(struct wv_bytes message, size_t len)
{
    struct wv_bytes copy = {malloc(len + 1), len}; /* of exactly that size, for the sanitizers */
    memcpy(copy.ptr, message.ptr, len);
    copy.ptr[len] = '\0';
    return copy;
}

START_TEST(what_is_cut_off_is_none)
{
    for (int pem = 0; pem < 2; pem++) {
        CMS_ContentInfo *cms = signing_message(people, 2, document, CMS_NOCERTS, NULL);
        struct wv_bytes message = signing_write(cms, pem == 1);
        const size_t whole = pem == 1 ? message.len - 1 : message.len; /* the last line's end */
        for (size_t len = 0; len < whole; len++) {
            ck_assert(!opens(copy_of(message, len), approvers, "error"));
        }
        wv_bytes_free(&message);
    }
}
END_TEST

/* A byte that is changed either makes it invalid, or stands where nothing was said. */
START_TEST(what_was_changed_is_none)
{
    uint64_t state = 7;
    struct wv_bytes message = message_of(people, 1, CMS_NOCERTS, NULL);
    const uint8_t *content = memmem(message.ptr, message.len, document, sizeof document - 1);
    ck_assert_ptr_nonnull(content);
    const size_t from = (size_t)(content - message.ptr);
    size_t opened = 0;
    for (size_t i = 0; i < message.len; i++) {
        for (size_t round = 0; round < 4; round++) {
            struct wv_bytes changed = copy_of(message, message.len);
            changed.ptr[i] ^= (uint8_t)(1 + random_next(&state) % 255);
            const bool inside = i >= from && i < from + sizeof document - 1;
            const bool good = opens(changed, approvers, NULL);
            ck_assert(!(good && inside));
            opened += good;
        }
    }
    /* Two version numbers, and the name of the algorithm, which the key decides. */
    ck_assert_uint_lt(opened, message.len * 4 / 20);
    wv_bytes_free(&message);
}
END_TEST

/* ---- The list of approvers ------------------------------------------------------------------- */

START_TEST(lists_of_approvers_are_whole)
{
    struct wv_bytes good = signing_certificates(people, 2);
    char broken[4096];
    snprintf(broken, sizeof broken, "%s", (const char *)good.ptr);
    char *second = strstr(strstr(broken, "-----END") + 1, "-----BEGIN");
    ck_assert_ptr_nonnull(second);
    memset(second + 60, '!', 8);
    const char *const texts[] = {"", "nothing", "-----BEGIN CERTIFICATE-----\n", broken,
                                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        struct wv_report *report = wv_report_new();
        ck_assert_ptr_null(wv_signers_parse("a", wv_slice_of(texts[i]), report));
        ck_assert_uint_eq(wv_report_errors(report), 1);
        wv_report_free(report);
    }
    struct person many[WV_SIGNERS_MAX + 1];
    for (size_t i = 0; i < WV_COUNT(many); i++) {
        many[i] = people[i % 2];
    }
    struct wv_signers *most = signers_of(many, WV_SIGNERS_MAX);
    ck_assert_uint_eq(wv_signers_count(most), 2);
    wv_signers_free(most);
    struct wv_bytes more = signing_certificates(many, WV_COUNT(many));
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(wv_signers_parse("a", wv_bytes_slice(more), report));
    wv_report_free(report);
    wv_bytes_free(&more);
    wv_bytes_free(&good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signed");
    TCase *tests = tcase_create("signed");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_an_approver_signed_opens);
    tcase_add_test(tests, each_person_counts_once);
    tcase_add_test(tests, nobody_else_can_sign);
    tcase_add_test(tests, certificates_must_be_for_it);
    tcase_add_test(tests, weak_signatures_do_not_count);
    tcase_add_test(tests, names_are_bounded);
    tcase_add_test(tests, other_kinds_of_message_are_none);
    tcase_add_test(tests, content_and_signatures_must_be_there);
    tcase_add_test(tests, lengths_have_limits);
    tcase_add_test(tests, what_is_cut_off_is_none);
    tcase_add_test(tests, what_was_changed_is_none);
    tcase_add_test(tests, lists_of_approvers_are_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
