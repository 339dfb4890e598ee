#include "auth/auth_driver.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "host/status_name.h"

namespace tenon::tools {

using State = AskedLogin::State;

namespace {

// Between two ends, after the host has told the plugin that it waits no longer.
constexpr std::int64_t let_go_ns = 5 * ns_per_s;

std::string words_of(const AskedLogin& login, const std::string& fault) {
  return login.question.name + ": " + fault;
}

// Writes the time of a scope, if anybody asks for it.
class TimedCall {
 public:
  explicit TimedCall(CallTime* ret_time) : ret_time_(ret_time) {
    if (ret_time_) timer_.emplace();
  }
  ~TimedCall() {
    if (ret_time_) *ret_time_ = timer_->since();
  }
  TimedCall(const TimedCall&) = delete;
  TimedCall& operator=(const TimedCall&) = delete;

 private:
  CallTime* ret_time_;
  std::optional<CallTimer> timer_;
};

bool offers_cancel(host::Instance& instance) {
  const void* const offered = instance.raw()->get_interface(instance.raw(), TENON_AUTH_ID);
  return offered && host::normalised<tenon_auth>(offered).cancel;
}

}  // namespace

std::function<Finding(const Subject&)> on_auth(LookAtAuth look) {
  return [look = std::move(look)](const Subject& subject) {
    return for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) {
      if (std::string_view(d.kind_id) != TENON_AUTH_ID) return pass("is no auth plugin");
      try {
        return look(check_host, d, subject);
      } catch (const AuthFault& fault) {
        return fail(fault.what());
      }
    });
  };
}

// The host's side of one login.
class AuthDriver::LoginOp final : public host::Operation {
 public:
  LoginOp(AuthDriver* driver, AskedLogin* login) : driver_(driver), login_(login) {}
  ~LoginOp() override {
    if (!login_ || login_->has_ended()) return;
    login_->answer = {};  // nobody takes it
    if (is_memory_closed_)
      login_->state = State::cut_off;
    else
      driver_->take_end(*login_, State::cut_off);
  }
  // In the turn of authenticate() the request may still be read: the host ends a login in a later one.
  void on_completed(tenon_status status) noexcept override {
    login_->status = status;
    driver_->read_answer(*login_);
    is_read_ = true;
    login_->is_completed = true;
    if (!login_->has_returned) return;
    login_->memory.close();
    is_memory_closed_ = true;
  }
  void on_closed(tenon_status status, End end) override {
    AskedLogin& login = *std::exchange(login_, nullptr);
    login.status = status;
    // The host had given up: the texts of what came since are gone.
    if (!is_read_ && status == TENON_OK) host::drop_answer(*login.memory.result(), *driver_->instance_);
    if (!is_memory_closed_) login.memory.close();
    login.state.store(end == End::late ? State::given_up : State::closed, std::memory_order_release);
    driver_->ended_.notify_all();
  }
  void let_go() { login_ = nullptr; }

 private:
  AuthDriver* driver_;
  AskedLogin* login_;
  bool is_read_ = false;
  bool is_memory_closed_ = false;
};

AuthDriver::AuthDriver(CheckHost& check_host, const tenon_plugin_descriptor& descriptor,
                       const Subject& subject, Manner manner)
    : check_host_(check_host), manner_(std::move(manner)) {
  auto made = check_host.make(descriptor, subject.file.path, subject.options_json);
  if (!made) throw AuthFault(made.error().message);
  instance_ = std::move(made).value();
  if (manner_.prepare) manner_.prepare(*instance_);
  if (const Status s = start(*instance_); !s) throw AuthFault(s.error().message);
  start_workers();
}

AuthDriver::~AuthDriver() {
  try {
    stop();
  } catch (const AuthFault&) {  // there is a finding already
  }
}

void AuthDriver::start_workers() {
  has_cancel_ = offers_cancel(*instance_);
  stale_before_ = instance_->stats().stale;
  is_running_ = true;
  std::vector<Status> said(CheckHost::worker_count);
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    const TimedCall timed(manner_.takes_time && w.index() == 0 ? &worker_start_time_ : nullptr);
    said[w.index()] = instance_->start_worker(w.index());
  });
  for (const Status& s : said)
    if (!s) throw AuthFault(s.error().message);
}

void AuthDriver::stop() {
  if (!std::exchange(is_running_, false)) return;
  for (const auto& login : logins_)  // clients go before plugins do
    if (login->has_ended()) login->answer.outcome.permset = {};
  stop_workers(check_host_, *instance_);
  check_host_.without_workers([&] { instance_->deactivate(); });
  // What was posted to the workers before has been served.
  check_host_.threads().run_on_each([](runtime::Worker&) {});
  if (const std::uint64_t more = instance_->stats().stale - stale_before_; more > 0)
    throw AuthFault("completes " + std::to_string(more) + " logins that were closed already");
}

void AuthDriver::restart() {
  if (Status s = instance_->init(); !s) throw AuthFault("the second time " + s.error().message);
  if (Status s = instance_->activate(); !s) throw AuthFault("the second time " + s.error().message);
  start_workers();
}

void AuthDriver::on_worker(const std::function<void(void* context)>& fn) {
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    if (w.index() == 0) fn(instance_->worker_context(0));
  });
}

// Whatever else is wrong with an answer, the reference to its permission set is taken.
void AuthDriver::read_answer(AskedLogin& login) noexcept {
  if (login.status != TENON_OK) return;
  login.permset = login.memory.result()->permset;
  login.answer = host::read_answer(*login.memory.result(), *instance_, instance_->invalidations().count());
}

