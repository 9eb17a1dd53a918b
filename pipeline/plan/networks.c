/* networks.c — lines to networks, networks to ranges, and the search in them. */
#include "plan/networks.h"

#include "base/file.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* An address as a number; IPv4 in the lower half. */
struct place {
    uint64_t high;
    uint64_t low;
};

struct network {
    struct place first;
    struct place last;
    uint32_t lists; /* bits */
};

/* From here to the next one, an address is in these lists. */
struct range {
    struct place from;
    uint32_t lists;
};

/* Networks of one family, then its ranges. */
struct family {
    struct network *networks;
    size_t count;
    size_t cap;
    struct range *ranges;
    size_t range_count;
};

struct wv_networks {
    struct family v4;
    struct family v6;
    size_t counts[WV_NETWORK_LISTS_MAX];
    uint64_t covered[WV_NETWORK_LISTS_MAX]; /* IPv4 addresses, or /64 of IPv6; UINT64_MAX: more */
};

static int compare(struct place a, struct place b)
{
    if (a.high != b.high) {
        return a.high < b.high ? -1 : 1;
    }
    return (a.low > b.low) - (a.low < b.low);
}

static struct place place_of(const struct wv_address *address)
{
    uint64_t parts[2] = {0};
    const size_t width = address->family == 4 ? 4 : 16;
    for (size_t i = 0; i < width; i++) {
        parts[1] = parts[1] << 8 | address->bytes[i];
        if (i == 7) {
            parts[0] = parts[1];
            parts[1] = 0;
        }
    }
    return (struct place){parts[0], parts[1]};
}

struct wv_networks *wv_networks_new(void)
{
    return calloc(1, sizeof(struct wv_networks));
}

void wv_networks_free(struct wv_networks *networks)
{
    if (networks == NULL) {
        return;
    }
    free(networks->v4.networks);
    free(networks->v4.ranges);
    free(networks->v6.networks);
    free(networks->v6.ranges);
    free(networks);
}

/* ---- Lines -----------------------------------------------------------------------------------
 */

/* A list that is being read. */
struct reading {
    struct wv_networks *networks;
    unsigned list;
    const char *name;
    unsigned line;
    size_t wrong;
    struct wv_report *report;
};

/* What stands in a list is the operator's own text, but it may hold an address: it is not shown. */
static bool wrong(struct reading *reading, const char *text)
{
    if (reading->wrong++ < WV_NETWORK_FINDINGS_MAX) {
        const struct wv_finding where = {.file = reading->name, .line = reading->line};
        (void)wv_report_add(reading->report, where, "%s", text);
    }
    return false;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Without the comment and without blanks around. */
static struct wv_slice entry_of(struct wv_slice line)
{
    size_t begin = 0;
    const uint8_t *comment = line.len == 0 ? NULL : memchr(line.ptr, '#', line.len);
    size_t end = comment == NULL ? line.len : (size_t)(comment - line.ptr);
    while (begin < end && is_blank(line.ptr[begin])) {
        begin++;
    }
    while (end > begin && is_blank(line.ptr[end - 1])) {
        end--;
    }
    return wv_slice_sub(line, begin, end);
}

/* Decimal digits without a leading zero, at most most. */
static bool read_bits(struct wv_slice text, unsigned most, unsigned *out)
{
    unsigned number = 0;
    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = number;
    return number <= most;
}

/* The bits behind the first `bits` of a number of `width` bits. */
static struct place tail_of(unsigned bits, unsigned width)
{
    const unsigned free_bits = width - bits;
    const uint64_t low = free_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << free_bits) - 1;
    const uint64_t high = free_bits <= 64    ? 0
                          : free_bits == 128 ? UINT64_MAX
                                             : (UINT64_C(1) << (free_bits - 64)) - 1;
    return (struct place){high, low};
}

static bool keep(struct reading *reading, struct family *family, struct network network)
{
    if (reading->networks->v4.count + reading->networks->v6.count == WV_NETWORKS_MAX) {
        return wrong(reading, "is one network too many: all lists together hold at most 2097152");
    }
    if (family->count == family->cap) {
        const size_t cap = family->cap == 0 ? 256 : 2 * family->cap;
        struct network *more = realloc(family->networks, cap * sizeof *more);
        if (more == NULL) {
            return wrong(reading, "cannot be kept: memory is short");
        }
        family->networks = more;
        family->cap = cap;
    }
    family->networks[family->count++] = network;
    return true;
}

