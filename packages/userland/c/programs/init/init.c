/* init [PROGRAM [ARGUMENTS] [+ PROGRAM [ARGUMENTS]]...]: the first process. Starts programs (httpd by default), takes in
   every process that ends without a parent, and ends as the last of its programs did, when that does: its exit status,
   128 + signal where it was killed, 127 where one could not be started. */

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

/* Starts the program at `arguments`, which end at a "+" or at the end. Answers its pid. */
static pid_t start(char **arguments, char **envp)
{
  char room[256];
  pid_t pid = spawn(path_of(arguments[0], room, sizeof room), arguments, envp);
  if (pid < 0) dprintf(STDERR_FILENO, "init: %s: %s\n", arguments[0], strerrorname(errno));
  return pid;
}

int main(int argc, char **argv, char **envp)
{
  static char *standard[] = { "httpd", NULL };
  char **next = argc > 1 ? argv + 1 : standard;

  pid_t last = -1;
  while (next != NULL) {
    char **arguments = next;
    char **end = arguments;
    while (*end != NULL && strcmp(*end, "+") != 0) end++;
    next = *end != NULL ? end + 1 : NULL;
    *end = NULL;
    if (arguments[0] == NULL) continue;
    last = start(arguments, envp);
    if (last < 0) return 127;
  }
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended == last) return status_of(status);
    if (ended < 0 && errno != EINTR) {
      perror("init: wait");
      return 127;
    }
  }
}
