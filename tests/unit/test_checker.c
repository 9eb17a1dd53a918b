/*
 * The judgement of the fault tests. At stake: a checker that misses something would call every
 * broken build a good one, so each kind of damage is done here to records that are otherwise right.
 */
#include "faults/ledger.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PARTITIONS = 2, CLIENTS = 4, FED = 400, ROOM = 256 };

static char canary_text[] = "198.51.100.77";
static char *canary[] = {canary_text};
static size_t canary_len[] = {13};
static const struct lines canaries = {canary, canary_len, 1};
static const uint64_t fed[PARTITIONS] = {FED, FED};

static struct template made_items[2][CLIENTS * 2];
static char made_text[2][CLIENTS * 2][2][64];
static struct templates made[2];

static struct ledger *ledger;
static struct run run;
static char value[ROOM];
static char source[ROOM];

static void prepare_with(bool only_values)
{
    for (unsigned policy = 0; policy < 2; policy++) {
        for (unsigned i = 0; i < CLIENTS * 2; i++) {
            char(*text)[64] = made_text[policy][i];
            (void)snprintf(text[0], sizeof text[0], "{\"id\":\"");
            (void)snprintf(text[1], sizeof text[1], "\",\"by\":\"%u-%u\"}", policy, i);
            made_items[policy][i] =
                (struct template){text[0], strlen(text[0]), text[1], strlen(text[1])};
        }
        made[policy] = (struct templates){made_items[policy], CLIENTS * 2};
    }
    run = (struct run){
        .number = 7, .seed = 5, .partitions = PARTITIONS, .clients = CLIENTS, .poison = 5000};
    const struct ledger_setup setup = {.run = run,
                                       .outputs = 1,
                                       .source = "in",
                                       .fed = fed,
                                       .made = made,
                                       .policies = 2,
                                       .canaries = &canaries,
                                       .only_values = only_values};
    ledger = ledger_new(&setup);
    ck_assert_ptr_nonnull(ledger);
}

static void prepare(void)
{
    prepare_with(false);
}

