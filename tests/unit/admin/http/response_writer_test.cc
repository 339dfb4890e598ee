#include "admin/http/response_writer.h"

#include <gtest/gtest.h>

namespace tenon::admin {
namespace {

TEST(ResponseWriter, DatesAreImfFixdates) {
  EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951'782'400'000), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(ResponseWriter, AFieldValueCanNotEndTheHeader) {
  std::string out;
  HttpResponse response{.fields = {{"X", "a\r\n\r\nb"}}};
  append_response(out, response, {}, 0);
  EXPECT_NE(out.find("X: ab\r\n"), std::string::npos);
}

TEST(ResponseWriter, WhatAResponseSaysOfCachesIsSaidAlone) {
  std::string out;
  append_response(out, {.fields = {{"cache-control", "no-cache"}}}, {}, 0);
  EXPECT_NE(out.find("cache-control: no-cache\r\n"), std::string::npos);
  EXPECT_EQ(out.find("no-store"), std::string::npos);
}

TEST(ResponseWriter, ANotModifiedSaysNothingOfAContent) {
  std::string out;
  append_response(out, {.status = 304, .body = "x", .fields = {{"ETag", "\"1\""}}}, {}, 784'111'777'000);
  EXPECT_EQ(out,
            "HTTP/1.1 304 Not Modified\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "ETag: \"1\"\r\n"
            "\r\n");
}

TEST(ResponseWriter, EveryStatusThatIsUsedHasAReason) {
  for (const int status : {200, 400, 401, 404, 405, 413, 414, 417, 431, 500, 501, 503, 505})
    EXPECT_NE(reason_phrase(static_cast<std::uint16_t>(status)), "Unknown") << status;
}

}  // namespace
}  // namespace tenon::admin
