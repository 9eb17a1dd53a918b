/* detect_texts.c — pieces of which identifiers are made, whole, nearly right, and cut. */
#include "support/detect_texts.h"

#include "filters/detectors.h"
#include "filters/validate.h"
#include "support/random.h"

#define PICK(state, list) ((list)[random_next(state) % WV_COUNT(list)])

/* A buffer that drops what is too much. */
struct piece {
    uint8_t *out;
    size_t len;
};

static void put(struct piece *piece, const char *text)
{
    for (; *text != '\0' && piece->len < TEXT_PIECE_MAX; text++) {
        piece->out[piece->len++] = (uint8_t)*text;
    }
}

static void put_byte(struct piece *piece, char byte)
{
    put(piece, (const char[]){byte, '\0'});
}

static void put_some(uint64_t *state, struct piece *piece, size_t count, const char *letters)
{
    const size_t choice = strlen(letters);
    for (size_t i = 0; i < count; i++) {
        put_byte(piece, letters[random_next(state) % choice]);
    }
}

static const char digits[] = "0123456789";
static const char hex[] = "0123456789abcdef";
static const char alnum[] = "0123456789abcdefghijABCDEFGHIJ";

/* Two validators that so few random digits pass that known numbers are better. */
static const char *const known[] = {
    "4111111111111111",
    "378282246310005",
    "11010519491231002X",
    "110105194912310021",
    "86095742719",
    "RCCMNL83S18D969H",
    "S1234567D",
    "A123456789",
    "A1234563",
    "AB9876543",
    "AA123456B",
    "12345678Z",
    "X2482300W",
    "253072A07300443",
    "255081416802538",
    "7569217076985",
    "39053344705",
    "123456789",
    "490154203237518",
    "GB82WEST12345698765432",
    "DE89370400440532013000",
    "NO9386011117947",
    "2123456701",
    "9434765870",
};

static bool is_any_valid(struct wv_slice text)
{
    for (size_t i = 0; i < wv_validator_count(); i++) {
        const struct wv_validator *validator = wv_validator_at(i);
        if (i != WV_VALIDATOR_LUHN && text.len >= validator->min_len &&
            text.len <= validator->max_len && validator->is_valid(text)) {
            return true;
        }
    }
    return false;
}

/* Digits of a length that identifiers have, which are nearly always one. */
static void spell_digits(uint64_t *state, char *out, size_t count)
{
    static const char *const heads[] = {"",  "",   "",   "4",   "51",  "37",
                                        "0", "09", "02", "756", "9601"};
    struct piece piece = {(uint8_t *)out, 0};
    put(&piece, PICK(state, heads));
    put_some(state, &piece, count, digits);
    out[count] = '\0';
    if (count < 3) {
        return;
    }
    for (unsigned tail = 0; tail < 100; tail++) {
        if (is_any_valid((struct wv_slice){(const uint8_t *)out, count})) {
            return;
        }
        out[count - 1] = (char)('0' + tail % 10);
        out[count - 2] = (char)('0' + tail / 10);
    }
}

static const char *const signs[] = {
    "-", "-", "-",      ".",      ".",      " ",      " ",    " ",        "/", "+", "\t",
    "(", ")", ") ",     " (",     "-(",     ")-",     "  ",   "--",       "_", ",", ";",
    ":", "=", "\u00a0", "\u2010", "\u3000", "\u30fc", "\xff", "\xe2\x80", "a",
};

/* A number in groups as people write it, or in any. */
static void put_number(uint64_t *state, struct piece *piece)
{
    static const char *const forms[] = {
        "324",  "333",  "3324", "334",  "244",  "424", "1334", "344",   "3332", "624",
        "444",  "3333", "67",   "3442", "4444", "466", "465",  "14521", "3335", "1222332",
        "2661", "451",  "4511", "81",   "9",    "8",   "7",    "6",     "334",  "2333",
        "1132", "55",   "43",   "38",   "74",   "25",  "37",   "2344",  "1344", "11222222",
    };
    char number[64];
    char form[16] = {0};
    const char *chosen = PICK(state, forms);
    memcpy(form, chosen, strlen(chosen));
    if (random_next(state) % 8 == 0) {
        form[random_next(state) % strlen(form)] = (char)('1' + random_next(state) % 9);
    }
    size_t count = 0;
    for (size_t i = 0; form[i] != '\0'; i++) {
        count += (size_t)(form[i] - '0');
    }
    spell_digits(state, number, count);
    const char *sign = PICK(state, signs);
    size_t at = 0;
    for (size_t i = 0; form[i] != '\0'; i++) {
        const size_t len = (size_t)(form[i] - '0');
        put(piece, i == 0 ? "" : random_next(state) % 8 == 0 ? PICK(state, signs) : sign);
        for (size_t k = 0; k < len; k++) {
            put_byte(piece, number[at++]);
        }
    }
}

static void put_plain_number(uint64_t *state, struct piece *piece)
{
    char number[64];
    spell_digits(state, number, 1 + random_next(state) % 20);
    put(piece, number);
}

