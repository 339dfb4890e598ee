#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/api.h"
#include "admin/console/console_files.h"
#include "admin/http/response_writer.h"
#include "fakes.h"
#include "http/http_conversation.h"

namespace tenon::admin {
namespace {

using testing::HasSubstr;

MemoryDisk disk_with_console() {
  MemoryDisk disk;
  disk.files["/console/index.html"] = "<p>tenon";
  disk.files["/console/app.js"] = "go()";
  disk.files["/console/README.md"] = "for developers";
  disk.files["/console/old/app.js"] = "gone()";
  disk.files["/secret.js"] = "secret";
  return disk;
}

TEST(ConsoleFiles, ArePagesScriptsStylesAndPicturesOfTheDirectoryAlone) {
  MemoryDisk disk = disk_with_console();
  const auto files = ConsoleFiles::read(disk, "/console");
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->find("index.html")->body, "<p>tenon");
  EXPECT_EQ(files->find("app.js")->content_type, "text/javascript; charset=utf-8");
  for (const char* name : {"README.md", "old/app.js", "../secret.js", "", "/console/app.js"})
    EXPECT_EQ(files->find(name), nullptr) << name;
}

TEST(ConsoleFiles, AnotherContentHasAnotherTag) {
  MemoryDisk disk = disk_with_console();
  const std::string before = ConsoleFiles::read(disk, "/console")->find("app.js")->etag;
  disk.files["/console/app.js"] = "og()";
  EXPECT_NE(ConsoleFiles::read(disk, "/console")->find("app.js")->etag, before);
}

TEST(ConsoleFiles, WithoutDirectoryOrFirstPageItIsNotInstalled) {
  MemoryDisk disk = disk_with_console();
  EXPECT_EQ(ConsoleFiles::read(disk, "/nowhere").error().code, Errc::not_found);
  disk.files.erase("/console/index.html");
  EXPECT_EQ(ConsoleFiles::read(disk, "/console").error().code, Errc::not_found);
}

TEST(ConsoleFiles, WhatIsTooLongOrCantBeReadIsNamed) {
  MemoryDisk disk = disk_with_console();
  disk.files["/console/app.js"] = std::string(ConsoleFiles::file_bytes_max + 1, 'x');
  EXPECT_THAT(ConsoleFiles::read(disk, "/console").error().message, HasSubstr("/console/app.js"));
  disk.files["/console/app.js"] = "go()";
  disk.unreadable.insert("/console/app.js");
  EXPECT_THAT(ConsoleFiles::read(disk, "/console").error().message, HasSubstr("/console/app.js"));
}

TEST(Console, IsServedToAnybodyAndOnlyOnceToWhoHasIt) {
  MemoryDisk disk = disk_with_console();
  const auto files = ConsoleFiles::read(disk, "/console");
  FakeParts fakes;
  ApiParts parts = fakes.parts();
  parts.console = &*files;
  const Api api(parts, TokenBook());
  HttpRequest request{.method = "GET",
                      .path = "/console/app.js",
                      .query = {},
                      .fields = {},
                      .body = {},
                      .peer = PeerTrust::remote};
  EXPECT_FALSE(api.refuse(request));
  const HttpResponse first = response_of(api.handle(request));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "go()");
  std::string sent;
  append_response(sent, first, {}, 0);
  EXPECT_THAT(sent, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_EQ(count_of(sent, "Cache-Control"), 1u);
  EXPECT_EQ(count_of(sent, "X-Content-Type-Options"), 1u);
  request.fields = {{"If-None-Match", files->find("app.js")->etag}};
  const HttpResponse again = response_of(api.handle(request));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
}

}  // namespace
}  // namespace tenon::admin
