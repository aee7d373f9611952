#include <errno.h>
#include <string.h>

#define NAME(error) \
  case error: return #error

const char *strerrorname(int error)
{
  switch (error) {
    NAME(EPERM);
    NAME(ENOENT);
    NAME(EINTR);
    NAME(ENOEXEC);
    NAME(EBADF);
    NAME(ECHILD);
    NAME(EAGAIN);
    NAME(ENOMEM);
    NAME(EACCES);
    NAME(EFAULT);
    NAME(EEXIST);
    NAME(EINVAL);
    NAME(EMFILE);
    NAME(ESPIPE);
    NAME(EPIPE);
    NAME(ENOSYS);
    NAME(ENOTSOCK);
    NAME(EDESTADDRREQ);
    NAME(ENOPROTOOPT);
    NAME(EPROTONOSUPPORT);
    NAME(ESOCKTNOSUPPORT);
    NAME(EOPNOTSUPP);
    NAME(EAFNOSUPPORT);
    NAME(EADDRINUSE);
    NAME(EADDRNOTAVAIL);
    NAME(ENETUNREACH);
    NAME(ECONNABORTED);
    NAME(ECONNRESET);
    NAME(ENOBUFS);
    NAME(EISCONN);
    NAME(ENOTCONN);
    NAME(ETIMEDOUT);
    NAME(ECONNREFUSED);
    NAME(EHOSTUNREACH);
    NAME(EINPROGRESS);
    default: return "errno";
  }
}
