/*
 * ledger.c — a byte for each record and output: zero, or by which policy it came.
 *
 * Order. A record that comes for the first time must be later than all that came for the first time
 * before it: so what is there is at every moment the beginning of the input, and a repetition goes
 * back to a place and on from there.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES = 8, UNKNOWN_POLICY = 255 };

/* What stands beside the value is the same for every record of a client under one policy: the first
 * one that comes is the measure of the others, when it leaks nothing. */
struct beside {
    char *bytes; /* key, then headers */
    size_t key_len;
    size_t headers_len;
    int64_t time_ms;
};

struct output {
    uint8_t **came;     /* by partition and sequence */
    int64_t **places;   /* the same: the offset at which it came first */
    int64_t *newest;    /* by partition */
    int64_t *of_client; /* the same by client */
    struct beside *beside;
};

struct place {
    unsigned run;
    unsigned partition;
    uint64_t sequence;
};

struct ledger {
    struct ledger_setup setup;
    struct counts counts;
    struct output *outputs;
    uint8_t **reported;
    uint64_t open;
    unsigned examples;
    unsigned examples_again;
    struct place last_again; /* behind it, the next one that came again is no other example */
};

static void tell(struct ledger *ledger, const struct place *place, const char *what)
{
    if (ledger->examples++ < EXAMPLES) {
        (void)fprintf(stderr, "checker: record %u-%llu %s\n", place->partition,
                      (unsigned long long)place->sequence, what);
    }
}

static uint8_t **table_new(const struct run *run, const uint64_t *fed)
{
    uint8_t **table = calloc(run->partitions, sizeof *table);
    for (unsigned p = 0; table != NULL && p < run->partitions; p++) {
        table[p] = calloc(fed[p] + 1, 1);
        if (table[p] == NULL) {
            return NULL;
        }
    }
    return table;
}

static int64_t **places_new(const struct run *run, const uint64_t *fed)
{
    int64_t **places = calloc(run->partitions, sizeof *places);
    for (unsigned p = 0; places != NULL && p < run->partitions; p++) {
        places[p] = calloc(fed[p] + 1, sizeof **places);
        if (places[p] == NULL) {
            return NULL;
        }
    }
    return places;
}

static bool output_new(struct output *output, const struct ledger_setup *setup)
{
    const struct run *run = &setup->run;
    output->came = table_new(run, setup->fed);
    output->places = places_new(run, setup->fed);
    output->newest = malloc(run->partitions * sizeof *output->newest);
    output->of_client = malloc(run->clients * sizeof *output->of_client);
    output->beside = calloc((size_t)run->clients * 2 * setup->policies, sizeof *output->beside);
    if (output->came == NULL || output->places == NULL || output->newest == NULL ||
        output->of_client == NULL || output->beside == NULL) {
        return false;
    }
    (void)memset(output->newest, 0xff, run->partitions * sizeof *output->newest);
    (void)memset(output->of_client, 0xff, run->clients * sizeof *output->of_client);
    return true;
}

struct ledger *ledger_new(const struct ledger_setup *setup)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        return NULL;
    }
    ledger->setup = *setup;
    ledger->reported = table_new(&setup->run, setup->fed);
    ledger->outputs = calloc(setup->outputs, sizeof *ledger->outputs);
    if (ledger->reported == NULL || ledger->outputs == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < setup->outputs; i++) {
        if (!output_new(&ledger->outputs[i], setup)) {
            return NULL;
        }
    }
    for (unsigned p = 0; p < setup->run.partitions; p++) {
        for (uint64_t s = 0; s < setup->fed[p]; s++) {
            const enum kind kind = record_at(&setup->run, p, s).kind;
            ledger->open += (kind == KIND_TORN ? 0 : setup->outputs) + (kind != KIND_GOOD);
        }
    }
    ledger->counts.records = ledger->open;
    return ledger;
}

