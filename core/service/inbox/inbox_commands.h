#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "service/batch.h"
#include "service/inbox/inbox_ops.h"

// A command of the inbox store: the ops of a whole turn for one range, applied in their order, as `batch.h`
// writes them.

namespace tenon::service::inbox {

using CommandBuilder = BatchBuilder<Op>;
using ReplyReader = BatchReplyReader<Op>;

// invalid: it does not hold together, or an op makes no sense; unsupported: it, or an op, is of a newer
// version. The ops are views of the text.
inline Result<std::vector<Op>> read_command(std::string_view text) {
  return read_batch<Op>(text);
}

}  // namespace tenon::service::inbox
