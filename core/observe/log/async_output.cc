#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "observe/log/output.h"

namespace tenon::observe {

namespace {

constexpr std::size_t queue_line_count = 2048;
constexpr int reader_patience_ms = 1000;
// A pipe that polls as writable takes this much without blocking.
constexpr std::size_t write_bytes_max = 4096;

// Writes lines to a descriptor, on the thread of the queue. A reader that does not read is given a second
// once; from then on, lines it has no room for are lost until it reads again.
class DescriptorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  enum class Owned { no, yes };

  DescriptorSink(int fd, Owned owned) : fd_(fd), owned_(owned) {}
  ~DescriptorSink() override {
    if (owned_ == Owned::yes) ::close(fd_);
  }

  std::uint64_t lost_count() const { return lost_.load(std::memory_order_relaxed); }

  // Any thread. Waits until the flush numbered `number`, counted from one, has come through the queue.
  void wait_for_flush(std::uint64_t number, std::chrono::milliseconds patience) {
    std::unique_lock lock(flush_mutex_);
    flush_done_.wait_for(lock, patience, [&] { return flushes_ >= number; });
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.data(), message.payload.size());
    line_ += '\n';
    if (!write_line()) lost_.fetch_add(1, std::memory_order_relaxed);
  }

  void flush_() override {
    const std::lock_guard lock(flush_mutex_);
    ++flushes_;
    flush_done_.notify_all();
  }

 private:
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
      if (n > 0)
        done += static_cast<std::size_t>(n);
      else if (errno != EINTR && errno != EAGAIN)
        return false;
    }
    return true;
  }

  const int fd_;
  const Owned owned_;
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
  AsyncOutput(int fd, DescriptorSink::Owned owned)
      : sink_(std::make_shared<DescriptorSink>(fd, owned)),
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

  std::uint64_t lost_count() const override { return sink_->lost_count() + pool_->overrun_counter(); }

 private:
  const std::shared_ptr<DescriptorSink> sink_;
  const std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
  std::mutex flush_mutex_;
  std::uint64_t flushes_ = 0;
};

}  // namespace

std::unique_ptr<LogOutput> open_stderr_log() {
  return std::make_unique<AsyncOutput>(STDERR_FILENO, DescriptorSink::Owned::no);
}

Result<std::unique_ptr<LogOutput>> open_file_log(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
  if (fd < 0) {
    const int reason = errno;
    return Error{reason == EACCES || reason == EPERM ? Errc::denied : Errc::io,
                 "can't open the log file " + path + ": " + std::strerror(reason)};
  }
  return std::unique_ptr<LogOutput>(std::make_unique<AsyncOutput>(fd, DescriptorSink::Owned::yes));
}

}  // namespace tenon::observe
