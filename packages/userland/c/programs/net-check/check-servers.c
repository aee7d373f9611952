/* The servers of /boot, from another process. */

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../check/check.h"
#include "cases.h"

#define CLIENTS 200
#define REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define LAST_REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
#define SENTENCE "This page came from a C program in ring 3."

static int count_in(const char *text, const char *part)
{
  int count = 0;
  for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part)) count++;
  return count;
}

void check_http(int port)
{
  static char answer[16384];
  static int clients[CLIENTS];
  int fd = connect_to(port);
  if (!check(fd >= 0, "httpd is reached")) return;
  check_equal(send_all(fd, REQUEST REQUEST LAST_REQUEST, 2 * strlen(REQUEST) + strlen(LAST_REQUEST)), 0,
              "three requests at once");
  long size = receive_all(fd, answer, sizeof answer - 1);
  answer[size < 0 ? 0 : size] = '\0';
  check_equal(count_in(answer, "HTTP/1.1 200 OK\r\n"), 3, "are answered three times");
  check_equal(count_in(answer, SENTENCE), 3, "with the page");
  close(fd);

  int connected = 0;
  while (connected < CLIENTS && (clients[connected] = connect_to(port)) >= 0) connected++;
  check_equal(connected, CLIENTS, "200 connections before the first request");
  int answered = 0;
  for (int i = 0; i < connected; i++) send_all(clients[i], LAST_REQUEST, strlen(LAST_REQUEST));
  for (int i = 0; i < connected; i++) {
    size = receive_all(clients[i], answer, sizeof answer - 1);
    answer[size < 0 ? 0 : size] = '\0';
    if (count_in(answer, SENTENCE) == 1) answered++;
    close(clients[i]);
  }
  check_equal(answered, CLIENTS, "and all of them are answered");
}

static int fetch(int port, const char *path)
{
  char url[64];
  int status = -1;
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
  char *arguments[] = { "fetch", url, NULL };
  pid_t pid = spawn("/boot/fetch", arguments, environ);
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void check_fetch(int port)
{
  check_equal(fetch(port, "/"), 0, "fetch gets the page");
  check_equal(fetch(port, "/nothing"), 1, "fetch says that there is nothing");
  check_equal(fetch(1, "/"), 1, "fetch says that nobody answers");
  check_equal(fetch(123456, "/"), 2, "fetch refuses a port that is none");
}

void check_tcp_echo(int port)
{
  enum { SIZE = 200000, PART = 1000 };
  static char sent[PART];
  static char received[PART];
  int wrong = 0;
  int fd = connect_to(port);
  if (!check(fd >= 0, "tcp-echo is reached")) return;
  for (int at = 0; at < SIZE; at += PART) {
    for (int i = 0; i < PART; i++) sent[i] = (char)((at + i) * 7 + at / PART);
    if (send_all(fd, sent, PART) < 0 || receive_all(fd, received, PART) != PART) wrong++;
    else if (memcmp(sent, received, PART) != 0) wrong++;
  }
  check_equal(wrong, 0, "200,000 bytes come back as they were sent");
  shutdown(fd, SHUT_WR);
  check_equal(receive_all(fd, received, PART), 0, "and then the end");
  close(fd);
}

void check_udp_echo(int port)
{
  static const int sizes[] = { 0, 1, 512, 1472, 1473, 9000, 60000 };
  static char sent[60000];
  static char received[60001];
  char name[64];
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  connect(fd, (struct sockaddr *)&address, sizeof address);
  struct timeval patience = { .tv_usec = 50000 };
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  /* It may not listen yet: then the datagram is lost, or refused. */
  for (int tries = 0; tries < 20; tries++) {
    send(fd, "?", 1, 0);
    if (recv(fd, received, sizeof received, 0) == 1) break;
  }
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    snprintf(name, sizeof name, "a datagram of %d bytes comes back", sizes[i]);
    for (int k = 0; k < sizes[i]; k++) sent[k] = (char)(k * 13 + sizes[i]);
    long was_sent = send(fd, sent, (size_t)sizes[i], 0);
    long came = recv(fd, received, sizeof received, 0);
    check(was_sent == sizes[i] && came == sizes[i] && memcmp(sent, received, (size_t)sizes[i]) == 0, name);
  }
  close(fd);
}
