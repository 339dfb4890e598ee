#pragma once

#include <tenon/draft/intercept.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace tenon::host {

using UserPropertyList = std::vector<std::pair<std::string, std::string>>;

// A message as interceptors are to see it. Views of whoever asks.
struct InterceptedMessage {
  std::uint32_t flags = 0;  // TENON_INTERCEPT_RETAIN, ...
  std::uint32_t qos = 0;
  std::uint32_t version = 0;
  std::string_view tenant;
  std::string_view client_id;
  std::string_view user;
  std::string_view peer;
  std::string_view listener;
  std::string_view topic;
  Bytes payload;
  std::vector<std::pair<std::string_view, std::string_view>> user_properties;
};

// What takes the place of parts of a message. What is empty stays as it is.
struct MessageChange {
  std::optional<std::string> topic;
  std::optional<std::string> payload;
  std::optional<UserPropertyList> user_properties;  // all that there are

  bool is_none() const { return !topic && !payload && !user_properties; }
};

// The same in the form of the ABI, with memory of its own: plugins keep it until they close their operation.
// Immutable.
class InterceptRequest {
 public:
  // The message with `change` over it.
  InterceptRequest(const InterceptedMessage& message, const MessageChange& change);
  InterceptRequest(const InterceptRequest&) = delete;
  InterceptRequest& operator=(const InterceptRequest&) = delete;

  // The deadline is for each call to fill in.
  const tenon_intercept_message& raw() const { return raw_; }
  // As if `change` had been over it from the start.
  std::shared_ptr<const InterceptRequest> with(const MessageChange& change) const;

 private:
  std::string text_;  // all texts but those of properties, one behind the other
  UserPropertyList properties_;
  std::vector<tenon_kv> property_views_;
  tenon_intercept_message raw_{};
};

}  // namespace tenon::host
