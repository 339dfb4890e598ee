#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  // `expected` is that of the drain's mark, which is put once more, by `by`, if it is that one still: nobody
  // who has seen the same version changes it behind that. exists: as above, or the node was removed already,
  // which stays as it is.
  void remove(kv::NodeId node, const RemovedMark& mark, const std::string& by,
              std::optional<std::uint64_t> expected, Then then);

 private:
  // The last change of a path, and the revision of the one before; 0: none is known.
  struct LastChange {
    std::uint64_t before = 0;
    std::uint64_t revision = 0;
    service::meta::Change change = service::meta::Change::put;
    std::string who;
  };

  void take(const MetaWatch::Values& values);
  void note(std::uint64_t revision, const service::meta::AuditRecord& record);
  // Nothing but this change was made of the path behind the version `expected`: a command that was refused
  // is one that was applied twice.
  bool is_only_change(const std::string& path, service::meta::Change change, const std::string& by,
                      std::uint64_t expected) const;
  // Sees to it in `meta` that the drain's mark has this version; may put it once more.
  void claim(kv::NodeId node, const std::string& by, std::uint64_t expected, Then then);
  void put_removed(kv::NodeId node, const RemovedMark& mark, const std::string& by, Then then);
  // For an answer of give(): a command may be applied twice, and the second time finds what the first one has
  // left. `is_done` says of what is read then whether it is that; `otherwise`: what is said if it is not.
  Then or_done(Then then, std::function<bool()> is_done, const char* otherwise = nullptr);
  void give(const std::string& path, std::string&& command, bool erases, Then then);
  void on_given(const store::Answer& answer, bool erases, const Then& then);

  const World world_;
  bool is_known_ = false;
  NodeMarks marks_;
  std::map<std::string, LastChange, std::less<>> last_changes_;  // by paths
};

}  // namespace tenon::node