static void count_covered(struct reading *reading, unsigned bits, bool v4)
{
    uint64_t *covered = &reading->networks->covered[reading->list];
    const unsigned width = v4 ? 32 : 64;
    const unsigned shift = bits >= width ? 0 : width - bits;
    const uint64_t more = shift >= 64 ? UINT64_MAX : UINT64_C(1) << shift;
    *covered = more > UINT64_MAX - *covered ? UINT64_MAX : *covered + more;
    reading->networks->counts[reading->list]++;
}

static bool read_entry(struct reading *reading, struct wv_slice entry)
{
    const uint8_t *slash = memchr(entry.ptr, '/', entry.len);
    const size_t end = slash == NULL ? entry.len : (size_t)(slash - entry.ptr);
    const struct wv_slice text = wv_slice_sub(entry, 0, end);
    struct wv_address address;
    if (wv_slice_eq(text, WV_LIT("::"))) {
        address = (struct wv_address){.family = 6}; /* nobody's, but networks begin there */
    } else if (text.len == 0 || wv_address_prefix(text, &address) != text.len) {
        return wrong(reading, "is no address and no network: write one a line, as 192.0.2.0/24 or "
                              "2001:db8::/32, and comments behind \"#\"");
    }
    const bool v4 = address.family == 4;
    if (v4 && memchr(text.ptr, ':', text.len) != NULL) {
        return wrong(reading, "is an IPv4 address in IPv6: write it as IPv4");
    }
    const unsigned width = v4 ? 32 : 128;
    unsigned bits = width;
    if (slash != NULL && !read_bits(wv_slice_sub(entry, end + 1, entry.len), width, &bits)) {
        return wrong(reading, v4 ? "has a prefix length that is none: /1 to /32"
                                 : "has a prefix length that is none: /1 to /128");
    }
    if (bits == 0) {
        return wrong(reading, "is every address there is: /0 tells nothing");
    }
    const struct place first = place_of(&address);
    const struct place tail = tail_of(bits, width);
    if ((first.low & tail.low) != 0 || (first.high & tail.high) != 0) {
        return wrong(reading, "has bits behind its prefix: write the first address of the network, "
                              "as 192.0.2.0/24");
    }
    count_covered(reading, bits, v4);
    const struct network network = {
        first, {first.high | tail.high, first.low | tail.low}, UINT32_C(1) << reading->list};
    return keep(reading, v4 ? &reading->networks->v4 : &reading->networks->v6, network);
}

bool wv_networks_add(struct wv_networks *networks, unsigned list, const char *name,
                     struct wv_slice text, struct wv_report *report)
{
    wv_ensure(list < WV_NETWORK_LISTS_MAX);
    struct reading reading = {networks, list, name, 0, 0, report};
    if (wv_slice_starts(text, WV_LIT("\xef\xbb\xbf"))) {
        text = wv_slice_sub(text, 3, text.len);
    }
    for (size_t at = 0; at < text.len && reading.wrong <= WV_NETWORK_FINDINGS_MAX;) {
        const uint8_t *newline = memchr(text.ptr + at, '\n', text.len - at);
        const size_t end = newline == NULL ? text.len : (size_t)(newline - text.ptr);
        reading.line++;
        if (end - at > WV_NETWORK_LINE_MAX) {
            (void)wrong(&reading, "is too long a line: at most 1024 bytes");
        } else {
            const struct wv_slice entry = entry_of(wv_slice_sub(text, at, end));
            if (entry.len > 0) {
                (void)read_entry(&reading, entry);
            }
        }
        at = end + 1;
    }
    if (reading.wrong == 0 && networks->counts[list] == 0) {
        return wv_report_add(report, (struct wv_finding){.file = name},
                             "holds no network: an empty list is mostly a download that failed");
    }
    return reading.wrong == 0;
}

