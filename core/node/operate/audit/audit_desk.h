#pragma once

#include <memory>

#include "admin/sources/audit_source.h"
#include "broker/shard.h"
#include "service/meta/meta_ops.h"

namespace tenon::node {

// Shows operators the audit of the store `meta`. On worker 0.
class AuditDesk final : public admin::AuditSource {
 public:
  // The shard of worker 0, which outlives this.
  explicit AuditDesk(broker::Shard& home) : home_(home) {}

  void list(const admin::AuditQuery& query, admin::Then<admin::AuditPage> then) override;

 private:
  broker::Shard& home_;
};

// Pure: what is asked for a page that ends before this revision.
service::meta::ListAudit question_of_page(std::uint64_t before, std::uint32_t limit);
// Pure: the page, of what was answered.
admin::AuditPage page_of(const service::meta::ListAudit::Reply& reply, std::uint64_t before);

}  // namespace tenon::node
