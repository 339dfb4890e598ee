#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/digest/hash.h"
#include "base/text/tenant_topic.h"
#include "mqtt/publish_head.h"
#include "session/message.h"

namespace tenon::session {

// How a PUBLISH names its topic: by name; by name, and gives it an alias; by the alias alone.
enum class TopicForm : std::uint8_t { name, name_and_alias, alias };

// One message while it is handed to its receivers in one place: what they can share is made once, at the
// first who needs it. Not thread-safe; lives for one round of deliveries.
class Publication {
 public:
  // `view` outlives the publication, which does not copy it: a view has most often just been written, and a
  // copy would wait for that (docs/internals/tricks.md).
  explicit Publication(const MessageView& view) : view_(&view) {}
  explicit Publication(const MessageView&& view) = delete;
  explicit Publication(Ref<Message> message)
      : own_view_(message->view()), view_(&*own_view_), shared_(std::move(message)) {}
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  const MessageView& view() const { return *view_; }
  // The connection that it came by, whose messages keep their order; none: it came by none.
  ReceiverKey sender() const { return sender_; }
  void set_sender(ReceiverKey sender) { sender_ = sender; }

  // The topic as receivers know it, and a hash of that.
  std::string_view topic() const { return topic_in_tenant(view_->topic); }
  std::uint64_t topic_hash() {
    if (topic_hash_ == 0) topic_hash_ = keyed_hash(topic(), 0);
    return topic_hash_;
  }

  // The message in memory of its own.
  const Ref<Message>& shared() {
    if (!shared_) shared_ = Message::make(*view_);
    return shared_;
  }
  // A smaller payload is copied, whoever gets it: at 1.5 KiB, memory for one receiver costs twice the CPU of
  // the copy, and for 100 of them both cost the same (docs/internals/tricks.md).
  static constexpr std::size_t shared_payload_bytes_min = 2048;
  bool is_large() const { return view_->payload.size() >= shared_payload_bytes_min; }
  // REQUIRES: is_large(). Asked once for each receiver: whether it gets the payload out of shared() instead
  // of a copy. The first one gets a copy, as it may be the only one, for whom that costs a fifth less CPU at
  // 4 KiB; with 100 receivers references cost a third less. Not where the copy would begin a chunk of which
  // the next reference leaves most unused (OutputQueue::would_begin_early): what waits for a link could hold
  // eight times its bytes.
  bool goes_by_reference(bool would_begin_early) {
    return shared_ || std::exchange(has_receiver_, true) || would_begin_early;
  }

  // The head of a PUBLISH without subscription ids, encoded once for all receivers that show the message in
  // the same way: 200 of 670 instructions for each of 100 receivers, 250 of 1,250 with 5.0 and QoS 1
  // (docs/internals/tricks.md). Requires that what differs between them is patched in a copy: packet id,
  // alias and DUP. `message_expiry_s` is the same for all of one round.
  struct Head {
    mqtt::PublishLayout layout;
    const std::uint8_t* bytes = nullptr;  // layout.head_bytes; packet id and alias are to be patched
  };
  // Layout that does not fit(): the packet can't be expressed. Another form than `name` is for 5.0 only.
  const Head& head(mqtt::Version version, mqtt::QoS qos, bool retain, UnixMs now_ms,
                   TopicForm form = TopicForm::name);

 private:
  struct Variant {
    Head head;
    std::array<std::uint8_t, 192> small;  // saves an allocation, 230 of 2,100 instructions at QoS 0
    std::vector<std::uint8_t> large;
    bool made = false;
  };
  static constexpr std::size_t variant_count = 24;

  void make_head(Variant& variant, mqtt::Version version, mqtt::QoS qos, bool retain, UnixMs now_ms,
                 TopicForm form);

  std::optional<MessageView> own_view_;  // of shared_, where it was made of that
  const MessageView* view_;
  ReceiverKey sender_ = ReceiverKey::none;
  Ref<Message> shared_;
  bool has_receiver_ = false;  // that got a copy of a payload others may share
  // Index of each way of showing in variants_, plus one; most publications need one.
  std::array<std::uint8_t, variant_count> slot_{};
  std::uint8_t used_ = 0;
  Variant first_;
  std::vector<std::unique_ptr<Variant>> more_;
  std::uint64_t topic_hash_ = 0;  // 0: not asked for yet
};

// Seconds that remain until `expires_at_ms`, at least 1; empty: it never expires. [MQTT-3.3.2-6]
// REQUIRES: it has not expired.
std::optional<std::uint32_t> remaining_expiry_s(UnixMs expires_at_ms, UnixMs now_ms);

inline bool has_expired(const MessageView& view, UnixMs now_ms) {
  return view.expires_at_ms != 0 && now_ms >= view.expires_at_ms;
}

}  // namespace tenon::session
