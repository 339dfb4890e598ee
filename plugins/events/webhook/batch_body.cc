#include "batch_body.h"

#include <utility>

#include "common/event_json.h"

namespace tenon::webhook {

namespace common = events_common;

std::string batch_body(const std::string& batch, const sdk::EventBatch& events, std::uint64_t dropped) {
  common::Json list = common::Json::array();
  for (std::uint64_t i = 0; i < events.size(); ++i)
    list.push_back(common::to_json(events[i], common::Payload::shown));
  return common::line_of(common::Json{{"batch", batch}, {"dropped", dropped}, {"events", std::move(list)}});
}

Verdict verdict_of(int status) {
  if (status >= 200 && status < 300) return Verdict::taken;
  const bool may_pass = status == 408 || status == 425 || status == 429 || status >= 500;
  return may_pass ? Verdict::again : Verdict::refused;
}

}  // namespace tenon::webhook
