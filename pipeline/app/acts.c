/*
 * acts.c — the file of acts: opened once, verified whole, appended to under a lock.
 */
#include "app/acts.h"

#include "app/records.h"
#include "base/clock.h"
#include "base/file.h"
#include "json/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOST_MAX = 256, WAIT_STEP_MS = 20 };

struct wv_acts {
    char *path;
    int file;
    off_t size; /* of the whole records */
    bool failed;
    struct wv_ledger chain;
    struct wv_ledgers *read; /* what the file holds, as a reader sees it */
    uint8_t *room;           /* WV_LEDGER_RECORD_MAX bytes, and the end of the line */
    char host[HOST_MAX];
};

static bool fail(const char *path, unsigned line, struct wv_report *report, const char *text)
{
    return wv_report_add(report, (struct wv_finding){.file = path, .line = line}, "%s", text);
}

static bool fail_errno(const char *path, struct wv_report *report, const char *what)
{
    return wv_report_add(report, (struct wv_finding){.file = path}, "%s: %s", what,
                         strerror(errno));
}

/* ---- The file ---------------------------------------------------------------------------------
 */

static bool check_file(const char *path, const struct stat *status, struct wv_report *report)
{
    const struct wv_finding where = {.file = path};
    if (!S_ISREG(status->st_mode)) {
        return fail(path, 0, report, "records what was done and must be a regular file");
    }
    if (status->st_uid != geteuid() && status->st_uid != 0) {
        return wv_report_add(report, where,
                             "records what was done and belongs to another user: run the command "
                             "as that user, or `chown %lu %s`",
                             (unsigned long)geteuid(), path);
    }
    if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return wv_report_add(report, where,
                             "records what was done and is open to others (mode %04o): run `chmod "
                             "600 %s`",
                             (unsigned)(status->st_mode & 07777), path);
    }
    if (status->st_size > WV_ACTS_FILE_MAX) {
        return wv_report_add(report, where,
                             "is too large to be verified each time (%d bytes at most): move it "
                             "away and keep it; a new chain is begun then",
                             WV_ACTS_FILE_MAX);
    }
    return true;
}

/* O_NONBLOCK: opening a pipe that nobody reads from would wait for ever. */
static int open_or_make(const char *path)
{
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    int file = open(path, flags | O_CREAT | O_EXCL, 0600);
    if (file < 0) {
        return errno == EEXIST ? open(path, flags) : -1;
    }
    if (fchmod(file, 0600) != 0 || !wv_file_sync_folder(path)) {
        (void)close(file);
        return -1;
    }
    return file;
}

static bool lock(int file, const char *path, struct wv_report *report)
{
    const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    for (int waited = 0; flock(file, LOCK_EX | LOCK_NB) != 0; waited += WAIT_STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fail_errno(path, report, "cannot be locked");
        }
        if (waited >= WV_ACTS_WAIT_MS) {
            return fail(path, 0, report,
                        "is held by another command that has not ended: try again when it has");
        }
        (void)nanosleep(&step, NULL);
    }
    return true;
}

/* Whether the name still leads to the open file: it may have been moved away while we waited. */
static bool is_still_there(int file, const char *path, struct stat *status)
{
    struct stat named;
    return fstat(file, status) == 0 && lstat(path, &named) == 0 && named.st_dev == status->st_dev &&
           named.st_ino == status->st_ino;
}

static bool open_file(struct wv_acts *acts, struct wv_report *report)
{
    struct stat status;
    if (!wv_file_check_folder(acts->path, "records what was done", report)) {
        return false;
    }
    acts->file = open_or_make(acts->path);
    if (acts->file < 0 && errno == ELOOP) {
        return fail(acts->path, 0, report,
                    "records what was done and must not be a symbolic link: name the file that it "
                    "points to");
    }
    if (acts->file < 0) {
        return fail_errno(acts->path, report,
                          "cannot be opened for writing, and what cannot be recorded is not done");
    }
    if (!lock(acts->file, acts->path, report)) {
        return false;
    }
    if (!is_still_there(acts->file, acts->path, &status)) {
        return fail(acts->path, 0, report, "was moved away just now: run the command again");
    }
    acts->size = status.st_size;
    return check_file(acts->path, &status, report);
}

/* ---- What it holds ----------------------------------------------------------------------------
 */

