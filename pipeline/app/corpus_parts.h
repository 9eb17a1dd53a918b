/*
 * corpus_parts.h — made-up addresses, agents, tokens, and texts that hold them (corpus.h).
 */
#ifndef WV_APP_CORPUS_PARTS_H
#define WV_APP_CORPUS_PARTS_H

#include "app/corpus.h"

enum {
    WV_CORPUS_CLIENT_LEVELS = 16, /* up to 65,535 clients */
    WV_CORPUS_AGENT_LEVELS = 9,   /* up to 511 agents */
};

/* A one-to-one scramble of 64 bits. */
uint64_t wv_corpus_mix(uint64_t x);

uint64_t wv_corpus_draw(struct wv_corpus *corpus);

/* 0 … count - 1. */
uint32_t wv_corpus_roll(struct wv_corpus *corpus, size_t count);
bool wv_corpus_chance(struct wv_corpus *corpus, uint32_t percent);

/* A rank below 2^levels whose probability is about 1 / rank: Zipf without a logarithm. */
uint32_t wv_corpus_popular(struct wv_corpus *corpus, uint32_t levels);

/* The address of the client with that rank, always the same. */
void wv_corpus_put_address(struct wv_buf *out, uint32_t client);

/* Writes a text of corpus_words.h with everything in braces made up. */
void wv_corpus_expand(struct wv_corpus *corpus, struct wv_buf *out, const char *text);

#endif
