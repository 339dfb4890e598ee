/* Changes what belongs to the whole process in its init; CHANGE says what. */
#define _GNU_SOURCE
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tenon/sdk.h>
#include <unistd.h>

static inline void change_signal(void) {
  signal(SIGUSR2, SIG_IGN);
}

static inline void change_mask(void) {
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, NULL);
}

static inline void change_locale(void) {
  setlocale(LC_ALL, "C.UTF-8");
}

static inline void change_environment(void) {
  setenv("TZ", "UTC", 1);
}

static inline void change_umask(void) {
  umask(0123);
}

static inline void change_directory(void) {
  if (chdir("/") != 0) abort();
}

static inline void change_rounding(void) {
  fesetround(FE_UPWARD);
}

static inline void change_output(void) {
  puts("acme is ready");
}

static tenon_status change(tenon_plugin* self, tenon_error* error) {
  (void)self, (void)error;
  CHANGE();
  return TENON_OK;
}

#define INIT change
#define ID "org.tenon.test.changes-process"
#define NAME "changes_process"
#include "plugin_under_test.h"
