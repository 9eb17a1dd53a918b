/*
 * At stake: what delivery.skip_published believes. Metadata that is not ours, to the byte, must
 * mean "nothing is skipped"; where to look from must never lie behind a record that may have to be
 * found, nor, after somebody has set the offsets anew, before what stood there then.
 */
#include "base/ensure.h"
#include "runtime/published.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = 2 };

static struct wv_published *published;

static struct wv_published *fresh(void)
{
    struct wv_published *made = wv_published_new(OUTPUTS);
    wv_ensure(made != NULL);
    made->outputs[0].writer = wv_writer_of("group", "kafka:9092", WV_LIT("soc"));
    made->outputs[1].writer = wv_writer_of("group", "kafka:9092", WV_LIT("partner"));
    return made;
}

static void make(void)
{
    published = fresh();
}

static void drop(void)
{
    wv_published_free(published);
}

static size_t write_at(const struct wv_published *from, int64_t position,
                       char text[WV_PUBLISHED_TEXT_MAX])
{
    const size_t len = wv_published_write(from, false, text);
    return len == 0 ? 0 : wv_published_end(text, len, position);
}

static void begin(int64_t position, int64_t first, int64_t second)
{
    const int64_t ends[OUTPUTS] = {first, second};
    wv_published_begin(published, position, ends);
}

/* Group, brokers and output all make another writer: none takes the others' records for its own. */
START_TEST(each_writer_has_its_own_name)
{
    const struct wv_writer writers[] = {
        wv_writer_of("group", "kafka:9092", WV_LIT("soc")),
        wv_writer_of("grou", "pkafka:9092", WV_LIT("soc")),
        wv_writer_of("group", "kafka:909", WV_LIT("2soc")),
        wv_writer_of("group2", "kafka:9092", WV_LIT("soc")),
        wv_writer_of("group", "other:9092", WV_LIT("soc")),
        wv_writer_of("group", "kafka:9092", WV_LIT("soc2")),
    };
    for (size_t i = 0; i < WV_COUNT(writers); i++) {
        ck_assert_uint_eq(strlen(writers[i].text), WV_WRITER_LEN);
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(writers[i].text, writers[k].text);
        }
    }
    const struct wv_writer again = wv_writer_of("group", "kafka:9092", WV_LIT("soc"));
    ck_assert_str_eq(writers[0].text, again.text);
}
END_TEST

START_TEST(what_is_written_is_read)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    begin(42, 4711, 0);
    const size_t len = write_at(published, 42, text);
    ck_assert_uint_gt(len, 0);
    struct wv_published *other = fresh();
    const struct wv_slice metadata = {(const uint8_t *)text, len};
    ck_assert(!wv_published_read(other, metadata, 41));
    ck_assert(!wv_published_read(other, metadata, 43));
    ck_assert_int_eq(other->outputs[0].from, -1);
    ck_assert(wv_published_read(other, metadata, 42));
    ck_assert_int_eq(other->outputs[0].from, 4711);
    ck_assert_int_eq(other->outputs[1].from, 0);
    wv_published_free(other);
}
END_TEST

/* An output that was added since, and one whose end nobody could tell, have nothing to be found. */
START_TEST(outputs_are_found_by_their_writer)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    begin(42, 4711, -1);
    const size_t len = write_at(published, 42, text);
    struct wv_published *other = fresh();
    const struct wv_writer first = other->outputs[0].writer;
    other->outputs[0].writer = wv_writer_of("group", "kafka:9092", WV_LIT("new"));
    other->outputs[1].writer = first;
    ck_assert(wv_published_read(other, (struct wv_slice){(const uint8_t *)text, len}, 42));
    ck_assert_int_eq(other->outputs[0].from, -1);
    ck_assert_int_eq(other->outputs[1].from, 4711);
    wv_published_free(other);
}
END_TEST

static bool is_read(const char *text, size_t len, int64_t position)
{
    struct wv_published *other = fresh();
    uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees a byte too far */
    wv_ensure(exact != NULL);
    memcpy(exact, text, len);
    const bool read = wv_published_read(other, (struct wv_slice){exact, len}, position);
    const bool touched = other->outputs[0].from != -1 || other->outputs[1].from != -1;
    ck_assert(read || !touched);
    free(exact);
    wv_published_free(other);
    return read;
}

