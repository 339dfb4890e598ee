#include <algorithm>
#include <atomic>

#include "auth/auth_driver.h"
#include "process_state.h"

namespace tenon::tools {
namespace {

constexpr int many_count = 2'000;
constexpr int known_among = 8;  // each eighth login is one that is let in
constexpr int storm_count = 64;
constexpr int storm_rounds = 10;
constexpr int stop_rounds = 6;
constexpr std::int64_t quiesce_ns_min = 5 * ns_per_s;
constexpr std::int64_t quiesce_ns_max = 25 * ns_per_s;  // the check itself has its time

// Strangers, each with a name of its own, so that nothing is answered from what is kept, and among them,
// where there is one, the known login.
std::vector<Question> crowd(const Subject& subject, int count) {
  std::vector<Question> all;
  for (int i = 0; i < count; ++i) {
    const bool is_known = i % known_among == 1;
    all.push_back(is_known ? known_or_stranger(subject) : stranger());
    all.back().name = "one of " + std::to_string(count) + " logins at once";
    if (!is_known) all.back().username = "nobody-" + std::to_string(i);
  }
  return all;
}

std::size_t count_pending(const AskedLogins& logins) {
  return static_cast<std::size_t>(
      std::count_if(logins.begin(), logins.end(), [](const AskedLogin* l) { return l->was_pending; }));
}

std::string note_of(std::size_t pending) {
  return pending == 0 ? "answers everything at once" : std::to_string(pending) + " logins were under way";
}

// What one login gets, when nothing else is asked.
std::string alone(AuthDriver& driver, const Subject& subject) {
  return driver.ask_one(known_or_stranger(subject)).outcome();
}

Finding check_many(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  const std::string before = alone(driver, subject);
  const AskedLogins logins = driver.ask(crowd(subject, many_count));
  const std::size_t pending = count_pending(logins);
  driver.finish(logins);
  const std::string after = alone(driver, subject);
  driver.stop();
  Finding found = same_or_slowed(before, after, "after " + std::to_string(many_count) + " at once");
  return found.verdict == Verdict::pass ? pass(note_of(pending)) : found;
}

// Clients that are gone as soon as they have come, or a moment later.
Finding check_cancel(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  const std::string before = alone(driver, subject);
  std::size_t pending = 0;
  for (int round = 0; round < storm_rounds; ++round) {
    const AskedLogins logins = driver.ask(crowd(subject, storm_count), round % 2 == 0);
    pending += count_pending(logins);
    AskedLogins some = logins;
    if (round % 4 == 1) some.resize(logins.size() / 2);
    driver.give_up(some);
    driver.finish(logins);
  }
  const std::string after = alone(driver, subject);
  driver.stop();
  Finding found = same_or_slowed(before, after, "after others were given up");
  return found.verdict == Verdict::pass ? pass(note_of(pending)) : found;
}

// How long all logins of a storm may take: what one takes alone, for each of them, twice.
std::int64_t storm_ns(AuthDriver& driver, const Subject& subject) {
  const MonoNs began = runtime::SystemClock::now_ns();
  driver.finish(driver.ask({known_or_stranger(subject)}));
  driver.finish(driver.ask({stranger()}));
  const std::int64_t both_ns = runtime::SystemClock::now_ns() - began;
  return std::max(quiesce_ns_min, both_ns * storm_count);
}

std::string seconds(std::int64_t ns) {
  return std::to_string(ns / ns_per_s) + " s";
}

Finding check_quiesce(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  const std::int64_t needed_ns = storm_ns(driver, subject);
  const std::int64_t patience_ns = std::min(needed_ns, quiesce_ns_max);
  const AskedLogins logins = driver.ask(crowd(subject, storm_count));
  const std::size_t pending = count_pending(logins);
  if (!driver.instance().raw()->quiesce) return pass("has no quiesce");
  std::atomic<bool> quiet{false};
  std::size_t held = 0;
  set_scene("quiesce was called with logins under way");
  driver.instance().quiesce([&] {
    held = AuthDriver::count_held(logins);
    quiet = true;
  });
  const bool done = quiet || check_host.serve_until(quiet, patience_ns);
  const std::size_t left = AuthDriver::count_open(logins);
  driver.finish(logins);
  driver.stop();
  if (held > 0) return fail("says that nothing is in flight while " + std::to_string(held) + " logins are");
  if (!done)
    return patience_ns < needed_ns && left > 0
               ? warn("what is in flight takes longer than " + seconds(patience_ns) +
                      ": quiesce was not seen to end")
               : fail(left == 0 ? "does not say that nothing is in flight when the last login has ended"
                                : "does not end what is in flight within " + seconds(patience_ns));
  return pass(note_of(pending));
}

// Stopped in the middle, as by a host whose patience with quiesce has ended, and started again.
Finding check_stop(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  check_host.fill_pool();
  AuthDriver(check_host, d, subject).stop();  // what a plugin changes once and for all is another check's
  const ProcessState idle = ProcessState::now();
  std::size_t pending = 0;
  {
    AuthDriver driver(check_host, d, subject);
    const std::string before = alone(driver, subject);
    for (int round = 0; round < stop_rounds; ++round) {
      set_scene("it was stopped with logins under way");
      const AskedLogins logins = driver.ask(crowd(subject, storm_count));
      pending += count_pending(logins);
      if (round % 2 == 1) driver.give_up(logins);
      driver.stop();
      driver.restart();
      const std::string after = alone(driver, subject);
      Finding found = same_or_slowed(before, after, "after a stop with others under way, and a start");
      if (found.verdict != Verdict::pass) return found;
    }
    (void)driver.ask(crowd(subject, storm_count));
    set_scene("it was stopped and destroyed with logins under way");
    driver.stop();
  }
  if (const std::string left = left_since(idle); !left.empty()) return fail("destroyed, it has " + left);
  return pass(note_of(pending));
}

}  // namespace

std::vector<Check> auth_load_checks() {
  const std::vector<std::string_view> answers{"auth.answers"};
  return {
      {"auth.many", "2,000 logins at once all end, and those after them are answered as before",
       "answer TENON_E_BUSY to what is too much; keep a list of what is open and lose none of it", answers,
       on_auth(check_many)},
      {"auth.cancel",
       "logins that the host gives up are let go of: none is touched, or completed, after cancel said "
       "TENON_OK",
       "answer TENON_OK only if no thread will touch the request or the result again; else TENON_PENDING, "
       "and "
       "complete it",
       answers, on_auth(check_cancel)},
      {"auth.quiesce",
       "with logins under way, quiesce ends, and not before all of them have",
       "complete the last login first and the operation of quiesce after it",
       {"lifecycle.quiesce", "auth.answers"},
       on_auth(check_quiesce)},
      {"auth.stop",
       "it can be stopped, started again and destroyed with logins under way",
       "in deactivate end all threads, and touch no request after it; leave nothing of them to the next "
       "start",
       {"auth.cancel"},
       on_auth(check_stop)},
  };
}

}  // namespace tenon::tools
