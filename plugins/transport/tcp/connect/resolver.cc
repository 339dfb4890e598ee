#include "connect/resolver.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include <tenon/callback.hpp>

#include "status.h"

namespace tenon::transport_tcp {

Resolver::Resolver(const sdk::Reactor& reactor, const sdk::Pool& pool, Done done)
    : reactor_(reactor), pool_(pool), done_(std::move(done)), mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->event = SocketFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!mailbox_->event) throw system_failure(TENON_E_IO, "make an event counter", errno);
  sdk::check(
      reactor_.add(mailbox_->event.get(), TENON_FD_READ, sdk::callback<&Resolver::on_event>, this, &token_),
      "watching an event counter");
}

Resolver::~Resolver() {
  reactor_.remove(token_);
}

tenon_status Resolver::resolve(std::uint64_t asker, std::string name, std::uint16_t port) {
  return pool_.submit([mailbox = mailbox_, asker, name = std::move(name), port] {
    auto answer = std::make_unique<Answer>();
    answer->asker = asker;
    try {
      answer->addresses = resolve_name(name, port);
    } catch (const sdk::Failure&) {  // an answer without addresses says so
    }
    mailbox->put(std::move(answer));
  });
}

void Resolver::on_event(std::uint32_t) {
  std::uint64_t count;
  while (::read(mailbox_->event.get(), &count, sizeof count) < 0 && errno == EINTR) {
  }
  Answer* answer = mailbox_->first.exchange(nullptr, std::memory_order_acquire);
  while (answer) {
    const std::unique_ptr<Answer> owned(answer);
    answer = owned->next;
    done_(owned->asker, std::move(owned->addresses));
  }
}

void Resolver::Mailbox::put(std::unique_ptr<Answer> answer) {
  Answer* const raw = answer.release();
  raw->next = first.load(std::memory_order_relaxed);
  while (!first.compare_exchange_weak(raw->next, raw, std::memory_order_release, std::memory_order_relaxed)) {
  }
  const std::uint64_t one = 1;
  while (::write(event.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

Resolver::Mailbox::~Mailbox() {
  for (Answer* answer = first; answer;) delete std::exchange(answer, answer->next);
}

}  // namespace tenon::transport_tcp
