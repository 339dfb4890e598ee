#include "host/intercept/change_builder.h"

#include "base/text/topic_syntax.h"
#include "base/text/utf8.h"
#include "host/tables/host_tables.h"
#include "host/watch/breadcrumb.h"

namespace tenon::host {

namespace {

constexpr std::uint64_t payload_bytes_max = 268'435'455;  // what the length of a packet can say
constexpr std::uint64_t property_bytes_max = 65'535;

bool is_there(tenon_bytes bytes) {
  return bytes.data || bytes.len == 0;
}

bool is_property_text(tenon_bytes bytes) {
  return is_there(bytes) && bytes.len <= property_bytes_max && is_well_formed_text(view_of(bytes));
}

}  // namespace

ChangeBuilder::ChangeBuilder(const tenon_intercept_message& request)
    : raw_{{sizeof(tenon_intercept_change), 0, set_topic, set_payload, clear_user_properties,
            add_user_property},
           this},
      request_(request) {}

tenon_status ChangeBuilder::set_topic(tenon_intercept_change* change, tenon_bytes topic) {
  const CoreScope core;
  ChangeBuilder& self = of(change);
  if ((self.request_.flags & TENON_INTERCEPT_WILL) != 0) return TENON_E_UNSUPPORTED;
  if (!topic.data || topic.len > topic_bytes_max) return TENON_E_INVALID;
  const std::string_view text = view_of(topic);
  if (!is_topic_name(text) || !is_well_formed_text(text)) return TENON_E_INVALID;
  self.change_.topic = text;
  return TENON_OK;
}

tenon_status ChangeBuilder::set_payload(tenon_intercept_change* change, tenon_bytes payload) {
  const CoreScope core;
  if (!is_there(payload) || payload.len > payload_bytes_max) return TENON_E_INVALID;
  of(change).change_.payload = view_of(payload);
  return TENON_OK;
}

tenon_status ChangeBuilder::clear_user_properties(tenon_intercept_change* change) {
  const CoreScope core;
  of(change).change_.user_properties.emplace();
  return TENON_OK;
}

tenon_status ChangeBuilder::add_user_property(tenon_intercept_change* change, tenon_bytes name,
                                              tenon_bytes value) {
  const CoreScope core;
  if (!is_property_text(name) || !is_property_text(value)) return TENON_E_INVALID;
  ChangeBuilder& self = of(change);
  auto& list = self.change_.user_properties;
  if (!list) {
    list.emplace();
    const tenon_array& before = self.request_.user_properties;
    for (std::uint32_t i = 0; i < before.count; ++i) {
      const tenon_kv& pair = *TENON_AT(before, tenon_kv, i);
      list->emplace_back(view_of(pair.key), view_of(pair.value));
    }
  }
  list->emplace_back(view_of(name), view_of(value));
  return TENON_OK;
}

}  // namespace tenon::host
