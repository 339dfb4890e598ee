#include "stage/describe.h"

#include <cstddef>
#include <vector>

namespace tenon::raft {
namespace {

std::string at(Index index, Term term) {
  return std::to_string(index) + "@" + std::to_string(term);
}

std::string list(const std::vector<NodeId>& nodes) {
  std::string text = "(";
  for (std::size_t i = 0; i < nodes.size(); ++i) text += (i == 0 ? "" : " ") + describe(nodes[i]);
  return text + ")";
}

std::string list(const std::vector<Entry>& entries) {
  std::string text = "[";
  for (std::size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? "" : ", ") + describe(entries[i]);
  return text + "]";
}

std::string_view name(MessageType type) {
  switch (type) {
    case MessageType::pre_vote:
      return "pre_vote";
    case MessageType::pre_vote_response:
      return "pre_vote_response";
    case MessageType::vote:
      return "vote";
    case MessageType::vote_response:
      return "vote_response";
    case MessageType::append:
      return "append";
    case MessageType::append_response:
      return "append_response";
    case MessageType::heartbeat:
      return "heartbeat";
    case MessageType::heartbeat_response:
      return "heartbeat_response";
    case MessageType::snapshot:
      return "snapshot";
    case MessageType::timeout_now:
      return "timeout_now";
    case MessageType::read_index:
      return "read_index";
    case MessageType::read_index_response:
      break;
  }
  return "read_index_response";
}

std::string_view name(Role role) {
  switch (role) {
    case Role::follower:
      return "follower";
    case Role::pre_candidate:
      return "pre_candidate";
    case Role::candidate:
      return "candidate";
    case Role::leader:
      break;
  }
  return "leader";
}

// What is particular to the type.
std::string content(const Message& message) {
  const auto yes_no = [&](const char* yes, const char* no) { return message.reject ? no : yes; };
  switch (message.type) {
    case MessageType::pre_vote:
    case MessageType::vote:
      return " last " + at(message.index, message.log_term) + (message.force ? " forced" : "");
    case MessageType::pre_vote_response:
    case MessageType::vote_response:
      return yes_no(" granted", " refused");
    case MessageType::append:
      return " after " + at(message.index, message.log_term) + " " + list(message.entries) + " commit " +
             std::to_string(message.commit);
    case MessageType::append_response:
      if (!message.reject) return " has " + std::to_string(message.index);
      return " refused " + std::to_string(message.index) + ", try " + at(message.hint, message.log_term);
    case MessageType::heartbeat:
      return " commit " + std::to_string(message.commit) + (message.quiesce ? " sleep" : "");
    case MessageType::heartbeat_response:
      return message.installing ? " installing" : "";
    case MessageType::snapshot:
      return " " + at(message.snapshot.index, message.snapshot.term) + " " +
             describe(message.snapshot.configuration);
    case MessageType::read_index_response:
      return " index " + std::to_string(message.index);
    case MessageType::timeout_now:
    case MessageType::read_index:
      break;
  }
  return "";
}

}  // namespace

std::string describe(NodeId node) {
  return std::to_string(static_cast<std::uint64_t>(node));
}

std::string describe(const Configuration& configuration) {
  std::string text = "voters " + list(configuration.voters);
  if (configuration.joint()) text += " outgoing " + list(configuration.voters_outgoing);
  if (!configuration.learners.empty()) text += " learners " + list(configuration.learners);
  return text;
}

std::string describe(const Entry& entry) {
  const std::string place = at(entry.index, entry.term);
  if (entry.kind == EntryKind::noop) return place + " noop";
  if (entry.kind == EntryKind::command) return place + " " + std::string(entry.payload.view());
  const auto configuration = decode_configuration(entry.payload.view());
  return place + " " + (configuration ? describe(*configuration) : "damaged");
}

std::string describe(const Message& message) {
  return describe(message.from) + " -> " + describe(message.to) + " " + std::string(name(message.type)) +
         " term " + std::to_string(message.term) + content(message);
}

std::string describe(NodeId node, const Ready& ready) {
  const std::string who = "  " + describe(node) + " ";
  std::string text;
  if (ready.soft_state) {
    text += who + "is " + std::string(name(ready.soft_state->role)) + " in term " +
            std::to_string(ready.soft_state->term) + ", leader " + describe(ready.soft_state->leader) +
            (ready.soft_state->quiesced ? ", asleep" : "") + "\n";
  }
  if (ready.write != 0) {
    text += who + "writes";
    if (ready.hard_state) {
      text += " term " + std::to_string(ready.hard_state->term) + " vote " + describe(ready.hard_state->vote);
    }
    if (!ready.entries.empty()) text += " " + list(ready.entries);
    text += "\n";
  }
  if (!ready.committed.empty()) text += who + "applies " + list(ready.committed) + "\n";
  if (ready.install)
    text += who + "wants the snapshot at " + std::to_string(ready.install->meta.index) + "\n";
  for (const ReadResult& read : ready.reads) {
    text += who + "read " + std::to_string(read.context) +
            (read.status == ReadStatus::ready ? " ready at " + std::to_string(read.index) : " dropped") +
            "\n";
  }
  return text;
}

}  // namespace tenon::raft
