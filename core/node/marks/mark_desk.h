#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "node/marks/node_marks.h"
#include "store/request.h"

namespace tenon::node {

// Reads what operators have said of nodes from the store `meta`, and writes it there. `meta` is read anew
// when this node's replica of it has applied something, and every few seconds by a node that has none. On the
// control thread but where said.
class MarkDesk {
 public:
  static constexpr std::uint32_t looks_between_reads = 5;  // of a node without a replica

  struct World {
    const Clock& clock;
    // Any thread; `answered` is called once, later, on any.
    std::function<void(store::Request&& request, std::function<void(store::Answer&& answer)> answered)> ask;
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
    // What holds from now on; the first time when `meta` was read, then when something has changed.
    std::function<void(const NodeMarks& marks)> on_marks;
    // What was there before want() gave this number is known.
    std::function<void(std::uint64_t number)> on_read;
  };
  explicit MarkDesk(World world) : world_(std::move(world)) {}

  // Has the marks read anew; see World::on_read. Any thread.
  std::uint64_t want() { return wanted_.fetch_add(1) + 1; }
  // Each second: what this node's replica of `meta` has applied; empty: it has none. Any thread.
  void look(std::optional<std::uint64_t> applied);
  // Reads at once, before the first look. Any thread.
  void begin() {
    world_.on_control([this] {
      if (!is_reading_) read();
    });
  }

  const NodeMarks& marks() const { return marks_; }
  bool is_known() const { return known_ != 0; }

  // Each brings a change to `meta`; `then` is called once, when marks() shows it, or with why it does not.
  using Then = std::function<void(Status status)>;
  // `expected`: the version of the mark that is there, 0: none; empty: whatever is there. exists: it is
  // another one.
  void drain(kv::NodeId node, const DrainMark& mark, const std::string& by,
             std::optional<std::uint64_t> expected, Then then);
  void resume(kv::NodeId node, const std::string& by, std::optional<std::uint64_t> expected, Then then);
  void remove(kv::NodeId node, const RemovedMark& mark, const std::string& by, Then then);

 private:
  void look_now(std::optional<std::uint64_t> applied);
  void read();
  void on_list(std::uint64_t number, const store::Answer& answer);
  void give(const std::string& path, std::string&& command, bool erases, Then then);
  void on_given(const store::Answer& answer, bool erases, const Then& then);
  // Behind the next read.
  void when_read(Then then);
  store::Request request_of(store::Request::Kind kind, std::string key, std::string&& text) const;

  const World world_;
  std::atomic<std::uint64_t> wanted_{1};
  std::uint64_t known_ = 0;  // the last number of want() that a read was begun behind
  bool is_reading_ = false;
  std::optional<std::uint64_t> applied_at_read_;
  std::uint32_t looks_since_read_ = 0;
  NodeMarks marks_;
  struct Waiting {
    std::uint64_t number = 0;
    Then then;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace tenon::node
