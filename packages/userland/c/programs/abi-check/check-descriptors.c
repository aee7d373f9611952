/* Descriptors: always the lowest number that is free, also after a close. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

void check_descriptors(void)
{
  int a = open("/dev/null", O_RDWR);
  int b = open("/dev/null", O_RDWR);
  int c = socket(AF_INET, SOCK_DGRAM, 0);
  check(a >= 3, "the first descriptor comes after 0, 1 and 2");
  check_equal(b, a + 1, "the next descriptor is the next number");
  check_equal(c, a + 2, "sockets are numbered like files");

  check_equal(close(b), 0, "close answers 0");
  check_errno(close(b), EBADF, "closing twice is EBADF");
  check_errno(write(b, "", 1), EBADF, "writing to a closed descriptor is EBADF");
  check_equal(socket(AF_INET, SOCK_STREAM, 0), b, "a number that was closed is the next one given");
  check_equal(dup(a), a + 3, "dup gives the lowest free number");
  check_equal(fcntl(a, F_DUPFD, 20), 20, "F_DUPFD begins where it is told");
  check_equal(dup2(a, 20), 20, "dup2 replaces what was there");
  check_equal(dup2(a, a), a, "dup2 to itself does nothing");
  check_errno(dup2(b + 50, b + 50), EBADF, "dup2 of a closed descriptor to itself is EBADF");

  check_equal(fcntl(c, F_GETFL, 0) & O_NONBLOCK, 0, "a socket blocks at first");
  check_equal(fcntl(c, F_SETFL, O_NONBLOCK), 0, "F_SETFL answers 0");
  check_equal(fcntl(c, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK, "F_GETFL shows what F_SETFL set");
  char byte;
  check_errno(recv(c, &byte, 1, 0), EAGAIN, "receiving from an empty socket that does not block is EAGAIN");
  check_equal(fcntl(a, F_GETFD, 0), 0, "descriptors stay open at first");
  check_equal(fcntl(a, F_SETFD, FD_CLOEXEC), 0, "F_SETFD answers 0");
  check_equal(fcntl(a, F_GETFD, 0), FD_CLOEXEC, "F_GETFD shows what F_SETFD set");

  check_equal(write(a, "into nothing", 12), 12, "/dev/null takes all");
  check_equal(read(a, &byte, 1), 0, "/dev/null is at its end");

  int least = a;
  for (int fd = least; fd <= 20; fd++) close(fd);
  check_equal(open("/dev/null", O_RDONLY), least, "after all were closed it begins anew");
  close(least);
}
