#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "node/meta/meta_watch.h"
#include "support/manual_clock.h"
#include "unit/node/fake_meta.h"

namespace tenon::node {

// The store `meta` and a control thread for those who follow it: both go on when the test says so.
struct MetaRig {
  using Answered = std::function<void(store::Answer&&)>;

  // Until nothing is left to do.
  void run() {
    while (run_tasks() || answer_one()) {
    }
  }
  bool run_tasks() {
    const bool any = !tasks_.empty();
    while (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
    return any;
  }
  bool answer_one() {
    if (asked_.empty()) return false;
    auto [request, answered] = std::move(asked_.front());
    asked_.pop_front();
    store::Answer answer = meta_.answer(request);
    if (applies_twice_ && request.kind == store::Request::Kind::command) answer = meta_.answer(request);
    answered(std::move(answer));
    return true;
  }
  void fail_one(store::AnswerCode code = store::AnswerCode::timed_out) {
    auto [request, answered] = std::move(asked_.front());
    asked_.pop_front();
    store::Answer answer;
    answer.code = code;
    answered(std::move(answer));
  }
  // Of a node.
  MetaWatch::World meta_world() {
    return {clock_,
            [this](store::Request&& request, Answered answered) {
              asked_.emplace_back(std::move(request), std::move(answered));
            },
            [this](std::function<void()> fn) { tasks_.push_back(std::move(fn)); }};
  }

  test::ManualClock clock_;
  FakeMeta meta_;
  std::deque<std::function<void()>> tasks_;
  std::deque<std::pair<store::Request, Answered>> asked_;
  bool applies_twice_ = false;
};

}  // namespace tenon::node
