/*
 * Feeds arbitrary text to the reader of cold documents and checks its positions against Jansson:
 * the place that is found for a value must hold the text of just that value.
 *
 * Input: four bytes that choose the way down, then the document.
 */
#include "base/buf.h"
#include "json/document.h"
#include "json/spot.h"

#include <stdlib.h>

enum { CHOICES = 4, POINTER_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Appends one segment; false when there is no room. */
static bool add_segment(struct wv_buf *pointer, const char *key, size_t index)
{
    wv_buf_byte(pointer, '/');
    if (key == NULL) {
        wv_buf_uint(pointer, index);
        return true;
    }
    for (; *key != '\0'; key++) {
        if (*key == '~' || *key == '/') {
            wv_buf_byte(pointer, '~');
            wv_buf_byte(pointer, *key == '~' ? '0' : '1');
        } else {
            wv_buf_byte(pointer, (uint8_t)*key);
        }
    }
    return !pointer->overflowed;
}

/* One step down, to the choice-th child; the node itself when it has none. */
static struct wv_node step(const struct wv_node *node, uint8_t choice, struct wv_buf *pointer)
{
    const size_t members = json_object_size(node->value);
    const size_t elements = json_array_size(node->value);
    if (elements > 0) {
        (void)add_segment(pointer, NULL, choice % elements);
        return wv_node_element(node, choice % elements);
    }
    if (members == 0) {
        return *node;
    }
    void *at = json_object_iter(node->value);
    for (size_t i = choice % members; i > 0; i--) {
        at = json_object_iter_next(node->value, at);
    }
    (void)add_segment(pointer, json_object_iter_key(at), 0);
    return wv_node_member(node, json_object_iter_key(at));
}

static void check_place(const struct wv_node *node, struct wv_slice text, struct wv_buf *pointer)
{
    wv_buf_byte(pointer, '\0');
    struct wv_slice name;
    if (!wv_buf_take(pointer, &name)) {
        return; /* a longer way than this fuzzer can spell */
    }
    const struct wv_spot spot = wv_spot_find(text, (const char *)name.ptr);
    wv_ensure(spot.name <= spot.value && spot.value < text.len);
    json_t *found = json_loadb((const char *)text.ptr + spot.value, text.len - spot.value,
                               JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, NULL);
    wv_ensure(found != NULL && json_equal(found, node->value));
    json_decref(found);
}

static void check_finding(const struct wv_node *node, struct wv_report *report)
{
    const size_t before = wv_report_count(report);
    wv_node_fail(node, report, "wrong");
    const struct wv_finding *finding = wv_report_at(report, before);
    wv_ensure(finding->line > 0 && finding->column > 0 && finding->pointer != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICES) {
        return 0;
    }
    const struct wv_slice text = {data + CHOICES, size - CHOICES};
    struct wv_report *report = wv_report_new();
    struct wv_document *document = wv_document_parse("fuzz", text, report);
    wv_ensure((document == NULL) == (wv_report_errors(report) > 0));
    if (document != NULL) {
        static uint8_t mem[POINTER_MAX];
        struct wv_buf pointer = wv_buf_of(mem, sizeof mem);
        struct wv_node nodes[CHOICES + 1] = {wv_document_root(document)};
        for (size_t i = 0; i < CHOICES; i++) {
            nodes[i + 1] = step(&nodes[i], data[i], &pointer);
        }
        check_place(&nodes[CHOICES], text, &pointer);
        check_finding(&nodes[CHOICES], report);
    }
    wv_document_free(document);
    wv_report_free(report);
    return 0;
}
