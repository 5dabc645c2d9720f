/* Preloaded into a process, refuses and records every connection that leaves the machine, whoever
 * in the process tries: Python, Rust or C++. Appends a line an attempt to $OFFLINE_LOG. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void record(const char *what, const char *where) {
  const char *path = getenv("OFFLINE_LOG");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (file) {
    fprintf(file, "%s %s\n", what, where);
    fclose(file);
  }
}

/* Whether `address` leaves the machine; its text is written to `text`. */
static int leaves(const struct sockaddr *address, char text[INET6_ADDRSTRLEN]) {
  if (address == NULL) return 0;
  if (address->sa_family == AF_INET) {
    const struct in_addr *ip = &((const struct sockaddr_in *)address)->sin_addr;
    inet_ntop(AF_INET, ip, text, INET6_ADDRSTRLEN);
    return (ntohl(ip->s_addr) >> 24) != 127;
  }
  if (address->sa_family == AF_INET6) {
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
    inet_ntop(AF_INET6, ip, text, INET6_ADDRSTRLEN);
    return !IN6_IS_ADDR_LOOPBACK(ip) && strncmp(text, "::ffff:127.", 11) != 0;
  }
  return 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "connect");
  char text[INET6_ADDRSTRLEN] = "";
  if (leaves(address, text)) {
    record("connect", text);
    errno = ENETUNREACH;
    return -1;
  }
  return real(fd, address, length);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
               socklen_t length) {
  static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "sendto");
  char text[INET6_ADDRSTRLEN] = "";
  if (leaves(address, text)) {
    record("sendto", text);
    errno = ENETUNREACH;
    return -1;
  }
  return real(fd, data, size, flags, address, length);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!real) real = dlsym(RTLD_NEXT, "getaddrinfo");
  unsigned char ip[sizeof(struct in6_addr)];
  if (node && strcmp(node, "localhost") != 0 && inet_pton(AF_INET, node, ip) != 1 &&
      inet_pton(AF_INET6, node, ip) != 1) {
    record("lookup", node);
    return EAI_NONAME;
  }
  return real(node, service, hints, result);
}
