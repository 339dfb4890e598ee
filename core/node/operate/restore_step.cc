#include "node/operate/restore_step.h"

#include "node/operate/range_questions.h"
#include "service/dist/dist_key.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_queries.h"

namespace tenon::node {

namespace dist = service::dist;
namespace inbox = service::inbox;
using What = admin::RestoreStep::What;

void RestoreStep::start() {
  inbox::ListImports question;
  question.import = step_.restore;
  question.cursor = step_.cursor;
  question.count_max = sessions_per_page;
  ask_range<inbox::Question>(
      shard_, store::StoreId::inbox, step_.cursor, question,
      [self = shared_from_this()](Result<inbox::ListImports::Reply>&& reply, const std::string& end) {
        if (!reply.ok()) return self->end_one(&reply.error());
        for (const inbox::ListImports::Item& item : reply->items) {
          ++self->page_.sessions;
          const std::string tenant(item.tenant);
          const std::string client_id(item.client_id);
          if (self->step_.what == What::release) {
            self->release(tenant, client_id);
            continue;
          }
          for (const auto& subscription : item.subscriptions)
            self->add_route(tenant, client_id, item.number, std::string(subscription.filter),
                            subscription.options.options);
        }
        const std::string next(reply->cursor.empty() ? std::string_view(end) : reply->cursor);
        if (next > self->step_.cursor) self->page_.cursor = next;
        self->end_one();
      });
}

// All nodes know it before anybody is let in.
void RestoreStep::add_route(const std::string& tenant, const std::string& client_id, std::uint64_t number,
                            const std::string& filter, const routing::SubscriptionOptions& options) {
  ++open_;
  ++page_.routes;
  dist::CommandBuilder command;
  command.add(dist::Add{tenant, filter, client_id, number, {options}});
  shard_.store().ask_everywhere(store::StoreId::dist, dist::key_of({tenant, filter, client_id, number}),
                                command.take(), [self = shared_from_this()](const store::Answer& answer) {
                                  const Error failure = no_answer_of_range();
                                  self->end_one(is_applied(answer.code) ? nullptr : &failure);
                                });
}

void RestoreStep::release(const std::string& tenant, const std::string& client_id) {
  ++open_;
  const inbox::Owner owner{tenant, client_id};
  command_range<inbox::Op>(shard_, store::StoreId::inbox, inbox::owner_prefix(owner),
                           inbox::FinishImport{owner, step_.restore},
                           [self = shared_from_this()](Result<service::inbox::StatusReply>&& reply) {
                             self->end_one(reply.ok() ? nullptr : &reply.error());
                           });
}

void RestoreStep::end_one(const Error* failure) {
  if (failure && !failure_) failure_ = *failure;
  if (--open_ > 0) return;
  if (failure_) return then_(*failure_);
  then_(std::move(page_));
}

}  // namespace tenon::node
