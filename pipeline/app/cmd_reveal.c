/*
 * cmd_reveal.c — opens sealed originals with the private key; recorded before they are shown.
 */
#include "app/acts.h"
#include "app/records.h"
#include "app/reveal.h"
#include "app/setup.h"
#include "base/wipe.h"
#include "json/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WORDS_MAX = 1000, /* bytes of --reason and --requester */
    HELD_MAX = 1000,  /* records that are opened, recorded, and then shown together */
    TOLD_MAX = 20,    /* lines on stderr about single boxes */
};

struct revealing {
    const struct wv_arguments *arguments;
    struct wv_report *report;
    struct wv_acts *acts;
    struct wv_reveal reveal;
    const char *file; /* that is being read */
    char *held[HELD_MAX];
    size_t held_count;
    bool recorded; /* some act was */
    uint64_t shown;
    uint64_t refused; /* boxes */
    uint64_t unread;  /* lines */
};

/* ---- What cannot be opened ------------------------------------------------------------------- */

static void tell(struct revealing *revealing, const char *text, const char *day)
{
    const uint64_t told = revealing->refused + revealing->unread;
    if (told < TOLD_MAX) {
        (void)fprintf(stderr, "%s:%llu: %s%s\n", revealing->file,
                      (unsigned long long)revealing->reveal.line, text, day);
    } else if (told == TOLD_MAX) {
        (void)fputs("wafveil: … and more\n", stderr);
    }
}

static void refuse(void *user, enum wv_seal_verdict verdict, const char *until)
{
    struct revealing *revealing = user;
    switch (verdict) {
    case WV_SEAL_PAST:
        tell(revealing, "is not opened: its last day was ", until);
        break;
    case WV_SEAL_FOREIGN:
        tell(revealing,
             "does not open: it was sealed for another key, or changed after it was sealed", "");
        break;
    case WV_SEAL_BROKEN:
    case WV_SEAL_OPENED:
        tell(revealing, "does not open: it is nothing that wafveil has sealed", "");
        break;
    }
    revealing->refused++;
}

static void unread(struct revealing *revealing, const char *text)
{
    tell(revealing, text, "");
    revealing->unread++;
}

/* ---- What is shown --------------------------------------------------------------------------- */

static void hold(void *user, char *text)
{
    struct revealing *revealing = user;
    wv_ensure(revealing->held_count < HELD_MAX);
    revealing->held[revealing->held_count++] = text;
}

static void forget(struct revealing *revealing)
{
    for (size_t i = 0; i < revealing->held_count; i++) {
        wv_wipe(revealing->held[i], strlen(revealing->held[i]));
        free(revealing->held[i]);
    }
    revealing->held_count = 0;
}

/* Who looks at how many records, why, and by which key; no value. */
static bool record(struct revealing *revealing)
{
    const struct wv_arguments *arguments = revealing->arguments;
    json_t *members = json_pack("{s:s, s:s, s:s, s:s, s:I}", "requester",
                                wv_argument_text(arguments, "requester"), "reason",
                                wv_argument_text(arguments, "reason"), "key",
                                wv_seal_opener_key(revealing->reveal.opener), "source",
                                revealing->file, "records", (json_int_t)revealing->held_count);
    revealing->recorded = true;
    return wv_acts_write(revealing->acts, "originals_revealed", members, revealing->report);
}

