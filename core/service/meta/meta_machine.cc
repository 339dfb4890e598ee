#include "service/meta/meta_machine.h"

#include <algorithm>
#include <deque>

#include "service/store_key.h"

namespace tenon::service::meta {

namespace {

constexpr std::string_view revision_key = "~revision";
constexpr std::string_view audit_prefix = "~audit/";
// The first key behind those of the store itself.
constexpr std::string_view behind_own = "\x7f";

std::string audit_key(std::uint64_t revision) {
  std::string key(audit_prefix);
  append_be64(key, revision);
  return key;
}

Result<std::uint64_t> read_revision(const kv::StateView& state) {
  const auto value = state.get(revision_key);
  if (!value) return value.error();
  if (!*value) return std::uint64_t{0};
  const auto record = read_record<RevisionRecord>(**value);
  if (!record) return record.error();
  return record->revision;
}

// The version that the path has; 0: there is no value.
Result<std::uint64_t> read_version(const kv::StateView& state, std::string_view path) {
  const auto value = state.get(path);
  if (!value) return value.error();
  if (!*value) return std::uint64_t{0};
  const auto record = read_record<ValueRecord>(**value);
  if (!record) return record.error();
  return record->version;
}

// Takes the next revision and writes down what it did.
Result<std::uint64_t> count_change(const kv::ApplyContext& context, Change change, std::string_view path,
                                   std::string_view who, kv::State& state) {
  const auto last = read_revision(state);
  if (!last) return last.error();
  const std::uint64_t revision = *last + 1;
  state.put(revision_key, write_record(RevisionRecord{revision}));
  state.put(audit_key(revision), write_record(AuditRecord{context.now_ms, who, change, path}));
  if (revision > audit_count_max) state.erase(audit_key(revision - audit_count_max));
  return revision;
}

Result<ChangeReply> apply_op(const kv::ApplyContext& context, const Put& op, kv::State& state) {
  const auto version = read_version(state, op.path);
  if (!version) return version.error();
  if (op.expected && *op.expected != *version) return ChangeReply{ChangeStatus::conflict, *version};
  const auto revision = count_change(context, Change::put, op.path, op.who, state);
  if (!revision) return revision.error();
  state.put(op.path, write_record(ValueRecord{*revision, context.now_ms, op.who, op.value}));
  return ChangeReply{ChangeStatus::done, *revision};
}

Result<ChangeReply> apply_op(const kv::ApplyContext& context, const Erase& op, kv::State& state) {
  const auto version = read_version(state, op.path);
  if (!version) return version.error();
  if (op.expected && *op.expected != *version) return ChangeReply{ChangeStatus::conflict, *version};
  if (*version == 0) return ChangeReply{};
  const auto revision = count_change(context, Change::erase, op.path, op.who, state);
  if (!revision) return revision.error();
  state.erase(op.path);
  return ChangeReply{};
}

Result<Get::Reply> answer(const kv::StateView& state, const Get& question,
                          std::deque<std::string>& ret_texts) {
  auto value = state.get(question.path);
  if (!value) return value.error();
  if (!*value) return Get::Reply{};
  const auto record = read_record<ValueRecord>(ret_texts.emplace_back(std::move(**value)));
  if (!record) return record.error();
  return Get::Reply{*record};
}

Result<List::Reply> answer(const kv::StateView& state, const List& question,
                           std::deque<std::string>& ret_texts) {
  List::Reply reply;
  std::string from(question.prefix);
  if (!question.cursor.empty()) from = std::max(from, std::string(question.cursor) + '\0');
  Status read;
  bool own = false;
  const auto visit = [&](std::string_view key, std::string_view value) {
    own = key.starts_with('~');
    if (own) return false;
    reply.more = reply.items.size() == question.count_max;
    if (reply.more) return false;
    const auto record = read_record<ValueRecord>(ret_texts.emplace_back(value));
    if (!record) {
      read = record.error();
      return false;
    }
    reply.items.push_back({ret_texts.emplace_back(key), *record});
    return true;
  };
  const std::string end = kv::end_of_prefix(question.prefix);
  Status walked = state.scan(from, end, visit);
  // Paths behind the store's own keys.
  if (walked && read && own && (end.empty() || behind_own < end)) walked = state.scan(behind_own, end, visit);
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

Result<ListAudit::Reply> answer(const kv::StateView& state, const ListAudit& question,
                                std::deque<std::string>& ret_texts) {
  ListAudit::Reply reply;
  const auto revision = read_revision(state);
  if (!revision) return revision.error();
  reply.revision = *revision;
  Status read;
  const Status walked =
      state.scan(audit_key(question.from_revision), kv::end_of_prefix(audit_prefix),
                 [&](std::string_view key, std::string_view value) {
                   if (reply.items.size() == question.count_max) return false;
                   const auto record = read_record<AuditRecord>(ret_texts.emplace_back(value));
                   std::string_view number = key.substr(audit_prefix.size());
                   if (!record || number.size() != 8) {
                     read = Error{Errc::corrupt, "an entry of the audit does not hold together"};
                     return false;
                   }
                   reply.items.push_back({take_be64(number), *record});
                   return true;
                 });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

}  // namespace

std::uint8_t MetaMachine::version_of(std::string_view command) const {
  return version_of_batch(command);
}

std::uint8_t MetaMachine::version() const {
  return version_of_ops<Op>;
}

Status MetaMachine::apply(const kv::ApplyContext& context, std::string_view command, kv::State& state,
                          std::string& ret_reply) {
  return apply_batch<Op>(command, ret_reply, [&](const auto& op) { return apply_op(context, op, state); });
}

Status MetaMachine::query(UnixMs, std::string_view question, const kv::StateView& state,
                          std::string& ret_reply) const {
  std::deque<std::string> texts;
  return apply_batch<Question>(question, ret_reply,
                               [&](const auto& asked) { return answer(state, asked, texts); });
}

}  // namespace tenon::service::meta
