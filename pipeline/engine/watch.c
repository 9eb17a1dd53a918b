/* watch.c — every value of a record, told to a watcher. */
#include "engine/watch.h"

#include "engine/work.h"
#include "json/text.h"

#include <stdlib.h>

const char *wv_sight_kind_word(enum wv_sight_kind kind)
{
    static const char *const words[WV_SIGHT_KINDS] = {
        [WV_SIGHT_STRING] = "string", [WV_SIGHT_NUMBER] = "number", [WV_SIGHT_BOOLEAN] = "boolean",
        [WV_SIGHT_NULL] = "null",     [WV_SIGHT_OBJECT] = "object", [WV_SIGHT_ARRAY] = "array",
    };
    wv_ensure(kind < WV_SIGHT_KINDS);
    return words[kind];
}

bool wv_worker_watch(struct wv_worker *worker, size_t output, wv_watch_fn *fn, void *user)
{
    wv_ensure(worker->watch == NULL);
    struct wv_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return false;
    }
    watch->asides = calloc(worker->limits->fields + 1U, sizeof *watch->asides);
    if (watch->asides == NULL) {
        free(watch);
        return false;
    }
    watch->output = output;
    watch->fn = fn;
    watch->user = user;
    worker->watch = watch;
    worker->observed = true;
    return true;
}

void wv_watch_free(struct wv_watch *watch)
{
    if (watch != NULL) {
        free(watch->asides);
        free(watch);
    }
}

void wv_watch_note(struct wv_worker *worker, uint32_t index, const struct wv_frame *frame,
                   const struct wv_place *misfit, struct wv_slice key)
{
    worker->watch->asides[index] = (struct wv_aside){
        .around = misfit != NULL ? misfit : frame->place,
        .parent = misfit != NULL || frame->place != NULL ? WV_NOWHERE : frame->field,
        .misfit = misfit != NULL,
        .key = key,
    };
}

void wv_watch_begin(struct wv_worker *worker)
{
    /* What nobody says anything of went with what is around it. */
    for (uint32_t i = 0; i < worker->field_count; i++) {
        worker->watch->asides[i].action = WV_ACTION_REMOVED;
    }
}

static enum wv_sight_kind kind_of(const struct wv_worker *worker, const struct wv_field *field)
{
    switch (field->kind) {
    case WV_OBJECT:
        return WV_SIGHT_OBJECT;
    case WV_ARRAY:
        return WV_SIGHT_ARRAY;
    case WV_NUMBER:
        return WV_SIGHT_NUMBER;
    case WV_LITERAL:
        return worker->layers[field->layer].text.ptr[field->start] == 'n' ? WV_SIGHT_NULL
                                                                          : WV_SIGHT_BOOLEAN;
    default:
        return WV_SIGHT_STRING;
    }
}

/* Raw text decoded into scratch; ptr NULL: there is no room. */
static struct wv_slice decoded(struct wv_worker *worker, struct wv_slice raw, bool json,
                               uint8_t spelling)
{
    uint8_t *text = wv_scratch_take(&worker->scratch, raw.len);
    if (text == NULL) {
        return (struct wv_slice){0};
    }
    const size_t len =
        json ? wv_text_unescape(raw, text, NULL) : wv_spelling_read(spelling, raw, text, NULL);
    return len == SIZE_MAX ? (struct wv_slice){0} : (struct wv_slice){text, len};
}

static struct wv_slice text_of(struct wv_worker *worker, const struct wv_field *field)
{
    if (field->kind == WV_OBJECT || field->kind == WV_ARRAY) {
        return (struct wv_slice){0};
    }
    if (!wv_field_is_text(field)) {
        return wv_slice_sub(worker->layers[field->layer].text, field->start, field->end);
    }
    const struct wv_slice raw = wv_field_raw(worker, field);
    if (raw.len == 0 || raw.len > worker->limits->value_bytes) {
        return raw.len == 0 ? WV_LIT("") : (struct wv_slice){0};
    }
    return field->escaped ? decoded(worker, raw, field->kind == WV_STRING, field->spelling) : raw;
}

/* The decoded key of an unlisted member; ptr NULL: it has none. */
static struct wv_slice key_of(struct wv_worker *worker, const struct wv_field *field)
{
    const struct wv_aside *aside = &worker->watch->asides[field - worker->fields];
    if (field->kind == WV_TEXT) {
        return aside->key.len > 0 ? aside->key : WV_LIT(""); /* a column */
    }
    if (field->key_end == field->member) {
        return (struct wv_slice){0};
    }
    const struct wv_slice raw =
        wv_slice_sub(worker->layers[field->layer].text, field->member + 1, field->key_end);
    return decoded(worker, raw, true, WV_SPELLING_JSON);
}

