#include <algorithm>
#include <map>

#include "auth/auth_driver.h"

namespace tenon::tools {
namespace {

constexpr std::int64_t repeat_ns = 3 * ns_per_s;  // about how long auth.repeat may take
constexpr int repeat_rounds_max = 250;
constexpr int repeat_rounds_min = 10;
constexpr std::int64_t late_ns_max = 20 * ns_per_s;  // to the answer of one that seems to get none

std::string quoted(const AskedLogin& login) {
  return login.question.name + ": ";
}

// A question that was not answered within the patience of the others: never, or late? Asked once more of each
// worker.
Finding judge_late(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject,
                   const Question& question) {
  AuthDriver::Manner manner;
  manner.patience_ns = late_ns_max;
  AuthDriver driver(check_host, d, subject, std::move(manner));
  for (std::uint32_t i = 0; i < CheckHost::worker_count; ++i)
    if (driver.ask_one(question).is_late)
      return fail(question.name + ": there is no answer within " + std::to_string(late_ns_max / ns_per_s) +
                  " s");
  driver.stop();
  return warn(question.name + ": the answer takes longer than 5 s; the other checks of logins give up then",
              "check it on a machine that has nothing else to do, and with services that answer soon");
}

// Every question to each worker, one after the other, by whom nothing else is asked meanwhile.
Finding check_answers(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  std::map<std::string, int> outcomes;
  for (const Question& question : ordinary_questions(subject)) {
    const AskedLogin& first = driver.ask_one(question);
    if (first.is_late) {
      driver.stop();
      return judge_late(check_host, d, subject, question);
    }
    const AskedLogin& second = driver.ask_one(question);
    if (second.is_late) {
      driver.stop();
      return judge_late(check_host, d, subject, question);
    }
    if (first.outcome() != second.outcome())
      return fail(quoted(first) + "one worker answers " + first.outcome() + ", the other " +
                  second.outcome());
    ++outcomes[first.outcome().substr(0, first.outcome().find(' '))];
    const bool is_known = subject.login && question.username == subject.login->username &&
                          question.password == subject.login->password;
    if (is_known && !first.is_allowed())
      return fail(quoted(first) + "it is not allowed but gets " + first.outcome(),
                  "give a name and a password that these options let in");
  }
  driver.stop();
  std::string counts;
  for (const auto& [outcome, count] : outcomes)
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + outcome;
  return pass(counts);
}

Finding check_passwords(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  if (!subject.login || !subject.login->password)
    return skip("needs a login that is right: --login '{\"username\": \"...\", \"password\": \"...\"}'");
  AuthDriver driver(check_host, d, subject);
  // Before and after a right one, which a plugin may have kept.
  for (const char* when : {"", " after the right one was"}) {
    for (const Question& question : wrong_passwords(*subject.login))
      if (driver.ask_one(question).is_allowed()) return fail(question.name + " is let in" + when);
    if (!driver.ask_one(known_or_stranger(subject)).is_allowed())
      return warn("the right password is not let in after wrong ones",
                  "see that nobody can lock others out by guessing");
  }
  driver.stop();
  return pass();
}

Finding check_hostile(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  const std::string before = driver.ask_one(known_or_stranger(subject)).outcome();
  for (const Question& question : hostile_questions(subject)) (void)driver.ask_one(question);
  const std::string after = driver.ask_one(known_or_stranger(subject)).outcome();
  driver.stop();
  return same_or_slowed(before, after, "after fields that no client should send");
}

// An older host can't be told when a client has to go: a plugin that needs to may deny there what it allows
// here.
bool is_like(const std::string& there, const std::string& here, const HostAge& age) {
  const bool is_older = age.result_bytes < sizeof(tenon_auth_result);
  return there == here || (is_older && here.starts_with("ALLOW") && there.starts_with("DENY"));
}

// A newer host, whose requests are longer and whose lists have longer elements, and the first one, whose
// results end before valid_ms.
Finding check_other_hosts(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  static_assert(offsetof(tenon_auth_result, valid_ms) % 8 == 0);
  const std::vector<std::pair<std::string, HostAge>> hosts{
      {"a newer host",
       {.more_bytes = 64, .result_bytes = sizeof(tenon_auth_result) + 64, .more_flags = 0xff000000u}},
      {"an older host",
       {.more_bytes = 0, .result_bytes = offsetof(tenon_auth_result, valid_ms), .more_flags = 0}}};
  std::vector<Question> questions = ordinary_questions(subject);
  for (Question& question : questions) question.user_properties = {{"a", "b"}, {"c", "d"}};
  const auto outcomes = [&](const HostAge& age) {
    AuthDriver::Manner manner;
    manner.age = age;
    AuthDriver driver(check_host, d, subject, std::move(manner));
    std::vector<std::string> all;
    for (const Question& question : questions) all.push_back(driver.ask_one(question).outcome());
    driver.stop();
    return all;
  };
  const auto ours = outcomes({});
  for (const auto& [name, age] : hosts) {
    const auto theirs = outcomes(age);
    for (std::size_t i = 0; i < ours.size(); ++i)
      if (!is_like(theirs[i], ours[i], age))
        return fail(questions[i].name + " gets " + theirs[i] + " of " + name + ", and " + ours[i] + " here");
  }
  return pass();
}

// Logins by the thousand, or fewer where each takes long.
Finding check_repeat(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  check_host.fill_pool();
  AuthDriver driver(check_host, d, subject);
  const std::vector<Question> questions{known_or_stranger(subject), stranger(), known_or_stranger(subject),
                                        stranger()};
  const auto round = [&]() -> Status {
    driver.finish(driver.ask(questions));
    driver.forget();
    return {};
  };
  const MonoNs began = runtime::SystemClock::now_ns();
  (void)round();
  const std::int64_t one_ns = std::max<std::int64_t>(1, runtime::SystemClock::now_ns() - began);
  Finding found = endure(
      static_cast<int>(std::clamp<std::int64_t>(repeat_ns / one_ns, repeat_rounds_min, repeat_rounds_max)),
      round);
  driver.stop();
  return found;
}

}  // namespace

std::vector<Check> auth_checks() {
  const std::vector<std::string_view> answers{"auth.answers"};
  return {
      {"auth.answers",
       "each login gets one answer that the broker can use, at once or soon, and the same on each worker",
       "close each token once: by what authenticate returns, or, after TENON_PENDING, by complete()",
       {"lifecycle.workers"},
       on_auth(check_answers)},
      {"auth.passwords", "of the passwords for the login that --login states, the right one alone is let in",
       "compare all bytes of password.data, password.len of them; it is no text and ends with no zero byte",
       answers, on_auth(check_passwords)},
      {"auth.hostile",
       "fields of 65,535 bytes, with bytes that are no text, and steps that nobody has begun do no harm",
       "take lengths from the request, take no field for text of a certain form, and refuse what can't be",
       answers, on_auth(check_hostile)},
      {"auth.other-hosts", "it answers hosts whose requests and results are longer, or shorter, alike",
       "read and write a field only if TENON_HAS says that it is there; step through lists by their stride",
       answers, on_auth(check_other_hosts)},
      {"auth.repeat", "logins by the hundred leave no thread, descriptor or memory behind",
       "free what belongs to a login when it is closed; give the host one reference to a permission set, and "
       "keep none",
       answers, on_auth(check_repeat)},
  };
}

}  // namespace tenon::tools
