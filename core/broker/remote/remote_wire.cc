#include "broker/remote/remote_wire.h"

#include <utility>

namespace tenon::broker {

namespace {

constexpr std::uint8_t deliveries_version = 1;

}  // namespace

void DeliveriesWriter::add(const RemoteDelivery& delivery) {
  std::string item;
  service::FormWriter form(item);
  form(delivery);
  WireWriter out(body_);
  if (empty()) {
    out.u8(deliveries_version);
    out.varint(way_);
  }
  out.bytes(item);
}

std::string DeliveriesWriter::take() {
  return std::exchange(body_, {});
}

DeliveriesReader::DeliveriesReader(std::string_view body) : in_(body) {
  if (in_.u8() != deliveries_version) in_.fail();
  way_ = static_cast<std::uint32_t>(in_.varint());
}

std::optional<RemoteDelivery> DeliveriesReader::next() {
  if (!in_.ok() || in_.at_end()) return std::nullopt;
  RemoteDelivery delivery;
  service::FormReader form(in_.bytes());
  form(delivery);
  if (!in_.ok() || !form.ok()) return std::nullopt;
  return delivery;
}

}  // namespace tenon::broker
