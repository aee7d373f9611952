/* net-check: that programs reach one another by the network of their own machine: connections, datagrams, and the servers
   of /boot with many clients at a time. One line for each check; the exit status is how many failed. */

#include <stdio.h>

#include "../../check/check.h"
#include "cases.h"

int main(void)
{
  check_connections();
  check_datagrams();
  /* The servers never end: they go with the machine. */
  if (check(start_server("httpd", 8001) > 0, "httpd starts")) {
    check_http(8001);
    check_fetch(8001);
  }
  if (check(start_server("tcp-echo", 8002) > 0, "tcp-echo starts")) check_tcp_echo(8002);
  if (check(start_server("udp-echo", 8003) > 0, "udp-echo starts")) check_udp_echo(8003);
  return check_summary();
}
