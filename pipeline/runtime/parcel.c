/*
 * parcel.c — headers and partition of what is sent.
 */
#include "runtime/parcel.h"

#include <stdio.h>

enum { SOURCE_MAX = WV_TOPIC_MAX + 48 };

static bool add(rd_kafka_headers_t *headers, struct wv_slice name, struct wv_slice value)
{
    return rd_kafka_header_add(headers, (const char *)name.ptr, (ssize_t)name.len,
                               value.len == 0 ? "" : (const void *)value.ptr,
                               (ssize_t)value.len) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool add_source(rd_kafka_headers_t *headers, const struct wv_shipment *source)
{
    char text[SOURCE_MAX];
    (void)snprintf(text, sizeof text, "%s:%d:%lld", source->slot->topic,
                   (int)source->slot->partition, (long long)source->offset);
    return add(headers, WV_LIT("wafveil-source"), wv_slice_of(text));
}

/* Who may take it for published when he looks for it (published.h). */
static bool add_writer(rd_kafka_headers_t *headers, const struct wv_published *published,
                       uint32_t output)
{
    return published == NULL || output >= published->count ||
           add(headers, WV_LIT("wafveil-writer"),
               wv_slice_of(published->outputs[output].writer.text));
}

bool wv_parcel_headers(const struct wv_config *config, const struct wv_result *result,
                       const struct wv_shipment *about, rd_kafka_headers_t **headers)
{
    const bool with_source = config->outputs[result->output].source_position && !result->withheld;
    *headers = NULL;
    if (result->header_count == 0 && !with_source) {
        return true;
    }
    *headers = rd_kafka_headers_new(result->header_count + 2);
    bool good = *headers != NULL;
    for (size_t i = 0; good && i < result->header_count; i++) {
        good = add(*headers, result->headers[i].name, result->headers[i].value);
    }
    return good && (!with_source || (add_source(*headers, about) &&
                                     add_writer(*headers, about->slot->published, result->output)));
}

int32_t wv_parcel_partition(const struct wv_destination *destination, int32_t partition)
{
    return partition < destination->partitions ? partition : RD_KAFKA_PARTITION_UA;
}
