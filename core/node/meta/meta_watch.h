#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "service/meta/meta_ops.h"
#include "store/request.h"

namespace tenon::node {

// What the store `meta` says, for those on this node that follow a part of it. `meta` is read anew when this
// node's replica of it has applied something, every few seconds by a node that has none, and for whoever
// wants to see a change of his own: all parts by one read. On the control thread but where said.
class MetaWatch {
 public:
  static constexpr std::uint32_t looks_between_reads = 5;  // of a node without a replica

  struct World {
    const Clock& clock;
    // Any thread; `answered` is called once, later, on any.
    std::function<void(store::Request&& request, std::function<void(store::Answer&& answer)> answered)> ask;
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
  };

  // Under a path; as service::meta::ValueRecord.
  struct Value {
    std::uint64_t version = 0;
    UnixMs stamp_ms = 0;
    std::string who;
    std::string value;

    // Views of this.
    service::meta::ValueRecord record() const { return {version, stamp_ms, who, value}; }
  };
  using Values = std::map<std::string, Value, std::less<>>;  // by paths

  struct Follower {
    std::string prefix;  // of its paths
    // All that is there, first when it is known, then when it has changed.
    std::function<void(const Values& values)> take;
    // May be null. Of each change of what is there, once, oldest first.
    std::function<void(std::uint64_t revision, const service::meta::AuditRecord& record)> note = nullptr;
    // May be null. What was there before want() gave this number has been taken.
    std::function<void(std::uint64_t number)> on_read = nullptr;
  };

  explicit MetaWatch(World world) : world_(std::move(world)) {}

  // Before the first read.
  void follow(Follower follower);
  // Reads at once, before the first look. Any thread.
  void begin();
  // Each second: what this node's replica of `meta` has applied; empty: it has none. Any thread.
  void look(std::optional<std::uint64_t> applied);
  // Has everything read anew; see Follower::on_read. Any thread.
  std::uint64_t want() { return wanted_.fetch_add(1) + 1; }
  // `fn` is called once, later: behind a read that was begun after this, whether it succeeded or not.
  void when_read(std::function<void()> fn);
  // Everything was read once.
  bool is_known() const { return known_ != 0; }
  // With the last look.
  bool has_replica() const { return has_replica_; }

  // Asks the store; `answered` is called once, later.
  void ask(store::Request::Kind kind, const std::string& path, std::string&& text,
           std::function<void(const store::Answer& answer)> answered);
  // Any thread: soon, on the control thread.
  void on_control(std::function<void()> fn) { world_.on_control(std::move(fn)); }

 private:
  struct Part {
    Follower follower;
    Values known;
    bool is_known = false;
    // Of the read that is under way:
    Values incoming;
    std::string cursor;
    bool has_more = false;
  };
  struct Waiting {
    std::uint64_t number = 0;
    std::function<void()> fn;
  };

  void look_now(std::optional<std::uint64_t> applied);
  void read();
  void ask_page();
  void on_page(const store::Answer& answer);
  // False: the answer does not hold together.
  bool take_page(std::string_view text);
  void take_audit(const service::meta::ListAudit::Reply& audit);
  void finish_read();
  void fail_read();
  void run_waiting(std::uint64_t number);

  const World world_;
  std::atomic<std::uint64_t> wanted_{1};
  std::uint64_t known_ = 0;    // the last number of want() that a read was begun behind, and has ended
  std::uint64_t reading_ = 0;  // the same of the one that is under way
  bool is_reading_ = false;
  bool has_replica_ = false;
  std::optional<std::uint64_t> applied_at_read_;
  std::uint32_t looks_since_read_ = 0;
  std::vector<Part> parts_;
  std::uint64_t audit_from_ = 0;  // the first revision that was not read
  bool audit_has_more_ = false;
  std::vector<Waiting> waiting_;
};

// Why it was not done; empty: it was.
std::optional<Error> trouble_of(const store::Answer& answer);

}  // namespace tenon::node
