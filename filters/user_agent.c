/*
 * user_agent — family, major version, system and kind of device of a user agent, nothing else.
 *
 *     Chrome/131 (Windows; desktop)       a browser; "Chrome (Windows; desktop)" without version
 *     Googlebot/2 (bot)  curl/8 (tool)    what is no browser has no system and no device
 *     sqlmap/1 (scanner)
 *     other (Linux; desktop)              a family that the table does not know
 *     other (bot)  other (unknown)        a crawler by its name's ending; nothing known at all
 *     attack (unknown)                    text that is an attack and no agent: no word of it is
 * told none                                empty or "-"
 *
 * Builds, models, languages, app ids and whatever somebody appended (`okhttp/4 user=…`) are never
 * passed on: only words of agents.def and up to four digits leave.
 */
#include "filters/agents.h"
#include "filters/filter.h"

enum { NO_VERSION = 10000 };

/* What was found in one pass. */
struct seen {
    const struct wv_agent_word *family;
    const struct wv_agent_word *system;
    uint32_t family_version; /* behind its own word */
    uint32_t system_version;
    uint32_t said_version;  /* behind "Version/" */
    uint32_t said_revision; /* behind "rv:" */
    unsigned facts;         /* enum wv_agent_fact */
    uint8_t device;
    bool quote;
    bool crawler; /* a word ends like the name of a crawler */
    bool attack;
};

enum { BYTE_OTHER = 0, BYTE_SUSPICIOUS = 1 };

/* Of a byte that makes words (letters, digits, hyphen, underscore) its lower case, which is neither
 * of the two kinds above. The suspicious ones need a closer look. */
static uint8_t kind_of(uint8_t byte)
{
    static const uint8_t kinds[256] = {
        [0x00] = 1,  [0x01] = 1,  [0x02] = 1,  [0x03] = 1,  [0x04] = 1,  [0x05] = 1,  [0x06] = 1,
        [0x07] = 1,  [0x08] = 1,  [0x09] = 1,  [0x0a] = 1,  [0x0b] = 1,  [0x0c] = 1,  [0x0d] = 1,
        [0x0e] = 1,  [0x0f] = 1,  [0x10] = 1,  [0x11] = 1,  [0x12] = 1,  [0x13] = 1,  [0x14] = 1,
        [0x15] = 1,  [0x16] = 1,  [0x17] = 1,  [0x18] = 1,  [0x19] = 1,  [0x1a] = 1,  [0x1b] = 1,
        [0x1c] = 1,  [0x1d] = 1,  [0x1e] = 1,  [0x1f] = 1,  [0x7f] = 1,  ['$'] = 1,   ['%'] = 1,
        ['{'] = 1,   ['('] = 1,   ['.'] = 1,   ['<'] = 1,   ['`'] = 1,   ['|'] = 1,   ['"'] = 1,
        ['\''] = 1,  ['-'] = '-', ['_'] = '_', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
        ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a',
        ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h',
        ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
        ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v',
        ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c',
        ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
        ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q',
        ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
        ['y'] = 'y', ['z'] = 'z',
    };
    return kinds[byte];
}

static bool is_word(uint8_t kind)
{
    return kind > BYTE_SUSPICIOUS;
}

