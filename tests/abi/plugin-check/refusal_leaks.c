/* Opens a file, finds an option that it does not like, and forgets the file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "choosy.h"

static tenon_status choosy_init(tenon_plugin* self, tenon_error* error) {
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (!options_are_empty(self->plugin_data)) {
    strcpy(error->message, "an option that nobody knows");
    return TENON_E_INVALID;
  }
  close(file);
  return TENON_OK;
}

#define INIT choosy_init
#define ID "org.tenon.test.refusal-leaks"
#define NAME "refusal_leaks"
#include "plugin_under_test.h"