void AuthDriver::take_end(AskedLogin& login, State state) {
  login.memory.close();
  login.state.store(state, std::memory_order_release);
  ended_.notify_all();
}

// On the login's worker.
void AuthDriver::put(AskedLogin& login) {
  auto made = std::make_unique<LoginOp>(this, &login);
  LoginOp& operation = *made;
  login.op = instance_->open_op(std::move(made));
  if (login.op == 0) {  // more than it has said to take; the operation is gone
    login.status = TENON_E_BUSY;
    return;
  }
  void* const context = instance_->worker_context(login.worker);
  tenon_status status = TENON_E_EXCEPTION;
  if (manner_.before_call) manner_.before_call();
  {
    const host::PluginScope scope(instance_->tag());
    const TimedCall timed(manner_.takes_time ? &login.authenticate_time : nullptr);
    try {
      status = table().authenticate(instance_->raw(), context, login.memory.request(), login.op,
                                    login.memory.result());
    } catch (...) {  // as the host does
    }
  }
  if (manner_.after_call) manner_.after_call();
  login.was_pending = status == TENON_PENDING;
  login.has_returned = true;
  if (login.was_pending) return;
  const auto closed = instance_->ops().close(login.op);
  if (!closed) {  // completed as well: its end is on its way
    login.closed_by_itself = true;
    return;
  }
  operation.let_go();
  login.status = status;
  read_answer(login);
  take_end(login, State::closed);
}

// On the login's worker.
void AuthDriver::give_up_here(AskedLogin& login) {
  if (login.has_ended() || !instance_->ops().abandon(login.op)) return;
  tenon_status status = TENON_PENDING;
  {
    const host::PluginScope scope(instance_->tag());
    const TimedCall timed(manner_.takes_time ? &login.cancel_time : nullptr);
    try {
      status = table().cancel(instance_->raw(), instance_->worker_context(login.worker), login.op);
    } catch (...) {  // it may still hold the request
    }
  }
  if (status != TENON_OK) return;
  if (const auto closed = instance_->ops().close_abandoned(login.op)) {
    static_cast<LoginOp&>(*closed).let_go();
    take_end(login, State::given_up);
  }
}

AskedLogins AuthDriver::ask(const std::vector<Question>& questions, bool give_up_at_once) {
  AskedLogins asked;
  const MonoNs deadline = runtime::SystemClock::now_ns() + manner_.patience_ns;
  for (const Question& question : questions) {
    logins_.push_back(std::make_unique<AskedLogin>(question, next_worker_, deadline, manner_.age));
    next_worker_ = (next_worker_ + 1) % CheckHost::worker_count;
    asked.push_back(logins_.back().get());
  }
  if (questions.size() == 1) set_scene("it was asked for " + questions.front().name);
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    for (AskedLogin* login : asked) {
      if (login->worker != w.index()) continue;
      put(*login);
      if (give_up_at_once) give_up_here(*login);
    }
  });
  return asked;
}

void AuthDriver::give_up(const AskedLogins& logins) {
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    for (AskedLogin* login : logins)
      if (login->worker == w.index()) give_up_here(*login);
  });
}

std::size_t AuthDriver::count_open(const AskedLogins& logins) {
  return static_cast<std::size_t>(std::count_if(logins.begin(), logins.end(),
                                                [](const AskedLogin* login) { return !login->has_ended(); }));
}

std::size_t AuthDriver::count_held(const AskedLogins& logins) {
  return static_cast<std::size_t>(std::count_if(logins.begin(), logins.end(), [](const AskedLogin* login) {
    return !login->is_completed && !login->has_ended();
  }));
}

// False: the patience has ended first.
bool AuthDriver::wait_for(const AskedLogins& logins, std::int64_t patience_ns) {
  constexpr std::chrono::milliseconds nap{20};  // a signal may come between the look and the sleep
  const MonoNs end = runtime::SystemClock::now_ns() + patience_ns;
  std::unique_lock lock(mutex_);
  while (count_open(logins) > 0) {
    if (runtime::SystemClock::now_ns() > end) return false;
    ended_.wait_for(lock, nap);
  }
  return true;
}

void AuthDriver::finish(const AskedLogins& logins) {
  if (!wait_for(logins, manner_.patience_ns)) {
    for (AskedLogin* login : logins) login->is_late = !login->has_ended();
    give_up(logins);
    for (std::size_t open = count_open(logins), before = open + 1; open > 0 && open < before;) {
      (void)wait_for(logins, let_go_ns);
      before = std::exchange(open, count_open(logins));
    }
    if (count_open(logins) > 0) {
      const auto open = std::find_if(logins.begin(), logins.end(), [](auto* l) { return !l->has_ended(); });
      throw AuthFault(words_of(**open,
                               "it is never closed: cancel did not answer TENON_OK, and no completion "
                               "came (" +
                                   std::to_string(count_open(logins)) + " such logins)"));
    }
  }
  for (const AskedLogin* login : logins) {
    if (manner_.may_fail && login->status < 0) continue;
    if (const std::string fault = login->fault(); !fault.empty()) throw AuthFault(words_of(*login, fault));
    if (login->was_pending && !has_cancel_)
      throw AuthFault(words_of(*login, "it is answered with TENON_PENDING, and the table has no cancel"));
  }
  set_scene({});
}

AskedLogin& AuthDriver::ask_one(const Question& question) {
  const AskedLogins asked = ask({question});
  finish(asked);
  return *asked.front();
}

}  // namespace tenon::tools
