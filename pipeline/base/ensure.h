/*
 * ensure.h — claims about our own code that stay on in release builds.
 *
 * wv_ensure() is for mistakes of the programmer, never for input: input that is wrong is counted
 * and rejected, an operator who is wrong gets an explanation. A failed claim ends the process at
 * once, because a process that is in a state nobody thought of could publish what it must not.
 */
#ifndef WV_BASE_ENSURE_H
#define WV_BASE_ENSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WV_MUST_USE                    __attribute__((warn_unused_result))
#define WV_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define WV_COUNT(array)                (sizeof(array) / sizeof((array)[0]))

/* For small functions of a hot loop whose state must stay in registers. */
#define WV_INLINE static inline __attribute__((always_inline))

#define wv_likely(condition)   __builtin_expect(!!(condition), 1)
#define wv_unlikely(condition) __builtin_expect(!!(condition), 0)

#define wv_ensure(condition)                                                                       \
    ((condition) ? (void)0 : wv_ensure_failed(#condition, __FILE__, __LINE__))

/* Prints the claim and its place, never a value, and aborts. */
_Noreturn void wv_ensure_failed(const char *claim, const char *file, int line);

#endif