START_TEST(what_is_not_ours_is_not_believed)
{
    static const char *const texts[] = {
        "",
        " ",
        "@42",
        "wafveil/1",
        "wafveil/1 ",
        "wafveil/1 @",
        "wafveil/1 @042",
        "wafveil/1 @-42",
        "wafveil/1 @+42",
        "wafveil/1 @42 ",
        "wafveil/1 @42 @42",
        "wafveil/1  @42",
        "wafveil/2 @42",
        "wafveil/1 0123456789abcdef:1",
        "wafveil/1 0123456789abcdef:1 ",
        "wafveil/1 0123456789abcdef: @42",
        "wafveil/1 0123456789abcdef:x @42",
        "wafveil/1 0123456789abcdef:01 @42",
        "wafveil/1 0123456789abcdef:-1 @42",
        "wafveil/1 0123456789abcdef:9223372036854775808 @42",
        "wafveil/1 0123456789abcdef:99999999999999999999 @42",
        "wafveil/1 0123456789abcdeF:1 @42",
        "wafveil/1 0123456789abcde:1 @42",
        "wafveil/1 0123456789abcdef0:1 @42",
        "wafveil/1 0123456789abcdef:1  @42",
        "wafveil/1\t0123456789abcdef:1 @42",
        "{\"offset\":42}",
    };
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        ck_assert_msg(!is_read(texts[i], strlen(texts[i]), 42), "%s", texts[i]);
    }
    ck_assert(is_read("wafveil/1 0123456789abcdef:9223372036854775807 @42", 50, 42));
}
END_TEST

/* Every byte of it, changed to every other value, and every prefix: what is still believed says the
 * same words in another order of digits, and nothing else. */
START_TEST(every_other_text_is_another_number_or_none)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    begin(42, 4711, 7);
    const size_t len = write_at(published, 42, text);
    ck_assert(is_read(text, len, 42));
    for (size_t i = 0; i < len; i++) {
        const char was = text[i];
        const bool in_digits = strchr("0123456789abcdef", was) != NULL && i > strlen("wafveil/1");
        ck_assert(!is_read(text, i, 42));
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            const bool may = text[i] == was ||
                             (in_digits && byte != 0 && strchr("0123456789abcdef", byte) != NULL);
            ck_assert(may || !is_read(text, len, 42));
        }
        text[i] = was;
    }
}
END_TEST

START_TEST(only_what_was_found_is_there)
{
    for (int64_t offset = 5000; offset > 10; offset -= 2) { /* in any order */
        ck_assert(wv_published_find(published, 0, offset));
    }
    begin(12, 9000, 9000);
    for (int64_t offset = 12; offset < 6000; offset++) {
        ck_assert_int_eq(wv_published_has(published, 0, offset), offset <= 5000 && offset % 2 == 0);
        ck_assert(!wv_published_has(published, 1, offset));
    }
    ck_assert_ptr_null(published->outputs[0].found); /* what is behind us takes no memory */
}
END_TEST

/* A topic that was made anew ends before what the metadata says. */
START_TEST(a_new_topic_begins_anew)
{
    atomic_store(&published->outputs[0].from, 500);
    atomic_store(&published->outputs[1].from, 500);
    begin(42, 100, 600);
    ck_assert_int_eq(published->outputs[0].from, 100);
    ck_assert_int_eq(published->outputs[1].from, 500);
}
END_TEST

/* Found records that are not behind us yet must be found by the next one, too. */
START_TEST(what_was_found_stays_findable)
{
    atomic_store(&published->outputs[0].from, 500);
    ck_assert(wv_published_find(published, 0, 60));
    begin(42, 700, 700);
    wv_published_move(published, 42, 42);
    wv_published_move(published, 60, 60);
    ck_assert_int_eq(published->outputs[0].from, 500);
    wv_published_move(published, 61, 61);
    ck_assert_int_eq(published->outputs[0].from, 700);
}
END_TEST

