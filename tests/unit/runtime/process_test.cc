#include "runtime/process/process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tenon::runtime {
namespace {

TEST(DescriptorLimit, IsRaisedToWhatIsWantedButNotAboveTheHardLimitAndNeverLowered) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(100).value(), 100u);
  EXPECT_EQ(raise_descriptor_limit(50).value(), 100u);
  EXPECT_EQ(raise_descriptor_limit(UINT64_MAX).value(), before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace tenon::runtime