/* Whether a path can name the member: points and brackets are signs of its own. */
static bool can_be_listed(const struct wv_format *format, struct wv_slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (memchr(format->dotted ? "[]{}" : ".[]{}", key.ptr[i], format->dotted ? 4 : 5) != NULL) {
            return false;
        }
    }
    return key.ptr == NULL || key.len > 0;
}

/* Not what a record in which no format was recognised is read as. */
static bool is_of_plan(const struct wv_plan *plan, const struct wv_format *format)
{
    for (size_t i = 0; i < plan->format_count; i++) {
        if (plan->formats[i]->name == format->name) {
            return true;
        }
    }
    return false;
}

/* The way to an unlisted field. */
static void find_way(struct wv_worker *worker, const struct wv_field *field,
                     struct wv_slice names[WV_DEPTH_MAX], struct wv_sight *sight)
{
    const struct wv_aside *aside = &worker->watch->asides[field - worker->fields];
    const struct wv_format *format = worker->layers[field->layer].format;
    bool plain = is_of_plan(worker->plan, format);
    size_t count = 0;
    while (!aside->misfit && count < WV_DEPTH_MAX) {
        names[count] = key_of(worker, field);
        plain = plain && can_be_listed(format, names[count]);
        count++;
        if (aside->parent == WV_NOWHERE) {
            break;
        }
        field = &worker->fields[aside->parent];
        aside = &worker->watch->asides[aside->parent];
    }
    for (size_t i = 0; i < count / 2; i++) {
        const struct wv_slice moved = names[i];
        names[i] = names[count - 1 - i];
        names[count - 1 - i] = moved;
    }
    sight->path = aside->around == NULL ? "" : aside->around->path;
    sight->names = names;
    sight->name_count = count;
    sight->misfit = aside->misfit;
    sight->plain = plain && !aside->misfit && count < WV_DEPTH_MAX &&
                   (aside->around == NULL || aside->around->pairs == NULL);
}

/* Whether the class of the place is said by its path alone. */
static bool is_plain(const struct wv_place *place)
{
    return place->leaf && !place->paired && !place->named && place->inner == NULL &&
           place->table == NULL && place->prefix_count == 0;
}

static void tell(struct wv_writer *writer, const struct wv_field *field)
{
    struct wv_worker *worker = writer->worker;
    struct wv_watch *watch = worker->watch;
    const struct wv_place *place = field->place;
    const size_t mark = worker->scratch.used;
    struct wv_slice names[WV_DEPTH_MAX];
    struct wv_sight sight = {
        .record = worker->tally.records_in,
        .format = worker->layers[field->layer].format->name,
        .listed = place != NULL,
        .class = (enum wv_class)field->class,
        .rule = wv_pick(writer, (enum wv_class)field->class),
        .action = (enum wv_action)watch->asides[field - worker->fields].action,
        .kind = kind_of(worker, field),
        .text = text_of(worker, field),
        .name = field->name,
        .packs = writer->set->packs,
    };
    if (place == NULL) {
        find_way(worker, field, names, &sight);
    } else {
        sight.path = place->path;
        sight.plain = is_plain(place);
    }
    watch->fn(watch->user, &sight);
    wv_scratch_return(&worker->scratch, mark);
}

/* What is inside of a container or a text is told, and says more than the whole of it. */
static bool is_told(const struct wv_worker *worker, const struct wv_field *field)
{
    if (field->kind == WV_OBJECT || field->kind == WV_ARRAY) {
        const uint32_t index = (uint32_t)(field - worker->fields);
        return field->place == NULL &&
               (worker->watch->asides[index].misfit || field->skip == index + 1);
    }
    return field->place == NULL || field->place->inner == NULL ||
           wv_layer_of(worker, field) == NULL;
}

void wv_watch_end(struct wv_writer *writer)
{
    struct wv_worker *worker = writer->worker;
    for (uint32_t i = 0; i < worker->layer_count; i++) {
        const struct wv_layer *layer = &worker->layers[i];
        for (uint32_t k = layer->first; (i == 0 || layer->open) && k < layer->end; k++) {
            if (is_told(worker, &worker->fields[k])) {
                tell(writer, &worker->fields[k]);
            }
        }
    }
}
