/*
 * commands.c — what each command takes, and the help that is made from it.
 */
#include "app/commands.h"

#define CONFIG_ARGUMENT                                                                            \
    {                                                                                              \
        .name = "config", .value = "FILE",                                                         \
        .help = "configuration; without it a built-in one is used"                                 \
    }
#define NEEDED_CONFIG_ARGUMENT                                                                     \
    {                                                                                              \
        .name = "config", .value = "FILE", .required = true, .help = "configuration"               \
    }
#define FORMAT_ARGUMENT                                                                            \
    {                                                                                              \
        .name = "format", .value = "NAME",                                                         \
        .help = "what the records look like (see formats); default: auto, or the configuration's " \
                "first input"                                                                      \
    }
#define REGION_ARGUMENT                                                                            \
    {                                                                                              \
        .name = "region", .value = "NAME",                                                         \
        .help = "region of all records, instead of what they say; not with --config"               \
    }
#define OUTPUT_ARGUMENT                                                                            \
    {                                                                                              \
        .name = "output", .value = "NAME",                                                         \
        .help = "which output of the configuration; needed where it has several"                   \
    }
#define SEED_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "seed", .value = "HEX64",                                                          \
        .help = "makes the throwaway key from this seed, for tests: anybody who knows the seed "   \
                "can undo the tokens"                                                              \
    }
#define COLOR_ARGUMENT                                                                             \
    {                                                                                              \
        .name = "color", .value = "WHEN", .choices = color_words, .help = "auto, always or never"  \
    }
#define JSON_ARGUMENT                                                                              \
    {                                                                                              \
        .name = "json", .help = "for programs"                                                     \
    }

static const char *const legal_words[] = {"table", "json", "html", NULL};
static const char *const report_words[] = {"table", "json", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};

static const struct wv_argument run_arguments[] = {NEEDED_CONFIG_ARGUMENT};

static const struct wv_argument filter_arguments[] = {
    CONFIG_ARGUMENT,
    FORMAT_ARGUMENT,
    REGION_ARGUMENT,
    OUTPUT_ARGUMENT,
    {.name = "rejects",
     .value = "FILE",
     .help = "where reason and place of rejected records go, a JSON object a line"},
    SEED_ARGUMENT,
};

static const struct wv_argument check_arguments[] = {
    NEEDED_CONFIG_ARGUMENT,
    {.name = "legal", .help = "which region's records may go to which output, and by what"},
    {.name = "brokers",
     .help = "also asks the brokers how long topics are kept, and with --legal who reads them"},
    {.name = "format",
     .value = "FORM",
     .choices = legal_words,
     .help = "with --legal: table, json or html, a page that stands by itself; default: table"},
    {.name = "day",
     .value = "YYYY-MM-DD",
     .help = "agreements, transfers and approvals as of that day; default: today"},
    {.name = "against",
     .value = "FILE",
     .help = "the configuration that runs: also says what would be looser than there"},
};

static const struct wv_argument approve_arguments[] = {
    {.name = "config", .value = "FILE", .required = true, .help = "the new configuration"},
    {.name = "against",
     .value = "FILE",
     .help = "the configuration that runs; without it the built-in packs"},
    {.name = "reason", .value = "TEXT", .required = true, .help = "why, in 10 characters or more"},
    {.name = "expires",
     .value = "YYYY-MM-DD",
     .required = true,
     .help = "last day on which the approval counts, at most 366 days from now"},
    {.name = "requested-by", .value = "NAME", .help = "who asks for it"},
};

static const struct wv_argument try_arguments[] = {
    CONFIG_ARGUMENT, FORMAT_ARGUMENT,
    REGION_ARGUMENT, OUTPUT_ARGUMENT,
    COLOR_ARGUMENT,  {.name = "all", .help = "also show values that no rule changes"},
    SEED_ARGUMENT,
};

static const struct wv_argument suggest_arguments[] = {
    CONFIG_ARGUMENT,
    FORMAT_ARGUMENT,
    REGION_ARGUMENT,
    OUTPUT_ARGUMENT,
    {.name = "min",
     .value = "N",
     .help = "names in fewer records are not shown; default: 3, at least 2"},
    {.name = "topic",
     .value = "NAME",
     .help = "the newest records of this input's topic, instead of files; needs --config"},
    {.name = "records", .value = "N", .help = "with --topic: at most so many; default: 10000"},
    JSON_ARGUMENT,
};

