#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

/* The page, as it lies in the program's file. */
extern const char page[];
extern const size_t page_size;

#endif
