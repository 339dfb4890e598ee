#pragma once

#include <string>

#include "support.h"

namespace tenon::auth_file {

// Lines of a password file; the salts are "saltsalt" and "saltsal2".
inline constexpr const char* ann_secret =
    "ann:$7$101$c2FsdHNhbHQ=$2UGFv3Vv2tdwNDSAgbQKzqczy5tUkwN3Vhwrj0xHSAbNNHIes2C8ZT2iJXAT7K1/GBoXCnQDfKM96y4/"
    "StCd1w==\n";
inline constexpr const char* bob_hunter =
    "bob:$7$101$c2FsdHNhbHQ=$p4vtlV+vx3OiHeKmagJXngj2fTQ0qh+3dh75CL0qqIXzK7I2stm4go+"
    "5m2vEz8QNEOzJrZQLOW49tXcOnVdyew==\n";
// ann with the password "changed".
inline constexpr const char* ann_changed =
    "ann:$7$101$c2FsdHNhbDI=$3e/hLjNPe5vBXwL/ty1rptQIBN1lxgREkOko1himNcYN/"
    "eOcfjNSD9zb6gg54mfPBaCaj3zLoq5h6tbmm3hQUA==\n";
inline constexpr const char* eve_weak =
    "eve:$6$c2FsdHNhbHQ=$fWTM+"
    "EhJOkE7lF7QC9wHDHUKjtYEB2WNoi1UW5TGiM0CQq7BkLBfhN81LswKztJ01oxR522vKr09Q77LmZUtUg==\n";

}  // namespace tenon::auth_file
