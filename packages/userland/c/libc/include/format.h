/* The engine under printf and snprintf. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Where formatted text goes, piece by piece. */
struct sink {
  void (*put)(struct sink *sink, const char *text, size_t size);
};

/* Formats into the sink; answers how many characters that were. */
int format_into(struct sink *sink, const char *format, va_list arguments);

#endif
