#include <functional>

#include "auth/auth_driver.h"
#include "balance/abi_view.h"
#include "balance/plugin_strategy.h"
#include "balancer_model.h"
#include "threads/watched_host.h"

namespace tenon::tools {
namespace {

using host::Instance;

// A call on a worker holds up all clients of that worker.
constexpr std::int64_t slept_ns_max = 50 * ns_per_ms;
constexpr std::int64_t cpu_ns_max = 200 * ns_per_ms;

void watch(Instance& instance) {
  instance.pose_as(WatchedHost::get_interface, TENON_ABI_LEVEL);
}

Status create_silently(Instance& instance) {
  const WatchedHost::Silence silence("create", true);
  return instance.create();
}

// From create to activate and back, with workers; `work` in between.
Status live_watched(CheckHost& check_host, Instance& instance, const std::function<Status()>& work) {
  watch(instance);
  if (Status s = create_silently(instance); !s) return s;
  if (Status s = instance.init(); !s) return s;
  if (Status s = instance.activate(); !s) return s;
  Status s = run_workers(check_host, instance);
  if (s) s = work();
  (void)instance.reconfigure(instance.spec().options_json);
  instance.deactivate();
  return s;
}

// A balancer plans with what it is given, and nothing else.
Status plan_silently(Instance& instance) {
  for (const BalancerStart& start : balancer_starts()) {
    balance::AbiView abi(start.view);
    const tenon_balancer_view& view = abi.of_store(start.store);
    const WatchedHost::Silence silence("plan", true);
    if (auto plan = balance::PluginStrategy(instance).plan(view, {}); !plan) return plan.error();
  }
  return {};
}

// Permission sets are asked where nothing may be called: not even the log.
void ask_set(AuthDriver& driver, const AskedLogin& login) {
  if (!login.is_allowed() || !login.permset) return;
  static constexpr char topic[] = "a/b";
  const tenon_authz_query query{sizeof query,
                                TENON_ACTION_RECEIVE,
                                0,
                                0,
                                {reinterpret_cast<const std::uint8_t*>(topic), sizeof topic - 1}};
  std::uint8_t verdict = 0;
  driver.on_worker([&](void*) {
    const WatchedHost::Silence silence("permset_check");
    driver.table().permset_check(login.permset, &query, 1, sizeof query, &verdict);
  });
}

void log_in_watched(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver::Manner manner;
  manner.prepare = watch;
  AuthDriver driver(check_host, d, subject, std::move(manner));
  for (const Question& question : ordinary_questions(subject)) ask_set(driver, driver.ask_one(question));
  const AskedLogins logins = driver.ask(std::vector<Question>(8, known_or_stranger(subject)), true);
  driver.finish(logins);
  driver.stop();
}

Finding check_tags(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    const auto instance = check_host.make(d, subject.file.path, subject.options_json);
    if (!instance) return start_failed(instance.error());
    WatchedHost::begin();
    const bool is_balancer = (*instance)->spec().kind == host::Kind::balancer;
    const Status s = live_watched(check_host, **instance,
                                  [&] { return is_balancer ? plan_silently(**instance) : Status(); });
    if (!s) return fail(s.error().message);
    try {
      if ((*instance)->spec().kind == host::Kind::auth) log_in_watched(check_host, d, subject);
    } catch (const AuthFault& fault) {
      return fail(fault.what());
    }
    const std::string violation = WatchedHost::violation();
    return violation.empty() ? pass() : fail(violation);
  });
}

// What is wrong with the time of a call; empty: nothing.
std::string judge(const CallTime& took) {
  if (took.slept_ns > slept_ns_max) return "waits for " + std::to_string(took.slept_ns / ns_per_ms) + " ms";
  if (took.cpu_ns > cpu_ns_max) return "computes for " + std::to_string(took.cpu_ns / ns_per_ms) + " ms";
  return {};
}

// A single call may be held up by the machine.
constexpr int samples_max = 3;

// Takes samples until one is well; the fault is that of the last one.
std::string judge_samples(const std::function<std::string()>& sample) {
  std::string fault;
  for (int i = 0; i < samples_max; ++i) {
    fault = sample();
    if (fault.empty()) break;
  }
  return fault;
}

