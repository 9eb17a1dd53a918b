/*
 * ledger.h — what came out, held against what went in: the judgement of the checker, without Kafka.
 */
#ifndef WV_FAULTS_LEDGER_H
#define WV_FAULTS_LEDGER_H

#include "records.h"

/* Also the order of the counts in a result. */
#define COUNTS                                                                                     \
    COUNT(records, "what was to come, of all outputs and the reports of rejects")                  \
    COUNT(lost, "never came")                                                                      \
    COUNT(doubled, "came again, byte for byte")                                                    \
    COUNT(changed, "came again, by another policy")                                                \
    COUNT(reordered, "came after a later one of its partition or key")                             \
    COUNT(different, "is not what the policy makes of it, or nothing that was fed")                \
    COUNT(leaked, "holds a value that nobody may see")

struct counts {
#define COUNT(name, text) uint64_t name;
    COUNTS
#undef COUNT
};

struct bytes {
    const char *ptr;
    size_t len;
};

/* A message of an output or of the reject topic. */
struct arrival {
    int32_t partition;
    int64_t offset;
    int64_t time_ms;
    struct bytes value;
    struct bytes key;
    struct bytes headers; /* all but the source, one after the other with their names */
    struct bytes source;  /* header wafveil-source; ptr NULL: none */
};

struct ledger_setup {
    struct run run;
    size_t outputs;
    const char *source;     /* name of the input topic */
    const uint64_t *fed;    /* by partition */
    struct templates *made; /* by policy: what it makes of the templates */
    size_t policies;
    const struct lines *canaries;
    bool only_values; /* key, headers, time and source may be what they are */
};

struct ledger;

/* NULL when memory is short. */
struct ledger *ledger_new(const struct ledger_setup *setup);

void ledger_arrival(struct ledger *ledger, size_t output, const struct arrival *arrival);
void ledger_report(struct ledger *ledger, const struct arrival *arrival);

/* How much has not come yet. */
uint64_t ledger_open(const struct ledger *ledger);

/* Counts what did not come as lost; once, at the end. */
const struct counts *ledger_close(struct ledger *ledger);

#endif
