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
#include "node/meta/meta_watch.h"
#include "node/operate/bans/ban_record.h"
#include "observe/log/log.h"

namespace tenon::node {

// Bans of the whole cluster: has this node obey those that are in the store `meta`, and brings changes there.
// On the control thread but where said.
//
// A change reads the ban and puts its own if it is still the one that was read. What is over is taken out by
// the nodes that have a replica of `meta`, a while later.
class BanDesk final : public admin::BanSource {
 public:
  static constexpr std::size_t bans_max = 10'000;
  static constexpr std::size_t changes_running_max = 64;

  // Flapping clients of all nodes, and the nodes that have not answered.
  using Flapping = std::function<void(std::vector<admin::FlapStatus>&&, std::vector<std::string>&& missing)>;
  struct World {
    MetaWatch& meta;
    const Clock& clock;
    Random& random;
    observe::Log& log;
    std::string node_id;
    // This node obeys them from now on.
    std::function<void(std::shared_ptr<const broker::BanList> bans)> obey;
    // `then` is called once, later, on any thread.
    std::function<void(Flapping then)> flapping;
  };
  // Before the first read of `meta`. All of the world outlives it.
  explicit BanDesk(World world);

  // Each second.
  void tick();
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

  void take(const MetaWatch::Values& values);
  admin::BanPage page(const admin::BanQuery& query) const;
  bool is_over(const admin::BanStatus& ban) const { return ban.until_ms <= world_.clock.unix_ms(); }

  void ask_present(const ChangePtr& change, void (BanDesk::*then)(const ChangePtr&, const Record& present));
  void on_present(const ChangePtr& change, const Record& present);
  void on_confirmed(const ChangePtr& change, const Record& present);
  void give(const ChangePtr& change, std::uint64_t version);
  void on_given(const ChangePtr& change, const store::Answer& answer);
  void done(const ChangePtr& change, const admin::BanStatus& ban);
  void fail(const ChangePtr& change, Errc code, std::string why);

  const World world_;
  Bans bans_;
  bool is_known_ = false;
  bool is_erasing_ = false;
  std::size_t running_ = 0;
  std::vector<std::function<void()>> when_known_;
};

}  // namespace tenon::node
