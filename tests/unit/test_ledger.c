/*
 * At stake: audit records are believed because nobody can change one unseen. A change that verify
 * does not see, or a record of ours that it does not accept, makes the whole topic worthless.
 */
#include "keys/ledger.h"

#include "support/random.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 6, ROOM = 1024 };

struct written {
    struct wv_ledger ledger;
    char lines[RECORDS][ROOM];
    size_t lens[RECORDS];
};

static void write_record(struct written *written, size_t index, const char *more)
{
    struct wv_buf record = wv_buf_of((uint8_t *)written->lines[index], ROOM);
    char text[ROOM];
    snprintf(text, sizeof text,
             "{\"v\":1,\"instance\":\"i\",\"chain\":\"%s\",\"seq\":%llu,\"time\":\"t%zu\","
             "\"event\":\"%s\"%s",
             written->ledger.id, (unsigned long long)written->ledger.seq, index,
             index == RECORDS - 1 ? "stopped" : "window", more);
    wv_buf_put(&record, wv_slice_of(text));
    ck_assert(wv_ledger_seal(&written->ledger, &record));
    written->lens[index] = record.len;
}

static void write_all(struct written *written)
{
    ck_assert(wv_ledger_start(&written->ledger));
    for (size_t i = 0; i < RECORDS; i++) {
        write_record(written, i, i == 2 ? ",\"n\":{\"hash\":\"\\\",\\\"hash\\\":\\\"\"}" : "");
    }
}

static struct wv_slice line(const struct written *written, size_t index)
{
    return (struct wv_slice){(const uint8_t *)written->lines[index], written->lens[index]};
}

static enum wv_ledger_fault add(struct wv_ledgers *ledgers, struct wv_slice text, size_t number)
{
    char place[32];
    json_t *record;
    snprintf(place, sizeof place, "file:%zu", number);
    const enum wv_ledger_fault fault = wv_ledgers_add(ledgers, text, place, &record);
    ck_assert(record == NULL || fault == WV_LEDGER_GOOD);
    return fault;
}

START_TEST(what_is_written_is_whole)
{
    struct written written;
    struct wv_ledgers *ledgers = wv_ledgers_new();
    write_all(&written);
    for (size_t i = 0; i < RECORDS; i++) {
        ck_assert_int_eq(add(ledgers, line(&written, i), i), WV_LEDGER_GOOD);
    }
    wv_ledgers_finish(ledgers);
    ck_assert_uint_eq(wv_ledgers_count(ledgers), 1);
    const struct wv_ledger_state *state = wv_ledgers_at(ledgers, 0);
    ck_assert_int_eq(state->fault, WV_LEDGER_GOOD);
    ck_assert_uint_eq(state->records, RECORDS);
    ck_assert_str_eq(state->head, written.ledger.head);
    ck_assert_str_eq(state->first_time, "t0");
    ck_assert_str_eq(state->last_time, "t5");
    ck_assert(state->stopped);
    ck_assert(wv_ledgers_find(ledgers, written.ledger.id) == state);
    wv_ledgers_free(ledgers);
}
END_TEST

/* Every bit of every byte of every record. */
START_TEST(no_change_stays_unseen)
{
    struct written written;
    write_all(&written);
    for (size_t at = 0; at < written.lens[2]; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct wv_ledgers *ledgers = wv_ledgers_new();
            bool broken = false;
            written.lines[2][at] ^= (char)(1 << bit);
            for (size_t i = 0; i < RECORDS; i++) {
                broken = add(ledgers, line(&written, i), i) != WV_LEDGER_GOOD || broken;
            }
            written.lines[2][at] ^= (char)(1 << bit);
            ck_assert_msg(broken, "byte %zu, bit %d", at, bit);
            wv_ledgers_free(ledgers);
        }
    }
}
END_TEST

