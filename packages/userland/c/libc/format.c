/* printf's little language. */

#include <format.h>
#include <stdint.h>
#include <string.h>

/* One conversion, between `%` and its letter. */
struct conversion {
  int left;       /* `-`: blanks go behind. */
  int zeros;      /* `0`: zeros instead of blanks in front. */
  int width;      /* At least so many characters. */
  int precision;  /* Digits at least, or characters of a string at most; -1: not given. */
  int bits;       /* Of the argument: 8, 16, 32 or 64. */
};

struct output {
  struct sink *sink;
  int count;
};

static void put(struct output *output, const char *text, size_t size)
{
  if (size > 0) output->sink->put(output->sink, text, size);
  output->count += (int)size;
}

static void fill(struct output *output, char character, int count)
{
  for (; count > 0; count--) put(output, &character, 1);
}

/* Sign or prefix, zeros, digits; blanks on the side that the conversion asks for. */
static void put_field(struct output *output, const struct conversion *how, const char *sign, const char *text, int size,
                      int zeros)
{
  int sign_size = (int)strlen(sign);
  int blanks = how->width - sign_size - zeros - size;
  if (!how->left) fill(output, ' ', blanks);
  put(output, sign, (size_t)sign_size);
  fill(output, '0', zeros);
  put(output, text, (size_t)size);
  if (how->left) fill(output, ' ', blanks);
}

static void put_number(struct output *output, const struct conversion *how, const char *sign, uint64_t number, int base,
                       const char *digits)
{
  char text[20];
  int at = (int)sizeof text;
  for (; number != 0; number /= (uint64_t)base) text[--at] = digits[number % (uint64_t)base];
  int size = (int)sizeof text - at;
  int zeros = 0;
  /* C11 7.21.6.1: a precision is a least number of digits (1 by default) and switches the flag `0` off. */
  if (how->precision < 0 && how->zeros && !how->left) zeros = how->width - (int)strlen(sign) - size;
  int least = how->precision < 0 ? 1 : how->precision;
  if (zeros < least - size) zeros = least - size;
  put_field(output, how, sign, text + at, size, zeros < 0 ? 0 : zeros);
}

static uint64_t unsigned_argument(const struct conversion *how, va_list *arguments)
{
  if (how->bits == 64) return va_arg(*arguments, uint64_t);
  uint32_t value = va_arg(*arguments, uint32_t);
  return how->bits == 32 ? value : value & ((1u << how->bits) - 1);
}

static void put_signed(struct output *output, const struct conversion *how, va_list *arguments)
{
  int shift = 64 - how->bits;
  int64_t value = (int64_t)(unsigned_argument(how, arguments) << shift) >> shift;
  uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
  put_number(output, how, value < 0 ? "-" : "", size, 10, "0123456789");
}

static const char *parse_number(const char *at, int *number, va_list *arguments)
{
  if (*at == '*') {
    *number = va_arg(*arguments, int);
    return at + 1;
  }
  for (*number = 0; *at >= '0' && *at <= '9'; at++) *number = *number * 10 + (*at - '0');
  return at;
}

/* Flags, width, precision and length; answers where the letter is. */
static const char *parse(const char *at, struct conversion *how, va_list *arguments)
{
  *how = (struct conversion){ .precision = -1, .bits = 32 };
  for (; *at == '-' || *at == '0'; at++) {
    if (*at == '-') how->left = 1;
    else how->zeros = 1;
  }
  at = parse_number(at, &how->width, arguments);
  if (how->width < 0) {
    how->left = 1;
    how->width = -how->width;
  }
  if (*at == '.') at = parse_number(at + 1, &how->precision, arguments);
  if (*at == 'l' || *at == 'z') {
    how->bits = 64;
    at += at[0] == 'l' && at[1] == 'l' ? 2 : 1;
  } else if (*at == 'h') {
    how->bits = at[1] == 'h' ? 8 : 16;
    at += at[1] == 'h' ? 2 : 1;
  }
  return at;
}

static void put_string(struct output *output, const struct conversion *how, const char *text)
{
  if (text == NULL) text = "(null)";
  size_t most = how->precision < 0 ? (size_t)-1 : (size_t)how->precision;
  put_field(output, how, "", text, (int)strnlen(text, most), 0);
}

/* The whole conversion at `at`, behind its `%`; answers what follows it. */
static const char *convert(struct output *output, const char *at, va_list *arguments)
{
  struct conversion how;
  at = parse(at, &how, arguments);
  char character;
  switch (*at) {
    case 'd':
    case 'i':
      put_signed(output, &how, arguments);
      break;
    case 'u':
      put_number(output, &how, "", unsigned_argument(&how, arguments), 10, "0123456789");
      break;
    case 'x':
      put_number(output, &how, "", unsigned_argument(&how, arguments), 16, "0123456789abcdef");
      break;
    case 'X':
      put_number(output, &how, "", unsigned_argument(&how, arguments), 16, "0123456789ABCDEF");
      break;
    case 'p':
      how.bits = 64;
      put_number(output, &how, "0x", unsigned_argument(&how, arguments), 16, "0123456789abcdef");
      break;
    case 'c':
      character = (char)va_arg(*arguments, int);
      put_field(output, &how, "", &character, 1, 0);
      break;
    case 's':
      put_string(output, &how, va_arg(*arguments, const char *));
      break;
    case '\0':
      return at;
    default:
      put(output, at, 1);
  }
  return at + 1;
}

int format_into(struct sink *sink, const char *format, va_list arguments)
{
  struct output output = { .sink = sink };
  va_list rest;
  va_copy(rest, arguments);
  while (*format != '\0') {
    const char *plain = format;
    while (*format != '\0' && *format != '%') format++;
    put(&output, plain, (size_t)(format - plain));
    if (*format == '%') format = convert(&output, format + 1, &rest);
  }
  va_end(rest);
  return output.count;
}
