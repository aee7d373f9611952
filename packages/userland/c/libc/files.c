#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

ssize_t read(int fd, void *into, size_t size) { return answer(sys_read(fd, into, size)); }
ssize_t write(int fd, const void *from, size_t size) { return answer(sys_write(fd, from, size)); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return answer(sys_writev(fd, parts, count)); }
int close(int fd) { return (int)answer(sys_close(fd)); }
int dup(int fd) { return (int)answer(sys_dup(fd)); }
int dup2(int fd, int other) { return (int)answer(sys_dup2(fd, other)); }
off_t lseek(int fd, off_t offset, int whence) { return answer(sys_lseek(fd, offset, whence)); }
int open(const char *path, int flags) { return (int)answer(sys_openat(AT_FDCWD, path, flags, 0)); }
int fcntl(int fd, int operation, long argument) { return (int)answer(sys_fcntl(fd, operation, (unsigned long)argument)); }

int poll(struct pollfd *files, nfds_t count, int timeout_ms) { return (int)answer(sys_poll(files, count, timeout_ms)); }

int epoll_create1(int flags) { return (int)answer(sys_epoll_create1(flags)); }

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
  return (int)answer(sys_epoll_ctl(epoll, operation, fd, event));
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
  return (int)answer(sys_epoll_wait(epoll, events, most, timeout_ms));
}

int write_all(int fd, const void *from, size_t size)
{
  const char *at = from;
  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    at += written;
    size -= (size_t)written;
  }
  return 0;
}