static const struct wv_argument explain_arguments[] = {
    CONFIG_ARGUMENT,
    FORMAT_ARGUMENT,
    {.name = "region",
     .value = "NAMES",
     .help = "one region, or several as \"eu,us-ca\" for a record that falls under all of them; "
             "default: every region by itself"},
    OUTPUT_ARGUMENT,
    {.name = "on",
     .value = "YYYY-MM-DD",
     .help = "the versions of packs that hold for events of that day (UTC); default: today"},
    {.name = "class", .value = "NAME", .help = "this class only"},
    {.name = "why",
     .help = "which rule of which pack and version decided, what the others would have done, and "
             "the law of each pack"},
    {.name = "fields", .help = "the fields of the format and their classes, instead of rules"},
    JSON_ARGUMENT,
};

static const struct wv_argument test_arguments[] = {
    {.name = "config",
     .value = "FILE",
     .help = "its formats, packs, tenants and outputs apply; default: everything built in"},
    {.name = "junit", .value = "FILE", .help = "writes the results as JUnit XML, too"},
    {.name = "coverage", .help = "says which rules of which packs no test has reached"},
};

static const struct wv_argument formats_arguments[] = {CONFIG_ARGUMENT, JSON_ARGUMENT};

static const struct wv_argument detectors_arguments[] = {CONFIG_ARGUMENT, JSON_ARGUMENT};

static const struct wv_argument detect_arguments[] = {
    CONFIG_ARGUMENT,
    {.name = "region",
     .value = "NAMES",
     .help =
         "the detectors of one region, or of several as \"eu,jp\"; default: all detectors, in all "
         "regions"},
    {.name = "names", .help = "also values that only the name before them gives away (password=…)"},
};

static const struct wv_argument keys_arguments[] = {
    NEEDED_CONFIG_ARGUMENT,
    {.name = "from",
     .value = "YYYY-MM-DD",
     .help = "init: first day that needs keys, for archives; default: today"},
    {.name = "ahead",
     .value = "N",
     .help = "init, rotate: how many epochs after the present one; default: 2"},
    {.name = "checks",
     .help = "list: only check values, in JSON, as keys.checks and --against read them"},
    {.name = "against",
     .value = "FILE",
     .help = "verify: check values of another instance; -: standard input"},
    {.name = "tenant", .value = "NAME", .help = "destroy: all secrets of this tenant"},
    {.name = "domain", .value = "NAME", .help = "destroy: all secrets of this domain"},
    {.name = "epoch",
     .value = "ID",
     .help = "destroy: only this epoch, as 20261116-7d, of the tenant, the domain, or of all"},
    {.name = "confirm",
     .value = "CODE",
     .help = "destroy: the code that the list ended with; without it nothing is destroyed"},
    {.name = "reason", .value = "TEXT", .help = "destroy: why; it is recorded"},
    {.name = "requester", .value = "NAME", .help = "destroy: who asks for it; it is recorded"},
    {.name = "audit",
     .value = "FILE",
     .help = "not list, verify: where it is recorded; default: the key file's name with "
             ".audit.jsonl"},
    {.name = "json", .help = "init, list, rotate, rewrap: for programs"},
};

#define SUBJECT_ARGUMENT(word, what)                                                               \
    {                                                                                              \
        .name = word, .value = "VALUE|-", .hidden = true, .help = what                             \
    }

static const struct wv_argument subject_arguments[] = {
    NEEDED_CONFIG_ARGUMENT,
    SUBJECT_ARGUMENT("ip", "whose tokens: those of an address"),
    SUBJECT_ARGUMENT("email", "or an e-mail address"),
    SUBJECT_ARGUMENT("user", "or a user name"),
    SUBJECT_ARGUMENT("device", "or the id of a device"),
    SUBJECT_ARGUMENT("phone", "or a telephone number, as records spell it"),
    SUBJECT_ARGUMENT("session", "or the id of a session"),
    {.name = "from", .value = "YYYY-MM-DD", .required = true, .help = "first day of the events"},
    {.name = "to", .value = "YYYY-MM-DD", .required = true, .help = "last day of the events"},
    {.name = "reason",
     .value = "TEXT",
     .required = true,
     .help = "why, for the record: the kind of request and the number of the case, no names"},
    {.name = "requester",
     .value = "NAME",
     .required = true,
     .help = "who of you asks, for the record"},
    {.name = "tenant", .value = "NAME", .help = "only domains of this tenant"},
    {.name = "output", .value = "NAME", .help = "only domains of this output"},
    JSON_ARGUMENT,
    {.name = "audit",
     .value = "FILE",
     .help = "where the request is recorded; default: the key file's name with .audit.jsonl"},
};

