/* keyring.c — epochs in one array by domain and time, domains in a hash table. */
#include "keys/keyring.h"

#include "base/wipe.h"
#include "keys/derive.h"
#include "keys/epoch.h"

#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct domain {
    struct wv_slice name;
    size_t first; /* of its epochs */
    size_t count;
};

struct wv_key_witness {
    _Atomic size_t holders; /* beside the first, which is the keyring until it is no more */
    _Atomic bool wiped;
};

struct wv_keyring {
    _Atomic size_t holders; /* beside the first */
    struct wv_key_witness *witness;
    struct wv_epoch *epochs;
    size_t epoch_count;
    struct domain *domains; /* in order of name */
    size_t domain_count;
    uint32_t *table; /* index + 1 of a domain; 0: free */
    size_t mask;
    uint8_t *names;
    struct wv_locked secrets;
    bool throwaway;
};

static const char throwaway_id[] = "throwaway";

/* ---- Making one -------------------------------------------------------------------------------
 */

/* An entry that was read, on the way into the keyring. */
struct item {
    const struct wv_key_entry *entry;
    struct wv_epoch_span span;
};

static int compare_names(struct wv_slice a, struct wv_slice b)
{
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    const int order = compare_names(a->entry->domain, b->entry->domain);
    return order != 0 ? order : (a->span.first > b->span.first) - (a->span.first < b->span.first);
}

bool wv_domain_is_valid(struct wv_slice domain)
{
    bool valid = domain.len >= 1 && domain.len <= WV_DOMAIN_MAX;
    for (size_t i = 0; valid && i < domain.len; i++) {
        valid = domain.ptr[i] >= 0x20 && domain.ptr[i] != 0x7f;
    }
    return valid;
}

static bool fail(struct wv_report *report, const char *text)
{
    return wv_report_add(report, (struct wv_finding){0}, "%s", text);
}

static bool read_items(const struct wv_key_entry *entries, size_t count, struct item *items,
                       struct wv_report *report)
{
    for (size_t i = 0; i < count; i++) {
        if (!wv_domain_is_valid(entries[i].domain)) {
            return fail(report, "a domain has 1 to 255 bytes and no control characters");
        }
        items[i].entry = &entries[i];
        if (!wv_epoch_parse(entries[i].epoch, &items[i].span)) {
            return fail(report, "an epoch is written start and length, like 20261116-7d");
        }
    }
    qsort(items, count, sizeof *items, compare_items);
    for (size_t i = 1; i < count; i++) {
        const struct item *before = &items[i - 1];
        if (wv_slice_eq(before->entry->domain, items[i].entry->domain) &&
            before->span.first + before->span.days > items[i].span.first) {
            return fail(report, "two epochs of one domain overlap");
        }
    }
    return true;
}

/* A power of two with at least half of the places free. */
static size_t table_size(size_t domains)
{
    size_t size = 4;
    while (size < domains * 2) {
        size *= 2;
    }
    return size;
}

static struct wv_keyring *allocate(size_t epochs, size_t domains, size_t name_bytes)
{
    struct wv_keyring *keyring = calloc(1, sizeof *keyring);
    if (keyring == NULL) {
        return NULL;
    }
    keyring->mask = table_size(domains) - 1;
    keyring->epochs = calloc(epochs + 1, sizeof *keyring->epochs);
    keyring->domains = calloc(domains + 1, sizeof *keyring->domains);
    keyring->table = calloc(keyring->mask + 1, sizeof *keyring->table);
    keyring->names = malloc(name_bytes + 1);
    keyring->witness = calloc(1, sizeof *keyring->witness);
    if (keyring->witness == NULL || keyring->epochs == NULL || keyring->domains == NULL ||
        keyring->table == NULL || keyring->names == NULL ||
        !wv_locked_new((epochs + 1) * WV_SECRET_BYTES, &keyring->secrets)) {
        wv_keyring_free(keyring);
        return NULL;
    }
    return keyring;
}

static void add_domain(struct wv_keyring *keyring, struct wv_slice name, uint8_t **at)
{
    struct domain *domain = &keyring->domains[keyring->domain_count++];
    memcpy(*at, name.ptr, name.len);
    domain->name = (struct wv_slice){*at, name.len};
    domain->first = keyring->epoch_count;
    *at += name.len;
    size_t place = XXH3_64bits(name.ptr, name.len) & keyring->mask;
    while (keyring->table[place] != 0) {
        place = (place + 1) & keyring->mask;
    }
    keyring->table[place] = (uint32_t)keyring->domain_count;
}

