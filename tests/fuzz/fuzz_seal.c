/*
 * Seals arbitrary content and opens it, changes what was sealed, and feeds arbitrary lines and
 * envelopes to what opens them.
 *
 * What was sealed opens to the same; whatever is changed by a byte does not open. A line of the
 * fuzzer never shows anything: nobody has sealed for its key. Of what somebody else has sealed for
 * it, only what has the form of an original is shown, as one line of ASCII that is JSON.
 *
 * Input: one byte that chooses what is made of the rest: content and a place to change; a line; an
 * envelope, and a box beside it; or content that is revealed, as a member, a header or a text.
 */
#include "app/reveal.h"
#include "support/sealing.h"

#include "base/base64.h"

enum { HEAD = 4, TODAY = 20780, ROOM = 4 * WV_SEAL_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made once: keys take their time. */
static struct wv_seal_certificate *certificates[2]; /* EC, RSA */
static struct wv_sealer *sealers[2];
static struct wv_seal_opener *openers[2];
static size_t shown;
static size_t refused;

static struct wv_seal_opener *opener_of(const struct recipient *recipient, struct wv_report *report)
{
    char path[] = "/tmp/wafveil-fuzz-XXXXXX";
    const int file = mkstemp(path);
    wv_ensure(file >= 0 && close(file) == 0);
    sealing_write(path, recipient->key_pem);
    struct wv_seal_opener *opener = wv_seal_opener_new(path, NULL, report);
    wv_ensure(opener != NULL && unlink(path) == 0);
    return opener;
}

static void set_up(void)
{
    static const struct recipient_wish wishes[] = {{.curve = "P-256"}, {.rsa_bits = 2048}};
    struct wv_report *report = wv_report_new();
    for (size_t i = 0; i < WV_COUNT(wishes); i++) {
        struct recipient *recipient = recipient_new(wishes[i]);
        certificates[i] =
            wv_seal_certificate_parse("a", wv_slice_of(recipient->certificate), report);
        wv_ensure(certificates[i] != NULL);
        sealers[i] = wv_sealer_new(certificates[i]);
        wv_ensure(sealers[i] != NULL);
        openers[i] = opener_of(recipient, report);
        recipient_free(recipient);
    }
    wv_report_free(report);
}

static void show(void *user, char *text)
{
    (void)user;
    shown++;
    json_t *line = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    wv_ensure(json_is_object(json_object_get(line, "values")));
    for (const char *at = text; *at != '\0'; at++) {
        wv_ensure(*at >= ' ' && *at < 0x7f);
    }
    json_decref(line);
    free(text);
}

static void refuse(void *user, enum wv_seal_verdict verdict, const char *until)
{
    (void)user;
    refused++;
    wv_ensure(verdict != WV_SEAL_OPENED);
    wv_ensure((verdict == WV_SEAL_PAST) == (until != NULL));
    wv_ensure(until == NULL || strlen(until) == WV_SEAL_DAY);
}

static bool reveal(size_t which, struct wv_slice line)
{
    const struct wv_reveal wish = {
        .opener = openers[which], .today = TODAY, .line = 1, .show = show, .refuse = refuse};
    shown = refused = 0;
    const bool good = wv_reveal_line(&wish, line);
    wv_ensure(shown + refused <= WV_REVEAL_BOXES);
    return good;
}

static bool seal(size_t which, struct wv_slice content, struct wv_slice *json)
{
    wv_buf_put(wv_sealer_content(sealers[which]), content);
    const bool sealed = wv_seal(sealers[which], WV_LIT("2026-12-23"), 1, json);
    wv_ensure(sealed == (content.len > 0 && content.len <= WV_SEAL_CONTENT));
    return sealed;
}

/* {"until":"2026-12-23","key":"…","box":"…"} */
static struct wv_sealed parts_of(const uint8_t *text, size_t len)
{
    const uint8_t *key = memmem(text, len, "\"key\":\"", 7);
    const uint8_t *box = memmem(text, len, "\"box\":\"", 7);
    wv_ensure(key != NULL && box != NULL);
    return (struct wv_sealed){{text + 10, WV_SEAL_DAY},
                              {key + 7, (size_t)(box - key) - 9},
                              {box + 7, (size_t)(text + len - box) - 9}};
}

/* A byte of one of the three becomes another one. */
static void change(size_t which, const struct wv_sealed *sealed, const uint8_t *head)
{
    static uint8_t changed[WV_SEAL_BYTES];
    const struct wv_slice *const members[] = {&sealed->until, &sealed->key, &sealed->box};
    struct wv_sealed other = *sealed;
    struct wv_slice *const others[] = {&other.until, &other.key, &other.box};
    const size_t member = head[0] % 3;
    const size_t at = (size_t)(head[1] << 8 | head[2]) % members[member]->len;
    struct wv_slice content;
    memcpy(changed, members[member]->ptr, members[member]->len);
    changed[at] ^= (uint8_t)(head[0] / 3 % 255 + 1);
    *others[member] = (struct wv_slice){changed, members[member]->len};
    wv_ensure(wv_seal_open(openers[which], &other, TODAY, &content) != WV_SEAL_OPENED);
    wv_ensure(content.len == 0);
    others[member]->len = at; /* cut off */
    wv_ensure(wv_seal_open(openers[which], &other, TODAY, &content) != WV_SEAL_OPENED);
}

static void round_trip(const uint8_t *head, struct wv_slice text)
{
    const size_t which = head[0] >> 7;
    struct wv_slice json;
    struct wv_slice content;
    if (!seal(which, text, &json)) {
        return;
    }
    const struct wv_sealed sealed = parts_of(json.ptr, json.len);
    wv_ensure(wv_seal_open(openers[which], &sealed, TODAY, &content) == WV_SEAL_OPENED);
    wv_ensure(content.len % WV_SEAL_STEP == 0 && content.len - text.len < WV_SEAL_STEP);
    wv_ensure(memcmp(content.ptr, text.ptr, text.len) == 0);
    wv_ensure(wv_seal_open(openers[!which], &sealed, TODAY, &content) == WV_SEAL_FOREIGN);
    wv_ensure(wv_seal_open(openers[which], &sealed, TODAY + 400, &content) == WV_SEAL_PAST);
    change(which, &sealed, head);
}

static void open_envelope(size_t which, struct wv_slice der)
{
    static uint8_t text[ROOM];
    static uint8_t box[WV_SEAL_BYTES];
    struct wv_buf spelled = wv_buf_of(text, sizeof text);
    struct wv_buf other = wv_buf_of(box, sizeof box);
    struct wv_slice content;
    wv_base64_encode(&spelled, der);
    wv_base64_encode(&other, wv_slice_sub(der, der.len / 2, der.len));
    const struct wv_sealed sealed = {WV_LIT("2026-12-23"), {text, spelled.len}, {box, other.len}};
    wv_ensure(wv_seal_open(openers[which], &sealed, TODAY, &content) != WV_SEAL_OPENED);
}

/* The three places in which a box is looked for. */
static void reveal_content(const uint8_t *head, struct wv_slice text)
{
    static const struct {
        const char *before;
        const char *after;
        bool text;
    } places[] = {
        {"{\"x\":[{\"_wafveil\":{\"v\":1,\"sealed\":", "}}]}", false},
        {"{\"headers\":[\"a\",\"b\",\"wafveil-sealed\",\"", "\"],\"topic\":\"t\"}", true},
        {"{\"payload\":\"{\\\"_wafveil\\\":{\\\"sealed\\\":", "}}\"}", true},
    };
    static uint8_t line[ROOM];
    const size_t place = head[1] % WV_COUNT(places);
    struct wv_slice json;
    if (!seal(head[0] >> 7, text, &json)) {
        return;
    }
    struct wv_buf out = wv_buf_of(line, sizeof line);
    wv_buf_put(&out, wv_slice_of(places[place].before));
    for (size_t i = 0; i < json.len; i++) {
        if (places[place].text && json.ptr[i] == '"') {
            wv_buf_byte(&out, '\\');
        }
        wv_buf_byte(&out, json.ptr[i]);
    }
    wv_buf_put(&out, wv_slice_of(places[place].after));
    wv_ensure(!out.overflowed && reveal(head[0] >> 7, (struct wv_slice){line, out.len}));
    wv_ensure(shown + refused == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (openers[0] == NULL) {
        set_up();
    }
    if (size < HEAD) {
        return 0;
    }
    const struct wv_slice rest = {data + HEAD, size - HEAD};
    switch (data[0] % 4) {
    case 0:
        round_trip(data + 1, rest);
        break;
    case 1:
        (void)reveal(data[1] >> 7, rest);
        wv_ensure(shown == 0);
        break;
    case 2:
        open_envelope(data[1] >> 7, rest);
        break;
    default:
        reveal_content(data + 1, rest);
        break;
    }
    return 0;
}
