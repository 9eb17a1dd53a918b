/*
 * corpus — writes made-up AWS WAF records in the order and with the members of real ones.
 */
#include "app/corpus.h"

#include "app/corpus_parts.h"
#include "app/corpus_words.h"

static const uint64_t first_time_ms = 1763800000000;

enum { STEP_MS_MAX = 40, TEXT_MAX = 4096, WORDS_MAX = 12 };

/* Where a record goes: the buffer, and what becomes of characters inside strings. */
struct page {
    struct wv_corpus *corpus;
    struct wv_buf *out;
};

/* Structure, as it stands. */
static void put(struct page *page, const char *json)
{
    wv_buf_put(page->out, wv_slice_of(json));
}

static void put_code_unit(struct wv_buf *out, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t text[6] = {'\\',
                             'u',
                             (uint8_t)digits[unit >> 12 & 15],
                             (uint8_t)digits[unit >> 8 & 15],
                             (uint8_t)digits[unit >> 4 & 15],
                             (uint8_t)digits[unit & 15]};
    wv_buf_put(out, (struct wv_slice){text, sizeof text});
}

/* Writes the character that begins at text[at] as \uXXXX, or as two; the number of its bytes. Our
 * own words are valid UTF-8. */
static size_t put_escaped_character(struct wv_buf *out, struct wv_slice text, size_t at)
{
    const uint8_t lead = text.ptr[at];
    const size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    wv_ensure(len <= text.len - at);
    uint32_t code = len == 1 ? lead : lead & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (text.ptr[at + i] & 0x3fU);
    }
    if (code >= 0x10000) {
        put_code_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    put_code_unit(out, code);
    return len;
}

static bool is_unicode_escaped(enum wv_corpus_dialect dialect, uint8_t byte)
{
    if (byte < 0x20) {
        return true;
    }
    if (dialect == WV_CORPUS_HTML) {
        return strchr("\"&<>'", byte) != NULL;
    }
    return dialect == WV_CORPUS_SLASH && byte >= 0x80;
}

/* The inside of a string, in the dialect of the record. */
static void put_text(struct page *page, struct wv_slice text)
{
    const enum wv_corpus_dialect dialect = wv_corpus_dialect_of(page->corpus);
    for (size_t i = 0; i < text.len;) {
        const uint8_t byte = text.ptr[i];
        if (is_unicode_escaped(dialect, byte)) {
            i += put_escaped_character(page->out, text, i);
            continue;
        }
        if (byte == '"' || byte == '\\' || (byte == '/' && dialect == WV_CORPUS_SLASH)) {
            wv_buf_byte(page->out, '\\');
        }
        wv_buf_byte(page->out, byte);
        i++;
    }
}

static void put_string(struct page *page, struct wv_slice text)
{
    put(page, "\"");
    put_text(page, text);
    put(page, "\"");
}

static struct wv_slice slice_of(const struct wv_corpus_piece *piece)
{
    return (struct wv_slice){piece->mem, piece->len};
}

/* A string whose parts in braces are made up. */
static void put_template(struct page *page, const char *text)
{
    uint8_t mem[TEXT_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_corpus_expand(page->corpus, &buf, text);
    struct wv_slice made;
    wv_ensure(wv_buf_take(&buf, &made));
    put_string(page, made);
}

static void make_piece(struct wv_corpus *corpus, struct wv_corpus_piece *piece, const char *text)
{
    struct wv_buf buf = wv_buf_of(piece->mem, sizeof piece->mem);
    wv_corpus_expand(corpus, &buf, text);
    struct wv_slice made;
    wv_ensure(wv_buf_take(&buf, &made));
    piece->len = made.len;
}

static const struct corpus_scene *scene_of(const struct wv_corpus *corpus)
{
    return &corpus_scenes[corpus->scene];
}

static uint32_t draw_scene(struct wv_corpus *corpus)
{
    const uint32_t dice = wv_corpus_roll(corpus, 100);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < WV_COUNT(corpus_scenes); i++) {
        sum += corpus_scenes[i].percent;
        if (dice < sum) {
            return i;
        }
    }
    wv_ensure(sum == 100);
    return 0;
}

static void make_address(struct wv_corpus *corpus)
{
    struct wv_buf buf = wv_buf_of(corpus->address.mem, sizeof corpus->address.mem);
    wv_corpus_put_address(&buf, corpus->client);
    corpus->address.len = buf.len;
}

