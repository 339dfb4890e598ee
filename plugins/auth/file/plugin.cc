#include <tenon/module.hpp>

#include "auth_file.h"

TENON_CPP_MODULE(1, "tenon.auth-file", TENON_VERSION, tenon::auth_file::AuthFile)
