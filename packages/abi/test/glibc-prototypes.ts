/** Headers of the C library that declare functions for system calls. */
const included = `
  stddef.h stdint.h stdio.h unistd.h fcntl.h poll.h sched.h signal.h time.h utime.h mqueue.h dirent.h sys/acct.h
  sys/epoll.h sys/eventfd.h sys/file.h sys/fsuid.h sys/inotify.h sys/fanotify.h sys/io.h sys/ioctl.h sys/ipc.h
  sys/mman.h sys/mount.h sys/msg.h sys/personality.h sys/pidfd.h sys/prctl.h sys/ptrace.h sys/quota.h
  sys/random.h sys/reboot.h sys/resource.h sys/select.h sys/sem.h sys/sendfile.h sys/shm.h sys/signalfd.h
  sys/socket.h sys/stat.h sys/statfs.h sys/swap.h sys/syscall.h sys/sysinfo.h sys/time.h sys/timerfd.h
  sys/times.h sys/timex.h sys/types.h sys/uio.h sys/utsname.h sys/wait.h sys/xattr.h
`;

/** What to put before a program that names those functions. */
export const prototypeHeaders = [
  '#define _GNU_SOURCE',
  ...included
    .trim()
    .split(/\s+/)
    .map((name) => `#include <${name}>`),
].join('\n');

/**
 * Calls whose function in glibc 2.36 has the prototype of the system call itself. The others are missing there, or are
 * declared for the convenience of programs: with `...`, an enum, another size of a set of signals.
 */
export const samePrototype: readonly string[] = `
  getuid geteuid getgid getegid setuid setgid setreuid setregid setresuid setresgid getresuid getresgid setfsuid
  setfsgid getgroups poll select epoll_create epoll_create1 epoll_ctl epoll_wait inotify_init inotify_init1
  inotify_add_watch inotify_rm_watch fanotify_init fanotify_mark read write pread64 pwrite64 readv writev creat
  close lseek truncate ftruncate fallocate readahead fsync fdatasync sync syncfs sync_file_range dup dup2 dup3
  flock pipe pipe2 sendfile splice tee vmsplice copy_file_range semget msgget msgsnd msgrcv msgctl mq_unlink
  mq_timedsend mq_timedreceive mq_notify mmap munmap remap_file_pages mprotect pkey_mprotect pkey_alloc
  pkey_free brk msync mincore madvise process_madvise process_mrelease mlock mlock2 munlock mlockall munlockall
  memfd_create shmget shmat shmdt shmctl mount umount2 open_tree move_mount fsopen fsconfig fsmount fspick
  swapon swapoff name_to_handle_at open_by_handle_at stat fstat lstat statx statfs fstatfs access rename
  renameat renameat2 link linkat unlink unlinkat symlink symlinkat readlink readlinkat mkdir mkdirat rmdir
  getcwd chdir fchdir chroot chmod fchmod umask chown fchown lchown fchownat utime utimes futimesat utimensat
  fork vfork unshare setns execve execveat wait4 pidfd_open pidfd_getfd getpid gettid getppid getpgid setpgid
  getpgrp getsid setsid personality process_vm_readv process_vm_writev getrlimit setrlimit getrusage times acct
  sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max
  sched_get_priority_min sched_rr_get_interval sigaltstack kill tgkill pause alarm socket socketpair bind
  connect listen accept accept4 getsockname getpeername shutdown sendto recvfrom sendmsg recvmsg sendmmsg
  recvmmsg setsockopt getsockopt send recv uname sysinfo sethostname setdomainname getrandom vhangup iopl ioperm
  time settimeofday clock_gettime clock_settime clock_getres clock_nanosleep clock_adjtime adjtimex nanosleep
  timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
  setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr
  lremovexattr fremovexattr
`
  .trim()
  .split(/\s+/);