static void make_email(struct wv_corpus *corpus)
{
    struct wv_buf buf = wv_buf_of(corpus->email.mem, sizeof corpus->email.mem);
    wv_buf_put(&buf, wv_slice_of(corpus_users[corpus->client % WV_COUNT(corpus_users)]));
    if (corpus->client >= WV_COUNT(corpus_users)) {
        wv_buf_uint(&buf, corpus->client);
    }
    wv_buf_byte(&buf, '@');
    wv_buf_put(&buf, wv_slice_of(corpus_domains[corpus->client % WV_COUNT(corpus_domains)]));
    corpus->email.len = buf.len;
}

/* Everything that the record says more than once. */
static void make_record(struct wv_corpus *corpus)
{
    corpus->time_ms += wv_corpus_roll(corpus, STEP_MS_MAX);
    const uint32_t dice = wv_corpus_roll(corpus, 20);
    corpus->dialect = dice < 14 ? WV_CORPUS_PLAIN : dice < 17 ? WV_CORPUS_HTML : WV_CORPUS_SLASH;
    corpus->client = wv_corpus_popular(corpus, WV_CORPUS_CLIENT_LEVELS);
    if (corpus->fresh) {
        corpus->client = (1U << WV_CORPUS_CLIENT_LEVELS) + corpus->newcomers++;
    }
    corpus->agent = wv_corpus_popular(corpus, WV_CORPUS_AGENT_LEVELS);
    corpus->scene = draw_scene(corpus);
    corpus->attack = wv_corpus_roll(corpus, WV_COUNT(corpus_attacks));
    make_address(corpus);
    make_email(corpus);
    make_piece(corpus, &corpus->session, "{h}{h}");
    make_piece(corpus, &corpus->payload, corpus_attacks[corpus->attack].text);

    const bool attacks = scene_of(corpus)->attacks;
    const char *path = corpus_paths[wv_corpus_roll(corpus, WV_COUNT(corpus_paths))];
    const char *query = corpus_queries[wv_corpus_roll(corpus, WV_COUNT(corpus_queries))];
    const bool raw = wv_corpus_chance(corpus, 30);
    make_piece(corpus, &corpus->path, path);
    make_piece(corpus, &corpus->query,
               !attacks ? query
               : raw    ? "id={p}&cat={w}"
                        : "search={P}&page=1&user={u}&email={E}");
}

/* The rule groups of the web ACL that looked at the request. */
static void put_groups(struct page *page, bool cloudfront)
{
    const struct wv_corpus *corpus = page->corpus;
    const struct corpus_attack *attack = &corpus_attacks[corpus->attack];
    put(page, "\"ruleGroupList\":[");
    if (cloudfront) {
        put(page, "{\"ruleGroupId\":\"AWS#AWSManagedRulesAmazonIpReputationList\","
                  "\"terminatingRule\":null,\"nonTerminatingMatchingRules\":[],"
                  "\"excludedRules\":null,\"customerConfig\":null}");
    }
    if (scene_of(corpus)->attacks) {
        put(page, cloudfront ? ",{\"ruleGroupId\":\"" : "{\"ruleGroupId\":\"");
        put(page, attack->group);
        put(page, "\",\"terminatingRule\":{\"ruleId\":\"");
        put(page, attack->rule);
        put(page, "\",\"action\":\"BLOCK\",\"ruleMatchDetails\":null},"
                  "\"nonTerminatingMatchingRules\":[],\"excludedRules\":null,"
                  "\"customerConfig\":null}");
    }
    put(page, "]");
}

static bool in_word(uint8_t byte)
{
    return (wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z') || (byte >= '0' && byte <= '9');
}

/* The payload as AWS WAF cuts it up: words and what stands between them, without blanks. */
static void put_matched(struct page *page)
{
    const struct wv_slice text = slice_of(&page->corpus->payload);
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < WORDS_MAX;) {
        size_t end = i + 1;
        while (end < text.len && text.ptr[end] != ' ' &&
               in_word(text.ptr[end]) == in_word(text.ptr[i])) {
            end++;
        }
        if (text.ptr[i] != ' ') {
            put(page, count++ == 0 ? "" : ",");
            put_string(page, wv_slice_sub(text, i, end));
        }
        i = end;
    }
}

