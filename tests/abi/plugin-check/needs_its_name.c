/* Works only under the file name that its author gave it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <tenon/sdk.h>

static const tenon_module module;

static int has_its_name(void) {
  Dl_info mine;
  return dladdr(&module, &mine) != 0 && strstr(mine.dli_fname, "/auth-needs_its_name.so") != NULL;
}

#define MODULE (has_its_name() ? &module : NULL)
#define ID "org.tenon.test.needs-its-name"
#define NAME "needs_its_name"
#include "plugin_under_test.h"
