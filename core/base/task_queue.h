#pragma once

#include <atomic>

#include "base/task.h"

namespace tenon {

// Tasks from many threads to one. push: any thread, lock-free. The rest: the consumer only.
//
// push() and empty() take part in the single order of all sequentially consistent operations, so that "say I
// am asleep, then look whether it is empty" on one side and "push, then look whether it sleeps" on the other
// can't both miss.
class TaskQueue {
 public:
  TaskQueue() = default;
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;
  ~TaskQueue() { drop_all(); }

  // True when the queue was empty: the consumer may be asleep and wants one wake-up.
  bool push(Task* task) {
    Task* head = head_.load(std::memory_order_relaxed);
    do {
      task->next_ = head;
    } while (!head_.compare_exchange_weak(head, task, std::memory_order_seq_cst, std::memory_order_relaxed));
    return head == nullptr;
  }

  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // Runs what is queued now, oldest first; returns how many.
  unsigned run_all() {
    Task* task = reverse(head_.exchange(nullptr, std::memory_order_acquire));
    unsigned count = 0;
    while (task) {
      Task* next = task->next_;
      task->run();
      task = next;
      ++count;
    }
    return count;
  }

  void drop_all() {
    Task* task = reverse(head_.exchange(nullptr, std::memory_order_acquire));
    while (task) {
      Task* next = task->next_;
      task->drop();
      task = next;
    }
  }

 private:
  static Task* reverse(Task* task) {
    Task* result = nullptr;
    while (task) {
      Task* next = task->next_;
      task->next_ = result;
      result = task;
      task = next;
    }
    return result;
  }

  std::atomic<Task*> head_{nullptr};
};

}  // namespace tenon
