#include "stack/stack_worker.h"

#include <utility>

#include "stack/link_stack.h"
#include "stack/stacked_link.h"

namespace tenon::stack {

namespace {

constexpr std::size_t input_bytes = 32 * 1024;

}  // namespace

StackWorker::StackWorker(LinkStack& stack, runtime::Worker& worker)
    : stack_(stack), worker_(worker), buffers_(stack.filters().size()) {}

StackWorker::~StackWorker() = default;

void StackWorker::begin() {
  worker_.add_turn_hook(&StackWorker::on_turn_end, this);
}

void StackWorker::end() {
  worker_.remove_turn_hook(&StackWorker::on_turn_end, this);
}

std::span<std::uint8_t> StackWorker::input_buffer(std::size_t level) {
  std::vector<std::uint8_t>& buffer = buffers_[level];
  if (buffer.empty()) buffer.resize(input_bytes);
  return buffer;
}

tenon_status StackWorker::open(tenon_conn* conn, const tenon_peer_info& peer, void* user, void** ret_link) {
  const LinkUser& calls = stack_.user();
  const std::int64_t wait_ns = calls.on_accepted ? calls.on_accepted(user, worker_.index(), peer) : 0;
  if (wait_ns < 0) return TENON_E_BUSY;
  auto link = std::make_unique<StackedLink>(*this, conn, peer, user);
  if (const tenon_status status = link->begin(wait_ns); status != TENON_OK) {
    std::erase(marked_, link.get());
    return status;
  }
  link->slot = links_.size();
  link->number = opened_count_++;
  *ret_link = link.get();
  links_.push_back(std::move(link));
  return TENON_OK;
}

void StackWorker::make_room_in_handshakes(std::size_t count_max) {
  std::size_t count = 0;
  StackedLink* oldest = nullptr;
  for (const auto& link : links_) {
    if (!link->is_in_handshakes()) continue;
    ++count;
    if (!oldest || link->number < oldest->number) oldest = link.get();
  }
  if (oldest && count >= count_max) oldest->crowd_out();
}

void StackWorker::mark(StackedLink& link) {
  if (link.set_marked()) marked_.push_back(&link);
  worker_.request_turn();
}

void StackWorker::on_turn_end(void* self) {
  static_cast<StackWorker*>(self)->end_turn();
}

void StackWorker::end_turn() {
  if (marked_.empty()) return;
  for (StackedLink* link : std::exchange(marked_, {})) {
    link->end_of_turn();
    if (link->is_over() && !link->is_marked()) forget(*link);
  }
  // What the links' users have marked is looked after in the next turn.
  worker_.request_turn();
}

void StackWorker::forget(StackedLink& link) {
  const std::size_t slot = link.slot;
  links_.back()->slot = slot;
  std::swap(links_[slot], links_.back());
  links_.pop_back();
}

void StackWorker::abandon_all() {
  for (const auto& link : links_) link->abandon();
  marked_.clear();
  links_.clear();
}

}  // namespace tenon::stack