static uint8_t at(struct wv_slice text, size_t index)
{
    return index < text.len ? text.ptr[index] : 0;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* "() {" of Shellshock, with or without the blank. */
static bool is_shell_function(struct wv_slice text, size_t i)
{
    return at(text, i + 1) == ')' &&
           (at(text, i + 2) == '{' || (at(text, i + 2) == ' ' && at(text, i + 3) == '{'));
}

/* A percent-encoded byte that no product name has: `<`, `>`, quotes, `$`, controls. */
static bool is_encoded_syntax(struct wv_slice text, size_t i)
{
    const uint8_t high = at(text, i + 1);
    const uint8_t low = wv_lower(at(text, i + 2));
    if (high == '2') {
        return low == '2' || low == '4' || low == '7';
    }
    return high == '0' || (high == '3' && (low == 'c' || low == 'e'));
}

/* Whether the suspicious byte at i begins something that no agent's name holds. */
static bool begins_attack(struct wv_slice text, size_t i)
{
    const uint8_t next = at(text, i + 1);
    switch (text.ptr[i]) {
    case '$':
        return next == '{' || next == '(';
    case '%':
        return next == '{' || is_encoded_syntax(text, i);
    case '{':
        return next == '{' || next == '%';
    case '(':
        return is_shell_function(text, i);
    case '.':
        return next == '.' && (at(text, i + 2) == '/' || at(text, i + 2) == '\\');
    case '|':
        return next == '|';
    case '"':
    case '\'':
        return false;
    default:
        return true; /* `<`, a backquote, a control byte */
    }
}

/* The number behind a separator at i, of at most four digits; NO_VERSION where there is none. */
static uint32_t version_at(struct wv_slice text, size_t i)
{
    const uint8_t separator = at(text, i);
    if (separator != '/' && separator != ' ' && separator != ':' && separator != '-') {
        return NO_VERSION;
    }
    i += wv_lower(at(text, i + 1)) == 'v' ? 2 : 1;
    uint32_t number = 0;
    size_t digits = 0;
    for (; digits <= 4 && is_digit(at(text, i + digits)); digits++) {
        number = number * 10 + (uint32_t)(text.ptr[i + digits] - '0');
    }
    return digits == 0 || digits > 4 ? NO_VERSION : number;
}

static bool ends_with(struct wv_slice word, struct wv_slice ending)
{
    return word.len >= ending.len &&
           wv_slice_eq_nocase(wv_slice_sub(word, word.len - ending.len, word.len), ending);
}

static bool is_crawler_name(struct wv_slice word, uint8_t next)
{
    const uint8_t last = wv_lower(word.ptr[word.len - 1]);
    return (last == 't' || last == 'r') &&
           (next == '/' || next == ')' || next == ';' || next == 0) &&
           (ends_with(word, WV_LIT("bot")) || ends_with(word, WV_LIT("spider")) ||
            ends_with(word, WV_LIT("crawler")));
}

/* Whether the word stands as a program and not as a part of an address ("index.php/…"). */
static bool names_program(const struct wv_agent_word *word, uint8_t before, uint8_t next,
                          uint32_t version)
{
    const bool in_address = before == '.' || before == '/';
    return word->bare || (!in_address && (next == '/' || (next == ' ' && version != NO_VERSION)));
}

static void see_family(struct seen *seen, const struct wv_agent_word *word, uint32_t version)
{
    if (seen->family == NULL || word->priority > seen->family->priority) {
        seen->family = word;
        seen->family_version = version;
    } else if (word->name == seen->family->name && seen->family_version == NO_VERSION) {
        seen->family_version = version;
    }
}

static void see_word(struct seen *seen, struct wv_slice text, size_t from, size_t to, uint32_t hash)
{
    const struct wv_slice spelled = wv_slice_sub(text, from, to);
    const uint8_t next = at(text, to);
    const struct wv_agent_word *word = wv_agent_find(spelled, hash);
    if (word == NULL) {
        seen->crawler = seen->crawler || is_crawler_name(spelled, next);
        return;
    }
    const uint32_t version = version_at(text, to);
    switch ((enum wv_agent_kind)word->kind) {
    case WV_AGENT_BROWSER:
    case WV_AGENT_TOOL:
    case WV_AGENT_BOT:
    case WV_AGENT_SCANNER:
        if (names_program(word, from == 0 ? 0 : text.ptr[from - 1], next, version)) {
            see_family(seen, word, version);
        }
        break;
    case WV_AGENT_SYSTEM:
        if (seen->system == NULL || word->priority > seen->system->priority) {
            seen->system = word;
            seen->system_version = version;
        }
        break;
    case WV_AGENT_SAYS:
        seen->facts |= word->fact;
        seen->said_version = word->fact == WV_AGENT_SAYS_VERSION ? version : seen->said_version;
        seen->said_revision = word->fact == WV_AGENT_SAYS_REVISION ? version : seen->said_revision;
        break;
    case WV_AGENT_DEVICE:
    case WV_AGENT_NONE:
        break;
    }
    seen->device = word->device > seen->device ? word->device : seen->device;
}

static bool adds_up_to_attack(const struct seen *seen)
{
    const unsigned core = seen->facts & (WV_AGENT_SAYS_SQL_SELECT | WV_AGENT_SAYS_SQL_UNION |
                                         WV_AGENT_SAYS_SQL_SLEEP | WV_AGENT_SAYS_SQL_CONCAT);
    const bool quoted = core != 0 || (seen->facts & WV_AGENT_SAYS_SQL_QUOTED) != 0;
    const bool several = (core & (core - 1)) != 0;
    return seen->attack || (seen->facts & WV_AGENT_SAYS_ATTACK) != 0 || several ||
           (seen->quote && quoted);
}

/* The end of the word at i, and its hash. A hyphen before a digit ends a word: "DirBuster-1.0". */
static size_t end_of_word(struct wv_slice text, size_t i, uint32_t *hash)
{
    uint32_t sum = WV_AGENT_HASH_EMPTY;
    uint8_t kind = kind_of(text.ptr[i]);
    do {
        sum = wv_agent_hash(sum, kind);
        i++;
        kind = i < text.len ? kind_of(text.ptr[i]) : BYTE_OTHER;
    } while (is_word(kind) && !(kind == '-' && is_digit(at(text, i + 1))));
    *hash = sum;
    return i;
}

/* The end of the digits at i where they are a whole word, otherwise i. About half of all words are
 * parts of versions; no number is in the table or ends like the name of a crawler. */
static size_t end_of_number(struct wv_slice text, size_t i)
{
    size_t end = i;
    while (end < text.len && is_digit(text.ptr[end])) {
        end++;
    }
    const uint8_t next = at(text, end);
    const bool goes_on =
        end < text.len && is_word(kind_of(next)) && !(next == '-' && is_digit(at(text, end + 1)));
    return goes_on ? i : end;
}

static void look(struct wv_slice text, struct seen *seen)
{
    *seen = (struct seen){.family_version = NO_VERSION,
                          .system_version = NO_VERSION,
                          .said_version = NO_VERSION,
                          .said_revision = NO_VERSION};
    for (size_t i = 0; i < text.len && !seen->attack;) {
        const uint8_t kind = kind_of(text.ptr[i]);
        if (is_word(kind)) {
            const size_t from = i;
            i = is_digit(kind) ? end_of_number(text, from) : from;
            if (i == from) {
                uint32_t hash;
                i = end_of_word(text, from, &hash);
                see_word(seen, text, from, i, hash);
            }
            continue;
        }
        if (kind == BYTE_SUSPICIOUS) {
            seen->quote = seen->quote || text.ptr[i] == '"' || text.ptr[i] == '\'';
            seen->attack = begins_attack(text, i);
        }
        i++;
    }
    seen->attack = adds_up_to_attack(seen);
}

static bool on_android(const struct seen *seen)
{
    return seen->system != NULL && strcmp(seen->system->name, "Android") == 0;
}

/* Android's own browser calls itself Safari. */
static bool is_stock_browser(const struct seen *seen)
{
    return on_android(seen) && strcmp(seen->family->name, "Safari") == 0;
}

static const char *family_name(const struct seen *seen)
{
    if (is_stock_browser(seen)) {
        return "Android";
    }
    const bool mobile = (seen->facts & WV_AGENT_SAYS_MOBILE) != 0 && seen->family->mobile != NULL;
    if (mobile && (seen->facts & WV_AGENT_SAYS_WEBVIEW) != 0 && on_android(seen)) {
        return "Chrome Mobile WebView";
    }
    return mobile ? seen->family->mobile : seen->family->name;
}

static uint32_t family_version(const struct seen *seen)
{
    if (is_stock_browser(seen)) {
        return seen->system_version;
    }
    switch ((enum wv_agent_version)seen->family->version) {
    case WV_AGENT_VERSION_WORD:
        return seen->said_version;
    case WV_AGENT_VERSION_RV:
        return seen->said_revision;
    case WV_AGENT_VERSION_ANDROID:
        return on_android(seen) ? seen->system_version : NO_VERSION;
    case WV_AGENT_VERSION_WORD_OR_OWN:
        return seen->said_version != NO_VERSION ? seen->said_version : seen->family_version;
    case WV_AGENT_VERSION_OWN:
        break;
    }
    return seen->family_version;
}

/* A browser on Android that does not say "Mobile" runs on a tablet; other programs never say it. */
static uint8_t device_of(const struct seen *seen)
{
    if ((seen->facts & WV_AGENT_SAYS_MOBILE) != 0 && seen->device < WV_AGENT_DEVICE_MOBILE) {
        return WV_AGENT_DEVICE_MOBILE;
    }
    const bool tablet = seen->device == WV_AGENT_DEVICE_MOBILE && on_android(seen) &&
                        (seen->facts & WV_AGENT_SAYS_MOBILE) == 0 && seen->family != NULL &&
                        seen->family->mobile != NULL;
    return tablet ? WV_AGENT_DEVICE_TABLET : seen->device;
}

/* The answer is put together in plain memory and written at once: writing into a record looks for
 * what must be escaped, and half a dozen short words would pay for that half a dozen times. */
enum { ANSWER_MAX = 128 };

static void put_word(struct wv_buf *answer, const char *word)
{
    wv_buf_put(answer, wv_slice_of(word));
}

static void put_version(struct wv_buf *answer, uint32_t version)
{
    if (version != NO_VERSION) {
        wv_buf_byte(answer, '/');
        wv_buf_uint(answer, version);
    }
}

/* " (Windows; desktop)" */
static void put_machine(const struct seen *seen, struct wv_buf *answer)
{
    static const char *const devices[] = {"unknown", "desktop", "mobile",
                                          "tablet",  "console", "tv"};
    const uint8_t device = device_of(seen);
    if (seen->system == NULL && device == WV_AGENT_DEVICE_UNKNOWN) {
        put_word(answer, " (unknown)");
        return;
    }
    put_word(answer, " (");
    put_word(answer, seen->system == NULL ? "other" : seen->system->name);
    put_word(answer, "; ");
    put_word(answer, devices[device]);
    put_word(answer, ")");
}

static const char *program_word(enum wv_agent_kind kind)
{
    switch (kind) {
    case WV_AGENT_TOOL:
        return " (tool)";
    case WV_AGENT_BOT:
        return " (bot)";
    case WV_AGENT_SCANNER:
        return " (scanner)";
    case WV_AGENT_NONE:
    case WV_AGENT_BROWSER:
    case WV_AGENT_SYSTEM:
    case WV_AGENT_DEVICE:
    case WV_AGENT_SAYS:
        break;
    }
    return NULL;
}

struct settings {
    bool version;
};

static void put_agent(const struct seen *seen, bool version, struct wv_buf *answer)
{
    const struct wv_agent_word *family = seen->family;
    const char *program = family == NULL ? NULL : program_word((enum wv_agent_kind)family->kind);
    if (program == NULL && seen->crawler) {
        put_word(answer, "other (bot)");
        return;
    }
    put_word(answer, family == NULL ? "other" : family_name(seen));
    put_version(answer, family != NULL && version ? family_version(seen) : NO_VERSION);
    if (program != NULL) {
        put_word(answer, program);
        return;
    }
    put_machine(seen, answer);
}

static bool prepare(void *settings, const struct wv_loading *loading)
{
    (void)settings;
    (void)loading;
    wv_agents_ready();
    return true;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)context;
    const struct settings *set = settings;
    if (value->text.len == 0 || wv_slice_eq(value->text, WV_LIT("-"))) {
        wv_out_put(out, WV_LIT("none"));
        return WV_REPLACED;
    }
    struct seen seen;
    look(value->text, &seen);
    if (seen.attack) {
        wv_out_put(out, WV_LIT("attack (unknown)"));
        return WV_REPLACED;
    }
    uint8_t mem[ANSWER_MAX];
    struct wv_buf answer = wv_buf_of(mem, sizeof mem);
    put_agent(&seen, set->version, &answer);
    struct wv_slice text;
    if (!wv_buf_take(&answer, &text)) {
        return WV_FAILED;
    }
    wv_out_put(out, text);
    return WV_REPLACED;
}

static const struct wv_option options[] = {
    {.name = "version",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct settings, version),
     .fallback = true,
     .stricter = WV_STRICTER_LOWER,
     .help = "write the major version behind the family"},
};

const struct wv_filter wv_filter_user_agent = {
    .name = "user_agent",
    .summary = "Keeps family, major version, system and kind of device of a user agent",
    .residue = WV_RESIDUE_CLOSED,
    .steady = true,
    .rank = 30,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
