#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command.h"
#include "store/request.h"

namespace tenon::store {

// Bodies of the messages between store threads, by PeerMessage. Texts that were read are views of the body.
// Empty results: the body does not hold together, or says something that this version does not know.

struct GroupMessage {
  RangeId range;
  std::string_view payload;
};
std::string write_group_message(const GroupMessage& message);
std::optional<GroupMessage> read_group_message(std::string_view body);

struct RequestMessage {
  RangeId range;
  Request::Kind kind = Request::Kind::query;
  kv::Command command;  // of the machine: Kind::service, or with a last key Kind::service_many
  std::uint64_t id = 0;
};
std::string write_request_message(const RequestMessage& message);
std::optional<RequestMessage> read_request_message(std::string_view body);

struct AnswerMessage {
  std::uint64_t id = 0;
  Answer answer;
};
std::string write_answer_message(const AnswerMessage& message);
std::optional<AnswerMessage> read_answer_message(std::string_view body);

// A range as it is now.
struct RangeMessage {
  RangeId range;
  kv::Descriptor descriptor;
};
std::string write_range_message(const RangeMessage& message);
std::optional<RangeMessage> read_range_message(std::string_view body);

// What a node knows of the cluster's ranges.
struct RangesMessage {
  std::uint64_t cluster_id = 0;  // 0: the node is in no cluster, and knows no ranges
  struct Range {
    RangeId id;
    kv::Descriptor descriptor;
  };
  std::vector<Range> ranges;
  // What the node that says this takes replicas of, as bits: 1 << StoreId. Older ones do not say it.
  std::uint32_t stores = UINT32_MAX;  // that vote
  std::uint32_t learns = UINT32_MAX;  // where all nodes learn
};
std::string write_ranges_message(const RangesMessage& message);
std::optional<RangesMessage> read_ranges_message(std::string_view body);

}  // namespace tenon::store