static const struct wv_argument reveal_arguments[] = {
    {.name = "key",
     .value = "FILE",
     .required = true,
     .help = "private key in PEM, readable by its owner alone"},
    {.name = "reason", .value = "TEXT", .required = true, .help = "why, for the record"},
    {.name = "requester",
     .value = "NAME",
     .required = true,
     .help = "who wants to see them, for the record"},
    {.name = "audit",
     .value = "FILE",
     .required = true,
     .help = "where it is recorded; made, or continued"},
    {.name = "passphrase-file",
     .value = "FILE",
     .help = "first line: the key's passphrase; default: it is asked for on the terminal"},
};

static const struct wv_argument audit_arguments[] = {
    {.name = "config",
     .value = "FILE",
     .help = "read the audit topic of this configuration instead of files"},
    {.name = "partial",
     .help = "chains may begin late: what came before them was deleted on purpose"},
    {.name = "from",
     .value = "YYYY-MM-DD",
     .help = "report: first day; default: twelve months before today"},
    {.name = "to", .value = "YYYY-MM-DD", .help = "report: last day; default: today"},
    {.name = "region",
     .value = "NAME",
     .help = "report: only records that fall under this pack, us-ca for example"},
    {.name = "format",
     .value = "FORM",
     .choices = report_words,
     .help = "report: table or json; default: table"},
    {.name = "broken",
     .help = "report: also counts what stands before the break of a broken chain"},
};

static const struct wv_argument rejects_arguments[] = {
    NEEDED_CONFIG_ARGUMENT,
    {.name = "from",
     .value = "TIME",
     .help = "reports since then: YYYY-MM-DD, or YYYY-MM-DDThh:mm:ssZ; default: all that the topic "
             "has"},
    {.name = "to", .value = "TIME", .help = "reports until then; a day belongs to it"},
    {.name = "topic", .value = "NAME", .help = "only messages of this topic of an input"},
    {.name = "partition", .value = "N", .help = "with --topic: only of this partition"},
    {.name = "offsets",
     .value = "A-B",
     .help = "with --partition: only these offsets, as 17-20, 17- or 17"},
    {.name = "tenant", .value = "NAME", .help = "only of this tenant"},
    {.name = "cause", .value = "WORD", .help = "only rejects with this reason, as syntax"},
    {.name = "output",
     .value = "NAME",
     .help = "only reports that name this output; those of all outputs name *"},
    {.name = "limit",
     .value = "N",
     .help = "list: the newest so many, default: 1000; replay: at most so many messages"},
    {.name = "format", .value = "FORM", .choices = report_words, .help = "table or json"},
    {.name = "dry-run", .help = "replay: only say what would be delivered"},
    {.name = "again", .help = "replay: also what was replayed before"},
    {.name = "reason", .value = "TEXT", .help = "replay: why; it is recorded"},
    {.name = "requester", .value = "NAME", .help = "replay: who asks for it; it is recorded"},
    {.name = "audit",
     .value = "FILE",
     .help = "replay: where it is recorded; default: the key file's name with "
             ".replay.audit.jsonl"},
};

static const struct wv_argument demo_arguments[] = {
    {.name = "records", .value = "N", .help = "how many records; default: 100000"},
    {.name = "seed", .value = "N", .help = "which records are made up; default: 1"},
    COLOR_ARGUMENT,
};

static const struct wv_argument help_arguments[] = {
    {.name = "reference",
     .help = "everything in Markdown: commands, configuration, classes, filters, metrics"},
};

#ifdef WV_KAFKA
#define RUN_true(word) wv_cmd_##word
#else
#define RUN_true(word) NULL
#endif
#define RUN_false(word) wv_cmd_##word

static const char run_details[] = "";
static const char filter_details[] =
    "Records are read one a line and written in the same order. A record that cannot be published\n"
    "is left out and counted, or replaced by a stub where its structure could be read. The exit\n"
    "code is 3 if there was one.\n"
    "\n"
    "Without --config, or where the configuration names no key file, tokens are made with a key\n"
    "that is thrown away at the end: they join within this run only.\n";
