/* Built with a newer SDK whose structs have grown: must work. */
#define ID "org.tenon.test.larger-structs"
#define NAME "larger_structs"
#define OFFERED &grown_table
#define BEFORE                                                                                       \
  static tenon_status allow(tenon_plugin* self, void* worker_ctx, const tenon_auth_request* request, \
                            tenon_op op, tenon_auth_result* ret_result) {                            \
    (void)self, (void)worker_ctx, (void)request, (void)op;                                           \
    ret_result->decision = TENON_AUTH_ALLOW;                                                         \
    return TENON_OK;                                                                                 \
  }                                                                                                  \
  static const struct {                                                                              \
    tenon_auth table;                                                                                \
    void* appended[8];                                                                               \
  } grown_table = {{.struct_size = sizeof(tenon_auth) + 8 * sizeof(void*), .authenticate = allow},   \
                   {(void*)"poison"}};
#include "plugin_under_test.h"
