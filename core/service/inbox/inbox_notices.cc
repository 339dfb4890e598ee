#include "service/inbox/inbox_notices.h"

#include <algorithm>

#include "service/batch.h"

namespace tenon::service::inbox {

void add_notice(std::vector<kv::Notice>& notices, kv::NodeId node, const InboxNotice& notice) {
  auto at = std::find_if(notices.begin(), notices.end(), [node](const auto& n) { return n.node == node; });
  if (at == notices.end()) at = notices.insert(notices.end(), kv::Notice{node, {}});
  std::visit(
      [&](const auto& value) {
        detail::append_body(at->text, static_cast<std::uint8_t>(notice.index() + 1), value);
      },
      notice);
}

namespace {

template <std::size_t at = 0>
bool read_one(std::uint8_t kind, std::string_view body, std::vector<InboxNotice>& notices) {
  if constexpr (at == std::variant_size_v<InboxNotice>) {
    return true;
  } else {
    if (kind != at + 1) return read_one<at + 1>(kind, body, notices);
    std::variant_alternative_t<at, InboxNotice> value;
    FormReader form(body);
    form(value);
    notices.emplace_back(std::move(value));
    return form.ok();
  }
}

}  // namespace

Result<std::vector<InboxNotice>> read_notice(std::string_view text) {
  std::vector<InboxNotice> notices;
  WireReader in(text);
  while (!in.at_end()) {
    const std::uint8_t kind = in.u8();
    const std::string_view body = in.bytes();
    if (!in.ok() || !read_one(kind, body, notices))
      return Error{Errc::corrupt, "a notice of an inbox range does not hold together"};
  }
  return notices;
}

}  // namespace tenon::service::inbox
