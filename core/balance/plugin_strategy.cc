#include "balance/plugin_strategy.h"

#include <string>

#include "balance/abi_view.h"
#include "host/status_name.h"

namespace tenon::balance {

Result<Plan> PluginStrategy::plan(const tenon_balancer_view& view, std::string_view memo) {
  tenon_balancer_plan raw{};
  raw.struct_size = sizeof raw;
  tenon_error error = host::fresh_error();
  const tenon_bytes memo_bytes{reinterpret_cast<const std::uint8_t*>(memo.data()), memo.size()};
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = instance_.balancer().plan(instance_.raw(), &view, memo_bytes, &raw, &error);
  if (status == TENON_OK) return read_plan(raw);
  return Error{Errc::internal, "plan failed: " + host::describe(status, error)};
}

}  // namespace tenon::balance
