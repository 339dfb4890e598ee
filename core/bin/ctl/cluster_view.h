#pragma once

#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// What a node answers of its cluster, each as JSON.
struct ClusterAnswers {
  std::string status;  // GET /api/v1/status
  std::string nodes;   // GET /api/v1/nodes
  std::string ranges;  // GET /api/v1/ranges
};

// `tenonctl cluster`: nodes, stores, and what is not as it should be; or the three answers as one object,
// by their names.
Result<std::string> show_cluster(const ApiClient& broker, OutputForm form);

// The tables of it. internal: these are no such answers.
Result<std::string> cluster_view(const ClusterAnswers& answers);

}  // namespace tenon::ctl
