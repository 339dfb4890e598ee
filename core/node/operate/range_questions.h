#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "broker/shard.h"
#include "service/batch.h"

namespace tenon::node {

constexpr std::int64_t range_patience_ns = 5 * ns_per_s;

// That a range did not answer, in an operator's words.
inline Error no_answer_of_range() {
  return {Errc::timed_out,
          "a range that this concerns has not answered in time: it may have no leader; GET /api/v1/ranges "
          "shows them"};
}

// Asks the range that holds `key` one question; fn(Result<typename Ask::Reply>&&, const std::string& end) is
// called once, in a later turn of the shard, and `end` is where the range ended. `Question` is the store's
// variant. On the shard's worker.
template <class Question, class Ask, class Fn>
void ask_range(broker::Shard& shard, store::StoreId store, const std::string& key, const Ask& ask, Fn fn) {
  service::BatchBuilder<Question> question;
  question.add(ask);
  shard.store().ask_soon(
      store, store::Request::Kind::query, key, question.take(), range_patience_ns,
      [fn = std::move(fn)](const store::Answer& answer) {
        if (answer.code == store::AnswerCode::unsupported)
          return fn(Result<typename Ask::Reply>(
                        Error{Errc::unsupported, "the node that leads the range is of an older version"}),
                    answer.end);
        if (answer.code != store::AnswerCode::done)
          return fn(Result<typename Ask::Reply>(no_answer_of_range()), answer.end);
        fn(service::BatchReplyReader<Question>(answer.text).template next<Ask>(), answer.end);
      });
}

// The same with a command, which takes effect once; fn(Result<typename Do::Reply>&&). One whose time is up
// may take effect still.
template <class Op, class Do, class Fn>
void command_range(broker::Shard& shard, store::StoreId store, const std::string& key, const Do& op, Fn fn) {
  service::BatchBuilder<Op> command;
  command.add(op);
  shard.store().ask_soon(store, store::Request::Kind::append, key, command.take(), range_patience_ns,
                         [fn = std::move(fn)](const store::Answer& answer) {
                           using Reply = typename Do::Reply;
                           if (answer.code == store::AnswerCode::done)
                             return fn(service::BatchReplyReader<Op>(answer.text).template next<Do>());
                           // Applied, but its reply is lost.
                           if (answer.code == store::AnswerCode::duplicate) return fn(Result<Reply>(Reply{}));
                           if (answer.code == store::AnswerCode::unsupported)
                             return fn(Result<Reply>(Error{
                                 Errc::unsupported, "a node that holds the range is of an older version"}));
                           fn(Result<Reply>(no_answer_of_range()));
                         });
}

}  // namespace tenon::node
