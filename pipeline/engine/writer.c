/* writer.c — sets a writer up for one output of a record, and makes its tokens. */
#include "engine/work.h"

#include "filters/ip_truncate.h"

/* "{tenant}/{region}/{output}" with words put in; empty when that does not fit. */
static void spell_domain(const struct wv_writer *writer, struct wv_domain_text *domain)
{
    const struct wv_worker *worker = writer->worker;
    const struct wv_slice pattern = writer->config->domain.len > 0
                                        ? writer->config->domain
                                        : WV_LIT("{tenant}/{region}/{output}");
    const struct {
        struct wv_slice word;
        struct wv_slice value;
    } words[] = {
        {WV_LIT("{tenant}"), worker->settled.tenant_name},
        {WV_LIT("{region}"), wv_slice_of(worker->plan->packs[worker->settled.first_pack].name)},
        {WV_LIT("{output}"), writer->config->name},
    };
    struct wv_buf out = wv_buf_of(domain->text, sizeof domain->text);
    for (size_t at = 0; at < pattern.len;) {
        const struct wv_slice rest = wv_slice_sub(pattern, at, pattern.len);
        size_t step = 0;
        for (size_t w = 0; w < WV_COUNT(words) && step == 0; w++) {
            if (wv_slice_starts(rest, words[w].word)) {
                wv_buf_put(&out, words[w].value);
                step = words[w].word.len;
            }
        }
        if (step == 0) {
            wv_buf_byte(&out, pattern.ptr[at]);
            step = 1;
        }
        at += step;
    }
    domain->len = out.overflowed ? 0 : (uint32_t)out.len;
}

static struct wv_slice domain_of(struct wv_writer *writer)
{
    const struct wv_settled *settled = &writer->worker->settled;
    struct wv_domain_text *domain = &writer->worker->output_domains[writer->output];
    if (domain->len == 0 || domain->tenant != settled->tenant ||
        domain->pack != settled->first_pack) {
        domain->tenant = settled->tenant;
        domain->pack = settled->first_pack;
        spell_domain(writer, domain);
    }
    return (struct wv_slice){domain->text, domain->len};
}

/* The key of the tokens that the rule makes. */
static struct wv_token_key token_key(const struct wv_writer *writer, const struct wv_rule *rule)
{
    struct wv_token_key key = writer->context.key;
    key.kind = rule->token;
    key.days = rule->token_days;
    return key;
}

void wv_writer_mark_now(struct wv_writer *writer)
{
    struct wv_worker *worker = writer->worker;
    const struct wv_rule *rule = wv_pick(writer, WV_CLASS_CLIENT_IP);
    const struct wv_token_key key = token_key(writer, rule);
    const bool marks = rule->token == WV_KIND_IP && key.domain.len > 0;
    for (size_t i = 0; i < worker->needles.count; i++) {
        struct wv_needle *needle = &worker->needles.items[i];
        uint8_t canonical[WV_ADDRESS_CANONICAL_MAX];
        needle->mark = (struct wv_slice){0};
        if (marks && (worker->settled.clients >> i & 1) != 0 &&
            wv_tokens_make(worker->tokens, &key, wv_address_canonical(&needle->address, canonical),
                           &writer->marks[i])) {
            needle->mark =
                (struct wv_slice){writer->marks[i].text + writer->marks[i].code_at, WV_MARK_LEN};
        }
    }
    writer->marked = true;
}

static struct wv_mark_kind mark_kind(const struct wv_choice *choice, enum wv_class class)
{
    const struct wv_rule *rule = choice->rules[class];
    return (struct wv_mark_kind){rule->token, rule->token_days};
}

/* What is found in text has a mark where the rule of its class makes a token. */
static void choose_marking(struct wv_choice *choice, const struct wv_patterns *patterns)
{
    struct wv_marking *marking = &choice->marking;
    *marking = (struct wv_marking){0};
    for (size_t kind = 0; kind < WV_DETECTOR_COUNT; kind++) {
        enum wv_class class;
        if (wv_class_find(wv_slice_of(wv_detector_at(kind)->class), &class)) {
            marking->detectors[kind] = mark_kind(choice, class);
        }
    }
    for (size_t i = 0; i < wv_patterns_count(patterns); i++) {
        const enum wv_class class = (enum wv_class)wv_patterns_at(patterns, i)->class;
        if (class < WV_CLASS_COUNT) {
            marking->patterns[i] = mark_kind(choice, class);
        }
    }
    marking->parameters[WV_PARAMETER_DIRECT_ID] = mark_kind(choice, WV_CLASS_USERNAME);
    marking->parameters[WV_PARAMETER_SESSION] = mark_kind(choice, WV_CLASS_SESSION_ID);
    marking->parameters[WV_PARAMETER_DEVICE] = mark_kind(choice, WV_CLASS_DEVICE_ID);
    marking->parameters[WV_PARAMETER_CONTACT] = mark_kind(choice, WV_CLASS_PHONE);
}