static void fill(struct wv_keyring *keyring, const struct item *items, size_t count)
{
    uint8_t *names = keyring->names;
    for (size_t i = 0; i < count; i++) {
        const struct wv_key_entry *entry = items[i].entry;
        if (i == 0 || !wv_slice_eq(items[i - 1].entry->domain, entry->domain)) {
            add_domain(keyring, entry->domain, &names);
        }
        uint8_t *secret = keyring->secrets.mem + i * WV_SECRET_BYTES;
        memcpy(secret, entry->secret, WV_SECRET_BYTES);
        struct wv_epoch *epoch = &keyring->epochs[keyring->epoch_count++];
        wv_epoch_format(items[i].span, epoch->id);
        epoch->from_s = items[i].span.first * WV_DAY_S;
        epoch->until_s = epoch->from_s + (int64_t)items[i].span.days * WV_DAY_S;
        epoch->days = items[i].span.days;
        epoch->secret = secret;
        keyring->domains[keyring->domain_count - 1].count++;
    }
}

struct wv_keyring *wv_keyring_from(const struct wv_key_entry *entries, size_t count,
                                   struct wv_report *report)
{
    struct wv_keyring *keyring = NULL;
    struct item *items = calloc(count + 1, sizeof *items);
    if (items == NULL || count >= UINT32_MAX) {
        fail(report, "the keys do not fit in memory");
        goto done;
    }
    if (!read_items(entries, count, items, report)) {
        goto done;
    }
    size_t domains = 0;
    size_t name_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !wv_slice_eq(items[i - 1].entry->domain, items[i].entry->domain)) {
            domains++;
            name_bytes += items[i].entry->domain.len;
        }
    }
    keyring = allocate(count, domains, name_bytes);
    if (keyring == NULL) {
        fail(report, "the keys do not fit in memory");
        goto done;
    }
    fill(keyring, items, count);

done:
    free(items);
    return keyring;
}

struct wv_keyring *wv_keyring_throwaway(const uint8_t seed[WV_SECRET_BYTES],
                                        struct wv_report *report)
{
    struct wv_keyring *keyring = allocate(1, 0, 0);
    if (keyring == NULL) {
        fail(report, "the keys do not fit in memory");
        return NULL;
    }
    if (seed != NULL) {
        memcpy(keyring->secrets.mem, seed, WV_SECRET_BYTES);
    } else if (RAND_bytes(keyring->secrets.mem, WV_SECRET_BYTES) != 1) {
        fail(report, "the system gives no random bytes");
        wv_keyring_free(keyring);
        return NULL;
    }
    keyring->throwaway = true;
    keyring->epoch_count = 1;
    struct wv_epoch *epoch = &keyring->epochs[0];
    *epoch = (struct wv_epoch){
        .from_s = INT64_MIN, .until_s = INT64_MAX, .secret = keyring->secrets.mem};
    memcpy(epoch->id, throwaway_id, sizeof throwaway_id);
    return keyring;
}

struct wv_keyring *wv_keyring_hold(struct wv_keyring *keyring)
{
    atomic_fetch_add(&keyring->holders, 1);
    return keyring;
}

void wv_keyring_free(struct wv_keyring *keyring)
{
    if (keyring == NULL || atomic_fetch_sub(&keyring->holders, 1) > 0) {
        return;
    }
    wv_locked_free(&keyring->secrets);
    free(keyring->epochs);
    free(keyring->domains);
    free(keyring->table);
    free(keyring->names);
    if (keyring->witness != NULL) {
        atomic_store(&keyring->witness->wiped, true);
        wv_key_witness_free(keyring->witness);
    }
    free(keyring);
}

struct wv_key_witness *wv_keyring_witness(struct wv_keyring *keyring)
{
    atomic_fetch_add(&keyring->witness->holders, 1);
    return keyring->witness;
}

bool wv_key_witness_is_wiped(const struct wv_key_witness *witness)
{
    return atomic_load(&witness->wiped);
}

void wv_key_witness_free(struct wv_key_witness *witness)
{
    if (witness != NULL && atomic_fetch_sub(&witness->holders, 1) == 0) {
        free(witness);
    }
}

bool wv_keyring_is_throwaway(const struct wv_keyring *keyring)
{
    return keyring->throwaway;
}

bool wv_keyring_is_locked(const struct wv_keyring *keyring)
{
    return keyring->secrets.locked;
}

size_t wv_keyring_locked_bytes(const struct wv_keyring *keyring)
{
    return keyring->secrets.mapped;
}

/* ---- Using one --------------------------------------------------------------------------------
 */