static const char check_details[] =
    "Reads the configuration, its formats, packs, tables and keys, and says where they are wrong\n"
    "or doubtful. Nothing is changed, and no broker is asked without --brokers.\n"
    "\n"
    "With --legal it shows a matrix of regions and outputs instead: on which route records go, "
    "until\n"
    "when, and why not. What is refused is no error: the output gets such records without "
    "personal\n"
    "data. The words in brackets are the ids of docs/requirements.md.\n"
    "\n"
    "With --brokers it connects as `run` would and asks each set of brokers for at most half a\n"
    "minute. It reads no record and joins no group. The exit code is 4 if a question has no\n"
    "answer, which is said.\n";
static const char approve_details[] =
    "Where \"changes\": {\"four_eyes\": true} stands, a configuration that hides less than the "
    "one\n"
    "before is taken only with the signature of a second person. What is looser goes to stderr, "
    "the\n"
    "document to sign to stdout:\n"
    "\n"
    "  wafveil approve --config new.json --against running.json \\\n"
    "      --reason \"…\" --expires 2026-12-31 > approval.json\n"
    "  openssl cms -sign -nodetach -binary -md sha256 -outform PEM \\\n"
    "      -signer me.pem -inkey me.key -in approval.json -out approval.p7m\n"
    "\n"
    "me.pem is one of the certificates in the file of changes.approvers, and approval.p7m the file "
    "of\n"
    "changes.approval. Where changes.signatures asks for more people, the next one adds a "
    "signature:\n"
    "\n"
    "  openssl cms -resign -md sha256 -inform PEM -outform PEM \\\n"
    "      -signer you.pem -inkey you.key -in approval.p7m -out approval-2.p7m\n"
    "\n"
    "The signature covers the configuration and every document that it names, but for kafka and "
    "the\n"
    "place of the approval: whatever changes there, or a newer wafveil, needs another one where it "
    "is\n"
    "still looser. `wafveil check` says whether an approval is needed, and whether it is there.\n";
static const char try_details[] =
    "Shows raw values: the output is for whoever may see the records. Tokens are made with a\n"
    "throwaway key, never with the keys of the service. Without a file a built-in sample is "
    "used.\n";
static const char suggest_details[] =
    "Reads stdin where no file is named. Shows three lists: members that no format lists, with a\n"
    "class for each; what detectors find in values that the policy keeps; and names of "
    "parameters,\n"
    "cookies and members inside values whose values look personal. Behind them stands what to add\n"
    "to the configuration: look at each line before you do.\n"
    "\n"
    "Values are counted and compared, never shown. A name is shown only if it is plain, short, in\n"
    "--min records or more, and nothing is found in it; * stands for all others. A topic is read\n"
    "without a consumer group, and nothing is committed.\n";
static const char explain_details[] =
    "Rules of several regions are merged so that the result hides at least what each of them\n"
    "hides; --why tells \"by\" which pack it came, and \"over\" which others. Templates that "
    "nobody has reviewed are shown when --region names them. No key is\n"
    "needed.\n";
static const char test_details[] =
    "A document of tests is {\"tests\": [{\"name\": …, \"format\": …, \"region\": …, \"input\": "
    "{record},\n"
    "\"expect\": {…}}]}; schemas/policy-tests.schema.json says all. In a folder every *.test.json "
    "is\n"
    "one. Without a name, those in the folder of the configuration are run, and without a\n"
    "configuration the built-in packs' own. Tokens are made with a throwaway key, and no key is\n"
    "needed. Exit codes: 0 all passed, 1 some failed, 2 a document is wrong and nothing was run.\n";
static const char formats_details[] =
    "Format auto takes every record for that whose tests it meets; envelopes are opened in any\n"
    "case. `explain --fields --format NAME` shows the fields of one.\n";
static const char detectors_details[] =
    "shape: what looks so and passes its checks is found. region: so in records under the law of\n"
    "such a region, and elsewhere behind words that say what it is. words: only behind such "
    "words.\n"
    "A pack can say otherwise with its member \"detectors\". pattern: a detector of the "
    "configuration,\n"
    "with its pattern, validator and class.\n";
