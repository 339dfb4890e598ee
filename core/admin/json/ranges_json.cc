#include "admin/json/ranges_json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "admin/json/key_text.h"
#include "base/text/hex.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t reason_bytes_max = 500;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string epoch_text(std::uint32_t boundary, std::uint32_t members) {
  return std::to_string(boundary) + "." + std::to_string(members);
}

Json replica_of(const RangeStatus::Replica& replica) {
  Json lags = Json::object();
  for (const auto& [node, entries] : replica.lags) lags[node] = entries;
  Json json = {{"role", replica.role},
               {"term", replica.term},
               {"applied", replica.applied},
               {"committed", replica.committed},
               {"flushed", replica.flushed},
               {"memory_bytes", replica.memory_bytes},
               {"commands_per_s", replica.commands_per_s},
               {"bytes_per_s", replica.bytes_per_s},
               {"quiescent", replica.quiescent},
               {"order", replica.order},
               {"lags", std::move(lags)}};
  if (replica.size_bytes) json["size_bytes"] = *replica.size_bytes;
  return json;
}

Json range_of(const RangeStatus& range) {
  Json json = {
      {"id", std::to_string(range.id)}, {"incarnation", range.incarnation},
      {"store", range.store},           {"begin", key_text(range.begin)},
      {"end", key_text(range.end)},     {"epoch", epoch_text(range.boundary_epoch, range.members_epoch)},
      {"leader", range.leader},         {"voters", range.voters},
      {"outgoing", range.outgoing},     {"learners", range.learners}};
  json["provisional"] = range.is_provisional;
  if (range.is_provisional) json["missing"] = range.missing;
  if (range.replica) json["replica"] = replica_of(*range.replica);
  return json;
}

// "3.1"; empty: it is not like that.
std::optional<std::pair<std::uint32_t, std::uint32_t>> read_epoch(const std::string& text) {
  std::pair<std::uint32_t, std::uint32_t> epoch;
  const char* const end = text.data() + text.size();
  const auto boundary = std::from_chars(text.data(), end, epoch.first);
  if (boundary.ec != std::errc() || boundary.ptr == end || *boundary.ptr != '.') return std::nullopt;
  const auto members = std::from_chars(boundary.ptr + 1, end, epoch.second);
  if (members.ec != std::errc() || members.ptr != end) return std::nullopt;
  return epoch;
}

Error wrong(std::string text) {
  return {Errc::invalid, std::move(text)};
}

// Reads the members of a body one after the other: texts, and lists of texts.
class OrderReader {
 public:
  explicit OrderReader(RangeOrder& order) : order_(order) {}

  Status read(const std::string& name, const Json& value) {
    const bool is_split = order_.action == RangeOrder::Action::split;
    if (is_split && (name == "half" || name == "by_load")) return read_middle(name, value);
    if (order_.action == RangeOrder::Action::members && name == "voters")
      return read_nodes(name, value, order_.voters);
    if (order_.action == RangeOrder::Action::members && name == "learners")
      return read_nodes(name, value, order_.learners);
    if (order_.action == RangeOrder::Action::recover && name == "confirm") {
      is_confirmed_ = value == true;
      return {};
    }
    if (!value.is_string()) return wrong("\"" + name + "\" is no text");
    const auto text = value.get<std::string>();
    if (name == "with" && order_.action == RangeOrder::Action::merge) return read_neighbour(text);
    if (name == "reason") return read_reason(text);
    if (name == "epoch") return read_expected(text);
    if (name == "to" && order_.action == RangeOrder::Action::transfer) {
      order_.node = text;
      return {};
    }
    if (name == "key" && order_.action == RangeOrder::Action::split) return read_key(text);
    return wrong("\"" + name + "\" is not known here");
  }

  Status check() const {
    if (order_.action == RangeOrder::Action::transfer && order_.node.empty())
      return wrong("\"to\" is missing: the id of the node that is to lead");
    const int place_count = (order_.key.empty() ? 0 : 1) + (is_half_ ? 1 : 0) + (order_.by_load ? 1 : 0);
    if (order_.action == RangeOrder::Action::split && place_count != 1)
      return wrong(
          "one of \"key\", which is not empty, \"half\": true and \"by_load\": true says where to split");
    if (order_.action == RangeOrder::Action::members && order_.voters.empty())
      return wrong("\"voters\" is missing: the ids of the nodes that are to vote");
    if (order_.action == RangeOrder::Action::recover && !is_confirmed_)
      return wrong(
          "\"confirm\": true is missing: what only the lost members of the range have is lost with this");
    return {};
  }

 private:
  Status read_middle(const std::string& name, const Json& value) {
    if (value != true) return wrong("\"" + name + "\" is not true");
    (name == "half" ? is_half_ : order_.by_load) = true;
    return {};
  }

  Status read_key(const std::string& text) {
    auto key = key_of_text(text);
    if (!key) return wrong("\"key\" is not as the list of ranges shows keys, with %XX for most bytes");
    order_.key = std::move(*key);
    return {};
  }

  Status read_neighbour(const std::string& text) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, order_.with);
    if (read.ec != std::errc() || read.ptr != end || order_.with == 0)
      return wrong("\"with\" is no number of a range");
    return {};
  }

  static Status read_nodes(const std::string& name, const Json& value, std::vector<std::string>& ret_nodes) {
    const auto is_text = [](const Json& node) { return node.is_string(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text))
      return wrong("\"" + name + "\" is no list of texts");
    ret_nodes = value.get<std::vector<std::string>>();
    return {};
  }

  Status read_reason(const std::string& text) {
    if (text.size() > reason_bytes_max) return wrong("\"reason\" is longer than 500 bytes");
    order_.reason = text;
    return {};
  }

  Status read_expected(const std::string& text) {
    order_.epoch = read_epoch(text);
    if (!order_.epoch) return wrong("\"epoch\" is not like \"3.1\", as the list of ranges shows it");
    return {};
  }

  RangeOrder& order_;
  bool is_half_ = false;
  bool is_confirmed_ = false;
};

}  // namespace

std::string ranges_json(std::span<const RangeStatus> ranges) {
  Json list = Json::array();
  for (const RangeStatus& range : ranges) list.push_back(range_of(range));
  return text_of({{"ranges", std::move(list)}});
}

std::string order_json(const OrderStatus& order) {
  return text_of({{"id", std::to_string(order.id)},
                  {"range", std::to_string(order.range)},
                  {"action", order.action},
                  {"reason", order.reason},
                  {"state", order.state},
                  {"detail", order.detail}});
}

std::string digest_json(const RangeDigest& digest) {
  return text_of({{"range", std::to_string(digest.range)},
                  {"incarnation", digest.incarnation},
                  {"applied", digest.applied},
                  {"digest", hex_text(digest.digest)}});
}

Result<RangeOrder> read_range_order(RangeOrder::Action action, std::uint64_t range, std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return wrong("the body is no JSON object");
  RangeOrder order;
  order.range = range;
  order.action = action;
  OrderReader reader(order);
  for (const auto& [name, value] : json.items())
    if (const Status read = reader.read(name, value); !read) return read.error();
  if (const Status whole = reader.check(); !whole) return whole.error();
  return order;
}

}  // namespace tenon::admin
