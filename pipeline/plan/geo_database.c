/*
 * geo_database.c — opens a database, reads all of it once, and looks addresses up.
 *
 * libmaxminddb opens files by their name and maps them: it is given the name of a copy that has
 * none but for this process.
 */
#include "plan/geo_database.h"

#include "base/file.h"
#include "plan/geo_value.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    SEPARATOR = 16,             /* zero bytes between tree and values */
    METADATA_MAX = 128 * 1024,  /* the metadata begin at most so far from the end */
    SLOTS_FIRST = 1024,         /* a power of two */
    METADATA_MEMBERS_TEXT = 64, /* longest name of a kind of database that is shown */
};

/* What a value means, by where it stands. */
struct entry {
    uint32_t at; /* offset + 1; 0: free */
    uint32_t value;
};

struct wv_geo_database {
    MMDB_s file;
    bool open;
    struct entry *entries; /* open-addressed */
    size_t mask;
    size_t count;
    uint64_t digest;
};

/* A database that is being opened. */
struct opening {
    struct wv_geo_database *database;
    enum wv_geo_wanted wanted;
    const char *name;
    struct wv_slice bytes;
    struct wv_slice values; /* the section */
    uint64_t nodes;
    char kind[METADATA_MEMBERS_TEXT + 1]; /* what it says of itself */
    size_t known;                         /* values that say what is wanted */
    struct wv_report *report;
};

static bool fail(const struct opening *opening, const char *text)
{
    return wv_report_add(opening->report, (struct wv_finding){.file = opening->name}, "%s", text);
}

/* ---- Metadata --------------------------------------------------------------------------------
 */

/* Offset of the metadata behind their mark, the last one of the file. */
static bool find_metadata(struct wv_slice bytes, size_t *mark, size_t *at)
{
    const struct wv_slice sign = WV_LIT("\xab\xcd\xefMaxMind.com");
    const size_t first = bytes.len > METADATA_MAX ? bytes.len - METADATA_MAX : 0;
    for (size_t i = bytes.len; i >= first + sign.len; i--) {
        if (memcmp(bytes.ptr + i - sign.len, sign.ptr, sign.len) == 0) {
            *mark = i - sign.len;
            *at = i;
            return true;
        }
    }
    return false;
}

static bool number_of(struct wv_slice metadata, const char *name, uint64_t *out)
{
    struct wv_geo_value value;
    size_t at;
    const bool good = wv_geo_member(metadata, 0, name, &value, &at) && value.kind == WV_GEO_NUMBER;
    *out = value.number;
    return good;
}

/* libmaxminddb lists these, and loses the list when something in it is no text. */
static bool names_are_texts(struct wv_slice metadata)
{
    static const char *const names[] = {"languages", "description"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        struct wv_geo_value value;
        size_t at;
        if (!wv_geo_member(metadata, 0, names[i], &value, &at) ||
            !wv_geo_is_of_texts(metadata, at)) {
            return false;
        }
    }
    return true;
}

/* What the file calls itself, if that can be shown: letters, digits, '-', '_', '.' and blanks. */
static void keep_kind(struct opening *opening, struct wv_slice metadata)
{
    struct wv_geo_value value;
    size_t at;
    if (!wv_geo_member(metadata, 0, "database_type", &value, &at) || value.kind != WV_GEO_TEXT ||
        value.text.len > METADATA_MEMBERS_TEXT) {
        return;
    }
    for (size_t i = 0; i < value.text.len; i++) {
        const uint8_t byte = value.text.ptr[i];
        const uint8_t lower = wv_lower(byte);
        const bool letter = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
        if (!letter && memchr("-_. ", byte, 4) == NULL) {
            return;
        }
    }
    for (size_t i = 0; i < value.text.len; i++) {
        opening->kind[i] = (char)value.text.ptr[i];
    }
}

/* Everything that libmaxminddb relies on when it opens the file. */
static bool check_metadata(struct opening *opening)
{
    size_t mark;
    size_t at;
    if (!find_metadata(opening->bytes, &mark, &at)) {
        return fail(opening, "is no MaxMind DB (.mmdb), or its end is missing");
    }
    const struct wv_slice metadata = wv_slice_sub(opening->bytes, at, opening->bytes.len);
    uint64_t record_bits, version, major, built;
    if (!wv_geo_is_bounded(metadata, 0) || !names_are_texts(metadata) ||
        !number_of(metadata, "node_count", &opening->nodes) ||
        !number_of(metadata, "record_size", &record_bits) ||
        !number_of(metadata, "ip_version", &version) ||
        !number_of(metadata, "binary_format_major_version", &major) ||
        !number_of(metadata, "build_epoch", &built)) {
        return fail(opening, "is damaged: its metadata cannot be read");
    }
    keep_kind(opening, metadata);
    if (major != 2) {
        return fail(opening, "is no MaxMind DB of format 2");
    }
    const bool sizes = record_bits == 24 || record_bits == 28 || record_bits == 32;
    if (!sizes || (version != 4 && version != 6) || built > INT64_MAX || opening->nodes == 0 ||
        opening->nodes > UINT32_MAX) {
        return fail(opening, "is damaged: its metadata say what cannot be");
    }
    const uint64_t tree = opening->nodes * record_bits / 4;
    if (tree + SEPARATOR > mark) {
        return fail(opening, "is damaged: it is shorter than its search tree");
    }
    opening->values = wv_slice_sub(opening->bytes, (size_t)tree + SEPARATOR, mark);
    return true;
}

