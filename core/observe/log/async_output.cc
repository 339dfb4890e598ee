#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "observe/log/output.h"

namespace tenon::observe {

namespace {

constexpr std::size_t queue_line_count = 2048;
constexpr int reader_patience_ms = 1000;
// A pipe that polls as writable takes this much without blocking.
constexpr std::size_t write_bytes_max = 4096;
// Between attempts to set the file aside, or to open it anew, that fail.
constexpr MonoNs pause_ns = 60 * ns_per_s;

int open_file(const std::string& path, int more_flags = 0) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | more_flags, 0640);
}

// True as well when there is nothing to move.
bool move(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT;
}

// Whether the journal reads this descriptor: $JOURNAL_STREAM names its device and inode.
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat facts {};
  return stream != nullptr && ::fstat(fd, &facts) == 0 &&
         std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino) == stream;
}

// Writes lines to a descriptor, on the thread of the queue. A reader that does not read is given a second
// once; from then on, lines it has no room for are lost until it reads again.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // A descriptor that stays somebody else's; or that of a file, which it owns.
  explicit DescriptorSink(int fd) : fd_(fd), clock_(nullptr) {}
  DescriptorSink(int fd, const Clock& clock, std::string path, const LogFileLimits& limits)
      : fd_(fd), clock_(&clock), path_(std::move(path)), limits_(limits) {
    look_at_size();
  }
  ~DescriptorSink() override {
    if (!path_.empty()) ::close(fd_);
  }

  // Any thread: before the next line.
  void reopen() { wants_reopen_.store(true, std::memory_order_relaxed); }

  std::uint64_t lost_count() const { return lost_.load(std::memory_order_relaxed); }

  // Any thread. As LogOutput.
  std::string trouble() const {
    const std::lock_guard lock(trouble_mutex_);
    return trouble_;
  }

  // Any thread. Waits until the flush numbered `number`, counted from one, has come through the queue.
  void wait_for_flush(std::uint64_t number, std::chrono::milliseconds patience) {
    std::unique_lock lock(flush_mutex_);
    flush_done_.wait_for(lock, patience, [&] { return flushes_ >= number; });
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.data(), message.payload.size());
    line_ += '\n';
    if (!path_.empty()) choose_file();
    if (!write_line()) lost_.fetch_add(1, std::memory_order_relaxed);
  }

  void flush_() override {
    const std::lock_guard lock(flush_mutex_);
    ++flushes_;
    flush_done_.notify_all();
  }

 private:
  void look_at_size() {
    struct stat facts {};
    const bool is_file = ::fstat(fd_, &facts) == 0 && S_ISREG(facts.st_mode);
    size_bytes_ = is_file ? static_cast<std::uint64_t>(facts.st_size) : 0;
    can_be_moved_ = is_file;
  }

  void set_trouble(std::string trouble) {
    const std::lock_guard lock(trouble_mutex_);
    trouble_ = std::move(trouble);
  }

  // Better the old file than none. By the last error of the system.
  void postpone(const char* what, const std::string& path) {
    const int error = errno;
    next_attempt_ns_ = clock_->mono_ns() + pause_ns;
    set_trouble(std::string("can't ") + what + " " + path + ": " + std::strerror(error) +
                "; the log goes on in the file that is open");
  }

  void use(int fd) {
    ::close(std::exchange(fd_, fd));
    look_at_size();
    set_trouble({});
  }

  void open_again() {
    const int fd = open_file(path_);
    if (fd < 0) return postpone("open", path_);
    reopens_ = false;
    use(fd);
  }

  std::string former(std::uint32_t number) const { return path_ + "." + std::to_string(number); }

  // Makes FILE.1 free. Only as many are moved as that takes: however often what follows fails, no more than
  // the oldest is lost.
  bool shift_former() {
    std::uint32_t free = 1;
    while (free < limits_.former_count && ::access(former(free).c_str(), F_OK) == 0) ++free;
    for (; free > 1; --free)
      if (!move(former(free - 1), former(free))) return false;
    return true;
  }

  // The new file is there before the first of the old ones is moved.
  void set_aside() {
    const std::string fresh = path_ + ".new";
    ::unlink(fresh.c_str());
    const int fd = open_file(fresh, O_EXCL | O_NOFOLLOW);
    if (fd < 0) return postpone("open", fresh);
    const bool keeps = limits_.former_count > 0;
    const bool moved = !keeps || (shift_former() && move(path_, former(1)));
    if (moved && ::rename(fresh.c_str(), path_.c_str()) == 0) return use(fd);
    postpone("set aside", path_);
    if (moved && keeps) move(former(1), path_);
    ::unlink(fresh.c_str());
    ::close(fd);
  }

  void choose_file() {
    if (wants_reopen_.exchange(false, std::memory_order_relaxed)) {
      reopens_ = true;
      next_attempt_ns_ = 0;
    }
    const bool is_full = can_be_moved_ && limits_.bytes_max != 0 && size_bytes_ != 0 &&
                         size_bytes_ + line_.size() > limits_.bytes_max;
    if ((!reopens_ && !is_full) || clock_->mono_ns() < next_attempt_ns_) return;
    if (reopens_)
      open_again();
    else
      set_aside();
  }

  bool wait_for_reader() {
    pollfd entry{fd_, POLLOUT, 0};
    const int ready = ::poll(&entry, 1, stuck_ ? 0 : reader_patience_ms);
    stuck_ = ready == 0;
    return ready > 0;
  }

  // False when the line, or the rest of it, was lost.
  bool write_line() {
    std::size_t done = 0;
    while (done < line_.size()) {
      if (!wait_for_reader()) return false;
      const ssize_t n = ::write(fd_, line_.data() + done, std::min(line_.size() - done, write_bytes_max));
      if (n > 0) {
        done += static_cast<std::size_t>(n);
        size_bytes_ += static_cast<std::uint64_t>(n);
      } else if (errno != EINTR && errno != EAGAIN)
        return false;
    }
    return true;
  }

  int fd_;
  const Clock* const clock_;  // null: it is no file
  const std::string path_;    // empty: it is no file
  const LogFileLimits limits_;
  std::uint64_t size_bytes_ = 0;
  bool can_be_moved_ = false;
  std::atomic<bool> wants_reopen_{false};
  bool reopens_ = false;  // is to be opened anew, and could not be yet
  MonoNs next_attempt_ns_ = 0;
  mutable std::mutex trouble_mutex_;
  std::string trouble_;  // guarded by it
  std::string line_;
  bool stuck_ = false;
  std::atomic<std::uint64_t> lost_{0};
  std::mutex flush_mutex_;
  std::condition_variable flush_done_;
  std::uint64_t flushes_ = 0;
};

