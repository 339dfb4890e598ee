#include <tenon/host/config.h>

#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

// The options may be read in init and reconfigure only: what a text points to may be gone later.
template <class Read>
tenon_status with_options(const tenon_host* host, Read&& read) {
  const Options* options = instance_of(host).readable_options();
  return options ? read(*options) : TENON_E_STATE;
}

tenon_status get_json(const tenon_host* host, tenon_bytes* ret_json) {
  return with_options(host, [&](const Options& o) {
    *ret_json = abi_bytes(std::string_view(o.json()));
    return TENON_OK;
  });
}

tenon_status get_string(const tenon_host* host, const char* path, tenon_bytes* ret_text) {
  return with_options(host, [&](const Options& o) { return o.get_string(path, ret_text); });
}

tenon_status get_int(const tenon_host* host, const char* path, std::int64_t* ret_value) {
  return with_options(host, [&](const Options& o) { return o.get_int(path, ret_value); });
}

tenon_status get_bool(const tenon_host* host, const char* path, std::uint32_t* ret_value) {
  return with_options(host, [&](const Options& o) { return o.get_bool(path, ret_value); });
}

tenon_status get_count(const tenon_host* host, const char* path, std::uint32_t* ret_count) {
  return with_options(host, [&](const Options& o) { return o.get_count(path, ret_count); });
}

// The place of the whole entry: the host is not told where each option of it was set.
tenon_status get_origin(const tenon_host* host, const char* path, tenon_bytes* ret_text) {
  return with_options(host, [&](const Options& o) {
    if (!o.has(path)) return TENON_E_NOT_FOUND;
    *ret_text = abi_bytes(std::string_view(instance_of(host).spec().origin));
    return TENON_OK;
  });
}

constexpr tenon_host_config table{
    sizeof(tenon_host_config), 0, get_json, get_string, get_int, get_bool, get_count, get_origin};

}  // namespace

const void* config_table() {
  return &table;
}

}  // namespace tenon::host
