/*
 * regex_syntax.c — reads a pattern that PCRE2 has compiled, for two questions: is it made only of
 * what can be bounded, and must every match hold the literal?
 *
 * Only what is known here is possible, so that a construct of a later PCRE2 is refused and not
 * overlooked. The literal must stand in one piece, outside of what may be left out, in each
 * alternative of the pattern or of a group that every match goes through. It may begin before a
 * group and end behind it, where that is there once and has no alternatives.
 */
#include "filters/regex.h"

enum { NESTING_MAX = 32 };

enum token {
    TOKEN_WRONG = 0,
    TOKEN_END,
    TOKEN_BYTE,   /* stands for itself */
    TOKEN_ANY,    /* a class, a point */
    TOKEN_PLACE,  /* \b, ^ and the like: has no length */
    TOKEN_GROUP,  /* what is in it is part of the match */
    TOKEN_LOOK,   /* what is in it is not */
    TOKEN_OPTION, /* (?i) */
    TOKEN_CLOSE,
    TOKEN_BAR,
};

struct reader {
    struct wv_slice text;
    size_t at;
    uint8_t byte;     /* of TOKEN_BYTE */
    bool caseless;    /* i was set somewhere */
    const char *what; /* is wrong */
};

static uint8_t byte_at(const struct reader *reader, size_t at)
{
    return at < reader->text.len ? reader->text.ptr[at] : 0;
}

static bool is_one_of(uint8_t byte, const char *list)
{
    return byte != 0 && strchr(list, byte) != NULL;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
}

static unsigned hex_of(uint8_t byte)
{
    const uint8_t lower = wv_lower(byte);
    return is_digit(byte)                 ? (unsigned)(byte - '0')
           : lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10)
                                          : 16U;
}

static enum token wrong(struct reader *reader, const char *what)
{
    reader->what = what;
    return TOKEN_WRONG;
}

/* Behind a backslash; at: of the letter. */
static enum token read_escape(struct reader *reader, bool in_class)
{
    static const char names[] = "nrtfea";
    static const char bytes[] = "\n\r\t\f\x1b\a";
    const uint8_t letter = byte_at(reader, reader->at);
    const unsigned high = hex_of(byte_at(reader, reader->at + 1));
    const unsigned low = hex_of(byte_at(reader, reader->at + 2));
    reader->byte = letter;
    reader->at++;
    if (letter >= 0x80 || (!is_digit(letter) && !is_letter(letter))) {
        return TOKEN_BYTE;
    }
    if (is_one_of(letter, names)) {
        reader->byte = (uint8_t)bytes[strchr(names, letter) - names];
        return TOKEN_BYTE;
    }
    if (letter == 'x' && high < 16 && low < 16) {
        reader->byte = (uint8_t)(high << 4 | low);
        reader->at += 2;
        return TOKEN_BYTE;
    }
    if (is_one_of(letter, "dDwWsShHvV")) {
        return TOKEN_ANY;
    }
    if (!in_class && is_one_of(letter, "bBAzZ")) {
        return TOKEN_PLACE;
    }
    if (is_digit(letter) || letter == 'g' || letter == 'k') {
        return wrong(reader, "back references are not possible: nothing bounds them");
    }
    return wrong(reader, "this escape is not possible; there are \\d \\w \\s \\h \\v and their "
                         "opposites, \\b \\B \\A \\z \\Z, \\n \\r \\t \\f \\e \\a and \\xHH");
}

/* Behind [; a class of one byte stands for it. */
static enum token read_class(struct reader *reader)
{
    const bool negated = byte_at(reader, reader->at) == '^';
    size_t members = negated ? 2 : 0;
    uint8_t only = 0;
    reader->at += negated;
    for (bool first = true; first || byte_at(reader, reader->at) != ']'; first = false) {
        if (reader->at >= reader->text.len) {
            return wrong(reader, "a class is not closed");
        }
        const uint8_t byte = byte_at(reader, reader->at++);
        only = byte;
        members++;
        if (byte == '\\') {
            const enum token token = read_escape(reader, true);
            if (token == TOKEN_WRONG) {
                return token;
            }
            members += token == TOKEN_ANY;
            only = reader->byte;
        } else if (byte == '[' && is_one_of(byte_at(reader, reader->at), ":.=")) {
            /* [:alpha:] has a class of its own in it; PCRE2 knows its name. */
            const uint8_t mark = byte_at(reader, reader->at);
            size_t end = reader->at + 1;
            while (end < reader->text.len && byte_at(reader, end) != ']') {
                end++;
            }
            if (byte_at(reader, end - 1) == mark && end > reader->at + 1) {
                reader->at = end + 1;
                members++;
            }
        }
    }
    reader->at++;
    reader->byte = only;
    return members == 1 ? TOKEN_BYTE : TOKEN_ANY;
}

