/* detect.c — the pass from anchor to anchor; e-mails and credentials. */
#include "filters/detect.h"

#include "filters/anchors.h"
#include "filters/placeholder.h"
#include "filters/segment.h"

enum {
    TOKEN_MIN = 16,      /* bytes of base64 after which "eyJ" is no coincidence */
    CREDENTIAL_MIN = 6,  /* bytes after "Bearer" */
    PLAIN_WORD_MAX = 15, /* "Basic authentication": a word of prose, no credential */
};

void wv_scan_hit(struct wv_scan *scan, enum wv_hit_kind kind, size_t from, size_t to,
                 size_t seen_from, uint8_t detail)
{
    struct wv_hits *hits = scan->hits;
    if (kind < WV_DETECTOR_COUNT && !wv_detectors_have(scan->detection->detectors->on, kind) &&
        !(kind <= WV_HIT_IPV6 && detail != WV_HIT_NO_NEEDLE)) {
        return; /* the policy does not want it; addresses of the record are always hidden */
    }
    if (hits->count == WV_SEARCH_HITS_MAX) {
        hits->overflowed = true;
        return;
    }
    hits->items[hits->count++] = (struct wv_hit){
        .from = (uint32_t)from,
        .to = (uint32_t)to,
        .seen_from = (uint32_t)seen_from,
        .kind = (uint8_t)kind,
        .needle = WV_HIT_NO_NEEDLE,
        .detail = detail,
    };
}

void wv_scan_needle_hit(struct wv_scan *scan, size_t needle, size_t from, size_t to)
{
    const struct wv_text_needle *text = &scan->detection->needles->texts[needle];
    struct wv_hits *hits = scan->hits;
    if (hits->count == WV_SEARCH_HITS_MAX) {
        hits->overflowed = true;
        return;
    }
    hits->items[hits->count++] = (struct wv_hit){
        .from = (uint32_t)from,
        .to = (uint32_t)to,
        .seen_from = (uint32_t)from,
        .kind = text->kind,
        .needle = (uint8_t)needle,
        .detail = text->detail,
    };
}

/* E-mails. */

static bool is_local(uint8_t byte, bool wide)
{
    return wv_is_word(byte) || byte == '.' || byte == '+' || byte == '-' || (wide && byte >= 0x80);
}

/* Of a letter of two bytes: Latin with accents, Greek, Cyrillic, Hebrew, Arabic. Text of China,
 * Japan and Korea stands against an address without a blank, and has three. */
static bool is_narrow(struct wv_slice text, size_t at)
{
    const uint8_t byte = text.ptr[at];
    return byte >= 0xc3 && byte <= 0xdf
               ? wv_byte_at(text, at + 1) >= 0x80 && wv_byte_at(text, at + 1) <= 0xbf
               : byte >= 0x80 && byte <= 0xbf && at > 0 && text.ptr[at - 1] >= 0xc3 &&
                     text.ptr[at - 1] <= 0xdf;
}

static bool is_domain(uint8_t byte, bool wide)
{
    return wv_is_digit(byte) || wv_is_letter(byte) || byte == '-' || byte == '.' ||
           (wide && byte >= 0x80);
}

/* Of several extensions the one in front, too: no domain ends with "min". */
static bool is_file_extension(struct wv_slice label)
{
    static const char *const extensions[] = {
        "png", "jpg",  "jpeg", "gif", "webp", "svg",   "ico",  "css",  "js",
        "map", "woff", "ttf",  "eot", "json", "xml",   "htm",  "html", "php",
        "pdf", "txt",  "avif", "mp4", "bmp",  "woff2", "tiff", "webm", "min",
    };
    for (size_t i = 0; label.len > 0 && i < WV_COUNT(extensions); i++) {
        if ((uint8_t)extensions[i][0] == wv_lower(label.ptr[0]) &&
            wv_slice_eq_nocase(label, wv_slice_of(extensions[i]))) {
            return true;
        }
    }
    return false;
}

/* How much of a label can be the last of a domain; something may be glued to it. */
static size_t top_length(struct wv_slice label)
{
    if ((label.len >= 2 && label.ptr[0] >= 0x80) ||
        (label.len > 4 && wv_slice_eq_nocase(wv_slice_sub(label, 0, 4), WV_LIT("xn--")))) {
        return label.len;
    }
    size_t len = 0;
    while (len < label.len && wv_is_letter(label.ptr[len])) {
        len++;
    }
    return len >= 2 ? len : 0;
}

