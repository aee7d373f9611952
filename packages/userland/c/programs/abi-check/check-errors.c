/* What calls answer that cannot be done: the errors of Linux. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

#define CALL(number) answer(synos_call6(number, 0, 0, 0, 0, 0, 0))

/* Addresses that no program may hand in: nothing there, the kernel's, and no address at all (SDM vol. 1, 3.3.7.1). */
static void *const nowhere = (void *)8;
static void *const kernel = (void *)0xffff800000000000;
static void *const last_page = (void *)0x00007ffffffff000;
static void *const no_address = (void *)0x0000800000000000;

static void check_numbers(void)
{
  check_errno(CALL(48), ENOSYS, "number 48, which the seed left empty");
  check_errno(CALL(0xfff), ENOSYS, "a number behind Linux's");
  check_errno(CALL(0x2fff), ENOSYS, "a number behind our own");
  check_errno(CALL(0x7fffffff), ENOSYS, "the greatest number");
  check_errno(CALL(-1), ENOSYS, "the number -1");
  check_errno(CALL(SYS_fork), ENOSYS, "a call that is not there yet");
}

static void check_pointers(const char *own_path)
{
  check_errno(write(STDOUT_FILENO, nowhere, 1), EFAULT, "write from an unmapped address");
  check_errno(write(STDOUT_FILENO, kernel, 1), EFAULT, "write from the kernel's memory");
  check_errno(write(STDOUT_FILENO, last_page, 1), EFAULT, "write from the last page below the hole");
  check_errno(write(STDOUT_FILENO, no_address, 1), EFAULT, "write from an address that is none");
  check_errno(open(nowhere, O_RDONLY), EFAULT, "open of a name at an unmapped address");
  check_errno(clock_gettime(CLOCK_MONOTONIC, nowhere), EFAULT, "clock_gettime into an unmapped address");
  check_errno(clock_gettime(CLOCK_MONOTONIC, kernel), EFAULT, "clock_gettime into the kernel's memory");
  check_errno(answer(sys_echo(kernel, 2, 3, 4, 5, 6)), EFAULT, "echo into the kernel's memory");
  check_errno(spawn(nowhere, NULL, NULL), EFAULT, "spawn of a name at an unmapped address");
  int status = 0;
  check_errno(spawn("/boot/no-such-program", &(char *){ NULL }, &(char *){ NULL }), ENOENT, "spawn of what is not there");
  check_errno(waitpid(-1, &status, 0), ECHILD, "waiting without a child");
  check_errno(waitpid(getpid(), &status, 0), ECHILD, "waiting for somebody who is no child");

  int fd = open(own_path, O_RDONLY);
  char magic[4] = { 0 };
  if (!check(fd >= 0, "this program's own file opens")) return;
  check_equal(read(fd, magic, sizeof magic), 4, "read answers how many bytes came");
  check(magic[0] == 0x7f && magic[1] == 'E' && magic[2] == 'L' && magic[3] == 'F', "and they are those of the file");
  check_errno(read(fd, nowhere, 16), EFAULT, "read into an unmapped address");
  check_errno(read(fd, kernel, 16), EFAULT, "read into the kernel's memory");
  check_errno(read(fd, (void *)check_pointers, 16), EFAULT, "read into the program's own code");
  check_errno(write(fd, "x", 1), EBADF, "write to a file that is open for reading");
  close(fd);
}

static void check_files(void)
{
  check_errno(close(-1), EBADF, "close of -1");
  check_errno(close(12345), EBADF, "close of a great number");
  check_errno(read(-1, NULL, 0), EBADF, "read from -1");
  check_errno(dup(-1), EBADF, "dup of -1");
  check_errno(fcntl(STDOUT_FILENO, 9999, 0), EINVAL, "fcntl with an operation that is none");
  check_errno(lseek(STDOUT_FILENO, 0, SEEK_SET), ESPIPE, "lseek on the console");
  check_errno(open("/no/such/file", O_RDONLY), ENOENT, "open of what is not there");
  check_errno(open("", O_RDONLY), ENOENT, "open of an empty name");
}

static void check_epoll(void)
{
  int epoll = epoll_create1(0);
  struct epoll_event event = { .events = EPOLLIN };
  if (!check(epoll >= 0, "epoll_create1")) return;
  check_errno(epoll_create1(1), EINVAL, "epoll_create1 with a flag that is none");
  check_errno(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL, "an epoll in itself");
  check_errno(epoll_ctl(epoll, EPOLL_CTL_ADD, 12345, &event), EBADF, "a closed descriptor in an epoll");
  check_errno(epoll_ctl(epoll, EPOLL_CTL_MOD, STDOUT_FILENO, &event), ENOENT, "changing what is not in an epoll");
  check_errno(epoll_wait(epoll, &event, 0, 0), EINVAL, "epoll_wait for no event");
  check_errno(epoll_wait(STDOUT_FILENO, &event, 1, 0), EINVAL, "epoll_wait on a file that is no epoll");
  check_equal(epoll_wait(epoll, &event, 1, 0), 0, "an empty epoll has nothing to tell");
  close(epoll);

  struct pollfd files[2] = { { .fd = 12345, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
  check_equal(poll(files, 2, 0), 1, "poll counts a closed descriptor");
  check_equal(files[0].revents, POLLNVAL, "and calls it POLLNVAL");
  check_equal(files[1].revents, 0, "a negative one is passed over");
}

static void check_time(void)
{
  struct timespec time = { 0 };
  check_errno(clock_gettime(1234, &time), EINVAL, "a clock that is none");
  time.tv_nsec = 1000000000;
  check_errno(nanosleep(&time, NULL), EINVAL, "nanosleep for a second's nanoseconds");
  time = (struct timespec){ .tv_nsec = 2000000 };
  long before = monotonic_ms();
  check_equal(nanosleep(&time, NULL), 0, "nanosleep");
  check(monotonic_ms() - before >= 1, "and it took its time");
}

void check_errors(const char *own_path)
{
  check_numbers();
  check_pointers(own_path);
  check_files();
  check_epoll();
  check_time();
  check_errno((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL, "mmap of nothing");
  check_errno(munmap((void *)0x1001, 4096), EINVAL, "munmap inside of a page");
}
