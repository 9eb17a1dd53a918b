/*
 * config_secrets: a password must come from where it is said to lie, whole, from nowhere that
 * others can read or write, and must be in no finding and in no configuration that is kept.
 */
#include "plan/config_secrets.h"

#include "support/findings.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/wafveil-secrets-XXXXXX";
static char path[64];
static char place[64];
static struct wv_report *report;
static struct wv_config *config;

static const char text[] =
    "{\"inputs\":[{\"topic\":\"in\",\"format\":\"aws-waf\",\"tenant\":{\"from\":\"fixed\","
    "\"name\":\"acme\"}}],\"outputs\":[{\"name\":\"soc\",\"topic\":\"out\",\"purpose\":"
    "\"security\","
    "\"kafka\":{%s}}],\"rejects\":{\"topic\":\"bad\"},\"kafka\":{\"group.id\":\"g\"}}";

static void save(const char *where, const void *bytes, size_t len, mode_t mode)
{
    FILE *file = fopen(where, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(where, mode), 0);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/wafveil.json", folder);
    (void)snprintf(place, sizeof place, "%s/password", folder);
    report = wv_report_new();
}

static void tear_down(void)
{
    wv_config_free(config);
    wv_report_free(report);
    (void)unlink(path);
    (void)unlink(place);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* The configuration with this kafka block in its output. */
static bool load(const char *block, mode_t mode)
{
    char whole[2048];
    bool good;
    const int len = snprintf(whole, sizeof whole, text, block);
    save(path, whole, (size_t)len, mode);
    config = wv_config_read(path, &good, report);
    ck_assert_ptr_nonnull(config);
    return good;
}

static bool told(const char *words)
{
    for (size_t i = 0; i < wv_report_count(report); i++) {
        ck_assert_ptr_null(strstr(wv_report_at(report, i)->text, "s3cret"));
        if (strstr(wv_report_at(report, i)->text, words) != NULL) {
            return true;
        }
    }
    return false;
}

static bool value_is(const char *wanted)
{
    struct wv_bytes secret;
    const char *value = NULL;
    const bool found =
        wv_property_text(config, &config->outputs[0].kafka.items[0], &secret, &value, report);
    const bool same = found && wanted != NULL && strcmp(value, wanted) == 0;
    wv_bytes_free(&secret);
    return wanted == NULL ? !found : same;
}

static const struct file {
    const char *bytes;
    size_t len;
    mode_t mode;
    const char *value; /* NULL: refused */
    const char *words;
} files[] = {
#define BYTES(t) t, sizeof(t) - 1
    {BYTES("s3cret"), 0600, "s3cret", NULL},
    {BYTES("s3cret\n"), 0400, "s3cret", NULL},
    {BYTES(" s3 cret \r\n\n"), 0640, " s3 cret ", NULL},
    {BYTES(""), 0600, NULL, "holds no secret"},
    {BYTES("\n"), 0600, NULL, "holds no secret"},
    {BYTES("s3cret\0s3cret"), 0600, NULL, "zero byte"},
    {BYTES("s3cret"), 0604, NULL, "open to others (mode 0604): run `chmod o-rwx,g-w"},
    {BYTES("s3cret"), 0620, NULL, "open to others (mode 0620)"},
};

/* Relative to the configuration, wherever the process stands. */
START_TEST(a_secret_comes_from_its_file)
{
    const struct file *file = &files[_i];
    save(place, file->bytes, file->len, file->mode);
    ck_assert(load("\"sasl.password\":{\"file\":\"password\"}", 0644));
    ck_assert(value_is(file->value));
    ck_assert(file->words == NULL || told(file->words));
    ck_assert_str_eq(config->outputs[0].kafka.items[0].value, place);
    ck_assert(wv_config_check_rights(config, report));
}
END_TEST

START_TEST(a_secret_comes_from_a_credential)
{
    ck_assert(load("\"ssl.key.password\":{\"credential\":\"password\"}", 0644));
    ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    ck_assert(value_is(NULL));
    ck_assert(told("LoadCredential="));
    save(place, "s3cret", 6, 0440); /* as systemd lays it out */
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    ck_assert(value_is("s3cret"));
}
END_TEST

START_TEST(a_link_is_no_secret)
{
    ck_assert_int_eq(symlink("/etc/passwd", place), 0);
    ck_assert(load("\"sasl.password\":{\"file\":\"password\"}", 0644));
    ck_assert(value_is(NULL));
    ck_assert(told("symbolic link"));
}
END_TEST

static const struct block {
    const char *text;
    const char *words;
} blocks[] = {
    {"\"client.id\":{\"file\":\"password\"}", "only a secret can come from a file"},
    {"\"sasl.password\":{}", "needs one of"},
    {"\"sasl.password\":{\"file\":\"a\",\"credential\":\"b\"}", "needs one of"},
    {"\"sasl.password\":{\"path\":\"s3cret\"}", "needs one of"},
    {"\"sasl.password\":{\"file\":7}", "string"},
    {"\"sasl.password\":{\"file\":\"\"}", "must be the path of a file"},
    {"\"sasl.password\":{\"credential\":\"../s3cret\"}", "without a path"},
    {"\"sasl.password\":[\"s3cret\"]", "must be a string"},
};

START_TEST(what_names_no_place_is_refused)
{
    ck_assert(!load(blocks[_i].text, 0644));
    ck_assert(told(blocks[_i].words));
}
END_TEST

static const struct mode {
    const char *block;
    mode_t mode;
    bool good;
    const char *words; /* NULL: nothing is said */
} modes[] = {
    {"\"sasl.password\":\"s3cret\"", 0600, true, NULL},
    {"\"sasl.password\":\"s3cret\"", 0640, true, NULL},
    {"\"sasl.password\":\"s3cret\"", 0644, false, "can be read by everybody (mode 0644)"},
    {"\"ssl.key.pem\":\"s3cret\"", 0644, false, "can be read by everybody"},
    {"\"sasl.username\":\"waf\"", 0644, true, NULL},
    {"\"sasl.username\":\"waf\"", 0666, true, "can be changed by everybody (mode 0666)"},
};

START_TEST(a_file_with_secrets_is_closed)
{
    ck_assert(load(modes[_i].block, modes[_i].mode));
    const size_t before = wv_report_count(report);
    ck_assert_int_eq(wv_config_check_rights(config, report), modes[_i].good);
    ck_assert(modes[_i].words == NULL || told(modes[_i].words));
    ck_assert(modes[_i].words != NULL || wv_report_count(report) == before);
}
END_TEST

/* Only root can make what belongs to others. */
START_TEST(who_else_may_change_it_is_told)
{
    if (geteuid() != 0) {
        return;
    }
    ck_assert(load("\"sasl.username\":\"waf\"", 0664));
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert(wv_config_check_rights(config, report));
    ck_assert(told("belongs to another user"));
    ck_assert(told("can be changed by a group (mode 0664)"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_secrets");
    TCase *tests = tcase_create("config_secrets");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_secret_comes_from_its_file, 0, WV_COUNT(files));
    tcase_add_test(tests, a_secret_comes_from_a_credential);
    tcase_add_test(tests, a_link_is_no_secret);
    tcase_add_loop_test(tests, what_names_no_place_is_refused, 0, WV_COUNT(blocks));
    tcase_add_loop_test(tests, a_file_with_secrets_is_closed, 0, WV_COUNT(modes));
    tcase_add_test(tests, who_else_may_change_it_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
