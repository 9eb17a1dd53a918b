/*
 * subject_makes.c — asks the merged rules of a plan which tokens they make.
 */
#include "app/subject_makes.h"

#include "filters/ip_encrypt.h"
#include "plan/tables.h"

static const struct {
    const char *word;
    enum wv_kind kind;
    uint64_t classes; /* in which such a value stands */
} sorts[WV_SUBJECT_BY_COUNT] = {
    [WV_SUBJECT_IP] = {"ip", WV_KIND_IP,
                       UINT64_C(1) << WV_CLASS_CLIENT_IP | UINT64_C(1) << WV_CLASS_FORWARDED_IP},
    [WV_SUBJECT_EMAIL] = {"email", WV_KIND_EMAIL, UINT64_C(1) << WV_CLASS_EMAIL},
    [WV_SUBJECT_USER] = {"user", WV_KIND_USER, UINT64_C(1) << WV_CLASS_USERNAME},
    [WV_SUBJECT_DEVICE] = {"device", WV_KIND_DEVICE, UINT64_C(1) << WV_CLASS_DEVICE_ID},
    [WV_SUBJECT_PHONE] = {"phone", WV_KIND_PHONE, UINT64_C(1) << WV_CLASS_PHONE},
    [WV_SUBJECT_SESSION] = {"session", WV_KIND_SESSION, UINT64_C(1) << WV_CLASS_SESSION_ID},
};

const char *wv_subject_word(enum wv_subject_by by)
{
    return sorts[by].word;
}

enum wv_kind wv_subject_kind(enum wv_subject_by by)
{
    return sorts[by].kind;
}

/* Where it may stand. People sign in by e-mail addresses and telephone numbers, forms give the same
 * value every name there is, and whoever asks knows the value and not the field: so all of them. */
static uint64_t classes_of(const struct wv_subject_value *value)
{
    uint64_t classes = sorts[value->by].classes;
    for (size_t i = 0; i < WV_SUBJECT_BY_COUNT; i++) {
        if (value->by != WV_SUBJECT_IP && i != WV_SUBJECT_IP) {
            classes |= sorts[i].classes;
        }
    }
    return classes;
}

static void add(struct wv_subject_makes *makes, struct wv_subject_make make)
{
    for (size_t i = 0; i < makes->count; i++) {
        struct wv_subject_make *item = &makes->items[i];
        if (item->kind == make.kind && item->days == make.days && item->lower == make.lower) {
            item->of_key = item->of_key && make.of_key;
            return;
        }
    }
    if (makes->count == WV_SUBJECT_MAKES_MAX) {
        makes->too_many = true;
        return;
    }
    makes->items[makes->count++] = make;
}

void wv_subject_makes_join(struct wv_subject_makes *makes, const struct wv_subject_makes *more)
{
    for (size_t i = 0; i < more->count; i++) {
        add(makes, more->items[i]);
    }
    makes->encrypts = makes->encrypts || more->encrypts;
    makes->too_many = makes->too_many || more->too_many;
}

/* Only tokens of the kind email are the same for both cases of a domain. */
static bool has_upper_domain(struct wv_slice text)
{
    bool domain = false;
    bool upper = false;
    for (size_t i = 0; i < text.len; i++) {
        domain = domain || text.ptr[i] == '@';
        upper = upper || (domain && text.ptr[i] != wv_lower(text.ptr[i]));
    }
    return upper;
}

static void add_spellings(const struct wv_subject_value *value, struct wv_subject_make make,
                          struct wv_subject_makes *makes)
{
    add(makes, make);
    if (make.kind != WV_KIND_EMAIL && make.kind != WV_KIND_IP && has_upper_domain(value->text)) {
        make.lower = true;
        add(makes, make);
    }
}

static void add_rule(const struct wv_subject_value *value, const struct wv_rule *rule,
                     enum wv_class class, struct wv_subject_makes *makes)
{
    const bool is_class = (classes_of(value) >> class & 1) != 0;
    if (rule->token != WV_KIND_NONE && (is_class || rule->token == sorts[value->by].kind)) {
        add_spellings(
            value, (struct wv_subject_make){.kind = (uint8_t)rule->token, .days = rule->token_days},
            makes);
    }
    for (uint32_t i = 0; i < rule->step_count; i++) {
        makes->encrypts = makes->encrypts ||
                          (value->by == WV_SUBJECT_IP && wv_ip_encrypt_is(rule->steps[i].filter));
    }
}

/* The Kafka key is a token where the client's address is one (engine/envelope.c). */
static void add_key(const struct wv_subject_value *value, const struct wv_rule *rule,
                    struct wv_subject_makes *makes)
{
    if (rule->token != WV_KIND_NONE) {
        const enum wv_kind kind = value->is_address ? WV_KIND_IP : WV_KIND_TEXT;
        add_spellings(value,
                      (struct wv_subject_make){
                          .kind = (uint8_t)kind, .of_key = true, .days = rule->token_days},
                      makes);
    }
}

static void add_set(const struct wv_plan *plan, const struct wv_subject_value *value,
                    const struct wv_domain_use *use, const struct wv_pack_set *set,
                    struct wv_subject_makes *makes)
{
    const bool keys = plan->config->outputs[use->output].key == WV_KEY_TOKEN && !set->refused;
    for (size_t class = 0; class < WV_CLASS_COUNT; class ++) {
        const struct wv_rulings rulings = set->rulings[use->output][class];
        for (size_t i = 0; i < rulings.count; i++) {
            add_rule(value, rulings.items[i].rule, (enum wv_class) class, makes);
            if (keys && class == WV_CLASS_CLIENT_IP) {
                add_key(value, rulings.items[i].rule, makes);
            }
        }
    }
}

void wv_subject_makes_add(const struct wv_plan *plan, const struct wv_subject_value *value,
                          const struct wv_domain_use *use, struct wv_subject_makes *makes)
{
    size_t pack;
    if (!wv_plan_pack_find(plan, use->region, &pack)) {
        return;
    }
    const uint64_t unknown = plan->packs[plan->pack_unknown].versions;
    for (size_t i = 0; i <= plan->set_mask; i++) {
        const struct wv_pack_set *set = &plan->sets[i];
        if ((set->packs & plan->packs[pack].versions) != 0 &&
            (!use->unknown_tenant || (set->packs & unknown) != 0)) {
            add_set(plan, value, use, set, makes);
        }
    }
}