/* Addresses in texts may be written as networks only where those of clients are. */
static struct wv_writing choose_writing(const struct wv_rule *clients, uint32_t placeholders)
{
    const bool words = placeholders == WV_PLACEHOLDERS_WORDS;
    struct wv_writing writing = {.underscores = words};
    writing.networks = words && clients->step_count == 1 &&
                       wv_ip_truncate_keeps(clients->steps[0].filter, clients->steps[0].settings,
                                            &writing.v4_keep, &writing.v6_keep);
    return writing;
}

/* What the conditions of the record choose among the rulings of the set. */
static const struct wv_choice *choose(const struct wv_writer *writer)
{
    const struct wv_worker *worker = writer->worker;
    const uint64_t conditions = worker->settled.conditions;
    const size_t place = ((uintptr_t)writer->set / sizeof *writer->set ^ conditions) % WV_CHOICES;
    struct wv_choice *choice = &worker->choices[writer->output * WV_CHOICES + place];
    if (wv_likely(choice->set == writer->set && choice->conditions == conditions)) {
        return choice;
    }
    choice->set = writer->set;
    choice->conditions = conditions;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_ruling *items = writer->set->rulings[writer->output][class].items;
        while ((items->when & ~conditions) != 0) {
            items++;
        }
        choice->rules[class] = items->rule;
    }
    choose_marking(choice, writer->worker->plan->patterns);
    choice->writing =
        choose_writing(choice->rules[WV_CLASS_CLIENT_IP], writer->config->placeholders);
    return choice;
}

/* The layer that tells what was done: the record itself, inside of all envelopes; or, where that is
 * no JSON, what is around it. NULL: nothing is. */
static const struct wv_layer *annotated(const struct wv_worker *worker)
{
    const struct wv_layer *layers = worker->layers;
    uint32_t at = 0;
    for (uint32_t i = 1; i < worker->layer_count; i++) {
        if (layers[at].format->envelope && layers[i].open && layers[i].record &&
            worker->fields[layers[i].field].layer == at) {
            at = i;
        }
    }
    while (at > 0 && layers[at].format->syntax != NULL) {
        at = worker->fields[layers[at].field].layer;
    }
    return layers[at].format->syntax == NULL ? &layers[at] : NULL;
}

/* For whoever supposed something: what came of it. */
static void tell_supposer(const struct wv_worker *worker, const struct wv_pack_set *set,
                          size_t output)
{
    struct wv_supposed *supposed = worker->supposed;
    if (supposed->output == output) {
        supposed->fell_under = worker->settled.packs;
        supposed->packs = set->packs;
        supposed->conditions = worker->settled.conditions;
        supposed->time_ms = worker->settled.time_ms;
    }
}