/* What is held goes out, once it is on record. */
static enum wv_exit show(struct revealing *revealing)
{
    enum wv_exit code = WV_EXIT_OK;
    if (revealing->held_count == 0) {
        return code;
    }
    if (!record(revealing)) {
        wv_report_print(revealing->report, stderr);
        code = WV_EXIT_OUTPUT;
    }
    for (size_t i = 0; code == WV_EXIT_OK && i < revealing->held_count; i++) {
        code = puts(revealing->held[i]) < 0 ? WV_EXIT_OUTPUT : WV_EXIT_OK;
    }
    if (code == WV_EXIT_OK && fflush(stdout) != 0) {
        code = WV_EXIT_OUTPUT;
    }
    revealing->shown += code == WV_EXIT_OK ? revealing->held_count : 0;
    forget(revealing);
    return code;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum wv_exit read_line(struct revealing *revealing, struct wv_slice line)
{
    enum wv_exit code = WV_EXIT_OK;
    if (revealing->held_count + WV_REVEAL_BOXES > HELD_MAX) {
        code = show(revealing);
    }
    if (code == WV_EXIT_OK && !wv_reveal_line(&revealing->reveal, line)) {
        unread(revealing, "is no JSON, or holds more than is looked through");
    }
    return code;
}

static enum wv_exit read_lines(struct revealing *revealing, int file)
{
    struct wv_records records;
    enum wv_exit code = WV_EXIT_OK;
    bool more = true;
    wv_records_init(&records, file, WV_REVEAL_LINE);
    while (more && code == WV_EXIT_OK) {
        struct wv_slice line;
        const enum wv_records_next next = wv_records_next(&records, &line);
        revealing->reveal.line = records.line;
        switch (next) {
        case WV_RECORDS_LINE:
            code = read_line(revealing, line);
            break;
        case WV_RECORDS_TOO_LONG:
            unread(revealing, "is too long for a record");
            break;
        case WV_RECORDS_FAILED:
            (void)fprintf(stderr, "wafveil: cannot read %s: %s\n", revealing->file,
                          strerror(errno));
            code = WV_EXIT_CONFIG;
            break;
        case WV_RECORDS_END:
            more = false;
            break;
        }
    }
    wv_records_fini(&records);
    const enum wv_exit last = show(revealing);
    return code == WV_EXIT_OK ? last : code;
}

static enum wv_exit read_file(struct revealing *revealing, const char *path)
{
    revealing->file = path;
    if (strcmp(path, "-") == 0) {
        revealing->file = "stdin";
        return read_lines(revealing, STDIN_FILENO);
    }
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        (void)fprintf(stderr, "wafveil: cannot read %s: %s\n", path, strerror(errno));
        return WV_EXIT_CONFIG;
    }
    const enum wv_exit code = read_lines(revealing, file);
    (void)close(file);
    return code;
}

static enum wv_exit read_all(struct revealing *revealing)
{
    const struct wv_arguments *arguments = revealing->arguments;
    enum wv_exit code = WV_EXIT_OK;
    if (arguments->operand_count == 0) {
        code = read_file(revealing, "-");
    }
    for (size_t i = 0; code == WV_EXIT_OK && i < arguments->operand_count; i++) {
        code = read_file(revealing, arguments->operands[i]);
    }
    /* Who tried in vain is on record, too. */
    if (!revealing->recorded && !record(revealing)) {
        wv_report_print(revealing->report, stderr);
        return WV_EXIT_OUTPUT;
    }
    (void)fprintf(stderr, "wafveil: %llu revealed, %llu not opened, %llu line%s not read\n",
                  (unsigned long long)revealing->shown, (unsigned long long)revealing->refused,
                  (unsigned long long)revealing->unread, wv_plural(revealing->unread));
    if (code == WV_EXIT_OK && revealing->refused + revealing->unread > 0) {
        return WV_EXIT_REJECTED;
    }
    return code;
}

/* ---- The command ----------------------------------------------------------------------------- */

static bool is_line(struct wv_slice text)
{
    bool plain = text.len <= WORDS_MAX && wv_utf8_valid(text);
    bool blank = true;
    for (size_t i = 0; i < text.len; i++) {
        plain = plain && text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
        blank = blank && text.ptr[i] == ' ';
    }
    return plain && !blank;
}

static enum wv_exit reveal(struct revealing *revealing)
{
    const struct wv_arguments *arguments = revealing->arguments;
    revealing->reveal.opener =
        wv_seal_opener_new(wv_argument_text(arguments, "key"),
                           wv_argument_text(arguments, "passphrase-file"), revealing->report);
    if (revealing->reveal.opener != NULL) {
        revealing->acts = wv_acts_open(wv_argument_text(arguments, "audit"), revealing->report);
    }
    wv_report_print(revealing->report, stderr);
    const enum wv_exit code = revealing->acts == NULL ? WV_EXIT_CONFIG : read_all(revealing);
    wv_acts_close(revealing->acts);
    wv_seal_opener_free(revealing->reveal.opener);
    return code;
}

enum wv_exit wv_cmd_reveal(const struct wv_arguments *arguments)
{
    static const char *const words[] = {"reason", "requester"};
    for (size_t i = 0; i < WV_COUNT(words); i++) {
        if (!is_line(wv_slice_of(wv_argument_text(arguments, words[i])))) {
            return wv_usage_fail(arguments, "--%s takes one line of text of at most %d bytes",
                                 words[i], WORDS_MAX);
        }
    }
    struct revealing *revealing = calloc(1, sizeof *revealing);
    struct wv_report *report = wv_report_new();
    enum wv_exit code = WV_EXIT_INTERNAL;
    if (revealing == NULL || report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
    } else {
        revealing->arguments = arguments;
        revealing->report = report;
        revealing->file = "stdin";
        revealing->reveal = (struct wv_reveal){
            .today = wv_setup_today(), .show = hold, .refuse = refuse, .user = revealing};
        code = reveal(revealing);
    }
    wv_report_free(report);
    free(revealing);
    return code;
}
