/*
 * naive_agent.c — user agents as the usual libraries read them: a list of patterns, tried one after
 * another until one matches.
 *
 * The list is the product's (filters/agents.def), the family that wins over others first, so that
 * the first match is the answer.
 */
#include "bench/naive.h"

#include "filters/agents.h"

#include <stdlib.h>

enum { PATTERN_MAX = 1024, SUM_MAX = 8 * 1024, NO_VERSION = -1 };

#define BEFORE "(?<![\\w-])"
#define AFTER  "(?!\\w|-(?![0-9]))"

static naive_pattern *compile_word(const char *before, const char *token, const char *after)
{
    char text[PATTERN_MAX];
    const int len = snprintf(text, sizeof text, "(?i)%s%s%s", before, token, after);
    wv_ensure(len > 0 && (size_t)len < sizeof text);
    return naive_compile(text);
}

/* A program has a version behind it, or names itself so that nothing else can be meant. */
static naive_pattern *compile_family(const struct wv_agent_word *word)
{
    return word->bare
               ? compile_word(BEFORE, word->token, AFTER "(?:[/ :-]v?([0-9]{1,4})(?![0-9]))?")
               : compile_word("(?<![\\w./-])", word->token,
                              "(?|/(?:v?([0-9]{1,4})(?![0-9]))?| v?([0-9]{1,4})(?![0-9]))");
}

static bool is_family(const struct wv_agent_word *word)
{
    return word->kind >= WV_AGENT_BROWSER && word->kind <= WV_AGENT_SCANNER;
}

/* Higher priorities first, equals in the order of the list. */
static int compare_words(const void *a, const void *b)
{
    const struct naive_agent_pattern *first = a;
    const struct naive_agent_pattern *second = b;
    const int one = wv_agent_at(first->word)->priority;
    const int two = wv_agent_at(second->word)->priority;
    return one != two ? two - one : (first->word > second->word) - (first->word < second->word);
}

/* One pattern for all words that a question is about. */
static naive_pattern *compile_any(unsigned device, unsigned fact)
{
    char text[SUM_MAX];
    struct wv_buf buf = wv_buf_of((uint8_t *)text, sizeof text);
    bool first = true;
    wv_buf_put(&buf, WV_LIT("(?i)" BEFORE "(?:"));
    for (size_t i = 0; i < wv_agent_count(); i++) {
        const struct wv_agent_word *word = wv_agent_at(i);
        if (fact != 0 ? (word->fact & fact) != 0 : word->device == device) {
            wv_buf_put(&buf, first ? (struct wv_slice){0} : WV_LIT("|"));
            wv_buf_put(&buf, wv_slice_of(word->token));
            first = false;
        }
    }
    wv_buf_put(&buf, WV_LIT(")" AFTER));
    wv_buf_byte(&buf, '\0');
    wv_ensure(!buf.overflowed && !first);
    return naive_compile(text);
}

static void open_questions(struct naive_agents *agents)
{
    for (unsigned i = WV_AGENT_DEVICE_DESKTOP; i <= WV_AGENT_DEVICE_TV; i++) {
        agents->devices[i] = compile_any(i, 0);
    }
    agents->attack = compile_any(0, WV_AGENT_SAYS_ATTACK);
    for (unsigned i = 0; i < WV_COUNT(agents->sql_core); i++) {
        agents->sql_core[i] = compile_any(0, (unsigned)WV_AGENT_SAYS_SQL_SELECT << i);
    }
    agents->sql_quoted = compile_any(0, WV_AGENT_SAYS_SQL_QUOTED);
    agents->mobile = compile_any(0, WV_AGENT_SAYS_MOBILE);
    agents->webview = compile_any(0, WV_AGENT_SAYS_WEBVIEW);
    agents->version = compile_word(BEFORE, "version", "[/ :-]v?([0-9]{1,4})(?![0-9])");
    agents->revision = compile_word(BEFORE, "rv", "[/ :-]v?([0-9]{1,4})(?![0-9])");
    agents->crawler =
        naive_compile("(?i)" BEFORE "(?!cubot\\b)[\\w-]*(?:bot|spider|crawler)(?=[/);]|\\z)");
    /* What no agent's name holds: shell, templates, markup, controls. */
    agents->syntax = naive_compile("[\\x00-\\x1f\\x7f<`]|\\$[{(]|%\\{|\\{[{%]|\\(\\) ?\\{|"
                                   "\\.\\.[/\\\\]|\\|\\||%(?:2[247]|0|3[cCeE])");
}

