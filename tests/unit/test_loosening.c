/*
 * At stake: a change that shows more than before and is not noticed needs nobody's signature. So
 * each thing that can be loosened is loosened once, alone, and must be found with the words by
 * which an operator knows it; and packs that are made up are loosened and tightened in one entry,
 * because no list of examples is complete. What is only stricter must not be called looser, or
 * people would learn to sign without looking.
 */
#include "plan/loosening.h"
#include "support/engine.h"
#include "support/random.h"

enum { FILES_MAX = 3, TEXT_MAX = 16384, RUNS = 12 };

struct side {
    const char *config;
    struct engine_file files[FILES_MAX];
};

static struct wv_plan *plan_of(const struct side *side)
{
    struct wv_report *report = wv_report_new();
    size_t count = 0;
    while (count < FILES_MAX && side->files[count].name != NULL) {
        count++;
    }
    struct wv_plan *plan = engine_plan(side->config, side->files, count, report);
    if (plan == NULL) {
        wv_report_print(report, stderr);
    }
    ck_assert_ptr_nonnull(plan);
    wv_report_free(report);
    return plan;
}

/* How much is looser; the words in *text, for free(). was NULL: the built-in packs. */
static size_t compare_plans(const struct wv_plan *was, const struct wv_plan *is, char **text)
{
    struct wv_report *report = wv_report_new();
    const size_t found = wv_plan_loosened(was, is, report);
    const size_t told = found > WV_LOOSER_SHOWN ? WV_LOOSER_SHOWN + 1 : found;
    ck_assert_uint_eq(wv_report_count(report), told);
    ck_assert_uint_eq(wv_report_errors(report), 0);
    *text = findings_text(report);
    wv_report_free(report);
    return found;
}

static size_t compare(const struct side *before, const struct side *after, char **text)
{
    struct wv_plan *was = plan_of(before);
    struct wv_plan *is = plan_of(after);
    const size_t found = compare_plans(was, is, text);
    wv_plan_free(was);
    wv_plan_free(is);
    return found;
}

/* ---- One thing each -------------------------------------------------------------------------- */

#define TENANT_EU "{\"name\":\"acme\",\"region\":\"eu\"}"
#define IN(members, tenant)                                                                        \
    "\"inputs\":[{\"topic\":\"raw\",\"format\":\"aws-waf\",\"tenant\":" tenant members "}]"
#define OUT(members)                                                                               \
    ",\"outputs\":[{\"name\":\"soc\",\"topic\":\"soc\",\"purpose\":\"security\"" members "}]"
#define PLAIN                "{" IN("", TENANT_EU) OUT("") "}"
#define OUTS(members)        "{" IN("", TENANT_EU) OUT(members) "}"
#define INS(members, tenant) "{" IN(members, tenant) OUT("") "}"
#define MORE(members)        "{" IN("", TENANT_EU) OUT("") "," members "}"
#define PACKS(members)       MORE("\"packs\":{" members "}")
#define OWN                  PACKS("\"files\":[\"p.json\"]")
#define P(rules)                                                                                   \
    {                                                                                              \
        "p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"rules\":{" rules "}}"                      \
    }
#define QUERY(rule) "\"query\":" rule
#define TABLE       "{\"from\":\"webacl\",\"table\":\"t.json\"}"
#define T(text)                                                                                    \
    {                                                                                              \
        "t.json", "{\"arn:a\":{\"tenant\":\"acme\"" text "}}"                                      \
    }
#define SEES(kind, country, more)                                                                  \
    "{" IN("", TENANT_EU) OUT(",\"recipient\":\"x\"") ",\"instance\":{\"country\":\"JP\"},"        \
                                                      "\"recipients\":{\"x\":{\"kind\":\"" kind    \
                                                      "\",\"country\":\"" country "\"" more "}}}"
#define WHEN(condition, rule, last)                                                                \
    "[{\"value\":[" rule "],\"when\":" condition "},{\"value\":[" last "]}]"

