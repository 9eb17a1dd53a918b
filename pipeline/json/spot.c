/* spot.c — a walk over text that is known to be JSON, along a pointer. */
#include "json/spot.h"

static size_t skip_blanks(struct wv_slice text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n' ||
                             text.ptr[at] == '\r')) {
        at++;
    }
    return at;
}

size_t wv_json_skip_string(struct wv_slice text, size_t at)
{
    at++;
    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? at + 1 : text.len;
}

static size_t skip_value(struct wv_slice text, size_t at)
{
    size_t depth = 0;
    while (at < text.len) {
        const uint8_t byte = text.ptr[at];
        if (byte == '"') {
            at = wv_json_skip_string(text, at);
        } else if (byte == '{' || byte == '[') {
            depth++;
            at++;
        } else if (byte == '}' || byte == ']' || byte == ',') {
            if (depth == 0) {
                return at; /* the end of a number or word, which belongs to what is around it */
            }
            depth -= byte == ',' ? 0 : 1;
            at++;
        } else {
            at++;
            continue;
        }
        if (depth == 0) {
            return at;
        }
    }
    return at;
}

/* The bytes of a string's content, one by one, without its escapes. */
struct letters {
    struct wv_slice text;
    size_t at;
    uint8_t pending[4]; /* what is left of an escaped character, in UTF-8 */
    size_t pending_at;
    size_t pending_end;
};

static uint32_t read_hex(struct wv_slice text, size_t at)
{
    uint32_t number = 0;
    for (size_t i = at; i < at + 4 && i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const uint32_t digit = byte <= '9' ? byte - (uint32_t)'0' : (byte | 0x20u) - 'a' + 10u;
        number = number * 16 + (digit & 15);
    }
    return number;
}

static void spell_utf8(struct letters *letters, uint32_t point)
{
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = count; i-- > 1;) {
        letters->pending[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    letters->pending[0] = (uint8_t)(count == 1 ? point : heads[count] | point);
    letters->pending_at = 0;
    letters->pending_end = count;
}

/* Behind "\u". Jansson has refused lone surrogates already. */
static void read_escaped_point(struct letters *letters)
{
    uint32_t point = read_hex(letters->text, letters->at);
    letters->at += 4;
    if (point >= 0xd800 && point < 0xdc00) {
        const uint32_t low = read_hex(letters->text, letters->at + 2);
        letters->at += 6;
        point = 0x10000 + ((point - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
    }
    spell_utf8(letters, point);
}

/* The next byte; -1 at the closing quote. */
static int next_letter(struct letters *letters)
{
    if (letters->pending_at < letters->pending_end) {
        return letters->pending[letters->pending_at++];
    }
    if (letters->at >= letters->text.len || letters->text.ptr[letters->at] == '"') {
        return -1;
    }
    const uint8_t byte = letters->text.ptr[letters->at++];
    if (byte != '\\' || letters->at >= letters->text.len) {
        return byte;
    }
    const uint8_t letter = letters->text.ptr[letters->at++];
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        read_escaped_point(letters);
        return letters->pending[letters->pending_at++];
    default:
        return letter;
    }
}

/* The next byte of a pointer's segment; -1 at its end. */
static int next_of_segment(const char **pointer)
{
    const char byte = **pointer;
    if (byte == '\0' || byte == '/') {
        return -1;
    }
    (*pointer)++;
    if (byte == '~' && (**pointer == '0' || **pointer == '1')) {
        return *(*pointer)++ == '0' ? '~' : '/';
    }
    return (uint8_t)byte;
}

/* Whether the member name whose opening quote is at `at` is the pointer's segment. */
static bool is_segment(struct wv_slice text, size_t at, const char *segment)
{
    struct letters letters = {.text = text, .at = at + 1};
    int a;
    int b;
    do {
        a = next_letter(&letters);
        b = next_of_segment(&segment);
    } while (a == b && a >= 0);
    return a == b;
}

/* SIZE_MAX: the segment is no index. */
static size_t element_index(const char *segment)
{
    size_t index = 0;
    const size_t digits = strspn(segment, "0123456789");
    if (digits == 0 || digits > 9 || (segment[digits] != '/' && segment[digits] != '\0')) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < digits; i++) {
        index = index * 10 + (size_t)(segment[i] - '0');
    }
    return index;
}

/* Looks in the container at `at` for what the segment names. */
static bool step_into(struct wv_slice text, size_t at, const char *segment, struct wv_spot *out)
{
    const bool is_object = at < text.len && text.ptr[at] == '{';
    if (!is_object && (at >= text.len || text.ptr[at] != '[')) {
        return false;
    }
    const size_t wanted = is_object ? 0 : element_index(segment);
    at = skip_blanks(text, at + 1);
    for (size_t i = 0; at < text.len && text.ptr[at] != '}' && text.ptr[at] != ']'; i++) {
        const size_t name = at;
        if (is_object) {
            at = skip_blanks(text, wv_json_skip_string(text, at));
            at = skip_blanks(text, at + 1); /* the colon */
        }
        if (is_object ? is_segment(text, name, segment) : i == wanted) {
            *out = (struct wv_spot){name, at};
            return true;
        }
        at = skip_blanks(text, skip_value(text, at));
        if (at < text.len && text.ptr[at] == ',') {
            at = skip_blanks(text, at + 1);
        }
    }
    return false;
}

struct wv_spot wv_spot_find(struct wv_slice text, const char *pointer)
{
    const size_t root = skip_blanks(text, 0);
    struct wv_spot spot = {root, root};
    while (*pointer == '/') {
        pointer++;
        if (!step_into(text, spot.value, pointer, &spot)) {
            break;
        }
        pointer += strcspn(pointer, "/");
    }
    return spot;
}

void wv_spot_place(struct wv_slice text, size_t at, struct wv_finding *where)
{
    where->line = 1;
    where->column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        where->column++;
        if (text.ptr[i] == '\n') {
            where->line++;
            where->column = 1;
        }
    }
}