// worker_start and worker_stop on the first worker, in this order.
std::pair<CallTime, CallTime> time_workers(CheckHost& check_host, Instance& instance) {
  CallTime started, stopped;
  check_host.threads().run_on_each([&](runtime::Worker& w) {
    const CallTimer start_timer;
    if (!instance.start_worker(w.index())) return;
    const CallTime start_time = start_timer.since();
    const CallTimer stop_timer;
    instance.stop_worker(w.index());
    if (w.index() != 0) return;
    started = start_time;
    stopped = stop_timer.since();
  });
  return {started, stopped};
}

Finding judge_workers(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  Finding not_started;
  const std::string fault = judge_samples([&]() -> std::string {
    const auto instance = check_host.make(d, subject.file.path, subject.options_json);
    if (!instance) return not_started = start_failed(instance.error()), std::string();
    if (const Status s = start(**instance); !s) return not_started = start_failed(s.error()), std::string();
    const auto [started, stopped] = time_workers(check_host, **instance);
    (*instance)->deactivate();
    if (const std::string slow = judge(started); !slow.empty()) return "worker_start " + slow;
    if (const std::string slow = judge(stopped); !slow.empty()) return "worker_stop " + slow;
    return {};
  });
  if (not_started.verdict != Verdict::pass) return not_started;
  return fault.empty() ? pass() : fail(fault);
}

AuthDriver::Manner timed() {
  AuthDriver::Manner manner;
  manner.takes_time = true;
  return manner;
}

// The first login of an instance: what a plugin does once, it does there. Each sample has an instance of its
// own.
std::string judge_first_login(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject,
                              const Question& question) {
  return judge_samples([&] {
    AuthDriver driver(check_host, d, subject, timed());
    const std::string fault = judge(driver.ask_one(question).authenticate_time);
    driver.stop();
    return fault;
  });
}

std::string judge_cancel(AuthDriver& driver, const std::vector<Question>& questions) {
  return judge_samples([&]() -> std::string {
    const AskedLogins given_up = driver.ask(questions, true);
    driver.finish(given_up);
    for (const AskedLogin* login : given_up)
      if (const std::string slow = judge(login->cancel_time); !slow.empty())
        return login->question.name + ": cancel " + slow;
    return {};
  });
}

Finding judge_logins(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  const std::vector<Question> all = ordinary_questions(subject);
  for (const Question& question : all)
    if (const std::string fault = judge_first_login(check_host, d, subject, question); !fault.empty())
      return fail(question.name + ": authenticate " + fault);
  AuthDriver driver(check_host, d, subject, timed());
  for (const Question& question : all) {
    const std::string fault =
        judge_samples([&] { return judge(driver.ask_one(question).authenticate_time); });
    if (!fault.empty()) return fail(question.name + ": authenticate " + fault);
  }
  if (const std::string fault = judge_cancel(driver, all); !fault.empty()) return fail(fault);
  driver.stop();
  return pass();
}

Finding check_worker_calls(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    const Finding found = judge_workers(check_host, d, subject);
    if (found.verdict != Verdict::pass || std::string_view(d.kind_id) != TENON_AUTH_ID) return found;
    try {
      return judge_logins(check_host, d, subject);
    } catch (const AuthFault& fault) {
      return fail(fault.what());
    }
  });
}

}  // namespace

std::vector<Check> thread_checks() {
  const std::vector<std::string_view> needs{"lifecycle.workers", "lifecycle.reconfigure", "auth.cancel",
                                            "balancer.pure"};
  return {
      {"threads.tags", "it calls each function of the host where the headers say that it may be called",
       "look at the thread tag that ends the comment of the function; in create call the log only, in "
       "permset_check nothing",
       needs, check_tags},
      {"threads.worker-calls",
       "what it does in calls on a worker neither waits, nor computes for longer than 200 ms",
       "give long work to tenon.host.pool/1 or to threads of your own, and answer TENON_PENDING", needs,
       check_worker_calls},
  };
}

}  // namespace tenon::tools