static bool ends_torn(const struct wv_acts *acts)
{
    char last = '\n';
    return acts->size > 0 && (pread(acts->file, &last, 1, acts->size - 1) != 1 || last != '\n');
}

static bool torn(const struct wv_acts *acts, uint64_t line, uint64_t good, struct wv_report *report)
{
    return wv_report_add(
        report, (struct wv_finding){.file = acts->path, .line = (unsigned)line},
        "is only a part of a record: a command was ended while it wrote it, and showed and changed "
        "nothing. Keep a copy of the file, cut the part off with `truncate -s %" PRIu64
        " %s`, and run the command again",
        good, acts->path);
}

static bool broken(const struct wv_acts *acts, uint64_t line, enum wv_ledger_fault fault,
                   struct wv_report *report)
{
    return wv_report_add(
        report, (struct wv_finding){.file = acts->path, .line = (unsigned)line},
        "%s: nothing is recorded behind it. Find out who wrote to the file, keep it as evidence, "
        "and move it away; a new chain is begun then",
        wv_ledger_fault_text(fault));
}

/* One chain from its first record on, or nothing at all. */
static bool check_chain(const struct wv_acts *acts, struct wv_report *report)
{
    wv_ledgers_finish(acts->read);
    const size_t count = wv_ledgers_count(acts->read);
    if (count > 1) {
        return fail(acts->path, 0, report,
                    "holds several chains, so it was not written by commands alone: move it away; "
                    "a new chain is begun then");
    }
    const struct wv_ledger_state *state = count == 0 ? NULL : wv_ledgers_at(acts->read, 0);
    if (state != NULL && state->fault != WV_LEDGER_GOOD) {
        return broken(acts, 0, state->fault, report);
    }
    if (state != NULL && state->first_seq > 0) {
        return broken(acts, 1, WV_LEDGER_MISSING, report);
    }
    return true;
}

static bool read_lines(const struct wv_acts *acts, struct wv_records *records,
                       struct wv_report *report)
{
    const bool is_torn = ends_torn(acts);
    for (;;) {
        struct wv_slice line;
        json_t *record;
        const uint64_t good = records->bytes;
        const enum wv_records_next next = wv_records_next(records, &line);
        if (next == WV_RECORDS_END) {
            return true;
        }
        if (next == WV_RECORDS_FAILED) {
            return fail_errno(acts->path, report, "cannot be read");
        }
        if (is_torn && records->bytes == (uint64_t)acts->size) {
            return torn(acts, records->line, good, report);
        }
        const enum wv_ledger_fault fault =
            next == WV_RECORDS_TOO_LONG ? WV_LEDGER_NO_RECORD
                                        : wv_ledgers_add(acts->read, line, acts->path, &record);
        if (fault != WV_LEDGER_GOOD) {
            return broken(acts, records->line, fault, report);
        }
    }
}

static bool verify(struct wv_acts *acts, struct wv_report *report)
{
    struct wv_records records;
    wv_records_init(&records, acts->file, WV_LEDGER_RECORD_MAX);
    records.blank = true;
    const bool good = read_lines(acts, &records, report) && check_chain(acts, report);
    wv_records_fini(&records);
    return good;
}

static bool go_on(struct wv_acts *acts, struct wv_report *report)
{
    if (wv_ledgers_count(acts->read) == 0) {
        return wv_ledger_start(&acts->chain) ||
               fail(acts->path, 0, report, "cannot be begun: the system gives no randomness");
    }
    const struct wv_ledger_state *state = wv_ledgers_at(acts->read, 0);
    memcpy(acts->chain.id, state->id, sizeof acts->chain.id);
    memcpy(acts->chain.head, state->head, sizeof acts->chain.head);
    acts->chain.seq = state->last_seq + 1;
    return true;
}

struct wv_acts *wv_acts_open(const char *path, struct wv_report *report)
{
    struct wv_acts *acts = calloc(1, sizeof *acts);
    if (acts == NULL) {
        (void)fail(path, 0, report, "cannot be opened: memory is short");
        return NULL;
    }
    acts->file = -1;
    acts->path = strdup(path);
    acts->read = wv_ledgers_new();
    acts->room = malloc(WV_LEDGER_RECORD_MAX + 1);
    if (gethostname(acts->host, sizeof acts->host - 1) != 0) {
        acts->host[0] = '\0';
    }
    bool done = true;
    if (acts->path == NULL || acts->read == NULL || acts->room == NULL) {
        done = fail(path, 0, report, "cannot be opened: memory is short");
    }
    if (!done || !open_file(acts, report) || !verify(acts, report) || !go_on(acts, report)) {
        wv_acts_close(acts);
        return NULL;
    }
    return acts;
}

