/* percent.c — a value that its producer has percent-encoded as a whole: one part, "value". */
#include "text/reader.h"

#include <string.h>

static void begin(struct wv_reader *reader)
{
    reader->at = 0;
}

static enum wv_part_next next(struct wv_reader *reader, struct wv_part *part)
{
    const uint32_t len = (uint32_t)reader->text.len;
    if (reader->at > 0 || len == 0) {
        return WV_PART_END;
    }
    reader->at = len;
    *part = (struct wv_part){
        .key = WV_LIT("value"),
        .end = len,
        .to = len,
        .spelling = WV_SPELLING_PERCENT,
        .escaped = memchr(reader->text.ptr, '%', len) != NULL,
        .held = true,
    };
    return WV_PART_FOUND;
}

const struct wv_syntax wv_syntax_percent = {"percent", begin, next};
