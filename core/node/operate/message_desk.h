#pragma once

#include "admin/message_source.h"
#include "broker/shard.h"

namespace tenon::node {

// What operators publish, and what they see of retained messages. On worker 0.
class MessageDesk final : public admin::MessageSource {
 public:
  // The shard of worker 0, which outlives this.
  explicit MessageDesk(broker::Shard& home) : home_(home) {}

  void publish(const admin::OutgoingMessage& message, admin::Then<admin::Published> then) override;
  void list_retained(const admin::RetainedQuery& query, admin::Then<admin::RetainedPage> then) override;
  void show_retained(const admin::TopicName& name, admin::Then<admin::RetainedStatus> then) override;
  void delete_retained(const admin::TopicName& name, admin::Then<bool> then) override;

 private:
  template <class Fn>
  void in_turn(Fn fn) {
    home_.worker().post(make_task([this, fn = std::move(fn)]() mutable {
      home_.enter();
      fn();
    }));
  }
  void publish_now(const admin::OutgoingMessage& message, const admin::Then<admin::Published>& then);
  void send_late(const session::MessageView& view, const admin::Then<admin::Published>& then);
  void send(const session::MessageView& view, const admin::Then<admin::Published>& then);
  void remove_now(const admin::TopicName& name, const admin::Then<bool>& then);

  broker::Shard& home_;
};

}  // namespace tenon::node
