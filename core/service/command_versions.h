#pragma once

#include "kv/command.h"
#include "kv/command_versions.h"
#include "service/dist/dist_ops.h"
#include "service/inbox/inbox_ops.h"
#include "service/meta/meta_ops.h"
#include "service/retain/retain_ops.h"

namespace tenon::service {

// What this version of the program can apply.
inline kv::CommandVersions own_command_versions() {
  return {kv::command_kind_max, version_of_ops<meta::Op>, version_of_ops<dist::Op>, version_of_ops<inbox::Op>,
          version_of_ops<retain::Op>};
}

}  // namespace tenon::service
