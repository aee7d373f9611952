/* hello [ARGUMENTS]: the smallest program. */

#include <stdio.h>

int main(int argc, char **argv)
{
  printf("Hello from a C program in ring 3.\n");
  for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  return 0;
}