static void put_match_details(struct page *page)
{
    const struct corpus_attack *attack = &corpus_attacks[page->corpus->attack];
    put(page, "\"terminatingRuleMatchDetails\":[");
    if (scene_of(page->corpus)->attacks && attack->condition != NULL) {
        put(page, "{\"conditionType\":\"");
        put(page, attack->condition);
        put(page, "\",\"sensitivityLevel\":\"HIGH\",\"location\":\"QUERY_STRING\","
                  "\"matchedData\":[");
        put_matched(page);
        put(page, "]}");
    }
    put(page, "],");
}

static void put_custom_keys(struct page *page)
{
    put(page, "\"limitKey\":\"CUSTOMKEYS\",\"maxRateAllowed\":500,\"evaluationWindowSec\":\"120\","
              "\"customValues\":[{\"key\":\"HEADER\",\"name\":\"x-device-id\",\"value\":");
    put_template(page, "{g}");
    put(page, "},{\"key\":\"FORWARDED_IP\",\"value\":");
    put_string(page, slice_of(&page->corpus->address));
    put(page, "},{\"key\":\"HTTP_METHOD\",\"value\":\"GET\"}]");
}

static void put_rate_rules(struct page *page)
{
    struct wv_corpus *corpus = page->corpus;
    put(page, ",\"rateBasedRuleList\":[");
    if (wv_corpus_chance(corpus, 12)) {
        put(page, "{\"rateBasedRuleId\":\"arn:aws:wafv2:eu-west-1:111122223333_MANAGED:regional/"
                  "ipset/0a1b2c3d_IPV4/0a1b2c3d\",\"rateBasedRuleName\":\"RateLimitLogin\",");
        if (wv_corpus_chance(corpus, 25)) {
            put_custom_keys(page);
        } else {
            put(page, "\"limitKey\":\"IP\",\"maxRateAllowed\":100,\"evaluationWindowSec\":300,"
                      "\"limitValue\":");
            put_string(page, slice_of(&corpus->address));
        }
        put(page, "}");
    }
    put(page, "],\"nonTerminatingMatchingRules\":[],\"requestHeadersInserted\":null,");
}

/* From the web ACL to the rules that matched. */
static void put_verdict(struct page *page, bool cloudfront)
{
    struct wv_corpus *corpus = page->corpus;
    const bool attacks = scene_of(corpus)->attacks;
    put(page, "{\"timestamp\":");
    wv_buf_uint(page->out, corpus->time_ms);
    put(page, ",\"formatVersion\":1,\"webaclId\":");
    put_string(page, cloudfront
                         ? WV_LIT("arn:aws:wafv2:us-east-1:111122223333:global/webacl/www/"
                                  "5f2c7a10-8f4e-4d0c-9f3a-1b6d2e7c9a55")
                         : WV_LIT("arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/"
                                  "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"));
    put(page, attacks ? ",\"terminatingRuleId\":\"AWS-Managed\",\"terminatingRuleType\":"
                        "\"MANAGED_RULE_GROUP\",\"action\":\"BLOCK\","
                      : ",\"terminatingRuleId\":\"Default_Action\",\"terminatingRuleType\":"
                        "\"REGULAR\",\"action\":\"ALLOW\",");
    put_match_details(page);
    put(page, cloudfront ? "\"httpSourceName\":\"CF\",\"httpSourceId\":"
                         : "\"httpSourceName\":\"ALB\",\"httpSourceId\":");
    put_string(page, cloudfront ? WV_LIT("E2EXAMPLE7QZ1")
                                : WV_LIT("111122223333-app/shop/50dc6c495c0c9188"));
    put(page, ",");
    put_groups(page, cloudfront);
    put_rate_rules(page);
    put(page, attacks ? "\"responseCodeSent\":403," : "\"responseCodeSent\":null,");
}

static void put_headers(struct page *page, bool cloudfront)
{
    struct wv_corpus *corpus = page->corpus;
    const struct corpus_scene *scene = scene_of(corpus);
    put(page, "\"headers\":[");
    bool first = true;
    for (size_t i = 0; i < scene->header_count; i++) {
        const struct corpus_header *header = &scene->headers[i];
        if (!wv_corpus_chance(corpus, header->percent)) {
            continue;
        }
        put(page, first ? "{\"name\":\"" : ",{\"name\":\"");
        for (const char *at = header->name; *at != '\0'; at++) {
            const uint8_t byte = (uint8_t)*at;
            wv_buf_byte(page->out, cloudfront ? wv_lower(byte) : byte);
        }
        put(page, "\",\"value\":");
        put_template(page, header->value);
        put(page, "}");
        first = false;
    }
    put(page, "]");
}

