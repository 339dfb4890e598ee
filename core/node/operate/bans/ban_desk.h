#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/sources/ban_source.h"
#include "base/clock.h"
#include "base/random.h"
#include "node/operate/bans/ban_record.h"
#include "observe/log/log.h"
#include "store/request.h"

namespace tenon::node {

// Bans of the whole cluster: has this node obey those that are in the store `meta`, and brings changes there.
// On the control thread but where said.
//
// A change reads the ban and puts its own if it is still the one that was read. `meta` is read anew when this
// node's replica of it has applied something, and every few seconds by a node that has none. What is over is
// taken out by the nodes that have a replica, a while later.
class BanDesk final : public admin::BanSource {
 public:
  static constexpr std::size_t bans_max = 10'000;
  static constexpr std::size_t changes_running_max = 64;
  static constexpr std::uint32_t looks_between_reads = 5;  // of a node without a replica

  // Flapping clients of all nodes, and the nodes that have not answered.
  using Flapping = std::function<void(std::vector<admin::FlapStatus>&&, std::vector<std::string>&& missing)>;
  struct World {
    const Clock& clock;
    Random& random;
    observe::Log& log;
    std::string node_id;
    // Any thread; `answered` is called once, later, on any.
    std::function<void(store::Request&& request, std::function<void(store::Answer&& answer)> answered)> ask;
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
    // This node obeys them from now on.
    std::function<void(std::shared_ptr<const broker::BanList> bans)> obey;
    // `then` is called once, later, on any thread.
    std::function<void(Flapping then)> flapping;
  };
  // All of the world outlives it.
  explicit BanDesk(World world) : world_(std::move(world)) {}

  // Each second: what this node's replica of `meta` has applied; empty: it has none. Any thread.
  void look(std::optional<std::uint64_t> applied);
  // `fn` is called once, on this thread: at once, or when the bans have been read for the first time.
  void when_known(std::function<void()> fn);
  bool is_known() const { return is_known_; }

  // admin::BanSource; any thread.
  void list(const admin::BanQuery& query, admin::Then<admin::BanPage> then) override;
  void show(const admin::BanName& name, admin::Then<admin::BanStatus> then) override;
  void change(const admin::BanChange& change, admin::Then<admin::BanStatus> then) override;

 private:
  using Bans = std::map<std::string, ReadBan, std::less<>>;  // by paths
  using Record = std::optional<service::meta::ValueRecord>;
  // One while it runs.
  struct Change {
    admin::BanChange wanted;
    std::string path;
    std::string tag;
    admin::Then<admin::BanStatus> then;
  };
  using ChangePtr = std::shared_ptr<Change>;

  void look_now(std::optional<std::uint64_t> applied);
  void read();
  void read_page(const std::string& cursor);
  void on_page(const store::Answer& answer);
  void take();
  void finish_read();
  void erase_what_is_over();
  admin::BanPage page(const admin::BanQuery& query) const;
  bool is_over(const admin::BanStatus& ban) const { return ban.until_ms <= world_.clock.unix_ms(); }

  void ask_present(const ChangePtr& change, void (BanDesk::*then)(const ChangePtr&, const Record& present));
  void on_present(const ChangePtr& change, const Record& present);
  void on_confirmed(const ChangePtr& change, const Record& present);
  void give(const ChangePtr& change, std::uint64_t version);
  void on_given(const ChangePtr& change, const store::Answer& answer);
  void done(const ChangePtr& change, const admin::BanStatus& ban);
  void fail(const ChangePtr& change, Errc code, std::string why);
  void ask(store::Request::Kind kind, const std::string& key, std::string&& text,
           std::function<void(const store::Answer&)> answered);

  const World world_;
  Bans bans_;
  Bans read_;  // as far as a read has come
  bool is_known_ = false;
  bool is_reading_ = false;
  bool is_erasing_ = false;
  bool wants_read_ = true;
  std::optional<std::uint64_t> applied_at_read_;
  std::uint32_t looks_since_read_ = 0;
  std::size_t running_ = 0;
  std::vector<std::function<void()>> when_known_;
  std::vector<std::function<void()>> behind_next_read_;
  std::vector<std::function<void()>> behind_this_read_;
};

}  // namespace tenon::node
