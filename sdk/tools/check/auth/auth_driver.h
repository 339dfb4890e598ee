#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "auth/asked_login.h"
#include "made_plugin.h"

namespace tenon::tools {

// A plugin broke a rule; the text is the finding.
class AuthFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Runs `look` for each auth plugin of the module; plugins of other kinds pass. An AuthFault is the finding.
using LookAtAuth = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&, const Subject&)>;
std::function<Finding(const Subject&)> on_auth(LookAtAuth look);

using AskedLogins = std::vector<AskedLogin*>;

// An auth plugin with its workers started, and the host that asks it.
//
// All functions: the control thread. Logins belong to the driver until forget() or its end; their memory is
// closed to the plugin as soon as it has closed them.
class AuthDriver {
 public:
  struct Manner {
    std::int64_t patience_ns = 5 * ns_per_s;  // how long one login may take
    HostAge age;
    std::function<void(host::Instance&)> prepare;   // of the instance, before it is created
    std::function<void()> before_call, after_call;  // on the worker, around each authenticate()
    bool takes_time = false;                        // of calls on workers
    bool may_fail = false;                          // an error of any sort is no fault
  };
  // Throws AuthFault when the plugin does not start.
  AuthDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject,
             Manner manner);
  AuthDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor, const Subject& subject)
      : AuthDriver(check_host, descriptor, subject, Manner()) {}
  ~AuthDriver();
  AuthDriver(const AuthDriver&) = delete;
  AuthDriver& operator=(const AuthDriver&) = delete;

  // Puts the questions to the plugin, on the workers by turns, and returns without waiting for answers.
  // `give_up_at_once`: the host does, in the same turn.
  AskedLogins ask(const std::vector<Question>& questions, bool give_up_at_once = false);
  // Waits for their ends; after the patience, the host gives up. Throws AuthFault with what is wrong with
  // one.
  void finish(const AskedLogins& logins);
  // Both, for one question.
  AskedLogin& ask_one(const Question& question);
  // The clients are gone: the plugin is told of those that are open.
  void give_up(const AskedLogins& logins);
  static std::size_t count_open(const AskedLogins& logins);
  // Of those the ones that the plugin has not completed yet.
  static std::size_t count_held(const AskedLogins& logins);

  // Takes down workers and plugin, whatever is under way. Throws AuthFault with what came too often. init and
  // what follows it may be called again through restart().
  void stop();
  void restart();
  // Frees all logins. REQUIRES: all have ended.
  void forget() { logins_.clear(); }

  host::Instance& instance() { return *instance_; }
  const tenon_auth& table() const { return instance_->auth(); }
  // Runs `fn` on the first worker, with its context.
  void on_worker(const std::function<void(void* context)>& fn);
  CallTime worker_start_time() const { return worker_start_time_; }

 private:
  class LoginOp;
  void start_workers();
  void put(AskedLogin& login);
  void give_up_here(AskedLogin& login);
  bool wait_for(const AskedLogins& logins, std::int64_t patience_ns);
  void take_end(AskedLogin& login, AskedLogin::State state);
  void read_answer(AskedLogin& login) noexcept;

  CheckHost& check_host_;
  Manner manner_;
  std::unique_ptr<host::Instance> instance_;
  std::deque<std::unique_ptr<AskedLogin>> logins_;
  bool is_running_ = false;
  bool has_cancel_ = false;
  std::uint64_t stale_before_ = 0;
  std::uint32_t next_worker_ = 0;
  CallTime worker_start_time_;
  std::mutex mutex_;
  std::condition_variable ended_;
};

}  // namespace tenon::tools
