#include "host/first_sizes.h"

#include <gtest/gtest.h>

#include <tenon/kind/auth.h>

#include <array>
#include <string>

#include "fake_world.h"
#include "host/load/module_check.h"
#include "host/op/op_table.h"

namespace tenon::host {

// What a later level might make of the structs of level 1.
struct GrownModule {
  tenon_module first;
  const char* licence;
};
struct GrownDescriptor {
  tenon_plugin_descriptor first;
  std::uint64_t more_flags;
};
struct GrownCompletion {
  tenon_completion first;
  std::uint64_t hint;
};
template <>
inline constexpr std::size_t first_size<GrownModule> = first_size<tenon_module>;
template <>
inline constexpr std::size_t first_size<GrownDescriptor> = first_size<tenon_plugin_descriptor>;
template <>
inline constexpr std::size_t first_size<GrownCompletion> = first_size<tenon_completion>;

namespace test {
namespace {

constexpr std::uint32_t module_bytes = 56;
constexpr std::uint32_t descriptor_bytes = 80;
constexpr std::uint32_t completion_bytes = 16;

TEST(FirstSizes, AGrownHostTakesWhatPluginsOfLevelOneFill) {
  EXPECT_TRUE(holds_first<GrownModule>(module_bytes));
  EXPECT_TRUE(holds_first<GrownDescriptor>(descriptor_bytes));
  EXPECT_TRUE(holds_first<GrownCompletion>(completion_bytes));
  EXPECT_FALSE(holds_first<GrownModule>(module_bytes - 1));
  EXPECT_FALSE(holds_first<GrownDescriptor>(descriptor_bytes - 1));
  EXPECT_FALSE(holds_first<GrownCompletion>(completion_bytes - 1));
}

TEST(FirstSizes, AGrownHostReadsElementsOfLevelOneWithNothingInWhatIsNew) {
  const std::array<tenon_completion, 2> old = {
      {{completion_bytes, TENON_OK, 7}, {completion_bytes, TENON_E_IO, 8}}};
  for (std::uint32_t i = 0; i < old.size(); ++i) {
    const auto one = element_at<GrownCompletion>(old.data(), i, completion_bytes);
    EXPECT_EQ(one.first.status, old[i].status);
    EXPECT_EQ(one.first.op, old[i].op);
    EXPECT_EQ(one.hint, 0u);
  }
}

// A module with one plugin, each of which says that it has so many bytes.
class ModuleOfSize : public testing::Test {
 protected:
  Status check(std::uint32_t module_size, std::uint32_t descriptor_size) {
    GrownDescriptor descriptor{};
    descriptor.first.struct_size = descriptor_size;
    descriptor.first.kind_id = TENON_AUTH_ID;
    descriptor.first.plugin_id = "org.tenon.test";
    descriptor.first.name = "test";
    descriptor.first.version = "1";
    descriptor.first.create = [](const tenon_host*, tenon_plugin**, tenon_error*) {
      return TENON_E_INTERNAL;
    };
    const tenon_plugin_descriptor* const plugins[] = {&descriptor.first};
    GrownModule module{};
    module.first.struct_size = module_size;
    module.first.magic = TENON_MODULE_MAGIC;
    module.first.abi_level_required = 1;
    module.first.module_id = "org.tenon.test";
    module.first.module_version = "1";
    module.first.plugins = plugins;
    module.first.plugin_count = 1;
    ModuleNote note;
    note.level_required = 1;
    note.kinds = {TENON_AUTH_ID};
    return check_module({}, "test.so", &module.first, note);
  }
};

TEST_F(ModuleOfSize, OfLevelOneIsTaken) {
  const Status taken = check(module_bytes, descriptor_bytes);
  EXPECT_TRUE(taken.ok()) << taken.error().message;
}

TEST_F(ModuleOfSize, OfALaterLevelIsTaken) {
  EXPECT_TRUE(check(sizeof(GrownModule), sizeof(GrownDescriptor)).ok());
}

TEST_F(ModuleOfSize, ThatEndsBeforeTheFirstOneIsRefused) {
  EXPECT_FALSE(check(module_bytes - 1, descriptor_bytes).ok());
  EXPECT_FALSE(check(module_bytes, descriptor_bytes - 1).ok());
}

class CompletionOfSize : public testing::Test {
 protected:
  class NoOp final : public Operation {
   public:
    void on_closed(tenon_status, End) override {}
  };
  // How many of two are taken when they lie so far apart.
  std::uint32_t complete(std::uint32_t stride) {
    std::array<GrownCompletion, 2> bytes{};
    for (std::uint32_t i = 0; i < 2; ++i) {
      const tenon_completion one{stride, TENON_OK,
                                 table_.open(0, std::make_unique<NoOp>(), world_.clock.mono_ns())};
      std::memcpy(reinterpret_cast<std::uint8_t*>(bytes.data()) + std::size_t{i} * stride, &one, sizeof one);
    }
    return table_.complete(&bytes[0].first, 2, stride);
  }

  FakeWorld world_;
  CallStats stats_;
  OpTable table_{&world_.executor, &stats_, 0};
};

TEST_F(CompletionOfSize, OfLevelOneAndOfALaterOneIsTaken) {
  EXPECT_EQ(complete(completion_bytes), 2u);
  EXPECT_EQ(complete(sizeof(GrownCompletion)), 2u);
}

TEST_F(CompletionOfSize, ThatEndsBeforeTheFirstOneIsNotTaken) {
  EXPECT_EQ(complete(completion_bytes - 4), 0u);
}

}  // namespace
}  // namespace test
}  // namespace tenon::host
