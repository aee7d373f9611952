/* libc-check SUBJECT SEED ROUNDS: functions of our libc and of the host's, side by side, on random input. Prints each
   difference, and how many comparisons there were. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

int synos_snprintf(char *into, size_t size, const char *format, ...);
long synos_strtol(const char *text, char **end, int base);
void *synos_memcpy(void *, const void *, size_t);
void *synos_memmove(void *, const void *, size_t);
void *synos_memset(void *, int, size_t);
int synos_memcmp(const void *, const void *, size_t);
void *synos_memchr(const void *, int, size_t);
size_t synos_strlen(const char *);
size_t synos_strnlen(const char *, size_t);
int synos_strcmp(const char *, const char *);
int synos_strncmp(const char *, const char *, size_t);
int synos_strncasecmp(const char *, const char *, size_t);
char *synos_strchr(const char *, int);
char *synos_strrchr(const char *, int);
char *synos_strstr(const char *, const char *);
int synos_inet_pton(int, const char *, void *);
const char *synos_inet_ntop(int, const void *, char *, socklen_t);
const char *synos_strerrorname(int);
void *synos_malloc(size_t);
void *synos_calloc(size_t, size_t);
void *synos_realloc(void *, size_t);
void synos_free(void *);

static long comparisons;
static long differences;

static void compare(int same, const char *what, const char *details)
{
  comparisons++;
  if (same) return;
  differences++;
  if (differences <= 20) printf("differs: %s %s\n", what, details);
}

static uint64_t random_number(void)
{
  static const uint64_t edges[] = { 0, 1, 9, 10, 15, 16, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
                                    0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff };
  if (random_below(3) == 0) return edges[random_below(sizeof edges / sizeof edges[0])];
  return random_bits() >> random_below(64);
}

static void random_text(char *into, size_t size, const char *alphabet)
{
  size_t length = random_below(size);
  for (size_t i = 0; i < length; i++) into[i] = alphabet[random_below(strlen(alphabet))];
  into[length] = '\0';
}

static void check_format(void)
{
  static const char *const lengths[] = { "", "l", "ll", "z", "h", "hh" };
  char format[64];
  char text[24];
  char ours[256];
  char theirs[256];
  char details[900];
  int at = sprintf(format, "a%%");
  if (random_below(3) == 0) format[at++] = '-';
  if (random_below(3) == 0) format[at++] = '0';
  if (random_below(2) == 0) at += sprintf(format + at, "%d", (int)random_below(30) + 1);
  uint64_t kind = random_below(8);
  if (kind < 6 && random_below(3) == 0) at += sprintf(format + at, ".%d", (int)random_below(25));
  memset(ours, 'x', sizeof ours);
  memset(theirs, 'x', sizeof theirs);
  /* Often there is too little room. */
  size_t room = random_below(2) == 0 ? sizeof ours : random_below(40);
  int our_count;
  int their_count;
  if (kind < 5) {
    const char *length = lengths[random_below(6)];
    sprintf(format + at, "%s%cz", length, "diuxX"[kind]);
    uint64_t number = random_number();
    /* What is passed is as wide as the length says. */
    if (length[0] == 'l' || length[0] == 'z') {
      our_count = synos_snprintf(ours, room, format, number);
      their_count = snprintf(theirs, room, format, number);
    } else {
      our_count = synos_snprintf(ours, room, format, (int)number);
      their_count = snprintf(theirs, room, format, (int)number);
    }
  } else if (kind == 5) {
    strcpy(format + at, "s%%");
    random_text(text, sizeof text, "abc d%");
    our_count = synos_snprintf(ours, room, format, text);
    their_count = snprintf(theirs, room, format, text);
  } else {
    /* `0` with %c and %p is not defined. */
    for (char *zero = strstr(format, "%0"); zero != NULL; zero = NULL) zero[1] = '-';
    for (char *zero = strstr(format, "%-0"); zero != NULL; zero = NULL) zero[2] = '-';
    strcpy(format + at, kind == 6 ? "c%s%d" : "p%s%d");
    uint64_t number = kind == 6 ? 'A' + random_below(26) : 1 + random_bits();
    int star = (int)random_bits();
    our_count = synos_snprintf(ours, room, format, number, "mid", star);
    their_count = snprintf(theirs, room, format, number, "mid", star);
  }
  sprintf(details, "format \"%s\" room %zu: \"%.300s\" %d, \"%.300s\" %d", format, room, room ? ours : "", our_count,
          room ? theirs : "", their_count);
  compare(our_count == their_count && memcmp(ours, theirs, sizeof ours) == 0, "snprintf", details);

  int width = (int)random_below(40) - 20;
  int precision = (int)random_below(20) - 5;
  int number = (int)random_number();
  our_count = synos_snprintf(ours, sizeof ours, "%*.*d|%.*s", width, precision, number, precision, "some text");
  their_count = snprintf(theirs, sizeof theirs, "%*.*d|%.*s", width, precision, number, precision, "some text");
  sprintf(details, "width %d precision %d number %d: \"%.200s\", \"%.200s\"", width, precision, number, ours, theirs);
  compare(our_count == their_count && strcmp(ours, theirs) == 0, "snprintf with stars", details);
}

