#include "node/operate/restore_rows.h"

#include "node/marks/node_marks.h"
#include "node/operate/range_questions.h"
#include "node/traffic/traffic_record.h"
#include "service/inbox/inbox_commands.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_key.h"
#include "service/retain/retain_ops.h"
#include "service/retain/retain_row.h"

namespace tenon::node {

namespace inbox = service::inbox;
namespace meta = service::meta;
namespace retain = service::retain;

namespace {

constexpr std::string_view restored_by = "restore";

Error no_row(std::string_view store) {
  return {Errc::invalid, "a row of the chunk is none of the store " + std::string(store)};
}

}  // namespace

void RestoreRows::start(kv::StoreId store, const kv::SnapshotChunk& chunk) {
  Status taken;
  if (store == kv::StoreId::inbox) {
    taken = write_session_rows(chunk);
  } else {
    for (const kv::SnapshotRow& row : chunk.rows) {
      taken = store == kv::StoreId::retain ? write_retained(row) : write_setting(row);
      if (!taken.ok()) break;
    }
  }
  if (!taken.ok()) fail(taken.error());
  end_one();
}

void RestoreRows::count(std::uint64_t written, std::uint64_t kept) {
  rows_.written += written;
  rows_.kept += kept;
}

void RestoreRows::fail(const Error& error) {
  if (!failure_) failure_ = error;
}

void RestoreRows::end_one() {
  if (--open_ > 0) return;
  if (failure_) return then_(*failure_);
  then_(rows_);
}

// The rows of each owner are one command.
Status RestoreRows::write_session_rows(const kv::SnapshotChunk& chunk) {
  for (std::size_t at = 0; at < chunk.rows.size();) {
    const auto first = inbox::split_key(chunk.rows[at].key);
    if (!first) return no_row("inbox");
    const std::string prefix(chunk.rows[at].key.substr(0, first->prefix_bytes));
    inbox::Import import;
    import.owner = {first->tenant, first->client_id};
    import.import = restore_;
    for (; at < chunk.rows.size() && chunk.rows[at].key.starts_with(prefix); ++at) {
      const auto parts = inbox::split_key(chunk.rows[at].key);
      if (!parts || parts->prefix_bytes != prefix.size()) return no_row("inbox");
      import.rows.push_back({parts->kind, parts->rest, chunk.rows[at].value});
    }
    if (!import.makes_sense()) return no_row("inbox");
    begin_one();
    const std::uint64_t total = import.rows.size();
    command_range<inbox::Op>(shard_, store::StoreId::inbox, prefix, import,
                             [self = shared_from_this(), total](Result<inbox::Import::Reply>&& reply) {
                               if (!reply.ok())
                                 self->fail(reply.error());
                               else
                                 self->count(reply->written,
                                             total - std::min<std::uint64_t>(reply->written, total));
                               self->end_one();
                             });
  }
  return {};
}

Status RestoreRows::write_retained(const kv::SnapshotRow& row) {
  const auto parts = retain::split_key(row.key);
  const auto found = retain::read_row(row.value);
  if (!parts || !found || found->message.view.topic != parts->topic) return no_row("retain");
  // Who had written is of no sessions that are to come.
  if (!found->has_message()) return {};
  const retain::Import import{parts->tenant, found->message};
  if (!import.makes_sense()) return no_row("retain");
  begin_one();
  command_range<retain::Op>(shard_, store::StoreId::retain, std::string(row.key), import,
                            [self = shared_from_this()](Result<retain::PutReply>&& reply) {
                              if (!reply.ok())
                                self->fail(reply.error());
                              else if (reply->status == retain::PutStatus::stored)
                                self->count(1, 0);
                              else
                                self->count(0, 1);
                              self->end_one();
                            });
  return {};
}

// What the store keeps for itself begins anew, and so does what restores have left there. What operators had
// said of nodes is of no other cluster, and in this one may have been taken back since.
Status RestoreRows::write_setting(const kv::SnapshotRow& row) {
  const std::string path(row.key);
  const bool is_of_this_cluster =
      path.starts_with("restore/") || path.starts_with(marks_prefix) || path.starts_with(groups_prefix);
  if (!meta::is_path(path) || is_of_this_cluster) return {};
  const auto record = service::read_record<meta::ValueRecord>(row.value);
  if (!record) return no_row("meta");
  begin_one();
  command_range<meta::Op>(shard_, store::StoreId::meta, path, meta::Put{path, record->value, 0, restored_by},
                          [self = shared_from_this()](Result<meta::ChangeReply>&& reply) {
                            if (!reply.ok())
                              self->fail(reply.error());
                            else if (reply->status == meta::ChangeStatus::done)
                              self->count(1, 0);
                            else
                              self->count(0, 1);
                            self->end_one();
                          });
  return {};
}

}  // namespace tenon::node
