#include <format.h>
#include <stdio.h>
#include <string.h>

/* A sink that fills an array and drops what does not fit. The sink is its first member: one address for both. */
struct array_sink {
  struct sink sink;
  char *into;
  size_t room;
};

static void put(struct sink *sink, const char *text, size_t size)
{
  struct array_sink *array = (struct array_sink *)sink;
  if (size > array->room) size = array->room;
  memcpy(array->into, text, size);
  array->into += size;
  array->room -= size;
}

int vsnprintf(char *into, size_t size, const char *format, va_list arguments)
{
  struct array_sink array = { { put }, into, size > 0 ? size - 1 : 0 };
  int count = format_into(&array.sink, format, arguments);
  if (size > 0) *array.into = '\0';
  return count;
}

int snprintf(char *into, size_t size, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int count = vsnprintf(into, size, format, arguments);
  va_end(arguments);
  return count;
}
