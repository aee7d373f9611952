/* init [PROGRAM [ARGUMENTS]]: the first process. Starts a program (httpd by default), takes in every process that ends
   without a parent, and ends as the program did: its exit status, 128 + signal where it was killed, 127 where it could not
   be started. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A name without a slash is one of the files that the boot loader brought. */
static const char *path_of(const char *program, char *room, size_t size)
{
  if (strchr(program, '/') != NULL) return program;
  int length = snprintf(room, size, "/boot/%s", program);
  return (size_t)length < size ? room : program;
}

static int status_of(int wait_status)
{
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int main(int argc, char **argv, char **envp)
{
  static char *standard[] = { "httpd", NULL };
  char **arguments = argc > 1 ? argv + 1 : standard;
  char room[256];

  pid_t program = spawn(path_of(arguments[0], room, sizeof room), arguments, envp);
  if (program < 0) {
    dprintf(STDERR_FILENO, "init: %s: %s\n", arguments[0], strerrorname(errno));
    return 127;
  }
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended == program) return status_of(status);
    if (ended < 0 && errno != EINTR) {
      perror("init: wait");
      return 127;
    }
  }
}
