#include "kv/senders/passed_numbers.h"

#include <algorithm>

#include "base/assert.h"
#include "base/wire.h"

namespace tenon::kv {

void PassedNumbers::add(std::uint64_t first, std::uint64_t count) {
  TENON_BUG(count != 0 && (spans_.empty() || spans_.back().last < first), "numbers are passed in order");
  if (!spans_.empty() && spans_.back().last + 1 == first)
    spans_.back().last += count;
  else
    spans_.push_back({first, first + count - 1});
  forget_old();
}

void PassedNumbers::forget_old() {
  std::uint64_t applied = 0;
  for (std::size_t i = spans_.size() - 1; i > 0; --i) {
    applied += spans_[i].first - spans_[i - 1].last - 1;
    if (applied < kept) continue;
    spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  // Whatever is vague is older than the first of them.
  const std::uint64_t since = spans_.front().first - 1;
  if (since >= vague_to_ && applied + (since - vague_to_) >= kept) vague_to_ = 0;
}

bool PassedNumbers::has(std::uint64_t number) const {
  const auto behind = std::partition_point(spans_.begin(), spans_.end(),
                                           [number](const Span& span) { return span.first <= number; });
  return behind != spans_.begin() && number <= (behind - 1)->last;
}

std::string encode(const PassedNumbers& passed) {
  std::string bytes;
  WireWriter out(bytes);
  out.varint(passed.vague_to_);
  out.varint(passed.spans_.size());
  std::uint64_t end = 0;
  for (const PassedNumbers::Span& span : passed.spans_) {
    out.varint(span.first - end - 1);
    out.varint(span.last - span.first + 1);
    end = span.last;
  }
  return bytes;
}

Result<PassedNumbers> decode_passed_numbers(std::string_view bytes) {
  WireReader in(bytes);
  PassedNumbers passed;
  passed.vague_to_ = in.varint();
  const std::uint64_t count = in.varint();
  // Two bytes each at least.
  if (count > bytes.size() / 2) in.fail();
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t gap = in.varint();
    const std::uint64_t size = in.varint();
    const std::uint64_t first = end + gap + 1;
    if (!in.ok() || size == 0 || (gap == 0 && i > 0) || first <= end || first + size - 1 < first) {
      in.fail();
      break;
    }
    end = first + size - 1;
    passed.spans_.push_back({first, end});
  }
  if (!in.ok() || !in.rest().empty())
    return Error{Errc::corrupt, "numbers of a sender that were passed over: they make no sense"};
  return passed;
}

}  // namespace tenon::kv
