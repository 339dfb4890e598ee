#include "bin/ctl/range_commands.h"

#include <gtest/gtest.h>

#include "admin/json/ranges_json.h"
#include "fakes.h"

namespace tenon::ctl {
namespace {

// What stands behind the table.
std::string notes_of(const std::vector<admin::RangeStatus>& ranges) {
  const std::string text = ranges_view(admin::ranges_json(ranges)).value();
  const std::size_t begin = text.find("\nRange ");
  return begin == std::string::npos ? "" : text.substr(begin + 1);
}

TEST(CtlRanges, OfRangesThatAreAsTheyShouldBeThereIsNothingToSay) {
  EXPECT_EQ(notes_of(admin::FakeRanges().list), "");
}

TEST(CtlRanges, OneThatWasRecoveredBySilenceIsNamedWithWhatToDo) {
  auto list = admin::FakeRanges().list;
  list[0].is_provisional = true;
  list[0].missing = {"00000000000000a2", "00000000000000a3"};
  list[1].is_provisional = true;  // of which the node has no replica
  EXPECT_EQ(
      notes_of(list),
      "Range 12884901888 is provisional: it was recovered on nothing but silence of "
      "00000000000000a2,00000000000000a3. If who was silent is lost for good: node remove for each, or "
      "range recover 12884901888 --confirm.\n"
      "Range 18446744073709551615 is provisional: it was recovered on nothing but silence. If who was "
      "silent is lost for good: node remove for each, or range recover 18446744073709551615 --confirm.\n");
}

TEST(CtlRanges, OneThatIsKeptAsideIsNamed) {
  auto list = admin::FakeRanges().list;
  list[0].replica->role = "kept";
  EXPECT_EQ(
      notes_of(list),
      "Range 12884901888 was recovered by others on nothing but silence, and this node holds what may not "
      "be in it.\n");
}

}  // namespace
}  // namespace tenon::ctl
