#include "made_plugin.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "known_kinds.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

// The rounds of endure() are the first of these, in which everything finds its size, and as many more. A leak
// is what grows in each of them; the heap may take a few bytes more in one or another.
constexpr int window_count = 4;
// A round that leaks loses more: the smallest piece that a heap gives is larger.
constexpr std::size_t leak_bytes_min = 16;

// How much an author has to know of it.
int weight_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return 0;
    case Verdict::skip:
      return 1;
    case Verdict::warn:
      return 2;
    case Verdict::fail:
      return 3;
  }
  return 3;
}

}  // namespace

Finding for_each_descriptor(const Subject& subject, const LookAtDescriptor& look) {
  const auto module = ask_entry(subject.file.path, TENON_ABI_LEVEL, 0);
  if (!module || !*module) return fail("the entry does not give the module to a host that is no probe");
  std::optional<Finding> worst;
  for (std::uint32_t i = 0; i < (*module)->plugin_count; ++i) {
    const tenon_plugin_descriptor& d = *(*module)->plugins[i];
    if (!known_kind(d) || (!subject.plugin.empty() && subject.plugin != d.name)) continue;
    CheckHost check_host(of_one(subject, d).scratch_dir);
    Finding found = look(check_host, d);
    if ((*module)->plugin_count > 1 && !found.reason.empty())
      found.reason = std::string(d.name) + ": " + found.reason;
    if (found.verdict == Verdict::fail) return found;
    if (!worst || weight_of(found.verdict) > weight_of(worst->verdict)) worst = std::move(found);
  }
  return worst ? *worst : fail("the module has no plugin named " + subject.plugin, "name one that it has");
}

Subject of_one(const Subject& subject, const tenon_plugin_descriptor& descriptor) {
  Subject own = subject;
  own.plugin = descriptor.name;
  std::string dir = "of-" + own.plugin;
  std::replace(dir.begin(), dir.end(), '/', '_');  // whatever the name is
  own.scratch_dir = subject.scratch_dir + "/" + dir;
  std::error_code shows_when_used;
  std::filesystem::create_directories(own.scratch_dir, shows_when_used);
  return own;
}

std::vector<std::pair<std::string, Subject>> subjects_of_kind(const Subject& subject,
                                                              std::string_view kind_id) {
  std::vector<std::pair<std::string, Subject>> all;
  const auto module = ask_entry(subject.file.path, TENON_ABI_LEVEL, 0);
  if (!module || !*module) return all;
  for (std::uint32_t i = 0; i < (*module)->plugin_count; ++i) {
    const tenon_plugin_descriptor& d = *(*module)->plugins[i];
    if (d.kind_id == kind_id && (subject.plugin.empty() || subject.plugin == d.name))
      all.emplace_back(d.name, of_one(subject, d));
  }
  return all;
}

Finding for_each_instance(const Subject& subject, const LookAtInstance& look) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    const auto instance = check_host.make(d, subject.file.path, subject.options_json);
    if (!instance) return start_failed(instance.error());
    return look(check_host, **instance);
  });
}

std::function<Finding(const Subject&)> on_instances(LookAtInstance look) {
  return [look = std::move(look)](const Subject& subject) { return for_each_instance(subject, look); };
}

Status start(host::Instance& instance) {
  if (Status s = instance.create(); !s) return s;
  if (Status s = instance.init(); !s) return s;
  return instance.activate();
}

Status start_workers(CheckHost& check_host, host::Instance& instance) {
  std::vector<Status> said(CheckHost::worker_count);
  check_host.threads().run_on_each(
      [&](runtime::Worker& w) { said[w.index()] = instance.start_worker(w.index()); });
  for (Status& s : said)
    if (!s) return std::move(s);
  return {};
}

void stop_workers(CheckHost& check_host, host::Instance& instance) {
  check_host.threads().run_on_each([&](runtime::Worker& w) { instance.stop_worker(w.index()); });
}

Status run_workers(CheckHost& check_host, host::Instance& instance) {
  Status started = start_workers(check_host, instance);
  stop_workers(check_host, instance);
  return started;
}

Finding start_failed(const Error& error) {
  return fail(error.message, "if it needs options, give them with --options");
}

Finding endure(int rounds, const std::function<Status()>& round) {
  const int window = rounds / (window_count + 1);
  int done = 0;
  Status s;
  const auto repeat = [&] {
    for (int i = 0; i < window && s; ++i, ++done) s = round();
  };
  repeat();
  const ProcessState before = ProcessState::now();
  const std::size_t begin = heap_bytes();
  std::size_t last = begin;
  int growing = 0;
  for (int i = 0; i < window_count; ++i) {
    repeat();
    const std::size_t now = heap_bytes();
    growing += now >= last + leak_bytes_min * static_cast<std::size_t>(window) ? 1 : 0;
    last = now;
  }
  if (!s) return fail("in round " + std::to_string(done) + ": " + s.error().message);
  const std::string in_rounds = std::to_string(window * window_count) + " rounds";
  if (const std::string left = left_since(before); !left.empty()) return fail(in_rounds + " " + left);
  if (growing == window_count)
    return fail(in_rounds + " left " + std::to_string(last - begin) + " more bytes of the heap in use");
  return pass(std::to_string(done) + " rounds");
}

std::vector<std::string> strange_options(const char* schema_json, const std::string& given_json) {
  using Json = nlohmann::json;
  std::vector<std::string> all{
      "{}", R"({"tenon-check": [1, -2.5, null, {"": {}}], "file": 7, "users": "x", "path": []})"};
  const Json schema = Json::parse(schema_json ? schema_json : "{}", nullptr, false);
  const Json given = Json::parse(given_json, nullptr, false);
  if (!schema.is_object() || !schema.contains("properties") || !schema["properties"].is_object()) return all;
  const std::vector<Json> values{
      -1, 0.5, "", std::string("a\0b", 3), true, nullptr, Json::array({{}}), Json::object({{"", 1}})};
  for (const auto& property : schema["properties"].items())
    for (const Json& value : values) {
      Json changed = given;
      changed[property.key()] = value;
      all.push_back(changed.dump());
    }
  return all;
}

}  // namespace tenon::tools
