// Random operations, compared with a map after each few steps, from a fixed list of seeds.
#include "support/sim_random.h"
#include "support/storage_suite/storage_suite.h"

namespace tenon::test {
namespace {

constexpr std::uint64_t seeds[] = {11, 22, 33, 44, 55, 66, 77, 88};

// An engine and what it should hold, with snapshots and iterators and what they should show.
class Walker {
 public:
  Walker(TestEngine& engine, std::uint64_t seed, bool may_reopen)
      : engine_(engine), random_(seed), may_reopen_(may_reopen), opening_(engine.contents()) {
    model_ = opening_;
  }
  ~Walker() { drop_all(); }

  void step() {
    const std::uint64_t kind = random_.below(100);
    if (kind < 55)
      write();
    else if (kind < 70)
      check_gets();
    else if (kind < 80)
      check_scan();
    else if (kind < 86)
      take_snapshot();
    else if (kind < 92)
      check_snapshot();
    else if (kind < 95)
      take_iterator();
    else if (kind < 99)
      advance_iterator();
    else if (may_reopen_)
      reopen();
  }
  void check_all() { EXPECT_TRUE(engine_.contents() == model_); }

 private:
  struct Held {
    tenon_snapshot* snapshot;
    Contents contents;
  };
  struct Walk {
    tenon_iterator* iterator;
    Items left;  // in the order of the walk
  };

  std::string key() {
    static const std::string alphabet(
        "\x00\x01"
        "ab\x7f\x80\xff",
        7);
    std::string key;
    const std::uint64_t len = random_.below(5);
    for (std::uint64_t i = 0; i < len; ++i) key += alphabet[random_.below(alphabet.size())];
    return key;
  }
  std::uint32_t space() { return TestEngine::spaces[random_.below(4)]; }
  std::string value() {
    const std::uint64_t size = random_.percent(10) ? random_.below(6000) : random_.below(200);
    return std::string(size, static_cast<char>('a' + random_.below(26)));
  }
  Batch batch() {
    Batch batch;
    const std::uint64_t count = random_.below(12);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t kind = random_.below(20);
      if (kind == 0)
        batch.push_back(erase_range(space(), key(), key()));
      else if (kind < 6)
        batch.push_back(erase(space(), key()));
      else
        batch.push_back(put(space(), key(), value()));
    }
    return batch;
  }

  void write() {
    std::vector<Batch> batches;
    const std::uint64_t count = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) batches.push_back(batch());
    ASSERT_EQ(engine_.write_v(batches, static_cast<std::uint32_t>(random_.below(3))), TENON_OK)
        << engine_.error();
    for (const Batch& b : batches) model_.apply(b);
  }
  void check_gets() {
    for (int i = 0; i < 10; ++i) {
      const std::uint32_t s = space();
      const std::string k = key();
      const auto at = model_.space(s).find(k);
      const auto found = engine_.get(s, k);
      ASSERT_EQ(found.has_value(), at != model_.space(s).end());
      ASSERT_TRUE(!found || *found == at->second);
    }
  }
  void check_scan() {
    const std::uint32_t s = space();
    const std::string begin = key();
    const std::string end = key();
    const bool reverse = random_.percent(50);
    ASSERT_TRUE(engine_.scan(s, begin, end, reverse ? TENON_ITER_REVERSE : 0, nullptr,
                             1 + random_.below(20)) == model_.range(s, begin, end, reverse));
  }
  void take_snapshot() {
    if (held_.size() == 6) drop_snapshot(random_.below(held_.size()));
    held_.push_back({engine_.snapshot(), model_});
    ASSERT_NE(held_.back().snapshot, nullptr) << engine_.error();
  }
  void check_snapshot() {
    if (held_.empty()) return;
    const Held& held = held_[random_.below(held_.size())];
    ASSERT_TRUE(engine_.contents(held.snapshot) == held.contents);
  }
  void drop_snapshot(std::size_t at) {
    engine_.release(held_[at].snapshot);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void take_iterator() {
    if (walks_.size() == 4) drop_walk(random_.below(walks_.size()));
    const bool reverse = random_.percent(50);
    const std::uint32_t s = space();
    const std::string begin = key();
    const std::string end = key();
    walks_.push_back({engine_.iterate(s, begin, end, reverse ? TENON_ITER_REVERSE : 0),
                      model_.range(s, begin, end, reverse)});
    ASSERT_NE(walks_.back().iterator, nullptr) << engine_.error();
  }
  void advance_iterator() {
    if (walks_.empty()) return;
    const std::size_t at = random_.below(walks_.size());
    Walk& walk = walks_[at];
    const std::size_t count_max = 1 + random_.below(10);
    const Items page = engine_.next(walk.iterator, count_max);
    const std::size_t count = std::min(count_max, walk.left.size());
    const auto middle = walk.left.begin() + static_cast<std::ptrdiff_t>(count);
    ASSERT_TRUE(page == Items(walk.left.begin(), middle));
    walk.left.erase(walk.left.begin(), middle);
    if (page.empty()) drop_walk(at);
  }
  void drop_walk(std::size_t at) {
    engine_.close(walks_[at].iterator);
    walks_.erase(walks_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void drop_all() {
    while (!held_.empty()) drop_snapshot(0);
    while (!walks_.empty()) drop_walk(0);
  }
  void reopen() {
    drop_all();
    const bool is_durable = engine_.is_durable();
    engine_.close();
    ASSERT_EQ(engine_.open(), TENON_OK) << engine_.error();
    if (!is_durable) model_ = opening_;
    check_all();
  }

  TestEngine& engine_;
  SimRandom random_;
  const bool may_reopen_;
  const Contents opening_;  // what an engine without durability shows when it is opened
  Contents model_;
  std::vector<Held> held_;
  std::vector<Walk> walks_;
};

TEST_P(StorageSuite, RandomOperationsMatchTheModel) {
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    must_write(
        {erase_range(0, "", ""), erase_range(1, "", ""), erase_range(2, "", ""), erase_range(7, "", "")});
    reopen();
    Walker walker(engine(), seed, true);
    for (int i = 0; i < 600 && !HasFatalFailure(); ++i) walker.step();
    walker.check_all();
    EXPECT_EQ(engine().verify(), TENON_OK) << engine().error();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tenon::test