/* "3x", "2x-abc", "3.6.0": how names of files begin that have an @, for a size or a version. */
static bool is_file_mark(struct wv_slice text)
{
    size_t digits = 0;
    while (digits < text.len && wv_is_digit(text.ptr[digits])) {
        digits++;
    }
    const uint8_t next = wv_byte_at(text, digits);
    const uint8_t after = wv_byte_at(text, digits + 1);
    return digits > 0 && (wv_lower(next) == 'x' ? after == '.' || after == '-'
                                                : next == '.' && wv_is_digit(after));
}

/* The end of the longest domain in [from, to), or from. A file may be named after an address. */
static size_t domain_end(struct wv_slice text, size_t from, size_t to)
{
    const bool file_mark = is_file_mark(wv_slice_sub(text, from, to));
    size_t end = from;
    size_t label = from;
    for (size_t i = from; i <= to; i++) {
        if (i < to && text.ptr[i] != '.') {
            continue;
        }
        if (i == label) {
            break; /* an empty label ends it */
        }
        const struct wv_slice last = wv_slice_sub(text, label, i);
        const size_t top = label > from ? top_length(last) : 0;
        if (top > 0) {
            if (!is_file_extension(last)) {
                end = label + top;
            } else if (file_mark) {
                end = from;
            }
        }
        label = i + 1;
    }
    return end;
}

static void scan_at(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (at == scan->userinfo_at || at == 0) {
        return;
    }
    const bool wide_name = text.ptr[at - 1] >= 0x80;
    const bool wide_domain = wv_byte_at(text, at + 1) >= 0x80;
    size_t from = at;
    while (from > 0 && (is_local(text.ptr[from - 1], wide_name) || is_narrow(text, from - 1))) {
        from--;
    }
    size_t to = at + 1;
    while (to < text.len && (is_domain(text.ptr[to], wide_domain) || is_narrow(text, to))) {
        to++;
    }
    scan->hits->steps += to - from;
    while (from < at && (text.ptr[from] == '.' || text.ptr[from] == '+' || text.ptr[from] == '-')) {
        from++;
    }
    const size_t end = domain_end(text, at + 1, to);
    if (from < at && end > at + 1) {
        wv_scan_hit(scan, WV_HIT_EMAIL, from, end, from, 0);
    }
}

/* Credentials. */

static bool is_base64(uint8_t byte, bool pointed)
{
    return wv_is_word(byte) || byte == '-' || byte == '=' ||
           (pointed ? byte == '.' : byte == '+' || byte == '/');
}

/* "eyJ" is the base64 of `{"`. */
static void scan_json_token(struct wv_scan *scan, size_t letter)
{
    const struct wv_slice text = scan->text;
    if (letter < 2 || letter - 2 < scan->token_to || text.ptr[letter - 1] != 'y' ||
        text.ptr[letter - 2] != 'e') {
        return;
    }
    const size_t from = letter - 2;
    if (from > 0 && text.ptr[from - 1] != '_' && wv_is_word(text.ptr[from - 1]) &&
        !scan->detection->loose) {
        return;
    }
    size_t to = letter + 1;
    while (to < text.len && is_base64(text.ptr[to], true)) {
        to++;
    }
    if (memchr(text.ptr + from, '.', to - from) == NULL) {
        while (to < text.len && is_base64(text.ptr[to], false)) {
            to++;
        }
    }
    scan->hits->steps += to - from;
    scan->token_to = to;
    while (text.ptr[to - 1] == '.') {
        to--;
    }
    if (to - from >= TOKEN_MIN) {
        wv_scan_hit(scan, WV_HIT_JWT, from, to, from, 0);
    }
}

static bool is_credential_byte(uint8_t byte)
{
    return wv_is_word(byte) || byte == '-' || byte == '.' || byte == '~' || byte == '+' ||
           byte == '/' || byte == '=';
}

static bool is_prose(struct wv_slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < 'a' || word.ptr[i] > 'z') {
            return false;
        }
    }
    return word.len <= PLAIN_WORD_MAX;
}

