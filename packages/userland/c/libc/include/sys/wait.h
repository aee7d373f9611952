/* How a process ended (wait(2)): an exit status in bits 8 to 15, or a signal in bits 0 to 6. */
#ifndef SYS_WAIT_H
#define SYS_WAIT_H

#include <synos.h>

#define WTERMSIG(status) ((status) & 0x7f)
#define WIFEXITED(status) (WTERMSIG(status) == 0)
#define WEXITSTATUS(status) (((status) >> 8) & 0xff)
#define WIFSIGNALED(status) (WTERMSIG(status) != 0 && WTERMSIG(status) != 0x7f)

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
pid_t waitpid(pid_t pid, int *status, int options);

#endif
