/*
 * client.c — what databases and lists say of the client's address: whose law it brings, and what is
 * added to the record. Looked up before the address is touched.
 *
 * The address is what a field of class client_ip holds in the record that the firewall wrote; one
 * in a header, or in any other text that the client sent, chooses nothing. Several that do not
 * agree are nobody's, and nothing is added then.
 */
#include "engine/recognise.h"

#include "json/text.h"

/* Of nobody on the internet: no database knows where it is, whatever it says. */
static bool is_reserved(const struct wv_address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == 4) {
        return bytes[0] == 0 || bytes[0] >= 224 || wv_address_is_internal(address);
    }
    static const uint8_t nowhere[16] = {0};
    return bytes[0] == 0xff || memcmp(bytes, nowhere, sizeof nowhere) == 0 ||
           wv_address_is_internal(address);
}

static void add_address(struct wv_client_addresses *addresses, const struct wv_address *address)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (wv_address_eq(&addresses->items[i], address)) {
            return;
        }
    }
    if (addresses->count == WV_CLIENT_ADDRESSES_MAX) {
        addresses->more = true;
        return;
    }
    addresses->items[addresses->count++] = *address;
}

/* A value that is no single address: some write several there. */
static void add_list(struct wv_client_addresses *addresses, struct wv_slice text)
{
    size_t from = 0;
    for (size_t at = 0; at <= text.len; at++) {
        const uint8_t byte = at < text.len ? text.ptr[at] : ',';
        if (memchr(",;=\" \t", byte, 6) != NULL) {
            struct wv_address address;
            if (at > from &&
                wv_address_parse(wv_slice_sub(text, from, at), &address) == WV_ADDRESS_VALID) {
                add_address(addresses, &address);
            }
            from = at + 1;
        }
    }
}

/* Not by the name of a header, which the client can write too. */
static bool is_said_by_firewall(const struct wv_worker *worker, const struct wv_field *field)
{
    return field->class == WV_CLASS_CLIENT_IP && field->name.len == 0 && wv_field_is_text(field) &&
           wv_is_alone(worker, &worker->layers[field->layer]);
}

void wv_settle_addresses(struct wv_worker *worker)
{
    struct wv_client_addresses *addresses = &worker->settled.addresses;
    addresses->count = 0;
    addresses->more = false;
    if (wv_likely(!worker->plan->geo->looks)) {
        return;
    }
    for (uint32_t i = 0; i < worker->field_count; i++) {
        const struct wv_field *field = &worker->fields[i];
        if (wv_likely(!is_said_by_firewall(worker, field))) {
            continue;
        }
        if (field->needle != WV_NO_NEEDLE) {
            add_address(addresses, &worker->needles.items[field->needle].address);
        } else {
            const size_t mark = worker->scratch.used;
            add_list(addresses, wv_field_text_in(worker, field, &worker->scratch));
            wv_scratch_return(&worker->scratch, mark);
        }
    }
}

/* Leaves those that are somebody's on the internet. */
static void drop_reserved(struct wv_client_addresses *addresses)
{
    size_t kept = 0;
    for (size_t i = 0; i < addresses->count; i++) {
        if (!is_reserved(&addresses->items[i])) {
            addresses->items[kept++] = addresses->items[i];
        }
    }
    addresses->count = kept;
}

static uint32_t find_country(struct wv_worker *worker, const struct wv_geo_database *database,
                             const struct wv_address *address)
{
    return database == worker->plan->geo->countries
               ? wv_known_client(worker->known_clients, address)->country
               : wv_geo_find(database, address);
}

/* ---- Regions ---------------------------------------------------------------------------------
 */

static uint32_t pack_of(const struct wv_worker *worker, uint32_t country)
{
    const uint8_t code[2] = {(uint8_t)(country >> 8), (uint8_t)country};
    return wv_plan_country(worker->plan, (struct wv_slice){code, 2});
}

