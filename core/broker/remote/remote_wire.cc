#include "broker/remote/remote_wire.h"

#include <utility>

#include "service/store_key.h"

namespace tenon::broker {

namespace {

constexpr std::uint8_t deliveries_version = 1;
// In a filter nothing comes behind it.
constexpr char member_mark = '#';

}  // namespace

std::string member_name(std::uint64_t number) {
  std::string name(1, member_mark);
  service::append_be64(name, number);
  return name;
}

std::optional<std::uint64_t> member_of(std::string_view name) {
  if (name.size() != 1 + sizeof(std::uint64_t) || name.front() != member_mark) return std::nullopt;
  name.remove_prefix(1);
  return service::take_be64(name);
}

void DeliveriesWriter::add(const RemoteDelivery& delivery) {
  if (empty()) {
    WireWriter out(body_);
    out.u8(deliveries_version);
    out.varint(way_);
  }
  service::FormWriter(body_).sized(delivery);
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
