/* What the testing programs share: one line for each check, and how many failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/* Prints "ok NAME" or "not ok NAME". Answers whether it was right. */
int check(int right, const char *name);

/* Checks that two numbers are equal, and prints both where they are not. */
int check_equal(long got, long wanted, const char *name);

/* Checks that a call failed with this error: its result, as a wrapper of libc answers it. */
int check_errno(long result, int wanted, const char *name);

/* Prints the sum; answers how many checks failed, at most 100: it becomes an exit status. */
int check_summary(void);

/* The file that this program was started from: /boot/NAME unless argv[0] is a path. */
const char *check_own_path(const char *argv0);

/* Starts this program again, with one argument, and answers its wait status; -1 where it could not be started. */
int check_spawn_self(const char *argv0, const char *argument);

/* Checks that the process ended by this signal. */
int check_signal(int status, int signal, const char *name);

#endif
