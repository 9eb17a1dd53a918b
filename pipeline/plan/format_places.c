/* format_places.c — the places of a format while it is being read. */
#include "plan/format_load.h"

#include "base/buf.h"

enum {
    MEMBERS_FIRST = 8,
    MEMBERS_MAX = 1024,
    PATH_MAX_BYTES = 256,
    FEW_MEMBERS = 16, /* so many are as quickly found one after another */
};

struct wv_place *wv_place_new(struct wv_format_loader *loader, struct wv_slice path)
{
    struct wv_place *place = WV_ARENA_NEW(loader->arena, struct wv_place);
    const struct wv_slice copy = wv_arena_copy(loader->arena, path);
    if (place == NULL || copy.ptr == NULL || loader->place_count == WV_FORMAT_PLACES_MAX) {
        return NULL;
    }
    place->path = (const char *)copy.ptr;
    loader->places[loader->place_count++] = place;
    return place;
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

/* Room for one more member; false when there is none. */
static bool grow_members(struct wv_format_loader *loader, struct wv_place *parent)
{
    const size_t count = parent->member_count;
    if (count != 0 && (count < MEMBERS_FIRST || (count & (count - 1)) != 0)) {
        return true; /* the room is always a power of two */
    }
    const size_t room = count == 0 ? MEMBERS_FIRST : 2 * count;
    struct wv_member *members =
        room > MEMBERS_MAX ? NULL : WV_ARENA_ARRAY(loader->arena, room, struct wv_member);
    if (members == NULL) {
        return false;
    }
    if (count > 0) {
        memcpy(members, parent->members, count * sizeof *members);
    }
    parent->members = members;
    return true;
}

static struct wv_place *find_or_add_member(struct wv_format_loader *loader, struct wv_place *parent,
                                           struct wv_slice key, struct wv_slice path)
{
    const size_t known = wv_place_find(parent, key);
    if (known < parent->member_count) {
        return wv_place_writable(parent->members[known].place);
    }
    struct wv_place *place = wv_place_new(loader, path);
    const struct wv_slice copy = wv_arena_copy(loader->arena, key);
    if (place == NULL || copy.ptr == NULL || !grow_members(loader, parent)) {
        return NULL;
    }
    struct wv_member *members = (struct wv_member *)(uintptr_t)parent->members;
    members[parent->member_count++] = (struct wv_member){
        .key = copy, .place = place, .usual = wv_place_spell(WV_LIT("\""), copy, WV_LIT("\":"))};
    return place;
}

static struct wv_place *find_or_add_any(struct wv_format_loader *loader, struct wv_place *parent,
                                        struct wv_slice path)
{
    if (parent->any == NULL) {
        parent->any = wv_place_new(loader, path);
    }
    return wv_place_writable(parent->any);
}

static struct wv_place *find_or_add_element(struct wv_format_loader *loader,
                                            struct wv_place *parent, struct wv_slice path)
{
    if (parent->element == NULL) {
        struct wv_place *element = wv_place_new(loader, path);
        parent->element = element;
        if (element != NULL) {
            element->named = parent->named;
        }
    }
    return wv_place_writable(parent->element);
}

static struct wv_place *fail_path(struct wv_format_loader *loader, const struct wv_node *node)
{
    wv_node_fail(node, loader->report,
                 "a path is members joined by \".\", with \"[]\" for every element and \"{}\" "
                 "for every member");
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
        if (wv_slice_starts(wv_slice_sub(path, at, path.len), WV_LIT("{}"))) {
            wv_buf_put(&spelled, WV_LIT("{}"));
            at += 2;
            place = find_or_add_any(loader, place, (struct wv_slice){whole, spelled.len});
            if (place != NULL) {
                place->named = true;
            }
            continue;
        }
        const bool joined = at == 0 || path.ptr[at] == '.';
        at += path.ptr[at] == '.' && at > 0;
        size_t end = at;
        while (end < path.len && memchr(".[]{}", path.ptr[end], 5) == NULL) {
            end++;
        }
        if (end == at || !joined) {
            return fail_path(loader, node);
        }
        if (spelled.len > 0 && whole[spelled.len - 1] != ':') {
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

bool wv_place_note(struct wv_format_loader *loader, struct wv_place *parent, struct wv_slice path,
                   const struct wv_node *node)
{
    return find_or_add_member(loader, parent, path, path) != NULL ||
           wv_node_fail(node, loader->report, "not enough memory for the format");
}

static bool make_slots(struct wv_format_loader *loader, struct wv_place *place)
{
    uint32_t size = 1;
    while (size < 2 * place->member_count) {
        size *= 2;
    }
    uint16_t *slots = WV_ARENA_ARRAY(loader->arena, size, uint16_t);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < place->member_count; i++) {
        uint32_t slot = wv_key_hash(place->members[i].key) & (size - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (size - 1);
        }
        slots[slot] = (uint16_t)(i + 1);
    }
    place->slots = slots;
    place->slot_mask = size - 1;
    return true;
}

bool wv_places_finish(struct wv_format_loader *loader, const struct wv_node *node)
{
    for (size_t i = 0; i < loader->place_count; i++) {
        struct wv_place *place = loader->places[i];
        place->special = place->whole || place->prefix_count > 0 || place->role != WV_ROLE_NONE ||
                         place->mark_count > 0 || place->inner != NULL || place->named;
        place->noted = place->class != WV_CLASS_NONE || place->role != WV_ROLE_NONE ||
                       place->mark_count > 0 || place->paired || place->inner != NULL ||
                       place->named;
        if (place->member_count > FEW_MEMBERS && !make_slots(loader, place)) {
            return wv_node_fail(node, loader->report, "not enough memory for the format");
        }
    }
    return true;
}

/* The place of a member whose key may be in another case. */
static const struct wv_place *member_of(const struct wv_format *format,
                                        const struct wv_place *place, struct wv_slice key)
{
    size_t at = wv_place_find(place, key);
    if (at == place->member_count && format->any_case) {
        at = 0;
        while (at < place->member_count && !wv_slice_eq_nocase(place->members[at].key, key)) {
            at++;
        }
    }
    return at == place->member_count ? NULL : place->members[at].place;
}

const struct wv_place *wv_place_loose(const struct wv_format *format, const struct wv_place *place,
                                      struct wv_slice key, struct wv_slice *any)
{
    const struct wv_place *found = member_of(format, place, key);
    struct wv_slice rest = key;
    *any = (struct wv_slice){0};
    while (found == NULL && format->dotted) {
        const uint8_t *point = rest.len == 0 ? NULL : memchr(rest.ptr, '.', rest.len);
        const size_t len = point == NULL ? rest.len : (size_t)(point - rest.ptr);
        const struct wv_place *next = member_of(format, place, wv_slice_sub(rest, 0, len));
        if (next == NULL || point == NULL) {
            found = next;
            break;
        }
        place = next;
        rest = wv_slice_sub(rest, len + 1, rest.len);
    }
    if (found == NULL && place->any != NULL && rest.len > 0) {
        *any = rest;
        found = place->any;
    }
    return found;
}
