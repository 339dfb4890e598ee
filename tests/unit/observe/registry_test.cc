#include "observe/metrics/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "observe/metrics/cell_pool.h"

namespace tenon::observe {
namespace {

constexpr std::string_view listener[] = {"listener"};
constexpr std::string_view plugin[] = {"plugin"};
constexpr std::string_view plugin_qos[] = {"plugin", "qos"};
constexpr std::int64_t bounds[] = {10, 100};
constexpr std::int64_t time_bounds[] = {1'000'000, 500'000'000};

constexpr MetricDescriptor opened{"tenon_link_opened_total", MetricKind::counter, "h", listener};
constexpr MetricDescriptor open_now{"tenon_link_connections", MetricKind::gauge, "h"};
constexpr MetricDescriptor sizes{
    "tenon_publish_bytes", MetricKind::histogram, "h", {}, MetricScale::one, bounds};
constexpr MetricDescriptor times{
    "tenon_auth_seconds", MetricKind::histogram, "h", {}, MetricScale::nanoseconds, time_bounds};

TEST(MetricRegistry, SumsWhatWorkersAndOtherThreadsCount) {
  MetricRegistry registry(2);
  Counter counter = registry.counter(opened, {"default"}).value();
  counter.add(0);
  counter.add(1, 10);
  counter.add_shared(100);
  EXPECT_EQ(counter.value(), 111u);
  const auto families = registry.collect();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "tenon_link_opened_total");
  ASSERT_EQ(families[0].samples.size(), 1u);
  EXPECT_EQ(families[0].samples[0].value, 111);
  EXPECT_EQ(families[0].samples[0].labels[0],
            std::make_pair(std::string("listener"), std::string("default")));
}

TEST(MetricRegistry, AGaugeGoesDownOnAnotherThreadThanUp) {
  MetricRegistry registry(2);
  Gauge gauge = registry.gauge(open_now).value();
  gauge.add(0, 5);
  gauge.add(1, -2);
  gauge.add_shared(-4);
  EXPECT_EQ(gauge.value(), -1);
}

TEST(MetricRegistry, AGaugeThatIsSetShowsTheLastValue) {
  MetricRegistry registry(1);
  Gauge gauge = registry.gauge(open_now).value();
  gauge.set(7);
  gauge.set(3);
  EXPECT_EQ(registry.collect()[0].samples[0].value, 3);
}

TEST(MetricRegistry, HandlesMadeByDefaultCountNothing) {
  Counter counter;
  counter.add(0);
  counter.add_shared();
  Gauge gauge;
  gauge.add(3, 1);
  gauge.set(1);
  Histogram histogram;
  histogram.observe(0, 1);
  histogram.observe_shared(1);
  EXPECT_EQ(counter.value(), 0u);
  EXPECT_EQ(gauge.value(), 0);
}

TEST(MetricRegistry, HistogramBoundsAreInclusiveAndCumulative) {
  MetricRegistry registry(1);
  Histogram histogram = registry.histogram(sizes).value();
  for (const std::int64_t value : {0, 10, 11, 100, 101}) histogram.observe(0, value);
  histogram.observe_shared(1000);
  const MetricSample sample = registry.collect()[0].samples[0];
  EXPECT_EQ(sample.bounds, (std::vector<double>{10, 100}));
  EXPECT_EQ(sample.cumulative, (std::vector<std::uint64_t>{2, 4, 6}));
  EXPECT_EQ(sample.sum, 1222);
}

TEST(MetricRegistry, NanosecondsAreShownInSeconds) {
  MetricRegistry registry(1);
  Histogram histogram = registry.histogram(times).value();
  histogram.observe(0, 250'000'000);
  const MetricSample sample = registry.collect()[0].samples[0];
  EXPECT_EQ(sample.bounds, (std::vector<double>{0.001, 0.5}));
  EXPECT_EQ(sample.sum, 0.25);
}

TEST(MetricRegistry, TheSameLabelsTwiceAreRefused) {
  MetricRegistry registry(1);
  ASSERT_TRUE(registry.counter(opened, {"a"}).ok());
  ASSERT_TRUE(registry.counter(opened, {"b"}).ok());
  const auto again = registry.counter(opened, {"a"});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::exists);
}

TEST(MetricRegistry, WrongKindsAndWrongLabelCountsAreRefused) {
  MetricRegistry registry(1);
  EXPECT_EQ(registry.gauge(opened, {"a"}).error().code, Errc::invalid);
  EXPECT_EQ(registry.counter(open_now).error().code, Errc::invalid);
  EXPECT_EQ(registry.histogram(open_now).error().code, Errc::invalid);
  EXPECT_EQ(registry.counter(opened).error().code, Errc::invalid);
  EXPECT_EQ(registry.counter(opened, {"a", "b"}).error().code, Errc::invalid);
  EXPECT_EQ(registry.callback(sizes, {}, [] { return 0.0; }).error().code, Errc::invalid);
  EXPECT_TRUE(registry.collect().empty());
}

