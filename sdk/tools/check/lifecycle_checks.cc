#include <algorithm>
#include <atomic>

#include "host/kind_tables.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

using host::Instance;

constexpr int repeat_rounds = 1'000;
constexpr int create_rounds = 200;
constexpr int failure_starts = 1'000;
constexpr int failure_rounds_min = 20;  // each goes through all strange options

// Made and thrown away, as by a broker whose start fails at another plugin.
Finding check_create(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    if (const auto first = check_host.make(d, subject.file.path, subject.options_json); !first)
      return start_failed(first.error());
    return endure(create_rounds, [&]() -> Status {
      const auto instance = check_host.make(d, subject.file.path, subject.options_json);
      if (!instance) return instance.error();
      return (*instance)->create();
    });
  });
}

Finding check_start(CheckHost&, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s.error());
  instance.deactivate();
  return pass();
}

// Starts an instance with options that its schema was not asked about; it may refuse them, with words.
Status try_options(CheckHost& check_host, const Subject& subject, const tenon_plugin_descriptor& d,
                   const std::string& options) {
  const auto instance = check_host.make(d, subject.file.path, options);
  if (!instance) return instance.error();
  const Status s = start(**instance);
  if (s) {
    (*instance)->deactivate();
    return {};
  }
  const bool says_why = s.error().message.find(" failed: it answered ") == std::string::npos;
  if (says_why) return {};
  return Error{s.error().code,
               "refuses " + options + " without a word about them (" + s.error().message + ")"};
}

Finding check_init_failure(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& described) {
    const auto all = strange_options(described.config_schema_json, subject.options_json);
    tenon_plugin_descriptor d = described;
    d.config_schema_json = nullptr;  // it would keep them away from the plugin
    const int rounds = std::max(failure_rounds_min, failure_starts / static_cast<int>(all.size()));
    return endure(rounds, [&]() -> Status {
      for (const std::string& options : all)
        if (Status s = try_options(check_host, subject, d, options); !s) return s;
      return {};
    });
  });
}

Finding check_unknown_interface(CheckHost&, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s.error());
  tenon_plugin* const raw = instance.raw();
  const std::string kind = host::kind_id(instance.spec().kind);
  std::string answered;
  for (const std::string& id : {std::string("org.example.nobody-knows/1"), std::string(),
                                kind + "\x01garbage", kind.substr(0, kind.size() - 1), kind + "0"})
    if (raw->get_interface(raw, id.c_str())) answered += " \"" + id + "\"";
  instance.deactivate();
  return answered.empty() ? pass() : fail("get_interface gives a table for" + answered);
}

Finding check_workers(CheckHost& check_host, Instance& instance) {
  if (const Status s = start(instance); !s) return start_failed(s.error());
  Status s;
  for (int round = 0; round < 3 && s; ++round) s = run_workers(check_host, instance);
  const std::uint64_t dropped = instance.stats().dropped;
  instance.deactivate();
  if (!s) return fail(s.error().message);
  return dropped == 0 ? pass()
                      : fail("leaves " + std::to_string(dropped) + " watches or timers at worker_stop");
}

Finding check_repeat(CheckHost& check_host, Instance& instance) {
  if (const Status s = instance.create(); !s) return start_failed(s.error());
  return endure(repeat_rounds, [&]() -> Status {
    if (Status s = instance.init(); !s) return s;
    if (Status s = instance.activate(); !s) return s;
    Status s = run_workers(check_host, instance);
    instance.deactivate();
    return s;
  });
}

// The reconfigure of a running plugin that its schema does not guard.
Finding reconfigure(CheckHost& check_host, Instance& instance, const std::string& given,
                    const std::vector<std::string>& strange) {
  const auto same = instance.reconfigure(given);
  if (!same) return fail("refuses the options that it runs with: " + same.error().message);
  for (const std::string& options : strange) {
    (void)instance.reconfigure(options);
    const auto again = instance.reconfigure(given);
    if (!again)
      return fail("after it was asked to take " + options +
                  " it refuses the options that it ran with: " + again.error().message);
    if (const Status s = run_workers(check_host, instance); !s)
      return fail("after it was asked to take " + options + " it does not work: " + s.error().message);
  }
  return pass(*same == Instance::Applied::now ? "" : "takes them after a restart");
}

Finding check_reconfigure(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& described) {
    tenon_plugin_descriptor d = described;
    d.config_schema_json = nullptr;
    const auto instance = check_host.make(d, subject.file.path, subject.options_json);
    if (!instance) return start_failed(instance.error());
    if (const Status s = start(**instance); !s) return start_failed(s.error());
    const Finding found = reconfigure(check_host, **instance, subject.options_json,
                                      strange_options(described.config_schema_json, subject.options_json));
    (*instance)->deactivate();
    return found;
  });
}

Finding check_quiesce(CheckHost& check_host, Instance& instance) {
  const Status s = start(instance);
  if (!s) return start_failed(s.error());
  std::atomic<bool> quiet{false};
  instance.quiesce([&] { quiet = true; });
  const bool done = quiet || check_host.serve_until(quiet);
  instance.deactivate();
  return done ? pass() : fail("does not say within 5 s that nothing is in flight, though nothing is");
}

}  // namespace

std::vector<Check> lifecycle_checks() {
  const std::vector<std::string_view> sound{"entry.module", "entry.descriptors", "entry.schemas"};
  const std::vector<std::string_view> started{"lifecycle.start-stop"};
  const std::vector<std::string_view> working{"lifecycle.workers"};
  return {
      {"lifecycle.create-destroy",
       "an instance can be made and destroyed without init, and leaves nothing behind",
       "let create only allocate, and destroy free all of it", sound, check_create},
      {"lifecycle.start-stop",
       "an instance goes from create to activate and back",
       "let init and activate succeed with the options given, and offer the table of the kind from activate "
       "on",
       {"lifecycle.create-destroy"},
       on_instances(check_start)},
      {"lifecycle.workers", "each worker starts and stops, several times, and leaves no watch or timer",
       "undo in worker_stop what worker_start did", started, on_instances(check_workers)},
      {"lifecycle.repeat",
       "a thousand rounds from init to deactivate leave no thread, descriptor or memory behind",
       "release in deactivate and worker_stop what init, activate and worker_start acquired", working,
       on_instances(check_repeat)},
      {"lifecycle.init-failure",
       "options that it can't use are refused with words, and a failed start leaves nothing behind",
       "fill tenon_error.message; release in destroy what a failed init or activate had acquired",
       {"lifecycle.repeat"},
       check_init_failure},
      {"lifecycle.unknown-interface", "get_interface gives null for ids that it does not know",
       "compare the whole id", started, on_instances(check_unknown_interface)},
      {"lifecycle.reconfigure",
       "it takes the options that it runs with, and works on after others were refused",
       "read the new options into new state, and replace the old one only when all of them are good", working,
       check_reconfigure},
      {"lifecycle.quiesce", "quiesce ends soon when nothing is in flight",
       "close the operation when the last thing in flight ends, at once if there is none", started,
       on_instances(check_quiesce)},
  };
}

}  // namespace tenon::tools