/* A known one, in groups of four or with a sign somewhere. */
static void put_known(uint64_t *state, struct piece *piece)
{
    const char *text = PICK(state, known);
    const char *sign = PICK(state, signs);
    const size_t len = strlen(text);
    const size_t cut = random_next(state) % (len + 1);
    const size_t every = random_next(state) % 3 == 0 ? 4 : len;
    const bool small = random_next(state) % 8 == 0;
    for (size_t i = 0; i < len; i++) {
        put(piece, i > 0 && (i % every == 0 || (every == len && i == cut)) ? sign : "");
        put_byte(piece, small ? (char)wv_lower((uint8_t)text[i]) : text[i]);
    }
}

/* A letter, digits, and a letter that may be right. */
static void put_code(uint64_t *state, struct piece *piece)
{
    static const char *const heads[] = {"", "A", "AB", "S", "T", "X", "a", "AA", "F1", "B2", "c"};
    static const char *const tails[] = {"", "-", "(", " "};
    char code[32];
    struct piece made = {(uint8_t *)code, 0};
    put(&made, PICK(state, heads));
    put_some(state, &made, 6 + random_next(state) % 3, digits);
    static const char ends[] = "0123456789ABCDEFGHIJKLMNPQRSTVWXYZabcd";
    code[made.len + 1] = '\0';
    for (size_t i = 0; ends[i] != '\0'; i++) {
        code[made.len] = ends[i];
        if (is_any_valid((struct wv_slice){(const uint8_t *)code, made.len + 1})) {
            break;
        }
    }
    const char *tail = PICK(state, tails);
    const char end = code[made.len];
    code[made.len] = '\0';
    put(piece, code);
    put(piece, tail);
    put_byte(piece, end);
    put(piece, tail[0] == '(' ? ")" : "");
}

static void put_spaced(uint64_t *state, struct piece *piece)
{
    static const char *const forms[] = {"AA%12%34%56%B",
                                        "AB%98%76%54%C",
                                        "X%2482300%W",
                                        "GB82%WEST%1234%5698%7654%32",
                                        "DE89%3704%0044%0532%0130%00",
                                        "(%2%02%)%555%-%0143",
                                        "(202%5550143",
                                        "0422(12%3456",
                                        "090(1234)%5678",
                                        "06.06.20%19%74",
                                        "4111%1111-1111%1111",
                                        "4111%1111  1111_1111",
                                        "5500%0000%0000%0004%0000"};
    const char *sign = PICK(state, signs);
    for (const char *at = PICK(state, forms); *at != '\0'; at++) {
        if (*at == '%') {
            put(piece, sign);
        } else {
            put_byte(piece, *at);
        }
    }
}

static void put_key(uint64_t *state, struct piece *piece)
{
    static const struct {
        const char *prefix;
        unsigned least;
    } keys[] = {{"AKIA", 16},      {"ASIA", 16},        {"AIza", 35},     {"GOCSPX-", 28},
                {"ghp_", 36},      {"github_pat_", 22}, {"xoxb-", 10},    {"xapp-", 10},
                {"sk_live_", 10},  {"whsec_", 24},      {"glpat-", 20},   {"npm_", 36},
                {"pypi-AgEI", 50}, {"sk-ant-", 24},     {"sk-proj-", 24}, {"sk-", 48},
                {"shpat_", 32},    {"dop_v1_", 64},     {"hf_", 34},      {"xkeysib-", 64},
                {"dckr_pat_", 27}, {"rubygems_", 48}};
    static const char *const letters[] = {alnum, hex, "ABC234", "abcdef-_", "ABCab12-"};
    const size_t which = random_next(state) % WV_COUNT(keys);
    put(piece, keys[which].prefix);
    const size_t off = random_next(state) % 4 == 0 ? random_next(state) % 3 : 1;
    put_some(state, piece, keys[which].least + off - 1, PICK(state, letters));
    if (random_next(state) % 16 == 0) {
        put_some(state, piece, 300, alnum);
    }
}

static void put_pointed_key(uint64_t *state, struct piece *piece)
{
    static const char *const letters[] = {alnum, "abcdef-_"};
    put(piece, "SG.");
    put_some(state, piece, 22 + (random_next(state) % 16 == 0), PICK(state, letters));
    put_byte(piece, random_next(state) % 16 == 0 ? '-' : '.');
    put_some(state, piece, 43, PICK(state, letters));
    put(piece, random_next(state) % 8 == 0 ? "a" : "");
}

/* h: a hexadecimal digit, 9: a digit. */
static void put_shape(uint64_t *state, struct piece *piece)
{
    static const char *const shapes[] = {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh",
                                         "hh:hh:hh:hh:hh:hh",
                                         "hh-hh-hh-hh-hh-hh",
                                         "99-99-99-99-99-99",
                                         "22-11-26-19-59-69",
                                         "hhhh.hhhh.hhhh",
                                         "9999.9999.9999",
                                         "99.9999,99.99999",
                                         "-99.9999, -139.999999",
                                         "1.9999,2.9999,3.9999",
                                         "9.9999,9.9",
                                         "179.9999,+9.9999"};
    for (const char *at = PICK(state, shapes); *at != '\0'; at++) {
        if (*at == 'h') {
            put_some(state, piece, 1, hex);
        } else if (*at == '9') {
            put_some(state, piece, 1, digits);
        } else {
            put_byte(piece, *at);
        }
    }
}

