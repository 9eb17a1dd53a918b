/*
 * parcel.h — the Kafka headers of what is sent.
 */
#ifndef WV_RUNTIME_PARCEL_H
#define WV_RUNTIME_PARCEL_H

#include "engine/transform.h"
#include "runtime/outlet.h"

/* The result's headers, and the position in the input where source is not NULL ("wafveil-source":
 * topic:partition:offset). *headers is NULL when there are none; false when memory is short, and the
 * caller destroys what *headers then holds. */
WV_MUST_USE bool wv_parcel_headers(const struct wv_result *result,
                                   const struct wv_shipment *source,
                                   rd_kafka_headers_t **headers);

#endif