static const struct change {
    struct side before; /* config NULL: a start */
    struct side after;
    const char *said; /* NULL: nothing */
    const char *back; /* the way back; NULL: nothing */
} changes[] = {
    {{.config = PLAIN}, {.config = PLAIN}, NULL, NULL},
    {{.config = NULL}, {.config = PLAIN}, NULL, NULL},
    /* Rules. */
    {{OWN, {P(QUERY("{\"value\":[\"drop\"]}"))}},
     {OWN, {P(QUERY("{\"value\":[\"keep\"]}"))}},
     "pack \"p\", output \"soc\", class query: was drop; would be keep\n",
     NULL},
    {{OWN,
      {P("\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":16,\"v6_keep\":32}]"
         "}")}},
     {OWN,
      {P("\"client_ip\":{\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,\"v6_keep\":32}]"
         "}")}},
     "was ip_truncate(v4_keep 16, v6_keep 32, networks false); would be ip_truncate(v4_keep 24",
     NULL},
    {{OWN,
      {P(QUERY("{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"a\"]}]}"))}},
     {OWN,
      {P(QUERY(
          "{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"a\",\"b\"]}]}"))}},
     "allow 2)\n",
     NULL},
    {{OWN,
      {P(QUERY(
          "{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"a\",\"b\"]}]}"))}},
     {OWN,
      {P(QUERY(
          "{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"b\",\"a\"]}]}"))}},
     NULL,
     NULL},
    {{OWN,
      {P(QUERY("{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"a\"]}]}"))}},
     {OWN,
      {P(QUERY("{\"value\":[{\"filter\":\"query\",\"values\":\"scrub\",\"allow\":[\"b\"]}]}"))}},
     "allow 1), with other names\n",
     "allow 1), with other names\n"},
    {{OWN, {P(QUERY("{\"value\":[\"drop\"]}"))}},
     {OWN, {P(QUERY("{\"value\":[\"drop\"],\"token\":\"text\"}"))}},
     "was drop; would be drop + token text\n",
     NULL},
    {{OWN, {P(QUERY("{\"value\":[\"drop\"],\"token\":{\"kind\":\"text\",\"days\":1}}"))}},
     {OWN, {P(QUERY("{\"value\":[\"drop\"],\"token\":\"text\"}"))}},
     "was drop + token text for 1 day; would be drop + token text\n",
     NULL},
    {{OWN, {P(QUERY("{\"value\":[\"drop\"],\"token\":\"user\"}"))}},
     {OWN, {P(QUERY("{\"value\":[\"drop\"],\"token\":\"text\"}"))}},
     "would be drop + token text\n",
     "would be drop + token user\n"},
    {{OWN, {P(QUERY("{\"value\":[\"scrub\",\"drop\"]}"))}},
     {OWN, {P(QUERY("{\"value\":[\"drop\"]}"))}},
     NULL,
     NULL},
    {{OWN,
      {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"failure\":\"reject\",\"rules\":{"
                  "\"query\":{\"value\":[\"scrub\"]}}}"}}},
     {OWN,
      {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"failure\":\"remove\",\"rules\":{"
                  "\"query\":{\"value\":[\"scrub\"]}}}"}}},
     " or reject the record; would be scrub",
     NULL},
    {{OWN, {P("\"unlisted\":{\"value\":[\"drop\"]}")}},
     {OWN, {P("\"unlisted\":{\"value\":[\"scrub\"]}")}},
     "class unlisted: was drop; would be scrub",
     NULL},
    /* Conditions. */
    {{OWN, {P(QUERY("{\"value\":[\"drop\"]}"))}},
     {OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\"]}", "\"keep\"", "\"drop\"")))}},
     "was drop; would be keep, where action is BLOCK\n",
     NULL},
    {{OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\"]}", "\"keep\"", "\"drop\"")))}},
     {OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\",\"COUNT\"]}", "\"keep\"", "\"drop\"")))}},
     "would be keep, where action is BLOCK or COUNT\n",
     NULL},
    {{OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\"]}", "\"drop\"", "\"keep\"")))}},
     {OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\",\"COUNT\"]}", "\"drop\"", "\"keep\"")))}},
     NULL,
     "was drop, where action is BLOCK or COUNT; would be keep\n"},
    {{OWN, {P(QUERY(WHEN("{\"action\":[\"BLOCK\"]}", "\"drop\"", "\"keep\"")))}},
     {OWN, {P(QUERY(WHEN("{\"tenant\":[\"acme\"]}", "\"drop\"", "\"keep\"")))}},
     "was drop, where action is BLOCK; would be keep\n",
     "was drop, where tenant is acme; would be keep\n"},
    {{OWN, {P(QUERY(WHEN("{\"action\":[\"A\",\"B\"]}", "\"scrub\"", "\"drop\"")))}},
     {OWN, {P(QUERY(WHEN("{\"action\":[\"B\",\"A\"]}", "\"scrub\"", "\"drop\"")))}},
     NULL,
     NULL},
    /* Versions. */
    {{.config = PLAIN},
     {PACKS("\"files\":[\"eu.json\"]"),
      {{"eu.json", "{\"pack\":\"eu\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":"
                   "\"eu\",\"rules\":{\"query\":{\"value\":[\"keep\"]}}}"}}},
     "pack \"eu\", output \"soc\", class query: was query(values scrub, allow 0); would be keep, "
     "for events from 2027-01-01 on\n",
     NULL},
    {{.config = NULL},
     {PACKS("\"files\":[\"eu.json\"]"),
      {{"eu.json", "{\"pack\":\"eu\",\"version\":\"2\",\"effective\":\"2027-01-01\",\"extends\":"
                   "\"eu\",\"rules\":{\"query\":{\"value\":[\"drop\"]}}}"}}},
     NULL,
     NULL},
    /* A pack of one's own is held against the one that it extends. */
    {{.config = NULL},
     {OWN, {P(QUERY("{\"value\":[\"keep\"]}"))}},
     "pack \"p\", output \"soc\", class query",
     NULL},
    {{.config = NULL}, {OWN, {P(QUERY("{\"value\":[\"drop\"]}"))}}, NULL, NULL},
    /* Detectors. */
    {{OWN, {P("")}},
     {OWN,
      {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"detectors\":{\"email\":\"off\"},"
                  "\"rules\":{}}"}}},
     "pack \"p\", output \"soc\": would not be looked for, or only behind words: email\n",
     NULL},
    {{OWN,
      {{"p.json", "{\"pack\":\"p\",\"extends\":\"eu\",\"detectors\":{\"phone_jp\":\"on\"},"
                  "\"rules\":{}}"}}},
     {OWN, {P("")}},
     "only behind words: phone_jp\n",
     NULL},
    {{.config = MORE(
          "\"detectors\":{\"customer\":{\"pattern\":\"KD-[0-9]{4}\",\"literal\":\"KD-\",\"class\":"
          "\"username\"}}")},
     {.config = PLAIN},
     "detector \"customer\" would not be there any more\n",
     NULL},
    {{.config = MORE("\"detectors\":{\"customer\":{\"pattern\":\"KD-[0-9]{4}\",\"literal\":\"KD-\","
                     "\"action\":\"remove\"}}")},
     {.config =
          MORE("\"detectors\":{\"customer\":{\"pattern\":\"KD-[0-9]{4}\",\"literal\":\"KD-\"}}")},
     "detector \"customer\" would look for something else, or do less with it\n",
     NULL},
    {{.config =
          MORE("\"detectors\":{\"customer\":{\"pattern\":\"KD-[0-9]{4}\",\"literal\":\"KD-\"}}")},
     {.config =
          MORE("\"detectors\":{\"customer\":{\"pattern\":\"KD-[0-9]{5}\",\"literal\":\"KD-\"}}")},
     "would look for something else",
     "would look for something else"},
    /* What leads to a pack. */
    {{.config = PLAIN},
     {.config = PACKS("\"countries\":{\"DE\":\"us\"}")},
     "country DE would fall under pack \"us\"; it was \"eu\", which hides more (",
     "which hides more (fingerprint_ja3)\n"},
    {{.config = PACKS("\"countries\":{\"DE\":\"unknown\"}")},
     {.config = PLAIN},
     "country DE would fall under pack \"eu\"; it was \"unknown\"",
     NULL},
    {{.config = PLAIN},
     {.config = PACKS("\"acknowledge_unreviewed\":[\"kr\"]")},
     "pack \"kr\", which nobody has reviewed, is acknowledged: its records had the pack unknown\n",
     NULL},
    {{.config = NULL},
     {.config = PACKS("\"acknowledge_unreviewed\":[\"kr\"]")},
     "pack \"kr\", which nobody",
     NULL},
    {{.config = PLAIN},
     {.config = INS("", "{\"name\":\"acme\",\"region\":\"us\"}")},
     "input \"raw\", tenant \"acme\" would fall under pack \"us\"; it was \"eu\"",
     "tenant \"acme\""},
    {{.config = PLAIN},
     {.config = INS("", "{\"name\":\"acme\"}")},
     "would have no pack of their tenant; it was \"eu\"\n",
     "it was \"unknown\""},
    {{INS("", TABLE), {T("")}},
     {INS("", TABLE), {T(",\"region\":\"unknown\"")}},
     NULL,
     "no pack of their tenant"},
    {{INS("", TABLE), {T("")}},
     {INS("", TABLE),
      {{"t.json",
        "{\"arn:a\":{\"tenant\":\"acme\"},\"arn:b\":{\"tenant\":\"b\",\"region\":\"eu\"}}"}}},
     "tenant \"b\" would fall under pack \"eu\"; it was \"unknown\"",
     NULL},
    {{INS("", TABLE), {T(",\"refused\":true")}},
     {INS("", TABLE), {T("")}},
     "tenant \"acme\" would not count as having refused consent\n",
     NULL},
    {{INS("", TABLE), {T("")}},
     {INS("", TABLE), {T(",\"hosts\":[\"a.example\"]")}},
     "tenant \"acme\" would own more hosts",
     NULL},
    {{INS("", TABLE), {T("")}},
     {INS("", TABLE), {{"t.json", "{\"arn:a\":{\"tenant\":\"other\"}}"}}},
     "would have records of another tenant",
     "would have records of another tenant"},
    {{INS("", "{\"from\":\"webacl\",\"table\":\"t.json\",\"unknown\":\"reject\"}"), {T("")}},
     {INS("", TABLE), {T("")}},
     "would not reject records of unknown tenants\n",
     NULL},
    {{INS("", TABLE), {T("")}},
     {INS("", "{\"from\":\"header\",\"header\":\"h\",\"table\":\"t.json\"}"), {T("")}},
     "would find the tenant in another way\n",
     "would find the tenant in another way\n"},
    {{.config = MORE("\"regions\":[{\"from\":\"tenant\"}]")},
     {.config = PLAIN},
     "regions would be found in another way\n",
     "regions would be found in another way\n"},
    {{.config = PLAIN},
     {.config = MORE("\"regions\":[{\"from\":\"country\"},{\"from\":\"label\",\"prefix\":"
                     "\"awswaf:clientip:geo:\"},{\"from\":\"tenant\"}]")},
     NULL,
     NULL},
    {{.config = MORE("\"consent\":{\"header\":\"c\"}")},
     {.config = PLAIN},
     "the header c would not say any more that consent is refused\n",
     NULL},
    {{.config = PLAIN},
     {.config = INS(",\"trust_origin\":true", TENANT_EU)},
     "would trust the header wafveil-origin",
     NULL},
    {{.config = NULL},
     {.config = INS(",\"trust_origin\":true", TENANT_EU)},
     "would trust the header wafveil-origin",
     NULL},
    {{.config = PLAIN},
     {.config = INS(",\"undetected\":\"unlisted\"", TENANT_EU)},
     "in which no format is recognised\n",
     NULL},
    {{.config = PLAIN}, {.config = INS(",\"undetected\":\"suppress\"", TENANT_EU)}, NULL, NULL},
    /* What a value is. */
    {{.config = PLAIN},
     {.config = MORE("\"formats\":{\"fields\":{\"aws-waf\":{\"httpRequest.clientIp\":\"none\"}}}")},
     "format \"aws-waf\": the field httpRequest.clientIp would be none; it was client_ip\n",
     "would be client_ip; it was none\n"},
    {{.config = PLAIN},
     {.config = MORE("\"formats\":{\"fields\":{\"aws-waf\":{\"mailbox\":\"free_text\"}}}")},
     "the field mailbox would be free_text; it was unlisted\n",
     NULL},
    {{.config = PLAIN},
     {.config = MORE("\"names\":{\"parameters\":{\"harmless\":[\"password\"]}}")},
     "the parameter \"password\" would be ",
     NULL},
    {{.config = PLAIN},
     {.config = MORE("\"names\":{\"parameters\":{\"session\":[\"mysid\"]}}")},
     NULL,
     "the parameter \"mysid\" would be "},
    {{.config = PLAIN},
     {.config = "{\"inputs\":[{\"topic\":\"raw\",\"format\":\"auto\",\"tenant\":" TENANT_EU
                "}]" OUT("") "}"},
     "would be read as another format",
     "would be read as another format"},
    /* What an output says. */
    {{.config = PLAIN},
     {.config = OUTS(",\"source_position\":true")},
     "output \"soc\" would say where the raw record",
     NULL},
    {{.config = PLAIN},
     {.config = OUTS(",\"networks\":true")},
     "would write addresses as networks",
     NULL},
    {{.config = PLAIN},
     {.config = OUTS(",\"placeholders\":\"words\"")},
     "(placeholders words)\n",
     NULL},
    {{.config = PLAIN}, {.config = OUTS(",\"key\":\"scrub\"")}, "(key scrub)\n", "(key token)\n"},
    {{.config = PLAIN}, {.config = OUTS(",\"key\":\"drop\"")}, NULL, "(key token)\n"},
    {{.config = PLAIN},
     {.config = OUTS(",\"headers\":[\"x-a\"]")},
     "output \"soc\" would pass on the Kafka header x-a\n",
     NULL},
    {{.config = NULL},
     {.config = OUTS(",\"headers\":[\"x-a\"]")},
     "would pass on the Kafka header x-a\n",
     NULL},
    {{.config = OUTS(",\"classes\":[\"query\"]")},
     {.config = PLAIN},
     "class client_ip: was drop; would be ip_truncate",
     NULL},
    {{.config = OUTS(",\"overlay\":\"refused\"")},
     {.config = PLAIN},
     "pack \"eu\", output \"soc\", class ",
     NULL},
    {{.config = OUTS(",\"annotate\":\"none\"")},
     {.config = PLAIN},
     "would show tokens where they did not stand",
     NULL},
    {{.config = PLAIN},
     {.config = OUTS(",\"domain\":\"all\"")},
     "would have another token domain",
     NULL},
    {{.config = PLAIN},
     {.config = OUTS(",\"country\":\"US\"")},
     "would be kept in another country\n",
     "in another country\n"},
    {{.config = PLAIN},
     {.config = "{" IN(
          "",
          TENANT_EU) ",\"outputs\":[{\"name\":\"soc\",\"topic\":\"x\",\"purpose\":\"security\"}]}"},
     "would write another topic",
     "would write another topic"},
    {{.config = PLAIN},
     {.config =
          "{" IN("", TENANT_EU) ",\"outputs\":[{\"name\":\"soc\",\"topic\":\"soc\",\"purpose\":"
                                "\"research\"}]}"},
     "for another purpose: research instead of security\n",
     "class client_ip: was "},
    {{.config = OUTS(",\"retention_days\":30")},
     {.config = OUTS(",\"retention_days\":31")},
     "output \"soc\" might be kept for longer (retention_days)",
     NULL},
    {{.config = OUTS(",\"retention_days\":30")},
     {.config = PLAIN},
     "output \"soc\" might be kept for longer (retention_days)",
     NULL},
    {{.config = OUTS(",\"basis\":\"consent\"")},
     {.config = PLAIN},
     "another legal basis: legitimate_interest instead of consent\n",
     NULL},
    {{.config = PLAIN},
     {.config =
          "{" IN("", TENANT_EU) ",\"outputs\":[{\"name\":\"new\",\"topic\":\"soc\",\"purpose\":"
                                "\"security\"}]}"},
     "output \"new\" is new",
     "output \"soc\" is new"},
    {{.config = MORE("\"keys\":{\"file\":\"k\",\"epoch_days\":7}")},
     {.config = MORE("\"keys\":{\"file\":\"k\",\"epoch_days\":30}")},
     "epochs would last 30 days instead of 7",
     NULL},
    {{.config = MORE("\"events\":{\"late_days\":7}")},
     {.config = MORE("\"events\":{\"late_days\":8}")},
     "events might be older when they arrive (events.late_days)",
     NULL},
    {{.config = MORE("\"events\":{\"future_seconds\":7}")},
     {.config = PLAIN},
     "events might claim times further ahead (events.future_seconds)",
     NULL},
    {{.config = MORE("\"events\":{\"late_days\":7}")},
     {.config = MORE("\"events\":{\"late_days\":7,\"out_of_range\":\"arrival\"}")},
     "events whose time is not believed would have tokens (events.out_of_range)",
     NULL},
    {{.config = MORE("\"events\":{\"late_days\":7,\"out_of_range\":\"reject\"}")},
     {.config = MORE("\"events\":{\"late_days\":7}")},
     "events whose time is not believed would be published (events.out_of_range)",
     NULL},
    {{.config = MORE("\"keys\":{\"file\":\"k\"}")},
     {.config = MORE("\"keys\":{\"file\":\"mine\"}")},
     "keys.file would be another one",
     "keys.file would be another one"},
    {{.config = MORE("\"keys\":{\"file\":\"k\",\"keep_days\":30}")},
     {.config = MORE("\"keys\":{\"file\":\"k\",\"keep_days\":31}")},
     "kept for 31 days after their end, not 30",
     NULL},
    {{.config = MORE("\"keys\":{\"file\":\"k\",\"keep_days\":30}")},
     {.config = MORE("\"keys\":{\"file\":\"k\"}")},
     "kept until somebody destroys them",
     NULL},
    {{.config = MORE("\"keys\":{\"file\":\"k\",\"kek\":{\"credential\":\"kek\"}}")},
     {.config = MORE("\"keys\":{\"file\":\"k\"}")},
     "no key-encryption key would wrap the secrets",
     NULL},
    /* Which records it gets, and what for. */
    {{.config = OUTS(",\"when\":{\"action\":[\"BLOCK\"]}")},
     {.config = PLAIN},
     "would get records that it did not get (when)\n",
     NULL},
    {{.config = OUTS(",\"when\":{\"action\":[\"BLOCK\"]}")},
     {.config = OUTS(",\"when\":{\"action\":[\"COUNT\",\"BLOCK\"]}")},
     "(when)\n",
     NULL},
    {{.config = OUTS(",\"when\":{\"action\":[\"BLOCK\"],\"host\":[\"a.example\"]}")},
     {.config = OUTS(",\"when\":{\"host\":[\"a.example\"]}")},
     "(when)\n",
     NULL},
    {{.config = OUTS(",\"discard\":{\"label\":[\"probe\"]}")},
     {.config = PLAIN},
     "would get records that were left out (discard)\n",
     NULL},
    {{.config = OUTS(",\"discard\":{\"label\":[\"probe\"]}")},
     {.config = OUTS(",\"discard\":{\"label\":[\"probe\"],\"host\":[\"a.example\"]}")},
     "(discard)\n",
     NULL},
    {{.config = OUTS(",\"sample\":{\"rate\":0.1}")},
     {.config = OUTS(",\"sample\":{\"rate\":0.2}")},
     "would get the records of more clients (sample)\n",
     NULL},
    {{.config = OUTS(",\"sample\":{\"rate\":0.1}")}, {.config = PLAIN}, "(sample)\n", NULL},
    {{.config = INS(",\"purposes\":[\"security\"]", TENANT_EU)},
     {.config = INS(",\"purposes\":[\"security\",\"usage\"]", TENANT_EU)},
     "input \"raw\" would have records for further purposes\n",
     NULL},
    {{.config = INS(",\"purposes\":[\"security\"]", TENANT_EU)},
     {.config = PLAIN},
     "for further purposes\n",
     NULL},
    {{.config = INS(",\"purposes_header\":\"p\"", TENANT_EU)},
     {.config = INS(",\"purposes_header\":\"p\",\"purposes\":[\"security\"]", TENANT_EU)},
     "for further purposes\n",
     "for further purposes\n"},
    {{.config = INS(",\"purposes\":[\"security\"],\"purposes_header\":\"p\"", TENANT_EU)},
     {.config = INS(",\"purposes\":[\"security\"]", TENANT_EU)},
     "(purposes_header)\n",
     NULL},
    {{INS("", TABLE), {T(",\"purposes\":[\"security\"]")}},
     {INS("", TABLE), {T("")}},
     "tenant \"acme\" would have records for further purposes\n",
     NULL},
    {{INS("", TABLE), {T("")}},
     {INS("", TABLE), {T(",\"third_party\":true")}},
     "would count as having agreed to third parties\n",
     NULL},
    {{.config = PLAIN},
     {.config = MORE("\"consent\":{\"third_party\":\"g\"}")},
     "the header g would say that third parties were agreed to\n",
     NULL},
    {{INS("", TABLE), {T(",\"never_sensitive\":true")}},
     {INS("", TABLE), {T("")}},
     "would have values published that hold sensitive data\n",
     NULL},
    {{.config = PLAIN},
     {MORE("\"enrich\":{\"lists\":[{\"name\":\"tor\",\"file\":\"tor.txt\"}]}"),
      {{"tor.txt", "192.0.2.0/24\n"}}},
     "enrich would add whether the client is in the list tor\n",
     NULL},
    {{.config = NULL},
     {MORE("\"enrich\":{\"lists\":[{\"name\":\"tor\",\"file\":\"tor.txt\"}]}"),
      {{"tor.txt", "192.0.2.0/24\n"}}},
     NULL,
     NULL},
    /* Where records may go. */
    {{.config = SEES("own", "SG", "")},
     {.config = SEES("own", "JP", "")},
     "output \"soc\": records of \"eu\" might go there (adequacy)\n",
     NULL},
    {{.config = SEES("own", "SG", "")},
     {.config = SEES(
          "own", "SG",
          ",\"safeguards\":[{\"mechanism\":\"scc\",\"document\":\"d\",\"from\":\"2090-01-01\"}]")},
     "records of \"eu\" might go there (safeguard) from 2090-01-01\n",
     NULL},
    {{.config = SEES("own", "SG", "")},
     {"{" IN("", TENANT_EU)
          OUT(",\"recipient\":\"x\"") ",\"instance\":{\"country\":\"JP\"},\"law\":"
                                      "{\"transfers\":[\"l.json\"]},\"recipients\":{\"x\":{"
                                      "\"kind\":\"own\",\"country\":\"SG\"}}}",
      {{"l.json", "{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"SG\"],\"route\":\"adequacy\","
                  "\"source\":\"s\"}]}"}}},
     "output \"soc\": records of \"eu\" might go there (adequacy)\n",
     NULL},
    {{.config = NULL},
     {"{" IN("", TENANT_EU)
          OUT(",\"recipient\":\"x\"") ",\"instance\":{\"country\":\"JP\"},\"law\":"
                                      "{\"transfers\":[\"l.json\"]},\"recipients\":{\"x\":{"
                                      "\"kind\":\"own\",\"country\":\"SG\"}}}",
      {{"l.json", "{\"transfers\":[{\"origin\":\"eu\",\"to\":[\"SG\"],\"route\":\"adequacy\","
                  "\"source\":\"s\"}]}"}}},
     "output \"soc\": records of \"eu\" might go there (adequacy)\n",
     NULL},
    {{.config = NULL}, {.config = SEES("own", "JP", "")}, NULL, NULL},
    {{.config = NULL},
     {.config = SEES("own", "SG", ",\"safeguards\":[{\"mechanism\":\"scc\",\"document\":\"d\"}]")},
     NULL,
     NULL},
};

