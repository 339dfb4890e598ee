#include <tenon/module.hpp>

#include "auth_jwt.h"

TENON_CPP_MODULE(1, "tenon.auth-jwt", TENON_VERSION, tenon::auth_jwt::AuthJwt)
