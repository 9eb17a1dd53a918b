/* format_places.c — the places of a format while it is being read. */
#include "plan/format_load.h"

#include "base/buf.h"

enum { MEMBERS_MAX = 128, PATH_MAX_BYTES = 256 };

struct wv_place *wv_place_new(struct wv_format_loader *loader, struct wv_slice path)
{
    struct wv_place *place = WV_ARENA_NEW(loader->arena, struct wv_place);
    const struct wv_slice copy = wv_arena_copy(loader->arena, path);
    if (place != NULL) {
        place->path = (const char *)copy.ptr;
    }
    return copy.ptr == NULL ? NULL : place;
}

struct wv_spelled wv_place_spell(struct wv_slice before, struct wv_slice key, struct wv_slice after)
{
    uint8_t text[WV_SPELLED_MAX];
    struct wv_buf buf = wv_buf_of(text, sizeof text);
    struct wv_slice spelled;
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] < ' ' || memchr("\"\\/", key.ptr[i], 3) != NULL) {
            return (struct wv_spelled){0};
        }
    }
    wv_buf_put(&buf, before);
    wv_buf_put(&buf, key);
    wv_buf_put(&buf, after);
    return wv_buf_take(&buf, &spelled) ? wv_spelled_of(spelled) : (struct wv_spelled){0};
}

static struct wv_place *find_or_add_member(struct wv_format_loader *loader, struct wv_place *parent,
                                           struct wv_slice key, struct wv_slice path)
{
    uint32_t hint = 0;
    const struct wv_place *known = wv_place_member(parent, key, &hint);
    if (known != NULL) {
        return wv_place_writable(known);
    }
    struct wv_member *members = (struct wv_member *)(uintptr_t)parent->members;
    if (members == NULL) {
        members = WV_ARENA_ARRAY(loader->arena, MEMBERS_MAX, struct wv_member);
        parent->members = members;
    }
    struct wv_place *place = wv_place_new(loader, path);
    const struct wv_slice copy = wv_arena_copy(loader->arena, key);
    if (members == NULL || place == NULL || copy.ptr == NULL ||
        parent->member_count == MEMBERS_MAX) {
        return NULL;
    }
    members[parent->member_count++] = (struct wv_member){
        .key = copy, .place = place, .usual = wv_place_spell(WV_LIT("\""), copy, WV_LIT("\":"))};
    return place;
}

static struct wv_place *find_or_add_element(struct wv_format_loader *loader,
                                            struct wv_place *parent, struct wv_slice path)
{
    if (parent->element == NULL) {
        parent->element = wv_place_new(loader, path);
    }
    return wv_place_writable(parent->element);
}

static struct wv_place *fail_path(struct wv_format_loader *loader, const struct wv_node *node)
{
    wv_node_fail(node, loader->report,
                 "a path is members joined by \".\", with \"[]\" for every element");
    return NULL;
}

struct wv_place *wv_place_reach(struct wv_format_loader *loader, struct wv_place *base,
                                struct wv_slice path, const struct wv_node *node)
{
    uint8_t whole[PATH_MAX_BYTES];
    struct wv_buf spelled = wv_buf_of(whole, sizeof whole);
    wv_buf_put(&spelled, wv_slice_of(base->path));
    struct wv_place *place = base;
    if (path.len == 0) {
        return fail_path(loader, node);
    }
    for (size_t at = 0; place != NULL && at < path.len;) {
        if (wv_slice_starts(wv_slice_sub(path, at, path.len), WV_LIT("[]"))) {
            wv_buf_put(&spelled, WV_LIT("[]"));
            at += 2;
            place = find_or_add_element(loader, place, (struct wv_slice){whole, spelled.len});
            continue;
        }
        at += path.ptr[at] == '.' && at > 0;
        size_t end = at;
        while (end < path.len && path.ptr[end] != '.' && path.ptr[end] != '[') {
            end++;
        }
        if (end == at) {
            return fail_path(loader, node);
        }
        if (spelled.len > 0) {
            wv_buf_byte(&spelled, '.');
        }
        wv_buf_put(&spelled, wv_slice_sub(path, at, end));
        if (spelled.overflowed) {
            break;
        }
        place = find_or_add_member(loader, place, wv_slice_sub(path, at, end),
                                   (struct wv_slice){whole, spelled.len});
        at = end;
    }
    if (place == NULL || spelled.overflowed) {
        wv_node_fail(node, loader->report,
                     "too much for one format: %d members an object, %d bytes a path", MEMBERS_MAX,
                     PATH_MAX_BYTES);
        return NULL;
    }
    return place;
}
