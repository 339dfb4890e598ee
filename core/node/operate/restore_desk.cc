#include "node/operate/restore_desk.h"

#include "base/text/hex.h"
#include "node/operate/range_questions.h"
#include "node/operate/restore_rows.h"
#include "node/operate/restore_step.h"
#include "service/inbox/inbox_queries.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_ops.h"
#include "store/backup/exports.h"

namespace tenon::node {

namespace inbox = service::inbox;
namespace meta = service::meta;
namespace retain = service::retain;

namespace {

constexpr std::string_view marks_prefix = "restore/";
constexpr std::string_view restored_by = "restore";

std::string mark_path(std::uint64_t restore) {
  return std::string(marks_prefix) + hex_text(restore);
}

std::optional<kv::StoreId> store_of(const std::string& name) {
  if (name == "meta") return kv::StoreId::meta;
  if (name == "inbox") return kv::StoreId::inbox;
  if (name == "retain") return kv::StoreId::retain;
  return std::nullopt;
}

Error not_empty(std::string_view what) {
  return {Errc::exists, "this cluster is not empty: it has " + std::string(what) +
                            "; a restore into it has to be asked for, and leaves all that is there as it is"};
}

// Asks each range of a store in turn; `look` says whether its answer shows that there is nothing.
template <class Question, class Ask>
void when_empty(broker::Shard& shard, store::StoreId store, const std::string& from, const Ask& ask,
                std::string_view what, bool (*is_nothing)(const typename Ask::Reply&),
                std::function<void(Status&&)> then) {
  ask_range<Question>(shard, store, from, ask,
                      [&shard, store, from, ask, what, is_nothing, then](Result<typename Ask::Reply>&& reply,
                                                                         const std::string& end) {
                        if (!reply.ok()) return then(reply.error());
                        if (!is_nothing(*reply)) return then(not_empty(what));
                        if (end.empty()) return then({});
                        if (end <= from) return then(no_answer_of_range());
                        when_empty<Question>(shard, store, end, ask, what, is_nothing, then);
                      });
}

void when_all_empty(broker::Shard& shard, std::function<void(Status&&)> then) {
  const auto has_no_settings = [&shard, then](Status&& empty) {
    if (!empty.ok()) return then(std::move(empty));
    when_empty<meta::Question>(
        shard, store::StoreId::meta, {}, meta::List{{}, {}, 1000}, "settings in the store meta",
        [](const meta::List::Reply& reply) {
          return !reply.more && std::all_of(reply.items.begin(), reply.items.end(), [](const auto& item) {
            return item.path.starts_with(marks_prefix);
          });
        },
        then);
  };
  const auto has_nothing_retained = [&shard, then, has_no_settings](Status&& empty) {
    if (!empty.ok()) return then(std::move(empty));
    when_empty<retain::Question>(
        shard, store::StoreId::retain, {}, retain::CountTopics{}, "retained messages",
        [](const retain::CountTopics::Reply& reply) { return reply.topics == 0; }, has_no_settings);
  };
  when_empty<inbox::Question>(
      shard, store::StoreId::inbox, {}, inbox::GetCounts{}, "sessions",
      [](const inbox::Counts& counts) { return counts.sessions == 0; }, has_nothing_retained);
}

}  // namespace

void RestoreDesk::read_state(const admin::StateQuestion& question, admin::Then<std::string> then) {
  in_turn([this, question, then = std::move(then)] {
    const auto store = store_of(question.store);
    if (!store) return then(Error{Errc::invalid, "there is no such store in a backup"});
    home_.store().ask_soon(*store, store::Request::Kind::state, question.key,
                           store::write_export_question({question.reader, question.chunk}), range_patience_ns,
                           [then](const store::Answer& answer) {
                             if (answer.code == store::AnswerCode::done)
                               return then(std::string(answer.text));
                             if (answer.code == store::AnswerCode::refused)
                               return then(Error{Errc::exists, answer.text});
                             then(no_answer_of_range());
                           });
  });
}

void RestoreDesk::begin_restore(const admin::RestoreBegin& begin, admin::Then<admin::RestoreBegun> then) {
  in_turn([this, begin, then = std::move(then)] {
    when_begun(begin.restore, [this, begin, then](Status&& begun) {
      if (begun.ok()) return then(admin::RestoreBegun{true});
      if (begun.error().code != Errc::not_found) return then(begun.error());
      if (begin.into_nonempty) return mark_begun(begin, then);
      when_all_empty(home_, [this, begin, then](Status&& empty) {
        if (!empty.ok()) return then(empty.error());
        mark_begun(begin, then);
      });
    });
  });
}

void RestoreDesk::mark_begun(const admin::RestoreBegin& begin, admin::Then<admin::RestoreBegun> then) {
  const std::string path = mark_path(begin.restore);
  command_range<meta::Op>(home_, store::StoreId::meta, path, meta::Put{path, "begun", {}, restored_by},
                          [this, begin, then](Result<meta::ChangeReply>&& reply) {
                            if (!reply.ok()) return then(reply.error());
                            begun_.insert(begin.restore);
                            then(admin::RestoreBegun{});
                          });
}

void RestoreDesk::when_begun(std::uint64_t restore, std::function<void(Status&&)> then) {
  const std::string path = mark_path(restore);
  ask_range<meta::Question>(
      home_, store::StoreId::meta, path, meta::Get{path},
      [this, restore, then](Result<meta::Get::Reply>&& reply, const std::string&) {
        if (!reply.ok()) return then(reply.error());
        if (!reply->value) {
          begun_.erase(restore);
          return then(Error{Errc::not_found, "no restore of this id was begun, or it has ended"});
        }
        begun_.insert(restore);
        then({});
      });
}

void RestoreDesk::restore_rows(const admin::RestoreRowsOf& rows, admin::Then<admin::RestoredRows> then) {
  in_turn([this, rows, then = std::move(then)] {
    const auto write = [this, rows, then](Status&& begun) {
      if (!begun.ok()) return then(begun.error());
      const auto store = store_of(rows.store);
      const auto chunk = kv::decode_snapshot_chunk(rows.chunk);
      if (!chunk.ok()) return then(Error{Errc::invalid, "the chunk is damaged: " + chunk.error().message});
      if (!store || chunk->kind != kv::SnapshotChunk::Kind::rows || chunk->space != kv::SnapshotSpace::state)
        return then(Error{Errc::invalid, "the chunk has no rows of a store's state"});
      std::make_shared<RestoreRows>(home_, rows.restore, then)->start(*store, *chunk);
    };
    if (begun_.contains(rows.restore)) return write({});
    when_begun(rows.restore, write);
  });
}

void RestoreDesk::restore_step(const admin::RestoreStep& step, admin::Then<admin::RestoredPage> then) {
  in_turn([this, step, then = std::move(then)] {
    when_begun(step.restore, [this, step, then](Status&& begun) {
      if (!begun.ok()) return then(begun.error());
      if (step.what == admin::RestoreStep::What::end) return end_restore(step.restore, then);
      std::make_shared<RestoreStep>(home_, step, then)->start();
    });
  });
}

void RestoreDesk::end_restore(std::uint64_t restore, admin::Then<admin::RestoredPage> then) {
  const std::string path = mark_path(restore);
  command_range<meta::Op>(home_, store::StoreId::meta, path, meta::Erase{path, {}, restored_by},
                          [this, restore, then](Result<meta::ChangeReply>&& reply) {
                            if (!reply.ok()) return then(reply.error());
                            begun_.erase(restore);
                            then(admin::RestoredPage{});
                          });
}

}  // namespace tenon::node