/* `Basic realm="shop"`: what a server asks for. */
static bool is_challenge(struct wv_slice credential)
{
    return credential.len >= 6 &&
           wv_slice_eq_nocase(wv_slice_sub(credential, 0, 6), WV_LIT("realm="));
}

/* A blank, or a plus that stands for one. */
static void scan_blank(struct wv_scan *scan, size_t at)
{
    const struct wv_slice text = scan->text;
    if (at < scan->token_to || at == 0) {
        return;
    }
    const uint8_t last = wv_lower(text.ptr[at - 1]);
    if (last != 'r' && last != 'c' && last != 'e' && last != 'm') {
        return;
    }
    const size_t scheme = wv_scheme_length(text, at, scan->detection->loose);
    if (scheme == 0) {
        return;
    }
    size_t from = at;
    while (wv_is_blank(wv_byte_at(text, from)) || wv_byte_at(text, from) == '+') {
        from++;
    }
    size_t to = from;
    while (to < text.len && is_credential_byte(text.ptr[to])) {
        to++;
    }
    scan->hits->steps += to - at;
    scan->token_to = to;
    const struct wv_slice credential = wv_slice_sub(text, from, to);
    if (credential.len >= CREDENTIAL_MIN && !is_prose(credential) && !is_challenge(credential) &&
        !wv_placeholder_is(credential, scan->detection->patterns)) {
        wv_scan_hit(scan, WV_HIT_AUTH_HEADER, from, to, at - scheme, 0);
    }
}

static bool ends_authority(uint8_t byte)
{
    return byte <= ' ' || byte == '/' || byte == '?' || byte == '#' || byte == '"' ||
           byte == '\'' || byte == '<' || byte == '>' || byte == '`';
}

/* The colon of "://": what stands before the last @ of the authority names a user. */
static void scan_authority(struct wv_scan *scan, size_t colon)
{
    const struct wv_slice text = scan->text;
    const size_t from = colon + 3;
    size_t at = from;
    size_t to = from;
    while (to < text.len && !ends_authority(text.ptr[to])) {
        at = text.ptr[to] == '@' ? to : at;
        to++;
    }
    scan->hits->steps += to - from;
    if (at == from) {
        return;
    }
    scan->userinfo_at = at;
    scan->value_to = at; /* "user:" is no name of a parameter here */
    if (!wv_placeholder_is(wv_slice_sub(text, from, at), scan->detection->patterns)) {
        wv_scan_hit(scan, WV_HIT_BASIC_AUTH_URL, from, at, colon, 0);
    }
}

/* The pass. */

static void scan_colon(struct wv_scan *scan, size_t at)
{
    const unsigned what = scan->detection->what;
    const struct wv_slice text = scan->text;
    if (wv_byte_at(text, at + 1) == '/' && wv_byte_at(text, at + 2) == '/') {
        if ((what & WV_SEARCH_CREDENTIALS) != 0) {
            scan_authority(scan, at);
        }
        return;
    }
    if ((what & (WV_SEARCH_ADDRESSES | WV_SEARCH_NEEDLES)) != 0) {
        wv_scan_colon(scan, at);
    }
    if ((what & WV_SEARCH_PARAMETERS) != 0) {
        wv_scan_report(scan, at);
        wv_scan_sign(scan, at);
    }
}

static void scan_anchor(struct wv_scan *scan, size_t at)
{
    const unsigned what = scan->detection->what;
    switch (scan->text.ptr[at]) {
    case '.':
        if ((what & (WV_SEARCH_ADDRESSES | WV_SEARCH_NEEDLES)) != 0) {
            wv_scan_point(scan, at);
        }
        break;
    case ':':
        scan_colon(scan, at);
        break;
    case '@':
        if ((what & WV_SEARCH_EMAILS) != 0) {
            scan_at(scan, at);
        }
        break;
    case '=':
        if ((what & WV_SEARCH_PARAMETERS) != 0) {
            wv_scan_sign(scan, at);
        }
        break;
    case 'J':
        if ((what & WV_SEARCH_CREDENTIALS) != 0) {
            scan_json_token(scan, at);
        }
        break;
    default:
        if ((what & WV_SEARCH_CREDENTIALS) != 0) {
            scan_blank(scan, at);
        }
        break;
    }
}