static bool holds(struct bytes bytes, const struct lines *words)
{
    for (size_t i = 0; bytes.ptr != NULL && i < words->count; i++) {
        if (memmem(bytes.ptr, bytes.len, words->items[i], words->lengths[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* What is as expected needs no search: the runner has searched what is expected. */
static void search(struct ledger *ledger, const struct place *place, const struct arrival *arrival)
{
    const struct lines *canaries = ledger->setup.canaries;
    if (holds(arrival->value, canaries) || holds(arrival->key, canaries) ||
        holds(arrival->headers, canaries)) {
        ledger->counts.leaked++;
        tell(ledger, place, "holds a raw value");
    }
}

static void differs(struct ledger *ledger, const struct place *place, const char *what)
{
    ledger->counts.different++;
    tell(ledger, place, what);
}

static bool read_number(struct bytes value, size_t *at, char end, uint64_t *number)
{
    const size_t begin = *at;
    *number = 0;
    while (*at < value.len && value.ptr[*at] >= '0' && value.ptr[*at] <= '9' && *at < begin + 18) {
        *number = *number * 10 + (uint64_t)(value.ptr[(*at)++] - '0');
    }
    return *at > begin && *at < value.len && value.ptr[(*at)++] == end;
}

/* Finds the number of a record, which begins at *begin and ends before *end. */
static bool find_place(struct bytes value, struct place *place, size_t *begin, size_t *end)
{
    static const char word[] = "\"rule-";
    const char *found = memmem(value.ptr, value.len, word, sizeof word - 1);
    uint64_t run = 0;
    uint64_t partition = 0;
    if (found == NULL) {
        return false;
    }
    *begin = (size_t)(found - value.ptr) + 1;
    size_t at = *begin + sizeof word - 2;
    if (!read_number(value, &at, '-', &run) || !read_number(value, &at, '-', &partition) ||
        !read_number(value, &at, '"', &place->sequence)) {
        return false;
    }
    place->run = (unsigned)run;
    place->partition = (unsigned)partition;
    *end = at - 1;
    return true;
}

static bool was_fed(const struct ledger *ledger, const struct place *place)
{
    return place->run == ledger->setup.run.number &&
           place->partition < ledger->setup.run.partitions &&
           place->sequence < ledger->setup.fed[place->partition];
}

static bool is_made(const struct template *made, struct bytes value, size_t begin, size_t end)
{
    return made->before_len == begin && made->after_len == value.len - end &&
           memcmp(made->before, value.ptr, begin) == 0 &&
           memcmp(made->after, value.ptr + end, value.len - end) == 0;
}

/* Whether topic, partition and offset are those of the record. */
static bool is_source(const struct ledger *ledger, const struct place *place, struct bytes source)
{
    char text[320];
    const int len = snprintf(text, sizeof text, "%s:%u:%llu", ledger->setup.source,
                             place->partition, (unsigned long long)place->sequence);
    return source.ptr == NULL ||
           (source.len == (size_t)len && memcmp(source.ptr, text, (size_t)len) == 0);
}

static bool is_beside(struct ledger *ledger, struct beside *beside, const struct place *place,
                      const struct arrival *arrival)
{
    if (beside->bytes == NULL) {
        beside->bytes = malloc(arrival->key.len + arrival->headers.len + 1);
        if (beside->bytes == NULL) {
            return false;
        }
        search(ledger, place, arrival);
        beside->key_len = arrival->key.len;
        beside->headers_len = arrival->headers.len;
        beside->time_ms = arrival->time_ms;
        if (arrival->key.len > 0) {
            (void)memcpy(beside->bytes, arrival->key.ptr, arrival->key.len);
        }
        if (arrival->headers.len > 0) {
            (void)memcpy(beside->bytes + arrival->key.len, arrival->headers.ptr,
                         arrival->headers.len);
        }
    }
    return beside->key_len == arrival->key.len && beside->headers_len == arrival->headers.len &&
           beside->time_ms == arrival->time_ms &&
           (arrival->key.len == 0 ||
            memcmp(beside->bytes, arrival->key.ptr, arrival->key.len) == 0) &&
           (arrival->headers.len == 0 || memcmp(beside->bytes + beside->key_len,
                                                arrival->headers.ptr, arrival->headers.len) == 0);
}

/* By which policy it was made, counted from 1; counts what is wrong with it. */
static uint8_t judge(struct ledger *ledger, struct output *output, const struct place *place,
                     const struct arrival *arrival, size_t begin, size_t end)
{
    const struct run *run = &ledger->setup.run;
    const struct record record = record_at(run, place->partition, place->sequence);
    const size_t line = record.client + (record.kind == KIND_DEEP ? run->clients : 0);
    size_t policy = 0;
    while (policy < ledger->setup.policies &&
           !is_made(&ledger->setup.made[policy].items[line], arrival->value, begin, end)) {
        policy++;
    }
    if (record.kind == KIND_TORN || policy == ledger->setup.policies) {
        differs(ledger, place, "is not what any policy makes of it");
        search(ledger, place, arrival);
        return UNKNOWN_POLICY;
    }
    struct beside *beside = &output->beside[line * ledger->setup.policies + policy];
    if (ledger->setup.only_values && arrival->partition == (int32_t)place->partition) {
        return (uint8_t)(policy + 1);
    }
    if (arrival->partition != (int32_t)place->partition) {
        differs(ledger, place, "is in another partition");
    } else if (!is_source(ledger, place, arrival->source)) {
        differs(ledger, place, "names another source");
    } else if (!is_beside(ledger, beside, place, arrival)) {
        differs(ledger, place, "has another key, header or time than others of its client");
        search(ledger, place, arrival);
    }
    return (uint8_t)(policy + 1);
}

static void follow(struct ledger *ledger, struct output *output, const struct place *place)
{
    const unsigned client = record_at(&ledger->setup.run, place->partition, place->sequence).client;
    const int64_t sequence = (int64_t)place->sequence;
    if (sequence < output->newest[place->partition] || sequence < output->of_client[client]) {
        ledger->counts.reordered++;
        tell(ledger, place, "came after a later one");
    }
    if (sequence > output->newest[place->partition]) {
        output->newest[place->partition] = sequence;
    }
    if (sequence > output->of_client[client]) {
        output->of_client[client] = sequence;
    }
}

/* Where it stands twice; of a row of them, the first. */
static void tell_again(struct ledger *ledger, const struct output *output,
                       const struct place *place, const struct arrival *arrival)
{
    const struct place *last = &ledger->last_again;
    const bool in_row =
        place->partition == last->partition && place->sequence == last->sequence + 1;
    if (!in_row && ledger->examples_again++ < EXAMPLES) {
        (void)fprintf(stderr, "checker: record %u-%llu came at %lld and again at %lld\n",
                      place->partition, (unsigned long long)place->sequence,
                      (long long)output->places[place->partition][place->sequence],
                      (long long)arrival->offset);
    }
    ledger->last_again = *place;
}

void ledger_arrival(struct ledger *ledger, size_t index, const struct arrival *arrival)
{
    struct output *output = &ledger->outputs[index];
    struct place place = {0};
    size_t begin = 0;
    size_t end = 0;
    if (!find_place(arrival->value, &place, &begin, &end) || !was_fed(ledger, &place)) {
        differs(ledger, &place, "(or what is taken for it) was never fed");
        search(ledger, &place, arrival);
        return;
    }
    const uint8_t policy = judge(ledger, output, &place, arrival, begin, end);
    uint8_t *came = &output->came[place.partition][place.sequence];
    if (*came == 0) {
        *came = policy;
        output->places[place.partition][place.sequence] = arrival->offset;
        if (record_at(&ledger->setup.run, place.partition, place.sequence).kind != KIND_TORN) {
            ledger->open--;
            follow(ledger, output, &place);
        }
        return;
    }
    const bool same = *came == policy || policy == UNKNOWN_POLICY;
    ledger->counts.doubled += same;
    ledger->counts.changed += !same;
    tell_again(ledger, output, &place, arrival);
}

static bool member_is(struct bytes value, const char *member)
{
    return memmem(value.ptr, value.len, member, strlen(member)) != NULL;
}

static bool member_number(struct bytes value, const char *member, uint64_t *number)
{
    const char *found = memmem(value.ptr, value.len, member, strlen(member));
    size_t at = found == NULL ? 0 : (size_t)(found - value.ptr) + strlen(member);
    return found != NULL && read_number(value, &at, ',', number);
}

/* Which output a report is about: outputs are soc, slow-0, slow-1 and so on; else all of them. */
static uint8_t output_bit(struct bytes report)
{
    uint64_t number = 0;
    if (member_is(report, "\"output\":\"soc\"")) {
        return 1;
    }
    const char *slow = memmem(report.ptr, report.len, "\"output\":\"slow-", 15);
    size_t at = slow == NULL ? 0 : (size_t)(slow - report.ptr) + 15;
    if (slow == NULL || !read_number(report, &at, '"', &number) || number > 5) {
        return 0x80;
    }
    return (uint8_t)(2U << number);
}

void ledger_report(struct ledger *ledger, const struct arrival *arrival)
{
    struct place place = {.run = ledger->setup.run.number};
    uint64_t partition = 0;
    char topic[320];
    (void)snprintf(topic, sizeof topic, "\"topic\":\"%s\"", ledger->setup.source);
    search(ledger, &place, arrival);
    if (!member_number(arrival->value, "\"partition\":", &partition) ||
        !member_number(arrival->value, "\"offset\":", &place.sequence) ||
        !member_is(arrival->value, topic)) {
        differs(ledger, &place, "(or what is taken for it) was reported unreadably");
        return;
    }
    place.partition = (unsigned)partition;
    if (!was_fed(ledger, &place)) {
        differs(ledger, &place, "was reported and never fed");
        return;
    }
    const enum kind kind = record_at(&ledger->setup.run, place.partition, place.sequence).kind;
    if (kind == KIND_GOOD ||
        !member_is(arrival->value,
                   kind == KIND_DEEP ? "\"reason\":\"too_deep\"" : "\"reason\":\"syntax\"")) {
        differs(ledger, &place, "was rejected for no reason");
        return;
    }
    uint8_t *reported = &ledger->reported[place.partition][place.sequence];
    const uint8_t bit = output_bit(arrival->value);
    if (*reported != 0 && (*reported & bit) == 0) {
        *reported |= bit; /* each output of a record has a report of its own */
    } else if (*reported != 0) {
        ledger->counts.doubled++;
    } else {
        *reported = bit;
        ledger->open--;
    }
}

uint64_t ledger_open(const struct ledger *ledger)
{
    return ledger->open;
}

const struct counts *ledger_close(struct ledger *ledger)
{
    const struct run *run = &ledger->setup.run;
    for (unsigned p = 0; p < run->partitions; p++) {
        for (uint64_t s = 0; s < ledger->setup.fed[p]; s++) {
            const struct place place = {.partition = p, .sequence = s};
            const enum kind kind = record_at(run, p, s).kind;
            uint64_t missing = kind != KIND_GOOD && ledger->reported[p][s] == 0;
            for (size_t i = 0; kind != KIND_TORN && i < ledger->setup.outputs; i++) {
                missing += ledger->outputs[i].came[p][s] == 0;
            }
            if (missing > 0) {
                ledger->counts.lost += missing;
                tell(ledger, &place, "is lost");
            }
        }
    }
    return &ledger->counts;
}
