#include "page.h"

const char page[] =
  "<!doctype html>\n"
  "<html lang=\"en\">\n"
  "<meta charset=\"utf-8\">\n"
  "<title>SynOS</title>\n"
  "<style>body { font: 1.1em/1.6 sans-serif; max-width: 36em; margin: 4em auto; padding: 0 1em }</style>\n"
  "<h1>It works</h1>\n"
  "<p>This page came from a C program in ring 3.</p>\n"
  "<p>The program entered its kernel through INT 0x80; TCP, IP and Ethernet under it are TypeScript.</p>\n"
  "</html>\n";

const size_t page_size = sizeof page - 1;
