/* Loaded before the C library: notes in a file the path of every file that a process flushes to the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void note(int fd) {
  const char *notes = getenv("SYNCED_FILES");
  if (notes == NULL) return;
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length++] = '\n';
  int out = open(notes, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (out < 0) return;
  if (write(out, path, (size_t)length) < 0) abort();
  close(out);
}

int fsync(int fd) {
  int result = ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
  note(fd);
  return result;
}

int fdatasync(int fd) {
  int result = ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
  note(fd);
  return result;
}
