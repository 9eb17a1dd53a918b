/*
 * document.h — a cold JSON document that knows where its values stand.
 *
 * Configuration, formats, packs, tables and key files are read with Jansson, which keeps no
 * positions. A node carries the way by which it was reached; when something is wrong with it, the
 * way becomes a JSON pointer, and the document's text is scanned once more for its line and column.
 *
 * Jansson is given a free() that wipes (json_set_alloc_funcs(), for the whole process): a document
 * can hold secrets.
 *
 * Memory: the document owns the text and the tree; nodes are small values on the caller's stack
 *         that point to their parent, which must outlive them.
 * Limits: WV_DOCUMENT_MAX bytes, WV_DOCUMENT_DEPTH_MAX levels; duplicate members are an error.
 */
#ifndef WV_JSON_DOCUMENT_H
#define WV_JSON_DOCUMENT_H

#include "base/report.h"

#include <jansson.h>
#include <stdarg.h>

enum { WV_DOCUMENT_MAX = 8 * 1024 * 1024, WV_DOCUMENT_DEPTH_MAX = 64 };

struct wv_document;

/* Reads a file; NULL, with a finding, when it cannot be read or is not JSON. A warning when
 * everybody may change it. */
WV_MUST_USE struct wv_document *wv_document_load(const char *path, struct wv_report *report);

/* Reads text that is already in memory (copied); name stands in findings. */
WV_MUST_USE struct wv_document *wv_document_parse(const char *name, struct wv_slice text,
                                                  struct wv_report *report);
void wv_document_free(struct wv_document *document);
const char *wv_document_name(const struct wv_document *document);
struct wv_slice wv_document_text(const struct wv_document *document);

struct wv_node {
    const struct wv_document *document;
    const struct wv_node *parent; /* NULL: the root */
    const char *key;              /* member of an object; NULL: element of an array */
    size_t index;                 /* element of an array */
    json_t *value;                /* borrowed; NULL: there is no such value */
};

struct wv_node wv_document_root(const struct wv_document *document);

/* The member or element; its value is NULL where there is none. key must outlive the node. */
struct wv_node wv_node_member(const struct wv_node *parent, const char *key);
struct wv_node wv_node_element(const struct wv_node *parent, size_t index);

/* Adds a finding about the node (about the parent, where the node has no value). Returns false. */
bool wv_node_fail(const struct wv_node *node, struct wv_report *report, const char *format, ...)
    WV_PRINTF(3, 4);
void wv_node_warn(const struct wv_node *node, struct wv_report *report, const char *format, ...)
    WV_PRINTF(3, 4);

/* The same about the node's own name, where it stands in its object: for unknown members. */
bool wv_node_key_fail(const struct wv_node *node, struct wv_report *report, const char *format, ...)
    WV_PRINTF(3, 4);

/* Adds a finding about the value that a JSON pointer names, or about the nearest thing above it
 * that is there; "" is the whole document. Returns false. */
bool wv_document_fail_at(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, va_list args)
    WV_PRINTF(4, 0);

/* The same as a warning. */
void wv_document_warn_at(const struct wv_document *document, const char *pointer,
                         struct wv_report *report, const char *format, va_list args)
    WV_PRINTF(4, 0);

/* The string of the node, pointing into the document; a finding and false if it is none. */
WV_MUST_USE bool wv_node_text(const struct wv_node *node, struct wv_slice *out,
                              struct wv_report *report);

#endif