static void put_private_key(uint64_t *state, struct piece *piece)
{
    static const char *const heads[] = {
        "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY",
        "-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY ",
        "-----BEGIN PRIVATE KEY-----", "-----BEGIN+PGP+PRIVATE KEY BLOCK-----"};
    static const char *const tails[] = {"-----END PRIVATE KEY-----",
                                        "-----END",
                                        "-----END of it-",
                                        "-----END PGP PRIVATE KEY BLOCK",
                                        "",
                                        ".",
                                        "~"};
    static const char *const ends[] = {"\n", "\\r\\n", " ", "<br>", "\",\"", ": a.b c"};
    const char *end = PICK(state, ends);
    put(piece, PICK(state, heads));
    for (size_t lines = random_next(state) % 6; lines > 0; lines--) {
        const bool is_short = random_next(state) % 3 == 0;
        put(piece, random_next(state) % 8 == 0 ? PICK(state, ends) : end);
        put_some(state, piece, is_short ? random_next(state) % 8 : 22 + random_next(state) % 6,
                 "ABCDefgh0123+/=");
    }
    put(piece, random_next(state) % 2 == 0 ? "\n" : "");
    put(piece, PICK(state, tails));
}

/* One of the phrases of a detector, or a listed name. */
static void put_words(uint64_t *state, struct piece *piece)
{
    static const char *const names[] = {"passport",
                                        "ssn",
                                        "user[sin]",
                                        "myNino",
                                        "device_id",
                                        "imei",
                                        "license",
                                        "fin",
                                        "h\u00f4tel",
                                        "ho\u0302tel",
                                        "\u306etel\u306f",
                                        "h\xf4tel",
                                        "\xfftel",
                                        "motel",
                                        "note",
                                        "max-age",
                                        "cpf"};
    static const char *const ends[] = {" ", ": ", "=",  "=\"",         " is ",
                                       "",  "-",  "\n", "\xe3\x80\x80"};
    const char *phrases = wv_detector_at(random_next(state) % WV_DETECTOR_COUNT)->words;
    if (phrases[0] == '\0') {
        put(piece, PICK(state, names));
        put(piece, PICK(state, ends));
        return;
    }
    for (size_t skip = random_next(state) % 8; skip > 0 && strchr(phrases, '|') != NULL; skip--) {
        phrases = strchr(phrases, '|') + 1;
    }
    const bool large = random_next(state) % 4 == 0;
    for (; *phrases != '\0' && *phrases != '|'; phrases++) {
        const char byte = *phrases;
        put_byte(piece, large && byte >= 'a' && byte <= 'z' ? (char)(byte - 32) : byte);
    }
    put(piece, PICK(state, ends));
    if (random_next(state) % 2 == 0) {
        put_number(state, piece);
    }
}

/* What stands around identifiers and is none. */
static void put_filler(uint64_t *state, struct piece *piece)
{
    static const char *const fillers[] = {
        "x",  " ",  "a-", "id_", "/",  "\xe5\xb1\xb1", "&a=", "0.", "deadbeef", "g",    "+", "(+",
        "+(", "\"", "'",  ",",   "1 ", "12-",          "7.",  ".",  "f",        "~ID~", "_"};
    const char *filler = PICK(state, fillers);
    const size_t many = random_next(state) % 6 == 0 ? 70 : 3;
    for (size_t i = 1 + random_next(state) % many; i > 0; i--) {
        put(piece, filler);
    }
}

size_t text_piece(uint64_t *state, uint8_t out[TEXT_PIECE_MAX])
{
    static void (*const makers[])(uint64_t *, struct piece *) = {
        put_number, put_number, put_number, put_plain_number, put_known,       put_code,
        put_spaced, put_key,    put_shape,  put_private_key,  put_pointed_key, put_words,
        put_words,  put_filler, put_filler, put_filler,
    };
    struct piece piece = {out, 0};
    if (random_next(state) % 3 == 0) {
        put(&piece, PICK(state, signs));
    } else {
        PICK(state, makers)(state, &piece);
    }
    return piece.len;
}

size_t text_random(uint64_t *state, uint8_t *out, size_t cap)
{
    size_t len = 0;
    for (size_t count = 1 + random_next(state) % 8; count > 0; count--) {
        uint8_t piece[TEXT_PIECE_MAX];
        const size_t more = text_piece(state, piece);
        if (more <= cap - len) {
            memcpy(out + len, piece, more);
            len += more;
        }
    }
    if (len > 0 && random_next(state) % 4 == 0) {
        static const char bytes[] = "-. /+()0123456789aAfFgZ_,:=\"'\xff\xe3\x80";
        out[random_next(state) % len] = (uint8_t)bytes[random_next(state) % (sizeof bytes - 1)];
    }
    return len;
}
