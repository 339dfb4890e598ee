#include <tenon/module.hpp>

#include "websocket_filter.h"

TENON_CPP_MODULE(1, "tenon.filter-websocket", TENON_VERSION, tenon::filter_websocket::WebSocketFilter)