/* Any two records changed in their places, any one gone, any one twice. */
START_TEST(order_is_seen)
{
    struct written written;
    write_all(&written);
    for (size_t a = 0; a < RECORDS; a++) {
        for (size_t b = 0; b < RECORDS; b++) {
            struct wv_ledgers *ledgers = wv_ledgers_new();
            bool broken = false;
            for (size_t i = 0; i < RECORDS; i++) {
                const size_t which = i == a ? b : i == b ? a : i;
                broken = add(ledgers, line(&written, which), i) != WV_LEDGER_GOOD || broken;
            }
            /* A chain that begins late is told by its first number. */
            broken = broken || wv_ledgers_at(ledgers, 0)->first_seq > 0;
            ck_assert_int_eq(broken, a != b);
            wv_ledgers_free(ledgers);
        }
        struct wv_ledgers *ledgers = wv_ledgers_new();
        enum wv_ledger_fault fault = WV_LEDGER_GOOD;
        for (size_t i = 0; i < RECORDS && fault == WV_LEDGER_GOOD; i++) {
            fault = i == a ? WV_LEDGER_GOOD : add(ledgers, line(&written, i), i);
        }
        const bool inside = a > 0 && a < RECORDS - 1;
        ck_assert_int_eq(fault, inside ? WV_LEDGER_MISSING : WV_LEDGER_GOOD);
        const struct wv_ledger_state *state = wv_ledgers_at(ledgers, 0);
        ck_assert_uint_eq(state->fault_seq, inside ? a + 1 : 0);
        ck_assert_uint_eq(state->first_seq, a == 0);
        wv_ledgers_free(ledgers);
    }
}
END_TEST

START_TEST(the_same_once_more_is_no_fault)
{
    struct written written;
    struct wv_ledgers *ledgers = wv_ledgers_new();
    write_all(&written);
    ck_assert_int_eq(add(ledgers, line(&written, 0), 0), WV_LEDGER_GOOD);
    ck_assert_int_eq(add(ledgers, line(&written, 0), 1), WV_LEDGER_GOOD);
    ck_assert_int_eq(add(ledgers, line(&written, 1), 2), WV_LEDGER_GOOD);
    ck_assert_int_eq(add(ledgers, line(&written, 0), 3), WV_LEDGER_AGAIN);
    const struct wv_ledger_state *state = wv_ledgers_at(ledgers, 0);
    ck_assert_uint_eq(state->repeated, 1);
    ck_assert_uint_eq(state->records, 2);
    ck_assert_str_eq(state->fault_place, "file:3");
    wv_ledgers_free(ledgers);
}
END_TEST

/* One that is sealed anew is whole by itself, and does not follow. */
START_TEST(a_forged_record_does_not_follow)
{
    struct written written;
    struct written other;
    struct wv_ledgers *ledgers = wv_ledgers_new();
    write_all(&written);
    other = written;
    memset(other.ledger.head, 'f', WV_LEDGER_HASH);
    other.ledger.seq = 1;
    write_record(&other, 1, ",\"forged\":true");
    ck_assert_int_eq(add(ledgers, line(&written, 0), 0), WV_LEDGER_GOOD);
    ck_assert_int_eq(add(ledgers, line(&other, 1), 1), WV_LEDGER_BEFORE);
    ck_assert_int_eq(add(ledgers, line(&written, 1), 2), WV_LEDGER_BEFORE);
    wv_ledgers_free(ledgers);
}
END_TEST

/* Chains that name the end of another one. */
static enum wv_ledger_fault seen(const struct written *first, size_t given, uint64_t seq,
                                 const char *hash)
{
    struct written *second = calloc(1, sizeof *second);
    struct wv_ledgers *ledgers = wv_ledgers_new();
    char after[256];
    snprintf(after, sizeof after, ",\"after\":[{\"chain\":\"%s\",\"seq\":%llu,\"hash\":\"%s\"}]",
             first->ledger.id, (unsigned long long)seq, hash);
    ck_assert(wv_ledger_start(&second->ledger));
    write_record(second, 0, after);
    for (size_t i = 0; i < given; i++) {
        ck_assert_int_eq(add(ledgers, line(first, i), i), WV_LEDGER_GOOD);
    }
    ck_assert_int_eq(add(ledgers, line(second, 0), given), WV_LEDGER_GOOD);
    wv_ledgers_finish(ledgers);
    const bool absent = wv_ledgers_strays(ledgers)->absent > 0;
    ck_assert_int_eq(absent, given == 0);
    const enum wv_ledger_fault fault = wv_ledgers_at(ledgers, 0)->fault;
    wv_ledgers_free(ledgers);
    free(second);
    return fault;
}

