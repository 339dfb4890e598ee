// The host tables, called as a plugin calls them.

#include "host/tables/host_tables.h"

#include <gtest/gtest.h>
#include <tenon/draft/data_dir.h>
#include <tenon/draft/net.h>
#include <tenon/host/config.h>
#include <tenon/host/health.h>
#include <tenon/host/log.h>
#include <tenon/host/metrics.h>

#include <tenon/buf.hpp>
#include <tenon/clock.hpp>
#include <tenon/disk.hpp>
#include <tenon/log.hpp>
#include <tenon/metrics.hpp>
#include <tenon/pool.hpp>
#include <tenon/random.hpp>
#include <tenon/reactor.hpp>
#include <tenon/timer.hpp>

#include "scripted_auth.h"

namespace tenon::host::test {
namespace {

constexpr const char* all_drafts[] = {
    TENON_HOST_BUF_ID,  TENON_HOST_CLOCK_ID,  TENON_HOST_DATA_DIR_ID, TENON_HOST_DISK_ID,  TENON_HOST_NET_ID,
    TENON_HOST_POOL_ID, TENON_HOST_RANDOM_ID, TENON_HOST_REACTOR_ID,  TENON_HOST_TIMER_ID, nullptr};

constexpr tenon_plugin_descriptor needy = [] {
  tenon_plugin_descriptor d = scripted::descriptor;
  d.requires_host = all_drafts;
  return d;
}();

class HostTables : public ::testing::Test {
 protected:
  HostTables() { plugin_.emplace(world_, script_, "p1", &needy); }
  const tenon_host* host() const { return script_.host; }
  template <class Work>
  auto on_worker(Work&& work) {
    return world_.executor.on_worker(0, std::forward<Work>(work));
  }

