#include "acl/permissions.h"

namespace tenon::auth_jwt {

bool Permissions::allows(const tenon_authz_query& query) const noexcept {
  const std::string_view topic = sdk::text_of(query.topic);
  switch (query.action) {
    case TENON_ACTION_PUBLISH:
      return !publish_ || publish_->allows_topic(topic);
    case TENON_ACTION_RECEIVE:
      return !subscribe_ || subscribe_->allows_topic(topic);
    case TENON_ACTION_SUBSCRIBE:
      return !subscribe_ || subscribe_->meets(topic);
    default:
      return false;
  }
}

}  // namespace tenon::auth_jwt