static void expect(const struct wv_plan *before, const struct wv_plan *after, const char *said,
                   int index)
{
    char *text;
    const size_t found = compare_plans(before, after, &text);
    ck_assert_msg(said == NULL ? found == 0 : found > 0 && strstr(text, said) != NULL,
                  "change %d: %zu found:\n%snot %s", index, found, text,
                  said == NULL ? "nothing" : said);
    free(text);
}

START_TEST(what_is_looser_is_found)
{
    const struct change *change = &changes[_i];
    struct wv_plan *before = change->before.config == NULL ? NULL : plan_of(&change->before);
    struct wv_plan *after = plan_of(&change->after);
    expect(before, after, change->said, _i);
    if (before != NULL) {
        expect(after, before, change->back, _i);
    }
    wv_plan_free(before);
    wv_plan_free(after);
}
END_TEST

/* Two rules that cannot be compared give "drop"; a stricter one in the place of one of them may
 * not.
 */
START_TEST(packs_are_compared_together)
{
#define TWO(rule)                                                                                  \
    {                                                                                              \
        "{" IN("", "{\"name\":\"acme\",\"region\":\"p\"}")                                         \
            OUT("") ",\"packs\":{\"files\":[\"p.json\",\"q.json\"]}}",                             \
        {                                                                                          \
            P("\"referer\":" rule),                                                                \
            {                                                                                      \
                "q.json", "{\"pack\":\"q\",\"extends\":\"eu\",\"rules\":{\"referer\":{"            \
                          "\"value\":[\"query\"]}}}"                                               \
            }                                                                                      \
        }                                                                                          \
    }
    const struct side before = TWO("{\"value\":[\"mask\"]}");
    const struct side after = TWO("{\"value\":[\"query\",\"mask\"]}");
    char *text;
    ck_assert_uint_eq(compare(&before, &after, &text), 1);
    ck_assert_msg(strstr(text,
                         "packs \"p\" and \"q\", output \"soc\", class referer: was drop; would be "
                         "query(") != NULL,
                  "%s", text);
    free(text);
}
END_TEST

