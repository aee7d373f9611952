#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int checks;
static int failures;

static void count(int right)
{
  checks++;
  if (!right) failures++;
}

int check(int right, const char *name)
{
  count(right);
  printf("%s %s\n", right ? "ok" : "not ok", name);
  return right;
}

int check_equal(long got, long wanted, const char *name)
{
  if (got == wanted) return check(1, name);
  count(0);
  printf("not ok %s: got %ld (0x%lx), wanted %ld (0x%lx)\n", name, got, got, wanted, wanted);
  return 0;
}

int check_errno(long result, int wanted, const char *name)
{
  if (result == -1 && errno == wanted) return check(1, name);
  count(0);
  if (result == -1) {
    printf("not ok %s: got %s (%d), wanted %s (%d)\n", name, strerrorname(errno), errno, strerrorname(wanted), wanted);
  } else printf("not ok %s: got the result %ld, wanted %s (%d)\n", name, result, strerrorname(wanted), wanted);
  return 0;
}

int check_summary(void)
{
  printf("%d checks, %d failed\n", checks, failures);
  return failures > 100 ? 100 : failures;
}

const char *check_own_path(const char *argv0)
{
  static char path[256];
  if (strchr(argv0, '/') != NULL) return argv0;
  snprintf(path, sizeof path, "/boot/%s", argv0);
  return path;
}

int check_spawn_self(const char *argv0, const char *argument)
{
  char *arguments[] = { (char *)argv0, (char *)argument, NULL };
  pid_t pid = spawn(check_own_path(argv0), arguments, environ);
  int status;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) {
    perror(argument);
    return -1;
  }
  return status;
}

int check_signal(int status, int signal, const char *name)
{
  if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == signal) return check(1, name);
  count(0);
  printf("not ok %s: got the wait status 0x%x, wanted signal %d\n", name, (unsigned)status, signal);
  return 0;
}
