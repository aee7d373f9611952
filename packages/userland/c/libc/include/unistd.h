/* Files and processes. Each of these is one system call; -1 and errno when it fails. */
#ifndef UNISTD_H
#define UNISTD_H

#include <synos.h>

extern char **environ;

ssize_t read(int fd, void *into, size_t size);
ssize_t write(int fd, const void *from, size_t size);
ssize_t writev(int fd, const struct iovec *parts, int count);
int close(int fd);
int dup(int fd);
int dup2(int fd, int other);
off_t lseek(int fd, off_t offset, int whence);

/* Writes all, by as many calls as it takes: 0, or -1 and errno. */
int write_all(int fd, const void *from, size_t size);

pid_t getpid(void);
__attribute__((noreturn)) void _exit(int status);

/* Starts a program in a new process, which inherits the descriptors: fork and execve in one. Answers its pid. */
pid_t spawn(const char *path, char *const *argv, char *const *envp);

/* Moves the end of the heap; answers where it was. */
void *sbrk(long change);

#endif