/* However much it is, the words stay few. */
START_TEST(what_is_told_is_bounded)
{
    const struct side before = {OUTS(",\"overlay\":\"refused\""), {{0}}};
    const struct side after = {PLAIN, {{0}}};
    char *text;
    const size_t found = compare(&before, &after, &text);
    char more[64];
    ck_assert_uint_gt(found, WV_LOOSER_SHOWN);
    snprintf(more, sizeof more, "looser: and %zu more\n", found - WV_LOOSER_SHOWN);
    ck_assert_ptr_nonnull(strstr(text, more));
    free(text);
}
END_TEST

/* ---- Packs that are made up ------------------------------------------------------------------ */

/* Each row from strict to loose. */
static const char *const ladders[][5] = {
    {"\"value\":[\"drop\"]", "\"value\":[\"drop\"],\"token\":{\"kind\":\"text\",\"days\":1}",
     "\"value\":[\"drop\"],\"token\":{\"kind\":\"text\",\"days\":30}",
     "\"value\":[\"scrub\"],\"token\":\"text\"", "\"value\":[\"keep\"],\"token\":\"text\""},
    {"\"value\":[\"drop\"]", "\"value\":[\"scrub\",{\"filter\":\"mask\",\"first\":1,\"last\":0}]",
     "\"value\":[\"scrub\",{\"filter\":\"mask\",\"first\":3,\"last\":0}]",
     "\"value\":[{\"filter\":\"mask\",\"first\":3,\"last\":2}]", "\"value\":[\"keep\"]"},
    {"\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":8,\"v6_keep\":16}]",
     "\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":8,\"v6_keep\":32}]",
     "\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,\"v6_keep\":32}]",
     "\"value\":[{\"filter\":\"ip_truncate\",\"v4_keep\":24,\"v6_keep\":32}],\"token\":\"ip\"",
     "\"value\":[\"keep\"],\"token\":\"ip\""},
    {"\"value\":[\"drop\"]", "\"value\":[{\"filter\":\"headers\",\"allow\":[]},\"scrub\"]",
     "\"value\":[{\"filter\":\"headers\",\"allow\":[\"te\"]},\"scrub\"]",
     "\"value\":[{\"filter\":\"headers\",\"allow\":[\"te\",\"x-a\"]}]", "\"value\":[\"keep\"]"},
};