TEST(MetricRegistry, PluginsMayGiveOneMetricDifferentLabelsButNotAnotherKind) {
  MetricRegistry registry(1);
  const std::string name = "tenon_plugin_lookups";
  ASSERT_TRUE(registry.counter({name + "_total", MetricKind::counter, "h", plugin}, {"a"}).ok());
  ASSERT_TRUE(registry.counter({name + "_total", MetricKind::counter, "h", plugin_qos}, {"b", "1"}).ok());
  ASSERT_EQ(registry.collect()[0].samples.size(), 2u);
  EXPECT_EQ(registry.gauge({name, MetricKind::gauge, "h", plugin}, {"c"}).error().code, Errc::invalid);
}

TEST(MetricRegistry, ACallbackIsReadAtEachScrapeUntilItsHandleEnds) {
  MetricRegistry registry(1);
  double value = 1;
  {
    MetricCallback kept;
    {
      MetricCallback made = registry.callback(open_now, {}, [&] { return value; }).value();
      kept = std::move(made);
    }
    EXPECT_EQ(registry.collect()[0].samples[0].value, 1);
    value = 2;
    EXPECT_EQ(registry.collect()[0].samples[0].value, 2);
  }
  EXPECT_TRUE(registry.collect().empty());
  EXPECT_TRUE(registry.callback(open_now, {}, [] { return 3.0; }).ok());
}

TEST(MetricRegistry, HandlesStayValidWhenManyMoreAreDeclared) {
  MetricRegistry registry(2);
  Counter first = registry.counter(opened, {"first"}).value();
  Histogram histogram = registry.histogram(sizes).value();
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(registry.counter(opened, {std::to_string(i)}).ok());
  first.add(1, 7);
  histogram.observe(1, 1);
  EXPECT_EQ(first.value(), 7u);
  const auto families = registry.collect();
  EXPECT_EQ(families[0].samples[0].value, 7);
  EXPECT_EQ(families[0].samples[1].value, 0);
  EXPECT_EQ(families[1].samples[0].cumulative.back(), 1u);
}

TEST(MetricCellPool, WorkersNeverShareACacheLine) {
  constexpr std::uintptr_t line_bytes = 64;
  MetricCellPool pool(3);
  for (int i = 0; i < 700; ++i) {
    const MetricCell* cells = pool.allocate(5);
    for (std::uintptr_t worker = 0; worker < 3; ++worker) {
      const auto last = reinterpret_cast<std::uintptr_t>(cells + worker * metric_cell_stride + 4);
      const auto next = reinterpret_cast<std::uintptr_t>(cells + (worker + 1) * metric_cell_stride);
      EXPECT_NE(last / line_bytes, next / line_bytes);
    }
  }
}

// For the thread sanitizer as much as for the sums.
TEST(MetricRegistry, CountsExactlyWhileItIsScrapedAndExtended) {
  constexpr std::uint32_t workers = 3;
  constexpr std::uint64_t rounds = 20'000;
  MetricRegistry registry(workers);
  Counter counter = registry.counter(opened, {"default"}).value();
  Gauge gauge = registry.gauge(open_now).value();
  Histogram histogram = registry.histogram(sizes).value();
  std::atomic<std::uint32_t> running{workers + 1};
  std::vector<std::thread> threads;
  for (std::uint32_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&, worker] {
      for (std::uint64_t i = 0; i < rounds; ++i) {
        counter.add(worker);
        gauge.add(worker, i % 2 == 0 ? 1 : -1);
        histogram.observe(worker, static_cast<std::int64_t>(i % 200));
      }
      --running;
    });
  threads.emplace_back([&] {
    for (std::uint64_t i = 0; i < rounds; ++i) counter.add_shared();
    --running;
  });
  std::uint64_t seen = 0;
  for (int extra = 0; running > 0; ++extra) {
    ASSERT_TRUE(registry.counter(opened, {std::to_string(extra)}).ok());
    const auto families = registry.collect();
    const auto now = static_cast<std::uint64_t>(families[1].samples[0].value);
    EXPECT_GE(now, seen);  // a counter never goes back
    seen = now;
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), (workers + 1) * rounds);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(registry.collect()[2].samples[0].cumulative.back(), workers * rounds);
}

}  // namespace
}  // namespace tenon::observe
