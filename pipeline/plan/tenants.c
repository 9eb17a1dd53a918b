/*
 * tenants.c — tenant tables: reading, sorting, finding.
 */
#include "plan/tenants.h"

#include "plan/fingerprint.h"
#include "plan/routing.h"

#include <stdlib.h>

enum { WORD_MAX = 64, HOST_MAX = 253 };

/* What the rows bind, and a list that becomes bits. */
struct entry_words {
    struct wv_tenant tenant;
    struct wv_name_list purposes;
};

const struct wv_option wv_tenant_rows[WV_TENANT_ROWS] = {
    {.name = "tenant",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct entry_words, tenant.name),
     .max = WORD_MAX,
     .required = true,
     .help = "name of the tenant, as it stands in domains, results and metrics"},
    {.name = "region",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct entry_words, tenant.region),
     .max = WORD_MAX,
     .help = "pack that applies to all of the tenant's records"},
    {.name = "hosts",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct entry_words, tenant.hosts),
     .max = 1000,
     .help = "domains that the tenant owns; the host filter keeps them and what is below them"},
    {.name = "refused",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct entry_words, tenant.refused),
     .help = "consent is refused for all of the tenant's records"},
    {.name = "third_party",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct entry_words, tenant.third_party),
     .help = "consent to disclosure to third parties is given for all of the tenant's records"},
    {.name = "never_sensitive",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct entry_words, tenant.never_sensitive),
     .help = "texts in which a number of a person, a payment card, a bank account or a place is "
             "found go whole, instead of with a placeholder"},
    {.name = "purposes",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct entry_words, purposes),
     .max = 16,
     .help = "for which the tenant's records were collected; they narrow those of the input"},
};

bool wv_tenants_is_word(struct wv_slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        const uint8_t byte = wv_lower(word.ptr[i]);
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '.' &&
            byte != '_' && byte != '-') {
            return false;
        }
    }
    return word.len > 0 && word.len <= WORD_MAX;
}

static bool is_host(struct wv_slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        const uint8_t byte = wv_lower(host.ptr[i]);
        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '.' &&
            byte != '_' && byte != '-') {
            return false;
        }
    }
    return host.len > 0 && host.len <= HOST_MAX && host.ptr[0] != '.';
}

static bool lower_copy(struct wv_slice text, struct wv_arena *arena, struct wv_slice *out)
{
    uint8_t *bytes = WV_ARENA_ARRAY(arena, text.len + 1, uint8_t);
    if (bytes == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bytes[i] = wv_lower(text.ptr[i]);
    }
    *out = (struct wv_slice){bytes, text.len};
    return true;
}

bool wv_tenants_hosts(const struct wv_node *list, struct wv_name_list *hosts,
                      struct wv_arena *arena, struct wv_report *report)
{
    if (hosts->count == 0) {
        return true;
    }
    struct wv_slice *lower = WV_ARENA_ARRAY(arena, hosts->count, struct wv_slice);
    if (lower == NULL) {
        return wv_node_fail(list, report, "there is no memory left for the tenants");
    }
    for (size_t i = 0; i < hosts->count; i++) {
        const struct wv_node host = wv_node_element(list, i);
        if (!is_host(hosts->items[i])) {
            return wv_node_fail(&host, report,
                                "is no host name: write it without scheme, port and path, as in "
                                "\"acme.example\"");
        }
        if (!lower_copy(hosts->items[i], arena, &lower[i])) {
            return wv_node_fail(&host, report, "there is no memory left for the tenants");
        }
    }
    hosts->items = lower;
    return true;
}

