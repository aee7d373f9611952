/* sha256 [KILOBYTES]: the hash of so many kilobytes (64 by default) whose bytes count 0 to 250 over and over. Work for a
   CPU with a result that anybody can check. */

#include <stdio.h>
#include <stdlib.h>

#include "sha256.h"

int main(int argc, char **argv)
{
  /* 251 is a prime: no two blocks are alike for a long while. */
  static unsigned char pattern[251 * 64];
  for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = (unsigned char)(i % 251);

  long kilobytes = argc > 1 ? strtol(argv[1], NULL, 10) : 64;
  struct sha256 hash;
  sha256_init(&hash);
  for (size_t left = kilobytes > 0 ? (size_t)kilobytes * 1024 : 0; left > 0;) {
    size_t part = left < sizeof pattern ? left : sizeof pattern;
    sha256_update(&hash, pattern, part);
    left -= part;
  }
  unsigned char digest[32];
  sha256_final(&hash, digest);

  char text[65];
  for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
  printf("%s\n", text);
  return 0;
}
