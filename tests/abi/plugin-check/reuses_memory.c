/* Gives back all that it takes. Malloc may keep some of it for the thread's next use: seven blocks of each of
 * 64 sizes, of which each two starts add one. */
#include <stdlib.h>

#include "choosy.h"

enum { sizes = 64, size_step = 16, blocks_max = 7, starts_a_block = 2 };

static tenon_status choosy_init(tenon_plugin* self, tenon_error* error) {
  static int starts;
  const int kept = starts++ / starts_a_block;
  const size_t bytes = (size_t)(kept / blocks_max % sizes + 1) * size_step;
  void* volatile blocks[blocks_max];
  for (int i = 0; i <= kept % blocks_max; ++i) blocks[i] = malloc(bytes);
  for (int i = 0; i <= kept % blocks_max; ++i) free(blocks[i]);
  if (!options_are_empty(self->plugin_data)) {
    strcpy(error->message, "an option that nobody knows");
    return TENON_E_INVALID;
  }
  return TENON_OK;
}

#define INIT choosy_init
#define ID "org.tenon.test.reuses-memory"
#define NAME "reuses_memory"
#include "plugin_under_test.h"