START_TEST(a_later_chain_tells_a_cut_end)
{
    struct written first;
    char other[WV_LEDGER_HASH + 1] = {0};
    memset(other, 'e', WV_LEDGER_HASH);
    write_all(&first);
    ck_assert_int_eq(seen(&first, RECORDS, RECORDS - 1, first.ledger.head), WV_LEDGER_GOOD);
    ck_assert_int_eq(seen(&first, RECORDS, RECORDS - 1, other), WV_LEDGER_OTHER);
    /* A chain that went on after it was seen, and one that was made anew and longer. */
    const struct wv_slice middle = line(&first, RECORDS - 2);
    char head[WV_LEDGER_HASH + 1] = {0};
    memcpy(head, middle.ptr + middle.len - 2 - WV_LEDGER_HASH, WV_LEDGER_HASH);
    ck_assert_int_eq(seen(&first, RECORDS, RECORDS - 2, head), WV_LEDGER_GOOD);
    ck_assert_int_eq(seen(&first, RECORDS, RECORDS - 2, other), WV_LEDGER_OTHER);
    ck_assert_int_eq(seen(&first, RECORDS, 0, other), WV_LEDGER_OTHER);
    ck_assert_int_eq(seen(&first, RECORDS - 1, RECORDS - 1, first.ledger.head), WV_LEDGER_CUT);
    ck_assert_int_eq(seen(&first, 0, RECORDS - 1, first.ledger.head), WV_LEDGER_GOOD);
}
END_TEST

START_TEST(what_is_no_record_is_told)
{
    static const char *const texts[] = {
        "",
        "{}",
        "x",
        "{\"v\":1}",
        ",\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
        "{,\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
        "[1,\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
    };
    struct wv_ledgers *ledgers = wv_ledgers_new();
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        ck_assert_int_eq(add(ledgers, wv_slice_of(texts[i]), i), WV_LEDGER_NO_RECORD);
    }
    ck_assert_uint_eq(wv_ledgers_strays(ledgers)->count, WV_COUNT(texts));
    ck_assert_str_eq(wv_ledgers_strays(ledgers)->place, "file:0");
    ck_assert_uint_eq(wv_ledgers_count(ledgers), 0);
    wv_ledgers_free(ledgers);
}
END_TEST

/* The table of chains grows, and finds all of them. */
START_TEST(many_chains_stand_side_by_side)
{
    enum { CHAINS = 3000 };
    static struct written all[CHAINS];
    struct wv_ledgers *ledgers = wv_ledgers_new();
    for (size_t i = 0; i < CHAINS; i++) {
        ck_assert(wv_ledger_start(&all[i].ledger));
        write_record(&all[i], 0, "");
        write_record(&all[i], 1, "");
        ck_assert_int_eq(add(ledgers, line(&all[i], 0), i), WV_LEDGER_GOOD);
    }
    for (size_t i = 0; i < CHAINS; i++) {
        ck_assert_int_eq(add(ledgers, line(&all[i], 1), i), WV_LEDGER_GOOD);
        ck_assert_uint_eq(wv_ledgers_find(ledgers, all[i].ledger.id)->records, 2);
    }
    ck_assert_uint_eq(wv_ledgers_count(ledgers), CHAINS);
    wv_ledgers_free(ledgers);
}
END_TEST

/* What does not fit is not half sealed, and the chain goes on as if nobody had tried. */
START_TEST(without_room_nothing_is_sealed)
{
    struct wv_ledger ledger;
    uint8_t memory[WV_LEDGER_SEAL + 8];
    ck_assert(wv_ledger_start(&ledger));
    const struct wv_ledger before = ledger;
    for (size_t cap = 0; cap < sizeof memory; cap++) {
        struct wv_buf record = wv_buf_of(memory, cap);
        wv_buf_put(&record, WV_LIT("{\"a\":1"));
        if (!wv_ledger_seal(&ledger, &record)) {
            ck_assert_mem_eq(&ledger, &before, sizeof before);
            ck_assert_uint_lt(cap, WV_LEDGER_SEAL + 6);
        } else {
            ck_assert_uint_ge(cap, WV_LEDGER_SEAL + 6);
            ledger = before;
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *cases = tcase_create("ledger");
    tcase_add_test(cases, what_is_written_is_whole);
    tcase_add_test(cases, no_change_stays_unseen);
    tcase_add_test(cases, order_is_seen);
    tcase_add_test(cases, the_same_once_more_is_no_fault);
    tcase_add_test(cases, a_forged_record_does_not_follow);
    tcase_add_test(cases, a_later_chain_tells_a_cut_end);
    tcase_add_test(cases, what_is_no_record_is_told);
    tcase_add_test(cases, many_chains_stand_side_by_side);
    tcase_add_test(cases, without_room_nothing_is_sealed);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
