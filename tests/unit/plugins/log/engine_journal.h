#pragma once

#include "support/journal_suite/journal_under_test.h"

namespace tenon::test {

// The adapter of core/store over a storage plugin.
JournalUnderTest engine_journal(std::string name, std::string module_path, std::string options_json);

}  // namespace tenon::test
