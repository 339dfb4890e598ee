#include <algorithm>
#include <functional>

#include "auth/auth_driver.h"
#include "faults/failing_calls.h"
#include "faults/moody_clock.h"
#include "made_plugin.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

using host::Instance;

constexpr std::int64_t each_until = 40;  // each of the first allocations fails once, later ones by leaps
constexpr std::int64_t allocations_max = 4'000;

// Lets the n-th allocation of this thread fail while it is there.
class Shortage {
 public:
  explicit Shortage(std::int64_t n) : before_(memory_countdown().failed_count) {
    memory_countdown().calls_left = n;
  }
  ~Shortage() { memory_countdown().calls_left = -1; }
  Shortage(const Shortage&) = delete;
  Shortage& operator=(const Shortage&) = delete;
  bool was_met() const { return memory_countdown().failed_count > before_; }

 private:
  std::uint64_t before_;
};

std::int64_t after(std::int64_t n) {
  return n < each_until ? n + 1 : n + n / 8;
}

// True: the n-th allocation was made, and failed.
bool start_in_shortage(CheckHost& check_host, Instance& instance, std::int64_t n) {
  Status s;
  bool was_met = false;
  {
    const Shortage shortage(n);
    s = start(instance);
    was_met = shortage.was_met();
  }
  if (s) {
    std::atomic<bool> worker_was_met{false};
    check_host.threads().run_on_each([&](runtime::Worker& w) {
      const Shortage shortage(n);
      (void)instance.start_worker(w.index());
      if (shortage.was_met()) worker_was_met = true;
    });
    stop_workers(check_host, instance);
    was_met = was_met || worker_was_met;
    instance.deactivate();
  }
  return was_met;
}

Finding check_start_in_shortage(CheckHost& check_host, const tenon_plugin_descriptor& d,
                                const Subject& subject) {
  const std::string path = subject.file.path;
  const auto fresh = [&] { return check_host.make(d, path, subject.options_json); };
  {
    const auto warm = fresh();
    if (!warm) return start_failed(warm.error());
    if (const Status s = start(**warm); !s) return start_failed(s.error());
    (*warm)->deactivate();
  }
  const std::size_t places =
      patch_calls([&](std::string_view object) { return object == path; }, allocation_patches());
  if (places == 0)
    return skip("needs a plugin that calls malloc, or another function that allocates, by its name");
  const ProcessState idle = ProcessState::now();
  std::int64_t tried = 0;
  for (std::int64_t n = 0; n < allocations_max; n = after(n), ++tried) {
    set_scene("allocation " + std::to_string(n + 1) + " of a start had failed");
    const auto instance = fresh();
    if (!start_in_shortage(check_host, **instance, n)) break;
  }
  set_scene("a start without memory was followed by one with enough");
  if (const std::string left = left_since(idle); !left.empty()) return fail("starts that failed " + left);
  const auto instance = fresh();
  if (const Status s = start(**instance); !s) return fail("then it does not start: " + s.error().message);
  const Status s = run_workers(check_host, **instance);
  (*instance)->deactivate();
  return s ? pass(std::to_string(tried) + " starts") : fail(s.error().message);
}

// Logins on workers whose allocations fail, one after the other. What they get is not judged: only that
// each ends.
Finding check_logins_in_shortage(CheckHost& check_host, const tenon_plugin_descriptor& d,
                                 const Subject& subject) {
  std::int64_t n = 0;
  std::atomic<bool> was_met{true};
  AuthDriver::Manner manner;
  thread_local std::uint64_t before = 0;
  manner.before_call = [&] {
    before = memory_countdown().failed_count;
    memory_countdown().calls_left = n;
  };
  manner.after_call = [&] {
    memory_countdown().calls_left = -1;
    was_met = memory_countdown().failed_count > before;
  };
  manner.may_fail = true;
  n = -1;
  AuthDriver driver(check_host, d, subject, std::move(manner));
  const Question question = known_or_stranger(subject);
  const std::string usual = driver.ask_one(question).outcome();
  for (n = 0, was_met = true; was_met && n < allocations_max; n = after(n)) {
    Question poor = question;
    poor.name = "a login whose allocation " + std::to_string(n + 1) + " fails";
    (void)driver.ask_one(poor);
  }
  n = -1;
  const std::string now = driver.ask_one(question).outcome();
  driver.stop();
  return now == usual ? pass()
                      : fail("a login that got " + usual + " gets " + now + " when there is memory again");
}

