// Linearizable reads without a log entry: read index and leases (dissertation 6.4).

#include <algorithm>
#include <utility>

#include "algorithm/core.h"
#include "algorithm/parts/mutation.h"

namespace tenon::raft {

void Core::read_index(std::uint64_t context) {
  if (role_ != Role::leader && leader_ == NodeId::none) return drop({context});
  awake();
  idle_ticks_ = 0;
  if (role_ != Role::leader) return forwarded_reads_.collect(context);
  // Before that, a leader does not know what its predecessors committed.
  if (committed_in_term() || mutated(Mutation::read_before_commit_in_term)) {
    leader_reads_.collect({options_.self, context});
  } else {
    waiting_reads_.push_back({options_.self, context});
  }
}

// ---- Leader

void Core::handle_read_index(const Message& message) {
  const Reader reader{message.from, message.context};
  if (committed_in_term() || mutated(Mutation::read_before_commit_in_term)) {
    leader_reads_.collect(reader);
  } else {
    waiting_reads_.push_back(reader);
  }
}

void Core::release_waiting_reads() {
  if (!committed_in_term()) return;
  for (const Reader& reader : std::exchange(waiting_reads_, {})) leader_reads_.collect(reader);
}

// At the end of a turn: one round of heartbeats for all reads of a leader, one message for all of a follower.
void Core::flush_reads() {
  if (leader_reads_.has_collected()) {
    const bool at_once = lease_holds() || mutated(Mutation::read_without_round);
    if (!at_once) broadcast_heartbeats();
    leader_reads_.begin_round(at_once ? 0 : round_, log_.commit());
    confirm_rounds();
  }
  if (forwarded_reads_.has_collected()) {
    Message request = make(MessageType::read_index, leader_);
    request.context = random_.next();
    forwarded_reads_.sent(request.context, now_);
    send(std::move(request));
  }
}

// A round that a majority answered proves that no later leader had been elected when it began.
void Core::confirm_rounds() {
  const std::uint64_t confirmed = quorum_value(configuration(), [&](NodeId node) {
    const Progress* const progress = peer(node);
    return progress == nullptr ? std::uint64_t{0} : progress->round();
  });
  while (const auto batch = leader_reads_.take_confirmed(confirmed)) answer(*batch);
  while (!round_times_.empty() && round_times_.front().round <= confirmed) {
    if (lease_allowed_) lease_until_ = round_times_.front().tick + options_.election_ticks - 1;
    round_times_.erase(round_times_.begin());
  }
}

void Core::answer(const LeaderReads::Batch& batch) {
  for (const Reader& reader : batch.readers) {
    if (reader.node == options_.self) {
      read_results_.push_back({reader.context, batch.index, ReadStatus::ready});
      continue;
    }
    Message response = make(MessageType::read_index_response, reader.node);
    response.context = reader.context;
    response.index = batch.index;
    send(std::move(response));
  }
}

bool Core::lease_holds() const {
  return options_.lease_reads && lease_allowed_ && now_ < lease_until_;
}

// ---- Everybody else

void Core::handle_read_index_response(const Message& message) {
  const std::vector<std::uint64_t> contexts = mutated(Mutation::read_with_index_of_answer_to_other)
                                                  ? forwarded_reads_.take_all()
                                                  : forwarded_reads_.take(message.context);
  if (message.reject) return drop(contexts);
  for (const std::uint64_t context : contexts) {
    read_results_.push_back({context, message.index, ReadStatus::ready});
  }
}

// ---- Giving up

void Core::drop(const std::vector<std::uint64_t>& contexts) {
  for (const std::uint64_t context : contexts) read_results_.push_back({context, 0, ReadStatus::dropped});
}

// The role changes: nobody can say any more what was committed when these were asked for.
void Core::drop_reads() {
  std::vector<Reader> readers = leader_reads_.take_all();
  readers.insert(readers.end(), waiting_reads_.begin(), waiting_reads_.end());
  waiting_reads_.clear();
  for (const Reader& reader : readers) {
    if (reader.node == options_.self) drop({reader.context});
  }
  drop(forwarded_reads_.take_all());
}

}  // namespace tenon::raft
