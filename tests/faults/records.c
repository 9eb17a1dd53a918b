/*
 * records.c — templates and command lines of the feeder and the checker.
 */
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char marker[] = "rule-0-0-0";

static char *whole_file(const char *folder, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
        const long size = ftell(file);
        text = size < 0 ? NULL : calloc((size_t)size + 1, 1);
        rewind(file);
        if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
            free(text);
            text = NULL;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (text == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
    }
    return text;
}

bool lines_load(struct lines *lines, const char *folder, const char *name)
{
    *lines = (struct lines){0};
    char *text = whole_file(folder, name);
    if (text == NULL) {
        return false;
    }
    size_t room = 1;
    for (const char *at = text; *at != '\0'; at++) {
        room += *at == '\n';
    }
    lines->items = calloc(room, sizeof *lines->items);
    lines->lengths = calloc(room, sizeof *lines->lengths);
    if (lines->items == NULL || lines->lengths == NULL) {
        return false;
    }
    for (char *at = text, *end = NULL; *at != '\0' && (end = strchr(at, '\n')) != NULL;
         at = end + 1) {
        *end = '\0';
        lines->lengths[lines->count] = (size_t)(end - at);
        lines->items[lines->count++] = at;
    }
    return true;
}

bool templates_load(struct templates *templates, const char *folder, const char *name)
{
    struct lines lines;
    if (!lines_load(&lines, folder, name)) {
        return false;
    }
    *templates = (struct templates){.items = calloc(lines.count + 1, sizeof *templates->items),
                                    .count = lines.count};
    for (size_t i = 0; templates->items != NULL && i < lines.count; i++) {
        const char *at = strstr(lines.items[i], marker);
        if (at == NULL) {
            (void)fprintf(stderr, "%s: line %zu has no number\n", name, i + 1);
            return false;
        }
        const size_t before = (size_t)(at - lines.items[i]);
        templates->items[i] =
            (struct template){.before = lines.items[i],
                              .before_len = before,
                              .after = at + sizeof marker - 1,
                              .after_len = lines.lengths[i] - before - (sizeof marker - 1)};
    }
    return templates->items != NULL;
}

const char *option_of(int argc, char **argv, const char *name, const char *fallback)
{
    const size_t len = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=') {
            return argv[i] + len + 1;
        }
    }
    return fallback;
}

uint64_t number_of(int argc, char **argv, const char *name, uint64_t fallback)
{
    const char *word = option_of(argc, argv, name, NULL);
    return word == NULL ? fallback : strtoull(word, NULL, 10);
}

bool run_of(struct run *run, int argc, char **argv)
{
    *run = (struct run){.number = (unsigned)number_of(argc, argv, "run", 1),
                        .seed = number_of(argc, argv, "seed", 1),
                        .partitions = (unsigned)number_of(argc, argv, "partitions", 0),
                        .clients = (unsigned)number_of(argc, argv, "clients", 0),
                        .poison = (unsigned)number_of(argc, argv, "poison", 200)};
    if (run->partitions == 0 || run->partitions > 1024 || run->clients < run->partitions ||
        run->clients % run->partitions != 0) {
        (void)fprintf(stderr, "partitions or clients make no sense\n");
        return false;
    }
    return true;
}
