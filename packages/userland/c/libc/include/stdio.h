/* Formatted output. Nothing is buffered: what one call prints, it writes before it returns.

   Conversions: %d %i %u %x %X %c %s %p %%, with `-`, `0`, a width, a precision (either may be `*`), and the lengths
   hh, h, l, ll and z. */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vdprintf(int fd, const char *format, va_list arguments);
int snprintf(char *into, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *into, size_t size, const char *format, va_list arguments);
int puts(const char *line);

/* "bind: EADDRINUSE (98)" on the error output. */
void perror(const char *what);

#endif