struct cell {
    uint8_t ladder;
    uint8_t rung; /* 0 … 4 */
    bool two;     /* with a condition */
    uint8_t other;
};

static void make_pack(char *text, const struct cell cells[WV_CLASS_COUNT])
{
    size_t len = (size_t)snprintf(text, TEXT_MAX,
                                  "{\"pack\":\"p\",\"failure\":\"remove\",\"rules\":{"
                                  "\"none\":{\"value\":[\"keep\"]}");
    for (size_t class = WV_CLASS_NONE + 1; class < WV_CLASS_COUNT; class ++) {
        const struct cell *cell = &cells[class];
        const char *rule = ladders[cell->ladder][cell->rung];
        const char *word = wv_class_word((enum wv_class) class);
        len +=
            (size_t)(cell->two ? snprintf(text + len, TEXT_MAX - len,
                                          ",\"%s\":[{\"when\":{\"action\":[\"BLOCK\"]},%s},{%s}]",
                                          word, ladders[cell->ladder][cell->other], rule)
                               : snprintf(text + len, TEXT_MAX - len, ",\"%s\":{%s}", word, rule));
        ck_assert_uint_lt(len, TEXT_MAX);
    }
    ck_assert_uint_lt(len + (size_t)snprintf(text + len, TEXT_MAX - len, "}}"), TEXT_MAX);
}