// operator new is in the plugin itself, as -static-libstdc++ brings it: its calls of malloc can't be told
// from the plugin's own. After patch_calls() and before the plugin is gone. The names stand in the file as
// the library's own text, or in a table of symbols.
bool brings_its_own_new(const Subject& subject, std::size_t new_places) {
  using namespace std::string_view_literals;
  const std::string_view bytes(reinterpret_cast<const char*>(subject.file.bytes.data()),
                               subject.file.bytes.size());
  return new_places == 0 && (bytes.find("\0St9bad_alloc\0"sv) != std::string_view::npos ||
                             bytes.find("\0_Znwm\0"sv) != std::string_view::npos);
}

Finding check_memory(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    check_host.fill_pool();
    Finding found = check_start_in_shortage(check_host, d, subject);
    if (found.verdict != Verdict::pass || std::string_view(d.kind_id) != TENON_AUTH_ID) return found;
    const std::size_t new_places =
        patch_calls([&](std::string_view object) { return object == subject.file.path; }, new_patches());
    if (brings_its_own_new(subject, new_places))
      return pass(found.reason + "; no logins, as operator new is its own, and calls the same malloc");
    try {
      const Finding logins = check_logins_in_shortage(check_host, d, subject);
      return logins.verdict == Verdict::pass ? found : logins;
    } catch (const AuthFault& fault) {
      return fail(std::string("where an allocation fails, ") + fault.what());
    }
  });
}

// A life with workers under clocks that do what clocks of machines do.
Status live_through_jumps(CheckHost& check_host, Instance& instance, MoodyClock& clock) {
  constexpr UnixMs day_ms = 24 * 3'600'000;
  constexpr UnixMs jumps_ms[] = {0, -day_ms, 40 * 365 * day_ms, -60 * 365 * day_ms, 0};
  if (Status s = start(instance); !s) return s;
  for (const UnixMs jump : jumps_ms) {
    set_scene("the date had jumped by " + std::to_string(jump / day_ms) + " days");
    clock.jump_to(jump);
    clock.leap(3'600 * ns_per_s);
    if (Status s = run_workers(check_host, instance); !s) return s;
  }
  instance.deactivate();
  return {};
}

// The date alone jumps: a host whose time has leapt is past the deadline of each login.
void log_in_through_jumps(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  MoodyClock clock;
  check_host.take_clock(&clock);
  constexpr UnixMs year_ms = UnixMs{365} * 24 * 3'600'000;
  AuthDriver driver(check_host, d, subject);
  const Question question = known_or_stranger(subject);
  const std::string before = driver.ask_one(question).outcome();
  for (const UnixMs jump : {-60 * year_ms, 40 * year_ms, UnixMs{0}}) {
    clock.jump_to(jump);
    (void)driver.ask_one(question);
  }
  const std::string after = driver.ask_one(question).outcome();
  driver.stop();
  if (after != before)
    throw AuthFault("a login that got " + before + " gets " + after +
                    " after the date has jumped to and fro");
}

Finding check_clock(const Subject& subject) {
  return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
    MoodyClock clock;
    check_host.take_clock(&clock);
    const auto instance = check_host.make(d, subject.file.path, subject.options_json);
    if (!instance) return start_failed(instance.error());
    if (const Status s = live_through_jumps(check_host, **instance, clock); !s)
      return fail(s.error().message);
    if ((*instance)->spec().kind != host::Kind::auth) return pass();
    try {
      log_in_through_jumps(check_host, d, subject);
    } catch (const AuthFault& fault) {
      return fail(fault.what());
    }
    return pass();
  });
}

}  // namespace

std::vector<Check> fault_checks() {
  const std::vector<std::string_view> needs{"lifecycle.repeat", "auth.answers"};
  return {
      {"faults.memory", "where an allocation of its own fails in a start or in a login, that one fails alone",
       "look at what malloc returns; let bad_alloc come no further than the boundary, allocate in no "
       "destructor, "
       "and let no thread be left when a later step throws",
       needs, check_memory},
      {"faults.clock", "it outlives a date that jumps, and an hour that passes at once",
       "take differences of tenon.host.clock's mono_ns, and do not rely on the date to grow", needs,
       check_clock},
  };
}

}  // namespace tenon::tools
