#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

pid_t getpid(void) { return (pid_t)sys_getpid(); }
void _exit(int status) { sys_exit_group(status); }

pid_t spawn(const char *path, char *const *argv, char *const *envp) { return (pid_t)answer(sys_spawn(path, argv, envp)); }

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
  return (pid_t)answer(sys_wait4(pid, status, options, usage));
}

pid_t waitpid(pid_t pid, int *status, int options) { return wait4(pid, status, options, NULL); }

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
  return (void *)answer(sys_mmap(address, size, protection, flags, fd, offset));
}

int munmap(void *address, size_t size) { return (int)answer(sys_munmap(address, size)); }

int mprotect(void *address, size_t size, int protection) { return (int)answer(sys_mprotect(address, size, protection)); }

/* The kernel's brk knows no error: it answers where the end is, and that is the old one where it could not move. */
void *sbrk(long change)
{
  char *old = (char *)sys_brk(NULL);
  if (change == 0) return old;
  char *wanted = old + change;
  if ((char *)sys_brk(wanted) != wanted) {
    errno = ENOMEM;
    return (void *)-1;
  }
  return old;
}

int clock_gettime(clockid_t clock, struct timespec *now) { return (int)answer(sys_clock_gettime(clock, now)); }

int nanosleep(const struct timespec *duration, struct timespec *rest)
{
  return (int)answer(sys_nanosleep(duration, rest));
}

int sched_yield(void) { return (int)answer(sys_sched_yield()); }

long monotonic_ms(void)
{
  struct timespec now = { 0 };
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
