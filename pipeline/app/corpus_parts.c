/*
 * corpus_parts — made-up addresses, agents, tokens, and texts that hold them.
 *
 * Only whole-number arithmetic of fixed width, and no library function whose result could differ
 * from machine to machine.
 */
#include "app/corpus_parts.h"

#include "app/corpus_words.h"

enum {
    DOCUMENTED_CLIENTS = 24,
    SIX_PERCENT = 18, /* of clients have IPv6 */
    TOKEN_BODY = 64,
    TOKEN_SIGNATURE = 43,
};

uint64_t wv_corpus_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

uint64_t wv_corpus_draw(struct wv_corpus *corpus)
{
    corpus->state += 0x9e3779b97f4a7c15U;
    return wv_corpus_mix(corpus->state);
}

/* 0 … count - 1. */
uint32_t wv_corpus_roll(struct wv_corpus *corpus, size_t count)
{
    return (uint32_t)(((wv_corpus_draw(corpus) >> 32) * count) >> 32);
}

bool wv_corpus_chance(struct wv_corpus *corpus, uint32_t percent)
{
    return wv_corpus_roll(corpus, 100) < percent;
}

/* A rank whose probability is about 1 / rank: Zipf without a logarithm. */
uint32_t wv_corpus_popular(struct wv_corpus *corpus, uint32_t levels)
{
    const uint32_t size = 1U << wv_corpus_roll(corpus, levels);
    return size - 1 + wv_corpus_roll(corpus, size);
}

static void put(struct wv_buf *out, const char *text)
{
    wv_buf_put(out, wv_slice_of(text));
}

static void put_digits(struct wv_buf *out, uint64_t bits, size_t count, uint32_t base)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        wv_buf_byte(out, (uint8_t)digits[bits % base]);
        bits = wv_corpus_mix(bits + i);
    }
}

static void put_base64url(struct wv_corpus *corpus, struct wv_buf *out, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < count; i++) {
        wv_buf_byte(out, (uint8_t)digits[wv_corpus_roll(corpus, 64)]);
    }
}

static void put_uuid(struct wv_corpus *corpus, struct wv_buf *out)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < WV_COUNT(groups); i++) {
        put(out, i == 0 ? "" : "-");
        put_digits(out, wv_corpus_draw(corpus), groups[i], 16);
    }
}

static void put_token(struct wv_corpus *corpus, struct wv_buf *out)
{
    put(out, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOi");
    put_base64url(corpus, out, TOKEN_BODY);
    wv_buf_byte(out, '.');
    put_base64url(corpus, out, TOKEN_SIGNATURE);
}

static void put_percent(struct wv_buf *out, const struct wv_corpus_piece *piece)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < piece->len; i++) {
        const uint8_t byte = piece->mem[i];
        const bool plain = (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z') ||
                           (byte >= '0' && byte <= '9') || strchr("-._~", byte) != NULL;
        if (plain) {
            wv_buf_byte(out, byte);
        } else {
            const uint8_t code[3] = {'%', (uint8_t)digits[byte >> 4], (uint8_t)digits[byte & 15]};
            wv_buf_put(out, (struct wv_slice){code, sizeof code});
        }
    }
}

static void put_piece(struct wv_buf *out, const struct wv_corpus_piece *piece)
{
    wv_buf_put(out, (struct wv_slice){piece->mem, piece->len});
}

/* Private, shared, test and multicast networks would not look like clients. */
static bool looks_public(uint32_t address)
{
    const uint32_t a = address >> 24;
    const uint32_t b = (address >> 16) & 255;
    const bool reserved =
        a == 0 || a == 10 || a == 127 || a >= 224 || (a == 100 && b >= 64 && b < 128) ||
        (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) ||
        (a == 192 && (b == 168 || b == 0 || b == 88)) || (a == 198 && (b == 18 || b == 19));
    return !reserved;
}

static void put_address4(struct wv_buf *out, uint32_t client)
{
    static const uint32_t documented[] = {0xc0000200, 0xc6336400, 0xcb007100};
    uint64_t bits = wv_corpus_mix(client + 1);
    uint32_t address = documented[client % 3] + 1 + (uint32_t)(bits % 254);
    while (client >= DOCUMENTED_CLIENTS && !looks_public(address = (uint32_t)(bits >> 32))) {
        bits = wv_corpus_mix(bits);
    }
    for (uint32_t shift = 32; shift > 0; shift -= 8) {
        put(out, shift == 32 ? "" : ".");
        wv_buf_uint(out, (address >> (shift - 8)) & 255);
    }
}

static void put_hextet(struct wv_buf *out, uint64_t bits)
{
    static const char digits[] = "0123456789abcdef";
    const uint32_t group = (uint32_t)bits & 0xffff;
    for (uint32_t shift = 16; shift > 0; shift -= 4) {
        if (group >> (shift - 4) != 0 || shift == 4) {
            wv_buf_byte(out, (uint8_t)digits[(group >> (shift - 4)) & 15]);
        }
    }
}

static void put_address6(struct wv_buf *out, uint32_t client)
{
    static const char *const networks[] = {"2001:db8", "2400:4050", "2600:1f18", "2a02:8108"};
    uint64_t bits = wv_corpus_mix(client + 7);
    put(out, networks[client < DOCUMENTED_CLIENTS ? 0 : bits % WV_COUNT(networks)]);
    const size_t groups = bits % 3 == 0 ? 3 : 6;
    for (size_t i = 0; i < groups; i++) {
        put(out, groups == 3 && i == 2 ? "::" : ":");
        bits = wv_corpus_mix(bits + i);
        put_hextet(out, (bits & 0xffff) | 1);
    }
}

