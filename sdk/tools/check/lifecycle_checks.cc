#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>

#include "check.h"
#include "check_host.h"
#include "host/kind_tables.h"
#include "host/tables/host_tables.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

using host::Instance;

constexpr int repeat_count = 1'000;

// Lets `look` see each plugin of the module by itself; the first that does not pass is the finding.
using Look = std::function<Finding(CheckHost&, Instance&)>;

bool is_known_kind(const tenon_plugin_descriptor& d) {
  const std::string_view id = d.kind_id;
  return id == TENON_AUTH_ID || id == TENON_TRANSPORT_ID || id == TENON_STORAGE_ID;
}

Finding for_each_plugin(const Subject& subject, const std::string& options, const Look& look) {
  const auto module = ask_entry(subject.file.path, TENON_ABI_LEVEL, 0);
  if (!module || !*module) return skip("the module can't be asked: see the entry group");
  Finding last = skip("no plugin of a kind that this kit knows");
  for (std::uint32_t i = 0; i < (*module)->plugin_count; ++i) {
    const tenon_plugin_descriptor& d = *(*module)->plugins[i];
    if (!is_known_kind(d)) continue;
    CheckHost check_host;
    const auto instance = check_host.make(d, subject.file.path, options);
    if (!instance) return fail(instance.error().message + "; give options with --options JSON");
    last = look(check_host, **instance);
    if (last.verdict == Verdict::fail) return last;
  }
  return last;
}

Check plugin_check(std::string name, Look look) {
  return {std::move(name), [look = std::move(look)](const Subject& subject) {
            return for_each_plugin(subject, subject.options_json, look);
          }};
}

// From create to activate; a failure is the plugin's own text.
Status start(Instance& instance) {
  if (Status s = instance.create(); !s) return s;
  if (Status s = instance.init(); !s) return s;
  return instance.activate();
}

Finding start_failed(const Status& s) {
  return fail(s.error().message + "; does it need options? Give them with --options JSON");
}

Finding check_create(CheckHost&, Instance& instance) {
  const Status s = instance.create();
  return s ? pass() : start_failed(s);  // the destructor of the instance destroys it, without init
}

Finding check_start(CheckHost&, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s);
  instance.deactivate();
  return pass();
}

// Options that no plugin knows, of every type; it may refuse them or not.
Finding check_strange_options(const Subject& subject) {
  const auto module = ask_entry(subject.file.path, TENON_ABI_LEVEL, 0);
  if (!module || !*module) return skip("the module can't be asked: see the entry group");
  for (std::uint32_t i = 0; i < (*module)->plugin_count; ++i) {
    tenon_plugin_descriptor d = *(*module)->plugins[i];
    if (!is_known_kind(d)) continue;
    d.config_schema_json = nullptr;  // what a schema would keep away from it
    CheckHost check_host;
    const auto instance =
        check_host.make(d, subject.file.path,
                        R"({"tenon-check": [1, -2.5, null, {"": {}}], "file": 7, "users": "x", "path": []})");
    if (!instance) return fail(instance.error().message);
    if (const Status s = start(**instance); s) (*instance)->deactivate();
  }
  return pass();
}

Finding check_unknown_interface(CheckHost&, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s);
  tenon_plugin* raw = instance.raw();
  const bool knows_nothing =
      !raw->get_interface(raw, "org.example.nobody-knows/1") && !raw->get_interface(raw, "");
  const std::string garbage = std::string(host::kind_id(instance.spec().kind)) + "\x01garbage";
  const bool reads_whole_id = !raw->get_interface(raw, garbage.c_str());
  instance.deactivate();
  return knows_nothing && reads_whole_id ? pass() : fail("get_interface answers ids that it can't know");
}

Finding check_workers(CheckHost& check_host, Instance& instance) {
  Status s = start(instance);
  if (!s) return start_failed(s);
  std::atomic<int> failures{0};
  for (int round = 0; round < 3; ++round) {
    check_host.threads().run_on_each([&](runtime::Worker& w) {
      if (!instance.start_worker(w.index()).ok()) ++failures;
    });
    check_host.threads().run_on_each([&](runtime::Worker& w) { instance.stop_worker(w.index()); });
  }
  const std::uint64_t dropped = instance.stats().dropped;
  instance.deactivate();
  if (failures > 0) return fail("worker_start failed");
  return dropped == 0 ? pass()
                      : warn("left " + std::to_string(dropped) + " watches or timers behind at worker_stop");
}

