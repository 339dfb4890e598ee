#include "node/operate/audit/audit_desk.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

namespace meta = service::meta;

// The audit of a store of which the changes up to `last` were made, and those before `first` forgotten.
struct Audit {
  std::uint64_t first = 1;
  std::uint64_t last = 0;

  meta::ListAudit::Reply answer(const meta::ListAudit& question) const {
    meta::ListAudit::Reply reply;
    reply.revision = last;
    for (std::uint64_t at = std::max(question.from_revision, first); at <= last; ++at) {
      if (reply.items.size() == question.count_max) break;
      reply.items.push_back(
          {at, {1000, "owner", at % 2 ? meta::Change::put : meta::Change::erase, "bans/client/a"}});
    }
    return reply;
  }
  // What all pages list together, the newest first.
  std::vector<std::uint64_t> all(std::uint32_t limit) const {
    std::vector<std::uint64_t> revisions;
    for (std::optional<std::uint64_t> before = last + 1; before;) {
      const auto page = page_of(answer(question_of_page(*before, limit)), *before);
      EXPECT_LE(page.entries.size(), limit);
      for (const auto& entry : page.entries) revisions.push_back(entry.revision);
      before = page.next;
    }
    return revisions;
  }
};

TEST(AuditDesk, PagesListEachChangeOnceTheNewestFirst) {
  for (const std::uint32_t limit : {1u, 2u, 3u, 7u, 100u})
    EXPECT_EQ((Audit{1, 7}.all(limit)), (std::vector<std::uint64_t>{7, 6, 5, 4, 3, 2, 1})) << limit;
}

TEST(AuditDesk, WhatIsForgottenEndsTheList) {
  for (const std::uint32_t limit : {1u, 2u, 3u, 100u})
    EXPECT_EQ((Audit{5, 7}.all(limit)), (std::vector<std::uint64_t>{7, 6, 5})) << limit;
}

TEST(AuditDesk, AStoreThatNothingWasPutInHasNoPages) {
  EXPECT_TRUE((Audit{1, 0}.all(10)).empty());
}

TEST(AuditDesk, AnEntrySaysWhatWasDone) {
  const auto page = page_of(Audit{1, 2}.answer({1, 10}), 3);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_TRUE(page.entries[0].removed);
  EXPECT_FALSE(page.entries[1].removed);
  EXPECT_EQ(page.entries[1].by, "owner");
}

}  // namespace
}  // namespace tenon::node
