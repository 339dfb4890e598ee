#pragma once

#include <map>
#include <string>

#include "bin/ctl/import/conversion.h"

namespace tenon::ctl {

// The files for an operator's conf.d that say what the conversion holds, by their names. Remarks are added
// where what was said in one place can't be said as it was.
std::map<std::string, std::string> conf_files(Conversion& conversion);

}  // namespace tenon::ctl