static void put_request(struct page *page, bool cloudfront)
{
    struct wv_corpus *corpus = page->corpus;
    const struct corpus_country *from =
        &corpus_countries[wv_corpus_mix(corpus->client) % WV_COUNT(corpus_countries)];
    put(page, "\"httpRequest\":{\"clientIp\":");
    put_string(page, slice_of(&corpus->address));
    put(page, ",\"country\":\"");
    put(page, from->country);
    put(page, "\",");
    put_headers(page, cloudfront);
    put(page, ",\"uri\":");
    put_string(page, slice_of(&corpus->path));
    put(page, ",\"args\":");
    put_string(page, slice_of(&corpus->query));
    put(page, ",\"httpVersion\":");
    put_string(page, WV_LIT("HTTP/2.0"));
    put(page, ",\"httpMethod\":\"");
    put(page, scene_of(corpus)->method);
    put(page, "\",\"requestId\":");
    put_template(page, cloudfront ? "{b}{b}==" : "1-{x}-{x}{x}{x}");
    put(page, ",\"fragment\":\"\",\"scheme\":\"https\",\"host\":");
    put_template(page, "{H}");
    put(page, "},");
}

static void put_labels(struct page *page)
{
    struct wv_corpus *corpus = page->corpus;
    const struct corpus_country *from =
        &corpus_countries[wv_corpus_mix(corpus->client) % WV_COUNT(corpus_countries)];
    put(page, "\"labels\":[");
    if (from->region != NULL) {
        put(page, "{\"name\":\"awswaf:clientip:geo:country:");
        put(page, from->country);
        put(page, "\"},{\"name\":\"awswaf:clientip:geo:region:");
        put(page, from->region);
        put(page, "\"}");
    }
    if (scene_of(corpus)->attacks) {
        put(page, from->region != NULL ? ",{\"name\":\"" : "{\"name\":\"");
        put(page, corpus_attacks[corpus->attack].label);
        put(page, "\"}");
    } else if (from->region != NULL && wv_corpus_chance(corpus, 20)) {
        put(page, ",{\"name\":\"awswaf:managed:token:accepted\"},{\"name\":");
        put_template(page, "awswaf:managed:token:id:{g}");
        put(page, "}");
    }
    put(page, "],");
}

/* Fingerprints go with the agent, as they do in life. */
static void put_fingerprints(struct page *page)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t bits = wv_corpus_mix(page->corpus->agent + 11);
    put(page, "\"ja3Fingerprint\":\"");
    for (size_t i = 0; i < 32; i++) {
        wv_buf_byte(page->out, (uint8_t)digits[bits & 15]);
        bits = wv_corpus_mix(bits + i);
    }
    put(page, "\",\"ja4Fingerprint\":\"t13d1516h2_");
    for (size_t i = 0; i < 24; i++) {
        put(page, i == 12 ? "_" : "");
        wv_buf_byte(page->out, (uint8_t)digits[bits & 15]);
        bits = wv_corpus_mix(bits + i);
    }
    put(page, "\",");
}

static void put_sizes(struct page *page)
{
    const uint32_t size =
        scene_of(page->corpus)->method[0] == 'P' ? wv_corpus_roll(page->corpus, 900) : 0;
    put(page, "\"requestBodySize\":");
    wv_buf_uint(page->out, size);
    put(page, ",\"requestBodySizeInspectedByWAF\":");
    wv_buf_uint(page->out, size);
    put(page, "}");
}

void wv_corpus_init(struct wv_corpus *corpus, uint64_t seed)
{
    *corpus = (struct wv_corpus){.state = wv_corpus_mix(seed), .time_ms = first_time_ms};
}

bool wv_corpus_next(struct wv_corpus *corpus, struct wv_buf *out)
{
    make_record(corpus);
    struct page page = {.corpus = corpus, .out = out};
    const bool cloudfront = wv_corpus_chance(corpus, 35);
    put_verdict(&page, cloudfront);
    put_request(&page, cloudfront);
    put_labels(&page);
    put_fingerprints(&page);
    put_sizes(&page);
    return !out->overflowed;
}

enum wv_corpus_dialect wv_corpus_dialect_of(const struct wv_corpus *corpus)
{
    return (enum wv_corpus_dialect)corpus->dialect;
}

struct wv_slice wv_corpus_address_of(const struct wv_corpus *corpus)
{
    return slice_of(&corpus->address);
}