bool wv_client_region(struct wv_worker *worker, size_t source, uint32_t *pack)
{
    const struct wv_geo_database *database = worker->plan->geo->regions[source];
    uint64_t *counts = worker->tally.geo[WV_GEO_FOR_REGION];
    struct wv_client_addresses addresses = worker->settled.addresses;
    const bool any = addresses.count > 0;
    drop_reserved(&addresses);
    if (addresses.count == 0 && !addresses.more) {
        counts[any ? WV_GEO_RESERVED : WV_GEO_NO_ADDRESS]++;
        return false;
    }
    size_t known = 0;
    bool differ = addresses.more;
    for (size_t i = 0; i < addresses.count; i++) {
        const uint32_t country = find_country(worker, database, &addresses.items[i]);
        if (country != 0) {
            const uint32_t found = pack_of(worker, country);
            differ = differ || (known > 0 && found != *pack);
            *pack = found;
            known++;
        }
    }
    if (known == 0 && !addresses.more) {
        counts[WV_GEO_UNKNOWN]++;
        return false;
    }
    if (differ || known < addresses.count) {
        *pack = worker->plan->pack_unknown;
        counts[WV_GEO_SEVERAL]++;
    } else {
        counts[WV_GEO_FOUND]++;
    }
    return true;
}

/* ---- What is added ---------------------------------------------------------------------------
 */

static void count_found(struct wv_worker *worker, enum wv_geo_use use, bool asked, uint32_t found)
{
    if (asked) {
        worker->tally.geo[use][found != 0 ? WV_GEO_FOUND : WV_GEO_UNKNOWN]++;
    }
}

static void count_all(struct wv_worker *worker, enum wv_geo_result result)
{
    const struct wv_geo *geo = worker->plan->geo;
    worker->tally.geo[WV_GEO_FOR_COUNTRY][result] += geo->country != NULL;
    worker->tally.geo[WV_GEO_FOR_ASN][result] += geo->asn != NULL;
    worker->tally.geo[WV_GEO_FOR_LISTS][result] += geo->networks != NULL;
}

/* An address of the house itself has no country, but a list may name its network. */
static void look_up(struct wv_worker *worker, const struct wv_address *address)
{
    const struct wv_geo *geo = worker->plan->geo;
    const struct wv_client *known = wv_known_client(worker->known_clients, address);
    struct wv_client *client = &worker->settled.client;
    if (is_reserved(address)) {
        worker->tally.geo[WV_GEO_FOR_COUNTRY][WV_GEO_RESERVED] += geo->country != NULL;
        worker->tally.geo[WV_GEO_FOR_ASN][WV_GEO_RESERVED] += geo->asn != NULL;
    } else {
        client->country = geo->country == NULL ? 0 : known->country;
        client->asn = known->asn;
        count_found(worker, WV_GEO_FOR_COUNTRY, geo->country != NULL, client->country);
        count_found(worker, WV_GEO_FOR_ASN, geo->asn != NULL, client->asn);
    }
    client->lists = known->lists;
    count_found(worker, WV_GEO_FOR_LISTS, geo->networks != NULL, client->lists);
}

void wv_settle_client(struct wv_worker *worker)
{
    worker->settled.client = (struct wv_client){0};
    if (wv_likely(!worker->plan->geo->enriches)) {
        return;
    }
    struct wv_client_addresses addresses = worker->settled.addresses;
    if (addresses.count > 1) {
        const struct wv_address first = addresses.items[0];
        drop_reserved(&addresses);
        if (addresses.count == 0) { /* only the house's own: one as good as another, so none */
            addresses.items[0] = first;
            addresses.more = true;
        }
    }
    if (addresses.count == 1 && !addresses.more) {
        look_up(worker, &addresses.items[0]);
    } else {
        count_all(worker,
                  addresses.count == 0 && !addresses.more ? WV_GEO_NO_ADDRESS : WV_GEO_SEVERAL);
    }
}

