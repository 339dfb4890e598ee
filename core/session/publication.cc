#include "session/publication.h"

#include <algorithm>

namespace tenon::session {

std::optional<std::uint32_t> remaining_expiry_s(UnixMs expires_at_ms, UnixMs now_ms) {
  if (expires_at_ms == 0) return std::nullopt;
  // To the nearest second: the clocks of two workers may differ by a moment.
  return static_cast<std::uint32_t>(std::max<UnixMs>(1, (expires_at_ms - now_ms + 500) / 1000));
}

const Publication::Head& Publication::head(mqtt::Version version, mqtt::QoS qos, bool retain, UnixMs now_ms,
                                           TopicForm form) {
  const std::size_t way = (version == mqtt::Version::v5 ? 6u : 0u) + static_cast<std::size_t>(form) * 6 +
                          static_cast<std::size_t>(qos) * 2 + (retain ? 1u : 0u);
  const std::size_t index = slot_[way];
  if (index == 1) [[likely]]
    return first_.head;
  if (index != 0) return more_[index - 2]->head;
  Variant& variant = used_ == 0 ? first_ : *more_.emplace_back(std::make_unique<Variant>());
  make_head(variant, version, qos, retain, now_ms, form);
  slot_[way] = ++used_;
  return variant.head;
}

void Publication::make_head(Variant& variant, mqtt::Version version, mqtt::QoS qos, bool retain,
                            UnixMs now_ms, TopicForm form) {
  mqtt::PublishFields fields;
  fields.version = version;
  fields.qos = qos;
  fields.retain = retain;
  if (form != TopicForm::alias) fields.topic = topic();
  if (form != TopicForm::name) fields.topic_alias = 1;
  fields.packet_id = qos == mqtt::QoS::at_most_once ? mqtt::PacketId::none : mqtt::PacketId{1};
  fields.payload_bytes = static_cast<std::uint32_t>(view_->payload.size());
  if (version == mqtt::Version::v5) {
    fields.forwarded = view_->forwarded;
    fields.message_expiry_s = remaining_expiry_s(view_->expires_at_ms, now_ms);
  }
  mqtt::lay_out(fields, variant.head.layout);
  if (!variant.head.layout.fits()) return;
  std::uint8_t* to = variant.small.data();
  if (variant.head.layout.head_bytes > variant.small.size()) {
    variant.large.resize(variant.head.layout.head_bytes);
    to = variant.large.data();
  }
  mqtt::write_head(fields, variant.head.layout, to);
  variant.head.bytes = to;
}

}  // namespace tenon::session
