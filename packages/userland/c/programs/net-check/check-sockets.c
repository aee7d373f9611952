/* Two ends in one program: nothing of it blocks, for what one end waits for the other has done before. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

static void check_streams(int client, int server)
{
  char bytes[32];
  struct pollfd file = { .fd = server, .events = POLLIN | POLLOUT };
  check_equal(poll(&file, 1, 0), 1, "a new connection can be written");
  check_equal(file.revents, POLLOUT, "and has nothing to read");
  check_errno(recv(server, bytes, sizeof bytes, MSG_DONTWAIT), EAGAIN, "MSG_DONTWAIT does not wait");

  check_equal(send(client, "one two", 7, 0), 7, "send");
  file.events = POLLIN;
  check_equal(poll(&file, 1, 1000), 1, "poll waits for what was sent");
  check_equal(recv(server, bytes, 3, MSG_PEEK), 3, "MSG_PEEK");
  check_equal(recv(server, bytes, 4, 0), 4, "recv of a part");
  check_equal(read(server, bytes + 4, 28), 3, "read of the rest");
  check(memcmp(bytes, "one two", 7) == 0, "and the bytes are those that were sent");

  int epoll = epoll_create1(0);
  struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = 0x123456789abcdef0 } };
  check_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, server, &event), 0, "a connection in an epoll");
  check_errno(epoll_ctl(epoll, EPOLL_CTL_ADD, server, &event), EEXIST, "is there once");
  check_equal(epoll_wait(epoll, &event, 1, 0), 0, "and has nothing to tell");
  check_equal(write(client, "x", 1), 1, "write");
  check_equal(epoll_wait(epoll, &event, 1, 1000), 1, "epoll waits for what was written");
  check_equal(event.data.u64, 0x123456789abcdef0, "and answers the data that it was given");
  check_equal(event.events, EPOLLIN, "and the event");
  check_equal(recv(server, bytes, sizeof bytes, 0), 1, "which was true");

  check_equal(shutdown(client, SHUT_WR), 0, "shutdown of one side");
  check_equal(epoll_wait(epoll, &event, 1, 1000), 1, "is an event");
  check_equal(recv(server, bytes, sizeof bytes, 0), 0, "and the end for the other");
  check_equal(send(server, "still", 5, 0), 5, "whose own side goes on");
  check_equal(recv(client, bytes, sizeof bytes, 0), 5, "and is received");
  check_errno(send(client, "x", 1, MSG_NOSIGNAL), EPIPE, "the side that was shut is EPIPE");
  close(epoll);
}

void check_connections(void)
{
  struct sockaddr_in address = loopback(8000);
  struct sockaddr_in name;
  socklen_t size = sizeof name;
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  check_errno(connect(client, (struct sockaddr *)&address, sizeof address), ECONNREFUSED, "connect to nobody");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0, "bind");
  check_equal(listen(listener, 5), 0, "listen");
  fcntl(listener, F_SETFL, O_NONBLOCK);
  check_errno(accept(listener, NULL, NULL), EAGAIN, "accept before anybody came");
  close(client);
  client = socket(AF_INET, SOCK_STREAM, 0);
  if (!check_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0, "connect")) return;

  struct pollfd file = { .fd = listener, .events = POLLIN };
  check_equal(poll(&file, 1, 1000), 1, "the listener has somebody");
  int server = accept(listener, (struct sockaddr *)&name, &size);
  if (!check(server > listener, "accept")) return;
  struct sockaddr_in local;
  socklen_t local_size = sizeof local;
  getsockname(client, (struct sockaddr *)&local, &local_size);
  check(local.sin_port == name.sin_port && name.sin_addr.s_addr == htonl(INADDR_LOOPBACK), "and says who it is");
  check_errno(connect(client, (struct sockaddr *)&address, sizeof address), EISCONN, "connect twice");
  check_errno(accept(listener, NULL, NULL), EAGAIN, "nobody is accepted twice");
  check_streams(client, server);
  close(client);
  close(server);
  close(listener);
}

void check_datagrams(void)
{
  struct sockaddr_in address = loopback(8000);
  struct sockaddr_in sender;
  socklen_t size = sizeof sender;
  char bytes[32];
  int a = socket(AF_INET, SOCK_DGRAM, 0);
  int b = socket(AF_INET, SOCK_DGRAM, 0);
  check_equal(bind(a, (struct sockaddr *)&address, sizeof address), 0, "a datagram socket is bound");
  check_equal(sendto(b, "first", 5, 0, (struct sockaddr *)&address, sizeof address), 5, "sendto");
  check_equal(sendto(b, "", 0, 0, (struct sockaddr *)&address, sizeof address), 0, "a datagram of nothing");
  check_equal(sendto(b, "third", 5, 0, (struct sockaddr *)&address, sizeof address), 5, "and another");
  check_equal(recvfrom(a, bytes, sizeof bytes, 0, (struct sockaddr *)&sender, &size), 5, "recvfrom keeps them apart");
  check(memcmp(bytes, "first", 5) == 0 && sender.sin_port != 0, "and says who sent it");
  check_equal(recv(a, bytes, sizeof bytes, 0), 0, "nothing is a datagram");
  check_equal(recv(a, bytes, 2, 0), 2, "one that is too long is cut");
  check_errno(recv(a, bytes, sizeof bytes, MSG_DONTWAIT), EAGAIN, "and its rest is lost");
  close(a);
  close(b);
}