Finding check_repeat(CheckHost& check_host, Instance& instance) {
  Status s = start(instance);
  if (!s) return start_failed(s);
  instance.deactivate();
  const ProcessState before = ProcessState::now();
  for (int i = 1; i < repeat_count; ++i) {
    if (s = instance.init(); !s) return fail("in round " + std::to_string(i) + ": " + s.error().message);
    if (s = instance.activate(); !s) return fail("in round " + std::to_string(i) + ": " + s.error().message);
    if (i % 100 == 0) {
      check_host.threads().run_on_each([&](runtime::Worker& w) { (void)instance.start_worker(w.index()); });
      check_host.threads().run_on_each([&](runtime::Worker& w) { instance.stop_worker(w.index()); });
    }
    instance.deactivate();
  }
  const std::string difference = before.difference(ProcessState::now());
  return difference.empty() ? pass(std::to_string(repeat_count) + " rounds")
                            : fail("after " + std::to_string(repeat_count) + " rounds it " + difference);
}

Finding check_reconfigure(CheckHost&, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s);
  const auto same = instance.reconfigure(instance.spec().options_json);
  (void)instance.reconfigure(R"({"tenon-check": {"unknown": [1]}})");
  instance.deactivate();
  return same ? pass() : fail("refuses the options that it runs with: " + same.error().message);
}

Finding check_quiesce(CheckHost& check_host, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s);
  std::atomic<bool> quiet{false};
  instance.quiesce([&] { quiet = true; });
  const bool done = quiet || check_host.serve_until(quiet);
  instance.deactivate();
  return done ? pass() : fail("does not say within 5 s that nothing is in flight, though nothing is");
}

// ---- hosts of another age

// Copies of the host tables with something behind their end, as a newer host has.
const void* grown_interface(const tenon_host* host_side, const char* id) {
  static std::map<std::string, std::vector<std::uint64_t>> copies;
  const void* table = host::get_host_interface(host_side, id);
  if (!table) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, table, sizeof size);
  auto& copy = copies[id];
  if (!copy.empty()) return copy.data();
  copy.assign(size / 8 + 16, 0xdeadbeefdeadbeef);  // a call through any of these crashes
  std::memcpy(copy.data(), table, size);
  size += 16 * 8;
  std::memcpy(copy.data(), &size, sizeof size);
  return copy.data();
}

// Only what the descriptor asks for, as a host has that offers nothing else.
const void* sparse_interface(const tenon_host* host_side, const char* id) {
  return id && host::instance_of(host_side).requires_table(id) ? host::get_host_interface(host_side, id)
                                                               : nullptr;
}

Finding check_future_host(CheckHost& check_host, Instance& instance) {
  instance.pose_as(grown_interface, TENON_ABI_LEVEL + 1'000);
  return check_workers(check_host, instance);
}

// The plugin may refuse to start, with words, but not crash. What it can't do without belongs into
// requires_host.
Finding check_sparse_host(CheckHost&, Instance& instance) {
  instance.pose_as(sparse_interface, TENON_ABI_LEVEL);
  const Status s = start(instance);
  if (!s)
    return warn("does not start without host tables that its requires_host does not list: " +
                s.error().message);
  instance.deactivate();
  return pass();
}

}  // namespace

std::vector<Check> lifecycle_checks() {
  return {
      plugin_check("lifecycle.create-destroy", check_create),
      plugin_check("lifecycle.start-stop", check_start),
      {"lifecycle.strange-options", check_strange_options},
      plugin_check("lifecycle.unknown-interface", check_unknown_interface),
      plugin_check("lifecycle.workers", check_workers),
      plugin_check("lifecycle.repeat", check_repeat),
      plugin_check("lifecycle.reconfigure", check_reconfigure),
      plugin_check("lifecycle.quiesce", check_quiesce),
      plugin_check("lifecycle.future-host", check_future_host),
      plugin_check("lifecycle.sparse-host", check_sparse_host),
  };
}

}  // namespace tenon::tools
