#include <errno.h>
#include <format.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A sink that gathers text and writes it when it is full, and at the end: one system call for most lines. */
struct file_sink {
  struct sink sink;
  int fd;
  int failed;
  size_t used;
  char buffer[512];
};

static void flush(struct file_sink *file)
{
  if (write_all(file->fd, file->buffer, file->used) < 0) file->failed = 1;
  file->used = 0;
}

static void put(struct sink *sink, const char *text, size_t size)
{
  struct file_sink *file = (struct file_sink *)sink;
  while (size > 0) {
    size_t part = sizeof file->buffer - file->used;
    if (part > size) part = size;
    memcpy(file->buffer + file->used, text, part);
    file->used += part;
    text += part;
    size -= part;
    if (file->used == sizeof file->buffer) flush(file);
  }
}

int vdprintf(int fd, const char *format, va_list arguments)
{
  struct file_sink file;
  file.sink.put = put;
  file.fd = fd;
  file.failed = 0;
  file.used = 0;
  int count = format_into(&file.sink, format, arguments);
  flush(&file);
  return file.failed ? -1 : count;
}

int dprintf(int fd, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int count = vdprintf(fd, format, arguments);
  va_end(arguments);
  return count;
}

int printf(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int count = vdprintf(STDOUT_FILENO, format, arguments);
  va_end(arguments);
  return count;
}

int puts(const char *line)
{
  return printf("%s\n", line);
}

void perror(const char *what)
{
  dprintf(STDERR_FILENO, "%s: %s (%d)\n", what, strerrorname(errno), errno);
}
