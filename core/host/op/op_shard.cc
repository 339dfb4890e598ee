#include "host/op/op_shard.h"

#include <thread>
#include <utility>

namespace tenon::host {

OpShard::~OpShard() {
  for (std::uint32_t i = 0; i < chunk_count_; ++i) delete chunks_[i].load(std::memory_order_relaxed);
}

bool OpShard::change(Slot& slot, std::uint32_t generation, State from, State to) {
  std::uint64_t expected = word_of(generation, from);
  return slot.word.compare_exchange_strong(expected, word_of(generation, to), std::memory_order_acq_rel,
                                           std::memory_order_acquire);
}

OpShard::Slot* OpShard::find(OpToken token) const {
  const std::uint32_t chunk = token.slot / slots_per_chunk;
  if (chunk >= chunk_max) return nullptr;
  Chunk* found = chunks_[chunk].load(std::memory_order_acquire);
  return found ? &(*found)[token.slot % slots_per_chunk] : nullptr;
}

bool OpShard::grow() {
  if (chunk_count_ == chunk_max) return false;
  auto chunk = std::make_unique<Chunk>();
  const std::uint32_t first = chunk_count_ * slots_per_chunk;
  for (std::uint32_t i = slots_per_chunk; i-- > 0;) {
    (*chunk)[i].index = first + i;
    free_.push_back(first + i);
  }
  chunks_[chunk_count_++].store(chunk.release(), std::memory_order_release);
  return true;
}

tenon_op OpShard::open(std::unique_ptr<Operation> operation, MonoNs now) {
  if (free_.empty() && !grow()) return 0;
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Chunk& chunk = *chunks_[index / slots_per_chunk].load(std::memory_order_relaxed);
  Slot& slot = chunk[index % slots_per_chunk];
  auto generation = static_cast<std::uint32_t>(slot.word.load(std::memory_order_relaxed) >> 8) + 1;
  if (generation == 0) generation = 1;
  slot.operation = std::move(operation);
  slot.opened_ns.store(now, std::memory_order_relaxed);
  slot.word.store(word_of(generation, open_state), std::memory_order_release);
  open_count_.fetch_add(1, std::memory_order_relaxed);
  return pack({generation, owner_, index});
}

// The generation stays: the next use of the slot counts from there.
std::unique_ptr<Operation> OpShard::release(Slot& slot) {
  std::unique_ptr<Operation> operation = std::move(slot.operation);
  free_.push_back(slot.index);
  open_count_.fetch_sub(1, std::memory_order_relaxed);
  if (table_count_) table_count_->fetch_sub(1, std::memory_order_relaxed);
  return operation;
}

std::unique_ptr<Operation> OpShard::close(OpToken token) {
  Slot* slot = find(token);
  if (!slot || !change(*slot, token.generation, open_state, free_state)) return nullptr;
  return release(*slot);
}

bool OpShard::abandon(OpToken token) {
  Slot* slot = find(token);
  return slot && change(*slot, token.generation, open_state, abandoned_state);
}

std::unique_ptr<Operation> OpShard::close_abandoned(OpToken token) {
  Slot* slot = find(token);
  if (!slot || !change(*slot, token.generation, abandoned_state, free_state)) return nullptr;
  return release(*slot);
}

OpShard::Taken OpShard::complete(OpToken token, tenon_status status) {
  Slot* slot = find(token);
  if (!slot) return {};
  // The operation is read only after the state says that this thread may: then it stays until the owner's
  // turn.
  if (change(*slot, token.generation, open_state, done_state)) {
    slot->status = status;
    slot->operation->on_completed(status);
    return {Completion::taken, push_done(slot)};
  }
  if (change(*slot, token.generation, abandoned_state, done_late_state)) {
    slot->status = status;
    return {Completion::taken_late, push_done(slot)};
  }
  if (slot->word.load(std::memory_order_acquire) == word_of(token.generation, wound_up_state))
    return {Completion::too_late, false};
  return {};
}

// Whoever finds the list empty posts this task again, so what the owner did with the task until it emptied
// the list has to happen before: hence acquire here and release in take_done().
bool OpShard::push_done(Slot* slot) {
  Slot* head = done_.load(std::memory_order_relaxed);
  do {
    slot->next_done = head;
  } while (!done_.compare_exchange_weak(head, slot, std::memory_order_acq_rel, std::memory_order_relaxed));
  return head == nullptr;
}

void OpShard::run() {
  const auto posted = Ref<OpShard>::adopt(this);
  end_all(take_done(), true);
}

// The owner's loop has ended; clear() frees what is left.
void OpShard::drop() {
  unref();
}

// What is completed, oldest first.
OpShard::Slot* OpShard::take_done() {
  Slot* newest = done_.exchange(nullptr, std::memory_order_acq_rel);
  Slot* oldest = nullptr;
  while (newest) {
    Slot* next = std::exchange(newest->next_done, oldest);
    oldest = std::exchange(newest, next);
  }
  return oldest;
}

void OpShard::end_all(Slot* slot, bool tells_in_time) {
  while (slot) {
    Slot& ended = *std::exchange(slot, slot->next_done);
    const std::uint64_t word = ended.word.load(std::memory_order_relaxed);
    const auto end = (word & 0xff) == done_late_state ? Operation::End::late : Operation::End::in_time;
    const tenon_status status = ended.status;
    const auto operation = release(ended);
    ended.word.store((word & ~std::uint64_t{0xff}) | free_state, std::memory_order_release);
    if (tells_in_time || end == Operation::End::late) operation->on_closed(status, end);
  }
}

// The list is emptied once, when nothing more can come: whoever found it empty would post this task again,
// which may still be queued.
void OpShard::wind_up() {
  std::size_t done_count = 0;
  for (std::uint32_t i = 0; i < chunk_count_; ++i)
    for (Slot& slot : *chunks_[i].load(std::memory_order_relaxed)) {
      const auto generation = static_cast<std::uint32_t>(slot.word.load(std::memory_order_acquire) >> 8);
      if (change(slot, generation, open_state, wound_up_state) ||
          change(slot, generation, abandoned_state, wound_up_state))
        continue;
      if ((slot.word.load(std::memory_order_acquire) & 0xff) != free_state) ++done_count;
    }
  // Whoever completes one right now is in complete(), on the way to the list.
  while (count_done() < done_count) std::this_thread::yield();
  end_all(take_done(), false);
}

std::size_t OpShard::count_done() const {
  std::size_t count = 0;
  for (const Slot* slot = done_.load(std::memory_order_acquire); slot; slot = slot->next_done) ++count;
  return count;
}

void OpShard::clear() {
  for (std::uint32_t i = 0; i < chunk_count_; ++i)
    for (Slot& slot : *chunks_[i].load(std::memory_order_relaxed)) {
      const std::uint64_t word = slot.word.load(std::memory_order_acquire);
      if ((word & 0xff) == free_state) continue;
      release(slot);
      slot.word.store((word & ~std::uint64_t{0xff}) | free_state, std::memory_order_release);
    }
  done_.store(nullptr, std::memory_order_relaxed);
}

OpGauges OpShard::gauges() const {
  OpGauges result{.open_count = open_count_.load(std::memory_order_relaxed)};
  for (const auto& entry : chunks_) {
    const Chunk* chunk = entry.load(std::memory_order_acquire);
    if (!chunk) break;
    for (const Slot& slot : *chunk) {
      if ((slot.word.load(std::memory_order_acquire) & 0xff) == free_state) continue;
      const MonoNs opened = slot.opened_ns.load(std::memory_order_relaxed);
      if (result.oldest_ns == 0 || opened < result.oldest_ns) result.oldest_ns = opened;
    }
  }
  return result;
}

}  // namespace tenon::host
