#pragma once

#include <gtest/gtest.h>
#include <tenon/draft/intercept.h>
#include <tenon/host/async.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../scripted_auth.h"

namespace tenon::host::test {

// An interceptor inside the test program: what it answers is a function of the test's.
struct ScriptedInterceptor {
  using Intercept =
      std::function<tenon_status(const tenon_intercept_message&, tenon_op, tenon_intercept_result&)>;

  Intercept intercept;
  std::function<tenon_status(tenon_op)> cancel;

  const tenon_host* host = nullptr;
  tenon_plugin plugin{};
  tenon_intercept table{};
  tenon_intercept_wishes wishes{.struct_size = sizeof(tenon_intercept_wishes)};

  std::uint32_t complete(tenon_op op, tenon_status status) const {
    const auto* async = static_cast<const tenon_host_async*>(host->get_interface(host, TENON_HOST_ASYNC_ID));
    const tenon_completion one{sizeof one, status, op};
    return async->complete(host, &one, 1, sizeof one);
  }
};

namespace scripted_interceptor {

inline ScriptedInterceptor* next = nullptr;  // who the next create makes

inline ScriptedInterceptor& self(tenon_plugin* p) {
  return *static_cast<ScriptedInterceptor*>(p->plugin_data);
}

inline tenon_status create(const tenon_host* host, tenon_plugin** ret, tenon_error*) {
  ScriptedInterceptor& s = *next;
  s.host = host;
  s.table.struct_size = sizeof s.table;
  s.table.wishes = [](tenon_plugin* p, tenon_intercept_wishes* ret_wishes, tenon_error*) {
    *ret_wishes = self(p).wishes;
    return TENON_OK;
  };
  s.table.intercept = [](tenon_plugin* p, void*, const tenon_intercept_message* message, tenon_op op,
                         tenon_intercept_result* ret_result) {
    return self(p).intercept(*message, op, *ret_result);
  };
  if (s.cancel) s.table.cancel = [](tenon_plugin* p, void*, tenon_op op) { return self(p).cancel(op); };
  s.plugin.struct_size = sizeof s.plugin;
  s.plugin.plugin_data = &s;
  s.plugin.init = [](tenon_plugin*, tenon_error*) { return TENON_OK; };
  s.plugin.destroy = [](tenon_plugin*) {};
  s.plugin.get_interface = [](tenon_plugin* p, const char* id) -> const void* {
    return std::string_view(id) == TENON_INTERCEPT_ID ? &self(p).table : nullptr;
  };
  *ret = &s.plugin;
  return TENON_OK;
}

inline constexpr tenon_plugin_descriptor descriptor = {sizeof(tenon_plugin_descriptor),
                                                       0,
                                                       TENON_INTERCEPT_ID,
                                                       "org.tenon.test.interceptor",
                                                       "interceptor",
                                                       "1",
                                                       nullptr,
                                                       nullptr,
                                                       TENON_DRAFT_HASH_INTERCEPT,
                                                       0,
                                                       0,
                                                       create};

}  // namespace scripted_interceptor

// An instance of a script.
class InterceptorInstance : public StartedInstance {
 public:
  InterceptorInstance(FakeWorld& world, ScriptedInterceptor& script, const std::string& name)
      : StartedInstance(world, Kind::intercept, name, descriptor_of(script)) {}

 private:
  static const tenon_plugin_descriptor& descriptor_of(ScriptedInterceptor& script) {
    scripted_interceptor::next = &script;
    return scripted_interceptor::descriptor;
  }
};

}  // namespace tenon::host::test
