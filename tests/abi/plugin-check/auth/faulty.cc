// An auth plugin that answers later, on a thread of its own, with one fault; FAULT says which.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <tenon/auth.hpp>
#include <tenon/clock.hpp>
#include <tenon/module.hpp>

namespace tenon::test {

enum class Fault : std::uint8_t {
  none,
  answers_nonsense,        // a decision that there is not
  never_answers,           // what it promised to
  lets_in_by_a_worker,     // the first one denies what the second allows
  compares_c_strings,      // of passwords
  fears_long_names,        // longer than 1,024 bytes
  writes_valid_ms,         // whatever the host is
  forgets_sets,            // to give back its own reference to them
  loses_what_is_too_much,  // of logins at once
  completes_what_is_cancelled,
  is_quiet_too_early,
  leaves_its_thread,  // which the first login has started
  allows_unknown_actions,
  asks_the_clock_in_sets,
  sleeps_on_a_worker,    // in its first logins
  waits_in_first_login,  // of each life, on a worker
  trusts_malloc,         // to give memory
  aborts_when_time_goes_back,
  news_in_noexcept,    // where nothing can be thrown, as some libraries do in destructors
  tires_of_strangers,  // and lets nobody in any more, until it is started again
  takes_texts_back,    // no fault: as soon as complete() has returned; and it goes on with what is cancelled
};
constexpr Fault fault = Fault::FAULT;

inline sdk::Clock* the_clock = nullptr;

class Topics final : public sdk::PermissionSet {
 public:
  bool allows(const tenon_authz_query& query) const noexcept override {
    if (fault == Fault::asks_the_clock_in_sets) (void)the_clock->mono_ns();
    if (query.action > TENON_ACTION_SUBSCRIBE) return fault == Fault::allows_unknown_actions;
    return sdk::text_of(query.topic).starts_with("a");
  }
};

class Faulty : public sdk::AuthPlugin<Faulty> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_CLOCK_ID, nullptr};
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.faulty-auth",
                                        .name = "faulty",
                                        .version = "1.0",
                                        .requires_host = required_tables,
                                        .flags = TENON_PLUGIN_OWN_THREADS};
  class Worker {
   public:
    Worker(Faulty&, std::uint32_t worker) : index(worker) {}
    std::uint32_t index;
  };
  using AuthPlugin::AuthPlugin;

  void init() {
    async_ = sdk::Async(host());
    clock_ = sdk::Clock(host());
    the_clock = &clock_;
  }
  void activate() {
    is_ending_ = false;
    stranger_count_ = 0;
    has_waited_ = false;
    thread_ = std::thread([this] { work(); });
  }
  void deactivate() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    waiting_.clear();
  }

  tenon_status authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer) {
    if (!request.username() || !request.password()) {
      answer.ignore();
      return TENON_OK;
    }
    if (request.step() != TENON_AUTH_START) return TENON_E_UNSUPPORTED;
    misbehave(request);
    const bool is_right = *request.username() == "ada" && fits(*request.password()) &&
                          !(fault == Fault::lets_in_by_a_worker && worker.index == 0);
    if (!is_right && fault == Fault::tires_of_strangers) ++stranger_count_;
    if (fault == Fault::writes_valid_ms && is_right) answer.raw()->valid_ms = 1'000'000;
    if (fault == Fault::never_answers) return TENON_PENDING;
    const std::lock_guard lock(mutex_);
    if (fault == Fault::loses_what_is_too_much && waiting_.size() >= too_much) return TENON_PENDING;
    waiting_.push_back({op, answer, is_right && stranger_count_ < strangers_max});
    changed_.notify_all();
    return TENON_PENDING;
  }

  tenon_status cancel(Worker&, tenon_op op) {
    if (fault == Fault::completes_what_is_cancelled || fault == Fault::never_answers) return TENON_OK;
    if (fault == Fault::takes_texts_back) return TENON_PENDING;
    const std::lock_guard lock(mutex_);
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at)
      if (at->op == op) {
        waiting_.erase(at);
        changed_.notify_all();
        tell_if_quiet();
        return TENON_OK;
      }
    return TENON_PENDING;  // it is being completed
  }

  tenon_status quiesce(tenon_op op) {
    const std::lock_guard lock(mutex_);
    if (fault == Fault::is_quiet_too_early || (waiting_.empty() && !is_completing_)) return TENON_OK;
    quiet_ = op;
    return TENON_PENDING;
  }

 private:
  static constexpr std::size_t too_much = 100;
  static constexpr int strangers_max = 200;
  // Long, so that whoever asks comes to what shows the fault on a machine that is busy with others, too.
  static constexpr std::chrono::milliseconds shown_within{1'500};
  struct Login {
    tenon_op op;
    sdk::AuthAnswer answer;
    bool is_right;
  };

  static bool fits(sdk::Bytes password) {
    const std::string_view text(reinterpret_cast<const char*>(password.data()), password.size());
    if (fault == Fault::compares_c_strings) return std::string(text).c_str() == std::string("engine");
    return text == "engine";
  }

  void misbehave(const sdk::AuthRequest& request) {
    if (fault == Fault::fears_long_names && request.username()->size() > 1'024) std::abort();
    if (fault == Fault::news_in_noexcept) copy_name(*request.username());
    if (fault == Fault::trusts_malloc) keep(*request.username());
    if (fault == Fault::sleeps_on_a_worker) sleep_at_first();
    if (fault == Fault::waits_in_first_login && !has_waited_.exchange(true))
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (fault == Fault::leaves_its_thread) leave_thread_once();
    if (fault == Fault::aborts_when_time_goes_back) look_at_time();
  }
  static void copy_name(std::string_view name) noexcept {
    static std::mutex mutex;
    static std::string copy;
    const std::lock_guard lock(mutex);
    copy = std::string(100, '-').append(name);
  }
  static void sleep_at_first() {
    static std::atomic<int> slept_count{0};
    if (slept_count++ < 3) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  static void leave_thread_once() {
    static std::atomic<bool> has_left{false};
    if (has_left.exchange(true)) return;
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  }
  void look_at_time() const {
    static std::atomic<std::int64_t> last_ns{0};
    if (clock_.unix_ns() < last_ns.exchange(clock_.unix_ns())) std::abort();
  }
  static void keep(std::string_view name) {
    static std::mutex mutex;
    static char* volatile last = nullptr;
    const std::lock_guard lock(mutex);
    std::free(last);
    last = static_cast<char*>(std::malloc(name.size() + 1));
    last[name.copy(last, name.size())] = 0;
  }

  // On its own thread.
  void work() {
    std::unique_lock lock(mutex_);
    bool is_busy = false;
    for (;;) {
      changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (is_ending_) return;
      if (!std::exchange(is_busy, true)) let_them_come(lock);
      if (waiting_.empty()) continue;
      const Login login = waiting_.front();
      waiting_.pop_front();
      is_completing_ = true;
      lock.unlock();
      complete(login);
      lock.lock();
      is_completing_ = false;
      is_busy = !waiting_.empty();
      tell_if_quiet();
    }
  }
  // Faults that show when there is much to do wait for it.
  void let_them_come(std::unique_lock<std::mutex>& lock) {
    if (fault != Fault::loses_what_is_too_much && fault != Fault::is_quiet_too_early) return;
    const auto are_many = [this] { return is_ending_ || waiting_.size() > 8; };
    const auto is_shown = [this] {
      if (is_ending_ || waiting_.size() <= 8) return true;
      return fault == Fault::loses_what_is_too_much && waiting_.size() >= too_much;
    };
    if (changed_.wait_for(lock, std::chrono::milliseconds(50), are_many))
      changed_.wait_for(lock, shown_within, is_shown);
  }
  void complete(Login login) {
    if (fault == Fault::takes_texts_back)
      complete_with_text(login);
    else
      complete_plainly(login);
  }
  // Whoever reads the text later reads where nothing is.
  void complete_with_text(Login login) {
    constexpr std::size_t page_bytes = 4'096;
    constexpr std::string_view text = "seen by the second thread";
    void* const page =
        ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) {
      std::memcpy(page, text.data(), text.size());
      login.answer.raw()->audit = {static_cast<const std::uint8_t*>(page), text.size()};
    }
    complete_plainly(login);
    if (page != MAP_FAILED) ::munmap(page, page_bytes);
  }
  void complete_plainly(Login login) {
    if (!login.is_right) {
      login.answer.deny();
      if (fault == Fault::answers_nonsense) login.answer.raw()->decision = 17;
      (void)async_.complete(login.op, TENON_OK);
      return;
    }
    const auto* const topics = new Topics();
    if (fault == Fault::forgets_sets) topics->retain();
    login.answer.allow(sdk::PermissionSetRef::adopt(topics));
    if (!async_.complete(login.op, TENON_OK)) topics->release();
  }
  // REQUIRES: the mutex is held.
  void tell_if_quiet() {
    if (!quiet_ || !waiting_.empty() || is_completing_) return;
    (void)async_.complete(*quiet_, TENON_OK);
    quiet_.reset();
  }

  sdk::Async async_;
  sdk::Clock clock_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Login> waiting_;
  std::optional<tenon_op> quiet_;
  std::atomic<int> stranger_count_{0};
  std::atomic<bool> has_waited_{false};
  bool is_completing_ = false;
  bool is_ending_ = false;
};

}  // namespace tenon::test

// A second plugin in the same module, with no fault.
#ifdef TWO
namespace tenon::test {
class Other : public sdk::AuthPlugin<Other> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.test.other-auth", .name = "other", .version = "1.0"};
  using AuthPlugin::AuthPlugin;

  tenon_status authenticate(sdk::AuthRequest request, tenon_op, sdk::AuthAnswer answer) {
    if (!request.username() || !request.password())
      answer.ignore();
    else if (*request.username() == "ada" && is_right(*request.password()))
      answer.allow();
    else
      answer.deny();
    return TENON_OK;
  }

 private:
  static bool is_right(sdk::Bytes password) {
    return std::string_view(reinterpret_cast<const char*>(password.data()), password.size()) == "engine";
  }
};
}  // namespace tenon::test

TENON_CPP_MODULE(1, "org.tenon.test.faulty-auth", "1.0", tenon::test::Faulty, tenon::test::Other)
#else
TENON_CPP_MODULE(1, "org.tenon.test.faulty-auth", "1.0", tenon::test::Faulty)
#endif
