/* document.c — Jansson for the tree, a walk over the text for the places. */
#include "json/document.h"

#include "base/file.h"
#include "base/wipe.h"
#include "json/spot.h"

#include <malloc.h>
#include <stdlib.h>

enum { TEXT_MAX = 1024 };

/* Jansson frees what it has read of a document, and the document may be a key file: from the first
 * instruction of the program on, what it frees is wiped. Any malloc'd memory can be freed so, and
 * what Jansson gives away can be freed by others. */
static void free_wiped(void *memory)
{
    if (memory != NULL) {
        wv_wipe(memory, malloc_usable_size(memory));
        free(memory);
    }
}

__attribute__((constructor)) static void have_jansson_wipe(void)
{
    json_set_alloc_funcs(malloc, free_wiped);
}

struct wv_document {
    char *name;
    struct wv_bytes text;
    json_t *root;
};

/* ---- Reading ----------------------------------------------------------------------------------
 */

/* What Jansson says, by how it begins, and what we say. Its own text may quote the document, and
 * the document may be a key file: nothing of it is passed on. */
static const struct {
    const char *start;
    const char *text;
    int back; /* Jansson's position is so many bytes behind what it stumbled over */
} syntax_errors[] = {
    {"unable to decode byte", "the text is not UTF-8", 0},
    {"premature end of input", "the text ends too early: a quote or a bracket is not closed", 1},
    {"unexpected newline", "a string must end on the line where it begins", 0},
    {"control character", "a control character in a string must be written as an escape", 0},
    {"invalid escape", "there is no such escape in JSON", 1},
    {"invalid Unicode", "a \\u escape needs four hexadecimal digits and no lone surrogate", 1},
    {"\\u0000 is not allowed", "\\u0000 is not allowed", 1},
    {"NUL byte in object key", "\\u0000 is not allowed", 1},
    {"too big", "the number is too large", 1},
    {"real number overflow", "the number is too large", 1},
    {"duplicate object key", "the same member stands here twice", 1},
    {"string or '}' expected", "expected a member in double quotes (no comma before \"}\")", 1},
    {"':' expected", "expected \":\" after the member's name", 1},
    {"'}' expected", "expected \",\" or \"}\"", 1},
    {"']' expected", "expected \",\" or \"]\"", 1},
    {"'[' or '{' expected", "a document begins with \"{\" or \"[\"", 1},
    {"end of file expected", "there is more text after the end of the document", 1},
    {"unexpected token", "expected a value", 1},
    {"invalid token", "expected a value", 1},
};

static bool fail_syntax(const struct wv_document *document, const json_error_t *error,
                        struct wv_report *report)
{
    const char *text = "it cannot be read";
    int at = error->position;
    for (size_t i = 0; i < WV_COUNT(syntax_errors); i++) {
        if (strncmp(error->text, syntax_errors[i].start, strlen(syntax_errors[i].start)) == 0) {
            text = syntax_errors[i].text;
            at -= syntax_errors[i].back;
            break;
        }
    }
    struct wv_finding where = {.file = document->name};
    wv_spot_place(wv_bytes_slice(document->text), at > 0 ? (size_t)at : 0, &where);
    return wv_report_add(report, where, "is not valid JSON: %s", text);
}

/* Before Jansson reads it, because Jansson recurses. */
static bool check_depth(const struct wv_document *document, struct wv_report *report)
{
    const struct wv_slice text = wv_bytes_slice(document->text);
    size_t depth = 0;
    for (size_t at = 0; at < text.len;) {
        const uint8_t byte = text.ptr[at];
        if (byte == '"') {
            at = wv_json_skip_string(text, at);
            continue;
        }
        depth += byte == '{' || byte == '[' ? 1 : 0;
        depth -= (byte == '}' || byte == ']') && depth > 0 ? 1 : 0;
        if (depth > WV_DOCUMENT_DEPTH_MAX) {
            struct wv_finding where = {.file = document->name};
            wv_spot_place(text, at, &where);
            return wv_report_add(report, where, "is nested too deeply: at most %d levels are read",
                                 WV_DOCUMENT_DEPTH_MAX);
        }
        at++;
    }
    return true;
}

/* Takes the text, also when it fails. */
static struct wv_document *read_document(const char *name, struct wv_bytes text,
                                         struct wv_report *report)
{
    struct wv_document *document = calloc(1, sizeof *document);
    if (document == NULL) {
        wv_bytes_free(&text);
        wv_report_add(report, (struct wv_finding){.file = name}, "memory is short");
        return NULL;
    }
    document->text = text;
    document->name = strdup(name);
    if (document->name == NULL) {
        wv_report_add(report, (struct wv_finding){.file = name}, "memory is short");
        goto failed;
    }
    if (!check_depth(document, report)) {
        goto failed;
    }
    json_error_t error;
    document->root = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (document->root == NULL) {
        fail_syntax(document, &error, report);
        goto failed;
    }
    return document;

failed:
    wv_document_free(document);
    return NULL;
}

struct wv_document *wv_document_load(const char *path, struct wv_report *report)
{
    struct wv_bytes text;
    if (!wv_file_read(path, WV_DOCUMENT_MAX, &text, report)) {
        return NULL;
    }
    wv_file_warn_open(path, report);
    return read_document(path, text, report);
}

