/*
 * legal_topics.h — how the topics are kept and who reads them, as part of the pages of legal.h.
 */
#ifndef WV_APP_LEGAL_TOPICS_H
#define WV_APP_LEGAL_TOPICS_H

#include "plan/topics.h"

#include <jansson.h>
#include <stdio.h>

/* Writes text into a page: as it is, or with the marks of HTML. */
typedef void wv_legal_put(FILE *stream, struct wv_slice text);

/* How long records are kept; who may read them; which groups do. */
void wv_legal_put_keeping(FILE *stream, wv_legal_put *put, const struct wv_plan *plan,
                          const struct wv_topic *topic);
void wv_legal_put_readers(FILE *stream, wv_legal_put *put, const struct wv_topic *topic);
void wv_legal_put_groups(FILE *stream, wv_legal_put *put, const struct wv_topic *topic);

/* A part of the table, with a heading; nothing where there is no topic. */
void wv_legal_topics_table(const struct wv_plan *plan, const struct wv_topic *topics, size_t count,
                           FILE *stream);

/* An array; NULL when memory is short. */
json_t *wv_legal_topics_json(const struct wv_plan *plan, const struct wv_topic *topics,
                             size_t count);

#endif