void wv_acts_close(struct wv_acts *acts)
{
    if (acts != NULL) {
        if (acts->file >= 0) {
            (void)close(acts->file); /* and gives the lock back */
        }
        wv_ledgers_free(acts->read);
        free(acts->room);
        free(acts->path);
        free(acts);
    }
}

const struct wv_ledger *wv_acts_chain(const struct wv_acts *acts)
{
    return &acts->chain;
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* A member before the act's own ones; text is a word, NULL where number is meant. */
static void put(struct wv_buf *out, const char *name, const char *text, uint64_t number)
{
    wv_buf_put(out, out->mem[out->len - 1] == '{' ? WV_LIT("\"") : WV_LIT(",\""));
    wv_buf_put(out, wv_slice_of(name));
    wv_buf_put(out, WV_LIT("\":"));
    if (text == NULL) {
        wv_buf_uint(out, number);
        return;
    }
    wv_buf_byte(out, '"');
    wv_text_escape(out, wv_slice_of(text));
    wv_buf_byte(out, '"');
}

static void put_head(const struct wv_acts *acts, const char *event, struct wv_buf *out)
{
    char text[WV_CLOCK_TEXT];
    wv_clock_text(wv_clock_wall_ms(wv_clock_system()), text);
    wv_buf_byte(out, '{');
    put(out, "v", NULL, 1);
    put(out, "instance", acts->host, 0);
    put(out, "chain", acts->chain.id, 0);
    put(out, "seq", NULL, acts->chain.seq);
    put(out, "time", text, 0);
    put(out, "event", event, 0);
    put(out, "uid", NULL, getuid());
}

static void check_names(const json_t *members)
{
    static const char *const ours[] = {"v",     "instance", "chain", "seq",     "time",
                                       "event", "uid",      "hash",  "previous"};
    for (size_t i = 0; i < WV_COUNT(ours); i++) {
        wv_ensure(json_object_get(members, ours[i]) == NULL);
    }
}

/* What a terminal could take for a command stands there as an escape. */
static bool put_members(struct wv_buf *out, const json_t *members)
{
    const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII | JSON_EMBED;
    const size_t room = out->cap - out->len;
    if (json_object_size(members) == 0) {
        return true;
    }
    wv_buf_byte(out, ',');
    const size_t len = json_dumpb(members, (char *)out->mem + out->len, room - 1, flags);
    return len > 0 && len < room && wv_buf_reserve(out, len) != NULL;
}

/* The line, sealed. A reader has to accept it before it may stand in the file: nothing that is
 * written makes the chain unreadable. */
static bool make_line(struct wv_acts *acts, const char *event, const json_t *members,
                      struct wv_slice *line)
{
    json_t *record;
    struct wv_buf out = wv_buf_of(acts->room, WV_LEDGER_RECORD_MAX);
    put_head(acts, event, &out);
    if (!put_members(&out, members) || !wv_ledger_seal(&acts->chain, &out) ||
        !wv_buf_take(&out, line) ||
        wv_ledgers_add(acts->read, *line, acts->path, &record) != WV_LEDGER_GOOD) {
        return false;
    }
    acts->room[line->len++] = '\n';
    return true;
}

bool wv_acts_write(struct wv_acts *acts, const char *event, json_t *members,
                   struct wv_report *report)
{
    struct wv_slice line;
    check_names(members);
    const bool ready = !acts->failed;
    const bool made = ready && members != NULL && make_line(acts, event, members, &line);
    json_decref(members);
    if (!made) {
        acts->failed = true;
        return fail(acts->path, 0, report,
                    ready ? "the record cannot be made (it is too long, or memory is short), and "
                            "what cannot be recorded is not done"
                          : "takes no further record: one before could not be written");
    }
    if (!wv_file_write(acts->file, line)) {
        acts->failed = true;
        (void)fail_errno(acts->path, report,
                         "cannot be written, and what cannot be recorded is not done");
        if (ftruncate(acts->file, acts->size) != 0 || fsync(acts->file) != 0) {
            (void)fail_errno(acts->path, report, "a part of a record may stand at its end");
        }
        return false;
    }
    acts->size += (off_t)line.len;
    return true;
}