static const char detect_details[] =
    "Reads text from stdin and writes a line for each line: LABEL@start-end, …, in byte offsets\n"
    "with the end exclusive, or - where nothing is found. It shows what `scrub` would replace, "
    "and\n"
    "never a value. A line with more hits than are looked through is ! and removed by the "
    "engine.\n";
static const char keys_details[] =
    "`init` makes what is missing: an epoch secret for every domain of the configuration\n"
    "(tenants × regions × outputs), for the present epoch and some ahead. What exists is never\n"
    "changed, so it can run every day. `rotate` does the same for a timer: a file that is not\n"
    "there is an error, and secrets whose epoch ended more than keys.keep_days ago are\n"
    "destroyed.\n"
    "\n"
    "`list` shows ids, check values, ages and states of the epochs. `verify` says whether\n"
    "every secret is whole, every domain has one now, and instances agree; the exit code is 1\n"
    "if not. `rewrap` wraps the secrets by keys.kek, whatever wrapped them before.\n"
    "\n"
    "`destroy` shows what would be destroyed, and a code; it destroys only when it is run\n"
    "again with that code as --confirm, a reason and a requester.\n"
    "\n"
    "What changes the file is recorded in a hash-chained file, which `wafveil audit verify\n"
    "FILE` verifies. Secrets are never shown.\n";
static const char subject_details[] =
    "One value is looked for at a time. With - it is read from stdin: on the command line the\n"
    "history of the shell and other users of the machine can see it.\n"
    "\n"
    "Tokens are computed as the service computes them, for every domain of the configuration\n"
    "and every epoch of the days, also for domains of which only the keys are left. They are\n"
    "personal data, like the records that they lead to. Beside each token stand the days on\n"
    "which it was in use and, behind \"in texts\", what placeholders show of it\n"
    "(~EMAIL.ak2vq7zt~). Where a key was destroyed or never made, nobody can find the tokens.\n"
    "\n"
    "Each request is written to a file first, also one that finds nothing: who asked, why, for\n"
    "which days and outputs, and how many tokens there were; never the value. `wafveil audit\n"
    "verify FILE` verifies it. What cannot be recorded is not shown.\n";
static const char reveal_details[] =
    "Reads records of an output with \"seal\", one JSON object a line or what `kcat -J` writes,\n"
    "from files or stdin, and prints a line for each box that opens: where and when it was,\n"
    "and the original values. Who asks, why, and how many records are shown is written to the\n"
    "audit FILE before the first value is shown; no value is written there. `wafveil audit\n"
    "verify FILE` verifies it. No configuration is needed.\n"
    "\n"
    "  kcat -C -e -J -b kafka:9092 -t waf.soc | wafveil reveal --key soc-oncall.key \\\n"
    "      --reason \"…\" --requester \"…\" --audit reveal.audit.jsonl\n"
    "\n"
    "Boxes whose last day has passed are not opened. That is a promise of this program: what\n"
    "ends it for good is the end of the private key. The exit code is 3 if something did not\n"
    "open.\n";
static const char audit_details[] =
    "verify shows every chain of records, its head (the last hash), and the first break of each: "
    "the\n"
    "file and line, or topic, partition and offset, and what is wrong there. Who keeps heads\n"
    "elsewhere can tell a chain that was computed anew; a chain alone cannot.\n"
    "\n"
    "report sums the windows of the chains that are whole: by category of the law, with sources,\n"
    "kinds of recipient and purposes. The exit code is 1 if something is broken.\n";
static const char rejects_details[] =
    "Reads the topic of rejects.topic without a consumer group and leaves no trace there. A "
    "report\n"
    "says where a record stands in its input and why it was not published; never a value.\n"
    "\n"
    "`replay` reads those records again from their topics, by partition and offset, and sends\n"
    "them to the outputs as the service would, with the present configuration and the service's\n"
    "keys. What was rejected for one output goes to that output alone. It waits for every\n"
    "acknowledgement, and says what is still rejected, and what is gone from the input.\n"
    "\n"
    "What is replayed is written to the audit FILE before and after, and a later run with the\n"
    "same file passes it over. If a run is cut off, its last part may come twice: a record that\n"
    "was sent before it could be written down. `wafveil audit verify FILE` verifies the file. The\n"
    "exit code is 3 if something is still rejected or gone.\n";