/* Counts that are handed over hold back where to look from, as they hold back the position. */
START_TEST(counts_hold_it_back)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    begin(0, 0, 0);
    wv_published_acked(published, 0, 9);
    wv_published_move(published, 1, 1);
    wv_published_move(published, 1, 1);
    ck_assert_int_eq(published->outputs[0].from, 10);
    ck_assert_int_eq(published->outputs[0].counted, 0);
    wv_published_hand(published);
    wv_published_acked(published, 0, 19);
    wv_published_move(published, 2, 2);
    wv_published_move(published, 2, 2);
    wv_published_count(published);
    ck_assert_int_eq(published->outputs[0].counted, 10);
    size_t len = wv_published_write(published, true, text);
    len = wv_published_end(text, len, 1);
    text[len] = '\0';
    ck_assert_ptr_nonnull(strstr(text, ":10 "));
}
END_TEST

START_TEST(sources_are_read_whole)
{
    static const struct {
        const char *header;
        int64_t offset;
    } vectors[] = {
        {"in:3:42", 42},  {"in:3:0", 0},    {"in:3:9223372036854775807", INT64_MAX},
        {"in:3:", -1},    {"in:3:042", -1}, {"in:3:4x", -1},
        {"in:33:42", -1}, {"in:4:42", -1},  {"ina:3:42", -1},
        {"i:3:42", -1},   {"", -1},         {"in:3:-1", -1},
        {"in:3:42 ", -1}, {"in", -1},       {"in:3:9223372036854775808", -1},
        {"IN:3:42", -1},
    };
    for (size_t i = 0; i < WV_COUNT(vectors); i++) {
        ck_assert_int_eq(wv_published_source(wv_slice_of(vectors[i].header), "in", 3),
                         vectors[i].offset);
    }
    ck_assert_int_eq(wv_published_source(WV_LIT("a:1:b:3:7"), "a:1:b", 3), 7);
}
END_TEST

/* Too many outputs for what brokers keep: nothing is said, rather than half of it. */
START_TEST(too_many_outputs_say_nothing)
{
    char text[WV_PUBLISHED_TEXT_MAX];
    struct wv_published *many = wv_published_new(1000);
    wv_ensure(many != NULL);
    for (size_t i = 0; i < 1000; i++) {
        many->outputs[i].writer = published->outputs[0].writer;
        atomic_store(&many->outputs[i].from, INT64_MAX - 1);
    }
    ck_assert_uint_eq(wv_published_write(many, false, text), 0);
    wv_published_free(many);
    ck_assert_uint_eq(wv_published_write(published, false, text), 0); /* nothing is known */
}
END_TEST

/*
 * A model of a partition with two outputs, one of them slower: messages are read, acknowledged out
 * of step, committed and lost in crashes at random. After each crash, what the next one looks at
 * must hold every record that is there of messages from the committed position on, and after
 * offsets were set anew, none of before.
 */
enum { MESSAGES = 400, LOG_MAX = 20000 };

struct model {
    int64_t log[OUTPUTS][LOG_MAX]; /* offsets of messages, as they stand in the output */
    int64_t ends[OUTPUTS];
    int64_t reset[OUTPUTS];            /* where it ended when offsets were last set anew */
    int64_t sent[OUTPUTS];             /* next message to be sent */
    int64_t acked[OUTPUTS];            /* next one to be acknowledged; all before it are */
    int64_t stands[OUTPUTS][MESSAGES]; /* where a message was sent to; -1: it was skipped */
    int64_t position;
    int64_t read;
    int64_t committed;
    char text[WV_PUBLISHED_TEXT_MAX];
    size_t len;
};

static void send_one(struct model *model, size_t output)
{
    const int64_t message = model->sent[output];
    if (message >= model->read) {
        return;
    }
    model->sent[output]++;
    if (wv_published_has(published, output, message)) {
        model->stands[output][message] = -1;
        return;
    }
    ck_assert_int_lt(model->ends[output], LOG_MAX);
    model->stands[output][message] = model->ends[output];
    model->log[output][model->ends[output]++] = message;
}