const struct wv_epoch *wv_keyring_epochs(const struct wv_keyring *keyring, struct wv_slice domain,
                                         size_t *count)
{
    *count = 0;
    if (keyring->throwaway) {
        *count = 1;
        return keyring->epochs;
    }
    size_t place = XXH3_64bits(domain.ptr, domain.len) & keyring->mask;
    while (keyring->table[place] != 0) {
        const struct domain *found = &keyring->domains[keyring->table[place] - 1];
        if (wv_slice_eq(found->name, domain)) {
            *count = found->count;
            return keyring->epochs + found->first;
        }
        place = (place + 1) & keyring->mask;
    }
    return NULL;
}

/* How many of the epochs begin at the time or before it. */
static size_t begun(const struct wv_epoch *epochs, size_t count, int64_t time_s)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (epochs[middle].from_s <= time_s) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

const struct wv_epoch *wv_keyring_find(const struct wv_keyring *keyring, struct wv_slice domain,
                                       int64_t time_s)
{
    size_t count;
    const struct wv_epoch *epochs = wv_keyring_epochs(keyring, domain, &count);
    if (epochs == NULL || keyring->throwaway) {
        return epochs;
    }
    const size_t after = begun(epochs, count, time_s);
    return after > 0 && time_s < epochs[after - 1].until_s ? &epochs[after - 1] : NULL;
}

static int64_t domain_runway(const struct wv_epoch *epochs, size_t count, int64_t now_s)
{
    const size_t after = begun(epochs, count, now_s);
    if (after == 0 || now_s >= epochs[after - 1].until_s) {
        return 0;
    }
    size_t last = after - 1;
    while (last + 1 < count && epochs[last + 1].from_s == epochs[last].until_s) {
        last++;
    }
    return epochs[last].until_s - now_s;
}

int64_t wv_keyring_runway(const struct wv_keyring *keyring, int64_t now_s)
{
    if (keyring->throwaway) {
        return INT64_MAX;
    }
    int64_t shortest = keyring->domain_count == 0 ? 0 : INT64_MAX;
    for (size_t i = 0; i < keyring->domain_count; i++) {
        const struct domain *domain = &keyring->domains[i];
        const int64_t seconds =
            domain_runway(keyring->epochs + domain->first, domain->count, now_s);
        shortest = seconds < shortest ? seconds : shortest;
    }
    return shortest;
}

int64_t wv_keyring_domain_runway(const struct wv_keyring *keyring, struct wv_slice domain,
                                 int64_t now_s)
{
    size_t count;
    const struct wv_epoch *epochs = wv_keyring_epochs(keyring, domain, &count);
    return keyring->throwaway ? INT64_MAX
           : epochs == NULL   ? 0
                              : domain_runway(epochs, count, now_s);
}

/* ---- Showing one ------------------------------------------------------------------------------
 */

size_t wv_keyring_count(const struct wv_keyring *keyring)
{
    return keyring->epoch_count;
}

size_t wv_keyring_domains(const struct wv_keyring *keyring)
{
    return keyring->domain_count;
}

/* Domains stand in the order of their epochs. */
static struct wv_slice domain_of(const struct wv_keyring *keyring, size_t index)
{
    size_t low = 0;
    size_t high = keyring->domain_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct domain *domain = &keyring->domains[middle];
        if (index < domain->first) {
            high = middle;
        } else if (index >= domain->first + domain->count) {
            low = middle + 1;
        } else {
            return domain->name;
        }
    }
    return (struct wv_slice){0};
}

const struct wv_epoch *wv_keyring_at(const struct wv_keyring *keyring, size_t index,
                                     struct wv_slice *domain)
{
    wv_ensure(index < keyring->epoch_count);
    *domain = domain_of(keyring, index);
    return &keyring->epochs[index];
}

static bool put_check(const struct wv_key_info *info, char out[WV_CHECK_VALUE + 1])
{
    uint8_t bytes[WV_CHECK_VALUE / 2];
    const struct wv_use use = {
        .domain = info->domain, .epoch = wv_slice_of(info->epoch->id), .name = WV_LIT("check")};
    const bool done = wv_derive(info->epoch->secret, &use, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[WV_CHECK_VALUE] = '\0';
    return done;
}

bool wv_keyring_info(const struct wv_keyring *keyring, size_t index, int64_t now_s,
                     struct wv_key_info *out)
{
    wv_ensure(index < keyring->epoch_count);
    const struct wv_epoch *epoch = &keyring->epochs[index];
    *out = (struct wv_key_info){
        .domain = domain_of(keyring, index),
        .epoch = epoch,
        .state = now_s < epoch->from_s    ? WV_EPOCH_FUTURE
                 : now_s < epoch->until_s ? WV_EPOCH_CURRENT
                                          : WV_EPOCH_PAST,
        .age_s = keyring->throwaway ? 0 : now_s - epoch->from_s,
    };
    return put_check(out, out->check);
}