static const char demo_details[] =
    "The service is the real one; its broker is librdkafka's embedded one, which keeps everything\n"
    "in memory and answers on a loopback address. Keys are thrown away at the end, and no file is\n"
    "written. The exit code is 1 if not every record is accounted for.\n";
static const char help_details[] = "";

static const struct wv_command commands[] = {
#define WV_COMMAND(command_word, needs_kafka, command_operands, command_summary)                   \
    {.word = #command_word,                                                                        \
     .run = RUN_##needs_kafka(command_word),                                                       \
     .arguments = command_word##_arguments,                                                        \
     .argument_count = WV_COUNT(command_word##_arguments),                                         \
     .operands = command_operands,                                                                 \
     .summary = command_summary,                                                                   \
     .details = command_word##_details},
#include "app/commands.def"
#undef WV_COMMAND
};

const struct wv_command *wv_command_at(size_t index)
{
    return index < WV_COUNT(commands) ? &commands[index] : NULL;
}

const struct wv_command *wv_command_find(const char *word)
{
    for (size_t i = 0; i < WV_COUNT(commands); i++) {
        if (strcmp(commands[i].word, word) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

enum wv_exit wv_command_unknown(const char *word)
{
    const char *words[WV_COUNT(commands)];
    for (size_t i = 0; i < WV_COUNT(commands); i++) {
        words[i] = commands[i].word;
    }
    const char *near = wv_nearest(wv_slice_of(word), words, WV_COUNT(words));
    (void)fprintf(stderr, "wafveil: there is no command \"%s\"", word);
    (void)fprintf(stderr, near == NULL ? "%s" : "; did you mean \"%s\"?", near == NULL ? "" : near);
    (void)fputs("\nwafveil: `wafveil help` lists the commands\n", stderr);
    return WV_EXIT_USAGE;
}

void wv_commands_usage(FILE *stream)
{
    (void)fputs("wafveil " WV_VERSION " — takes the personal data out of web-firewall logs\n\n"
                "usage: wafveil COMMAND [OPTIONS]\n\n",
                stream);
    for (size_t i = 0; i < WV_COUNT(commands); i++) {
        (void)fprintf(stream, "  %-9s  %s\n", commands[i].word, commands[i].summary);
    }
    (void)fputs("\n`wafveil help COMMAND` says more, `wafveil help --reference` says everything.\n",
                stream);
}

void wv_command_usage(const struct wv_command *command, FILE *stream)
{
    (void)fprintf(stream, "wafveil %s — %s\n\nusage: wafveil %s", command->word, command->summary,
                  command->word);
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct wv_argument *row = &command->arguments[i];
        (void)fprintf(stream, row->required ? " --%s%s%s" : " [--%s%s%s]", row->name,
                      row->value == NULL ? "" : " ", row->value == NULL ? "" : row->value);
    }
    (void)fprintf(stream, "%s%s\n\n", command->operands[0] == '\0' ? "" : " ", command->operands);
    for (size_t i = 0; i < command->argument_count; i++) {
        const struct wv_argument *row = &command->arguments[i];
        const int used = fprintf(stream, "  --%s%s%s", row->name, row->value == NULL ? "" : " ",
                                 row->value == NULL ? "" : row->value);
        (void)fprintf(stream, "%*s  %s\n", used < 20 ? 20 - used : 0, "", row->help);
    }
    if (command->details[0] != '\0') {
        (void)fprintf(stream, "\n%s", command->details);
    }
}

const char *wv_exit_text(int code)
{
    static const char *const texts[] = {
        [WV_EXIT_OK] = "done; the service: asked to stop, and nothing is left open",
        [WV_EXIT_CONFIG] =
            "a document or a key file is wrong: starting again does not help; test: a "
            "test failed",
        [WV_EXIT_USAGE] = "the command line is wrong; test: a document is",
        [WV_EXIT_REJECTED] = "filter: done, but some records could not be published; reveal: done, "
                             "but not everything opened; rejects replay: done, but something is "
                             "still rejected or gone",
        [WV_EXIT_KAFKA] = "run: Kafka ended it; start it again. check: brokers left questions open",
        [WV_EXIT_OUTPUT] = "an output could not be written",
        [WV_EXIT_LOST] = "run: the committed offset is gone from the input; a person must decide",
        [WV_EXIT_INTERNAL] = "memory is short, or the program is wrong",
    };
    return code >= 0 && (size_t)code < WV_COUNT(texts) ? texts[code] : NULL;
}