// The thread takes no signals: those are the main thread's, and a reader that went away is an error of
// write().
void prepare_thread() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "tenon-log");
}

class AsyncOutput final : public LogOutput {
 public:
  AsyncOutput(std::shared_ptr<DescriptorSink> sink, bool takes_priority)
      : sink_(std::move(sink)),
        takes_priority_(takes_priority),
        pool_(std::make_shared<spdlog::details::thread_pool>(queue_line_count, 1, prepare_thread)),
        logger_(std::make_shared<spdlog::async_logger>("tenon", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_level(spdlog::level::trace);
  }

  void write(std::string_view line) override {
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  void flush() override {
    const std::lock_guard lock(flush_mutex_);
    logger_->flush();
    sink_->wait_for_flush(++flushes_, std::chrono::milliseconds(reader_patience_ms));
  }

  void reopen() override { sink_->reopen(); }
  std::string trouble() const override { return sink_->trouble(); }
  bool takes_priority() const override { return takes_priority_; }

  std::uint64_t lost_count() const override { return sink_->lost_count() + pool_->overrun_counter(); }

 private:
  const std::shared_ptr<DescriptorSink> sink_;
  const bool takes_priority_;
  const std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
  std::mutex flush_mutex_;
  std::uint64_t flushes_ = 0;
};

}  // namespace

std::unique_ptr<LogOutput> open_stderr_log() {
  return std::make_unique<AsyncOutput>(std::make_shared<DescriptorSink>(STDERR_FILENO),
                                       is_journal(STDERR_FILENO));
}

Result<std::unique_ptr<LogOutput>> open_file_log(const Clock& clock, const std::string& path,
                                                 const LogFileLimits& limits) {
  const int fd = open_file(path);
  if (fd < 0) {
    const int reason = errno;
    return Error{reason == EACCES || reason == EPERM ? Errc::denied : Errc::io,
                 "can't open the log file " + path + ": " + std::strerror(reason)};
  }
  return std::unique_ptr<LogOutput>(
      std::make_unique<AsyncOutput>(std::make_shared<DescriptorSink>(fd, clock, path, limits), false));
}

}  // namespace tenon::observe