static void check_strtol(void)
{
  static const int bases[] = { 0, 0, 10, 10, 16, 16, 8, 2, 36, 7 };
  char text[40];
  char details[200];
  if (random_below(3) == 0) snprintf(text, sizeof text, " %ld%s", (long)random_number(), random_below(2) ? "" : "0x");
  else random_text(text, 26, random_below(2) ? "0123456789" : " -+0x19afzZX\t");
  int base = bases[random_below(10)];
  char *our_end;
  char *their_end;
  synos_errno = errno = 0;
  long ours = synos_strtol(text, &our_end, base);
  long theirs = strtol(text, &their_end, base);
  snprintf(details, sizeof details, "\"%s\" base %d: %ld +%ld %d, %ld +%ld %d", text, base, ours, our_end - text,
           synos_errno, theirs, their_end - text, errno);
  compare(ours == theirs && our_end == their_end && synos_errno == errno, "strtol", details);
}

static int sign(int number)
{
  return (number > 0) - (number < 0);
}

static void check_strings(void)
{
  char a[40];
  char b[40];
  char details[200];
  random_text(a, random_below(2) ? 4 : 40, "abAB\x80\xff");
  random_text(b, random_below(2) ? 4 : 40, "abAB\x80\xff");
  if (random_below(3) == 0) strcpy(b, a);
  size_t most = random_below(42);
  int byte = "abAB\xff"[random_below(6)];
  snprintf(details, sizeof details, "\"%s\" \"%s\" %zu %d", a, b, most, byte);
  compare(synos_strlen(a) == strlen(a), "strlen", details);
  compare(synos_strnlen(a, most) == strnlen(a, most), "strnlen", details);
  compare(sign(synos_strcmp(a, b)) == sign(strcmp(a, b)), "strcmp", details);
  compare(sign(synos_strncmp(a, b, most)) == sign(strncmp(a, b, most)), "strncmp", details);
  compare(sign(synos_strncasecmp(a, b, most)) == sign(strncasecmp(a, b, most)), "strncasecmp", details);
  compare(synos_strchr(a, byte) == strchr(a, byte), "strchr", details);
  compare(synos_strrchr(a, byte) == strrchr(a, byte), "strrchr", details);
  if (random_below(2)) b[random_below(3)] = '\0';
  compare(synos_strstr(a, b) == strstr(a, b), "strstr", details);
  size_t size = random_below(40);
  compare(sign(synos_memcmp(a, b, size)) == sign(memcmp(a, b, size)), "memcmp", details);
  compare(synos_memchr(a, byte, size) == memchr(a, byte, size), "memchr", details);
}

static void check_copies(void)
{
  unsigned char ours[128];
  unsigned char theirs[128];
  char details[100];
  for (int i = 0; i < 128; i++) ours[i] = theirs[i] = (unsigned char)random_bits();
  size_t from = random_below(64);
  size_t to = random_below(64);
  size_t size = random_below(65);
  snprintf(details, sizeof details, "from %zu to %zu size %zu", from, to, size);
  compare(synos_memmove(ours + to, ours + from, size) == ours + to, "memmove answers its target", details);
  memmove(theirs + to, theirs + from, size);
  compare(memcmp(ours, theirs, sizeof ours) == 0, "memmove", details);
  compare(synos_memset(ours + to, (int)from - 300, size) == ours + to, "memset answers its target", details);
  memset(theirs + to, (int)from - 300, size);
  compare(memcmp(ours, theirs, sizeof ours) == 0, "memset", details);
  from %= 32;
  size %= 33;
  compare(synos_memcpy(ours + 64, ours + from, size) == ours + 64, "memcpy answers its target", details);
  memcpy(theirs + 64, theirs + from, size);
  compare(memcmp(ours, theirs, sizeof ours) == 0, "memcpy", details);
}

