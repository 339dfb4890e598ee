#include "host/instance.h"

#include <gtest/gtest.h>
#include <tenon/host/config.h>

#include <deque>
#include <string>
#include <vector>

#include "scripted_auth.h"

namespace tenon::host::test {
namespace {

// A plugin that writes down each call, with functions for those of the optional ones that a test wants.
struct Diary {
  std::vector<std::string> calls;
  tenon_status answer = TENON_OK;  // of init, activate and reconfigure
  tenon_op quiesce_op = 0;
  tenon_status quiesce_answer = TENON_OK;
  const tenon_host* host = nullptr;
  tenon_plugin plugin{};
  int context = 0;

  std::string option(const char* path) const {
    const auto* config =
        static_cast<const tenon_host_config*>(host->get_interface(host, TENON_HOST_CONFIG_ID));
    tenon_bytes value{};
    const tenon_status status = config->get_string(host, path, &value);
    return status == TENON_OK ? text(value) : std::to_string(status);
  }
};

Diary* next_diary = nullptr;

Diary& diary(tenon_plugin* p) {
  return *static_cast<Diary*>(p->plugin_data);
}

tenon_status note(tenon_plugin* p, const std::string& call) {
  diary(p).calls.push_back(call);
  return diary(p).answer;
}

const tenon_auth auth_table = [] {
  tenon_auth table{};
  table.struct_size = sizeof table;
  table.authenticate = [](tenon_plugin*, void*, const tenon_auth_request*, tenon_op, tenon_auth_result*) {
    return TENON_OK;
  };
  return table;
}();

void fill_required(tenon_plugin& p) {
  p.struct_size = sizeof p;
  p.init = [](tenon_plugin* self, tenon_error*) { return note(self, "init " + diary(self).option("name")); };
  p.destroy = [](tenon_plugin* self) { note(self, "destroy"); };
  p.get_interface = [](tenon_plugin*, const char*) -> const void* { return &auth_table; };
}

void fill_optional(tenon_plugin& p) {
  p.activate = [](tenon_plugin* self, tenon_error*) {
    return note(self, "activate " + diary(self).option("name"));
  };
  p.worker_start = [](tenon_plugin* self, std::uint32_t worker, void** ret, tenon_error*) {
    *ret = &diary(self).context;
    return note(self, "worker_start " + std::to_string(worker));
  };
  p.worker_stop = [](tenon_plugin* self, void* context) {
    note(self, context == &diary(self).context ? "worker_stop" : "worker_stop with a wrong context");
  };
  p.reconfigure = [](tenon_plugin* self, tenon_error*) {
    return note(self, "reconfigure " + diary(self).option("name"));
  };
  p.quiesce = [](tenon_plugin* self, tenon_op op) {
    note(self, "quiesce");
    diary(self).quiesce_op = op;
    return diary(self).quiesce_answer;
  };
  p.deactivate = [](tenon_plugin* self) { note(self, "deactivate"); };
}

tenon_status create_with(const tenon_host* host, tenon_plugin** ret, bool optional) {
  Diary& d = *next_diary;
  d.host = host;
  d.plugin.plugin_data = &d;
  fill_required(d.plugin);
  if (optional) fill_optional(d.plugin);
  d.calls.push_back("create");
  *ret = &d.plugin;
  return TENON_OK;
}

constexpr const char* schema = R"({"properties": {"name": {"type": "string"}}})";

constexpr tenon_plugin_descriptor full = {
    sizeof(tenon_plugin_descriptor),
    0,
    TENON_AUTH_ID,
    "org.tenon.test.diary",
    "diary",
    "1",
    schema,
    nullptr,
    0,
    0,
    0,
    [](const tenon_host* host, tenon_plugin** ret, tenon_error*) { return create_with(host, ret, true); }};

constexpr tenon_plugin_descriptor bare = [] {
  tenon_plugin_descriptor d = full;
  d.create = [](const tenon_host* host, tenon_plugin** ret, tenon_error*) {
    return create_with(host, ret, false);
  };
  return d;
}();

class InstanceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Instance> make(const tenon_plugin_descriptor& descriptor = full) {
    PluginSpec spec;
    spec.instance = "d";
    spec.options_json = R"({"name": "first"})";
    next_diary = &diary_;
    auto made =
        std::make_unique<Instance>(spec, Offer{&descriptor, "built-in"}, world_.services(), 1, &neighbours_);
    EXPECT_TRUE(made->read_options().ok());
    EXPECT_TRUE(made->create().ok());
    return made;
  }
  std::unique_ptr<Instance> running(const tenon_plugin_descriptor& descriptor = full) {
    auto made = make(descriptor);
    EXPECT_TRUE(made->init().ok());
    EXPECT_TRUE(made->activate().ok());
    diary_.calls.clear();
    return made;
  }
  using Calls = std::vector<std::string>;

