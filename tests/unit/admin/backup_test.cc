#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/api.h"
#include "admin/json/base64.h"
#include "fakes.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

struct BackupRoutes : testing::Test, FakeParts {
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& query = {},
                   const std::string& body = {}) {
    return ask_as_owner(api, method, path, query, body);
  }

  Api api{parts(), TokenBook{}};
};

TEST_F(BackupRoutes, AStateIsReadChunkByChunk) {
  const auto head = ask("POST", "/api/v1/backup/inbox", "", R"({"reader": "aB1", "key": "%00x"})");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.content_type, "application/octet-stream");
  EXPECT_EQ(head.body, "chunk 0");
  EXPECT_EQ(ask("GET", "/api/v1/backup/retain/ab1", "chunk=3&key=%2500x").body, "chunk 3");
  ASSERT_EQ(backup.questions.size(), 2u);
  EXPECT_EQ(backup.questions[0].store, "inbox");
  EXPECT_EQ(backup.questions[0].reader, 0xab1u);
  EXPECT_EQ(backup.questions[0].key, std::string("\0x", 2));
  EXPECT_EQ(backup.questions[1].key, std::string("\0x", 2));
  EXPECT_EQ(backup.questions[1].chunk, 3u);
  backup.failure = Error{Errc::exists, "gone"};
  EXPECT_EQ(ask("GET", "/api/v1/backup/retain/ab1").status, 409);
}

TEST_F(BackupRoutes, QuestionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(ask("POST", "/api/v1/backup/dist", "", R"({"reader": "1"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/backup/inbox", "", R"({"key": ""})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/backup/inbox", "", R"({"reader": "0"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/backup/inbox", "", R"({"reader": "xyz"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/backup/inbox", "", R"({"reader": "11111111111111111"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/backup/inbox", "", R"({"reader": "1", "key": "%"})").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/backup/inbox/1", "chunk=0").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/restore/1/rows", "", R"({"store": "dist", "chunk_base64": ""})").status,
            400);
  EXPECT_EQ(ask("POST", "/api/v1/restore/1/rows", "", R"({"store": "inbox", "chunk_base64": "?"})").status,
            400);
  EXPECT_EQ(ask("POST", "/api/v1/restore/1/steps", "", R"({"step": "all"})").status, 400);
  EXPECT_TRUE(backup.questions.empty());
}

TEST_F(BackupRoutes, ARestoreIsBegunWrittenAndFinishedInSteps) {
  const auto begun = ask("POST", "/api/v1/restore", "", R"({"restore": "ff", "into_nonempty": true})");
  EXPECT_FALSE(nlohmann::json::parse(begun.body).at("repeated").get<bool>());
  ASSERT_EQ(backup.begun.size(), 1u);
  EXPECT_TRUE(backup.begun[0].restore == 0xff && backup.begun[0].into_nonempty);
  const auto rows =
      ask("POST", "/api/v1/restore/ff/rows", "",
          R"({"store": "meta", "chunk_base64": ")" + base64_of(std::string("\0\xff", 2)) + R"("})");
  EXPECT_EQ(nlohmann::json::parse(rows.body).at("written"), 3);
  EXPECT_EQ(backup.rows.at(0).chunk, std::string("\0\xff", 2));
  const auto page =
      nlohmann::json::parse(ask("POST", "/api/v1/restore/ff/steps", "", R"({"step": "routes"})").body);
  EXPECT_EQ(page.at("routes"), 5);
  const std::string cursor = page.at("cursor");
  ask("POST", "/api/v1/restore/ff/steps", "", R"({"step": "release", "cursor": ")" + cursor + R"("})");
  ASSERT_EQ(backup.steps.size(), 2u);
  EXPECT_EQ(backup.steps[1].cursor, "k\xff");
  EXPECT_EQ(backup.steps[1].what, RestoreStep::What::release);
  backup.failure = Error{Errc::exists, "not empty"};
  const auto refused = ask("POST", "/api/v1/restore", "", R"({"restore": "fe"})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("not empty"));
}

TEST_F(BackupRoutes, OnlyMessagesAndTheRowsOfARestoreMayBeLargeBodies) {
  const auto allowed = [this](const std::string& path) {
    HttpRequest request;
    request.method = "POST";
    request.path = path;
    return api.body_bytes_max(request, 1000);
  };
  EXPECT_GT(allowed("/api/v1/restore/1/rows"), std::size_t{20} << 20);
  EXPECT_EQ(allowed("/api/v1/restore"), 1000u);
  EXPECT_GT(allowed("/api/v1/publish"), std::size_t{20} << 20);
  EXPECT_EQ(allowed("/api/v1/nodes/1/drain"), 1000u);
  EXPECT_EQ(allowed("/nowhere"), 1000u);
}

}  // namespace
}  // namespace tenon::admin
