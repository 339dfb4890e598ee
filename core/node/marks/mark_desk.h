#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "node/marks/node_marks.h"
#include "node/meta/meta_watch.h"

namespace tenon::node {

// What operators have said of nodes: follows it in the store `meta`, and writes it there. On the control
// thread.
class MarkDesk {
 public:
  struct World {
    MetaWatch& meta;
    // What holds from now on; the first time when `meta` was read, then when something has changed.
    std::function<void(const NodeMarks& marks)> on_marks;
    // As MetaWatch::Follower.
    std::function<void(std::uint64_t number)> on_read;
  };
  // Before the first read of `meta`, which outlives this.
  explicit MarkDesk(World world);

  const NodeMarks& marks() const { return marks_; }
  bool is_known() const { return is_known_; }

  // Each brings a change to `meta`; `then` is called once, when marks() shows it, or with why it does not.
  using Then = std::function<void(Status status)>;
  // `expected`: the version of the mark that is there, 0: none; empty: whatever is there. exists: it is
  // another one.
  void drain(kv::NodeId node, const DrainMark& mark, const std::string& by,
             std::optional<std::uint64_t> expected, Then then);
  void resume(kv::NodeId node, const std::string& by, std::optional<std::uint64_t> expected, Then then);
  void remove(kv::NodeId node, const RemovedMark& mark, const std::string& by, Then then);

 private:
  void take(const MetaWatch::Values& values);
  void give(const std::string& path, std::string&& command, bool erases, Then then);
  void on_given(const store::Answer& answer, bool erases, const Then& then);

  const World world_;
  bool is_known_ = false;
  NodeMarks marks_;
};

}  // namespace tenon::node