  FakeWorld world_;
  NoNeighbours neighbours_;
  Diary diary_;
};

TEST_F(InstanceTest, CallsComeInTheOrderOfTheHeader) {
  {
    const auto instance = make();
    ASSERT_TRUE(instance->init().ok());
    ASSERT_TRUE(instance->activate().ok());
    for (std::uint32_t w = 0; w < 2; ++w)
      world_.executor.on_worker(w, [&] { ASSERT_TRUE(instance->start_worker(w).ok()); });
    EXPECT_EQ(instance->worker_context(1), &diary_.context);
    bool quiet = false;
    instance->quiesce([&] { quiet = true; });
    EXPECT_TRUE(quiet);
    for (std::uint32_t w = 0; w < 2; ++w) world_.executor.on_worker(w, [&] { instance->stop_worker(w); });
    instance->deactivate();
    EXPECT_EQ(instance->life(), Life::stopped);
  }
  EXPECT_EQ(diary_.calls,
            Calls({"create", "init first", "activate " + std::to_string(TENON_E_STATE), "worker_start 0",
                   "worker_start 1", "quiesce", "worker_stop", "worker_stop", "deactivate", "destroy"}));
}

TEST_F(InstanceTest, OptionalCallsMayAllBeMissing) {
  const auto instance = running(bare);
  world_.executor.on_worker(0, [&] {
    ASSERT_TRUE(instance->start_worker(0).ok());
    instance->stop_worker(0);
  });
  const auto applied = instance->reconfigure("{}");
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(*applied, Instance::Applied::after_restart);
  bool quiet = false;
  instance->quiesce([&] { quiet = true; });
  EXPECT_TRUE(quiet);
  instance->deactivate();
}

TEST_F(InstanceTest, MayBeginAgainAfterDeactivate) {
  const auto instance = running();
  for (int i = 0; i < 1'000; ++i) {
    instance->deactivate();
    ASSERT_TRUE(instance->init().ok());
    ASSERT_TRUE(instance->activate().ok());
  }
  instance->deactivate();
}

TEST_F(InstanceTest, FailedInitIsFollowedByDestroyAlone) {
  {
    const auto instance = make();
    diary_.answer = TENON_E_IO;
    EXPECT_FALSE(instance->init().ok());
    EXPECT_EQ(instance->life(), Life::failed);
  }
  EXPECT_EQ(diary_.calls, Calls({"create", "init first", "destroy"}));
}

TEST_F(InstanceTest, FailedActivateIsFollowedByDestroyAlone) {
  {
    const auto instance = make();
    ASSERT_TRUE(instance->init().ok());
    diary_.calls.clear();
    diary_.answer = TENON_E_IO;
    EXPECT_FALSE(instance->activate().ok());
  }
  EXPECT_EQ(diary_.calls, Calls({"activate " + std::to_string(TENON_E_STATE), "destroy"}));
}

TEST_F(InstanceTest, AnInstanceWithoutARequiredFunctionIsDestroyed) {
  tenon_plugin_descriptor incomplete = full;
  incomplete.create = [](const tenon_host* host, tenon_plugin** ret, tenon_error*) {
    const tenon_status status = create_with(host, ret, true);
    (*ret)->init = nullptr;
    return status;
  };
  PluginSpec spec;
  next_diary = &diary_;
  {
    Instance instance(spec, Offer{&incomplete, "built-in"}, world_.services(), 1, &neighbours_);
    ASSERT_TRUE(instance.read_options().ok());
    EXPECT_EQ(instance.create().error().message, "its table tenon_plugin has no init");
  }
  EXPECT_EQ(diary_.calls, Calls({"create", "destroy"}));
}

TEST_F(InstanceTest, PositiveAnswersOfInitAreFailures) {
  const auto instance = make();
  diary_.answer = TENON_PENDING;
  EXPECT_FALSE(instance->init().ok());
}

TEST_F(InstanceTest, CallsInTheWrongOrderAreABugOfTheBroker) {
  const auto instance = make();
  EXPECT_DEATH((void)instance->activate(), "wrong order");
  EXPECT_DEATH(instance->deactivate(), "wrong order");
}

// ---- reconfigure

TEST_F(InstanceTest, ReconfigureShowsTheNewOptions) {
  const auto instance = running();
  const auto applied = instance->reconfigure(R"({"name": "second"})");
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(*applied, Instance::Applied::now);
  EXPECT_EQ(diary_.calls, Calls({"reconfigure second"}));
  instance->deactivate();
}

TEST_F(InstanceTest, ReconfigureThatNeedsARestartKeepsTheOldOptions) {
  const auto instance = running();
  diary_.answer = TENON_NEEDS_RESTART;
  EXPECT_EQ(*instance->reconfigure(R"({"name": "second"})"), Instance::Applied::after_restart);
  instance->deactivate();
  diary_.answer = TENON_OK;
  ASSERT_TRUE(instance->init().ok());
  EXPECT_EQ(diary_.calls.back(), "init first");
}

TEST_F(InstanceTest, ReconfigureThatFailsKeepsTheOldOptions) {
  const auto instance = running();
  diary_.answer = TENON_E_INVALID;
  const auto applied = instance->reconfigure(R"({"name": "second"})");
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().message, "reconfigure failed: it answered TENON_E_INVALID");
  instance->deactivate();
  diary_.answer = TENON_OK;
  ASSERT_TRUE(instance->init().ok());
  EXPECT_EQ(diary_.calls.back(), "init first");
}