bool wv_networks_load(struct wv_networks *networks, unsigned list, const char *path,
                      uint64_t *digest, struct wv_report *report)
{
    struct wv_bytes bytes;
    if (!wv_file_read(path, WV_NETWORK_FILE_MAX, &bytes, report)) {
        return false;
    }
    *digest = XXH3_64bits_withSeed(bytes.ptr, bytes.len, *digest);
    const bool good = wv_networks_add(networks, list, path, wv_bytes_slice(bytes), report);
    wv_bytes_free(&bytes);
    return good;
}

/* ---- Ranges ----------------------------------------------------------------------------------
 */

/* The wider of two that begin together comes first. */
static int by_place(const void *left, const void *right)
{
    const struct network *a = left;
    const struct network *b = right;
    const int order = compare(a->first, b->first);
    return order != 0 ? order : compare(b->last, a->last);
}

/* One of each, with the lists of all that are the same. */
static void join_equal(struct family *family)
{
    size_t kept = 0;
    for (size_t i = 0; i < family->count; i++) {
        const struct network *network = &family->networks[i];
        if (kept > 0 && by_place(&family->networks[kept - 1], network) == 0) {
            family->networks[kept - 1].lists |= network->lists;
        } else {
            family->networks[kept++] = *network;
        }
    }
    family->count = kept;
}

static void add_range(struct family *family, struct place from, uint32_t lists)
{
    struct range *last = family->range_count == 0 ? NULL : &family->ranges[family->range_count - 1];
    if (last != NULL && compare(last->from, from) == 0) {
        last->lists = lists;
    } else if (last == NULL || last->lists != lists) {
        family->ranges[family->range_count++] = (struct range){from, lists};
    }
}

/* Networks lie inside each other or apart, so those that are open at a place are a stack: each one
 * begins a range, and each end goes back to what lies around. */
static bool make_ranges(struct family *family, unsigned width)
{
    enum { OPEN_MAX = 130 };
    struct {
        struct place last;
        uint32_t lists; /* with those of all around it */
    } open[OPEN_MAX];
    size_t depth = 0;
    if (family->count == 0) {
        return true;
    }
    family->ranges = malloc((2 * family->count + 1) * sizeof *family->ranges);
    if (family->ranges == NULL) {
        return false;
    }
    const struct place end = tail_of(0, width);
    for (size_t i = 0; i <= family->count; i++) {
        const struct network *network = i < family->count ? &family->networks[i] : NULL;
        while (depth > 0 &&
               (network == NULL || compare(open[depth - 1].last, network->first) < 0)) {
            const struct place last = open[--depth].last;
            if (compare(last, end) != 0) {
                const struct place next = {last.high + (last.low == UINT64_MAX), last.low + 1};
                add_range(family, next, depth == 0 ? 0 : open[depth - 1].lists);
            }
        }
        if (network != NULL) {
            wv_ensure(depth < OPEN_MAX);
            open[depth].lists = network->lists | (depth == 0 ? 0 : open[depth - 1].lists);
            open[depth].last = network->last;
            add_range(family, network->first, open[depth].lists);
            depth++;
        }
    }
    free(family->networks);
    family->networks = NULL;
    return true;
}

bool wv_networks_sort(struct wv_networks *networks)
{
    struct family *families[] = {&networks->v4, &networks->v6};
    static const unsigned widths[] = {32, 128};
    for (size_t i = 0; i < WV_COUNT(families); i++) {
        if (families[i]->count > 0) {
            qsort(families[i]->networks, families[i]->count, sizeof(struct network), by_place);
        }
        join_equal(families[i]);
        if (!make_ranges(families[i], widths[i])) {
            return false;
        }
    }
    return true;
}

size_t wv_networks_count(const struct wv_networks *networks, unsigned list)
{
    return networks->counts[list];
}

bool wv_networks_covers(const struct wv_networks *networks, unsigned list, uint64_t least)
{
    return networks->covered[list] >= least;
}

uint32_t wv_networks_find(const struct wv_networks *networks, const struct wv_address *address)
{
    const struct family *family = address->family == 4 ? &networks->v4 : &networks->v6;
    const struct place wanted = place_of(address);
    size_t from = 0; /* every range before it begins at the place or earlier */
    size_t to = family->range_count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (compare(family->ranges[middle].from, wanted) <= 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from == 0 ? 0 : family->ranges[from - 1].lists;
}