static void check_inet(void)
{
  char text[40];
  char details[200];
  unsigned char bytes[4];
  unsigned char ours[4] = { 9, 9, 9, 9 };
  unsigned char theirs[4] = { 9, 9, 9, 9 };
  for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)random_number();
  snprintf(text, sizeof text, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
  if (random_below(2)) text[random_below(strlen(text))] = "0129. .x"[random_below(8)];
  if (random_below(4) == 0) strcat(text, "." + random_below(2));
  if (random_below(8) == 0) snprintf(text, sizeof text, "%d.%d.%d", bytes[0], bytes[1], (int)random_below(70000));
  int our_result = synos_inet_pton(AF_INET, text, ours);
  int their_result = inet_pton(AF_INET, text, theirs);
  snprintf(details, sizeof details, "\"%s\": %d, %d", text, our_result, their_result);
  compare(our_result == their_result && memcmp(ours, theirs, 4) == 0, "inet_pton", details);

  char our_text[24] = "????????????????";
  char their_text[24] = "????????????????";
  socklen_t room = (socklen_t)random_below(20);
  const char *our_answer = synos_inet_ntop(AF_INET, bytes, our_text, room);
  const char *their_answer = inet_ntop(AF_INET, bytes, their_text, room);
  compare((our_answer == our_text) == (their_answer == their_text), "inet_ntop answers", details);
  if (their_answer != NULL) compare(strcmp(our_text, their_text) == 0, "inet_ntop", details);
  else compare(synos_errno == errno && our_text[0] == '?', "inet_ntop leaves room that is too small alone", details);
}

enum { BLOCKS = 40 };
static unsigned char *blocks[BLOCKS];
static size_t sizes[BLOCKS];

/* Blocks that are filled each with its own byte: one that overlaps another, or that free spoils, shows it. */
static void check_malloc(void)
{
  char details[100];
  size_t i = random_below(BLOCKS);
  int whole = 1;
  for (size_t k = 0; blocks[i] != NULL && k < sizes[i]; k++) whole &= blocks[i][k] == (unsigned char)(i + 1);
  snprintf(details, sizeof details, "block %zu of %zu bytes", i, sizes[i]);
  compare(whole, "malloc: bytes stay", details);
  size_t size = random_below(random_below(20) == 0 ? 100000 : 400);
  unsigned char *block = NULL;
  if (blocks[i] != NULL && random_below(3) == 0) {
    block = synos_realloc(blocks[i], size);
    size_t both = size < sizes[i] ? size : sizes[i];
    for (size_t k = 0; k < both; k++) whole &= block[k] == (unsigned char)(i + 1);
    compare(whole, "realloc: bytes stay", details);
  } else if (blocks[i] != NULL) synos_free(blocks[i]);
  else if (random_below(4) == 0) {
    block = synos_calloc(size, 1);
    for (size_t k = 0; k < size; k++) whole &= block[k] == 0;
    compare(whole, "calloc: zero", details);
  } else block = synos_malloc(size);
  compare(((uintptr_t)block & 15) == 0, "malloc: on 16 bytes", details);
  blocks[i] = block;
  sizes[i] = size;
  if (block != NULL) memset(block, (int)i + 1, size);
}

/* All is given back: then one block of nearly everything fits again. */
static void check_malloc_end(void)
{
  static void *large[2000];
  int count = 0;
  for (int i = 0; i < BLOCKS; i++) synos_free(blocks[i]);
  while (count < 2000 && (large[count] = synos_malloc(100000)) != NULL) count++;
  compare(count > 10 && count < 2000 && synos_errno == ENOMEM, "malloc: ENOMEM at the end", "");
  /* Every second one first: free must join blocks on both sides. */
  for (int i = 0; i < count; i += 2) synos_free(large[i]);
  for (int i = 1; i < count; i += 2) synos_free(large[i]);
  void *all = synos_malloc((size_t)count * 100000);
  compare(all != NULL, "malloc: free joins neighbours", "");
  synos_free(all);
  compare(synos_malloc((size_t)-1) == NULL && synos_malloc((size_t)-20) == NULL, "malloc: sizes that wrap", "");
  compare(synos_calloc((size_t)1 << 33, (size_t)1 << 31) == NULL, "calloc: a product that wraps", "");
}

static void check_error_names(void)
{
  for (int error = 1; error < 140; error++) {
    const char *ours = synos_strerrorname(error);
    const char *theirs = strerrorname_np(error);
    compare(strcmp(ours, "errno") == 0 || (theirs != NULL && strcmp(ours, theirs) == 0), "strerrorname", ours);
  }
}

int main(int argc, char **argv)
{
  static const struct { const char *name; void (*run)(void); void (*last)(void); } subjects[] = {
    { "format", check_format, NULL }, { "strtol", check_strtol, NULL },          { "strings", check_strings, NULL },
    { "copies", check_copies, NULL }, { "inet", check_inet, check_error_names }, { "malloc", check_malloc, check_malloc_end },
  };
  if (argc != 4) return 2;
  seed_random(strtoul(argv[2], NULL, 10));
  for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
    if (strcmp(subjects[i].name, argv[1]) != 0) continue;
    for (long round = atol(argv[3]); round > 0; round--) subjects[i].run();
    if (subjects[i].last != NULL) subjects[i].last();
  }
  printf("%ld comparisons, %ld differences\n", comparisons, differences);
  return 0;
}
