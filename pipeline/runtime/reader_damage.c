/*
 * reader_damage.c — the partitions of a lane's reader that hold a batch that cannot be read.
 */
#include "base/log.h"
#include "runtime/reader_parts.h"

/* The offset is where we stand: the one that librdkafka names can be bytes of a record. */
void wv_reader_hold(struct wv_reader *reader, struct wv_slot *slot, rd_kafka_resp_err_t code)
{
    wv_damage_hold(&slot->damage, wv_clock_now_ns(reader->setup.clock));
    wv_log(
        WV_LOG_ERROR, "batch_unreadable",
        WV_FIELDS(wv_log_word("topic", slot->topic), wv_log_number("partition", slot->partition),
                  wv_log_number("offset", wv_tracker_end(&slot->tracker)),
                  wv_log_word("what", rd_kafka_err2str(code)),
                  wv_log_number("again_ms", (int64_t)slot->damage.pause_ms),
                  wv_log_word("effect", "the partition waits, and nothing behind is committed"),
                  wv_log_word("advice", "look at the disk of the partition's leader; where another "
                                        "replica is whole, make it the leader; where none is, set "
                                        "the group's offset behind the batch while wafveil is "
                                        "stopped")));
}

void wv_reader_go_on(struct wv_slot *slot)
{
    slot->damage = (struct wv_damage){0};
    wv_log(
        WV_LOG_INFO, "batch_readable",
        WV_FIELDS(wv_log_word("topic", slot->topic), wv_log_number("partition", slot->partition)));
}

/* Without waiting for an answer. What was fetched until now may come from behind the batch: of that
 * librdkafka drops what it still has. */
static void ask_again(struct wv_reader *reader, const struct wv_slot *slot)
{
    wv_reader_drop_of(reader, slot);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, slot->topic, slot->partition)->offset =
        wv_tracker_end(&slot->tracker);
    rd_kafka_error_t *error =
        rd_kafka_seek_partitions(reader->feeds[slot->source].consumer, list, 0);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void give_up(struct wv_reader *reader, const struct wv_slot *slot)
{
    wv_log(WV_LOG_ERROR, "batch_unreadable",
           WV_FIELDS(wv_log_word("topic", slot->topic), wv_log_number("partition", slot->partition),
                     wv_log_number("offset", wv_tracker_end(&slot->tracker)),
                     wv_log_number("seconds", WV_DAMAGE_LIMIT_MS / 1000),
                     wv_log_word("effect", "the process ends, and the next start asks again")));
    wv_stop_ask(reader->setup.stop, WV_EXIT_KAFKA);
}

void wv_reader_mend(struct wv_reader *reader)
{
    const uint64_t now = wv_clock_now_ns(reader->setup.clock);
    for (size_t i = 0; i < reader->slot_count && !wv_stop_asked(reader->setup.stop); i++) {
        struct wv_slot *slot = reader->slots[i];
        if (!slot->used || atomic_load(&slot->leaving)) {
            continue;
        }
        switch (wv_damage_look(&slot->damage, now)) {
        case WV_DAMAGE_WAIT:
            break;
        case WV_DAMAGE_ASK:
            ask_again(reader, slot);
            break;
        case WV_DAMAGE_END:
            give_up(reader, slot);
            break;
        }
    }
}

size_t wv_reader_damaged(const struct wv_reader *reader)
{
    size_t damaged = 0;
    for (size_t i = 0; i < reader->slot_count; i++) {
        damaged += reader->slots[i]->used && reader->slots[i]->damage.found;
    }
    return damaged;
}
