#pragma once

#include <cstdint>
#include <string>

#include <tenon/kind/events.hpp>

namespace tenon::webhook {

// The JSON that is posted: {"batch": ..., "dropped": ..., "events": [...]}.
std::string batch_body(const std::string& batch, const sdk::EventBatch& events, std::uint64_t dropped);

// What an answer with this status says of a batch.
enum class Verdict : std::uint8_t {
  taken,    // 2xx
  again,    // 408, 425, 429, 5xx: the same may be taken later
  refused,  // the others: it would be the same again
};
Verdict verdict_of(int status);

}  // namespace tenon::webhook