/* Behind "(?": the letters of options, and what ends them. */
static enum token read_options(struct reader *reader)
{
    bool off = false;
    for (;; reader->at++) {
        const uint8_t byte = byte_at(reader, reader->at);
        if (byte == ')' || byte == ':') {
            reader->at++;
            return byte == ')' ? TOKEN_OPTION : TOKEN_GROUP;
        }
        if (!is_one_of(byte, "ims-")) {
            return wrong(reader, "this kind of group is not possible; there are ( (?: (?> (?= (?! "
                                 "(?<= (?<! (?<name> and the options i, m and s");
        }
        off = off || byte == '-';
        reader->caseless = reader->caseless || (byte == 'i' && !off);
    }
}

/* Behind an opening bracket. */
static enum token read_group(struct reader *reader)
{
    if (byte_at(reader, reader->at) == '*') {
        return wrong(reader, "verbs, as (*…), are not possible");
    }
    if (byte_at(reader, reader->at) != '?') {
        return TOKEN_GROUP;
    }
    const uint8_t kind = byte_at(reader, ++reader->at);
    const uint8_t next = byte_at(reader, reader->at + 1);
    if (kind == ':' || kind == '>' || kind == '=' || kind == '!') {
        reader->at++;
        return kind == ':' || kind == '>' ? TOKEN_GROUP : TOKEN_LOOK;
    }
    if (kind == '<' && (next == '=' || next == '!')) {
        reader->at += 2;
        return TOKEN_LOOK;
    }
    if (kind == '<' || (kind == 'P' && next == '<')) {
        while (reader->at < reader->text.len && byte_at(reader, reader->at) != '>') {
            reader->at++;
        }
        reader->at++;
        return TOKEN_GROUP;
    }
    if (is_digit(kind) || is_one_of(kind, "R&P+")) {
        return wrong(reader, "recursion and calls of groups are not possible: nothing bounds them");
    }
    return kind == 'C' ? wrong(reader, "callouts are not possible") : read_options(reader);
}

static enum token next_token(struct reader *reader)
{
    if (reader->at >= reader->text.len) {
        return TOKEN_END;
    }
    const uint8_t byte = byte_at(reader, reader->at++);
    reader->byte = byte;
    switch (byte) {
    case '\\':
        return read_escape(reader, false);
    case '[':
        return read_class(reader);
    case '(':
        return read_group(reader);
    case ')':
        return TOKEN_CLOSE;
    case '|':
        return TOKEN_BAR;
    case '.':
        return TOKEN_ANY;
    case '^':
    case '$':
        return TOKEN_PLACE;
    case '{':
        return wrong(reader, "a brace that repeats nothing: write \\{");
    default:
        return TOKEN_BYTE;
    }
}

/* The length of {n}, {n,} or {n,m} at the reader, or 0; *least: n. */
static size_t braces_length(const struct reader *reader, size_t *least)
{
    size_t at = reader->at + 1;
    *least = 0;
    for (; is_digit(byte_at(reader, at)); at++) {
        *least = *least < 1000 ? *least * 10 + (size_t)(byte_at(reader, at) - '0') : *least;
    }
    if (at == reader->at + 1) {
        return 0;
    }
    at += byte_at(reader, at) == ',';
    while (is_digit(byte_at(reader, at))) {
        at++;
    }
    return byte_at(reader, at) == '}' ? at + 1 - reader->at : 0;
}

/* What may follow a token: how often it stands there. */
struct repeat {
    bool repeated;
    bool optional;
};

static struct repeat read_repeat(struct reader *reader)
{
    const uint8_t byte = byte_at(reader, reader->at);
    size_t least = 0;
    const size_t braces = byte == '{' ? braces_length(reader, &least) : 0;
    if (braces == 0 && !is_one_of(byte, "*+?")) {
        return (struct repeat){0};
    }
    reader->at += braces > 0 ? braces : 1;
    const uint8_t mode = byte_at(reader, reader->at);
    reader->at += mode == '?' || mode == '+';
    return (struct repeat){.repeated = true, .optional = braces > 0 ? least == 0 : byte != '+'};
}

/* What is known of an open group, or of the pattern. */
struct level {
    bool consumes; /* part of the match, as are all groups around it */
    bool several;  /* there are alternatives */
    bool all;      /* the alternatives before this one hold the literal */
    bool here;     /* this one does */
};

struct proof {
    struct wv_slice literal;
    bool nocase;
    struct level levels[NESTING_MAX];
    size_t depth;                            /* of the innermost one */
    uint8_t run[2 * WV_PATTERN_LITERAL_MAX]; /* bytes that stand one behind the other … */
    size_t run_len;                          /* … of which these are kept */
};