void naive_agents_open(struct naive *naive)
{
    struct naive_agents *agents = &naive->agents;
    for (size_t i = 0; i < wv_agent_count(); i++) {
        const struct wv_agent_word *word = wv_agent_at(i);
        wv_ensure(agents->family_count < NAIVE_AGENTS_MAX);
        if (is_family(word)) {
            agents->families[agents->family_count++] =
                (struct naive_agent_pattern){compile_family(word), i};
        } else if (word->kind == WV_AGENT_SYSTEM) {
            agents->systems[agents->system_count++] = (struct naive_agent_pattern){
                compile_word(BEFORE, word->token, AFTER "(?:[/ :-]v?([0-9]{1,4})(?![0-9]))?"), i};
        }
    }
    qsort(agents->families, agents->family_count, sizeof agents->families[0], compare_words);
    qsort(agents->systems, agents->system_count, sizeof agents->systems[0], compare_words);
    open_questions(agents);
}

void naive_agents_close(struct naive *naive)
{
    struct naive_agents *agents = &naive->agents;
    for (size_t i = 0; i < agents->family_count; i++) {
        pcre2_code_free(agents->families[i].code);
    }
    for (size_t i = 0; i < agents->system_count; i++) {
        pcre2_code_free(agents->systems[i].code);
    }
    for (size_t i = 0; i < WV_COUNT(agents->devices); i++) {
        pcre2_code_free(agents->devices[i]);
    }
    for (size_t i = 0; i < WV_COUNT(agents->sql_core); i++) {
        pcre2_code_free(agents->sql_core[i]);
    }
    naive_pattern *const rest[] = {agents->attack,  agents->sql_quoted, agents->mobile,
                                   agents->webview, agents->version,    agents->revision,
                                   agents->crawler, agents->syntax};
    for (size_t i = 0; i < WV_COUNT(rest); i++) {
        pcre2_code_free(rest[i]);
    }
}

/* The number in the first group of the match that was found last; NO_VERSION: there is none. */
static int matched_version(const struct naive *naive, struct wv_slice text)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(naive->match);
    int number = 0;
    if (at[2] == PCRE2_UNSET || at[2] == at[3]) {
        return NO_VERSION;
    }
    for (size_t i = at[2]; i < at[3]; i++) {
        number = number * 10 + (text.ptr[i] - '0');
    }
    return number;
}

static int version_of(struct naive *naive, const naive_pattern *pattern, struct wv_slice text)
{
    return naive_matches(naive, pattern, text) ? matched_version(naive, text) : NO_VERSION;
}

/* The first pattern that matches; NULL: none. */
static const struct naive_agent_pattern *first_match(struct naive *naive,
                                                     const struct naive_agent_pattern *patterns,
                                                     size_t count, struct wv_slice text)
{
    for (size_t i = 0; i < count; i++) {
        if (naive_matches(naive, patterns[i].code, text)) {
            return &patterns[i];
        }
    }
    return NULL;
}

static bool is_attack(struct naive *naive, struct wv_slice text)
{
    const struct naive_agents *agents = &naive->agents;
    const bool quote =
        memchr(text.ptr, '"', text.len) != NULL || memchr(text.ptr, '\'', text.len) != NULL;
    size_t core = 0;
    for (size_t i = 0; i < WV_COUNT(agents->sql_core); i++) {
        core += naive_matches(naive, agents->sql_core[i], text);
    }
    return naive_matches(naive, agents->syntax, text) ||
           naive_matches(naive, agents->attack, text) || core > 1 ||
           (quote && (core > 0 || naive_matches(naive, agents->sql_quoted, text)));
}

struct agent {
    const struct wv_agent_word *family;
    const struct wv_agent_word *system;
    int family_version;
    int system_version;
    unsigned device;
    bool mobile;
    bool android;
};

static void look(struct naive *naive, struct wv_slice text, struct agent *agent)
{
    const struct naive_agents *agents = &naive->agents;
    *agent = (struct agent){.family_version = NO_VERSION, .system_version = NO_VERSION};
    const struct naive_agent_pattern *found =
        first_match(naive, agents->families, agents->family_count, text);
    if (found != NULL) {
        agent->family = wv_agent_at(found->word);
        agent->family_version = matched_version(naive, text);
        if (agent->family->kind != WV_AGENT_BROWSER) {
            return; /* a program has no system and no device */
        }
    }
    found = first_match(naive, agents->systems, agents->system_count, text);
    if (found != NULL) {
        agent->system = wv_agent_at(found->word);
        agent->system_version = matched_version(naive, text);
        agent->android = strcmp(agent->system->name, "Android") == 0;
    }
    agent->device = WV_AGENT_DEVICE_TV;
    while (agent->device > WV_AGENT_DEVICE_UNKNOWN &&
           !naive_matches(naive, agents->devices[agent->device], text)) {
        agent->device--;
    }
    agent->mobile = naive_matches(naive, agents->mobile, text);
}

