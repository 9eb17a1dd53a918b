/*
 * parcel.h — headers and partition of what is sent.
 */
#ifndef WV_RUNTIME_PARCEL_H
#define WV_RUNTIME_PARCEL_H

#include "engine/transform.h"
#include "runtime/outlet.h"

/* The result's headers, and where its output asks for it the position in the input
 * ("wafveil-source": topic:partition:offset; with delivery.skip_published also "wafveil-writer"),
 * but not of a record that was withheld. *headers is
 * NULL when there are none; false when memory is short, and the caller destroys what *headers then
 * holds. */
WV_MUST_USE bool wv_parcel_headers(const struct wv_config *config, const struct wv_result *result,
                                   const struct wv_shipment *about, rd_kafka_headers_t **headers);

/* The input's partition where the output has it, so that order and neighbourhood stay. */
int32_t wv_parcel_partition(const struct wv_destination *destination, int32_t partition);

#endif
