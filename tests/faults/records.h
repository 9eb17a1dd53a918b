/*
 * records.h — which record stands at which place of an input partition; the feeder writes them and
 * the checker knows them again, from the seed alone.
 *
 * A record is a template of its client with its own number in the name of a rule, which no policy
 * covers: `rule-RUN-PARTITION-SEQUENCE`. So what comes out is a template, too, and can be compared
 * byte for byte. The sequence is the offset in the input: the feeder makes sure of it.
 */
#ifndef WV_FAULTS_RECORDS_H
#define WV_FAULTS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
    KIND_GOOD,
    KIND_DEEP, /* too deep to be published: leaves a stub and a report */
    KIND_TORN, /* cut off, so that it cannot be read: leaves a report only */
};

struct run {
    unsigned number;
    uint64_t seed;
    unsigned partitions;
    unsigned clients; /* a multiple of partitions: a client writes to one partition */
    unsigned poison;  /* of 100000 records, how many cannot be published */
};

struct record {
    unsigned client;
    enum kind kind;
};

/* SplitMix64. */
static inline uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline struct record record_at(const struct run *run, unsigned partition, uint64_t sequence)
{
    const uint64_t luck = mixed(run->seed ^ ((uint64_t)partition << 48) ^ sequence);
    const unsigned of_partition = run->clients / run->partitions;
    const unsigned lot = (unsigned)((luck >> 32) % 100000);
    return (struct record){.client = (unsigned)(luck % of_partition) * run->partitions + partition,
                           .kind = lot >= run->poison ? KIND_GOOD
                                                      : (lot % 2 == 0 ? KIND_DEEP : KIND_TORN)};
}

/* Where the number stands in a template, with what stands before and behind it. */
struct template
{
    const char *before;
    size_t before_len;
    const char *after;
    size_t after_len;
};

/* One a line: those of the clients, then their deep ones. The caller never frees them. */
struct templates {
    struct template *items;
    size_t count;
};

bool templates_load(struct templates *templates, const char *folder, const char *name);

/* Lines of a file; false, said on standard error, when it cannot be read. */
struct lines {
    char **items;
    size_t *lengths;
    size_t count;
};

bool lines_load(struct lines *lines, const char *folder, const char *name);

/* The words `name=value` of the command line. */
const char *option_of(int argc, char **argv, const char *name, const char *fallback);
uint64_t number_of(int argc, char **argv, const char *name, uint64_t fallback);

/* False when one of the numbers makes no sense. */
bool run_of(struct run *run, int argc, char **argv);

#endif