static int browser_version(struct naive *naive, struct wv_slice text, const struct agent *agent)
{
    const struct naive_agents *agents = &naive->agents;
    int version = NO_VERSION;
    switch ((enum wv_agent_version)agent->family->version) {
    case WV_AGENT_VERSION_WORD:
        return version_of(naive, agents->version, text);
    case WV_AGENT_VERSION_RV:
        return version_of(naive, agents->revision, text);
    case WV_AGENT_VERSION_ANDROID:
        return agent->android ? agent->system_version : NO_VERSION;
    case WV_AGENT_VERSION_WORD_OR_OWN:
        version = version_of(naive, agents->version, text);
        return version != NO_VERSION ? version : agent->family_version;
    case WV_AGENT_VERSION_OWN:
        break;
    }
    return agent->family_version;
}

static const char *browser_name(struct naive *naive, struct wv_slice text,
                                const struct agent *agent)
{
    if (!agent->mobile || agent->family->mobile == NULL) {
        return agent->family->name;
    }
    return agent->android && naive_matches(naive, naive->agents.webview, text)
               ? "Chrome Mobile WebView"
               : agent->family->mobile;
}

static unsigned device_of(const struct agent *agent)
{
    if (agent->mobile && agent->device < WV_AGENT_DEVICE_MOBILE) {
        return WV_AGENT_DEVICE_MOBILE;
    }
    const bool tablet = agent->device == WV_AGENT_DEVICE_MOBILE && agent->android &&
                        !agent->mobile && agent->family != NULL && agent->family->mobile != NULL;
    return tablet ? WV_AGENT_DEVICE_TABLET : agent->device;
}

static void put(struct wv_buf *out, const char *word, int version)
{
    wv_buf_put(out, wv_slice_of(word));
    if (version != NO_VERSION) {
        wv_buf_byte(out, '/');
        wv_buf_uint(out, (uint64_t)version);
    }
}

static void put_browser(struct naive *naive, struct wv_slice text, const struct agent *agent,
                        struct wv_buf *out)
{
    static const char *const devices[] = {"unknown", "desktop", "mobile",
                                          "tablet",  "console", "tv"};
    /* Android's own browser calls itself Safari. */
    if (agent->family == NULL) {
        put(out, "other", NO_VERSION);
    } else if (agent->android && strcmp(agent->family->name, "Safari") == 0) {
        put(out, "Android", agent->system_version);
    } else {
        put(out, browser_name(naive, text, agent), browser_version(naive, text, agent));
    }
    const unsigned device = device_of(agent);
    if (agent->system == NULL && device == WV_AGENT_DEVICE_UNKNOWN) {
        wv_buf_put(out, WV_LIT(" (unknown)"));
        return;
    }
    wv_buf_put(out, WV_LIT(" ("));
    wv_buf_put(out, wv_slice_of(agent->system == NULL ? "other" : agent->system->name));
    wv_buf_put(out, WV_LIT("; "));
    wv_buf_put(out, wv_slice_of(devices[device]));
    wv_buf_put(out, WV_LIT(")"));
}

enum wv_verdict naive_agent(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    static const char *const programs[] = {
        [WV_AGENT_TOOL] = " (tool)", [WV_AGENT_BOT] = " (bot)", [WV_AGENT_SCANNER] = " (scanner)"};
    struct agent agent;
    if (text.len == 0) {
        wv_buf_put(out, WV_LIT("none"));
        return WV_REPLACED;
    }
    if (is_attack(naive, text)) {
        wv_buf_put(out, WV_LIT("attack (unknown)"));
        return WV_REPLACED;
    }
    look(naive, text, &agent);
    if (agent.family != NULL && agent.family->kind != WV_AGENT_BROWSER) {
        put(out, agent.family->name, agent.family_version);
        wv_buf_put(out, wv_slice_of(programs[agent.family->kind]));
    } else if (naive_matches(naive, naive->agents.crawler, text)) {
        wv_buf_put(out, WV_LIT("other (bot)"));
    } else {
        put_browser(naive, text, &agent, out);
    }
    return WV_REPLACED;
}
