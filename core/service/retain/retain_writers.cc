#include "service/retain/retain_writers.h"

#include <algorithm>

namespace tenon::service::retain {

bool is_late(const WriterMarks& known, const Writer& writer) {
  const auto found = std::ranges::find(known, writer.stream, &WriterMark::stream);
  if (found == known.end()) return false;
  return writer.once ? writer.mark <= found->mark : writer.mark < found->mark;
}

void note(WriterMarks& known, const Writer& writer) {
  std::erase_if(known, [&](const WriterMark& one) { return one.stream == writer.stream; });
  if (known.size() >= writers_max) known.erase(known.begin());
  known.push_back({writer.stream, writer.mark});
}

}  // namespace tenon::service::retain