static void acknowledge_one(struct model *model, size_t output)
{
    if (model->acked[output] < model->sent[output]) {
        const int64_t stands = model->stands[output][model->acked[output]++];
        if (stands >= 0) {
            wv_published_acked(published, output, stands);
        }
    }
    model->position = model->acked[0] < model->acked[1] ? model->acked[0] : model->acked[1];
}

static void crash(struct model *model, bool reset)
{
    wv_published_free(published);
    published = fresh();
    if (reset) {
        model->len = 0;
        model->committed = (int64_t)(rand() % (int)(model->committed + 1));
    }
    const struct wv_slice metadata = {(const uint8_t *)model->text, model->len};
    const bool ours = wv_published_read(published, metadata, model->committed);
    ck_assert_int_eq(ours, model->len > 0);
    for (size_t i = 0; i < OUTPUTS; i++) {
        model->reset[i] = ours ? model->reset[i] : model->ends[i];
        const int64_t from = ours ? published->outputs[i].from : model->ends[i];
        ck_assert_int_ge(from, model->reset[i]); /* nothing of before is looked at */
        for (int64_t k = model->reset[i]; k < model->ends[i]; k++) {
            ck_assert(k >= from || model->log[i][k] < model->committed); /* and nothing is missed */
        }
        for (int64_t k = from; k < model->ends[i]; k++) {
            if (model->log[i][k] >= model->committed) {
                ck_assert(wv_published_find(published, i, model->log[i][k]));
            }
        }
        model->sent[i] = model->acked[i] = model->committed;
    }
    model->position = model->read = model->committed;
    begin(model->committed, model->ends[0], model->ends[1]);
}

static void step(struct model *model)
{
    const int what = rand() % 200;
    const size_t output = what % 3 == 0; /* the second is slower */
    if (what < 60) {
        model->read += model->read < MESSAGES && model->read < model->position + 50;
    } else if (what < 110) {
        send_one(model, output);
    } else if (what < 160) {
        acknowledge_one(model, output);
    } else if (what < 188) {
        wv_published_move(published, model->position, model->read);
    } else if (what < 197) {
        char text[WV_PUBLISHED_TEXT_MAX];
        const size_t len = wv_published_write(published, false, text);
        if (model->position > model->committed && len > 0) {
            model->committed = model->position;
            model->len = wv_published_end(text, len, model->position);
            memcpy(model->text, text, model->len);
        }
    } else if (what == 197 || model->read == MESSAGES) {
        crash(model, rand() % 8 == 0);
    }
}

START_TEST(crashes_find_all_and_resets_nothing)
{
    static struct model model;
    srand((unsigned)_i);
    model = (struct model){.committed = 0};
    crash(&model, false);
    for (int i = 0; i < 20000; i++) {
        step(&model);
        const bool full = model.ends[0] > LOG_MAX - 100 || model.ends[1] > LOG_MAX - 100;
        if (full) {
            break;
        }
    }
    /* Without resets since, each message stands once in each output. */
    for (size_t i = 0; i < OUTPUTS; i++) {
        uint8_t seen[MESSAGES] = {0};
        for (int64_t k = model.reset[i]; k < model.ends[i]; k++) {
            ck_assert_int_eq(seen[model.log[i][k]]++, 0);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("published");
    TCase *tests = tcase_create("published");
    tcase_add_checked_fixture(tests, make, drop);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, each_writer_has_its_own_name);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, outputs_are_found_by_their_writer);
    tcase_add_test(tests, what_is_not_ours_is_not_believed);
    tcase_add_test(tests, every_other_text_is_another_number_or_none);
    tcase_add_test(tests, only_what_was_found_is_there);
    tcase_add_test(tests, a_new_topic_begins_anew);
    tcase_add_test(tests, what_was_found_stays_findable);
    tcase_add_test(tests, counts_hold_it_back);
    tcase_add_test(tests, sources_are_read_whole);
    tcase_add_test(tests, too_many_outputs_say_nothing);
    tcase_add_loop_test(tests, crashes_find_all_and_resets_nothing, 0, 50);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
