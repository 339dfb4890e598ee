#include "support/sim_inode.h"

#include <algorithm>
#include <utility>

namespace tenon::test {
namespace {

void put(std::vector<std::uint8_t>& file, std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

std::uint64_t SimInode::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset >= content_.size()) return 0;
  const std::uint64_t len = std::min<std::uint64_t>(out.size(), content_.size() - offset);
  std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), len, out.begin());
  return len;
}

void SimInode::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  put(content_, offset, bytes);
  pending_.push_back({false, offset, {bytes.begin(), bytes.end()}});
}

void SimInode::truncate(std::uint64_t len) {
  content_.resize(len);
  pending_.push_back({true, len, {}});
}

// Applies a change to the medium, sector by sector, with the chance for each.
void SimInode::settle(const Change& change, SimRandom& random, std::uint32_t keep_percent) {
  if (change.is_truncate) {
    if (random.percent(keep_percent)) durable_.resize(change.offset);
    return;
  }
  const std::uint64_t end = change.offset + change.bytes.size();
  for (std::uint64_t at = change.offset; at < end;) {
    const std::uint64_t next = std::min(end, (at / sector_bytes + 1) * sector_bytes);
    if (random.percent(keep_percent))
      put(durable_, at, std::span(change.bytes).subspan(at - change.offset, next - at));
    at = next;
  }
}

void SimInode::sync() {
  for (const Change& change : pending_) {
    if (change.is_truncate)
      durable_.resize(change.offset);
    else
      put(durable_, change.offset, change.bytes);
  }
  pending_.clear();
}

void SimInode::fail_sync(SimRandom& random) {
  for (const Change& change : pending_) settle(change, random, 50);
  pending_.clear();
}

void SimInode::lose_power(SimRandom& random, std::uint32_t keep_percent) {
  for (const Change& change : pending_) settle(change, random, keep_percent);
  pending_.clear();
  content_ = durable_;
}

void SimInode::overwrite(std::vector<std::uint8_t> content) {
  pending_.clear();
  durable_ = content;
  content_ = std::move(content);
}

}  // namespace tenon::test
