/*
 * At stake: whoever attacks a site also writes a good part of the record that tells of him. Nothing
 * that he writes there may keep the box that holds his address from being opened.
 */
#include "app/reveal.h"
#include "support/sealing.h"

#include <check.h>

enum { TODAY = 20780, ROOM = 8 << 20 };

static struct recipient *recipient;
static struct wv_seal_opener *opener;
static struct wv_sealer *sealer;
static struct wv_seal_certificate *certificate;
static char *line;
static size_t shown;
static size_t refused;

static void setup(void)
{
    char path[] = "/tmp/wafveil-reveal-XXXXXX";
    struct wv_report *report = wv_report_new();
    recipient = recipient_new((struct recipient_wish){.name = "SOC"});
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(close(file), 0);
    sealing_write(path, recipient->key_pem);
    opener = wv_seal_opener_new(path, NULL, report);
    ck_assert_ptr_nonnull(opener);
    ck_assert_int_eq(unlink(path), 0);
    certificate = wv_seal_certificate_parse("soc", wv_slice_of(recipient->certificate), report);
    ck_assert_ptr_nonnull(certificate);
    sealer = wv_sealer_new(certificate);
    ck_assert_ptr_nonnull(sealer);
    wv_report_free(report);
    line = malloc(ROOM);
    ck_assert_ptr_nonnull(line);
}

static void teardown(void)
{
    wv_sealer_free(sealer);
    wv_seal_certificate_free(certificate);
    wv_seal_opener_free(opener);
    recipient_free(recipient);
    free(line);
}

static void show(void *user, char *text)
{
    (void)user;
    shown += strstr(text, "203.0.113.9") != NULL;
    free(text);
}

static void refuse(void *user, enum wv_seal_verdict verdict, const char *until)
{
    (void)user;
    (void)verdict;
    (void)until;
    refused++;
}

static bool reveal(const char *text)
{
    const struct wv_reveal wish = {
        .opener = opener, .today = TODAY, .line = 1, .show = show, .refuse = refuse};
    shown = refused = 0;
    return wv_reveal_line(&wish, wv_slice_of(text));
}

static json_t *box(void)
{
    struct wv_slice out;
    wv_buf_put(wv_sealer_content(sealer), WV_LIT("{\"values\":{\"client_ip\":[\"203.0.113.9\"]}}"));
    ck_assert(wv_seal(sealer, WV_LIT("2026-12-23"), 1, &out));
    json_t *object = json_loadb((const char *)out.ptr, out.len, 0, NULL);
    ck_assert_ptr_nonnull(object);
    return object;
}

/* A text of an array with the element so many times. */
static json_t *text_of_many(const char *element, size_t count)
{
    size_t len = 0;
    line[len++] = '[';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(line + len, ROOM - len, "%s%s", i == 0 ? "" : ",", element);
    }
    line[len++] = ']';
    return json_stringn(line, len);
}

/* What an attacker may have written: boxes that are none, texts that may hold some, and more values
 * than are looked through. */
static json_t *crowd(size_t which)
{
    if (which == 0) {
        return text_of_many("{\"_wafveil\":{\"sealed\":{}}}", 300);
    }
    if (which == 1) {
        json_t *array = json_array();
        for (size_t i = 0; i < 100; i++) {
            json_array_append_new(array, json_string("{\"sealed\":1}"));
        }
        return array;
    }
    return text_of_many("[\"sealed\"]", 70000);
}

/* As kcat tells of a message: headers before the record, which is a text. */
static json_t *message(json_t *headers, json_t *record)
{
    char *payload = json_dumps(record, JSON_COMPACT);
    json_t *root =
        json_pack("{s:s, s:o, s:s}", "topic", "t", "headers", headers, "payload", payload);
    ck_assert_ptr_nonnull(root);
    json_decref(record);
    free(payload);
    return root;
}

static void check_shown(json_t *root, size_t which)
{
    char *text = json_dumps(root, JSON_COMPACT);
    const bool whole = reveal(text);
    ck_assert_msg(shown == 1, "crowd %zu", which);
    ck_assert(whole);
    free(text);
    json_decref(root);
}

