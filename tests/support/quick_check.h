/*
 * quick_check.h — Check's assertions, of which a million cost no more than their conditions.
 *
 * Included by the build before every test (-include). After each assertion that holds Check writes
 * its place to a file, so that it can say after which one a program crashed; in tests that compare
 * a hundred thousand values this takes ten times the time of what they test. Here a line is written
 * once a test.
 */
#ifndef WV_TESTS_QUICK_CHECK_H
#define WV_TESTS_QUICK_CHECK_H

#include <check.h>
#include <stdbool.h>

static inline void mark_line_once(const char *file, int line)
{
    static bool marked[1 << 12]; /* every test has a process of its own, and so its own marks */
    const size_t place = (size_t)line % sizeof marked;
    if (!marked[place]) {
        marked[place] = true;
        _mark_point(file, line);
    }
}

#define _mark_point(file, line) mark_line_once(file, line)

#endif
