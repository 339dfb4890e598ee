#include "node/operate/audit/audit_desk.h"

#include <algorithm>

#include "node/operate/range_questions.h"

namespace tenon::node {

namespace meta = service::meta;

namespace {

using Reply = meta::ListAudit::Reply;

void ask(broker::Shard& shard, const meta::ListAudit& question,
         std::function<void(Result<Reply>&& reply)> fn) {
  ask_range<meta::Question>(
      shard, store::StoreId::meta, "~audit/", question,
      [fn = std::move(fn)](Result<Reply>&& reply, const std::string&) { fn(std::move(reply)); });
}

void ask_page(broker::Shard& shard, std::uint64_t before, std::uint32_t limit,
              const admin::Then<admin::AuditPage>& then) {
  ask(shard, question_of_page(before, limit), [before, then](Result<Reply>&& reply) {
    if (!reply.ok()) return then(reply.error());
    then(page_of(*reply, before));
  });
}

}  // namespace

meta::ListAudit question_of_page(std::uint64_t before, std::uint32_t limit) {
  const std::uint64_t from = before > limit ? before - limit : 1;
  const auto count = std::min<std::uint64_t>(limit, before - std::min(before, from));
  return {from, static_cast<std::uint32_t>(std::max<std::uint64_t>(count, 1))};
}

admin::AuditPage page_of(const Reply& reply, std::uint64_t before) {
  admin::AuditPage page;
  for (const auto& item : reply.items) {
    if (item.revision >= before) continue;
    page.entries.push_back({item.revision, item.record.stamp_ms, std::string(item.record.who),
                            std::string(item.record.path), item.record.change == meta::Change::erase});
  }
  std::ranges::reverse(page.entries);
  if (!page.entries.empty() && page.entries.back().revision > 1) page.next = page.entries.back().revision;
  return page;
}

void AuditDesk::list(const admin::AuditQuery& query, admin::Then<admin::AuditPage> then) {
  home_.worker().post(make_task([this, query, then = std::move(then)] {
    home_.enter();
    if (query.before) return ask_page(home_, *query.before, query.limit, then);
    // The answer says what the last revision is.
    ask(home_, {UINT64_MAX, 1}, [this, query, then](Result<Reply>&& reply) {
      if (!reply.ok()) return then(reply.error());
      ask_page(home_, reply->revision + 1, query.limit, then);
    });
  }));
}

}  // namespace tenon::node
