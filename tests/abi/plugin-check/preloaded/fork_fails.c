/* Preloaded into tenon-plugin-check: no process can be made, and a signal to more than one process ends it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

SHOWN pid_t fork(void) {
  errno = EAGAIN;
  return -1;
}

SHOWN int kill(pid_t pid, int number) {
  (void)number;
  if (pid <= 0) abort();
  return 0;
}
