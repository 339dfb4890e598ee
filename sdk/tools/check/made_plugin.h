#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check.h"
#include "check_host.h"

namespace tenon::tools {

// What checks of the life of plugins share: hosts, instances, rounds.

// Lets `look` see each plugin of the module that the subject asks for, on a host of its own. The finding is
// the first that fails, else the first that warns, else the first that is skipped, else the first.
using LookAtDescriptor = std::function<Finding(CheckHost&, const tenon_plugin_descriptor&)>;
Finding for_each_descriptor(const Subject& subject, const LookAtDescriptor& look);

// The subject with `descriptor` as its plugin, and a directory of its own below the subject's, which is made:
// two plugins of one module share no file.
Subject of_one(const Subject& subject, const tenon_plugin_descriptor& descriptor);

// The plugins of that kind that the subject asks for, each with a subject of its own as of_one() gives it,
// without a host or a thread being made. Empty when there is none, or the module gives none.
std::vector<std::pair<std::string, Subject>> subjects_of_kind(const Subject& subject,
                                                              std::string_view kind_id);

// As for_each_descriptor(), with an instance that has read its options and is not yet created.
using LookAtInstance = std::function<Finding(CheckHost&, host::Instance&)>;
Finding for_each_instance(const Subject& subject, const LookAtInstance& look);
std::function<Finding(const Subject&)> on_instances(LookAtInstance look);

// From create to activate; an error is the plugin's own text.
Status start(host::Instance& instance);
// worker_start on every worker. The error is that of the first where it failed, in the plugin's own words.
Status start_workers(CheckHost& check_host, host::Instance& instance);
// worker_stop on every worker that has started.
void stop_workers(CheckHost& check_host, host::Instance& instance);
// Both.
Status run_workers(CheckHost& check_host, host::Instance& instance);
// The plugin did not start, or its schema does not take the options, in its own words.
Finding start_failed(const Error& error);

// Runs `round` again and again, `rounds` times at most (REQUIRES: 5 or more), and fails with the first error,
// or with what grows with the rounds: threads, descriptors, the heap. What the first rounds allocate once and
// keep is no leak.
Finding endure(int rounds, const std::function<Status()>& round);

// Options that no author thought of: none, unknown ones, and for each one of the schema (may be null) the
// given options with values of other types. JSON objects.
std::vector<std::string> strange_options(const char* schema_json, const std::string& given_json);

}  // namespace tenon::tools