/* All ones or none: what of the marks of a block is looked for. */
struct wanted {
    uint64_t addresses;
    uint64_t colons;
    uint64_t others;
    uint64_t credentials;
    bool identifiers;
};

static uint64_t ones_if(bool condition)
{
    return condition ? ~(uint64_t)0 : 0;
}

static struct wanted wanted_of(unsigned what)
{
    const unsigned addresses = what & (WV_SEARCH_ADDRESSES | WV_SEARCH_NEEDLES);
    what &= ~(unsigned)WV_SEARCH_TEXTS; /* they have a pass of their own */
    return (struct wanted){
        .addresses = ones_if(addresses != 0),
        .colons = ones_if((what & ~(unsigned)(WV_SEARCH_EMAILS | WV_SEARCH_IDENTIFIERS)) != 0),
        .others = ones_if((what & ~(addresses | WV_SEARCH_IDENTIFIERS)) != 0),
        .identifiers = (what & WV_SEARCH_IDENTIFIERS) != 0,
        .credentials = ones_if((what & WV_SEARCH_CREDENTIALS) != 0),
    };
}

/* The places of a block that deserve a look. It is cheaper to sort them out here, for all bytes at
 * once, than by a jump for each that nobody can predict. */
static uint64_t anchors_of(const struct wanted *wanted, const struct wv_block_marks *marks,
                           bool first, bool last)
{
    const uint64_t blanks = marks->blanks & (marks->ends << 1 | (uint64_t)!first);
    return (wv_quad_points(marks, first, last) & wanted->addresses) |
           (marks->colons & wanted->colons) | (marks->others & wanted->others) |
           (blanks & wanted->credentials);
}

static void begin(struct wv_scan *scan, const struct wv_detection *detection, struct wv_slice text,
                  struct wv_hits *hits)
{
    scan->detection = detection;
    scan->text = text;
    scan->hits = hits;
    scan->address_to = 0;
    scan->quad_to = 0;
    scan->token_to = 0;
    scan->value_to = 0;
    scan->number_to = 0;
    scan->word_to = 0;
    scan->account_to = 0;
    scan->phone_to = 0;
    scan->place_to = 0;
    scan->code_to = 0;
    scan->key_to = 0;
    scan->base64_to = 0;
    scan->words.at = SIZE_MAX;
    scan->own_words = false;
    scan->userinfo_at = SIZE_MAX;
    scan->quote_next[0] = 0;
    scan->quote_next[1] = 0;
    scan->reported = false;
}

void wv_detect(const struct wv_detection *detection, struct wv_slice text, struct wv_hits *hits)
{
    wv_ensure(text.len < UINT32_MAX);
    hits->coded = false;
    struct wv_scan scan; /* most texts are short: what nobody may ask for is not set */
    begin(&scan, detection, text, hits);
    const struct wanted wanted = wanted_of(detection->what);
    for (size_t done = 0; done < text.len && !hits->overflowed;) {
        /* The last block ends with the text and may begin before what is done. */
        const size_t left = text.len - done;
        const bool last = left <= WV_ANCHOR_BLOCK;
        const size_t from = last && done > 0 ? text.len - WV_ANCHOR_BLOCK : done;
        const size_t to = last ? text.len : done + WV_ANCHOR_BLOCK;
        const struct wv_block_marks marks =
            wv_marks_of((struct wv_slice){text.ptr + from, to - from});
        hits->coded = hits->coded || marks.leads != 0;
        uint64_t anchors = anchors_of(&wanted, &marks, from == 0, last);
        for (anchors &= ~(uint64_t)0 << (done - from); anchors != 0; anchors &= anchors - 1) {
            scan_anchor(&scan, from + (size_t)__builtin_ctzll(anchors));
        }
        if (wanted.identifiers) {
            wv_scan_identifiers(&scan, &marks, from, last, ~(uint64_t)0 << (done - from));
        }
        done = to;
    }
    if (wv_unlikely((detection->what & WV_SEARCH_TEXTS) != 0) && !hits->overflowed) {
        wv_scan_needles(&scan);
    }
    if (wv_unlikely(detection->patterns != NULL) && wanted.identifiers && !hits->overflowed) {
        wv_matcher_look(detection->matcher, text, hits);
    }
    if (wv_unlikely(scan.reported) && hits->count > 0) {
        wv_scan_echo(&scan);
    }
}
