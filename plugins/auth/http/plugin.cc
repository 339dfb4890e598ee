#include <tenon/module.hpp>

#include "auth_http.h"

TENON_CPP_MODULE(1, "tenon.auth-http", TENON_VERSION, tenon::auth_http::AuthHttp)