static bool has_six(uint32_t client)
{
    return wv_corpus_mix(client + 1) % 100 < SIX_PERCENT;
}

void wv_corpus_put_address(struct wv_buf *out, uint32_t client)
{
    if (has_six(client)) {
        put_address6(out, client);
    } else {
        put_address4(out, client);
    }
}

static void put_agent(struct wv_buf *out, uint32_t agent)
{
    uint64_t bits = wv_corpus_mix(agent + 12);
    const struct corpus_agent *kind = &corpus_agents[bits % WV_COUNT(corpus_agents)];
    const uint64_t version = kind->first_version + (bits >> 20) % kind->versions;
    for (const char *at = kind->text; *at != '\0'; at++) {
        if (*at == '#') {
            wv_buf_uint(out, version);
        } else if (*at == '@') {
            bits = wv_corpus_mix(bits);
            wv_buf_uint(out, bits % 10 % 7);
        } else if (*at == '*') {
            put(out, corpus_models[bits % WV_COUNT(corpus_models)]);
        } else {
            wv_buf_byte(out, (uint8_t)*at);
        }
    }
}

/* The client's own address, and the proxies that it came through. */
static void put_forwarded(struct wv_corpus *corpus, struct wv_buf *out)
{
    put_piece(out, &corpus->address);
    for (uint32_t hops = wv_corpus_roll(corpus, 3); hops > 0; hops--) {
        put(out, ", ");
        wv_corpus_put_address(out, wv_corpus_popular(corpus, WV_CORPUS_CLIENT_LEVELS));
    }
    put(out, wv_corpus_chance(corpus, 4) ? ", unknown" : "");
}

static void put_cookies(struct wv_corpus *corpus, struct wv_buf *out)
{
    const uint32_t first = wv_corpus_roll(corpus, WV_COUNT(corpus_cookies));
    const uint32_t count = 1 + wv_corpus_roll(corpus, 3);
    for (uint32_t i = 0; i < count; i++) {
        put(out, i == 0 ? "" : "; ");
        wv_corpus_expand(corpus, out, corpus_cookies[(first + 3 * i) % WV_COUNT(corpus_cookies)]);
    }
}

static const char *one_of(struct wv_corpus *corpus, const char *const *words, size_t count)
{
    return words[wv_corpus_roll(corpus, count)];
}

/* Values of the record at large. */
static void put_part(struct wv_corpus *corpus, struct wv_buf *out, char code)
{
    switch (code) {
    case 'H':
        put(out, corpus_hosts[corpus->client % WV_COUNT(corpus_hosts)]);
        break;
    case 'U':
        if (corpus_scenes[corpus->scene].attacks) {
            wv_corpus_expand(corpus, out, one_of(corpus, corpus_tools, WV_COUNT(corpus_tools)));
        } else {
            put_agent(out, corpus->agent);
        }
        break;
    case 'F':
        put_forwarded(corpus, out);
        break;
    case 'C':
        put_cookies(corpus, out);
        break;
    case 'R':
        wv_corpus_expand(corpus, out, one_of(corpus, corpus_referers, WV_COUNT(corpus_referers)));
        break;
    case 'v':
        wv_buf_uint(out, 110 + corpus->agent % 30);
        break;
    default:
        wv_ensure(code == 'w');
        put(out, one_of(corpus, corpus_words, WV_COUNT(corpus_words)));
    }
}

/* Values that belong to somebody, or that nobody has twice. */
static void put_value(struct wv_corpus *corpus, struct wv_buf *out, char code)
{
    switch (code) {
    case 'i':
        put_piece(out, &corpus->address);
        break;
    case 'e':
        put_piece(out, &corpus->email);
        break;
    case 'E':
        put_percent(out, &corpus->email);
        break;
    case 'u':
        put(out, corpus_users[corpus->client % WV_COUNT(corpus_users)]);
        break;
    case 's':
        put_piece(out, &corpus->session);
        break;
    case 'p':
        put_piece(out, &corpus->payload);
        break;
    case 'P':
        put_percent(out, &corpus->payload);
        break;
    case 'n':
        wv_buf_uint(out, 10 + wv_corpus_roll(corpus, 99990));
        break;
    case 'h':
        put_digits(out, wv_corpus_draw(corpus), 16, 16);
        break;
    case 'x':
        put_digits(out, wv_corpus_draw(corpus), 8, 16);
        break;
    case 'g':
        put_uuid(corpus, out);
        break;
    case 'j':
        put_token(corpus, out);
        break;
    case 'b':
        put_base64url(corpus, out, 24);
        break;
    case 'f':
        put(out, "%2B8190");
        put_digits(out, wv_corpus_draw(corpus), 8, 10);
        break;
    default:
        put_part(corpus, out, code);
    }
}

void wv_corpus_expand(struct wv_corpus *corpus, struct wv_buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        const bool code = at[0] == '{' && at[1] != '\0' && at[2] == '}' &&
                          strchr("ieEuspPnhxgjbfHUFCRvw", at[1]) != NULL;
        if (code) {
            put_value(corpus, out, at[1]);
            at += 2;
        } else {
            wv_buf_byte(out, (uint8_t)*at);
        }
    }
}