TEST_F(InstanceTest, OptionsAgainstTheSchemaNeverReachThePlugin) {
  const auto instance = running();
  const auto applied = instance->reconfigure(R"({"name": 7})");
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().message, "option \"name\" must be a text");
  EXPECT_TRUE(diary_.calls.empty());
  instance->deactivate();
}

TEST_F(InstanceTest, APluginThatQuiescesIsNotAskedToReconfigure) {
  const auto instance = running();
  diary_.quiesce_answer = TENON_PENDING;
  instance->quiesce([] {});
  diary_.calls.clear();
  const auto applied = instance->reconfigure(R"({"name": "second"})");
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, Errc::busy);
  EXPECT_TRUE(diary_.calls.empty());
  instance->deactivate();
  EXPECT_EQ(instance->reconfigure("{}").error().code, Errc::busy);
}

// ---- quiesce

TEST_F(InstanceTest, QuiesceWaitsForThePlugin) {
  const auto instance = running();
  diary_.quiesce_answer = TENON_PENDING;
  bool quiet = false;
  instance->quiesce([&] { quiet = true; });
  EXPECT_FALSE(quiet);
  const auto* async =
      static_cast<const tenon_host_async*>(diary_.host->get_interface(diary_.host, TENON_HOST_ASYNC_ID));
  const tenon_completion done{sizeof done, TENON_OK, diary_.quiesce_op};
  EXPECT_EQ(async->complete(diary_.host, &done, 1, sizeof done), 1u);
  EXPECT_FALSE(quiet);
  world_.executor.run_control();
  EXPECT_TRUE(quiet);
  instance->deactivate();
}

TEST_F(InstanceTest, QuiesceIsCalledThoughThePluginHasAsManyOpenAsItTakes) {
  class Idle final : public Operation {
    void on_closed(tenon_status, End) override {}
  };
  tenon_plugin_descriptor limited = full;
  limited.max_inflight = 1;
  const auto instance = running(limited);
  world_.executor.on_worker(0, [&] { EXPECT_NE(instance->open_op(std::make_unique<Idle>()), 0u); });
  diary_.quiesce_answer = TENON_PENDING;
  bool quiet = false;
  instance->quiesce([&] { quiet = true; });
  EXPECT_EQ(diary_.calls, Calls({"quiesce"}));
  EXPECT_NE(diary_.quiesce_op, 0u);
  EXPECT_FALSE(quiet);
  instance->deactivate();
}

TEST_F(InstanceTest, DeactivateDoesNotWaitForAQuiesceThatNeverEnds) {
  const auto instance = running();
  diary_.quiesce_answer = TENON_PENDING;
  bool quiet = false;
  instance->quiesce([&] { quiet = true; });
  instance->deactivate();
  EXPECT_FALSE(quiet);
  EXPECT_EQ(instance->op_gauges().open_count, 0u);
}

}  // namespace
}  // namespace tenon::host::test
