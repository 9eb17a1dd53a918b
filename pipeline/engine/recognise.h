/*
 * recognise.h — what format a layer has. Private to recognise.c and layers.c.
 */
#ifndef WV_ENGINE_RECOGNISE_H
#define WV_ENGINE_RECOGNISE_H

#include "engine/work.h"

/* Reads a layer with one format. fleeting: only the marks that it meets are wanted. */
enum wv_reason wv_read_as(struct wv_worker *worker, uint32_t number, const struct wv_format *format,
                          bool fleeting);

/* Reads a layer that is a record with the format that it has. worker->found says what it is. */
enum wv_reason wv_read_record(struct wv_worker *worker, uint32_t number);

/* Reads a record of JSON in which no format is recognised: all of it is unlisted. */
enum wv_reason wv_read_unknown(struct wv_worker *worker, uint32_t number);

/* Whether an object of JSON begins the text. */
bool wv_is_json(struct wv_slice text);

/* Whether a layer is all that the message is about: nothing but envelopes is around it. What a
 * record holds beside other things cannot make the record vanish, or take it apart. */
bool wv_is_alone(const struct wv_worker *worker, const struct wv_layer *layer);

#endif