struct wv_document *wv_document_parse(const char *name, struct wv_slice text,
                                      struct wv_report *report)
{
    const struct wv_finding where = {.file = name};
    if (text.len > WV_DOCUMENT_MAX) {
        wv_report_add(report, where, "is too large: at most %d bytes are read", WV_DOCUMENT_MAX);
        return NULL;
    }
    struct wv_bytes copy = {malloc(text.len + 1), text.len};
    if (copy.ptr == NULL) {
        wv_report_add(report, where, "memory is short");
        return NULL;
    }
    if (text.len > 0) {
        memcpy(copy.ptr, text.ptr, text.len);
    }
    copy.ptr[text.len] = '\0';
    return read_document(name, copy, report);
}

void wv_document_free(struct wv_document *document)
{
    if (document == NULL) {
        return;
    }
    json_decref(document->root);
    wv_bytes_free(&document->text);
    free(document->name);
    free(document);
}

const char *wv_document_name(const struct wv_document *document)
{
    return document->name;
}

struct wv_slice wv_document_text(const struct wv_document *document)
{
    return wv_bytes_slice(document->text);
}

/* ---- Nodes ------------------------------------------------------------------------------------
 */

struct wv_node wv_document_root(const struct wv_document *document)
{
    return (struct wv_node){.document = document, .value = document->root};
}

struct wv_node wv_node_member(const struct wv_node *parent, const char *key)
{
    return (struct wv_node){.document = parent->document,
                            .parent = parent,
                            .key = key,
                            .value = json_object_get(parent->value, key)};
}

struct wv_node wv_node_element(const struct wv_node *parent, size_t index)
{
    return (struct wv_node){.document = parent->document,
                            .parent = parent,
                            .index = index,
                            .value = json_array_get(parent->value, index)};
}

/* Where the node's own segment begins if it ends at `end`; writes it there when buf is given. */
static size_t put_segment(const struct wv_node *node, char *buf, size_t end)
{
    char digits[24];
    const char *text = node->key;
    if (text == NULL) {
        (void)snprintf(digits, sizeof digits, "%zu", node->index);
        text = digits;
    }
    size_t count = 1;
    for (const char *at = text; *at != '\0'; at++) {
        count += *at == '~' || *at == '/' ? 2 : 1;
    }
    if (buf == NULL) {
        return count;
    }
    char *out = buf + end - count;
    *out++ = '/';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '~' || *at == '/') {
            *out++ = '~';
            *out++ = *at == '~' ? '0' : '1';
        } else {
            *out++ = *at;
        }
    }
    return count;
}

/* RFC 6901; malloc'd, NULL when memory is short. */
static char *pointer_of(const struct wv_node *node)
{
    size_t len = 0;
    for (const struct wv_node *at = node; at->parent != NULL; at = at->parent) {
        len += put_segment(at, NULL, 0);
    }
    char *pointer = malloc(len + 1);
    if (pointer == NULL) {
        return NULL;
    }
    pointer[len] = '\0';
    for (const struct wv_node *at = node; at->parent != NULL; at = at->parent) {
        len -= put_segment(at, pointer, len);
    }
    return pointer;
}

static void add_finding(const struct wv_document *document, struct wv_finding where, bool at_name,
                        struct wv_report *report, const char *format, va_list args) WV_PRINTF(5, 0);

static void add_finding(const struct wv_document *document, struct wv_finding where, bool at_name,
                        struct wv_report *report, const char *format, va_list args)
{
    char message[TEXT_MAX];
    (void)vsnprintf(message, sizeof message, format, args);
    if (document != NULL) {
        const struct wv_slice text = wv_bytes_slice(document->text);
        const struct wv_spot spot = wv_spot_find(text, where.pointer == NULL ? "" : where.pointer);
        where.file = document->name;
        wv_spot_place(text, at_name ? spot.name : spot.value, &where);
    }
    wv_report_add(report, where, "%s", message);
}

static void add_node_finding(const struct wv_node *node, enum wv_severity severity, bool at_name,
                             struct wv_report *report, const char *format, va_list args)
    WV_PRINTF(5, 0);

static void add_node_finding(const struct wv_node *node, enum wv_severity severity, bool at_name,
                             struct wv_report *report, const char *format, va_list args)
{
    while (node->value == NULL && node->parent != NULL) {
        node = node->parent;
    }
    char *pointer = pointer_of(node);
    const struct wv_finding where = {.severity = severity, .pointer = pointer};
    add_finding(node->document, where, at_name, report, format, args);
    free(pointer);
}

bool wv_node_fail(const struct wv_node *node, struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_node_finding(node, WV_ERROR, false, report, format, args);
    va_end(args);
    return false;
}

void wv_node_warn(const struct wv_node *node, struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_node_finding(node, WV_WARNING, false, report, format, args);
    va_end(args);
}

bool wv_node_key_fail(const struct wv_node *node, struct wv_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_node_finding(node, WV_ERROR, true, report, format, args);
    va_end(args);
    return false;
}

bool wv_document_fail_at(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, va_list args)
{
    const struct wv_finding where = {.severity = WV_ERROR, .pointer = pointer};
    add_finding(document, where, false, report, format, args);
    return false;
}

void wv_document_warn_at(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, va_list args)
{
    const struct wv_finding where = {.severity = WV_WARNING, .pointer = pointer};
    add_finding(document, where, false, report, format, args);
}

bool wv_node_text(const struct wv_node *node, struct wv_slice *out, struct wv_report *report)
{
    if (!json_is_string(node->value)) {
        *out = (struct wv_slice){0};
        return wv_node_fail(node, report, "must be a string");
    }
    *out = (struct wv_slice){(const uint8_t *)json_string_value(node->value),
                             json_string_length(node->value)};
    return true;
}
