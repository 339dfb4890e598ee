#pragma once

#include <tenon/draft/log.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/instance.h"
#include "unit/host/fake_world.h"

namespace tenon::store::test {

// A log plugin inside the test program: what it does with writes is a function of the test's. Holds nothing.
struct ScriptedLog {
  std::function<tenon_status(std::span<const tenon_log_write> writes)> write;
  std::function<tenon_status(const tenon_group_id& group, const tenon_log_point& base)> compact =
      [](const tenon_group_id&, const tenon_log_point&) { return TENON_OK; };

  tenon_plugin plugin{};
  tenon_log table{};
};

namespace scripted {

inline ScriptedLog* next = nullptr;  // who the next create makes

inline ScriptedLog& of(tenon_journal* journal) {
  return *reinterpret_cast<ScriptedLog*>(journal);
}

inline void fill_table(tenon_log& table) {
  table.struct_size = sizeof table;
  table.open = [](tenon_plugin* self, tenon_journal** ret_journal, tenon_error*) -> tenon_status {
    *ret_journal = static_cast<tenon_journal*>(self->plugin_data);
    return TENON_OK;
  };
  table.close = [](tenon_journal*) {};
  table.groups = [](tenon_journal*, tenon_log_group_fn, void*, tenon_error*) -> tenon_status {
    return TENON_OK;
  };
  table.write_v = [](tenon_journal* journal, const tenon_log_write* writes, std::uint64_t count,
                     tenon_error*) {
    return of(journal).write({writes, count});
  };
  table.compact = [](tenon_journal* journal, tenon_group_id group, tenon_log_point base, tenon_error*) {
    return of(journal).compact(group, base);
  };
  table.read = [](tenon_journal*, tenon_group_id, std::uint64_t, std::uint64_t, std::uint64_t,
                  tenon_log_page*, tenon_error*) -> tenon_status { return TENON_E_NOT_FOUND; };
  table.term_at = [](tenon_journal*, tenon_group_id, std::uint64_t, std::uint64_t*) -> tenon_status {
    return TENON_E_NOT_FOUND;
  };
  table.bounds = [](tenon_journal*, tenon_group_id, tenon_log_bounds*) -> tenon_status {
    return TENON_E_NOT_FOUND;
  };
  table.verify = [](tenon_journal*, tenon_error*) -> tenon_status { return TENON_OK; };
  table.stats = [](tenon_journal*, tenon_log_stats*) -> tenon_status { return TENON_OK; };
}

inline tenon_status create(const tenon_host*, tenon_plugin** ret, tenon_error*) {
  ScriptedLog& log = *next;
  fill_table(log.table);
  log.plugin.struct_size = sizeof log.plugin;
  log.plugin.plugin_data = &log;
  log.plugin.init = [](tenon_plugin*, tenon_error*) -> tenon_status { return TENON_OK; };
  log.plugin.destroy = [](tenon_plugin*) {};
  log.plugin.get_interface = [](tenon_plugin* self, const char* id) -> const void* {
    return std::string_view(id) == TENON_LOG_ID ? &static_cast<ScriptedLog*>(self->plugin_data)->table
                                                : nullptr;
  };
  *ret = &log.plugin;
  return TENON_OK;
}

inline constexpr tenon_plugin_descriptor descriptor = {sizeof(tenon_plugin_descriptor),
                                                       0,
                                                       TENON_LOG_ID,
                                                       "org.tenon.test.scripted-log",
                                                       "scripted",
                                                       "1",
                                                       nullptr,
                                                       nullptr,
                                                       TENON_DRAFT_HASH_LOG,
                                                       0,
                                                       0,
                                                       create};

class NoNeighbours final : public host::Neighbours {
 public:
  host::Instance* find_transport(std::string_view) const override { return nullptr; }
  host::Instance* find_raw(const tenon_plugin*) const override { return nullptr; }
};

}  // namespace scripted

// An active instance of a script.
class ScriptedLogInstance {
 public:
  explicit ScriptedLogInstance(ScriptedLog& script) : world_(1) {
    host::PluginSpec spec;
    spec.instance = "scripted";
    spec.kind = host::Kind::log;
    instance_ = std::make_unique<host::Instance>(spec, host::Offer{&scripted::descriptor, "built-in"},
                                                 world_.services(), 5 * ns_per_ms, &neighbours_);
    scripted::next = &script;
    EXPECT_TRUE(instance_->read_options().ok());
    EXPECT_TRUE(instance_->create().ok());
    EXPECT_TRUE(instance_->init().ok());
    EXPECT_TRUE(instance_->activate().ok());
  }
  ~ScriptedLogInstance() { instance_->deactivate(); }
  host::Instance& operator*() { return *instance_; }

 private:
  host::test::FakeWorld world_;
  scripted::NoNeighbours neighbours_;
  std::unique_ptr<host::Instance> instance_;
};

}  // namespace tenon::store::test
