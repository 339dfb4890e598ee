#include "kv/senders/source_row.h"

#include <algorithm>

#include "base/assert.h"
#include "base/wire.h"
#include "kv/senders/passed_numbers.h"

namespace tenon::kv {

bool SourceRow::is_sound() const {
  return passed.empty() || decode_passed_numbers(passed).ok();
}

Result<SourceRow::Fate> SourceRow::fate_of(std::uint64_t number) const {
  if (number > last) return Fate::open;
  if (std::binary_search(refused.begin(), refused.end(), number)) return Fate::refused;
  if (passed.empty()) return Fate::applied;
  const Result<PassedNumbers> numbers = decode_passed_numbers(passed);
  if (!numbers) return numbers.error();
  if (numbers->has(number)) return Fate::passed;
  return numbers->is_vague(number) ? Fate::unknown : Fate::applied;
}

void SourceRow::use_up(std::uint64_t number, bool was_refused) {
  TENON_BUG(number == last + 1, "the numbers of a sender are used up in order");
  last = number;
  if (!passed.empty() && last >= passed_until) {
    passed.clear();
    passed_until = 0;
  }
  if (!was_refused) return;
  if (refused.size() == refused_max) refused.erase(refused.begin());
  refused.push_back(number);
}

Status SourceRow::pass_over(std::uint64_t count) {
  PassedNumbers numbers;
  if (!passed.empty()) {
    Result<PassedNumbers> read = decode_passed_numbers(passed);
    if (!read) return read.error();
    numbers = std::move(read).value();
    if (!numbers.spans().empty() && numbers.spans().back().last > last)
      return Error{Errc::corrupt, "row of a sender: numbers were passed over that are not used up"};
  }
  numbers.add(last + 1, count);
  last += count;
  passed = encode(numbers);
  passed_until = last + PassedNumbers::kept;
  return {};
}

void SourceRow::be_vague() {
  PassedNumbers numbers;
  numbers.set_vague_to(last);
  passed = encode(numbers);
  passed_until = last + PassedNumbers::kept;
}

Status SourceRow::be_certain() {
  if (passed.empty()) return {};
  Result<PassedNumbers> numbers = decode_passed_numbers(passed);
  if (!numbers) return numbers.error();
  numbers->set_vague_to(0);
  if (!numbers->empty()) {
    passed = encode(*numbers);
    return {};
  }
  passed.clear();
  passed_until = 0;
  return {};
}

std::string encode(const SourceRow& row) {
  std::string bytes;
  WireWriter out(bytes);
  out.varint(row.last);
  if (row.refused.empty() && row.passed.empty()) return bytes;
  out.varint(row.refused.size());
  for (const std::uint64_t number : row.refused) out.varint(number);
  if (row.passed.empty()) return bytes;
  out.varint(row.passed_until);
  out.bytes(row.passed);
  return bytes;
}

Result<SourceRow> decode_source_row(std::string_view bytes) {
  WireReader in(bytes);
  SourceRow row;
  row.last = in.varint();
  const std::uint64_t count = in.varint_or(0);
  if (count > SourceRow::refused_max) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    row.refused.push_back(in.varint());
    const bool is_behind = i == 0 || row.refused[i - 1] < row.refused[i];
    if (!is_behind || row.refused[i] > row.last) in.fail();
  }
  if (in.ok() && !in.rest().empty()) {
    row.passed_until = in.varint();
    row.passed = in.bytes();
    if (row.passed.empty() || row.passed_until <= row.last) in.fail();
  }
  if (!in.ok() || row.last == 0) return Error{Errc::corrupt, "row of a sender: it makes no sense"};
  return row;
}

}  // namespace tenon::kv