static void prepare_values_alone(void)
{
    prepare_with(true);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

static struct arrival arrival_of(unsigned partition, uint64_t sequence, unsigned policy)
{
    const struct record record = record_at(&run, partition, sequence);
    const unsigned line = record.client + (record.kind == KIND_DEEP ? CLIENTS : 0);
    const struct template *template = &made_items[policy][line];
    (void)snprintf(value, sizeof value, "%srule-7-%u-%" PRIu64 "%s", template->before, partition,
                   sequence, template->after);
    (void)snprintf(source, sizeof source, "in:%u:%" PRIu64, partition, sequence);
    return (struct arrival){.partition = (int32_t)partition,
                            .time_ms = 1000,
                            .value = bytes_of(value),
                            .key = bytes_of("key"),
                            .source = bytes_of(source)};
}

static void come(unsigned partition, uint64_t sequence, unsigned policy)
{
    const struct arrival arrival = arrival_of(partition, sequence, policy);
    ledger_arrival(ledger, 0, &arrival);
}

static void report(unsigned partition, uint64_t sequence, const char *reason, const char *more)
{
    (void)snprintf(value, sizeof value,
                   "{\"reason\":\"%s\",\"topic\":\"in\",\"partition\":%u,\"offset\":%" PRIu64
                   ",\"record\":0%s}",
                   reason, partition, sequence, more);
    const struct arrival arrival = {.value = bytes_of(value)};
    ledger_report(ledger, &arrival);
}

static enum kind kind_at(unsigned partition, uint64_t sequence)
{
    return record_at(&run, partition, sequence).kind;
}

static uint64_t first_of(enum kind kind)
{
    uint64_t sequence = 10;
    while (kind_at(0, sequence) != kind) {
        sequence++;
    }
    return sequence;
}

/* Everything as it should be but for the records from `begin` on in partition 0, as many as
 * `count`. */
static void all_come_but(uint64_t begin, uint64_t count)
{
    for (unsigned p = 0; p < PARTITIONS; p++) {
        for (uint64_t s = 0; s < FED; s++) {
            const enum kind kind = kind_at(p, s);
            if (p == 0 && s >= begin && s < begin + count) {
                continue;
            }
            if (kind != KIND_TORN) {
                come(p, s, 0);
            }
            if (kind != KIND_GOOD) {
                report(p, s, kind == KIND_DEEP ? "too_deep" : "syntax", "");
            }
        }
    }
}

/* In the order of COUNTS, without what was to come. */
static void expect(uint64_t lost, uint64_t doubled, uint64_t changed, uint64_t reordered,
                   uint64_t different, uint64_t leaked)
{
    const uint64_t open = ledger_open(ledger);
    const struct counts *counts = ledger_close(ledger);
    ck_assert_uint_eq(open, lost);
    ck_assert_uint_eq(counts->lost, lost);
    ck_assert_uint_eq(counts->doubled, doubled);
    ck_assert_uint_eq(counts->changed, changed);
    ck_assert_uint_eq(counts->reordered, reordered);
    ck_assert_uint_eq(counts->different, different);
    ck_assert_uint_eq(counts->leaked, leaked);
}

START_TEST(all_is_well)
{
    all_come_but(FED, 0);
    expect(0, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(what_does_not_come_is_lost)
{
    const uint64_t good = first_of(KIND_GOOD);
    all_come_but(good, 1);
    expect(1, 0, 0, 0, 0, 0);
}
END_TEST

/* A stub and a report are missing. */
START_TEST(a_stub_and_its_report_can_be_lost)
{
    all_come_but(first_of(KIND_DEEP), 1);
    expect(2, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(a_report_can_be_lost)
{
    all_come_but(first_of(KIND_TORN), 1);
    expect(1, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(what_comes_again_is_doubled)
{
    all_come_but(FED, 0);
    come(0, first_of(KIND_GOOD), 0);
    report(0, first_of(KIND_TORN), "syntax", "");
    expect(0, 2, 0, 0, 0, 0);
}
END_TEST

START_TEST(another_policy_may_repeat_and_is_counted)
{
    all_come_but(FED, 0);
    come(0, first_of(KIND_GOOD), 1);
    expect(0, 0, 1, 0, 0, 0);
}
END_TEST

/* Also when the rest is there: a partition is read in order, or it was skipped for a while. */
START_TEST(what_comes_late_is_out_of_order)
{
    const uint64_t good = first_of(KIND_GOOD);
    all_come_but(good, 1);
    come(0, good, 0);
    expect(0, 0, 0, 1, 0, 0);
}
END_TEST

static void come_damaged(size_t at, char byte)
{
    const uint64_t good = first_of(KIND_GOOD);
    all_come_but(good, FED);
    for (uint64_t s = good; s < FED; s++) {
        const struct arrival arrival = arrival_of(0, s, 0);
        if (s == good) {
            value[at < ROOM ? at : arrival.value.len - 3] = byte;
        }
        if (kind_at(0, s) != KIND_TORN) {
            ledger_arrival(ledger, 0, &arrival);
        }
        if (kind_at(0, s) != KIND_GOOD) {
            report(0, s, kind_at(0, s) == KIND_DEEP ? "too_deep" : "syntax", "");
        }
    }
}

START_TEST(one_byte_before_the_number_is_noticed)
{
    come_damaged(0, '[');
    expect(0, 0, 0, 0, 1, 0);
}
END_TEST

START_TEST(one_byte_behind_the_number_is_noticed)
{
    come_damaged(ROOM, '9');
    expect(0, 0, 0, 0, 1, 0);
}
END_TEST

START_TEST(what_was_never_fed_is_different)
{
    all_come_but(FED, 0);
    struct arrival arrival = arrival_of(0, FED, 0); /* behind the last one */
    ledger_arrival(ledger, 0, &arrival);
    arrival.value = bytes_of("{\"id\":\"rule-6-0-1\"}"); /* of another run */
    ledger_arrival(ledger, 0, &arrival);
    arrival.value = bytes_of("");
    ledger_arrival(ledger, 0, &arrival);
    come(0, first_of(KIND_TORN), 0); /* cannot have been read */
    expect(0, 0, 0, 0, 4, 0);
}
END_TEST

/* What stands beside the value is compared, too. */
START_TEST(key_header_time_source_and_partition_are_compared)
{
    all_come_but(FED, 0);
    const uint64_t good = first_of(KIND_GOOD);
    struct arrival arrival = arrival_of(0, good, 0);
    arrival.key = bytes_of("kex");
    ledger_arrival(ledger, 0, &arrival);
    arrival = arrival_of(0, good, 0);
    arrival.headers = bytes_of("name");
    ledger_arrival(ledger, 0, &arrival);
    arrival = arrival_of(0, good, 0);
    arrival.time_ms++;
    ledger_arrival(ledger, 0, &arrival);
    arrival = arrival_of(0, good, 0);
    arrival.source = bytes_of("in:0:1");
    ledger_arrival(ledger, 0, &arrival);
    arrival = arrival_of(0, good, 0);
    arrival.partition = 1;
    ledger_arrival(ledger, 0, &arrival);
    expect(0, 5, 0, 0, 5, 0);
}
END_TEST

/* For who copies values alone; the value and the partition still count. */
START_TEST(what_stands_beside_may_be_left_out)
{
    const uint64_t good = first_of(KIND_GOOD);
    all_come_but(good, 1);
    struct arrival arrival = arrival_of(0, good, 0);
    arrival.key = bytes_of("kex");
    arrival.time_ms++;
    arrival.source = bytes_of("in:0:1");
    ledger_arrival(ledger, 0, &arrival);
    arrival.partition = 1;
    ledger_arrival(ledger, 0, &arrival);
    value[0] = '[';
    arrival.partition = 0;
    ledger_arrival(ledger, 0, &arrival);
    expect(0, 2, 0, 1, 2, 0);
}
END_TEST

/* In the value, in the key also when it is the measure of the others, in a report. */
START_TEST(raw_values_are_found)
{
    all_come_but(0, FED);
    struct arrival arrival = arrival_of(0, first_of(KIND_GOOD), 0);
    arrival.key = bytes_of(canary[0]);
    ledger_arrival(ledger, 0, &arrival);
    arrival.value = bytes_of("{\"clientIp\":\"198.51.100.77\"}");
    arrival.key = bytes_of("key");
    ledger_arrival(ledger, 0, &arrival);
    report(0, first_of(KIND_TORN), "syntax", ",\"text\":\"198.51.100.77\"");
    const struct counts *counts = ledger_close(ledger);
    ck_assert_uint_eq(counts->leaked, 3);
    ck_assert_uint_eq(counts->different, 1);
    ck_assert_uint_eq(counts->doubled, 0);
}
END_TEST

START_TEST(reports_for_no_reason_are_different)
{
    all_come_but(FED, 0);
    report(0, first_of(KIND_GOOD), "syntax", "");
    report(0, first_of(KIND_DEEP), "syntax", "");
    report(0, FED, "syntax", "");
    const struct arrival torn = {.value = bytes_of("{\"reason\":\"syntax\"}")};
    ledger_report(ledger, &torn);
    expect(0, 0, 0, 0, 4, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checker");
    TCase *tests = tcase_create("checker");
    tcase_add_checked_fixture(tests, prepare, NULL);
    tcase_add_test(tests, all_is_well);
    tcase_add_test(tests, what_does_not_come_is_lost);
    tcase_add_test(tests, a_stub_and_its_report_can_be_lost);
    tcase_add_test(tests, a_report_can_be_lost);
    tcase_add_test(tests, what_comes_again_is_doubled);
    tcase_add_test(tests, another_policy_may_repeat_and_is_counted);
    tcase_add_test(tests, what_comes_late_is_out_of_order);
    tcase_add_test(tests, one_byte_before_the_number_is_noticed);
    tcase_add_test(tests, one_byte_behind_the_number_is_noticed);
    tcase_add_test(tests, what_was_never_fed_is_different);
    tcase_add_test(tests, key_header_time_source_and_partition_are_compared);
    tcase_add_test(tests, raw_values_are_found);
    tcase_add_test(tests, reports_for_no_reason_are_different);
    suite_add_tcase(suite, tests);
    TCase *values_alone = tcase_create("values alone");
    tcase_add_checked_fixture(values_alone, prepare_values_alone, NULL);
    tcase_add_test(values_alone, what_stands_beside_may_be_left_out);
    suite_add_tcase(suite, values_alone);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