static void add_byte(struct proof *proof, uint8_t byte)
{
    const size_t len = proof->literal.len;
    if (proof->run_len == sizeof proof->run) {
        proof->run_len = WV_PATTERN_LITERAL_MAX;
        memcpy(proof->run, proof->run + WV_PATTERN_LITERAL_MAX, WV_PATTERN_LITERAL_MAX);
    }
    proof->run[proof->run_len++] = byte;
    if (proof->run_len >= len) {
        const struct wv_slice end = {proof->run + proof->run_len - len, len};
        struct level *level = &proof->levels[proof->depth];
        level->here = level->here || (proof->nocase ? wv_slice_eq_nocase(end, proof->literal)
                                                    : wv_slice_eq(end, proof->literal));
    }
}

static void end_alternative(struct proof *proof)
{
    struct level *level = &proof->levels[proof->depth];
    level->all = level->all && level->here;
    level->here = false;
}

/* A group ends: every match holds what each of its alternatives does. */
static void close_group(struct proof *proof, struct repeat repeat)
{
    end_alternative(proof);
    const struct level inner = proof->levels[proof->depth--];
    struct level *outer = &proof->levels[proof->depth];
    outer->here = outer->here || (inner.consumes && inner.all && !repeat.optional);
    if (inner.several || repeat.repeated || !inner.consumes) {
        proof->run_len = 0;
    }
}

static void take_byte(struct proof *proof, uint8_t byte, struct repeat repeat)
{
    if (repeat.optional) {
        proof->run_len = 0;
        return;
    }
    add_byte(proof, byte);
    if (repeat.repeated) {
        proof->run_len = 0;
        add_byte(proof, byte); /* the last of them, at which something else may go on */
    }
}

/* False: groups stand too deep inside each other, or close what is not open. */
static bool take(struct proof *proof, enum token token, uint8_t byte, struct repeat repeat)
{
    switch (token) {
    case TOKEN_BYTE:
        take_byte(proof, byte, repeat);
        break;
    case TOKEN_ANY:
        proof->run_len = 0;
        break;
    case TOKEN_GROUP:
    case TOKEN_LOOK:
        if (proof->depth + 1 == NESTING_MAX) {
            return false;
        }
        proof->levels[proof->depth + 1] = (struct level){
            .consumes = proof->levels[proof->depth].consumes && token == TOKEN_GROUP, .all = true};
        proof->depth++;
        proof->run_len = token == TOKEN_GROUP ? proof->run_len : 0;
        break;
    case TOKEN_CLOSE:
        if (proof->depth == 0) {
            return false;
        }
        close_group(proof, repeat);
        break;
    case TOKEN_BAR:
        end_alternative(proof);
        proof->levels[proof->depth].several = true;
        proof->run_len = 0;
        break;
    case TOKEN_PLACE:
    case TOKEN_OPTION:
    case TOKEN_END:
    case TOKEN_WRONG:
        break;
    }
    return true;
}

static bool has_letter(struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_letter(text.ptr[i])) {
            return true;
        }
    }
    return false;
}

bool wv_regex_check(struct wv_slice pattern, struct wv_slice literal, bool nocase,
                    struct wv_regex_fault *fault)
{
    struct reader reader = {.text = pattern};
    struct proof proof = {
        .literal = literal, .nocase = nocase, .levels = {{.consumes = true, .all = true}}};
    for (;;) {
        const size_t at = reader.at;
        const enum token token = next_token(&reader);
        const bool may_repeat = token != TOKEN_GROUP && token != TOKEN_LOOK && token != TOKEN_BAR &&
                                token != TOKEN_OPTION;
        const struct repeat repeat = may_repeat ? read_repeat(&reader) : (struct repeat){0};
        if (token == TOKEN_END) {
            break;
        }
        if (token == TOKEN_WRONG || !take(&proof, token, reader.byte, repeat)) {
            *fault = (struct wv_regex_fault){
                .at = at,
                .what = token == TOKEN_WRONG ? reader.what : "groups are nested too deep"};
            return false;
        }
    }
    end_alternative(&proof);
    if (!proof.levels[0].all) {
        *fault = (struct wv_regex_fault){
            .of_literal = true,
            .what = "a match need not hold it: it must stand as it is, outside of what may be left "
                    "out, in every alternative of the pattern"};
        return false;
    }
    if (reader.caseless && !nocase && has_letter(literal)) {
        *fault = (struct wv_regex_fault){
            .of_literal = true,
            .what = "the pattern ignores case and the literal does not: add \"literal_nocase\": "
                    "true"};
        return false;
    }
    return true;
}