START_TEST(nothing_in_the_record_hides_the_header)
{
    for (size_t which = 0; which < 3; which++) {
        json_t *sealed = box();
        char *value = json_dumps(sealed, JSON_COMPACT);
        json_t *record = json_pack("{s:o, s:{}}", "agent", crowd(which), "wafveil");
        check_shown(message(json_pack("[s, s]", "wafveil-sealed", value), record), which);
        free(value);
        json_decref(sealed);
    }
}
END_TEST

START_TEST(nothing_in_the_record_hides_the_member)
{
    for (size_t which = 0; which < 3; which++) {
        json_t *record =
            json_pack("{s:o, s:{s:o}}", "agent", crowd(which), "_wafveil", "sealed", box());
        check_shown(message(json_array(), json_incref(record)), which);
        check_shown(record, which);
    }
}
END_TEST

/* Whoever has the certificate can make a box. wafveil writes one member into a record and removes
 * what stood there: of a record that has it, nothing further in is wafveil's. */
START_TEST(a_box_in_a_value_of_a_record_is_not_opened)
{
    for (size_t with = 0; with < 2; with++) {
        json_t *forged = json_pack("{s:{s:o}}", "_wafveil", "sealed", box());
        char *text = json_dumps(forged, JSON_COMPACT);
        json_t *record = json_pack("{s:s, s:[o], s:{s:s}, s:s, s:{s:i}}", "agent", text, "list",
                                   forged, "headers", "wafveil-sealed", text, "wafveil-sealed",
                                   text, "_wafveil", "v", 1);
        if (with == 1) {
            json_object_set_new(json_object_get(record, "_wafveil"), "sealed", box());
        }
        char *line_text = json_dumps(record, JSON_COMPACT);
        ck_assert(reveal(line_text));
        ck_assert_uint_eq(shown, with);
        ck_assert_uint_eq(refused, 0);
        free(line_text);
        free(text);
        json_decref(record);
    }
}
END_TEST

START_TEST(a_box_beside_the_one_in_the_header_is_not_opened)
{
    for (size_t as_object = 0; as_object < 2; as_object++) {
        json_t *sealed = box();
        char *value = json_dumps(sealed, JSON_COMPACT);
        json_t *headers = as_object == 1 ? json_pack("{s:s}", "wafveil-sealed", value)
                                         : json_pack("[s, s]", "wafveil-sealed", value);
        json_t *forged = json_pack("{s:{s:{s:o}}}", "agent", "_wafveil", "sealed", box());
        json_t *root = message(headers, forged);
        char *text = json_dumps(root, JSON_COMPACT);
        ck_assert(reveal(text));
        ck_assert_uint_eq(shown, 1);
        ck_assert_uint_eq(refused, 0);
        free(text);
        free(value);
        json_decref(root);
        json_decref(sealed);
    }
}
END_TEST

/* A line that was not looked through whole says so, and a header that is no box is told. */
START_TEST(what_is_left_out_is_told)
{
    for (size_t which = 0; which < 3; which++) {
        json_t *root = json_pack("[o]", crowd(which));
        char *text = json_dumps(root, JSON_COMPACT);
        ck_assert(!reveal(text));
        ck_assert_uint_eq(shown, 0);
        free(text);
        json_decref(root);
    }
    ck_assert(!reveal("nothing"));
    ck_assert(reveal("{\"headers\":[\"wafveil-sealed\",\"nothing\"]}"));
    ck_assert_uint_eq(refused, 1);
    ck_assert(reveal("{\"headers\":{\"wafveil-sealed\":7}}"));
    ck_assert_uint_eq(refused, 1);
    ck_assert(reveal("{\"agent\":\"sealed\",\"headers\":[\"wafveil-sealed\"]}"));
    ck_assert_uint_eq(refused, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reveal");
    TCase *cases = tcase_create("reveal");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, nothing_in_the_record_hides_the_header);
    tcase_add_test(cases, nothing_in_the_record_hides_the_member);
    tcase_add_test(cases, a_box_in_a_value_of_a_record_is_not_opened);
    tcase_add_test(cases, a_box_beside_the_one_in_the_header_is_not_opened);
    tcase_add_test(cases, what_is_left_out_is_told);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
