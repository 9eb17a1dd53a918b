/* config_paths.c — files that the configuration names. */
#include "plan/config_paths.h"

#include <errno.h>
#include <unistd.h>

bool wv_config_resolve(const char *own, const struct wv_node *node, struct wv_slice *path,
                       struct wv_arena *arena, struct wv_report *report)
{
    const char *slash = own == NULL ? NULL : strrchr(own, '/');
    if (path->len == 0 || path->ptr[0] == '/' || slash == NULL) {
        return true;
    }
    const size_t folder = (size_t)(slash - own) + 1;
    uint8_t *bytes = WV_ARENA_ARRAY(arena, folder + path->len + 1, uint8_t);
    if (bytes == NULL) {
        return wv_node_fail(node, report, "there is no memory left for the configuration");
    }
    memcpy(bytes, own, folder);
    memcpy(bytes + folder, path->ptr, path->len);
    *path = (struct wv_slice){bytes, folder + path->len};
    return true;
}

bool wv_config_readable(const struct wv_node *node, struct wv_slice path, struct wv_report *report)
{
    const char *name = (const char *)path.ptr;
    return access(name, R_OK) == 0 ||
           wv_node_fail(node, report, "cannot read %s: %s", name, strerror(errno));
}
