#include <algorithm>
#include <atomic>
#include <new>
#include <thread>

#include "auth/auth_driver.h"

namespace tenon::tools {
namespace {

constexpr std::uint8_t untouched = 0x77;
constexpr std::uint32_t unknown_action = 9;
constexpr int thread_count = 3;
constexpr int rounds_per_thread = 50;
constexpr std::size_t batch_count = 1'024;

struct Query {
  std::uint32_t action;
  std::uint32_t qos;
  std::uint32_t retain;
  std::string topic;
};

std::vector<Query> queries() {
  const std::vector<std::string> topics{"a",
                                        "a/b/c",
                                        "",
                                        "/",
                                        "$SYS/broker",
                                        "a//b",
                                        "#",
                                        "+/a",
                                        "a/+/#",
                                        "a/b#",
                                        std::string("a\0b", 3),
                                        "\xff\xfe/\xc3(",
                                        std::string(65'535, '/'),
                                        std::string(65'535, 'a')};
  std::vector<Query> all;
  for (const std::string& topic : topics)
    for (const std::uint32_t action :
         {TENON_ACTION_PUBLISH, TENON_ACTION_RECEIVE, TENON_ACTION_SUBSCRIBE, unknown_action})
      all.push_back({action, static_cast<std::uint32_t>(all.size() % 3),
                     static_cast<std::uint32_t>(all.size() % 2), topic});
  return all;
}

// Asks a set for all queries in one call, as a host does whose queries are so much longer.
std::vector<std::uint8_t> verdicts(const tenon_auth& table, const tenon_permset* set,
                                   const std::vector<Query>& all, std::size_t more_bytes) {
  const std::size_t stride = sizeof(tenon_authz_query) + more_bytes;
  std::vector<std::uint64_t> memory(all.size() * stride / sizeof(std::uint64_t), 0xa5a5a5a5a5a5a5a5);
  auto* const first = reinterpret_cast<std::uint8_t*>(memory.data());
  for (std::size_t i = 0; i < all.size(); ++i)
    new (first + i * stride)
        tenon_authz_query{static_cast<std::uint32_t>(stride),
                          all[i].action,
                          all[i].qos,
                          all[i].retain,
                          {reinterpret_cast<const std::uint8_t*>(all[i].topic.data()), all[i].topic.size()}};
  std::vector<std::uint8_t> found(all.size() + 8, untouched);
  table.permset_check(set, reinterpret_cast<const tenon_authz_query*>(first),
                      static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(stride),
                      found.data());
  return found;
}

std::string shown(const Query& query) {
  static constexpr const char* names[] = {"publish", "receive", "subscribe"};
  return (query.action < 3 ? names[query.action] : "an unknown action") + std::string(" of \"") +
         query.topic.substr(0, 20) + "\" (" + std::to_string(query.topic.size()) + " bytes)";
}

// What is wrong with the verdicts of one call; empty: nothing.
std::string judge(const std::vector<Query>& all, const std::vector<std::uint8_t>& found) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (found[i] != TENON_VERDICT_ALLOW && found[i] != TENON_VERDICT_DENY)
      return shown(all[i]) + " gets verdict " + std::to_string(found[i]);
    if (all[i].action == unknown_action && found[i] != TENON_VERDICT_DENY)
      return shown(all[i]) + " is allowed";
  }
  if (std::any_of(found.end() - 8, found.end(), [](std::uint8_t byte) { return byte != untouched; }))
    return "permset_check writes behind the last verdict";
  return {};
}

// One by one, in one call, in a large one, and with longer queries: the same.
std::string compare(const tenon_auth& table, const tenon_permset* set, const std::vector<Query>& all,
                    const std::vector<std::uint8_t>& expected) {
  if (verdicts(table, set, all, 32) != expected) return "queries that are longer get other verdicts";
  for (std::size_t i = 0; i < all.size(); ++i)
    if (verdicts(table, set, {all[i]}, 0).front() != expected[i])
      return shown(all[i]) + " gets another verdict when it is asked alone";
  std::vector<Query> many;
  while (many.size() < batch_count) many.push_back(all[many.size() % 40]);
  const auto found = verdicts(table, set, many, 0);
  for (std::size_t i = 0; i < many.size(); ++i)
    if (found[i] != expected[i % 40]) return shown(many[i]) + " gets another verdict among 1,024";
  return {};
}

// From several threads at once, as workers and stores do.
std::string compare_at_once(const tenon_auth& table, const tenon_permset* set, const std::vector<Query>& all,
                            const std::vector<std::uint8_t>& expected) {
  std::atomic<bool> differs{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < rounds_per_thread; ++round) {
        table.permset_retain(set);
        if (verdicts(table, set, all, 0) != expected) differs = true;
        table.permset_release(set);
      }
    });
  for (std::thread& thread : threads) thread.join();
  return differs ? "asked from several threads, it gives other verdicts" : "";
}

// The set that takes the place of this one after a change, which may be the same; null: the client has to go.
const tenon_permset* refreshed(AuthDriver& driver, const tenon_permset* set) {
  const tenon_permset* fresh = nullptr;
  tenon_status status = TENON_E_DENIED;
  driver.on_worker([&](void* context) {
    status = driver.table().permset_refresh(driver.instance().raw(), context, set, &fresh);
  });
  return status == TENON_OK ? fresh : nullptr;
}

Finding look_at_set(AuthDriver& driver, const Subject& subject, const tenon_permset* set) {
  const tenon_auth& table = driver.table();
  const std::vector<Query> all = queries();
  const auto expected = verdicts(table, set, all, 0);
  std::string wrong = judge(all, expected);
  if (wrong.empty()) wrong = compare(table, set, all, expected);
  if (wrong.empty()) wrong = compare_at_once(table, set, all, expected);
  if (!wrong.empty()) return fail(wrong);
  // The options are read anew, and others come in: the set stays what it was.
  (void)driver.instance().reconfigure(subject.options_json);
  if (const tenon_permset* const fresh = refreshed(driver, set)) {
    const std::string fault = judge(all, verdicts(table, fresh, all, 0));
    table.permset_release(fresh);
    if (!fault.empty()) return fail("of the set that permset_refresh gives, " + fault);
  }
  (void)driver.ask_one(stranger());
  if (verdicts(table, set, all, 0) != expected)
    return fail("the verdicts of a set change when the options are read anew");
  return pass();
}

Finding check_permissions(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  AuthDriver driver(check_host, d, subject);
  std::vector<Question> questions = ordinary_questions(subject);
  std::reverse(questions.begin(), questions.end());  // the known one first
  bool is_allowed = false;
  for (const Question& question : questions) {
    const AskedLogin& login = driver.ask_one(question);
    is_allowed = is_allowed || login.is_allowed();
    if (!login.is_allowed() || !login.permset) continue;
    set_scene("the permission set of " + question.name + " was asked");
    Finding found;
    {
      // Held beyond the login, as by the sessions of the client.
      const host::Permset held = login.answer.outcome.permset;
      const tenon_permset* const set = login.permset;
      driver.forget();
      found = look_at_set(driver, subject, set);
    }
    driver.stop();
    return found;
  }
  driver.stop();
  return is_allowed ? pass("gives no permission set")
                    : skip(
                          "needs a login that is right: --login '{\"username\": \"...\", \"password\": "
                          "\"...\"}'");
}

}  // namespace

std::vector<Check> permission_checks() {
  return {
      {"auth.permissions",
       "a permission set gives each query one verdict, the same alone, among others, on all threads, and as "
       "long as it is held",
       "make sets immutable, count their references, step through queries by their stride, deny unknown "
       "actions",
       {"auth.answers"},
       on_auth(check_permissions)},
  };
}

}  // namespace tenon::tools
