/* classes.c — the words of classes.def. */
#include "plan/classes.h"

static const char *const words[WV_CLASS_COUNT] = {
#define WV_CLASS(symbol, word, number_to_text, help) word,
#include "plan/classes.def"
#undef WV_CLASS
};

static const char *const helps[WV_CLASS_COUNT] = {
#define WV_CLASS(symbol, word, number_to_text, help) help,
#include "plan/classes.def"
#undef WV_CLASS
};

static const bool numbers_to_text[WV_CLASS_COUNT] = {
#define WV_CLASS(symbol, word, number_to_text, help) number_to_text,
#include "plan/classes.def"
#undef WV_CLASS
};

static const struct wv_slice keys[WV_CLASS_COUNT] = {
#define WV_CLASS(symbol, word, number_to_text, help)                                               \
    {(const uint8_t *)"\"" word "\":", sizeof word + 2},
#include "plan/classes.def"
#undef WV_CLASS
};

struct wv_slice wv_class_key(enum wv_class class)
{
    wv_ensure(class < WV_CLASS_COUNT);
    return keys[class];
}

const char *wv_class_word(enum wv_class class)
{
    wv_ensure(class < WV_CLASS_COUNT);
    return words[class];
}

const char *wv_class_help(enum wv_class class)
{
    wv_ensure(class < WV_CLASS_COUNT);
    return helps[class];
}

bool wv_class_number_to_text(enum wv_class class)
{
    wv_ensure(class < WV_CLASS_COUNT);
    return numbers_to_text[class];
}

bool wv_class_find(struct wv_slice word, enum wv_class *out)
{
    for (size_t i = 0; i < WV_CLASS_COUNT; i++) {
        if (wv_slice_eq(word, wv_slice_of(words[i]))) {
            *out = (enum wv_class)i;
            return true;
        }
    }
    return false;
}

const char *const *wv_class_words(void)
{
    return words;
}