static struct wv_plan *plan_of_cells(const struct cell cells[WV_CLASS_COUNT])
{
    static char text[TEXT_MAX];
    make_pack(text, cells);
    return plan_of(&(struct side){OWN, {{"p.json", text}}});
}

START_TEST(any_entry_that_is_loosened_is_found)
{
    uint64_t state = 20261122;
    for (size_t run = 0; run < RUNS; run++) {
        struct cell cells[WV_CLASS_COUNT];
        struct cell loose[WV_CLASS_COUNT];
        char *said;
        char wanted[96];
        for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
            cells[i] =
                (struct cell){(uint8_t)(random_next(&state) % WV_COUNT(ladders)),
                              (uint8_t)(random_next(&state) % 5), random_next(&state) % 4 == 0,
                              (uint8_t)(random_next(&state) % 5)};
        }
        const size_t class =
            WV_CLASS_NONE + 1 + random_next(&state) % (WV_CLASS_COUNT - WV_CLASS_NONE - 1);
        struct cell *changed = &cells[class];
        uint8_t *rung =
            changed->two && random_next(&state) % 2 == 0 ? &changed->other : &changed->rung;
        *rung = *rung == 4 ? 3 : *rung;
        memcpy(loose, cells, sizeof cells);
        *((uint8_t *)loose + ((uint8_t *)rung - (uint8_t *)cells)) =
            (uint8_t)(*rung + 1 + random_next(&state) % (4U - *rung));
        struct wv_plan *was = plan_of_cells(cells);
        struct wv_plan *is = plan_of_cells(loose);
        const size_t found = compare_plans(was, is, &said);
        snprintf(wanted, sizeof wanted, "pack \"p\", output \"soc\", class %s: was ",
                 wv_class_word((enum wv_class) class));
        ck_assert_msg(found >= 1 && strstr(said, wanted) != NULL, "run %zu: %s", run, said);
        free(said);
        const size_t back = compare_plans(is, was, &said);
        ck_assert_msg(back == 0, "run %zu: %s", run, said);
        free(said);
        wv_plan_free(was);
        wv_plan_free(is);
    }
}
END_TEST

