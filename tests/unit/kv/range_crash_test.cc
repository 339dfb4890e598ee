#include <gtest/gtest.h>

#include <random>

#include "fake_engine.h"
#include "kv/range.h"
#include "text_machine.h"

namespace tenon::kv {
namespace {

// One node's replica with its engine and its log. A crash takes what is in memory; the engine is then what it
// was at one of its flushes, and the log brings the replica forward again.
class Replica {
 public:
  Replica() {
    kept_.push_back(engine_);
    open(new_record());
  }

  void append(std::string payload) {
    log_.push_back(std::move(payload));
    results_.push_back(apply_next());
  }
  // Three steps: the batch is made, written, known to be written.
  void flush_a_step() {
    switch (step_) {
      case Step::none:
        batch_ = range_->begin_flush();
        step_ = Step::begun;
        return;
      case Step::begun:
        engine_.write(batch_);
        kept_.push_back(engine_);
        step_ = Step::written;
        return;
      case Step::written:
        range_->end_flush();
        step_ = Step::none;
        return;
    }
  }
  void crash(std::size_t flushes_lost) {
    engine_ = kept_[kept_.size() - 1 - flushes_lost % kept_.size()];
    const auto record = engine_.records.items.find(range_key(new_record().id));
    open(record == engine_.records.items.end() ? new_record() : decode_range_record(record->second).value());
    EXPECT_EQ(range_->flushed(), range_->applied());
    while (range_->applied().index < log_.size()) {
      const std::size_t index = range_->applied().index;
      EXPECT_EQ(apply_next(), results_[index]) << "entry " << index + 1;
    }
  }
  const FakeEngine& flush_all() {
    while (step_ != Step::none) flush_a_step();
    do flush_a_step();
    while (step_ != Step::none);
    return engine_;
  }
  std::string ask(std::string_view key) const {
    std::string reply;
    EXPECT_TRUE(range_->query(0, key, reply));
    return reply;
  }
  const std::vector<std::string>& results(std::size_t index) const { return results_[index]; }

 private:
  enum class Step : std::uint8_t { none, begun, written };

  void open(const RangeRecord& record) {
    step_ = Step::none;
    range_ = std::make_unique<Range>(record, engine_.state, engine_.sources, std::make_unique<TextMachine>());
    EXPECT_TRUE(range_->load());
  }
  // What became of each command of the entry.
  std::vector<std::string> apply_next() {
    const std::uint64_t index = range_->applied().index + 1;
    std::vector<std::string> texts;
    const Range::Applied applied = range_->apply({index, 1}, log_[index - 1]).value();
    for (const CommandResult& result : applied.results)
      texts.push_back(std::to_string(static_cast<int>(result.outcome)) + " " + result.reply);
    return texts;
  }

  FakeEngine engine_;
  std::vector<FakeEngine> kept_;
  std::vector<std::string> log_;
  std::vector<std::vector<std::string>> results_;
  std::unique_ptr<Range> range_;
  EngineBatch batch_;
  Step step_ = Step::none;
};

class RangeCrash : public testing::TestWithParam<unsigned> {
 protected:
  std::string random_text() {
    const std::string key(1, static_cast<char>('a' + random_() % 8));
    switch (random_() % 8) {
      case 0:
        return "erase " + key;
      case 1:
        return "count";
      case 2:
        return "time";
      case 3:
        return "spoil";
      case 4:
        return random_() % 8 == 0 ? "clear" : "get " + key;
      default:
        return "put " + key + " " + std::to_string(random_() % 1000);
    }
  }
  // Numbered by a sender that now and then repeats itself or leaves one out.
  Command random_command(std::string_view text) {
    const std::uint64_t source = random_() % 4;
    if (source == 0) return {Command::Kind::service, SourceId::none, 0, text};
    if (random_() % 16 == 0) {
      sent_[source] = 0;
      return {Command::Kind::forget_source, SourceId{source}, 0, ""};
    }
    const std::uint64_t sequence = sent_[source] + random_() % 3;
    if (sequence == sent_[source] + 1) sent_[source] = sequence;
    return {Command::Kind::service, SourceId{source}, sequence, text};
  }
  std::string random_entry() {
    EntryBuilder builder;
    for (unsigned i = random_() % 5; i > 0; --i) {
      const std::string text = random_text();
      builder.add(random_command(text));
    }
    clock_ms_ += static_cast<UnixMs>(random_() % 1000) - 200;
    return builder.take(clock_ms_);
  }

  std::mt19937 random_{GetParam()};
  std::uint64_t sent_[4] = {};
  UnixMs clock_ms_ = 1'700'000'000'000;
};

TEST_P(RangeCrash, TheLogBringsEveryFlushedStateToTheSameEnd) {
  Replica crashing;
  Replica calm;
  for (std::size_t index = 0; index < 300; ++index) {
    const std::string payload = random_entry();
    crashing.append(payload);
    calm.append(payload);
    ASSERT_EQ(crashing.results(index), calm.results(index));
    if (random_() % 3 == 0) crashing.flush_a_step();
    if (random_() % 10 == 0) crashing.crash(random_() % 3);
    for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "count", "time", "spoiled"})
      ASSERT_EQ(crashing.ask(key), calm.ask(key)) << key << " behind entry " << index + 1;
  }
  const FakeEngine& one = crashing.flush_all();
  const FakeEngine& other = calm.flush_all();
  EXPECT_EQ(one.state.items, other.state.items);
  EXPECT_EQ(one.sources.items, other.sources.items);
  EXPECT_EQ(one.records.items, other.records.items);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RangeCrash, testing::Range(1u, 21u));

}  // namespace
}  // namespace tenon::kv
