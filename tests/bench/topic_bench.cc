// What subscriptions and retained messages cost: bytes each, inserts a second, and a match among a million.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "topic/filter_index.h"
#include "topic/retained_index.h"

namespace tenon::topic {
namespace {

// What a broker would keep for a subscription.
struct Options {
  std::uint32_t subscription_id = 0;
  std::uint32_t bits = 0;
};
using Index = FilterIndex<std::uint64_t, Options>;

constexpr std::uint64_t seed = 0x1234567;

std::string distinct_filter(std::uint64_t i) {
  return "site-" + std::to_string(i % 1000) + "/device-" + std::to_string(i) + "/state";
}

std::unique_ptr<Index> index_of(std::uint64_t count) {
  auto index = std::make_unique<Index>(seed);
  for (std::uint64_t i = 0; i < count; ++i) index->insert(split_filter(distinct_filter(i)), i, {});
  return index;
}

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Fills an index; reports bytes of heap for each subscription, and of filter text within them.
void insert_distinct_filters(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  std::vector<std::string> filters;
  std::size_t text_bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    filters.push_back(distinct_filter(i));
    text_bytes += filters.back().size();
  }
  std::size_t heap_bytes = 0;
  for (auto _ : state) {
    const std::size_t before = heap_in_use();
    Index index(seed);
    for (std::uint64_t i = 0; i < count; ++i) index.insert(split_filter(filters[i]), i, {});
    heap_bytes = heap_in_use() - before;
    state.PauseTiming();
    state.counters["own_count"] = static_cast<double>(index.memory_bytes()) / static_cast<double>(count);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * count));
  state.counters["heap_B_each"] = static_cast<double>(heap_bytes) / static_cast<double>(count);
  state.counters["text_B_each"] = static_cast<double>(text_bytes) / static_cast<double>(count);
}
BENCHMARK(insert_distinct_filters)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond);

template <class Name>
void match_loop(benchmark::State& state, const Index& index, Name name_of) {
  std::uint64_t i = 0;
  std::uint64_t matches = 0;
  std::vector<std::string> names;
  for (std::uint64_t k = 0; k < 4096; ++k) names.push_back(name_of(k * 7919));
  for (auto _ : state)
    index.match(
        names[i++ % names.size()], [&](const Index::Entry&) { ++matches; }, [](const Index::SharedGroup&) {});
  state.counters["matches"] =
      benchmark::Counter(static_cast<double>(matches), benchmark::Counter::kAvgIterations);
}

void match_one_of(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const auto index = index_of(count);
  match_loop(state, *index, [count](std::uint64_t k) { return distinct_filter(k % count); });
}
BENCHMARK(match_one_of)->Arg(100)->RangeMultiplier(10)->Range(1'000, 10'000'000);

void match_none_of(benchmark::State& state) {
  const auto index = index_of(static_cast<std::uint64_t>(state.range(0)));
  match_loop(state, *index, [](std::uint64_t k) { return "other-" + std::to_string(k) + "/device/state"; });
}
BENCHMARK(match_none_of)->Arg(0)->Arg(100)->Arg(1'000'000)->Arg(10'000'000);

void match_with_wildcards_beside(benchmark::State& state) {
  const auto index = index_of(1'000'000);
  for (const char* filter : {"#", "+/+/state", "site-7/#", "+/device-7/+", "+/+/+"})
    index->insert(split_filter(filter), 1, {});
  match_loop(state, *index, [](std::uint64_t k) { return distinct_filter(k % 1'000'000); });
}
BENCHMARK(match_with_wildcards_beside);

void erase_and_insert_again(benchmark::State& state) {
  const auto index = index_of(1'000'000);
  std::uint64_t i = 0;
  for (auto _ : state) {
    const std::uint64_t k = (i++ * 7919) % 1'000'000;
    const std::string filter = distinct_filter(k);
    index->erase(split_filter(filter), k);
    index->insert(split_filter(filter), k, {});
  }
}
BENCHMARK(erase_and_insert_again);

// All combinations of a level and '+': the most nodes that a name of that depth can meet.
void match_every_combination(benchmark::State& state) {
  Index index(seed);
  std::string name = "a";
  for (int level = 1; level < 12; ++level) name += "/a";
  for (std::uint64_t bits = 0; bits < 4096; ++bits) {
    std::string filter;
    for (int level = 0; level < 12; ++level) filter += (bits >> level & 1) ? "+/" : "a/";
    index.insert(split_filter(filter + "x"), bits, {});
  }
  std::uint64_t matches = 0;
  for (auto _ : state)
    index.match(
        name, [&](const Index::Entry&) { ++matches; }, [](const Index::SharedGroup&) {});
  benchmark::DoNotOptimize(matches);
}
BENCHMARK(match_every_combination);

// The topic that costs most by the default limits: '+' in eight levels, 128 levels in all, and below each way
// through those eight as many filters that go another way as there are (range(0)).
void match_costliest(benchmark::State& state) {
  Index index(seed);
  const auto path = [](unsigned levels, std::uint64_t bits) {
    std::string text;
    for (unsigned level = 0; level < levels; ++level) text += level < 8 && (bits >> level & 1) ? "+/" : "a/";
    return text;
  };
  std::int64_t left = state.range(0);
  for (unsigned level = 127; level >= 8; --level)
    for (std::uint64_t bits = 0; bits < 256 && left > 0; ++bits, --left)
      index.insert(split_filter(path(level, bits) + "x"), bits, {});
  const std::string name = path(127, 0) + "a";
  std::size_t looked_at = 0;
  for (auto _ : state)
    looked_at = index.match(
        name, [](const Index::Entry&) {}, [](const Index::SharedGroup&) {});
  state.counters["nodes"] = static_cast<double>(looked_at);
}
BENCHMARK(match_costliest)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

// The same without that limit: one client's 10,000 filters of 100 levels.
void match_wildcards_at_any_depth(benchmark::State& state) {
  Index index(seed);
  std::uint64_t random = 1;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    std::string text;
    for (int level = 0; level < 100; ++level) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      text += random >> 63 ? "+/" : "a/";
    }
    text.pop_back();
    index.insert(split_filter(text), i, {});
  }
  std::string name;
  for (int level = 0; level < 99; ++level) name += "a/";
  name += "b";
  for (auto _ : state)
    benchmark::DoNotOptimize(index.match(
        name, [](const Index::Entry&) {}, [](const Index::SharedGroup&) {}));
}
BENCHMARK(match_wildcards_at_any_depth)->Unit(benchmark::kMicrosecond);

void walk_retained(benchmark::State& state) {
  RetainedIndex<std::uint64_t> index(seed);
  const std::size_t before = heap_in_use();
  for (std::uint64_t i = 0; i < 1'000'000; ++i) index.set(distinct_filter(i), i);
  const std::size_t heap_bytes = heap_in_use() - before;
  const char* const patterns[] = {"site-7/device-7007/state", "site-7/+/state", "site-7/#",
                                  "+/device-7007/state", "#"};
  std::uint64_t found = 0;
  for (auto _ : state)
    index.match(patterns[state.range(0)], [&](const std::uint64_t&) {
      ++found;
      return true;
    });
  state.SetLabel(patterns[state.range(0)]);
  state.counters["found"] =
      benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
  state.counters["heap_B_each"] = static_cast<double>(heap_bytes) / 1e6;
}
BENCHMARK(walk_retained)->DenseRange(0, 4);

}  // namespace
}  // namespace tenon::topic