/* Whether the rule would let the text stand as it is. */
static bool keeps(struct wv_writer *writer, enum wv_class class, struct wv_slice text)
{
    const struct wv_rule *rule = wv_pick(writer, class);
    const struct wv_value value = {.text = text};
    uint8_t room[64];
    for (uint32_t i = 0; i < rule->step_count; i++) {
        struct wv_buf buf = wv_buf_of(room, sizeof room);
        struct wv_out out = wv_out_plain(&buf, text);
        const struct wv_step *step = &rule->steps[i];
        if (step->filter->apply(step->settings, &value, &writer->context, &out) != WV_HARMLESS) {
            return false;
        }
    }
    return rule->step_count > 0 && !rule->drops;
}

void wv_client_choose(struct wv_writer *writer)
{
    const struct wv_client *found = &writer->worker->settled.client;
    writer->client = (struct wv_client){0};
    if (wv_likely((found->country | found->asn | found->lists) == 0) || writer->set->refused ||
        (writer->worker->plan->geo->silent >> writer->output & 1) != 0 ||
        writer->config->annotate == WV_ANNOTATE_NONE) {
        return;
    }
    const uint8_t code[2] = {(uint8_t)(found->country >> 8), (uint8_t)found->country};
    if (found->country != 0 && keeps(writer, WV_CLASS_GEO, (struct wv_slice){code, 2})) {
        writer->client.country = found->country;
    }
    if (wv_pick(writer, WV_CLASS_ASN)->keeps) {
        writer->client.asn = found->asn;
        writer->client.lists = found->lists;
    }
}

void wv_client_count(const struct wv_writer *writer)
{
    const struct wv_client *found = &writer->worker->settled.client;
    const struct wv_client *shown = &writer->client;
    const uint32_t values[][2] = {
        {found->country, shown->country}, {found->asn, shown->asn}, {found->lists, shown->lists}};
    for (size_t i = 0; i < WV_COUNT(values); i++) {
        if (values[i][0] != 0) {
            writer->worker->tally.enriched[i][values[i][1] != 0 ? WV_SHOWN : WV_WITHHELD]++;
        }
    }
}

static void put_lists(const struct wv_writer *writer, struct wv_buf *out)
{
    const struct wv_enrich *enrich = &writer->worker->plan->config->enrich;
    bool any = false;
    wv_buf_put(out, WV_LIT("\"lists\":["));
    for (size_t i = 0; i < enrich->list_count; i++) {
        if ((writer->client.lists >> i & 1) != 0) {
            wv_buf_put(out, any ? WV_LIT(",\"") : WV_LIT("\""));
            wv_text_escape(out, enrich->lists[i].name);
            wv_buf_byte(out, '"');
            any = true;
        }
    }
    wv_buf_byte(out, ']');
}

bool wv_client_any(const struct wv_writer *writer)
{
    return (writer->client.country | writer->client.asn | writer->client.lists) != 0;
}

void wv_annotate_client(const struct wv_writer *writer, struct wv_buf *out)
{
    const struct wv_client *client = &writer->client;
    wv_buf_byte(out, '{');
    if (client->country != 0) {
        wv_buf_put(out, WV_LIT("\"country\":\""));
        wv_buf_byte(out, (uint8_t)(client->country >> 8));
        wv_buf_byte(out, (uint8_t)client->country);
        wv_buf_byte(out, '"');
    }
    if (client->asn != 0) {
        wv_buf_put(out, client->country != 0 ? WV_LIT(",\"asn\":") : WV_LIT("\"asn\":"));
        wv_buf_uint(out, client->asn);
    }
    if (client->lists != 0) {
        wv_buf_put(out, (client->country | client->asn) != 0 ? WV_LIT(",") : (struct wv_slice){0});
        put_lists(writer, out);
    }
    wv_buf_byte(out, '}');
}
