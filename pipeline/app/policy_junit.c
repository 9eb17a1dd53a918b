/* policy_junit.c — results of tests as XML that systems for continuous integration read. */
#include "app/policy_run.h"

#include "json/utf8.h"

/* Whether XML 1.0 may hold the character: not if it is none. */
static bool is_allowed(struct wv_slice character)
{
    const uint8_t first = character.ptr[0];
    if (character.len == 1) {
        return first < 0x80 && (first >= 0x20 ? first != 0x7f : first == '\n' || first == '\t');
    }
    const bool is_last_two = character.len == 3 && memcmp(character.ptr, "\xef\xbf\xbe", 3) >= 0;
    return wv_utf8_valid(character) && !is_last_two; /* U+FFFE, U+FFFF */
}

/* What XML cannot hold is written as \xNN. */
static void put_escaped(const char *text, FILE *out)
{
    while (*text != '\0') {
        const unsigned char first = (unsigned char)*text;
        const size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        const size_t left = strnlen(text, length);
        const char *entity = *text == '&'    ? "&amp;"
                             : *text == '<'  ? "&lt;"
                             : *text == '>'  ? "&gt;"
                             : *text == '"'  ? "&quot;"
                             : *text == '\'' ? "&apos;"
                                             : NULL;
        if (entity != NULL) {
            (void)fputs(entity, out);
        } else if (left == length && is_allowed((struct wv_slice){(const uint8_t *)text, left})) {
            (void)fwrite(text, 1, length, out);
        } else {
            for (size_t i = 0; i < left; i++) {
                (void)fprintf(out, "\\x%02X", (unsigned char)text[i]);
            }
        }
        text += left;
    }
}

/* In an attribute a line end would become a blank. */
static void put_attribute(const char *name, const char *text, FILE *out)
{
    (void)fprintf(out, " %s=\"", name);
    put_escaped(text, out);
    (void)fputc('"', out);
}

static void put_case(const struct wv_policy_suite *suite, const struct wv_policy_result *result,
                     FILE *out)
{
    (void)fputs("    <testcase", out);
    put_attribute("classname", suite->name, out);
    put_attribute("name", result->name, out);
    if (result->differences == NULL) {
        (void)fputs("/>\n", out);
        return;
    }
    (void)fputs(">\n      <failure type=\"difference\" message=\"not what the test expects\">",
                out);
    put_escaped(result->differences, out);
    (void)fputs("</failure>\n    </testcase>\n", out);
}

void wv_policy_junit(const struct wv_policy_suite *suites, size_t count, FILE *out)
{
    size_t tests = 0;
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        tests += suites[i].tests.count;
        failed += suites[i].failed;
    }
    (void)fprintf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites name=\"wafveil\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
                  tests, failed);
    for (size_t i = 0; i < count; i++) {
        const struct wv_policy_suite *suite = &suites[i];
        (void)fputs("  <testsuite", out);
        put_attribute("name", suite->name, out);
        (void)fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n",
                      suite->tests.count, suite->failed);
        for (size_t k = 0; k < suite->tests.count; k++) {
            put_case(suite, &suite->results[k], out);
        }
        (void)fputs("  </testsuite>\n", out);
    }
    (void)fputs("</testsuites>\n", out);
}
