/*
 * formats.h — what bench_formats measures: rows of messages of which every record is published.
 */
#ifndef WV_BENCH_FORMATS_H
#define WV_BENCH_FORMATS_H

#include "engine/transform.h"

enum { FORMAT_ROWS_MAX = 96 };

struct format_messages {
    struct wv_buf buf;
    struct wv_slice *items; /* in buf */
    size_t count;
    size_t max;
    size_t records; /* in all messages */
    size_t bytes;   /* of wrapped records those of the records, otherwise those of the messages */
};

struct format_row {
    const char *name;
    const char *input; /* the format that its input names */
    bool wrapped;      /* AWS WAF records in a wrapping */
    bool detected;     /* format auto is measured, too */
    size_t samples;    /* of the format; not all of them may be fit to be measured */
    size_t samples_used;
    struct format_messages messages;
};

/* How much is to be made, from which seed. */
struct format_amount {
    uint64_t seed;
    size_t bytes;
};

/* Space for so many messages with so many bytes; false when memory is short. */
WV_MUST_USE bool format_messages_init(struct format_messages *messages, size_t count, size_t bytes);
void format_messages_fini(struct format_messages *messages); /* {0} is allowed */

/* What was written to messages->buf since the last call is a message. False: there was no room. */
WV_MUST_USE bool format_messages_end(struct format_messages *messages);

/* A plan with an input for each built-in format and one for auto, region eu, and a throwaway key
 * that is always the same. NULL, with a message, when it cannot be made. */
WV_MUST_USE struct wv_plan *format_plan_new(void);

/* The input that names the format; false when there is none. */
WV_MUST_USE bool format_input(const struct wv_plan *plan, const char *format, uint32_t *input);

/* How many records of the message are published; 0 if one of them is not. */
WV_MUST_USE size_t format_publish(struct wv_worker *worker, uint32_t input, struct wv_slice message,
                                  uint64_t *digest);

/* The samples of the row's format in the folder, again and again with other clients and ids until
 * there are enough. False, with a message, when the format has no sample that is published. */
WV_MUST_USE bool format_samples(const struct wv_plan *plan, const char *folder,
                                const struct format_amount *amount, struct format_row *row);

/* Rows of made-up AWS WAF records, bare first and then in every wrapping. The number of rows; 0,
 * with a message, when something is wrong. */
WV_MUST_USE size_t format_wrappings(const struct format_amount *amount, struct format_row *rows,
                                    size_t max);

#endif
