/*
 * detectors_parts.c — one part of the search for identifiers at a time, to see what each costs.
 */
#include "bench/detectors.h"

#include "filters/anchors.h"
#include "filters/detect.h"

const struct detectors_part detectors_parts[DETECTORS_PARTS] = {
    {"marks", "what every search does first: which bytes are what"},
    {"places", "and where an identifier may begin"},
    {"numbers", "cards, telephone numbers, numbers and codes of persons"},
    {"words", "keys of vendors, codici fiscali"},
    {"accounts", "IBAN"},
    {"UUIDs", ""},
    {"MACs", ""},
    {"points", "latitude and longitude"},
    {"private keys", ""},
};

enum { PART_MARKS = 0, PART_PLACES, PART_FIRST };

typedef void look(struct wv_scan *scan, size_t at);

static look *const looks[DETECTORS_PARTS] = {
    NULL,         NULL,        wv_scan_number, wv_scan_word,        wv_scan_account,
    wv_scan_uuid, wv_scan_mac, wv_scan_place,  wv_scan_private_key,
};

static uint64_t places_of(const struct wv_places *places, size_t part)
{
    const uint64_t all[DETECTORS_PARTS] = {
        0,
        0,
        places->numbers,
        places->words,
        places->accounts,
        places->uuids,
        places->macs,
        places->points,
        places->keys,
    };
    return all[part];
}

/* At how many places of a block, of the given bits, it took a look. */
static uint64_t look_at(struct wv_scan *scan, size_t part, const struct wv_block_marks *marks,
                        size_t from, bool last, uint64_t todo)
{
    if (part == PART_MARKS) {
        return (marks->digits & todo) == 1; /* or the compiler leaves them out */
    }
    const uint8_t before = from > 0 ? scan->text.ptr[from - 1] : 0;
    const struct wv_places places = wv_places_of(marks, before, last);
    uint64_t count = 0;
    if (part == PART_PLACES) {
        return !wv_places_none(&places);
    }
    for (uint64_t bits = places_of(&places, part) & todo; bits != 0; bits &= bits - 1) {
        looks[part](scan, from + (size_t)__builtin_ctzll(bits));
        count++;
    }
    return count;
}

/* As wv_detect() goes from block to block. */
static uint64_t run_text(struct wv_scan *scan, size_t part)
{
    const struct wv_slice text = scan->text;
    uint64_t count = 0;
    for (size_t done = 0; done < text.len;) {
        const size_t left = text.len - done;
        const bool last = left <= WV_ANCHOR_BLOCK;
        const size_t from = last && done > 0 ? text.len - WV_ANCHOR_BLOCK : done;
        const size_t to = last ? text.len : done + WV_ANCHOR_BLOCK;
        const struct wv_block_marks marks =
            wv_marks_of((struct wv_slice){text.ptr + from, to - from});
        count += look_at(scan, part, &marks, from, last, ~(uint64_t)0 << (done - from));
        done = to;
    }
    return count;
}

uint64_t detectors_parts_run(struct detectors_search *search, size_t part,
                             const struct detectors_texts *texts)
{
    static struct wv_hits hits;
    const struct wv_detection detection = {
        .what = WV_SEARCH_IDENTIFIERS,
        .needles = search->context.needles,
        .parameters = search->context.parameters,
        .detectors = search->context.detectors,
    };
    uint64_t count = 0;
    for (size_t i = 0; i < texts->count; i++) {
        wv_hits_clear(&hits);
        struct wv_scan scan = {.detection = &detection,
                               .text = texts->items[i],
                               .hits = &hits,
                               .userinfo_at = SIZE_MAX,
                               .words = {.at = SIZE_MAX}};
        count += wv_is_plain_word(texts->items[i]) ? 0 : run_text(&scan, part);
    }
    return count;
}
