#include "broker/durable/known_inbox.h"

#include <cstring>
#include <new>

#include "base/assert.h"

namespace tenon::broker {

static_assert(sizeof(KnownInbox) == 32, "there may be one for each session of the cluster");

Ref<const KnownInbox> KnownInbox::make(const service::inbox::Owner& owner, std::uint64_t number) {
  const std::string_view tenant = owner.tenant;
  const std::string_view client_id = owner.client_id;
  TENON_INVARIANT(tenant.size() <= UINT8_MAX && client_id.size() <= UINT16_MAX,
                  "an owner with too long a name");
  void* memory = ::operator new(sizeof(KnownInbox) + tenant.size() + client_id.size());
  auto* inbox = new (memory) KnownInbox;
  inbox->number_ = number;
  inbox->tenant_bytes_ = static_cast<std::uint8_t>(tenant.size());
  inbox->client_id_bytes_ = static_cast<std::uint16_t>(client_id.size());
  char* to = static_cast<char*>(memory) + sizeof(KnownInbox);
  if (!tenant.empty()) std::memcpy(to, tenant.data(), tenant.size());
  if (!client_id.empty()) std::memcpy(to + tenant.size(), client_id.data(), client_id.size());
  return Ref<const KnownInbox>::adopt(inbox);
}

void KnownInbox::destroy(KnownInbox* inbox) {
  inbox->~KnownInbox();
  ::operator delete(inbox);
}

service::inbox::Owner KnownInbox::owner() const {
  const char* text = reinterpret_cast<const char*>(this + 1);
  return {{text, tenant_bytes_}, {text + tenant_bytes_, client_id_bytes_}};
}

}  // namespace tenon::broker
