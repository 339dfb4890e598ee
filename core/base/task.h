#pragma once

#include <cstdint>

namespace tenon {

// A piece of work on its way to another thread. Intrusive: queuing one allocates nothing.
//
// Whoever posts a task gives it away; run() is called once, on the thread it was posted to, and is the end of
// the task's life as far as the queue is concerned (it may delete itself, return to a pool, or be posted
// again). A task that is still queued when its thread stops is drop()ped there instead of run.
class Task {
 public:
  virtual void run() = 0;
  // Releases the task without doing its work. The default deletes it.
  virtual void drop() { delete this; }

 protected:
  Task() = default;
  virtual ~Task() = default;

 private:
  friend class TaskQueue;
  Task* next_ = nullptr;
};

// A task made of a callable; deletes itself after run(). For paths where one allocation does not matter.
template <class Fn>
class FnTask final : public Task {
 public:
  explicit FnTask(Fn fn) : fn_(static_cast<Fn&&>(fn)) {}
  void run() override {
    fn_();
    delete this;
  }

 private:
  Fn fn_;
};

template <class Fn>
Task* make_task(Fn fn) {
  return new FnTask<Fn>(static_cast<Fn&&>(fn));
}

}  // namespace tenon
