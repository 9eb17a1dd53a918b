/*
 * policy_files.c — documents of tests on the disk and in the program.
 */
#include "app/policy_files.h"

#include "plan/builtin.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char suffix[] = ".test.json";

enum { PATH_BYTES = 4096 };

static bool no_memory(struct wv_report *report)
{
    return wv_report_add(report, (struct wv_finding){0}, "there is no memory left");
}

/* Takes the document. */
static bool add(struct wv_policy_documents *documents, struct wv_document *document,
                struct wv_report *report)
{
    if (document == NULL) {
        return false;
    }
    if (documents->count == documents->cap) {
        const size_t cap = documents->cap == 0 ? 16 : 2 * documents->cap;
        struct wv_policy_suite *suites = realloc(documents->suites, cap * sizeof *suites);
        if (suites == NULL) {
            wv_document_free(document);
            return no_memory(report);
        }
        documents->suites = suites;
        documents->cap = cap;
    }
    documents->suites[documents->count++] =
        (struct wv_policy_suite){.name = wv_document_name(document), .document = document};
    return true;
}

void wv_policy_documents_fini(struct wv_policy_documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        wv_policy_suite_fini(&documents->suites[i]);
        wv_document_free((struct wv_document *)(uintptr_t)documents->suites[i].document);
    }
    free(documents->suites);
    *documents = (struct wv_policy_documents){0};
}

static int is_test(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);
    return length >= sizeof suffix - 1 &&
           strcmp(entry->d_name + length - (sizeof suffix - 1), suffix) == 0;
}

/* In the order of their names; not in folders below. */
static bool add_folder(struct wv_policy_documents *documents, const char *folder,
                       struct wv_report *report)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_test, alphasort);
    const struct wv_finding where = {.file = folder};
    if (count < 0) {
        return wv_report_add(report, where, "cannot be read: %s", strerror(errno));
    }
    bool ok = count > 0 || wv_report_add(report, where, "holds no file *%s", suffix);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        const bool here = strcmp(folder, ".") == 0;
        const int length = snprintf(path, sizeof path, "%s%s%s", here ? "" : folder,
                                    here ? "" : "/", entries[i]->d_name);
        ok = (length > 0 && (size_t)length < sizeof path
                  ? add(documents, wv_document_load(path, report), report)
                  : wv_report_add(report, where, "is too long a path")) &&
             ok;
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add_path(struct wv_policy_documents *documents, const char *path,
                     struct wv_report *report)
{
    struct stat about;
    const bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    return is_folder ? add_folder(documents, path, report)
                     : add(documents, wv_document_load(path, report), report);
}

static bool add_beside(struct wv_policy_documents *documents, const char *config_path,
                       struct wv_report *report)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(config_path, '/');
    const size_t length = slash == NULL          ? 1
                          : slash == config_path ? 1
                                                 : (size_t)(slash - config_path);
    if (length >= sizeof folder) {
        return wv_report_add(report, (struct wv_finding){.file = config_path},
                             "is too long a path");
    }
    memcpy(folder, slash == NULL ? "." : config_path, length);
    folder[length] = '\0';
    return add_folder(documents, folder, report);
}

static bool add_builtin(struct wv_policy_documents *documents, struct wv_report *report)
{
    bool ok = true;
    for (const struct wv_builtin *at = wv_builtin_documents; at->kind != NULL; at++) {
        if (strcmp(at->kind, "tests") == 0) {
            char name[PATH_BYTES];
            (void)snprintf(name, sizeof name, "built-in %s", at->name);
            const struct wv_slice text = {at->bytes, at->len};
            ok = add(documents, wv_document_parse(name, text, report), report) && ok;
        }
    }
    return ok;
}

bool wv_policy_documents_find(const struct wv_arguments *arguments,
                              struct wv_policy_documents *documents, struct wv_report *report)
{
    const char *config_path = wv_argument_text(arguments, "config");
    if (arguments->operand_count == 0) {
        return config_path == NULL ? add_builtin(documents, report)
                                   : add_beside(documents, config_path, report);
    }
    bool ok = true;
    for (size_t i = 0; i < arguments->operand_count; i++) {
        ok = add_path(documents, arguments->operands[i], report) && ok;
    }
    return ok;
}
