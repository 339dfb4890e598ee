#pragma once

#include <tenon/host/async.h>
#include <tenon/kind/auth.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "started_instance.h"

namespace tenon::host::test {

// A permission set that allows the topics in a list.
struct ScriptedPermset {
  std::set<std::string> topics;
  int* alive;
  int refs = 1;
};

// An auth plugin inside the test program: what it answers is a function of the test's. Its descriptor is
// built in; everything behind it is the host as in a broker.
struct ScriptedAuth {
  using Authenticate = std::function<tenon_status(const tenon_auth_request&, tenon_op, tenon_auth_result&)>;

  Authenticate authenticate;
  std::function<tenon_status(tenon_op)> cancel;
  std::function<tenon_status(const tenon_permset* old, const tenon_permset** ret)> refresh;
  int sets_alive = 0;
  bool has_permset_check = true;
  decltype(tenon_auth::permset_check) permset_check = nullptr;  // null: the one that looks into the set

  std::function<void()> deactivate;

  const tenon_host* host = nullptr;
  tenon_plugin plugin{};
  tenon_auth table{};

  const tenon_permset* make_set(std::set<std::string> topics) {
    ++sets_alive;
    return reinterpret_cast<const tenon_permset*>(new ScriptedPermset{std::move(topics), &sets_alive});
  }
  std::uint32_t complete(tenon_op op, tenon_status status) const {
    const auto* async = static_cast<const tenon_host_async*>(host->get_interface(host, TENON_HOST_ASYNC_ID));
    const tenon_completion one{sizeof one, status, op};
    return async->complete(host, &one, 1, sizeof one);
  }
};

namespace scripted {

inline ScriptedAuth* next = nullptr;  // who the next create makes

inline ScriptedAuth& self(tenon_plugin* p) {
  return *static_cast<ScriptedAuth*>(p->plugin_data);
}
inline ScriptedPermset& set_of(const tenon_permset* raw) {
  return *reinterpret_cast<ScriptedPermset*>(const_cast<tenon_permset*>(raw));
}
inline void retain(const tenon_permset* raw) {
  ++set_of(raw).refs;
}
inline void release(const tenon_permset* raw) {
  ScriptedPermset* set = &set_of(raw);
  if (--set->refs > 0) return;
  --*set->alive;
  delete set;
}
inline void check(const tenon_permset* raw, const tenon_authz_query* q, std::uint32_t count,
                  std::uint32_t stride, std::uint8_t* ret) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& one = *TENON_AT((tenon_array{q, count, stride}), tenon_authz_query, i);
    ret[i] = set_of(raw).topics.contains(
        std::string(reinterpret_cast<const char*>(one.topic.data), one.topic.len));
  }
}

inline const void* get_interface(tenon_plugin* p, const char* id) {
  return std::string_view(id) == TENON_AUTH_ID ? &self(p).table : nullptr;
}

inline void fill_table(ScriptedAuth& s) {
  s.table.struct_size = sizeof s.table;
  s.table.authenticate = [](tenon_plugin* p, void*, const tenon_auth_request* r, tenon_op op,
                            tenon_auth_result* ret) { return self(p).authenticate(*r, op, *ret); };
  if (s.cancel) s.table.cancel = [](tenon_plugin* p, void*, tenon_op op) { return self(p).cancel(op); };
  if (s.refresh)
    s.table.permset_refresh = [](tenon_plugin* p, void*, const tenon_permset* old,
                                 const tenon_permset** ret) { return self(p).refresh(old, ret); };
  if (!s.has_permset_check) return;
  s.table.permset_check = s.permset_check ? s.permset_check : check;
  s.table.permset_retain = retain;
  s.table.permset_release = release;
}

inline tenon_status create(const tenon_host* host, tenon_plugin** ret, tenon_error*) {
  ScriptedAuth& s = *next;
  s.host = host;
  fill_table(s);
  s.plugin.struct_size = sizeof s.plugin;
  s.plugin.plugin_data = &s;
  s.plugin.init = [](tenon_plugin*, tenon_error*) { return TENON_OK; };
  if (s.deactivate) s.plugin.deactivate = [](tenon_plugin* p) { self(p).deactivate(); };
  s.plugin.destroy = [](tenon_plugin*) {};
  s.plugin.get_interface = get_interface;
  *ret = &s.plugin;
  return TENON_OK;
}

inline constexpr tenon_plugin_descriptor descriptor = {sizeof(tenon_plugin_descriptor),
                                                       0,
                                                       TENON_AUTH_ID,
                                                       "org.tenon.test.scripted",
                                                       "scripted",
                                                       "1",
                                                       nullptr,
                                                       nullptr,
                                                       0,
                                                       0,
                                                       0,
                                                       create};

}  // namespace scripted

// An instance of a script.
class ScriptedInstance : public StartedInstance {
 public:
  ScriptedInstance(FakeWorld& world, ScriptedAuth& script, const std::string& name,
                   const tenon_plugin_descriptor* descriptor = &scripted::descriptor)
      : StartedInstance(world, Kind::auth, name, with_script(*descriptor, script)) {}

 private:
  static const tenon_plugin_descriptor& with_script(const tenon_plugin_descriptor& descriptor,
                                                    ScriptedAuth& script) {
    scripted::next = &script;
    return descriptor;
  }
};

inline tenon_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string text(tenon_bytes b) {
  return {reinterpret_cast<const char*>(b.data), b.len};
}

}  // namespace tenon::host::test
