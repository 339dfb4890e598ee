#include "runtime/loop_thread.h"

#include "base/executor.h"
#include "runtime/thread.h"

namespace tenon::runtime {

Result<std::unique_ptr<LoopThread>> LoopThread::create(std::string name) {
  // Its index is that of no worker: nobody takes the thread for one of the group.
  auto loop = Worker::create(Executor::no_worker);
  if (!loop) return loop.error();
  return std::unique_ptr<LoopThread>(new LoopThread(std::move(name), std::move(loop).value()));
}

Status LoopThread::start() {
  auto thread = start_thread(name_, [this] { loop_->run(); });
  if (!thread) return thread.error();
  thread_ = std::move(thread).value();
  return {};
}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

}  // namespace tenon::runtime