void wv_writer_init(struct wv_writer *writer, struct wv_worker *worker, size_t output,
                    struct wv_buf *buf)
{
    static const struct wv_name_list no_hosts = {0};
    const struct wv_settled *settled = &worker->settled;
    const struct wv_output *config = &worker->plan->config->outputs[output];
    const struct wv_period *period = settled->period;
    const bool withheld =
        wv_permits_against(&worker->permits, output, settled->origins, settled->templates) != 0;
    const bool unprocessed =
        settled->refused &&
        (config->basis == WV_BASIS_CONSENT ||
         worker->plan->config->inputs[worker->record->input].basis == WV_BASIS_CONSENT);
    const bool undisclosed =
        worker->plan->legal->outputs[output].needs_third_party && !settled->third_party;
    const bool refused = withheld || unprocessed || undisclosed;
    const uint64_t packs =
        settled->packs | (refused ? period->packs[worker->plan->pack_refused].packs : 0);
    writer->worker = worker;
    writer->output = output;
    writer->config = config;
    writer->set = wv_plan_set(worker->plan, packs, period->overlays);
    if (wv_unlikely(worker->supposed != NULL)) {
        tell_supposer(worker, writer->set, output);
    }
    writer->choice = choose(writer);
    writer->buf = buf;
    writer->annotated = annotated(worker);
    writer->made_count = 0;
    writer->shown = 0;
    writer->withheld = withheld;
    writer->unconsented[WV_CONSENT_PROCESSING] = unprocessed;
    writer->unconsented[WV_CONSENT_THIRD_PARTY] = undisclosed;
    writer->weight = config->routing.weight.len > 0 ? WV_LIT("1") : (struct wv_slice){0};
    writer->failed = NULL;
    writer->sealed = (struct wv_slice){0};
    memset(writer->lead, 0xff, (worker->limits->depth + 1) * sizeof writer->lead[0]);
    struct wv_context *context = &writer->context; /* every member by itself: see wv_field_set() */
    context->needles = &worker->needles;
    context->learning = &worker->learning;
    context->sensitive = 0;
    context->host = settled->host;
    context->own_hosts = settled->tenant == NULL ? &no_hosts : &settled->tenant->hosts;
    context->parameters = worker->plan->parameters;
    context->detectors = writer->set->detectors[output];
    context->patterns = worker->plan->patterns;
    context->matcher = worker->matcher;
    context->domains = worker->domains;
    context->tokens = worker->tokens;
    context->marking = &writer->choice->marking;
    context->key.time_s = settled->trusted_ms < 0 ? 0 : settled->trusted_ms / 1000;
    context->key.days = 0;
    context->key.kind = WV_KIND_NONE;
    context->scratch = &worker->scratch;
    context->networks = config->networks;
    context->writing = writer->choice->writing;
    context->for_security = config->purpose == WV_PURPOSE_SECURITY;
    context->key.domain = wv_settled_untokenised(worker) ? (struct wv_slice){0} : domain_of(writer);
    writer->marked = false;
    writer->expires = wv_expiry_of(writer);
    wv_client_choose(writer);
}

static bool canonical_of(struct wv_writer *writer, const struct wv_rule *rule, struct wv_slice text,
                         struct wv_slice *out)
{
    struct wv_scratch *scratch = &writer->worker->scratch;
    if (rule->token == WV_KIND_IP) {
        struct wv_address address;
        uint8_t *canonical = wv_scratch_take(scratch, WV_ADDRESS_CANONICAL_MAX);
        if (canonical == NULL || wv_address_parse(text, &address) != WV_ADDRESS_VALID) {
            return false;
        }
        *out = wv_address_canonical(&address, canonical);
        return true;
    }
    uint8_t *canonical = wv_scratch_take(scratch, text.len + 1);
    if (canonical == NULL || text.len == 0) {
        return false;
    }
    *out = wv_canonical_text(rule->token, text, canonical);
    return true;
}

/* The client's own address already has a token. */
static bool is_made(const struct wv_writer *writer, const struct wv_field *field,
                    const struct wv_rule *rule)
{
    return rule->token == WV_KIND_IP && field->class == WV_CLASS_CLIENT_IP &&
           field->needle != WV_NO_NEEDLE &&
           writer->worker->needles.items[field->needle].mark.len > 0;
}

static bool make_token(struct wv_writer *writer, const struct wv_rule *rule, struct wv_slice text,
                       struct wv_token *out)
{
    const struct wv_token_key key = token_key(writer, rule);
    struct wv_slice canonical;
    if (!canonical_of(writer, rule, text, &canonical)) {
        return false;
    }
    if (key.domain.len == 0 || !wv_tokens_make(writer->worker->tokens, &key, canonical, out)) {
        writer->worker->tally.tokens_without_key += !wv_settled_untokenised(writer->worker);
        return false;
    }
    return true;
}

void wv_writer_token(struct wv_writer *writer, const struct wv_field *field,
                     const struct wv_rule *rule, struct wv_slice text)
{
    if (rule->token == WV_KIND_NONE || writer->made_count == WV_TOKENS_MAX) {
        return;
    }
    wv_writer_mark(writer);
    struct wv_made_token *made = &writer->made[writer->made_count];
    made->class = field->class;
    if (is_made(writer, field, rule)) {
        made->token = writer->marks[field->needle];
    } else if (!make_token(writer, rule, text, &made->token)) {
        return;
    }
    for (size_t i = 0; i < writer->made_count; i++) {
        if (writer->made[i].class == field->class &&
            wv_slice_eq(wv_token_slice(&writer->made[i].token), wv_token_slice(&made->token))) {
            return;
        }
    }
    writer->made_count++;
    writer->worker->tally.tokens++;
}
