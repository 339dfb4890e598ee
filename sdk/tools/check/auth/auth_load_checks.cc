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

Finding changed(const std::string& before, const std::string& after, const std::string& when) {
  return fail("a login that got " + before + " gets " + after + " " + when);
}

Finding check_many(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  const std::string before = alone(driver, subject);
  const AskedLogins logins = driver.ask(crowd(subject, many_count));
  const std::size_t pending = count_pending(logins);
  driver.finish(logins);
  const std::string after = alone(driver, subject);
  driver.stop();
  if (after != before) return changed(before, after, "after " + std::to_string(many_count) + " at once");
  return pass(note_of(pending));
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
  if (after != before) return changed(before, after, "after others were given up");
  return pass(note_of(pending));
}

Finding check_quiesce(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
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
  const bool done = quiet || check_host.serve_until(quiet);
  const std::size_t left = AuthDriver::count_open(logins);
  driver.finish(logins);
  driver.stop();
  if (held > 0) return fail("says that nothing is in flight while " + std::to_string(held) + " logins are");
  if (!done)
    return fail(left == 0 ? "does not say that nothing is in flight 5 s after the last login has ended"
                          : "does not end what is in flight within 5 s");
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
      if (const std::string after = alone(driver, subject); after != before)
        return changed(before, after, "after a stop with others under way, and a start");
    }
    (void)driver.ask(crowd(subject, storm_count));
    set_scene("it was stopped and destroyed with logins under way");
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