static int by_key(const void *left, const void *right)
{
    const struct wv_slice a = ((const struct wv_tenant *)left)->key;
    const struct wv_slice b = ((const struct wv_tenant *)right)->key;
    const int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool read_entry(const struct wv_node *entry, bool host_keys, struct wv_tenant *tenant,
                       struct wv_arena *arena, struct wv_report *report)
{
    struct entry_words words = {0};
    const struct wv_node purposes = wv_node_member(entry, "purposes");
    if (!wv_options_bind(entry, wv_tenant_rows, WV_TENANT_ROWS, &words, arena, report) ||
        !wv_purposes_read(&purposes, &words.purposes, &words.tenant.purposes, report)) {
        return false;
    }
    *tenant = words.tenant;
    const struct wv_slice key = wv_slice_of(entry->key);
    if (key.len == 0) {
        return wv_node_key_fail(entry, report, "the key of a tenant must not be empty");
    }
    if (host_keys && !is_host(key)) {
        return wv_node_key_fail(entry, report,
                                "the key is no host name: write it without scheme, port and path");
    }
    tenant->key = wv_arena_copy(arena, key);
    if (tenant->key.ptr == NULL || (host_keys && !lower_copy(key, arena, &tenant->key))) {
        return wv_node_fail(entry, report, "there is no memory left for the tenants");
    }
    const struct wv_node name = wv_node_member(entry, "tenant");
    const struct wv_node region = wv_node_member(entry, "region");
    const struct wv_node hosts = wv_node_member(entry, "hosts");
    bool ok = true;
    if (!wv_tenants_is_word(tenant->name)) {
        ok =
            wv_node_fail(&name, report,
                         "must be 1 to 64 letters, digits, '.', '_' or '-': it becomes part of the "
                         "domains of tokens");
    }
    if (tenant->region.len > 0 && !wv_tenants_is_word(tenant->region)) {
        ok = wv_node_fail(&region, report, "must be the name of a pack, as \"eu\"");
    }
    return wv_tenants_hosts(&hosts, &tenant->hosts, arena, report) && ok;
}

static bool read_table(const struct wv_node *root, struct wv_tenant_config *config,
                       struct wv_arena *arena, struct wv_report *report)
{
    if (!json_is_object(root->value)) {
        return wv_node_fail(root, report,
                            "must be an object: {\"<key>\": {\"tenant\": \"<name>\"}, …}");
    }
    const size_t count = json_object_size(root->value);
    if (count > WV_TENANTS_MAX) {
        return wv_node_fail(root, report, "holds %zu tenants; at most %d are possible", count,
                            WV_TENANTS_MAX);
    }
    struct wv_tenant *table = WV_ARENA_ARRAY(arena, count, struct wv_tenant);
    if (table == NULL) {
        return wv_node_fail(root, report, "there is no memory left for the tenants");
    }
    if (count == 0) {
        wv_node_warn(root, report, "holds no tenant: every record will be of an unknown tenant");
    }
    const bool host_keys = config->from == WV_TENANT_HOST;
    bool ok = true;
    size_t at = 0;
    const char *key;
    json_t *value;
    json_object_foreach(root->value, key, value)
    {
        const struct wv_node entry = wv_node_member(root, key);
        ok = read_entry(&entry, host_keys, &table[at], arena, report) && ok;
        at++;
    }
    if (!ok) {
        return false;
    }
    qsort(table, count, sizeof(table[0]), by_key);
    for (size_t i = 1; i < count; i++) {
        if (by_key(&table[i - 1], &table[i]) == 0) {
            return wv_node_fail(root, report, "names the host %.*s twice; case does not count",
                                WV_SHOW(table[i].key));
        }
    }
    config->table = table;
    config->table_count = count;
    return true;
}

bool wv_tenants_load(const char *path, struct wv_tenant_config *config, struct wv_arena *arena,
                     struct wv_report *report)
{
    struct wv_document *document = wv_document_load(path, report);
    if (document == NULL) {
        return false;
    }
    const struct wv_node root = wv_document_root(document);
    const bool ok = read_table(&root, config, arena, report) &&
                    (wv_canonical_digest(root.value, config->table_digest) ||
                     wv_node_fail(&root, report, "there is no memory left for the tenants"));
    wv_document_free(document);
    return ok;
}

static const struct wv_tenant *find_exactly(const struct wv_tenant_config *config,
                                            struct wv_slice key)
{
    size_t from = 0;
    size_t to = config->table_count;
    const struct wv_tenant wanted = {.key = key};
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int order = by_key(&wanted, &config->table[middle]);
        if (order == 0) {
            return &config->table[middle];
        }
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return NULL;
}

const struct wv_tenant *wv_tenants_find(const struct wv_tenant_config *config, struct wv_slice key)
{
    if (config->from == WV_TENANT_FIXED) {
        return config->table;
    }
    if (key.len == 0) {
        return NULL;
    }
    const struct wv_tenant *tenant = find_exactly(config, key);
    while (tenant == NULL && config->from == WV_TENANT_HOST) {
        const uint8_t *point = memchr(key.ptr, '.', key.len);
        if (point == NULL || point + 1 == key.ptr + key.len) {
            return NULL;
        }
        key = wv_slice_sub(key, (size_t)(point - key.ptr) + 1, key.len);
        tenant = find_exactly(config, key);
    }
    return tenant;
}