/* Every class at once may become stricter. */
START_TEST(what_is_only_stricter_is_not_looser)
{
    uint64_t state = 7;
    for (size_t run = 0; run < RUNS; run++) {
        struct cell cells[WV_CLASS_COUNT];
        struct cell strict[WV_CLASS_COUNT];
        char *said;
        for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
            cells[i] =
                (struct cell){(uint8_t)(random_next(&state) % WV_COUNT(ladders)),
                              (uint8_t)(random_next(&state) % 5), random_next(&state) % 4 == 0,
                              (uint8_t)(random_next(&state) % 5)};
            strict[i] = cells[i];
            strict[i].rung = (uint8_t)(random_next(&state) % (cells[i].rung + 1U));
            strict[i].other = (uint8_t)(random_next(&state) % (cells[i].other + 1U));
        }
        struct wv_plan *was = plan_of_cells(cells);
        struct wv_plan *is = plan_of_cells(strict);
        ck_assert_msg(compare_plans(was, is, &said) == 0, "run %zu: %s", run, said);
        free(said);
        wv_plan_free(was);
        wv_plan_free(is);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loosening");
    TCase *tests = tcase_create("loosening");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, what_is_looser_is_found, 0, (int)WV_COUNT(changes));
    tcase_add_test(tests, packs_are_compared_together);
    tcase_add_test(tests, what_is_told_is_bounded);
    tcase_add_test(tests, any_entry_that_is_loosened_is_found);
    tcase_add_test(tests, what_is_only_stricter_is_not_looser);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