/* ---- Values ----------------------------------------------------------------------------------
 */

/* "DE"; 0: none, or a code that says that nobody knows. */
static uint32_t country_of(const struct wv_geo_value *value)
{
    const struct wv_slice text = value->text;
    if (value->kind != WV_GEO_TEXT || text.len != 2 || wv_slice_eq(text, WV_LIT("ZZ")) ||
        wv_slice_eq(text, WV_LIT("XX"))) {
        return 0;
    }
    for (size_t i = 0; i < 2; i++) {
        if (text.ptr[i] < 'A' || text.ptr[i] > 'Z') {
            return 0;
        }
    }
    return (uint32_t)text.ptr[0] << 8 | text.ptr[1];
}

/* 64500, or "AS64500"; 0: none. */
static uint32_t asn_of(const struct wv_geo_value *value)
{
    uint64_t number = 0;
    if (value->kind == WV_GEO_NUMBER) {
        return value->number <= UINT32_MAX ? (uint32_t)value->number : 0;
    }
    if (value->kind != WV_GEO_TEXT || !wv_slice_starts(value->text, WV_LIT("AS")) ||
        value->text.len > 12) {
        return 0;
    }
    for (size_t i = 2; i < value->text.len; i++) {
        const uint8_t byte = value->text.ptr[i];
        if (byte < '0' || byte > '9') {
            return 0;
        }
        number = number * 10 + (uint64_t)(byte - '0');
    }
    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* The members under which makers of databases write it. */
static uint32_t meaning(const struct opening *opening, size_t at)
{
    const struct wv_slice data = opening->values;
    struct wv_geo_value value;
    struct wv_geo_value inner;
    size_t member;
    size_t unused;
    uint32_t found = 0;
    if (opening->wanted == WV_GEO_ASN) {
        static const char *const names[] = {"autonomous_system_number", "asn"};
        for (size_t i = 0; i < WV_COUNT(names) && found == 0; i++) {
            found = wv_geo_member(data, at, names[i], &value, &member) ? asn_of(&value) : 0;
        }
        return found;
    }
    if (wv_geo_member(data, at, "country", &value, &member)) {
        const bool nested =
            value.kind == WV_GEO_MAP && wv_geo_member(data, member, "iso_code", &inner, &unused);
        found = country_of(nested ? &inner : &value);
    }
    if (found == 0 && wv_geo_member(data, at, "country_code", &value, &member)) {
        found = country_of(&value);
    }
    return found;
}

static struct entry *slot(const struct wv_geo_database *database, uint32_t at)
{
    size_t i = (size_t)((at + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & database->mask;
    while (database->entries[i].at != 0 && database->entries[i].at != at + 1) {
        i = (i + 1) & database->mask;
    }
    return &database->entries[i];
}

/* Room for twice as many values. */
static bool grow(struct wv_geo_database *database)
{
    const struct wv_geo_database old = *database;
    const size_t slots = old.entries == NULL ? SLOTS_FIRST : 2 * (old.mask + 1);
    database->entries = calloc(slots, sizeof *database->entries);
    if (database->entries == NULL) {
        database->entries = old.entries;
        return false;
    }
    database->mask = slots - 1;
    for (size_t i = 0; old.entries != NULL && i <= old.mask; i++) {
        if (old.entries[i].at != 0) {
            *slot(database, old.entries[i].at - 1) = old.entries[i];
        }
    }
    free(old.entries);
    return true;
}

/* A value that some addresses lead to. */
static bool keep_value(struct opening *opening, uint64_t record)
{
    struct wv_geo_database *database = opening->database;
    const uint64_t first = opening->nodes + SEPARATOR;
    struct wv_geo_value value;
    if (record < first || record - first >= opening->values.len) {
        return fail(opening, "is damaged: its search tree leads out of it");
    }
    const uint32_t at = (uint32_t)(record - first);
    if (slot(database, at)->at != 0) {
        return true;
    }
    if (!wv_geo_value(opening->values, at, &value) || !wv_geo_is_bounded(opening->values, at)) {
        return fail(opening, "is damaged: one of its values cannot be read");
    }
    if (database->count == WV_GEO_VALUES_MAX) {
        return fail(opening, "tells too many places apart: use a database of countries");
    }
    if (2 * (database->count + 1) > database->mask && !grow(database)) {
        return fail(opening, "cannot be read: memory is short");
    }
    const uint32_t meant = meaning(opening, at);
    *slot(database, at) = (struct entry){at + 1, meant};
    database->count++;
    opening->known += meant != 0;
    return true;
}

/* Both ways of a node: to another one, to a value, or to nothing. */
static bool check_node(struct opening *opening, uint32_t number)
{
    MMDB_search_node_s node;
    if (MMDB_read_node(&opening->database->file, number, &node) != MMDB_SUCCESS) {
        return fail(opening, "is damaged: its search tree cannot be read");
    }
    const uint64_t records[] = {node.left_record, node.right_record};
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        if (records[i] > opening->nodes && !keep_value(opening, records[i])) {
            return false;
        }
    }
    return true;
}

static bool check_tree(struct opening *opening)
{
    if (!grow(opening->database)) {
        return fail(opening, "cannot be read: memory is short");
    }
    for (uint64_t i = 0; i < opening->nodes; i++) {
        if (!check_node(opening, (uint32_t)i)) {
            return false;
        }
    }
    if (opening->known > 0) {
        return true;
    }
    return wv_report_add(
        opening->report, (struct wv_finding){.file = opening->name}, "holds no %s%s%s%s",
        opening->wanted == WV_GEO_COUNTRY
            ? "countries (country.iso_code, country_code or country)"
            : "numbers of network operators (autonomous_system_number or asn)",
        opening->kind[0] == '\0' ? "" : "; it says that it is ", opening->kind, "");
}

/* ---- Opening ---------------------------------------------------------------------------------
 */

static bool write_all(int file, struct wv_slice bytes)
{
    while (bytes.len > 0) {
        const ssize_t done = write(file, bytes.ptr, bytes.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        bytes = wv_slice_sub(bytes, (size_t)done, bytes.len);
    }
    return true;
}

/* Hands libmaxminddb a copy of the bytes. */
static bool open_copy(struct opening *opening)
{
    char path[64];
    const int file = memfd_create("wafveil-geo", MFD_CLOEXEC);
    if (file < 0 || !write_all(file, opening->bytes)) {
        if (file >= 0) {
            close(file);
        }
        return fail(opening, "cannot be copied: memory is short");
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const int status = MMDB_open(path, MMDB_MODE_MMAP, &opening->database->file);
    close(file);
    opening->database->open = status == MMDB_SUCCESS;
    if (status != MMDB_SUCCESS) {
        return wv_report_add(opening->report, (struct wv_finding){.file = opening->name},
                             "cannot be opened by libmaxminddb: %s", MMDB_strerror(status));
    }
    return true;
}

struct wv_geo_database *wv_geo_open_bytes(const char *name, struct wv_slice bytes,
                                          enum wv_geo_wanted wanted, struct wv_report *report)
{
    struct opening opening = {
        .database = calloc(1, sizeof(struct wv_geo_database)),
        .wanted = wanted,
        .name = name,
        .bytes = bytes,
        .report = report,
    };
    if (opening.database == NULL) {
        (void)fail(&opening, "cannot be read: memory is short");
        return NULL;
    }
    opening.database->digest = XXH3_64bits(bytes.ptr, bytes.len);
    if (!check_metadata(&opening) || !open_copy(&opening) || !check_tree(&opening)) {
        wv_geo_close(opening.database);
        return NULL;
    }
    return opening.database;
}

struct wv_geo_database *wv_geo_open(const char *path, enum wv_geo_wanted wanted,
                                    struct wv_report *report)
{
    struct wv_bytes bytes;
    if (!wv_file_read(path, WV_GEO_FILE_MAX, &bytes, report)) {
        return NULL;
    }
    struct wv_geo_database *database =
        wv_geo_open_bytes(path, wv_bytes_slice(bytes), wanted, report);
    wv_bytes_free(&bytes);
    return database;
}

void wv_geo_close(struct wv_geo_database *database)
{
    if (database == NULL) {
        return;
    }
    if (database->open) {
        MMDB_close(&database->file);
    }
    free(database->entries);
    free(database);
}

uint64_t wv_geo_built(const struct wv_geo_database *database)
{
    return database->file.metadata.build_epoch;
}

uint64_t wv_geo_digest(const struct wv_geo_database *database)
{
    return database->digest;
}

/* ---- Looking up ------------------------------------------------------------------------------
 */

uint32_t wv_geo_find(const struct wv_geo_database *database, const struct wv_address *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const bool short_one = address->family == 4;
    if (short_one) {
        memcpy(&v4.sin_addr, address->bytes, 4);
    } else {
        memcpy(&v6.sin6_addr, address->bytes, 16);
    }
    int status = MMDB_SUCCESS;
    const MMDB_lookup_result_s found = MMDB_lookup_sockaddr(
        &database->file, short_one ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
        &status);
    if (status != MMDB_SUCCESS || !found.found_entry) {
        return 0;
    }
    const struct entry *entry = slot(database, found.entry.offset);
    return entry->at == 0 ? 0 : entry->value;
}
