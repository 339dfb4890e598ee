#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Who has written to a topic, so that a copy that comes late does not take the place of what came behind it.

namespace tenon::service::retain {

// One of those whose writes have an order of their own, which all nodes know: its marks ascend, and a write
// with a lower mark than an earlier one of the same stream at the same topic is a copy that comes late.
struct Writer {
  std::uint64_t stream = 0;
  std::uint64_t mark = 0;
  bool once = false;  // no two of its writes have one mark: the second is a copy, too

  // `session` is an inbox number: random, of 63 bits, and never another session's. A connection writes in one
  // order itself, and its will behind it, and whoever has the session next behind both.
  static Writer connection(std::uint64_t session, std::uint64_t epoch) {
    return {2 * session, 2 * epoch, false};
  }
  static Writer will(std::uint64_t session, std::uint64_t epoch) {
    return {2 * session, 2 * epoch + 1, true};
  }
  // Those of its outbox have an order for themselves.
  static Writer outbox(std::uint64_t session, std::uint64_t post) { return {2 * session + 1, post, true}; }

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.stream, s.mark, s.once);
  }
};

// The newest mark of a stream at a topic.
struct WriterMark {
  std::uint64_t stream = 0;
  std::uint64_t mark = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.stream, s.mark);
  }
};

// Of one topic, in the order in which they have last written.
using WriterMarks = std::vector<WriterMark>;
// So many are remembered: a late copy of one is known until so many others have written behind it.
constexpr std::size_t writers_max = 32;

bool is_late(const WriterMarks& known, const Writer& writer);
// It has written. REQUIRES: not is_late().
void note(WriterMarks& known, const Writer& writer);

}  // namespace tenon::service::retain