  FakeWorld world_;
  ScriptedAuth script_;
  std::optional<ScriptedInstance> plugin_;
};

TEST_F(HostTables, EachBeginsWithItsSize) {
  for (const HostTable& t : host_tables()) {
    std::uint32_t size = 0;
    std::memcpy(&size, t.table, sizeof size);
    EXPECT_GE(size, 16u) << t.id;
    EXPECT_EQ(size % 8, 0u) << t.id;
  }
}

TEST_F(HostTables, AreFoundByTheirIds) {
  for (const HostTable& t : host_tables()) EXPECT_EQ(host()->get_interface(host(), t.id), t.table) << t.id;
  EXPECT_EQ(host()->get_interface(host(), "tenon.host.log/2"), nullptr);
  EXPECT_EQ(host()->get_interface(host(), ""), nullptr);
  EXPECT_EQ(host()->get_interface(host(), nullptr), nullptr);
  EXPECT_EQ(host()->get_interface(host(), "tenon.host.log/1 "), nullptr);
}

TEST_F(HostTables, DraftsAreForThoseOnlyThatRequireThem) {
  FakeWorld world;
  ScriptedAuth script;
  const ScriptedInstance modest(world, script, "p2");
  for (const HostTable& t : host_tables())
    EXPECT_EQ(script.host->get_interface(script.host, t.id) != nullptr, t.draft_hash == 0) << t.id;
}

// ---- log

TEST_F(HostTables, LogPassesRecordsOnWithThePluginsName) {
  const sdk::Log log(host());
  log.info("file.read", "read it", {{"lines", "3"}, {"empty", ""}});
  EXPECT_EQ(world_.log.lines, std::vector<std::string>({"p1 2 file.read: read it lines=3 empty="}));
}

TEST_F(HostTables, LogAsksForTheLevelFirst) {
  const sdk::Log log(host());
  EXPECT_FALSE(log.enabled(TENON_LOG_DEBUG));
  EXPECT_TRUE(log.enabled(TENON_LOG_WARN));
  EXPECT_TRUE(log.enabled(99));
  log.debug("a.b", "c");
  EXPECT_TRUE(world_.log.lines.empty());
}

TEST_F(HostTables, LogTakesWhatAnOlderOrCarelessPluginPasses) {
  const auto* log = static_cast<const tenon_host_log*>(host()->get_interface(host(), TENON_HOST_LOG_ID));
  tenon_log_record record{};
  record.struct_size = offsetof(tenon_log_record, fields);
  record.level = 1'000;
  record.event = bytes("a.b");
  record.message = {nullptr, 77};
  record.fields = {reinterpret_cast<const void*>(8), 5, 32};
  log->write(host(), &record);
  EXPECT_EQ(world_.log.lines, std::vector<std::string>({"p1 4 a.b: "}));
  record.struct_size = 8;
  log->write(host(), &record);
  log->write(host(), nullptr);
  EXPECT_EQ(world_.log.lines.size(), 1u);
}

// ---- config

TEST_F(HostTables, ConfigIsReadableInInitAndReconfigureOnly) {
  const auto* config =
      static_cast<const tenon_host_config*>(host()->get_interface(host(), TENON_HOST_CONFIG_ID));
  tenon_bytes value{};
  EXPECT_EQ(config->get_json(host(), &value), TENON_E_STATE);
}

// ---- metrics

TEST_F(HostTables, MetricsAreFixedAfterInit) {
  EXPECT_THROW((void)sdk::Metrics(host()).counter("late_total", "Late."), sdk::Failure);
}

TEST(DeclaredMetrics, CountWhatTheirTypeAllows) {
  RecordingMetrics port;
  DeclaredMetrics metrics;
  const auto declare = [&](std::uint32_t type, const char* name) {
    tenon_metric_desc desc{};
    desc.struct_size = sizeof desc;
    desc.type = type;
    desc.name = bytes(name);
    tenon_metric id = 0;
    EXPECT_EQ(metrics.declare(port, "p1", desc, &id), TENON_OK);
    return id;
  };
  const tenon_metric counter = declare(TENON_METRIC_COUNTER, "c_total");
  const tenon_metric gauge = declare(TENON_METRIC_GAUGE, "g");
  const tenon_metric histogram = declare(TENON_METRIC_HISTOGRAM, "h");
  metrics.add(port, counter, 5);
  metrics.add(port, counter, -1);
  metrics.set(port, counter, 100);
  metrics.add(port, gauge, -7);
  metrics.observe(port, gauge, 100);
  metrics.observe(port, histogram, 3);
  metrics.add(port, histogram, 100);
  for (const tenon_metric unknown : {0u, 4u, ~0u}) {
    metrics.add(port, unknown, 1);
    metrics.set(port, unknown, 1);
    metrics.observe(port, unknown, 1);
  }
  EXPECT_EQ(port.values, std::vector<std::int64_t>({5, -7, 3}));
  metrics.set(port, gauge, 9);
  EXPECT_EQ(port.values[1], 9);
}

TEST(DeclaredMetrics, RefusesWhatBreaksTheRules) {
  RecordingMetrics port;
  DeclaredMetrics metrics;
  tenon_metric id = 0;
  const auto status = [&](tenon_metric_desc desc) {
    desc.struct_size = sizeof desc;
    return metrics.declare(port, "p1", desc, &id);
  };
  tenon_metric_desc desc{};
  for (const char* name : {"", "Upper", "9lives", "with-dash", "with space"}) {
    desc.name = bytes(name);
    EXPECT_EQ(status(desc), TENON_E_INVALID) << name;
  }
  desc.name = bytes("good");
  desc.type = 3;
  EXPECT_EQ(status(desc), TENON_E_INVALID);
  desc.type = TENON_METRIC_HISTOGRAM;
  const std::int64_t falling[] = {5, 4};
  desc.buckets = {falling, 2, sizeof(std::int64_t)};
  EXPECT_EQ(status(desc), TENON_E_INVALID);
  desc.buckets = {nullptr, 2, sizeof(std::int64_t)};
  EXPECT_EQ(status(desc), TENON_E_INVALID);
  desc.buckets = {};
  const tenon_kv label{bytes("Bad"), bytes("x")};
  desc.labels = {&label, 1, sizeof label};
  EXPECT_EQ(status(desc), TENON_E_INVALID);
  desc.labels = {};
  EXPECT_EQ(status(desc), TENON_OK);
  EXPECT_EQ(status(desc), TENON_E_EXISTS);
  desc.name = bytes("refused");
  EXPECT_EQ(status(desc), TENON_E_EXISTS);
}

TEST(DeclaredMetrics, ALaterLifeGetsTheMetricThatItHad) {
  RecordingMetrics port;
  DeclaredMetrics metrics;
  tenon_metric_desc desc{};
  desc.struct_size = sizeof desc;
  desc.name = bytes("hits");
  const tenon_kv label{bytes("side"), bytes("left")};
  desc.labels = {&label, 1, sizeof label};
  tenon_metric first = 0;
  tenon_metric second = 0;
  metrics.begin_life();
  EXPECT_EQ(metrics.declare(port, "p1", desc, &first), TENON_OK);
  metrics.begin_life();
  EXPECT_EQ(metrics.declare(port, "p1", desc, &second), TENON_OK);
  EXPECT_EQ(first, second);
  EXPECT_EQ(port.names, std::vector<std::string>({"p1/hits,side=left"}));
  metrics.begin_life();
  desc.type = TENON_METRIC_GAUGE;
  EXPECT_EQ(metrics.declare(port, "p1", desc, &second), TENON_E_INVALID);
}

TEST(DeclaredMetrics, HasALimit) {
  RecordingMetrics port;
  DeclaredMetrics metrics;
  tenon_metric id = 0;
  tenon_status status = TENON_OK;
  std::uint32_t count = 0;
  for (; status == TENON_OK; ++count) {
    const std::string name = "m" + std::to_string(count);
    tenon_metric_desc desc{};
    desc.struct_size = sizeof desc;
    desc.name = bytes(name);
    status = metrics.declare(port, "p1", desc, &id);
  }
  EXPECT_EQ(status, TENON_E_NOMEM);
  EXPECT_EQ(count, DeclaredMetrics::count_max + 1);
}

// ---- health, clock, random

TEST_F(HostTables, HealthIsPassedOn) {
  const auto* health =
      static_cast<const tenon_host_health*>(host()->get_interface(host(), TENON_HOST_HEALTH_ID));
  health->report(host(), TENON_HEALTH_DEGRADED, bytes("slow"));
  EXPECT_EQ(world_.health.last, "p1 1 slow");
  health->report(host(), 77, {});
  EXPECT_EQ(world_.health.last, "p1 2 ");
}

TEST_F(HostTables, ClockIsTheHosts) {
  world_.clock.advance_s(3);
  const sdk::Clock clock(host());
  EXPECT_EQ(clock.mono_ns(), 3 * ns_per_s);
  EXPECT_EQ(clock.unix_ns(), 3 * ns_per_s);
}

TEST_F(HostTables, RandomFillsTheWholeSpan) {
  std::array<std::uint8_t, 3> out{};
  sdk::Random(host()).fill(out);
  EXPECT_EQ(out, (std::array<std::uint8_t, 3>{1, 2, 3}));
}

// ---- reactor and timer

struct Events {
  std::vector<std::string> seen;
  void on_fd(std::uint32_t events) {
    seen.push_back("fd " + std::to_string(events) + " in " +
                   this_thread_breadcrumb().plugin.load()->instance);
  }
  void on_timer() { seen.push_back("timer"); }
};

TEST_F(HostTables, ReactorCallsThePluginUnderItsName) {
  Events events;
  std::uint64_t token = 0;
  const sdk::Reactor reactor(host());
  on_worker([&] {
    EXPECT_EQ(reactor.add(7, TENON_FD_READ, sdk::callback<&Events::on_fd>, &events, &token), TENON_OK);
    EXPECT_EQ(reactor.modify(token, TENON_FD_READ | TENON_FD_WRITE), TENON_OK);
    EXPECT_EQ(world_.executor.reactor(0).events_of(7), TENON_FD_READ | TENON_FD_WRITE);
    world_.executor.reactor(0).make_ready(7, TENON_FD_READ | TENON_FD_CLOSED);
    reactor.remove(token);
    EXPECT_EQ(reactor.modify(token, 0), TENON_E_STALE);
    reactor.remove(token);
  });
  EXPECT_EQ(events.seen, std::vector<std::string>({"fd 5 in p1"}));
  EXPECT_EQ(world_.executor.reactor(0).watch_count(), 0u);
}

TEST_F(HostTables, ReactorAndTimerAreForWorkersOnly) {
  std::uint64_t token = 0;
  const sdk::Reactor reactor(host());
  const sdk::Timer timer(host());
  EXPECT_EQ(reactor.add(
                7, 0, [](void*, std::uint32_t) {}, nullptr, &token),
            TENON_E_THREAD);
  EXPECT_EQ(reactor.modify(1, 0), TENON_E_THREAD);
  EXPECT_EQ(timer.start(
                1, [](void*) {}, nullptr, &token),
            TENON_E_THREAD);
  EXPECT_FALSE(timer.cancel(1));
}

TEST_F(HostTables, ReactorRefusesNonsense) {
  std::uint64_t token = 0;
  const sdk::Reactor reactor(host());
  on_worker([&] {
    EXPECT_EQ(reactor.add(
                  -1, 0, [](void*, std::uint32_t) {}, nullptr, &token),
              TENON_E_INVALID);
    EXPECT_EQ(reactor.add(7, 0, nullptr, nullptr, &token), TENON_E_INVALID);
    EXPECT_EQ(reactor.add(
                  7, TENON_FD_CLOSED, [](void*, std::uint32_t) {}, nullptr, &token),
              TENON_E_INVALID);
  });
  EXPECT_EQ(world_.executor.reactor(0).watch_count(), 0u);
}

TEST_F(HostTables, TimerFiresOnce) {
  Events events;
  std::uint64_t token = 0;
  const sdk::Timer timer(host());
  on_worker(
      [&] { EXPECT_EQ(timer.start(100, sdk::callback<&Events::on_timer>, &events, &token), TENON_OK); });
  world_.executor.run_worker(0);
  EXPECT_TRUE(events.seen.empty());
  world_.clock.advance_ns(100);
  world_.executor.run_worker(0);
  world_.executor.run_worker(0);
  EXPECT_EQ(events.seen, std::vector<std::string>({"timer"}));
  on_worker([&] { EXPECT_FALSE(timer.cancel(token)); });
}

TEST_F(HostTables, CancelledTimerDoesNotFire) {
  Events events;
  std::uint64_t token = 0;
  const sdk::Timer timer(host());
  on_worker([&] {
    EXPECT_EQ(timer.start(100, sdk::callback<&Events::on_timer>, &events, &token), TENON_OK);
    EXPECT_TRUE(timer.cancel(token));
    EXPECT_FALSE(timer.cancel(token));
    EXPECT_EQ(timer.start(-1, sdk::callback<&Events::on_timer>, &events, &token), TENON_E_INVALID);
  });
  world_.clock.advance_s(1);
  world_.executor.run_worker(0);
  EXPECT_TRUE(events.seen.empty());
}

TEST_F(HostTables, WhatAPluginLeavesBehindIsTakenFromTheWorkerAndCounted) {
  Events events;
  std::uint64_t token = 0;
  on_worker([&] {
    EXPECT_EQ(sdk::Timer(host()).start(100, sdk::callback<&Events::on_timer>, &events, &token), TENON_OK);
    EXPECT_EQ(sdk::Reactor(host()).add(7, 0, sdk::callback<&Events::on_fd>, &events, &token), TENON_OK);
    (*plugin_)->stop_worker(0);
  });
  EXPECT_EQ((*plugin_)->stats().dropped, 2u);
  EXPECT_EQ(world_.executor.reactor(0).watch_count(), 0u);
  EXPECT_EQ(world_.executor.reactor(0).timer_count(), 0u);
}

// ---- pool

TEST_F(HostTables, PoolRunsAJobOnce) {
  int runs = 0;
  EXPECT_EQ(sdk::Pool(host()).submit([&] { ++runs; }), TENON_OK);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(world_.executor.run_pool(), 1u);
  EXPECT_EQ(runs, 1);
}

TEST_F(HostTables, PoolThatIsFullSaysSoAndDropsNothing) {
  world_.executor.pool_is_full = true;
  EXPECT_EQ(sdk::Pool(host()).submit([] { FAIL(); }), TENON_E_BUSY);
}

TEST_F(HostTables, PoolHasALimitForEachPlugin) {
  const sdk::Pool pool(host());
  std::uint32_t count = 0;
  while (pool.submit([] {}) == TENON_OK) ++count;
  EXPECT_EQ(count, PoolJobs::open_max);
  world_.executor.run_pool();
  EXPECT_EQ(pool.submit([] {}), TENON_OK);
  world_.executor.run_pool();
}

// A job holds a promise (an operation, memory): it runs even when the pool stops before its turn.
TEST_F(HostTables, JobsOfAPoolThatStopsStillRun) {
  int runs = 0;
  EXPECT_EQ(sdk::Pool(host()).submit([&] { ++runs; }), TENON_OK);
  world_.executor.drop_pool();
  EXPECT_EQ(runs, 1);
}

// ---- disk and data directory

TEST_F(HostTables, DiskReadsWhatItWrote) {
  const sdk::Disk disk(host());
  sdk::DiskFile file;
  ASSERT_EQ(disk.open("/d/a", TENON_FILE_READ | TENON_FILE_WRITE | TENON_FILE_CREATE, &file), TENON_OK);
  const tenon_bytes spans[] = {bytes("hello "), {nullptr, 0}, bytes("world")};
  EXPECT_EQ(file.pwrite_v(2, spans), TENON_OK);
  std::vector<tenon_bytes> many(40, bytes("x"));
  EXPECT_EQ(file.pwrite_v(13, many), TENON_OK);
  EXPECT_EQ(file.fdatasync(), TENON_OK);
  std::array<std::uint8_t, 100> out{};
  std::uint64_t len = 0;
  EXPECT_EQ(file.pread(2, out, &len), TENON_OK);
  EXPECT_EQ(len, 51u);
  EXPECT_EQ(std::string(out.begin(), out.begin() + 12), "hello worldx");
  EXPECT_EQ(file.truncate(5), TENON_OK);
  EXPECT_EQ(file.size(&len), TENON_OK);
  EXPECT_EQ(len, 5u);
  std::uint64_t space = 0;
  EXPECT_EQ(disk.space("/d", &space), TENON_OK);
  EXPECT_EQ(space, 12345u);
}

TEST_F(HostTables, DiskOpensInTheModeThatTheFlagsSay) {
  const sdk::Disk disk(host());
  sdk::DiskFile file;
  tenon_error error{};
  error.struct_size = sizeof error;
  EXPECT_EQ(disk.open("/d/a", TENON_FILE_READ, &file, &error), TENON_E_NOT_FOUND);
  EXPECT_STREQ(error.message, "/d/a: no such file");
  EXPECT_EQ(disk.open("/d/a", TENON_FILE_READ | TENON_FILE_WRITE, &file), TENON_E_NOT_FOUND);
  EXPECT_EQ(disk.open("/d/a", TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE, &file), TENON_OK);
  EXPECT_EQ(disk.open("/d/a", TENON_FILE_WRITE | TENON_FILE_CREATE | TENON_FILE_EXCLUSIVE, &file),
            TENON_E_EXISTS);
  EXPECT_EQ(disk.open("/d/a", TENON_FILE_WRITE | TENON_FILE_CREATE, &file), TENON_OK);
  EXPECT_EQ(disk.open("/d/a", 1u << 20, &file), TENON_E_UNSUPPORTED);
}

TEST_F(HostTables, DiskListsRenamesAndRemoves) {
  const sdk::Disk disk(host());
  sdk::DiskFile file;
  ASSERT_EQ(disk.open("/d/a", TENON_FILE_WRITE | TENON_FILE_CREATE, &file), TENON_OK);
  ASSERT_EQ(disk.open("/d/b", TENON_FILE_WRITE | TENON_FILE_CREATE, &file), TENON_OK);
  EXPECT_EQ(disk.rename("/d/a", "/d/c"), TENON_OK);
  std::string names;
  EXPECT_EQ(disk.list("/d", [&](std::string_view name, bool) { names.append(name); }), TENON_OK);
  EXPECT_EQ(names, "bc");
  EXPECT_EQ(disk.remove("/d/c"), TENON_OK);
  EXPECT_EQ(disk.remove("/d/c"), TENON_E_NOT_FOUND);
  EXPECT_EQ(disk.make_dir("/d/e"), TENON_OK);
  EXPECT_EQ(disk.sync_dir("/d"), TENON_OK);
  EXPECT_EQ(world_.disk.synced, std::vector<std::string>({"/d"}));
}

TEST_F(HostTables, DiskListEndsWhenThePluginSaysSo) {
  const auto* disk = static_cast<const tenon_host_disk*>(host()->get_interface(host(), TENON_HOST_DISK_ID));
  for (const char* name : {"/d/a", "/d/b", "/d/c"})
    world_.disk.files[name] = std::make_shared<FakeDisk::Content>();
  int calls = 0;
  const tenon_status status = disk->list(
      host(), "/d",
      [](void* user, tenon_bytes, std::uint32_t) -> tenon_status {
        return ++*static_cast<int*>(user) == 2 ? TENON_E_CANCELLED : TENON_OK;
      },
      &calls);
  EXPECT_EQ(status, TENON_E_CANCELLED);
  EXPECT_EQ(calls, 2);
}

TEST_F(HostTables, DiskFailuresKeepTheirMeaning) {
  const sdk::Disk disk(host());
  sdk::DiskFile file;
  ASSERT_EQ(disk.open("/d/a", TENON_FILE_WRITE | TENON_FILE_CREATE, &file), TENON_OK);
  world_.disk.fail_with = Error{Errc::no_space, "full"};
  EXPECT_EQ(file.pwrite(0, as_bytes("x")), TENON_E_NOSPACE);
  world_.disk.fail_with = Error{Errc::io, "EIO"};
  EXPECT_EQ(file.fdatasync(), TENON_E_IO);
}

TEST_F(HostTables, NoDataDirectoryWithoutOneInTheSpec) {
  const auto* table =
      static_cast<const tenon_host_data_dir*>(host()->get_interface(host(), TENON_HOST_DATA_DIR_ID));
  const char* path = nullptr;
  EXPECT_EQ(table->path(host(), &path), TENON_E_NOT_FOUND);
}

// ---- buf

TEST_F(HostTables, BufIsFreedWithItsLastReference) {
  const sdk::BufTable table(host());
  tenon_buf* raw = nullptr;
  int freed = 0;
  ASSERT_EQ(table->wrap(
                host(), bytes("payload"), [](void* user) { ++*static_cast<int*>(user); }, &freed, &raw),
            TENON_OK);
  {
    const sdk::BufRef first(table, raw);
    const sdk::BufRef second = first;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(second.bytes().size(), 7u);
  }
  EXPECT_EQ(freed, 1);
}

TEST_F(HostTables, BufThatIsMadeCanBeFilled) {
  const sdk::BufTable table(host());
  tenon_buf* raw = nullptr;
  tenon_span space{};
  ASSERT_EQ(table->make(host(), 3, &raw, &space), TENON_OK);
  std::memcpy(space.data, "abc", 3);
  const sdk::BufRef buf(table, raw);
  EXPECT_EQ(as_text(buf.bytes()), "abc");
  EXPECT_EQ(table->make(host(), ~std::uint64_t{0}, &raw, &space), TENON_E_NOMEM);
}

// ---- net

TEST_F(HostTables, NetKnowsNoTransportThatIsNotThere) {
  const auto* net = static_cast<const tenon_host_net*>(host()->get_interface(host(), TENON_HOST_NET_ID));
  const tenon_transport* table = nullptr;
  tenon_plugin* instance = nullptr;
  EXPECT_EQ(net->transport(host(), bytes("tcp"), &table, &instance), TENON_E_NOT_FOUND);
  EXPECT_EQ(net->open_op(
                host(), nullptr, [](void*, tenon_status) {}, nullptr),
            0u);
}

}  // namespace
}  // namespace tenon::host::test
