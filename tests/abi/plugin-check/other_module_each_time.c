/* Makes a new module whenever it is asked for one. */
#include <stdlib.h>
#include <tenon/sdk.h>

static const tenon_module module;

static const tenon_module* copy(const tenon_module* original) {
  tenon_module* made = malloc(sizeof *made);
  if (made) *made = *original;
  return made;
}

#define MODULE copy(&module)
#define ID "org.tenon.test.other-module-each-time"
#define NAME "other_module_each_time"
#include "plugin_under_test.h"
