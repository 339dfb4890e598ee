#include "broker/durable/attach_attempt.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

using store::AnswerCode;

store::Answer answer_of(AnswerCode code) {
  store::Answer answer;
  answer.code = code;
  return answer;
}

TEST(AttachAttempt, WhatWasNeverDoneHasNothingToBeAbandoned) {
  EXPECT_FALSE(may_have_attached(answer_of(AnswerCode::not_done)));
  for (const AnswerCode code :
       {AnswerCode::done, AnswerCode::duplicate, AnswerCode::timed_out, AnswerCode::refused})
    EXPECT_TRUE(may_have_attached(answer_of(code))) << static_cast<int>(code);
}

TEST(AttachAttempt, ACleanStartFindsItsOwnSessionOrNoneMqtt_3_2_2_2) {
  service::inbox::AttachReply reply;
  EXPECT_FALSE(is_older_session(reply, 7));
  reply.number = 7;
  EXPECT_FALSE(is_older_session(reply, 7));
  reply.number = 6;
  EXPECT_TRUE(is_older_session(reply, 7));
}

}  // namespace
}  // namespace tenon::broker
