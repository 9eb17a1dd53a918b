/*
 * reject_reports.h — the reports that stand in the reject topic, and which of them are meant.
 *
 * The topic is read without joining a group and without leaving a trace. What stands there and is
 * no report is counted and not looked at further: others may write to the topic.
 */
#ifndef WV_APP_REJECT_REPORTS_H
#define WV_APP_REJECT_REPORTS_H

#include "app/setup.h"

enum { WV_REJECT_REPORTS_MAX = 1000000 }; /* that are held at once */

/* Texts live as long as the list, and are the same pointer where they are the same text. */
struct wv_reject_report {
    const char *topic; /* of the input */
    const char *tenant;
    const char *reason;
    const char *output; /* "*": all */
    const char *place;  /* NULL: unknown */
    const char *plan;
    const char *format;
    const char *unsealed; /* why it holds no box; NULL: it does, or nothing is sealed */
    bool sealed;
    int32_t partition;
    int64_t offset;
    uint32_t record;
    int64_t records;          /* -1: not said */
    int64_t time_ms;          /* when it was written; -1: unknown */
    int32_t report_partition; /* where the report stands */
    int64_t report_offset;
};

/* Which reports; NULL and -1: any. */
struct wv_reject_choice {
    const char *topic;
    const char *tenant;
    const char *cause;
    const char *output;
    int64_t since_ms;
    int64_t until_ms; /* the first that is too late */
    int64_t partition;
    int64_t first; /* offsets of the input's messages */
    int64_t last;
};

struct wv_reject_reports {
    const struct wv_reject_choice *choice;
    struct wv_reject_report *items;
    size_t count;
    size_t cap;
    char **names;
    size_t name_count;
    uint64_t foreign; /* messages that are no reports */
    bool too_many;    /* more than WV_REJECT_REPORTS_MAX are meant */
};

/* Of --from, --to, --topic, --partition, --offsets, --tenant, --cause and --output. */
WV_MUST_USE enum wv_exit wv_reject_choose(const struct wv_arguments *arguments,
                                          struct wv_reject_choice *choice);

/* Takes one message of the reject topic, if it is a report that is meant. */
struct wv_topic_message;
void wv_reject_reports_add(struct wv_reject_reports *reports,
                           const struct wv_topic_message *message);

/* All of the topic, sorted by when they were written. Anything but WV_EXIT_OK has been told. */
WV_MUST_USE enum wv_exit wv_reject_reports_read(const struct wv_config *config,
                                                const struct wv_reject_choice *choice,
                                                struct wv_reject_reports *reports);
void wv_reject_reports_fini(struct wv_reject_reports *reports);

/* How many messages of the inputs they speak of. Sorts them by where these stand. */
size_t wv_reject_reports_messages(struct wv_reject_reports *reports);

/* Of the same message of an input; < 0: a stands before b. */
int wv_reject_compare_place(const struct wv_reject_report *a, const struct wv_reject_report *b);

#endif
