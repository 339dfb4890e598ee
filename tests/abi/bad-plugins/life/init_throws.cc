// C++ without the SDK's barrier: its init throws across the boundary.
#include <tenon/sdk.h>

#include <cstring>
#include <stdexcept>

namespace {

tenon_status init(tenon_plugin*, tenon_error*) {
  throw std::runtime_error("out of luck");
}
void destroy(tenon_plugin*) {}
const void* get_interface(tenon_plugin*, const char*) {
  return nullptr;
}

tenon_plugin plugin{};

tenon_status create(const tenon_host*, tenon_plugin** ret_plugin, tenon_error*) {
  plugin.struct_size = sizeof plugin;
  plugin.init = init;
  plugin.destroy = destroy;
  plugin.get_interface = get_interface;
  *ret_plugin = &plugin;
  return TENON_OK;
}

const tenon_plugin_descriptor descriptor = {sizeof(tenon_plugin_descriptor),
                                            0,
                                            TENON_AUTH_ID,
                                            "org.tenon.test.init-throws",
                                            "init_throws",
                                            "1.0",
                                            nullptr,
                                            nullptr,
                                            0,
                                            0,
                                            0,
                                            create};
const tenon_plugin_descriptor* const plugins[] = {&descriptor};
const tenon_module module = {sizeof(tenon_module),
                             TENON_MODULE_MAGIC,
                             1,
                             TENON_ABI_LEVEL,
                             "org.tenon.test.init-throws",
                             "1.0",
                             "tests",
                             plugins,
                             1,
                             0};

}  // namespace

TENON_MODULE_NOTE(1, 0, TENON_AUTH_ID);

extern "C" TENON_EXPORT const tenon_module* tenon_module_v1(const tenon_bootstrap*) {
  return &module;
}
