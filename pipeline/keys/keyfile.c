/* keyfile.c — opens a key file, and leaves nothing of it behind. */
#include "keys/keyfile_save.h"

#include "base/file.h"
#include "base/wipe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- The document and its memory --------------------------------------------------------------
 */

/* Where the walk is in a container. */
struct frame {
    json_t *container;
    void *member;   /* of an object: the next one */
    size_t element; /* of an array: the next one */
};

/* Steps to the next value of the container; NULL at its end. */
static json_t *next_value(struct frame *frame)
{
    if (json_is_array(frame->container)) {
        return json_array_get(frame->container, frame->element++);
    }
    json_t *value = json_object_iter_value(frame->member);
    frame->member = json_object_iter_next(frame->container, frame->member);
    return value;
}

/* Jansson frees strings without wiping them. Any string could be a secret at a wrong place. */
void wv_keyfile_wipe(json_t *root)
{
    struct frame stack[WV_DOCUMENT_DEPTH_MAX + 1];
    size_t depth = 0;
    if (json_is_string(root)) {
        wv_wipe((void *)(uintptr_t)json_string_value(root), json_string_length(root));
    }
    stack[depth++] = (struct frame){.container = root, .member = json_object_iter(root)};
    while (depth > 0) {
        json_t *value = next_value(&stack[depth - 1]);
        if (value == NULL) {
            depth--;
        } else if (json_is_string(value)) {
            wv_wipe((void *)(uintptr_t)json_string_value(value), json_string_length(value));
        } else if ((json_is_object(value) || json_is_array(value)) && depth < WV_COUNT(stack)) {
            stack[depth++] = (struct frame){.container = value, .member = json_object_iter(value)};
        }
    }
}

void wv_keyfile_close(struct wv_document *document)
{
    if (document != NULL) {
        wv_keyfile_wipe(wv_document_root(document).value);
        wv_document_free(document);
    }
}

struct wv_keyring *wv_keyfile_parse(const char *name, struct wv_slice text,
                                    const struct wv_keks *keks, struct wv_report *report)
{
    struct wv_document *document = wv_document_parse(name, text, report);
    if (document == NULL) {
        return NULL;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, keks, report);
    wv_keyfile_close(document);
    return keyring;
}

struct wv_document *wv_keyfile_open(const char *path, struct wv_report *report)
{
    struct wv_bytes text;
    struct stat status;
    if (lstat(path, &status) != 0 && errno == ENOENT) {
        (void)wv_report_add(report, (struct wv_finding){.file = path},
                            "does not exist: where it was lost put back a copy, because new "
                            "secrets make other tokens of the same values; `wafveil keys init` "
                            "makes a first one");
        return NULL;
    }
    if (!wv_file_check_folder(path, "holds secrets", report) ||
        !wv_file_read_secret(path, WV_DOCUMENT_MAX, &text, report)) {
        return NULL;
    }
    struct wv_document *document = wv_document_parse(path, wv_bytes_slice(text), report);
    wv_bytes_free(&text);
    return document;
}

struct wv_keyring *wv_keyfile_load(const char *path, const struct wv_keks *keks,
                                   struct wv_report *report)
{
    struct wv_document *document = wv_keyfile_open(path, report);
    if (document == NULL) {
        return NULL;
    }
    struct wv_keyring *keyring = wv_keyfile_read(document, keks, report);
    wv_keyfile_close(document);
    wv_wipe_stack();
    if (keyring != NULL && !wv_keyring_is_locked(keyring)) {
        wv_report_add(report, (struct wv_finding){.severity = WV_WARNING, .file = path},
                      "its secrets could not be kept out of swap: raise the limit of locked memory "
                      "(systemd: LimitMEMLOCK=, shell: ulimit -l)");
    }
    return keyring;
}
