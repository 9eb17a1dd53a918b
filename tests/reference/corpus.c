/*
 * corpus.c — prints made-up records, one a line: `corpus COUNT [SEED]`.
 */
#include "app/corpus.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static uint8_t mem[WV_CORPUS_RECORD_MAX];
    struct wv_corpus corpus;
    const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (count == 0) {
        fputs("usage: corpus COUNT [SEED]\n", stderr);
        return 2;
    }
    wv_corpus_init(&corpus, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    for (unsigned long i = 0; i < count; i++) {
        struct wv_buf buf = wv_buf_of(mem, sizeof mem);
        struct wv_slice record;
        if (!wv_corpus_next(&corpus, &buf) || !wv_buf_take(&buf, &record)) {
            return 1;
        }
        fwrite(record.ptr, 1, record.len, stdout);
        putchar('\n');
    }
    return ferror(stdout) != 0;
}
