/* geo_value.c — heads of values, and walks over them with a limit. */
#include "plan/geo_value.h"

/* Types as the file numbers them. */
enum {
    TYPE_EXTENDED = 0,
    TYPE_POINTER = 1,
    TYPE_TEXT = 2,
    TYPE_UINT16 = 5,
    TYPE_UINT32 = 6,
    TYPE_MAP = 7,
    TYPE_UINT64 = 9,
    TYPE_ARRAY = 11,
    TYPE_BOOLEAN = 14,
    TYPE_LAST = 15,
};

/* What stands before a value. */
struct head {
    unsigned type;
    uint32_t size;  /* of its bytes; MAP, ARRAY: of what is in it */
    size_t body;    /* offset of its bytes */
    size_t pointed; /* POINTER */
};

/* count bytes, the highest first, from *at on. */
static bool read_number(struct wv_slice data, size_t *at, size_t count, uint64_t *out)
{
    if (*at > data.len || count > data.len - *at) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number << 8 | data.ptr[*at + i];
    }
    *at += count;
    *out = number;
    return true;
}

static bool read_pointer(struct wv_slice data, unsigned control, struct head *head)
{
    static const uint32_t added[] = {0, 2048, 526336, 0};
    const unsigned more = control >> 3 & 3;
    const uint64_t high = more == 3 ? 0 : control & 7;
    uint64_t low = 0;
    if (!read_number(data, &head->body, more + 1, &low)) {
        return false;
    }
    head->pointed = (size_t)((high << 8 * (more + 1) | low) + added[more]);
    head->size = 0;
    return true;
}

static bool read_head(struct wv_slice data, size_t at, struct head *head)
{
    static const uint32_t added[] = {29, 285, 65821};
    uint64_t control = 0;
    uint64_t number = 0;
    if (!read_number(data, &at, 1, &control)) {
        return false;
    }
    head->type = (unsigned)control >> 5;
    head->body = at;
    if (head->type == TYPE_POINTER) {
        return read_pointer(data, (unsigned)control, head);
    }
    if (head->type == TYPE_EXTENDED) {
        if (!read_number(data, &head->body, 1, &number)) {
            return false;
        }
        head->type = 7 + (unsigned)number;
    }
    head->size = (uint32_t)control & 31;
    if (head->size >= 29) {
        const size_t step = head->size - 29;
        if (!read_number(data, &head->body, step + 1, &number)) {
            return false;
        }
        head->size = added[step] + (uint32_t)number;
    }
    const bool has_bytes =
        head->type != TYPE_MAP && head->type != TYPE_ARRAY && head->type != TYPE_BOOLEAN;
    return head->type <= TYPE_LAST && (!has_bytes || head->size <= data.len - head->body);
}

/* Offset behind a value; of a map or array, of the first thing in it. */
static size_t behind(const struct head *head)
{
    const bool has_bytes =
        head->type != TYPE_MAP && head->type != TYPE_ARRAY && head->type != TYPE_BOOLEAN;
    return head->body + (has_bytes ? head->size : 0);
}

/* How many values stand in it. */
static uint64_t things_in(const struct head *head)
{
    if (head->type == TYPE_MAP) {
        return UINT64_C(2) * head->size;
    }
    return head->type == TYPE_ARRAY ? head->size : 0;
}

bool wv_geo_value(struct wv_slice data, size_t at, struct wv_geo_value *out)
{
    struct head head;
    *out = (struct wv_geo_value){0};
    if (!read_head(data, at, &head)) {
        return false;
    }
    if (head.type == TYPE_POINTER &&
        (!read_head(data, head.pointed, &head) || head.type == TYPE_POINTER)) {
        return false;
    }
    out->next = behind(&head);
    size_t body = head.body;
    switch (head.type) {
    case TYPE_TEXT:
        out->kind = WV_GEO_TEXT;
        out->text = wv_slice_sub(data, body, body + head.size);
        return true;
    case TYPE_UINT16:
    case TYPE_UINT32:
    case TYPE_UINT64:
        out->kind = WV_GEO_NUMBER;
        return head.size <= 8 && read_number(data, &body, head.size, &out->number);
    case TYPE_MAP:
    case TYPE_ARRAY:
        out->kind = head.type == TYPE_MAP ? WV_GEO_MAP : WV_GEO_ARRAY;
        out->count = head.size;
        return true;
    default:
        return true;
    }
}

/* Goes over one value and all that is in it; pointers are not followed. */
static bool skip(struct wv_slice data, size_t *at, unsigned *steps)
{
    uint64_t left = 1;
    while (left > 0) {
        struct head head;
        if (*steps == 0 || !read_head(data, *at, &head)) {
            return false;
        }
        *steps -= 1;
        left += things_in(&head) - 1;
        *at = behind(&head);
    }
    return true;
}

bool wv_geo_member(struct wv_slice data, size_t map, const char *name, struct wv_geo_value *out,
                   size_t *at)
{
    struct wv_geo_value value;
    unsigned steps = WV_GEO_STEPS_MAX;
    if (!wv_geo_value(data, map, &value) || value.kind != WV_GEO_MAP) {
        return false;
    }
    size_t next = value.next;
    for (uint32_t i = 0; i < value.count; i++) {
        struct wv_geo_value key;
        const bool good = wv_geo_value(data, next, &key) && key.kind == WV_GEO_TEXT;
        if (!good || !skip(data, &next, &steps)) {
            return false;
        }
        if (wv_slice_eq(key.text, wv_slice_of(name))) {
            *at = next;
            return wv_geo_value(data, next, out);
        }
        if (!skip(data, &next, &steps)) {
            return false;
        }
    }
    return false;
}

bool wv_geo_is_of_texts(struct wv_slice data, size_t at)
{
    struct wv_geo_value value;
    unsigned steps = WV_GEO_STEPS_MAX;
    if (!wv_geo_value(data, at, &value) ||
        (value.kind != WV_GEO_MAP && value.kind != WV_GEO_ARRAY)) {
        return false;
    }
    size_t next = value.next;
    const uint64_t things = value.kind == WV_GEO_MAP ? UINT64_C(2) * value.count : value.count;
    for (uint64_t i = 0; i < things; i++) {
        struct wv_geo_value thing;
        if (!wv_geo_value(data, next, &thing) || thing.kind != WV_GEO_TEXT ||
            !skip(data, &next, &steps)) {
            return false;
        }
    }
    return true;
}

/* Something that is gone through. */
struct frame {
    size_t at;
    uint64_t left;
    bool pointed; /* it stands elsewhere: what is behind it is not behind what leads to it */
};

bool wv_geo_is_bounded(struct wv_slice data, size_t at)
{
    struct frame frames[WV_GEO_DEPTH_MAX];
    size_t depth = 1;
    frames[0] = (struct frame){.at = at, .left = 1};
    for (unsigned steps = 0; depth > 0;) {
        struct frame *frame = &frames[depth - 1];
        if (frame->left == 0) {
            depth--;
            if (depth > 0 && !frame->pointed) {
                frames[depth - 1].at = frame->at;
            }
            continue;
        }
        struct head head;
        if (steps++ == WV_GEO_STEPS_MAX || !read_head(data, frame->at, &head)) {
            return false;
        }
        const bool pointer = head.type == TYPE_POINTER;
        const uint64_t things = pointer ? 1 : things_in(&head);
        frame->left--;
        frame->at = behind(&head);
        if (things > 0) {
            if (depth == WV_GEO_DEPTH_MAX) {
                return false;
            }
            frames[depth++] =
                (struct frame){pointer ? head.pointed : behind(&head), things, pointer};
        }
    }
    return true;
}
