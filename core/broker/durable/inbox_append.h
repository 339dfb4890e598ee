#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/durable/known_inbox.h"
#include "service/inbox/inbox_fan_out.h"
#include "session/ports.h"
#include "store/request.h"

namespace tenon::broker {

// A message on its way to inboxes: who they are, the commands for their ranges, and what those answered. What
// is asked of the ranges together has a bound in bytes, so that no entry of a log grows with the number of
// subscribers.
//
// Life: add() for each inbox, finish(), then it does not change any more and may be read by any thread.
class InboxAppend {
 public:
  // So many bytes of inboxes are asked for at once.
  static constexpr std::size_t part_bytes_max = 128 * 1024;

  struct Target {
    Ref<const KnownInbox> inbox;
    std::uint64_t number = 0;
    session::ShowAs show;
  };

  // `sender`: as session::Publication.
  explicit InboxAppend(service::inbox::FanOut fan_out,
                       session::ReceiverKey sender = session::ReceiverKey::none)
      : fan_out_(std::move(fan_out)), sender_(sender) {}

  session::ReceiverKey sender() const { return sender_; }

  void add(const Target& target);
  // What another member gets when one of a shared subscription is found gone. REQUIRED with targets of
  // groups.
  void keep_message(const Ref<session::Message>& message) { message_ = message; }
  // Null: it was not kept.
  const Ref<session::Message>& message() const { return message_; }
  bool has_origin() const { return fan_out_.has_origin(); }

  // What is to be asked for one after another; an inbox that is there more than once is in one part.
  class Part final : public store::ManyKeys {
   public:
    Part(std::shared_ptr<const InboxAppend> all, std::size_t begin, std::size_t end)
        : all_(std::move(all)), begin_(begin), end_(end) {}
    std::size_t count() const override { return end_ - begin_; }
    std::string_view key(std::size_t at) const override { return all_->fan_out_.key(begin_ + at); }
    std::string text(std::size_t begin, std::size_t end) const override {
      return all_->fan_out_.command(begin_ + begin, begin_ + end);
    }
    std::size_t size_bytes() const override { return all_->fan_out_.size_bytes(); }

    const InboxAppend& all() const { return *all_; }

    // Calls see(owner, number, group, status) for each inbox that has answered, and tells how many older
    // messages made room. False: some of the message may not be there. `group`: as session::ShowAs.
    using See = std::function<void(const service::inbox::Owner&, std::uint64_t number, std::uint64_t group,
                                   service::inbox::OpStatus)>;
    bool read(const store::Answer& answer, const See& see, std::uint32_t& ret_dropped) const;

   private:
    bool read_part(const store::PartAnswer& answer, const See& see, std::uint32_t& ret_dropped) const;

    const std::shared_ptr<const InboxAppend> all_;
    const std::size_t begin_;
    const std::size_t end_;
  };
  static std::vector<std::shared_ptr<const Part>> finish(std::shared_ptr<InboxAppend> append);

 private:
  struct Added {
    Ref<const KnownInbox> inbox;
    std::uint64_t number = 0;
    std::uint64_t group = 0;
  };

  Ref<session::Message> message_;
  service::inbox::FanOut fan_out_;
  const session::ReceiverKey sender_;
  std::vector<Added> added_;
};

}  // namespace tenon::broker
